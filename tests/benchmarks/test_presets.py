"""Presets and published values are those of the papers, and cut the data as they do."""

import numpy as np
import pandas as pd
import pytest

from skts.benchmarks._clustering import SETS
from skts.benchmarks._presets import (
    load_split,
    preset,
    preset_parameters,
    published,
    season,
    split_sizes,
)
from skts.benchmarks._settings import SETTINGS, make_forecaster
from skts.forecasting import LSINetForecaster, SAMformerForecaster

N_ROWS = {
    "ETTh1": 17420,
    "ETTm2": 69680,
    "Weather": 52696,
    "Electricity": 26304,
    "Exchange": 7588,
    "Traffic": 17544,
}


@pytest.mark.parametrize(
    ("dataset", "horizon", "n_windows"),
    [
        ("ETTh1", 96, (8033, 2785, 2785)),
        ("ETTm2", 720, (33329, 10801, 10801)),
        ("Weather", 96, (36280, 5175, 10444)),
        ("Electricity", 336, (17565, 2297, 4925)),
        ("Exchange", 720, (4080, 41, 798)),
        ("Traffic", 192, (11577, 1565, 3317)),
    ],
)
def test_splits_give_the_windows_of_the_papers(dataset, horizon, n_windows):
    sizes = np.array(split_sizes(dataset, N_ROWS[dataset]))
    # Windows to validate and to test on reach back into the part before.
    context = np.array([512, 0, 0])
    assert tuple(sizes - context - horizon + 1) == n_windows


def test_the_validation_share_gives_back_the_training_rows(monkeypatch, tmp_path):
    monkeypatch.setenv("SKTS_DATA", str(tmp_path))
    for n_rows in (100, 101, 7588, 966):
        dates = pd.date_range("2000-01-01", periods=n_rows, freq="D")
        y = pd.DataFrame({"date": dates, "x": np.arange(n_rows)})
        y.to_csv(tmp_path / "exchange_rate.csv", index=False)
        seen, test, share = load_split("Exchange")
        train, valid, n_test = split_sizes("Exchange", n_rows)
        assert round(share * len(seen)) == valid
        assert (len(seen), len(test)) == (train + valid, n_test)
        assert test["x"].iloc[0] == train + valid
        assert train == int(0.7 * n_rows)
        assert n_test == int(0.2 * n_rows)


def test_a_set_with_uneven_dates_is_taken_row_by_row(monkeypatch, tmp_path):
    monkeypatch.setenv("SKTS_DATA", str(tmp_path))
    dates = pd.date_range("2020-01-01", periods=50, freq="10min").delete([10, 11])
    frame = pd.DataFrame({"date": dates, "x": range(48)})
    frame.to_csv(tmp_path / "weather.csv", index=False)
    seen, test, _ = load_split("Weather")
    assert isinstance(seen.index, pd.RangeIndex)
    assert len(seen) + len(test) == 48


def test_a_set_without_a_preset_is_split_like_most(monkeypatch, tmp_path):
    monkeypatch.setenv("SKTS_DATA", str(tmp_path))
    dates = pd.date_range("2020-01-01", periods=100, freq="h")
    frame = pd.DataFrame({"date": dates, "x": range(100)})
    frame.to_csv(tmp_path / "mine.csv", index=False)
    seen, test, share = load_split("mine")
    assert (len(seen), len(test), share) == (80, 20, 0.125)


def test_the_season_of_a_set_without_a_preset_is_found():
    hourly = make_dates("h", 200)
    assert season("mine", hourly) == 24
    assert season("mine", hourly[:20]) == 1  # a day is more than there is
    wave = pd.DataFrame({"x": np.tile([0.0, 1.0, 5.0, 2.0, 8.0, 3.0], 20)})
    assert season("mine", wave) == 6
    assert season("ETTm1", wave) == 96  # known, whatever the rows


def make_dates(step, n_rows):
    dates = pd.date_range("2020-01-01", periods=n_rows, freq=step)
    return pd.DataFrame({"x": range(n_rows)}, dates)


