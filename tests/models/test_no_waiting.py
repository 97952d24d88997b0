"""A training step neither reads from its device nor mixes its tensors with the CPU's.

On a GPU it would wait, or fail, and could not be recorded. torch's meta device has no
numbers to read and mixes with no other device, so it finds such steps on any machine.
"""

import pytest
import torch

from skts.forecasting import LSINetForecaster, SAMformerForecaster
from skts.models._base import recipe_of
from skts.models._training import prepare_batch, prepare_known, window_loss

META = torch.device("meta")


def take_step(model, prepare=prepare_batch, is_read=False):
    recipe = recipe_of(model)
    with META:
        network = recipe.build(3, 64, 24)
        batch = prepare(network, torch.rand(8, 3, 64), torch.rand(8, 3, 24))
    network.train()
    network.start_epoch(0)
    optimizer = recipe.make_optimizer(network)
    compute_loss = window_loss(network, "float32", False, META)

    def closure():
        optimizer.zero_grad()
        loss = compute_loss(batch)
        if loss.requires_grad:
            loss.backward()
        if is_read:
            loss.item()
        return loss

    optimizer.step(closure)  # the first step makes what later ones find
    return optimizer.step(closure)


@pytest.mark.parametrize(
    "model",
    [
        SAMformerForecaster(),
        SAMformerForecaster(rho=0.0),
        SAMformerForecaster(sigma_reparam=True),
        SAMformerForecaster(attention="none"),
        LSINetForecaster(),
        LSINetForecaster(hidden_size=64, connection_mode="topk"),
    ],
    ids=str,
)
@pytest.mark.parametrize("prepare", [prepare_batch, prepare_known])
def test_a_step_stays_on_its_device(model, prepare):
    loss = take_step(model, prepare)
    assert (loss.device, loss.shape) == (META, ())


def test_a_step_that_reads_is_found():
    with pytest.raises(RuntimeError, match="meta"):
        take_step(SAMformerForecaster(), is_read=True)
