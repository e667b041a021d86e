"""A memory at a glance: totals, how the decisions turned out, the pace, agents, focus areas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from archkit.metrics.rows import Readable, decisions, sessions, utc
from archkit.metrics.scope import Scope
from archkit.metrics.tiles import decision_rate
from archkit.records import FOCUS_AREAS, utc_now

__all__ = ["Overview", "overview"]

_WEEK = timedelta(days=7)
_WEEKS = 12
_DATED = {
    "sessions": "started_at",
    "decisions": "decided_at",
    "outcomes": "observed_at",
    "lessons": "learned_at",
}
_OUTCOMES = (
    "SELECT o.outcome_id, o.decision_id, o.observed_at, o.source, d.agent "
    "FROM outcome o LEFT JOIN main.decision d ON d.decision_id = o.decision_id"
)
_LESSONS = "SELECT lesson_id, agent, learned_at FROM lesson"
_AREAS = (
    "SELECT d.decision_id, p.area FROM decision d, unnest(d.patterns) AS u(slug) "
    "JOIN pattern p ON p.slug = u.slug"
)
_HELD = (
    "SELECT area, count(*) AS patterns FROM pattern GROUP BY area",
    "SELECT count(*) AS n FROM event WHERE agent <> 'library'",
)


@dataclass(frozen=True, slots=True)
class Overview:
    """What `overview` tells.

    `totals` counts; `success` is the rate of the decisions {value, low, high, n, provenance};
    `pace` has a row for each kind of work: `what`, `this_week`, `last_week` (counts, of the seven
    days up to now and those before); `agents` a row an agent: `agent`, `sessions`, `decisions`,
    `outcomes` (counts), `success_rate`, `low`, `high` (0 to 1, null if nothing is known), `n`,
    `provenance`; `areas` a row a focus area: `area`, `patterns`, `decisions` (counts); `trend` a
    row a week, oldest first: `week_at` (its first instant, UTC), the counts, and the rate of the
    decisions made in it, as for agents.
    """

    totals: Mapping[str, int]
    success: Mapping[str, Any]
    pace: pd.DataFrame
    agents: pd.DataFrame
    areas: pd.DataFrame
    trend: pd.DataFrame
    decisions: pd.DataFrame


def overview(
    memory: Readable,
    now: datetime | None = None,
    *,
    agent: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    ci_prob: float = 0.9,
) -> Overview:
    """Return a memory at a glance.

    Parameters
    ----------
    memory
        What to read.
    now
        The instant to look from; the present by default.
    agent
        Only what this agent did.
    since, until
        Only what was done from the one instant on, and before the other.
    ci_prob
        Probability inside the intervals.
    """
    present = now or utc_now()
    memory = Scope(agent=agent, since=since, until=until).of(memory)
    rows = {
        "sessions": sessions(memory),
        "decisions": decisions(memory),
        "outcomes": utc(memory.sql(_OUTCOMES), "observed_at"),
        "lessons": utc(memory.sql(_LESSONS), "learned_at"),
    }
    held = memory.sql(_HELD[0])
    totals = {what: len(frame) for what, frame in rows.items()}
    totals |= {
        "simulated_outcomes": int((rows["outcomes"]["source"] == "simulated").sum()),
        "patterns": int(held["patterns"].sum()),
        "solutions": int(memory.sql("SELECT count(*) AS n FROM solution")["n"][0]),
        "measurements": int(memory.sql("SELECT count(*) AS n FROM query_measurement")["n"][0]),
        "events": int(memory.sql(_HELD[1])["n"][0]),
    }
    made = rows["decisions"]
    return Overview(
        totals=totals,
        success=decision_rate(made, present, ci_prob),
        pace=_pace(rows, present),
        agents=_agents(rows, present, ci_prob),
        areas=_areas(memory, made, dict(zip(held["area"], held["patterns"], strict=True))),
        trend=_trend(rows, min(until or present, present), present, ci_prob),
        decisions=made,
    )


def _counts(rows: Mapping[str, pd.DataFrame], start: datetime, end: datetime) -> dict[str, int]:
    """Count the work from `start` to before `end`."""
    one, other = pd.Timestamp(start).tz_convert(UTC), pd.Timestamp(end).tz_convert(UTC)
    return {
        what: int(((frame[_DATED[what]] >= one) & (frame[_DATED[what]] < other)).sum())
        for what, frame in rows.items()
    }


def _pace(rows: Mapping[str, pd.DataFrame], now: datetime) -> pd.DataFrame:
    end = now + timedelta(microseconds=1)  # what was done at this very instant belongs to it
    this = _counts(rows, end - _WEEK, end)
    last = _counts(rows, end - 2 * _WEEK, end - _WEEK)
    told = [(what, this[what], last[what]) for what in rows]
    return pd.DataFrame(told, columns=["what", "this_week", "last_week"])


def _agents(rows: Mapping[str, pd.DataFrame], now: datetime, ci_prob: float) -> pd.DataFrame:
    named = pd.concat([rows[what]["agent"] for what in ("sessions", "decisions", "outcomes")])
    found = []
    for name in sorted({str(agent) for agent in named.dropna() if agent}):
        counts = {what: int((frame["agent"] == name).sum()) for what, frame in rows.items()}
        made = rows["decisions"]
        rate = decision_rate(made[made["agent"] == name].reset_index(drop=True), now, ci_prob)
        found.append({"agent": name, **counts, **_as_rate(rate)})
    columns = ["agent", "sessions", "decisions", "outcomes", "success_rate", "low", "high", "n"]
    frame = pd.DataFrame(found, columns=[*columns, "provenance"])
    return frame.sort_values(["decisions", "sessions"], ascending=False, ignore_index=True)


def _areas(memory: Readable, made: pd.DataFrame, held: Mapping[Any, int]) -> pd.DataFrame:
    used = memory.sql(_AREAS)
    used = used[used["decision_id"].isin(made["decision_id"])].drop_duplicates()
    decided = used["area"].value_counts()
    areas = [*FOCUS_AREAS, *sorted({str(a) for a in held if a and a not in FOCUS_AREAS})]
    told = [(area, int(held.get(area, 0)), int(decided.get(area, 0))) for area in areas]
    return pd.DataFrame(told, columns=["area", "patterns", "decisions"])


def _trend(
    rows: Mapping[str, pd.DataFrame], end: datetime, now: datetime, ci_prob: float
) -> pd.DataFrame:
    end = end + timedelta(microseconds=1)
    made = rows["decisions"]
    weeks = []
    for back in range(_WEEKS, 0, -1):
        start, stop = end - back * _WEEK, end - (back - 1) * _WEEK
        inside = made[(made["decided_at"] >= start) & (made["decided_at"] < stop)]
        rate = _as_rate(decision_rate(inside.reset_index(drop=True), now, ci_prob))
        weeks.append({"week_at": start, **_counts(rows, start, stop), **rate})
    return pd.DataFrame(weeks)


def _as_rate(found: Mapping[str, Any]) -> dict[str, Any]:
    told = {"success_rate": found["value"], "low": found["low"], "high": found["high"]}
    return told | {"n": found["n"], "provenance": found["provenance"]}
