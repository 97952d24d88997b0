"""Linear maps and a network in one forecast: what each is, and what is worth what."""

import copy
import pickle
import re
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone

from skts.fitted import join_rows, update_model
from skts.forecasting import LSINetForecaster, SAMformerForecaster
from skts.linear import solve_mixture
from skts.models import recipe_of

L, H = 8, 2


def centred_windows(values, context, horizon):
    """Return contexts ``(n, C, l)`` and targets ``(n, C, H)``, one by one."""
    n = len(values) - context - horizon + 1
    each = np.stack([values[i : i + context + horizon].T for i in range(n)])
    return each[..., :context], each[..., context:]


def literal_map(windows, member, towards=None):
    """Solve a map ``(l, H)`` of centred rows from windows ``(n, l + H)``, plainly."""
    x, y = windows
    mean = x.mean(-1, keepdims=True)
    x, y = x - mean, y - mean
    G, K = x.T @ x, x.T @ y
    W0 = np.zeros((x.shape[1], y.shape[1])) if towards is None else towards
    if member.naive == "last" and towards is None:
        W0[-1] = 1
    unit = 0.01 * np.trace(G) / len(G)
    strength = member.strength if towards is None else member.own_strength
    ridge = G + strength * unit * np.eye(len(G))
    return W0 + np.linalg.solve(ridge, K - G @ W0)


def literal_forecast(model, learned, contexts):
    """Forecast standardised contexts ``(n, C, L)`` by the maps in ``members_``."""
    maps = model.members_[model.members_["kind"] != "network"]
    total = np.zeros((*contexts.shape[:2], H))
    for member in maps.itertuples():
        own = contexts[..., L - member.context :]
        mean = own.mean(-1, keepdims=True)
        x, y = centred_windows(learned, L, H)
        x = x[..., L - member.context :]
        if member.kind == "naive":
            assert member.naive in ("mean", "last")
            last = own[..., -1:] if member.naive == "last" else mean
            total += member.weight * np.repeat(last, H, axis=-1)
            continue
        W = literal_map(
            (
                np.concatenate(list(x.swapaxes(0, 1))),
                np.concatenate(list(y.swapaxes(0, 1))),
            ),
            member,
        )
        for channel in range(contexts.shape[1]):
            V = W
            if member.kind == "channel":
                V = literal_map((x[:, channel], y[:, channel]), member, W)
            forecast = mean[:, channel] + (own - mean)[:, channel] @ V
            total[:, channel] += member.weight * forecast
    return total / maps["weight"].sum()


def standardised(model, y):
    return ((y - model.center_) / model.scale_).to_numpy()


# What is forecast -----------------------------------------------------------------


def test_the_forecast_is_the_weighted_sum_of_maps_and_network(mixed, pair):
    weight = mixed.network_weight_
    assert 0.1 < weight < 0.95
    values = standardised(mixed, pair)
    contexts, _ = centred_windows(values, L, H)
    of_maps = literal_forecast(mixed, values[:840], contexts)
    with torch.no_grad():
        windows = torch.from_numpy(contexts).float()
        of_network = mixed.network_(windows).double().numpy()
    mixture = (1 - weight) * of_maps + weight * of_network
    forecasts, _ = mixed.predict_windows(pair)
    expected = mixture.swapaxes(1, 2) * mixed.scale_ + mixed.center_
    np.testing.assert_allclose(
        forecasts / mixed.scale_, expected / mixed.scale_, rtol=0, atol=1e-5
    )


def test_the_weights_of_all_members_have_sum_1(mixed):
    weights = mixed.members_.set_index("kind")["weight"]
    assert weights.sum() == pytest.approx(1)
    assert weights["network"] == mixed.network_weight_
    assert (weights >= 0).all()


def test_the_errors_recorded_are_those_of_literal_forecasts(mixed, pair):
    values = standardised(mixed, pair)
    contexts, targets = centred_windows(values[840 - L :], L, H)
    of_maps = literal_forecast(mixed, values[:840], contexts)
    with torch.no_grad():
        network = mixed.network_(torch.from_numpy(contexts).float()).double().numpy()
    record = mixed.history_[mixed.best_epoch_]
    assert record["epoch"] == mixed.best_epoch_ > 0
    weight = mixed.network_weight_
    together = (1 - weight) * of_maps + weight * network
    error = np.mean((together - targets) ** 2)
    assert record["valid_loss"] == pytest.approx(error, abs=1e-6)
    error = np.mean((network - targets) ** 2)
    assert record["network_valid_loss"] == pytest.approx(error, abs=1e-6)
    table = mixed.members_.set_index("kind")["valid_loss"]
    assert table["network"] == record["network_valid_loss"]


