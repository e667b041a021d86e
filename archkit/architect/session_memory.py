"""What a session asks of a memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from archkit.records import Decision, Lesson, Pattern

if TYPE_CHECKING:
    import pandas as pd

    from archkit.memory.ranking import Ranking

__all__ = ["SessionMemory"]


class SessionMemory(Protocol):
    """What a session asks of a memory; `archkit.Memory` has more."""

    def query(
        self,
        text: str,
        context: Mapping[str, Any] | None = None,
        *,
        area: str | None = None,
        kind: str | None = None,
        limit: int = 8,
        what_if: Mapping[str, Sequence[Any]] | None = None,
    ) -> Ranking:
        """Rank the patterns for a problem."""
        ...

    def find_solution(self, error_text: str, limit: int = 3) -> Any:
        """Find what helped against an error."""
        ...

    def record_decision(self, decision: Decision) -> Decision:
        """Keep a decision."""
        ...

    def record_pattern(self, pattern: Pattern) -> Pattern:
        """Keep a pattern."""
        ...

    def record_lesson(self, lesson: Lesson) -> Lesson:
        """Keep a lesson."""
        ...

    def recent(self, n: int = 10) -> pd.DataFrame:
        """Return the latest events."""
        ...

    def drain(self) -> int:
        """Take what was written into the file."""
        ...

    def append(
        self,
        kind: str,
        payload: dict[str, Any],
        *,
        session_id: str | None = None,
        entity_id: str | None = None,
        agent: str = "",
        project: str = "",
    ) -> str:
        """Write one event of a session."""
        ...
