"""What the evidence of each pattern adds up to, by who says so: summed where it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from archkit.memory.posterior import HALF_LIFE_DAYS
from archkit.memory.tally import BOUND
from archkit.metrics.rows import Readable, utc

if TYPE_CHECKING:
    from archkit.memory.tally import Span, Tally

__all__ = ["Sums", "Tallied", "bound_rows", "evidence_sums", "loose_uses", "patterns_named"]

_COARSE, _FINE = 2.0**26, 2.0**56
_SUMS = """
WITH rows AS ({rows}), worth AS (
  SELECT e.slug, e.source, e.y, e.uses, e.used_at, e.outcome_at,
    coalesce(e.outcome_at >= w.hand_at, w.hand_at IS NULL) AND e.source <> 'reported' AS counts,
    e.uses * e.weight * coalesce(pow(2, -greatest(
      date_diff('microsecond', e.outcome_at, $now::TIMESTAMP), 0
    ) / 86400e6 / $half_life_days), 1) AS trials
  FROM rows e LEFT JOIN status_said w ON w.slug = e.slug
  WHERE e.y IS NOT NULL AND e.uses IS NOT NULL AND e.source IN (SELECT k.source FROM source k)
), parts AS (
  SELECT *, trials * y AS won, trials * (1 - y) AS lost,
    round(won * {coarse}) AS won_coarse, round(lost * {coarse}) AS lost_coarse
  FROM worth
)
SELECT slug, source, sum(uses) AS n, CAST(count(*) AS DOUBLE) AS entries, max(used_at) AS last_at,
  CAST(count(*) FILTER (WHERE outcome_at > $now::TIMESTAMP) AS DOUBLE) AS ahead,
  sum(won_coarse) / {coarse} + sum(round((won - won_coarse / {coarse}) * {fine})) / {fine} AS won,
  sum(lost_coarse) / {coarse} + sum(round((lost - lost_coarse / {coarse}) * {fine})) / {fine}
    AS lost,
  CAST(count(*) FILTER (WHERE y >= 0.5 AND counts) AS DOUBLE) AS good,
  CAST(count(*) FILTER (WHERE y < 0.5 AND counts) AS DOUBLE) AS bad
FROM parts GROUP BY slug, source ORDER BY slug, source
"""
_SESSIONS = """
WITH rows AS ({rows})
SELECT e.slug, count(DISTINCT coalesce(e.session_id, e.decision_id, e.use_id)) AS successes
FROM rows e LEFT JOIN status_said w ON w.slug = e.slug
WHERE list_contains($slugs, e.slug) AND e.y >= 0.5 AND e.uses IS NOT NULL
  AND e.source <> 'reported' AND e.source IN (SELECT k.source FROM source k)
  AND coalesce(e.outcome_at >= w.hand_at, w.hand_at IS NULL)
GROUP BY e.slug
"""
_ALL = "SELECT * FROM pattern_evidence"
_BOUND = BOUND.format(view="pattern_evidence")
_AT_HAND = "SELECT * FROM bound_evidence"
_BETWEEN = (
    " UNION ALL SELECT * FROM pattern_evidence WHERE decision_id IS NULL AND session_id IS NULL "
    "AND source <> 'reported' AND used_at >= $from_{n} AND used_at < $to_{n}"
)
_NAMES = """
SELECT s.slug, coalesce(p.name, s.slug) AS name, p.area, p.kind, coalesce(w.status, p.status)
  AS status
