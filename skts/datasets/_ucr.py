"""Sets of the UCR archive, from a local folder or through sktime's download."""

from pathlib import Path

import numpy as np
from sktime.datasets import load_UCR_UEA_dataset

from skts.datasets._local import find_local


def load_ucr(
    name: str, folder: str | Path | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Load all series of a univariate UCR set, and their classes.

    Parameters
    ----------
    name : str
        Name of the set in the archive [1]_, such as ``"OSULeaf"``.
    folder : str, Path or None, default=None
        Folder with ``<name>.npz``, directly or in the sub-folders ``clustering`` or
        ``clustering/extra``; the file holds ``X`` and ``y``. None takes the folder that
        the environment variable ``SKTS_DATA`` names; without one, sktime downloads the
        set and keeps it.

    Returns
    -------
    X : ndarray of shape (n_series, n_timepoints)
        Series of the archive's training part, then those of its test part.
    y : ndarray of shape (n_series,)
        Their classes.

    Raises
    ------
    FileNotFoundError
        If the folder has no such file.

    References
    ----------
    .. [1] Dau et al., "The UCR Time Series Classification Archive", 2018.

    Examples
    --------
    >>> from skts.datasets import load_ucr
    >>> X, y = load_ucr("OSULeaf")  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (442, 427)
    """
    path = find_local(name, folder, ("clustering", "clustering/extra"), (".npz",))
    if path is None:
        X, y = load_UCR_UEA_dataset(name, return_type="numpy3D")
        return X[:, 0], np.asarray(y)
    with np.load(path) as stored:
        return stored["X"], stored["y"]
