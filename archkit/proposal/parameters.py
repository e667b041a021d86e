"""Parameters that the text declares for an endpoint: in lists, in tables, in a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from archkit.proposal.contract import Parameter
from archkit.proposal.outline import plain

__all__ = ["parameters_in"]

_TITLE = re.compile(
    r"(?i)^(?:#+\s*|[-*+]\s+)?[*_`]*(?:(?P<place>path|url|uri|route|query|header|body|request)s?\s+)?"
    r"(?:string\s+)?(?P<word>param(?:eter)?s?|headers?|variables?)\b(?P<rest>.*)$"
)
_PLACES = {"url": "path", "uri": "path", "route": "path", "request": "body"}
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+(?P<text>.+)$")
_NAME = re.compile(
    r"^[*_`\"{:]*(?P<name>[A-Za-z_][\w.-]{0,60})[}`*_\"]*(?=$|[\s:(—–-])(?P<rest>.*)$"
)
_CODED = re.compile(r"`[{:]?(?P<name>[A-Za-z_][\w.-]{0,60})\}?(?P<value>:[^`]*)?`")
_COLUMN = re.compile(r"(?i)^(?:param(?:eter)?|name|field|header|variable)s?$")
_IN = re.compile(r"(?i)\b(path|query|header|body)\b")


def parameters_in(lines: Sequence[tuple[int, str]]) -> Iterator[Parameter]:
    """Yield the parameters that lines declare.

    Parameters
    ----------
    lines
        The lines about one endpoint, each with its number; no code.

    Notes
    -----
    A declaration is a line that says "Path parameters", "Query parameters" or "Headers", and what
    it names in code marks, or the items or the table's rows below it. A parameter that is named in
    a sentence only is not declared.
    """
    place: str | None = None
    in_table = False
    for number, line in lines:
        text = line.strip()
        title = _TITLE.match(text)
        if text.startswith("|"):
            cells = [cell.strip() for cell in text.strip("|").split("|")]
            if _COLUMN.match(plain(cells[0])):
                in_table = place is not None or plain(cells[0]).casefold().startswith("param")
            elif in_table and not set(text) <= set("|-: "):
                yield from _named(cells[0], place or _said_place(cells), number, cells[-1])
            continue
        in_table = False
        if title:
            word = title["word"].casefold()
            said = (title["place"] or ("header" if word.startswith("header") else "")).casefold()
            place = _PLACES.get(said, said)
            for coded in _CODED.finditer(title["rest"]):
                told = (coded["value"] or title["rest"][coded.end() :]).lstrip(": ")
                yield Parameter(coded["name"], place, number, _short(told))
        elif item := _ITEM.match(line):
            if place is not None:
                yield from _named(item["text"], place, number, "")
        elif text:
            place = None


def _named(text: str, place: str, number: int, said: str) -> Iterator[Parameter]:
    match = _NAME.match(text)
    if match:
        told = said or match["rest"]
        yield Parameter(match["name"], place or _said_place([told]), number, _short(told))


def _said_place(cells: Sequence[str]) -> str:
    found = next((match for cell in cells[1:] or cells if (match := _IN.search(cell))), None)
    return found[1].casefold() if found else ""


def _short(text: str) -> str:
    return plain(re.split(r"(?<=\w)[.;](?:\s|$)", text, maxsplit=1)[0]).strip(" :—–-()`,")[:120]
