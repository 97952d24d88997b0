"""Command line of the benchmarks: ``python -m skts.benchmarks --help``."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import torch

from skts.benchmarks import (
    _clustering,
    _fit_speed,
    _forecasting,
    _intervals,
    _memory,
    _rolling,
    _search,
    _speed,
)
from skts.benchmarks._results import Result, append_result, read_results
from skts.benchmarks._tables import write_page

RESULTS = Path("docs/results")


def main() -> None:
    """Read the command line and run one benchmark."""
    parser = argparse.ArgumentParser(prog="python -m skts.benchmarks")
    parser.add_argument("--threads", type=int, help="torch threads (default: torch's)")
    commands = parser.add_subparsers(dest="command", required=True)

    forecasting = commands.add_parser(
        "forecasting", help="test errors on the ETT sets, and their table"
    )
    forecasting.add_argument("--datasets", nargs="+", default=["ETTh1", "ETTh2"])
    forecasting.add_argument(
        "--horizons", nargs="+", type=int, default=list(_forecasting.HORIZONS)
    )
    forecasting.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    forecasting.add_argument(
        "--settings", nargs="+", default=["samformer"], choices=_forecasting.SETTINGS
    )
    forecasting.add_argument(
        "--results", type=Path, default=RESULTS / "forecasting.jsonl"
    )

    clustering = commands.add_parser(
        "clustering", help="agreement with the classes of UCR sets, and its table"
    )
    clustering.add_argument("--datasets", nargs="+", default=list(_clustering.SETS))
    clustering.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    clustering.add_argument(
        "--settings",
        nargs="+",
        default=list(_clustering.SETTINGS),
        choices=_clustering.SETTINGS,
    )
    clustering.add_argument(
        "--results", type=Path, default=RESULTS / "clustering.jsonl"
    )

    intervals = commands.add_parser(
        "intervals", help="coverage and width of prediction intervals on the ETT sets"
    )
    intervals.add_argument("--datasets", nargs="+", default=["ETTh1", "ETTh2"])
    intervals.add_argument("--seeds", nargs="+", type=int, default=[0])
    intervals.add_argument("--results", type=Path, default=RESULTS / "intervals.jsonl")

    rolling = commands.add_parser(
        "rolling", help="seconds of update_predict against sktime's path, and backtest"
    )
    rolling.add_argument("--windows", type=int, default=250)
    rolling.add_argument("--results", type=Path, default=RESULTS / "cost.jsonl")

    speed = commands.add_parser(
        "speed", help="seconds of training steps against the plain form, and a profile"
    )
    speed.add_argument("--models", nargs="+", default=list(_speed.MODELS))
    speed.add_argument("--rounds", type=int, default=7)
    speed.add_argument("--compile", action="store_true", help="compile both forms")

    memory = commands.add_parser("memory", help="peak memory of a fit on a wide series")
    memory.add_argument("--rows", type=int, default=26304)
    memory.add_argument("--channels", type=int, default=321)

    context = commands.add_parser(
        "context", help="seconds and peak memory of LSINet's steps per context length"
    )
    context.add_argument("--steps", type=int, default=6)

    fits = commands.add_parser(
        "fits", help="seconds of LoSTer's whole fit against a plain version"
    )
    fits.add_argument("--rounds", type=int, default=3)

    growth = commands.add_parser(
        "growth", help="seconds of LoSTer's fit as series get longer and more"
    )
    for command in (speed, memory, context, fits, growth):
        command.add_argument("--results", type=Path, default=RESULTS / "cost.jsonl")

    search = commands.add_parser(
        "search", help="what GridSearchCV chooses on ETTh1, and its test errors"
    )
    search.add_argument(
        "--models", nargs="+", default=list(_search.SEARCHES), choices=_search.SEARCHES
    )
    parallel = commands.add_parser(
        "parallel", help="seconds of a search with one worker and with two"
    )
    for command in (search, parallel):
        command.add_argument("--results", type=Path, default=RESULTS / "search.jsonl")

    commands.add_parser("tables", help="docs/results.md from the stored results")

    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    if args.command == "forecasting":
        _forecasting.run(
            args.results, args.datasets, args.horizons, args.seeds, args.settings
        )
        print(_forecasting.table(read_results(args.results)))
    elif args.command == "clustering":
        _clustering.run(args.results, args.datasets, args.seeds, args.settings)
        print(_clustering.table(read_results(args.results)))
    elif args.command == "intervals":
        _intervals.run(args.results, args.datasets, args.seeds)
        print(_intervals.table(read_results(args.results)))
    elif args.command == "search":
        _search.run(args.results, args.models)
    elif args.command == "tables":
        write_page(RESULTS, Path("docs/results.md"))
    else:
        for result in _measure(args):
            print(result, flush=True)
            append_result(args.results, result)


def _measure(args: argparse.Namespace) -> Iterator[Result]:
    """Yield what a benchmark of time or memory measures."""
    if args.command == "speed":
        for model in args.models:
            yield _speed.compare_speed(model, args.rounds, args.compile)
            if args.compile:
                continue
            shares = list(_speed.profile_steps(model))
            yield {"benchmark": "profile", "model": model, "shares": shares}
    elif args.command == "rolling":
        yield _rolling.measure_rolling(args.windows)
    elif args.command == "memory":
        sizes = args.rows, args.channels
        yield _memory.in_own_process(_memory.measure_wide_fit, *sizes)
    elif args.command == "fits":
        yield from _fit_speed.compare_fits(args.rounds)
    elif args.command == "growth":
        yield from _fit_speed.measure_growth()
    elif args.command == "parallel":
        yield from _search.compare_parallel()
    elif args.command == "context":
        for length in _memory.CONTEXT_LENGTHS:
            yield _memory.in_own_process(
                _memory.measure_context_length, length, args.steps
            )


if __name__ == "__main__":
    main()
