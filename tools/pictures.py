"""Make the README's pictures: widgets and a report of a made-up memory, light and dark.

`make pictures` runs it in Chromium. Data, seeds and clock are fixed, so that the same archkit
gives the same pictures; each says itself that its data are simulated, or counted on a made-up
database.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from playwright.sync_api import Browser, Page, sync_playwright

from archkit.app import server
from archkit.memory.memory import Memory
from archkit.memory.simulate import simulate
from archkit.report import write_report

HERE = Path(__file__).resolve().parent.parent
TARGET = HERE / "data" / "examples" / "pictures"
NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
WIDTH, SCALE, LONG_MS = 1060, 2, 120_000
MOST_BYTES = 200_000
BRIEF = "Stop the N+1 queries in the posts API: 50 posts a page, each with its author"

SHOWN = """import os
from datetime import datetime
from pathlib import Path
from IPython.display import display
import archkit as ak
from archkit.metrics.scope import Scope
from archkit.widgets import explore, query_lab, session_panel
now = datetime.fromisoformat({now!r})
theme = "dark" if "theme=dark" in os.environ["QUERY_STRING"] else "light"
memory = ak.Memory(Path({folder!r}) / "m.duckdb", now=lambda: now)
"""
CELLS = {
    "dashboard": (
        "The memory's dashboard, of a simulated year",
        "from archkit.widgets.dashboard import dashboard\n"
        "board = dashboard(memory, Scope(area='security'), theme=theme, every_s=0, "
        "now=lambda: now, saves=False)\ndisplay(board.widget)",
    ),
    "explorer": (
        "Trade-offs, explored on simulated outcomes",
        "ranking = memory.query('authentication for web and mobile clients')\n"
        "made = explore(ak.PerformanceMatrix.from_ranking(ranking), theme=theme)\n"
        "display(made.widget)",
    ),
    "session": (
        "A session with an architect, on a simulated memory",
        "panel = session_panel(memory, workspace=Path({folder!r}) / 'shop')\ndisplay(panel.widget)",
    ),
    "query-lab": (
        "The query lab, counted on a made-up database",
        "from archkit.labs.n_plus_one_blog import Blog\n"
        "display(query_lab(Blog(users=200), theme=theme).widget)",
    ),
}


class Shot(NamedTuple):
    """A picture: what brings the page to where it is taken, and the element it ends with."""

    name: str
    brought: Callable[[Page], None]
    last: str


def main() -> None:
    """Make all pictures, or those named on the command line."""
    wanted = set(sys.argv[1:]) or {shot.name for shot in SHOTS} | {"report"}
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        _prepare(folder)
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("ARCHKIT_CHROMIUM") or shutil.which("chromium"),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        with _served(folder) as address:
            for theme in ("light", "dark"):
                if "report" in wanted:
                    _take(browser, theme, (folder / "report.html").as_uri(), REPORT)
                for shot in SHOTS:
                    if shot.name in wanted:
                        _take(browser, theme, f"{address}{shot.name}?theme={theme}", shot)
        browser.close()


def _prepare(folder: Path) -> None:
    with Memory(folder / "m.duckdb", now=lambda: NOW) as memory:
        simulate(memory, sessions=120, now=NOW)
        write_report(memory, folder / "report.html", now=NOW, title="A memory of simulated work")
    (folder / "shop").mkdir()
    (folder / "shop" / "README.md").write_text("# Shop\n\nSells posts.\n", encoding="utf-8")
    (folder / "site").mkdir()
    for name, (title, code) in CELLS.items():
        source = (SHOWN + code).format(now=NOW.isoformat(), folder=str(folder))
        notebook: Any = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source)],
            metadata={
                "kernelspec": {"name": "python3", "display_name": "", "language": "python"},
                "archkit": {"title": title, "starting": ""},
            },
        )
        nbformat.write(notebook, folder / "site" / f"{name}.ipynb")


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Serve the widgets as the app serves its pages, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, __file__, "--serve", str(folder)],
        env={**os.environ, "ARCHKIT_DATA": str(folder / "data"), "IPYTHONDIR": str(folder / "ip")},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(60)


def _serve(folder: Path) -> None:
    from archkit.app.serving import Served, serve

    server.SITE = folder / "site"
    server.PAGES = tuple(server.Page(name, CELLS[name][0], "") for name in CELLS)

    def ready(at: Served) -> None:
        sys.stdout.write(f"{json.dumps(at.address)}\n")
        sys.stdout.flush()

    serve(folder / "m.duckdb", port=0, token=False, ready=ready)


def _take(browser: Browser, theme: str, address: str, shot: Shot) -> None:
    context = browser.new_context(
        color_scheme=theme,  # type: ignore[arg-type]
        viewport={"width": WIDTH, "height": 900},
        device_scale_factor=SCALE,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.set_default_timeout(LONG_MS)
    page.goto(address)
    shot.brought(page)
    page.add_style_tag(content=".app-head nav, .app-foot { display: none }")
    page.mouse.move(1, 1)
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(700)  # hovers and transitions have ended
    bottom = page.locator(shot.last).first.evaluate("e => e.getBoundingClientRect().bottom")
    height = round(bottom + 6 + page.evaluate("scrollY"))
    page.set_viewport_size({"width": WIDTH, "height": max(height, 400)})
    page.evaluate("scrollTo(0, 0)")
    png = page.screenshot(clip={"x": 0, "y": 0, "width": WIDTH, "height": height})
    target = TARGET / f"{shot.name}-{theme}.webp"
    target.write_bytes(_webp(context.new_page(), png))
    sys.stdout.write(f"{target.relative_to(HERE)}: {target.stat().st_size / 1000:.0f} kB\n")
    context.close()


def _webp(page: Page, png: bytes) -> bytes:
    """Have the browser write a picture as WebP, as good as it may be in 200 kB."""
    page.goto("about:blank")
    for quality in (0.95, 0.9, 0.85, 0.8, 0.7, 0.6):
        made = page.evaluate(
            """async ([png, quality]) => {
              const picture = new Image();
              picture.src = "data:image/png;base64," + png;
              await picture.decode();
              const canvas = document.createElement("canvas");
              [canvas.width, canvas.height] = [picture.width, picture.height];
              canvas.getContext("2d").drawImage(picture, 0, 0);
              return canvas.toDataURL("image/webp", quality);
            }""",
            [base64.b64encode(png).decode(), quality],
        )
        content = base64.b64decode(made.partition(",")[2])
        if len(content) <= MOST_BYTES:
            return content
    raise SystemExit("A picture does not fit into 200 kB: take less of the page.")


def _drawn(page: Page) -> None:
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    page.wait_for_function(
        "() => { const e = document.querySelector('.ak-figure'); if (!e) return true;"
        " const w = e.querySelector('.main-svg').getBoundingClientRect().width;"
        " return w <= e.clientWidth && w > e.clientWidth - 12; }"
    )


def _explored(page: Page) -> None:
    _drawn(page)
    found = page.locator(".ak-found")
    was = found.inner_text()
    handle = page.locator(".noUi-handle").nth(1)
    handle.focus()
    for _ in range(5):
        handle.press("PageDown")
    page.wait_for_function("was => document.querySelector('.ak-found').innerText !== was", arg=was)
    handle.blur()


def _asked(page: Page) -> None:
    page.get_by_label("Brief", exact=True).fill(BRIEF)
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_text("1. ").locator("visible=true").first.wait_for()
    page.locator(".ak-option").first.click()


def _counted(page: Page) -> None:
    _drawn(page)
    page.get_by_role("button", name="When it holds", exact=True).click()
    page.wait_for_timeout(1500)


REPORT = Shot(
    "report", lambda page: page.wait_for_selector("html[data-drawn]"), ":nth-match(.decision, 2)"
)
SHOTS = (
    Shot("dashboard", _drawn, ".ak-figure"),
    Shot("explorer", _explored, ".ak-flip"),
    Shot("session", _asked, ".archkit-panel"),
    Shot("query-lab", _counted, ".ak-figure"),
)

if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        _serve(Path(sys.argv[2]))
    else:
        main()
