"""A proposal with its margin, as a notebook's output and as a page: placed, legible, contained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from archkit.proposal.document import read_proposal
from archkit.proposal.findings import Findings

pytestmark = pytest.mark.browser

DESIGN = """# Tickets: a backend for a support desk

## 1. Executive Summary

An empty repository today: one service and PostgreSQL, for three teams.

## 2. Architecture Overview

Clients call `ticket-service`, which keeps tickets in `tickets-db`.

## 3. Service Definitions

- **ticket-service**: opens, assigns and closes tickets.
- **audit-service**: keeps who did what, for seven years.

## 4. API Contracts

| Method | Path | Success | Errors |
|---|---|---|---|
| GET | /v1/tickets/{id} | 200 | 404 |

```json
{
  "title": "Printer"
  "a_name_that_is_so_long_that_it_does_not_fit_anywhere": "and a value that is as long as that"
}
```

## 5. Data Schema

```sql
CREATE TABLE comment (ticket_id bigint REFERENCES ticket (id), body text);
```

## 6. Technology Stack Rationale

1. **RabbitMQ** for mail.
2. **FastAPI**.

## 7. Key Considerations

- **Scalability:** by more of the same.
"""
JUPYTER = """
body { margin: 0; background: %s; color: %s; }
.jp-RenderedHTMLCommon pre, .jp-RenderedHTMLCommon code { background: inherit; border: 0; }
.jp-RenderedHTMLCommon table { border: none; margin: 0 auto 1em; table-layout: fixed; }
.jp-RenderedHTMLCommon td, .jp-RenderedHTMLCommon th { text-align: right; max-width: none; }
.jp-RenderedHTMLCommon tbody tr:nth-child(odd) { background: #f5f5f5; }
"""
PLACES = """() => [...document.querySelectorAll('.beside')].map((one) => {
  const [note, said] = [':scope > aside', ':scope > .said'].map((name) => {
    const box = one.querySelector(name).getBoundingClientRect();
    return {left: box.left, right: box.right, top: box.top, bottom: box.bottom};
  });
  return {note, said};
})"""
WIDER = """() => [...document.querySelectorAll('body *')]
  .filter((e) => e.checkVisibility() && !e.closest('.scroll, pre, style'))
  .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
  .map((e) => `${e.tagName}.${e.className}`)"""
OUTSIDE = """() => [...document.querySelectorAll('.outside *')].map((one) => {
  const style = getComputedStyle(one);
  return [...style].map((name) => `${name}:${style.getPropertyValue(name)}`).join(';');
})"""


def output(html: str, *, light: bool = True, column: str = "auto") -> str:
    """Put an output where JupyterLab puts it, its own paragraph and table before it."""
    style = JUPYTER % (("#fff", "#111") if light else ("#111", "#eee"))
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>notebook</title>'
        f'<style>{style}</style></head><body data-jp-theme-light="{str(light).lower()}"><main>'
        '<div class="outside"><h1>n</h1><p>p <mark>m</mark> <code>c</code></p><pre>x</pre>'
        "<table><tr><th>t</th><td>d</td></tr></table></div>"
        f'<div class="jp-RenderedHTMLCommon" style="width:{column}">{html}</div></main>'
        "</body></html>"
    )


@pytest.fixture(scope="module")
def design() -> str:
    proposal = read_proposal(DESIGN)
    assert proposal.checked.counts["error"] > 3
    return proposal._repr_html_()


def shown(page: Page, html: str, width: int = 1400, **given: Any) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    page.set_content(output(html, **given))


@pytest.mark.parametrize("width", [1000, 1400])
def test_notes_stand_in_the_margin_beside_their_block(page: Page, design: str, width: int):
    shown(page, design, width)
    places = page.evaluate(PLACES)
    assert len(places) > 3
    reached = 0.0
    for place in places:
        note, said = place["note"], place["said"]
        assert note["left"] > said["right"], "beside it"
        assert note["top"] >= reached, "on no other note"
        assert note["top"] - max(said["top"], reached) < 40, "no lower than it must"
        reached = note["bottom"]
    assert page.evaluate(WIDER) == []


@pytest.mark.parametrize(("width", "column"), [(600, "auto"), (1400, "600px")])
def test_with_little_room_notes_stand_below_their_block(
    page: Page, design: str, width: int, column: str
):
    shown(page, design, width, column=column)
    for place in page.evaluate(PLACES):
        assert place["note"]["top"] >= place["said"]["bottom"]
        assert place["note"]["left"] < place["said"]["right"]
    assert page.evaluate(WIDER) == []


def test_it_touches_nothing_outside_of_it_and_asks_for_nothing(page: Page, design: str):
    requests: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    shown(page, "<div></div>")
    before = page.evaluate(OUTSIDE)
    shown(page, design)
    assert page.evaluate(OUTSIDE) == before
    assert page.locator(".archkit-doc script, .archkit-doc img, .archkit-doc [style]").count() == 0
    assert (requests, said) == ([], [])


def test_tables_and_code_look_as_they_should_within_a_notebooks_own_style(page: Page, design: str):
    shown(page, design)
    look = "(e) => [getComputedStyle(e).textAlign, getComputedStyle(e).backgroundColor]"
    cell = page.locator(".archkit-doc .said td").first
    assert cell.evaluate(look) == ["left", "rgba(0, 0, 0, 0)"]
    assert page.locator(".archkit-doc pre").first.evaluate(look)[1] == "rgb(246, 248, 250)"


@pytest.mark.parametrize("light", [True, False])
@pytest.mark.parametrize("name", ["design", "findings", "empty"])
def test_it_has_no_serious_accessibility_fault(browser: Browser, light: bool, name: str):
    proposal = read_proposal(DESIGN)
    made = {"design": proposal, "findings": proposal.checked, "empty": Findings()}[name]
    page = browser.new_page()
    shown(page, made._repr_html_(), 1000, light=light)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    found = Axe().run(page).response["violations"]
    page.close()
    serious = [v for v in found if v["impact"] in {"serious", "critical"}]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in serious] == []


def test_how_to_mend_is_reached_by_keyboard(page: Page, design: str):
    shown(page, design)
    fold = page.locator(".note details").first
    assert not fold.locator(".fix").is_visible()
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert fold.locator(".fix").is_visible()


def test_printed_it_says_how_to_mend_without_a_click(page: Page, design: str, tmp_path: Path):
    shown(page, design, 700)
    page.emulate_media(media="print")
    heights = page.locator(".note .fix").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect().height)"
    )
    assert heights
    assert min(heights) > 10
    assert page.pdf().startswith(b"%PDF")
