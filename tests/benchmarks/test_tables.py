"""Tables show the paper's value beside ours, and come from the stored lines."""

import json
import shutil
from pathlib import Path

import pytest

import skts
from skts.benchmarks.__main__ import main
from skts.benchmarks._clustering import LOSTER, SETS, nmi_table
from skts.benchmarks._forecasting_tables import error_table, means_table, others_table
from skts.benchmarks._presets import published
from skts.benchmarks._readme import NUMBER, fill_readme, measured_numbers
from skts.benchmarks._results import read_results
from skts.benchmarks._settings import SETTINGS, make_forecaster
from skts.benchmarks._short import table as short_table
from skts.clustering import LoSTerClusterer

STORED = Path(skts.__file__).parents[1] / "docs" / "results"


def cell(setting, horizon, seed, mse, **more):
    common = {"dataset": "ETTh1", "mae": 0.4, "valid_mse": 0.6, "n_epochs": 10}
    common |= {"setting": setting, "horizon": horizon, "seed": seed, "mse": mse}
    return common | {"seconds": 1.0} | more


def test_the_papers_values_stand_beside_ours():
    results = [cell("samformer", 96, 0, 0.37), cell("samformer", 96, 1, 0.38)]
    row = error_table(results).splitlines()[2]
    assert "| samformer | ETTh1 | 96 | 0.3750 | 0.0071 | 0.4000 | 0.6000 | 0, 1" in row
    assert row.endswith("| 0.381 | 0.402 |")
    assert "| ETTh1 | 96 | 0.375 | 0.381 | 0.388 | 0.398 |" in others_table(results)


def test_the_networks_weight_stands_beside_the_errors_of_mixtures():
    mixed = [cell("samformer", 96, seed, 0.3, network_weight=0.2) for seed in (0, 1)]
    alone = cell("samformer-alone", 96, 0, 0.4)
    header, _, first, second = error_table([*mixed, alone]).splitlines()
    column = header.split(" | ").index("weight")
    assert first.split(" | ")[column] == "0.20"
    assert not second.split(" | ")[column]


def test_relative_errors_of_short_series_end_in_mean_and_worst():
    def line(dataset, setting, error, seed=0):
        sizes = {"shape": [100, 1], "n_windows": 9, "seed": seed}
        return {"dataset": dataset, "setting": setting, "relative_mae": error} | sizes

    results = [line("lynx", "samformer", 0.6), line("airline", "samformer", 0.3)]
    results += [line("lynx", "samformer", 0.8, seed=1), line("lynx", "theta", 0.9)]
    assert short_table(results).splitlines() == [
        "| series | rows | channels | horizon | season | windows | `samformer` | "
        "`theta` |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        "| airline | 100 | 1 | 12 | 12 | 9 | 0.30 |  |",
        "| lynx | 100 | 1 | 4 | 10 | 9 | 0.70 | 0.90 |",
        "| mean |  |  |  |  |  | 0.50 |  |",
        "| worst |  |  |  |  |  | 0.70 |  |",
    ]


def test_a_mean_needs_all_horizons():
    horizons = [96, 192, 336, 720]
    results = [cell("tsmixer", horizon, 0, 0.4) for horizon in horizons]
    assert "mean" not in error_table(results[:3])
    last = error_table(results).splitlines()[-1]
    assert last.startswith("| tsmixer | ETTh1 | mean | 0.4000 |")
    assert last.endswith("| 0.439 | 0.446 |")


def test_means_stand_in_a_table_of_settings_and_sets():
    horizons = [96, 192, 336, 720]
    results = [cell("tsmixer", horizon, 0, 0.4) for horizon in horizons]
    results += [cell("last-value", horizon, 0, 1.3) for horizon in horizons]
    results += [cell("tsmixer", 96, 1, 0.8), cell("lsinet", 96, 0, 0.3)]
    assert means_table(results).splitlines() == [
        "| setting | ETTh1 |",
        "| --- | --- |",
        "| `tsmixer` | 0.450 (0.439) |",
        "| `last-value` | 1.300 |",
    ]


def test_agreement_stands_in_a_table_of_sets_and_settings():
    def line(dataset, setting, nmi, seed=0):
        return {"dataset": dataset, "setting": setting, "seed": seed, "nmi": nmi}

    results = [line(dataset, "loster", 0.6) for dataset in SETS]
    results += [line(dataset, "kmeans", 0.5) for dataset in SETS[1:]]
    results += [line("Car", "loster", 0.2), line("Car", "loster", 0.4, seed=1)]
    lines = nmi_table(results).splitlines()
    assert lines[0] == "| data set | loster | kmeans | paper | re-run |"
    assert lines[2] == f"| {SETS[0]} | 0.600 |  | 0.281 | 0.275 |"
    assert lines[-2] == "| mean of 9 | 0.600 |  | 0.574 |  |"
    assert lines[-1] == "| Car | 0.300 |  |  |  |"


def test_a_setting_without_paper_or_training_has_empty_cells():
    naive = cell("last-value", 96, 0, 1.3)
    del naive["valid_mse"], naive["n_epochs"]
    old = cell("gone", 96, 0, 0.5)
    full = [cell("tsmixer", 96, seed, 0.4 + seed) for seed in (0, 1)]  # fills columns
    lines = error_table([naive, old, *full]).splitlines()
    first, second = (
        line for line in lines if line.startswith(("| gone |", "| last-value |"))
    )
    assert first.startswith("| gone | ETTh1 | 96 | 0.5000 |  | 0.4000 | 0.6000 |")
    assert second.startswith("| last-value | ETTh1 | 96 | 1.3000 |  | 0.4000 |  | 0 |")
    assert first.endswith("|  |  |")


