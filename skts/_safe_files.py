"""Files that are safe to open: JSON for what is plain, numpy's format for numbers.

Reading one runs no code of the file's: what it may make is listed here, numbers, texts
and tables, and records, objects of this package's own classes, by their names.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pandas as pd
import torch
from pandas.tseries.frequencies import to_offset
from torch import Tensor

from skts.linear import LinearMixture

CONTENT = "content.json"
PACKAGE = __name__.partition(".")[0]
NUMBERS = "biuf"  # kinds of numpy's types

Plain = Any  # what JSON can hold
Put = Callable[[Any], Plain]
Keep = Callable[[np.ndarray], int]


def write_safely(content: dict[str, Any]) -> bytes:
    """Return some content as a file.

    Raises
    ------
    TypeError
        If part of it is of a kind that such a file does not hold.
    """
    arrays: list[np.ndarray] = []
    plain = {name: _encoded(value, name, arrays) for name, value in content.items()}
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr(CONTENT, json.dumps(plain))
        for number, array in enumerate(arrays):
            with archive.open(f"{number}.npy", "w") as part:
                np.lib.format.write_array(part, array, allow_pickle=False)
    return file.getvalue()


def read_safely(archive: ZipFile) -> dict[str, Any]:
    """Return the content of a file that `write_safely` made."""

    def array(number: int) -> np.ndarray:
        with archive.open(f"{int(number)}.npy") as part:
            return np.lib.format.read_array(part, allow_pickle=False)

    plain = json.loads(archive.read(CONTENT))
    return {name: _decoded(value, array) for name, value in plain.items()}


def is_safe(archive: ZipFile) -> bool:
    """Tell whether `write_safely` made a file."""
    return CONTENT in archive.namelist()


# Writing: None, bools, numbers and texts are as they are, all else has a kind ---------


def _encoded(value: Any, name: str, arrays: list[np.ndarray]) -> Plain:
    # Regressors and clusterers, whose files come by here, start without it.
    from sktime.forecasting.base import ForecastingHorizon

    if value is None or type(value) in (bool, int, float, str):
        return value

    def put(part: Any) -> Plain:
        return _encoded(part, name, arrays)

    def keep(array: np.ndarray) -> int:
        arrays.append(array)
        return len(arrays) - 1

    if type(value) is list:
        return [put(part) for part in value]
    if type(value) is tuple:
        return {"kind": "tuple", "parts": [put(part) for part in value]}
    if type(value) is dict:
        pairs = [[put(key), put(part)] for key, part in value.items()]
        return {"kind": "dict", "pairs": pairs}
    if isinstance(value, Tensor):
        return {"kind": "tensor", "array": keep(value.detach().cpu().numpy())}
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in NUMBERS:
        return {"kind": "array", "array": keep(np.asarray(value))}
    if isinstance(value, np.ndarray) and all(type(part) is str for part in value.flat):
        return {"kind": "texts", "parts": value.tolist()}
    if isinstance(value, pd.DataFrame) and _is_plain(*value.dtypes):
        parts = [keep(column.to_numpy()) for _, column in value.items()]
        index, columns = put(value.index), put(value.columns)
        return {"kind": "frame", "index": index, "columns": columns, "arrays": parts}
    if isinstance(value, pd.Index):
        return _encoded_index(value, put, keep)
    if isinstance(value, pd.offsets.BaseOffset):
        if to_offset(value.freqstr) == value:
            return {"kind": "step", "name": value.freqstr}
    elif isinstance(value, ForecastingHorizon):
        steps = put(value.to_pandas())
        return {"kind": "fh", "values": steps, "is_relative": bool(value.is_relative)}
    elif isinstance(value, LinearMixture):
        return {"kind": "maps", "parts": [put(value.weight), put(value.members)]}
    elif _is_record(type(value)):
        held = {key: put(part) for key, part in _values_of(value).items()}
        path = f"{type(value).__module__}.{type(value).__name__}"
        return {"kind": "record", "class": path, "values": held}
    raise TypeError(
        f"A safe file holds numbers, texts and tables of them, but {name} has a "
        f"{type(value).__name__}: {value!r}. Use plain values in its place, or save "
        "with serialization_format='pickle'."
    )


def _encoded_index(index: pd.Index, put: Put, keep: Keep) -> Plain:
    held: dict[str, Any] = {"kind": "index", "names": put(list(index.names))}
    if isinstance(index, pd.RangeIndex):
        return held | {"of": "range", "range": [index.start, index.stop, index.step]}
    if isinstance(index, pd.DatetimeIndex):
        zone = None if index.tz is None else str(index.tz)
        held |= {"of": "dates", "unit": index.unit, "zone": zone}
        return held | {"step": put(index.freq), "array": keep(index.asi8)}
    if isinstance(index, pd.PeriodIndex):
        held |= {"of": "periods", "step": index.freqstr}
        return held | {"array": keep(index.asi8)}
    if not isinstance(index, pd.MultiIndex) and _is_plain(index.dtype):
        return held | {"of": "numbers", "array": keep(index.to_numpy())}
    several = isinstance(index, pd.MultiIndex)
    dtype = None if several else str(index.dtype)
    return held | {"of": "labels", "labels": put(list(index)), "dtype": dtype}


def _is_plain(*dtypes: Any) -> bool:
    return all(isinstance(d, np.dtype) and d.kind in NUMBERS for d in dtypes)


def _is_record(cls: type) -> bool:
    """Tell whether a class is one of ours whose values are all that its objects are."""
    ours = cls.__module__.startswith(f"{PACKAGE}.")
    is_more = issubclass(cls, torch.nn.Module) or hasattr(cls, "get_params")
    return ours and not is_more


def _values_of(record: Any) -> dict[str, Any]:
    if isinstance(record, tuple):
        return dict(record._asdict())  # type: ignore[attr-defined]
    if is_dataclass(record):  # without what was worked out from its fields
        return {field.name: getattr(record, field.name) for field in fields(record)}
    return vars(record)


# Reading ------------------------------------------------------------------------------


def _decoded(value: Plain, array: Callable[[int], np.ndarray]) -> Any:
    def get(part: Plain) -> Any:
        return _decoded(part, array)

    if isinstance(value, list):
        return [get(part) for part in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"kind": "tuple", "parts": parts}:
            return tuple(get(part) for part in parts)
        case {"kind": "dict", "pairs": pairs}:
            return {get(key): get(part) for key, part in pairs}
        case {"kind": "tensor", "array": number}:
            return torch.from_numpy(array(number))
        case {"kind": "array", "array": number}:
            return array(number)[()]
        case {"kind": "texts", "parts": parts}:
            return np.array(parts, dtype=object)
        case {"kind": "frame", "index": index, "columns": columns, "arrays": numbers}:
            held = {i: array(number) for i, number in enumerate(numbers)}
            return pd.DataFrame(held, get(index)).set_axis(get(columns), axis=1)
        case {"kind": "index"}:
            return _decoded_index(value, get, array)
        case {"kind": "step", "name": name}:
            return to_offset(name)
        case {"kind": "fh", "values": values, "is_relative": is_relative}:
            from sktime.forecasting.base import ForecastingHorizon

            return ForecastingHorizon(get(values), is_relative)
        case {"kind": "maps", "parts": [weight, members]}:
            return LinearMixture(get(weight), get(members))
        case {"kind": "record", "class": path, "values": values}:
            return _make(path, {name: get(part) for name, part in values.items()})
    raise ValueError(f"The file holds a {value.get('kind')!r}, which is unknown here.")


def _decoded_index(
    value: dict[str, Any], get: Put, array: Callable[[int], np.ndarray]
) -> pd.Index:
    names = get(value["names"])
    index: Any
    match value:
        case {"of": "range", "range": [start, stop, step]}:
            index = pd.RangeIndex(start, stop, step)
        case {"of": "dates", "unit": unit, "zone": zone, "step": step, "array": number}:
            index = pd.DatetimeIndex(array(number).view(f"M8[{unit}]"))
            if zone is not None:
                index = index.tz_localize("UTC").tz_convert(zone)
            index = pd.DatetimeIndex(index, freq=get(step))
        case {"of": "periods", "step": step, "array": number}:
            periods: Any = pd.PeriodIndex  # pandas-stubs lack this way to make one
            index = periods.from_ordinals(array(number), freq=step)
        case {"of": "numbers", "array": number}:
            index = pd.Index(array(number))
        case {"of": "labels", "labels": labels, "dtype": None}:
            return pd.MultiIndex.from_tuples(get(labels), names=names)
        case {"of": "labels", "labels": labels, "dtype": dtype}:
            index = pd.Index(get(labels), dtype=dtype, tupleize_cols=False)
        case _:
            raise ValueError(f"The file holds an unknown index, of {value.get('of')}.")
    return index.rename(names[0])


def _make(path: str, values: dict[str, Any]) -> Any:
    """Return a record of one of the classes that a file may name.

    Those of the estimator's own modules are here already: nothing is imported.
    """
    module, _, name = path.rpartition(".")
    cls = getattr(sys.modules.get(module), name, None)
    if not (isinstance(cls, type) and cls.__module__ == module and _is_record(cls)):
        raise ValueError(f"The file holds a {path!r}, which such files never do.")
    if issubclass(cls, tuple) or is_dataclass(cls):
        return cls(**values)
    record = object.__new__(cls)
    vars(record).update(values)
    return record
