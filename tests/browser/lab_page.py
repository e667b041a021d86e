"""A notebook opened in a JupyterLab: its cells run, what its console and its requests say."""

from __future__ import annotations

import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from lab_server import Lab
from playwright.sync_api import Locator, Page, expect

TRIES = 30
LONG_MS = 90_000
FITS = """
(root) => {
  const frame = document.querySelector(`${root} .ak-figure`);
  const width = frame.querySelector(".main-svg").getBoundingClientRect().width;
  return width <= frame.clientWidth && width > frame.clientWidth - 12;
}
"""
PICTURES = Path(__file__).resolve().parents[2] / "screenshots" / "jupyterlab"
CONTROLS = """
(root) => {
  const all = [...root.querySelectorAll("button, input, select, summary, [tabindex='0']")]
    .filter((each) => each.checkVisibility() && !each.disabled && each.tabIndex >= 0);
  all.forEach((each, place) => { each.dataset.control = place; });
  all[0].focus();
  return all.length;
}
"""


class LabPage:
    """A notebook once its kernel is idle.

    `said` is what the console said of errors, `foreign` what was asked of anybody but the server;
    `root` is the CSS selector of what the notebook shows.
    """

    def __init__(self, page: Page, lab: Lab, notebook: str, root: str, height: int = 1500) -> None:
        self.page, self.root, self.said, self.foreign = page, root, list[str](), list[str]()
        self._own = (lab.base, lab.base.replace("http", "ws"), "data:", "blob:")
        page.set_default_timeout(LONG_MS)
        page.set_viewport_size({"width": 1000, "height": height})
        page.on("console", lambda m: self.said.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self._note(request.url))
        page.goto(lab.url(notebook))
        page.get_by_text("Kernel status: Idle").first.wait_for(state="attached")
        # It says so of no kernel, too; a cell that is run then opens a dialog instead.
        kernel = page.locator(".jp-Toolbar-kernelName").first
        expect(kernel).to_have_text(re.compile("^Python"), timeout=LONG_MS)

    @property
    def shown(self) -> Locator:
        """What the notebook shows."""
        return self.page.locator(self.root).first

    def cell(self, number: int) -> Locator:
        return self.page.locator(".jp-CodeCell").nth(number)

    def run_cell(self, number: int) -> None:
        """Run a cell; a key pressed while the notebook is still being drawn is lost."""
        prompt = self.cell(number).locator(".jp-InputPrompt")
        asked = self.page.locator(".jp-Dialog")
        for _ in range(TRIES):
            assert asked.count() == 0, asked.first.inner_text()  # JupyterLab's own, in the way
            self.cell(number).locator(".cm-content").click()
            self.page.keyboard.press("Control+Enter")
            self.page.wait_for_timeout(1000)
            if re.search(r"[*\d]", prompt.inner_text()):
                return
        raise AssertionError(f"Cell {number} did not run.")

    def run_all(self, cells: int) -> None:
        """Run so many code cells from above, and wait until each has run."""
        prompts = self.page.locator(".jp-CodeCell .jp-InputPrompt")
        expect(prompts).to_have_count(cells)  # a notebook is drawn cell by cell
        for number in range(cells):
            self.run_cell(number)
        done = prompts.filter(has_text=re.compile(r"\[\d+\]"))
        expect(done).to_have_count(cells, timeout=2 * LONG_MS)

    def picture(self, name: str) -> None:
        """Keep what is seen for somebody to look at, in a folder that git ignores."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.shown.screenshot(path=PICTURES / f"{name}.png")

    def tabbed_to(self) -> tuple[set[int], int]:
        """Go through what is shown by the Tab key: the controls reached, and how many there are."""
        count = int(self.shown.evaluate(CONTROLS))
        reached: set[int] = set()
        for _ in range(count + 6):
            place = self.page.evaluate("() => document.activeElement?.dataset.control ?? -1")
            if int(place) >= 0:
                reached.add(int(place))
            self.page.keyboard.press("Tab")
        return reached, count

    def faults(self) -> list[object]:
        """Return the serious accessibility faults of what is shown as it stands."""
        found = Axe().run(self.page, context=self.root).response["violations"]
        serious = [v for v in found if v["impact"] in {"serious", "critical"}]
        return [(v["id"], [node["html"][:160] for node in v["nodes"][:3]]) for v in serious]

    def narrow(self, width: int) -> None:
        """Have the page so many pixels wide: the figure follows, and nothing stands out."""
        height = (self.page.viewport_size or {})["height"]
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.wait_for_function(FITS, arg=self.root)
        wide = self.shown.evaluate("(e) => [e.scrollWidth, e.clientWidth]")
        assert wide[0] <= wide[1]

    def _note(self, url: str) -> None:
        if not url.startswith(self._own):
            self.foreign.append(url)
