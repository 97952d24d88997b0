"""Pickling and saving an estimator that holds a network on some device."""

import pickle
from collections.abc import Callable
from copy import deepcopy
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any, Self, overload
from zipfile import ZIP_DEFLATED, ZipFile

import torch
from sklearn.utils.validation import check_is_fitted

from skts._safe_files import is_safe, read_safely, write_safely
from skts._validation import check_option
from skts.training import resolve_device

# What sktime notes of data; kinds of columns among it, only a fit asks for.
METADATA = {"_X_metadata", "_y_metadata"}
FORMATS = ("pickle", "cloudpickle", "safe")
ZIP_MAGIC = b"PK"  # how a file of the safe format begins, and no pickle


class Storable:
    """Mixin, left of a library's base class, for estimators with torch modules.

    Files are those of sktime, whose ``load`` reads them, too.
    """

    device: str
    device_: torch.device
    get_params: Callable[..., dict[str, Any]]  # the library's

    def __getstate__(self) -> dict[str, Any]:
        """Return the state with all networks on the CPU, where any machine can read it.

        They are copied first: the estimator itself stays on its device.
        """
        state = self.__dict__.copy()
        if "device_" in state and self.device_.type != "cpu":
            # Copied together: a network may be in two places.
            moved = deepcopy(_movable(state))
            for part in moved.values():
                part.to(torch.device("cpu"))
            state |= moved
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if "device_" not in state:
            return
        try:
            self.device_ = resolve_device(self.device)
        except ValueError:  # saved on another machine
            self.device_ = torch.device("cpu")
        for part in _movable(state).values():
            part.to(self.device_)

    @overload
    def save(
        self, path: None = None, serialization_format: str = "pickle"
    ) -> tuple[type[Self], bytes]: ...

    @overload
    def save(
        self, path: str | Path, serialization_format: str = "pickle"
    ) -> ZipFile: ...

    def save(
        self, path: str | Path | None = None, serialization_format: str = "pickle"
    ) -> ZipFile | tuple[type[Self], bytes]:
        """Save the estimator, to be read by ``load_from_path``.

        Parameters
        ----------
        path : str or Path, default=None
            File to write; ``.zip`` is added unless it is there. None returns the
            serialised object instead.
        serialization_format : {"pickle", "cloudpickle", "safe"}, default="pickle"
            Module that serialises; or "safe": numbers and texts alone, which run no
            code when they are read.

        Returns
        -------
        ZipFile or tuple
            The file, or, without a path, the class and what ``load_from_serial`` reads.

        Raises
        ------
        NotFittedError
            If there is nothing learned that the safe format could hold.
        TypeError
            If a parameter is of a kind that the safe format does not hold, such as a
            function or a RandomState.
        """
        check_option("serialization_format", serialization_format, FORMATS)
        if path is not None and not isinstance(path, str | Path):
            raise TypeError(
                f"path must be a str, a Path or None, got {type(path).__name__}."
            )
        if serialization_format == "safe":
            check_is_fitted(self)
            whose: dict[str, Any] = {"estimator": type(self).__name__}
            whose["parameters"] = self.get_params(deep=False)
            safe = write_safely(whose | self._take_apart())
            if path is None:
                return type(self), safe
            Path(_with_ending(path)).write_bytes(safe)
            return ZipFile(_with_ending(path))
        module = import_module(serialization_format)
        parts = {"_metadata": module.dumps(type(self)), "_obj": module.dumps(self)}
        if path is None:
            return type(self), parts["_obj"]
        target = _with_ending(path)
        with ZipFile(target, "w", ZIP_DEFLATED) as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        return ZipFile(target)

    def _take_apart(self) -> dict[str, Any]:
        """Return what the safe format holds beside parameters: values and weights."""
        raise NotImplementedError

    def _put_together(self, content: dict[str, Any]) -> None:
        """Become, with the same parameters, what `_take_apart` took apart."""
        raise NotImplementedError

    def _values_beside(self, *names: str) -> dict[str, Any]:
        """Return what the estimator knows, without parameters and what is named."""
        # What a callback of scikit-learn is made of is its own affair.
        left_out = {*self.get_params(deep=False), *names, "_skl_callbacks"}
        state = {n: value for n, value in vars(self).items() if n not in left_out}
        for name in METADATA & state.keys():
            known = state[name]
            state[name] = {k: v for k, v in known.items() if k != "feature_kind"}
        return state

    @classmethod
    def load_from_serial(cls, serial: bytes) -> Self:
        """Load an estimator from what ``save`` without a path returned.

        Parameters
        ----------
        serial : bytes
            The second of the two.

        Returns
        -------
        estimator
            With its network where ``device`` says, or on the CPU where that is missing.

        Raises
        ------
        TypeError
            If it is an estimator of another class.
        """
        if serial.startswith(ZIP_MAGIC):
            with ZipFile(BytesIO(serial)) as archive:
                return cls._read_safely(archive)
        estimator = pickle.loads(serial)
        if not isinstance(estimator, cls):
            saved = type(estimator).__name__
            raise TypeError(
                f"serial must hold a {cls.__name__}, got a {saved}. Load it with "
                f"{saved}, or with sktime.base.load, which takes any."
            )
        return estimator

    @classmethod
    def _read_safely(cls, archive: ZipFile) -> Self:
        content = read_safely(archive)
        saved = content.pop("estimator")
        if saved != cls.__name__:
            raise TypeError(
                f"serial must hold a {cls.__name__}, got a {saved}. Load it with "
                f"{saved}."
            )
        estimator = cls(**content["parameters"])
        with torch.random.fork_rng(devices=[]):  # first weights of networks do not stay
            estimator._put_together(content)
        estimator.__setstate__(vars(estimator).copy())  # to its device
        return estimator

    @classmethod
    def load_from_path(
        cls, serial: str | Path, serialization_format: str | None = None
    ) -> Self:
        """Load an estimator from a file that ``save`` wrote.

        A pickle may run any code: unless you trust a file, let only the safe format be
        opened.

        Parameters
        ----------
        serial : str or Path
            The file; its ``.zip`` may be left out, as in ``save``.
        serialization_format : {"safe"} or None, default=None
            "safe" refuses files of another format; None opens any.

        Returns
        -------
        estimator
            With its network where ``device`` says, or on the CPU where that is missing.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        TypeError
            If it holds an estimator of another class.
        ValueError
            If it is not of the safe format, and only that is wanted.
        """
        if serialization_format is not None:
            check_option("serialization_format", serialization_format, ("safe",))
        places = [Path(_with_ending(serial)), Path(serial)]
        found = next((path for path in places if path.is_file()), None)
        if found is None:
            raise FileNotFoundError(
                f"serial must be a file that save wrote, got {str(serial)!r}, and "
                f"there is no {places[0]}."
            )
        with ZipFile(found) as archive:
            if is_safe(archive):
                return cls._read_safely(archive)
            if serialization_format is not None:
                raise ValueError(
                    f"serial must be a file in the safe format, got {str(found)!r}, "
                    "which is a pickle and may run any code. Leave out "
                    "serialization_format if you trust it."
                )
            return cls.load_from_serial(archive.read("_obj"))


def _with_ending(path: str | Path) -> str:
    # sktime's own loses what follows the last dot of a file name.
    return str(path) if str(path).endswith(".zip") else f"{path}.zip"


def _movable(state: dict[str, Any]) -> dict[str, Any]:
    """Return networks, and what holds them."""
    return {
        name: value
        for name, value in state.items()
        if callable(getattr(value, "to", None)) and not isinstance(value, torch.Tensor)
    }
