"""Diagrams of a report in a real browser: drawn, quiet, accessible, and never in the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from archkit.proposal.diagram import Diagram, label
from archkit.proposal.document import read_proposal
from archkit.proposal.page import proposal_page
from archkit.report.diagrams import diagram_figures
from archkit.report.page import page as report_page

pytestmark = pytest.mark.browser

TEXT = """# Proposal: <b>Orders</b> & "more"

## 2. Architecture Overview

```text
gateway: the door
  ├─ order-service: routes /orders; and more
order-service: keeps orders
  ├─ order-db (PostgreSQL): reads <script>alert(1)</script> %%{init}%%
  └─ "]; click c1 "javascript:alert(1)" (RabbitMQ): puts work on it
```

```mermaid
sequenceDiagram
  Client->>Gateway: POST /orders
```

```mermaid
%%{init: {"securityLevel": "loose"}}%%
flowchart LR
  a["<img src=x onerror=alert(1)>"] --> b[safe]
  click a href "javascript:alert(1)"
  click b href "http://example.invalid/x"
  c@{ img: "http://example.invalid/x.png", label: "pictured" }
```

```mermaid
flowchart LR
  a[never closed --> b
```

## 5. Data Schema

```sql
CREATE TABLE customer (id uuid PRIMARY KEY, email text);
CREATE TABLE purchase (id bigint PRIMARY KEY, customer_id uuid NOT NULL REFERENCES customer (id));
```
"""
TEXTS = """() => [...document.querySelectorAll('.diagram')]
  .map((drawing) => [...drawing.querySelectorAll('svg')].filter((svg) => svg.checkVisibility()))
  .map((shown) => shown.map((svg) => svg.textContent).join('|'))"""


def written(folder: Path, text: str) -> Path:
    proposal = read_proposal(text)
    drawn = diagram_figures(proposal)
    body = f"<h2>Its proposal</h2><h3>P</h3>{drawn}{proposal_page(proposal, top=4, in_report=True)}"
    file = folder / "report.html"
    file.write_text(
        report_page(title="Orders", header="<h1>Orders</h1>", body=body, footer=""), "utf-8"
    )
    return file


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("diagrams"), TEXT)


def opened(page: Page, file: Path) -> None:
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-diagrams=all]", timeout=120_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_diagrams_are_drawn_quietly_and_show_the_names(page: Page, report: Path, scheme: Any):
    said: list[str] = []
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.emulate_media(color_scheme=scheme)
    opened(page, report)
    components, tables, sequence, hostile = page.evaluate(TEXTS)
    assert {"Components of b Orders", "gateway", "order-service"} <= words(components)
    assert {"order-db", "routes /orders"} <= words(components)
    for name in ("customer", "purchase", "customer_id", "email"):
        assert name in tables
    assert "POST /orders" in sequence
    assert "safe" in hostile
    assert "pictured" in hostile
    assert page.locator(".diagram a, .diagram img, .diagram script").count() == 0
    shown = page.locator(f".diagram .{scheme} svg")
    assert [svg.is_visible() for svg in shown.all()] == [True] * 4
    assert [url for url in requests if not url.startswith("data:")] == [report.as_uri()]
    assert said == []


def words(text: str) -> set[str]:
    """Return which of the names the first test looks for are in a drawing's text."""
    names = ("Components of b Orders", "gateway", "order-service", "order-db", "routes /orders")
    return {name for name in names if name in text}


def test_what_cannot_be_drawn_is_shown_as_text_and_breaks_nothing(page: Page, report: Path):
    opened(page, report)
    source = page.locator("pre", has_text="a[never closed")
    assert source.is_visible()
    assert page.locator("pre + p", has_text="Not drawn: Parse error on line").count() == 1
    assert page.locator("body > [id^=d]").count() == 0  # Mermaid leaves no debris


def test_the_text_of_a_drawn_diagram_is_there_on_demand(page: Page, report: Path):
    opened(page, report)
    source = page.locator(".diagram + details pre").first
    assert not source.is_visible()
    page.locator(".diagram + details summary").first.click()
    assert source.inner_text().startswith("flowchart LR")


def test_on_paper_diagrams_are_light_and_nothing_scrolls(page: Page, report: Path):
    page.emulate_media(color_scheme="dark", media="print")
    opened(page, report)
    assert [svg.is_visible() for svg in page.locator(".diagram .light svg").all()] == [True] * 4
    assert page.locator(".diagram .dark svg").first.is_hidden()


def test_nothing_is_wider_than_the_page(page: Page, report: Path):
    for width in (600, 1000):
        page.set_viewport_size({"width": width, "height": 900})
        opened(page, report)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_diagrams_have_no_serious_accessibility_fault(browser: Browser, report: Path, scheme: Any):
    context = browser.new_context(bypass_csp=True, color_scheme=scheme)
    page = context.new_page()
    opened(page, report)
    found = Axe().run(page).response["violations"]
    context.close()
    serious = [v for v in found if v["impact"] in {"serious", "critical"}]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in serious] == []


NASTY = ['a"]', "end", "click", "%%{init}%%", "<b>x</b>", "#quot;", "a\\", "`x`", "1. a", "--> b"]
NASTY += [
    "graph",
    "subgraph",
    "style",
    "class",
    "default",
    "é",
    "日本",
    "a|b",
    "(",
    "o",
    "x",
    "---",
]


def test_mermaid_reads_every_name_that_a_label_lets_through(page: Page, tmp_path: Path):
    nodes = "".join(f'  c{n}["{label(name)}"]\n' for n, name in enumerate(NASTY))
    links = "".join(f'  c0 -->|"{label(name)}"| c{n}\n' for n, name in enumerate(NASTY) if n)
    flow = Diagram(f"flowchart LR\n  accTitle: {label('x: y; %%')}\n{nodes}{links}", "T", "D")
    quoted = [name.replace('"', '""') for name in NASTY]
    columns = ", ".join(f'"{name}" "{name} type"' for name in [*quoted, "pk", "fk"])
    keys = "".join(f', FOREIGN KEY ("{name}") REFERENCES "{name}"' for name in quoted)
    sql = f'```sql\nCREATE TABLE "a b" ({columns}{keys});\n```\n'
    entities = read_proposal(f"# T\n\n{sql}").er_diagram()
    assert entities.source.startswith("erDiagram")
    file = written(tmp_path, f"# T\n\n{sql}\n```mermaid\n{flow.source}```\n")
    opened(page, file)
    assert page.locator(".diagram").count() == 2
    assert "日本" in page.locator(".diagram .light").first.inner_text()
