"""Tables show the paper's value beside ours, and come from the stored lines."""

import shutil
from pathlib import Path

import pytest

import skts
from skts.benchmarks.__main__ import main
from skts.benchmarks._clustering import SETS, nmi_table
from skts.benchmarks._forecasting_tables import error_table, means_table, others_table
from skts.benchmarks._readme import NUMBER, fill_readme, measured_numbers

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
    first, second = error_table([naive, old]).splitlines()[2:]
    assert first.startswith("| gone | ETTh1 | 96 | 0.5000 |  | 0.4000 | 0.6000 |")
    assert second.startswith("| last-value | ETTh1 | 96 | 1.3000 |  | 0.4000 |  | 0 |")
    assert first.endswith("|  |  |")


def test_the_page_is_made_from_the_stored_lines(tmp_path):
    if not STORED.is_dir():
        pytest.skip("the results are not part of an installed package")
    folder = shutil.copytree(STORED, tmp_path / "results")
    readme = tmp_path / "README.md"
    readme.write_text("mean <!--samformer-ETTh1-->9.9<!----> of all horizons")
    page, readme_path = str(tmp_path / "page.md"), str(readme)
    main(["tables", "--folder", str(folder), "--page", page, "--readme", readme_path])
    expected = measured_numbers(folder)["samformer-ETTh1"]
    assert f"<!--samformer-ETTh1-->{expected:.3f}<!---->" in readme.read_text()
    page = (tmp_path / "page.md").read_text("utf-8")
    assert "| samformer | ETTh1 | mean |" in page
    assert "{" not in page.replace("{1e-4", "")


def test_the_readme_has_the_numbers_of_the_stored_lines(tmp_path):
    if not STORED.is_dir():
        pytest.skip("the results are not part of an installed package")
    text = (STORED.parents[1] / "README.md").read_text("utf-8")
    assert len(NUMBER.findall(text)) == 16
    copy = tmp_path / "README.md"
    copy.write_text(text, "utf-8")
    fill_readme(copy, STORED)
    assert copy.read_text("utf-8") == text
