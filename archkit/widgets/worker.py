"""A thread that takes one step at a time, and one that paints meanwhile: at once, then by turns."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from archkit.errors import ArchkitError

__all__ = ["PAUSE_S", "Timings", "Worker", "fault"]

PAUSE_S = 0.1
"""How long the painter rests between two paintings, in seconds: ten a second at most."""


@dataclass(slots=True)
class Timings:
    """What the last step took, in milliseconds; None where it did not happen.

    `first_shown_ms` is from the first piece of text to its being sent to the browser, `cancel_ms`
    from the press of Cancel to the panel's being at rest; `paints` counts paintings of the text.
    """

    first_shown_ms: float | None = None
    cancel_ms: float | None = None
    paints: int = 0


class Worker:
    """Runs steps beside the notebook's own thread, which stays free for cells and for Cancel.

    Parameters
    ----------
    paint
        Shows what has changed; called in the painter's thread.
    stop
        Stops the step that is running; called again and again until it has, for a session may
        be between two requests when it is first called.
    rest
        Waits for so many seconds, or until the event: the step has ended, or cannot wait.
    """

    def __init__(
        self,
        paint: Callable[[], None],
        stop: Callable[[], None],
        *,
        rest: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        self._paint, self._stop, self._rest = paint, stop, rest
        self._changed, self._done = threading.Event(), threading.Event()
        self._rested, self._stopping = threading.Event(), False
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether a step is running."""
        return any(thread.is_alive() for thread in self._threads) and not self._done.is_set()

    def start(self, step: Callable[[], None]) -> bool:
        """Run a step; False if one is running, and then nothing is done."""
        with self._lock:
            if self.busy:
                return False
            self.join()
            self._changed, self._done = threading.Event(), threading.Event()
            self._rested, self._stopping = threading.Event(), False
            self._threads = [
                threading.Thread(target=self._work, args=(step,), name="archkit-panel"),
                threading.Thread(target=self._watch, name="archkit-panel-painter"),
            ]
            for thread in self._threads:
                thread.daemon = True
                thread.start()
        return True

    def changed(self, *, at_once: bool = False) -> None:
        """Say that there is something new to paint, which may be worth ending a rest for."""
        self._changed.set()
        if at_once:
            self._rested.set()

    def cancel(self) -> None:
        """Stop the step; the call returns at once."""
        if self.busy:
            self._stopping = True
            self._stop()
            self._changed.set()

    def join(self) -> None:
        """Wait until nothing runs any more."""
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def _work(self, step: Callable[[], None]) -> None:
        try:
            step()
        finally:
            self._done.set()
            self._changed.set()
            self._rested.set()

    def _watch(self) -> None:
        while not self._done.is_set():
            self._changed.wait()
            self._changed.clear()
            if self._done.is_set():
                return
            self._rested.clear()
            self._paint()
            if not self._done.is_set():
                self._rest(self._rested, PAUSE_S)
            if self._stopping and not self._done.is_set():
                self._stop()
                self._changed.set()


def fault(step: str, error: Exception) -> ArchkitError:
    """Return an error in a program, which is no ArchkitError, as one that a user can act on."""
    return ArchkitError(
        f"The step '{step}' failed by a fault in a program.",
        why=f"{type(error).__name__}: {error}",
        mend="Call the step in a cell to see where: panel.session is the session.",
    )
