"""A proposal's tables and components as diagrams."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from archkit.proposal.diagram import Diagram, label
from archkit.proposal.naming import Names, core_of
from archkit.proposal.schema import Column, ForeignKey, Schema, Table

if TYPE_CHECKING:
    from archkit.proposal.document import Proposal
    from archkit.proposal.services import Component

__all__ = ["component_diagram", "er_diagram"]

MOST_TABLES, MOST_COLUMNS, MOST_PARTS, MOST_LINKS = 40, 30, 40, 120
"""More than these are not drawn, and the description says so."""

_COMPACT = '  %%{init: {"er": {"nodeSpacing": 40, "rankSpacing": 140}}}%%'
_WORD = re.compile(r"[^\w-]+")
_KEYWORDS = {"pk", "fk", "uk"}
_SHAPES = {
    "service": ('["', '"]'),
    "outside": ('(["', '"])'),
    "broker": ('{{"', '"}}'),
}
_CYLINDER = ('[("', '")]')
_USES = re.compile(
    r"(?i)\b(?:uses?|depend\w*|calls?|talks? to|reads?|writes?|stores?|publish\w*|consum\w*"
    r"|subscrib\w*|communicat\w*|sends?|integrat\w*|quer(?:y|ies)|fetch\w*|relies on)\b"
)


def er_diagram(proposal: Proposal) -> Diagram:
    """Return the tables of a proposal as an entity-relationship diagram.

    Columns come with type and key (PK, FK, UK); a line leads from each table to those that refer
    to it, labelled with the referring columns. A table that is referred to but not defined is
    drawn without columns.
    """
    schema = proposal.schema
    title = f"Tables of {_title(proposal)}"
    tables = schema.tables[:MOST_TABLES]
    if not tables:
        return _nothing(title, "The proposal defines no table that could be read.")
    ids: dict[str, str] = {}
    lines: list[str] = []
    for table in sorted(tables, key=lambda table: _is_alone(table, schema)):
        name = ids.setdefault(table.name.casefold(), f"t{len(ids) + 1}")
        lines.append(f'  {name}["{label(table.name)}"] {{')
        lines += [f"    {_attribute(table, column)}" for column in table.columns[:MOST_COLUMNS]]
        lines.append("  }")
    told: list[str] = []
    for table, key in [(t, k) for t in tables for k in t.foreign_keys][:MOST_LINKS]:
        target = schema.table(key.target)
        known = target.name if target else key.target
        if known.casefold() not in ids:
            ids[known.casefold()] = f"t{len(ids) + 1}"
            lines.append(f'  {ids[known.casefold()]}["{label(known)}"]')
        parent, child = ids[known.casefold()], ids[table.name.casefold()]
        lines.append(f'  {parent} {_cardinality(table, key)} {child} : "{_by(key)}"')
        told.append(f"{label(table.name)} to {label(known)}")
    counted = f"{_count(len(schema.tables), 'table')}, {_count(len(told), 'reference')}"
    cut = f", the first {MOST_TABLES} tables are drawn" if len(schema.tables) > MOST_TABLES else ""
    description = f"{counted}{cut}{': ' if told else ''}{_list(told)}."
    return _drawn("erDiagram", title, description, [_COMPACT, "  direction LR", *lines])


def component_diagram(proposal: Proposal) -> Diagram:
    """Return the services, stores and neighbours of a proposal, and which uses which.

    Boxes are services, cylinders stores, hexagons queues and brokers, rounded boxes what is
    outside. Only what sections 2 and 3 say is drawn: the arrows and trees of the overview, and
    where it has none, what a service's own text says it uses.
    """
    from archkit.proposal.services import components_in, links_in, services_in

    parts: dict[tuple[str, ...], Component] = {}
    for part in (*services_in(proposal), *components_in(proposal)):
        parts.setdefault(core_of(part.name), part)
    title = f"Components of {_title(proposal)}"
    if not parts:
        return _nothing(title, "The proposal names no component.")
    shown = dict(list(parts.items())[:MOST_PARTS])
    ids = {core: f"c{number}" for number, core in enumerate(shown, start=1)}
    lines = [f"  {ids[core]}{_box(part)}" for core, part in shown.items()]
    links = [(core_of(li.source), core_of(li.target), li.how) for li in links_in(proposal)]
    links = links or list(_said_links(shown))
    told: list[str] = []
    for source, target, how in links:
        if source in ids and target in ids and source != target and len(told) < MOST_LINKS:
            words = f'|"{_how(how)}"|' if how.strip() else ""
            lines.append(f"  {ids[source]} -->{words} {ids[target]}")
            told.append(f"{label(shown[source].name)} to {label(shown[target].name)}")
    counted = f"{_count(len(parts), 'component')}, {_count(len(told), 'connection')}"
    cut = f", the first {MOST_PARTS} components are drawn" if len(parts) > MOST_PARTS else ""
    description = f"{counted}{cut}{': ' if told else ''}{_list(told)}."
    return _drawn("flowchart LR", title, description, lines)


def _title(proposal: Proposal) -> str:
    title = re.sub(r"(?i)^(?:proposal|design)\s*[:–—-]\s*", "", proposal.title)
    return label(title or "the proposal", 90)


def _drawn(kind: str, title: str, description: str, lines: Sequence[str]) -> Diagram:
    said = label(description, 600)
    head = [kind, f"  accTitle: {title}", f"  accDescr: {said}"]
    return Diagram("\n".join([*head, *lines]) + "\n", title, said)


def _nothing(title: str, why: str) -> Diagram:
    drawn = _drawn("flowchart LR", title, why, [f'  c1["{label(why, 90)}"]'])
    return replace(drawn, is_empty=True)


def _is_alone(table: Table, schema: Schema) -> bool:
    """Say whether nothing leads to a table or from it: such tables stand last, out of the way."""
    return not table.foreign_keys and not any(
        schema.table(key.target) is table for other in schema.tables for key in other.foreign_keys
    )


def _attribute(table: Table, column: Column) -> str:
    """Return an attribute's line: type, name and keys, each a single word to Mermaid."""
    kind, _, size = column.type.partition("(")
    length = size.partition(")")[0].strip()
    written = _word(kind) or "untyped"
    written += f"({length})" if length.isdecimal() and len(length) < 6 else ""
    written += "[]" if column.type.endswith("[]") and not written.endswith("[]") else ""
    name = _word(column.name) or "unnamed"
    name = f"{name}_" if name.casefold() in _KEYWORDS else name
    own = column.name.casefold()
    keys = [
        *(["PK"] if own in _folded(table.primary_key) else []),
        *(["FK"] if any(own in _folded(k.columns) for k in table.foreign_keys) else []),
        *(["UK"] if [own] in _unique_columns(table) else []),
    ]
    return f"{written} {name} {', '.join(keys)}".rstrip()


