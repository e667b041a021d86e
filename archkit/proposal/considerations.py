"""What section 7 says under each of the four considerations."""

from __future__ import annotations

import re
from typing import NamedTuple

from archkit.proposal.document import CONSIDERATIONS, Proposal, Section
from archkit.proposal.outline import Part, lines_of, plain

__all__ = ["Considered", "considerations_in"]

_LEAD = re.compile(
    r"^(?P<indent>[ \t]*)(?:[-*+]\s+|\d+[.)]\s+|\|\s*)?"
    r"(?P<marks>\*\*|__)(?P<lead>.{1,120}?)(?P=marks)(?P<rest>.*)",
    re.DOTALL,
)
_ROW = re.compile(r"^(?P<indent>[ \t]*)\|\s*(?P<lead>[^|\n]{1,120}?)\s*\|(?P<rest>.*)", re.DOTALL)


class Considered(NamedTuple):
    """A consideration: its line, what it is called there, and all that stands below it."""

    line: int
    title: str
    text: str


def considerations_in(proposal: Proposal) -> dict[str, Considered]:
    """Return each of the four considerations that section 7 has, by headings or bold leads.

    Once two considerations are headings, a bold word below them is no consideration of its own;
    of bold leads, only the outermost count. Where there are none, the rows of a table may be.
    """
    section = next((s for s in proposal.sections if s.number == 7 and not s.is_empty), None)
    if section is None:
        return {}
    last = section.text_line + len(lines_of(section.text)) - 1
    heads = [part for part in proposal.parts if section.text_line <= part.line <= last]
    named = _named([Considered(p.line, p.title, p.text) for p in heads])
    if len(named) > 1:
        return named
    led = _named(_led(section, heads, _LEAD))
    return (led or _named(_led(section, heads, _ROW))) | named


def _named(found: list[Considered]) -> dict[str, Considered]:
    """Return the first of each name."""
    return {
        name: next(c for c in found if names.search(c.title))
        for name, names in CONSIDERATIONS.items()
        if any(names.search(c.title) for c in found)
    }


def _led(section: Section, heads: list[Part], lead: re.Pattern[str]) -> list[Considered]:
    lines = lines_of(section.text)
    found = [(at, match) for at, line in enumerate(lines) if (match := lead.match(line))]
    outermost = min((len(match["indent"]) for _, match in found), default=0)
    leads = [(at, match) for at, match in found if len(match["indent"]) == outermost]
    stops = sorted({at for at, _ in leads} | {p.line - section.text_line for p in heads})
    after = dict(zip(stops, [*stops[1:], len(lines)], strict=True)) if stops else {}
    return [
        Considered(
            section.text_line + at,
            plain(match["lead"]),
            match["rest"] + "".join(lines[at + 1 : after[at]]),
        )
        for at, match in leads
    ]
