"""Command line of the benchmarks: ``python -m skts.benchmarks --help``."""

import argparse
from pathlib import Path

import torch

from skts.benchmarks import _forecasting
from skts.benchmarks._results import read_results

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
        "--settings", nargs="+", default=["default"], choices=_forecasting.SETTINGS
    )
    forecasting.add_argument(
        "--results", type=Path, default=RESULTS / "forecasting.jsonl"
    )

    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    if args.command == "forecasting":
        _forecasting.run(
            args.results, args.datasets, args.horizons, args.seeds, args.settings
        )
        print(_forecasting.table(read_results(args.results)))


if __name__ == "__main__":
    main()