def test_record_0_is_the_error_of_the_maps_alone(make_mixture, pair):
    alone = make_mixture(max_epochs=0, refit_maps=False).fit(pair)
    values = standardised(alone, pair)
    contexts, targets = centred_windows(values[840 - L :], L, H)
    of_maps = literal_forecast(alone, values[:840], contexts)
    (record,) = alone.history_
    assert record["epoch"] == 0
    error = np.mean((of_maps - targets) ** 2)
    assert record["valid_loss"] == pytest.approx(error, rel=1e-8)
    for member in alone.members_.itertuples():
        single = alone.members_.assign(weight=alone.members_.index == member.Index)
        model = copy.copy(alone)
        model.members_ = single.astype({"weight": float})
        error = np.mean(
            (literal_forecast(model, values[:840], contexts) - targets) ** 2
        )
        assert member.valid_loss == pytest.approx(error, rel=1e-8)


def test_parts_are_the_maps_and_the_network_alone(mixed, make_mixture, pair):
    parts = mixed.predict_parts([1, 2])
    weight = mixed.network_weight_
    for name in pair.columns:
        part = parts[name]
        assert list(part.columns) == ["maps", "network", "mixture"]
        mixture = (1 - weight) * part["maps"] + weight * part["network"]
        np.testing.assert_allclose(part["mixture"], mixture, rtol=1e-5)
        assert not np.allclose(part["maps"], part["network"], rtol=1e-2)
    forecast = mixed.predict([1, 2])
    mixture = parts.xs("mixture", axis=1, level="part")
    np.testing.assert_array_equal(mixture, forecast)
    assert mixture.index.equals(forecast.index)
    network = make_mixture(linear_maps=None).fit(pair[:300]).predict_parts([1])
    assert list(network["call"].columns) == ["network", "mixture"]


def test_the_linear_map_is_what_is_multiplied_with_past_rows(mixed, pair):
    maps = mixed.linear_map_
    assert maps.shape == (2, L, H)
    np.testing.assert_allclose(maps.sum(1), 1, atol=1e-5)
    rows = pair.to_numpy()[-L:]
    expected = np.einsum("lc,clh->hc", rows, maps)
    parts = mixed.predict_parts([1, 2]).xs("maps", axis=1, level="part")
    np.testing.assert_allclose(parts, expected, rtol=1e-4)


def test_without_maps_there_is_no_linear_map(make_mixture, pair):
    model = make_mixture(linear_maps=None, max_epochs=1).fit(pair[:300])
    with pytest.raises(AttributeError, match=r"no linear maps.*linear_maps='auto'"):
        _ = model.linear_map_


# What a network is worth ----------------------------------------------------------


def test_a_network_that_helps_has_weight_and_lowers_the_error(mixed):
    losses = [record["valid_loss"] for record in mixed.history_]
    assert mixed.best_epoch_ == np.argmin(losses) > 0
    assert min(losses) < 0.8 * losses[0]
    assert mixed.n_epochs_ == len(mixed.history_) - 1 == 10
    assert [record["epoch"] for record in mixed.history_] == list(range(11))
    assert "network_valid_loss" not in mixed.history_[0]


def test_a_network_that_cannot_help_has_none(make_mixture, pair):
    blind = {"attention": "identity", "patience": 3}
    model = make_mixture(**blind).fit(pair)
    assert model.network_weight_ == 0
    assert model.best_epoch_ == 0
    # Three epochs have not made the maps better.
    assert model.n_epochs_ == 3
    assert model.network_ is not None
    alone = make_mixture(max_epochs=0).fit(pair)
    assert alone.network_ is None
    pd.testing.assert_frame_equal(model.predict([1, 2]), alone.predict([1, 2]))
    losses = {record["valid_loss"] for record in model.history_}
    assert losses == {alone.history_[0]["valid_loss"]}


def test_a_network_in_vain_is_trained_for_half_of_the_epochs(make_mixture, pair):
    blind = {"attention": "identity", "patience": None, "max_epochs": 7}
    model = make_mixture(**blind).fit(pair)
    assert (model.best_epoch_, model.n_epochs_) == (0, 4)
    # Alone it goes on: there is nothing that it would have to better.
    assert make_mixture(**blind, linear_maps=None).fit(pair).n_epochs_ == 7


