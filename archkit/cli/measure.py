"""`archkit measure`: a program of yours run once, and what it asked of its databases."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archkit.cli.app import DECIDING, AsJson, MemoryPath, app, opened, plainly, usage
from archkit.cli.screen import Column, Screen
from archkit.cli.told import counted as number_of
from archkit.errors import ArchkitError
from archkit.plain import shown_path, without

if TYPE_CHECKING:
    from archkit.queries.count import QueryCount
    from archkit.records import Measurement

__all__ = ["measure"]

_SHAPE = (
    Column("count", "right", folds=False),
    Column("rows", "right", folds=False, wide=True),
    Column("where", folds=False),
    Column("statement"),
)
_MOST_SHAPES, _LONGEST = 20, 200
_STDERR = 2
_SEEN = "SQLAlchemy, sqlite3, psycopg 3 and DuckDB, in the program's own process"


@app.command(
    rich_help_panel=DECIDING,
    context_settings={"allow_interspersed_args": False, "ignore_unknown_options": False},
)
@plainly
def measure(
    program: Annotated[str, typer.Argument(help="The script, or with -m the module.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[ARGUMENTS]...", help="The program's own.")
    ] = None,
    module: Annotated[
        bool, typer.Option("--module", "-m", help="PROGRAM is a module, as in python -m.")
    ] = False,
    label: Annotated[
        str, typer.Option(help="What is measured; by default the program's name.")
    ] = "",
    n: Annotated[
        int | None, typer.Option(min=0, help="The size of the request, such as rows a page.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep the count in this file.")
    ] = None,
    before: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Compare with a count kept by --save.")
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Record before and after as a measurement.")
    ] = False,
    pattern: Annotated[
        str | None, typer.Option(metavar="SLUG", help="With --record: the pattern applied.")
    ] = None,
    decision: Annotated[
        str | None, typer.Option(metavar="ID", help="With --record: the decision it belongs to.")
    ] = None,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Run a program once and count its queries: by shape, with N+1 findings and their lines.

    Options stand before the program; what follows it is the program's own.

    The exit code is the program's; also 1 when archkit has an error of its own to tell.
    """
    if record and before is None:
        raise usage("A measurement is of before and after: give --before, too.", "--record")
    if not record and (pattern or decision or memory):
        raise usage("It is for --record.", "--pattern, --decision, --memory")
    from archkit.queries.saved import before_and_after, read_count, save_count

    screen = Screen(as_json)
    earlier = read_count(before) if before is not None else None
    name = label or (earlier.label if earlier is not None else "") or _name(program, module)
    code, counted, trouble = _run(program, arguments or [], module, name, n, as_json)
    failed = code != 0
    made = None
    if earlier is not None and not failed:
        made = before_and_after(earlier, counted, label=name, pattern=pattern, decision_id=decision)
    if record and made is not None:
        made = _recorded(made, memory)
    if save is not None and not failed:
        save_count(counted, save)
    if as_json:
        document: dict[str, Any] = {"exit_code": code, "trouble": trouble}
        document |= {"count": without(counted.as_json(), "tallies")}
        document |= {"measurement": made.as_payload() if made else None}
        screen.data({**document, "recorded": record and made is not None})
    else:
        _show(screen, counted, trouble)
        _compare(screen, earlier, counted, made, recorded=record)
    if save is not None and not failed:
        screen.note(f"Saved: {shown_path(save)}")
    if failed:
        unkept = "; nothing was saved or recorded" if save or record else ""
        screen.note(f"The program ended with exit code {code}{unkept}.")
        raise typer.Exit(code)


def _name(program: str, module: bool) -> str:
    return program if module else Path(program).name


