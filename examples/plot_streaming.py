"""
New rows every day: updates, and intervals that are watched
===========================================================

A forecaster in service gets new rows all the time. ``update`` takes them in, in
milliseconds: linear maps are solved again from all rows so far, and forecasts go on
from the newest one. Here a level shifts one day, and we watch what intervals do.
"""

# %%
# Ninety days of hours. After day 75 the level moves up, and swings grow.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skts.forecasting import SAMformerForecaster
from skts.plotting import plot_coverage

rng = np.random.default_rng(1)
hours = pd.date_range("2026-03-01", periods=90 * 24, freq="h", name="time")
day = np.sin(np.arange(len(hours)) * 2 * np.pi / 24)
late = np.arange(len(hours)) >= 75 * 24
noise = rng.standard_normal(len(hours))
y = pd.DataFrame({"demand": 10 + 3 * day + noise * (1 + late) + 5 * late}, hours)
start = 60 * 24

# %%
# Before anything is learned from them, the last thirty days are tried in one pass: what
# intervals would hold that follow what came, as they do by default, and what those as
# they were after ``fit`` (``"conformal"``) would.
forecaster = SAMformerForecaster(horizon=24, max_epochs=0).fit(y[:start])
tried = forecaster.backtest(y[start:], stride=24, coverage=0.9)
after = tried.held_by_window.query("cutoff >= @hours[75 * 24]")
for form, held in after.groupby("form", observed=True)["held"].mean().items():
    print(f"{form:<10} held after day 75: {held:.0%} of the truths")

# %%
# Day by day: forecast the next 24 hours with their intervals, then learn what came.
fh = range(1, 25)
days = []
for begin in range(start, len(y), 24):
    interval = forecaster.predict_interval(fh, coverage=0.9)["demand"][0.9]
    forecast = forecaster.predict(fh)["demand"]
    came = y["demand"][begin : begin + 24]
    day_before = y["demand"][begin - 24 : begin].to_numpy()
    days.append(
        {
            "day": hours[begin],
            "width": (interval["upper"] - interval["lower"]).mean(),
            "error": (forecast - came).abs().mean(),
            "naive": (day_before - came).abs().mean(),
        }
    )
    forecaster.update(y[begin : begin + 24])
days = pd.DataFrame(days).set_index("day")
print(days[["error", "naive"]].mean().round(2).to_string())

# %%
# Above, the share of the truths that the intervals held, a mean of three days; below,
# how wide they were in service. No interval foresees a shift; those that follow are
# wide enough some days later.
figure, (above, below) = plt.subplots(
    2, 1, figsize=(7, 4.5), sharex=True, layout="constrained"
)
plot_coverage(tried, n_windows=3, ax=above)
above.set_xlabel("")
below.plot(days.index, days["width"], color="#0072B2")
below.set_ylabel("width")
below.set_xlabel("day")
figure.suptitle("Intervals before and after a shift on day 75")
plt.show()