class Oracle(SAMformerForecaster):
    """A network that knows the rule of the series, in the place of SAMformer."""

    def _build_network(self, n_channels, context_length, prediction_length):
        network = super()._build_network(n_channels, context_length, prediction_length)

        def forward(window):
            first = 1 - 2 * window[..., -1:].abs() ** 0.9
            return torch.cat([first, 1 - 2 * first.abs() ** 0.9], dim=-1)

        network.forward = forward
        return network


def test_a_network_that_knows_all_leaves_nothing_to_the_maps(make_mixture):
    values = [0.3]
    for _ in range(1399):  # chaos, in which maps find next to nothing
        values.append(1 - 2 * abs(values[-1]) ** 0.9)
    y = pd.DataFrame({"chaos": values})
    params = make_mixture(standardize=False, max_epochs=1).get_params()
    model = Oracle(**params).fit(y)
    assert model.network_weight_ > 0.999
    first = 1 - 2 * abs(values[-1]) ** 0.9
    second = 1 - 2 * abs(first) ** 0.9
    np.testing.assert_allclose(
        model.predict([1, 2])["chaos"], [first, second], rtol=1e-4
    )
    # What the maps would say by themselves is still known, and follows new rows.
    alone = make_mixture(standardize=False, max_epochs=0).fit(y)
    own, expected = (m.predict_parts([1, 2])["chaos"]["maps"] for m in (model, alone))
    np.testing.assert_allclose(own, expected, atol=0.1)
    new = y[:5].set_axis(range(1400, 1405))
    assert model.update(new, update_params=False).predict([1]).index == [1405]


def test_the_network_alone_is_what_it_was(make_mixture, pair):
    model = make_mixture(linear_maps=None, max_epochs=3).fit(pair)
    assert model.network_weight_ == 1
    assert [record["epoch"] for record in model.history_] == [1, 2, 3]
    assert "network_valid_loss" not in model.history_[0]
    assert list(model.members_["kind"]) == ["network"]
    best = model.history_[model.best_epoch_ - 1]["valid_loss"]
    assert model.members_["valid_loss"][0] == best
    mixed = make_mixture(max_epochs=3).fit(pair)
    alone, beside = (
        [record[name] for record in records]
        for name, records in [
            ("valid_loss", model.history_),
            ("network_valid_loss", mixed.history_[1:]),
        ]
    )
    # A network trains beside maps as it does alone.
    np.testing.assert_allclose(alone, beside, rtol=1e-5)


# Kinds ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["shared", "channel"])
def test_one_kind_of_map_alone(make_mixture, pair, kind):
    model = make_mixture(linear_maps=kind, max_epochs=0).fit(pair)
    assert set(model.members_["kind"]) == {"naive", kind}
    assert model.linear_map_.ndim == {"shared": 2, "channel": 3}[kind]


def test_one_channel_needs_no_map_of_its_own(make_mixture, pair):
    model = make_mixture(linear_maps="channel", max_epochs=0).fit(pair[["call"]])
    assert set(model.members_["kind"]) == {"naive", "shared"}


