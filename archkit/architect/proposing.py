"""A design written, checked, and sent back with what was found: every version of it is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archkit.architect.continuing import continued
from archkit.architect.conversation import Reply
from archkit.architect.prompts import repair_request
from archkit.errors import SessionError
from archkit.proposal.document import Proposal, read_proposal
from archkit.proposal.findings import Findings
from archkit.proposal.joining import joined
from archkit.proposal.rules import check_proposal, score

if TYPE_CHECKING:
    from archkit.architect.minutes import Minutes
    from archkit.architect.stored import StoredProposal

__all__ = ["MAX_REPAIRS", "Drafts", "Version"]

MAX_REPAIRS = 2
Ask = Callable[[list[dict[str, Any]]], Reply]
_SEVERITIES = ("error", "warning")


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a session's proposal.

    `repair_of` is the number of the version that was sent back for it, None for one that was
    written afresh; a repair that did not improve on that version does not stand: `stands` is False.
    """

    number: int
    proposal: Proposal
    findings: Findings
    repair_of: int | None = None
    stands: bool = True

    def count(self, severity: str) -> int:
        """Return how many findings have a severity."""
        return sum(finding.severity == severity for finding in self.findings)


class Drafts:
    """The versions of one session's proposal.

    Parameters
    ----------
    minutes
        Writes each version as soon as it is there.
    notices
        Is told what the user should know.
    max_repairs
        How often a proposal with errors goes back to the model.
    """

    def __init__(
        self,
        minutes: Minutes,
        notices: list[str],
        *,
        max_repairs: int = MAX_REPAIRS,
    ) -> None:
        self._minutes, self._notices = minutes, notices
        self._max_repairs = max_repairs
        self.versions: list[Version] = []

    def write(self, request: list[dict[str, Any]], ask: Ask) -> Proposal:
        """Have a proposal written, and repaired while it has errors and gets better.

        Parameters
        ----------
        request
            The request for it.
        ask
            Sends a request to the model and waits for its reply.

        Raises
        ------
        SessionError
            No proposal was written. A repair that breaks off only leaves a notice.
        """
        reply = continued(ask(request), ask, self._notices)
        if not reply.text.strip():
            raise SessionError(
                "The architect wrote no proposal.",
                why="Its last answer has no text.",
                mend="Call session.propose() again, or use another model.",
            )
        standing = self._keep(read_proposal(reply.text))
        for _ in range(self._max_repairs):
            if not standing.count("error"):
                break
            repaired = self._repaired(standing, ask)
            if repaired is None:
                break
            standing = repaired
        return standing.proposal

    def restore(self, stored: Iterable[StoredProposal]) -> Proposal | None:
        """Take in the versions written before; return the one that stands, if there is any."""
        for version in stored:
            proposal = read_proposal(version.text)
            self.versions.append(
                Version(
                    number=version.version,
                    proposal=proposal,
                    findings=check_proposal(proposal),
                    repair_of=version.repair_of,
                    stands=version.stands,
                )
            )
        standing = [version for version in self.versions if version.stands]
        return standing[-1].proposal if standing else None

    def _repaired(self, standing: Version, ask: Ask) -> Version | None:
        """Return a better version, None if there is none to be had."""
        found = [f for f in standing.findings if f.severity in _SEVERITIES]
        stands = f"Version {standing.number} of the proposal stands: its repair"
        try:
            reply = ask(repair_request(found))
        except SessionError as error:
            self._notices.append(f"{stands} broke off. {error.why}")
            return None
        if reply.ended == "max_tokens":  # its last section may be half of what was meant
            self._notices.append(f"{stands} reached the longest answer allowed.")
            return None
        text = joined(standing.proposal, reply.text)
        if text.strip() == standing.proposal.text.strip():
            self._notices.append(f"{stands} changed nothing.")
            return None
        repair = self._keep(read_proposal(text), standing)
        self._notices.append(_told(standing, repair))
        return repair if repair.stands else None

    def _keep(self, proposal: Proposal, before: Version | None = None) -> Version:
        found = check_proposal(proposal)
        version = Version(
            number=len(self.versions) + 1,
            proposal=proposal,
            findings=found,
            repair_of=before.number if before else None,
            stands=before is None or _worth(found) > _worth(before.findings),
        )
        self.versions.append(version)
        self._minutes.proposal(version)
        return version


def _worth(findings: Findings) -> tuple[float, ...]:
    """Return what a repair must better: the rules kept by weight, then fewer errors, warnings.

    By weight first: a section that was missing may bring errors of its own.
    """
    counts = findings.counts
    return (score(findings), *(-counts[severity] for severity in _SEVERITIES))


def _told(before: Version, after: Version) -> str:
    counts = (f"{s}s {before.count(s)} → {after.count(s)}" for s in _SEVERITIES)
    scores = f"score {before.findings.score} → {after.findings.score} of 100"
    changes = ", ".join((*counts, scores))
    stands = f"version {after.number} stands" if after.stands else f"version {before.number} stays"
    return f"What the checker found went back to the architect: {changes}; {stands}."
