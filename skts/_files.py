"""Pickling and saving an estimator that holds a network on some device."""

from copy import deepcopy
from pathlib import Path
from shutil import move
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import torch
from torch import nn

from skts.training import resolve_device


class Storable:
    """Mixin, left of the sktime base class, for estimators with torch modules."""

    def __getstate__(self):
        """Return the state with all modules on the CPU, where any machine can read it.

        They are copied first: the estimator itself stays on its device.
        """
        state = self.__dict__.copy()
        if "device_" in state and self.device_.type != "cpu":
            modules = _modules(state)
            state |= {name: deepcopy(module).cpu() for name, module in modules.items()}
        return state

    def __setstate__(self, state):
        self.__dict__.update(state)
        if "device_" not in state:
            return
        try:
            self.device_ = resolve_device(self.device)
        except ValueError:  # saved on another machine
            self.device_ = torch.device("cpu")
        for module in _modules(state).values():
            module.to(self.device_)

    def save(self, path=None, serialization_format="pickle"):
        """Save the estimator, to be read by ``load_from_path``.

        Parameters
        ----------
        path : str or Path, default=None
            File to write; ``.zip`` is added unless it is there. None returns the
            serialised object instead.
        serialization_format : {"pickle", "cloudpickle"}, default="pickle"
            Module that serialises.

        Returns
        -------
        ZipFile or tuple
            The file, or, without a path, what ``load_from_serial`` reads.
        """
        if path is None:
            return super().save(None, serialization_format)
        if not isinstance(path, str | Path):
            raise TypeError(
                f"path must be a str, a Path or None, got {type(path).__name__}."
            )
        # sktime's own loses what follows the last dot of a file name.
        target = str(path) if str(path).endswith(".zip") else f"{path}.zip"
        with TemporaryDirectory() as folder:
            super().save(Path(folder) / "estimator", serialization_format).close()
            move(Path(folder) / "estimator.zip", target)
        return ZipFile(target)


def _modules(state):
    return {
        name: value for name, value in state.items() if isinstance(value, nn.Module)
    }