def test_maps_per_channel_that_do_not_fit_are_said_to(make_mixture, pair, monkeypatch):
    monkeypatch.setattr("skts.linear._mixture.MAX_BYTES", 100)
    with pytest.warns(UserWarning, match="Maps for each of 2 channels.*do not fit"):
        model = make_mixture(linear_maps="channel", max_epochs=0).fit(pair)
    assert set(model.members_["kind"]) == {"naive", "shared"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_mixture(max_epochs=0).fit(pair)


# Solved again ---------------------------------------------------------------------


@pytest.mark.parametrize(("refit", "n_learned"), [(True, 1400), (False, 840)])
def test_maps_are_solved_again_on_all_rows(make_mixture, pair, refit, n_learned):
    model = make_mixture(max_epochs=0, refit_maps=refit).fit(pair)
    values = standardised(model, pair)
    contexts, _ = centred_windows(values, L, H)
    expected = literal_forecast(model, values[:n_learned], contexts)
    expected = expected.swapaxes(1, 2) * model.scale_ + model.center_
    forecasts, _ = model.predict_windows(pair)
    np.testing.assert_allclose(
        forecasts / model.scale_, expected / model.scale_, rtol=0, atol=1e-5
    )


@pytest.mark.filterwarnings("ignore:Of the truths in the last quarter")
def test_intervals_are_of_errors_that_the_maps_had_not_seen(make_mixture, pair):
    static = {"max_epochs": 0, "interval_method": "conformal"}
    kept, refitted = (
        make_mixture(refit_maps=refit, **static).fit(pair) for refit in (False, True)
    )
    # Fitted on the training part alone, the forecasts of the rest are the honest ones.
    forecasts, truths = kept.predict_windows(pair[840 - L :])
    errors = np.abs(forecasts - truths)
    n = len(errors)
    rank = int(np.ceil((n + 1) * 0.8))
    widths = np.sort(errors, axis=0)[rank - 1]  # (H, C)
    intervals = refitted.predict_interval([1, 2], coverage=0.8)
    for channel, name in enumerate(pair):
        ends = intervals[name][0.8]
        half = (ends["upper"] - ends["lower"]) / 2
        np.testing.assert_allclose(half, widths[:, channel], rtol=1e-4)


def test_of_a_short_series_each_block_is_forecast_by_the_others(make_mixture, pair):
    y = pair[:120]
    model = make_mixture(max_epochs=5, interval_method="conformal").fit(y)
    assert model.network_ is None
    assert model.n_epochs_ == model.best_epoch_ == 0
    values = standardised(model, y)
    x, targets = centred_windows(values, L, H)
    blocks = np.arange(len(x)) * 5 // len(x)
    errors = []
    for number in range(5):
        inside = np.flatnonzero(blocks == number)
        near = slice(max(0, inside[0] - H + 1), inside[-1] + H)
        outside = np.ones(len(x), dtype=bool)
        outside[near] = False
        forecast = out_of_fold(model, x[outside], targets[outside], x[inside])
        errors.append(np.abs(forecast - targets[inside]))
    errors = np.sort(np.concatenate(errors), axis=0)
    assert model.history_[0]["valid_loss"] == pytest.approx(np.mean(errors**2))
    half = errors[int(np.ceil(len(errors) * 0.8 + 0.8)) - 1] * model.scale_[:, None]
    intervals = model.predict_interval([1, 2], coverage=0.8)
    for channel, name in enumerate(y):
        ends = intervals[name][0.8]
        width = (ends["upper"] - ends["lower"]) / 2
        np.testing.assert_allclose(width, half[channel], rtol=1e-4)


def out_of_fold(model, x, y, contexts):
    """Forecast contexts by the maps in ``members_``, learned from other windows."""
    total = 0
    for member in model.members_[model.members_["weight"] > 0].itertuples():
        rows = slice(L - member.context, None)
        own, mean = contexts[..., rows], contexts[..., rows].mean(-1, keepdims=True)
        W = np.zeros((member.context, H))
        if member.naive == "last":
            W[-1] = 1
        if member.kind != "naive":
            flat = [np.concatenate(list(a.swapaxes(0, 1))) for a in (x[..., rows], y)]
            W = literal_map(flat, member)
        for channel in range(contexts.shape[1]):
            V = W
            if member.kind == "channel":
                V = literal_map((x[:, channel, rows], y[:, channel]), member, W)
            part = np.zeros((*contexts.shape[:2], H))
            part[:, channel] = mean[:, channel] + (own - mean)[:, channel] @ V
            total = total + member.weight * part
    return total


# Updates --------------------------------------------------------------------------


def assert_same_maps(model, expected):
    got = np.broadcast_to(model.linear_map_, expected.shape)
    np.testing.assert_allclose(got, expected, atol=1e-6)


@pytest.fixture
def maps(make_mixture, pair):
    """Return maps alone, fitted on the first 1300 rows."""
    return make_mixture(max_epochs=0, validation_fraction=0.45).fit(pair[:1300])


def solved_from_scratch(model, stretches):
    """Return the map of the members of a model, solved from stretches of rows."""
    parts = [centred_windows(standardised(model, part), L, H) for part in stretches]
    x, y = (np.concatenate(each) for each in zip(*parts, strict=True))
    n_channels = x.shape[1]
    solved = np.zeros((n_channels, L, H))
    for channel in range(n_channels):
        for row in range(L):
            probe = np.zeros((1, n_channels, L))
            probe[0, channel, row] = 1
            solved[channel, row] = out_of_fold(model, x, y, probe)[0, channel]
    return solved


def test_after_update_the_maps_are_those_of_all_rows(maps, pair):
    maps.update(pair[1300:1350])
    maps.predict([1])
    for row in range(1350, 1400):
        maps.update(pair[row : row + 1])
    assert_same_maps(maps, solved_from_scratch(maps, [pair]))


def test_without_params_the_maps_stay_until_params_may_change(maps, pair):
    before = maps.linear_map_
    maps.update(pair[1300:1350], update_params=False)
    np.testing.assert_array_equal(maps.linear_map_, before)
    maps.update(pair[1350:])
    assert_same_maps(maps, solved_from_scratch(maps, [pair]))


def test_no_window_of_an_update_crosses_a_gap(maps, pair):
    # A gap between the rows seen and the new ones, and another one among these.
    parts = [pair[:1300], pair[1310:1340], pair[1350:]]
    maps.update(pd.concat(parts[1:]))
    assert_same_maps(maps, solved_from_scratch(maps, parts))


def test_rows_that_replace_others_are_not_learned_twice(maps, pair):
    maps.update(pair[1250:])
    assert_same_maps(maps, solved_from_scratch(maps, [pair]))


def test_without_refit_new_rows_join_those_of_the_training_part(make_mixture, pair):
    model = make_mixture(max_epochs=0, refit_maps=False, validation_fraction=0.45)
    model.fit(pair[:1300])
    model.update(pair[1300:])
    # Windows that end in a new row reach back.
    parts = [pair[: 1300 - 585], pair[1300 - L - H + 1 :]]
    assert_same_maps(model, solved_from_scratch(model, parts))


def test_maps_chosen_by_blocks_have_learned_from_all_rows_in_any_case(
    make_mixture, pair
):
    models = [make_mixture(refit_maps=refit).fit(pair[:200]) for refit in (False, True)]
    for model in models:
        assert_same_maps(model, solved_from_scratch(model, [pair[:200]]))
        model.update(pair[200:230])
        assert_same_maps(model, solved_from_scratch(model, [pair[:230]]))


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_copies_are_updated_apart(maps, pair, duplicate):
    before = maps.linear_map_
    twin = duplicate(maps).update(pair[1300:])
    np.testing.assert_array_equal(maps.linear_map_, before)
    assert_same_maps(twin, solved_from_scratch(twin, [pair]))
    maps.update(pair[1300:1320])
    assert_same_maps(maps, solved_from_scratch(maps, [pair[:1320]]))
    again = duplicate(twin)
    np.testing.assert_array_equal(again.linear_map_, twin.linear_map_)


def test_many_small_updates_solve_nothing_until_a_forecast(
    maps, make_pair, monkeypatch
):
    y = make_pair(3000)
    maps = maps.fit(y[:1300])
    solved = []

    def spy(*args):
        solved.append(args)
        return solve_mixture(*args)

    monkeypatch.setattr("skts.models._following.solve_mixture", spy)
    model = maps._model
    for row in range(1300, 2900):
        joined = join_rows(model, {None: y[row : row + 1]})
        model = update_model(model, joined, True, recipe_of(maps), 0)
    assert not solved
    assert len(model.following.waiting) < 1000
    maps._model = model
    maps.predict([1])
    maps.predict([2])
    assert len(solved) == 1
    assert_same_maps(maps, solved_from_scratch(maps, [y[:2900]]))


def test_moments_that_are_too_large_leave_the_maps_as_they_are(
    make_mixture, pair, monkeypatch
):
    monkeypatch.setattr("skts.models._following.MAX_BYTES", 10)
    model = make_mixture(max_epochs=0).fit(pair[:1300])
    before = model.linear_map_
    forecast = model.update(pair[1300:]).predict([1])
    np.testing.assert_array_equal(model.linear_map_, before)
    assert forecast.index[0] == 1400


def test_a_network_without_weight_is_not_trained_further(
    make_mixture, pair, weights_of
):
    model = make_mixture(attention="identity", patience=1).fit(pair[:1300])
    assert model.network_weight_ == 0
    before = weights_of(model)
    model.update(pair[1300:])
    assert all(torch.equal(before[k], v) for k, v in weights_of(model).items())


def test_a_network_with_weight_follows_beside_the_maps(mixed, pair, weights_of):
    model, new = copy.copy(mixed), pair[-50:].set_axis(range(1400, 1450))
    before, maps = weights_of(model), model.linear_map_
    model.update(new)
    assert model.network_weight_ == mixed.network_weight_
    assert any(not torch.equal(before[k], v) for k, v in weights_of(model).items())
    assert not np.array_equal(model.linear_map_, maps)
    assert all(torch.equal(before[k], v) for k, v in weights_of(mixed).items())


# Panels, still channels, short series ---------------------------------------------


def test_a_panel_has_maps_of_all_its_series(make_mixture, make_pair):
    series = {name: (i + 1) * make_pair(900, seed=i) for i, name in enumerate("ab")}
    panel = pd.concat(series, names=["name", "time"])
    model = make_mixture(max_epochs=0, refit_maps=False).fit(panel)
    values = {
        name: ((y - model.center_.loc[name]) / model.scale_.loc[name]).to_numpy()
        for name, y in series.items()
    }
    parts = [centred_windows(v[:540], L, H) for v in values.values()]
    x, y = (np.concatenate(each) for each in zip(*parts, strict=True))
    for name, rows in values.items():
        expected = out_of_fold(model, x, y, rows[-L:].T[None])[0].T
        got = (model.predict([1, 2]).loc[name] - model.center_.loc[name].to_numpy()) / (
            model.scale_.loc[name].to_numpy()
        )
        np.testing.assert_allclose(got, expected, atol=1e-5)
    parts = model.predict_parts([1, 2])
    np.testing.assert_array_equal(
        parts.xs("mixture", axis=1, level="part"), model.predict([1, 2])
    )
    # Series go on apart; one not seen in fit is forecast by the maps of the others.
    new = pd.concat({"b": series["b"][-30:].set_axis(range(900, 930))})
    model.update(new.rename_axis(["name", "time"]))
    assert model.predict([1]).loc["b"].index[0] == 930
    other = pd.concat({"c": make_pair(50)}, names=["name", "time"])
    before = model.linear_map_
    assert model.update(other).predict([1]).loc["c"].notna().all(axis=None)
    np.testing.assert_allclose(model.linear_map_, before, atol=1e-6)


def test_a_channel_that_never_moves_is_forecast_as_it_stands(make_mixture, pair):
    y = pair.assign(rest=7.0)
    model = make_mixture(max_epochs=2).fit(y)
    assert (model.predict([1, 2])["rest"] == 7).all()
    moving = make_mixture(max_epochs=0, linear_maps="shared").fit(pair)
    with_still = make_mixture(max_epochs=0, linear_maps="shared").fit(y)
    np.testing.assert_allclose(with_still.linear_map_, moving.linear_map_, atol=1e-6)
    model.update(y[-20:].set_axis(range(1400, 1420)))
    assert (model.predict([1, 2])["rest"] == 7).all()


@pytest.mark.parametrize("forecaster", [SAMformerForecaster, LSINetForecaster])
def test_three_rows_are_forecast_naively_and_said_to_be(forecaster):
    y = pd.Series([1.0, 2.0, 4.0])
    with pytest.warns(UserWarning, match="naive forecast") as caught:
        model = forecaster(device="cpu").fit(y, fh=[1, 2])
    assert len(caught) == 1
    message = str(caught[0].message)
    assert "3 time points and horizon=2 leave 1 window(s)" in message
    assert "The forecast is the last value." in message
    np.testing.assert_allclose(model.predict(), 4)
    assert model.network_ is None
    assert model.history_[0]["epoch"] == 0


def test_a_season_that_fits_is_the_naive_forecast():
    index = pd.period_range("2020-01", periods=26, freq="M")
    y = pd.Series(np.arange(26.0) % 12, index)
    with pytest.warns(UserWarning, match="The forecast is the season before"):
        model = SAMformerForecaster(12, horizon=14, device="cpu").fit(y)
    np.testing.assert_allclose(model.predict([1, 12, 13]), [2, 1, 2])


@pytest.mark.parametrize("n_rows", range(4, 40, 5))
def test_every_short_series_has_a_forecast(n_rows):
    y = pd.Series(np.arange(n_rows, dtype=float))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="y is too short for anything but")
        model = LSINetForecaster(device="cpu").fit(y, fh=[1, 2])
    forecast = model.predict()
    assert forecast.between(n_rows - 3, n_rows + 3).all()
    assert model.context_length_ <= n_rows // 2


