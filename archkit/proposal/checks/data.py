"""D: the schema of section 5 parses, has keys, and its references lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from archkit.proposal.contents import CodeBlock
from archkit.proposal.ddl import LONGEST_BLOCK, sql_blocks
from archkit.proposal.examples import Label, examples_in
from archkit.proposal.rule import Fault, Reading, clipped, rule, says_none
from archkit.proposal.schema import ForeignKey, Schema, Table, Unchecked

__all__ = ["RULES"]

_NONE = re.compile(
    r"(?i)\bno (?:new |further |additional )?(?:data ?stores?|databases?|tables?|schemas?)\b"
    r".{0,80}\b(?:is|are|needed|proposed|added|changed?)\b|\bschemaless\b|\bstateless\b"
)
_FORMS = {
    "prisma": "a Prisma schema", "json": "JSON", "jsonc": "JSON", "json5": "JSON",
    "javascript": "JavaScript", "js": "JavaScript", "typescript": "TypeScript", "ts": "TypeScript",
    "python": "Python", "py": "Python", "yaml": "YAML", "yml": "YAML", "dbml": "DBML",
    "graphql": "GraphQL", "mermaid": "a Mermaid diagram", "cql": "CQL", "cypher": "Cypher",
    "proto": "Protocol Buffers", "protobuf": "Protocol Buffers", "go": "Go", "java": "Java",
    "kotlin": "Kotlin", "ruby": "Ruby", "rust": "Rust", "hcl": "HCL", "redis": "Redis commands",
}  # fmt: skip
_LIKE_JSON = re.compile(r"\A\s*(?:[\w ]+[=:]?\s*)?[\[{]")
_OPAQUE = re.compile(
    r"(?im)^[ \t]*create[ \t]+(?:or[ \t]+replace[ \t]+)?(?:constraint[ \t]+)?"
    r"(function|procedure|trigger|policy|rule|event)\b"
)
_PLAIN = re.compile(r"[A-Za-z_][\w$]*")


@rule(
    "D01",
    "error",
    8,
    "Section 5 shows a schema.",
    "Add the schema of each primary store: SQL DDL in a ```sql block, or a JSON-like structure.",
    sections=(5,),
    needs=("D10",),
)
def shown(reading: Reading) -> Iterator[Fault]:
    """Find a block of SQL or of a structure, or a plain "no table is added"."""
    section = reading.section(5)
    if section and not _is_shown(reading) and not says_none(section, _NONE):
        yield reading.fault(section.line, "Section 5 shows no schema.", section=5)


@rule(
    "D02",
    "error",
    6,
    "The DDL parses.",
    "Mend the statement so that the database takes it.",
    sections=(5,),
    needs=("D01",),
)
def parses(reading: Reading) -> Iterator[Fault]:
    """Name each statement that no dialect knows."""
    never_closed = [block.line for block in _blocks(reading) if not block.closed]  # S05 tells it
    for statement in _unchecked(reading):
        if statement.broken and statement.line <= min(never_closed, default=statement.line):
            message = f"This SQL does not parse: {statement.why}"
            yield reading.fault(statement.line, message, section=5)


@rule(
    "D03",
    "error",
    6,
    "Each table has a primary key.",
    "Mark the column that identifies a row with PRIMARY KEY, or add PRIMARY KEY (…).",
    sections=(5,),
    needs=("D01", "D02"),
)
def primary_keys(reading: Reading) -> Iterator[Fault]:
    """Name each table without one; a table made from another has the other's."""
    for table in _tables(reading):
        if not table.primary_key and not table.derived:
            yield _fault(
                reading, table.line, f"Table `{table.name}` has no primary key.", table.name
            )


@rule(
    "D04",
    "error",
    5,
    "Each foreign key refers to a table that is there.",
    "Add the table it refers to, or name the one that is meant.",
    sections=(5,),
    needs=("D01", "D02"),
)
def targets(reading: Reading) -> Iterator[Fault]:
    """Name each reference to a table that no statement creates."""
    schema = reading.proposal.schema
    ours = {table.name.rpartition(".")[0].casefold() for table in schema.tables}
    for table, key in _references(reading):
        if schema.table(key.target) is None and not _may_be_elsewhere(key.target, ours, schema):
            said = (
                f"`{table.name}` ({', '.join(key.columns)}) refers to `{key.target}`, "
                "which is no table of this schema."
            )
            yield _fault(reading, key.line, said, key.target.rpartition(".")[2])


@rule(
    "D05",
    "warning",
    3,
    "Keys and indexes name columns that are there.",
    "Add the column, or name the one that is meant.",
    sections=(5,),
    needs=("D01", "D02"),
)
def columns(reading: Reading) -> Iterator[Fault]:
    """Name each column of a key or an index that its table does not have."""
    for table in _tables(reading):
        if table.derived or not table.columns:
            continue
        used = [(name, table.line) for name in table.primary_key]
        used += [(name, key.line) for key in table.foreign_keys for name in key.columns]
        used += [(name, index.line) for index in table.indexes for name in index.columns]
        for name, line in dict.fromkeys(used):
            if _PLAIN.fullmatch(name) and table.column(name) is None:
                yield _fault(reading, line, f"`{table.name}` has no column `{name}`.", name)
    for table, key in _references(reading):
        target = reading.proposal.schema.table(key.target)
        if target is None or target.derived or not target.columns:
            continue
        for name in key.target_columns:
            if target.column(name) is None:
                said = f"`{table.name}` refers to `{target.name}.{name}`, which is no column of it."
                yield _fault(reading, key.line, said, name)


