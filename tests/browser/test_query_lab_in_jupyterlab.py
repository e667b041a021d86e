"""The query lab in a real JupyterLab: a dial turned, counts on the database, evidence kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lab_page import LONG_MS, LabPage
from lab_server import Lab, jupyterlab, write_notebook
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

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


def test_a_dial_is_turned_with_the_keyboard_and_the_counts_are_kept(page: Page, lab: Lab) -> None:
    opened = LabPage(page, lab, "queries.ipynb", ".archkit-lab")
    opened.run_cell(0)
    shown = opened.shown
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
    assert opened.faults() == []

    opened.run_cell(1)
    page.locator(".jp-OutputArea-output", has_text="7").last.wait_for()
    shown.get_by_role("button", name="When it holds", exact=True).click()
    opened.narrow(600)
    assert (opened.said, opened.foreign) == ([], [])
