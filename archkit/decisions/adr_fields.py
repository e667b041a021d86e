"""The short fields of an ADR: from front matter, bullets, lines, one-line headers and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import yaml

from archkit.decisions.adr_names import heading_of, key_of
from archkit.decisions.adr_source import Page

__all__ = ["Said", "fields_said", "listed"]

# A quotation mark, a bullet, an emoji may stand before the key.
_LEAD = r"[ \t]*(?:>[ \t]*)?(?:[-*+][ \t]+)?(?:[^\w\s|*_`#>-]+[ \t]+)?"
_BOLD_FIELD = re.compile(
    _LEAD + r"(?P<mark>\*\*|__|\*|_)(?P<key>[^\W\d_][^\W\d_]*(?:[ ()_-]+[^\W\d_]+)*[()]*)"
    r"(?:[ \t]*[:：][ \t]*(?P=mark)|(?P=mark)[ \t]*[:：]?)(?P<rest>.*)",
)
_PLAIN_FIELD = re.compile(
    _LEAD + r"(?P<key>[^\W\d_]+(?:[ ()_-]+[^\W\d_]+)*[()]*)[ \t]*"
    r"(?P<colon>[:：]|(?=[ \t]\d))(?P<rest>.*)",
)
# Where another field may begin on the same line: past a bar, a dot between, or at a key in bold.
_CUT = re.compile(
    r"(?<![ \t])[ \t]+(?:(?P<bar>\|)[ \t]+|[·•][ \t]+|(?:[/,;–—-][ \t]+)?(?=(?:\*\*|__)[^\W\d_]))"
)
_MOST_CUTS = 20
_MOST = 200
"""Statements that are looked at; no record has so many."""
_ROW = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"[\s|:-]+")
_EMPTY = re.compile(r"(?i)(?:n/?a|none|-+|–|—|\.\.\.|…|insert date|unknown|null|~)?[.]?")


class Said(NamedTuple):
    """One place where a field is stated: its value as written, where, and in what form."""

    name: str
    value: str
    start: int
    end: int
    form: str


def fields_said(page: Page) -> list[Said]:
    """Return every statement of a short field above the first section that is none of them."""
    found = [
        Said(name, e.value, e.start, e.end, "front matter")
        for e in page.front
        if (name := key_of(e.key))
    ]
    end = _header_end(page)
    found += _from_tables(page, end)
    found += _from_lines(page, page.body, end)
    for section in page.sections:
        # A Status section holds dates at times, and the other way round.
        if section.top >= end and (heading_of(section.title) or ("", 0))[0] in ("status", "date"):
            found += _from_lines(page, section.start, section.own_end)
    return [s for s in found if not _EMPTY.fullmatch(s.value.strip())][:_MOST]


def listed(value: str) -> tuple[str, ...]:
    """Return the items of a field: of a YAML list, or between commas."""
    text = re.sub(r"<!--.*?-->", "", value, flags=re.S).strip()
    if text.startswith(("[", "- ", "{")) and (items := _yaml_items(text)):
        return items
    if re.search(r"(?m)^\s*-\s+\S", text):
        parts = re.findall(r"(?m)^\s*-\s+(.+?)\s*$", text)
    else:
        whole = re.sub(r"\A[\[{](.*)[\]}]\Z", r"\1", text, flags=re.S)
        parts = re.split(r"(?:,|;|\band\b|\r?\n)(?![^(\[]*[)\]])", whole)
    cleaned = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", p).strip(" \t\r\n\"'{}*`") for p in parts)
    return tuple(item for item in cleaned if item and not _EMPTY.fullmatch(item))


def _yaml_items(text: str) -> tuple[str, ...]:
    """Return the items of a list that is YAML; none if it is not."""
    try:
        found = yaml.load(text[:5000], Loader=yaml.BaseLoader)  # texts only, nothing is built
    except (yaml.YAMLError, RecursionError):
        return ()
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        return ()
    return tuple(item.strip() for item in found if not _EMPTY.fullmatch(item.strip()))


def _header_end(page: Page) -> int:
    """Return where the text proper begins: its first section that is no short field."""
    titled = False
    for section in page.sections:
        known = heading_of(section.title)
        if known and known[0] not in ("status", "date", "deciders"):
            return section.top
        if known is None and titled:
            return section.top
        titled = titled or known is None
    return len(page.text) if not page.sections else max(page.sections[-1].start, page.body)


def _from_lines(page: Page, start: int, end: int) -> Iterator[Said]:
    tables = [span for span in page.tables if start <= span[0] < end]
    n = 0
    for at, line in page.lines(start, end):
        while n < len(tables) and tables[n][1] <= at:
            n += 1
        if (n < len(tables) and tables[n][0] <= at) or line.lstrip().startswith("#"):
            continue
        for begin, part in _parts(line):
            if said := _field_in(part, at + begin):
                yield said


def _parts(line: str) -> Iterator[tuple[int, str]]:
    """Give what stands on one line between bars, and before each further field on it."""
    begin = 0
    for cut in islice(_CUT.finditer(line), _MOST_CUTS):
        if cut["bar"] or (_is_field(line[begin:]) and _field_in(line[cut.end() :], 0)):
            yield begin, line[begin : cut.start()].rstrip(" \t,;")
            begin = cut.end()
    yield begin, line[begin:]


def _is_field(part: str) -> bool:
    return bool(_BOLD_FIELD.fullmatch(part) or _PLAIN_FIELD.fullmatch(part))


def _field_in(part: str, at: int) -> Said | None:
    bold = _BOLD_FIELD.fullmatch(part)
    plain = _PLAIN_FIELD.fullmatch(part)
    for match in (bold, plain):
        if match and (name := key_of(match["key"])):
            rest = match["rest"]
            value = rest.strip()
            start = at + match.start("rest") + len(rest) - len(rest.lstrip())
            return Said(name, value, start, start + len(value), "line")
    return None


def _from_tables(page: Page, end: int) -> Iterator[Said]:
    for first, last in page.tables:
        if first >= end:
            continue
        rows = [(at, line) for at, line in page.lines(first, last) if line.strip()]
        cells = [list(_cells(at, line)) for at, line in rows if not _RULE.fullmatch(line)]
        if not cells:
            continue
        heads = [key_of(_words(text)) for _, text in cells[0]]
        if sum(h is not None for h in heads) >= 2 and len(cells) > 1:
            pairs = [(h, cell) for h, cell in zip(heads, cells[1], strict=False) if h]
        else:
            pairs = [
                (name, row[1])
                for row in cells
                if len(row) > 1 and (name := key_of(_words(row[0][1])))
            ]
        for name, (at, text) in pairs:
            value = text.strip()
            start = at + len(text) - len(text.lstrip())
            yield Said(name, value, start, start + len(value), "table")


def _cells(at: int, line: str) -> Iterator[tuple[int, str]]:
    inner_start = len(line) - len(line.lstrip())
    stripped = line.strip()
    lead = 1 if stripped.startswith("|") else 0
    tail = 1 if len(stripped) > 1 and stripped.endswith("|") and not stripped.endswith("\\|") else 0
    offset = at + inner_start + lead
    for cell in _ROW.split(stripped[lead : len(stripped) - tail]):
        yield offset, cell
        offset += len(cell) + 1


def _words(text: str) -> str:
    return text.strip(" \t*_`:")
