"""What a rule is, and what its check is handed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from archkit.proposal.document import SECTIONS, Proposal, Section
from archkit.proposal.finding import Finding
from archkit.proposal.outline import lines_of

__all__ = ["GROUPS", "SEVERITIES", "Fault", "Reading", "Rule", "rule"]

GROUPS = {
    "S": "Structure",
    "E": "Executive summary",
    "A": "API contracts",
    "D": "Data schema",
    "T": "Technology rationale",
    "K": "Key considerations",
    "X": "Sections against each other",
}
"""What each group of rules is about."""

SEVERITIES = ("error", "warning", "info")
"""From what the card mandates to what is only said for the reader to know."""

_MOST_EVIDENCE = 120


class Fault(NamedTuple):
    """What a check found, before its rule's id and severity are put to it.

    An empty `fix` stands for the rule's own.
    """

    line: int
    message: str
    fix: str = ""
    section: int | None = None
    column: int = 1
    evidence: str = ""


class Reading:
    """A proposal as the checks see it; what several of them need is read once, when first asked."""

    def __init__(self, proposal: Proposal) -> None:
        self.proposal = proposal

    @cached_property
    def lines(self) -> Sequence[str]:
        """The lines that were read, each with its line end."""
        return lines_of(self.proposal.text)[: self.proposal.lines_read]

    def section(self, number: int) -> Section | None:
        """Return the first section of that number which says something."""
        found = (s for s in self.proposal.sections if s.number == number)
        return next((s for s in found if not s.is_empty), None)

    def span(self, section: Section) -> tuple[int, int]:
        """Return the first and the last line below a section's heading, counted from 1."""
        return section.text_line, section.text_line + len(lines_of(section.text)) - 1

    def fault(
        self, line: int, message: str, fix: str = "", *, section: int | None, at: str = ""
    ) -> Fault:
        """Return a fault on a line, its column where `at` stands there, and that as evidence."""
        text = self.lines[line - 1].rstrip("\r\n") if 0 < line <= len(self.lines) else ""
        column = text.find(at) if at else len(text) - len(text.lstrip())
        evidence = at if at and column >= 0 else text.strip()
        short = evidence[:_MOST_EVIDENCE] + ("…" if len(evidence) > _MOST_EVIDENCE else "")
        return Fault(line, message, fix, section, max(column, 0) + 1, short)


Check = Callable[[Reading], Iterator[Fault]]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a proposal is held to.

    `rule_id` is its group's letter and a number; `severity` is error only for what the card
    mandates; `weight` is its share in the score, 0 for an info; `title` states the rule as it is
    kept; `fix` says what to write. `sections` are those it is about and `needs` the rules without
    which there is nothing to hold to it: when one of them is missing, empty or broken, nothing is
    earned here either.
    """

    rule_id: str
    severity: str
    weight: int
    title: str
    fix: str
    check: Check
    sections: tuple[int, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The letter of its group, a key of `GROUPS`."""
        return self.rule_id[0]

    def findings(self, reading: Reading) -> Iterator[Finding]:
        """Hold a proposal to this rule."""
        for fault in self.check(reading):
            yield Finding(
                rule=self.rule_id,
                severity=self.severity,
                line=fault.line,
                section=fault.section,
                message=fault.message,
                fix=fault.fix or self.fix,
                column=fault.column,
                evidence=fault.evidence,
            )


def rule(
    rule_id: str,
    severity: str,
    weight: int,
    title: str,
    fix: str,
    *,
    sections: tuple[int, ...] = (),
    needs: tuple[str, ...] = (),
) -> Callable[[Check], Rule]:
    """Make a check a rule.

    Raises
    ------
    ValueError
        The group or the severity is none, or an info has a weight or another none.
    """
    if rule_id[0] not in GROUPS or severity not in SEVERITIES:
        raise ValueError(f"no such group or severity: {rule_id}, {severity}")
    if (weight > 0) != (severity != "info"):
        raise ValueError(f"an info weighs nothing, all else something: {rule_id}, {weight}")

    def made(check: Check) -> Rule:
        return Rule(rule_id, severity, weight, title, fix, check, sections, needs)

    return made


def section_title(number: int) -> str:
    """Return the mandated title of a section."""
    return SECTIONS[number - 1]


def clipped(text: str, most: int = 60) -> str:
    """Return `text` on one line, with an ellipsis where it was cut."""
    flat = re.sub(r"\s+", " ", text[: most * 4]).strip()
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"
