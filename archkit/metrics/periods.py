"""Two periods side by side: what changed between them, and whether that can be told from chance.

The periods are parts of one memory (`Scope.of`) that share no instant. A difference has the
interval that Newcombe's square-and-add rule (his method 10) makes of the two credible intervals.
An interval of trials that all went one way reaches the end of the scale: else a habit that never
fails would seem to have changed wherever one period has fewer of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from archkit.memory.beta import Floats
from archkit.memory.learning import posterior
from archkit.metrics.cost import session_costs
from archkit.metrics.evidence import interval, pattern_evidence
from archkit.metrics.first_looks import first_looks
from archkit.metrics.rows import (
    Readable,
    decisions,
    joined,
    known_rows,
    made_up,
    outcome_scores,
)
from archkit.metrics.saving import pooled, query_measurements, query_reduction, without_warm
from archkit.metrics.scoring import calibration
from archkit.records import PROVENANCE, SOURCE_WEIGHT

__all__ = [
    "LOOK_DAYS",
    "period_changes",
    "period_patterns",
    "period_queries",
    "period_sessions",
]

LOOK_DAYS = 30
"""How long after it is due a look at a decision still comes in time."""

_SIDES = ("before", "after")
_LEAST = 5  # measurements, sessions that an interval needs
_MEASURES = {
    "US dollars": "cost_usd",
    "thousand tokens": "tokens",
    "turns": "turns",
    "minutes": "minutes",
}

Estimate = Mapping[str, Any]
"""value, low, high, n and provenance."""


def period_changes(
    before: Readable,
    after: Readable,
    now: datetime,
    *,
    whole: Readable,
    ci_prob: float = 0.9,
) -> pd.DataFrame:
    """Return the shares that tell how two periods went, and how far they lie apart.

    A decision counts in the period in which it was made: whether it turned out well by the first
    look at it, for the older ones have had time for more; whether it was looked at within
    `LOOK_DAYS` of being due, and only once these are over. A score counts in the period in which
    it was observed; each outcome counts whole, however old it is.

    Parameters
    ----------
    before, after
        The two periods.
    whole
        The part that both are of, at all times: a look may come after the period of its decision.
    now
        The instant to look from: what is due by now could have been looked at.
    ci_prob
        Probability inside the intervals.

    Returns
    -------
    DataFrame
        One row a measure that either period has: `measure` (decisions that turned out well,
        decisions looked at in time, queries saved, each outcome score, miss of the forecasts);
        of each period `<period>_value` (0 to 1, queries saved may be negative), `<period>_low`
        to `<period>_high`, `<period>_n` and `<period>_provenance`; `change` (the second less the
        first, null unless both have a value) with `low` to `high` (null where a period has fewer
        than five measurements or forecasts, or all its forecasts came the same);
        `less_is_better`; `told_apart`, whether the interval leaves zero out; `provenance` of both;
        `ci_prob`.
    """
    looks = first_looks(whole).set_index("decision_id")
    told = [dict(_measured(part, looks, now, ci_prob)) for part in (before, after)]
    names = list(dict.fromkeys([*told[0], *told[1]]))
    rows = pd.DataFrame(
        [
            {"measure": name, **_side("before", told[0].get(name))}
            | _side("after", told[1].get(name))
            for name in sorted(names, key=_place)
        ],
        columns=["measure", *_columns()],
    )
    rows["less_is_better"] = rows["measure"] == _MISS
    return _changed(rows, ci_prob)


def period_patterns(
    before: Readable,
    after: Readable,
    ends: tuple[datetime, datetime],
    *,
    ci_prob: float = 0.9,
) -> pd.DataFrame:
    """Return how well each pattern worked in either period.

    Parameters
    ----------
    before, after
        The two periods.
    ends
        When either ends: the age of its evidence counts from there.
    ci_prob
        Probability inside the intervals.

    Returns
    -------
    DataFrame
        One row a pattern with an outcome in either, those that changed most surely first: `slug`,
        `name`, `kind`, then the columns of `period_changes`.
    """
    found = []
    for part, end in zip((before, after), ends, strict=True):
        rows = pattern_evidence(part, ci_prob=ci_prob, now=end)
        a, b, low, high = (rows[name].to_numpy(dtype=float) for name in ("a", "b", "low", "high"))
        low, high = _to_the_end(a, b, low, high)
        found.append(rows.assign(low=low, high=high))
    return _changed(_joined(found, "success_rate"), ci_prob)


def period_queries(before: Readable, after: Readable, *, ci_prob: float = 0.9) -> pd.DataFrame:
    """Return the share of queries that changes saved in either period, by pattern.

    Returns
    -------
    DataFrame
        One row a pattern that was measured in either, warm caches left out: as `period_patterns`,
        its `kind` empty. A change is told apart only from five measurements on in either period:
        the interval of fewer is too narrow.
    """
    found = []
    for part in (before, after):
        rows = without_warm(query_reduction(part, ci_prob=ci_prob))
        counted = known_rows(rows[rows["provenance"] != "reported"], "reduction_share")
        found.append(counted.sort_values("n", ascending=False).drop_duplicates("slug"))
    rows = _changed(_joined(found, "reduction_share"), ci_prob)
    enough = rows[["before_n", "after_n"]].min(axis=1) >= _LEAST
    return rows.assign(told_apart=rows["told_apart"] & enough)


def period_sessions(before: Readable, after: Readable, *, ci_prob: float = 0.9) -> pd.DataFrame:
    """Return what a session took in either period.

    Returns
    -------
    DataFrame
        One row a measure (US dollars, thousand tokens, turns, minutes) that either has: `measure`;
        of each period `<period>_value`, the median session, with an interval that asks nothing of
        how they are spread (between order statistics; null for fewer than five sessions, or
        too few for `ci_prob`),
        `<period>_n` and `<period>_provenance`; `change`, `low`, `high`, `told_apart` as in
        `period_changes`; `provenance`; `ci_prob`. Costs of sessions with a turn of unknown price
        are left out.
    """
    found = [_costs(part) for part in (before, after)]
    rows = []
    for measure, column in _MEASURES.items():
        sides = [_median(each, column, ci_prob) for each in found]
        if any(side is not None for side in sides):
            pair = zip(_SIDES, sides, strict=True)
            told = {name: value for end, side in pair for name, value in _side(end, side).items()}
            rows.append({"measure": measure, **told})
    frame = pd.DataFrame(rows, columns=["measure", *_columns()])
    return _changed(frame.assign(less_is_better=True), ci_prob)


_WELL, _LOOKED, _SAVED, _MISS = (
    "decisions that turned out well",
    "decisions looked at in time",
    "queries saved",
    "miss of the forecasts (Brier)",
)


def _place(name: str) -> tuple[int, str]:
    order = (_WELL, _LOOKED, _SAVED, _MISS)
    return (order.index(name) if name in order else len(order), name)


def _measured(
    part: Readable, looks: pd.DataFrame, now: datetime, ci_prob: float
) -> Iterator[tuple[str, Estimate]]:
    made = decisions(part)[["decision_id", "status", "due_at", "origin"]].join(
        looks, on="decision_id"
    )
    known = known_rows(made, "value")
    if len(known):
        weight = known["source"].map(SOURCE_WEIGHT).fillna(1.0)
        origin = joined(known["source"].map(PROVENANCE))
        yield _WELL, _share(known["value"], weight, origin, ci_prob)
    until = made["due_at"] + pd.Timedelta(days=LOOK_DAYS)
    over = made[(until <= pd.Timestamp(now).tz_convert(UTC)) & (made["status"] == "accepted")]
    if len(over):
        in_time = (over["first_at"] <= until[over.index]).astype(float)
        origin = joined(_made_by(over))
        yield _LOOKED, _share(in_time, in_time * 0 + 1, origin, ci_prob)
    counted = without_warm(known_rows(query_measurements(part), "reduction_share"))
    if len(counted):
        saved = pooled(counted, ci_prob)
        told = {"value": saved["reduction_share"], "low": saved["low"], "high": saved["high"]}
        rest = {"n": len(counted), "provenance": joined(counted["provenance"])}
        yield _SAVED, _unsure({**told, **rest}, len(counted) < _LEAST)
    for miss in calibration(part, ci_prob=ci_prob).head(1).to_dict("records"):
        told = {"value": miss["brier"], "low": miss["brier_low"], "high": miss["brier_high"]}
        rest = {"n": miss["n"], "provenance": miss["provenance"]}
        # Where all came the same the misses hardly differ, which says nothing of the next one.
        yield _MISS, _unsure({**told, **rest}, miss["n"] < _LEAST or miss["came"] in (0.0, 1.0))
    scored = known_rows(outcome_scores(part), "value")
    scored = scored[(scored["score"] != "success") & (scored["provenance"] != "reported")]
    for score, rows in scored.groupby("score", sort=True):
        weight = rows["source"].map(SOURCE_WEIGHT).fillna(1.0)
        yield f"score: {score}", _share(rows["value"], weight, joined(rows["provenance"]), ci_prob)


def _unsure(told: dict[str, Any], so: bool) -> dict[str, Any]:
    """Leave out an interval that would be too narrow."""
    return {**told, "low": np.nan, "high": np.nan} if so else told


def _made_by(rows: pd.DataFrame) -> pd.Series[Any]:
    """Say of decisions whether they are made up, reported from elsewhere, or were made here."""
    here = pd.Series("observed", index=rows.index, dtype=object).mask(
        rows["origin"].notna(), "reported"
    )
    return here.mask(made_up(rows["decision_id"]), "simulated")


def _share(values: pd.Series, weight: pd.Series, provenance: str, ci_prob: float) -> dict[str, Any]:
    """Estimate a share from trials that may be graded: a 0.7 is seven tenths of a success."""
    given = values.to_numpy(dtype=float), np.ones(len(values)), weight.to_numpy(dtype=float)
    a, b = posterior(*given, np.zeros(len(values)), learning_rate=1.0)
    bounds = np.array([a]), np.array([b])
    low, high = _to_the_end(*bounds, *interval(*bounds, ci_prob))
    return {
        "value": a / (a + b),
        "low": float(low[0]),
        "high": float(high[0]),
        "n": len(values),
        "provenance": provenance,
    }


def _to_the_end(a: Floats, b: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Let the interval of Beta(a, b) reach 0 or 1 where no trial speaks against it."""
    return np.where(a <= 1, 0.0, low), np.where(b <= 1, 1.0, high)


