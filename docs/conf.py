"""How the documentation is built: ``sphinx-build -W docs docs/_build/html``.

Nothing is fetched: no inventories of other projects, no fonts, no scripts. Examples
that read the ETT sets run where the files are, and are shown with a picture kept in
`_static` otherwise.
"""

import importlib
import inspect
import os
import re
import sys
import warnings
from pathlib import Path

import matplotlib as mpl
from docutils import nodes

import skts

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
sys.path.append(str(HERE / "_ext"))
from inherited import words_for  # noqa: E402, found by the line above

project = "skts"
author = "The skts developers"
copyright = "The skts developers"
version = release = skts.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "results/*", "_ext", "_templates"]
# The gallery leaves these beside its pages.
exclude_patterns += ["gallery/*.ipynb", "gallery/*.py", "gallery/*.md5"]

html_theme = "furo"
html_title = f"skts {release}"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_copy_source = html_show_sourcelink = False

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

# Reference from docstrings --------------------------------------------------------

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings tell the types
numpydoc_show_class_members = False  # hundreds come from sktime; ours are listed below
ROOMS = ("forecasting", "regression", "clustering", "model_selection", "plotting")
ROOMS += ("datasets",)


def list_methods():
    """Return the methods to show of each public class, by its name.

    Those that this package gives it, and after them those it inherits that people use.
    """
    methods = {"skts.fitted.Backtest": []}
    for room in ROOMS:
        module = importlib.import_module(f"skts.{room}")
        for name in module.__all__:
            cls = getattr(module, name)
            if inspect.isclass(cls):
                own = [
                    method
                    for method, function in inspect.getmembers(cls, inspect.isroutine)
                    if not method.startswith("_")
                    and method not in NOT_SHOWN
                    and (function.__module__ or "").startswith("skts.")
                ]
                inherited = words_for(cls, own)
                for method, words in inherited.items():
                    WORDS[f"skts.{room}.{name}.{method}"] = words
                main = [m for m in (*inherited, *own) if m in IN_ORDER]
                main.sort(key=IN_ORDER.index)
                rest = [m for m in (*own, *inherited) if m not in IN_ORDER]
                methods[f"skts.{room}.{name}"] = main + rest
    return methods


def put_words(app, what, name, obj, options, lines):
    """Say in our own words what a method does that comes from another library."""
    if name in WORDS:
        lines[:] = WORDS[name].splitlines()


def name_thumbnails(app, doctree, _docname):
    """Give the pictures that lead to examples the titles of these as their text."""
    for image in doctree.findall(nodes.image):
        example = THUMBNAIL.search(image["uri"])
        if example and not image.get("alt"):
            image["alt"] = app.env.titles[f"gallery/{example[1]}"].astext()


def link_gallery(app, docname, source):
    """Lead from links to examples, as a forge has them, to their pages here."""
    source[0] = EXAMPLE.sub(r"](\1gallery/\2.rst)", source[0])


def setup(app):
    """Let our words come before numpydoc reads them."""
    app.connect("autodoc-process-docstring", put_words, priority=400)
    app.connect("doctree-resolved", name_thumbnails)
    app.connect("source-read", link_gallery)


THUMBNAIL = re.compile(r"sphx_glr_(plot_\w+)_thumb")
EXAMPLE = re.compile(r"\]\(((?:\.\./)*)\.\./examples/(plot_\w+)\.py\)")
WORDS = {}  # docstrings of inherited methods
NOT_SHOWN = ("get_test_params", "check_is_fitted", "reset")  # for tests of libraries
IN_ORDER = ["fit", "predict", "update", "fit_predict", "predict_interval"]
IN_ORDER += ["predict_quantiles", "backtest", "score"]
autosummary_context = {"methods_shown": list_methods()}

# Gallery --------------------------------------------------------------------------


def unreadable_examples():
    """Return the names of examples that read an ETT set, where it is not at hand."""
    folder = os.environ.get("SKTS_DATA")
    if folder and list(Path(folder).glob("**/ETTh1.csv*")):
        return []
    return [
        path.name
        for path in EXAMPLES.glob("plot_*.py")
        if "load_ett(" in path.read_text("utf-8")
    ]


if unreadable_examples():  # these show a picture that was kept
    tags.add("without_ett")  # noqa: F821, of Sphinx
mpl.use("agg")
# Warnings of examples, without the path they come from on the machine of the build.
warnings.formatwarning = lambda text, kind, *_: f"{kind.__name__}: {text}\n"
shown_only = "|".join(map(re.escape, unreadable_examples())) or "(?!)"
sphinx_gallery_conf = {
    "examples_dirs": str(EXAMPLES),
    "gallery_dirs": "gallery",
    "filename_pattern": rf"/(?!{shown_only})plot_",
    "within_subsection_order": "gallery_order.by_lesson",
    "backreferences_dir": "gallery/backreferences",  # the examples of each function
    "doc_module": ("skts",),
    "download_all_examples": False,
    "write_computation_times": False,  # that page would fetch scripts
    "show_memory": False,
    "show_signature": False,
    "capture_repr": (),  # examples print what is to be seen
    "remove_config_comments": True,
}
