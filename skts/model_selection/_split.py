"""Cross-validation of overlapping windows."""

from sklearn.model_selection import TimeSeriesSplit

from skts._validation import check_int


class WindowSplit(TimeSeriesSplit):
    """Split windows in time order and leave out those that would leak.

    This is scikit-learn's ``TimeSeriesSplit`` with the smallest `gap` for which no row
    of the series in a training window, context or targets, is a target of a test
    window: ``ceil(horizon / stride) - 1`` windows are left out between the two.

    Contexts of test windows do reach back into training targets. That is no leak: when
    the forecast is made, those rows are known. So the length of the context does not
    matter.

    Parameters
    ----------
    n_splits : int, default=5
        Number of splits. Training parts grow from split to split.
    horizon : int
        Rows each window forecasts, as given to ``make_windows``.
    stride : int, default=1
        Rows from one window to the next, as given to ``make_windows``.
    max_train_size : int or None, default=None
        Most windows to train on, the latest ones; None for all.
    test_size : int or None, default=None
        Windows in each test part; None for ``n_windows // (n_splits + 1)``.

    Attributes
    ----------
    gap : int
        Windows left out before each test part.

    See Also
    --------
    make_windows : Cut a series into windows, in the order that is assumed here.

    Notes
    -----
    Where the index of the series has gaps, neighbouring windows lie further apart in
    time, and the rule holds all the more.

    Examples
    --------
    >>> import numpy as np
    >>> from skts.model_selection import WindowSplit, make_windows
    >>> X, y = make_windows(np.arange(14.0), context_length=3, horizon=2)
    >>> for train, test in WindowSplit(n_splits=2, horizon=2).split(X):
    ...     print("trained up to", y[train].max(), "and tested from", y[test].min())
    trained up to 6.0 and tested from 7.0
    trained up to 9.0 and tested from 10.0
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        horizon: int,
        stride: int = 1,
        max_train_size: int | None = None,
        test_size: int | None = None,
    ) -> None:
        check_int("horizon", horizon, 1)
        check_int("stride", stride, 1)
        # The last training target lies before the first test target once they are
        # `horizon` rows apart, that is `gap` + 1 windows of `stride` rows.
        super().__init__(
            n_splits,
            max_train_size=max_train_size,
            test_size=test_size,
            gap=-(-horizon // stride) - 1,
        )
        self.horizon = horizon
        self.stride = stride
