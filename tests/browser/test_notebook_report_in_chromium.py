"""A notebook's report opened from disk: all of it drawn, nothing asked for, nothing cut off."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from lab_page import LONG_MS
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import Browser, Page, expect
from pypdfium2 import raw as pdfium

from archkit.report.notebook import NotebookReport, write_notebook_report
from archkit.report.paper import write_pdf

pytestmark = pytest.mark.browser

FIGURES = 5
MARGIN_PT = 45
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
OPENING = r"""# What a notebook holds

Costs of $5 to $6, an inline $E = mc^2$, and

$$
\begin{aligned}
a &= \frac{1}{2} \\
- b &= \sum_{i=1}^{n} i^2
\end{aligned}
$$

![A dot](dot.png) ![far](https://pictures.example/far.png)

```mermaid
flowchart LR
  accTitle: Two boxes
  a[One] --> b[Two]
```
"""
WIDGETS = """\
figure = go.FigureWidget(go.Scatter(x=np.arange(500.0), y=np.arange(500.0) ** 2))
figure.update_layout(title="On a widget", xaxis_title="number", yaxis_title="square")
held = w.Output()
with held:
    display(go.Figure(go.Bar(x=["one", "two"], y=[1, 2]), layout={"title": "Captured"}))
controls = w.HBox([w.IntSlider(3, description="n"), w.Checkbox(True, description="deep")])
w.Tab([w.VBox([controls, figure]), w.Accordion([held], titles=["Inner"])], titles=["A", "B"])
"""
TABLES = """\
frame = pd.DataFrame({"pattern": ["jwt", "sessions"], "uses": [38, 24], "rate": [0.93, None]})
display(frame, frame.style.highlight_max(subset=["uses"], color="yellow"))
display(gt.GT(frame).tab_header("Nicely set"))
display(pd.DataFrame([range(20)], columns=[f"measure_{n}" for n in range(20)]))
"""
ATTACK = """\
bad = "<script>document.title='hit'</script><img src=x onerror=\\"document.title='hit'\\">"
display(HTML(bad + "<svg onload=\\"document.title='hit'\\"></svg>"), Markdown(bad))
display(go.Figure(go.Scatter(y=[1, 2], name=bad), layout={"title": bad}))
display({"image/svg+xml": "<svg width='9' height='9'>" + bad + "</svg>"}, raw=True)
w.VBox([w.HTML(bad), w.HTMLMath(bad + "$x$"), w.Text(bad), w.Label(bad)])
"""
IMPORTS = """\
import great_tables as gt
import ipywidgets as w
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from IPython.display import HTML, Markdown
"""
ARCHKIT = """\
import archkit as ak
memory = ak.Memory()
display(ak.figures.success_by_pattern(ak.metrics.pattern_evidence(memory), theme="dark"))
ak.dashboard(memory)
"""
WIDER = """() => [...document.querySelectorAll('body *')]
  .filter((e) => e.checkVisibility() && !e.closest('.scroll, pre, svg, .formula, .own-style'))
  .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
  .map((e) => `${e.tagName}.${e.className}`)"""
JUMPS = """() => {
  const levels = [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((h) => +h.tagName[1]);
  return levels.filter((level, n) => level > (n ? levels[n - 1] : 0) + 1);
}"""
TWICE = """() => {
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  return ids.filter((id, n) => ids.indexOf(id) !== n);
}"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> NotebookReport:
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "dot.png").write_bytes(DOT)
    sources = (
        IMPORTS,
        new_markdown_cell("## Widgets\n\n#### A heading far below"),
        WIDGETS,
        new_markdown_cell("## Tables"),
        TABLES,
        new_markdown_cell("## What somebody else wrote <script>document.title = 'hit'</script>"),
        ATTACK,
        new_markdown_cell("## archkit's own"),
        ARCHKIT,
    )
    cells = [each if isinstance(each, dict) else new_code_cell(each) for each in sources]
    book = new_notebook(cells=[new_markdown_cell(OPENING), *cells])
    nbformat.write(book, folder / "mine.ipynb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARCHKIT_DATA", str(folder / "data"))
        return write_notebook_report(folder / "mine.ipynb", code=True)


@pytest.fixture(scope="module")
def shown(browser: Browser, report: NotebookReport) -> Iterator[tuple[Page, list[str], list[str]]]:
    """Open it once; return the page, what it asked for, and what it said."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    requests: list[str] = []
    said: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(str(error)))
    opened(page, report)
    yield page, requests, said
    context.close()


def opened(page: Page, report: NotebookReport) -> None:
    page.goto(Path(report).resolve().as_uri(), timeout=LONG_MS)
    page.wait_for_selector("html[data-drawn=all][data-diagrams=all]", timeout=LONG_MS)


def test_it_is_drawn_whole_and_asks_for_nothing(report, shown):
    page, requests, said = shown
    assert report.figures == FIGURES
    drawn = page.locator("[data-figure]").filter(has=page.locator(".main-svg"))
    expect(drawn).to_have_count(FIGURES)
    assert page.locator(".diagram svg").count() == 2, "for a light page and for a dark one"
    assert page.locator("math").count() == 3
    assert [url for url in requests if not url.startswith(("data:", "file:"))] == []
    assert len([url for url in requests if url.startswith("file:")]) == 1
    assert said == []


def test_what_somebody_wrote_does_nothing_and_what_is_left_out_is_named(report, shown):
    page, _, _ = shown
    assert page.title() == "What a notebook holds"
    assert page.locator("main script:not([type='application/json'])").count() == 0
    assert page.locator(".unshown").count() == len(report.unshown) > 0
    assert page.locator("#s-not-shown ~ ul > li").count() == len(report.unshown)
    assert "a picture from the network (far)" in report.unshown[0]


def test_it_has_one_title_headings_without_a_jump_and_no_id_twice(shown):
    page, _, _ = shown
    assert page.locator("h1").count() == 1
    assert page.evaluate(JUMPS) == []
    assert page.evaluate(TWICE) == []
    assert page.locator("nav.page a").all_text_contents()[:2] == ["Widgets", "Tables"]


@pytest.mark.parametrize("width", [1400, 600])
def test_nothing_is_wider_than_the_page(shown, width):
    page, _, _ = shown
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_function(f"() => ({WIDER})().length === 0", timeout=LONG_MS)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_has_no_serious_accessibility_fault(browser, report):
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    opened(page, report)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page).response["violations"]
        serious = [v for v in found if v["impact"] in {"serious", "critical"}]
        assert [(v["id"], [n["html"][:160] for n in v["nodes"][:5]]) for v in serious] == []
    context.close()


def test_on_paper_no_table_reaches_beyond_the_margins_however_wide_it_is(report):
    document = pypdfium2.PdfDocument(write_pdf(report))
    assert pdfium.FPDFCatalog_IsTagged(document)
    signs, beyond = "", []
    for sheet in document:
        text, width = sheet.get_textpage(), sheet.get_width()
        for n in range(text.count_chars()):
            sign, (left, _, right, _) = text.get_text_range(n, 1), text.get_charbox(n)
            signs += sign.strip()
            if sign.strip() and not MARGIN_PT - 1 < left <= right < width - MARGIN_PT + 1:
                beyond.append(sign)
    assert beyond == []
    assert "measure_0measure_1" in signs and "measure_18measure_19" in signs
    document.close()
