"""One decision held to its forecast: each look at it, and each horizon at which nobody looked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archkit.metrics.horizons import HORIZONS
from archkit.metrics.rows import utc
from archkit.records import PROVENANCE

if TYPE_CHECKING:
    from archkit.metrics.rows import Readable
    from archkit.records import Decision

__all__ = ["decision_horizons", "decision_looks", "looks_at"]

_LOOKS = """
SELECT
  o.outcome_id, o.success, o.would_repeat, o.note, o.value, o.horizon_days, o.observed_at,
  CASE
    WHEN i.event_id IS NULL OR o.source IN ('reported', 'simulated') THEN o.source
    WHEN o.source = 'model' THEN 'imported_model'
    ELSE 'imported'
  END AS source,
  i.origin
FROM outcome o
LEFT JOIN imported_event i ON i.event_id = o.event_id
WHERE o.decision_id = $decision_id
ORDER BY o.observed_at, o.outcome_id
"""
_SCORES = """
SELECT outcome_id, score, value FROM outcome_trend WHERE decision_id = $decision_id
ORDER BY observed_at, outcome_id, score
"""
_COLUMNS = (
    *("what", "score", "age_days", "horizon_days", "value", "provenance", "outcome_id"),
    "observed_at",
)


def looks_at(memory: Readable, decision: Decision) -> pd.DataFrame:
    """Return the looks at a decision, those that say nothing of how it went included.

    Returns
    -------
    DataFrame
        One row an outcome, oldest first: `outcome_id`, `success`, `would_repeat` (null: not
        said), `note`, `value` (0 to 1; null), `horizon_days` (null: not said), `observed_at`
        (UTC), `source`, `origin` (of an imported one), `provenance`, `age_days` (after deciding,
        at least 0).
    """
    rows = utc(memory.sql(_LOOKS, decision_id=decision.decision_id), "observed_at")
    since = rows["observed_at"] - pd.Timestamp(decision.decided_at).tz_convert(UTC)
    stated = pd.to_numeric(rows["horizon_days"]).astype(float)
    age = stated.fillna(since.dt.total_seconds() / 86_400).clip(lower=0.0)
    kinds = [PROVENANCE.get(source, source) for source in rows["source"]]
    return rows.assign(provenance=pd.Series(kinds, index=rows.index, dtype="str"), age_days=age)


def decision_looks(
    memory: Readable,
    decision: Decision,
    known: pd.DataFrame,
    *,
    now: datetime,
    horizons: Sequence[int] = HORIZONS,
) -> pd.DataFrame:
    """Return each score of each look at a decision beside its forecast, and what nobody looked at.

    Parameters
    ----------
    memory
        What to read.
    decision
        The decision.
    known
        What was known of its patterns when deciding: `evidence_then.evidence_of`.
    now
        The instant to look from.
    horizons
        Days after deciding at which one should look, ascending.

    Returns
    -------
    DataFrame
        One row a score of a look (`what` "look"), or a horizon without one: "missing" (it has
        passed) or "ahead"; by age. `score` ("success" is one; "" where none is said), `age_days`,
        `horizon_days`, `value` (0 to 1; null), `provenance`, `outcome_id`, `observed_at` (UTC).
        `attrs` hold what is one for all: `forecast` (0 to 1; None: not stated); of the first
        pattern used, as it was known when deciding, `known` (its rate), `low`, `high`, `n`,
        `known_from` (provenance) and `pattern` (its name), None where nothing was; `due_days`,
        `now_days`, `ci_prob`.
    """
    looks = looks_at(memory, decision)
    scores = memory.sql(_SCORES, decision_id=decision.decision_id)
    said = looks.drop(columns=["value"]).merge(scores, on="outcome_id", how="left")
    said = said.assign(what="look", score=said["score"].fillna(""))
    now_days = (now - decision.decided_at).total_seconds() / 86_400
    reached = _reached(looks["age_days"].to_numpy(dtype=float), horizons)
    gaps = [
        {"what": "missing" if days <= now_days else "ahead", "age_days": float(days)}
        | {"horizon_days": days, "score": "", "provenance": "none"}
        for days in horizons
        if days not in reached
    ]
    frame = pd.concat([said, pd.DataFrame(gaps)], ignore_index=True) if gaps else said
    frame = frame.reindex(columns=list(_COLUMNS)).sort_values(["age_days", "score"], kind="stable")
    frame = frame.reset_index(drop=True)
    due = float(decision.review_after_days) if decision.status == "accepted" else None
    frame.attrs |= {"forecast": decision.confidence, "due_days": due, "now_days": now_days}
    frame.attrs |= _known_then(decision, known)
    return frame


def decision_horizons(looks: pd.DataFrame, *, horizons: Sequence[int] = HORIZONS) -> pd.DataFrame:
    """Return how each score of a decision stood at each horizon.

    Parameters
    ----------
    looks
        `decision_looks`.
    horizons
        As there.

    Returns
    -------
    DataFrame
        One row a score and horizon: `score`, `horizon_days`, `value` (0 to 1, of the latest look
        that counts for the horizon; null), `age_days`, `provenance`, `state` ("seen", "missing":
        passed and nobody looked for it, "ahead").
    """
    seen = looks[(looks["what"] == "look") & looks["value"].notna()]
    place = np.array(horizons, dtype=np.int64)[_places(seen["age_days"].to_numpy(float), horizons)]
    latest = seen.assign(at=place).drop_duplicates(["score", "at"], keep="last")
    known = {(row["score"], row["at"]): row for row in latest.to_dict("records")}
    names = sorted(seen["score"].unique(), key=lambda score: (score != "success", score))
    rows = []
    for score in names:
        for days in horizons:
            row: dict[Any, Any] = known.get((score, days), {})
            missed = "missing" if days <= looks.attrs["now_days"] else "ahead"
            rows.append(
                {"score": score, "horizon_days": days, "value": row.get("value", np.nan)}
                | {"age_days": row.get("age_days", np.nan)}
                | {"provenance": row.get("provenance", "none")}
                | {"state": "seen" if row else missed}
            )
    columns = ["score", "horizon_days", "value", "age_days", "provenance", "state"]
    return pd.DataFrame(rows, columns=columns)


def _places(ages: Any, horizons: Sequence[int]) -> Any:
    """Return which horizon each age is nearest to, by ratio: as `scores_by_horizon` has it."""
    days = np.array(horizons, dtype=float)
    return np.searchsorted(np.sqrt(days[1:] * days[:-1]), np.maximum(ages, 1.0), side="right")


def _reached(ages: Any, horizons: Sequence[int]) -> set[int]:
    return {horizons[place] for place in _places(ages, horizons)}


def _known_then(decision: Decision, known: pd.DataFrame) -> dict[Any, Any]:
    """Return what was known of the first pattern when deciding."""
    first = decision.patterns[0] if decision.patterns else ""
    mine = known[known["slug"] == first].to_dict("records")
    if not mine:
        return dict.fromkeys(("known", "low", "high", "n", "known_from", "pattern", "ci_prob"))
    row = mine[0]
    return {
        **{"known": float(row["success_rate"]), "low": float(row["low"])},
        **{"high": float(row["high"]), "n": float(row["n"]), "ci_prob": float(row["ci_prob"])},
        **{"known_from": str(row["provenance"]), "pattern": str(row["name"])},
    }
