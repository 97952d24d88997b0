"""
My CSV file: hourly, with a time zone and gaps
==============================================

From a file to a forecast with intervals, and to a number that tells whether it is
better than the day before once more. Put your own file in place of the one made here.
"""

# %%
# The file has a row per hour, times with their offset from UTC, and two gaps where the
# meter was off. Clocks change in between: one local day has 23 hours.
from pathlib import Path
from tempfile import mkdtemp

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skts.forecasting import SAMformerForecaster
from skts.plotting import plot_fan, plot_forecast


def write_example(path):
    rng = np.random.default_rng(0)
    times = pd.date_range("2026-01-05", periods=110 * 24, freq="h", tz="Europe/Berlin")
    day = np.sin((times.hour - 9) * np.pi / 12)
    weekend = times.dayofweek >= 5
    cold = pd.Series(rng.standard_normal(len(times))).ewm(halflife=48).mean() * 4
    load = 60 + 15 * day * (1 - 0.5 * weekend) - 8 * weekend + 6 * cold
    frame = pd.DataFrame(
        {"time": times, "load": load + rng.standard_normal(len(times))}
    )
    off = frame.index.isin([*range(300, 305), *range(1000, 1003)])
    frame[~off].to_csv(path, index=False)


path = Path(mkdtemp()) / "meter.csv"
write_example(path)
print(path.read_text()[:120])

# %%
# Times first become moments, then local time; ``utc=True`` is needed because the
# offset of the rows changes with the clocks.
table = pd.read_csv(path)
table["time"] = pd.to_datetime(table["time"], utc=True).dt.tz_convert("Europe/Berlin")
y = table.set_index("time")
train, test = y[: -14 * 24], y[-14 * 24 :]
print(f"{len(train)} hours to train on, {len(test)} to test on")

# %%
# A gap in the index is no error: windows do not cross it, and a warning counts the
# gaps. ``y.asfreq("h")`` would turn them into missing values instead.
forecaster = SAMformerForecaster(horizon=24, random_state=0).fit(train)
members = forecaster.members_[["kind", "context", "naive", "weight"]]
print(members[members["weight"] > 0.005].round(2).to_string(index=False))

# %%
# Tomorrow, hour by hour, with a band that shall hold nine truths in ten.
tomorrow = range(1, 25)
ax = plot_forecast(
    forecaster.predict(tomorrow),
    train[-7 * 24 :],
    intervals=forecaster.predict_interval(tomorrow, coverage=0.9),
    truth=test[:24],
    unit="MW",
)
ax.set_title("The load of tomorrow, with its 90 % band")

# %%
# One day tells little. ``backtest`` forecasts from every hour of the last two weeks.
# ``mase`` is the error beside that of the naive forecast that repeats the day before
# (``sp=24``), so below 1 is better than that.
result = forecaster.backtest(test, sp=24)
print(result)

# %%
# The days of these weeks, each forecast at midnight.
plot_fan(forecaster, test, unit="MW").set_title(
    "Two weeks, each day forecast at midnight"
)
plt.show()