# Contexts -------------------------------------------------------------------------


def test_contexts_fit_into_stretches_without_a_gap(make_pair):
    index = np.concatenate([100 * i + np.arange(60) for i in range(10)])
    y = make_pair(600, index=index)
    model = SAMformerForecaster(horizon=4, device="cpu", max_epochs=0)
    with pytest.warns(UserWarning, match="9 gap"):
        model.fit(y)
    # As many windows as rows in one, of the 60 rows of a stretch.
    assert model.context_length_ == (60 - 4 + 1) // 2
    y = y.drop(index=range(900, 950))
    with pytest.warns(UserWarning, match="9 gap"):
        assert model.fit(y).context_length_ == 10


def test_contexts_leave_windows_in_the_training_part(make_pair):
    y = make_pair(1100)
    model = SAMformerForecaster(
        horizon=4, validation_fraction=0.5, max_epochs=0, device="cpu"
    ).fit(y)
    assert model.context_length_ == (550 - 4 + 1) // 2
    maps = model.members_[model.members_["kind"] != "naive"]
    assert maps["context"].max() >= 96


def test_a_context_that_is_given_bounds_maps_and_network(mixed):
    assert mixed.context_length_ == L
    assert mixed.members_["context"].max() == L


# Other doors ----------------------------------------------------------------------


