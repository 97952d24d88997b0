"""Command line of the benchmarks: ``python -m skts.benchmarks --help``."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import torch

from skts.benchmarks import (
    _busy,
    _clustering,
    _fit_speed,
    _forecasting,
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
from skts.benchmarks._presets import ETT
from skts.benchmarks._readme import fill_readme
from skts.benchmarks._results import Progress, Result, append_result, read_results
from skts.benchmarks._tables import write_page

PROGRAM = "python -m skts.benchmarks"
RESULTS = Path("docs/results")
# Where a benchmark stores its results, if not in the file of costs.
FILES = {
    name: f"{name}.jsonl"
    for name in ("forecasting", "clustering", "intervals", "toy", "search", "gpu")
} | {"parallel": "search.jsonl", "short": "short.jsonl", "refit": "refit.jsonl"}

# The smallest sizes; data are cut and epochs left out besides.
ONE_CELL = {"datasets": ["ETTh1"], "seeds": [0]}
SMOKE: dict[str, dict[str, Any]] = {
    "forecasting": ONE_CELL | {"horizons": [96]},
    "clustering": {"datasets": ["SyntheticControl"], "seeds": [0]},
    "intervals": ONE_CELL,
    "toy": {"seeds": [0]},
    "short": {"datasets": ["shampoo"], "seeds": [0]},
    "refit": {"datasets": ["ETTh1"]},
    "rolling": {"windows": 5},
    "updates": {"days": 2, "rows": 20},
    "panel": {"series": 2},
    "speed": {"rounds": 1},
    "memory": {"rows": 700, "channels": 2, "kinds": ["shared"]},
    "busy": {"programs": [1], "rounds": 1},
    "moments": {"sizes": [(300, 20)]},
    "library": {"epochs": 1, "rounds": 1},
    "context": {"lengths": [96], "steps": 2},
    "fits": {"datasets": ["SyntheticControl"], "rounds": 1},
    "growth": {"shapes": [(20, 50)]},
    "gpu": {"device": "cpu"},
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and run one benchmark."""
    args = _parser().parse_args(arguments)
    if args.threads:
        torch.set_num_threads(args.threads)
        os.environ["OMP_NUM_THREADS"] = str(args.threads)  # for worker processes
    if args.command == "tables":
        write_page(args.folder, args.page)
        fill_readme(args.readme, args.folder)
        return
    folder = RESULTS
    if args.smoke:
        vars(args).update(SMOKE.get(args.command, {}))
        folder = Path(mkdtemp(prefix="skts-smoke-"))
    if args.results is None:
        args.results = folder / FILES.get(args.command, "cost.jsonl")
    run = CELLS.get(args.command, _measure)
    try:
        run(args)
    except (FileNotFoundError, ConnectionError, ImportError) as error:
        sys.exit(f"{PROGRAM}: error: {error}")  # what this machine lacks


def _forecast(args: argparse.Namespace) -> None:
    _forecasting.run(
        args.results,
        args.datasets,
        args.horizons,
        args.seeds,
        args.settings,
        n_jobs=args.jobs,
        smoke=args.smoke,
    )
    print(_forecasting_tables.error_table(read_results(args.results)))


def _cluster(args: argparse.Namespace) -> None:
    _clustering.run(
        args.results,
        args.datasets,
        args.seeds,
        args.settings,
        n_jobs=args.jobs,
        smoke=args.smoke,
    )
    print(_clustering.table(read_results(args.results)))


def _try_intervals(args: argparse.Namespace) -> None:
    _intervals.run(
        args.results, args.datasets, args.seeds, n_jobs=args.jobs, smoke=args.smoke
    )
    print(_intervals.table(read_results(args.results)))


def _play(args: argparse.Namespace) -> None:
    _toy.run(
        args.results, args.seeds, args.settings, n_jobs=args.jobs, smoke=args.smoke
    )
    print(_toy.table(read_results(args.results)))


def _forecast_short(args: argparse.Namespace) -> None:
    _short.run(
        args.results,
        args.datasets,
        args.seeds,
        args.settings,
        n_jobs=args.jobs,
        smoke=args.smoke,
    )
    print(_short.table(read_results(args.results)))


def _solve_again(args: argparse.Namespace) -> None:
    _refit.run(args.results, args.datasets, n_jobs=args.jobs, smoke=args.smoke)
    print(_refit.table(read_results(args.results)))


