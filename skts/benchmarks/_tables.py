"""The page of measured results, made from the stored lines and never typed."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from skts.benchmarks import (
    _busy,
    _chart,
    _clustering,
    _fit_speed,
    _forecasting_tables,
    _gpu,
    _intervals,
    _library,
    _memory,
    _moments,
    _panel,
    _refit,
    _rolling,
    _search,
    _short,
    _speed,
    _toy,
    _updates,
)
from skts.benchmarks._results import Result, read_results

PAGE = """\
# Measured results

Made by `python -m skts.benchmarks tables` from the lines in [results/](results), each
of which holds the versions, thread count and date of one run, and that of a trained
network its parameters.

![Mean squared errors of forecasts on four data sets](results/errors.png)

*Mean squared errors on the four ETT sets, less is better: what comes with `fit` and
nothing but the horizon, its network alone, a linear layer, and what was published.
These sets are kind to linear maps, and the network adds next to nothing to them here.
[Below](#forecast-errors) are all settings, and [at the end](#every-forecast-error) all
cells.*

## Forecast errors

Mean squared error over all test windows, in standard deviations of the training part
(12 months to train, 4 to validate, 4 to test; the best epoch is chosen on the
validation part). Mean over seeds and its spread. Seconds of a fit are those of one CPU
thread on a shared machine, those of `lsinet-128` and `lsinet-alone-128` of an H100, and
compare only roughly; none stand where a run was paused.

`samformer` and `lsinet` are the defaults with one setting for all cells: mixtures of
linear maps and a network, under the papers' protocol, which learns nothing from the
rows held out (`refit_maps=False`). Most of their seconds are of fits that trained to
the end; now training stops half-way where the network has added nothing. `maps` is the
linear maps alone (`max_epochs=0`).

`lsinet-128` has the authors' `hidden_size`, 128.

All other networks stand alone (`linear_maps=None`). `samformer-alone` and
`lsinet-alone` train for as long as it takes, with contexts of 512 and 384 (300 epochs
at most of all windows at `lr=1e-4`; 30, `hidden_size=128`, `dropout=0.3`).
`samformer-alone-short` has the defaults, which reach about the same validation error in
a quarter of the time, and mean test errors 0.4 to 2.1 per cent higher, in single cells
up to six; `lsinet-alone-128` has the defaults and `hidden_size=128`, and does badly at
long horizons on ETTh1, where its weight in the mixture is a tenth or nothing.
`samformer-no-sam` has `rho=0`, `lsinet-no-penalty` has
`sparsity_interval=0`, and `lsinet-8-epochs`, for sets of many windows, ends after 8 of
30 epochs. Names that end in `-paper` have the papers' settings per data set and
horizon, `transformer-paper` without SAM. `linear` is SAMformer's head alone,
`linear-sam` the same trained by SAM. `identity`, `random` and `temporal` are
`samformer-alone` with another attention, the last two without SAM, as in the paper;
`sigma-reparam` has the paper's learning rate and start, without SAM and with it.
`tsmixer` has the paper's settings, `dlinear` is sktime's network at a context of 384,
at the learning rate with the lowest validation error of the three; `patchtst` is
Hugging Face's network with its paper's sizes for ETTh1 and a context of 336 (needs the
extra `peers`). All of them are trained in the same loop on the same split and keep the
epoch with the lowest validation error; the stored lines have their batches, schedules
and patience. `last-value` and `seasonal-naive` repeat the last row and the last day.

The paper's values are means over five seeds with a radius per cell; for TSMixer those
of its runs with and without SAM, for `samformer-no-sam` those of its Transformer.
LSINet's paper is known without its tables.

`python -m skts.benchmarks forecasting --settings samformer maps samformer-alone`, which
takes the four ETT sets and three seeds, and with `--datasets ETTh1 --seeds 0
--settings lsinet` and the like

Means over the four horizons and over seeds, which [the table of all
cells](#every-forecast-error) names, the paper's in brackets:

{means}

Mean squared errors of `samformer` beside what the SAMformer paper tells of others; it
quotes those from iTransformer on from their papers, where contexts differ.

{others}

Share of the patch connections in use (`density`), and after how many epochs it stood
there, one share after the other:

{density}

## Short series

Mean absolute errors relative to those of the seasonal naive forecast, in the same
windows and as a mean over channels: 1 is as good, less is better. The last fifth of a
series, two horizons at least, is forecast from every row on. `samformer` and `lsinet`
are the defaults with nothing but the horizon given. They were fitted once, before that
part; where few windows choose the linear maps, no network is trained, and both are the
same. `theta` is sktime's, with seasonal factors, or sums where values are not positive,
and fitted again for every window. It and the macroeconomic series need statsmodels (the
extra `peers`). `last-value` repeats the last row.

`python -m skts.benchmarks --threads 1 short`

{short}

## Linear maps solved again

Whether maps, chosen on the rows held out, should then be solved from these rows, too
(`refit_maps`). The test parts had no say: of each training part, the first three
quarters are fitted on, or the last rows of these, and errors are those of the last
quarter, with linear maps alone. Where few windows can be held out, as on the short
series above, blocks of all windows choose, and maps are solved from all of them in any
case.

`python -m skts.benchmarks --threads 1 refit`

{refit}

## Toy problem

The SAMformer paper's: windows of white noise (512 points, 7 channels), a linear map to
96 steps, noise of variance 1, 10000 windows to train and 5000 to validate on, 100
epochs. No forecast can be better than 1 on new windows. Errors are those of the last
weights, beside the lowest validation error of all epochs; the eigenvalue is that of the
Hessian there, over 1000 training windows. `sam` has `rho=0.7`, the others none. Where
the lowest error is the last, as with `sigma-reparam`, training was not at its end.

`python -m skts.benchmarks toy`

{toy}

## Prediction intervals

Per cent of the truths that intervals hold on the test part, pooled over windows, steps
and variables: linear maps alone, contexts of 96 rows, horizon 24, forecast from every
24th row with `update(update_params=False)` after each. Of the quarters of the test
part, the one farthest off is told, in points. Widths and interval scores (lower is
better) are means in standard deviations of the training part. `following` was chosen,
with its constants, on the validation parts of the ETT sets. ILI (`national_illness`)
has eight windows, and quarters of two.

`python -m skts.benchmarks intervals`

{intervals}

Intervals hold on average over all hours, and at some hours errors are larger than at
others: of the rows of ETTm1, a quarter of an hour apart, every 24th meets four hours of
the day alone. Below, forecasts from every row, with an update after each; and, of the
24 ways to take every 24th of these rows, the least and the most that was held.

{first_rows}

Bands, of the same runs, are to hold all 24 steps of a variable's path: per cent of the
paths that they hold, and their widths.

{bands}

## Searches

Plain `GridSearchCV` with `TimeSeriesSplit(3, test_size=1440)` on the first 16 months of
ETTh1, horizon 96, one seed; two folds in `lsinet` and `mixture`. Validation errors are
means over the folds and their spread; test errors are those on the next 4 months of
each candidate's model trained on all 16, and no search saw them. Errors are in standard
deviations of all rows fitted, the unit of `score`.

In `samformer` and `lsinet` the networks are alone (`linear_maps=None`), with contexts
of 512 and 384, and epochs of LSINet have 2400 windows, a quarter of the default's. On
all 16 months its best epoch comes before the penalty that makes connections sparse.
`mixture` searches over the linear maps, too, with 5 epochs; the network's weight in the
forecasts is a mean over the folds, and where it is 0, `rho` makes no difference.

`python -m skts.benchmarks search`

{search}

One search fit after fit, with two workers, and with these two once they have started;
the ratio counts their start:

`python -m skts.benchmarks parallel`

{parallel}

## Clustering

Agreement of clusters with the classes of UCR sets, training and test part together, as
many clusters as classes; mean and spread over seeds. `loster` has the defaults;
`loster-half` is fitted on a random half, whose NMI is in this table, and that of the
other half below. `loster-paper` has the paper's settings, `loster-kmeans` these with
the spectrum and ten starts; `autoencoder` and `autoencoder-paper` are the same without
contrastive learning. `spectral` is scikit-learn's spectral clustering of what LoSTer
sees by default. `kmeans` is scikit-learn's, with ten starts, on the standardised
series, `kmeans-spectrum` on these beside their spectra, `kmeans-spectra` on what LoSTer
sees by default, `kmeans-pca` on the components with 90 % of the variance; `kmeans-dtw`
is sktime's, by dynamic time warping within a tenth of the length, and `k-shape` is
tslearn's, both with one start (they need the extra `peers`). The re-run is by the
authors' group.

`python -m skts.benchmarks clustering`, and with
`--datasets extra --seeds 0 --settings loster spectral kmeans kmeans-spectrum`, or with
`--seeds 0 --settings kmeans-dtw k-shape`

NMI, means over seeds:

{nmi}

Fitted on a random half, NMI there and on the other half, which the fit has not seen:

{halves}

What the default changes one by one, NMI as means over seeds; a mean over the sets that
all rows have:

{ablations}

Loss terms in the last epoch with the paper's settings, the re-run's in brackets (seed
0); the time warps of the second view differ, ours never run backwards:

{losses}

[With spreads, and the other measures](#every-clustering).

## Speed

Training steps on ETTh1 (horizon 96, 7 channels) with the defaults of the day: SAM
with batches of 32, and LSINet with its penalty in every step, `hidden_size=32` and
batches of 64 (128 and 128 before 2026-11-27). They stand against the plain forms of
the networks in one run, with the same loop, windows, fused Adam and threads. The port
of SAMformer has a loop, a loader, SAM, RevIN and Adam of its own, as its authors'
has. Compiled, both forms are; our own stands beside them as it is without that.

Four times the plain form is out of reach for LSINet: a step of the default is 8.0
GFLOP, and products are over half of its time. Values and what sends and aligns them
are seven tenths of the arithmetic. Of a SAMformer step, matrix products are a third.
With two threads, ours change to one where that is faster, as fits do.

`python -m skts.benchmarks speed`, with `--compile`, and as `--threads 1 speed`

{speed}

What the steps spend their time on:

{profile}

A short fit of SAMformer on ETTh1 (context 512, horizon 96, 3 epochs of 1024 windows)
beside programs that each keep a core busy, three ways in turns: with one thread, with
all of torch's, and with the number that the fit chooses by itself:

`python -m skts.benchmarks busy`

{busy}

Whole fits of LoSTer with the paper's settings, against a plain version: two networks
one after the other, loaders that collect series one by one, augmentation of one series
at a time, the same threads. Each has its own draws, and so its own number of joint
epochs.

`python -m skts.benchmarks fits`

{fits}

Fits of LoSTer (5 epochs of pretraining, 5 joint ones, 5 clusters) on random walks. Of
more than ten thousand series, a sample of that size is learned from:

`python -m skts.benchmarks growth`

{growth}

## On a GPU

Training steps on ETTh1 as above, launched one by one and from a CUDA graph; memory is
the most that tensors took there at a time.

`.ci/gpu`, or `python -m skts.benchmarks gpu`

{gpu_steps}

Whole fits with the defaults of 2026-11-26, which trained for longer (horizon 96, the
split of the forecast errors), and forecasts of all test windows in one pass; the last
256 of these are forecast with the same weights on the CPU, too, and the largest
difference is in standard deviations:

{gpu_fits}

{gpu_other}

## Rolling evaluation

Seconds of `update_predict(update_params=False)` on ETTh1 (SAMformer, horizon 96), one
window after each new row, against sktime's own path for the same frame in one run; and
of `backtest` over the whole test part. The largest difference is that of the frames, in
the units of the data.

`python -m skts.benchmarks --threads 1 rolling`

{rolling}

## Updates

SAMformer (defaults, horizon 96) on ETTh1: `update` with each day of the test part, with
learning and without (`update_params=False`). Old rows are those of the validation part,
measured after all updates; on new rows, each day's forecasts are measured before its
update.

`python -m skts.benchmarks updates`

{forgetting}

Updates of a single row without learning, one after the other:

{stream}

## One network for a panel

Two hundred series of the UCR set ACSF1 (the power that home appliances take), the last
240 rows forecast 24 at a time: by one network for the panel, by one network for each
series, and by the last value. SAMformer with a context of 96, `lr=1e-3`. Errors are
means over series, in standard deviations of each one's seen part.

`python -m skts.benchmarks panel`

{global}

## Memory

Largest resident size of the whole process during `fit` on a synthetic series, context
512, horizon 96: one epoch of SAMformer alone (every window of the training part, in
batches of 32, and validation), or the linear maps alone, `shared` by all channels or
also (`auto`) one for each.

`python -m skts.benchmarks memory`

{memory}

## Linear maps against size

Second moments of all windows of one channel, from which linear maps are solved, against
sums of the windows' products. CPU time grows with the rows as a Fourier transform does,
and with the width as the matrix, its square:

`python -m skts.benchmarks --threads 1 moments`

{moments}

## Beside another library

Whole fits of a linear network on the first 16 months of ETTh1 (context 512, horizon 96,
batches of 32, no validation), each in a process of its own: `SAMformerForecaster` with
`attention="none", rho=0.0`, which also normalises every window, and sktime's
`LTSFLinearForecaster`. MiB are what the process grew by.

`python -m skts.benchmarks --threads 1 library`

{library}

## Cost against context length

Training steps of LSINet on synthetic series of 7 channels: batches of 128, horizon 96,
64 patches whatever the context.

`python -m skts.benchmarks context`

{context}

## Every clustering

Agreement with the classes, mean and spread over seeds, by setting and set:

{clustering}

## Every forecast error

Cell by cell, with the network's weight in the forecasts of mixtures:

{forecasting}
"""


def write_page(folder: Path, page: Path) -> None:
    """Write the page from the results in `folder`."""
    forecasts = read_results(folder / "forecasting.jsonl")
    clusterings = read_results(folder / "clustering.jsonl")
    intervals = read_results(folder / "intervals.jsonl")
    on_gpu = read_results(folder / "gpu.jsonl")
    measured = read_results(folder / "cost.jsonl") + read_results(
        folder / "search.jsonl"
    )

    def of(benchmark: str) -> list[Result]:
        return [result for result in measured if result["benchmark"] == benchmark]

    tables: dict[str, tuple[Callable[[list[Result]], str], list[Result]]] = {
        "means": (_forecasting_tables.means_table, forecasts),
        "forecasting": (_forecasting_tables.error_table, forecasts),
        "others": (_forecasting_tables.others_table, forecasts),
        "density": (_forecasting_tables.density_table, forecasts),
        "short": (_short.table, read_results(folder / "short.jsonl")),
        "refit": (_refit.table, read_results(folder / "refit.jsonl")),
        "toy": (_toy.table, read_results(folder / "toy.jsonl")),
        "intervals": (_intervals.table, intervals),
        "first_rows": (_intervals.table_of_first_rows, intervals),
        "bands": (_intervals.table_of_bands, intervals),
        "search": (_search.search_table, of("search")),
        "parallel": (_search.parallel_table, of("parallel")),
        "nmi": (_clustering.nmi_table, clusterings),
        "halves": (_clustering.halves_table, clusterings),
        "ablations": (_clustering.ablations_table, clusterings),
        "losses": (_clustering.losses_table, clusterings),
        "clustering": (_clustering.table, clusterings),
        "speed": (_speed.speed_table, of("speed")),
        "profile": (_speed.profile_table, of("profile")),
        "busy": (_busy.busy_table, of("busy")),
        "fits": (_fit_speed.fit_table, of("fit")),
        "growth": (_fit_speed.growth_table, of("growth")),
        "gpu_steps": (_gpu.steps_table, on_gpu),
        "gpu_fits": (_gpu.fits_table, on_gpu),
        "gpu_other": (_gpu.other_table, on_gpu),
        "rolling": (_rolling.rolling_table, of("rolling")),
        "forgetting": (_updates.forgetting_table, of("forgetting")),
        "stream": (_updates.stream_table, of("stream")),
        "global": (_panel.global_table, of("global")),
        "moments": (_moments.moments_table, of("moments")),
        "memory": (_memory.memory_table, of("memory")),
        "library": (_library.library_table, of("library")),
        "context": (_memory.context_length_table, of("context length")),
    }
    shown = {
        name: table(results) if results else "None so far."
        for name, (table, results) in tables.items()
    }
    page.write_text(PAGE.format(**shown), "utf-8")
    if (
        forecasts and find_spec("matplotlib") is not None
    ):  # without it, the picture stays as it is
        _chart.draw_errors(forecasts, folder / "errors.png")
