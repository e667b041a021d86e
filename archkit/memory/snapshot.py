"""One state of a memory, asked many questions: they agree, and the file is opened once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archkit.errors import StoreError
from archkit.memory import checks
from archkit.memory.at_hand import AtHand, at_hand, reading
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
        self._ended = False

    def sql(self, select: str, /, **params: Any) -> DataFrame:
        """Ask anything of it: as `Memory.sql`."""
        checks.check_select(select)
        hand = self._hand()
        if hand.answers(select):
            with suppress(StoreError):  # the file says better what is wrong with it
                return hand.read(select, params or None)
        return self._read(select, params or None)

    def tally(self) -> Tally | None:
        """Return its uses of patterns that were noted by themselves, counted day by day.

        Counted once for all snapshots, until something is written. None where so many patterns
        were used on so many days that it would save nothing.
        """
        hand = self._hand()
        return None if hand.tally is None else replace(hand.tally, at_hand=hand.has_bound)

    def edges(self) -> tuple[()]:
        """Say that it neither begins nor ends at an instant."""
        return ()

    def decision(self, decision_id: str) -> Decision:
        """Return a decision in its latest wording: as `Memory.decision`."""
        self._check_held()
        return decision_of(
            lambda select, params: self._read(select, params).to_numpy().tolist(), decision_id
        )

    def _hand(self) -> AtHand:
        self._check_held()
        return at_hand(self._store, self._read)

    def _check_held(self) -> None:
        if self._ended:
            raise StoreError(
                "This state of the memory is not held still any more.",
                why="A snapshot is read within its `with` block; outside of it others may write.",
                mend="Ask within the block, or ask the memory itself.",
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
        held = Snapshot(read, memory._store)
        try:
            yield held
        finally:
            held._ended = True
