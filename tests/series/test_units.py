"""Units of channels: as they are measured, whatever the chunks."""

import numpy as np
import pytest
import torch

from skts.series import _units, measure_units


@pytest.mark.parametrize("chunk", [1, 50, 2**20])
@pytest.mark.parametrize("shape", [(7, 3, 2), (21, 2)])
def test_units_and_tensors_do_not_depend_on_the_chunks(monkeypatch, chunk, shape):
    monkeypatch.setattr(_units, "CHUNK", chunk)
    values = np.random.default_rng(0).normal([5, 1e6], [1, 10], size=shape)
    rows = values.reshape(-1, 2)
    units = measure_units(values, standardize=True)
    np.testing.assert_allclose(units.center, rows.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(units.scale, rows.std(axis=0), rtol=1e-9)
    tensor = units.standardise(values)
    assert tensor.shape == values.swapaxes(-1, -2).shape
    assert tensor.dtype == torch.float32
    assert tensor.is_contiguous()
    expected = ((values - rows.mean(axis=0)) / rows.std(axis=0)).swapaxes(-1, -2)
    # a million would leave single precision two digits of a deviation of ten
    np.testing.assert_allclose(tensor, expected, atol=1e-6)


@pytest.mark.parametrize("standardize", [True, False])
def test_what_is_standardised_is_restored(standardize):
    values = np.random.default_rng(0).normal([5, -3], [1, 10], size=(9, 2))
    values[:, 1] = 7.25
    units = measure_units(values, standardize)
    back = units.restore(units.standardise(values).numpy())
    np.testing.assert_allclose(back, values, rtol=1e-6)
    assert units.still.tolist() == [False, True]
    # A channel at rest is measured from where it stands, in its own unit of 1.
    assert units.offset.tolist() == [units.center[0] * standardize, 7.25]
    assert units.factor.tolist() == [units.scale[0] if standardize else 1, 1]
