"""Every tensor is created on the estimator's device."""

import pickle
from functools import partial
from itertools import chain

import numpy as np
import pandas as pd
import pytest
import torch

from skts.clustering import LoSTerClusterer
from skts.data import ShuffledBatches
from skts.forecasting import LSINetForecaster, SAMformerForecaster
from skts.models import channel_errors, prepare_batch, recipe_of, window_loss
from skts.regression import LSINetRegressor, SAMformerRegressor

META = torch.device("meta")
needs_cuda = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs a CUDA device"
)


@pytest.fixture
def y():
    rng = np.random.default_rng(0)
    index = pd.date_range("2024", periods=60, freq="h")
    values = np.column_stack([rng.normal(size=(60, 2)).cumsum(0), np.full(60, 5.0)])
    return pd.DataFrame(values, index=index, columns=list("abc"))


def make(device, forecaster=SAMformerForecaster, **changed):
    settings = {"max_epochs": 2, "batch_size": 8, "lr": 0.01, "random_state": 0}
    settings["linear_maps"] = None
    return forecaster(10, 4, device=device, **(settings | changed))


def use_everything(forecaster, y):
    """Go through all that computes; return every number that came out."""
    head, tail = y[:44], y[44:]
    forecaster.fit(head)
    results = [forecaster.predict(fh=[1, 3]), *forecaster.predict_windows(tail[:-1])]
    results.append(forecaster.score(tail))
    if isinstance(forecaster, LSINetForecaster):
        results.append(forecaster.connection_matrix_)
    elif forecaster.attention not in ("identity", "none"):
        results.append(forecaster.attention_matrix())
        results.append(forecaster.attention_matrix(head))
    forecaster.update(tail, update_params=True)
    results.append(forecaster.predict(fh=[1, 3]))
    results += [weight.detach().cpu() for weight in forecaster.network_.parameters()]
    return [np.asarray(result, dtype=float) for result in results]


VARIANTS = [
    {},
    {"rho": 0.0, "attention": "temporal", "validation_fraction": 0},
    {"attention": "random", "use_revin": False, "standardize": False},
    {"attention": "none", "adaptive": True, "lr_schedule": "constant"},
    {"attention": "identity", "value_projection": "full"},
    {"n_heads": 2, "sigma_reparam": True, "head_init": "glorot"},
    {"forecaster": LSINetForecaster, "hidden_size": 8, "sparsity_interval": 1},
    {"forecaster": LSINetForecaster, "hidden_size": 8, "n_connection_groups": 3},
]


@pytest.mark.parametrize("changed", VARIANTS, ids=str)
def test_no_tensor_is_left_to_the_default_device(y, changed):
    # A tensor made without a device would land on "meta", which holds no numbers.
    expected = use_everything(make("cpu", **changed), y)
    torch.set_default_device(META)
    try:
        results = use_everything(make("cpu", **changed), y)
    finally:
        torch.set_default_device(None)
    for result, wanted in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result, wanted)


@pytest.mark.parametrize("changed", VARIANTS, ids=str)
def test_a_training_step_elsewhere_touches_nothing_on_the_cpu(y, changed):
    # The meta device refuses to compute with tensors of the CPU, as a GPU does.
    forecaster = make("cpu", **changed).fit(y)
    series = forecaster._only.units.standardise(y.to_numpy()).to(META)
    windows = forecaster._model.windows(series, np.arange(40), 4)
    assert series.device == windows.starts.device == META
    recipe = recipe_of(forecaster)
    with META:
        network = recipe.build(3, 10, 4)
    assert {t.device for t in chain(network.parameters(), network.buffers())} == {META}
    optimizer = recipe.make_optimizer(network)
    compute_loss = window_loss(network, "float32", False, META)
    prepare = partial(prepare_batch, network)
    for batch in ShuffledBatches(windows, 16, 0, prepare):
        assert {tensor.device for tensor in batch} == {META}

        def closure(batch=batch):
            optimizer.zero_grad()
            loss = compute_loss(batch)
            if loss.requires_grad:
                loss.backward()
            return loss.detach()

        assert optimizer.step(closure).device == META
    errors, _ = channel_errors(torch.no_grad()(network), windows)
    assert errors.device == META


def regress(device, regressor):
    """Fit windows and forecast from them; return every number that came out."""
    X, y = np.split(np.random.default_rng(0).standard_normal((30, 14, 2)), [10], axis=1)
    model = regressor(max_epochs=2, batch_size=8, device=device, random_state=0)
    model.fit(X, y)
    results = [model.predict(X), model.score(X, y)]
    results += [weight.detach().cpu() for weight in model.network_.parameters()]
    return model, [np.asarray(result, dtype=float) for result in results]


REGRESSORS = [SAMformerRegressor, LSINetRegressor]


@pytest.mark.parametrize("regressor", REGRESSORS)
def test_the_regressors_leave_no_tensor_to_the_default_device(regressor):
    _, expected = regress("cpu", regressor)
    torch.set_default_device(META)
    try:
        _, results = regress("cpu", regressor)
    finally:
        torch.set_default_device(None)
    for result, wanted in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result, wanted)


