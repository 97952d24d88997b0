"""The terms of LoSTer's loss, as the authors' code computes them.

The manuscript writes four things differently: reconstruction and k-means as sums (code:
means), half of each contrastive term, other pairs in its denominators (code: those of
NT-Xent, Chen et al., ICML 2020), and no second softmax over the sampled assignments.
`neighbor_loss` is not the paper's.

Axes: ``V`` views, ``B`` series, ``d`` hidden size, ``K`` clusters.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from skts._random import generator_for


def assignment(squared_distances: Tensor, temperature: float) -> Tensor:
    """Draw one-hot assignments ``(V, B, K)`` that pass a relaxed gradient.

    A centre is the more probable the nearer: ``softmax(-squared_distances)``.
    """
    logits = F.log_softmax(-squared_distances, dim=-1)
    # As torch's gumbel_softmax, which takes no generator.
    noise = torch.empty_like(logits).exponential_(
        generator=generator_for(logits.device)
    )
    soft = ((logits - noise.log()) / temperature).softmax(dim=-1)
    hard = torch.zeros_like(soft).scatter_(-1, soft.argmax(-1, keepdim=True), 1.0)
    return hard - soft.detach() + soft


def kmeans_loss(z: Tensor, assigned: Tensor, centers: Tensor) -> Tensor:
    """Return the mean squared distance to the assigned centre, per latent dimension."""
    return F.mse_loss(torch.bmm(assigned, centers), z)


def contrastive_loss(views: Tensor) -> Tensor:
    """Return how badly the rows of two views ``(2, n, m)`` find each other.

    Each row is to be more similar to its partner in the other view than to all other
    rows of both views. Cosine similarity at temperature 1; the sum of both directions,
    each a mean over rows. A view alone has nothing to be contrasted with: 0.
    """
    if len(views) == 1:
        return views.new_zeros(())
    n_rows = views.shape[1]
    rows = F.normalize(views, dim=-1).flatten(0, 1)  # (2 n, m)
    similarity = rows @ rows.T
    similarity = similarity.masked_fill(
        torch.eye(2 * n_rows, dtype=torch.bool, device=rows.device), -torch.inf
    )
    partner = torch.arange(2 * n_rows, device=rows.device).roll(n_rows)
    return 2 * F.cross_entropy(similarity, partner)


def cluster_losses(assigned: Tensor) -> tuple[Tensor, Tensor]:
    """Return the contrast between clusters and the negative entropy of their sizes.

    Both start from a softmax over the sampled assignment. A cluster is described by the
    column of its share in every series of the batch.
    """
    shares = assigned.softmax(dim=-1)  # (2, B, K)
    contrast = contrastive_loss(shares.transpose(1, 2))
    sizes = shares.mean(dim=1)
    return contrast, torch.xlogy(sizes, sizes).sum()


def neighbor_loss(z: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared distance of latents ``(V, B, d)`` to where they belong.

    The target ``(B, d)`` is what a graph of neighbours tells of each series; it is the
    same for all views.
    """
    return F.mse_loss(z, target.expand_as(z))
