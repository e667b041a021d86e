"""Uses of patterns that were noted by themselves, counted day by day: millions become thousands.

Such a use belongs to no decision and no session, so all that a part of a memory asks of it is its
pattern, its day and who says how it went. What a day's uses weigh is kept as of the end of the
day: from there on they all fade alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from archkit.memory.posterior import HALF_LIFE_DAYS
from archkit.records import PROVENANCE, utc_now

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BOUND", "Read", "Span", "Tally"]

Read = Callable[[str, Mapping[str, Any] | None], "pd.DataFrame"]
Span = tuple[datetime, datetime]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_DAYS = """
SELECT e.slug, e.source, CAST(e.day AS BIGINT) AS day,
  count(*) AS n, sum(e.y) AS y, max(e.outcome_at) AS last_at,
  sum(e.weight * e.y * pow(2, e.young)) AS won, sum(e.weight * (1 - e.y) * pow(2, e.young)) AS lost,
  count(*) FILTER (WHERE e.y >= 0.5 AND e.counts) AS good,
  count(*) FILTER (WHERE e.y < 0.5 AND e.counts) AS bad
FROM (
  SELECT u.*, coalesce(u.outcome_at >= w.hand_at, w.hand_at IS NULL) AS counts,
    CAST(u.outcome_at AS DATE) - DATE '1970-01-01' AS day,
    (epoch_us(u.outcome_at) / 86400e6 - day - 1) / $half_life_days AS young
  FROM pattern_evidence u LEFT JOIN status_said w ON w.slug = u.slug
  WHERE u.decision_id IS NULL AND u.session_id IS NULL AND u.used_at IS NOT NULL
    AND u.y IS NOT NULL AND u.uses IS NOT NULL AND u.source <> 'reported' AND u.used_at < $today
) e
WHERE e.source IN (SELECT s.source FROM source s)
GROUP BY e.slug, e.source, e.day ORDER BY e.slug, e.source, e.day LIMIT $most + 1
"""
_OTHERS = """
SELECT count(*) AS others FROM pattern_use WHERE decision_id IS NULL
  AND (session_id IS NOT NULL OR source = 'reported' OR used_at IS NULL OR used_at >= $today)
"""
BOUND = """
SELECT * FROM {view} WHERE decision_id IS NOT NULL
UNION ALL
SELECT * FROM {view} WHERE decision_id IS NULL AND used_at IS NULL
UNION ALL
SELECT * FROM {view} WHERE decision_id IS NULL AND used_at IS NOT NULL
  AND (session_id IS NOT NULL OR source = 'reported')
UNION ALL
SELECT * FROM {view} WHERE decision_id IS NULL AND session_id IS NULL AND source <> 'reported'
  AND used_at >= $today
"""
"""The evidence that is not counted by days, of a view."""


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Uses that were noted by themselves: a row a pattern, source and day, in that order.

    Attributes
    ----------
    slugs, sources
        The pattern, and who says how it went.
    day
        Days since 1970 (UTC).
    n, y, last_at
        How many uses there were, the sum of how well they went, and the last of them (UTC).
    won, lost
        What they count for and against the pattern at the end of the day, whoever says so.
    good, bad
        How many went well, and how many did not, since its status was last said by hand.
    others
        How many uses without a decision are not counted here: of a session, only reported, or of
        the day of the counting and later.
    today
        The day of the counting: uses of the days before are counted.
    at_hand
        Whether what is not counted can be asked for as `bound_evidence`.
    """

    slugs: NDArray[np.object_]
    sources: NDArray[np.object_]
    day: NDArray[np.int64]
    n: NDArray[np.int64]
    y: NDArray[np.float64]
    last_at: NDArray[np.datetime64]
    won: NDArray[np.float64]
    lost: NDArray[np.float64]
    good: NDArray[np.int64]
    bad: NDArray[np.int64]
    others: int
    today: int
    at_hand: bool = False

    @classmethod
    def read(cls, read: Read, most: int) -> Tally | None:
        """Count the uses of a memory; None where that makes more than `most` rows."""
        today = _day_of(utc_now())
        given = {"today": _begin(today).replace(tzinfo=None)}
        found = read(_DAYS, {"half_life_days": HALF_LIFE_DAYS, "most": most, **given})
        if len(found) > most:
            return None
        names = ("day", "n", "y", "last_at", "won", "lost", "good", "bad")
        columns: dict[str, Any] = {name: found[name].to_numpy() for name in names}
        columns |= {"slugs": found["slug"].to_numpy(), "sources": found["source"].to_numpy()}
        others = int(read(_OTHERS, given)["others"][0])
        return cls(**columns, others=others, today=today)

    @property
    def given(self) -> dict[str, Any]:
        """Return the values that `BOUND` names."""
        return {"today": _begin(self.today).replace(tzinfo=None)}

    def of(
        self,
        *,
        slugs: Collection[str] | None = None,
        provenance: Collection[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Tally:
        """Return the days on which there may be uses of a part; None and empty: all."""
        kept = np.ones(len(self.day), dtype=bool)
        if slugs is not None:
            kept &= _among(self.slugs, slugs)
        if provenance:
            kinds = [source for source, kind in PROVENANCE.items() if kind in provenance]
            kept &= _among(self.sources, kinds)
        if since is not None:
            kept &= self.day >= _day_of(since)
        if until is not None:
            kept &= self.day < (_day_of(until) if _is_midnight(until) else _day_of(until) + 1)
        return self._where(kept)

    def cut(self, *instants: datetime) -> tuple[Tally, list[Span]]:
        """Leave out the days in which an instant lies; a use there may be on either side of it.

        Returns
        -------
        tuple
            The other days, and the spans of those left out on which there are uses.
        """
        kept, spans = np.ones(len(self.day), dtype=bool), []
        for day in sorted({_day_of(each) for each in instants if not _is_midnight(each)}):
            mine = self.day == day
            if mine.any():
                kept &= ~mine
                spans.append((_begin(day), _begin(day + 1)))
        return self._where(kept), spans

    def past(self, now: datetime) -> tuple[Tally, list[Span]]:
        """Leave out the day of an instant and what is after it, and say so likewise."""
        day = _day_of(now)
        ahead = self.day >= day
        spans: list[Span] = [(_begin(day), _begin(self.today))] if ahead.any() else []
        return self._where(~ahead), spans

    def freshness(self, now: datetime) -> NDArray[np.float64]:
        """Return what the uses of each day still count, of what they did at its end."""
        age = (now - _EPOCH) / _DAY - (self.day + 1.0)
        return np.asarray(np.exp2(-age / HALF_LIFE_DAYS), dtype=np.float64)

    def _where(self, kept: NDArray[np.bool_]) -> Tally:
        if kept.all():
            return self
        names = (name for name in self.__slots__ if name not in ("others", "today", "at_hand"))
        return replace(self, **{name: getattr(self, name)[kept] for name in names})


def _among(column: NDArray[np.object_], names: Collection[str]) -> NDArray[np.bool_]:
    there = frozenset(names)
    return np.fromiter((each in there for each in column), dtype=bool, count=len(column))


def _day_of(instant: datetime) -> int:
    return (instant - _EPOCH) // _DAY


def _begin(day: int) -> datetime:
    return _EPOCH + day * _DAY


def _is_midnight(instant: datetime) -> bool:
    return (instant - _EPOCH) % _DAY == timedelta(0)
