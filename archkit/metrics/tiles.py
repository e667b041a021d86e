"""The few figures a dashboard opens with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from archkit.memory.learning import posterior
from archkit.metrics.evidence import interval
from archkit.metrics.rows import Readable, decisions, joined, known_rows, sessions
from archkit.metrics.saving import pooled, query_measurements, without_warm
from archkit.records import PROVENANCE, SOURCE_WEIGHT, utc_now

__all__ = ["decision_rate", "headline"]


_DEBT = (
    "SELECT count(*) AS n, count(*) FILTER (WHERE due_at < $now) AS overdue, "
    "min(due_at) AS oldest_due, first(decision_id ORDER BY due_at, decision_id) AS oldest "
    "FROM outcome_debt"
)


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
        `decisions` {value, with_outcome}; `success_rate` of the decisions {value, low, high, n,
        provenance}, nothing reported in it; `queries_saved` {value (pooled share), low, high,
        median, n, queries_before, queries_after, provenance}, warm caches left out;
        `outcome_debt` {value, overdue, oldest (decision id), oldest_days}; `sessions` {value,
        open, cost_usd}. A value nobody knows is None.
    """
    present = (now or utc_now()).astimezone(UTC)
    made, held = decisions(memory), sessions(memory)
    debt = memory.sql(_DEBT, now=present.replace(tzinfo=None)).to_dict("records")[0]
    held = held[held["parent_session_id"].isna()]  # what an agent started is part of a session
    counted = without_warm(known_rows(query_measurements(memory), "reduction_share"))
    late = present - debt["oldest_due"].tz_localize(UTC) if debt["overdue"] else None
    saved = (
        pooled(counted, ci_prob)
        if len(counted)
        else dict.fromkeys(("reduction_share", "low", "high", "median_share"))
    )
    return {
        "decisions": {"value": len(made), "with_outcome": int((made["outcomes"] > 0).sum())},
        "success_rate": decision_rate(made, now, ci_prob),
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
            "value": len(held),
            "open": int((held["status"] == "open").sum()),
            "cost_usd": float(held["cost_usd"].sum()) if held["cost_usd"].notna().any() else None,
        },
    }


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
    if known.empty:
        none = dict.fromkeys(("value", "low", "high"))
        return {**none, "n": 0, "provenance": "none"}
    age = pd.Timestamp(now or utc_now()).tz_convert(UTC) - known["last_outcome_at"]
    a, b = posterior(
        known["last_value"].to_numpy(dtype=float),
        np.ones(len(known)),
        known["last_source"].map(SOURCE_WEIGHT).to_numpy(dtype=float),
        age.dt.total_seconds().to_numpy(dtype=float) / 86_400,
    )
    low, high = interval(np.array([a]), np.array([b]), ci_prob)
    return {
        "value": a / (a + b),
        "low": float(low[0]),
        "high": float(high[0]),
        "n": len(known),
        "provenance": joined(known["last_source"].map(PROVENANCE)),
    }


def _none_if_nan(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else float(value)