def test_a_table_of_naive_forecasts_alone():
    naive = cell("last-value", 96, 0, 1.3)
    del naive["valid_mse"], naive["n_epochs"]
    assert "| last-value | ETTh1 | 96 | 1.3000 |" in error_table([naive])


def test_unusual_horizons_make_no_mean():
    results = [cell("tsmixer", horizon, 0, 0.4) for horizon in (24, 96, 192, 336)]
    assert "mean" not in error_table(results)
    results += [cell("tsmixer", 720, 0, 0.4) | {"mse": 0.6}]
    assert "| `tsmixer` | 0.450 (0.439) |" in means_table(results)


def stored(name):
    if not STORED.is_dir():
        pytest.skip("the results are not part of an installed package")
    return read_results(STORED / f"{name}.jsonl")


def test_stored_forecasts_are_those_of_the_settings_as_they_are():
    for line in stored("forecasting"):
        if line["setting"] in SETTINGS:
            cell = line["dataset"], line["horizon"], line["setting"]
            forecaster = make_forecaster(*cell)
            # Forecasts do not depend on what intervals go by.
            stored_method = line["parameters"].get("interval_method", "following")
            forecaster.interval_method = stored_method
            assert_same_parameters(line, forecaster)


def test_stored_clusterings_are_those_of_the_settings_as_they_are():
    for line in stored("clustering"):
        if line["setting"] in LOSTER:
            n_clusters = line["parameters"]["n_clusters"]
            model = LoSTerClusterer(n_clusters, **LOSTER[line["setting"]])
            assert_same_parameters(line, model)


def assert_same_parameters(line, model):
    expected = model.set_params(random_state=line["seed"]).get_params()
    expected = json.loads(json.dumps(expected))
    known = {name: expected[name] for name in line["parameters"]}
    assert line["parameters"] == known, line


def test_loss_terms_are_near_the_re_runs():
    reruns = published("losses")
    lines = [r for r in stored("clustering") if r["setting"] == "loster-paper"]
    for line in lines:
        if line["dataset"] in ("SyntheticControl", "OSULeaf"):
            rerun = reruns.loc[line["dataset"]]
            for term in rerun.index.drop("reconstruction"):
                assert line[term] == pytest.approx(rerun[term], rel=0.07)
            # The augmented series differ: warps of time run backwards there.
            assert 0.8 < line["reconstruction"] / rerun["reconstruction"] < 1


def test_the_page_is_made_from_the_stored_lines(tmp_path):
    if not STORED.is_dir():
        pytest.skip("the results are not part of an installed package")
    folder = shutil.copytree(STORED, tmp_path / "results")
    readme = tmp_path / "README.md"
    readme.write_text("mean <!--samformer-alone-ETTh1-->9.9<!----> of all horizons")
    page, readme_path = str(tmp_path / "page.md"), str(readme)
    main(["tables", "--folder", str(folder), "--page", page, "--readme", readme_path])
    expected = measured_numbers(folder)["samformer-alone-ETTh1"]
    assert f"<!--samformer-alone-ETTh1-->{expected:.3f}<!---->" in readme.read_text()
    page = (tmp_path / "page.md").read_text("utf-8")
    assert "| samformer-alone | ETTh1 | mean |" in page
    assert "{" not in page.replace("{1e-4", "")


@pytest.mark.parametrize("files", [[], ["forecasting.jsonl"], ["clustering.jsonl"]])
def test_a_page_of_some_results_leaves_other_numbers_alone(tmp_path, files):
    folder = tmp_path / "results"
    folder.mkdir()
    results = [cell("samformer", horizon, 0, 0.4) for horizon in (96, 192, 336, 720)]
    lines = {
        "forecasting.jsonl": results,
        "clustering.jsonl": [
            {"setting": "kmeans", "dataset": name, "seed": 0, "seconds": 1.0}
            | dict.fromkeys(("nmi", "ari", "ri"), 0.5)
            for name in SETS
        ],
    }
    for file in files:
        text = "".join(json.dumps(line) + "\n" for line in lines[file])
        (folder / file).write_text(text)
    readme = tmp_path / "README.md"
    readme.write_text("<!--samformer-ETTh1-->9<!----> <!--kmeans-nmi-->9<!---->")
    page, readme_path = str(tmp_path / "page.md"), str(readme)
    main(["tables", "--folder", str(folder), "--page", page, "--readme", readme_path])
    mse = "0.400" if "forecasting.jsonl" in files else "9"
    nmi = "0.500" if "clustering.jsonl" in files else "9"
    filled = f"<!--samformer-ETTh1-->{mse}<!----> <!--kmeans-nmi-->{nmi}<!---->"
    assert readme.read_text() == filled


def test_the_readme_has_the_numbers_of_the_stored_lines(tmp_path):
    if not STORED.is_dir():
        pytest.skip("the results are not part of an installed package")
    text = (STORED.parents[1] / "README.md").read_text("utf-8")
    assert len(NUMBER.findall(text)) == 28
    assert set(NUMBER.findall(text)) <= set(measured_numbers(STORED))
    copy = tmp_path / "README.md"
    copy.write_text(text, "utf-8")
    fill_readme(copy, STORED)
    assert copy.read_text("utf-8") == text
