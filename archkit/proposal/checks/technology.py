"""T: each technology choice is justified, compared with an alternative, and paid for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archkit.proposal.rule import Check, Fault, Reading, Rule, clipped, rule, says_none

__all__ = ["RULES"]

_ASKED = {
    "justification": (
        "T02",
        "Each choice is justified.",
        "says not why it was chosen",
        "Add `**Justification:**` and the requirement it serves.",
    ),
    "alternatives": (
        "T03",
        "Each choice is compared with an alternative.",
        "is compared with no alternative",
        "Add `**Alternative:**` and name at least one that would do, with what speaks for it.",
    ),
    "trade_offs": (
        "T04",
        "The trade-off of each choice is discussed.",
        "says nothing of its trade-off",
        "Add `**Trade-off:**` and what is given up against the alternative.",
    ),
}
_NONE = re.compile(
    r"(?i)\bno (?:new |further |additional )?(?:technolog\w+|choices?|stack)\b.{0,60}"
    r"\b(?:is|are|needed|recommended|proposed|added|chosen|changed?)\b"
)


@rule(
    "T01",
    "error",
    8,
    "Section 6 lists the technology choices.",
    "List each choice as a sub-heading, an item that begins in bold, or a row of a table.",
    sections=(6,),
    needs=("T05",),
)
def listed(reading: Reading) -> Iterator[Fault]:
    """Find the choices; a plain "no technology is added" will do."""
    section = reading.section(6)
    if section and not reading.proposal.choices and not says_none(section, _NONE):
        yield reading.fault(section.line, "Section 6 lists no technology choice.", section=6)


@rule(
    "T05",
    "info",
    0,
    "Section 6 has choices to check.",
    "Nothing has to be done, if that is so.",
    sections=(6,),
)
def none(reading: Reading) -> Iterator[Fault]:
    """Say that the section states plainly that nothing is chosen."""
    section = reading.section(6)
    if section and not reading.proposal.choices and says_none(section, _NONE):
        said = "Section 6 says that no technology is added: there was nothing to check."
        yield reading.fault(section.line, said, section=6)


def _asked(aspect: str) -> Rule:
    rule_id, title, lacks, fix = _ASKED[aspect]
    made = rule(rule_id, "error", 6, title, fix, sections=(6,), needs=("T01",))
    return made(_says(aspect, lacks))


def _says(aspect: str, lacks: str) -> Check:
    def check(reading: Reading) -> Iterator[Fault]:
        for choice, said in zip(reading.proposal.choices, reading.said, strict=True):
            if not getattr(said, aspect):
                both = dict.fromkeys((choice.name, choice.technology))
                name = clipped(": ".join(both)) or "The choice without a name"
                yield reading.fault(choice.line, f"“{name}” {lacks}.", section=6)

    return check


RULES = (listed, *map(_asked, _ASKED), none)
"""The rules of this group."""
