"""The session panel in a real JupyterLab: from the brief to the outcome, and what breaks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_page import TRIES, LabPage
from lab_server import Lab, jupyterlab, write_notebook
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HERE = Path(__file__).parent
BRIEF = "Stop the N+1 queries in the posts API: 50 posts a page, each with its author"
IMPORTS = "import archkit as ak\nfrom archkit.widgets import session_panel\nmemory = ak.Memory()\n"
OFFLINE = "panel = session_panel(memory, workspace='shop')\npanel"
SCRIPTED = (
    "from panel_talks import stopped_then_written\n"
    "client = stopped_then_written()\n"
    "panel = session_panel(memory, workspace='shop', client=client, max_repairs=0)\npanel"
)
NO_KERNEL = "widget model not found"
"""What JupyterLab itself says of any widget whose kernel is gone."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("notebooks")
    (folder / "shop").mkdir()
    (folder / "shop" / "README.md").write_text("# Shop\n\nSells posts.\n", encoding="utf-8")
    shutil.copy(HERE / "panel_talks.py", folder)
    shutil.copy(HERE.parent / "architect" / "scripted_client.py", folder)
    write_notebook(folder / "offline.ipynb", IMPORTS + OFFLINE)
    write_notebook(folder / "scripted.ipynb", IMPORTS + SCRIPTED, "21 * 2")
    with jupyterlab(tmp_path_factory.mktemp("home"), folder) as server:
        yield server


class Shown(LabPage):
    """A notebook opened, its panel there once the first cell was run."""

    def __init__(self, page: Page, lab: Lab, notebook: str) -> None:
        super().__init__(page, lab, notebook, ".archkit-panel", height=900)

    def run_first_cell(self) -> None:
        self.run_cell(0)
        self.button("Start").wait_for()

    def button(self, name: str) -> Locator:
        return self.shown.get_by_role("button", name=name, exact=True)

    def field(self, name: str) -> Locator:
        return self.shown.get_by_label(name, exact=True)

    def text(self, words: str) -> Locator:
        return self.shown.get_by_text(words).locator("visible=true").first


def test_offline_from_the_brief_to_the_outcome_and_reopened_without_a_kernel(
    page: Page, lab: Lab
) -> None:
    shown = Shown(page, lab, "offline.ipynb")
    shown.run_first_cell()
    assert shown.faults() == []
    assert page.locator(".archkit-static").is_hidden()
    expect(shown.button("Cancel")).to_be_disabled()
    shown.field("Brief").fill(BRIEF)
    shown.field("Brief").press("Tab")
    page.keyboard.press("Enter")  # Start, by keyboard
    shown.text("1. ").wait_for()
    shown.shown.locator(".ak-option").first.click()
    expect(shown.field("Answer 1")).not_to_have_value("")
    shown.button("Propose a design").click()
    shown.text("7 of 7 sections").wait_for()
    shown.button("Decide").click()
    expect(shown.field("What you take")).not_to_have_value("")
    assert shown.faults() == []
    shown.button("Record the decision").click()
    shown.text("Decided so far").wait_for()
    shown.button("Outcome").click()
    shown.field("it worked").check()
    shown.button("Record the outcome").click()
    expect(shown.field("not said").first).to_be_checked()
    assert shown.shown.locator(".ak-error").count() == 0
    assert (shown.said, shown.foreign) == ([], [])
    reopened_without_a_kernel(shown, lab.folder / "offline.ipynb")
    assert [said for said in shown.said if NO_KERNEL not in said] == []


def reopened_without_a_kernel(shown: Shown, notebook: Path) -> None:
    page = shown.page
    for _ in range(TRIES):
        page.keyboard.press("Control+S")
        page.wait_for_timeout(1000)
        if "stage decided" in notebook.read_text(encoding="utf-8"):
            break
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Shut Down Kernel", exact=True).click()
    page.get_by_text("No Kernel").first.wait_for()
    page.reload()
    page.locator(".archkit-static").wait_for()
    kept = page.locator(".archkit-static").inner_text()
    for words in ("The session as it stood", "stage decided", "Decided so far", "7 of 7 sections"):
        assert words in kept
    expect(page.get_by_text("Error displaying widget")).to_be_hidden()


def test_cancel_retry_a_cell_meanwhile_leave_to_write_and_resuming(page: Page, lab: Lab) -> None:
    lab.theme("JupyterLab Dark")
    shown = Shown(page, lab, "scripted.ipynb")
    page.locator("body[data-jp-theme-light=false]").wait_for(state="attached")
    shown.run_first_cell()
    shown.field("Brief").fill(BRIEF)
    shown.button("Start").click()
    shown.text("The posts API loads each author").wait_for()
    expect(shown.button("Cancel")).to_be_enabled()
    shown.run_cell(1)
    shown.cell(1).locator(".jp-OutputArea-output", has_text="42").wait_for()
    shown.button("Cancel").click()
    shown.text("The turn was stopped; its text so far is kept.").wait_for()
    assert shown.faults() == []
    shown.button("Retry").click()
    shown.text("Which style of API").wait_for()
    shown.button("GraphQL").click()
    expect(shown.field("Answer 1")).to_have_value("GraphQL")
    shown.button("Propose a design").click()
    shown.text("Create docs/loader.md").wait_for()
    note = lab.folder / "shop" / "docs" / "loader.md"
    assert not note.exists()
    assert shown.faults() == []
    shown.button("Allow once").click()
    shown.text("7 of 7 sections").wait_for()
    assert note.read_text(encoding="utf-8") == "# Loader\n\nBatches.\n"
    assert "owned" not in page.title()
    assert page.locator(".archkit-panel img, .archkit-panel script").count() == 0
    taken_up_again(shown)
    stays_within(shown, 600)
    assert (shown.said, shown.foreign) == ([], [])


def taken_up_again(shown: Shown) -> None:
    """Begin a new session, then take up the old one from the list."""
    shown.button("Brief").click()
    shown.button("Open").click()
    expect(shown.field("Brief")).to_be_enabled()
    expect(shown.field("Brief")).to_have_value("")
    options = shown.field("Session").locator("option", has_text="proposed")
    shown.field("Session").select_option(label=options.first.inner_text())
    shown.button("Open").click()
    shown.text("7 of 7 sections").wait_for()
    shown.button("Questions").click()
    expect(shown.field("Answer 1")).to_have_value("GraphQL")


def stays_within(shown: Shown, width: int) -> None:
    shown.page.set_viewport_size({"width": width, "height": 900})
    for view in ("Brief", "Conversation", "Questions", "Proposal", "Decide", "Outcome"):
        shown.button(view).click()
        wide = shown.shown.evaluate("(e) => [e.scrollWidth, e.clientWidth]")
        assert wide[0] <= wide[1], view
