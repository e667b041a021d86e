"""A limit on how long one run may take: its statement is interrupted, its code stopped."""

from __future__ import annotations

import ctypes
import inspect
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, TypeVar

__all__ = ["OverTimeError", "open_connections", "within"]

T = TypeVar("T")
_AGAIN_S = 1.0
_GRACE_S = 0.2
_CANCEL_S = 5.0


class OverTimeError(BaseException):
    """A run took too long; no `except Exception` of the run may swallow it."""


def within(
    seconds: float | None, call: Callable[[], T], connections: Callable[[], Iterable[Any]] = tuple
) -> T:
    """Return what a call gives, and stop it when it takes longer than so many seconds.

    At the end of its time a thread beside it interrupts the statements that run on `connections`
    and, if that does not end the call, has `OverTimeError` raised in its own code: by a signal in
    the main thread, which also ends a wait or a sleep; elsewhere at the next step of Python code.
    A thread cannot be killed: what neither is a statement nor comes back to Python is waited for.

    Parameters
    ----------
    seconds
        How long it may take; None for ever.
    call
        What to call.
    connections
        Gives the driver connections that may run a statement then.

    Raises
    ------
    OverTimeError
        The call took longer, however it then ended.
    """
    return call() if seconds is None else _Watch(seconds, connections).over(call)


class _Watch:
    """Watches one call from a thread beside it."""

    def __init__(self, seconds: float, connections: Callable[[], Iterable[Any]]) -> None:
        self._seconds, self._connections = seconds, connections
        self._caller = threading.current_thread()
        self._in_main = self._caller is threading.main_thread()
        self._armed, self._late, self._done = True, False, threading.Event()
        self._beside = threading.Thread(target=self._wait, name="archkit-deadline", daemon=True)
        self._before: Any = signal.SIG_DFL

    def over(self, call: Callable[[], T]) -> T:
        if self._in_main:
            self._before = signal.signal(signal.SIGALRM, self._alarmed)
        self._beside.start()
        try:
            try:
                answer = call()
            finally:
                self._armed = False
        except BaseException as error:
            self._end()
            if self._late and not isinstance(error, OverTimeError):
                raise OverTimeError from error
            raise
        self._end()
        if self._late:
            raise OverTimeError
        return answer

    def _end(self) -> None:
        """Stop watching; what was raised too late to meet the call is met here, once at most."""
        try:
            self._stop()
        except OverTimeError:
            self._stop()

    def _stop(self) -> None:
        self._armed = False
        self._done.set()
        self._beside.join()
        if self._in_main:
            signal.signal(signal.SIGALRM, self._before or signal.SIG_DFL)
        else:
            _raise_in(self._caller, None)

    def _wait(self) -> None:
        left = self._seconds
        while not self._done.wait(left):
            self._late = True
            for connection in self._connections():
                _interrupt(connection)
            # A driver that ends its statement by itself leaves its connection fit for use.
            if self._done.wait(_GRACE_S):
                return
            if self._armed and self._in_main:
                signal.pthread_kill(self._caller.ident or 0, signal.SIGALRM)
            elif self._armed:
                _raise_in(self._caller, OverTimeError)
            left = _AGAIN_S  # the code may have caught it and gone on

    def _alarmed(self, number: int, frame: Any) -> None:
        if self._armed and self._late:
            raise OverTimeError
        if callable(self._before):
            self._before(number, frame)


def _raise_in(thread: threading.Thread, kind: type[BaseException] | None) -> None:
    """Have an exception raised in another thread's code, or take that back."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident or 0), None if kind is None else ctypes.py_object(kind)
    )


def _interrupt(connection: Any) -> None:
    """End the statement that a connection runs, as its driver has it."""
    with suppress(Exception):  # it is gone, or runs nothing: there is nothing to end
        if hasattr(connection, "cancel_safe"):  # psycopg
            if not inspect.iscoroutinefunction(connection.cancel_safe):
                connection.cancel_safe(timeout=_CANCEL_S)
        elif hasattr(connection, "interrupt"):  # sqlite3, duckdb
            if not inspect.iscoroutinefunction(connection.interrupt):
                connection.interrupt()
        elif hasattr(connection, "cancel"):
            connection.cancel()


@contextmanager
def open_connections(sources: Iterable[Any]) -> Iterator[Callable[[], list[Any]]]:
    """Give what lists the driver connections that are in use on the sources."""
    out: dict[int, Any] = {}
    fixed: list[Any] = []
    with ExitStack() as undo:
        for source in sources:
            engine, connection = _engine_or_connection(source)
            if engine is not None:
                _follow(engine, out, undo)
            else:
                fixed.append(connection)
        yield lambda: [*fixed, *list(out.values())]


def _engine_or_connection(source: Any) -> tuple[Any, Any]:
    """Tell a SQLAlchemy engine, whose connections come and go, from one connection."""
    for name in ("sync_engine", "sync_session", "sync_connection"):  # its asynchronous side
        source = getattr(source, name, source)
    with suppress(Exception):  # closed, or bound to nothing: the counter says so
        if hasattr(source, "get_bind"):  # a Session
            source = source.get_bind()
        if hasattr(source, "engine") and not hasattr(source, "pool"):  # a Connection
            return None, source.connection.driver_connection
    return (source, None) if hasattr(source, "pool") else (None, source)


def _follow(engine: Any, out: dict[int, Any], undo: ExitStack) -> None:
    """Note the connections that an engine's pool gives out, and takes back."""
    from sqlalchemy import event

    def given(connection: Any, record: Any, proxy: Any) -> None:
        out[id(connection)] = getattr(record, "driver_connection", connection)

    def taken(connection: Any, record: Any) -> None:
        out.pop(id(connection), None)

    for name, follow in (("checkout", given), ("checkin", taken)):
        event.listen(engine, name, follow)
        undo.callback(event.remove, engine, name, follow)
