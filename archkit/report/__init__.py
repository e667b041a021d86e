"""Reports of a memory, of many kinds: each one HTML file that opens from disk, requesting nothing.

A kind is read from one state of the memory (`archkit.report.kinds`), is written as a `Document`
(`archkit.report.document`), and becomes a page (`archkit.report.page`). So does a notebook that
was run (`archkit.report.notebook`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from archkit.errors import ReportError
from archkit.records import utc_now
from archkit.report.notebook import NotebookReport, write_notebook_report

if TYPE_CHECKING:
    from archkit.architect.session import Session
    from archkit.memory.memory import Memory
    from archkit.report.document import Document
    from archkit.report.kinds import Kind

__all__ = ["NotebookReport", "write_notebook_report", "write_report"]


def write_report(
    memory: Memory | None,
    path: str | Path | None = None,
    *,
    kind: str = "memory",
    session: str | Session | None = None,
    title: str | None = None,
    now: datetime | None = None,
    force: bool = False,
    slim: bool = False,
    pdf: bool = False,
    data: Literal["csv", "parquet"] | None = None,
    **parameters: Any,
) -> Path:
    """Write a report: of a memory or a part of it, a session, a decision and so on.

    Parameters
    ----------
    memory
        What to report; None for the page of one session that had no memory.
    path
        The file to write; its folder is made. By default `reports/<kind>.html` beside the memory,
        where an older report is replaced. A report is there whole or not at all.
    kind
        What to show: a name of `archkit.report.kinds.KINDS`.
    session
        The session of the kind `session`, the latest by default, or one that the kind `memory`
        shows at its end: its id, the beginning of it, `last`, or the session itself. One whose
        memory was off is in no memory: hand in the session itself.
    title
        The heading; made from what is shown by default.
    now
        The instant to look from; the present by default.
    force
        Whether a file that is there already may be replaced.
    slim
        Hold only the part of Plotly that the figures need, a quarter of it; all of it where a
        figure needs more, which the page then says at its foot.
    pdf
        Print it to a PDF beside it, too (`<name>.pdf`), by this machine's Chromium.
    data
        Write the frames that the figures are drawn from beside it, too, as CSV or Parquet, into
        the folder `<name>-data`.
    **parameters
        Those of the kind, as `archkit.report.kinds.parameters_of` lists them: `agent`, `since`
        and so on; values are Python's or the text that a shell would give.

    Returns
    -------
    Path
        The file, as seen from here: one page of HTML with its figures, styles and data in it.

    Raises
    ------
    ReportError
        There is no such kind or parameter, a parameter cannot take such a value, the file cannot
        be written there or is there already, what is asked for is not in the memory, or no PDF
        can be made; the page is there all the same then.
    """
    from archkit.report.delivery import delivered
    from archkit.report.files import check_target
    from archkit.report.kinds import kind_named

    chosen = kind_named(kind)
    asked = chosen.values(parameters if session is None else {**parameters, "session": session})
    target = Path(path) if path is not None else _beside(memory, kind)
    check_target(target, force=force, own=path is None, pdf=pdf, data=data)
    document = _document(memory, chosen, now or utc_now(), asked)
    titled = replace(document, title=title) if title else document
    return delivered(titled, target, slim=slim, pdf=pdf, data=data)


def _document(
    memory: Memory | None, kind: Kind, now: datetime, asked: Mapping[str, Any]
) -> Document:
    """Read all of it from one state of the memory, then write it."""
    from archkit.memory.snapshot import snapshot

    if memory is not None:
        with snapshot(memory) as state:
            contents = kind.read(state, now, **asked)
    elif kind.alone:
        contents = kind.read(None, now, **asked)
    else:
        raise _nothing()
    return kind.write(contents)


def _beside(memory: Memory | None, kind: str) -> Path:
    if memory is None:
        raise _nothing("No path was named either.")
    return memory.path.parent / "reports" / f"{kind}.html"


def _nothing(more: str = "") -> ReportError:
    return ReportError(
        "There is nothing to report.",
        why=f"No memory was handed in. {more}",
        mend="Call write_report(memory, path); of a session alone: "
        'write_report(None, path, kind="session", session=session).',
    )
