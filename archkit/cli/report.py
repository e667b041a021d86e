"""The reports and the demo from a shell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from archkit.cli.app import LOOKING, AsJson, MemoryPath, app, exits_with, opened, plainly
from archkit.cli.notebook import is_notebook, notebook_report, refuse_of_notebooks
from archkit.cli.screen import Screen
from archkit.errors import ReportError
from archkit.figures.style import count_of
from archkit.plain import shown_path

__all__ = ["demo", "report"]


@app.command(rich_help_panel=LOOKING)
@plainly
def report(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="The HTML file to write, by default reports/KIND.html beside the memory; or a "
            "notebook (.ipynb) to run and report.",
        ),
    ] = None,
    kind: Annotated[str, typer.Option(help="What to show: see --kinds.")] = "memory",
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter",
            "-p",
            metavar="NAME=VALUE",
            help="A parameter of the kind, say -p agent=backend-architect. Repeat for several.",
        ),
    ] = None,
    session: Annotated[
        str | None, typer.Option(help="Short for -p session=: an id, its beginning, or last.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="The heading.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    slim: Annotated[
        bool, typer.Option("--slim", help="Hold only the part of Plotly that it needs: 2 MB.")
    ] = False,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Print it to a PDF beside it, too; takes a Chromium.")
    ] = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="Write its data beside it, too, as CSV.")
    ] = False,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="Write its data beside it, too, as Parquet.")
    ] = False,
    index: Annotated[
        Path | None,
        typer.Option(help="Write index.html of this folder of reports, and end.", metavar="FOLDER"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Of a notebook: the HTML file, by default beside it."),
    ] = None,
    code: Annotated[
        bool, typer.Option("--code", help="Of a notebook: keep the code of its cells, folded.")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Of a notebook: exit code 1 if anything cannot be shown."),
    ] = False,
    timeout: Annotated[
        float | None,
        typer.Option(help="Of a notebook: seconds its cells may take together, 1800 by default."),
    ] = None,
    kinds: Annotated[
        bool, typer.Option("--kinds", help="List the kinds and their parameters, and end.")
    ] = False,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Write a report of a memory, of a part of it, or of a notebook of yours to one HTML file."""
    from archkit.report import write_report
    from archkit.report.files import data_folder, pdf_path

    screen = Screen(as_json)
    if kinds:
        _list_kinds(screen)
        return
    if index:
        _index(screen, index, force)
        return
    if path is not None and is_notebook(path):
        notebook_report(
            screen,
            path,
            output,
            parameter or (),
            strict=strict,
            not_its={
                "--kind": kind != "memory",
                "--session": session,
                "--memory": memory,
                "--csv": csv,
                "--parquet": parquet,
            },
            title=title,
            code=code,
            force=force,
            slim=slim,
            pdf=pdf,
            **({} if timeout is None else {"timeout_s": timeout}),
        )
        return
    refuse_of_notebooks(
        {"--output": output, "--code": code, "--strict": strict, "--timeout": timeout}
    )
    data = _one_format(csv, parquet)
    given = _checked(kind, [*(parameter or ()), *([f"session={session}"] if session else ())])
    with opened(memory) as kept:
        screen.note("Reading the memory and drawing the figures …")
        written = write_report(
            kept, path, kind=kind, title=title, force=force, slim=slim, pdf=pdf, data=data, **given
        )
    beside = [pdf_path(written)] * pdf + [data_folder(written)] * bool(data)
    if as_json:
        more = {"pdf": pdf_path(written) if pdf else None, "data": data and data_folder(written)}
        screen.data({"report": written, "kind": kind, "bytes": written.stat().st_size, **more})
    for each in (written, *beside):
        screen.say(shown_path(each))


@exits_with(2)
def _one_format(csv: bool, parquet: bool) -> Literal["csv", "parquet"] | None:
    if csv and parquet:
        raise ReportError(
            "The data of a report is written in one format.",
            why="Both --csv and --parquet were given.",
            mend="Give one of them.",
        )
    return "csv" if csv else "parquet" if parquet else None


def _index(screen: Screen, folder: Path, force: bool) -> None:
    """List the reports of a folder on a page, and say what was left out."""
    from archkit.report.folder_index import write_index

    made = write_index(folder, force=force)
    if screen.as_json:
        listed = [{"file": one.file, "title": one.title, "kind": one.kind} for one in made.listed]
        screen.data({"index": made.path, "reports": listed, "skipped": list(made.skipped)})
        return
    screen.say(f"{shown_path(made.path)}  ({count_of(len(made.listed), 'report')})")
    if made.skipped:
        screen.say(f"Not listed, for archkit did not write them: {', '.join(made.skipped)}")


@exits_with(2)
def _checked(kind: str, pairs: Sequence[str]) -> Mapping[str, Any]:
    """Refuse what is no kind, parameter or value of one, before the memory is opened."""
    from archkit.report.kinds import kind_named
    from archkit.report.parameters import pairs_read

    given = pairs_read(pairs)
    kind_named(kind).values(given)
    return given


def _list_kinds(screen: Screen) -> None:
    from archkit.report.kinds import KINDS, parameters_of

    if screen.as_json:
        screen.data({n: {"told": k.told, "parameters": parameters_of(n)} for n, k in KINDS.items()})
        return
    for name, each in KINDS.items():
        screen.say(f"{name}: {each.told}", style="bold")
        for parameter, told in parameters_of(name).items():
            screen.say(f"  {parameter:<11} {told}")


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
