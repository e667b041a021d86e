"""The rules a proposal is held to, and what was found."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

from archkit.proposal.document import CONSIDERATIONS, SECTIONS, Proposal, Section, read_proposal
from archkit.proposal.finding import Finding
from archkit.proposal.findings import Findings
from archkit.proposal.outline import lines_of, plain

__all__ = ["check_proposal"]

_LEAD = re.compile(
    r"^(?P<indent>[ \t]*)(?:[-*+]\s+|\d+[.)]\s+|\|\s*)?"
    r"(?P<marks>\*\*|__)(?P<lead>.{1,120}?)(?P=marks)"
)


def check_proposal(proposal: Proposal | str) -> Findings:
    """Hold a proposal to the rules.

    Parameters
    ----------
    proposal
        A `Proposal`, or its Markdown.

    Returns
    -------
    Findings
        In the order of the lines; empty when nothing was found. Rules S are about the seven
        sections, K about the considerations of the last.
    """
    read = read_proposal(proposal) if isinstance(proposal, str) else proposal
    found = [finding for rule in _RULES for finding in rule(read)]
    return Findings(sorted(found, key=lambda finding: (finding.line, finding.rule)))


def _missing(proposal: Proposal) -> Iterator[Finding]:
    """S01: each of the seven sections is there."""
    there = {section.number: section.line for section in reversed(proposal.sections)}
    for number, title in enumerate(SECTIONS, start=1):
        if number not in there:
            before = next((SECTIONS[n - 1] for n in range(number - 1, 0, -1) if n in there), None)
            after = [line for n, line in there.items() if n > number]
            yield Finding(
                "S01",
                "error",
                min(after, default=max(proposal.lines_read, 1)),
                number,
                f"Section {number}, {title}, is missing.",
                f"Add `## {number}. {title}` " + (f"after {before}." if before else "first."),
            )


def _empty(proposal: Proposal) -> Iterator[Finding]:
    """S02: each section says something."""
    for section in proposal.sections:
        if section.is_empty:
            yield Finding(
                "S02",
                "error",
                section.line,
                section.number,
                f"Section {section.number}, {_title(section)}, is empty.",
                "Write what the card asks of this section below its heading.",
            )


def _order(proposal: Proposal) -> Iterator[Finding]:
    """S03: the sections stand in the mandated order; as few as possible are called misplaced."""
    first = list({s.number: s for s in reversed(proposal.sections)}.values())
    first.sort(key=lambda section: section.line)
    kept = _longest_rise([section.number for section in first])
    for section in first:
        if section.number not in kept:
            yield Finding(
                "S03",
                "warning",
                section.line,
                section.number,
                f"Section {section.number}, {_title(section)}, is out of order.",
                f"Move it to its place: {_place(section.number)}.",
            )


def _duplicate(proposal: Proposal) -> Iterator[Finding]:
    """S04: no section is there twice."""
    seen: dict[int, int] = {}
    for section in proposal.sections:
        if section.number in seen:
            yield Finding(
                "S04",
                "warning",
                section.line,
                section.number,
                f"Section {section.number}, {_title(section)}, is also on line "
                f"{seen[section.number]}.",
                "Join the two under one heading.",
            )
        seen.setdefault(section.number, section.line)


def _unclosed(proposal: Proposal) -> Iterator[Finding]:
    """S05: a code block ends; one that does not swallows the sections after it."""
    for block in proposal.code_blocks:
        if not block.closed:
            yield Finding(
                "S05",
                "error",
                block.line,
                block.section,
                "The code block that begins here is never closed.",
                "End it with a line that has its fence (```) alone.",
            )


def _unread(proposal: Proposal) -> Iterator[Finding]:
    """S06: the text is short enough to be read whole."""
    if proposal.lines_read < proposal.line_count:
        yield Finding(
            "S06",
            "warning",
            proposal.lines_read,
            None,
            f"Only the first {proposal.lines_read:,} of {proposal.line_count:,} lines were read.",
            "Shorten the proposal.",
        )


def _considerations(proposal: Proposal) -> Iterator[Finding]:
    """K01 to K04: section 7 has a heading or a bold lead for each of the four considerations."""
    section = next((s for s in proposal.sections if s.number == 7), None)
    if section is None or section.is_empty:
        return
    leads = _leads(proposal, section)
    for number, (name, names) in enumerate(CONSIDERATIONS.items(), start=1):
        if not any(names.search(lead) for lead in leads):
            yield Finding(
                f"K0{number}",
                "error",
                section.line,
                7,
                f"Section 7 has nothing under the name {name}.",
                f"Add `- **{name}:** …` to section 7.",
            )


_RULES: tuple[Callable[[Proposal], Iterator[Finding]], ...] = (
    _missing,
    _empty,
    _order,
    _duplicate,
    _unclosed,
    _unread,
    _considerations,
)


def _leads(proposal: Proposal, section: Section) -> list[str]:
    """Return what section 7's parts are called: its headings, or else its outermost bold leads.

    Once two considerations are headings, a bold word below them is no consideration of its own.
    """
    end = section.line + len(lines_of(section.text))
    heads = [part.title for part in proposal.parts if section.line < part.line <= end]
    if sum(any(names.search(head) for head in heads) for names in CONSIDERATIONS.values()) > 1:
        return heads
    found = [match for line in lines_of(section.text) if (match := _LEAD.match(line))]
    outermost = min((len(match["indent"]) for match in found), default=0)
    return heads + [plain(m["lead"]) for m in found if len(m["indent"]) == outermost]


def _title(section: Section) -> str:
    return SECTIONS[section.number - 1]


def _place(number: int) -> str:
    return f"after {SECTIONS[number - 2]}" if number > 1 else "first"


def _longest_rise(numbers: list[int]) -> set[int]:
    """Return a longest increasing run of different numbers, gaps allowed."""
    ends: list[list[int]] = []
    for number in numbers:
        at = bisect_right([run[-1] for run in ends], number)
        ends[at : at + 1] = [[*(ends[at - 1] if at else []), number]]
    return set(ends[-1]) if ends else set()
