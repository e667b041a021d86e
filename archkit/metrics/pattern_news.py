"""What is new about the patterns in a period, against the one before it."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

from archkit.metrics.rows import Readable, utc

__all__ = ["pattern_news"]

_USES = """
SELECT slug, any_value(name) AS name, min(used_at) AS first_at, max(used_at) AS last_at,
  count(*) FILTER (WHERE used_at >= $old_since AND used_at < $old_until) AS n_before,
  count(*) FILTER (WHERE used_at >= $since AND used_at < $until) AS n_after
FROM pattern_evidence WHERE used_at IS NOT NULL GROUP BY slug ORDER BY slug
"""
_SAID = """
SELECT s.slug, p.name, s.status, s.reason, s.said_at
FROM pattern_status s JOIN pattern p ON p.slug = s.slug
WHERE s.said_at >= $since AND s.said_at < $until ORDER BY s.said_at, s.slug
"""
_ORDER = ("retired", "first used", "no longer used", "active", "candidate")
_COLUMNS = ["slug", "name", "news", "at", "n_before", "n_after", "reason"]


def pattern_news(
    memory: Readable,
    before: tuple[datetime, datetime],
    after: tuple[datetime, datetime],
) -> pd.DataFrame:
    """Return which patterns were first used, given up, retired or promoted in a period.

    Parameters
    ----------
    memory
        All of it or a part, but of all times.
    before, after
        The two periods: from an instant on, up to before another.

    Returns
    -------
    DataFrame
        One row a piece of news: `slug`, `name`; `news` (retired, active or candidate: said in the
        second period; first used: in no time before it; no longer used: in the first period, but
        not in the second), in that order; `at`, when that was (UTC; of one no longer used: its
        last use); `n_before` and `n_after`, uses in either period (counts); `reason` of what was
        said (null else).
    """
    spans = {
        name: instant.astimezone(UTC).replace(tzinfo=None)
        for name, instant in zip(
            ("old_since", "old_until", "since", "until"), (*before, *after), strict=True
        )
    }
    uses = memory.sql(_USES, **spans)
    begins = uses[(uses["n_after"] > 0) & (uses["first_at"] >= spans["since"])]
    ended = uses[(uses["n_before"] > 0) & (uses["n_after"] == 0)]
    said = memory.sql(_SAID, since=spans["since"], until=spans["until"])
    counts = uses.set_index("slug")[["n_before", "n_after"]]
    told = [
        begins.assign(news="first used", at=begins["first_at"], reason=None)[_COLUMNS],
        ended.assign(news="no longer used", at=ended["last_at"], reason=None)[_COLUMNS],
        said.rename(columns={"status": "news", "said_at": "at"}).join(counts, on="slug")[_COLUMNS],
    ]
    there = [each.astype(object) for each in told if len(each)]
    frame = pd.concat(there, ignore_index=True) if there else pd.DataFrame(columns=_COLUMNS)
    order = frame["news"].map({news: place for place, news in enumerate(_ORDER)})
    frame = frame.iloc[order.fillna(len(_ORDER)).argsort(kind="stable")].reset_index(drop=True)
    counts_of = {name: frame[name].fillna(0).astype(int) for name in ("n_before", "n_after")}
    return utc(frame.assign(**counts_of), "at")
