"""K: the four considerations of section 7, by heading or bold lead."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archkit.proposal.document import CONSIDERATIONS, Section
from archkit.proposal.outline import lines_of, plain
from archkit.proposal.rule import Check, Fault, Reading, Rule, rule

__all__ = ["RULES"]

_LEAD = re.compile(
    r"^(?P<indent>[ \t]*)(?:[-*+]\s+|\d+[.)]\s+|\|\s*)?"
    r"(?P<marks>\*\*|__)(?P<lead>.{1,120}?)(?P=marks)"
)


def _consideration(number: int, name: str) -> Rule:
    made = rule(
        f"K0{number}",
        "error",
        5,
        f"Section 7 considers {name} under that name.",
        f"Add `- **{name}:** …` to section 7.",
        sections=(7,),
    )
    return made(_named(name))


def _named(name: str) -> Check:
    def check(reading: Reading) -> Iterator[Fault]:
        section = reading.section(7)
        if section and not any(CONSIDERATIONS[name].search(lead) for lead in _leads(reading)):
            yield reading.fault(
                section.line, f"Section 7 has nothing under the name {name}.", section=7
            )

    return check


RULES = tuple(_consideration(n, name) for n, name in enumerate(CONSIDERATIONS, start=1))
"""The rules of this group."""


def _leads(reading: Reading) -> list[str]:
    """Return what section 7's parts are called: its headings, or else its outermost bold leads.

    Once two considerations are headings, a bold word below them is no consideration of its own.
    """
    section = reading.section(7)
    if section is None:
        return []
    first, last = reading.span(section)
    heads = [part.title for part in reading.proposal.parts if first <= part.line <= last]
    if sum(any(names.search(head) for head in heads) for names in CONSIDERATIONS.values()) > 1:
        return heads
    return heads + _bold_leads(section)


def _bold_leads(section: Section) -> list[str]:
    found = [match for line in lines_of(section.text) if (match := _LEAD.match(line))]
    outermost = min((len(match["indent"]) for match in found), default=0)
    return [plain(m["lead"]) for m in found if len(m["indent"]) == outermost]
