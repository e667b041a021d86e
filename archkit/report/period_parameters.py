"""The two periods of a comparison: read from text, or the last months and those before them."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from archkit.errors import ReportError
from archkit.plain import utc_now
from archkit.report.parameters import SCOPE, Parameter, instant_read, rate_read, refused

__all__ = ["PERIODS", "Period", "check_periods", "two_periods"]

_MONTH = re.compile(r"\d{4}-\d{2}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTHS = 3
_MOST_MONTHS = 600
_MEND = "Write it as 2026-01..2026-06 (both months whole) or 2026-01-10..2026-02-20."


class Period(NamedTuple):
    """From an instant on, up to before another; both aware."""

    since: datetime
    until: datetime

    @property
    def days(self) -> float:
        """How long it is."""
        return (self.until - self.since) / timedelta(days=1)

    @property
    def sentence(self) -> str:
        """Its first and last day, in UTC."""
        last = self.until.astimezone(UTC) - timedelta(microseconds=1)
        first = self.since.astimezone(UTC)
        return f"{first.day} {first:%b %Y} – {last.day} {last:%b %Y}"


def two_periods(
    now: datetime,
    before: Period | None,
    after: Period | None,
    months: int | None,
) -> tuple[Period, Period]:
    """Return the two periods to compare: as given, or the last `months` and those before them.

    Raises
    ------
    ReportError
        One is missing, months are given besides, they overlap, or the second is the earlier.
    """
    if before is None and after is None:
        last = _back(now, months or _MONTHS)
        return Period(_back(last, months or _MONTHS), last), Period(last, now)
    if months is not None:
        raise ReportError(
            "Two periods and a number of months were given.",
            why="months= makes the periods by itself: the last ones and as many before them.",
            mend="Leave months= out, or before= and after=.",
        )
    if before is None or after is None:
        there, missing = ("before", "after") if after is None else ("after", "before")
        raise ReportError(
            f"The period {missing} is missing.",
            why=f"Only {there}= was given, and one period cannot be compared.",
            mend=f"Give {missing}= too, such as {missing}=2026-01..2026-06.",
        )
    if after.since < before.since:
        raise ReportError(
            "The period after begins earlier than the one before.",
            why=f"after is {after.sentence}, before is {before.sentence}.",
            mend="Exchange before= and after=.",
        )
    if after.since < before.until:
        raise ReportError(
            "The two periods overlap.",
            why=f"before is {before.sentence}, after is {after.sentence}: what lies in both would "
            "count twice.",
            mend="Let the second begin where the first ends.",
        )
    return before, after


def _back(instant: datetime, months: int) -> datetime:
    """Go back whole months; to the last day of a shorter one."""
    number = instant.year * 12 + instant.month - 1 - months
    year, month = number // 12, number % 12 + 1
    return instant.replace(year=year, month=month, day=min(instant.day, monthrange(year, month)[1]))


def _period_read(name: str, value: Any) -> Period:
    """Take a pair of aware instants, or a text such as 2026-01..2026-06: its ends are in it."""
    if isinstance(value, str):
        first, dots, last = (part.strip() for part in value.partition(".."))
        if not (dots and first and last):
            if not _MONTH.fullmatch(value.strip()):
                raise refused(name, value, "A period has two ends.", _MEND)
            first = last = value.strip()
        period = Period(instant_read(name, first), _end(name, last))
    else:
        try:
            since, until = value
        except (TypeError, ValueError) as error:
            raise refused(name, value, "A period has two ends.", _MEND) from error
        period = Period(instant_read(name, since), instant_read(name, until))
    if period.until <= period.since:
        raise refused(name, value, "It ends before it begins.", "Exchange its ends.")
    return period


def _end(name: str, text: str) -> datetime:
    """Return the instant after a month, a day, or an instant that is meant to be inside."""
    instant = instant_read(name, text)
    if _MONTH.fullmatch(text):
        return instant + timedelta(days=monthrange(instant.year, instant.month)[1])
    return instant + timedelta(days=1) if _DAY.fullmatch(text) else instant


def _months_read(name: str, value: Any) -> int:
    try:
        months = int(str(value))
    except ValueError:
        months = 0
    if not 1 <= months <= _MOST_MONTHS:
        why = f"It is no whole number from 1 to {_MOST_MONTHS}."
        raise refused(name, value, why, "Write it as months=6.")
    return months


def check_periods(given: Mapping[str, Any]) -> None:
    """Refuse two periods that cannot be compared."""
    two_periods(utc_now(), given.get("before"), given.get("after"), given.get("months"))


PERIODS = {
    "before": Parameter("the first period: 2026-01..2026-06 (both whole), or days", _period_read),
    "after": Parameter("the second one", _period_read),
    "months": Parameter(
        f"instead: the last so many months and those before, {_MONTHS} by default", _months_read
    ),
    **{name: each for name, each in SCOPE.items() if name not in {"since", "until"}},
    "ci_prob": Parameter("probability of the intervals, 0.9 by default", rate_read),
}
"""What the kind `periods` takes."""
