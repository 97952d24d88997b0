"""The toy problem has a known answer, and so has the largest eigenvalue."""

import pytest
import torch
from torch.nn.functional import mse_loss

from skts.benchmarks._hessian import largest_eigenvalue
from skts.benchmarks._toy import NETWORKS, _forecast, make_data, run_cell
from skts.nn import SAMformer


def test_the_largest_eigenvalue_of_a_quadratic_is_found():
    torch.manual_seed(0)
    matrix = torch.randn(6, 6, dtype=torch.float64)
    matrix = matrix @ matrix.T
    a = torch.randn(2, dtype=torch.float64, requires_grad=True)
    b = torch.randn(2, 2, dtype=torch.float64, requires_grad=True)

    def loss():
        x = torch.cat([a, b.flatten()])
        return x @ matrix @ x / 2

    found = largest_eigenvalue(loss, [a, b])
    assert found == pytest.approx(float(torch.linalg.eigvalsh(matrix)[-1]), rel=1e-2)


@pytest.mark.parametrize("attention", ["channel", "none"])
def test_the_eigenvalue_of_a_network_is_that_of_its_hessian(attention):
    torch.manual_seed(0)
    network = SAMformer(
        2,
        3,
        2,
        hidden_size=2,
        n_heads=1,
        attention=attention,
        value_projection="factorised",
        head_init="glorot",
        sigma_reparam=False,
        use_revin=False,
    ).double()
    weights = dict(network.named_parameters())
    windows = torch.randn(20, 2, 3, dtype=torch.float64)
    targets = torch.randn(20, 2, 2, dtype=torch.float64)

    def loss(*values):
        given = dict(zip(weights, values, strict=True))
        wants_gradient = windows.clone().requires_grad_()
        forecast = torch.func.functional_call(network, given, wants_gradient)
        return mse_loss(forecast, targets)

    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        blocks = torch.autograd.functional.hessian(loss, tuple(weights.values()))
    hessian = torch.cat(
        [
            torch.cat([block.reshape(w.numel(), -1) for block in row], dim=1)
            for w, row in zip(weights.values(), blocks, strict=True)
        ]
    )
    eigenvalues = torch.linalg.eigvalsh(hessian)
    found = largest_eigenvalue(
        lambda: mse_loss(_forecast(network, windows), targets), list(weights.values())
    )
    largest = eigenvalues[eigenvalues.abs().argmax()]
    assert found == pytest.approx(float(largest), rel=1e-2)


def test_least_squares_comes_near_the_noise():
    train, valid = make_data((400, 100, 16, 4, 3, 1), seed=0)
    windows, targets = train.take(slice(None))
    assert (windows.shape, targets.shape) == ((400, 3, 16), (400, 3, 4))
    assert len(valid.take(slice(None))[0]) == 100


def test_the_toy_problem_is_solved_best_by_least_squares():
    results = {
        setting: run_cell(setting, seed=0, smoke=True)
        for setting in ("least-squares", *NETWORKS)
    }
    best = results.pop("least-squares")
    assert 0.7 < best["train_mse"] < 1 < best["valid_mse"] < 1.5
    for result in results.values():
        assert result["valid_mse"] > best["valid_mse"]
        assert result["largest_eigenvalue"] > 0
        assert len(result["valid_mse_by_epoch"]) == 2
    assert results["sam"]["valid_mse"] != results["transformer"]["valid_mse"]
