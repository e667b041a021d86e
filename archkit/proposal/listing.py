"""Things that a text lists, whatever the form: table rows, items, paragraphs begun in bold."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from markdown_it.token import Token

from archkit.proposal.outline import plain

__all__ = ["Entry", "cells_of", "entries", "is_hollow", "leading_name", "mapped"]

_LEAD = re.compile(r"^(?:\d+[.)]\s+|[-*+]\s+)?(\*\*|__)(?P<lead>.{1,200}?)\1")
_ITEM = re.compile(r"^(?:\d+[.)]|[-*+])\s+")
_NAME_END = re.compile(r"\s[—–-]+\s|:\s|:$|\.\s|\.$")
_CELL_END = re.compile(r"(?<!\\)\|")
_HOLLOW = re.compile(
    r"(?i)[\W_]*(?:(?:none|nothing|tbd|tba|todo|n/a|not applicable|to be (?:done|defined|decided"
    r"|determined))\b(?:[\s,]+\w+){0,6}|no(?: (?:other )?(?:viable )?(?:alternatives?|trade-?offs?"
    r"|drawbacks?|reasons?)(?: \w+){0,4})?)?[\W_]*"
)


class Entry(NamedTuple):
    """One thing of a list: what it is called, all that is said of it, and its line.

    `columns` are the heads and cells of a table's row, in order; empty for any other form.
    """

    name: str
    text: str
    line: int
    columns: tuple[tuple[str, str], ...] = ()


def entries(
    tokens: Sequence[Token],
    lines: Sequence[str],
    start: int,
    end: int,
    *,
    takes: Callable[[str], bool] = bool,
) -> tuple[Entry, ...]:
    """Return the rows of tables between two lines (from 0), else items, else bold paragraphs.

    Items that all say something of the bold paragraph above them ("Reason: …") are part of it.

    Parameters
    ----------
    tokens, lines
        The text, as blocks that have lines (`mapped`) and as lines.
    start, end
        The first line and the one after the last.
    takes
        Says of a table's first head, a bold lead, and what an item begins with, whether it is of
        the kind looked for.
    """
    first_token = bisect_left(tokens, start, key=_start)
    nearby = tokens[first_token : bisect_left(tokens, end, lo=first_token, key=_start)]
    within = [t for t in nearby if t.map and t.map[1] <= end]
    found = [entry for table in _tables(within, lines) if takes(table.head) for entry in table.rows]
    if found:
        return tuple(found)
    spans = [t.map for t in within if t.type == "list_item_open" and t.level == 1 and t.map]
    leads = [t.map[0] for t in within if _begins_bold(t, lines, takes) and t.map]
    if leads and (not spans or not any(takes(_begins_with(lines[at])) for at, _ in spans)):
        spans = [[first, last] for first, last in pairwise([*leads, end])]
    texts = [(first, "".join(lines[first:last])) for first, last in spans]
    return tuple(Entry(leading_name(_first(text)), text, line + 1) for line, text in texts)


def mapped(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens that have lines, which are in the order of these."""
    return [token for token in tokens if token.map]


def _start(token: Token) -> int:
    return token.map[0] if token.map else 0


class _Table(NamedTuple):
    head: str
    rows: list[Entry]


def _tables(within: Sequence[Token], lines: Sequence[str]) -> list[_Table]:
    tables: list[_Table] = []
    heads: list[str] = []
    head_line = -1
    for token in within:
        if token.map is None:
            continue
        first, last = token.map
        if token.type == "thead_open":
            heads, head_line = [plain(c) for c in cells_of(lines[first])], first
            tables.append(_Table(heads[0] if heads else "", []))
        elif token.type == "tr_open" and tables and first != head_line:
            text = "".join(lines[first:last])
            columns = tuple(zip(heads, cells_of(text), strict=False))
            name = leading_name(columns[0][1] if columns else text)
            tables[-1].rows.append(Entry(name, text, first + 1, columns))
    return tables


def cells_of(line: str) -> list[str]:
    """Return the cells of a table's row, without the spaces around them."""
    inner = line.strip().removeprefix("|")
    cells = [cell.strip() for cell in _CELL_END.split(inner)]
    return cells[:-1] if cells and not cells[-1] else cells


def _begins_bold(token: Token, lines: Sequence[str], takes: Callable[[str], bool]) -> bool:
    if token.type != "paragraph_open" or token.level or not token.map:
        return False
    lead = _LEAD.match(lines[token.map[0]])
    return lead is not None and takes(lead["lead"])


def _begins_with(line: str) -> str:
    return leading_name(_first(line)).partition(":")[0]


def _first(text: str) -> str:
    """Return the words an item or a paragraph begins with: what is in bold, if anything."""
    line = text.lstrip().split("\n", 1)[0].strip()
    lead = _LEAD.match(line)
    return lead["lead"] if lead else _ITEM.sub("", line)


def leading_name(text: str) -> str:
    """Return the name a title, a cell or an item begins with, at most 80 characters."""
    title = plain(text)
    if re.match(r"\d", title):
        title = re.sub(r"^\d+(?:\.\d+)*[.):]?\s+", "", title)
    end = _NAME_END.search(title)
    head = title[: end.start()] if end and end.start() else title
    rest = title[end.end() :] if end else ""
    kept = f"{head}: {rest}" if end and end.group().startswith(":") and rest else head
    return kept.strip(" :")[:80]


def is_hollow(text: str) -> bool:
    """Say whether a text says nothing: empty, a dash, "none", "TBD" and the like."""
    return _HOLLOW.fullmatch(text[:400]) is not None
