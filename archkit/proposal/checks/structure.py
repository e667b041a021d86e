"""S: the seven sections are there, in order, each once, and say something."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from archkit.proposal.contents import CodeBlock
from archkit.proposal.document import SECTIONS
from archkit.proposal.rule import Fault, Reading, clipped, rule, section_title

__all__ = ["RULES"]

_FENCE = re.compile(r"[\s>]{0,200}(`{3,200}|~{3,200})")
_ALIKE = [
    re.compile(rf"(?i)\b(?:{words})\b")
    for words in (
        r"executive|abstract|tl;?dr|(?<!\w )summary(?! \w)",
        "architecture|system (?:overview|design)",
        "services?|components?|modules?",
        "apis?|endpoints?",
        "data (?:models?|architecture|design|storage)|databases?|schemas?",
        "technolog(?:y|ies)|tech stack",
        "considerations?|non-functional|cross-cutting",
    )
]
"""How a heading reads that may be one of the seven under another title."""


@rule(
    "S01",
    "error",
    10,
    "Each of the seven sections is there.",
    "Add the section under its title.",
)
def missing(reading: Reading) -> Iterator[Fault]:
    """Name each section that is not there, at the section it should stand before."""
    proposal = reading.proposal
    there = {section.number: section.line for section in reversed(proposal.sections)}
    for number, title in enumerate(SECTIONS, start=1):
        if number not in there:
            before = next((SECTIONS[n - 1] for n in range(number - 1, 0, -1) if n in there), None)
            after = [line for n, line in there.items() if n > number]
            yield Fault(
                min(after, default=max(proposal.lines_read, 1)),
                f"Section {number}, {title}, is missing.",
                f"Add `## {number}. {title}` "
                + (f"after {before}" if before else "first")
                + _meant(reading, number),
                number,
            )


@rule(
    "S02",
    "error",
    10,
    "Each section says something.",
    "Write what the card asks of this section below its heading.",
)
def empty(reading: Reading) -> Iterator[Fault]:
    """Name each section that has nothing but headings, comments or "TBD"."""
    for section in reading.proposal.sections:
        if section.is_empty:
            title = section_title(section.number)
            yield reading.fault(
                section.line,
                f"Section {section.number}, {title}, is empty.",
                section=section.number,
            )


@rule(
    "S03",
    "warning",
    3,
    "The sections stand in the mandated order.",
    "Move the section to its place.",
)
def order(reading: Reading) -> Iterator[Fault]:
    """Name the misplaced sections, as few as possible."""
    first = list({s.number: s for s in reversed(reading.proposal.sections)}.values())
    first.sort(key=lambda section: section.line)
    kept = _longest_rise([section.number for section in first])
    for section in first:
        if section.number not in kept:
            yield reading.fault(
                section.line,
                f"Section {section.number}, {section_title(section.number)}, is out of order.",
                f"Move it to its place: {_place(section.number)}.",
                section=section.number,
            )


@rule(
    "S04",
    "warning",
    3,
    "No section is there twice.",
    "Join the two under one heading.",
)
def duplicate(reading: Reading) -> Iterator[Fault]:
    """Name each further section of a number, with the line of the first."""
    seen: dict[int, int] = {}
    for section in reading.proposal.sections:
        if section.number in seen:
            yield reading.fault(
                section.line,
                f"Section {section.number}, {section_title(section.number)}, is also on line "
                f"{seen[section.number]}.",
                section=section.number,
            )
        seen.setdefault(section.number, section.line)


@rule(
    "S05",
    "error",
    5,
    "Each code block ends.",
    "End it with a line that has its fence (```) alone.",
)
def unclosed(reading: Reading) -> Iterator[Fault]:
    """Name the block without end: it swallows the sections after it."""
    for block in reading.proposal.code_blocks:
        within = _fence_within(block, reading.lines[block.line - 1])
        if not block.closed or within:
            until = f"not closed before the next begins on line {within}"
            said = until if within else "never closed"
            yield reading.fault(
                block.line, f"The code block that begins here is {said}.", section=block.section
            )


@rule(
    "S06",
    "warning",
    2,
    "The text is short enough to be read whole.",
    "Shorten the proposal.",
)
def unread(reading: Reading) -> Iterator[Fault]:
    """Say how much of a very long text was read."""
    proposal = reading.proposal
    if proposal.lines_read < proposal.line_count:
        yield Fault(
            proposal.lines_read,
            f"Only the first {proposal.lines_read:,} of {proposal.line_count:,} lines were read.",
        )


@rule(
    "S07",
    "warning",
    1,
    "The seven sections have headings of one level.",
    "Give the heading as many # as the other sections have.",
)
def level(reading: Reading) -> Iterator[Fault]:
    """Name the sections whose heading is higher or lower than that of most."""
    levels = [section.level for section in reading.proposal.sections]
    usual = max(sorted(set(levels)), key=levels.count, default=0)
    for section in reading.proposal.sections:
        if section.level != usual:
            title = section_title(section.number)
            yield reading.fault(
                section.line,
                f"{title} has a heading of level {section.level}, most sections one of {usual}.",
                section=section.number,
            )


RULES = (missing, empty, order, duplicate, unclosed, unread, level)
"""The rules of this group."""


def _fence_within(block: CodeBlock, opening: str) -> int:
    """Return the line on which another block begins inside of this one, 0 if none does."""
    marks = _FENCE.match(opening)
    if not marks or block.language in ("md", "markdown", "mdx"):
        return 0
    begins = re.compile(rf"(?m)^ {{0,3}}{re.escape(marks[1])}[`~]*[a-z]+[ \t\r]*$")
    match = begins.search(block.text)
    return block.line + 1 + block.text.count("\n", 0, match.start()) if match else 0


def _meant(reading: Reading, number: int) -> str:
    """Return the end of a sentence: a heading that may be the section under another title."""
    taken = {section.line for section in reading.proposal.sections}
    alike = [
        part
        for part in reading.proposal.parts
        if part.line not in taken and _ALIKE[number - 1].search(part.title)
    ]
    if not alike:
        return "."
    part = min(alike, key=lambda part: (part.level, part.line))
    return f", or give that title to “{clipped(part.title)}” on line {part.line}."


def _place(number: int) -> str:
    return f"after {SECTIONS[number - 2]}" if number > 1 else "first"


def _longest_rise(numbers: list[int]) -> set[int]:
    """Return a longest increasing run of different numbers, gaps allowed."""
    ends: list[list[int]] = []
    for number in numbers:
        at = bisect_right([run[-1] for run in ends], number)
        ends[at : at + 1] = [[*(ends[at - 1] if at else []), number]]
    return set(ends[-1]) if ends else set()
