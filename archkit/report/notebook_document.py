"""A notebook that was run, as the document that a page is made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from archkit.figures.style import count_of
from archkit.markup import esc
from archkit.report.document import Document, Section
from archkit.report.notebook_html import clean_html
from archkit.report.notebook_markdown import Headings, markdown_parts, title_of
from archkit.report.notebook_outputs import outputs_html
from archkit.report.notebook_tally import Tally, code_numbers
from archkit.report.notebook_widgets import Widgets
from archkit.report.notebook_words import plain_words
from archkit.report.text import as_date

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from archkit.report.notebook_run import Run

__all__ = ["PARTIAL", "Told", "notebook_document"]

PARTIAL = '<div class="partial" role="note">'
"""What a page of a notebook that did not come to its end begins with, and no other has."""

_NO_CELL = {"remove-cell", "remove_cell"}
_NO_INPUT = {"hide-input", "hide_input", "remove-input", "remove_input"}
_NO_OUTPUT = {"hide-output", "hide_output", "remove-output", "remove_output"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a page says of its notebook beside what is in it.

    Attributes
    ----------
    name
        The notebook's file name.
    title
        The heading; the notebook's own, or its name, by default.
    given
        The parameters that were given, as Python writes them.
    code
        Whether the code of the cells is there, folded.
    now
        When it was run.
    """

    name: str
    title: str | None
    given: Mapping[str, str]
    code: bool
    now: datetime


@dataclass(slots=True)
class _Open:
    """A section that is being written."""

    name: str
    heading: str
    pieces: list[str] = field(default_factory=list)


def notebook_document(run: Run, folder: Path, told: Told) -> tuple[Document, Tally]:
    """Return the document of a notebook that was run, and what was counted on the way.

    Parameters
    ----------
    run
        The notebook with its outputs; of one that failed, what comes before its end.
    folder
        The notebook's.
    told
        What the page says beside it.
    """
    tally, headings = Tally(folder), Headings()
    title, cells = _titled(run.notebook, folder)
    made = [_Open("", "")]
    if run.failure is not None:
        cells = cells[: run.failure.index + 1]
    widgets = Widgets(run.notebook.metadata)
    numbers = code_numbers(run.notebook)
    for place, (cell, source) in enumerate(cells):
        tags = set(cell.metadata.get("tags", ()))
        tally.cell = numbers.get(place, tally.cell)
        tally.in_text = cell.cell_type != "code"
        if tags & _NO_CELL:
            continue
        if cell.cell_type == "markdown":
            _add_text(made, cell, source, headings, tally)
        elif cell.cell_type == "code":
            made[-1].pieces.extend(_code_cell(cell, source, tags, widgets, tally, told))
        elif source.strip():
            made[-1].pieces.append(_raw_cell(cell, source, tally))
    first, *rest = made
    return Document(
        kind="notebook",
        title=told.title or title or Path(told.name).stem,
        lede=_lede(run, told, len(numbers)),
        now=told.now,
        before="\n".join((_failed(run, len(numbers)), _given(told), *first.pieces)),
        sections=(
            *(Section(each.name, each.heading, "\n".join(each.pieces)) for each in rest),
            *_unshown(tally, headings),
        ),
        style=_style(),
    ), tally


def _titled(notebook: NotebookNode, folder: Path) -> tuple[str, list[tuple[NotebookNode, str]]]:
    """Take the title off the first cell with anything in it; give the cells with their sources."""
    cells = [(cell, plain_words(cell.source, folder)) for cell in notebook.cells]
    first = next((n for n, (cell, source) in enumerate(cells) if source.strip()), None)
    if first is None or cells[first][0].cell_type != "markdown":
        return "", cells
    title, rest = title_of(cells[first][1])
    cells[first] = (cells[first][0], rest)
    return title, cells


def _add_text(
    made: list[_Open], cell: NotebookNode, source: str, headings: Headings, tally: Tally
) -> None:
    for part in markdown_parts(source, headings, tally, cell.get("attachments", {})):
        if part.heading is not None:
            made.append(_Open(part.name, part.heading))
        made[-1].pieces.append(part.body)


def _raw_cell(cell: NotebookNode, source: str, tally: Tally) -> str:
    """Return what JupyterLab shows as it is, and other pages as what it is for."""
    kind = cell.metadata.get("format") or cell.metadata.get("raw_mimetype")
    if kind == "text/html":
        return clean_html(source, tally)
    return f'<pre tabindex="0">{esc(source)}</pre>'


def _code_cell(
    cell: NotebookNode, source: str, tags: set[str], widgets: Widgets, tally: Tally, told: Told
) -> Iterator[str]:
    if told.code and source.strip() and not tags & _NO_INPUT:
        name = f"cell {tally.cell}" if "injected-parameters" not in tags else "the parameters"
        yield (
            f'<details class="code"><summary>Code of {name}</summary>'
            f'<pre tabindex="0"><code>{_highlighted(source)}</code></pre>'
            "</details>"
        )
    if not tags & _NO_OUTPUT and cell.get("outputs"):
        yield outputs_html(cell.outputs, widgets, tally)


def _highlighted(source: str) -> str:
    """Return code as HTML, its parts told by classes."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    marked: str = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True, classprefix="c-"))
    return marked.rstrip("\n")


def _lede(run: Run, told: Told, cells: int) -> str:
    ran = count_of(cells if run.failure is None else run.failure.cell, "code cell")
    whole = ran if run.failure is None else f"{run.failure.cell} of {count_of(cells, 'code cell')}"
    line = f"{told.name} · run on {as_date(told.now)} · {whole} in {max(run.seconds, 0.1):.1f} s"
    return " · ".join((line, *run.notes))


def _failed(run: Run, cells: int) -> str:
    """Mark a report that is not whole: where its notebook ended, and why."""
    if run.failure is None:
        return ""
    failure = run.failure
    line = f"<pre tabindex='0'>{esc(failure.source)}</pre>" if failure.source else ""
    left = cells - failure.cell
    rest = f"{count_of(left, 'code cell')} after it did not run." if left else ""
    return (
        f"{PARTIAL}<p><strong>This report is partial.</strong> The "
        f"notebook ended at {esc(failure.where)}: {esc(failure.error)}</p>{line}"
        f"<p>What stands below is what ran until then. {rest}</p></div>"
    )


def _given(told: Told) -> str:
    if not told.given:
        return ""
    items = "".join(f"<dt>{esc(n)}</dt><dd>{esc(value)}</dd>" for n, value in told.given.items())
    return f'<p class="mute small">Run with</p><dl class="facts controls">{items}</dl>'


def _unshown(tally: Tally, headings: Headings) -> Iterator[Section]:
    """Name at the end what a page cannot show; nothing where all of it is there."""
    if not tally.unshown and not tally.buttons:
        return
    parts = []
    if tally.unshown:
        items = "".join(f"<li>{esc(line[0].upper() + line[1:])}</li>" for line in tally.unshown)
        parts.append(f"<ul>{items}</ul>")
    if tally.buttons:
        verb = "is" if tally.buttons == 1 else "are"
        parts.append(
            f"<p>{count_of(tally.buttons, 'button')} {verb} left out: nothing runs in a file.</p>"
        )
    yield Section(headings.name("not shown"), "What is not shown here", "".join(parts))


@cache
def _style() -> str:
    return (files("archkit") / "library" / "notebook.css").read_text(encoding="utf-8")
