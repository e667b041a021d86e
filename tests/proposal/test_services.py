"""Services of section 3 and components of section 2, in whatever form they are written."""

from __future__ import annotations

import pytest

from archkit.proposal.document import read_proposal
from archkit.proposal.naming import Names, core_of, singular, tokens_of
from archkit.proposal.services import MOST, Link, components_in, kind_of, links_in, services_in

FORMS = {
    "sub-headings": "### 3.1 Order Service\n\nTakes orders.\n\n### 3.2 Mail Worker\n\nSends.\n",
    "a table": "| Service | Does |\n|---|---|\n| Order Service | a |\n| **Mail Worker** | b |\n",
    "items in bold": "- **Order Service** (Go): takes\n  - events\n- **Mail Worker** — sends\n",
    "plain items": "- Order Service: takes orders\n- Mail Worker: sends mail\n",
    "bold paragraphs": "**Order Service**\n\nTakes.\n\n**Mail Worker**\n\nSends.\n",
    "headings that group": (
        "### Core services\n\n- **Order Service:** a\n\n### Workers\n\n#### Mail Worker\n\nb\n"
    ),
    "a heading above a table": (
        "### Component Responsibilities\n\n| Component | Does |\n|---|---|\n"
        "| Order Service | takes |\n| Mail Worker | sends |\n"
    ),
    "an overview first": (
        "### Overview\n\nTwo in all.\n\n### Order Service\n\n- **Responsibilities:** takes\n"
        "- **Endpoints:** some\n\n### Mail Worker\n\nSends.\n"
    ),
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS.keys())
def test_services_are_found_in_each_form_with_their_lines(text: str) -> None:
    proposal = read_proposal(f"## 3. Service Definitions\n\n{text}")
    found = services_in(proposal)
    assert [s.name for s in found] == ["Order Service", "Mail Worker"]
    lines = proposal.text.split("\n")
    assert all(s.name in lines[s.line - 1] for s in found)


@pytest.mark.parametrize(
    "text", ["", "No service is defined.\n", "- Takes orders and keeps them for a year.\n"]
)
def test_prose_defines_no_service(text: str) -> None:
    assert services_in(read_proposal(f"## 3. Service Definitions\n\n{text}")) == ()


def test_a_service_is_named_once_whatever_its_spelling() -> None:
    text = "## 3. Service Definitions\n\n- **OrderService:** a\n- **order-service:** b\n"
    assert [s.name for s in services_in(read_proposal(text))] == ["OrderService"]


def test_very_many_services_are_not_all_read() -> None:
    items = "".join(f"- **Part {n}:** x\n" for n in range(MOST + 50))
    assert len(services_in(read_proposal(f"## 3. Service Definitions\n\n{items}"))) == MOST


TREE = """## 2. Architecture Overview

```text
gateway: lets in
  ├─ order-service: routes /orders
  └─ telemetry: sends traces
order-service: takes orders
  ├─ app-db (PostgreSQL): reads and writes
  └─ files (Object storage (S3 API)): keeps papers
pay-provider: Outside the system: moves the money
```
"""
ARROWS = """## 2. Architecture Overview

```
[Web App] --> [API Gateway]
API Gateway -> Order Service: routes
Order Service → Redis
```
"""


def test_a_tree_names_components_with_their_kinds() -> None:
    found = {c.name: c.kind for c in components_in(read_proposal(TREE))}
    assert found == {
        "gateway": "service",
        "order-service": "service",
        "telemetry": "service",
        "app-db": "store",
        "files": "files",
        "pay-provider": "outside",
    }


def test_a_tree_says_what_uses_what_and_how() -> None:
    links = [(link.source, link.target, link.how) for link in links_in(read_proposal(TREE))]
    assert links == [
        ("gateway", "order-service", "routes /orders"),
        ("gateway", "telemetry", "sends traces"),
        ("order-service", "app-db", "reads and writes"),
        ("order-service", "files", "keeps papers"),
    ]


def test_arrows_say_what_uses_what() -> None:
    links = [(link.source, link.target, link.how) for link in links_in(read_proposal(ARROWS))]
    assert links == [
        ("Web App", "API Gateway", ""),
        ("API Gateway", "Order Service", "routes"),
        ("Order Service", "Redis", ""),
    ]


