"""What is kept of the statements of a block: sums by shape and place, never a text."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from archkit.queries.shape import is_lookup

__all__ = ["MANY_VALUES", "OTHER_SHAPES", "Kind", "Tallies", "Tally", "sums"]

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
    lookup: bool = False
    values: set[int] = field(default_factory=set)
    """Digests of up to `MANY_VALUES` different values; none where the source does not tell them."""

    def as_json(self) -> dict[str, Any]:
        """Return it as what JSON can hold: of the values, only how many there were."""
        sums = {"count": self.count, "ended": self.ended, "execute_ms": self.execute_ms}
        return {**self.kind._asdict(), **sums, "rows": self.rows, "values": len(self.values)}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Tally:
        """Read what `as_json` returned."""
        kind = Kind(*(str(told[name]) for name in Kind._fields))
        tally = cls(kind, int(told["count"]), told["ended"], told["execute_ms"], told["rows"])
        tally.lookup, tally.values = is_lookup(kind.shape), set(range(int(told["values"])))
        return tally


class Tallies:
    """Tallies of a block; safe to fill from several threads."""

    def __init__(self, tallies: Iterable[Tally] = ()) -> None:
        # A listener may be called again while it is at work: by the garbage collector, a signal.
        self.lock = threading.RLock()
        self._tallies = {tally.kind: tally for tally in tallies}

    def sent(self, kind: Kind, values: object = None, *, tells_end: bool) -> None:
        """Count a statement that was sent; of a lookup by key, keep a digest of its values."""
        with self.lock:
            tally = self._of(kind)
            tally.count += 1
            if tells_end:
                tally.ended = tally.ended or 0
        if values is not None and tally.lookup and len(tally.values) < MANY_VALUES:
            # A repr that fails is no reason to fail the statement.
            with suppress(Exception):
                tally.values.add(hash(repr(values)))

    def ended(self, kind: Kind, execute_ms: float | None) -> None:
        """Note that the database took a statement, and in what time."""
        with self.lock:
            tally = self._of(kind)
            tally.ended = (tally.ended or 0) + 1
            if execute_ms is not None:
                tally.execute_ms = (tally.execute_ms or 0.0) + execute_ms

    def fetched(self, kind: Kind, rows: int) -> None:
        """Add rows that a statement gave back."""
        with self.lock:
            tally = self._of(kind)
            tally.rows = (tally.rows or 0) + rows

    def all(self) -> list[Tally]:
        """Give the tallies, in the order in which each began."""
        with self.lock:
            return list(self._tallies.values())

    def _of(self, kind: Kind) -> Tally:
        if (tally := self._tallies.get(kind)) is None:
            if len(self._tallies) >= MOST_TALLIES:
                kind = Kind(OTHER_SHAPES)
            tally = self._tallies.setdefault(kind, Tally(kind, lookup=is_lookup(kind.shape)))
        return tally


def sums(tallies: Iterable[Tally]) -> dict[str, Any]:
    """Add up `count`, `execute_ms`, `rows` and `failed`; None where one of them is unknown."""
    these = list(tallies)
    # What never ended took no time that is known, and gave no rows unless it says so.
    return {
        "count": sum(tally.count for tally in these),
        "execute_ms": _sum(t.execute_ms for t in these if t.ended != 0),
        "rows": _sum(t.rows for t in these if t.ended != 0 or t.rows is not None),
        "failed": _sum(None if t.ended is None else t.count - t.ended for t in these),
    }


def _sum(values: Iterable[Any]) -> Any:
    known = list(values)
    return None if None in known else sum(known)
