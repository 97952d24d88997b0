"""
A short monthly series
======================

Twelve years of months are few for a network, and enough for linear maps shrunk towards
a naive forecast. Passengers of airlines, which come with sktime, and the question that
any forecast has to answer: is it better than the same month of last year?
"""

# %%
# The last two years are for the test.
import matplotlib.pyplot as plt
import numpy as np
from sktime.datasets import load_airline

from skts.forecasting import SAMformerForecaster
from skts.plotting import plot_forecast, plot_linear_map

y = load_airline()
train, test = y[:-24], y[-24:]
forecaster = SAMformerForecaster(horizon=24).fit(train)

# %%
# What was found: which maps, of how many rows, shrunk towards which naive forecast. No
# network was trained; there are too few rows to tell what it would add.
members = forecaster.members_[["kind", "context", "naive", "weight"]]
print(members[members["weight"] > 0.005].round(2).to_string(index=False))

# %%
# The map of the mixture, as weights of past months: what counts is the month before,
# and the same month a year ago with the one before it, which together say "as much more
# as last year".
plot_linear_map(forecaster, [1, 12]).set_title("Weights of the past months")

# %%
# Two years at once.
fh = range(1, 25)
forecast = forecaster.predict(fh)
# sphinx_gallery_thumbnail_number = 2
ax = plot_forecast(
    forecast,
    train[-60:],
    intervals=forecaster.predict_interval(fh, coverage=0.5),
    truth=test,
    unit="thousands",
)
ax.set_title("Two years of air passengers, forecast at once")

naive = np.tile(train[-12:], 2)
for name, one in {"forecast": forecast, "same month of last year": naive}.items():
    print(f"{name:<24} mean absolute error {(one - test).abs().mean():5.1f}")
plt.show()
