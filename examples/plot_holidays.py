"""
Daily sales with holidays and prices
====================================

What is known of days to come, a holiday or a price, is a covariate: a column of ``X``.
Its effect is found together with the forecast, and is a number one can read.
"""

# %%
# Three years of days. A holiday takes 40 from what is sold, a price cut of one adds 10,
# and the rest is a week, a slow walk and noise.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skts.forecasting import SAMformerForecaster
from skts.plotting import plot_forecast

rng = np.random.default_rng(0)
days = pd.date_range("2023-01-01", periods=3 * 365, freq="D", name="day")
holiday = rng.random(len(days)) < 0.04
holiday[-52] = True  # one that is to be forecast
cut = (rng.random(len(days) // 7 + 1) < 0.3).repeat(7)[: len(days)]
X = pd.DataFrame({"holiday": holiday.astype(float), "price": 5.0 - cut}, index=days)
week = np.array([0, 2, 4, 6, 12, 20, -10])[days.dayofweek]
walk = rng.standard_normal(len(days)).cumsum()
sold = 100 + week + walk - 40 * X["holiday"] - 10 * (X["price"] - 5)
y = (sold + 3 * rng.standard_normal(len(days))).to_frame("sold")
train, test = y[:-56], y[-56:]

# %%
# ``fit`` takes ``X`` of the same days, ``predict`` that of the days to come.
common = {"horizon": 14, "random_state": 0}
model = SAMformerForecaster(**common).fit(train, X[: len(train)])
without = SAMformerForecaster(**common).fit(train)
print(model.coef_.round(1))

# %%
# The next two weeks. One of the days is a holiday, and the forecast knows.
fh = range(1, 15)
forecast = model.predict(fh, X[len(train) : len(train) + 14])
ax = plot_forecast(
    forecast,
    train[-56:],
    intervals=model.predict_interval(fh, X[len(train) : len(train) + 14], coverage=0.9),
    truth=test[:14],
)
ax.set_title("Two weeks with a holiday, and their 90 % band")

# %%
# Four times two weeks, one after the other, beside the week before once more.
errors = {"with X": [], "without": [], "the week before": []}
for begin in range(len(train), len(y), 14):
    came, ahead = y[begin : begin + 14], X[begin : begin + 14]
    week_before = np.tile(y[begin - 7 : begin], (2, 1))
    for name, forecast in [
        ("with X", model.predict(fh, ahead)),
        ("without", without.predict(fh)),
        ("the week before", week_before),
    ]:
        errors[name].append(np.abs(came - forecast).to_numpy().mean())
    model.update(came, ahead, update_params=False)
    without.update(came, update_params=False)
for name, each in errors.items():
    print(f"{name:<16} mean absolute error {np.mean(each):.1f}")
plt.show()
