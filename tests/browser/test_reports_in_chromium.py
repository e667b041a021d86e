"""Every kind of report, on the screen and on paper: drawn, quiet, contained, reachable, whole."""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page
from pypdfium2 import raw as pdfium
from report_page import CLIPPED, CUT_OFF, WIDER, foreign, opened, serious_faults, watched

from archkit.architect.session import Session
from archkit.errors import ReportError
from archkit.labs.n_plus_one import measure
from archkit.memory.memory import Memory
from archkit.records import Decision, Pattern
from archkit.report import write_report
from archkit.report.document import Document
from archkit.report.files import write_page
from archkit.report.folder_index import write_index
from archkit.report.kinds import KINDS
from archkit.report.page import as_page
from archkit.report.paper import write_pdf
from archkit.tradeoffs.cell import Grade, Interval, Rate, Unknown
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.decided import decision_of
from archkit.tradeoffs.explored import first_state
from archkit.tradeoffs.findings import Findings
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.preference import Preference

pytestmark = pytest.mark.browser

BRIEF = "Sign-in for a multi-tenant SaaS with mobile and web clients, 10k requests a minute"
NOW = datetime(2026, 11, 26, tzinfo=UTC)
HIT = "document.title='hit'"
ATTACK = f'<script>{HIT}</script><img src=x onerror="{HIT}">'
HOSTILE = f"{ATTACK} and a name so long that it fits nowhere {'long' * 60}"[:300]
ZOOMS = {640: "200 % of 1280", 320: "400 %, where text must reflow"}
A4 = (595, 842)
MARGIN_MM, FOOT_MM = 14, 6
MOST_PAGES = 40

FIGURES = """() => ({
  expected: document.querySelectorAll("[data-figure]").length,
  data: document.querySelectorAll("script[id$='-figure']").length,
  drawn: [...document.querySelectorAll("[data-figure]")]
    .filter((plot) => plot.querySelector(".main-svg .xy, .main-svg .plot path, .main-svg text"))
    .length,
  printed: [...document.querySelectorAll("img.print-figure")]
    .filter((picture) => picture.src.startsWith("data:image/svg")).length,
  refused: document.querySelectorAll("[data-refused]").length,
})"""
FITTED = """() => [...document.querySelectorAll('.js-plotly-plot')]
  .every((plot) => plot.querySelector('.svg-container').clientWidth
    === Math.max(540, plot.clientWidth))"""
FOCUSABLE = """() => {
  const all = [...document.querySelectorAll('a[href], summary, [tabindex="0"]')]
    .filter((e) => e.checkVisibility());
  window.reached = [];
  document.addEventListener("focusin", (event) => {
    const style = getComputedStyle(event.target);
    window.reached.push([all.indexOf(event.target), style.outlineStyle !== "none"]);
  });
  return all.length;
}"""
SCROLLS = """() => [...document.querySelectorAll('main *')]
  .filter((e) => e.checkVisibility() && !e.closest('svg')
    && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)
    && e.scrollWidth > e.clientWidth + 1 && e.tabIndex < 0
    && !e.querySelector('a[href], [tabindex="0"]'))
  .map((e) => `${e.tagName}.${e.className}`)"""
INJECTED = """() => {
  const script = document.createElement('script');
  script.textContent = "window.hit = true";
  document.body.append(script);
  const holder = document.createElement('div');
  holder.innerHTML = '<img src="data:," onerror="window.hit = true">';
  document.body.append(holder);
  return new Promise((done) => setTimeout(() => done(window.hit ?? false), 0));
}"""
ALIKE = """() => document.querySelectorAll('tbody > tr:nth-child(n+6)')
  .forEach((row) => row.remove())"""
SEEN = """() => [...document.querySelectorAll('h1, h2, h3, h4, p, dt, td, th, figcaption, summary')]
  .filter((e) => e.checkVisibility() && !e.querySelector('p, td') && e.innerText.trim())
  .map((e) => e.innerText)"""
HEADINGS = "() => [...document.querySelectorAll('h1, h2')].map((e) => e.innerText)"


class Written(NamedTuple):
    """A report in full and a slim one of the same."""

    whole: Path
    slim: Path


