"""What is kept of the statements of a block: sums by shape and place, never a text."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["MANY_VALUES", "OTHER_SHAPES", "Kind", "Tallies", "Tally"]

MOST_TALLIES = 2_000
MANY_VALUES = 5
OTHER_SHAPES = "(further shapes)"


class Kind(NamedTuple):
    """What statements have in common that are added up."""

    shape: str
    where: str = ""
    load: str = ""
    """How an ORM came to send it: `lazy load`, `column load` or nothing."""
    relationship: str = ""


@dataclass(slots=True)
class Tally:
    """Sums over the statements of one kind."""

    kind: Kind
    count: int = 0
    ended: int | None = None
    """How many the database took without an error; None where the source does not tell."""
    execute_ms: float | None = None
    rows: int | None = None
    values: set[int] | None = None
    """Digests of up to `MANY_VALUES` different values; None where the source does not tell them."""


@dataclass(slots=True)
class Tallies:
    """Tallies of a block; safe to fill from several threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _tallies: dict[Kind, Tally] = field(default_factory=dict)

    def sent(self, kind: Kind, values: int | None = None, *, tells_end: bool) -> None:
        """Count a statement that was sent, with a digest of its values."""
        with self._lock:
            tally = self._of(kind)
            tally.count += 1
            if tells_end:
                tally.ended = tally.ended or 0
            if values is not None:
                tally.values = tally.values or set()
                if len(tally.values) < MANY_VALUES:
                    tally.values.add(values)

    def ended(self, kind: Kind, execute_ms: float | None) -> None:
        """Note that the database took a statement, and in what time."""
        with self._lock:
            tally = self._of(kind)
            tally.ended = (tally.ended or 0) + 1
            if execute_ms is not None:
                tally.execute_ms = (tally.execute_ms or 0.0) + execute_ms

    def fetched(self, kind: Kind, rows: int) -> None:
        """Add rows that a statement gave back."""
        with self._lock:
            tally = self._of(kind)
            tally.rows = (tally.rows or 0) + rows

    def all(self) -> list[Tally]:
        """Give the tallies, in the order in which each began."""
        with self._lock:
            return list(self._tallies.values())

    def _of(self, kind: Kind) -> Tally:
        if (tally := self._tallies.get(kind)) is None:
            if len(self._tallies) >= MOST_TALLIES:
                kind = Kind(OTHER_SHAPES)
            tally = self._tallies.setdefault(kind, Tally(kind))
        return tally
