"""Documents of any size to measure with: a conforming proposal, decision records, a story."""

import json
import os
import subprocess
from pathlib import Path

SERVICES = ("order", "billing", "catalogue", "customer", "shipping", "search", "stock", "refund")
SERVICES += ("invoice", "review", "basket", "price", "campaign", "account", "report", "message")


def proposal(size: int) -> str:
    """Write a proposal of at least `size` bytes: as many services, with all that is theirs."""
    for count in range(2, len(SERVICES) + 1):
        text = _proposal(SERVICES[:count])
        if len(text.encode()) >= size:
            return text
    raise ValueError(f"at most {len(text.encode())} bytes can be made")


def _proposal(names: tuple[str, ...]) -> str:
    listed = ", ".join(f"{name}-service" for name in names)
    services = "\n\n".join(map(_service, names))
    contracts = "\n\n".join(map(_contracts, names))
    tables = "\n\n".join(map(_tables, names))
    return f"""# Proposal 0421: a shop in {len(names)} services

## 1. Executive Summary

There is no backend yet, only a catalogue as a spreadsheet. We propose {len(names)} services behind
one gateway with PostgreSQL as the system of record and Redis for what is read most.

## 2. Architecture Overview

Clients reach the gateway, which routes to {listed}. Each keeps its rows in `shop-db` (PostgreSQL);
`shop-cache` (Redis) holds what is read most for a minute.

## 3. Service Definitions

{services}

## 4. API Contracts

{contracts}

## 5. Data Schema

```sql
{tables}
```

`shop-cache` (Redis) holds `product:{{id}}` as JSON for sixty seconds.

## 6. Technology Stack Rationale

{_choices()}

## 7. Key Considerations

### Scalability

Today 50 requests a second. At ten times the load, 500 requests a second, each service runs on six
instances instead of two, and reads go to two replicas.

### Security

Tokens of five minutes, rows by tenant, secrets in a vault, TLS everywhere.

### Observability

Each request has a trace; latency, errors and saturation are watched, with an alarm at 1 % errors.

### Deployment & CI/CD

One image a service, tests before each merge, blue-green, migrations that both versions can read.
"""


def _service(name: str) -> str:
    return f"""### {name}-service

Takes, changes and shows each {name}; it refuses what overlaps, tells others what happened and owns
the tables `{name}` and `{name}_line`. It offers `POST /v1/{name}s`, `GET /v1/{name}s/{{{name}Id}}`
and `DELETE /v1/{name}s/{{{name}Id}}`."""


def _contracts(name: str) -> str:
    asked = {"customerId": "c-9", "from": "2026-07-01", "lines": [{"sku": "a-114", "quantity": 2}]}
    given = {f"{name}Id": "k-5001", "status": "open", "total": {"minor": 14700, "currency": "EUR"}}
    error = {"error": f"{name}_taken", "message": f"The {name} is taken from 2026-07-02."}
    parameter = f"**Path parameters:**\n\n- `{name}Id`: the id, as given when it was made"
    return f"""### `POST /v1/{name}s`

Makes one {name}; a second call with the same `Idempotency-Key` gives the first one's answer.

**Request body:**

{_block(asked)}

**Success response:** `201 Created`

{_block(given)}

**Error response:** `409 Conflict`, when it is taken on one of the days

{_block(error)}

### `GET /v1/{name}s/{{{name}Id}}`

{parameter}

**Success response:** `200 OK`

{_block(given)}

**Error response:** `404 Not Found`, when there is none, or it is somebody else's.

### `DELETE /v1/{name}s/{{{name}Id}}`

{parameter}

**Success response:** `204 No Content`

**Error response:** `410 Gone`, when it was cancelled before.

### `PATCH /v1/{name}s/{{{name}Id}}`

Changes what was asked for, as long as nobody has begun to work on it.

{parameter}

**Request body:**

{_block({"lines": asked["lines"]})}

**Success response:** `200 OK`

{_block(given)}

**Error response:** `412 Precondition Failed`, when it changed meanwhile."""


def _block(value: object) -> str:
    return f"```json\n{json.dumps(value, indent=2)}\n```"


def _tables(name: str) -> str:
    return f"""CREATE TABLE {name} (
  {name}_id BIGINT PRIMARY KEY,
  customer_number VARCHAR(40) NOT NULL,
  status VARCHAR(20) NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'paid', 'closed')),
  total_minor BIGINT NOT NULL,
  made_at TIMESTAMP NOT NULL
);
CREATE TABLE {name}_line (
  {name}_line_id BIGINT PRIMARY KEY,
  {name}_id BIGINT NOT NULL REFERENCES {name} ({name}_id) ON DELETE CASCADE,
  sku VARCHAR(40) NOT NULL,
  quantity INTEGER NOT NULL
);
CREATE INDEX {name}_line_by_{name} ON {name}_line ({name}_id);
CREATE INDEX {name}_by_customer ON {name} (customer_number, made_at);"""


