"""Series and panels as pandas holds them: checks, times, gaps, units."""

from skts.series._covariates import (
    as_covariates,
    check_covariates,
    for_each,
    rows_at,
)
from skts.series._frame import (
    as_frame,
    check_columns,
    check_library,
    check_names,
    check_size,
    check_values,
    is_nested,
)
from skts.series._gaps import (
    check_last_stretch,
    check_length,
    contiguous_stretches,
    warn_of_gaps,
)
from skts.series._known import KnownSeries, meet_series
from skts.series._missing import check_known, fill_causally, warn_of_missing
from skts.series._order import check_index, check_order, check_times
from skts.series._panel import (
    SeriesByName,
    describe,
    join_panel,
    series_index,
    split_panel,
)
from skts.series._seasons import find_periods
from skts.series._times import (
    Frequency,
    find_frequency,
    spans_after,
    steps_after,
    times_after,
    with_frequency,
)
from skts.series._units import (
    Units,
    in_score_units,
    measure_deviation,
    measure_units,
    score_units,
)

__all__ = [
    "Frequency",
    "KnownSeries",
    "SeriesByName",
    "Units",
    "as_covariates",
    "as_frame",
    "check_covariates",
    "check_columns",
    "check_index",
    "check_known",
    "check_last_stretch",
    "check_length",
    "check_library",
    "check_names",
    "check_order",
    "check_size",
    "check_times",
    "check_values",
    "contiguous_stretches",
    "describe",
    "fill_causally",
    "find_frequency",
    "find_periods",
    "for_each",
    "in_score_units",
    "is_nested",
    "join_panel",
    "measure_deviation",
    "measure_units",
    "meet_series",
    "rows_at",
    "score_units",
    "spans_after",
    "series_index",
    "split_panel",
    "steps_after",
    "times_after",
    "warn_of_gaps",
    "warn_of_missing",
    "with_frequency",
]
