"""What the documentation says and links to is there."""

import ast
import os
import re
import subprocess
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import skts
from tests.test_architecture import PUBLIC_ROOMS

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    page.relative_to(ROOT)
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    if not {"_build", "gallery", "generated"} & {*page.relative_to(ROOT).parts}
)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def headings(page):
    """Return the anchors of a page's headings, as GitHub and the site make them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def tracked():
    """Return the files that a clone has; None where this is no clone."""
    if not (ROOT / ".git").exists():
        return None
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {ROOT / name for name in listed.stdout.split("\0")}


TRACKED = tracked()


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_relative_links_lead_somewhere(page):
    for link in LINK.findall((ROOT / page).read_text("utf-8")):
        if "://" in link or "/gallery/" in f"/{link}":  # made when the site is built
            continue
        path, _, anchor = link.partition("#")
        target = ROOT / page.parent / path if path else ROOT / page
        assert target.exists(), link
        if target.is_file() and TRACKED is not None:
            assert target.resolve() in TRACKED, f"{link} is not in the repository"
        if anchor:
            assert anchor in headings(target), link


def test_links_of_the_built_site_lead_somewhere():
    gallery = os.environ.get("SKTS_GALLERY")
    if not gallery:
        pytest.skip("set SKTS_GALLERY to the gallery of a built site to run this test")
    site = (Path(gallery).parent / "_build/html").resolve()
    texts = {page: page.read_text("utf-8") for page in site.rglob("*.html")}
    anchors = {
        page: {*re.findall(r'\b(?:id|name)="([^"]+)"', text)}
        for page, text in texts.items()
    }
    assert len(texts) > 50
    for page, text in texts.items():
        for link in re.findall(r'\b(?:href|src)="([^"]+)"', text):
            url = urlsplit(unescape(link))
            if url.scheme or url.netloc:
                continue
            target = (page.parent / unquote(url.path)).resolve() if url.path else page
            assert target.is_file(), f"{link} of {page}"
            if url.fragment and target.suffix == ".html":
                assert unquote(url.fragment) in anchors[target], f"{link} of {page}"


def messages():
    """Return the strings of the source, with ``…`` for what is filled in."""
    found = []
    for path in Path(skts.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (getattr(part, "value", None) for part in node.values)
                found.append("".join(p if isinstance(p, str) else "…" for p in parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return found


def test_the_messages_explained_are_real():
    page = ROOT / "docs/guide/troubleshooting.md"
    explained = re.findall(r"^### `(.+)`$", page.read_text("utf-8"), re.MULTILINE)
    assert len(explained) > 15
    known = messages()
    unknown = [
        message for message in explained if not any(message in text for text in known)
    ]
    assert not unknown


def test_the_reference_lists_all_that_is_public():
    page = (ROOT / "docs/api/index.md").read_text("utf-8")
    for room in PUBLIC_ROOMS:
        listed = re.findall(
            rf"currentmodule:: {room.__name__}\n(.*?)(?=\.\. currentmodule|```)",
            page,
            re.DOTALL,
        )
        names = re.findall(r"^   (\w+)$", "".join(listed), re.M)
        assert set(names) == {*room.__all__}


def test_examples_that_need_a_download_have_a_picture_that_is_kept():
    pages = (ROOT / "examples").glob("plot_*.py")
    texts = [page.read_text("utf-8") for page in pages]
    need = [text for text in texts if "load_ett(" in text]
    assert need
    for text in need:
        (kept,) = re.findall(r"thumbnail_path = '(.*)'", text)
        assert (ROOT / "docs" / kept).stat().st_size > 10_000
        assert f".. figure:: /{kept}" in text


def run_code(page):
    """Run all code of a page and return what it names."""
    names = {}
    for code in re.findall(
        r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL
    ):
        exec(compile(code, page, "exec"), names)
    return names


def test_the_page_on_panels_runs(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    names = run_code("docs/guide/panels.md")
    assert names["model"].predict([1]).shape == (1, 1)
    assert (tmp_path / "panel.pt").exists()


def test_the_interval_within_bounds_of_the_guide_is_within():
    page = (ROOT / "docs/guide/uncertainty.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(from sktime.*?)```", page, re.DOTALL)
    names = {}
    exec(compile(code, "uncertainty.md", "exec"), names)
    assert (names["intervals"] > 0).all(axis=None)
    fh, model = range(1, 9), names["SAMformerForecaster"](horizon=8).fit(names["y"])
    assert (model.predict_interval(fh, coverage=0.8) < 0).any(axis=None)


def test_the_first_forecast_of_the_guide_and_of_the_readme_run(monkeypatch):
    plt = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.setenv("MPLBACKEND", "agg")
    plt.switch_backend("agg")
    for page in ("README.md", "docs/guide/first_forecast.md"):
        names = run_code(page)
        assert len(names["model"].predict(fh=range(1, 13))) == 12
        assert names["model"].backtest(names["test"], sp=12).overall["mase"] < 1
        plt.close("all")
