"""The app's pages in Chromium: without code, without a foreign request, each reader alone."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from axe_playwright_python.sync_playwright import Axe
from lab_page import LONG_MS
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from archkit.app import serving
from archkit.memory.memory import Memory
from archkit.memory.simulate import simulate

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Sends what a page must not get done, then what it may; replies come in the order of the requests.
RUN_CODE = """
({ kernelId, baseUrl }) => new Promise((done) => {
  const session = crypto.randomUUID(), heard = [];
  const socket = new WebSocket(`ws://${location.host}${baseUrl}api/kernels/${kernelId}/channels`);
  const ask = (type, content) => socket.send(JSON.stringify({
    channel: "shell", parent_header: {}, metadata: {}, content,
    header: { msg_id: crypto.randomUUID(), msg_type: type, username: "", session, date: "",
              version: "5.3" },
  }));
  socket.onopen = () => {
    ask("execute_request", { code: "open('run', 'w').close()", silent: false });
    ask("kernel_info_request", {});
  };
  socket.onmessage = (event) => {
    const said = JSON.parse(event.data);
    if (said.parent_header.session !== session) return;
    heard.push(said.header.msg_type);
    if (said.header.msg_type === "kernel_info_reply") { socket.close(); done(heard); }
  };
})
"""
KERNEL = "JSON.parse(document.getElementById('jupyter-config-data').textContent)"
DRAWN = "JSON.stringify([...document.querySelector('.js-plotly-plot').data[0].x])"
CLOSED = ("api/kernels/0-0-0-0-0", "api/kernels", "voila/tree", "voila/api/contents")
SITE = Path(serving.__file__).parent / "site"
BELOW_A_PATH = ("--base-url", "/archkit/")  # as behind a proxy: nothing is asked for outside of it
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


class App(NamedTuple):
    """A server that runs: what opens it, where it is, the folder of its memory, its process."""

    url: str
    address: str
    folder: Path
    process: subprocess.Popen[str]


class Reader:
    """Somebody at a page; `said` are the console's errors, `foreign` what was asked of others."""

    def __init__(self, page: Page, app: App) -> None:
        self.page, self.said, self.foreign = page, list[str](), list[str]()
        own = (app.address, app.address.replace("http", "ws"), "data:", "blob:")
        page.on("console", lambda m: self.said.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on(
            "request",
            lambda r: None if r.url.startswith(own) else self.foreign.append(r.url),
        )

    def faults(self) -> list[object]:
        found = Axe().run(self.page).response["violations"]
        serious = [v for v in found if v["impact"] in {"serious", "critical"}]
        return [(v["id"], [node["html"][:160] for node in v["nodes"][:3]]) for v in serious]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("app")
    with Memory(folder / "m.duckdb") as memory:
        simulate(memory, sessions=60, now=datetime(2026, 11, 1, tzinfo=UTC))
    command = [sys.executable, "-c", "from archkit.cli import app; app()", "app"]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ARCHKIT_APP")}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [
                *command,
                "--memory",
                str(folder / "m.duckdb"),
                "--port",
                "0",
                "--json",
                *BELOW_A_PATH,
            ],
            env=kept | {"IPYTHONDIR": str(folder / "ipython")},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        at = json.loads(_document(process, folder / "log"))
        yield App(at["url"], at["address"], folder, process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _document(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("}"):
            return "".join(lines)
    raise AssertionError(log.read_text()[-3000:])


@pytest.fixture(scope="module")
def before(app: App) -> str:
    return _bytes_of(app)


def _bytes_of(app: App) -> str:
    files = [app.folder / "m.duckdb", *sorted((app.folder / "spool").rglob("*.jsonl"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


@pytest.fixture
def reader(context: BrowserContext, app: App) -> Reader:
    made = Reader(context.new_page(), app)
    made.page.goto(app.url)
    return made


def test_who_has_no_token_is_let_see_nothing(page: Page, app: App, before: str) -> None:
    page.goto(f"{app.address}?token=guessed")
    expect(page.get_by_label("Token")).to_be_visible()
    for address in ("explorer", ""):
        page.goto(f"{app.address}{address}")
        expect(page.get_by_label("Token")).to_be_visible()
    for closed in CLOSED:
        assert page.request.get(f"{app.address}{closed}", max_redirects=0).status in (302, 403)
    page.get_by_label("Token").fill("guessed")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).to_have_text("That is not the token.")
    page.get_by_label("Token").fill(app.url.partition("token=")[2])
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("link")).to_have_text(["Dashboard", "Trade-offs"])
    for closed in CLOSED:
        assert page.request.get(f"{app.address}{closed}").status == 404
    page.goto(f"{app.address}nowhere")
    expect(page.get_by_role("heading")).to_have_text("There is no such page")
    page.goto(f"{app.address}logout")
    expect(page.get_by_role("heading")).to_have_text("Signed out")
    page.goto(app.address)
    expect(page.get_by_label("Token")).to_be_visible()


def test_a_reader_filters_the_dashboard_and_another_one_is_not_disturbed(
    reader: Reader, browser: Browser, app: App
) -> None:
    page = reader.page
    assert page.get_by_role("link").all_inner_texts() == ["Dashboard", "Trade-offs"]
    page.get_by_role("link", name="Dashboard").click()
    expect(page.get_by_role("status")).to_contain_text("Reading the memory")
    with browser.new_context(color_scheme="dark") as elsewhere:
        elsewhere.set_default_timeout(LONG_MS)
        other = Reader(elsewhere.new_page(), app)
        other.page.goto(f"{app.url.replace('?', 'dashboard?')}")
        title, part, tile = _dashboard(page)
        whole, drawn = tile.inner_text(), title.text_content()
        page.get_by_role("combobox", name="Focus area", exact=True).select_option("security")
        expect(part).to_have_text("Shown: security")
        expect(title).not_to_have_text(drawn)
        expect(tile).not_to_have_text(whole)

        its_title, its_part, its_tile = _dashboard(other.page)
        expect(its_part).to_have_text("Shown: everything")
        expect(its_tile).to_have_text(whole)
        expect(its_title).to_have_text(drawn)
        expect(its_title).to_have_css("fill", "rgb(230, 234, 238)")  # the ink of dark pages
        assert (other.said, other.foreign) == ([], [])
    for code in (".jp-InputArea", ".highlight", ".jp-CodeMirrorEditor"):
        expect(page.locator(code)).to_have_count(0)
    assert "import" not in page.locator("body").inner_text()
    assert "oil" not in f"{page.title()} {page.locator('body').inner_text()}"
    assert (page.title(), reader.faults()) == ("Dashboard · archkit", [])
    for width in (1000, 600):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(FITS)
    with page.expect_download() as handed:
        page.get_by_role("button", name="Download this view").click()
    content = Path(handed.value.path()).read_text(encoding="utf-8")
    assert handed.value.suggested_filename == "dashboard.html"
    assert content.startswith("<!DOCTYPE html>") and content.rstrip().endswith("</html>")
    assert page.get_by_role("button", name="Copy as code").count() == 0
    assert page.evaluate(RUN_CODE, page.evaluate(KERNEL))[-1:] == ["kernel_info_reply"]
    assert "execute_reply" not in page.evaluate(RUN_CODE, page.evaluate(KERNEL))
    assert (reader.said, reader.foreign) == ([], [])


def _dashboard(page: Page) -> tuple[Locator, Locator, Locator]:
    """Return the figure's title, what is shown in words, and how many decisions it counts."""
    shown = page.locator(".archkit-dashboard")
    title = shown.locator(".js-plotly-plot .gtitle")
    expect(title).not_to_have_text("")
    tile = shown.locator(".tile", has_text="Decisions").locator(".value")
    return title, shown.locator(".ak-part"), tile


def test_a_reader_moves_a_weight_and_the_ranking_follows(reader: Reader, app: App) -> None:
    page = reader.page
    page.goto(f"{app.address}explorer")
    found, title = page.locator(".ak-found"), page.locator(".js-plotly-plot .gtitle")
    expect(title).not_to_have_text("")
    was, drawn = page.locator(".ak-summary table").first.inner_text(), page.evaluate(DRAWN)
    handle = page.locator(".archkit-explorer .noUi-handle").nth(1)
    handle.focus()
    handle.press("Home")
    expect(page.locator(".ak-summary table").first).not_to_have_text(was, use_inner_text=True)
    page.wait_for_function(f"drawn => {DRAWN} !== drawn", arg=drawn)
    assert page.get_by_role("button", name="Save").count() == 0

    page.get_by_label("What is to be decided").fill("stop the N+1 queries of a posts API")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Weighed: stop the N+1 queries of a posts API")).to_be_visible()
    expect(page.locator(".archkit-explorer")).to_have_count(1)
    expect(found).to_contain_text("Eager loading with joins comes first")
    assert reader.faults() == []
    assert (reader.said, reader.foreign) == ([], [])


def test_it_ends_with_every_kernel_and_has_written_nothing(
    reader: Reader, app: App, before: str
) -> None:
    reader.page.goto(f"{app.address}dashboard")
    _dashboard(reader.page)
    running = psutil.Process(app.process.pid).children(recursive=True)
    assert running  # the kernel of the page that is open
    app.process.send_signal(signal.SIGTERM)
    assert app.process.wait(90) == 0
    assert psutil.wait_procs(running, timeout=90)[1] == []
    assert _bytes_of(app) == before
    assert not (SITE / "run").exists()
    assert "Traceback" not in (app.folder / "log").read_text()
