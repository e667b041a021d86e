"""The command `archkit`: the demo and the report from a shell."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import typer

from archkit import __version__
from archkit.errors import ArchkitError
from archkit.plain import shown_path

__all__ = ["app"]

P = ParamSpec("P")
T = TypeVar("T")

app = typer.Typer(
    help="archkit: brief an architect agent, decide, and learn from what came of it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _plainly(command: Callable[P, T]) -> Callable[P, T]:
    """Show an `ArchkitError` as its three lines and exit with 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except ArchkitError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error

    return run


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Print the version if that is all that is asked."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
@_plainly
def demo(
    folder: Annotated[
        Path | None, typer.Option(help="Where the demo keeps its memory and report.")
    ] = None,
) -> None:
    """Run the main job offline: brief, questions, proposal, decision, outcomes, report."""
    from archkit.demo import PROJECT, main_job

    report = main_job(folder or PROJECT / "data" / "demo", say=_step)
    typer.echo(f"\nThe report: {shown_path(report)}  (open it in a browser; it needs no network)")
    typer.echo("Next: make lab  opens the notebooks in JupyterLab; begin with 00_start_here.")


@app.command()
@_plainly
def report(
    path: Annotated[Path | None, typer.Argument(help="The HTML file to write.")] = None,
    session: Annotated[str | None, typer.Option(help="Show this session, by id.")] = None,
) -> None:
    """Write the report of your memory to one HTML file."""
    from archkit.memory.memory import Memory
    from archkit.report import write_report

    with Memory() as memory:
        target = path or memory.path.parent / "reports" / "memory.html"
        typer.echo(shown_path(write_report(memory, target, session=session)))


def _step(line: str) -> None:
    typer.echo(line if line.startswith(" ") else f"- {line}")
