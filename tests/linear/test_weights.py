"""Weights of a mixture: by hand, by trying all, and what each member may expect."""

from itertools import combinations

import numpy as np
import pytest

from skts.linear._weights import mixture_weights


def products_of(n_members, seed, n_values=40):
    rng = np.random.default_rng(seed)
    residuals = rng.standard_normal((n_values, n_members))
    residuals += rng.standard_normal((n_values, 1)) * rng.uniform(0, 3, n_members)
    return residuals.T @ residuals / n_values


def objective(weights, products, shares, pull):
    scale = pull * products.diagonal().min()
    return weights @ products @ weights + (scale * (weights - shares) ** 2).sum()


def best_of_all_subsets(products, shares, pull):
    """Solve for each set of members that may have weight; keep the best allowed."""
    n = len(products)
    q = np.broadcast_to(pull * products.diagonal().min(), n)
    best = None
    for size in range(1, n + 1):
        for subset in map(list, combinations(range(n), size)):
            system = np.zeros((size + 1, size + 1))
            system[:size, :size] = products[np.ix_(subset, subset)] + np.diag(q[subset])
            system[:size, size] = system[size, :size] = 1
            weights = np.zeros(n)
            right = np.append((q * shares)[subset], 1)
            weights[subset] = np.linalg.solve(system, right)[:size]
            if (weights >= 0).all():
                value = objective(weights, products, shares, pull)
                if best is None or value < best[0]:
                    best = value, weights
    return best[1]


def test_two_members_by_hand():
    # Independent errors of variance 1 and 3: weights go as 3 to 1.
    weights = mixture_weights(np.diag([1.0, 3.0]), np.zeros(2), 0)
    assert weights == pytest.approx([0.75, 0.25])


@pytest.mark.parametrize("pull", [0, 0.1, 3])
@pytest.mark.parametrize("seed", range(15))
def test_weights_are_the_best_of_all(seed, pull):
    n = 2 + seed % 5
    products = products_of(n, seed)
    shares = np.zeros(n)
    shares[: n - 1] = 1 / (n - 1)
    weights = mixture_weights(products, shares, pull)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)
    expected = best_of_all_subsets(products, shares, pull)
    np.testing.assert_allclose(weights, expected, atol=1e-7)


def test_each_member_may_be_pulled_by_its_own_strength():
    products, shares = products_of(4, 3), np.array([0.5, 0.5, 0, 0])
    pulls = np.array([0.3, 0.3, 3, 0])
    weights = mixture_weights(products, shares, pulls)
    expected = best_of_all_subsets(products, shares, pulls)
    np.testing.assert_allclose(weights, expected, atol=1e-7)
    assert not np.allclose(weights, mixture_weights(products, shares, 0.3), atol=1e-3)


def test_twenty_members_satisfy_the_conditions_of_an_optimum():
    products = products_of(20, 0)
    weights = mixture_weights(products, np.full(20, 0.05), 0.1)
    gradient = products @ weights
    gradient += 0.1 * products.diagonal().min() * (weights - 0.05)
    inside = weights > 0
    assert 1 < inside.sum() < 20
    level = gradient[inside].mean()
    np.testing.assert_allclose(gradient[inside], level, rtol=1e-8)
    assert (gradient[~inside] >= level - 1e-8).all()


def test_a_strong_pull_gives_the_shares_and_units_have_no_say():
    products = products_of(4, 0)
    shares = np.array([0.5, 0.3, 0.2, 0])
    np.testing.assert_allclose(
        mixture_weights(products, shares, 1e9), shares, atol=1e-6
    )
    for pull in (0, 0.1):
        np.testing.assert_allclose(
            mixture_weights(1e6 * products, shares, pull),
            mixture_weights(products, shares, pull),
            atol=1e-9,
        )


def test_members_who_say_the_same_get_weights_that_add_up():
    products = np.array([[1.0, 1, 0], [1, 1, 0], [0, 0, 2]])
    weights = mixture_weights(products, np.array([0.5, 0.5, 0]), 0)
    assert weights[:2].sum() == pytest.approx(2 / 3)
    assert mixture_weights(products, np.array([0.5, 0.5, 0]), 1e-3)[
        :2
    ] == pytest.approx([1 / 3, 1 / 3], abs=1e-3)


def test_exact_members_are_no_division_by_zero():
    assert mixture_weights(np.zeros((2, 2)), np.zeros(2), 0.1).tolist() == [0.5, 0.5]
    assert mixture_weights(np.zeros((2, 2)), np.eye(2)[1], 0.1).tolist() == [0, 1]
    exact = mixture_weights(np.diag([0.0, 1]), np.array([0.5, 0.5]), 0.1)
    assert exact == pytest.approx([1, 0], abs=1e-9)
