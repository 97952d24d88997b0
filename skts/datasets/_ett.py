"""The four ETT sets: temperature and load of electricity transformers in China."""

from pathlib import Path

import pandas as pd

from skts.datasets._local import FOLDERS, find_local

# Zhou et al., "Informer", AAAI 2021; CC BY-ND 4.0.
_HOME = "https://raw.githubusercontent.com/zhouhaoyi/ETDataset/main/ETT-small"
_SHA256 = {
    "ETTh1": "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066",
    "ETTh2": "a3dc2c597b9218c7ce1cd55eb77b283fd459a1d09d753063f944967dd6b9218b",
    "ETTm1": "6ce1759b1a18e3328421d5d75fadcb316c449fcd7cec32820c8dafda71986c9e",
    "ETTm2": "db973ca252c6410a30d0469b13d696cf919648d0f3fd588c60f03fdbdbadd1fd",
}


def load_ett(name: str = "ETTh1", folder: str | Path | None = None) -> pd.DataFrame:
    """Load one of the four ETT sets (electricity transformer temperature).

    Two years of load and oil temperature of two transformers [1]_, by the hour
    (``ETTh1``, ``ETTh2``) or the quarter of an hour (``ETTm1``, ``ETTm2``).

    Parameters
    ----------
    name : {"ETTh1", "ETTh2", "ETTm1", "ETTm2"}, default="ETTh1"
        Name of the set.
    folder : str, Path or None, default=None
        Folder with ``<name>.csv`` or ``<name>.csv.gz``, directly or in a sub-folder
        ``forecasting``. None takes the folder that the environment variable
        ``SKTS_DATA`` names; without one, the file is downloaded once from its official
        home, verified, and kept in the user's cache (needs pooch: the extra ``data``).

    Returns
    -------
    DataFrame of shape (n_timepoints, 7)
        Columns HUFL, HULL, MUFL, MULL, LUFL, LULL (loads) and OT (oil temperature in
        degrees Celsius), indexed by time. 17420 hours or 69680 quarters.

    Raises
    ------
    ValueError
        If `name` is none of the four.
    FileNotFoundError
        If the folder has no such file.
    ConnectionError
        If there is no folder and the download fails.

    References
    ----------
    .. [1] Zhou et al., "Informer: Beyond Efficient Transformer for Long Sequence
       Time-Series Forecasting", AAAI 2021.

    Examples
    --------
    >>> from skts.datasets import load_ett
    >>> y = load_ett("ETTh1")  # doctest: +SKIP
    >>> y.shape  # doctest: +SKIP
    (17420, 7)
    """
    if name not in _SHA256:
        names = ", ".join(map(repr, _SHA256))
        raise ValueError(f"name must be one of {names}, got {name!r}.")
    local = find_local(name, folder, FOLDERS, (".csv", ".csv.gz"))
    path = local or _download(name)
    y = pd.read_csv(path, parse_dates=["date"], index_col="date")
    return y.asfreq("h" if name.startswith("ETTh") else "15min")


def _download(name: str) -> str:
    ways_out = (
        f"Download {_HOME}/{name}.csv by hand and pass its folder as folder=... or in "
        "the environment variable SKTS_DATA"
    )
    try:
        import pooch
    except ImportError as error:
        raise ImportError(
            f"{name} is downloaded with pooch, which is not installed: "
            f"pip install pooch. {ways_out}."
        ) from error
    try:
        return pooch.retrieve(
            f"{_HOME}/{name}.csv",
            known_hash=f"sha256:{_SHA256[name]}",
            fname=f"{name}.csv",
            path=pooch.os_cache("skts"),
        )
    except OSError as error:
        raise ConnectionError(
            f"{name} could not be downloaded ({type(error).__name__}). {ways_out}, or "
            "try again with a network."
        ) from error