def _run(
    program: str, arguments: list[str], module: bool, label: str, n: int | None, quiet: bool
) -> tuple[int, QueryCount, list[str]]:
    """Run the program in a process of its own; with `quiet` its output goes to standard error.

    Returns
    -------
    tuple
        The exit code, as a shell would give it; the count; what could not be counted.
    """
    from archkit.queries.count import QueryCount

    _check_program(program, module)
    with tempfile.TemporaryDirectory(prefix="archkit-") as folder:
        out = Path(folder) / "count.json"
        settings = {"out": str(out), "label": label, "n": n, "module": module}
        child = [sys.executable, "-m", "archkit.queries.measured", json.dumps(settings)]
        sys.stdout.flush()
        code = _waited([*child, program, *arguments], quiet)
        if not out.exists():
            raise ArchkitError(
                f"What {_name(program, module)} asked was not counted: it ended with {_end(code)}.",
                why="It ended without Python's own end, where the count is written: killed by a "
                "signal, or by os._exit.",
                mend="Let it end by itself, by sys.exit or an exception; or count a part of it "
                "with archkit.count_queries.",
            )
        told = json.loads(out.read_text(encoding="utf-8"))
    return (
        128 - code if code < 0 else code,
        QueryCount.from_json(told["count"]),
        list(told["trouble"]),
    )


def _waited(command: list[str], quiet: bool) -> int:
    """Return the exit code; Ctrl+C is the program's, and archkit waits for it to end."""
    with subprocess.Popen(command, stdout=_STDERR if quiet else None) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def _end(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return f"signal {signal.Signals(-code).name}"


def _check_program(program: str, module: bool) -> None:
    """Refuse what Python could not run, before a process is started for it."""
    if module:
        if _is_module(program):
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


def _is_module(name: str) -> bool:
    # `python -m` looks in the working directory first; the command archkit does not.
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _recorded(made: Measurement, path: Path | None) -> Measurement:
    from archkit.cli.decision import whole_id

    with opened(path, writes=True) as kept:
        if made.decision_id is not None:
            whole = whole_id(kept, made.decision_id, "decision")
            made = dataclasses.replace(made, decision_id=whole)
        return kept.record_measurement(made)


def _show(screen: Screen, counted: QueryCount, trouble: list[str]) -> None:
    title = f"{counted.label}, n {counted.n:,}" if counted.n is not None else counted.label
    screen.head(f"{title}: {counted.count:,} {counted.counts}")
    if not counted.count:
        screen.say(f"No query was seen. Counted is what goes through {_SEEN}.")
    shapes = counted.shapes()
    if shapes:
        screen.say()
        screen.table(_SHAPE, ([*_row(one)] for one in shapes[:_MOST_SHAPES]))
        if len(shapes) > _MOST_SHAPES:
            screen.say(f"… and {len(shapes) - _MOST_SHAPES:,} more shapes; --json has them all.")
    if found := counted.findings():
        screen.head("N+1: read one at a time what could be read at once")
        screen.points((_finding(one) for one in found), mark="!")
    screen.say()
    screen.say(_times(counted))
    for line in (*counted.notes, *trouble):
        screen.note(line)


def _row(one: dict[str, Any]) -> list[str]:
    rows = "" if one["rows"] is None else f"{one['rows']:,}"
    return [f"{one['count']:,}", rows, one["where"] or "–", _short(one["shape"])]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _finding(one: dict[str, Any]) -> str:
    from archkit.queries.n_plus_one import told

    said, mend = told(one)
    where = f"{one['where']}: " if one["where"] else ""
    return f"{where}{said} {mend}"


def _times(counted: QueryCount) -> str:
    spent = (
        f"The whole program took {counted.wall_ms:,.0f} ms, imports included; "
        f"{counted.overhead_ms:,.0f} ms of it went into counting."
    )
    if counted.failed:
        spent += f" {number_of(counted.failed, 'statement')} failed."
    return spent


def _compare(
    screen: Screen,
    earlier: QueryCount | None,
    counted: QueryCount,
    made: Measurement | None,
    *,
    recorded: bool,
) -> None:
    if earlier is None or made is None:
        return
    screen.head("Before and after")
    share = 1 - counted.count / earlier.count
    less = f"{share:.1%} fewer" if share >= 0 else f"{-share:.1%} more"
    screen.say(f"{earlier.count:,} → {counted.count:,} {counted.counts}: {less}.")
    if earlier.rows is not None and counted.rows is not None:
        screen.say(f"{earlier.rows:,} → {counted.rows:,} rows.")
    if recorded:
        screen.say("Recorded in the memory as a measurement.")
    else:
        screen.say("--record keeps this as a measurement, on the pattern that --pattern names.")
