"""Slow twins: windows one by one, maps and errors from them, all in float64."""

import numpy as np
import torch

from skts.data import Windows, window_starts


def make_series(n_channels=2, n_rows=300, seed=0):
    """Return correlated rows ``(C, T)`` with a season of six and a level."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((n_channels, n_rows)).cumsum(1) / 4
    season = np.sin(2 * np.pi * np.arange(n_rows) / 6)
    return torch.from_numpy(noise + season * rng.uniform(1, 2, (n_channels, 1)) + 0.5)


def make_windows(series, context, horizon, stretches=None, begin=0, end=None):
    """Return the windows that lie in the stretches and between two rows."""
    stretches = stretches or [(0, series.shape[1])]
    starts = window_starts(stretches, context + horizon)
    last = (end or series.shape[1]) - context - horizon
    starts = starts[(starts >= begin) & (starts <= last)]
    return Windows(series, torch.from_numpy(starts), context, horizon)


def literal(windows):
    """Return all windows, ``(n, C, W)``."""
    width = windows.context_length + windows.prediction_length
    rows = [windows.series[:, s : s + width] for s in windows.starts.tolist()]
    return torch.stack(rows).double().numpy()


def literal_moments(windows, channel):
    each = literal(windows)[:, channel]
    return each.T @ each


def split(windows, context):
    """Return contexts ``(n, C, l)`` and targets ``(n, C, H)``."""
    each, end = literal(windows), windows.context_length
    return each[..., end - context : end], each[..., end:]


def literal_ridge(windows, channels, context, naive, strength):
    """Solve for the map of centred windows by least squares on longer matrices."""
    X, Y = split(windows, context)
    mean = X.mean(-1, keepdims=True)
    X = (X - mean)[:, channels].reshape(-1, context)
    Y = (Y - mean)[:, channels].reshape(len(X), -1)
    unit = 0.01 * np.trace(X.T @ X) / context
    # Rows that say: the map is the naive one.
    root = np.sqrt(strength * unit)
    X = np.vstack([X, root * np.eye(context)])
    Y = np.vstack([Y, root * naive])
    return np.linalg.lstsq(X, Y, rcond=None)[0]


def literal_forecast(windows, channel, weights):
    """Forecast by a map of centred rows, ``(n, H)``."""
    X = split(windows, len(weights))[0][:, channel]
    mean = X.mean(-1, keepdims=True)
    return mean + (X - mean) @ weights


def member_weights(windows, members, horizon):
    """Return the map of centred rows of each member and channel."""
    every = list(range(len(windows.series)))
    found = []
    for member in members:
        naive = member.naive.weights(member.context, horizon).numpy()
        # A forecast is what the naive weights say of rows less their mean.
        shared = naive
        if member.kind != "naive":
            shared = literal_ridge(
                windows, every, member.context, naive, member.strength
            )
        per_channel = [
            literal_ridge(windows, [c], member.context, shared, member.own_strength)
            if member.kind == "channel"
            else shared
            for c in every
        ]
        found.append(per_channel)
    return found


def literal_residuals(learned, held_out, members, horizon):
    """Return the members' residuals ``(members, n, C, H)``."""
    weights = member_weights(learned, members, horizon)
    target = split(held_out, 1)[1]
    residuals = []
    for per_channel in weights:
        forecasts = [
            literal_forecast(held_out, c, w) for c, w in enumerate(per_channel)
        ]
        residuals.append(np.stack(forecasts, axis=1) - target)
    return np.stack(residuals)
