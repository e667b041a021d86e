"""`archkit train`, `export` and `import`: what comes into a memory and what goes out of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from archkit.cli.app import (
    MOVING,
    Apply,
    AsJson,
    Instant,
    MemoryPath,
    app,
    as_instant,
    opened,
    plainly,
)
from archkit.cli.screen import Column, Screen
from archkit.cli.told import counted, preview, told_pairs
from archkit.plain import shown_path

__all__ = ["export", "import_", "train"]


@app.command(rich_help_panel=MOVING)
@plainly
def train(
    paths: Annotated[
        list[Path], typer.Argument(help="Files, or folders of files, of JSON or Markdown.")
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help="Take new wordings of what is known already.")
    ] = False,
    apply: Apply = False,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Take patterns and solutions from files, as candidates: checked, duplicates shown."""
    from archkit.memory.training import train as take

    screen = Screen(as_json)
    with (
        opened(memory, writes=True) as kept,
        screen.progress("Reading") as progress,
    ):
        report = take(kept, paths, dry_run=not apply, replace=replace, progress=progress)
    if as_json:
        screen.data(report)
    screen.say(
        f"{counted(len(report.patterns), 'pattern')}, "
        f"{counted(len(report.solutions), 'solution')} from "
        f"{counted(report.files, 'file')}, as candidates:"
    )
    screen.points([*report.patterns, *report.solutions])
    if report.duplicates:
        screen.head("Like what is known")
        screen.table(
            [Column("entry"), Column("is"), Column("as"), Column("", folds=False)],
            (
                (d.entry, d.what, d.other, "taken" if d.taken else "not taken")
                for d in report.duplicates
            ),
        )
    if report.findings:
        screen.head("Findings")
        columns = [Column("file"), Column("entry"), Column("", folds=False), Column("what")]
        screen.table(
            columns,
            ((shown_path(f.file), f.entry, f.severity, f.message) for f in report.findings),
        )
    if report.patterns or report.solutions:
        preview(screen, apply, "archkit reset candidates")
    if report.errors:
        raise typer.Exit(1)


@app.command(rich_help_panel=MOVING)
@plainly
def export(
    target: Annotated[Path, typer.Argument(help="The folder to write; it must not be there.")],
    form: Annotated[
        Literal["jsonl", "parquet"],
        typer.Option("--format", help="How the events are written."),
    ] = "jsonl",
    since: Instant = None,
    until: Instant = None,
    agent: Annotated[str | None, typer.Option(help="Only what this agent did.")] = None,
    project: Annotated[str | None, typer.Option(help="Only what belongs to this project.")] = None,
    min_confidence: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Only decisions and patterns at least so good (0 to 1)."),
    ] = None,
    anonymise: Annotated[
        Literal["none", "partial", "full"],
        typer.Option(
            help="partial: names of people, agents, projects, hosts become pseudonyms; full: only "
            "patterns, contexts, rates and instants go out."
        ),
    ] = "none",
    names: Annotated[
        list[str] | None,
        typer.Option("--name", help="A person or customer to hide wherever named. Repeatable."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier export of that name.")
    ] = False,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Write a memory, or part of it, to a folder: events, a manifest, checksums."""
    from archkit.memory.exchange import export as write

    screen = Screen(as_json)
    with opened(memory) as kept, screen.progress("Exporting") as progress:
        report = write(
            kept,
            target,
            format=form,
            since=as_instant(since),
            until=as_instant(until),
            agent=agent,
            project=project,
            min_confidence=min_confidence,
            anonymise=anonymise,
            names=names or (),
            overwrite=overwrite,
            progress=progress,
        )
    if as_json:
        screen.data(report)
    screen.say(f"Exported {counted(report.events, 'event')} to {shown_path(report.target)}.")
    screen.pairs(told_pairs(report, but=("target", "events")))
    screen.say(f"Take it in elsewhere: archkit import {shown_path(report.target)}")


@app.command("import", rich_help_panel=MOVING)
@plainly
def import_(
    source: Annotated[Path, typer.Argument(help="The folder that archkit export wrote.")],
    same_slug: Annotated[
        Literal["later", "keep"],
        typer.Option(help="Of two wordings of one name: the later counts, or ours stays."),
    ] = "later",
    apply: Apply = False,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Join an export to a memory: the union of both; a preview unless --apply."""
    from archkit.memory.exchange import import_ as take

    screen = Screen(as_json)
    with opened(memory, writes=True) as kept, screen.progress("Importing") as progress:
        report = take(kept, source, dry_run=not apply, same_slug=same_slug, progress=progress)
    if as_json:
        screen.data(report)
    done = "Imported" if apply else "Would import"
    screen.say(f"{done} {report.new:,} new of {counted(report.events, 'event')}.")
    screen.pairs(told_pairs(report, but=("dry_run", "events", "new", "conflicts")))
    if report.conflicts:
        screen.head(counted(len(report.conflicts), "conflict"))
        columns = [Column("what"), Column("name"), Column("ours", wide=True)]
        columns += [Column("theirs", wide=True), Column("what is done")]
        screen.table(
            columns,
            ((c.what, c.name, c.ours, c.theirs, c.resolution) for c in report.conflicts),
        )
    if report.new:
        preview(screen, apply, "archkit reset imported")
