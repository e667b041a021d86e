"""`archkit story`: a story's tasks shown and ticked, by the card's protocol."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archkit.cli.app import DECIDING, AsJson, app, opened, plainly, usage
from archkit.cli.screen import Column, Screen

if TYPE_CHECKING:
    from archkit.decisions.story import Drift, Story, StoryUpdate

__all__ = ["show", "story", "tick"]

story = typer.Typer(help="Show a story's tasks, or tick them.", no_args_is_help=True)
app.add_typer(story, name="story", rich_help_panel=DECIDING)

StoryFile = Annotated[
    Path | None,
    typer.Option("--story", metavar="FILE", help="The story; else the project's current one."),
]
Project = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="The project, whose docs/development/status.xml names the current story; "
        "the working directory by default.",
    ),
]
Log = Annotated[
    Path | None,
    typer.Option(
        "--memory", metavar="PATH", help="Log what is written in this memory: its file or folder."
    ),
]
_TASK = (
    Column("line", "right", folds=False),
    Column("", folds=False),
    Column("number", folds=False),
    Column("task"),
    Column("waits", wide=True, folds=False),
)


@story.command("show")
@plainly
def show(file: StoryFile = None, project: Project = None, as_json: AsJson = False) -> None:
    """Show a story's tasks with their numbers and lines, its status, and where they disagree."""
    from archkit.decisions.story import read_story

    found = read_story(_where(file, project))
    screen = Screen(as_json)
    if as_json:
        told: dict[str, Any] = {"story": found.name, "title": found.title}
        told["status"] = found.status
        told |= {"tasks": found.to_frame(), "drift": [_drift(d) for d in found.drift]}
        screen.data({**told, "warnings": list(found.warnings)})
        return
    screen.say(found.title or found.name, style="bold")
    screen.say(f"{found.name}: {found.status or 'no status'}")
    screen.say()
    screen.table(_TASK, _rows(found))
    if found.warnings or found.drift:
        screen.say()
    _tell(screen, found, found.drift)


@story.command("tick")
@plainly
def tick(
    tasks: Annotated[
        list[str] | None,
        typer.Argument(
            help="Numbers (3.1), whole texts, headings, lines (L14) or all; none only brings the "
            "status in line."
        ),
    ] = None,
    file: StoryFile = None,
    project: Project = None,
    write: Annotated[
        bool,
        typer.Option(
            "--apply/--dry-run",
            "--write/ ",
            help="Really write it; without this only the diff is shown.",
        ),
    ] = False,
    was: Annotated[
        bool, typer.Option("--was", help="Say in a comment what the status was.")
    ] = False,
    memory: Log = None,
    as_json: AsJson = False,
) -> None:
    """Tick tasks, move the status when all are done, set the time; every other byte stays.

    What is written is logged as one event if --memory names one.
    """
    from archkit.decisions.story import update_story

    screen = Screen(as_json)
    update = update_story(_where(file, project), tasks or [], was=was)
    if write and update.changed and memory is not None:
        with opened(memory, writes=True) as kept:
            update = update.apply(kept)
    elif write:
        update = update.apply()
    if as_json:
        told: dict[str, Any] = {**update.as_json(), "written": update.written}
        told |= {"diff": update.diff, "drift": [_drift(d) for d in update.drift]}
        screen.data({**told, "warnings": list(update.story.warnings)})
        return
    _show_diff(screen, update)
    if _tell(screen, update.story, update.drift):
        screen.say()
    screen.say(update.summary(), style="bold")
    if update.changed and not update.written:
        screen.say("This was a preview: nothing was changed. Do it with --apply.")


def _where(file: Path | None, project: Path | None) -> Path:
    if file is not None and project is not None:
        raise usage("Name the story or the project, not both.", "--story")
    if file is not None and file.is_dir():
        raise usage("It is a folder; a project is named by --project.", "--story")
    return file or project or Path()


def _rows(found: Story) -> list[list[object]]:
    waits = {"task": "yes", "review": "yes, review", "": "no"}
    return [
        [
            task.line,
            f"[{task.mark}]",
            task.number,
            f"{'  ' * task.depth}{task.text}",
            waits[task.kind],
        ]
        for task in found.tasks
    ]


def _show_diff(screen: Screen, update: StoryUpdate) -> None:
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in update.diff.splitlines():
        screen.say(line, style=styles.get(line[:1], ""), wrap=False)
    if update.diff:
        screen.say()


def _tell(screen: Screen, found: Story, drift: tuple[Drift, ...]) -> bool:
    """Show what is odd about a story, and say whether anything is."""
    lines = [*found.warnings]
    lines += [f"Line {d.line}: {d.message}" if d.line else d.message for d in drift]
    screen.points(lines, mark="!")
    return bool(lines)


def _drift(drift: Drift) -> dict[str, Any]:
    return {"rule": drift.rule, "line": drift.line, "message": drift.message}
