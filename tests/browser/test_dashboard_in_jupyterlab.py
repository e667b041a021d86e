"""The dashboard and notebooks in a real JupyterLab: run, filtered, clicked through, kept new."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from lab_page import LONG_MS, LabPage
from lab_server import Lab, jupyterlab, write_notebook
from playwright.sync_api import Page, expect

from archkit.memory.memory import Memory
from archkit.memory.simulate import simulate
from archkit.report.tabs import TABS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
SHOWN = {  # notebooks, and what each shows besides figures
    "40_memory_dashboard": ".archkit-dashboard .scatterlayer .points path",
    "20_tradeoffs": ".archkit-panel .js-plotly-plot .main-svg",
    "10_architect_session": ".archkit-panel button",
}
ELSEWHERE = """from archkit.memory.memory import Memory
from archkit.records import Decision
with Memory("m.duckdb") as memory:
    memory.record_decision(Decision(title="From elsewhere", chosen="x", agent="carl"))"""
CELL = """import archkit as ak
board = ak.dashboard(ak.Memory("m.duckdb"), every_s=1)
board"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("notebooks")
    with Memory(folder / "m.duckdb") as memory:
        simulate(memory, sessions=60, now=datetime(2026, 11, 1, tzinfo=UTC))
    write_notebook(folder / "board.ipynb", CELL)
    for name in SHOWN:
        shutil.copy(NOTEBOOKS / f"{name}.ipynb", folder)
    with jupyterlab(tmp_path_factory.mktemp("home"), folder) as server:
        yield server


def test_filters_clicks_and_another_writer_change_what_is_shown(page: Page, lab: Lab) -> None:
    opened = LabPage(page, lab, "board.ipynb", ".archkit-dashboard")
    opened.run_cell(0)
    shown = opened.shown
    title = shown.locator(".js-plotly-plot .gtitle")
    part = shown.locator(".ak-part")
    expect(part).to_have_text("Shown: everything", timeout=LONG_MS)
    expect(title).not_to_have_text("")
    tile = shown.locator(".tile", has_text="Decisions").locator(".value")
    whole = int(tile.inner_text())

    shown.get_by_role("combobox", name="Focus area", exact=True).select_option("security")
    expect(part).to_have_text("Shown: security")
    expect(tile).not_to_have_text(str(whole))
    expect(shown.locator(".ytick", has_text="DataLoader")).to_have_count(0)

    point = shown.locator(".scatterlayer .trace .points path").first
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    shown.locator(".hoverlayer .hovertext").first.wait_for()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(part).to_have_text(re.compile(r"Shown: security · [a-z0-9-]+"))
    evidence = shown.locator(".ak-rows")
    expect(evidence.locator("tbody tr").first).to_contain_text("simulated")

    chosen = shown.get_by_role("combobox", name="Figure", exact=True)
    caption = shown.locator(".ak-below > .ak-mute")
    for tab in TABS:
        shown.get_by_role("button", name=tab.group, exact=True).click()
        chosen.select_option(tab.name)
        expect(caption).to_contain_text(tab.caption)
        expect(title).not_to_have_text("")
    decision = shown.get_by_role("combobox", name=re.compile("^Decisions of this part"))
    decision.select_option(index=1)
    turn = shown.locator("details[open] summary", has_text=re.compile(r"turn \d+, assistant"))
    turn.wait_for()
    opened.picture("dashboard-evidence")

    shown.get_by_role("button", name="Show everything", exact=True).click()
    expect(part).to_have_text("Shown: everything")
    subprocess.run([sys.executable, "-c", ELSEWHERE], cwd=lab.folder, check=True)
    shown.get_by_text("1 new event").wait_for()
    expect(tile).to_have_text(str(whole + 1))
    expect(shown.get_by_role("combobox", name="Agent", exact=True)).to_contain_text("carl")

    shown.get_by_role("button", name="Copy as code").click()
    shown.get_by_text("Scope().of(memory)").wait_for()
    shown.get_by_role("button", name="Export this view").click()
    shown.get_by_text("Written: reports/dashboard.html").wait_for()
    assert (lab.folder / "reports" / "dashboard.html").stat().st_size > 1_000_000

    reached, controls = opened.tabbed_to()
    assert controls > 20
    assert reached == set(range(controls))

    assert opened.faults() == []
    for width in (1100, 600):
        opened.narrow(width)
    assert (opened.said, opened.foreign) == ([], [])


@pytest.mark.parametrize("name", SHOWN)
def test_a_notebook_runs_whole_and_shows_what_it_makes(page: Page, lab: Lab, name: str) -> None:
    opened = LabPage(page, lab, f"{name}.ipynb", ".jp-Notebook")
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    opened.run_all(sum(cell.cell_type == "code" for cell in notebook.cells))
    page.locator(SHOWN[name]).first.wait_for()
    drawn = page.locator(".jp-OutputArea-output .js-plotly-plot")
    assert drawn.count() >= (name != "10_architect_session")
    assert page.locator(".jp-OutputArea-output[data-mime-type*='error']").count() == 0
    assert page.locator(".jp-OutputArea-output[data-mime-type*='stderr']").all_inner_texts() == []
    opened.picture(name)
    assert (opened.said, opened.foreign) == ([], [])