CHAIN = """## 2. Architecture Overview

### High-level flow

1. `Order API` takes an order.

### Communication

- **Synchronous:** HTTPS
- **Asynchronous:** Kafka

```
Client -> [Order API] -> (Kafka: orders) -> [Stock Service]
```
"""
MERMAID = """## 2. Architecture Overview

```mermaid
flowchart LR
  subgraph edge
    M[Mobile App] -->|HTTPS, JSON| GW["API Gateway"]
  end
  GW --> CAT(Catalog Service) & MW[Mail Worker]
  CAT -- reads --> PG[(PostgreSQL<br>16)]
  CAT -.-> redis
```

```mermaid
sequenceDiagram
  A->>B: hello
```
"""


def test_each_part_of_a_chain_leads_to_the_next() -> None:
    proposal = read_proposal(CHAIN)
    links = [(link.source, link.target) for link in links_in(proposal)]
    assert links == [
        ("Client", "Order API"), ("Order API", "Kafka"), ("Kafka", "Stock Service"),
    ]  # fmt: skip
    assert {c.name for c in components_in(proposal)} == {
        "Client", "Order API", "Kafka", "Stock Service",
    }  # fmt: skip


def test_boxes_drawn_with_lines_are_read() -> None:
    drawn = "│  Web UI  │────▶│  API  │────►│ PostgreSQL │\n└──────────┘     └───┘\n"
    proposal = read_proposal(f"## 2. Architecture Overview\n\n```text\n{drawn}```\n")
    links = [(link.source, link.target) for link in links_in(proposal)]
    assert links == [("Web UI", "API"), ("API", "PostgreSQL")]


def test_a_table_may_say_what_leads_where() -> None:
    rows = "| Devices | Broker | MQTT |\n| Broker | **Ingestion Service** | pull |\n"
    text = f"## 2. Architecture Overview\n\n| From | To | Protocol |\n|---|---|---|\n{rows}"
    proposal = read_proposal(text)
    assert links_in(proposal) == (
        Link("Devices", "Broker", "MQTT", 5),
        Link("Broker", "Ingestion Service", "pull", 6),
    )
    assert [c.name for c in components_in(proposal)] == ["Devices", "Broker", "Ingestion Service"]


def test_items_below_a_bold_name_tell_of_it() -> None:
    told = "- Purpose: one\n- Depends on: two\n\n"
    text = f"## 3. Service Definitions\n\n**Orders**\n\n{told}**Mail**\n\n{told}"
    assert [s.name for s in services_in(read_proposal(text))] == ["Orders", "Mail"]


def test_a_mermaid_flowchart_is_read_by_the_names_it_shows() -> None:
    proposal = read_proposal(MERMAID)
    lines = MERMAID.splitlines()
    found = [(x.source, x.target, x.how) for x in links_in(proposal)]
    assert found == [
        ("Mobile App", "API Gateway", "HTTPS, JSON"),
        ("API Gateway", "Catalog Service", ""),
        ("API Gateway", "Mail Worker", ""),
        ("Catalog Service", "PostgreSQL", "reads"),
        ("Catalog Service", "redis", ""),
    ]
    (reads,) = [x for x in links_in(proposal) if x.how == "reads"]
    assert "PG" in lines[reads.line - 1]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Order Service", "service"),
        ("PostgreSQL", "store"),
        ("orders-db", "store"),
        ("Redis cache", "cache"),
        ("Kafka", "broker"),
        ("OpenSearch", "search"),
        ("S3 bucket", "files"),
        ("Mobile app", "outside"),
        ("cache-service", "service"),
    ],
)
def test_a_name_tells_what_a_component_is(name: str, kind: str) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    "text",
    [
        "the Order Service takes orders",
        "`order-service` takes orders",
        "OrderService and more",
        "orders-service",
        "the order, payment and mail services",
        "The order module does it",
    ],
)
def test_a_service_is_named_in_any_spelling(text: str) -> None:
    assert Names(text).mention("Order Service")


@pytest.mark.parametrize("text", ["", "orders are taken", "the customer's order", "mail service"])
def test_a_word_alone_names_no_service(text: str) -> None:
    assert not Names(text).mention("Order Service")


def test_what_is_known_as_a_component_is_named_by_what_sets_it_apart() -> None:
    assert Names("Orders take bookings", ["Orders"]).mention("Order Service")


def test_names_are_told_apart_by_their_words() -> None:
    assert tokens_of("3rd OrderAPI_v2 (Go)") == ("3rd", "order", "api", "v2")
    assert core_of("Order Service") == ("order",)
    assert core_of("API Service") == ("api", "service")
    assert [singular(w) for w in ("orders", "boxes", "entries", "status", "bus", "address")] == [
        "order", "box", "entry", "status", "bus", "address",
    ]  # fmt: skip
