"""What a rule is, and what its check is handed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from archkit.proposal.choices import Said, said_by
from archkit.proposal.considerations import Considered, considerations_in
from archkit.proposal.document import SECTIONS, Proposal, Section
from archkit.proposal.finding import Finding
from archkit.proposal.outline import lines_of
from archkit.proposal.services import Component, components_in, services_in

__all__ = [
    "GROUPS",
    "MOST_FINDINGS",
    "SEVERITIES",
    "Fault",
    "Reading",
    "Rule",
    "clipped",
    "rule",
    "says_none",
    "section_title",
]

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

MOST_FINDINGS = 100
"""So many findings of one rule are shown; the last says how many more there are."""

_MOST_EVIDENCE = 120
_PLAINLY = 2_000


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

    @cached_property
    def said(self) -> tuple[Said, ...]:
        """What each technology choice says of itself."""
        return said_by(self.proposal.choices)

    @cached_property
    def services(self) -> tuple[Component, ...]:
        """What section 3 defines."""
        return services_in(self.proposal)

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """What section 2 names."""
        return components_in(self.proposal)

    @cached_property
    def considerations(self) -> dict[str, Considered]:
        """What section 7 says under each of the four considerations, by name."""
        return considerations_in(self.proposal)

    def section(self, number: int) -> Section | None:
        """Return the first section of that number which says something."""
        found = (s for s in self.proposal.sections if s.number == number)
        return next((s for s in found if not s.is_empty), None)

    def span(self, section: Section) -> tuple[int, int]:
        """Return the first and the last line below a section's heading, counted from 1."""
        return section.text_line, section.text_line + len(lines_of(section.text)) - 1

    def is_within(self, number: int, line: int) -> bool:
        """Say whether a line stands in a section of that number."""
        return any(first <= line <= last for n, first, last in self._spans if n == number)

    @cached_property
    def _spans(self) -> list[tuple[int, int, int]]:
        return [(s.number, s.line, self.span(s)[1]) for s in self.proposal.sections]

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
        faults = self.check(reading)
        shown = list(islice(faults, MOST_FINDINGS))
        more = sum(1 for _ in faults)
        if more:
            last = shown[-1]
            shown[-1] = last._replace(message=f"{last.message} And {more:,} more of this rule.")
        for fault in shown:
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


def says_none(section: Section, pattern: re.Pattern[str]) -> bool:
    """Say whether a short section states plainly that it has nothing of its kind."""
    return len(section.text) < _PLAINLY and pattern.search(section.text) is not None


def clipped(text: str, most: int = 60) -> str:
    """Return `text` on one line, with an ellipsis where it was cut."""
    flat = re.sub(r"\s+", " ", text[: most * 4]).strip()
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"
