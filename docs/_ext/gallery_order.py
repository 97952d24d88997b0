"""The order of the gallery: from a first forecast to comparisons."""

LESSONS = [
    "first_forecast",
    "mixture",
    "samformer_etth1",
    "search_rho",
    "intervals",
    "panel",
    "connections",
    "sparsity",
    "clusters",
    "regressor_pipeline",
    "compare",
    "benchmark",
]


def by_lesson(filename):
    """Return the place of an example; those without one come last, by name."""
    name = filename.removeprefix("plot_").removesuffix(".py")
    place = LESSONS.index(name) if name in LESSONS else len(LESSONS)
    return place, name
