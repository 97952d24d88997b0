"""Pictures of forecasts, errors, training and what the models learned (matplotlib).

Every function draws into one axes, ``ax``, or a new figure without it, and returns the
axes, so that pictures can be put together and changed afterwards. ``plot_clusters``
draws into one for each cluster; ``plot_forecast`` and ``plot_fan`` into one for each
variable.
"""

from skts.plotting._clusters import (
    plot_cluster,
    plot_clusters,
    plot_embedding,
    plot_n_clusters,
)
from skts.plotting._comparison import plot_comparison
from skts.plotting._connections import plot_attention, plot_connections
from skts.plotting._coverage import plot_coverage
from skts.plotting._effects import plot_effects
from skts.plotting._forecast import plot_error_by_step, plot_fan, plot_forecast
from skts.plotting._mixture import plot_linear_map, plot_mixture
from skts.plotting._training import plot_learning_curves, plot_search

__all__ = [
    "plot_forecast",
    "plot_fan",
    "plot_error_by_step",
    "plot_coverage",
    "plot_comparison",
    "plot_mixture",
    "plot_linear_map",
    "plot_effects",
    "plot_learning_curves",
    "plot_search",
    "plot_attention",
    "plot_connections",
    "plot_cluster",
    "plot_clusters",
    "plot_embedding",
    "plot_n_clusters",
]