def test_clones_and_files_keep_the_mixture(mixed, pair, tmp_path):
    model = copy.copy(mixed)
    assert clone(model).get_params() == model.get_params()
    model.save(tmp_path / "mixture")
    loaded = SAMformerForecaster.load_from_path(tmp_path / "mixture.zip")
    pd.testing.assert_frame_equal(loaded.predict([1, 2]), model.predict([1, 2]))
    pd.testing.assert_frame_equal(loaded.members_, model.members_)
    new = pair[-50:].set_axis(range(1400, 1450))
    pd.testing.assert_frame_equal(
        loaded.update(new).predict([1, 2]), model.update(new).predict([1, 2])
    )


def test_score_backtest_and_windows_are_of_the_mixture(mixed, pair):
    new = pair[-80:].set_axis(range(1400, 1480))
    forecasts, truths = mixed.predict_rolling(new)
    assert len(forecasts) == 80 - H + 1
    errors = (forecasts - truths) / mixed.score_scale_
    assert mixed.score(new) == pytest.approx(-np.mean(errors**2), rel=1e-5)
    errors = (forecasts - truths) / mixed.scale_
    overall = mixed.backtest(new).overall
    assert overall["standardised_mse"] == pytest.approx(np.mean(errors**2), rel=1e-5)
    np.testing.assert_allclose(forecasts[0], mixed.predict([1, 2]), rtol=1e-4)


