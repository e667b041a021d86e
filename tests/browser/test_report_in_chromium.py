"""The report of a memory in a real browser: at every width, in both themes, printed, contained."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from report_page import CUT_OFF, WIDER, opened

from archkit.architect.session import Session
from archkit.labs.n_plus_one import measure
from archkit.memory.memory import Memory
from archkit.report import write_report

pytestmark = pytest.mark.browser

BRIEF = "Sign-in for a multi-tenant SaaS with mobile and web clients, 10k requests a minute"
WIDTHS = (600, 1000, 1400)
LOADED = "() => [...document.images].every((img) => img.complete)"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Do the main job: a session, a decision, two looks at it, a measurement, the report."""
    folder = tmp_path_factory.mktemp("report")
    with Memory(folder / "data" / "archkit.duckdb") as memory:
        session = Session("backend-architect", memory, workspace=folder, client="offline")
        session.brief(BRIEF)
        session.answer("We keep our own accounts.")
        session.propose()
        assert session.ranking is not None and session.ranking.best is not None
        decision = session.decide(session.ranking.best.pattern.slug, rationale="fits both clients")
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
        return write_report(memory, folder / "report.html", session=session).resolve()


def test_nothing_is_wider_than_the_page_and_no_label_is_cut_off(page: Page, report: Path):
    for width in WIDTHS:
        opened(page, report, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(WIDER) == []
        assert page.evaluate(CUT_OFF) == []


def test_figures_follow_the_readers_theme(page: Page, report: Path):
    page.emulate_media(color_scheme="dark")
    opened(page, report)
    title = page.locator(".xtitle").first
    expect(title).to_have_css("fill", "rgb(154, 165, 177)")
    page.emulate_media(color_scheme="light")
    expect(title).to_have_css("fill", "rgb(102, 114, 127)")


def test_names_of_patterns_get_the_room_there_is(page: Page, report: Path):
    names = {}
    for width in (600, 1400):
        opened(page, report, width)
        ticks = page.locator("[data-figure=patterns-figure] .ytick text")
        names[width] = ticks.all_text_contents()
    assert not [name for name in names[1400] if "…" in name]
    assert [name for name in names[600] if "…" in name]
    page.set_viewport_size({"width": 1400, "height": 900})
    expect(page.locator("[data-figure=patterns-figure] .ytick", has_text="…")).to_have_count(0)


def test_printed_it_has_every_figure_whole(page: Page, report: Path):
    opened(page, report)
    page.emulate_media(media="print")
    page.wait_for_function(LOADED)
    prints = page.locator("img.print-figure:visible")
    assert prints.count() == page.locator("[data-figure]").count() > 4
    assert page.locator(".plot:visible").count() == 0
    for picture in prints.all():
        assert picture.get_attribute("src").startswith("data:image/svg+xml")
        assert picture.evaluate("(img) => img.complete && img.naturalWidth > 600")
        assert picture.get_attribute("alt")
        assert picture.bounding_box()["height"] <= 190 / 25.4 * 96 + 1, "leaves no room on a page"
    pdf = page.pdf(tagged=True, outline=True)
    assert pdf.startswith(b"%PDF")
    page.set_viewport_size({"width": 670, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 670
    assert len(pdf) > 20_000


def test_what_a_model_writes_does_nothing(page: Page, tmp_path: Path):
    attack = "<script>document.title = 'hit'</script><img src=x onerror=\"document.title='hit'\">"
    with Memory(tmp_path / "archkit.duckdb") as memory:
        filed = {"session_id": "s-1", "agent": attack}
        memory.append("session_started", {"brief": attack, "title": attack}, **filed)
        text = f"## {attack}\n\n{attack}\n\n[go](javascript:document.title='hit')"
        memory.append("proposal", {"text": text, "version": 1, "missing": []}, **filed)
        memory.append("message", {"n": 1, "role": "assistant", "text": text}, **filed)
        path = write_report(memory, tmp_path / "report.html").resolve()
    opened(page, path)
    assert page.title() == "What the memory has learned"
    assert (
        page.locator("main img:not(.print-figure), main iframe, a[href^=javascript]").count() == 0
    )
