"""A Chromium of its own for one page, spoken to over a pipe; nothing of it is left afterwards."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from archkit.report.chromium import launch_arguments

__all__ = ["BrowserError", "DevTools", "devtools"]

# Chromium reads its commands from descriptor 3 and answers on 4.
_ON_PIPE = """
import os, sys
read, write = map(int, sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
_FIRST_FREE = 10
_ENDS_WITHIN_S = 5.0
_BLOCK = 1 << 16
_GONE = "it did not start, or ended before it was done"


class BrowserError(Exception):
    """Chromium did not start, did not answer in time, or refused a command."""


class DevTools:
    """One page of a running Chromium.

    Parameters
    ----------
    read, write
        The descriptors on which it answers and listens.
    until
        The instant of `time.monotonic` at which patience ends, in seconds.
    """

    def __init__(self, read: int, write: int, until: float) -> None:
        self._read, self._write, self._until = read, write, until
        self._buffer = b""
        self._last = 0
        self._session = ""
        self.events: list[dict[str, Any]] = []

    def attach(self) -> None:
        """Open an empty page, which later commands are about."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and wait for its result; what happens meanwhile is kept in `events`.

        Raises
        ------
        BrowserError
            It was refused, took too long, or the browser is gone.
        """
        self._last += 1
        command: dict[str, Any] = {"id": self._last, "method": method, "params": params}
        if self._session:
            command["sessionId"] = self._session
        self._put(json.dumps(command).encode() + b"\0")
        while True:
            message = self._next()
            if message.get("id") == self._last:
                break
            self.events.append(message)
        if "error" in message:
            raise BrowserError(f"{method}: {message['error'].get('message', 'refused')}")
        result: dict[str, Any] = message["result"]
        return result

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, or what its promise comes to."""
        answer = self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(answer["exceptionDetails"].get("text", "a script failed"))
        return answer["result"].get("value")

    def wait_for(self, event: str) -> None:
        """Wait for an event that may have happened already."""
        while not any(message.get("method") == event for message in self.events):
            self.events.append(self._next())

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            left = self._until - time.monotonic()
            ready = left > 0 and select.select([self._read], [], [], left)[0]
            if not ready:
                raise BrowserError("it did not answer in time")
            block = os.read(self._read, _BLOCK)
            if not block:
                raise BrowserError(_GONE)
            self._buffer += block
        line, _, self._buffer = self._buffer.partition(b"\0")
        try:
            message: dict[str, Any] = json.loads(line)
        except ValueError:
            raise BrowserError("it answered in no JSON") from None
        return message

    def _put(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._write, data) :]
            except BrokenPipeError:
                raise BrowserError(_GONE) from None


@contextmanager
def devtools(chromium: str, within_s: float) -> Iterator[DevTools]:
    """Start a Chromium with a profile of its own, and end it and all its processes afterwards.

    Raises
    ------
    BrowserError
        It cannot be started.
    """
    until = time.monotonic() + within_s
    with tempfile.TemporaryDirectory(prefix="archkit-", ignore_cleanup_errors=True) as profile:
        read_here, write_there = _pipe()
        read_there, write_here = _pipe()
        command = [sys.executable, "-I", "-S", "-c", _ON_PIPE, str(read_there), str(write_there)]
        switches = ["--headless", "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        process = subprocess.Popen(
            [*command, chromium, *switches, "--disable-gpu", *launch_arguments(), "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(read_there, write_there),
            start_new_session=True,
        )
        os.close(read_there)
        os.close(write_there)
        try:
            yield DevTools(read_here, write_here, until)
        finally:
            _end(process, write_here)
            os.close(read_here)


def _pipe() -> tuple[int, int]:
    """Make a pipe whose ends are neither 3 nor 4, which the browser's own are moved to."""
    import fcntl

    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]


def _end(process: subprocess.Popen[bytes], write: int) -> None:
    """Ask the browser to close, then end whatever of its group is left."""
    with suppress(OSError):
        os.write(write, b'{"id":0,"method":"Browser.close"}\0')
    os.close(write)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_ENDS_WITHIN_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
