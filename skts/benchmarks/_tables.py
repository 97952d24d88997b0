"""The page of measured results, made from the stored lines and never typed."""

from pathlib import Path

from skts.benchmarks import _cost, _forecasting
from skts.benchmarks._results import read_results

PAGE = """\
# Measured results

Made by `python -m skts.benchmarks tables` from the lines in [results/](results), each
of which holds the settings, versions, thread count and date of one run.

## Forecast errors

Mean squared error over all test windows, in standard deviations of the training part
(12 months to train, 4 to validate, 4 to test; context {context_length}; the best epoch
is chosen on the validation part). Mean over seeds and its spread. `default` is one
setting for all cells, `no-sam` the same with `rho=0`; the paper's values are means over
five seeds with a radius per cell. Seconds of a fit are those of one CPU thread on a
shared machine, and compare only roughly.

`python -m skts.benchmarks forecasting --settings default no-sam --seeds 0 1`

{forecasting}

## Speed

Seconds per epoch of SAM on ETTh1 (horizon 96, 7 channels, batches of 32), the forward
pass written projection first against the plain form, in one run, with the same loop,
windows, fused Adam and threads.

`python -m skts.benchmarks speed`

{speed}

## Memory

Largest resident size of the whole process during one epoch of `fit` (every window of
the training part, and validation) on a synthetic series.

`python -m skts.benchmarks memory`

{memory}
"""


def write_page(folder: Path, page: Path) -> None:
    """Write the page from the results in `folder`."""
    cost = read_results(folder / "cost.jsonl")
    text = PAGE.format(
        context_length=_forecasting.CONTEXT_LENGTH,
        forecasting=_forecasting.table(read_results(folder / "forecasting.jsonl")),
        speed=_cost.speed_table([r for r in cost if r["benchmark"] == "speed"]),
        memory=_cost.memory_table([r for r in cost if r["benchmark"] == "memory"]),
    )
    page.write_text(text)
