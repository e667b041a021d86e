"""A view of a dashboard as one HTML file: its tiles, and every figure of the part shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from archkit.figures.style import count_of
from archkit.markup import esc
from archkit.plain import slug_of
from archkit.report.files import write_page
from archkit.report.page import figure_block, page
from archkit.report.parts import tiles as tiles_html
from archkit.report.text import as_date

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["ViewFigure", "write_view"]


class ViewFigure(NamedTuple):
    """One figure of a view: made for the light theme, with its caption and its data as HTML."""

    name: str
    figure: Figure
    caption: str
    table: str


def write_view(
    path: str | Path,
    *,
    scope: str,
    tiles: Sequence[tuple[str, str, str]],
    figures: Sequence[ViewFigure],
    made_up: int,
    now: datetime,
) -> Path:
    """Write a view of a memory.

    Parameters
    ----------
    path
        The file; an older one there is replaced, whole or not at all.
    scope
        Which part of the memory it shows, in words.
    tiles
        Label, value and note of each.
    figures
        What to show, in order.
    made_up
        Decisions whose latest outcome is simulated: the page says so at its head.
    now
        The instant it was looked at.

    Returns
    -------
    Path
        The file, as seen from here.

    Raises
    ------
    ReportError
        It cannot be written there.
    """
    blocks = [
        f'<h2 id="{slug_of(each.name)}">{esc(each.name)}</h2>'
        + figure_block(each.figure, slug_of(each.name), each.caption, each.table)
        for each in figures
    ]
    links = "".join(
        f'<li><a href="#{slug_of(each.name)}">{esc(each.name)}</a></li>' for each in figures
    )
    warning = (
        f'<p class="made-up">{count_of(made_up, "decision")} here '
        f"{'has' if made_up == 1 else 'have'} a <strong>simulated</strong> outcome: made-up data, "
        "drawn as hollow triangles. Conclude nothing about real work from them.</p>"
        if made_up
        else ""
    )
    heading = "The memory's dashboard"
    return write_page(
        path,
        page(
            title=heading,
            header=f'<h1>{heading}</h1><p class="lede">Shown: {esc(scope)}</p>'
            f'<nav aria-label="Contents"><ul class="contents">{links}</ul></nav>',
            body="\n".join([warning, tiles_html(tiles), *blocks]),
            footer=f"<p>Written by archkit on {as_date(now)} (UTC). Instants are UTC; a missing "
            "figure is a dash, never zero. This file requests nothing from any network.</p>",
        ),
    )
