"""The processes of a notebook's kernel: found wherever they went, and ended with it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from psutil import Process  # type: ignore[import-untyped]

__all__ = ["PATIENCE_S", "Family"]

PATIENCE_S = 12.0
"""How long a kernel, and then what it started, is waited for."""


class Family:
    """A kernel and what it starts, told by a name that each inherits in its environment.

    What leaves the kernel's group, and whose parent has ended, is found by that name alone.
    """

    def __init__(self) -> None:
        self._name = f"ARCHKIT_RUN_{uuid4().hex.upper()}"
        self._found: list[Process] = []
        self._group: int | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the kernel is to be started with."""
        return {**os.environ, self._name: "1"}

    def look(self, provisioner: Any) -> None:
        """Note a kernel, its group and what is below it, while it still runs; None is none."""
        import psutil

        self._group = getattr(provisioner, "pgid", None)
        with suppress(psutil.Error):
            if (kernel := getattr(provisioner, "pid", None)) is not None:
                process = psutil.Process(kernel)
                self._found = [process, *process.children(recursive=True)]

    def end(self) -> None:
        """End what is left of them, and wait until none is."""
        import psutil

        if self._group and self._group != os.getpgrp():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._group, signal.SIGKILL)
        left = [*self._found, *self._named()]
        for process in left:
            with suppress(psutil.Error):  # it has ended by itself, as it should
                process.kill()
        psutil.wait_procs(left, timeout=PATIENCE_S)

    def _named(self) -> Iterator[Process]:
        import psutil

        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):  # somebody else's, or it has just ended
                if self._name in process.environ():
                    yield process