def _choices() -> str:
    names = (
        *(
            ("PostgreSQL", "MySQL"),
            ("Redis", "Memcached"),
            ("FastAPI", "Django"),
            ("Nginx", "Envoy"),
        ),
        *(("RabbitMQ", "Kafka"), ("Kubernetes", "Nomad"), ("Grafana", "Datadog")),
    )
    return "\n\n".join(
        f"### {name}\n\n- **Justification:** it does what this shop asks of it, and the team has "
        f"run it for years.\n- **Alternative:** {other}, which would do as well for half of it.\n"
        f"- **Trade-off:** against {other} one more thing to learn where it differs."
        for name, other in names
    )


def adrs(folder: Path, count: int) -> None:
    """Write `count` records in four forms, ten a commit, each tenth in place of the last."""
    folder.mkdir(parents=True)
    repository = folder.parents[1]
    _git(repository, "init", "--quiet")
    for number in range(1, count + 1):
        (folder / _name(number)).write_text(FORMS[number % 4](number), encoding="utf-8")
        if number % 10 == 0:
            _git(repository, "add", ".")
            _git(repository, "commit", "--quiet", "-m", f"up to {number}")


def _git(folder: Path, *words: str) -> None:
    who = {
        f"GIT_{role}_{part}": "bench"
        for role in ("AUTHOR", "COMMITTER")
        for part in ("NAME", "EMAIL")
    }
    none = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *words], cwd=folder, env=os.environ | who | none, check=True)


def _name(number: int) -> str:
    return f"{number:04d}-use-{SERVICES[number % len(SERVICES)]}-{number}.md"


def _words(number: int, times: int) -> str:
    subject = SERVICES[number % len(SERVICES)]
    return " ".join(
        f"The {subject} was slow in case {number}.{n}, and nobody could say why."
        for n in range(times * (1 + number % 5))
    )


def _date(number: int) -> str:
    return f"20{18 + number % 8}-{1 + number % 12:02d}-{1 + number % 28:02d}"


def _status(number: int) -> str:
    if number % 10 == 9:
        return f"superseded by [{number + 1}]({_name(number + 1)})"
    return ("accepted", "proposed", "rejected", "deprecated")[number % 7 % 4]


def _madr(number: int) -> str:
    return f"""---
status: {_status(number)}
date: {_date(number)}
decision-makers: [ada, bo]
---

# Use way {number}

## Context and Problem Statement

{_words(number, 6)}

## Considered Options

* Way {number}
* Another way
* No way

## Decision Outcome

Chosen option: "Way {number}", because it was measured to be quicker.

### Consequences

* Good, because {_words(number, 2)}
* Bad, because one more part has to be run

## Pros and Cons of the Options

### Another way

* Good, because known
* Bad, because {_words(number, 3)}
"""


def _nygard(number: int) -> str:
    return f"""# {number}. Use way {number}

Date: {_date(number)}

## Status

{_status(number).capitalize()}

## Context

{_words(number, 12)}

## Decision

We use way {number}. {_words(number, 3)}

## Consequences

{_words(number, 5)}
"""


def _log4brains(number: int) -> str:
    return f"""# Use way {number}

- Status: {_status(number)}
- Deciders: ada, bo
- Date: {_date(number)}
- Tags: speed, way

## Context and Problem Statement

{_words(number, 8)}

## Considered Options

- Way {number}
- Another way

## Decision Outcome

Chosen option: "Way {number}", because it is simpler. {_words(number, 3)}
"""


def _table(number: int) -> str:
    return f"""# ADR-{number:04d}: way {number}

| Status | Date | Owner |
|---|---|---|
| {_status(number).capitalize()} | {_date(number)} | ada |

## Context

{_words(number, 9)}

## Decision

{_words(number, 4)}

## Alternatives

{_words(number, 4)}
"""


FORMS = (_madr, _nygard, _log4brains, _table)


def story_project(folder: Path) -> tuple[Path, Path]:
    """Make a project whose status file names a story of 8 tasks with 6 subtasks each."""
    stories = folder / "docs/development/features/sign-in/epics/epic-2-billing/stories"
    stories.mkdir(parents=True)
    status = folder / "docs" / "development" / "status.xml"
    status.write_text(
        "<feature-status><metadata><feature-name>Sign In</feature-name>"
        "<is-active-feature>true</is-active-feature><current-epic>epic-2-billing</current-epic>"
        "<current-story>2.1</current-story></metadata></feature-status>\n",
        encoding="utf-8",
    )
    tasks = "\n\n".join(
        f"### Task {n}: part {n}\n\n{_words(n, 4)}\n\n"
        + "\n".join(f"- [ ] Subtask {n}.{m}: step {m} of part {n}" for m in range(1, 7))
        for n in range(1, 9)
    )
    text = f"# Story 2.1: Billing\n\n**Status**: In Progress\n\n## Tasks\n\n{tasks}\n\n---\n\n"
    path = stories / "2.1.md"
    path.write_text(f"{text}**Last Updated**: 2026-11-01T08:00:00Z\n", encoding="utf-8")
    return folder, path