def test_the_preset_of_a_cell_is_that_of_table_4():
    found = preset_parameters("ETTm2", 96, "samformer")
    assert found == {"lr": 1e-3, "rho": 0.2}
    assert preset_parameters("Traffic", 192, "samformer") == {"lr": 1e-4, "rho": 0.1}
    assert preset_parameters("ETTh2", 336, "tsmixer")["rho"] == 0
    assert preset_parameters("ETTh2", 720, "lsinet")["context_length"] == 896


@pytest.mark.parametrize(("dataset", "horizon"), [("ILI", 24), ("ETTh1", 24)])
def test_a_cell_that_no_paper_has_is_an_error(dataset, horizon):
    with pytest.raises(ValueError, match=f"settings of samformer for {dataset} at"):
        make_forecaster(dataset, horizon, "samformer-paper")


def test_every_preset_has_a_value_per_horizon():
    for dataset in [*N_ROWS, "ETTh2", "ETTm1", "ILI", "other"]:
        known = preset(dataset)
        for parameters in known.values():
            for value in parameters.values() if isinstance(parameters, dict) else ():
                if isinstance(value, list):
                    assert len(value) == len(known["horizons"])


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_makes_a_forecaster_with_sound_parameters(setting):
    make_forecaster("ETTm1", 336, setting)._check_parameters()


LONG = {"linear_maps": None, "windows_per_epoch": None, "lr": 1e-4}
LONG_LSINET = LONG | {"hidden_size": 128, "dropout": 0.3, "batch_size": 128}
LONG_LSINET |= {"lr_schedule": "decay", "max_epochs": 30, "patience": 10}
LONG |= {"lr_schedule": "cosine", "max_epochs": 300, "patience": 5}


@pytest.mark.parametrize(
    ("setting", "forecaster", "changes"),
    [
        ("samformer", SAMformerForecaster(), {"refit_maps": False}),
        ("lsinet", LSINetForecaster(), {"refit_maps": False}),
        ("maps", SAMformerForecaster(max_epochs=0), {"refit_maps": False}),
        ("samformer-alone", SAMformerForecaster(512, **LONG), {}),
        ("samformer-no-sam", SAMformerForecaster(512, **LONG), {"rho": 0.0}),
        (
            "samformer-paper",
            SAMformerForecaster(512, **LONG),
            {"rho": 0.9, "lr": 1e-3, "head_init": "glorot"},
        ),
        ("lsinet-alone", LSINetForecaster(384, **LONG_LSINET), {}),
        (
            "lsinet-no-penalty",
            LSINetForecaster(384, **LONG_LSINET),
            {"sparsity_interval": 0},
        ),
    ],
)
def test_stored_settings_keep_their_meaning(setting, forecaster, changes):
    changes = changes | {"horizon": 336, "validation_fraction": 0.25}
    expected = forecaster.set_params(**changes).get_params()
    assert make_forecaster("ETTh1", 336, setting).get_params() == expected


def test_published_errors_are_those_of_the_tables():
    errors = published("forecasting")
    assert errors.index.is_unique
    assert errors["mse"]["SAMformer", "ETTh1", 96] == 0.381
    assert errors["mae"]["TSMixer+SAM", "Weather", 720] == 0.341
    assert errors["mse_std"]["Identity attention", "ETTh1", 720] == 0.107
    assert ("Temporal attention", "Traffic", 720) not in errors.index
    means = errors.loc["SAMformer"].groupby("dataset")[["mse", "mae"]].mean()
    assert means.loc["ETTm2"].tolist() == pytest.approx([0.269, 0.327], abs=6e-4)
    assert means.loc["Traffic"].tolist() == pytest.approx([0.425, 0.297], abs=6e-4)


def test_published_agreement_is_that_of_the_tables():
    agreement = published("clustering")
    assert agreement.index.is_unique
    mean = agreement.loc["LoSTer"][["ri", "nmi"]].mean().round(4)
    assert mean.tolist() == [0.8259, 0.5181]
    mean = agreement.loc["LoSTer without contrastive learning"][["ri", "nmi"]].mean()
    assert mean.round(4).tolist() == [0.8193, 0.4993]
    assert set(SETS) < set(agreement.loc["LoSTer"].index)
