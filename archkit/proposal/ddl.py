"""Blocks of SQL → `Schema`, read by sqlglot's syntax tree; nothing is executed."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from archkit.proposal.contents import CodeBlock
from archkit.proposal.schema import Schema, Unchecked
from archkit.proposal.schema_building import Place, SchemaBuilding

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.dialects.dialect import Dialect
    from sqlglot.errors import ParseError

__all__ = ["read_schema", "sql_blocks"]

DIALECTS = ("postgres", "mysql", "sqlite", "tsql")
"""Tried in this order; the first that reads a block whole is taken, else the least bad."""

LONGEST_BLOCK, MOST_SQL, MOST_UNCHECKED = 100_000, 250_000, 50
"""Characters of one block and of all, and statements of a block that cannot be read; what is
beyond is not read, and that is said."""

_LANGUAGES = {"sql", "ddl", "postgresql", "postgres", "pgsql", "psql", "plpgsql"} | {
    *("mysql", "mariadb", "sqlite", "sqlite3", "tsql", "mssql"),
}
_PLAIN = {"", "text", "txt", "plaintext"}
_CREATES = re.compile(r"(?im)^\s*create\s+(?:\w+\s+){0,3}?table\b")
_HINTS = {"mysql": "mysql", "mariadb": "mysql", "tsql": "tsql", "mssql": "tsql"} | {
    "sqlite": "sqlite",
    "sqlite3": "sqlite",
}
_NO_TABLE = re.compile(
    r"(?is)(?:create|alter|drop)\s+(?:or\s+replace\s+)?(?:\w+\s+)??(?:extension|policy|function"
    r"|procedure|trigger|role|user|database|schema|domain|sequence|publication|subscription|rule"
    r"|server|type|view|materialized|login|statistics|default|event|cast|aggregate|collation)\b"
    r"|alter\s+table\s.*\b(?:row\s+level\s+security|owner\s+to|set\s+schema|replica\s+identity)\b"
)
_INTERNAL = re.compile(r"(?s)(?: but got| for)? ?<(?:Token|class)\b.*")
"""How sqlglot names its own objects in a message."""
_SHOWN = 80


def sql_blocks(blocks: Sequence[CodeBlock]) -> tuple[CodeBlock, ...]:
    """Return the blocks that are SQL: by their language, or because they create a table."""
    return tuple(
        block
        for block in blocks
        if block.language in _LANGUAGES
        or (block.language in _PLAIN and _CREATES.search(block.text[:LONGEST_BLOCK]))
    )


def read_schema(blocks: Sequence[CodeBlock]) -> Schema:
    """Read the tables that blocks of SQL create.

    Parameters
    ----------
    blocks
        Blocks of SQL, in the order of the text; a later one may alter a table of an earlier one.

    Returns
    -------
    Schema
        Tables in the order they are created. A statement that sqlglot cannot take apart is in
        `unchecked`, with its line; statements that make no table (types, policies, queries) are
        only held to be SQL. Lines count from 1 in the proposal's text.
    """
    building = SchemaBuilding()
    unchecked: list[Unchecked] = []
    dialects: list[str] = []
    room = MOST_SQL
    for number, block in enumerate(blocks):
        if len(block.text) > min(LONGEST_BLOCK, room):
            why = f"The block is too long to be read ({len(block.text):,} characters)."
            unchecked.append(Unchecked(block.line, _start(block.text), why, broken=False))
            dialects.append("")
            continue
        room -= len(block.text)
        read = _best(block)
        dialects.append(read.dialect)
        unchecked += read.unchecked
        for statement in read.statements:
            building.add(statement, Place(number, block.line, read.dialect))
    return Schema(building.tables(), tuple(unchecked), tuple(dialects))


class _Read(NamedTuple):
    dialect: str
    statements: list[exp.Expr]
    unchecked: list[Unchecked]


def _best(block: CodeBlock) -> _Read:
    hint = _HINTS.get(block.language)
    order = sorted(DIALECTS, key=lambda dialect: dialect != hint)
    best: _Read | None = None
    with _silent():
        for dialect in order:
            read = _read(block, dialect)
            if best is None or len(read.unchecked) < len(best.unchecked):
                best = read
            if not best.unchecked:
                break
    assert best is not None
    return best


@contextmanager
def _silent() -> Iterator[None]:
    """Keep sqlglot from warning of what is told as unchecked anyway."""
    logger = logging.getLogger("sqlglot")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _read(block: CodeBlock, name: str) -> _Read:
    from sqlglot.dialects.dialect import Dialect
    from sqlglot.errors import SqlglotError

    dialect = Dialect.get_or_raise(name)
    read = _Read(name, [], [])
    try:
        tokens = dialect.tokenize(block.text)
    except SqlglotError:
        why = "The block cannot be split into statements: a quote or a comment is not closed."
        read.unchecked.append(Unchecked(block.line + 1, _start(block.text), why, broken=True))
        return read
    for chunk in _chunks(tokens):
        if len(read.unchecked) == MOST_UNCHECKED:
            line = block.line + _line_in(block.text, chunk[0].start)
            why = f"{MOST_UNCHECKED} statements before it could not be read; the rest is left."
            start = _start(block.text[chunk[0].start :][: 4 * _SHOWN])
            read.unchecked.append(Unchecked(line, start, why, broken=False))
            break
        _read_statement(chunk, block, dialect, read)
    return read


def _chunks(tokens: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield the tokens of each statement: one that cannot be read does not spoil the others."""
    from sqlglot.tokenizer_core import TokenType

    chunk: list[Any] = []
    for token in tokens:
        if token.token_type != TokenType.SEMICOLON:
            chunk.append(token)
        elif chunk:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _read_statement(chunk: list[Any], block: CodeBlock, dialect: Dialect, read: _Read) -> None:
    from sqlglot import exp
    from sqlglot.errors import ParseError

    text = block.text[chunk[0].start : chunk[-1].end + 1]
    line = block.line + _line_in(block.text, chunk[0].start)
    try:
        found = [s for s in dialect.parser().parse(chunk, block.text) if s is not None]
    except ParseError as error:
        read.unchecked.append(_refused(error, text, block.line, line))
        return
    except RecursionError:
        why = "It is nested too deep to be read."
        read.unchecked.append(Unchecked(line, _start(text), why, broken=False))
        return
    if any(isinstance(statement, exp.Command) for statement in found):
        if not _NO_TABLE.match(text):
            why = f"A part of it is not known in the dialect {read.dialect}."
            read.unchecked.append(Unchecked(line, _start(text), why, broken=False))
        return
    empty = _empty_entry(chunk)
    if empty is not None:
        at = block.line + _line_in(block.text, empty.start)
        why = "A comma has nothing after it."
        read.unchecked.append(Unchecked(at, _start(text), why, broken=True))
    read.statements.extend(found)


def _refused(error: ParseError, text: str, first_line: int, line: int) -> Unchecked:
    told = error.errors[0] if error.errors else {}
    at = told.get("line")
    said = _INTERNAL.sub("", str(told.get("description") or "It is no SQL")).rstrip(".: ")
    said = "A part is missing" if said.startswith("Required keyword") else said
    near = " ".join(str(told.get("highlight") or "").split())[:40]
    why = f"{said} at “{near}”." if near else f"{said}."
    return Unchecked(first_line + int(at) if at else line, _start(text), why, broken=True)


def _empty_entry(chunk: Sequence[Any]) -> Any:
    """Return a comma with nothing after it, which sqlglot forgives and no database does."""
    from sqlglot.tokenizer_core import TokenType

    ends = {TokenType.COMMA, TokenType.R_PAREN}
    for token, after in pairwise(chunk):
        if token.token_type == TokenType.COMMA and after.token_type in ends:
            return token
    return None


def _line_in(text: str, start: int) -> int:
    return text.count("\n", 0, start) + 1


def _start(text: str) -> str:
    """Return how a statement begins, in one line."""
    words = " ".join(text[: 4 * _SHOWN].split())
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"