def _costs(part: Readable) -> pd.DataFrame:
    rows = session_costs(part)
    tokens = rows[["input_tokens", "output_tokens"]].astype(float).sum(axis=1, min_count=1)
    return rows.assign(
        cost_usd=rows["cost_usd"].astype(float).where(rows["unpriced_turns"].fillna(0) == 0),
        tokens=tokens / 1000,
        turns=rows["turns"].astype(float),
        minutes=rows["duration_ms"].astype(float) / 60_000,
    )


def _median(rows: pd.DataFrame, column: str, ci_prob: float) -> dict[str, Any] | None:
    """Return the median with the interval between order statistics that covers it."""
    known = known_rows(rows, column)
    if known.empty:
        return None
    values = np.sort(known[column].to_numpy(dtype=float))
    low = high = np.nan
    if len(values) >= _LEAST:
        from scipy.stats import binom

        first = int(binom.ppf((1 - ci_prob) / 2, len(values), 0.5))
        if first > 0:  # else even the least and the greatest leave out more than they may
            low, high = values[first - 1], values[len(values) - first]
    told = {"value": float(np.median(values)), "low": float(low), "high": float(high)}
    return {**told, "n": len(values), "provenance": joined(known["provenance"])}


def _joined(found: list[pd.DataFrame], value: str) -> pd.DataFrame:
    """Put the rows of two periods side by side, by pattern."""
    names = ["slug", "name", *(["kind"] if all("kind" in each for each in found) else [])]
    sides: list[pd.DataFrame | pd.Series[Any]] = [
        each[["slug", value, "low", "high", "n", "provenance"]]
        .rename(columns={value: "value"})
        .set_index("slug")
        .add_prefix(f"{end}_")
        for end, each in zip(_SIDES, found, strict=True)
    ]
    named = pd.concat([each[names] for each in found], ignore_index=True).drop_duplicates("slug")
    rows = named.set_index("slug").join(sides).reset_index()
    if "kind" not in rows:
        rows["kind"] = None
    return rows[["slug", "name", "kind", *_columns()]].assign(less_is_better=False)


