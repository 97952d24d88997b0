"""Every tensor of a joint step is made on the device of the series."""

import torch

from skts.clustering._training import JointLoss, Weights, encode, nearest
from skts.data import AUGMENTATIONS, augment
from skts.nn import LoSTer, SeriesFeatures

META = torch.device("meta")


def test_a_joint_step_elsewhere_touches_nothing_on_the_cpu():
    series = torch.empty(30, 2, 20, device=META)
    features = SeriesFeatures(1.0, 1.0).fit(series)
    augmented = augment(series, tuple(AUGMENTATIONS), torch.Generator())
    views = torch.stack([features(series), features(augmented)], dim=1)
    sizes = {"hidden_size": 8, "n_layers": 3, "dropout": 0.1}
    with META:
        network = LoSTer(views.shape[-1], 3, **sizes)
    loss = JointLoss(network, Weights(1, 1, 1, 1, 1), 10.0, 0.65, with_neighbors=True)
    total = loss((views[:16], torch.zeros(16, 8, device=META)))
    total.backward()
    assert {w.grad.device for w in network.parameters()} == {META}
    tensors = total, loss.totals, encode(network, views), nearest(network, views)
    assert {tensor.device for tensor in tensors} == {META}
