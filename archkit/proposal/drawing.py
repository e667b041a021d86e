"""Diagrams that an overview draws as text: their lines and arrows, Mermaid's names written out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from archkit.proposal.contents import CodeBlock
from archkit.proposal.document import Proposal
from archkit.proposal.outline import lines_of

__all__ = ["MOST_TEXT", "Arrow", "arrows_in", "drawing_lines"]

MOST_TEXT = 200_000
"""Characters of a section that are read for its components."""

_LANGUAGES = {"", "text", "txt", "plaintext", "ascii"}
_FLOWCHART = re.compile(r"\s*(?:%%[^\n]*\n\s*)*(?:graph|flowchart)\b")
_NODE = re.compile(
    r"(?<![\w-])(?P<id>\w[\w-]{0,39})(?P<box>[\[({>]{1,3}\"?(?P<label>[^\])}\"\n|]{1,80})\"?[\])}]{1,3})"
)
_WORD = re.compile(r"(?<![\w-])\w(?:[\w]|-(?![->.])){0,39}")
_ALONG = re.compile(r"\|[^|\n]{0,80}\||--\s[^\n>|-]{1,60}\s-->")
_SAID_ALONG = re.compile(r"--\s+\"?([^\n>|\"-]{1,60}?)\"?\s+-->")
_AND = re.compile(
    r"(?P<a>[\w &-]{1,100}?)(?P<by>\s*(?:-->|-\.->|==>)(?:\|[^|\n]{1,80}\|)?\s*)"
    r"(?P<b>[\w &-]{1,100}?);?"
)
_ASIDE = re.compile(r"\(([^():\n]{2,40}):\s[^()\n]{0,60}\)")
_ARROW = re.compile(
    r"(?P<a>[\w][\w ./&-]{0,50}?[\w)]|\w)\s*(?:\[[^\]\n]{0,80}\])?[\])}\"'`*]*\s*[│┃]?\s*"
    r"(?:<?(?:-{1,12}|={1,2}|[─━]{1,12}|-\.{1,2}-)[>▶►→]|→|⟶|⇒)\s*(?:\|(?P<how>[^|\n]{1,80})\|)?\s*"
    r"[│┃]?\s*[\[({\"'`*]*(?=(?P<b>\w[\w ./&-]{0,50}\w|\w))"
)


class Arrow(NamedTuple):
    """An arrow from `a` to `b`; `how` is what is said along it, `rest` what stands after it."""

    a: str
    b: str
    how: str
    rest: str


def drawing_lines(proposal: Proposal) -> Iterator[tuple[int, str]]:
    """Yield the lines of section 2's diagrams, each with its number in the proposal."""
    room = MOST_TEXT
    for block in proposal.code_blocks:
        if block.section != 2:
            continue
        if block.language in _LANGUAGES:
            lines = lines_of(block.text[:room])
        elif block.language == "mermaid" and _FLOWCHART.match(block.text):
            lines = list(_flowchart(block, room))
        else:
            continue
        for offset, line in enumerate(lines, start=1):
            yield block.line + offset, line[:300].rstrip()
        room = max(room - len(block.text), 0)


def arrows_in(text: str) -> Iterator[Arrow]:
    """Yield the arrows of a line; in a chain, each thing but the ends has one to it and one on."""
    bare = _ASIDE.sub(r"(\1)", text)
    for match in _ARROW.finditer(bare):
        yield Arrow(match["a"], match["b"], match["how"] or "", bare[match.end("b") :])


def _each(line: str) -> str:
    """Return a line of Mermaid with an arrow for each pair of `A & B --> C & D`."""
    both = _AND.fullmatch(line.strip()) if "&" in line else None
    if both is None:
        return line
    sources, targets = both["a"].split("&"), both["b"].split("&")
    return "; ".join(f"{a.strip()}{both['by']}{b.strip()}" for a in sources for b in targets)


def _flowchart(block: CodeBlock, room: int) -> Iterator[str]:
    """Yield the arrows of a Mermaid flowchart with labels for ids; other lines are blank."""
    lines = lines_of(block.text[:room])
    labels: dict[str, str] = {}
    for line in lines:
        for node in _NODE.finditer(_ALONG.sub(" ", line[:300])):
            name = re.split(r"<|\\n", node["label"])[0]
            labels.setdefault(node["id"], re.sub(r"[^\w ./&-]+", " ", name).strip() or node["id"])
    for line in lines:
        said = _SAID_ALONG.sub(r"-->|\1|", line[:300])
        bare = _each(_NODE.sub(r"\g<id>", said))
        if not next(arrows_in(bare), None):
            yield ""
            continue
        pieces = re.split(r"(\|[^|\n]{0,80}\|)", bare)
        yield "".join(
            piece if piece.startswith("|") else _WORD.sub(lambda m: labels.get(m[0], m[0]), piece)
            for piece in pieces
        )
