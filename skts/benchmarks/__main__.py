"""Command line of the benchmarks: ``python -m skts.benchmarks --help``."""

import argparse
from pathlib import Path

import torch

from skts.benchmarks import _cost, _forecasting
from skts.benchmarks._results import append_result, read_results
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

    speed = commands.add_parser(
        "speed", help="seconds per epoch, projection first against plain"
    )
    speed.add_argument("--epochs", type=int, default=7)
    speed.add_argument("--results", type=Path, default=RESULTS / "cost.jsonl")

    memory = commands.add_parser("memory", help="peak memory of a fit on a wide series")
    memory.add_argument("--rows", type=int, default=26304)
    memory.add_argument("--channels", type=int, default=321)
    memory.add_argument("--results", type=Path, default=RESULTS / "cost.jsonl")

    commands.add_parser("tables", help="docs/results.md from the stored results")

    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    if args.command == "forecasting":
        _forecasting.run(
            args.results, args.datasets, args.horizons, args.seeds, args.settings
        )
        print(_forecasting.table(read_results(args.results)))
    elif args.command == "speed":
        for compile in (False, True):
            result = _cost.compare_speed(args.epochs, compile)
            print(result)
            append_result(args.results, result)
    elif args.command == "memory":
        for result in _cost.measure_memory(args.rows, args.channels):
            print(result, flush=True)
        append_result(args.results, result)
    elif args.command == "tables":
        write_page(RESULTS, Path("docs/results.md"))


if __name__ == "__main__":
    main()
