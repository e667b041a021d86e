"""Reports opened in a page: how, and what is asked of every one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDER = """() => [...document.querySelectorAll('body *')]
  .filter((e) => e.checkVisibility() && !e.closest('.scroll, pre, svg, .diagram, .skip, .plot > *'))
  .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
  .map((e) => `${e.tagName}.${e.className}`)"""
"""Elements that reach beyond the page."""

CUT_OFF = """() => [...document.querySelectorAll('.js-plotly-plot')].flatMap((plot) => {
  const room = plot.querySelector('.svg-container').getBoundingClientRect();
  return [...plot.querySelectorAll('.main-svg text')]
    .filter((text) => text.textContent.trim())
    .map((text) => [text.textContent, text.getBoundingClientRect()])
    .filter(([, box]) => box.width && (box.left < room.left - 1 || box.right > room.right + 1
      || box.top < room.top - 1 || box.bottom > room.bottom + 1))
    .map(([words]) => words);
})"""
"""Labels of figures that reach beyond their figure, however far it can be scrolled."""

CLIPPED = """() => [...document.querySelectorAll('main *, header *, footer *')]
  .filter((e) => e.checkVisibility() && !e.closest('.plot, .diagram, svg, .skip')
    && ['hidden', 'clip'].includes(getComputedStyle(e).overflowX)
    && e.scrollWidth > e.clientWidth + 1 && e.textContent.trim())
  .map((e) => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 60)}`)"""
"""Text of which a part cannot be seen or scrolled to."""


def opened(page: Page, report: Path, width: int = 1000, height: int = 900) -> None:
    """Open a report from disk, and wait until its figures are drawn."""
    page.set_viewport_size({"width": width, "height": height})
    page.goto(report.as_uri())
    page.wait_for_selector("html[data-drawn]", timeout=90_000)


def watched(page: Page) -> tuple[list[str], list[str]]:
    """Return the lists that fill with the page's requests, and with all that goes wrong."""
    requests: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    return requests, said


def foreign(requests: list[str], report: Path) -> list[str]:
    """Return the requests for anything but the report itself and what is in it."""
    own = report.as_uri()
    return [url for url in requests if not url.startswith("data:") and url.split("#")[0] != own]


def serious_faults(page: Page) -> list[tuple[Any, ...]]:
    """Return what axe finds serious or critical; the page's context must bypass its policy."""
    found = Axe().run(page).response["violations"]
    serious = [v for v in found if v["impact"] in {"serious", "critical"}]
    return [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in serious]
