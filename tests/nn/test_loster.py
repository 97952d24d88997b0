"""LoSTer's networks and losses against slow twins and known values."""

from math import log

import numpy as np
import pytest
import torch
from torch import nn
from torch.testing import assert_close

from skts.nn import LoSTer
from skts.nn._losses import (
    assignment,
    cluster_losses,
    contrastive_loss,
    kmeans_loss,
    neighbor_loss,
)
from skts.nn._loster import ResidualBlock

SIZES = {"hidden_size": 6, "n_layers": 3, "dropout": 0.0}


def make(n_features=10, n_clusters=3, **changed):
    torch.manual_seed(0)
    network = LoSTer(n_features, n_clusters, **(SIZES | changed)).double()
    with torch.no_grad():
        for weight in network.parameters():
            weight.normal_()
    return network


class PlainBlock(nn.Module):
    """A block of one view, out of torch's own layers."""

    def __init__(self, block, view):
        super().__init__()
        self.first, self.second, self.skip = (
            plain_linear(layer, view)
            for layer in (block.first, block.second, block.skip)
        )
        self.norm = None
        if hasattr(block, "gain"):
            self.norm = nn.LayerNorm(block.gain.shape[-1]).double()
            self.norm.weight.data = block.gain[view, 0].detach().clone()
            self.norm.bias.data = block.shift[view, 0].detach().clone()

    def forward(self, x):
        y = self.second(torch.relu(self.first(x))) + self.skip(x)
        return y if self.norm is None else self.norm(y)


def plain_linear(layer, view):
    plain = nn.Linear(*layer.weight.shape[1:]).double()
    plain.weight.data = layer.weight[view].detach().T.clone()
    plain.bias.data = layer.bias[view, 0].detach().clone()
    return plain


@pytest.mark.parametrize("n_layers", [1, 2, 3])
def test_both_views_at_once_equal_two_networks_one_after_the_other(n_layers):
    network = make(n_layers=n_layers)
    x = torch.randn(2, 7, 10, dtype=torch.float64)
    z = network.encode(x)
    decoded = network.decode(z)
    decoded.square().sum().backward()
    for view in range(2):
        encoder = nn.Sequential(*(PlainBlock(b, view) for b in network.encoder))
        decoder = nn.Sequential(*(PlainBlock(b, view) for b in network.decoder))
        plain_z = encoder(x[view])
        plain = decoder(plain_z)
        assert_close(z[view], plain_z)
        assert_close(decoded[view], plain)
        plain.square().sum().backward()
        first = encoder[0].first.weight.grad.T
        assert_close(network.encoder[0].first.weight.grad[view], first)


def test_the_first_view_alone_needs_nothing_of_the_second():
    network = make()
    x = torch.randn(2, 7, 10, dtype=torch.float64)
    assert_close(network.encode(x[:1])[0], network.encode(x)[0])


@pytest.mark.parametrize(
    ("length", "expected"),
    [(60, 985720), (427, 1362262), (1024, 1974784), (1639, 2605774)],
)
def test_parameter_count_is_that_of_the_authors_code(length, expected):
    sizes = {"hidden_size": 256, "n_layers": 3, "dropout": 0.1}
    network = LoSTer(length, 6, **sizes)
    count = sum(weight.numel() for weight in network.parameters())
    assert count == 2 * expected + 2 * 6 * 256


def test_the_last_block_is_not_normalised():
    network = make()
    x = torch.randn(1, 7, 10, dtype=torch.float64)
    z, decoded = network.encode(x), network.decode(network.encode(x))
    gain, shift = network.encoder[-1].gain[0], network.encoder[-1].shift[0]
    normal = (z[0] - shift) / gain
    assert_close(normal.mean(-1), torch.zeros(7, dtype=torch.float64))
    assert decoded[0].mean(-1).abs().min() > 1e-3


def test_squared_distances_by_hand():
    network = make()
    z = torch.randn(2, 5, 6, dtype=torch.float64)
    differences = z.unsqueeze(2) - network.centers.unsqueeze(1)
    assert_close(network.squared_distances(z), differences.square().sum(-1))


# Losses ---------------------------------------------------------------------------


def naive_contrast(a, b):
    """Both directions, pair by pair; each row's negatives are all but itself."""
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
    total = 0.0
    for one, other in ((a, b), (b, a)):
        for i in range(len(one)):
            positive = one[i] @ other[i]
            negatives = [one[i] @ other[j] for j in range(len(one)) if j != i]
            negatives += [one[i] @ one[j] for j in range(len(one)) if j != i]
            denominator = np.exp([positive, *negatives]).sum()
            total -= (positive - log(denominator)) / len(one)
    return total


