"""The command itself: what all commands share, and how it ends when it cannot go on."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar

import typer

from archkit import __version__
from archkit.cli.screen import Screen
from archkit.errors import ArchkitError, StoreError
from archkit.plain import shown_path, utc_now

if TYPE_CHECKING:
    from archkit.memory.memory import Memory

__all__ = [
    "DECIDING",
    "KEEPING",
    "LOOKING",
    "MOVING",
    "Apply",
    "AsJson",
    "Instant",
    "MemoryPath",
    "app",
    "as_instant",
    "exits_with",
    "opened",
    "plainly",
    "text_or_stdin",
    "usage",
]

P = ParamSpec("P")
T = TypeVar("T")

DECIDING, LOOKING = "Work", "Look"
MOVING, KEEPING = "Bring in, take out", "Keep"

app = typer.Typer(
    help="archkit: brief an architect agent, decide, and learn from what came of it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

MemoryPath = Annotated[
    Path | None,
    typer.Option(
        "--memory",
        metavar="PATH",
        help="The memory's DuckDB file or its folder. By default the one in $ARCHKIT_DATA, else "
        "data/archkit.duckdb of this project.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")]
Apply = Annotated[
    bool, typer.Option("--apply", help="Really do it; without this only a preview is shown.")
]
_AGO = re.compile(r"(\d{1,5})\s*([hdw])")
_UNIT = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Brief an architect agent, decide, and learn from what came of it."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


def exits_with(code: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Show an `ArchkitError` as its three lines, in JSON too if asked for, and exit with a code."""

    def plainly(command: Callable[P, T]) -> Callable[P, T]:
        @wraps(command)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return command(*args, **kwargs)
            except ArchkitError as error:
                if kwargs.get("as_json"):
                    told = {"what": error.what, "why": error.why, "mend": error.mend}
                    Screen(True).data({"error": told})
                typer.echo(str(error), err=True)
                raise typer.Exit(code) from error

        return run

    return plainly


def plainly(command: Callable[P, T]) -> Callable[P, T]:
    """Let a command end with exit code 1 at an `ArchkitError`: see `exits_with`."""
    return exits_with(1)(command)


@contextmanager
def opened(path: Path | None, *, writes: bool = False, **settings: Any) -> Iterator[Memory]:
    """Open a memory, and close it; one that is only read must be there if it was named.

    Raises
    ------
    StoreError
        Nothing is at the path that was named.
    """
    from archkit.memory.memory import Memory
    from archkit.memory.spool import spool_sizes

    memory = Memory(path, **settings)
    is_there = memory.path.exists() or bool(spool_sizes(memory._store.spool))
    if path is not None and not writes and not is_there:
        raise StoreError(
            f"There is no memory at {shown_path(memory.path)!r}.",
            why="Neither the file nor a spool beside it is there.",
            mend="Check --memory; or leave it out for the memory of this project.",
        )
    is_new = not memory.path.exists()
    with memory:
        yield memory
    if is_new and memory.path.exists():
        Screen().note(f"A new memory was made: {shown_path(memory.path)}")


def usage(message: str, param: str = "") -> typer.BadParameter:
    """Return the error for a wrong word on the command line: exit code 2."""
    return typer.BadParameter(message, param_hint=param or None)


def text_or_stdin(text: str) -> str:
    """Return the text, or what stands on standard input for `-`."""
    return sys.stdin.read() if text == "-" else text


def as_instant(text: str | None) -> datetime | None:
    """Return an instant of `2026-11-01`, `2026-11-01T12:00+01:00`, or `30d`, `2w`, `12h` ago."""
    if text is None:
        return None
    if ago := _AGO.fullmatch(text.strip().lower()):
        return utc_now() - int(ago[1]) * _UNIT[ago[2]]
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise usage(f"{text!r} is no date; say 2026-11-01, or 30d for 30 days ago.") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


Instant = Annotated[str | None, typer.Option(metavar="DATE", help="A date, or 30d, 2w, 12h ago.")]
