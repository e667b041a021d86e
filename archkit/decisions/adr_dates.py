"""Dates as they stand in ADRs. The order of day and month is never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Literal, NamedTuple

__all__ = ["DateRead", "Order", "order_of", "read_date"]

Order = Literal["dmy", "mdy"]
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_ISO = re.compile(r"(?<![\d/.-])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d|[-/.]\d)")
_COMPACT = re.compile(r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(?!\d)")
_NUMBERS = re.compile(r"(?<![\d/.-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d)(?!\d|[-/.]\d)")
_DAY_NAME = re.compile(
    rf"(?<!\w)(\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?:of\s+)?{_NAME}[\s,-]+(\d{{4}})\b", re.I
)
_NAME_DAY = re.compile(rf"(?<!\w){_NAME}[\s-]+(\d{{1,2}})(?:st|nd|rd|th)?[\s,-]+(\d{{4}})\b", re.I)
_NO_DAY = re.compile(
    rf"(?<![\w/.])(?:{_NAME}[\s,-]+\d{{4}}|(?:19|20)\d\d-\d\d|(?:19|20)\d\d)(?![\w-])", re.I
)


class DateRead(NamedTuple):
    """A date found in a text.

    `day` is None where it cannot be known; `readings` are then the dates it may be, and `note`
    says why. `order` is what the text shows by itself of the order of day and month, `start` and
    `end` are where it stands, `inferred` whether other files had to say the order.
    """

    day: date | None
    start: int
    end: int
    note: str = ""
    readings: tuple[date, ...] = ()
    order: Order | None = None
    inferred: bool = False


def read_date(text: str, order: Order | None = None) -> DateRead | None:
    """Return the first date in a text; None if there is none.

    Parameters
    ----------
    text
        A line or so of an ADR.
    order
        In which order its repository writes day and month, where that is known.
    """
    found = [read for read in _reads(text, order) if read]
    known = sorted(found, key=lambda read: read.start)
    if known:
        return known[0]
    vague = _NO_DAY.search(text)
    return vague and DateRead(None, *vague.span(), note="no day is named")


def order_of(texts: Iterable[str]) -> Order | None:
    """Return the order in which all dates of some texts stand; None if none shows it, or both."""
    shown = {read.order for text in texts for read in _reads(text, None) if read and read.order}
    return shown.pop() if len(shown) == 1 else None


def _reads(text: str, order: Order | None) -> Iterator[DateRead | None]:
    for m in _ISO.finditer(text):
        yield _plain_read(m, int(m[1]), int(m[3]), int(m[4]))
    for m in _COMPACT.finditer(text):
        yield _plain_read(m, int(m[1]), int(m[2]), int(m[3]))
    for m in _DAY_NAME.finditer(text):
        yield _plain_read(m, int(m[3]), _month(m[2]), int(m[1]))
    for m in _NAME_DAY.finditer(text):
        yield _plain_read(m, int(m[3]), _month(m[1]), int(m[2]))
    for m in _NUMBERS.finditer(text):
        yield _numbers(m, order)


def _plain_read(m: re.Match[str], year: int, month: int, day: int) -> DateRead:
    whole = _date(year, month, day)
    return DateRead(whole, *m.span(), note="" if whole else "no such day")


def _numbers(m: re.Match[str], order: Order | None) -> DateRead | None:
    first, second = int(m[1]), int(m[3])
    if len(m[4]) == 2:
        return DateRead(None, *m.span(), note="the year has two digits")
    year = int(m[4])
    by_order = {"dmy": _date(year, second, first), "mdy": _date(year, first, second)}
    possible = {name: day for name, day in by_order.items() if day}
    if not possible:
        return DateRead(None, *m.span(), note="no such day")
    days = tuple(dict.fromkeys(possible.values()))
    if len(days) == 1:
        shown: Order | None = "dmy" if "mdy" not in possible else "mdy"
        return DateRead(days[0], *m.span(), order=shown if len(possible) == 1 else None)
    if order:
        note = f"day and month in the order of the other files ({order})"
        return DateRead(by_order[order], *m.span(), note=note, readings=days, inferred=True)
    note = f"day and month may stand in either order: {days[0]} or {days[1]}"
    return DateRead(None, *m.span(), note=note, readings=days)


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
