"""`archkit measure`: a program of yours run once, and what it asked of its databases."""

from __future__ import annotations

import dataclasses
import sys
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
    from archkit.queries.program import run_program
    from archkit.queries.saved import read_count

    screen = Screen(as_json)
    earlier = read_count(before) if before is not None else None
    if earlier is not None and n is not None and earlier.n not in (None, n):
        raise usage(f"The count in {shown_path(before or '')} is of n {earlier.n:,}.", "--n")
    label = label or (earlier.label if earlier is not None else "")
    sys.stdout.flush()
    run = run_program(program, arguments or [], module=module, label=label, n=n, quiet=as_json)
    counted = run.counted
    if not as_json:
        _show(screen, counted, run.trouble)
    made, refused = None, None
    if not run.exit_code:
        made, refused = _kept(counted, earlier, save, record, memory, pattern, decision)
    if as_json:
        document: dict[str, Any] = {"exit_code": run.exit_code, "trouble": run.trouble}
        document |= {"count": without(counted.as_json(), "tallies")}
        document |= {"measurement": made.as_payload() if made else None}
        told = {"what": refused.what, "why": refused.why, "mend": refused.mend} if refused else None
        screen.data({**document, "recorded": record and made is not None, "error": told})
    elif earlier is not None and made is not None:
        _compare(screen, earlier, counted, recorded=record)
    if refused is not None:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1)
    if run.exit_code:
        unkept = "; nothing was saved or recorded" if save or record else ""
        screen.note(f"The program ended with exit code {run.exit_code}{unkept}.")
        raise typer.Exit(run.exit_code)
    if save is not None:
        screen.note(f"Saved: {shown_path(save)}")


def _kept(
    counted: QueryCount,
    earlier: QueryCount | None,
    save: Path | None,
    record: bool,
    memory: Path | None,
    pattern: str | None,
    decision: str | None,
) -> tuple[Measurement | None, ArchkitError | None]:
    """Save, compare and record; an error is returned, for what was counted is told all the same."""
    from archkit.queries.saved import before_and_after, save_count

    made = None
    try:
        if save is not None:
            save_count(counted, save)
        if earlier is not None:
            made = before_and_after(earlier, counted, pattern=pattern, decision_id=decision)
        if record and made is not None:
            made = _recorded(made, memory)
    except ArchkitError as error:
        return None, error
    return made, None


def _recorded(made: Measurement, path: Path | None) -> Measurement:
    from archkit.cli.decision import whole_id

    with opened(path, writes=True) as kept:
        if made.decision_id is not None:
            whole = whole_id(kept, made.decision_id, "decision")
            made = dataclasses.replace(made, decision_id=whole)
        return kept.record_measurement(made)


def _show(screen: Screen, counted: QueryCount, trouble: list[str]) -> None:
    from archkit.queries.count_shown import amount

    title = f"{counted.label}, n {counted.n:,}" if counted.n is not None else counted.label
    screen.head(f"{title}: {amount(counted)}")
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


def _compare(screen: Screen, earlier: QueryCount, counted: QueryCount, *, recorded: bool) -> None:
    from archkit.queries.count_shown import amount

    screen.head("Before and after")
    share = 1 - counted.count / earlier.count
    less = f"{share:.1%} fewer" if share >= 0 else f"{-share:.1%} more"
    screen.say(f"{earlier.count:,} → {amount(counted)}: {less}.")
    if earlier.rows is not None and counted.rows is not None:
        screen.say(f"{earlier.rows:,} → {counted.rows:,} rows.")
    if recorded:
        screen.say("Recorded in the memory as a measurement.")
    else:
        screen.say("--record keeps this as a measurement, on the pattern that --pattern names.")
