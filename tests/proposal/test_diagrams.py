"""Diagrams: what the proposal says is drawn, nothing else, and nothing in a name breaks them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.proposal.diagram import Diagram, label
from archkit.proposal.document import read_proposal

TABLES = """# Proposal: Orders

## 5. Data Schema

```sql
CREATE TABLE shop."Customer Account" (id uuid PRIMARY KEY, email varchar(255) UNIQUE);
CREATE TABLE purchase (
  id bigint PRIMARY KEY,
  customer_id uuid NOT NULL REFERENCES shop."Customer Account",
  shop_id int REFERENCES shop (id),
  total numeric(10, 2),
  state text,
  tags text[],
  pk int
);
CREATE TABLE purchase_note (purchase_id bigint PRIMARY KEY REFERENCES purchase (id));
CREATE UNIQUE INDEX one_open ON purchase (state) WHERE state = 'open';
```
"""


def test_tables_columns_keys_and_references_are_drawn() -> None:
    assert (
        read_proposal(TABLES).er_diagram().source
        == """\
erDiagram
  accTitle: Tables of Orders
  accDescr: 3 tables, 3 references: purchase to shop.Customer Account, purchase to shop, \
purchase_note to purchase.
  %%{init: {"er": {"nodeSpacing": 40, "rankSpacing": 140}}}%%
  direction LR
  t1["shop.Customer Account"] {
    UUID id PK
    VARCHAR(255) email UK
  }
  t2["purchase"] {
    BIGINT id PK
    UUID customer_id FK
    INT shop_id FK
    DECIMAL total
    TEXT state
    TEXT[] tags
    INT pk_
  }
  t3["purchase_note"] {
    BIGINT purchase_id PK, FK
  }
  t1 ||--o{ t2 : "customer_id"
  t4["shop"]
  t4 |o--o{ t2 : "shop_id"
  t2 ||--o| t3 : "purchase_id"
"""
    )


OVERVIEW = """# Proposal: Orders

## 2. Architecture Overview

```text
gateway: the door
  ├─ order-service: routes /orders; and more
  └─ order-db (PostgreSQL): reads
order-service: keeps orders
  └─ jobs (RabbitMQ): puts work on it
```

## 3. Service Definitions

### Order Service

Keeps orders.
"""


def test_components_and_the_connections_of_the_overview_are_drawn() -> None:
    diagram = read_proposal(OVERVIEW).component_diagram()
    assert diagram.title == "Components of Orders"
    assert diagram.source.splitlines()[3:] == [
        '  c1["Order Service"]',
        '  c2["gateway"]',
        '  c3[("order-db")]',
        '  c4{{"jobs"}}',
        '  c2 -->|"routes /orders"| c1',
        '  c2 -->|"reads"| c3',
        '  c1 -->|"puts work on it"| c4',
    ]


def test_without_a_drawing_what_services_say_they_use_is_drawn_and_no_more() -> None:
    text = """## 3. Service Definitions

### Order Service

Keeps orders. It is not the payment service.

Dependencies: Catalogue Service

### Payment Service

Takes money.

### Catalogue Service

Reads nothing.
"""
    lines = read_proposal(text).component_diagram().source.splitlines()
    assert [line.strip() for line in lines if "-->" in line] == ["c1 --> c3"]


@pytest.mark.parametrize("text", ["", "# Only a title\n", "```sql\nSELECT 1;\n```\n"])
def test_nothing_to_draw_is_said_in_the_drawing(text: str) -> None:
    proposal = read_proposal(text)
    assert '["The proposal defines no table that could be read."]' in proposal.er_diagram().source
    assert '["The proposal names no component."]' in proposal.component_diagram().source


def test_too_much_to_draw_is_cut_and_said() -> None:
    tables = "".join(f"CREATE TABLE a{n} (id int REFERENCES a0);\n" for n in range(200))
    diagram = read_proposal(f"```sql\n{tables}```\n").er_diagram()
    assert diagram.description.startswith(
        "200 tables, 40 references, the first 40 tables are drawn: a0 to a0, a1 to a0"
    )
    assert len(diagram.source) < 50_000


def test_a_notebook_draws_it_and_a_document_takes_it_as_a_fence() -> None:
    diagram = Diagram("flowchart LR\n  a\n", "T", "D")
    assert diagram._repr_mimebundle_() == {
        "text/vnd.mermaid": "flowchart LR\n  a\n",
        "text/markdown": "```mermaid\nflowchart LR\n  a\n```\n",
        "text/plain": "flowchart LR\n  a\n",
    }
    assert (repr(diagram), str(diagram)) == ("Diagram('T', flowchart, 2 lines)", diagram.source)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('a"]; click a "javascript:x"', "a click a javascript:x"),
        ("%%{init: {}}%%\nb", "init: b"),
        ("<img src=x onerror=y>", "img src x onerror y"),
        ("1. `x` #quot; \\", "x quot"),
        ("- é—ü", "é ü"),
        ("]])}", "unnamed"),
        ("x" * 99, "x" * 59 + "…"),
    ],
)
def test_labels_mean_nothing_to_mermaid(text: str, said: str) -> None:
    assert label(text) == said


NAMES = st.text(min_size=1, max_size=30) | st.sampled_from(
    [
        'a"] click',
        "%%{init}%%",
        "x\ny",
        "erDiagram",
        "end",
        "pk",
        "<b>",
        "a--b",
        "1. a",
        "accTitle:",
    ]
)
ENTITY = r't\d+\["[\w .,:()/+\'–…-]+"\]( \{)?'
ATTRIBUTE = r"[A-Za-z_À-￿][\w\-\[\]()À-￿]*"
LINES = re.compile(
    rf"erDiagram|  direction LR|  %%\{{init[^}}]+\}}\}}\}}%%"
    rf"|  acc(Title|Descr): [^\n{{}}%#;\"<>]+|  {ENTITY}|  \}}"
    rf"|    {ATTRIBUTE} {ATTRIBUTE}"
    r"( (PK|FK|UK)(, (PK|FK|UK))*)?|  t\d+ (\|\||\|o)--o[{|] t\d+ : \"[\w .,:()/+'–…-]+\""
)


@given(NAMES, NAMES, NAMES)
def test_no_name_breaks_a_table(table: str, column: str, other: str) -> None:
    quoted = [name.replace('"', '""') for name in (table, column, other)]
    sql = f'CREATE TABLE "{quoted[0]}" ("{quoted[1]}" int REFERENCES "{quoted[2]}");'
    source = read_proposal(f"# {other}\n\n```sql\n{sql}\n```\n").er_diagram().source
    if source.startswith("erDiagram"):
        assert [line for line in source[:-1].split("\n") if not LINES.fullmatch(line)] == []


NODE = r"c\d+(\[\"L\"\]|\(\[\"L\"\]\)|\{\{\"L\"\}\}|\[\(\"L\"\)\])".replace(
    "L", r"[\w .,:()/+'–…-]+"
)
PARTS = re.compile(
    rf"flowchart LR|  acc(Title|Descr): [^\n{{}}%#;\"<>]+|  {NODE}"
    r"|  c\d+ -->(\|\"[\w .,:()/+'–…-]+\"\|)? c\d+"
)


@given(st.lists(NAMES, max_size=4), NAMES)
def test_no_name_breaks_a_component(names: list[str], how: str) -> None:
    tree = "".join(f"{name}:\n  ├─ {name} db: {how}\n" for name in names)
    heads = "".join(f"### {name}\n\nUses {how}.\n\n" for name in names)
    text = f"# {how}\n\n## 2. Architecture Overview\n\n```\n{tree}```\n\n"
    source = read_proposal(f"{text}## 3. Service Definitions\n\n{heads}").component_diagram().source
    assert [line for line in source[:-1].split("\n") if not PARTS.fullmatch(line)] == []