def cluster(device):
    """Cluster some series; return every number that came out."""
    X = np.random.default_rng(0).standard_normal((30, 20)).cumsum(1)
    small = {"hidden_size": 8, "pretrain_epochs": 2, "max_epochs": 2, "tol": 0}
    model = LoSTerClusterer(3, **small, device=device, random_state=0).fit(X)
    results = [model.labels_, model.predict_proba(X), model.embed(X)]
    results += [model.cluster_centers_, model.latent_centers_, model.score(X)]
    return model, [np.asarray(result, dtype=float) for result in results]


def test_the_clusterer_leaves_no_tensor_to_the_default_device():
    _, expected = cluster("cpu")
    torch.set_default_device(META)
    try:
        _, results = cluster("cpu")
    finally:
        torch.set_default_device(None)
    for result, wanted in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result, wanted)


# On a GPU -------------------------------------------------------------------------


@needs_cuda
@pytest.mark.gpu
@pytest.mark.parametrize("changed", VARIANTS, ids=str)
def test_everything_works_on_cuda_and_stays_there(y, changed):
    forecaster = make("cuda", **changed)
    first = use_everything(forecaster, y)
    assert forecaster.device_.type == "cuda"
    assert {w.device.type for w in forecaster.network_.parameters()} == {"cuda"}
    assert all(np.isfinite(result).all() for result in first)
    second = use_everything(make("cuda", **changed), y)
    for result, again in zip(second, first, strict=True):
        np.testing.assert_allclose(result, again, rtol=1e-5, atol=1e-6)


@needs_cuda
@pytest.mark.gpu
@pytest.mark.parametrize("regressor", REGRESSORS)
def test_the_regressors_work_on_cuda_and_stay_there(regressor):
    model, results = regress("cuda", regressor)
    assert {w.device.type for w in model.network_.parameters()} == {"cuda"}
    for result, again in zip(results, regress("cuda", regressor)[1], strict=True):
        np.testing.assert_allclose(result, again, rtol=1e-5, atol=1e-6)


@needs_cuda
@pytest.mark.gpu
def test_the_clusterer_works_on_cuda_and_stays_there():
    model, results = cluster("cuda")
    assert {w.device.type for w in model.network_.parameters()} == {"cuda"}
    assert all(np.isfinite(result).all() for result in results)
    for result, again in zip(results, cluster("cuda")[1], strict=True):
        np.testing.assert_allclose(result, again, rtol=1e-4, atol=1e-5)


@needs_cuda
@pytest.mark.gpu
def test_the_same_weights_forecast_the_same_on_cuda_and_cpu(y):
    forecaster = make("cuda").fit(y)
    on_cuda = forecaster.predict(fh=[1, 4])
    forecaster.network_.to("cpu")
    forecaster.device_ = torch.device("cpu")
    # float32 sums in another order
    np.testing.assert_allclose(
        forecaster.predict(fh=[1, 4]), on_cuda, rtol=1e-4, atol=1e-5
    )


@needs_cuda
@pytest.mark.gpu
def test_fitting_on_cuda_leaves_all_generators_untouched(y):
    states = torch.get_rng_state(), *torch.cuda.get_rng_state_all()
    make("cuda").fit(y)
    after = torch.get_rng_state(), *torch.cuda.get_rng_state_all()
    assert all(map(torch.equal, states, after))


@needs_cuda
@pytest.mark.gpu
def test_bf16_trains_on_cuda_where_it_is_there(y):
    if not torch.cuda.is_bf16_supported(including_emulation=False):
        pytest.skip("this GPU has no bfloat16 arithmetic")
    forecaster = make("cuda", precision="bf16").fit(y)
    assert {w.dtype for w in forecaster.network_.parameters()} == {torch.float32}
    assert np.isfinite(forecaster.predict(fh=[1])).all(axis=None)


def mix(device):
    """Return a mixture that has been updated, and what it forecast before and after."""
    time = np.arange(3000.0)
    noise = np.random.default_rng(0).standard_normal((3000, 2))
    values = np.sin(time[:, None] / [3.0, 7.0]) + 0.3 * noise
    rows = pd.DataFrame(values, index=pd.date_range("2020", periods=3000, freq="h"))
    model = SAMformerForecaster(
        48, 4, max_epochs=2, lr=0.01, device=device, random_state=0
    ).fit(rows[:2900])
    results = [model.predict(fh=[1, 4]), *model.predict_windows(rows[2800:])]
    results.append(model.predict_interval(fh=[1, 4]))
    model.update(rows[2900:])
    return model, [*results, model.predict(fh=[1, 4])]


def test_a_mixture_is_used_on_the_cpu():
    model, results = mix("cpu")
    assert len(model.members_) > 3
    assert all(np.isfinite(result).all(axis=None) for result in results)


@needs_cuda
@pytest.mark.gpu
def test_a_mixture_forecasts_the_same_on_cuda_and_cpu():
    model, on_cuda = mix("cuda")
    assert model.device_.type == "cuda"
    for result, expected in zip(on_cuda, mix("cpu")[1], strict=True):
        np.testing.assert_allclose(result, expected, rtol=1e-2, atol=1e-2)
    model.device = "cpu"
    moved = pickle.loads(pickle.dumps(model))
    np.testing.assert_allclose(
        moved.predict(fh=[1, 4]), on_cuda[-1], rtol=1e-4, atol=1e-4
    )
