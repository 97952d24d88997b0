"""What covariates add to a series: linear effects, solved jointly with a linear map."""

from skts.effects._choice import choose_effects
from skts.effects._effects import Effects, lagged

__all__ = ["Effects", "choose_effects", "lagged"]
