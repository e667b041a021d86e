"""How decisions score one month, three months, a year on, and what nobody looked at then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from archkit.metrics.rows import Readable, outcome_scores
from archkit.records import SOURCE_WEIGHT, utc_now

__all__ = ["HORIZONS", "scores_by_horizon"]

HORIZONS = (30, 90, 365)
"""Days after a decision at which one looks at what came of it."""

_COLUMNS = (
    *("score", "horizon_days", "decision_id", "title", "chosen", "outcome_id", "value", "weight"),
    *("provenance", "age_days", "observed_at", "decided_at", "from_future"),
)


def scores_by_horizon(
    memory: Readable, horizons: Sequence[int] = HORIZONS, *, now: datetime | None = None
) -> pd.DataFrame:
    """Return what decisions scored at each horizon, a row without a value where nobody looked.

    A look counts for the horizon that its age is nearest to, by ratio: with 30, 90 and 365 days,
    up to 51 days for the first and from 182 on for the last. Its age is its `horizon_days`, else
    the days from the decision until it was seen. Of several looks the latest counts.

    Parameters
    ----------
    memory
        What to read.
    horizons
        Days, at least one, ascending.
    now
        The instant to look from; the present by default.

    Returns
    -------
    DataFrame
        One row a score, horizon and decision that has that score at any horizon, in this order
        (decisions by when they were made): `score`, `horizon_days`, `decision_id`, `title`,
        `chosen`, `outcome_id`, `value` (0 to 1, higher is better; null: the horizon has passed and
        nobody looked), `weight` of its source (0 to 1), `provenance` (of the value; of a missing
        one that of the decision's other looks), `age_days`, `observed_at`, `decided_at` (UTC;
        null if not known), `from_future` (seen after now: a clock is wrong). No row stands for a
        horizon that has not passed yet.
    """
    ages = np.array(horizons, dtype=float)
    if not len(ages) or (ages <= 0).any() or (np.diff(ages) <= 0).any():
        raise ValueError(f"horizons are days, more than 0 and ascending, not {list(horizons)}.")
    present = pd.Timestamp(now or utc_now()).tz_convert(UTC)
    rows = outcome_scores(memory).dropna(subset=["value", "observed_at"])
    since = (rows["observed_at"] - rows["decided_at"]).dt.total_seconds() / 86_400
    age = pd.to_numeric(rows["horizon_days"]).astype(float).fillna(since).clip(lower=1.0)
    rows = rows.assign(
        age_days=age,
        weight=rows["source"].map(SOURCE_WEIGHT).fillna(1.0).astype(float),
    ).dropna(subset=["age_days"])
    middles = np.sqrt(ages[1:] * ages[:-1])
    place = np.searchsorted(middles, rows["age_days"].to_numpy(dtype=float), side="right")
    rows["horizon_days"] = np.array(horizons, dtype=np.int64)[place]
    seen = rows.drop_duplicates(["score", "decision_id", "horizon_days"], keep="last")
    told = ["score", "decision_id", "title", "chosen", "decided_at"]
    whose = seen.drop_duplicates(["score", "decision_id"], keep="last")[[*told, "provenance"]]
    grid = whose.merge(pd.DataFrame({"horizon_days": list(horizons)}), how="cross")
    looked = seen.drop(columns=[*told[2:]]).rename(columns={"provenance": "by"})
    frame = grid.merge(looked, on=["score", "decision_id", "horizon_days"], how="left")
    due = frame["decided_at"] + pd.to_timedelta(frame["horizon_days"], unit="D") <= present
    frame = frame[frame["value"].notna() | due]
    ahead = (frame["observed_at"] > present).fillna(False)
    frame = frame.assign(provenance=frame["by"].fillna(frame["provenance"]), from_future=ahead)
    order = ["score", "horizon_days", "decided_at", "decision_id"]
    return frame.sort_values(order, kind="stable")[list(_COLUMNS)].reset_index(drop=True)
