"""A cell of a performance matrix as one types it: `3`, `2–5`, `2–3–5`, `36 of 38`, `4/5`, `?`."""

from __future__ import annotations

import re
from dataclasses import replace

from archkit.errors import ArchkitError, SessionError
from archkit.tradeoffs.cell import Cell, Grade, Interval, Known, Rate, Unknown
from archkit.tradeoffs.criterion import Criterion

__all__ = ["HOW_TO_WRITE", "read_cell", "written_cell"]

HOW_TO_WRITE = "3 · 2–5 · 2–3–5 (likeliest between) · 36 of 38 · 95 % of 38 · 4/5 (a grade) · ?"
"""What can be typed, for a hint."""

_NUMBER = r"[-\u2212+]?(?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_TO = r"\s*(?:–|\.\.|to|(?<=[\d.\s])-)\s*"
_RATE = re.compile(rf"({_NUMBER})\s*(%?)\s*(?:of|in)\s*({_NUMBER})")
_GRADE = re.compile(r"(?:grade\s+)?(\d+)\s*/\s*(\d+)")
_RANGE = re.compile(rf"({_NUMBER}){_TO}({_NUMBER})(?:{_TO}({_NUMBER}))?")
_ALONE = re.compile(rf"({_NUMBER})\s*(%?)")


def written_cell(cell: Cell) -> str:
    """Write a cell as `read_cell` reads it, at most six significant digits."""
    if isinstance(cell, Known):
        return f"{cell.value:.6g}"
    if isinstance(cell, Interval):
        ends = [cell.low, *([] if cell.mode is None else [cell.mode]), cell.high]
        return "–".join(f"{end:.6g}" for end in ends)
    if isinstance(cell, Rate):
        return f"{cell.successes:.6g} of {cell.uses:.6g}"
    if isinstance(cell, Grade):
        return f"{cell.level}/{cell.levels}"
    return "?"


def read_cell(text: str, criterion: Criterion, before: Cell | None = None) -> Cell:
    """Read a cell.

    Parameters
    ----------
    text
        As typed; a unit after it, and spaces, are left aside.
    criterion
        Its criterion: a rate needs a scale of shares.
    before
        What stood there: it is returned, exact, where the text is as `written_cell` wrote it. What
        is typed anew is ``stated``, and keeps how the cell changes with load.

    Raises
    ------
    SessionError
        The text is none of these.
    """
    words = " ".join(text.split())
    if before is not None and words == written_cell(before):
        return before
    if criterion.unit and words.lower().endswith(criterion.unit.lower()) and criterion.unit != "%":
        words = words[: -len(criterion.unit)].strip()
    try:
        cell = _read(words)
    except ArchkitError as error:
        raise _refused(text, criterion, error.why) from error
    if cell is None:
        raise _refused(text, criterion, "It is none of the forms a cell can have.")
    if isinstance(cell, Rate) and (criterion.low < 0 or criterion.high > 1):
        why = f"{criterion.name} runs from {criterion.low:g} to {criterion.high:g}, a rate 0 to 1."
        raise _refused(text, criterion, why)
    load = before.load if before is not None else None
    return replace(cell, provenance="" if isinstance(cell, Unknown) else "stated", load=load)


def _read(words: str) -> Cell | None:
    if words in ("", "?") or words.lower() in ("unknown", "n/a", "–", "-"):
        return Unknown()
    if found := _RATE.fullmatch(words):
        first, uses = _number(found[1]), _number(found[3])
        return Rate.reported(first / 100, uses) if found[2] else Rate(first, uses)
    if found := _GRADE.fullmatch(words.lower()):
        return Grade(int(found[1]), int(found[2]))
    if found := _ALONE.fullmatch(words):
        return Known(_number(found[1]) / (100 if found[2] else 1))
    if found := _RANGE.fullmatch(words):
        ends = [_number(part) for part in found.groups() if part is not None]
        return Interval(ends[0], ends[-1], ends[1] if len(ends) == 3 else None)
    return None


def _number(text: str) -> float:
    return float(text.replace(",", "").replace("\u2212", "-"))


def _refused(text: str, criterion: Criterion, why: str) -> SessionError:
    return SessionError(
        f"{text.strip()!r} cannot be {criterion.name}.",
        why=why,
        mend=f"Write it as: {HOW_TO_WRITE}.",
    )
