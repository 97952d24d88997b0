"""What scikit-learn's searches and pipelines look for on an sktime estimator.

sktime objects lack scikit-learn's estimator tags, so plain ``GridSearchCV`` refuses
them; this mixin adds the few names it asks for and overrides no public behaviour.
"""

from typing import Any, Self

from sklearn.exceptions import NotFittedError as SklearnNotFittedError
from sklearn.utils import InputTags, Tags, TargetTags
from sktime.exceptions import NotFittedError as SktimeNotFittedError

# scikit-learn (1.9 and later) hangs these on an estimator before it calls ``fit`` and
# takes them off afterwards; sktime's ``fit`` would wipe them in between.
_CALLBACK_STATE = ("_parent_callback_ctx", "_skl_callbacks")


class NotFittedError(SktimeNotFittedError, SklearnNotFittedError):
    """Raised before ``fit``; both libraries' handlers recognise it."""


class SklearnDoor:
    """Mixin, left of the sktime base class."""

    def __sklearn_tags__(self) -> Tags:
        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            input_tags=InputTags(two_d_array=True),
        )

    def __sklearn_is_fitted__(self) -> bool:
        return bool(self.is_fitted)  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        # scikit-learn's score monitor keeps estimators in a dict. sktime compares them
        # by their parameters, which may change; the class may not.
        return hash(type(self))

    def reset(self) -> Self:
        """Reset to the state after construction, as sktime does before each fit."""
        kept = {
            name: vars(self)[name] for name in _CALLBACK_STATE if name in vars(self)
        }
        super().reset()  # type: ignore[misc]
        vars(self).update(kept)
        return self

    def check_is_fitted(self, method_name: str | None = None) -> Any:
        """Raise an error that both libraries know unless ``fit`` has been called.

        Parameters
        ----------
        method_name : str or None, default=None
            Method that needs the fit, for the message.
        """
        try:
            super().check_is_fitted(method_name)  # type: ignore[misc]
        except SktimeNotFittedError as error:
            raise NotFittedError(str(error)) from None
