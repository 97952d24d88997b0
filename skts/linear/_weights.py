"""Weights of a mixture: at least 0, of sum 1, from products of residuals."""

import numpy as np

# Relative to the mean squared residual, so that equal members have one answer.
ROUNDING = 1e-12


def mixture_weights(
    products: np.ndarray, shares: np.ndarray, pull: float | np.ndarray
) -> np.ndarray:
    """Return the weights of least error, pulled towards shares.

    They minimise ``w' Q w + sum of q (w - shares)^2`` over ``w >= 0`` of sum 1, with
    ``Q`` the mean products of the members' residuals, so ``w' Q w`` is the mixture's
    mean squared error, and ``q`` the pull times the least error of a member.

    Parameters
    ----------
    products : ndarray of shape (n, n)
        Mean products of residuals of each pair of members.
    shares : ndarray of shape (n,)
        Weights that are pulled towards.
    pull : float or ndarray of shape (n,)
        Strength of the pull, of all members or of each. 0 believes the residuals alone.

    Notes
    -----
    An active-set method: from the best member alone, let in the member that lowers the
    error fastest, solve for all that are in, and drop who would fall below 0. Each
    round lowers the error, so it ends, and no start or step size has a say.
    """
    n = len(products)
    errors = products.diagonal()
    scale = max(errors.min(), ROUNDING * errors.max())
    if scale <= 0:  # every member is exact
        return shares / shares.sum() if shares.any() else np.full(n, 1 / n)
    pulls = np.broadcast_to(pull, n)
    hessian = products / scale + np.diag(pulls + ROUNDING)
    target = pulls * shares
    best = int(np.argmin(hessian.diagonal() - 2 * target))
    weights = np.eye(n)[best]
    inside = weights > 0
    for _ in range(10 * n):
        gradient = hessian @ weights - target
        level = weights @ gradient
        gain = np.where(inside, 0, level - gradient)
        entering = int(np.argmax(gain))
        if gain[entering] <= 1e-10:
            break
        inside[entering] = True
        weights = _solve_inside(hessian, target, weights, inside)
    normed: np.ndarray = weights / weights.sum()
    return normed


def _solve_inside(
    hessian: np.ndarray, target: np.ndarray, weights: np.ndarray, inside: np.ndarray
) -> np.ndarray:
    """Move to the optimum of the members inside, dropping those that reach 0."""
    while True:
        goal = np.zeros_like(weights)
        goal[inside] = _optimum(hessian[np.ix_(inside, inside)], target[inside])
        falling = inside & (goal < 0)
        if not falling.any():
            return goal
        steps = weights[falling] / (weights[falling] - goal[falling])
        weights = weights + steps.min() * (goal - weights)
        inside &= weights > 1e-14
        weights = np.where(inside, weights, 0)


def _optimum(hessian: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the weights of sum 1, of any sign, of least ``w'Hw/2 - target'w``."""
    free, ones = np.linalg.solve(hessian, np.stack([target, np.ones(len(target))]).T).T
    optimum: np.ndarray = free + ones * (1 - free.sum()) / ones.sum()
    return optimum
