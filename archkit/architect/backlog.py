"""Events that a memory could not take: kept in order, and written as soon as it takes them."""

from __future__ import annotations

from collections import deque
from threading import RLock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from archkit.errors import ArchkitError

if TYPE_CHECKING:
    from archkit.architect.session_memory import SessionMemory

__all__ = ["Backlog", "backlog_of"]


class Backlog:
    """Writes events to a memory, in order; what it cannot take now waits for the next one.

    A session goes on while its disk is full: what was said and done is neither lost nor out of
    order, as long as the process lives.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, dict[str, Any], dict[str, Any]]] = deque()
        self._lock = RLock()

    def __len__(self) -> int:
        """How many events wait."""
        return len(self._waiting)

    def write(
        self, memory: SessionMemory, kind: str, payload: dict[str, Any], **filed: Any
    ) -> ArchkitError | None:
        """Write an event after those that wait; return why it waits, None if it is written."""
        with self._lock:
            self._waiting.append((kind, payload, filed))
            return self.flush(memory)

    def flush(self, memory: SessionMemory) -> ArchkitError | None:
        """Write what waits; return why it still waits, None if it is written."""
        with self._lock:
            while self._waiting:
                kind, payload, filed = self._waiting[0]
                try:
                    memory.append(kind, payload, **filed)
                except ArchkitError as error:
                    return error
                except BaseException:  # it can never be written: it must not block those after it
                    self._waiting.popleft()
                    raise
                self._waiting.popleft()
            return None


_BY_MEMORY: WeakKeyDictionary[SessionMemory, Backlog] = WeakKeyDictionary()
_MAKING = RLock()


def backlog_of(memory: SessionMemory) -> Backlog:
    """Return the backlog of a memory: all its sessions share one."""
    with _MAKING:
        return _BY_MEMORY.setdefault(memory, Backlog())
