"""Diagrams in a report: the drawing script is there when needed, packed, named by the policy."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from importlib.resources import files

from archkit.proposal.document import read_proposal
from archkit.report.diagrams import diagram_figures, drawing_of
from archkit.report.page import page

MERMAID = files("archkit") / "library" / "mermaid"
TABLE = "# T\n\n```sql\nCREATE TABLE a (id int PRIMARY KEY);\n```\n"


def written(body: str) -> str:
    return page(title="T", header="", body=body, footer="")


def test_a_page_without_a_diagram_carries_nothing_for_it() -> None:
    said = written('<p>class="language-mermaid" &lt;code class="language-mermaid"&gt;</p>')
    assert "archkit-mermaid" not in said
    assert drawing_of("<code>flowchart LR</code>") is None


def test_a_page_with_a_diagram_carries_mermaid_packed_and_its_policy_names_it() -> None:
    said = written(diagram_figures(read_proposal(TABLE)))
    block = re.search(r'id="archkit-mermaid">([^<]+)<', said)
    assert block is not None
    script = gzip.decompress(base64.b64decode(block[1]))
    named = base64.b64encode(hashlib.sha256(script).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', said)
    assert policy is not None
    assert f"'sha256-{named}'" in policy[1]
    assert "unsafe-eval" not in policy[1]
    assert policy[1].count("'sha256-") == 3
    assert len(said) - len(written("<p></p>")) < 1_400_000


def test_a_figure_has_a_heading_its_text_and_a_description() -> None:
    said = diagram_figures(read_proposal(TABLE))
    assert said.count("<figure") == 1
    assert '<h3 id="tables-title">Its tables</h3>' in said
    assert "<figcaption>1 table, 0 references.</figcaption>" in said
    assert "INT id PK" in said


def test_nothing_to_draw_gives_no_figure() -> None:
    assert diagram_figures(read_proposal("# Only a title\n")) == ""


def test_mermaid_is_the_file_that_its_notice_says() -> None:
    script = gzip.decompress((MERMAID / "mermaid.min.js.gz").read_bytes())
    assert hashlib.sha256(script).hexdigest() in (MERMAID / "NOTICE").read_text("utf-8")
    assert "MIT License" in (MERMAID / "LICENSE").read_text("utf-8")
