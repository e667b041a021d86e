"""Any notebook of the reader's, run and written as one HTML file that opens from disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.errors import ReportError
from archkit.plain import shown_path, utc_now

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from archkit.report.notebook_run import Failure

__all__ = ["NotebookReport", "write_notebook_report"]

TIMEOUT_S = 1800.0
"""How long the cells of a notebook may take together by default."""


@dataclass(frozen=True, slots=True)
class NotebookReport:
    """A notebook's report.

    Attributes
    ----------
    path
        The file, as seen from here.
    figures
        How many figures the page draws.
    unshown
        What of the notebook it could not show: the cell and what it was, in words.
    """

    path: Path
    figures: int
    unshown: tuple[str, ...]

    def __fspath__(self) -> str:
        return str(self.path)

    def __str__(self) -> str:
        lost = f", {len(self.unshown)} things not shown" if self.unshown else ""
        return f"{shown_path(self.path)}: {self.figures} figures{lost}"


def write_notebook_report(
    notebook: str | Path,
    path: str | Path | None = None,
    *,
    parameters: Mapping[str, Any] | None = None,
    title: str | None = None,
    code: bool = False,
    force: bool = False,
    slim: bool = False,
    pdf: bool = False,
    timeout_s: float = TIMEOUT_S,
    now: datetime | None = None,
    say: Callable[[str], None] | None = None,
) -> NotebookReport:
    """Run a notebook and write what it shows as a page; the notebook itself is not changed.

    It runs from top to bottom in a kernel of its own, in its own folder. Figures are drawn in
    the page, widgets stand as they were at the end, code is left out. Whatever could not be shown
    is named in its place and at the page's end.

    Parameters
    ----------
    notebook
        The .ipynb file.
    path
        The page to write; beside the notebook, under its name, by default.
    parameters
        Values for what its cell tagged `parameters` sets, by name. A text is read as the type of
        the default, as YAML where that is None; another value must be of that type.
    title
        The heading; the notebook's first heading by default.
    code
        Keep the code of the cells, folded. Cells tagged `hide-input` never show theirs;
        `hide-output` and `remove-cell` are heeded, too.
    force
        Replace a file that is there. Without a `path`, a page of archkit's is replaced anyway.
    slim
        Carry only the part of Plotly that the figures need, where there is one.
    pdf
        Print it to a PDF beside the page, too; takes a Chromium.
    timeout_s
        Seconds the cells may take together.
    now
        The instant to put into the page; the present by default.
    say
        Told which cell runs; by default, nobody is.

    Returns
    -------
    NotebookReport
        The file, how many figures it draws, and what it could not show.

    Raises
    ------
    ReportError
        There is no such notebook, a parameter is not one of its own or cannot take the value,
        the page may not be written, or no kernel starts. Also where a cell failed, the kernel
        died, the time was up or Ctrl+C was pressed: then what ran is in `<name>.partial.html`,
        marked at its top, and a whole report that was there before is left alone. The next whole
        run takes the partial page away.
    """
    from archkit.report.delivery import delivered
    from archkit.report.files import check_target
    from archkit.report.notebook_document import Told, notebook_document
    from archkit.report.notebook_parameters import literals, with_parameters
    from archkit.report.notebook_run import run_notebook
    from archkit.report.notebook_words import plain_words

    source = Path(notebook)
    target = Path(path) if path is not None else source.with_suffix(".html")
    partial = target.with_name(f"{target.stem}.partial.html")
    check_target(target, force=force, own=path is None, pdf=pdf)
    check_target(partial, force=force, own=True)
    if not timeout_s > 0:
        raise ReportError(
            f"A notebook cannot run for {timeout_s:g} s.",
            why="It needs some time.",
            mend="Give a number of seconds above zero.",
        )
    read, folder = _read(source), source.resolve().parent
    given = {n: plain_words(v, folder) for n, v in literals(read, parameters or {}).items()}
    run = run_notebook(
        with_parameters(read, parameters or {}), folder, timeout_s=timeout_s, say=say or _quiet
    )
    told = Told(source.name, title, given, code, now or utc_now())
    document, tally = notebook_document(run, folder, told)
    if run.failure is None:
        _forget(partial)
        written = delivered(document, target, slim=slim, pdf=pdf)
        return NotebookReport(written, tally.figures, tuple(tally.unshown))
    raise _partial(source, run.failure, delivered(document, partial, slim=slim))


def _forget(partial: Path) -> None:
    """Take the partial page of an earlier run away, before an index of its folder is made."""
    from archkit.report.files import is_report
    from archkit.report.notebook_document import PARTIAL

    with suppress(OSError):  # gone already, or kept by its folder: it says itself what it is
        if is_report(partial) and PARTIAL.encode() in partial.read_bytes():
            partial.unlink()


def _quiet(_: str) -> None:
    """Tell nobody."""


def _partial(source: Path, failure: Failure, written: Path) -> ReportError:
    line = f" In: {failure.source}" if failure.source else ""
    return ReportError(
        f"The report is partial: {source.name} ended at {failure.where}.",
        why=f"{failure.error}{line}",
        mend=f"What ran is in {shown_path(written)}. Mend the notebook and write it again.",
    )


def _read(source: Path) -> NotebookNode:
    """Read a notebook of any version 4, or say why it cannot be."""
    import nbformat

    try:
        text = source.read_text(encoding="utf-8")
        found: NotebookNode = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
        nbformat.validate(found)
    except OSError as error:
        raise ReportError(
            f"The notebook {shown_path(source)!r} cannot be read.",
            why=f"{error.strerror or error}.",
            mend="Give the path of an .ipynb file.",
        ) from error
    except Exception as error:  # JSON, an encoding, a version or a schema: none is a notebook
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ReportError(
            f"{shown_path(source)!r} is no notebook.",
            why=f"{reason[0][:200]}.",
            mend="Give the path of an .ipynb file that JupyterLab opens.",
        ) from error
    if not any(cell.source.strip() for cell in found.cells):
        raise ReportError(
            f"The notebook {shown_path(source)!r} is empty.",
            why="None of its cells has anything in it.",
            mend="Save it in JupyterLab first.",
        )
    return found
