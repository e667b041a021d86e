"""A program run once in a process of its own, and every statement of it counted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import PathFinder
from pathlib import Path
from typing import NamedTuple

from archkit.errors import ArchkitError
from archkit.plain import shown_path
from archkit.queries.count import QueryCount

__all__ = ["ProgramRun", "run_program"]

_STDERR = 2


class ProgramRun(NamedTuple):
    """How a program ended, and what it asked of its databases."""

    exit_code: int
    """As a shell gives it: 128 and the signal's number for a program that a signal ended."""
    counted: QueryCount
    trouble: list[str]
    """A sentence for each connection that could not be counted."""


def run_program(
    program: str,
    arguments: Sequence[str] = (),
    *,
    module: bool = False,
    label: str = "",
    n: int | None = None,
    quiet: bool = False,
) -> ProgramRun:
    """Run a Python program as `python program arguments` does, and count its statements.

    Parameters
    ----------
    program, arguments
        The script's path, or with `module` the module's name, and what it is given.
    label, n
        What it does (the program's name by default), and the size of its request.
    quiet
        Whether what it prints goes to standard error.

    Raises
    ------
    ArchkitError
        There is no such program; or it ended in a way that nothing could be told of it.
    """
    _check(program, module)
    name = program if module else Path(program).name
    with tempfile.TemporaryDirectory(prefix="archkit-") as folder:
        out = Path(folder) / "count.json"
        settings = {"out": str(out), "label": label or name, "n": n, "module": module}
        settings["safe_path"] = bool(os.environ.get("PYTHONSAFEPATH"))
        # -P: what archkit imports is not looked for in the program's folder.
        child = [sys.executable, "-P", "-m", "archkit.queries.measured", json.dumps(settings)]
        code = _waited([*child, program, *arguments], quiet)
        if not out.exists():
            raise ArchkitError(
                f"What {name} asked was not counted: it ended with {_end(code)}.",
                why="It ended without Python's own end, where the count is written: by a signal, "
                "or by os._exit.",
                mend="Let it end by itself, by sys.exit or an exception; or count a part of it "
                "with archkit.count_queries.",
            )
        told = json.loads(out.read_text(encoding="utf-8"))
    counted = QueryCount.from_json(told["count"])
    return ProgramRun(128 - code if code < 0 else code, counted, list(told["trouble"]))


def _waited(command: list[str], quiet: bool) -> int:
    """Return the exit code; Ctrl+C is the program's, and archkit waits for it to end."""
    with (
        subprocess.Popen(command, stdout=_STDERR if quiet else None) as process,
        _terminating(process),
    ):
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


@contextmanager
def _terminating(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Hand SIGTERM on to the program: it does not outlive who asked for it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def _check(program: str, module: bool) -> None:
    """Refuse what Python could not run, before a process is started for it."""
    if module:
        # The rest of a dotted name is Python's to look for: it imports what stands before it.
        top = program.partition(".")[0]
        if top and PathFinder.find_spec(top, [str(Path.cwd()), *sys.path]) is not None:
            return
        raise ArchkitError(
            f"There is no module {program!r}.",
            why="Python does not find it here, nor among what is installed beside archkit.",
            mend="Run it from the project's folder, with archkit in the project's environment.",
        )
    path = Path(program)
    if path.is_file():
        return
    raise ArchkitError(
        f"{shown_path(path)!r} is no script.",
        why="It is a folder." if path.is_dir() else "There is no such file.",
        mend="Name a Python file; options of archkit stand before it; -m runs a module.",
    )