def filled(memory: Memory, folder: Path) -> None:
    """Do the main job, weigh a matrix, and put an attack wherever a reader or model may write."""
    session = Session("backend-architect", memory, workspace=folder, client="offline")
    session.brief(BRIEF)
    session.answer(ATTACK)
    session.propose()
    assert session.ranking is not None and session.ranking.best is not None
    decision = session.decide(session.ranking.best.pattern.slug, rationale=HOSTILE)
    for days in (30, 90):
        memory.record_outcome(
            decision,
            success=True,
            scores={"performance": 0.9},
            source="simulated",
            horizon_days=days,
            observed_at=decision.decided_at + timedelta(days=days),
        )
    for measurement in measure(repeat=1):
        memory.record_measurement(measurement)
    memory.record_pattern(Pattern(slug="evil", name=HOSTILE, kind="authentication"))
    criteria = [Criterion("success"), Criterion("security", "max", 1, 5)]
    cells = [[Rate.reported(0.9, 20), Grade(4)], [Interval(0.6, 0.9), Unknown()]]
    matrix = PerformanceMatrix([HOSTILE[:120], "Sessions"], criteria, cells)
    state = first_state(matrix, Preference.order(["success"]), draws=2_000, seed=1)
    weighed = memory.record_decision(decision_of(Findings(state), HOSTILE[:120]))
    memory.record_outcome(weighed, success=False)
    evil = Decision(HOSTILE, title=HOSTILE, patterns=("evil",), confidence=0.7)
    memory.record_outcome(memory.record_decision(evil), success=True)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Written]:
    folder = tmp_path_factory.mktemp("reports")
    with Memory(folder / "data" / "archkit.duckdb") as memory:
        filled(memory, folder)
        return {
            kind: Written(
                write_report(memory, folder / f"{kind}.html", kind=kind, title=HOSTILE).resolve(),
                write_report(memory, folder / f"{kind}-slim.html", kind=kind, slim=True).resolve(),
            )
            for kind in KINDS
        }


