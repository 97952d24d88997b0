"""Rooms import in one direction; documented parameters are the real ones."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest

import skts
import skts.clustering
import skts.datasets
import skts.forecasting
import skts.model_selection
import skts.plotting
import skts.regression

HOME = Path(skts.__file__).parent
SOURCES = sorted(HOME.rglob("*.py"))
PUBLIC_ROOMS = [
    skts.clustering,
    skts.forecasting,
    skts.regression,
    skts.datasets,
    skts.model_selection,
    skts.plotting,
]

SCIENTIFIC = {"numpy", "pandas", "sklearn", "sktime", "torch"}
BELOW_ESTIMATORS = {"_random", "_validation", "_files", "_callbacks", "_sklearn_door"}
BELOW_ESTIMATORS |= {"_stopped", "nn", "training", "data", "linear"}
# What each room may import: its own files, these rooms of skts, and these libraries.
ROOMS = {
    "": (set(), set()),
    "_validation": (set(), {"numpy"}),
    "_random": (set(), {"torch"}),
    "_files": ({"_safe_files", "_validation", "training"}, {"sklearn", "torch"}),
    "_safe_files": ({"linear"}, {"numpy", "pandas", "sktime", "torch"}),
    "_callbacks": (set(), {"sklearn"}),
    "_sklearn_door": (set(), {"sklearn", "sktime"}),
    "_stopped": ({"_validation", "training"}, {"sklearn"}),
    "nn": ({"_random"}, {"numpy", "torch"}),
    "training": ({"_random"}, {"numpy", "torch"}),
    "data": (set(), {"numpy", "scipy", "torch"}),
    "conformal": (set(), {"numpy"}),
    "linear": ({"data"}, {"numpy", "scipy", "torch"}),
    "effects": ({"data", "linear"}, {"numpy", "torch"}),
    "datasets": (set(), {"numpy", "pandas", "pooch", "sktime"}),
    # sklearn here is its StandardScaler; the times are pandas' own.
    "series": (
        {"_validation", "data"},
        {"numpy", "pandas", "scipy", "sklearn", "torch"},
    ),
    "models": (BELOW_ESTIMATORS, {"numpy", "pandas", "sklearn", "torch"}),
    # What a fit learns knows neither sktime nor scikit-learn.
    "fitted": (
        {"conformal", "data", "effects", "linear", "models", "nn", "series"}
        | {"training", "_validation"},
        {"numpy", "pandas", "torch"},
    ),
    "forecasting": (
        BELOW_ESTIMATORS | {"conformal", "fitted", "models", "series"},
        SCIENTIFIC | {"skpro"},
    ),
    "regression": (
        BELOW_ESTIMATORS | {"models", "series"},
        {"numpy", "sklearn", "torch"},
    ),
    "clustering": (BELOW_ESTIMATORS | {"series"}, SCIENTIFIC | {"scipy"}),
    "model_selection": (BELOW_ESTIMATORS | {"series"}, SCIENTIFIC),
    # The estimators only for their types.
    "plotting": (
        {
            "_validation",
            "clustering",
            "fitted",
            "forecasting",
            "models",
            "nn",
            "series",
        },
        {"matplotlib", "numpy", "pandas", "sklearn"},
    ),
    "benchmarks": (
        BELOW_ESTIMATORS
        | {"clustering", "conformal", "datasets", "fitted", "forecasting", "models"}
        | {"series"},
        SCIENTIFIC | {"joblib", "matplotlib", "scipy", "transformers", "tslearn"},
    ),
}


# Imports --------------------------------------------------------------------------


def room_of(path):
    first = path.relative_to(HOME).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def imported_modules(tree):
    """Yield the full name of whatever a file imports, wherever it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            modules = [name.name for name in node.names]
            # `from skts.data import _windows` imports a module, too.
            inside = [name for name in modules if name.startswith("_")]
            if node.module == "skts":
                yield from (f"skts.{name}" for name in modules)
            elif node.module.startswith("skts.") and inside:
                yield from (f"{node.module}.{name}" for name in inside)
            else:
                yield node.module


def forbidden_imports(room, source):
    rooms, libraries = ROOMS[room]
    for module in imported_modules(ast.parse(source)):
        top, *inner = module.split(".")
        if top == "skts":
            allowed = not inner or inner[0] in rooms | {room, "__version__"}
        else:
            allowed = top in libraries or top in sys.stdlib_module_names
        if not allowed:
            yield module


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(HOME)))
def test_rooms_import_in_one_direction(path):
    assert not list(forbidden_imports(room_of(path), path.read_text("utf-8")))


