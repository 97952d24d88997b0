"""The way from a table as files give it to a series: what a message can say of it."""

import re
import warnings

import pandas as pd
from pandas.api.types import is_float_dtype

NUMBER = re.compile(r"[-+]?\d[\d.,']*")
DECIMAL = re.compile(r"[-+]?\d+[.,']\d+")  # no date is written so
COMMA = re.compile(r"[-+]?(\d+|\d{1,3}(\.\d{3})+),\d+")  # decimal: 30,5 or 5.827,00
THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")  # 5,827.00
DATE = r"(\d{1,2})([./-])(\d{1,2})\2\d{4}"
QUARTER = r"\d{4}[ -]?Q[1-4]"
CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?")
SEPARATORS = (";", "\t", "|")
MOST_WORDS = 3  # that stand for a missing number; more of them are categories


def how_to_read(y: pd.DataFrame, name: str) -> str:
    """Return the way out for a table whose columns are not all numbers."""
    whole = str(y.columns[0])
    separators = [mark for mark in SEPARATORS if y.shape[1] == 1 and mark in whole]
    if separators:
        return (
            f"Its columns are separated by {separators[0]!r}: "
            f"pd.read_csv(..., sep={separators[0]!r}) tells them apart."
        )
    columns = [y.iloc[:, i] for i in range(y.shape[1])]
    times = [i for i, column in enumerate(columns) if holds_dates(column)]
    numbers = [i for i, column in enumerate(columns) if _holds_numbers(column)]
    numbers = [i for i in numbers if i not in times]
    ways = [_how_to_read_numbers([columns[i] for i in numbers], name)]
    if times and y.columns.is_unique:
        clocks = [i for i in times if _holds_clock(columns[i])]
        dates = [i for i in times if i not in clocks] or times
        ways.append(_how_to_index(y, dates[0], clocks, numbers, name))
    elif not ways[0]:
        ways = [
            "Drop or encode categorical columns; convert numbers in disguise with "
            f"{name}.astype(float)."
        ]
    return " ".join(filter(None, ways))


def to_dates(expression: str, values: pd.Index | pd.Series) -> str:
    """Return the line that makes dates of text, with the day first where it is."""
    texts = pd.Series(values).dropna().astype(str)
    if len(texts) and texts.str.fullmatch(QUARTER).all():
        return f'pd.PeriodIndex({expression}.str.replace(" ", ""), freq="Q")'
    parts = texts.str.extract(f"^{DATE}")
    first, second = (pd.to_numeric(parts[i]).max() for i in (0, 2))
    day_first = first > 12 >= second or (parts[1] == ".").any()
    return f"pd.to_datetime({expression}{', dayfirst=True' if day_first else ''})"


def _how_to_index(
    y: pd.DataFrame, at: int, clocks: list[int], numbers: list[int], name: str
) -> str:
    """Return the lines for a table whose times, or series' names, are columns."""
    time = y.columns[at]
    if clocks and at not in clocks and y.iloc[:, at].duplicated().any():
        clock = y.columns[clocks[0]]
        both = f"{name}.pop({time!r}).astype(str) + ' ' + {name}.pop({clock!r})"
        return (
            f"Its times are in the columns {time!r} and {clock!r}; they belong in the "
            f"index:\n{name}.index = {to_dates(both, y.iloc[:, at])}"
        )
    names = [y.columns[i] for i in _find_names(y, at, numbers)]
    index = [*names, time] if names else time
    lines = [f"Its times are in the column {time!r}; they belong in the index:"]
    if not isinstance(y.dtypes.iloc[at], pd.PeriodDtype):  # which are times already
        dates = to_dates(f"{name}[{time!r}]", y.iloc[:, at])
        lines.append(f"{name}[{time!r}] = {dates}")
    lines.append(f"{name} = {name}.set_index({index!r}).sort_index()")
    return "\n".join(lines)


def _find_names(y: pd.DataFrame, time: int, numbers: list[int]) -> list[int]:
    """Return which columns of a table name its series, if times come more than once."""
    if not y.iloc[:, time].duplicated().any():
        return []
    # As text: pandas finds no duplicates of lists; and columns may have no name.
    cells = y.astype(str).set_axis(range(y.shape[1]), axis=1)
    measured = [i for i, dtype in enumerate(y.dtypes) if is_float_dtype(dtype)]
    # Numbers in text are measured, but whole ones may be a series' number.
    measured += [i for i in numbers if not cells[i].str.fullmatch(r"\d+").all()]
    others = [i for i in range(y.shape[1]) if i not in (time, *measured)]
    names = [i for i in others if not cells.duplicated([i, time]).any()]
    if names:  # numbers that are all different would do as well
        return [min(names, key=lambda i: cells[i].nunique())]
    texts = [i for i in others if not pd.api.types.is_numeric_dtype(y.dtypes.iloc[i])]
    return [] if cells.duplicated([*texts, time]).any() else texts


def holds_dates(column: pd.Series) -> bool:
    """Tell whether a column holds dates, or text that pandas takes for some."""
    if isinstance(column.dtype, pd.PeriodDtype) or pd.api.types.is_datetime64_any_dtype(
        column
    ):
        return True
    if pd.api.types.is_numeric_dtype(column):
        return False
    first = column.dropna().head().astype(str)
    if first.str.fullmatch(DECIMAL).any():  # pandas takes 30,5 for a month of a year
        return False
    if len(first) and first.str.fullmatch(QUARTER).all():
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas guesses the format of each
        ways = [
            pd.to_datetime(first, errors="coerce", dayfirst=day_first)
            for day_first in (False, True)
        ]
    return len(first) > 0 and any(bool(dates.notna().all()) for dates in ways)


def _holds_clock(column: pd.Series) -> bool:
    """Tell whether a column holds text that is the time of a day."""
    return bool(column.astype(str).str.fullmatch(CLOCK).all())


def _holds_numbers(column: pd.Series) -> bool:
    """Tell whether a column holds text that stands for numbers, most of it."""
    if pd.api.types.is_numeric_dtype(column) or isinstance(
        column.dtype, pd.CategoricalDtype
    ):
        return False
    texts = column.dropna().astype(str).str.strip()
    return len(texts) > 0 and bool(texts.str.fullmatch(NUMBER).mean() > 0.5)


def _how_to_read_numbers(columns: list[pd.Series], name: str) -> str:
    """Return what makes numbers of text; empty where there is nothing to say."""
    if not columns:
        return ""
    texts = pd.concat(columns).dropna().astype(str).str.strip()
    is_number = texts.str.fullmatch(NUMBER)
    with_comma = texts[is_number & texts.str.contains(",", regex=False)]
    arguments = []
    example = texts[is_number].iloc[0]
    if len(with_comma):
        example = with_comma.iloc[0]
        if with_comma.str.fullmatch(THOUSANDS).all():
            arguments.append("thousands=','")
        elif with_comma.str.fullmatch(COMMA).all():
            arguments.append("decimal=','")
            if with_comma.str.contains(".", regex=False).any():
                arguments.append("thousands='.'")
    if texts[is_number].str.contains("'", regex=False).any():  # as in Switzerland
        arguments.append('thousands="\'"')
    words = [str(word) for word in texts[~is_number].unique()]
    if 0 < len(words) <= MOST_WORDS:
        arguments.append(f"na_values={words}")
    if not arguments:
        return ""
    listed = ", ".join(repr(column.name) for column in columns)
    return (
        f"Numbers are text in {listed}, such as {example!r}: "
        f"pd.read_csv(..., {', '.join(arguments)}) reads them."
    )
