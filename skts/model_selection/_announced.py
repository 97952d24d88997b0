"""What sktime announces whenever a forecaster is made is not said once for each fit.

Read in sktime 1.2.0: ``BaseForecaster.__init__`` warns that the default of
``remember_data`` will change. A filter against it does not last, since conversions of
horizons (``_suppress_pd22_warning``) put one that shows every FutureWarning before it,
and with each change of filters Python forgets what it has shown.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ANNOUNCED = "The default of config ``remember_data`` will change"


@contextmanager
def without_announcements() -> Iterator[None]:
    """Show all warnings but this one, and leave the filters as they were."""
    with warnings.catch_warnings():
        show: Any = warnings.showwarning

        def show_others(message: Any, *args: Any, **kwargs: Any) -> None:
            if not str(message).startswith(ANNOUNCED):
                show(message, *args, **kwargs)

        warnings.showwarning = show_others
        yield
