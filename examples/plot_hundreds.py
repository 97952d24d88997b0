"""
Hundreds of series, one fit
===========================

Two hundred and fifty shops, each with half a year of daily sales. One forecaster learns
from all of them in seconds, each in its own units, and forecasts them all. A shop that
opens later is forecast from eight weeks of its own.
"""

# %%
# Each shop has a size, a weekly rhythm close to that of the others, a slow walk and
# noise. The last four weeks are for the test.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skts.forecasting import SAMformerForecaster
from skts.plotting import plot_forecast

rng = np.random.default_rng(0)
n_shops, n_days = 251, 182
days = pd.date_range("2025-01-01", periods=n_days, freq="D")
week = np.array([0.8, 0.8, 0.9, 1.0, 1.2, 1.5, 0.6])
rhythm = week ** rng.uniform(0.5, 1.5, (n_shops, 1))
walk = np.exp(np.cumsum(0.02 * rng.standard_normal((n_shops, n_days)), axis=1))
noise = 1 + 0.15 * rng.standard_normal((n_shops, n_days))
size = rng.lognormal(5, 1, (n_shops, 1))
sold = size * rhythm[:, np.arange(n_days) % 7] * walk * noise

names = [f"shop {number:03}" for number in range(n_shops)]
index = pd.MultiIndex.from_product([names, days], names=["shop", "day"])
panel = pd.DataFrame({"sold": sold.ravel()}, index=index)
new = panel.loc[["shop 250"]]
panel = panel.drop("shop 250")
is_test = panel.index.get_level_values("day") >= days[-28]
train, test = panel[~is_test], panel[is_test]

# %%
# A panel is a table with two levels of index, the names of series before the times. On
# so many short series the linear maps are enough, and ``max_epochs=0`` asks for them
# alone.
model = SAMformerForecaster(horizon=14, max_epochs=0).fit(train)
print(model.predict(range(1, 15)).shape)

# %%
# All shops, from every day of the test from which two weeks are left. ``mase`` is the
# error beside that of the week before once more, as that was in the training part.
result = model.backtest(test, sp=7)
print(result)
mase = result.by_series["mase"]
print(f"below 1 in {(mase < 1).mean():.0%} of {len(mase)} shops")

# %%
# The new shop is known by its first weeks; nothing is trained.
model.update(new[:-14][-56:], update_params=False)
fh = range(1, 15)
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
left.hist(mase, bins=30, color="#0072B2")
left.axvline(1, color="0.2", linestyle=":")
left.set(xlabel="error beside the week before (MASE)", ylabel="shops")
left.set_title("Each of the shops")
plot_forecast(
    model.predict(fh).loc["shop 250"],
    new.loc["shop 250"][:-14][-56:],
    intervals=model.predict_interval(fh).loc["shop 250"],
    truth=new.loc["shop 250"][-14:],
    ax=right,
)
right.set_title("A shop that fit has not seen")
plt.show()
