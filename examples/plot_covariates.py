"""
Covariates: what is known beside the series
===========================================

What people spend follows what they earn. ``fit`` takes such columns as ``X``; the
forecast then says how much each of them adds. The data, which come with sktime, are
changes per quarter in the United States, in per cent.
"""

# %%
# The last twelve years are kept for testing.
import matplotlib.pyplot as plt
import pandas as pd
from sktime.datasets import load_uschange

from skts.forecasting import SAMformerForecaster
from skts.plotting import plot_effects, plot_forecast

consumption, X = load_uschange()
y = consumption.to_frame()
train, test = slice(None, -48), slice(-48, None)
print(X.tail(3).round(2))

# %%
# A forecast of four quarters from the past of the series alone, and one that knows the
# covariates. The latter asks for them at the quarters to come, too: this is a forecast
# of spending *given* what is earned, as in a plan or a scenario. Where that is not
# known, it must be forecast before.
without = SAMformerForecaster(horizon=4).fit(y[train])
model = SAMformerForecaster(horizon=4).fit(y[train], X[train])
errors = {
    "without covariates": without.backtest(y[test]).overall,
    "with covariates": model.backtest(y[test], X=X[test]).overall,
}
print(pd.DataFrame(errors).round(3).loc[["mse", "mae", "mase"]])

# %%
# What a change of one in each covariate adds, at once and one or two quarters later.
# These are no causes: columns that move together share what they explain.
print(model.coef_.unstack("lag").round(2))
plot_effects(model, X[train]).set_title("Effects of usual changes")

# %%
# A forecast split into its base, which goes by the past, and effects.
ahead = X[test][:4]
parts = model.predict_effects([1, 2, 3, 4], ahead)
print(parts["Consumption"].round(2))
ax = plot_forecast(
    model.predict([1, 2, 3, 4], ahead), y[train][-16:], truth=y[test][:4]
)
ax.set_title("The first year of the test")

# %%
# With income known, the squared error falls by almost a half. The same call plays a
# scenario through: what if income stood still?
scenario = ahead.assign(Income=0.0)
change = model.predict([1, 2, 3, 4], scenario) - model.predict([1, 2, 3, 4], ahead)
print(change.round(2))
plt.show()
