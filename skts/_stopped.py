"""What users are told of a fit that ended before its time."""

from sklearn.exceptions import ConvergenceWarning

from skts._validation import warn_caller
from skts.training import Stop


def warn_if_stopped(
    stop: Stop, n_epochs: int, max_epochs: int, max_time: float | None, kept: str
) -> None:
    """Warn if training was ended by Ctrl-C or by the time; `kept` says what is left."""
    if stop.ended_by is None:
        return
    after = f"after {n_epochs} of {max_epochs} epochs: {kept}"
    if stop.ended_by == "interrupt":
        warn_caller(
            f"Training interrupted by user {after}. Another interrupt while fit "
            "finishes ends it without any result."
        )
    else:
        warn_caller(
            f"max_time={max_time:g} seconds ended training {after}. Give more time if "
            "the last epochs still got better.",
            ConvergenceWarning,
        )


def warn_if_interrupted_late(stop: Stop) -> None:
    """Warn if Ctrl-C came when there was no training to end any more."""
    if stop.reason == "interrupt" and stop.ended_by != "interrupt":
        warn_caller("Interrupted by user after training had ended: fit has finished.")
