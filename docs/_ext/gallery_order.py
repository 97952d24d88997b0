"""The order of the gallery: tasks first, then what is inside, then comparisons."""

LESSONS = [
    "csv",
    "short_monthly",
    "holidays",
    "covariates",
    "hundreds",
    "panel",
    "sensors",
    "clusters",
    "tuning",
    "streaming",
    "serving",
    "first_forecast",
    "mixture",
    "samformer_etth1",
    "search_rho",
    "intervals",
    "connections",
    "sparsity",
    "regressor_pipeline",
    "compare",
    "benchmark",
    "logger",
]


def by_lesson(filename):
    """Return the place of an example; those without one come last, by name."""
    name = filename.removeprefix("plot_").removesuffix(".py")
    place = LESSONS.index(name) if name in LESSONS else len(LESSONS)
    return place, name
