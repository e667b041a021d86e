"""Markdown into HTML that cannot do anything: sanitised, with notes beside the lines they name."""

from __future__ import annotations

import html
import itertools
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

__all__ = ["Note", "esc", "markdown", "sections"]

_PERCENT = re.compile(r"(?<=\d) %")
_TAGS = (
    {"p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "strong", "em", "s", "code", "pre"}
    | {"blockquote", "table", "thead", "tbody", "tr", "th", "td", "a", "hr", "br"}
    | {"div", "aside", "span", "mark", "details", "summary"}
)
KINDS = ("error", "warning", "info")
_CLASSES = {
    "div": {"beside", "said", "note", *KINDS},
    "tr": {"noted", *KINDS},
    "mark": {*KINDS},
    "span": {"where", "fix"},
    "code": {"language-mermaid"},
}
_LEAVES = {"paragraph", "heading", "table"}
_ALONE = {"fence", "code_block", "hr"}


class Note(NamedTuple):
    """What stands beside a line: its HTML, made by us, and its kind: error, warning or info."""

    html: str
    kind: str


def esc(value: object) -> str:
    """Escape text for HTML, attributes included."""
    return html.escape(str(value), quote=True)


def markdown(
    text: str, *, top: int = 4, anchor: str = "", notes: Mapping[int, Note] | None = None
) -> str:
    """Render Markdown as sanitised HTML, headings starting at level `top` without a jump.

    With `anchor`, the headings one level down, a document's sections, can be linked to as
    `anchor-1`, `anchor-2` and so on; see `sections`.

    Raw HTML is shown as text; links keep to http, https and mailto; pictures become their words,
    since a report requests nothing.

    Parameters
    ----------
    text
        Markdown, from wherever.
    top
        The level of the first heading, 2 to 6.
    anchor
        What the ids of the sections begin with; none by default.
    notes
        By line, counted from 1: what to put in an `aside` beside the innermost block that has the
        line. Within code and tables the line itself is marked, too.
    """
    import nh3

    parser = _parser()
    tokens = parser.parse(text)
    _relevel(tokens, top)
    _keep_percents(tokens)
    for number, (heading, _) in enumerate(_sections(tokens, top) if anchor else (), start=1):
        heading.attrSet("id", f"{anchor}-{number}")
    if notes:
        tokens = _with_notes(tokens, notes)
    clean = nh3.clean(
        parser.renderer.render(tokens, parser.options, {}),
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}, f"h{top + 1}": {"id"}},
        allowed_classes=_CLASSES,
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",  # it would lead out of the notebook, or nowhere
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"pre": {"tabindex": "0"}},
    )
    framed = clean.replace("<table>", '<div class="scroll" tabindex="0"><table>')
    return framed.replace("</table>", "</table></div>")


def sections(text: str) -> list[str]:
    """Name the sections of a Markdown document: its headings of the second level down."""
    tokens = _parser().parse(text)
    _relevel(tokens, 1)
    return [words for _, words in _sections(tokens, 1)]


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return parser.disable("image")


def _with_notes(tokens: Sequence[Token], notes: Mapping[int, Note]) -> list[Token]:
    """Return the tokens with each note in front of its block, the two in one element."""
    leaves = _leaf_blocks(tokens)
    if not leaves:
        return [*(_raw(f"<aside>{note.html}</aside>") for note in notes.values()), *tokens]
    here: dict[int, list[int]] = {}
    begin = [(tokens[first].map or [0])[0] for first, _ in leaves]
    for line in sorted(notes):
        block = max(bisect_left(begin, line) - 1, 0)  # the last that begins there or before
        here.setdefault(block, []).append(line)
    before: dict[int, str] = {}
    after: dict[int, str] = {}
    for leaf, lines in here.items():
        first, last = leaves[leaf]
        kind = min((notes[line].kind for line in lines), key=KINDS.index)
        told = "".join(notes[line].html for line in lines)
        opening = f'<div class="beside {kind}"><aside>{told}</aside><div class="said">'
        before[first], after[last] = opening, "</div></div>"
    marked = _marked(tokens, notes)
    return [
        piece
        for n, token in enumerate(tokens)
        for piece in (
            *((_raw(before[n]),) if n in before else ()),
            marked.get(n, token),
            *((_raw(after[n]),) if n in after else ()),
        )
    ]


def _leaf_blocks(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Return where each block without blocks in it begins and ends, a table counting as one."""
    found: list[tuple[int, int]] = []
    for n, token in enumerate(tokens):
        if token.type in _ALONE:
            found.append((n, n))
        name, _, way = token.type.rpartition("_")
        if name in _LEAVES and way == "open":
            close = (m for m in range(n + 1, len(tokens)) if tokens[m].type == f"{name}_close")
            found.append((n, next(close)))
    return found


def _marked(tokens: Sequence[Token], notes: Mapping[int, Note]) -> dict[int, Token]:
    """Mark the rows of tables that have a note; return code blocks with their lines marked."""
    from markdown_it.token import Token

    drawn: dict[int, Token] = {}
    for n, token in enumerate(tokens):
        if not token.map:
            continue
        start, end = token.map
        if token.type == "tr_open" and start + 1 in notes:
            token.attrSet("class", f"noted {notes[start + 1].kind}")
        elif token.type in {"fence", "code_block"} and token.info.strip() != "mermaid":
            first = start + (2 if token.type == "fence" else 1)
            if any(first <= line <= end for line in notes):
                drawn[n] = Token("html_block", "", 0, content=_code(token.content, first, notes))
    return drawn


def _code(text: str, first: int, notes: Mapping[int, Note]) -> str:
    lines = [
        f'<mark class="{notes[number].kind}">{esc(line)}</mark>' if number in notes else esc(line)
        for number, line in enumerate(text.split("\n"), start=first)
    ]
    return f"<pre><code>{chr(10).join(lines)}</code></pre>\n"


def _raw(text: str) -> Token:
    from markdown_it.token import Token

    return Token("html_block", "", 0, content=text)


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
