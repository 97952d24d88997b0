"""From a series to the X and y of a regressor."""

import numpy as np
import pandas as pd

from skts._validation import check_int
from skts.data import cut_windows, window_starts
from skts.series import (
    as_frame,
    check_order,
    check_values,
    contiguous_stretches,
)


def make_windows(
    Y: pd.Series | pd.DataFrame | np.ndarray,
    context_length: int,
    horizon: int,
    stride: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Cut a series into what a regressor sees and what it shall forecast.

    Windows overlap, so a plain ``KFold`` over them tests on rows it has trained on; use
    ``WindowSplit``.

    Parameters
    ----------
    Y : Series, DataFrame or ndarray of shape (n_timepoints, n_channels)
        Series with finite values, its times unique and in order. Windows never cross a
        gap in its index; the rows of an array are taken as they come.
    context_length : int
        Rows ``L`` before each forecast.
    horizon : int
        Rows ``H`` to forecast.
    stride : int, default=1
        Rows from one window to the next. Larger values give fewer windows.

    Returns
    -------
    X : ndarray of shape (n_windows, context_length, n_channels)
        Contexts. Regressors that want a table take ``X.reshape(len(X), -1)``, which
        copies.
    y : ndarray of shape (n_windows, horizon, n_channels)
        The rows that follow each context.

    Raises
    ------
    TypeError
        If `Y` is no single series of numbers, or a length is no int.
    ValueError
        If `Y` holds no window, is not finite, or has its times out of order; if a
        length or `stride` is below 1.

    See Also
    --------
    WindowSplit : Cross-validation for such windows.

    Notes
    -----
    Both results are read-only views of the series and take no memory, however many
    windows there are. A copy is made where that is impossible: of the series, if its
    values are not floats of one type, and of the windows, if the index has gaps.

    Examples
    --------
    >>> import numpy as np
    >>> from skts.model_selection import make_windows
    >>> X, y = make_windows(np.arange(6.0), context_length=3, horizon=2)
    >>> X[..., 0]
    array([[0., 1., 2.],
           [1., 2., 3.]])
    >>> y[..., 0]
    array([[3., 4.],
           [4., 5.]])
    """
    check_int("context_length", context_length, 1)
    check_int("horizon", horizon, 1)
    check_int("stride", stride, 1)
    frame = as_frame(Y)
    check_values(frame, "Y")
    check_order(frame.index, "Y")
    stretches = contiguous_stretches(frame.index)
    width = context_length + horizon
    starts = window_starts(stretches, width)[::stride]
    if not len(starts):
        longest = max(end - begin for begin, end in stretches)
        raise ValueError(
            f"Y has {longest} time points without a gap at most, but context_length="
            f"{context_length} and horizon={horizon} need at least {width}. Use a "
            "shorter context_length or horizon, or a longer series."
        )
    # A frame of an array holds a copy of it.
    values = Y.reshape(frame.shape) if isinstance(Y, np.ndarray) else frame.to_numpy()
    if values.dtype.kind != "f":
        values = frame.to_numpy(dtype=np.float64)
    windows = cut_windows(values, starts, width)
    return windows[:, :context_length], windows[:, context_length:]
