"""How much is done, week by week, and by whom, and how that turns out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from archkit.memory.learning import HALF_LIFE_DAYS, LEARNING_RATE
from archkit.metrics.evidence import interval
from archkit.metrics.rows import IMPORTED_SESSIONS, Readable, joined, utc
from archkit.records import PROVENANCE, SOURCE_WEIGHT, utc_now

__all__ = ["pace", "success_by_agent"]

_WEEK = timedelta(days=7)
_KINDS = (
    ("sessions", "session", "started_at", "session_id", "session_id"),
    ("decisions", "decision", "decided_at", "decision_id", "event_id"),
    ("outcomes", "outcome", "observed_at", "decision_id", "event_id"),
    ("lessons", "lesson", "learned_at", "lesson_id", "event_id"),
)
_COUNTED = " UNION ALL ".join(
    f"SELECT '{what}' AS what, "  # noqa: S608
    f"CAST(floor((epoch($end) - epoch(w.{at})) / 604800) AS BIGINT) AS ago, "
    f"count(*) AS n, count(*) FILTER (WHERE starts_with(w.{key}, 'sim')) AS simulated, "
    f"count(*) FILTER (WHERE i.{came} IS NOT NULL AND NOT starts_with(w.{key}, 'sim')) AS reported "
    f"FROM {table} w LEFT JOIN {IMPORTED_SESSIONS if came == 'session_id' else 'imported_event'} i "
    f"ON i.{came} = w.{came} WHERE w.{at} >= $start AND w.{at} < $end GROUP BY ago"
    for what, table, at, key, came in _KINDS
)
_ONE = f"{2.0**40:.1f}"  # whole multiples of its inverse add up alike in any order
_MADE = f"""
SELECT coalesce(agent, '') AS agent, last_source, count(*) AS decisions, sum(outcomes) AS outcomes,
  count(last_value) AS known, sum(CAST(trials * last_value * {_ONE} AS BIGINT)) / {_ONE} AS won,
  sum(CAST(trials * (1 - last_value) * {_ONE} AS BIGINT)) / {_ONE} AS lost
FROM (
  SELECT agent, last_source, outcomes, last_value, pow(2, -greatest(
    date_diff('microsecond', last_outcome_at, $now::TIMESTAMP), 0
  ) / 86400e6 / $half_life_days) AS trials
  FROM decision_log
) GROUP BY ALL ORDER BY agent, last_source
"""  # noqa: S608  # put together of our own texts
_HELD = (
    "SELECT coalesce(agent, '') AS agent, count(*) AS sessions FROM session GROUP BY ALL "
    "ORDER BY agent"
)
_WEEKLY = ("what", "from_at", "until_at", "n", "simulated", "reported", "provenance")
_AGENT = (
    *("agent", "sessions", "decisions", "outcomes", "success_rate", "low", "high", "n"),
    *("provenance", "ci_prob"),
)


def pace(memory: Readable, *, now: datetime | None = None, weeks: int = 12) -> pd.DataFrame:
    """How much was done in each of the last weeks.

    Parameters
    ----------
    memory
        What to read.
    now
        The instant at which the last week ends, itself included; the present by default.
    weeks
        How many.

    Returns
    -------
    DataFrame
        One row a kind of work and week, oldest first: `what` (sessions, decisions, outcomes,
        lessons), `from_at` to `until_at` (UTC), `n`, of which `simulated` and `reported` (written
        down in another memory; counts), `provenance` (observed: written down here). Empty where
        nothing was done in any of them.
    """
    end = (now or utc_now()).astimezone(UTC) + timedelta(microseconds=1)
    given = {"end": end.replace(tzinfo=None), "start": (end - weeks * _WEEK).replace(tzinfo=None)}
    found = memory.sql(_COUNTED, **given)
    found = found.assign(ago=found["ago"].clip(0, weeks - 1)).groupby(["what", "ago"]).sum()
    if not len(found):
        return pd.DataFrame(columns=list(_WEEKLY))
    every = pd.MultiIndex.from_product([[w for w, *_ in _KINDS], range(weeks - 1, -1, -1)])
    frame = found.reindex(every.set_names(["what", "ago"]), fill_value=0).reset_index()
    until = pd.Timestamp(end) - frame["ago"] * pd.Timedelta(_WEEK)
    counts = frame[["n", "simulated", "reported"]].astype(np.int64)
    there = counts.assign(observed=counts["n"] - counts["simulated"] - counts["reported"]) > 0
    kinds = [
        joined(kind for kind in ("observed", "reported", "simulated") if row[kind])
        for row in there.to_dict("records")
    ]
    frame = frame[["what"]].join(counts)
    frame = frame.assign(from_at=until - pd.Timedelta(_WEEK), until_at=until, provenance=kinds)
    return utc(frame, "from_at", "until_at")[list(_WEEKLY)]


def success_by_agent(
    memory: Readable, *, now: datetime | None = None, ci_prob: float = 0.9
) -> pd.DataFrame:
    """Who decided how much, and how often that turned out well.

    Parameters
    ----------
    memory
        What to read.
    now
        The instant to look from; the present by default.
    ci_prob
        Probability inside the credible intervals.

    Returns
    -------
    DataFrame
        One row an agent, the most decisions first: `agent` ("" where none is named), `sessions`,
        `decisions`, `outcomes` (counts), `success_rate` of the decisions (0 to 1; posterior mean,
        nothing reported in it; null if nothing is known) with `low` to `high`, over `n` decisions
        whose outcome is known; `provenance`, `ci_prob`.
    """
    present = (now or utc_now()).astimezone(UTC).replace(tzinfo=None)
    made = memory.sql(_MADE, now=present, half_life_days=HALF_LIFE_DAYS)
    known = made[(made["known"] > 0) & (made["last_source"] != "reported")]
    worth = LEARNING_RATE * known["last_source"].map(SOURCE_WEIGHT).astype(float)
    sums = known.assign(a=worth * known["won"], b=worth * known["lost"]).groupby("agent")
    rates = sums[["a", "b", "known"]].sum()
    kinds = sums["last_source"].agg(lambda sources: joined(sources.map(PROVENANCE)))
    counts = made.groupby("agent")[["decisions", "outcomes"]].sum()
    held = memory.sql(_HELD).set_index("agent")
    frame = held.join(counts, how="outer").fillna(0).astype(np.int64)
    frame = frame.join(rates)
    a, b = (1 + frame[name].astype(float) for name in ("a", "b"))
    low, high = interval(a.fillna(1).to_numpy(), b.fillna(1).to_numpy(), ci_prob)
    frame = frame.assign(
        success_rate=a / (a + b),
        low=pd.Series(low, index=frame.index).where(a.notna()),
        high=pd.Series(high, index=frame.index).where(a.notna()),
        n=frame["known"].fillna(0).astype(np.int64),
        provenance=kinds.reindex(frame.index).fillna("none") if len(kinds) else "none",
        ci_prob=ci_prob,
    ).rename_axis("agent")
    frame = frame.reset_index()
    order = ["decisions", "sessions", "agent"]
    return frame.sort_values(order, ascending=[False, False, True], ignore_index=True)[list(_AGENT)]
