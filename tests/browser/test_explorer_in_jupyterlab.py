"""The trade-off explorer in a real JupyterLab: a weight moved, a cell set, a decision saved."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lab_page import LONG_MS, LabPage
from lab_server import Lab, jupyterlab, write_notebook
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELL = """import archkit as ak
from archkit.tradeoffs.cell import Interval, Rate, Unknown
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.widgets import explore
memory = ak.Memory()
criteria = [Criterion("success"), Criterion("set-up", "min", 0, 10, "h")]
cells = [[Rate.reported(0.95, 38), Interval(5, 9)], [Rate.reported(0.8, 16), Interval(1, 3)]]
explorer = explore(PerformanceMatrix(["Tokens", "Sessions"], criteria, cells), memory=memory)
explorer"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("notebooks")
    write_notebook(folder / "explore.ipynb", CELL, "memory.recent(1).kind[0]")
    with jupyterlab(tmp_path_factory.mktemp("home"), folder) as server:
        yield server


def test_a_weight_is_moved_a_cell_is_set_and_a_decision_is_saved(page: Page, lab: Lab) -> None:
    opened = LabPage(page, lab, "explore.ipynb", ".archkit-explorer")
    opened.run_cell(0)
    shown = opened.shown
    title = shown.locator(".js-plotly-plot .gtitle")
    expect(title).to_contain_text("Sessions is first", timeout=LONG_MS)

    slider = shown.get_by_role("slider", name="set-up")
    slider.focus()
    slider.press("Home")  # the set-up does not count
    expect(title).to_contain_text("Tokens is first")
    expect(shown.locator(".ak-summary table").first).to_contain_text("▲ 1")

    shown.get_by_role("button", name="Cells", exact=True).click()
    field = shown.get_by_role("textbox", name="success", exact=True)
    expect(field).to_have_value("36.1 of 38")
    field.fill("2 of 38")
    field.press("Tab")
    shown.get_by_role("button", name="Set the cells").click()
    expect(title).to_contain_text("Sessions is first")

    for view in ("Ranks", "Profiles", "Two criteria", "Why", "What could change it", "Measure"):
        shown.get_by_role("button", name=view, exact=True).click()
        expect(title).not_to_have_text("")
    opened.narrow(1000)

    shown.get_by_role("button", name="Save", exact=True).click()
    shown.get_by_role("button", name="Save as a decision").click()
    shown.get_by_text("Saved as").wait_for()
    assert opened.faults() == []
    opened.run_cell(1)
    page.locator(".jp-OutputArea-output", has_text="decision").last.wait_for()
    opened.narrow(600)
    assert (opened.said, opened.foreign) == ([], [])
