"""The seven-section document: from Markdown to a `Proposal`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from markdown_it.token import Token

from archkit.errors import ArchkitError
from archkit.proposal.choices import Choice, choices_in
from archkit.proposal.contents import CodeBlock, Endpoint, code_blocks_in, endpoints_in
from archkit.proposal.contract import Contract
from archkit.proposal.outline import Part, block_tokens, lines_of, parts, plain, same_title
from archkit.proposal.schema import Schema

if TYPE_CHECKING:
    import pandas as pd

    from archkit.proposal.comparison import Comparison
    from archkit.proposal.diagram import Diagram
    from archkit.proposal.findings import Findings
    from archkit.proposal.openapi import OpenAPI

__all__ = ["CONSIDERATIONS", "SECTIONS", "Proposal", "Section", "read_proposal"]

SECTIONS = (
    "Executive Summary",
    "Architecture Overview",
    "Service Definitions",
    "API Contracts",
    "Data Schema",
    "Technology Stack Rationale",
    "Key Considerations",
)
"""What a proposal must have, in this order; the numbers are 1 to 7."""

CONSIDERATIONS = {
    "Scalability": re.compile(r"(?i)\bscal(?:ab|ing)"),
    "Security": re.compile(r"(?i)\bsecurity\b"),
    "Observability": re.compile(r"(?i)\bobservab|\bmonitoring\b"),
    "Deployment & CI/CD": re.compile(r"(?i)\bdeploy|\bci\s*/\s*cd\b"),
}
"""What section 7 must consider, each with how a heading names it."""

MOST_LINES = 60_000
"""So many lines of a text are read: a runaway reply must not hang a notebook."""

_BOLD_LINE = re.compile(r"^(?P<marks>\*\*|__)(?P<title>.{1,200}?)(?P=marks):?$")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)\s*")
_WORD = re.compile(r"[a-z]+")
_HOLLOW = re.compile(r"(?i)<!--.*?-->|\b(?:tbd|n/a|to be (?:done|defined|decided))\b", re.DOTALL)
_SMALL_WORDS = {"and", "the", "of", "for"}


class Section(NamedTuple):
    """One of the seven: its number, its title as written, and what stands below it.

    `line` is where its heading is, counted from 1; `text` is the source without the heading, and
    `text_line` its first line.
    """

    number: int
    title: str
    level: int
    line: int
    text: str
    text_line: int = 0

    @property
    def is_empty(self) -> bool:
        """True if nothing is said below the heading: headings, rules and "TBD" say nothing."""
        said = (line for line in self.text.splitlines() if not line.lstrip().startswith("#"))
        return not re.search(r"\w", _HOLLOW.sub("", "\n".join(said)))


@dataclass(frozen=True)
class Proposal:
    """A design as it was written, and what could be read from it.

    `sections` are the mandated ones found, in the order of the text, duplicates included;
    `parts` is every heading; `missing` names the mandated sections that are absent or empty;
    `lines_read` is less than the lines of a text too long to read.
    """

    text: str = field(repr=False)
    title: str
    sections: tuple[Section, ...]
    endpoints: tuple[Endpoint, ...]
    code_blocks: tuple[CodeBlock, ...]
    choices: tuple[Choice, ...]
    missing: tuple[str, ...]
    parts: tuple[Part, ...] = ()
    lines_read: int = 0
    line_count: int = 0

    def section(self, number_or_title: int | str) -> Section:
        """Return one of the seven sections, by number or title.

        Raises
        ------
        ArchkitError
            The proposal has no such section.
        """
        wanted = number_or_title
        number = wanted if isinstance(wanted, int) else section_number(wanted)
        for section in self.sections:
            if section.number == number:
                return section
        there = ", ".join(f"{s.number} ({s.title})" for s in self.sections)
        raise ArchkitError(
            f"The proposal has no section {wanted!r}.",
            why=f"Its sections are: {there or 'none of the seven'}.",
            mend=f"Ask for 1 to 7 or a title: {', '.join(SECTIONS)}.",
        )

    @cached_property
    def contracts(self) -> tuple[Contract, ...]:
        """What is said of each endpoint of section 4, read once."""
        from archkit.proposal.contracts import contracts_of

        return contracts_of(self)

    @cached_property
    def schema(self) -> Schema:
        """The tables of every block of SQL, read once."""
        from archkit.proposal.ddl import read_schema, sql_blocks

        return read_schema(sql_blocks(self.code_blocks))

    @cached_property
    def checked(self) -> Findings:
        """What the checker found in it, looked for once."""
        from archkit.proposal.rules import check_proposal

        return check_proposal(self)

    @property
    def findings(self) -> pd.DataFrame:
        """What the checker found in it, one row a finding: `Findings.to_frame`."""
        return self.checked.to_frame()

    @property
    def stack(self) -> pd.DataFrame:
        """Its technology choices, one row a choice: `technology_choices`."""
        from archkit.proposal.stack import technology_choices

        return technology_choices(self)

    def diff(self, other: Proposal | str) -> Comparison:
        """Compare it, as what was before, with another: `compare`."""
        from archkit.proposal.comparison import compare

        return compare(self, other)

    def openapi(self) -> OpenAPI:
        """Return its endpoints as an OpenAPI 3.1 document: `openapi_document`."""
        from archkit.proposal.openapi import openapi_document

        return openapi_document(self)

    def er_diagram(self) -> Diagram:
        """Return its tables as an entity-relationship diagram."""
        from archkit.proposal.diagrams import er_diagram

        return er_diagram(self)

    def component_diagram(self) -> Diagram:
        """Return its services, stores and neighbours, and which uses which, as a diagram."""
        from archkit.proposal.diagrams import component_diagram

        return component_diagram(self)

    def __repr__(self) -> str:
        found = len({section.number for section in self.sections})
        ends, choices = len(self.endpoints), len(self.choices)
        title = self.title or "untitled"
        return f"Proposal({title!r}, {found} of 7 sections, {ends} endpoints, {choices} choices)"

    def _repr_html_(self) -> str:
        from archkit.proposal.page import proposal_page

        return proposal_page(self)

    def _repr_markdown_(self) -> str:
        return self.text


def read_proposal(text: str) -> Proposal:
    """Read a design: tolerant of numbering, heading level, emphasis and case.

    Headings inside code are no headings. Only the first 60,000 lines are read.
    """
    lines = lines_of(text)
    read = lines[:MOST_LINES]
    body = text if len(read) == len(lines) else "".join(read)
    tokens = block_tokens(body)
    headings = parts(body, tokens)
    spans = _spans(_marked(tokens, headings), headings, len(read))
    sections = tuple(_section(number, head, read, end) for number, head, end in spans)
    section_of: list[int | None] = [None] * (len(read) + 1)
    for number, head, end in spans:
        section_of[head.line - 1 : end] = [number] * (end - head.line + 1)
    blocks = code_blocks_in(tokens, read, section_of)
    stack = next(((head.line, end) for number, head, end in spans if number == 6), None)
    full = {section.number for section in sections if not section.is_empty}
    return Proposal(
        text=text,
        title=_title(headings),
        sections=sections,
        endpoints=endpoints_in(read, blocks, section_of),
        code_blocks=blocks,
        choices=choices_in(tokens, read, headings, *stack) if stack else (),
        missing=tuple(t for n, t in enumerate(SECTIONS, start=1) if n not in full),
        parts=headings,
        lines_read=len(read),
        line_count=len(lines),
    )


def _section(number: int, head: Part, lines: Sequence[str], end: int) -> Section:
    below = _below(head, lines)
    text = "".join(lines[below:end])
    return Section(number, head.title, head.level, head.line, text, below + 1)


@lru_cache(maxsize=4096)
def section_number(title: str) -> int | None:
    """Return which of the seven a title names (1 to 7), None if it is none of them."""
    words = _words(title)
    for number, wanted in enumerate(SECTIONS, start=1):
        must = _words(wanted)
        if must <= words and len(words) <= len(must) + 3:
            return number
    return None


def _words(title: str) -> set[str]:
    return {word.rstrip("s") for word in _WORD.findall(same_title(title))} - _SMALL_WORDS


def _title(headings: Sequence[Part]) -> str:
    if headings and headings[0].level == 1 and section_number(headings[0].title) is None:
        return headings[0].title
    return ""


def _marked(tokens: Sequence[Token], headings: Sequence[Part]) -> list[tuple[int, Part]]:
    """Return what names a section, in order: headings, and lines that are all bold."""
    bold = [
        Part(1, plain(match["title"]), token.map[0] + 1, "")
        for token in tokens
        if token.type == "inline" and token.level == 1 and token.map
        if (match := _BOLD_LINE.match(token.content.strip()))
    ]
    named = [(section_number(part.title), part) for part in (*headings, *bold)]
    marked = [(number, part) for number, part in named if number is not None]
    levels = [part.level for _, part in marked]
    usual = max(sorted(set(levels)), key=levels.count, default=0)
    at_usual = {number for number, part in marked if part.level == usual}
    kept = [(n, p) for n, p in marked if p.level <= usual or n not in at_usual]
    return sorted(kept, key=lambda found: found[1].line)


def _spans(
    marked: Sequence[tuple[int, Part]], headings: Sequence[Part], last: int
) -> list[tuple[int, Part, int]]:
    """Return each section with the line (from 0) at which it ends."""
    starts = [part.line for _, part in marked]
    spans: list[tuple[int, Part, int]] = []
    at = 0
    for index, (number, head) in enumerate(marked):
        limit = starts[index + 1] if index + 1 < len(marked) else last + 1
        while at < len(headings) and headings[at].line <= head.line:
            at += 1
        end = limit
        for below in range(at, len(headings)):
            part = headings[below]
            if part.line >= limit:
                break
            if part.level <= head.level and not _belongs(part, number):
                end = part.line
                break
        spans.append((number, head, end - 1))
    return spans


def _below(head: Part, lines: Sequence[str]) -> int:
    """Return the line (from 0) below a heading, and below its underline if it has one."""
    under = lines[head.line] if head.line < len(lines) else ""
    is_marked = lines[head.line - 1].lstrip().startswith("#")
    return head.line + (not is_marked and _UNDERLINE.fullmatch(under) is not None)


def _belongs(part: Part, number: int) -> bool:
    """Say whether a heading as high as the section's is plainly a part of it: "7.1 Security"."""
    if re.match(rf"{number}\.\d", part.title):
        return True
    return number == 7 and any(names.search(part.title) for names in CONSIDERATIONS.values())
