"""`archkit backup`, `restore`, `budget`, `forget`, `reset`, `rebuild`: keeping a memory well."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from archkit.cli.app import KEEPING, Apply, AsJson, MemoryPath, app, opened, plainly, usage
from archkit.cli.decision import whole_id
from archkit.cli.screen import Column, Screen, percent
from archkit.cli.told import counted, megabytes, preview, told_pairs
from archkit.plain import shown_path

if TYPE_CHECKING:
    from archkit.memory.backup import BackupInfo
    from archkit.memory.budget import BudgetPlan
    from archkit.memory.memory import Memory

__all__ = ["backup", "budget", "forget", "rebuild", "reset", "restore"]

Reason = Annotated[str, typer.Option(help="Why; it is kept with the audit entry.")]


@app.command(rich_help_panel=KEEPING)
@plainly
def backup(
    folder: Annotated[
        Path | None, typer.Argument(help="Where to; by default backups/ beside the memory.")
    ] = None,
    keep: Annotated[int, typer.Option(min=1, help="How many of the latest are kept there.")] = 10,
    listing: Annotated[bool, typer.Option("--list", help="List the backups instead.")] = False,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Back a memory up, with a checksum."""
    from archkit.memory.backup import backup as make
    from archkit.memory.backup import backups

    screen = Screen(as_json)
    with opened(memory) as kept:
        if listing:
            _list_backups(screen, backups(kept, folder))
            return
        with screen.progress("Backing up") as progress:
            report = make(kept, folder, keep=keep, progress=progress)
    if as_json:
        screen.data(report)
    size = megabytes(report.bytes)
    screen.say(f"Backed up {counted(report.events, 'event')} ({size}) to {shown_path(report.path)}")
    screen.pairs(told_pairs(report, but=("path", "events", "bytes")))
    if report.path is not None:
        screen.say(f"Take it back with: archkit restore {report.path.name}")


def _list_backups(screen: Screen, found: Sequence[BackupInfo]) -> None:
    if screen.as_json:
        screen.data({"backups": found})
        return
    if not found:
        screen.say("There is no backup yet: archkit backup makes one.")
        return
    columns = [Column("backup"), Column("made at", folds=False), Column("events", "right")]
    columns += [Column("size", "right"), Column("", folds=False)]
    screen.table(
        columns,
        (
            (
                one.name,
                f"{one.made_at:%Y-%m-%d %H:%M} UTC",
                f"{one.events:,}",
                megabytes(one.bytes),
                "sound" if one.sound else "BROKEN",
            )
            for one in found
        ),
    )


