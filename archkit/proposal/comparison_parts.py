"""What of a design can be held beside another's: services, endpoints, tables, columns, choices."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from archkit.proposal.choices import said_by
from archkit.proposal.contract import Contract
from archkit.proposal.document import Proposal
from archkit.proposal.naming import core_of, tokens_of
from archkit.proposal.schema import Table
from archkit.proposal.services import services_in

__all__ = ["KINDS", "Part", "Parts"]


class Part(NamedTuple):
    """A part of a design: its name, how it is told in short, and all else that sets it apart."""

    name: str
    told: str
    whole: object
    line: int


Key = tuple[str, ...]
Parts = Mapping[Key, Part]


def _services(proposal: Proposal) -> dict[Key, Part]:
    return {
        core_of(s.name): Part(s.name, _words(s.text, s.name), s.text.split(), s.line)
        for s in services_in(proposal)
    }


def _endpoints(proposal: Proposal) -> dict[Key, Part]:
    return {
        (c.method, re.sub(r"{[^{}]*}", "{}", c.template)): _endpoint(c) for c in proposal.contracts
    }


def _endpoint(contract: Contract) -> Part:
    told = ", ".join(str(status.code) for status in contract.statuses) or "no status"
    examples = [
        (e.role, e.status, json.dumps(e.value, sort_keys=True), bool(e.error))
        for e in contract.examples
    ]
    names = sorted((p.place, p.name) for p in contract.declared)
    whole = (contract.query_parameters, names, examples)
    return Part(f"{contract.method} {contract.template}", told, whole, contract.line)


def _tables(proposal: Proposal) -> dict[Key, Part]:
    return {(t.name.casefold(),): _table(t) for t in reversed(proposal.schema.tables)}


def _table(table: Table) -> Part:
    key = f"key ({', '.join(table.primary_key)})" if table.primary_key else "no key"
    references = _count(len(table.foreign_keys), "reference", "references")
    told = f"{key}, {references}, {_count(len(table.indexes), 'index', 'indexes')}"
    pointing = sorted(key[:3] for key in table.foreign_keys)
    return Part(table.name, told, (pointing, sorted(i[:2] for i in table.indexes)), table.line)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _columns(proposal: Proposal) -> dict[Key, Part]:
    return {
        (t.name.casefold(), c.name.casefold()): Part(
            f"{t.name}.{c.name}",
            f"{c.type or 'no type'}{'' if c.nullable else ', not null'}",
            None,
            c.line,
        )
        for t in reversed(proposal.schema.tables)
        for c in t.columns
    }


def _choices(proposal: Proposal) -> dict[Key, Part]:
    found: dict[Key, Part] = {}
    for choice, said in zip(proposal.choices, said_by(proposal.choices), strict=True):
        name = choice.name.strip(" .")
        purpose, colon, named = name.partition(": ")
        key = tokens_of(purpose if colon else name)
        told = named or choice.technology
        found.setdefault(key, Part(name, told, [s.split() for s in said], choice.line))
    return found


def _words(text: str, name: str) -> str:
    """Return the first sentence of a text, without the name it begins with."""
    lines = (line.strip("#*-| \t") for line in text.splitlines())
    said = next((line for line in lines if line and line != name), "")
    return said if len(said) <= 80 else f"{said[:80].rpartition(' ')[0]} …"


KINDS: Mapping[str, Callable[[Proposal], Parts]] = {
    "service": _services,
    "endpoint": _endpoints,
    "table": _tables,
    "column": _columns,
    "choice": _choices,
}
"""How the parts of each kind are found, by what they have in common with another's."""
