"""Where every published number comes from: run ``python -m skts.benchmarks``."""
