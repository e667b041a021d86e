"""`archkit adr`: decision records read, taken into a memory, and written from one."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from archkit.cli.app import MOVING, Apply, AsJson, MemoryPath, app, opened, plainly
from archkit.cli.screen import Column, Screen
from archkit.cli.told import counted, preview, told_pairs
from archkit.plain import shown_path

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["adr", "import_", "read", "write"]

adr = typer.Typer(
    help="Read decision records (ADRs), take them in, or write them.", no_args_is_help=True
)
app.add_typer(adr, name="adr", rich_help_panel=MOVING)

Folder = Annotated[Path, typer.Argument(help="The folder of the records, such as docs/adr.")]
Git = Annotated[bool, typer.Option("--git/--no-git", help="Ask git when each file was committed.")]
Project = Annotated[str | None, typer.Option(help="The project whose they are.")]


@adr.command("read")
@plainly
def read(folder: Folder, git: Git = True, as_json: AsJson = False) -> None:
    """Show the records of a folder, in whatever form they are written."""
    from archkit.decisions.adrs import read_adrs

    frame = read_adrs(folder, git=git)
    screen = Screen(as_json)
    if as_json:
        screen.data({"git": frame.attrs["git"], "adrs": _document(frame)})
        return
    found = frame[frame["kind"] == "adr"]
    screen.say(f"{counted(len(found), 'record')} in {shown_path(folder)}:")
    columns = [Column("no.", "right"), Column("title"), Column("status"), Column("decided")]
    columns += [
        Column("known by", wide=True),
        Column("ended", wide=True),
        Column("file", wide=True),
    ]
    screen.table(columns, (_row(row) for row in found.to_dict("records")))
    others = frame[frame["kind"] != "adr"]
    if len(others):
        screen.head(f"{counted(len(others), 'file')} left out")
        screen.points(f"{r['path']}: {r['kind']}, {r['why']}" for r in others.to_dict("records"))
    unclear = found[found["decided_at"].isna() & found["date_note"].notna()]
    if len(unclear):
        screen.head("Dates that cannot be read without guessing")
        rows = unclear.to_dict("records")
        screen.points(f"{r['path']}: {r['date_text']}: {r['date_note']}" for r in rows)
    clash = found[found["conflict"]]
    if len(clash):
        screen.head("Two statuses in one file")
        screen.points(clash["path"])
    if frame.attrs["git"]:
        screen.note(f"No dates of git: {frame.attrs['git']}.")


@adr.command("import")
@plainly
def import_(
    folder: Folder,
    project: Project = None,
    git: Git = True,
    apply: Apply = False,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Take the records of a folder into a memory, as reported; a preview unless --apply."""
    from archkit.decisions.adr_import import import_adrs

    screen = Screen(as_json)
    with opened(memory, writes=True) as kept, screen.progress("Reading") as progress:
        report = import_adrs(
            kept, folder, project=project, git=git, dry_run=not apply, progress=progress
        )
    if as_json:
        screen.data(report)
    done = "Imported" if apply else "Would import"
    screen.say(
        f"{done} {len(report.new):,} new and {len(report.changed):,} changed of "
        f"{counted(report.files, 'file')}; {report.same:,} known already."
    )
    screen.pairs(told_pairs(report, but=("dry_run", "files", "same", "left", "unclear", "edited")))
    for title, told in (
        ("Left out", report.left),
        ("Dates that cannot be read without guessing", report.unclear),
        ("Edited since archkit wrote them", report.edited),
    ):
        if told:
            screen.head(title)
            screen.points(f"{path}: {why}" for path, why in told.items())
    if report.new or report.changed:
        preview(screen, apply, "archkit reset imported")


@adr.command("write")
@plainly
def write(
    folder: Folder,
    style: Annotated[
        Literal["madr", "nygard", "y-statement"], typer.Option(help="The form of the records.")
    ] = "madr",
    project: Project = None,
    index: Annotated[
        bool, typer.Option("--index", help="Keep a list of all records in README.md.")
    ] = False,
    apply: Apply = False,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Write each decision of a memory as a record; what somebody edited is not written over."""
    from archkit.decisions.adr_files import write_adrs

    screen = Screen(as_json)
    with opened(memory) as kept:
        report = write_adrs(
            kept, folder, style=style, project=project, index=index, dry_run=not apply
        )
    if as_json:
        screen.data(report)
    done = "Wrote" if apply else "Would write"
    screen.say(
        f"{done} {counted(len(report.new), 'new record')} and {len(report.updated):,} again in "
        f"{shown_path(folder)}; {report.same:,} are as they should be."
    )
    screen.points([*report.new, *report.updated])
    for title, told in (("Edited, and kept", report.edited), ("Not written", report.conflicts)):
        if told:
            screen.head(title)
            screen.points(f"{path}: {why}" for path, why in told.items())
    if report.new or report.updated:
        preview(screen, apply, "What was there before is in your version control, if anywhere.")
    if report.conflicts:
        raise typer.Exit(1)


def _document(frame: DataFrame) -> DataFrame:
    """Return the frame with instants that say that they are UTC, and None for what is missing."""
    told = frame.copy()
    for name in told.select_dtypes("datetime"):
        told[name] = told[name].dt.tz_localize("UTC")
    told = told.astype(object)
    return told.where(told.notna(), None)


def _row(row: Mapping[Hashable, Any]) -> tuple[object, ...]:
    number, decided, ended = row["number"], row["decided_at"], row["ended_at"]
    return (
        "" if number is None or number != number or str(number) == "<NA>" else number,
        row["title"],
        row["status"] if isinstance(row["status"], str) else "–",
        _day(decided),
        row["decided_from"] if isinstance(row["decided_from"], str) else "",
        _day(ended),
        row["path"],
    )


def _day(instant: object) -> str:
    text = str(instant)
    return "–" if text == "NaT" else text[:10]
