"""A report to where it was asked for: the page, and what is wanted beside it."""

from __future__ import annotations

from pathlib import Path

from archkit.report.document import Document
from archkit.report.files import DataFormat, write_page
from archkit.report.folder_index import refresh_index
from archkit.report.page import as_page

__all__ = ["delivered"]


def delivered(
    document: Document,
    path: str | Path,
    *,
    slim: bool = False,
    pdf: bool = False,
    data: DataFormat | None = None,
) -> Path:
    """Write a report, and what is wanted beside it; then the index of its folder, if it has one.

    Parameters
    ----------
    document
        The report.
    path
        Its page, which `archkit.report.files.check_target` has let pass.
    slim
        Hold only the part of Plotly that the figures need.
    pdf
        Print it to a PDF beside the page, too.
    data
        Write its frames beside it, too: csv or parquet.

    Returns
    -------
    Path
        The page, as seen from here.

    Raises
    ------
    ReportError
        One of them cannot be written, or no PDF can be made; what was written before stays.
    """
    written = write_page(path, as_page(document, slim=slim))
    try:
        if data:
            from archkit.report.frames import write_frames

            write_frames(document, path, data)
        if pdf:
            from archkit.report.paper import write_pdf

            write_pdf(path)
    finally:
        refresh_index(Path(path).parent)
    return written