def _search_through(args: argparse.Namespace) -> None:
    _search.run(args.results, args.models, smoke=args.smoke)


# Benchmarks that skip what their file holds already.
CELLS: dict[str, Callable[[argparse.Namespace], None]] = {
    "forecasting": _forecast,
    "clustering": _cluster,
    "intervals": _try_intervals,
    "toy": _play,
    "short": _forecast_short,
    "refit": _solve_again,
    "search": _search_through,
}


def _measure(args: argparse.Namespace) -> None:
    """Measure time or memory, whatever the file holds."""
    measurements = _measurements(args)
    progress = Progress(len(measurements))
    for measure in measurements:
        result = measure()
        append_result(args.results, result)
        print(result, progress.step(), flush=True)


def _measurements(args: argparse.Namespace) -> list[Callable[[], Result]]:
    """Return what a benchmark of time or memory measures, one by one."""
    if args.command == "speed":
        times: list[Callable[[], Result]] = [
            partial(_speed.compare_speed, model, args.rounds, args.compile, args.smoke)
            for model in args.models
        ]
        shares: list[Callable[[], Result]] = [
            partial(_speed.profile_steps, model, args.smoke) for model in args.models
        ]
        return times if args.compile else times + shares
    if args.command == "rolling":
        return [partial(_rolling.measure_rolling, args.windows, args.smoke)]
    if args.command == "updates":
        return [
            partial(_updates.measure_forgetting, args.days, args.smoke),
            partial(_updates.measure_stream, args.rows, args.smoke),
        ]
    if args.command == "panel":
        return [partial(_panel.compare_global, args.series, args.smoke)]
    if args.command == "memory":
        wide = partial(_memory.measure_wide_fit, args.rows, args.channels)
        return [partial(_memory.in_own_process, wide, kind) for kind in args.kinds]
    if args.command == "busy":
        return [
            partial(_busy.measure_busy, n_programs, args.rounds, args.smoke)
            for n_programs in args.programs
        ]
    if args.command == "moments":
        return [partial(_moments.measure_moments, *size) for size in args.sizes]
    if args.command == "library":
        sizes = args.epochs, args.rounds
        return [partial(_library.compare_libraries, *sizes, args.smoke)]
    if args.command == "context":
        measure = partial(_memory.in_own_process, _memory.measure_context_length)
        if args.smoke:  # a process takes seconds to start
            measure = partial(_memory.measure_context_length, batch_size=2)
        return [partial(measure, length, args.steps) for length in args.lengths]
    if args.command == "fits":
        return [
            partial(_fit_speed.compare_fits, dataset, args.rounds, args.smoke)
            for dataset in args.datasets
        ]
    if args.command == "gpu":
        return _gpu.measurements(args.device, args.smoke)
    if args.command == "growth":
        grow: Callable[..., Result] = _fit_speed.measure_growth
        if not args.smoke:  # a process takes seconds to start
            grow = partial(_memory.in_own_process, grow)
        return [partial(grow, *shape) for shape in args.shapes]
    return [partial(_search.compare_parallel, args.smoke)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM)
    parser.add_argument("--threads", type=int, help="torch threads (default: torch's)")
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, help: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help)
        command.add_argument(
            "--results", type=Path, help="file of JSON lines (default: in docs/results)"
        )
        command.add_argument(
            "--smoke",
            action="store_true",
            help="run the smallest sizes, in seconds, into a temporary folder",
        )
        return command

    def add_cells(
        name: str,
        help: str,
        datasets: Sequence[str] = (),
        seeds: Sequence[int] = (0,),
        settings: Sequence[str] = (),
        all_settings: Sequence[str] = (),
    ) -> argparse.ArgumentParser:
        command = add(name, help)
        if datasets:
            command.add_argument("--datasets", nargs="+", default=list(datasets))
        command.add_argument("--seeds", nargs="+", type=int, default=list(seeds))
        if settings:
            known, usual = ", ".join(all_settings), ", ".join(settings)
            command.add_argument(
                "--settings",
                nargs="+",
                default=list(settings),
                choices=all_settings,
                metavar="SETTING",
                help=f"some of {known} (default: {usual})",
            )
        command.add_argument(
            "--jobs", type=int, help="worker processes (-1: one per core)"
        )
        return command

    forecasting = add_cells(
        "forecasting",
        "test errors of forecasts, and their table",
        ETT,
        range(3),
        ("samformer",),
        _forecasting.ALL_SETTINGS,
    )
    forecasting.add_argument(
        "--horizons", nargs="+", type=int, help="default: those of the papers"
    )
    add_cells(
        "clustering",
        "agreement with the classes of UCR sets, and its table",
        _clustering.SETS,
        range(5),
        _clustering.SETTINGS,
        _clustering.ALL_SETTINGS,
    )
    add_cells(
        "intervals", "coverage and width of prediction intervals", _intervals.DATASETS
    )
    add_cells(
        "toy",
        "the SAMformer paper's linear toy problem",
        settings=_toy.SETTINGS,
        all_settings=_toy.SETTINGS,
    )
    add_cells(
        "short",
        "errors of the defaults on short series, and their table",
        list(_short.SETS),
        settings=_short.SETTINGS,
        all_settings=_short.SETTINGS,
    )
    refit = add("refit", "linear maps solved with the rows held out, and without")
    refit.add_argument("--datasets", nargs="+", default=list(ETT))
    refit.add_argument("--jobs", type=int, help="worker processes (-1: one per core)")
    search = add("search", "what GridSearchCV chooses on ETTh1, and its test errors")
    models = list(_search.SEARCHES)
    search.add_argument("--models", nargs="+", default=models, choices=models)
    add("parallel", "seconds of a search with one worker and with two")

    rolling = add(
        "rolling", "seconds of update_predict against sktime's path, and backtest"
    )
    rolling.add_argument("--windows", type=int, default=250)
    updates = add("updates", "what updates gain and forget, and the time of a row")
    updates.add_argument("--days", type=int, default=50)
    updates.add_argument("--rows", type=int, default=2500)
    panel = add("panel", "one network for a panel against one for each series")
    panel.add_argument("--series", type=int, default=200)
    speed = add(
        "speed", "seconds of training steps against the plain form, and a profile"
    )
    models = list(_speed.MODELS)
    speed.add_argument("--models", nargs="+", default=models, choices=models)
    speed.add_argument("--rounds", type=int, default=7)
    speed.add_argument(
        "--compile", action="store_true", help="compile, and time ours without that"
    )
    busy = add("busy", "seconds of a fit beside programs that keep the cores busy")
    busy.add_argument("--programs", nargs="+", type=int, default=_busy.N_PROGRAMS)
    busy.add_argument("--rounds", type=int, default=3)
    memory = add("memory", "peak memory of a fit on a wide series")
    memory.add_argument("--rows", type=int, default=26304)
    memory.add_argument("--channels", type=int, default=321)
    kinds = _memory.KINDS
    memory.add_argument("--kinds", nargs="+", default=kinds, choices=kinds)
    moments = add("moments", "CPU time of window moments as rows and width grow")
    moments.set_defaults(sizes=_moments.SIZES)
    library = add("library", "seconds and memory of a linear network, and sktime's")
    library.add_argument("--epochs", type=int, default=5)
    library.add_argument("--rounds", type=int, default=3)
    context = add("context", "seconds and peak memory of LSINet's steps per context")
    context.add_argument("--steps", type=int, default=6)
    context.add_argument(
        "--lengths", nargs="+", type=int, default=_memory.CONTEXT_LENGTHS
    )
    fits = add("fits", "seconds of LoSTer's whole fit against a plain version")
    fits.add_argument("--datasets", nargs="+", default=_fit_speed.SETS)
    fits.add_argument("--rounds", type=int, default=3)
    growth = add("growth", "seconds of LoSTer's fit as series get longer and more")
    growth.set_defaults(shapes=_fit_speed.SHAPES)

    gpu = add("gpu", "steps, fits and forecasts on a GPU, and how near the CPU's")
    gpu.add_argument("--device", default="cuda")

    tables = commands.add_parser(
        "tables", help="the page of all stored results, and the README's numbers"
    )
    tables.add_argument("--folder", type=Path, default=RESULTS)
    tables.add_argument("--page", type=Path, default=Path("docs/results.md"))
    tables.add_argument("--readme", type=Path, default=Path("README.md"))
    return parser


if __name__ == "__main__":
    main()
