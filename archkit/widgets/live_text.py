"""What the architect is writing just now: whole pieces that stay, and the end that still grows."""

from __future__ import annotations

import threading

from archkit.markup import esc

__all__ = ["LiveText"]

_TAIL = 3000
"""Beyond so many characters the end is sealed: a browser is sent little at each painting."""


class LiveText:
    """Text and tool calls in the order they came, as HTML; every text escaped.

    Attributes
    ----------
    arrived
        How many pieces came so far.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sealed: list[str] = []
        self._tail = ""
        self.arrived = 0

    def add_text(self, piece: str) -> None:
        """Add what the architect wrote on."""
        with self._lock:
            self.arrived += 1
            self._tail += piece
            if len(self._tail) > _TAIL:
                at = self._tail.rfind("\n") + 1 or len(self._tail)
                self._seal(self._tail[:at], self._tail[at:])

    def add_line(self, line: str) -> None:
        """Add a line about something else, such as a tool call."""
        with self._lock:
            self.arrived += 1
            self._seal(self._tail, "")
            self._sealed.append(f'<div class="ak-tool">{esc(line)}</div>')

    def parts(self) -> tuple[str, ...]:
        """Return it as HTML: all parts but the last will never change."""
        with self._lock:
            return (*self._sealed, _written(self._tail))

    def _seal(self, whole: str, tail: str) -> None:
        if whole:
            self._sealed.append(_written(whole))
        self._tail = tail


def _written(text: str) -> str:
    return f'<div class="ak-live">{esc(text)}</div>' if text else ""
