"""Effects of covariates: the alternation against a slow twin, and known truths."""

import numpy as np
import pytest
import torch

from skts.data import Windows, window_starts
from skts.effects import Effects, choose_effects, lagged
from skts.effects._alternation import alternate
from skts.effects._residuals import products
from skts.linear import Member

LONG, CONTEXT, HORIZON = 2000, 48, 6


def make_covariate(kind, n_rows, seed=0):
    rng = np.random.default_rng(seed)
    rows = {
        "noise": lambda: rng.standard_normal(n_rows),
        "holidays": lambda: (rng.random(n_rows) < 0.05).astype(float),
        "walk": lambda: rng.standard_normal(n_rows).cumsum(),
        "blocks": lambda: np.repeat(rng.standard_normal(n_rows // 100 + 1), 100),
    }[kind]()[:n_rows]
    return (rows - rows.mean()) / rows.std()


def make_base(n_rows, n_channels=2, seed=0):
    """Return rows ``(C, T)`` of a season and noise that lasts."""
    rng = np.random.default_rng(seed + 100)
    noise = 0.2 * rng.standard_normal((n_channels, n_rows))
    for row in range(1, n_rows):
        noise[:, row] += 0.8 * noise[:, row - 1]
    return noise + np.sin(2 * np.pi * np.arange(n_rows) / 12)


def make_windows(rows, context=CONTEXT, horizon=HORIZON, begin=0, end=None, first=0):
    starts = window_starts([(begin, end or rows.shape[1])], context + horizon, first)
    return Windows(torch.from_numpy(rows), torch.from_numpy(starts), context, horizon)


def choose(rows, X, periods=(12,)):
    """Choose effects with the last fifth of the rows held out."""
    n_rows = rows.shape[1]
    n_train = n_rows - n_rows // 5
    train = make_windows(rows, end=n_train)
    valid = make_windows(rows, begin=n_train - CONTEXT)
    stretches = [(0, n_rows)]
    return choose_effects(
        torch.from_numpy(X),
        stretches,
        [train],
        [valid],
        [make_windows(rows)],
        periods,
    )


# By hand and against the twin ---------------------------------------------------------


def test_rows_stay_what_they_were_beyond_the_ends_of_a_stretch():
    rows = torch.tensor([[1.0, 2.0, 3.0, 10.0, 20.0]])
    at = lagged(rows, (-1, 0, 2), [(0, 3), (3, 5)])
    np.testing.assert_equal(
        at[0].numpy(), [[2, 3, 3, 20, 20], [1, 2, 3, 10, 20], [1, 1, 1, 10, 10]]
    )


def test_effects_are_of_what_covariates_differ_from_their_mean_by():
    effects = Effects((0, 1), np.array([[[2.0, 1.0]], [[0.0, -1.0]]]), np.array([5.0]))
    added = effects.of_each(np.array([[5.0], [6.0], [8.0]]), [(0, 3)])
    np.testing.assert_allclose(added[..., 0], [[0, 0], [2, 0], [7, -1]])


def literal_alternation(windows, X, strength, shrinkage, n_rounds):
    """Solve the map and the effects in turn, window by window, by least squares."""
    context, horizon = windows.context_length, windows.prediction_length
    width = context + horizon
    starts = windows.starts.tolist()
    rows = windows.series.numpy()

    def residuals(row, W):
        left = []
        for start in starts:
            window = row[start : start + width]
            mean = window[:context].mean()
            left.append(window[context:] - mean - (window[:context] - mean) @ W)
        return np.concatenate(left)

    W, beta = np.zeros((context, horizon)), None
    for _ in range(n_rounds):
        F = np.stack([residuals(x, W) for x in X], axis=1)
        g = np.stack([residuals(y, W) for y in rows], axis=1)
        ridge = np.diag(np.sqrt(strength * (F**2).sum(0)))
        nothing = np.zeros((len(ridge), len(rows)))
        beta = np.linalg.lstsq(
            np.vstack([F, ridge]), np.vstack([g, nothing]), rcond=None
        )[0]
        base = rows - beta.T @ X
        inputs, targets = [], []
        for row in base:
            for start in starts:
                window = row[start : start + width]
                mean = window[:context].mean()
                inputs.append(window[:context] - mean)
                targets.append(window[context:] - mean)
        A, B = np.array(inputs), np.array(targets)
        unit = 0.01 * np.trace(A.T @ A) / context
        pull = np.sqrt(shrinkage * unit) * np.eye(context)
        nothing = np.zeros((context, horizon))
        W = np.linalg.lstsq(np.vstack([A, pull]), np.vstack([B, nothing]), rcond=None)[
            0
        ]
    return beta


@pytest.mark.parametrize("n_steps", [1, 3])
def test_the_alternation_is_that_of_single_windows(n_steps):
    X = np.stack([make_covariate("noise", 150), make_covariate("walk", 150)])
    rows = make_base(150) + np.array([[1.0, 0.5], [0.0, -2.0]]) @ X
    windows = make_windows(rows, context=6, horizon=n_steps)
    found = alternate(
        windows,
        torch.from_numpy(X),
        Member("shared", 6, strength=10.0),
        n_steps,
        torch.full((2,), 0.1, dtype=torch.float64),
    )
    wanted = literal_alternation(windows, X, 0.1, 10.0, n_rounds=40)
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-3)


def test_errors_are_those_of_what_effects_leave():
    X = torch.from_numpy(np.stack([make_covariate("noise", 90)] * 2))
    windows = make_windows(make_base(90), 5, 2)
    residual = torch.randn(7, 2, generator=torch.Generator().manual_seed(0)).double()
    effects = torch.tensor([[1.0, 0.2], [0.5, -0.3]], dtype=torch.float64)
    left = windows.series - effects.T @ X
    each = left.unfold(1, 7, 1)[:, windows.starts] @ residual
    np.testing.assert_allclose(
        products(windows, X, residual).errors(effects), each.square().sum((1, 2))
    )


# What is known is found ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "within"),
    [("noise", 0.05), ("holidays", 0.05), ("walk", 0.15), ("blocks", 0.15)],
)
def test_known_effects_are_found(kind, within):
    X = make_covariate(kind, LONG)[None]
    true = np.array([[2.0], [-1.0]])
    offsets, coefs = choose(make_base(LONG) + true @ X, X)
    assert offsets == (0,)
    np.testing.assert_allclose(coefs[..., 0], true, rtol=within)


