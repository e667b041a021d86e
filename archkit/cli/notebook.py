"""A notebook's report from a shell: `archkit report my.ipynb`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from archkit.cli.app import usage
from archkit.cli.screen import Screen
from archkit.cli.told import counted
from archkit.plain import shown_path

__all__ = ["is_notebook", "notebook_report", "refuse_of_notebooks"]


def is_notebook(path: Path | None) -> bool:
    """Tell whether what is to be reported is a notebook, by its name."""
    return path is not None and path.suffix.lower() == ".ipynb"


def refuse_of_notebooks(options: Mapping[str, object]) -> None:
    """Refuse options, by name, that only the report of a notebook has."""
    if given := [name for name, value in options.items() if value]:
        raise usage("Only the report of a notebook (a path ending in .ipynb) has it.", given[0])


def notebook_report(
    screen: Screen,
    notebook: Path,
    output: Path | None,
    pairs: Sequence[str],
    *,
    strict: bool,
    not_its: Mapping[str, object],
    **settings: Any,
) -> None:
    """Run a notebook and write its report; say where it is, and what it could not show.

    Parameters
    ----------
    output
        The page; beside the notebook by default.
    pairs
        Its parameters, each as `name=value`.
    strict
        End with exit code 1 where anything could not be shown.
    not_its
        Options, by name, that reports of a memory have and this one has not.
    settings
        As `archkit.report.notebook.write_notebook_report` has them.
    """
    from archkit.report.files import pdf_path
    from archkit.report.notebook import write_notebook_report
    from archkit.report.parameters import pairs_read

    if given := [name for name, value in not_its.items() if value]:
        raise usage("The report of a notebook has no such option.", given[0])
    made = write_notebook_report(
        notebook, output, parameters=pairs_read(pairs), say=screen.note, **settings
    )
    pdf = pdf_path(made.path) if settings.get("pdf") else None
    if screen.as_json:
        screen.data(
            {
                "report": made.path,
                "kind": "notebook",
                "bytes": made.path.stat().st_size,
                "figures": made.figures,
                "unshown": list(made.unshown),
                "pdf": pdf,
            }
        )
    for each in (made.path, pdf):
        if each is not None:
            screen.say(shown_path(each))
    if made.unshown:
        lost = counted(len(made.unshown), "thing")
        screen.note(f"{lost} of the notebook could not be shown; the page's end names each.")
        if strict:
            raise typer.Exit(1)
