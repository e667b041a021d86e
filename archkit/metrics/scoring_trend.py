"""Whether forecasts get better: their scores month by month, and regret decision by decision."""

from __future__ import annotations

from datetime import UTC, datetime
from statistics import NormalDist

import numpy as np
import pandas as pd

from archkit.metrics.rows import Readable, utc
from archkit.metrics.scoring import forecasts
from archkit.records import PROVENANCE, utc_now

__all__ = ["calibration_by_month", "decision_regret"]

_LEAST_LIKELY = 0.001
_CHOICES = """
SELECT decision_id, decided_at, title, kind, chosen, predicted, runner_up, runner_up_predicted,
  value, source, observed_at
FROM decision_regret ORDER BY decided_at, decision_id
"""


def calibration_by_month(
    memory: Readable, *, ci_prob: float = 0.9, now: datetime | None = None
) -> pd.DataFrame:
    """Score the confidences stated when deciding, by the month in which it showed.

    Parameters
    ----------
    memory
        What to read.
    ci_prob
        Probability inside the intervals.
    now
        The instant to look from; the present by default.

    Returns
    -------
    DataFrame
        One row a month and provenance of the outcomes, oldest first: `from_at` to `until_at` (UTC;
        the month in which the latest outcomes were seen); `n` forecasts; `brier`, their mean
        squared miss (0 is perfect, .25 what always saying one half earns) with `brier_low` to
        `brier_high`; `log_loss` (natural logarithm, .693 is one half's; confidences nearer than
        .001 to 0 or 1 count as that) with `log_low` to `log_high`; `brier_of_mean`, what stating
        the month's mean outcome each time would have earned; `provenance`; `from_future` (dated
        after now: a clock is wrong); `ci_prob`. Intervals of the mean by the normal
        approximation, null for a single forecast.
    """
    present = pd.Timestamp(now or utc_now()).tz_convert(UTC)
    rows = forecasts(memory).dropna(subset=["last_outcome_at"])
    stated, came = rows["stated"].to_numpy(dtype=float), rows["came"].to_numpy(dtype=float)
    sure = np.clip(stated, _LEAST_LIKELY, 1 - _LEAST_LIKELY)
    rows = rows.assign(
        from_at=rows["last_outcome_at"].dt.tz_localize(None).dt.to_period("M").dt.start_time,
        brier=(stated - came) ** 2,
        log_loss=-(came * np.log(sure) + (1 - came) * np.log(1 - sure)),
    )
    grouped = rows.groupby(["from_at", "provenance"], sort=True)
    frame = grouped.agg(
        n=("brier", "size"),
        brier=("brier", "mean"),
        brier_sd=("brier", "std"),
        log_loss=("log_loss", "mean"),
        log_sd=("log_loss", "std"),
        brier_of_mean=("came", lambda column: float(column.var(ddof=0))),
        last=("last_outcome_at", "max"),
    ).reset_index()
    z = NormalDist().inv_cdf(0.5 + ci_prob / 2)
    for name, mean in (("brier", "brier"), ("log", "log_loss")):
        reach = z * frame[f"{name}_sd"] / np.sqrt(frame["n"])
        frame[f"{name}_low"] = (frame[mean] - reach).clip(lower=0.0)
        frame[f"{name}_high"] = frame[mean] + reach
    frame = frame.assign(
        until_at=pd.to_datetime(frame["from_at"]) + pd.offsets.MonthBegin(1),
        from_future=(frame["last"] > present).astype(bool),
        ci_prob=ci_prob,
    )
    columns = ["from_at", "until_at", "n", "brier", "brier_low", "brier_high", "log_loss"]
    columns += ["log_low", "log_high", "brier_of_mean", "provenance", "from_future", "ci_prob"]
    return utc(frame, "from_at", "until_at")[columns]


def decision_regret(memory: Readable) -> pd.DataFrame:
    """Return what was chosen beside its runner-up: as predicted then, and what came.

    Returns
    -------
    DataFrame
        One row a decision for which both have a forecast, the largest disappointment first:
        `decision_id`, `title`, `kind`, `chosen`, `predicted` (0 to 1: the confidence when
        deciding), `runner_up`, the alternative that was predicted best, `runner_up_predicted` (0 to
        1: its success rate then), `regret_then` (the second less the first: above 0, something
        else looked better when deciding), `value` (0 to 1; what came; null if not known yet),
        `regret_now` (what the runner-up promised less what came; null if not known; what it would
        have come to nobody knows), `provenance` of the value, `decided_at`, `observed_at` (UTC).
    """
    rows = utc(memory.sql(_CHOICES), "decided_at", "observed_at")
    rows["provenance"] = [PROVENANCE.get(source, "none") for source in rows["source"]]
    rows["value"] = pd.to_numeric(rows["value"]).astype(float)
    rows["provenance"] = rows["provenance"].where(rows["value"].notna(), "none")
    rows["regret_then"] = rows["runner_up_predicted"] - rows["predicted"]
    rows["regret_now"] = rows["runner_up_predicted"] - rows["value"]
    columns = ["decision_id", "title", "kind", "chosen", "predicted", "runner_up"]
    columns += ["runner_up_predicted", "regret_then", "value", "regret_now", "provenance"]
    rows = rows.sort_values("regret_now", ascending=False, kind="stable", na_position="last")
    return rows[[*columns, "decided_at", "observed_at"]].reset_index(drop=True)