def private_imports(room, source):
    """Yield what a file imports from an underscore module of another room.

    The modules of no room, such as ``skts._validation``, are there for all.
    """
    for module in imported_modules(ast.parse(source)):
        top, *inner = module.split(".")
        private = [name for name in inner[1:] if name.startswith("_")]
        if top == "skts" and inner[:1] != [room] and private not in ([], ["__main__"]):
            yield module


TESTS = sorted(Path(__file__).parent.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(HOME)))
def test_no_room_imports_underscore_modules_of_another(path):
    assert not list(private_imports(room_of(path), path.read_text("utf-8")))


# Plain twins of a network, which its tests compare it with.
TWINS = {"skts.benchmarks._plain_lsinet", "skts.benchmarks._plain_samformer"}


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_tests_know_private_modules_of_their_own_room_alone(path):
    room = path.relative_to(Path(__file__).parent).parts[0]
    assert not set(private_imports(room, path.read_text("utf-8"))) - TWINS


def test_the_check_of_private_imports_sees_them():
    source = """
from skts._validation import check_int
from skts.training._loop import fit_network
import skts.nn._losses
from skts.benchmarks.__main__ import main
from skts.data import _windows
"""
    assert set(private_imports("nn", source)) == {
        "skts.training._loop",
        "skts.data._windows",
    }


def test_the_check_of_imports_sees_them_all():
    source = """
import torch.nn, pandas
from skts.training._loop import fit_network
def late():
    from skts import forecasting
    import os.path
"""
    found = set(forbidden_imports("nn", source))
    assert found == {"pandas", "skts.training._loop", "skts.forecasting"}


def test_nothing_imports_the_benchmarks():
    assert not [room for room, (rooms, _) in ROOMS.items() if "benchmarks" in rooms]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(HOME)))
def test_warnings_name_the_line_of_the_user(path):
    if room_of(path) not in ("_validation", "benchmarks"):
        assert "warnings.warn(" not in path.read_text("utf-8"), "use warn_caller"


def test_nothing_needs_the_pictures():
    assert not [room for room, (rooms, _) in ROOMS.items() if "plotting" in rooms]


def test_importing_skts_is_light():
    code = "import skts, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "skts" in loaded
    assert not loaded & (SCIENTIFIC | {"scipy", "pooch", "matplotlib"})


def test_regressors_need_neither_sktime_nor_the_compiler_of_torch():
    code = """
import sys
import numpy as np
from skts.regression import SAMformerRegressor
X = np.random.default_rng(0).normal(size=(40, 8))
model = SAMformerRegressor(linear_maps=None, max_epochs=1).fit(X[:, :6], X[:, 6:])
assert model.n_epochs_ == 1
print(*sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    # Loading it would take longer than most fits.
    assert not {"sktime", "torch._dynamo"} & set(done.stdout.split())


def test_public_rooms_are_listed_and_loaded_when_touched():
    code = """
import skts, sys
names = [name for name in dir(skts) if name[0] != "_"]
assert {*names} >= {*skts.__all__}
assert not hasattr(skts, "nothing")
assert "torch" not in sys.modules
from skts import *
assert clustering.LoSTerClusterer is skts.clustering.LoSTerClusterer
print(*skts.__all__)
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == sorted(r.__name__[5:] for r in PUBLIC_ROOMS)


@pytest.mark.parametrize(
    "package", [p.parent for p in SOURCES if p.name == "__init__.py"], ids=str
)
def test_every_listed_name_exists(package):
    name = ".".join(["skts", *package.relative_to(HOME).parts])
    module = importlib.import_module(name)
    assert all(hasattr(module, public) for public in getattr(module, "__all__", ()))


# Documentation --------------------------------------------------------------------

HEADER = re.compile(r"(\*{0,2}\w+(?:, \w+)*) : (.+?)(?:, default=(.+))?")


def documented_parameters(docstring):
    """Return ``{name: (type, default as written or None, text)}`` of a docstring."""
    lines = inspect.cleandoc(docstring or "").splitlines()
    if "Parameters" not in lines:
        return {}
    parameters, names = {}, []
    body = lines[lines.index("Parameters") + 2 :]
    for line, following in zip(body, [*body[1:], ""], strict=True):
        if following and set(following) == {"-"}:
            break
        if line and not line.startswith(" "):
            header = HEADER.fullmatch(line)
            assert header, f"not 'name : type, default=value': {line!r}"
            names = header[1].split(", ")
            for name in names:
                parameters[name] = (header[2], header[3], [])
        else:
            for name in names:
                parameters[name][2].append(line.strip())
    return {
        name: (kind, default, " ".join(text).strip())
        for name, (kind, default, text) in parameters.items()
    }


