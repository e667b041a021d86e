"""A report on paper: the page as a tagged PDF, printed by this machine's Chromium."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from archkit.errors import ReportError
from archkit.plain import near_path, shown_path
from archkit.report.chromium import find_chromium
from archkit.report.devtools import BrowserError, DevTools, devtools
from archkit.report.files import pdf_path, write_bytes

__all__ = ["write_pdf"]

_WITHIN_S = 120.0
_LIGHT = {"name": "prefers-color-scheme", "value": "light"}
_READY = """new Promise((done) => {
  const root = document.documentElement;
  const ready = () => root.dataset.drawn
    && (root.dataset.diagrams || !document.getElementById("archkit-mermaid"));
  const look = () => { if (ready()) { watch.disconnect(); done(true); } };
  const watch = new MutationObserver(look);
  watch.observe(root, { attributes: true });
  look();
})"""
_PRINTED = """Promise.all(
  [...document.querySelectorAll("[data-figure] + img.print-figure")]
    .map((picture) => picture.decode().then(() => 1, () => 0))
).then((drawn) => ({
  figures: drawn.length,
  drawn: drawn.filter(Boolean).length,
}))"""
_FITTED = """(() => {
  document.body.style.width = "178mm";
  for (const room of [...document.querySelectorAll(".scroll, .own-style, .formula")].reverse()) {
    if (room.scrollWidth > room.clientWidth) {
      room.style.zoom = room.clientWidth / room.scrollWidth;
    }
  }
  document.body.style.width = "";
})()"""
"""Makes what would be scrolled on a screen as small as an A4 page, less its margins, is wide."""


def write_pdf(path: str | Path, *, within_s: float = _WITHIN_S) -> Path:
    """Print a report to a PDF beside it: A4, tagged, with an outline, every figure drawn.

    Parameters
    ----------
    path
        The report, an HTML file that archkit wrote. It stays as it is, whatever happens.
    within_s
        How long Chromium may take, in seconds; it is ended afterwards.

    Returns
    -------
    Path
        The PDF, as seen from here.

    Raises
    ------
    ReportError
        There is no Chromium, it failed or took too long, a figure could not be drawn, or the
        file cannot be written.
    """
    chromium = find_chromium()
    if chromium is None:
        raise ReportError(
            f"No PDF could be made of {shown_path(path)!r}.",
            why=f"It takes a Chromium to print a page, and {_not_found()}. The HTML is there.",
            mend="Install one (Debian: apt install chromium; else: pip install playwright, then "
            "playwright install chromium), or name one in ARCHKIT_CHROMIUM; then write it again.",
        )
    try:
        with devtools(chromium, within_s) as browser:
            document = _printed(browser, Path(path))
    except (BrowserError, OSError) as error:
        raise ReportError(
            f"No PDF could be made of {shown_path(path)!r}.",
            why=f"Of Chromium: {error} (at most {within_s:g} s). The HTML is there.",
            mend="Write it again when the machine is less busy; or open the HTML in a browser and "
            "print it to a file.",
        ) from error
    write_bytes(pdf_path(path), document)
    return near_path(pdf_path(path))


def _not_found() -> str:
    named = os.environ.get("ARCHKIT_CHROMIUM")
    return "ARCHKIT_CHROMIUM names no program" if named else "none was found"


def _printed(browser: DevTools, path: Path) -> bytes:
    browser.attach()
    browser.send("Page.enable")
    browser.send("Emulation.setEmulatedMedia", features=[_LIGHT])
    browser.send("Page.navigate", url=path.resolve().as_uri())
    browser.wait_for("Page.loadEventFired")
    browser.evaluate(_READY)
    found = browser.evaluate(_PRINTED)
    if found["drawn"] < found["figures"]:
        missing = found["figures"] - found["drawn"]
        raise BrowserError(f"{missing} of {found['figures']} figures could not be drawn")
    browser.send("Emulation.setEmulatedMedia", media="print", features=[_LIGHT])
    browser.evaluate(_FITTED)
    answer = browser.send(
        "Page.printToPDF",
        printBackground=True,
        preferCSSPageSize=True,
        generateTaggedPDF=True,
        generateDocumentOutline=True,
    )
    return base64.b64decode(answer["data"])
