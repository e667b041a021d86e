"""Whether work gets better as a memory learns: with it, without it, with a placebo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from archkit.metrics.evidence import interval
from archkit.metrics.paired import share_difference
from archkit.metrics.rows import Readable, joined
from archkit.records import PROVENANCE, utc_now

__all__ = ["CURVE", "as_curve", "learning_curve", "share_with_interval"]

CURVE = (
    *("arm", "learned_from", "learned_low", "learned_high", "share", "low", "high", "n"),
    *("difference", "difference_low", "difference_high", "paired", "of", "provenance", "ci_prob"),
)
"""Columns of a learning curve."""

_LEAST = 12  # decisions of a step; fewer say nothing
_MADE = """
SELECT d.decision_id, d.decided_at, d.last_value, d.last_source, s.aml_enabled
FROM decision_log d JOIN main.session s ON s.session_id = d.session_id
WHERE d.last_value IS NOT NULL AND d.last_source <> 'reported' AND s.aml_enabled IS NOT NULL
  AND d.decided_at <= $now AND d.last_outcome_at <= $now
ORDER BY d.decided_at, d.decision_id
"""
_SEEN = "SELECT min(observed_at) AS seen_at FROM main.outcome GROUP BY decision_id ORDER BY seen_at"


def learning_curve(
    memory: Readable, *, now: datetime | None = None, steps: int = 6, ci_prob: float = 0.9
) -> pd.DataFrame:
    """How decisions turn out with the memory on and off, by how much it had learned until then.

    Who is asked to work without the memory is not drawn by lot: what differs may come of something
    else. `archkit.ablation` tries both on the same briefs.

    Parameters
    ----------
    memory
        What to read. Of a part the decisions are drawn, but the memory had learned from all.
    now
        The instant to look from; decisions dated after it, and those whose latest outcome is, do
        not count. The present by default.
    steps
        Into how many steps, of about as many decisions each, what was learned is cut at most.
    ci_prob
        Probability inside the intervals.

    Returns
    -------
    DataFrame
        One row an arm and step, in order: `arm` (on or off); `learned_from`, how many decisions
        with an outcome the memory held when these were made (median; `learned_low` to
        `learned_high`); `share` that turned out well (0 to 1) with its interval `low` to `high`
        (Jeffreys'), over `n` decisions; `difference` from the arm off at the same step (-1 to 1;
        null for that arm and where it has none) with `difference_low` to `difference_high`
        (Newcombe's), `paired` or not; `of` what the shares are; `provenance`, `ci_prob`.
    """
    present = (now or utc_now()).astimezone(UTC).replace(tzinfo=None)
    made = memory.sql(_MADE, now=present)
    seen = memory.sql(_SEEN)["seen_at"].to_numpy()
    made = made.assign(
        learned=np.searchsorted(seen, made["decided_at"].to_numpy(), side="left"),
        arm=np.where(made["aml_enabled"].astype(bool), "on", "off"),
        provenance=made["last_source"].map(PROVENANCE).astype(object),
        y=made["last_value"].astype(float),
    )
    rows: list[dict[str, Any]] = []
    count = max(min(steps, len(made) // _LEAST), 1)
    order = made["learned"].rank(method="first")
    for _, part in made.groupby(np.ceil(order / max(len(made), 1) * count), sort=True):
        arms = {arm: part[part["arm"] == arm] for arm in ("on", "off")}
        rows += [_row(arm, mine, arms["off"], ci_prob) for arm, mine in arms.items() if len(mine)]
    return as_curve(rows, paired=False, of="decisions", ci_prob=ci_prob)


def as_curve(
    rows: Sequence[Mapping[str, Any]], *, paired: bool, of: str, ci_prob: float
) -> pd.DataFrame:
    """Put rows of a curve into a frame, each arm in the order of what was learned."""
    told = [{**row, "paired": paired, "of": of, "ci_prob": ci_prob} for row in rows]
    frame = pd.DataFrame(told, columns=list(CURVE))
    arms = {arm: n for n, arm in enumerate(("on", "placebo", "off"))}
    return frame.sort_values(
        ["arm", "learned_from"],
        key=lambda column: column.map(arms) if column.name == "arm" else column,
        kind="stable",
        ignore_index=True,
    )


def share_with_interval(good: float, n: int, ci_prob: float) -> dict[str, float]:
    """Return a share with Jeffreys' interval, which ends at 0 or 1 where none or all did well."""
    low, high = interval(np.array([0.5 + good]), np.array([0.5 + n - good]), ci_prob)
    least, most = 0.0 if good == 0 else float(low[0]), 1.0 if good == n else float(high[0])
    return {"share": good / n, "low": least, "high": most, "n": n}


def _row(arm: str, mine: pd.DataFrame, off: pd.DataFrame, ci_prob: float) -> dict[str, Any]:
    good, n = float(mine["y"].sum()), len(mine)
    apart: tuple[float, ...] = (np.nan, np.nan, np.nan)
    if arm != "off" and len(off):
        apart = share_difference(good, n, float(off["y"].sum()), len(off), ci_prob=ci_prob)
    compared = pd.concat([mine, off]) if arm != "off" else mine
    return {
        "arm": arm,
        "learned_from": float(mine["learned"].median()),
        "learned_low": int(mine["learned"].min()),
        "learned_high": int(mine["learned"].max()),
        **share_with_interval(good, n, ci_prob),
        **dict(zip(("difference", "difference_low", "difference_high"), apart, strict=True)),
        "provenance": joined(compared["provenance"]),
    }
