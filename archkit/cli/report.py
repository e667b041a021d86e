"""The report and the demo from a shell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archkit.cli.app import LOOKING, AsJson, MemoryPath, app, opened, plainly
from archkit.cli.decision import whole_id
from archkit.cli.screen import Screen
from archkit.plain import shown_path

__all__ = ["demo", "report"]


@app.command(rich_help_panel=LOOKING)
@plainly
def report(
    path: Annotated[Path | None, typer.Argument(help="The HTML file to write.")] = None,
    session: Annotated[
        str | None, typer.Option(help="Show this session: its id, its beginning, or last.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="The heading.")] = None,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Write the report of a memory to one HTML file, by default in reports/ beside it."""
    from archkit.report import write_report

    screen = Screen(as_json)
    with opened(memory) as kept:
        target = path or kept.path.parent / "reports" / "memory.html"
        screen.note("Reading the memory and drawing the figures …")
        shown = whole_id(kept, session, "session") if session else None
        written = write_report(kept, target, session=shown, title=title)
    if as_json:
        screen.data({"report": written, "bytes": written.stat().st_size})
    screen.say(shown_path(written))


@app.command(rich_help_panel=LOOKING)
@plainly
def demo(
    folder: Annotated[
        Path | None, typer.Option(help="Where the demo keeps its memory and report.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the main job offline: brief, questions, proposal, decision, outcomes, report."""
    from archkit.demo import PROJECT, main_job

    screen = Screen(as_json)
    said: list[str] = []

    def step(line: str) -> None:
        said.append(line.strip())
        screen.say(line if line.startswith(" ") else f"- {line}")

    written = main_job(folder or PROJECT / "data" / "demo", say=step)
    if as_json:
        screen.data({"report": written, "steps": said})
    screen.say(f"\nThe report: {shown_path(written)}  (open it in a browser; it needs no network)")
    screen.say("Next: make lab  opens the notebooks in JupyterLab; begin with 00_start_here.")
