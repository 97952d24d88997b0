"""
A window regressor in a scikit-learn pipeline
=============================================

Some data come as windows, not as a series: a row of ``X`` is what was seen, a row of
``y`` what came next. :class:`~skts.regression.SAMformerRegressor` takes such rows like
any regressor of scikit-learn, so it goes into a pipeline, a cross-validation, or a
permutation importance, and can be compared with ridge regression on equal terms.
"""

# %%
# People walked with a smart watch of six channels (BasicMotions, which comes with
# sktime). We cut each walk into windows of four seconds and the second that follows.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.inspection import permutation_importance
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sktime.datasets import load_basic_motions

from skts.model_selection import make_windows
from skts.regression import SAMformerRegressor

recordings, activities = load_basic_motions(return_type="numpy3D")
walks = recordings[np.char.lower(activities.astype(str)) == "walking"]
windows = [make_windows(walk.T, context_length=40, horizon=10) for walk in walks]
X = np.concatenate([X for X, _ in windows])
y = np.concatenate([y for _, y in windows])
walk_of_row = np.repeat(np.arange(len(walks)), len(windows[0][0]))

# Flat rows: all channels of the first time point, then those of the second.
X, y = X.reshape(len(X), -1), y.reshape(len(y), -1)
print(f"X {X.shape}, y {y.shape}")

# %%
# Windows of one walk overlap, so whole walks are held out. (Windows of one series are
# split by :class:`~skts.model_selection.WindowSplit`.)
models = {
    "SAMformer": make_pipeline(
        StandardScaler(),
        SAMformerRegressor(n_channels=6, lr=1e-3, max_epochs=15, random_state=0),
    ),
    "ridge": make_pipeline(StandardScaler(), Ridge(alpha=100.0)),
}
scores = {
    name: cross_val_score(model, X, y, cv=GroupKFold(4), groups=walk_of_row)
    for name, model in models.items()
}
for name, r2 in scores.items():
    print(f"{name:<10} R² {r2.mean():.2f} (folds {np.round(r2, 2)})")

# %%
# On so few walks ridge regression is the better one, and far faster: a network has to
# show first that it is worth its training, and the same two lines measure both.

# %%
# What matters more, what was seen last or long ago? Shuffling columns between rows
# tells. We sum the importance over channels for each time point.
model = models["SAMformer"].fit(X, y)
importance = permutation_importance(
    model, X[::20], y[::20], n_repeats=1, random_state=0
).importances_mean.reshape(40, 6)
figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.set_title("What matters more, the newer or the older past?")
ax.bar(np.arange(-40, 0) / 10, importance.sum(1), width=0.08, color="#0072B2")
ax.set(xlabel="seconds before the forecast", ylabel="loss of R² when shuffled")
plt.show()
