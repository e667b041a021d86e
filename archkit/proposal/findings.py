"""All that the checker found in one proposal."""

from __future__ import annotations

from archkit.proposal.finding import Finding

__all__ = ["Findings"]


class Findings(tuple[Finding, ...]):
    """Findings in the order of the lines."""

    __slots__ = ()
