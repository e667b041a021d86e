"""One state of a memory, asked many questions: they agree, and the file is opened once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archkit.memory import checks
from archkit.memory.at_hand import at_hand, reading
from archkit.memory.decided import decision_of
from archkit.memory.tally import Tally

if TYPE_CHECKING:
    from pandas import DataFrame

    from archkit.memory.memory import Memory
    from archkit.memory.store import Store
    from archkit.records import Decision

__all__ = ["Snapshot", "snapshot"]


class Snapshot:
    """One state of a memory; see `snapshot`."""

    def __init__(
        self, read: Callable[[str, Mapping[str, Any] | None], DataFrame], store: Store
    ) -> None:
        self._read, self._store = read, store

    def sql(self, select: str, /, **params: Any) -> DataFrame:
        """Ask anything of it: as `Memory.sql`."""
        checks.check_select(select)
        hand = at_hand(self._store, self._read)
        read = hand.read if hand.answers(select) else self._read
        return read(select, params or None)

    def tally(self) -> Tally:
        """Return its uses of patterns that were noted by themselves, counted day by day.

        Counted once for all snapshots, until something is written.
        """
        hand = at_hand(self._store, self._read)
        return replace(hand.tally, at_hand=hand.has_bound)

    def edges(self) -> tuple[()]:
        """Say that it neither begins nor ends at an instant."""
        return ()

    def decision(self, decision_id: str) -> Decision:
        """Return a decision in its latest wording: as `Memory.decision`."""
        return decision_of(
            lambda select, params: self._read(select, params).to_numpy().tolist(), decision_id
        )


@contextmanager
def snapshot(memory: Memory) -> Iterator[Snapshot]:
    """Hold a memory still while several questions are asked of it.

    Writers to its file wait meanwhile, and what is recorded goes into the spool: leave it soon.

    Raises
    ------
    StoreError
        The file cannot be read.
    """
    memory._held.add_library()
    with reading(memory._store) as read:
        yield Snapshot(read, memory._store)
