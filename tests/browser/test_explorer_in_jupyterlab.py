"""The trade-off explorer in a real JupyterLab: a weight moved, a cell set, a decision saved."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from lab_server import Lab, jupyterlab, write_notebook
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LONG_MS = 90_000
TRIES = 30
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


def run_cell(page: Page, number: int) -> None:
    """Run a cell; a key pressed while the notebook is still being drawn is lost."""
    cell = page.locator(".jp-CodeCell").nth(number)
    for _ in range(TRIES):
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(1000)
        if re.search(r"[*\d]", cell.locator(".jp-InputPrompt").inner_text()):
            return
    raise AssertionError(f"Cell {number} did not run.")


def fits(page: Page) -> None:
    """Wait until the figure is as wide as its frame."""
    page.wait_for_function(
        "() => { const f = document.querySelector('.archkit-explorer .ak-figure'); "
        "const w = f.querySelector('.main-svg').getBoundingClientRect().width; "
        "return w <= f.clientWidth && w > f.clientWidth - 12; }"
    )


def test_a_weight_is_moved_a_cell_is_set_and_a_decision_is_saved(page: Page, lab: Lab) -> None:
    said: list[str] = []
    foreign: list[str] = []
    page.set_default_timeout(LONG_MS)
    page.set_viewport_size({"width": 1000, "height": 1300})
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    own = (lab.base, lab.base.replace("http", "ws"), "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(own) else foreign.append(r.url))
    page.goto(lab.url("explore.ipynb"))
    page.get_by_text("Kernel status: Idle").first.wait_for(state="attached")
    run_cell(page, 0)
    shown = page.locator(".archkit-explorer")
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
    fits(page)

    shown.get_by_role("button", name="Save", exact=True).click()
    shown.get_by_role("button", name="Save as a decision").click()
    shown.get_by_text("Saved as").wait_for()
    found = Axe().run(page, context=".archkit-explorer").response["violations"]
    serious = [v for v in found if v["impact"] in {"serious", "critical"}]
    assert [(v["id"], [n["html"][:160] for n in v["nodes"][:3]]) for v in serious] == []
    run_cell(page, 1)
    page.locator(".jp-OutputArea-output", has_text="decision").last.wait_for()
    page.set_viewport_size({"width": 600, "height": 1300})
    fits(page)
    wide = shown.evaluate("(e) => [e.scrollWidth, e.clientWidth]")
    assert wide[0] <= wide[1]
    assert (said, foreign) == ([], [])
