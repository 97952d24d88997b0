"""Series in local CSV files with a column of dates, some by their usual name."""

import re
from pathlib import Path

import pandas as pd

from skts.datasets._local import FOLDERS, find_local

ENDINGS = (".csv", ".csv.gz")
# Files as most papers hand them on.
FILES = {
    "Weather": "weather",
    "Exchange": "exchange_rate",
    "Electricity": "electricity",
    "Traffic": "traffic",
    "ILI": "national_illness",
}


def load_csv(name: str | Path, folder: str | Path | None = None) -> pd.DataFrame:
    """Load a series from a local CSV file with a column ``date``.

    Parameters
    ----------
    name : str or Path
        Path of a file, or name of one in `folder`, with or without its ending; or one
        of "Weather" (``weather``), "Exchange" (``exchange_rate``), "Electricity"
        (``electricity``), "Traffic" (``traffic``) and "ILI" (``national_illness``), as
        papers call these files. Nothing is downloaded.
    folder : str, Path or None, default=None
        Folder with ``<file>.csv`` or ``<file>.csv.gz``, directly or in a sub-folder
        ``forecasting``. None takes the folder that the environment variable
        ``SKTS_DATA`` names.

    Returns
    -------
    DataFrame of shape (n_timepoints, n_channels)
        The other columns, indexed by ``date``, in the order of the file. The index
        knows its frequency where dates are evenly spaced.

    Raises
    ------
    FileNotFoundError
        If there is no folder, or no such file in it; the message says what was looked
        for, and where.
    ValueError
        If the file has no column ``date``, or that holds no date in some row.

    Examples
    --------
    >>> from skts.datasets import load_csv
    >>> y = load_csv("Weather")  # doctest: +SKIP
    >>> y.shape  # doctest: +SKIP
    (52696, 21)

    For files that are written in other ways, with semicolons or decimal commas say, use
    ``pandas.read_csv``; the guide's page on your own file has the arguments.
    """
    file = re.sub(r"\.csv(\.gz)?$", "", FILES.get(str(name), str(name)))
    path: Path | None
    if folder is None and file != str(name) and Path(name).is_file():
        path = Path(name)
    else:
        path = find_local(file, folder, FOLDERS, ENDINGS, "Put the file there.")
    if path is None:
        raise FileNotFoundError(
            f"{name} is read from {file}.csv or {file}.csv.gz and not downloaded: pass "
            "the folder that holds it as folder=..., or in the environment variable "
            "SKTS_DATA."
        )
    y = pd.read_csv(path, dtype={"date": str})  # 2001 is a year
    if "date" not in y.columns:
        raise ValueError(
            f"{path.name} must have a column 'date', got {', '.join(map(str, y))}. "
            "Rename the column of times; a file that is written in another way is read "
            "by pd.read_csv(..., sep=';', index_col=0, parse_dates=True) and the like."
        )
    times = pd.DatetimeIndex(_parse(y.pop("date"), path.name), name="date")
    frequency = pd.infer_freq(times) if len(y) > 2 else None
    if frequency is not None:
        regular = pd.date_range(times[0], times[-1], freq=frequency, name="date")
        if times.equals(regular):  # those of business hours, say, need not be
            times = regular
    return y.set_index(times)


def _parse(dates: pd.Series, file: str) -> pd.Series:
    rule = f"{file} must have a date in every row of its column 'date'"
    if dates.isna().any():
        raise ValueError(
            f"{rule}, got {dates.isna().sum()} row(s) without one. Fill them in."
        )
    try:
        return pd.to_datetime(dates)
    except ValueError as error:
        raise ValueError(
            f"{rule}, got {dates.iloc[0]!r} in the first: {error}. Write dates like "
            "2016-07-01 02:00."
        ) from error
