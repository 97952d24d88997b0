"""
How flat a minimum? ``GridSearchCV`` over ``rho``
=================================================

SAMformer is trained by sharpness-aware minimisation: each step looks at the worst
weights within a distance ``rho``. Too small, and the network learns the training part
by heart; too large, and it learns little. scikit-learn's search finds out which.

This example reads ETTh1 through :func:`skts.datasets.load_ett`, which downloads it.

.. only:: without_ett

    .. figure:: /_static/search_rho.png

        What the search found, kept from where the data were at hand; here they were not
        when the documentation was built.
"""

# %%
# Twelve weeks of seven channels, and settings close to the paper's: a head with random
# weights and a large learning rate that starts anew every five epochs. (The defaults,
# a head started at zero and a rate that falls to nothing, are less prone to overfit.)
# Nothing is held out to choose an epoch, so it is up to ``rho`` alone to prevent it.
# ``linear_maps=None`` leaves out the linear maps that a forecaster is mixed with by
# default: ``rho`` says nothing about those.
import matplotlib.pyplot as plt
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from skts.datasets import load_ett
from skts.forecasting import SAMformerForecaster
from skts.plotting import plot_learning_curves, plot_search

y = load_ett("ETTh1")[:2016]
training = {"lr": 3e-3, "lr_schedule": "cosine", "head_init": "glorot"}
training |= {"batch_size": 64, "max_epochs": 8, "windows_per_epoch": None}
model = SAMformerForecaster(
    336,
    48,
    linear_maps=None,
    validation_fraction=0,
    patience=None,
    random_state=0,
    **training,
)

# %%
# The score is minus the mean squared error over all rolling windows of a fold, so the
# picture shows errors: lower is better.
search = GridSearchCV(
    model,
    {"rho": [0.0, 0.3, 0.7]},
    cv=TimeSeriesSplit(2, test_size=336),
    error_score="raise",
).fit(y)
plot_search(search, "rho").set_title("Error of each fold by rho")
print("best:", search.best_params_)

# %%
# The folds need not agree, least of all on so few weeks: the search goes by their mean.

# %%
# What SAM does to training: without it the network fits the training part more closely,
# and forecasts the held-out part less well.
model.set_params(validation_fraction=0.2)
figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True, layout="constrained")
for rho, ax in zip((0.0, 0.7), axes, strict=True):
    plot_learning_curves(model.set_params(rho=rho).fit(y), ax=ax)
    ax.set_title(f"rho = {rho}")
    ax.label_outer()
axes[0].get_legend().remove()
plt.show()
# sphinx_gallery_thumbnail_path = '_static/search_rho.png'