def _columns() -> list[str]:
    names = ("value", "low", "high", "n", "provenance")
    return [f"{end}_{name}" for end in _SIDES for name in names]


def _side(end: str, found: Estimate | None) -> dict[str, Any]:
    names = ("value", "low", "high", "n")
    told = {f"{end}_{name}": np.nan if found is None else found[name] for name in names}
    return {**told, f"{end}_provenance": None if found is None else found["provenance"]}


def _changed(rows: pd.DataFrame, ci_prob: float) -> pd.DataFrame:
    """Add the change of each row, its interval and whether it can be told from none."""
    numbers = [name for name in _columns() if not name.endswith("provenance")]
    rows = rows.astype(dict.fromkeys(numbers, float))
    (v0, l0, h0), (v1, l1, h1) = (
        [rows[f"{end}_{name}"].to_numpy(dtype=float) for name in ("value", "low", "high")]
        for end in _SIDES
    )
    change = v1 - v0
    low, high = change - _added(v1 - l1, h0 - v0), change + _added(h1 - v1, v0 - l0)
    told = (low > 0) | (high < 0)
    kinds: list[object] = [
        joined(part for each in pair if isinstance(each, str) for part in each.split(" + "))
        for pair in zip(rows["before_provenance"], rows["after_provenance"], strict=True)
    ]
    for end in _SIDES:
        rows[f"{end}_n"] = rows[f"{end}_n"].fillna(0.0)
    whole = rows.assign(
        change=change,
        low=low,
        high=high,
        told_apart=told,
        provenance=pd.Series(kinds, index=rows.index, dtype=object),
        ci_prob=ci_prob,
    )
    if "slug" not in whole:
        return whole
    sure = np.nan_to_num(np.abs(change) / np.where(high > low, high - low, np.nan), nan=-1.0)
    return whole.iloc[np.argsort(-sure, kind="stable")].reset_index(drop=True)


def _added(one: Floats, other: Floats) -> Floats:
    return np.asarray(np.hypot(np.maximum(one, 0.0), np.maximum(other, 0.0)))