@app.command(rich_help_panel=KEEPING)
@plainly
def restore(
    name: Annotated[
        str | None, typer.Argument(metavar="BACKUP", help="A backup's name or path; the latest.")
    ] = None,
    exact: Annotated[
        bool,
        typer.Option("--exact", help="Back to just that state: what came later is set aside."),
    ] = False,
    apply: Apply = False,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Take a backup back; a preview unless --apply."""
    from archkit.memory.backup import restore as take

    screen = Screen(as_json)
    with opened(memory, writes=True) as kept, screen.progress("Restoring") as progress:
        report = take(kept, name, exact=exact, dry_run=not apply, progress=progress)
    if as_json:
        screen.data(report)
    done = "Restored" if apply else "Would restore"
    screen.say(f"{done} {counted(report.new, 'event')} that the memory lacks.")
    screen.pairs(told_pairs(report, but=("dry_run", "new")))
    if report.new or report.set_aside:
        safety = report.safety.name if report.safety else ""
        preview(screen, apply, f"archkit restore {safety} --exact --apply")


@app.command(rich_help_panel=KEEPING)
@plainly
def budget(
    agent: Annotated[str | None, typer.Option(help="Whose budget; by default everybody's.")] = None,
    limit_mb: Annotated[
        float | None,
        typer.Option(min=0.001, help="The limit instead of the card's memory_limit_mb (MiB)."),
    ] = None,
    restore: Annotated[
        str | None,
        typer.Option(metavar="ARCHIVE", help="Bring an archive back, by name; all for every one."),
    ] = None,
    pin: Annotated[
        str | None, typer.Option(metavar="SLUG", help="Never archive this pattern.")
    ] = None,
    unpin: Annotated[
        str | None, typer.Option(metavar="SLUG", help="Let this pattern be archived again.")
    ] = None,
    reason: Reason = "",
    apply: Apply = False,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Show what each agent keeps of its limit, and archive what is worth least."""
    from archkit.memory import budget as budgets

    if sum(what is not None for what in (restore, pin, unpin)) > 1:
        raise usage("Give one of --restore, --pin and --unpin.")
    if limit_mb is not None and agent is None:
        raise usage("--limit-mb needs an --agent.")
    screen = Screen(as_json)
    with opened(memory, writes=restore is not None) as kept:
        slug = pin if pin is not None else unpin
        if slug is not None:
            budgets.pin(kept, slug, pin is not None, reason=reason)
            _say_pinned(screen, slug, pin is not None)
        elif restore is not None:
            _bring_back(screen, kept, restore, apply)
        elif agent is None:
            _print_budget(screen, kept)
        else:
            _archive(screen, kept, agent, limit_mb, apply)


def _say_pinned(screen: Screen, slug: str, pinned: bool) -> None:
    if screen.as_json:
        screen.data({"slug": slug, "pinned": pinned})
    screen.say(f"{slug} {'is never archived' if pinned else 'may be archived again'}.")


def _print_budget(screen: Screen, memory: Memory) -> None:
    from archkit.memory import budget as budgets

    held, put_away = budgets.status(memory), budgets.archives(memory)
    if screen.as_json:
        screen.data({"agents": held.agents, "archives": put_away})
        return
    if not held.agents:
        screen.say("No agent keeps anything yet.")
        return
    columns = [Column("agent"), Column("used", "right"), Column("limit", "right")]
    columns += [Column("share", "right"), Column("events", "right"), Column("archived", "right")]
    screen.table(
        columns,
        (
            (
                a.agent or "(no agent)",
                megabytes(a.used_bytes),
                megabytes(a.limit_bytes),
                percent(a.share) + (" OVER" if a.share > 1 else ""),
                f"{a.events:,}",
                f"{a.archived_events:,}",
            )
            for a in held.agents
        ),
    )
    for over in held.over:
        screen.say(f"See what would be archived: archkit budget --agent {over.agent!r}")
    if put_away:
        screen.head("Archives")
        heads = [Column("name"), Column("agent"), Column("events", "right"), Column("")]
        screen.table(
            heads,
            (
                (a.name, a.agent, f"{a.events:,}", "restored" if a.restored else "kept")
                for a in put_away
            ),
        )


def _archive(
    screen: Screen, memory: Memory, agent: str, limit_mb: float | None, apply: bool
) -> None:
    from archkit.memory import budget as budgets

    planned = budgets.plan(memory, agent=agent, limit_mb=limit_mb)
    report = None
    if apply and planned.items:
        with screen.progress("Archiving") as progress:
            report = budgets.enforce(memory, agent=agent, limit_mb=limit_mb, progress=progress)
    if screen.as_json:
        screen.data({"plan": planned, "archived": report})
        return
    _print_plan(screen, planned)
    if report is not None:
        screen.say(f"Archived {counted(report.events, 'event')} as {report.archive}.")
        preview(screen, True, f"archkit budget --restore {report.archive} --apply")
    elif planned.items:
        preview(screen, False, "")


def _print_plan(screen: Screen, planned: BudgetPlan) -> None:
    used, limit = megabytes(planned.used_bytes), megabytes(planned.limit_bytes)
    screen.say(f"{planned.agent or 'No agent'} keeps {used} of {limit}.")
    if not planned.items:
        screen.say("Nothing needs to be archived.")
        return
    columns = [Column("what"), Column("name"), Column("size", "right"), Column("why")]
    screen.table(columns, ((i.what, i.name, megabytes(i.bytes), i.why) for i in planned.items[:40]))
    if len(planned.items) > 40:
        screen.say(f"and {len(planned.items) - 40} more")
    kept = ", ".join(f"{why} {megabytes(size)}" for why, size in planned.protected.items())
    screen.pairs(
        [
            ("left then", megabytes(planned.after_bytes)),
            ("never archived", kept or "nothing"),
            *([] if planned.enough else [("", "This is not enough; the rest is protected.")]),
        ]
    )


def _bring_back(screen: Screen, memory: Memory, name: str, apply: bool) -> None:
    from archkit.memory import budget as budgets

    if not apply:
        waiting = [a for a in budgets.archives(memory) if name in ("all", a.name)]
        if screen.as_json:
            screen.data({"archives": waiting})
        screen.points(f"{a.name}: {counted(a.events, 'event')} of {a.agent}" for a in waiting)
        preview(screen, False, "")
        return
    with screen.progress("Restoring") as progress:
        done = budgets.restore(memory, None if name == "all" else name, progress=progress)
    if screen.as_json:
        screen.data(done)
    screen.pairs(told_pairs(done))
    screen.say("Done.")


@app.command(rich_help_panel=KEEPING)
@plainly
def forget(
    session: Annotated[
        str | None, typer.Option(help="A session's id, its beginning, or last.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="Words to take out wherever they stand.")] = None,
    person: Annotated[
        list[str] | None, typer.Option(help="A person, by each name and address. Repeatable.")
    ] = None,
    how: Annotated[
        Literal["mask", "drop"] | None,
        typer.Option(help="Write the words over, or drop the records that hold them."),
    ] = None,
    backups: Annotated[
        list[Path] | None, typer.Option("--backup", help="A backup to clean, too. Repeatable.")
    ] = None,
    reason: Reason = "",
    apply: Apply = False,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Really delete a session, or what is known of a person: database, spool and archives."""
    from archkit.memory.forget import forget as delete

    asked = [what for what in (session, text, person) if what]
    if len(asked) != 1:
        raise usage("Give one of --session, --text and --person.")
    screen = Screen(as_json)
    with opened(memory) as kept, screen.progress("Forgetting") as progress:
        report = delete(
            kept,
            session=whole_id(kept, session, "session") if session else None,
            text=text,
            person=person or None,
            how=how,
            backups=backups or (),
            dry_run=not apply,
            reason=reason,
            progress=progress,
        )
    if as_json:
        screen.data(report)
    done = "Deleted" if apply else "Would delete"
    screen.say(f"{done} {counted(report.events, 'event')}.")
    screen.pairs(told_pairs(report, but=("dry_run", "events", "note")))
    if report.events:
        preview(screen, apply, "Done. This cannot be undone: what is gone is gone.")


@app.command(rich_help_panel=KEEPING)
@plainly
def reset(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            help="everything, candidates, unused, failed, sessions, simulated or imported."
        ),
    ] = None,
    reason: Reason = "",
    apply: Apply = False,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Clear part of a memory: previewed, backed up first, audited."""
    from archkit.memory.reset import WHAT
    from archkit.memory.reset import reset as clear

    screen = Screen(as_json)
    asked = what or ["candidates"]
    unknown = [name for name in asked if name not in WHAT]
    if unknown:
        raise usage(f"{unknown[0]!r} is none of: {', '.join(WHAT)}.")
    with opened(memory) as kept, screen.progress("Clearing") as progress:
        report = clear(kept, asked, dry_run=not apply, reason=reason, progress=progress)
    if as_json:
        screen.data(report)
    done = "Cleared" if apply else "Would clear"
    screen.say(f"{done} {counted(report.events, 'event')} ({', '.join(asked)}).")
    screen.pairs(told_pairs(report, but=("what", "dry_run", "events", "hint")))
    if report.events:
        undo = f"archkit restore {report.backup.name} --apply" if report.backup else report.hint
        preview(screen, apply, undo)


@app.command(rich_help_panel=KEEPING)
@plainly
def rebuild(memory: MemoryPath = None, as_json: AsJson = False) -> None:
    """Derive all tables anew from the events, in a new file that takes the old one's place."""
    screen = Screen(as_json)
    with opened(memory) as kept, screen.progress("Rebuilding") as progress:
        events = kept._store.rebuild(progress)
        path = kept.path
    if as_json:
        screen.data({"events": events, "memory": path})
    screen.say(f"Rebuilt {shown_path(path)} from {counted(events, 'event')}.")