@pytest.mark.parametrize(("lag", "offsets"), [(2, (0, 1, 2)), (-1, (-1, 0))])
def test_lags_and_leads_are_found(lag, offsets):
    X = make_covariate("holidays", LONG)[None]
    found, coefs = choose(make_base(LONG) + np.roll(X, lag), X)
    assert found == offsets
    wanted = [float(offset == lag) for offset in offsets]
    np.testing.assert_allclose(coefs[:, 0], [wanted] * 2, atol=0.05)


def test_a_channel_without_effects_has_none():
    X = make_covariate("noise", LONG)[None]
    _, coefs = choose(make_base(LONG) + np.array([[1.0], [0.0]]) @ X, X)
    np.testing.assert_allclose(coefs[0], 1, rtol=0.05)
    assert (coefs[1] == 0).all()


def test_covariates_that_say_the_same_share_their_effect():
    X = make_covariate("noise", LONG)[None]
    _, coefs = choose(make_base(LONG) + X, np.concatenate([X, X, 0 * X]))
    np.testing.assert_allclose(coefs[:, 0], coefs[:, 1])
    np.testing.assert_allclose(coefs[:, :2].sum(1), 1, rtol=0.05)
    assert (coefs[:, 2] == 0).all()


def test_few_windows_are_held_out_in_blocks():
    X = make_covariate("noise", 200)[None]
    offsets, coefs = choose(make_base(200, n_channels=1) + X, X)
    np.testing.assert_allclose(coefs[..., offsets.index(0)], 1, rtol=0.1)
