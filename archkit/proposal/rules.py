"""The rules a proposal is held to, what was found, and the score that comes of it."""

from __future__ import annotations

from collections.abc import Iterable

from archkit.proposal.checks import (
    api,
    considerations,
    cross,
    data,
    structure,
    summary,
    technology,
)
from archkit.proposal.document import SECTIONS, Proposal, read_proposal
from archkit.proposal.finding import Finding
from archkit.proposal.findings import Findings
from archkit.proposal.rule import Reading, Rule

__all__ = ["RULES", "Rule", "check_proposal", "rules_kept", "score"]

RULES: tuple[Rule, ...] = (
    *structure.RULES,
    *summary.RULES,
    *api.RULES,
    *data.RULES,
    *technology.RULES,
    *considerations.RULES,
    *cross.RULES,
)
"""Every rule, in the order of the groups."""


def check_proposal(proposal: Proposal | str) -> Findings:
    """Hold a proposal to the rules.

    Parameters
    ----------
    proposal
        A `Proposal`, or its Markdown.

    Returns
    -------
    Findings
        In the order of the lines; empty when nothing was found. The letter of a rule says what
        it is about: S structure, E executive summary, A API contracts, D data schema,
        T technology rationale, K key considerations, X sections against each other.
    """
    read = read_proposal(proposal) if isinstance(proposal, str) else proposal
    reading = Reading(read)
    found = [finding for rule in RULES for finding in rule.findings(reading)]
    return Findings(sorted(found, key=lambda f: (f.line, f.rule, f.column)))


def rules_kept(findings: Iterable[Finding]) -> dict[str, bool]:
    """Say of each rule that has a weight whether it was kept.

    A rule is kept when it found nothing, the sections it is about are there and say something,
    and the rules it needs are kept: a section of no endpoints earns nothing for their statuses.
    Where none of the seven sections is there, no rule is kept; a section that says plainly that
    it has nothing of its kind breaks no rule, and earns nothing either.
    """
    found = list(findings)
    broken = {finding.rule for finding in found}
    gone = {finding.section for finding in found if finding.rule in ("S01", "S02")}
    by_id = {rule.rule_id: rule for rule in RULES}

    def is_kept(rule: Rule) -> bool:
        if rule.rule_id in broken or not gone.isdisjoint(rule.sections):
            return False
        return all(is_kept(by_id[needed]) for needed in rule.needs)

    nothing = len(gone) == len(SECTIONS)
    return {rule.rule_id: not nothing and is_kept(rule) for rule in RULES if rule.weight}


def score(findings: Iterable[Finding]) -> float:
    """Share of the rules' weight that was kept, 0 to 1.

    The weights of the rules that were kept, over the weights of all rules: each rule counts once,
    however often it was broken; an info weighs nothing. To be shown beside the counts of findings,
    never alone: rules see whether something is said, not whether it is wise.
    """
    kept = rules_kept(findings)
    weights = {rule.rule_id: rule.weight for rule in RULES}
    return sum(weights[rule_id] for rule_id, is_kept in kept.items() if is_kept) / sum(
        weights[rule_id] for rule_id in kept
    )
