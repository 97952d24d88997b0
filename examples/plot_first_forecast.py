"""
A first forecast: how does a walk go on?
========================================

People walked for ten seconds at a time with a smart watch that measured acceleration
and rotation along three axes, ten times a second (BasicMotions, which comes with
sktime). From six seconds of the six channels we forecast the next two, for walks the
network has never seen.
"""

# %%
# One table holds all walks of the training part. Each starts at a new thousand of the
# index, so there is a gap between two walks, and no window crosses a gap.
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sktime.datasets import load_basic_motions

from skts.forecasting import SAMformerForecaster
from skts.plotting import plot_attention

CHANNELS = ["acc x", "acc y", "acc z", "gyro x", "gyro y", "gyro z"]


def load_walks(split):
    recordings, activities = load_basic_motions(split=split, return_type="numpy3D")
    walks = recordings[np.char.lower(activities.astype(str)) == "walking"]
    return pd.concat(
        pd.DataFrame(
            walk.T,
            index=pd.RangeIndex(1000 * number, 1000 * number + walk.shape[1]),
            columns=CHANNELS,
        )
        for number, walk in enumerate(walks)
    )


train, test = load_walks("train"), load_walks("test")
print(f"{len(train)} rows to train on, {len(test)} to test on, 6 channels")

# %%
# How hard should training look for a flat minimum? ``GridSearchCV`` tries values of
# ``rho``; its score is minus the squared error over all rolling windows of a fold.
# Two walks to validate on make a noisy error, hence the patience. They are also too few
# to tell what a network adds to linear maps, so by default there would be none here:
# ``linear_maps=None`` trains it alone. So few windows need many epochs.
warnings.filterwarnings("ignore", message=r"y has \d+ gap")
search = GridSearchCV(
    SAMformerForecaster(
        60,
        horizon=20,
        linear_maps=None,
        lr=1e-3,
        lr_schedule="cosine",
        max_epochs=300,
        patience=20,
        random_state=0,
    ),
    {"rho": [0.0, 0.3, 0.7]},
    cv=TimeSeriesSplit(3, test_size=200),
    error_score="raise",
).fit(train)
for rho, score in zip(
    search.cv_results_["param_rho"], search.cv_results_["mean_test_score"], strict=True
):
    print(f"rho {rho}: mean squared error of the folds {-score:.3f}")
forecaster = search.best_estimator_

# %%
# The chosen forecaster, refitted on all training walks, forecasts every window of the
# test walks in one pass. Errors are in standard deviations of the training part.
forecasts, truths = forecaster.predict_windows(test)
walk_length, n_windows = 100, 100 - 60 - 20 + 1
contexts = np.concatenate(
    [
        np.lib.stride_tricks.sliding_window_view(walk, 60, axis=0)[:n_windows]
        for walk in test.to_numpy().reshape(-1, walk_length, 6)
    ]
)
rivals = {
    "SAMformer": forecasts,
    "naive: the last value": np.repeat(contexts[..., -1][:, None], 20, axis=1),
    "mean of the six seconds": np.repeat(contexts.mean(-1)[:, None], 20, axis=1),
}
print(f"\nmean absolute error over {len(truths)} windows of 20 steps:")
for name, rival in rivals.items():
    print(f"  {name:<24} {np.abs((rival - truths) / forecaster.scale_).mean():.3f}")

# %%
# One window of the first test walk: the forecast follows the steps, and does not dare
# to follow their peaks.
steps = np.arange(-60, 20) / 10
figure, axes = plt.subplots(3, 2, figsize=(9, 6), sharex=True, layout="constrained")
for channel, axis in enumerate(axes.T.flat):
    history = contexts[0][channel]
    axis.plot(steps[:60], history, color="0.6", label="seen")
    axis.plot(steps[60:], truths[0][:, channel], color="0.2", label="what came")
    axis.plot(
        steps[60:], forecasts[0][:, channel], color="tab:orange", label="forecast"
    )
    axis.axvline(0, color="0.8", linewidth=1)
    axis.set_title(CHANNELS[channel])
for axis in axes[-1]:
    axis.set_xlabel("seconds from now")
figure.legend(
    *axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3
)
figure.savefig("forecast.png", dpi=120)
print("\nsaved forecast.png")

# %%
# Which channel looked at which, for the last window of the last training walk? Each row
# sums to 1. The channels of one limb move together, and look at each other.
plot_attention(forecaster).set_title("Which channel looks at which")
