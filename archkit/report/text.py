"""Text into HTML that cannot do anything: escaped, or Markdown sanitised; tables of frames."""

from __future__ import annotations

import html
import itertools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from archkit.figures.style import elided

if TYPE_CHECKING:
    import pandas as pd
    from markdown_it.token import Token

__all__ = [
    "Column",
    "as_date",
    "as_json_block",
    "as_short_date",
    "count",
    "esc",
    "frame_table",
    "markdown",
    "missing",
    "sections",
]

_MOST_ROWS = 200
_LONGEST_CELL = 120
_PERCENT = re.compile(r"(?<=\d) %")
_NOTHING = {"nan", "NaT", "<NA>"}
_TAGS = (
    {"p", "h4", "h5", "h6", "ul", "ol", "li", "strong", "em", "s", "code", "pre", "blockquote"}
    | {"table", "thead", "tbody", "tr", "th", "td"}
    | {"a", "hr", "br"}
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: which of the frame, its heading, how a value is written."""

    name: str
    heading: str
    write: Callable[[Any], str] = str
    kind: str = ""


def esc(value: object) -> str:
    """Escape text for HTML, attributes included."""
    return html.escape(str(value), quote=True)


def missing(value: object) -> bool:
    """Tell whether a cell holds nothing: None, NaN, NaT or NA."""
    return value is None or (not isinstance(value, str) and str(value) in _NOTHING)


def count(value: object) -> str:
    """Write a count with thousands marked."""
    return f"{float(str(value)):,.0f}"


def as_date(value: Any) -> str:
    """Write an instant as `22 November 2026`, in UTC."""
    if missing(value):
        return "–"
    instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    instant = instant.astimezone(UTC) if instant.tzinfo else instant
    return f"{instant.day} {instant:%B %Y}"


def as_short_date(value: Any) -> str:
    """Write an instant as `22 Nov 2026`, in UTC: for a table's column."""
    day, *rest = as_date(value).split(" ")
    return f"{day} {rest[0][:3]} {rest[1]}" if rest else day


def as_json_block(element_id: str, value: object) -> str:
    """Put JSON into the page as data that no script or tag in it can leave."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return f'<script type="application/json" id="{esc(element_id)}">{text}</script>'


def markdown(text: str, *, top: int = 4, anchor: str = "") -> str:
    """Render Markdown as sanitised HTML, headings starting at level `top` without a jump.

    With `anchor`, the headings one level down, a document's sections, can be linked to as
    `anchor-1`, `anchor-2` and so on; see `sections`.

    Raw HTML is shown as text; links keep to http, https and mailto; pictures become their words,
    since a report requests nothing.
    """
    import nh3
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.disable("image")
    tokens = parser.parse(text)
    _relevel(tokens, top)
    _keep_percents(tokens)
    for number, (heading, _) in enumerate(_sections(tokens, top) if anchor else (), start=1):
        heading.attrSet("id", f"{anchor}-{number}")
    clean = nh3.clean(
        parser.renderer.render(tokens, parser.options, {}),
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}, f"h{top + 1}": {"id"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"pre": {"tabindex": "0"}},
    )
    framed = clean.replace("<table>", '<div class="scroll" tabindex="0"><table>')
    return framed.replace("</table>", "</table></div>")


def sections(text: str) -> list[str]:
    """Name the sections of a Markdown document: its headings of the second level down."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark", {"html": False}).parse(text)
    _relevel(tokens, 1)
    return [words for _, words in _sections(tokens, 1)]


def frame_table(frame: pd.DataFrame, columns: Sequence[Column], caption: str) -> str:
    """Write a frame as a table with named columns; a missing value is a dash, never zero.

    A long cell is cut in its middle and whole on hover.
    """
    head = "".join(f'<th scope="col"{_class(c)}>{esc(c.heading)}</th>' for c in columns)
    rows = [
        "<tr>" + "".join(_cell(row, c) for c in columns) + "</tr>"
        for row in frame.head(_MOST_ROWS).to_dict("records")
    ]
    more = len(frame) - _MOST_ROWS
    note = f" The first {_MOST_ROWS} of {len(frame):,} rows." if more > 0 else ""
    return (
        f'<div class="scroll" role="group" aria-label="{esc(caption)}" tabindex="0">'
        f"<table><caption>{esc(caption)}{note}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _class(column: Column) -> str:
    return f' class="{column.kind}"' if column.kind else ""


def _cell(row: Mapping[Any, Any], column: Column) -> str:
    value = row.get(column.name)
    text = "–" if missing(value) else column.write(value)
    shown = elided(text, _LONGEST_CELL)
    whole = "" if len(text) <= _LONGEST_CELL else f' title="{esc(text)}"'
    return f"<td{_class(column)}{whole}>{esc(shown)}</td>"


def _sections(tokens: Sequence[Token], top: int) -> list[tuple[Token, str]]:
    """Give the opening and the words of each heading one level below `top`."""
    return [
        (token, "".join(child.content for child in inline.children or ()))
        for token, inline in itertools.pairwise(tokens)
        if token.type == "heading_open" and token.tag == f"h{top + 1}"
    ]


def _keep_percents(tokens: Sequence[Token]) -> None:
    """Keep a number and its percent sign on one line, but leave code as it is."""
    for token in tokens:
        for child in token.children or ():
            if child.type == "text":
                child.content = _PERCENT.sub("\u202f%", child.content)


def _relevel(tokens: Sequence[Token], top: int) -> None:
    """Shift the headings to begin at `top` and go down one level at a time, at most to six."""
    open_levels: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            level = int(token.tag[1])
            while open_levels and open_levels[-1] >= level:
                open_levels.pop()
            open_levels.append(level)
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, top + len(open_levels) - 1)}"