@pytest.mark.parametrize(
    ("params", "end"),
    [
        ({"max_epochs": 0}, r"linear maps \d\.\d{4}, no network"),
        ({"attention": "identity", "patience": 1}, "it adds nothing, weight 0"),
        ({}, r"together \d\.\d{4} \(weight 0\.\d\d\)"),
    ],
)
def test_the_last_line_says_what_each_part_was_worth(
    make_mixture, pair, params, end, capsys
):
    model = make_mixture(verbose=1, **params).fit(pair)
    *_, last = capsys.readouterr().err.strip().splitlines()
    assert re.search(end + "$", last)
    if model.network_weight_ and params == {}:
        assert f"weight {model.network_weight_:.2f}" in last


def test_no_epoch_needs_a_map(make_mixture, make_model, pair, tmp_path):
    with pytest.raises(ValueError, match="max_epochs must be"):
        make_mixture(linear_maps=None, max_epochs=0).fit(pair)
    # Weights from elsewhere do not call for a network that is not to be trained.
    make_mixture(linear_maps=None, max_epochs=1).fit(pair).save_weights(tmp_path / "w")
    start = {"initial_weights": str(tmp_path / "w"), "validation_fraction": 0.2}
    assert make_mixture(max_epochs=0, **start).fit(pair[:200]).network_ is None
    trained = make_mixture(max_epochs=1, **start).fit(pair[:200])
    assert trained.network_weight_ == 1
    assert list(trained.members_["kind"]) == ["network"]


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("linear_maps", "both", "linear_maps must be one of 'auto', 'shared'"),
        ("refit_maps", 1, "refit_maps must be"),
        ("sp", 0, "sp must be"),
        ("context_length", 1, "context_length must be"),
    ],
)
def test_parameters_of_the_maps_are_checked(make_mixture, pair, name, value, error):
    with pytest.raises((TypeError, ValueError), match=error):
        make_mixture(**{name: value}).fit(pair)
