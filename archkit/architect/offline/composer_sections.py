"""Sections 2 to 5 of a proposal: overview, services, API contracts, data schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from archkit.architect.offline.phrases import clipped, listed, sentence, without_stop
from archkit.architect.offline.plan import Design, Plan

__all__ = ["api_contracts", "architecture_overview", "data_schema", "service_definitions"]

_CREATE = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?\"?([\w.]+)\"?", re.IGNORECASE)
_KEY_LIST = re.compile(r"\bPRIMARY KEY\s*\(([^)]*)\)", re.IGNORECASE)
_KEY_COLUMN = re.compile(r"^\s*\"?(\w+)\"?[^,\n]*\bPRIMARY KEY\b(?!\s*\()", re.IGNORECASE | re.M)
_REFERENCE = re.compile(r"^\s*\"?(\w+)\"?[^,\n]*\bREFERENCES\s+\"?(\w+)", re.IGNORECASE | re.M)
_FOREIGN = re.compile(r"FOREIGN KEY\s*\(([^)]*)\)\s*REFERENCES\s+\"?(\w+)", re.IGNORECASE)
_INDEX = re.compile(
    r"CREATE (UNIQUE )?INDEX (?:CONCURRENTLY )?(?:IF NOT EXISTS )?"
    r"\"?(\w+)\"? ON (?:ONLY )?\"?(\w+)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"--[^\n]*")


def architecture_overview(plan: Plan, design: Design) -> list[str]:
    """Paragraphs and an indented list of what talks to what."""
    lines = [*(sentence(part) for part in design.overview)]
    if not design.services:
        return [*lines, _no_parts(plan, design)]
    stores = [f"{s['name']} ({s['engine']}), which holds {s['holds']}" for s in design.stores]
    if stores:
        kept = "The data store is" if len(stores) == 1 else "The data stores are"
        lines.append(f"{kept} {_long_list(stores)}.")
    lines.append("How the parts talk to each other:")
    lines.append("```text\n" + "\n".join(_tree(design)) + "\n```")
    return lines


def _long_list(items: Sequence[str]) -> str:
    """Join items that hold commas themselves."""
    *head, tail = items
    return f"{'; '.join(head)}; and {tail}" if head else tail


def _tree(design: Design) -> list[str]:
    """Each service with what it uses, indented below it."""
    engines = {s["name"]: s["engine"] for s in design.stores}
    lines: list[str] = []
    for service in design.services:
        lines.append(f"{service['name']}: {clipped(without_stop(service['purpose']), 110)}")
        targets: dict[str, list[str]] = {}
        for talk in service.get("talks_to", ()):
            targets.setdefault(talk["service"], []).append(without_stop(talk["how"]))
        branches = list(targets.items())
        for n, (target, how) in enumerate(branches, 1):
            engine = f" ({engines[target]})" if target in engines else ""
            branch = "└─" if n == len(branches) else "├─"
            lines.append(f"  {branch} {target}{engine}: {'; '.join(how)}")
    return lines


def _no_parts(plan: Plan, design: Design) -> str:
    if design.bare or design.broken:
        names = listed((*design.bare, *design.broken))
        return (
            f"Nothing usable is recorded of the parts that {names} needs; "
            "the team is to draw them up."
        )
    return "No part is added to the system: the change happens inside what is there already."


def service_definitions(plan: Plan, design: Design) -> list[str]:
    """One heading a service: what it is for, its duties, its endpoints and its neighbours."""
    lines: list[str] = []
    for service in design.services:
        lines.append(f"#### {service['name']}")
        lines.append(sentence(service["purpose"]))
        duties = [f"- {sentence(duty)}" for duty in service.get("duties", ())]
        lines += ["\n".join(duties)] if duties else []
        offers = [
            f"`{e['method']} {e['path']}`"
            for e in design.endpoints
            if e["service"] == service["name"]
        ]
        uses = dict.fromkeys(talk["service"] for talk in service.get("talks_to", ()))
        said = [f"It offers {listed(offers)}."] if offers else []
        said += [f"It uses {listed(uses)}."] if uses else []
        lines += [" ".join(said)] if said else []
    lines += _without_blueprint(plan, design)
    return lines or [
        "No service of its own is needed; the change is made in the code that is there."
    ]


def _without_blueprint(plan: Plan, design: Design) -> list[str]:
    """Say what is known of chosen patterns that came without a usable blueprint."""
    lines = []
    for choice in plan.chosen:
        best = choice.best or {}
        if best.get("name") in (*design.bare, *design.broken):
            summary = sentence(str(best.get("summary") or best.get("problem") or ""))
            lines.append(f"#### {best['name']}")
            lines.append(
                f"{summary} It was recorded in words, without services, endpoints or tables; "
                "those are to be drawn up by the team.".strip()
            )
    return lines


def api_contracts(plan: Plan, design: Design) -> list[str]:
    """One heading an endpoint: purpose, request, success and errors, each with its JSON."""
    lines: list[str] = []
    for endpoint in design.endpoints:
        lines.append(f"#### `{endpoint['method']} {endpoint['path']}`")
        lines.append(f"{sentence(endpoint['purpose'])} Served by {endpoint['service']}.")
        if endpoint.get("headers"):
            headers = (f"`{name}: {value}`" for name, value in endpoint["headers"].items())
            lines.append(f"**Headers:** {listed(headers)}.")
        if "request" in endpoint:
            lines += ["**Request body:**", _json(endpoint["request"])]
        success = endpoint["success"]
        lines += _reply("Success response", success, "")
        for error in endpoint["errors"]:
            lines += _reply("Error response", error, f", when {_when(error['when'])}")
    if lines:
        return lines
    return ["No endpoint is added or changed: what is chosen works behind the present API."]


def _when(text: str) -> str:
    return without_stop(text).removeprefix("when ").removeprefix("if ")


def _reply(label: str, reply: Mapping[str, Any], when: str) -> list[str]:
    status = int(reply["status"])
    head = f"**{label}:** `{status} {_reason(status)}`{when}"
    body = reply.get("body")
    return [f"{head}:", _json(body)] if body not in (None, "") else [f"{head}, without a body."]


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Other"


def _json(value: Any) -> str:
    return f"```json\n{json.dumps(value, indent=2, ensure_ascii=False, default=str)}\n```"


def data_schema(plan: Plan, design: Design) -> list[str]:
    """One heading a store: its DDL and its keys, its layout, or that it has neither."""
    lines: list[str] = []
    by_store: dict[str, list[str]] = {}
    for table in design.tables:
        by_store.setdefault(table["store"], []).append(table["ddl"].strip())
    known = {s["name"]: s for s in design.stores}
    for name in [*known, *(n for n in by_store if n not in known)]:
        engine = known.get(name, {}).get("engine", "")
        lines.append(f"#### {name}" + (f" ({engine})" if engine else ""))
        if name in known:
            lines.append(sentence(f"It holds {known[name]['holds']}"))
        ddl = "\n\n".join(by_store.get(name, ()))
        if ddl:
            lines += [f"```sql\n{ddl}\n```", _keys(ddl)]
        elif known.get(name, {}).get("layout"):
            lines += ["It has no tables; its entries, by key:", _json(known[name]["layout"])]
        else:
            lines.append(
                f"{name} is schemaless: no DDL applies; the services that write to it own the "
                "shape of their entries and set their lifetimes."
            )
    return lines or ["No data store and no table is added or changed by what is chosen."]


def _keys(ddl: str) -> str:
    """Name the primary keys, foreign keys and indexes of some tables in sentences."""
    primary, foreign = [], []
    for statement in _COMMENT.sub("", ddl).split(";"):
        match = _CREATE.search(statement)
        if not match:
            continue
        table, body = match[1], statement[match.end() :]
        columns = [c for found in _KEY_LIST.findall(body) for c in re.split(r",\s*", found)]
        columns = columns or _KEY_COLUMN.findall(body.replace("(", "(\n", 1))
        primary += [f"`{table}` by {listed(f'`{c.strip()}`' for c in columns)}"] if columns else []
        pairs = [*_REFERENCE.findall(body), *_FOREIGN.findall(body)]
        pairs = [(c, t) for c, t in pairs if c.upper() not in ("FOREIGN", "CONSTRAINT")]
        foreign += [f"`{table}.{c.strip()}` to `{t}`" for c, t in pairs]
    found = [(bool(u), name, table) for u, name, table in _INDEX.findall(ddl)]
    indexes = [f"`{n}` on `{t}`" + (" (unique)" if unique else "") for unique, n, t in found]
    parts = [
        _labelled("Primary keys", primary),
        _labelled("Foreign keys", foreign),
        _labelled("Key indexes", indexes),
    ]
    return "\n".join(part for part in parts if part)


def _labelled(label: str, items: Iterable[str]) -> str:
    words = list(dict.fromkeys(items))
    return f"- **{label}:** {listed(words)}." if words else ""