def _word(text: str) -> str:
    """Return a single word of a few safe characters that begins with a letter."""
    word = _WORD.sub("_", text[:60]).strip("_-")
    safe = re.sub(r"[^A-Za-z0-9_-]", lambda m: m[0] if "\u00c0" <= m[0] <= "\uffff" else "_", word)
    return f"_{safe}" if safe[:1].isdecimal() else safe


def _cardinality(table: Table, key: ForeignKey) -> str:
    columns = [table.column(name) for name in key.columns]
    optional = any(column is not None and column.nullable for column in columns)
    own = sorted(_folded(key.columns))
    unique = own in (sorted(_folded(table.primary_key)), *_unique_columns(table))
    return f"{'|o' if optional else '||'}--{'o|' if unique else 'o{'}"


def _unique_columns(table: Table) -> list[list[str]]:
    unique = (index for index in table.indexes if index.unique and not index.partial)
    return [sorted(_folded(index.columns)) for index in unique]


def _by(key: ForeignKey) -> str:
    return label(", ".join(key.columns), 40)


def _how(text: str) -> str:
    """Return the first thing that is said of a connection, cut between words."""
    words = label(re.split(r"[;,.]\s", text, maxsplit=1)[0], 200)
    return words if len(words) <= 40 else f"{words[:40].rpartition(' ')[0] or words[:40]} …"


def _box(part: Component) -> str:
    begin, end = _SHAPES.get(part.kind, _CYLINDER)
    return f"{begin}{label(part.name, 40)}{end}"


def _said_links(
    parts: dict[tuple[str, ...], Component],
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], str]]:
    """Yield what services say they use, in lines with a verb of use."""
    for core, part in parts.items():
        if part.kind != "service":
            continue
        using = "\n".join(line for line in part.text[:20_000].splitlines() if _USES.search(line))
        names = Names(using)
        for other, target in parts.items():
            if other != core and using and names.mention(target.name):
                yield core, other, ""


def _folded(names: Sequence[str]) -> list[str]:
    return [name.casefold() for name in names]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _list(items: Sequence[str], most: int = 12) -> str:
    more = f", and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more
