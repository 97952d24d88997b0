"""
My CSV file: hourly, with a time zone and gaps
==============================================

From a file to a forecast with intervals, and to a number that tells whether it is
better than the day before once more. Put your own file in place of the one made here.
"""

# %%
# The file has a row per hour as a meter's portal in Germany writes it: semicolons,
# decimal commas, the day before the month, local time. Clocks are set back in between,
# so that an hour comes twice; the meter was off for two times, and words stand where
# it was read wrong.
from pathlib import Path
from tempfile import mkdtemp

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skts.forecasting import SAMformerForecaster
from skts.plotting import plot_fan, plot_forecast


def write_example(path):
    rng = np.random.default_rng(0)
    times = pd.date_range("2025-09-01", periods=110 * 24, freq="h", tz="Europe/Berlin")
    day = np.sin((times.hour - 9) * np.pi / 12)
    weekend = times.dayofweek >= 5
    cold = pd.Series(rng.standard_normal(len(times))).ewm(halflife=48).mean() * 4
    load = 60 + 15 * day * (1 - 0.5 * weekend) - 8 * weekend + 6 * cold
    load += rng.standard_normal(len(times))
    written = load.map("{:.2f}".format).str.replace(".", ",")
    written[200:203] = "gestört"
    local = times.strftime("%d.%m.%Y %H:%M")
    frame = pd.DataFrame({"Zeit": local, "Verbrauch": written})
    off = frame.index.isin([*range(300, 305), *range(1000, 1003)])
    frame[~off].to_csv(path, sep=";", index=False)


path = Path(mkdtemp()) / "meter.csv"
write_example(path)
print("\n".join(path.read_text("utf-8").splitlines()[:3]))

# %%
# pandas reads all of it; the guide tells what to write for files of other kinds. The
# hour that comes twice is told apart by what lies around it.
y = pd.read_csv(
    path,
    sep=";",
    decimal=",",
    na_values=["gestört"],
    index_col="Zeit",
    parse_dates=True,
    dayfirst=True,
)
y = y.tz_localize("Europe/Berlin", ambiguous="infer")
train, test = y[: -14 * 24], y[-14 * 24 :]
print(f"{len(train)} hours to train on, {len(test)} to test on")
print(f"{y['Verbrauch'].isna().sum()} of them without a number")

# %%
# Missing values are filled by what came before. A gap in the index is no error, either:
# windows do not cross it, and a warning counts the gaps. ``y.asfreq("h")`` would turn
# them into missing values instead.
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
