"""A report before it is a page: title, lede, sections of HTML, and the frames beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Document", "Section"]


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a report.

    Attributes
    ----------
    name
        Its id in the page, unique there.
    heading
        What the section is called, as text: the page writes it as a heading of level two.
    body
        The section below its heading, as safe HTML; its own headings begin at level three.
    """

    name: str
    heading: str
    body: str


@dataclass(frozen=True, slots=True)
class Document:
    """What a report says; `archkit.report.page.as_page` makes it one HTML file.

    Attributes
    ----------
    kind
        Which kind of report it is: a name of `archkit.report.kinds.KINDS`.
    title
        The heading of level one, as text.
    lede
        Whose memory, which part, which span, as text.
    now
        The instant from which it looks.
    sections
        In the order in which they are read; the table of contents lists them.
    before
        What stands before the first section, as safe HTML: tiles and notes.
    frames
        The rows that the figures are drawn from, by a name that a file can bear.
    style
        Rules of style that its kind alone needs.
    """

    kind: str
    title: str
    lede: str
    now: datetime
    sections: tuple[Section, ...]
    before: str = ""
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    style: str = ""