@rule(
    "D06",
    "warning",
    2,
    "Each foreign key is led by an index.",
    "Add an index that begins with the foreign key's columns: deleting or joining by them reads "
    "the whole table else.",
    sections=(5,),
    needs=("D01", "D02"),
)
def indexes(reading: Reading) -> Iterator[Fault]:
    """Name each foreign key that no index or key begins with; MySQL makes one by itself."""
    schema = reading.proposal.schema
    for table, key in _references(reading):
        if schema.table(table.name) is not table:
            continue  # an index is of the first table of its name
        by_itself = table.block < len(schema.dialects) and schema.dialects[table.block] == "mysql"
        if not by_itself and not table.derived and not _is_led(table, key):
            named = ", ".join(key.columns)
            said = f"`{table.name}` ({named}) is a foreign key without an index."
            yield _fault(reading, key.line, said, key.columns[0] if key.columns else "")


@rule(
    "D07",
    "info",
    0,
    "Each statement was checked.",
    "Nothing has to be done; look over it yourself.",
    sections=(5,),
)
def unchecked(reading: Reading) -> Iterator[Fault]:
    """Say which statements could not be read: they are not known to be right."""
    for statement in _unchecked(reading):
        if not statement.broken:
            message = f"Not checked: “{clipped(statement.text)}” {statement.why}"
            yield reading.fault(statement.line, message, section=5)
    for block in sql_blocks(_blocks(reading)):
        kinds = [match[1].lower() for match in _OPAQUE.finditer(block.text[:LONGEST_BLOCK])]
        if kinds:
            named = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
            message = f"Not checked: statements of this block that make no table ({named})."
            yield reading.fault(block.line, message, section=5)


@rule(
    "D08",
    "info",
    0,
    "The schema is SQL.",
    "Nothing has to be done; its keys and references were not checked.",
    sections=(5,),
)
def other_forms(reading: Reading) -> Iterator[Fault]:
    """Say which blocks are a schema in another form, taken as it is."""
    for block in _blocks(reading):
        form = _form(block)
        if form and not sql_blocks([block]):
            loose = form == "JSON" and any(e.error for e in examples_in(block, _ANY))
            said = f"This schema is {'JSON-like' if loose else form}: its keys were not checked."
            yield reading.fault(block.line, said, section=5)


@rule(
    "D09",
    "warning",
    2,
    "Each table is created once.",
    "Join the two statements, or rename one of the tables.",
    sections=(5,),
    needs=("D01", "D02"),
)
def twice(reading: Reading) -> Iterator[Fault]:
    """Name each table that a later statement creates again."""
    first: dict[str, Table] = {}
    for table in _tables(reading):
        known = first.setdefault(table.name.casefold(), table)
        if known is not table:
            said = f"Table `{table.name}` is also created on line {known.line}."
            yield _fault(reading, table.line, said, table.name)


@rule(
    "D10",
    "info",
    0,
    "Section 5 has a schema to check.",
    "Nothing has to be done, if that is so.",
    sections=(5,),
)
def none(reading: Reading) -> Iterator[Fault]:
    """Say that the section states plainly that no store is added, or none with a schema."""
    section = reading.section(5)
    if section and not _is_shown(reading) and says_none(section, _NONE):
        said = "Section 5 says that there is no schema: there was nothing to check."
        yield reading.fault(section.line, said, section=5)


RULES = (
    shown,
    parses,
    primary_keys,
    targets,
    columns,
    indexes,
    unchecked,
    other_forms,
    twice,
    none,
)
"""The rules of this group."""

_ANY = Label("response", None)


def _blocks(reading: Reading) -> list[CodeBlock]:
    return [b for b in reading.proposal.code_blocks if b.section == 5 and b.text.strip()]


def _is_shown(reading: Reading) -> bool:
    return bool(_tables(reading)) or any(
        _form(block) or sql_blocks([block]) for block in _blocks(reading)
    )


def _tables(reading: Reading) -> list[Table]:
    return [t for t in reading.proposal.schema.tables if reading.is_within(5, t.line)]


def _unchecked(reading: Reading) -> list[Unchecked]:
    return [u for u in reading.proposal.schema.unchecked if reading.is_within(5, u.line)]


def _references(reading: Reading) -> Iterator[tuple[Table, ForeignKey]]:
    for table in _tables(reading):
        for key in table.foreign_keys:
            yield table, key


def _form(block: CodeBlock) -> str:
    """Return what a block that is no SQL is written in, "" if it is no structure."""
    if block.language in _FORMS:
        return _FORMS[block.language]
    if block.language in ("", "text", "txt", "plaintext") and _LIKE_JSON.match(block.text[:200]):
        return "JSON"
    return ""


def _may_be_elsewhere(target: str, ours: set[str], schema: Schema) -> bool:
    """Say whether a table may well exist: in a schema of somebody else, or in unread SQL."""
    owner, _, name = target.casefold().rpartition(".")
    if owner and owner not in ours:
        return True
    wanted = re.compile(rf"(?i)\b{re.escape(name)}\b")
    return any(not u.text or "too long" in u.why or wanted.search(u.text) for u in schema.unchecked)


def _is_led(table: Table, key: ForeignKey) -> bool:
    wanted = {name.casefold() for name in key.columns}
    orders: Sequence[Sequence[str]] = [table.primary_key, *(i.columns for i in table.indexes)]
    return any({c.casefold() for c in order[: len(wanted)]} == wanted for order in orders)


def _fault(reading: Reading, line: int, message: str, at: str) -> Fault:
    return reading.fault(line, message, section=5, at=at)