def test_contrast_pair_by_pair():
    views = torch.randn(2, 6, 4, dtype=torch.float64)
    expected = naive_contrast(*views.numpy())
    assert float(contrastive_loss(views)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n_rows", [1, 6, 128])
def test_contrast_of_rows_that_are_all_alike(n_rows):
    views = torch.ones(2, n_rows, 5)
    expected = 2 * log(2 * n_rows - 1)  # 11.08 at 128
    assert float(contrastive_loss(views)) == pytest.approx(expected, abs=1e-5)


def test_kmeans_loss_by_hand():
    z = torch.tensor([[[1.0, 2.0], [4.0, 0.0]]])
    centers = torch.tensor([[[0.0, 0.0], [3.0, 1.0]]])
    assigned = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    assert float(kmeans_loss(z, assigned, centers)) == (1 + 4 + 1 + 1) / 4


def test_neighbor_loss_by_hand():
    z = torch.tensor([[[1.0, 2.0], [4.0, 0.0]], [[0.0, 0.0], [3.0, 3.0]]])
    target = torch.tensor([[0.0, 0.0], [3.0, 3.0]])
    assert float(neighbor_loss(z, target)) == (1 + 4 + 1 + 9) / 8


def test_a_view_alone_is_contrasted_with_nothing():
    network = make(n_views=1)
    x = torch.randn(1, 7, 10, dtype=torch.float64)
    z = network.encode(x)
    assert network.decode(z).shape == x.shape
    assert float(contrastive_loss(z)) == 0
    assigned = assignment(network.squared_distances(z), 1.0)
    contrast, entropy = cluster_losses(assigned)
    assert contrast.item() == 0 > entropy.item()


def test_cluster_losses_by_hand():
    assigned = nn.functional.one_hot(torch.tensor([[0, 0, 1], [2, 0, 1]]), 3).double()
    contrast, entropy = cluster_losses(assigned)
    on, off = np.e / (np.e + 2), 1 / (np.e + 2)  # softmax of a one-hot row
    shares = np.where(assigned.numpy() == 1, on, off)
    expected = naive_contrast(*shares.transpose(0, 2, 1))
    assert float(contrast) == pytest.approx(expected, rel=1e-12)
    sizes = shares.mean(axis=1)
    assert float(entropy) == pytest.approx((sizes * np.log(sizes)).sum(), rel=1e-12)


def test_entropy_is_lowest_where_clusters_have_one_size():
    even = nn.functional.one_hot(torch.arange(6).repeat(2, 4), 6).double()
    assert float(cluster_losses(even)[1]) == pytest.approx(-2 * log(6))


def test_assignments_are_one_hot_and_mostly_the_nearest():
    torch.manual_seed(0)
    distances = torch.tensor([[[0.0, 50.0, 60.0], [70.0, 80.0, 1.0]]]).expand(2, 2, 3)
    drawn = assignment(distances, 10.0)
    assert drawn.sum(-1).eq(1).all()
    assert drawn.argmax(-1).tolist() == [[0, 2]] * 2


def test_assignments_are_drawn_with_the_probabilities_of_the_softmax():
    torch.manual_seed(0)
    distances = torch.tensor([0.0, 1.0, 2.0]).expand(1, 20000, 3)
    shares = assignment(distances, 0.5)[0].mean(0)
    assert_close(shares, (-distances[0, 0]).softmax(-1), atol=0.02, rtol=0)


def test_a_sampled_assignment_passes_the_gradient_of_a_tempered_softmax():
    distances = torch.rand(1, 4, 3, dtype=torch.float64, requires_grad=True)
    values = torch.randn(1, 4, 3, dtype=torch.float64)
    torch.manual_seed(0)
    (assignment(distances, 0.7) * values).sum().backward()
    twin = distances.detach().clone().requires_grad_()
    torch.manual_seed(0)
    noise = -torch.empty_like(twin).exponential_().log()
    soft = (((-twin).log_softmax(-1) + noise) / 0.7).softmax(-1)
    (soft * values).sum().backward()
    assert_close(distances.grad, twin.grad)
    assert distances.grad.abs().max() > 1e-3


def test_dropout_acts_on_the_main_branch_alone():
    torch.manual_seed(0)
    block = ResidualBlock(10, 6, 0.5).double()
    with torch.no_grad():
        block.second.weight.zero_()
        block.second.bias.zero_()  # nothing is left on the main branch
    x = torch.randn(2, 7, 10, dtype=torch.float64)
    assert torch.equal(block.train()(x), block.eval()(x))
    with torch.no_grad():
        block.second.weight.normal_()
    assert not torch.equal(block.train()(x), block.eval()(x))


def test_the_gradient_reaches_encoder_decoder_and_centres():
    network = make()
    x = torch.randn(2, 7, 10, dtype=torch.float64)
    z = network.encode(x)
    assigned = assignment(network.squared_distances(z), 1.0)
    loss = kmeans_loss(z, assigned, network.centers) + contrastive_loss(z)
    loss = loss + sum(cluster_losses(assigned)) + network.decode(z).square().mean()
    loss.backward()
    assert all(weight.grad.abs().sum() > 0 for weight in network.parameters())
