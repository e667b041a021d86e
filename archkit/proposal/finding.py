"""One thing the checker found in a proposal."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found, where, and how to mend it.

    `severity` is error, warning or info; `line` and `column` count from 1; `section` is 1 to 7,
    or None outside of the seven; `evidence` is the text at fault, as it stands there.
    """

    rule: str
    severity: str
    line: int
    section: int | None
    message: str
    fix: str
    column: int = 1
    evidence: str = ""
