"""Markdown of a notebook: headings that fit the page, formulas, diagrams, attached pictures."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from archkit.figures.style import elided
from archkit.markup import esc
from archkit.plain import slug_of
from archkit.report.diagrams import MERMAID_CODE
from archkit.report.notebook_html import clean_html
from archkit.report.notebook_maths import FORMULA, mark_of

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

    from archkit.report.notebook_tally import Tally

__all__ = ["Headings", "Part", "markdown_html", "markdown_parts", "title_of"]

_ATTACHED = re.compile(r"""(<img\b[^>]*?\bsrc=)(["'])attachment:(.+?)\2""")
_MARK = re.compile("\ue000(?:\\d+)\ue001")
_BLOCK = re.compile(
    r"^ {0,3}(?:\$\$|\\\[|\\begin\{(?:equation|align|gather|multline|eqnarray)\*?\})"
)


class Part(NamedTuple):
    """A piece of a cell: the heading of level two that it begins with, if any, and its HTML."""

    heading: str | None
    name: str
    body: str


class Headings:
    """The headings of a page: their levels go down one at a time, and each has its own id."""

    def __init__(self) -> None:
        self._open = [0]
        self._names: set[str] = set()

    def level(self, level: int) -> int:
        """Return the level on the page, 2 to 6, of a heading of a notebook's level, 1 to 6."""
        while self._open[-1] >= level:
            self._open.pop()
        self._open.append(level)
        return min(6, len(self._open))

    def name(self, words: str) -> str:
        """Return an id that no heading has yet."""
        first = f"s-{slug_of(words)[:60] or 'section'}"
        names = (first, *(f"{first}-{n}" for n in range(2, len(self._names) + 3)))
        chosen = next(name for name in names if name not in self._names)
        self._names.add(chosen)
        return chosen


def title_of(source: str) -> tuple[str, str]:
    """Split the heading of level one that a text begins with off it; "" where there is none."""
    tokens = _parser().parse(source)
    if not tokens or tokens[0].type != "heading_open" or tokens[0].tag != "h1":
        return "", source
    _, end = tokens[0].map or (0, 0)
    return _words(tokens[1]), "\n".join(source.splitlines()[end:])


def markdown_parts(
    source: str, headings: Headings, tally: Tally, attachments: Mapping[str, Any]
) -> Iterator[Part]:
    """Give the HTML of a cell of Markdown, cut where a heading of level two begins.

    Parameters
    ----------
    source
        Its text; HTML within it is sanitised.
    headings
        Those of the page so far.
    tally
        What is counted; its level follows the headings.
    attachments
        Pictures that the cell brings along: by name, their data by type.
    """
    env: dict[str, Any] = {"drawn": {}, "lost": [], "attached": attachments}
    tokens = _parser().parse(source, env)
    cuts = [0, *_levelled(tokens, headings), len(tokens)]
    for start, end in itertools.pairwise(cuts):
        chunk = tokens[start:end]
        heading, name = None, ""
        if chunk and chunk[0].type == "heading_open" and chunk[0].tag == "h2":
            heading, name = _words(chunk[1]), str(chunk[0].attrGet("id"))
            chunk = chunk[3:]
            tally.level = 2
        if chunk or heading is not None:
            yield Part(heading, name, _rendered(chunk, env, tally))


def markdown_html(source: str, tally: Tally) -> str:
    """Return the HTML of Markdown that a cell put out, its headings below the present one."""
    env: dict[str, Any] = {"drawn": {}, "lost": []}
    return _rendered(_parser().parse(source, env), env, tally)


def _rendered(tokens: Sequence[Token], env: dict[str, Any], tally: Tally) -> str:
    parser = _parser()
    ids = [str(t.attrGet("id")) for t in tokens if t.type == "heading_open" and t.attrGet("id")]
    raw = _with_attachments(
        parser.renderer.render(tokens, parser.options, env), env.get("attached", {})
    )
    clean = clean_html(raw, tally, ids=frozenset(ids))
    drawn, lost = env["drawn"], env["lost"]
    for tex in lost:
        tally.cannot_show(f"the formula {elided(tex, 80)}, which does not parse")
    lost.clear()
    return _MARK.sub(lambda mark: drawn.get(mark[0], ""), clean)


def _levelled(tokens: Sequence[Token], headings: Headings) -> list[int]:
    """Give the headings of a cell their levels and ids; return where those of level two begin."""
    cuts = []
    for place, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        if token.level:  # within a list or a quotation it is no heading of the page
            token.tag = tokens[place + 2].tag = "p"
            continue
        level = headings.level(int(token.tag[1]))
        token.tag = tokens[place + 2].tag = f"h{level}"
        token.attrSet("id", headings.name(_words(tokens[place + 1])))
        if level == 2:
            cuts.append(place)
    return cuts


def _words(inline: Token) -> str:
    """Return a heading's words: without emphasis, a formula as its source."""
    said = []
    for child in inline.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            said.append(" ")
        elif child.type == "formula":
            said.append(child.meta["text"])
        elif child.type != "html_inline":
            said.append(child.content)
    return " ".join("".join(said).split())


def _with_attachments(rendered: str, attachments: Mapping[str, Any]) -> str:
    """Put attached pictures where HTML made of Markdown, or written in it, names them."""

    def placed(match: re.Match[str]) -> str:
        held = attachments.get(unquote(unescape(match[3]))) or {}
        for kind, data in held.items():
            if kind.startswith("image/"):
                text = "".join(data) if isinstance(data, list) else data
                return f'{match[1]}"data:{kind};base64,{"".join(text.split())}"'
        return match[0]

    return _ATTACHED.sub(placed, rendered)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.validateLink = _link_is_kept  # type: ignore[assignment,method-assign]
    parser.inline.ruler.before("escape", "formula", _inline_formula)
    parser.block.ruler.before(
        "fence", "formula_block", _block_formula, {"alt": ["paragraph", "reference", "blockquote"]}
    )
    parser.add_render_rule("formula", _drawn_formula)
    parser.add_render_rule("fence", _fence)
    return parser


def _link_is_kept(address: str) -> bool:
    """Keep what a picture may be; links are looked at again when the page is sanitised."""
    return not re.match(r"\s*(?:javascript|vbscript|file):", address, re.IGNORECASE)


def _inline_formula(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    match = FORMULA.match(state.src, state.pos)
    if match is None or match.end() > state.posMax:
        return False
    if not silent:
        token = state.push("formula", "", 0)
        token.meta = {"match": match, "text": match.group()}
    state.pos = match.end()
    return True


def _block_formula(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Take a formula that begins a line as a block, so that no line in it becomes a list."""
    start = state.bMarks[line] + state.tShift[line]
    if not _BLOCK.match(state.src[start : state.eMarks[line]]):
        return False
    match = FORMULA.match(state.src, start)
    if match is None or match["block"] is None or match.end() > state.eMarks[end - 1]:
        return False
    last = next(n for n in range(line, end) if state.eMarks[n] >= match.end())
    if state.src[match.end() : state.eMarks[last]].strip():
        return False
    if not silent:
        token = state.push("formula", "", 0)
        token.block, token.map = True, [line, last + 1]
        token.meta = {"match": match, "text": match.group()}
        state.line = last + 1
    return True


def _drawn_formula(self: Any, tokens: Sequence[Token], at: int, _: Any, env: Any) -> str:
    mark = mark_of(tokens[at].meta["match"], env["drawn"], env["lost"])
    return f"<p>{mark}</p>\n" if tokens[at].block else mark


def _fence(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    token = tokens[at]
    kind = token.info.strip().split(maxsplit=1)[0].lower() if token.info.strip() else ""
    if kind != "mermaid":
        return f"<pre><code>{esc(token.content)}</code></pre>\n"
    mark = f"\ue000{len(env['drawn'])}\ue001"
    env["drawn"][mark] = f'<pre tabindex="0">{MERMAID_CODE}{esc(token.content)}</code></pre>'
    return f"<div>{mark}</div>\n"
