"""The query lab in a real JupyterLab: a dial turned, counts on the database, evidence kept."""

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
from archkit.labs.n_plus_one_blog import Blog
from archkit.widgets import query_lab
memory = ak.Memory()
query_lab(Blog(users=25), memory=memory)"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("notebooks")
    write_notebook(folder / "queries.ipynb", CELL, "ak.metrics.query_measurements(memory).shape[0]")
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


def test_a_dial_is_turned_with_the_keyboard_and_the_counts_are_kept(page: Page, lab: Lab) -> None:
    said: list[str] = []
    foreign: list[str] = []
    page.set_default_timeout(LONG_MS)
    page.set_viewport_size({"width": 1000, "height": 1500})
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    own = (lab.base, lab.base.replace("http", "ws"), "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(own) else foreign.append(r.url))
    page.goto(lab.url("queries.ipynb"))
    page.get_by_text("Kernel status: Idle").first.wait_for(state="attached")
    run_cell(page, 0)
    shown = page.locator(".archkit-lab")
    found = shown.locator(".ak-found")
    title = shown.locator(".js-plotly-plot .gtitle")
    expect(found).to_contain_text("85 % holds with DataLoader, 10 a batch", timeout=LONG_MS)
    expect(title).to_contain_text("Users on a page")

    batch = shown.get_by_role("slider", name="DataLoader’s batch")
    expect(batch).to_have_attribute("aria-valuetext", "10")
    batch.focus()
    batch.press("Home")  # one key a statement
    expect(found).to_contain_text("85 % does not with DataLoader, 1 a batch")
    batch.press("End")  # no limit
    expect(found).to_contain_text("85 % holds with DataLoader, no limit")
    expect(batch).to_have_attribute("aria-valuetext", "no limit")
    row = shown.locator("tr", has_text="naive, lazy")
    expect(row).to_contain_text("153 ✓")

    shown.get_by_role("button", name="Time", exact=True).click()
    expect(title).to_contain_text("times as fast")
    shown.get_by_role("button", name="Keep in the memory").click()
    shown.get_by_text("Kept: 7 measurements.").wait_for()
    shown.get_by_role("button", name="Stale answers", exact=True).click()
    expect(title).to_contain_text("come from the cache")
    violations = Axe().run(page, context=".archkit-lab").response["violations"]
    serious = [v for v in violations if v["impact"] in {"serious", "critical"}]
    assert [(v["id"], [n["html"][:160] for n in v["nodes"][:3]]) for v in serious] == []

    run_cell(page, 1)
    page.locator(".jp-OutputArea-output", has_text="7").last.wait_for()
    page.set_viewport_size({"width": 600, "height": 1500})
    shown.get_by_role("button", name="When it holds", exact=True).click()
    page.wait_for_function(
        "() => { const f = document.querySelector('.archkit-lab .ak-figure'); "
        "const w = f.querySelector('.main-svg').getBoundingClientRect().width; "
        "return w <= f.clientWidth && w > f.clientWidth - 12; }"
    )
    wide = shown.evaluate("(e) => [e.scrollWidth, e.clientWidth]")
    assert wide[0] <= wide[1]
    assert (said, foreign) == ([], [])
