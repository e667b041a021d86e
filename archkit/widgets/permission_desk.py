"""Where a session's tools ask for leave, and the user gives it: from two threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from archkit.architect.permission import Permissions, Verdict

__all__ = ["PermissionDesk", "Request"]

_LOOK_S = 0.5


@dataclass(eq=False)
class Request:
    """A use of a tool that waits for leave: `summary` is what the user reads."""

    tool: str
    given: Mapping[str, Any]
    summary: str
    verdict: Verdict | None = None
    answered: threading.Event = field(default_factory=threading.Event)


class PermissionDesk:
    """Holds what waits for the user's leave.

    Parameters
    ----------
    changed
        Called whenever something comes to wait, or waits no more.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._waiting: list[Request] = []
        self._lock = threading.Lock()

    @property
    def waiting(self) -> tuple[Request, ...]:
        """What waits, the oldest first."""
        with self._lock:
            return tuple(self._waiting)

    def permissions(self, given: Any) -> Any:
        """Return what a session is given as its permissions: anew for each, for it remembers.

        Parameters
        ----------
        given
            "ask", rules whose rest is asked, or what is given on as it is.
        """
        if given == "ask":
            return Permissions(ask=self.ask)
        if isinstance(given, str | Permissions) or callable(given):
            return given
        return Permissions(given, ask=self.ask)

    def ask(self, tool: str, given: Mapping[str, Any], summary: str) -> Verdict:
        """Wait for the user's word on a use of a tool; this is a session's `permissions`."""
        request = Request(tool, given, summary)
        with self._lock:
            self._waiting.append(request)
        self._changed()
        while not request.answered.wait(_LOOK_S) and threading.main_thread().is_alive():
            pass  # a process that ends does not wait for its user
        return request.verdict or Verdict(False, "it was not answered")

    def answer(self, verdict: Verdict) -> None:
        """Answer the oldest; nothing happens where nothing waits."""
        with self._lock:
            request = self._waiting.pop(0) if self._waiting else None
        if request is not None:
            request.verdict = verdict
            request.answered.set()
            self._changed()

    def dismiss(self) -> None:
        """Answer all that wait with no: the turn was stopped."""
        with self._lock:
            dismissed, self._waiting = self._waiting, []
        for request in dismissed:
            request.verdict = Verdict(False, "the turn was stopped")
            request.answered.set()
        if dismissed:
            self._changed()
