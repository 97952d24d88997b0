"""Scorers that measure a forecaster over all rolling windows of a test part."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from sklearn.metrics import mean_absolute_error, mean_squared_error

from skts._validation import check_bool, check_int

METRICS = {"mse": mean_squared_error, "mae": mean_absolute_error}


Metric = str | Callable[..., float]


def rolling_scorer(
    metric: Metric | Sequence[Metric] = "mse",
    *,
    stride: int = 1,
    greater_is_better: bool = False,
) -> Callable[..., Any]:
    """Make a scorer of forecasters for scikit-learn's searches.

    The scorer forecasts every window whose targets lie in the test part, without a
    refit, and compares forecasts and truths with each channel measured in standard
    deviations of all rows given to ``fit``, whatever a forecaster holds out of them:
    the unit is the same for all forecasters, wrapped or not. Higher is better: errors
    come with a minus sign. For a panel it is the mean over series: each counts the
    same, however many windows it has.

    Parameters
    ----------
    metric : {"mse", "mae"}, callable or tuple, default="mse"
        Mean squared or mean absolute error, or a function of truth and forecast like
        those in ``sklearn.metrics``; it sees arrays ``(n_windows * horizon,
        n_channels)``, or where truths are missing, those known of each channel alone.
        With a tuple of them the scorer returns a dict by name, for ``refit="mse"``: the
        windows are forecast once for all.
    stride : int, default=1
        Rows from one window to the next. Larger values give a coarser estimate of the
        same score in less time, which forecasters in a ``SklearnForecaster`` may need.
    greater_is_better : bool, default=False
        Whether functions in `metric` are scores, like ``r2_score``, not errors. This
        is about functions alone; "mse" and "mae" are errors.

    Returns
    -------
    scorer : callable
        Function of a fitted forecaster, a test part and, where the forecaster was
        fitted with them, covariates. It can be pickled.

    Raises
    ------
    TypeError
        If `metric` is no name, function or tuple of them, or `stride` is no int.
    ValueError
        If a name is unknown, missing or given twice, or `stride` is below 1.

    See Also
    --------
    SklearnForecaster : Lets any sktime forecaster be scored.

    Notes
    -----
    The scorer itself raises ``TypeError`` for an estimator that is neither of this
    package nor wrapped, and ``ValueError`` for a test part without a window.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
    >>> from skts.forecasting import SAMformerForecaster
    >>> from skts.model_selection import rolling_scorer
    >>> search = GridSearchCV(
    ...     SAMformerForecaster(8, horizon=4, max_epochs=1, validation_fraction=0),
    ...     {"rho": [0.0, 0.5]},
    ...     scoring=rolling_scorer(("mse", "mae")),
    ...     refit="mae",
    ...     cv=TimeSeriesSplit(2),
    ...     error_score="raise",
    ... )
    >>> search = search.fit(np.sin(np.arange(60.0)))
    >>> sorted(name for name in search.cv_results_ if "mean_test" in name)
    ['mean_test_mae', 'mean_test_mse']
    """
    check_int("stride", stride, 1)
    check_bool("greater_is_better", greater_is_better)
    several = isinstance(metric, tuple | list)
    metrics = {}
    for one in metric if isinstance(metric, tuple | list) else (metric,):
        name, function = _resolve(one)
        if name in metrics:
            raise ValueError(f"metric must hold different names, got {name!r} twice.")
        is_error = isinstance(one, str) or not greater_is_better
        metrics[name] = function, -1 if is_error else 1
    if not metrics:
        raise ValueError("metric must hold at least one metric, got none.")
    return partial(_score, metrics=metrics, stride=stride, several=several)


def _resolve(metric: Any) -> tuple[str, Callable[..., float]]:
    """Return the name of a metric and the metric itself."""
    rule = "metric must be 'mse', 'mae', a function of truth and forecast, or a tuple"
    if callable(metric):
        return getattr(metric, "__name__", repr(metric)), metric
    if not isinstance(metric, str):
        raise TypeError(f"{rule}, got {metric!r}.")
    if metric not in METRICS:
        raise ValueError(
            f"{rule}, got {metric!r}. Pass any other as a function, for instance one "
            "of sklearn.metrics."
        )
    return metric, METRICS[metric]


def _score(
    estimator: Any,
    Y: Any,
    X: Any = None,
    *,
    metrics: dict[str, tuple[Callable[..., float], int]],
    stride: int,
    several: bool,
) -> float | dict[str, float]:
    """Score a fitted forecaster, or the best one of a search."""
    forecaster = getattr(estimator, "best_estimator_", estimator)
    if not hasattr(forecaster, "_rolling_in_units"):
        raise TypeError(
            "rolling_scorer needs an estimator with predict_rolling, like the "
            f"forecasters of skts, got {type(forecaster).__name__}. Wrap any other "
            "sktime forecaster, also a pipeline: "
            "SklearnForecaster(StandardScaler() * forecaster, horizon)."
        )
    covariates = {} if X is None else {"X": X}
    pairs = forecaster._rolling_in_units(Y, stride, **covariates)
    scores = {
        name: sign * float(np.mean([_measure(metric, *pair) for pair in pairs]))
        for name, (metric, sign) in metrics.items()
    }
    return scores if several else next(iter(scores.values()))


def _measure(
    metric: Callable[..., float], truths: np.ndarray, forecasts: np.ndarray
) -> float:
    """Return a metric; where truths are missing, its mean over channels."""
    known = ~np.isnan(truths)
    if known.all():
        return metric(truths, forecasts)
    of_channels = [
        metric(truths[some, channel, None], forecasts[some, channel, None])
        for channel, some in enumerate(known.T)
        if some.any()
    ]
    return float(np.mean(of_channels))
