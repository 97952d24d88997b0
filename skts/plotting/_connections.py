"""Who looks at whom: channels in SAMformer, patches in LSINet."""

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from skts.plotting._axes import Table, check_number, prepare_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from skts.forecasting import LSINetForecaster, SAMformerForecaster
    from skts.nn import LSINet

COLORS = "Blues"  # from white to dark in one hue, also in print
MOST_NAMED = 12  # cells with numbers, and channels with names, up to this many


def plot_attention(
    forecaster: "SAMformerForecaster",
    Y: Table | None = None,
    *,
    head: int = 0,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw how much each channel looks at each other one (SAMformer).

    Parameters
    ----------
    forecaster : SAMformerForecaster
        Fitted forecaster with attention weights.
    Y : Series, DataFrame or None, default=None
        Series whose last rows the network looks at; None takes the last rows seen.
    head : int, default=0
        Attention head to draw.
    ax : Axes or None, default=None
        Where to draw; None makes a new figure.

    Returns
    -------
    Axes
        The axes drawn into. A row per channel that looks, a column per channel looked
        at; rows sum to 1.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If `head` is none of the model's, `Y` is too short, the forecaster's
        ``attention`` has no weights, or it has no network (few rows to validate on).

    Examples
    --------
    >>> from sktime.datasets import load_longley
    >>> from skts.forecasting import SAMformerForecaster
    >>> from skts.plotting import plot_attention
    >>> _, y = load_longley()
    >>> model = SAMformerForecaster(
    ...     6, 2, linear_maps=None, validation_fraction=0, max_epochs=2
    ... ).fit(y)
    >>> [text.get_text() for text in plot_attention(model).get_yticklabels()]
    ['GNPDEFL', 'GNP', 'UNEMP', 'ARMED', 'POP']
    """
    matrices = forecaster.attention_matrix(Y)
    check_number("head", head, len(matrices))
    matrix = matrices[head]
    ax = prepare_axes(ax, 5, 4)
    image = ax.imshow(matrix, cmap=COLORS, vmin=0)
    ax.figure.colorbar(image, ax=ax, label="attention weight")
    if forecaster.attention == "temporal":
        ax.set(xlabel="time point looked at", ylabel="time point that looks")
        return ax
    names = [str(name) for name in forecaster.channel_names_]
    if len(names) <= MOST_NAMED:
        ax.set_xticks(range(len(names)), names, rotation=90)
        ax.set_yticks(range(len(names)), names)
        _write_numbers(ax, matrix)
    ax.set(xlabel="channel looked at", ylabel="channel that looks")
    return ax


def _write_numbers(ax: "Axes", matrix: np.ndarray) -> None:
    """Write two decimals into each cell, light on dark and dark on light."""
    for (row, column), weight in np.ndenumerate(matrix):
        color = "white" if weight > 0.6 * matrix.max() else "0.15"
        style: dict[str, Any] = {"ha": "center", "va": "center", "color": color}
        ax.text(column, row, f"{weight:.2f}", fontsize="small", **style)


def plot_connections(
    forecaster: "LSINetForecaster",
    *,
    module: int = 0,
    head: int = 0,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw which patches of the past one head connects (LSINet).

    Parameters
    ----------
    forecaster : LSINetForecaster
        Fitted forecaster with sparse connections.
    module : int, default=0
        Interaction module to draw.
    head : int, default=0
        Head of that module to draw. With several connection groups, the heads of the
        first group come first.
    ax : Axes or None, default=None
        Where to draw; None makes a new figure.

    Returns
    -------
    Axes
        The axes drawn into. A row per patch that listens, a column per patch listened
        to, each at the time of its centre in steps from the last one seen, which is
        0; the title tells the share of connections in use.

    Raises
    ------
    AttributeError
        If the forecaster has no sparse connections, or no network (few rows to
        validate on).
    ImportError
        If matplotlib is not installed.
    ValueError
        If `module` or `head` is none of the model's.

    Examples
    --------
    >>> from sktime.datasets import load_longley
    >>> from skts.forecasting import LSINetForecaster
    >>> from skts.plotting import plot_connections
    >>> _, y = load_longley()
    >>> model = LSINetForecaster(
    ...     6, 2, linear_maps=None, validation_fraction=0, max_epochs=2
    ... ).fit(y)
    >>> plot_connections(model, head=7).get_xlabel()
    'patch listened to (steps from now)'
    """
    matrices = forecaster.connection_matrix_
    check_number("module", module, len(matrices))
    check_number("head", head, len(matrices[module]))
    matrix = matrices[module, head]
    ax = prepare_axes(ax, 4, 4)
    centres = patch_times(forecaster, len(matrix))
    edge = cast("LSINet", forecaster.network_).stride / 2
    extent = (centres[0] - edge, centres[-1] + edge) * 2
    # The first row is the oldest patch, at the bottom as in a plot over time.
    style: dict[str, Any] = {"cmap": COLORS, "vmin": 0, "vmax": 1}
    style["interpolation"] = "nearest"
    ax.imshow(matrix, origin="lower", extent=extent, **style)
    ax.set_title(f"head {head}: {matrix.mean():.0%} of connections", fontsize="medium")
    ax.set_xlabel("patch listened to (steps from now)")
    ax.set_ylabel("patch that listens")
    return ax


def patch_times(forecaster: "LSINetForecaster", n_patches: int) -> np.ndarray:
    """Return the centres of the patches in steps from the last row seen."""
    network = cast("LSINet", forecaster.network_)
    context = int(forecaster.members_["context"].iloc[-1])  # the network comes last
    first = (network.patch_length - 1) / 2 - (context - 1)
    return first + network.stride * np.arange(n_patches)
