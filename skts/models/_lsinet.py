"""LSINet with its own parameters, and the connections it learned."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skts._validation import check_bool, check_int, check_option, check_real
from skts.models._base import WindowModel
from skts.nn import CONNECTION_MODES, INTERACTIONS, LSINet, default_patches
from skts.training import as_usual


class LSINetModel(WindowModel):
    """What the estimators around LSINet share."""

    network_: LSINet | None

    @property
    @as_usual()
    def connection_matrix_(self) -> np.ndarray:
        """Connections that forecasts use, ``(n_modules, n_heads, N, N)``."""
        return self._sparse_network().connection_matrix().cpu().numpy()

    @property
    @as_usual()
    def connection_probability_(self) -> np.ndarray:
        """Probability of each connection, ``(n_modules, n_heads, N, N)``."""
        return self._sparse_network().connection_probability().cpu().numpy()

    @property
    def density_(self) -> np.ndarray:
        """Share of the connections that are used, ``(n_modules, n_heads)``."""
        return self.connection_matrix_.mean(axis=(-2, -1))

    def _sparse_network(self) -> LSINet:
        check_is_fitted(self)
        if self.interaction != "sparse":
            raise AttributeError(
                f"interaction={self.interaction!r} has no sparse connections. Fit with "
                "interaction='sparse'."
            )
        if self.network_ is None:
            raise AttributeError(
                "There are no connections: no network was trained, since the linear "
                "maps were chosen on too few windows to tell what it adds, or "
                "max_epochs=0. linear_maps=None trains it alone."
            )
        return self.network_

    def _check_own_parameters(self) -> None:
        check_int("patch_length", self.patch_length, 1, optional=True)
        check_int("stride", self.stride, 1, optional=True)
        check_int("hidden_size", self.hidden_size, 4)
        if self.hidden_size % 4:
            raise ValueError(
                f"hidden_size must be divisible by 4, got {self.hidden_size}. Use "
                f"{self.hidden_size // 4 * 4} or {self.hidden_size // 4 * 4 + 4}."
            )
        check_int("n_heads", self.n_heads, 1)
        check_int("head_size", self.head_size, 1)
        check_int("n_modules", self.n_modules, 1)
        check_bool("residual_stack", self.residual_stack)
        check_option("interaction", self.interaction, INTERACTIONS)
        check_int("n_connection_groups", self.n_connection_groups, 1)
        check_option("connection_mode", self.connection_mode, CONNECTION_MODES)
        check_bool("normalise_rows", self.normalise_rows)
        check_real("sparsity", self.sparsity, 0, 1)
        check_int("sparsity_interval", self.sparsity_interval, 0)
        check_real("sparsity_weight", self.sparsity_weight, 0)
        check_real("temperature", self.temperature, 0, exclusive=True)
        check_real("annealing", self.annealing, 0, exclusive=True)
        check_int("head", self.head, 1, or_else=("shared", "channel"))
        check_real("dropout", self.dropout, 0, 1)
        check_real("embedding_dropout", self.embedding_dropout, 0, 1)

    def _patches(self, context_length: int) -> tuple[int, int]:
        """Return patch length and stride, with the defaults filled in."""
        if (self.patch_length or 1) > context_length:
            raise ValueError(
                f"patch_length must be <= context_length={context_length}, got "
                f"{self.patch_length}. Use a shorter patch or a longer context."
            )
        stride = self.stride or default_patches(context_length)[1]
        return self.patch_length or min(2 * stride, context_length), stride

    def _check_groups(self, n_channels: int) -> None:
        """Raise if channels were to be cut into more groups than there are."""
        for name in ("head", "n_connection_groups"):
            value = getattr(self, name)
            if not isinstance(value, str) and value > n_channels:
                raise ValueError(
                    f"{name} must be at most the number of channels, got {value} with "
                    f"{n_channels} channels."
                )

    def _build_network(
        self, n_channels: int, context_length: int, prediction_length: int
    ) -> LSINet:
        self._check_groups(n_channels)
        patch_length, stride = self._patches(context_length)
        return LSINet(
            n_channels=n_channels,
            context_length=context_length,
            prediction_length=prediction_length,
            patch_length=patch_length,
            stride=stride,
            hidden_size=self.hidden_size,
            n_heads=self.n_heads,
            head_size=self.head_size,
            n_modules=self.n_modules,
            residual_stack=self.residual_stack,
            interaction=self.interaction,
            n_connection_groups=self.n_connection_groups,
            connection_mode=self.connection_mode,
            normalise_rows=self.normalise_rows,
            sparsity=self.sparsity,
            sparsity_interval=self.sparsity_interval,
            sparsity_weight=self.sparsity_weight,
            temperature=self.temperature,
            annealing=self.annealing,
            head=self.head,
            use_revin=self.use_revin,
            embedding_dropout=self.embedding_dropout,
            dropout=self.dropout,
        )
