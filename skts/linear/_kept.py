"""Maps per channel that were solved once and are asked for again."""

from collections import defaultdict
from collections.abc import Hashable

from torch import Tensor

# So many bytes of maps are kept; others are solved again when they are asked for.
MAX_BYTES = 2**27


class KeptMaps:
    """Maps per channel, kept as long as the moments that they are solved from.

    They are tried, measured and mixed: to solve them once saves a third of the time.
    """

    def __init__(self) -> None:
        self._maps: dict[Hashable, dict[int, Tensor]] = defaultdict(dict)
        self._n_bytes = 0

    def get(self, key: Hashable, channel: int) -> Tensor | None:
        """Return the map of one channel, if it was kept."""
        return self._maps[key].get(channel)

    def put(self, key: Hashable, channel: int, weights: Tensor) -> None:
        """Keep the map of one channel, if there is room."""
        if self._n_bytes + weights.nbytes <= MAX_BYTES:
            self._maps[key][channel] = weights
            self._n_bytes += weights.nbytes

    def drop(self, key: Hashable) -> None:
        """Forget maps that will not be asked for again."""
        dropped = self._maps.pop(key, {})
        self._n_bytes -= sum(weights.nbytes for weights in dropped.values())
