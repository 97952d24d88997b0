"""Missing targets count in no sum, against sums over windows one by one."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from skts.linear import (
    Member,
    Naive,
    NetworkProducts,
    WindowMoments,
    block_folds,
    choose_mixture,
    solve_pilot,
)
from skts.linear._products import residual_products
from tests.linear.naive import (
    literal,
    literal_residuals,
    make_series,
    make_windows,
    split,
)

CONTEXT, HORIZON = 8, 3
MEMBERS = (
    Member("naive", 1, Naive("last")),
    Member("shared", 6, strength=10.0),
    Member("channel", CONTEXT, strength=1.0, own_strength=100.0),
)


def with_missing(windows, share=0.2, seed=0):
    """Return windows of which some targets are missing."""
    generator = torch.Generator().manual_seed(seed)
    missing = torch.rand(windows.series.shape, generator=generator) < share
    missing[1, 100:140] = True  # for long, in one channel
    return replace(windows, truth=windows.series.masked_fill(missing, torch.nan))


@pytest.fixture(scope="module")
def parts():
    """Return windows to learn from and held-out ones, with missing targets."""
    series = make_series()
    sizes = CONTEXT, HORIZON
    return [
        with_missing(make_windows(series, *sizes, end=220)),
        with_missing(make_windows(series, *sizes, begin=200)),
    ]


@pytest.fixture(scope="module")
def pilot():
    generator = torch.Generator().manual_seed(1)
    return torch.rand(5, HORIZON, generator=generator, dtype=torch.float64) / 5


def truths(windows):
    """Return targets ``(n, C, H)``, NaN where they are missing."""
    return split(replace(windows, series=windows.truth), CONTEXT)[1]


def test_missing_targets_are_what_the_pilot_forecasts(parts, pilot):
    moments = WindowMoments(parts[0], pilot)
    for channel in range(2):
        each = literal(parts[0])[:, channel].copy()
        missing = np.isnan(truths(parts[0])[:, channel])
        forecast = each[:, CONTEXT - 5 : CONTEXT] @ pilot.numpy()
        each[:, CONTEXT:][missing] = forecast[missing]
        expected = each.T @ each
        found = moments.channel(channel).numpy()
        np.testing.assert_allclose(found[:CONTEXT], expected[:CONTEXT], rtol=1e-9)
        np.testing.assert_allclose(found.diagonal(), expected.diagonal(), rtol=1e-9)
    assert moments.missing.n_missing == np.isnan(truths(parts[0])).sum()


def test_filling_changes_nothing_once_the_pilot_is_the_map_itself(parts):
    """Least squares over the known targets is where rounds of filling end."""
    windows = parts[0]
    known = ~np.isnan(truths(windows))
    X, y = split(windows, CONTEXT)[0], np.nan_to_num(truths(windows))
    X = X.transpose(1, 0, 2).reshape(-1, CONTEXT)
    y, known = (a.transpose(1, 0, 2).reshape(-1, HORIZON) for a in (y, known))
    direct = np.stack(
        [
            np.linalg.lstsq(X[known[:, h]], y[known[:, h], h], rcond=None)[0]
            for h in range(HORIZON)
        ],
        axis=1,
    )
    total = WindowMoments(windows, torch.from_numpy(direct)).total().numpy()
    again = np.linalg.solve(total[:CONTEXT, :CONTEXT], total[:CONTEXT, CONTEXT:])
    np.testing.assert_allclose(again, direct, rtol=1e-7)


def literal_products(learned, held_out, pilot):
    """Return mean products of residuals at targets that are known."""
    residuals = literal_residuals_of_moments(learned, held_out, pilot)
    known = ~np.isnan(truths(held_out))
    return np.einsum("inch,jnch->ij", residuals, residuals * known) / known.sum()


def literal_residuals_of_moments(learned, held_out, pilot):
    """Return residuals of members solved from windows whose targets are filled."""
    width = CONTEXT + HORIZON
    each = torch.from_numpy(literal(learned).copy())
    missing = torch.from_numpy(np.isnan(truths(learned)))
    forecast = each[..., CONTEXT - 5 : CONTEXT] @ pilot
    targets = each[..., CONTEXT:]
    targets[missing] = forecast[missing]
    apart = each.transpose(0, 1).reshape(each.shape[1], -1)  # end to end
    starts = torch.arange(len(each)) * width
    end_to_end = replace(learned, series=apart, starts=starts, truth=None)
    return literal_residuals(end_to_end, held_out, MEMBERS, HORIZON)


def test_products_are_those_of_known_targets_alone(parts, pilot):
    folds = [tuple(WindowMoments(part, pilot) for part in parts)]
    found = residual_products(folds, MEMBERS, HORIZON)
    expected = literal_products(*parts, pilot)
    np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_a_network_is_held_to_known_targets_alone(parts, pilot):
    folds = [tuple(WindowMoments(part, pilot) for part in parts)]
    choice = choose_mixture(folds, (6, CONTEXT), HORIZON, (6,))
    held_out = replace(
        parts[1], series=parts[1].series.float(), truth=parts[1].truth.float()
    )
    context, target = held_out.take(slice(None))
    network = context[..., -HORIZON:].flip(-1)
    batches = [(context, target, network)]
    found = NetworkProducts(folds[0][0], choice).extended(batches)
    error = np.nanmean((network - target).double().square())
    assert found[-1, -1] == pytest.approx(error, rel=1e-5)
    # the last value as a network is the naive forecast, whose products are known
    last = [m.naive.name for m in choice.members if m.kind == "naive"].index("last")
    as_network = [(context, target, context[..., -1:].expand_as(target))]
    found = NetworkProducts(folds[0][0], choice).extended(as_network)
    np.testing.assert_allclose(found[-1, :-1], choice.products[last], rtol=1e-4)


def test_a_pilot_serves_blocks_as_well(parts):
    plain = block_folds(parts[0])
    pilot = solve_pilot(plain, WindowMoments(parts[0]), (4, CONTEXT), HORIZON)
    assert pilot.shape == (CONTEXT, HORIZON)
    folds = block_folds(parts[0], pilot=pilot)
    choice = choose_mixture(folds, (4, CONTEXT), HORIZON)
    naive = choose_mixture(plain, (4, CONTEXT), HORIZON)
    assert choice.error != naive.error
    assert choice.error < np.nanvar(truths(parts[0]))