FROM (SELECT unnest($slugs::VARCHAR[]) AS slug) s
LEFT JOIN main.pattern p ON p.slug = s.slug
LEFT JOIN status_said w ON w.slug = s.slug
ORDER BY s.slug
"""


@runtime_checkable
class Tallied(Protocol):
    """A memory, or a part of one, that has the uses noted by themselves counted day by day."""

    def tally(self) -> Tally | None:
        """Return them; None if they are not counted."""
        ...

    def edges(self) -> tuple[datetime, ...]:
        """Return the instants at which it begins or ends."""
        ...


class Sums:
    """What evidence adds up to.

    Attributes
    ----------
    by_source
        One row a pattern and source, in this order: `slug`, `source`, `n` (uses), `entries`
        (rows), `ahead` (rows dated after now), `last_at` (UTC; the last use), `won` and `lost`
        (faded, whoever says so; without the learning rate), `good` and `bad` (rows since its
        status was last said by hand that went well, or not; nothing reported).
    """

    def __init__(self, memory: Readable, now: datetime) -> None:
        self._memory = memory
        counted, spans = loose_uses(memory, now)
        self._rows, self._given = bound_rows(counted, spans)
        text = _SUMS.format(rows=self._rows, coarse=f"{_COARSE:.1f}", fine=f"{_FINE:.1f}")
        given = {**self._given, "now": naive(now), "half_life_days": HALF_LIFE_DAYS}
        found = utc(memory.sql(text, **given), "last_at")
        self._good = pd.Series(dtype=float)
        if counted is not None and len(counted.day):
            mine = _of_days(counted, now)
            self._good = mine.groupby("slug")["good"].sum()
            found = _added(pd.concat([found, mine], ignore_index=True))
        self.by_source = found

    def successes(self, slugs: Sequence[str]) -> dict[str, int]:
        """Count the distinct sessions in which a pattern has succeeded, of those of `slugs`."""
        if not len(slugs):
            return {}
        text = _SESSIONS.format(rows=self._rows)
        found = self._memory.sql(text, **self._given, slugs=list(slugs))
        bound = dict(zip(found["slug"], found["successes"], strict=True))
        return {
            slug: int(bound.get(slug, 0)) + int(self._good.get(slug, 0))  # each one on its own
            for slug in slugs
        }


def evidence_sums(memory: Readable, now: datetime) -> Sums:
    """Sum the evidence of each pattern as of an instant."""
    return Sums(memory, now)


def patterns_named(memory: Readable, slugs: Sequence[str]) -> pd.DataFrame:
    """Return `slug`, `name`, `area`, `kind`, `status` of patterns, by slug."""
    return memory.sql(_NAMES, slugs=list(slugs))


def loose_uses(memory: Readable, now: datetime) -> tuple[Tally | None, list[Span]]:
    """Return the days counted of uses noted by themselves, and the spans that must be looked at."""
    if not isinstance(memory, Tallied) or (counted := memory.tally()) is None:
        return None, []
    counted, ahead = counted.past(now)
    counted, cut = counted.cut(*memory.edges())
    return counted, ahead + cut


def bound_rows(counted: Tally | None, spans: Sequence[Span]) -> tuple[str, dict[str, Any]]:
    """Return a SELECT of the evidence that is not counted by days, and the values it names."""
    if counted is None:
        return _ALL, {}
    if counted.at_hand and not spans:
        return _AT_HAND, {}
    text, given = _BOUND, counted.given
    for n, (start, end) in enumerate(spans):
        text += _BETWEEN.format(n=n)
        given |= {f"from_{n}": naive(start), f"to_{n}": naive(end)}
    return text, given


def naive(instant: datetime) -> datetime:
    """Return an instant as the file keeps it: in UTC, without saying so."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def _of_days(counted: Tally, now: datetime) -> pd.DataFrame:
    fresh = counted.freshness(now)
    n = counted.n.astype(float)
    return pd.DataFrame(
        {
            "slug": counted.slugs,
            "source": counted.sources,
            "n": n,
            "entries": n,
            "last_at": pd.DatetimeIndex(counted.last_at).tz_localize(UTC),
            "ahead": np.zeros(len(n)),
            "won": counted.won * fresh,
            "lost": counted.lost * fresh,
            "good": counted.good.astype(float),
            "bad": counted.bad.astype(float),
        }
    )


def _added(rows: pd.DataFrame) -> pd.DataFrame:
    how: Mapping[str, Any] = {
        name: "max" if name == "last_at" else "sum"
        for name in rows.columns
        if name not in ("slug", "source")
    }
    return rows.groupby(["slug", "source"], sort=True).agg(how).reset_index()