@pytest.fixture
def audited(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that axe may look into, in the scheme asked for."""
    context = browser.new_context(bypass_csp=True, color_scheme=request.param)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("audited", ["light", "dark"], indirect=True)
@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_is_drawn_without_a_request_and_without_a_serious_fault(
    audited: Page, reports: dict[str, Written], kind: str, request: pytest.FixtureRequest
):
    light = "light" in request.node.name
    report = reports[kind].whole if light else reports[kind].slim
    requests, said = watched(audited)
    opened(audited, report)
    figures = audited.evaluate(FIGURES)
    assert figures["refused"] == 0
    assert figures["drawn"] == figures["printed"] == figures["data"] == figures["expected"]
    assert figures["expected"] or kind == "session"
    audited.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    audited.evaluate(ALIKE)  # axe looks at each cell for a while; further rows are as these are
    assert serious_faults(audited) == []
    assert foreign(requests, report) == []
    assert said == []
    assert audited.title() != "hit"


@pytest.mark.parametrize("kind", KINDS)
def test_zoomed_to_200_percent_and_reflowed_nothing_is_cut_off_and_no_foreign_script_runs(
    page: Page, reports: dict[str, Written], kind: str
):
    page.emulate_media(reduced_motion="reduce")
    opened(page, reports[kind].whole, 640, 450)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    for width, meaning in ZOOMS.items():
        page.set_viewport_size({"width": width, "height": 450})
        page.wait_for_function(FITTED)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, meaning
        assert page.evaluate(WIDER) == [], meaning
        assert page.evaluate(CLIPPED) == [], meaning
        assert page.evaluate(CUT_OFF) == [], meaning
        assert page.evaluate(SCROLLS) == [], "what scrolls is reached by keyboard"
    assert page.evaluate("document.getAnimations().length") == 0
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    assert page.evaluate(INJECTED) is False
    assert page.title() != "hit"


@pytest.mark.parametrize("kind", KINDS)
def test_by_keyboard_all_is_reached_in_order_and_the_content_is_one_step_away(
    page: Page, reports: dict[str, Written], kind: str
):
    opened(page, reports[kind].slim)
    many = page.evaluate(FOCUSABLE)
    for _ in range(many):
        page.keyboard.press("Tab")
    reached = [(place, seen) for place, seen in page.evaluate("window.reached") if place >= 0]
    places = [place for place, _ in reached]
    assert places == sorted(places)
    assert all(seen for _, seen in reached), "the focus can be seen"
    for _ in range(many - len(places)):  # Chromium itself stops at what scrolls, too
        page.keyboard.press("Tab")
    reached = [place for place, _ in page.evaluate("window.reached") if place >= 0]
    assert reached == list(range(many))
    page.reload()
    page.keyboard.press("Tab")
    assert page.locator("a.skip:focus").bounding_box()["width"] > 60
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'main'")


@pytest.mark.parametrize("kind", KINDS)
def test_on_paper_every_word_and_figure_is_there_and_nothing_is_cut(
    page: Page, reports: dict[str, Written], kind: str
):
    page.emulate_media(media="print")
    opened(page, reports[kind].whole, 672)
    seen, headings = page.evaluate(SEEN), page.evaluate(HEADINGS)
    document = pypdfium2.PdfDocument(write_pdf(reports[kind].whole))
    assert 1 <= len(document) <= MOST_PAGES
    assert pdfium.FPDFCatalog_IsTagged(document)
    told = iter([plain(mark.get_title()) for mark in document.get_toc()])
    assert [one for one in headings if plain(one) not in told] == [], "in the outline, in order"
    texts = []
    for n, sheet in enumerate(document, start=1):
        assert sheet.get_size() == pytest.approx(A4, abs=1)
        text = plain(sheet.get_textpage().get_text_range())
        foot = f"{n}of{len(document)}"
        assert foot in text
        texts.append(without_foot(text, foot))
        assert_whole(sheet)
    text = "".join(texts)
    lines = [line for words in seen for line in words.split("\n")]
    assert [line for line in lines if plain(line) not in text] == []
    pictures = page.locator("img.print-figure").evaluate_all("(all) => all.map((one) => one.alt)")
    described = [words for sheet in document for words in alternatives(sheet)]
    assert [plain(one) for one in pictures if plain(one) not in map(plain, described)] == []
    document.close()


def test_a_figure_that_cannot_be_drawn_says_so_and_is_not_printed_in_silence(
    page: Page, tmp_path: Path
):
    lost = '<div class="plot" data-figure="lost-figure"></div><img class="print-figure" alt="">'
    report = write_page(tmp_path / "r.html", as_page(Document("memory", "T", "", NOW, (), lost)))
    opened(page, report.resolve())
    assert page.locator("html[data-drawn=some]").count() == 1
    assert page.get_by_text("Not drawn: ").is_visible()
    with pytest.raises(ReportError, match="No PDF could be made") as error:
        write_pdf(report)
    assert "1 of 1 figures could not be drawn" in error.value.why
    assert not (tmp_path / "r.pdf").exists()


def test_the_index_of_a_folder_is_as_good_a_page(
    browser: Browser, reports: dict[str, Written], tmp_path: Path
):
    for written in reports.values():
        (tmp_path / written.slim.name).write_bytes(written.slim.read_bytes())
        (tmp_path / written.whole.name).write_bytes(written.whole.read_bytes())
    index = write_index(tmp_path).path.resolve()
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    requests, said = watched(page)
    for width in (1280, *ZOOMS):
        opened(page, index, width)
        assert page.evaluate(WIDER) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious_faults(page) == []
    assert (foreign(requests, index), said, page.title()) == ([], [], f"Reports in {tmp_path.name}")
    page.locator(f'a[href$="{next(iter(KINDS))}-slim.html"]').click()
    page.wait_for_selector("html[data-drawn=all]")
    context.close()


def plain(text: str) -> str:
    """Return the signs of a text without its spaces, hyphens and ligatures: as lines may break."""
    signs = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s\ufffe\u00ad\u200b\u2060-]|\x02", "", signs)


def without_foot(text: str, foot: str) -> str:
    """Return the text of a page without the line at its foot."""
    before, _, after = text.rpartition(foot)
    return before + after


def assert_whole(sheet: Any) -> None:
    """Hold that a page is not blank and that no ink lies in its margins, where it would be cut."""
    ink = sheet.render(scale=1, grayscale=True).to_numpy() < 200
    edge, foot = (int(mm / 25.4 * 72) for mm in (MARGIN_MM, FOOT_MM))
    assert ink.sum() > 200, "blank"
    assert not ink[:edge].any()
    assert not ink[:, :edge].any()
    assert not ink[:, -edge:].any()
    assert not ink[-foot:].any()


def alternatives(sheet: Any) -> list[str]:
    """Return what a page's tags say of its pictures."""
    tree = pdfium.FPDF_StructTree_GetForPage(sheet)
    roots = range(pdfium.FPDF_StructTree_CountChildren(tree))
    elements = [pdfium.FPDF_StructTree_GetChildAtIndex(tree, n) for n in roots]
    found = []
    while elements:
        element = elements.pop()
        many = pdfium.FPDF_StructElement_CountChildren(element)
        below = (pdfium.FPDF_StructElement_GetChildAtIndex(element, n) for n in range(many))
        elements += [one for one in below if one]
        size = pdfium.FPDF_StructElement_GetAltText(element, None, 0)
        if size > 2:
            held = ctypes.create_string_buffer(size)
            pdfium.FPDF_StructElement_GetAltText(element, held, size)
            found.append(held.raw[:-2].decode("utf-16-le"))
    pdfium.FPDF_StructTree_Close(tree)
    return found