def public_objects():
    return [getattr(room, name) for room in PUBLIC_ROOMS for name in room.__all__]


def public_callables():
    """Return public classes and functions, and the methods this package gives them."""
    found = {}
    for thing in public_objects():
        found[thing.__name__] = thing
        if not inspect.isclass(thing):
            continue
        for name, method in inspect.getmembers(thing, callable):
            ours = (getattr(method, "__module__", None) or "").startswith("skts.")
            if ours and not name.startswith("_") and not inspect.isclass(method):
                found[f"{thing.__name__}.{name}"] = method
    return found


@pytest.mark.parametrize("name", public_callables())
def test_every_parameter_is_documented_in_order_with_its_real_default(name):
    thing = public_callables()[name]
    real = dict(inspect.signature(thing).parameters)
    real.pop("self", None)
    real = {"**" * (p.kind is p.VAR_KEYWORD) + n: p for n, p in real.items()}
    documented = documented_parameters(thing.__doc__)
    assert list(documented) == list(real)
    for parameter, (_, default, text) in documented.items():
        assert text, f"{parameter} has no description"
        if real[parameter].default is inspect.Parameter.empty:
            assert default is None, f"{parameter} has no default"
        else:
            assert default is not None, f"the default of {parameter} is undocumented"
            value = ast.literal_eval(default)
            assert value == real[parameter].default, parameter
            assert type(value) is type(real[parameter].default), parameter


def test_the_parser_of_docstrings_reads_defaults_and_shared_lines():
    docstring = """Do.

    Parameters
    ----------
    a, b : int
        Sizes.
    kind : {"x", "y"}, default="x"
        Kind of
        thing.

    Returns
    -------
    out : int, default=3
    """
    assert documented_parameters(docstring) == {
        "a": ("int", None, "Sizes."),
        "b": ("int", None, "Sizes."),
        "kind": ('{"x", "y"}', '"x"', "Kind of thing."),
    }


@pytest.mark.parametrize("name", public_callables())
def test_everything_public_has_a_summary_of_one_line(name):
    summary = inspect.cleandoc(public_callables()[name].__doc__ or "").split("\n\n")[0]
    assert summary.endswith(".")
    assert "\n" not in summary


FORECASTERS = [getattr(skts.forecasting, name) for name in skts.forecasting.__all__]
REGRESSORS = [getattr(skts.regression, name) for name in skts.regression.__all__]
# Names that two networks, or two tasks, share for parts that differ.
OF_THE_NETWORK = {"hidden_size", "n_heads"}
OF_THE_TASK = {"validation_fraction"}
# What forecasters of a series have beside regressors on windows.
OF_A_SERIES = [
    "context_length",
    "horizon",
    "sp",
    "update_epochs",
    "interval_method",
    "initial_weights",
]


def have_one_network(one, other):
    return one._build_network is other._build_network


def have_one_task(one, other):
    return {one, other} <= {*FORECASTERS} or {one, other} <= {*REGRESSORS}


@pytest.mark.parametrize(("one", "other"), [*combinations(FORECASTERS + REGRESSORS, 2)])
def test_siblings_describe_shared_parameters_in_the_same_words(one, other):
    first, second = (documented_parameters(cls.__doc__) for cls in (one, other))
    shared = first.keys() & second.keys()
    if not have_one_network(one, other):
        shared -= OF_THE_NETWORK
    if not have_one_task(one, other):
        shared -= OF_THE_TASK
    assert len(shared) > 10
    assert {n: first[n][2] for n in shared} == {n: second[n][2] for n in shared}
    assert {n: first[n][0] for n in shared} == {n: second[n][0] for n in shared}


@pytest.mark.parametrize(
    ("forecaster", "regressor"), [*zip(FORECASTERS, REGRESSORS, strict=True)]
)
def test_regressors_have_the_parameters_and_defaults_of_their_forecasters(
    forecaster, regressor
):
    assert have_one_network(forecaster, regressor)
    of_forecaster, of_regressor = (
        {name: p.default for name, p in inspect.signature(cls).parameters.items()}
        for cls in (forecaster, regressor)
    )
    for name in OF_A_SERIES:
        del of_forecaster[name]
    assert of_regressor.pop("n_channels") == 1
    assert list(of_regressor.items()) == list(of_forecaster.items())
