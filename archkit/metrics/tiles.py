"""The few figures a dashboard opens with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from archkit.memory.learning import HALF_LIFE_DAYS, LEARNING_RATE, posterior
from archkit.metrics.evidence import interval
from archkit.metrics.rows import Readable, joined, known_rows
from archkit.metrics.saving import pooled, query_measurements, without_warm
from archkit.records import PROVENANCE, SOURCE_WEIGHT, utc_now

__all__ = ["decision_rate", "headline"]


_DEBT = (
    "SELECT count(*) AS n, count(*) FILTER (WHERE due_at < $now) AS overdue, "
    "min(due_at) AS oldest_due, first(decision_id ORDER BY due_at, decision_id) "
    "FILTER (WHERE due_at < $now) AS oldest FROM decision d WHERE d.status = 'accepted' "
    "AND NOT EXISTS (SELECT 1 FROM main.outcome o WHERE o.decision_id = d.decision_id)"
)  # as outcome_debt says, without a look at which outcome counts
_ONE = f"{2.0**40:.1f}"  # whole multiples of its inverse add up alike in any order
_MADE = f"""
SELECT last_source, count(*) AS n, count(*) FILTER (WHERE outcomes > 0) AS looked_at,
  count(last_value) AS known, sum(CAST(trials * last_value * {_ONE} AS BIGINT)) / {_ONE} AS won,
  sum(CAST(trials * (1 - last_value) * {_ONE} AS BIGINT)) / {_ONE} AS lost
FROM (
  SELECT last_source, outcomes, last_value, pow(2, -greatest(
    date_diff('microsecond', last_outcome_at, $now::TIMESTAMP), 0
  ) / 86400e6 / $half_life_days) AS trials
  FROM decision_log
) GROUP BY last_source ORDER BY last_source
"""  # noqa: S608  # put together of our own texts
_HELD = """
SELECT count(*) FILTER (WHERE parent_session_id IS NULL) AS value,
  count(*) FILTER (WHERE parent_session_id IS NULL AND status = 'open') AS open,
  fsum(cost_usd) FILTER (WHERE parent_session_id IS NULL) AS cost_usd,
  count(*) AS with_children, count(cost_usd) AS priced,
  count(cost_usd) FILTER (WHERE starts_with(session_id, 'sim')) AS priced_simulated,
  count(*) FILTER (WHERE client = 'offline') AS offline
FROM session_log
"""


def headline(
    memory: Readable, now: datetime | None = None, *, ci_prob: float = 0.9
) -> dict[str, dict[str, Any]]:
    """Return the few figures a dashboard opens with.

    Parameters
    ----------
    memory
        What to read.
    now
        The instant to look from; the present by default.
    ci_prob
        Probability inside the intervals.

    Returns
    -------
    dict
        `decisions` {value, with_outcome, simulated}; `success_rate` of the decisions {value, low,
        high, n, provenance}, nothing reported in it; `queries_saved` {value (pooled share), low,
        high, median, n, queries_before, queries_after, provenance}, warm caches left out;
        `outcome_debt` {value, overdue, oldest (decision id), oldest_days}; `sessions` {value,
        open, cost_usd; and of all, those that an agent began too: with_children, priced,
        priced_simulated, offline (counts)}. A value nobody knows is None.
    """
    present = (now or utc_now()).astimezone(UTC)
    naive = present.replace(tzinfo=None)
    debt = memory.sql(_DEBT, now=naive).to_dict("records")[0]
    held = memory.sql(_HELD).to_dict("records")[0]  # what an agent began is part of a session
    made = memory.sql(_MADE, now=naive, half_life_days=HALF_LIFE_DAYS)
    counted = without_warm(known_rows(query_measurements(memory), "reduction_share"))
    late = present - debt["oldest_due"].tz_localize(UTC) if debt["overdue"] else None
    saved = (
        pooled(counted, ci_prob)
        if len(counted)
        else dict.fromkeys(("reduction_share", "low", "high", "median_share"))
    )
    return {
        "decisions": {
            "value": int(made["n"].sum()),
            "with_outcome": int(made["looked_at"].sum()),
            "simulated": int(made["n"][made["last_source"] == "simulated"].sum()),
        },
        "success_rate": _rate_of(made, ci_prob),
        "queries_saved": {
            "value": saved["reduction_share"],
            "low": _none_if_nan(saved["low"]),
            "high": _none_if_nan(saved["high"]),
            "median": saved["median_share"],
            "n": len(counted),
            "queries_before": int(counted["queries_before"].sum()),
            "queries_after": int(counted["queries_after"].sum()),
            "provenance": joined(counted["provenance"]),
        },
        "outcome_debt": {
            "value": int(debt["n"]),
            "overdue": int(debt["overdue"]),
            "oldest": str(debt["oldest"]) if late else None,
            "oldest_days": late.total_seconds() / 86_400 if late else None,
        },
        "sessions": {
            **{str(name): int(held[name]) for name in held if name != "cost_usd"},
            "cost_usd": _none_if_nan(held["cost_usd"]),
        },
    }


def _rate_of(made: pd.DataFrame, ci_prob: float) -> dict[str, Any]:
    """Return how often decisions turn out well, from the sums of `_MADE`; as `decision_rate`."""
    known = made[(made["known"] > 0) & (made["last_source"] != "reported")]
    worth = LEARNING_RATE * known["last_source"].map(SOURCE_WEIGHT).to_numpy(dtype=float)
    a, b = (
        1 + float((worth * known[name].to_numpy(dtype=float)).sum()) for name in ("won", "lost")
    )
    kinds = joined(known["last_source"].map(PROVENANCE))
    return _rate(a, b, int(known["known"].sum()), kinds, ci_prob)


def decision_rate(
    made: pd.DataFrame, now: datetime | None = None, ci_prob: float = 0.9
) -> dict[str, Any]:
    """Return how often decisions turn out well: {value, low, high, n, provenance}.

    Parameters
    ----------
    made
        Rows of `decisions`; those without an outcome that says how it went do not count, nor
        what is only reported.
    now
        The instant to look from; the present by default.
    ci_prob
        Probability inside the interval.
    """
    known = known_rows(made[made["last_source"] != "reported"], "last_value")
    age = pd.Timestamp(now or utc_now()).tz_convert(UTC) - known["last_outcome_at"]
    a, b = posterior(
        known["last_value"].to_numpy(dtype=float),
        np.ones(len(known)),
        known["last_source"].map(SOURCE_WEIGHT).to_numpy(dtype=float),
        pd.to_timedelta(age).dt.total_seconds().to_numpy(dtype=float) / 86_400,
    )
    return _rate(a, b, len(known), joined(known["last_source"].map(PROVENANCE)), ci_prob)


def _rate(a: float, b: float, n: int, provenance: str, ci_prob: float) -> dict[str, Any]:
    if not n:
        none = dict.fromkeys(("value", "low", "high"))
        return {**none, "n": 0, "provenance": "none"}
    low, high = interval(np.array([a]), np.array([b]), ci_prob)
    return {
        "value": a / (a + b),
        "low": float(low[0]),
        "high": float(high[0]),
        "n": n,
        "provenance": provenance,
    }


def _none_if_nan(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else float(value)
