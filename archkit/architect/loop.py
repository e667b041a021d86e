"""One event loop in the background, for all sessions: a notebook's own loop is left alone."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

__all__ = ["before_stop", "portal"]

_NAME = "archkit-loop"
_lock = threading.Lock()
_closing: list[Callable[[], None]] = []
_running: list[tuple[BlockingPortal, AbstractContextManager[BlockingPortal]]] = []


def portal() -> BlockingPortal:
    """Return the way into the loop; it is started at the first call and stopped at exit."""
    from anyio.from_thread import start_blocking_portal

    with _lock:
        if not _is_alive():  # never started, or left behind by a fork
            context = start_blocking_portal(name=_NAME)
            _running[:] = [(context.__enter__(), context)]
            atexit.unregister(_stop)
            atexit.register(_stop)
        return _running[0][0]


def before_stop(close: Callable[[], None]) -> Callable[[], None]:
    """Have something closed at exit, while the loop still runs; return what takes that back."""
    _closing.append(close)

    def take_back() -> None:
        with suppress(ValueError):
            _closing.remove(close)

    return take_back


def _is_alive() -> bool:
    return any(thread.name == _NAME for thread in threading.enumerate())


def _stop() -> None:
    while _closing:
        with suppress(Exception):  # the others are to be closed all the same
            _closing.pop()()
    if _running and _is_alive():
        way_in = _running[0][0]
        way_in.call(way_in.stop, True)
