"""Cells run once, whatever happened before, one by one or several at a time."""

import json
import os
import threading

import joblib
import pytest

from skts.benchmarks import _results
from skts.benchmarks._results import (
    Progress,
    append_result,
    markdown,
    read_results,
    run_missing,
)

CELLS = [{"name": name, "seed": seed} for seed in (0, 1) for name in "abc"]


def run_cell(name, seed):
    return {"value": ord(name) + seed, "process": os.getpid()}


def table(path):
    results = sorted(read_results(path), key=lambda r: (r["name"], r["seed"]))
    return markdown(["name", "value"], [[r["name"], r["value"]] for r in results])


def run(path, run_cell=run_cell, **settings):
    run_missing(path, CELLS, run_cell, lambda r: f"value {r['value']}", **settings)


@pytest.mark.parametrize("backend", ["sequential", "threading"])
def test_a_killed_run_goes_on_where_it_stopped(tmp_path, capsys, backend):
    run(tmp_path / "whole")
    calls = []

    def die(name, seed):
        if len(calls) == 3:
            raise KeyboardInterrupt
        calls.append(name)
        return run_cell(name, seed)

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "killed", die)
    assert [r["name"] for r in read_results(tmp_path / "killed")] == ["a", "b", "c"]
    with (tmp_path / "killed").open("a") as file:
        file.write('{"name": "a", "seed": 1, "val')  # killed while it wrote
    capsys.readouterr()
    with joblib.parallel_config(backend, n_jobs=2):
        run(tmp_path / "killed")
    assert table(tmp_path / "killed") == table(tmp_path / "whole")
    assert "3 of 6 cells are in" in capsys.readouterr().out
    assert len(read_results(tmp_path / "killed")) == 6
    run(tmp_path / "killed", lambda name, seed: pytest.fail("ran twice"))


def test_a_smoke_result_stands_for_no_other(tmp_path):
    path = tmp_path / "lines"
    append_result(path, CELLS[0] | {"smoke": True, "value": 0})
    run(path)
    assert sum("smoke" not in r for r in read_results(path)) == len(CELLS)


def test_data_are_tried_once_before_the_first_cell(tmp_path):
    cells = [{"dataset": d, "seed": seed} for seed in (0, 1) for d in ("one", "two")]
    append_result(tmp_path / "lines", cells[0] | {"value": 0})
    append_result(tmp_path / "lines", cells[2] | {"value": 0})
    calls = []

    def run_cell(dataset, seed):
        calls.append((dataset, seed))
        return {"value": seed}

    run_missing(tmp_path / "lines", cells, run_cell, str, load=calls.append)
    assert calls == ["two", ("two", 0), ("two", 1)]


def test_workers_share_the_cores(tmp_path, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    run(tmp_path / "lines", n_jobs=2)
    share = max(1, joblib.cpu_count() // 2)
    results = read_results(tmp_path / "lines")
    assert {r["threads"] for r in results} == {share}
    assert os.getpid() not in {r["process"] for r in results}
    assert {(r["name"], r["seed"]) for r in results} == {
        (cell["name"], cell["seed"]) for cell in CELLS
    }


def test_each_line_is_there_as_soon_as_its_cell_is_done(tmp_path, capsys):
    seen = []

    def count(name, seed):
        seen.append(len(read_results(tmp_path / "lines")))
        return run_cell(name, seed)

    run(tmp_path / "lines", count)
    assert seen == [0, 1, 2, 3, 4, 5]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("a 0: value 97  [1 of 6 in 0 s, about 0 s left]")


def test_a_line_holds_its_circumstances(tmp_path):
    append_result(tmp_path / "lines", {"x": 1})
    append_result(tmp_path / "lines", {"x": 2, "threads": 7})
    first, second = read_results(tmp_path / "lines")
    assert {"torch", "sktime", "scikit-learn", "python", "date"} < first.keys()
    assert second["threads"] == 7  # of the process that made it
    assert next(iter(first)) == "x"


def test_only_half_a_line_is_lost(tmp_path):
    path = tmp_path / "lines"
    path.write_text('{"x": 1}\n{"x"')
    assert read_results(path) == [{"x": 1}]
    append_result(path, {"x": 2})
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["x"] for line in lines] == [1, 2]


def test_the_rest_is_expected_to_take_as_long_as_what_is_done(monkeypatch):
    times = iter([0.0, 30.0, 120.0, 7200.0])
    monkeypatch.setattr(_results, "perf_counter", lambda: next(times))
    progress = Progress(4)
    assert progress.step() == "[1 of 4 in 30 s, about 2 min left]"
    assert progress.step() == "[2 of 4 in 2 min, about 2 min left]"
    assert progress.step() == "[3 of 4 in 2.0 h, about 40 min left]"


def test_the_same_list_runs_on_dask(tmp_path):
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=2,  # joblib uses no cluster of one core
        processes=False,
        dashboard_address=None,
    )

    def where(name, seed):
        return run_cell(name, seed) | {"thread": threading.current_thread().name}

    with cluster, distributed.Client(cluster), joblib.parallel_config("dask"):
        run(tmp_path / "lines", where)
    results = read_results(tmp_path / "lines")
    assert len(results) == len(CELLS)
    assert all("Dask" in result["thread"] for result in results)


def test_a_table_has_no_empty_columns():
    table = markdown(["a", "b", "c"], [[1, "", ""], ["", "", 0]])
    assert table.splitlines() == ["| a | c |", "| --- | --- |", "| 1 |  |", "|  | 0 |"]
    assert markdown(["a"], []).splitlines()[0] == "| a |"
