"""The parameters of reports: what each means, and how its value is read from text or Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, NamedTuple

from archkit.errors import ReportError
from archkit.memory.evidence import KINDS
from archkit.metrics.scope import Scope

__all__ = [
    "SCOPE",
    "Parameter",
    "check_part",
    "instant_read",
    "nearest",
    "pairs_read",
    "rate_read",
    "refused",
    "session_read",
    "text_read",
]

_YEARS = (1900, 2200)  # beyond them an instant of another zone, or a span before it, is none


class Parameter(NamedTuple):
    """One parameter: its meaning in a line, and what reads its value or raises ReportError."""

    told: str
    read: Callable[[str, Any], Any]


def refused(name: str, value: object, why: str, mend: str) -> ReportError:
    """Return the error for a value that a parameter cannot take."""
    shown = str(value)
    shown = shown if len(shown) <= 80 else f"{shown[:79]}…"
    return ReportError(f"The report's parameter {name} cannot be {shown!r}.", why=why, mend=mend)


def nearest(name: str, known: Iterable[str]) -> str:
    """Name what was probably meant, as the beginning of a sentence's rest; "" if nothing is."""
    close = get_close_matches(name, list(known), n=1)
    return f"Did you mean {close[0]}? " if close else ""


def text_read(name: str, value: Any) -> str:
    """Take one text that is not empty."""
    if isinstance(value, list | tuple):
        raise refused(name, ", ".join(map(str, value)), "It was given twice.", "Give it once.")
    text = str(value).strip()
    if not text:
        raise refused(name, value, "It is empty.", f"Give a value, or leave {name} out.")
    return text


def instant_read(name: str, value: Any) -> datetime:
    """Take an aware instant, or a text such as 2026-11, 2026-11-26, 2026-11-26T12:00+01:00."""
    instant = value if isinstance(value, datetime) else _instant(name, value)
    if not _YEARS[0] <= instant.year <= _YEARS[1]:
        why = f"It lies outside the years {_YEARS[0]} to {_YEARS[1]}."
        raise refused(name, value, why, f"Give a date in them, or leave {name} out.")
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _instant(name: str, value: Any) -> datetime:
    text = str(value).strip()
    whole = f"{text}-01" if len(text) == len("2026-11") else text
    try:
        return datetime.fromisoformat(whole)
    except ValueError as error:
        raise refused(
            name, value, "It is no date.", "Write it as 2026-11-26, or 2026-11 for its first day."
        ) from error


def rate_read(name: str, value: Any) -> float:
    """Take a probability: more than 0, less than 1."""
    try:
        rate = float(value)
    except (TypeError, ValueError):
        rate = -1.0
    if not 0 < rate < 1:
        why = "It is no number between 0 and 1."
        raise refused(name, value, why, "Write it as 0.9.")
    return rate


def session_read(name: str, value: Any) -> Any:
    """Take an id, the beginning of one, `last`, or a session at hand."""
    if isinstance(value, str):
        return text_read(name, value)
    from archkit.report.live import session_record

    return session_record(value)


def _several(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(each) for each in value]


def _kinds(name: str, value: Any) -> tuple[str, ...]:
    told = [each for part in _several(value) for each in part.split(",")]
    kinds = tuple(dict.fromkeys(each.strip() for each in told if each.strip()))
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        hint = nearest(unknown[0], KINDS)
        raise refused(
            name, unknown[0], f"There is {', '.join(KINDS)}.", f"{hint}Choose among these."
        )
    if not kinds:
        raise refused(name, value, "It is empty.", f"Choose among {', '.join(KINDS)}.")
    return kinds


def _context(name: str, value: Any) -> Mapping[str, str]:
    if isinstance(value, Mapping):
        return {str(key): str(each) for key, each in value.items()}
    found = {}
    for each in _several(value):
        key, sign, held = each.partition(":")
        if not (sign and key.strip() and held.strip()):
            mend = "Write it as tenancy:multi; give the parameter again for a further key."
            raise refused(name, each, "A key and its value are wanted.", mend)
        found[key.strip()] = held.strip()
    return found


def pairs_read(pairs: Iterable[str]) -> dict[str, str | list[str]]:
    """Return name=value pairs by name; the values of one given several times as a list.

    Raises
    ------
    ReportError
        A pair has no name or no equals sign.
    """
    found: dict[str, list[str]] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not (sign and name.strip()):
            raise ReportError(
                f"{pair[:80]!r} is no parameter.",
                why="A name and its value are wanted.",
                mend="Write it as name=value, say -p agent=backend-architect.",
            )
        found.setdefault(name.strip(), []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def check_part(given: Mapping[str, Any]) -> None:
    """Refuse a part of a memory that could not be, such as one that ends before it begins."""
    Scope(**{name: value for name, value in given.items() if name in SCOPE})


SCOPE = {
    "agent": Parameter("whose work: an agent's name", text_read),
    "project": Parameter("of which project", text_read),
    "area": Parameter("of which focus area", text_read),
    "pattern": Parameter("of which pattern: its slug", text_read),
    "since": Parameter("from this date on: 2026-01-31, or 2026-01", instant_read),
    "until": Parameter("before this date", instant_read),
    "provenance": Parameter(f"only what is {', '.join(KINDS)}; several with commas", _kinds),
    "context": Parameter("key:value of the decisions' context; repeat it for several", _context),
}
"""What narrows a memory: the fields of `archkit.metrics.scope.Scope`."""
