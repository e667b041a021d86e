"""Changing one field of an ADR where it stands, and no other byte."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from archkit.decisions.adr_status import STATUSES, status_of
from archkit.errors import ArchkitError

if TYPE_CHECKING:
    from archkit.decisions.adr import Adr
    from archkit.decisions.adr_field import StatusSaid

__all__ = ["with_status"]


def with_status(adr: Adr, status: str, *, by: str = "", on: date | None = None) -> Adr:
    """Return an ADR with another status, written wherever it states one; all else byte for byte.

    Parameters
    ----------
    adr
        The ADR.
    status
        One of `STATUSES`.
    by
        What supersedes it: an ADR's number, its file, or a Markdown link.
    on
        The day, written after the words where it is given.

    Returns
    -------
    Adr
        What the changed text reads as.

    Raises
    ------
    ArchkitError
        It states no status, so there is no place to write one.
    ValueError
        The status is none of `STATUSES`, or `by` or the status would break the line.
    """
    from archkit.decisions.adr import read_adr

    if status not in STATUSES:
        raise ValueError(f"A status is one of {', '.join(STATUSES)}, not {status!r}.")
    if re.search(r"[\r\n|]", by):
        raise ValueError(f"What supersedes an ADR is named on one line, without '|': {by!r}.")
    if not adr.statuses:
        raise ArchkitError(
            f"{adr.name or 'The ADR'!r} states no status that could be changed.",
            why="Neither its front matter nor its header nor a Status section names one.",
            mend="Write a Status section, or a line 'Status: accepted' below the title.",
        )
    text = adr.text
    for said in sorted(adr.statuses, key=lambda one: -one.start):
        start, end = _words_at(said, text)
        new = _worded(said, status, by, on)
        text = text[:start] + new + text[end:]
    return read_adr(text.encode("utf-8", "surrogateescape"), name=adr.name)


def _words_at(said: StatusSaid, text: str) -> tuple[int, int]:
    """Return the characters to write over: the first line that states it, less emoji and marks."""
    _, first, last = status_of(said.text)
    if said.status is None:
        first, last = 0, len(said.text)
    line_start = said.text.rfind("\n", 0, first) + 1
    line_end = min((i for i in (said.text.find(c, last) for c in "\r\n") if i >= 0), default=-1)
    line_end = len(said.text) if line_end < 0 else line_end
    if said.form == "tags" or "super" not in said.text[first:last].casefold():
        # The word alone: a day, a remark or other tags after it stay as they are.
        line_end = last
    start = first if said.status else line_start
    return said.start + start, said.start + line_end


def _worded(said: StatusSaid, status: str, by: str, on: date | None) -> str:
    """Write the status as the old one was: with or without a capital."""
    _, first, _ = status_of(said.text)
    word = said.text[first : first + 1]
    words = status if word.islower() or not word.isalpha() else status[0].upper() + status[1:]
    if said.form == "tags":
        return words
    words += f" by {by}" if by and "superseded" in status else ""
    words += f" ({on.isoformat()})" if on else ""
    if said.form == "front matter" and by:
        inner = words.replace("\\", "\\\\").replace('"', '\\"')
        return words if said.text[:1] in "\"'" else f'"{inner}"'
    return words
