"""Weights that a network starts from, in place of random ones."""

from torch import Tensor, nn

Weights = dict[str, Tensor]


def start_from(network: nn.Module, initial: tuple[str, Weights] | None) -> None:
    """Load weights, which come after the name of their source, if there are any.

    Raises
    ------
    ValueError
        If they are those of another architecture.
    """
    if initial is None:
        return
    source, weights = initial
    given = {name: tuple(value.shape) for name, value in weights.items()}
    wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    if given != wanted:
        names = [n for n in {**wanted, **given} if given.get(n) != wanted.get(n)]
        raise ValueError(
            f"{source} must give the weights of this architecture, but {len(names)} of "
            f"them differ: {names[0]!r} has the shape {wanted.get(names[0])} here and "
            f"{given.get(names[0])} there. Use the same columns, context_length, "
            "horizon and other parameters of the network as there."
        )
    network.load_state_dict(weights)
