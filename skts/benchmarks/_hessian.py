"""How sharp a minimum is: the largest eigenvalue of the Hessian of a loss."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

MAX_ITERATIONS = 100
TOL = 1e-3


def largest_eigenvalue(
    compute_loss: Callable[[], Tensor], weights: Sequence[Tensor]
) -> float:
    """Return the eigenvalue of largest size by power iteration.

    Each iteration multiplies a direction by the Hessian, as the gradient of its product
    with the gradient; the Hessian itself is never formed.
    """
    # Of torch's ways to attend, only this one can be differentiated twice.
    with sdpa_kernel(SDPBackend.MATH):
        gradient = torch.autograd.grad(compute_loss(), weights, create_graph=True)
    direction = [torch.randn_like(weight) for weight in weights]
    eigenvalue = 0.0
    for _ in range(MAX_ITERATIONS):
        length = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(direction)))
        direction = list(torch._foreach_div(direction, length))
        product = torch.autograd.grad(
            gradient, weights, direction, retain_graph=True, materialize_grads=True
        )
        last = eigenvalue
        eigenvalue = sum(
            float((v * p).sum()) for v, p in zip(direction, product, strict=True)
        )
        if abs(eigenvalue - last) <= TOL * abs(eigenvalue):
            break
        direction = list(product)
    return eigenvalue
