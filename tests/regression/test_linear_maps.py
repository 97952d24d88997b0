"""Linear maps beside the network of a regressor: rows end to end."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skts.data import Rows
from skts.linear import Member, Naive, WindowMoments, solve_mixture
from skts.regression import LSINetRegressor, SAMformerRegressor
from skts.regression._windows import end_to_end

L, H = 8, 2


@pytest.fixture(scope="module")
def rows(cut):
    """Return 1390 overlapping rows of a channel and its echo, two steps later."""
    rng = np.random.default_rng(0)
    call = rng.standard_normal(1399)
    for step in range(1, len(call)):
        call[step] += 0.5 * call[step - 1]
    echo = np.roll(call, 2) + 0.1 * rng.standard_normal(len(call))
    return cut(np.stack([5 + 10 * call, echo], axis=1), L, H)


def make(regressor=SAMformerRegressor, **params):
    small = {"rho": 0.0} if regressor is SAMformerRegressor else {"n_heads": 2}
    small |= {"hidden_size": 4, "lr": 1e-2, "batch_size": 64, "max_epochs": 8}
    small |= {"validation_fraction": 0.4, "device": "cpu", "random_state": 0}
    return regressor(**small | params)


def test_the_forecast_is_the_weighted_sum_of_maps_and_network(rows):
    model = make(refit_maps=False).fit(*rows)
    weight = model.network_weight_
    assert 0.1 < weight < 1
    assert model.members_["weight"].sum() == pytest.approx(1)
    assert list(model.members_["kind"])[-1] == "network"
    X = (rows[0] - model.center_) / model.scale_
    of_maps = np.einsum("nlc,clh->nhc", X, model.linear_map_)
    alone = make(linear_maps=None, refit_maps=False).fit(*rows)
    assert alone.network_weight_ == 1
    with pytest.raises(AttributeError, match="no linear maps"):
        _ = alone.linear_map_
    with torch.no_grad():
        window = torch.from_numpy(X.swapaxes(1, 2)).float()
        network = model.network_(window).numpy().swapaxes(1, 2)
    mixture = (1 - weight) * of_maps + weight * network
    expected = mixture * model.target_scale_ + model.target_center_
    np.testing.assert_allclose(
        model.predict(rows[0]) / model.target_scale_,
        expected / model.target_scale_,
        atol=1e-5,
    )
    # Validation: the last two fifths of the rows.
    n_valid = round(0.4 * len(X))
    targets = (rows[1] - model.target_center_) / model.target_scale_
    error = np.mean((mixture - targets)[-n_valid:] ** 2)
    record = model.history_[model.best_epoch_]
    assert record["valid_loss"] == pytest.approx(error, abs=1e-6)
    error = np.mean((network - targets)[-n_valid:] ** 2)
    assert record["network_valid_loss"] == pytest.approx(error, abs=1e-6)


def literal_windows(X, y):
    """Return the moments of rows, window by window."""
    each = np.concatenate([X, y], axis=1)  # (n, L + H, C)
    return np.einsum("nic,njc->cij", each, each)


def test_rows_are_no_series_and_share_nothing(rows):
    X, y = (torch.tensor(part.swapaxes(1, 2)) for part in rows)
    moments = WindowMoments([end_to_end(Rows(X, y))])
    expected = literal_windows(*rows)
    for channel in range(2):
        np.testing.assert_allclose(moments.channel(channel), expected[channel])
    assert moments.n_windows == len(X)


@pytest.mark.parametrize("refit", [True, False])
def test_maps_are_solved_again_on_all_rows(rows, refit):
    model = make(max_epochs=0, refit_maps=refit).fit(*rows)
    assert model.network_ is None
    assert model.best_epoch_ == model.n_epochs_ == 0
    n_train = len(rows[0]) if refit else len(rows[0]) - round(0.4 * len(rows[0])) - 1
    X = (rows[0] - model.center_) / model.scale_
    y = (rows[1] - model.target_center_) / model.target_scale_
    learned = Rows(
        *(torch.from_numpy(part[:n_train].swapaxes(1, 2)) for part in (X, y))
    )
    members = [
        Member(m.kind, m.context, Naive(m.naive), m.strength, m.own_strength, m.weight)
        for m in model.members_.itertuples()
    ]
    expected = solve_mixture(WindowMoments([end_to_end(learned)]), members, H)
    np.testing.assert_allclose(model.linear_map_, expected.weight, atol=1e-5)


@pytest.mark.parametrize("regressor", [SAMformerRegressor, LSINetRegressor])
def test_few_rows_are_for_the_network_alone(rows, regressor):
    few = [part[:100] for part in rows]
    model = make(regressor, max_epochs=1).fit(*few)
    assert list(model.members_["kind"]) == ["network"]
    assert [record["epoch"] for record in model.history_] == [1]
    with pytest.raises(ValueError, match="max_epochs must be >= 1 where there are no"):
        make(regressor, max_epochs=0).fit(*few)
    with pytest.raises(ValueError, match="max_epochs must be"):
        make(regressor, max_epochs=0, linear_maps=None).fit(*rows)


def test_without_a_network_there_are_no_connections(rows):
    model = make(LSINetRegressor, max_epochs=0).fit(*rows)
    with pytest.raises(AttributeError, match="no network was trained"):
        _ = model.density_
    assert model.predict(rows[0][:3]).shape == (3, H, 2)


def test_flat_rows_in_a_pipeline_have_maps_too(rows):
    flat = [part.reshape(len(part), -1) for part in rows]
    model = make_pipeline(StandardScaler(), make(n_channels=2, max_epochs=0))
    fitted = clone(model).fit(*flat)
    assert set(fitted[-1].members_["kind"]) >= {"naive", "shared", "channel"}
    assert fitted.predict(flat[0][:5]).shape == (5, 2 * H)
    n = round(0.4 * len(flat[0]))
    errors = fitted.predict(flat[0][-n:]) - flat[1][-n:]
    assert (errors**2).mean(0)[1] < flat[1].var(0)[1]


def test_the_parameters_of_maps_are_given_by_name():
    with pytest.raises(TypeError, match="positional"):
        SAMformerRegressor(1, "shared")
    with pytest.raises(TypeError, match="positional"):
        LSINetRegressor(1, None)
