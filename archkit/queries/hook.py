"""Where statements are overheard: one hook for each source, shared by all blocks on it."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from contextvars import ContextVar
from functools import lru_cache
from time import perf_counter
from typing import Any

from archkit.queries.count import QueryCount
from archkit.queries.shape import shape_of
from archkit.queries.tally import Kind
from archkit.queries.user_frame import user_frame

__all__ = ["STREAMED", "Hook", "Sent", "open_counts"]

STREAMED = "A server-side cursor counts as one statement; each of its fetches is a round trip more."

open_counts: ContextVar[tuple[QueryCount, ...]] = ContextVar("archkit_open_counts", default=())
"""The blocks that this thread or task is in, outermost first."""


class Sent:
    """A statement under way, and the counts it belongs to."""

    __slots__ = ("_began", "_kind", "counts")

    def __init__(self, counts: Sequence[QueryCount], kind: Kind) -> None:
        self.counts, self._kind = counts, kind
        self._began = perf_counter()

    def ended(self) -> None:
        """Note that the database took it; a statement of which nobody says so has failed."""
        took_ms = (perf_counter() - self._began) * 1000
        for count in self.counts:
            count.tallies.ended(self._kind, took_ms)

    def fetched(self, rows: int) -> None:
        """Add rows that it gave back."""
        for count in self.counts:
            count.tallies.fetched(self._kind, rows)

    def note(self, text: str) -> None:
        """Have a reader know something about how it was counted."""
        for count in self.counts:
            count.note(text)


class Hook:
    """Overhears one target while at least one count is attached.

    A kind of hook says how to `_install` and `_remove` itself, and calls `sent` for each statement.
    """

    counts_what = "statements sent"
    tells_end = True

    def __init__(self, target: Any) -> None:
        self.target = target
        self.attached: tuple[QueryCount, ...] = ()

    def attach(self, count: QueryCount) -> None:
        """Overhear for this count, too."""
        if not self.attached:
            self._install()
        self.attached = (*self.attached, count)

    def detach(self, count: QueryCount) -> None:
        """Stop doing so; the last one takes the listeners with it, whatever happened."""
        self.attached = tuple(other for other in self.attached if other is not count)
        if not self.attached:
            self._remove(count)

    def pull(self, count: QueryCount) -> None:
        """Fetch what the source itself wrote down; nothing where it calls us."""

    def sent(
        self,
        text: str,
        *,
        dialect: str,
        values: Any = None,
        load: tuple[str, str] = ("", ""),
        but: Collection[QueryCount] = (),
    ) -> Sent:
        """Count a statement in the blocks of this thread or task, but not in those named."""
        began = perf_counter()
        inside = open_counts.get()
        mine = []
        for count in self.attached:
            if count in but:
                continue
            if count.everywhere or count in inside:
                mine.append(count)
            else:
                count.saw_elsewhere()
        if not mine:
            return _NOBODYS
        kind = Kind(_shape(text, dialect), user_frame(sys._getframe(1)), *load)
        for count in mine:
            count.tallies.sent(kind, (text, values), tells_end=self.tells_end)
        took_ms = (perf_counter() - began) * 1000
        for count in mine:
            count.overhead_ms += took_ms
        return Sent(mine, kind)

    def _install(self) -> None:
        raise NotImplementedError

    def _remove(self, count: QueryCount) -> None:
        raise NotImplementedError


_NOBODYS = Sent((), Kind(""))
_LONGEST_REMEMBERED = 4_000


def _shape(text: str, dialect: str) -> str:
    # An ORM sends the same few texts again and again; long ones would fill the memory.
    return (_remembered if len(text) <= _LONGEST_REMEMBERED else shape_of)(text, dialect)


_remembered = lru_cache(maxsize=256)(shape_of)
