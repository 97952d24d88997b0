"""Missing points of series lie between the known ones beside them."""

import numpy as np
import pandas as pd
import pytest
from sktime.datatypes import convert_to

from skts.clustering import LoSTerClusterer

N, LENGTH = 30, 24


def two_kinds(seed=0):
    """Return rising and falling waves, one after the other."""
    rng = np.random.default_rng(seed)
    time = np.linspace(0, 1, LENGTH)
    kinds = np.stack([np.sin(6 * time), np.cos(9 * time)])
    return np.tile(kinds, (N // 2, 1)) + 0.1 * rng.standard_normal((N, LENGTH))


def spoil(X, share=0.1, seed=0):
    missing = np.random.default_rng(seed).random(X.shape) < share
    return np.where(missing, np.nan, X)


@pytest.fixture(scope="module")
def make():
    def make(**params):
        tiny = {"hidden_size": 8, "pretrain_epochs": 5, "max_epochs": 2, "tol": 1}
        return LoSTerClusterer(2, **{**tiny, **params}, random_state=0)

    return make


@pytest.fixture(scope="module")
def fitted(make):
    return make(standardize=False).fit(two_kinds())


def test_points_lie_on_lines_and_ends_stay(fitted):
    X = np.tile(np.arange(LENGTH, dtype=float), (2, 1))
    holes = X.copy()
    holes[0, [3, 4, 10]] = np.nan
    holes[1, :4] = holes[1, -2:] = np.nan
    X[1, :4], X[1, -2:] = 4, LENGTH - 3
    np.testing.assert_allclose(fitted.prepare(holes)[:, 0], X)
    assert np.isnan(holes).sum() == 9  # the caller's stay as they are


def test_filled_series_are_clustered_alike_in_every_form(make):
    X = spoil(two_kinds())
    filled = pd.DataFrame(X.T).interpolate(limit_direction="both").to_numpy().T
    expected = make().fit(filled)
    forms = [X, pd.DataFrame(X), X[:, None]]
    forms += [
        convert_to(X[:, None], mtype, "Panel")
        for mtype in ("pd-multiindex", "nested_univ", "df-list")
    ]
    for form in forms:
        model = make().fit(form)
        np.testing.assert_array_equal(model.labels_, expected.labels_)
        np.testing.assert_array_equal(model.predict(form), model.labels_)
        np.testing.assert_allclose(model.embed(form), expected.embed(filled), atol=1e-4)
    truth = np.arange(N) % 2
    assert max(np.mean(model.labels_ == truth), np.mean(model.labels_ != truth)) > 0.9


def test_missing_points_of_unequal_series(make):
    frames = [
        pd.DataFrame({"a": spoil(row[None])[0][: LENGTH - i % 3]})
        for i, row in enumerate(two_kinds())
    ]
    panel = convert_to(frames, "pd-multiindex", "Panel")
    assert np.isfinite(make(length=20).fit(panel).embed(panel)).all()


def test_a_series_of_which_too_much_is_missing_is_named(make, fitted):
    X = two_kinds()
    X[7, :19] = np.nan
    message = "at most 75% of their points missing, as NaN, but of series {} it is 79%"
    with pytest.raises(ValueError, match=message.format(7)):
        make().fit(X)
    with pytest.raises(ValueError, match=message.format(7)):
        fitted.predict(X)
    names = [f"pump {i}" for i in range(N)]
    frames = {n: pd.DataFrame({"a": row}) for n, row in zip(names, X, strict=True)}
    panel = pd.concat(frames, names=["name", "time"])
    with pytest.raises(ValueError, match=message.format("'pump 7'")):
        make().fit(panel)
