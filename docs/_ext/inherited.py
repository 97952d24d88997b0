"""What classes inherit from sktime and scikit-learn, in our own words.

Their docstrings speak of every forecaster there is. Methods in the order of use, each
with its signature and what it does here.
"""

FIT = """Learn from a series, or from a panel of them.

Parameters
----------
y : Series, DataFrame, ndarray or panel
    Rows in time order, a column per channel. A table with a MultiIndex, whose last
    level is the time, is a panel.
X : DataFrame or None, default=None
    Covariates, with a row at each time of `y`.
fh : int, list, range or ForecastingHorizon, default=None
    Steps ahead to forecast; needed where the parameter ``horizon`` is None.

Returns
-------
self : forecaster
    Fitted, with the attributes above.
"""

PREDICT = """Forecast the steps after the last row known.

Parameters
----------
fh : int, list, range or ForecastingHorizon, default=None
    Steps ahead, such as ``range(1, 13)``, or times; None for those passed to ``fit``.
X : DataFrame or None, default=None
    Covariates of the times to forecast, where ``fit`` had some.

Returns
-------
forecast : Series, DataFrame or ndarray
    A row per step, like `y`: same columns, and the times that follow.
"""

UPDATE = """Take in rows that came after those known.

The next forecast starts after them. Linear maps are solved again from all rows so far;
the network, where it has weight in the forecast, is trained for ``update_epochs``.

Parameters
----------
y : Series, DataFrame or panel
    New rows, with their times. Series of a panel that ``fit`` has not seen are welcome.
X : DataFrame or None, default=None
    Their covariates, where ``fit`` had some.
update_params : bool, default=True
    Whether to learn from the rows, too; otherwise forecasts only move on.

Returns
-------
self : forecaster
    With the new rows known.
"""

FIT_PREDICT = """Call ``fit`` and then ``predict``, in one.

Parameters are those of ``fit``; `X_pred` holds the covariates of the steps to forecast.
"""

UPDATE_PREDICT = """Forecast, take in rows, and forecast again, as a splitter says.

Parameters
----------
y : Series or DataFrame
    Rows after those known.
cv : splitter of sktime, default=None
    Where to forecast from, and how far; None for every row, and `fh` of ``fit``.
X : DataFrame or None, default=None
    Covariates, where ``fit`` had some.
update_params : bool, default=True
    Whether to learn from rows as they come. False forecasts all in one pass.
reset_forecaster : bool, default=True
    Whether the forecaster is afterwards what it was before.

Returns
-------
forecasts : Series or DataFrame
    The forecasts; a column per cutoff where they overlap.
"""

GET_PARAMS = """Return the parameters by name, as given to the constructor."""

SET_PARAMS = """Set parameters by name, and forget what was learned.

Returns
-------
self : estimator
    Not fitted.
"""

SET_CALLBACKS = """Set callbacks of scikit-learn, told of each epoch: see the guide.

Returns
-------
self : estimator
    With the callbacks.
"""

FORECASTER = {
    "fit": FIT,
    "predict": PREDICT,
    "update": UPDATE,
    "fit_predict": FIT_PREDICT,
    "update_predict": UPDATE_PREDICT,
    "get_params": GET_PARAMS,
    "set_callbacks": SET_CALLBACKS,
}
OTHER = {
    "get_params": GET_PARAMS,
    "set_params": SET_PARAMS,
    "set_callbacks": SET_CALLBACKS,
}


def words_for(cls, own):
    """Return what a class inherits: pairs of a method and its docstring."""
    words = FORECASTER if hasattr(cls, "update_predict") else OTHER
    return {
        name: words
        for name, words in words.items()
        if name not in own and hasattr(cls, name)
    }
