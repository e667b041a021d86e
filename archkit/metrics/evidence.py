"""How well patterns and solutions work, and how sure one may be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from archkit.memory.beta import Floats, beta_quantile, probability_better
from archkit.memory.category import category_prior, forecast
from archkit.memory.learning import LEARNING_RATE, PATTERN_THRESHOLD, Evidence
from archkit.memory.standing import standing_status
from archkit.metrics.evidence_sums import Sums, evidence_sums, patterns_named
from archkit.metrics.rows import KINDS, Readable, joined, known_rows
from archkit.records import PROVENANCE, SOURCE_WEIGHT, utc_now

__all__ = ["interval", "pattern_evidence", "solutions", "with_tie_set"]

_ESTIMATE = ["low", "high", "n", *(f"n_{kind}" for kind in KINDS), "provenance"]
_PATTERN = ["slug", "name", "area", "kind", "status", "success_rate", *_ESTIMATE]


def pattern_evidence(
    memory: Readable,
    *,
    ci_prob: float = 0.9,
    learning_rate: float = LEARNING_RATE,
    pattern_threshold: int = PATTERN_THRESHOLD,
    now: datetime | None = None,
) -> pd.DataFrame:
    """How well each pattern works, and how sure one may be.

    Parameters
    ----------
    memory
        What to read.
    ci_prob
        Probability inside the credible interval.
    learning_rate
        How much of a trial one outcome is worth (0 to 1).
    pattern_threshold
        Successes from distinct sessions that make a candidate count as active.
    now
        The instant to look from: old outcomes count less. The present by default.

    Returns
    -------
    DataFrame
        One row a pattern with any evidence, best first: `slug`, `name`, `area`, `kind`, `status`
        (what it counts as, after what was said of it and what its uses show); `success_rate`
        (posterior mean, 0 to 1) with its credible interval `low` to `high`; `n` uses whose outcome
        is known, reported ones included (these may be a fraction), of which `n_measured`,
        `n_observed`, `n_reported`, `n_simulated`; `provenance`, where the evidence comes from;
        `last_used_at` (UTC; null if all is reported); `a` and `b` of the posterior; `in_tie_set`,
        whether it may be the best of its kind; `n_from_future`, of `n` those dated after `now` (a
        clock is wrong; they count as of now); `forecast_rate` (0 to 1), what to expect of its
        next use by its own outcomes and those of its area (null where fewer than 20 patterns of
        the area have outcomes seen here, or none fails: see `archkit.memory.category`); `ci_prob`.
        Outcomes from before an epoch of a pattern count in `n` whole, in its rate little: see
        `archkit.memory.drift`.
    """
    present = now or utc_now()
    sums = evidence_sums(memory, present)
    rows = sums.by_source
    if unknown := sorted(set(rows["source"]) - set(SOURCE_WEIGHT)):
        raise ValueError(f"source must be one of {', '.join(SOURCE_WEIGHT)}, not {unknown}.")
    frame = patterns_named(memory, rows["slug"].unique().tolist())
    a, b = _posteriors(rows, frame["slug"], learning_rate)
    frame["status"] = _standing(sums, frame, a, b, pattern_threshold)
    kind = rows["source"].map(PROVENANCE)
    counts = {
        name: _of_slugs(rows["n"].where(kind == name, 0.0), rows["slug"], frame["slug"])
        for name in KINDS
    }
    frame = _with_estimates(frame, a, b, counts, "success_rate", ci_prob)
    last = rows.groupby("slug")["last_at"].max()
    frame["last_used_at"] = pd.DatetimeIndex(last.reindex(frame["slug"]))
    frame["n_from_future"] = _of_slugs(rows["ahead"], rows["slug"], frame["slug"])
    own = _posteriors(rows[rows["source"] != "reported"], frame["slug"], learning_rate)
    frame["forecast_rate"] = _forecasts(frame, *own)
    columns = [*_PATTERN, "last_used_at", "a", "b", "in_tie_set", "n_from_future", "forecast_rate"]
    ranked = with_tie_set(_best_first(frame, "success_rate").assign(ci_prob=ci_prob))
    return ranked[[*columns, "ci_prob"]]


def _of_slugs(values: pd.Series, slugs: pd.Series, named: pd.Series) -> Floats:
    """Sum values by slug, in the order named; 0 where there is none."""
    summed = values.groupby(slugs.to_numpy()).sum().reindex(named, fill_value=0.0)
    return summed.to_numpy(dtype=float)


def _posteriors(
    rows: pd.DataFrame, named: pd.Series, learning_rate: float
) -> tuple[Floats, Floats]:
    """Return the Beta posterior (a, b) of each pattern named, from its sums by source."""
    if not 0 <= learning_rate <= 1:
        raise ValueError(f"learning_rate must be 0 to 1, not {learning_rate}.")
    worth = learning_rate * rows["source"].map(SOURCE_WEIGHT).astype(float)
    won, lost = (_of_slugs(worth * rows[name], rows["slug"], named) for name in ("won", "lost"))
    return 1 + won, 1 + lost


def _standing(
    sums: Sums, frame: pd.DataFrame, a: Floats, b: Floats, threshold: int
) -> pd.Series[Any]:
    """Return what each pattern counts as; null where nobody worded or said anything."""
    rows, slugs = sums.by_source, frame["slug"]
    said = frame["status"].fillna("candidate")
    good, bad = (_of_slugs(rows[name], rows["slug"], slugs) for name in ("good", "bad"))
    asked = slugs[(said == "candidate").to_numpy() & (good >= threshold)]  # else they are too few
    known = sums.successes(asked.tolist())
    counted = np.array([known.get(slug, 0) for slug in slugs], dtype=np.int64)
    failures = bad.astype(np.int64)
    status = standing_status(said.tolist(), a, b, counted, failures, threshold=threshold)
    return pd.Series(status, index=frame.index, dtype=object).where(frame["status"].notna(), None)


def _forecasts(frame: pd.DataFrame, own_a: Floats, own_b: Floats) -> Floats:
    """Return the rate to expect of each pattern under its area's prior, NaN where there is none."""
    expected = np.full(len(frame), np.nan)
    a, b = frame["a"].to_numpy(dtype=float), frame["b"].to_numpy(dtype=float)
    for mine in frame.groupby(frame["area"].fillna("").to_numpy()).indices.values():
        prior = category_prior(own_a[mine] - 1, own_b[mine] - 1)
        if prior is not None:
            expected[mine] = forecast(a[mine], b[mine], prior)
    return expected


def with_tie_set(frame: pd.DataFrame, *, certainty: float = 0.9) -> pd.DataFrame:
    """Say which patterns may be the best of their kind, say after a frame has been narrowed.

    Patterns of different kinds answer different questions, so they are never compared; those of
    unknown kind are a kind.

    Parameters
    ----------
    frame
        Rows of `pattern_evidence`; without a `kind`, all are compared.
    certainty
        A pattern is out once the best of its kind is better with this probability.

    Returns
    -------
    DataFrame
        The same rows, `in_tie_set` (bool) anew.
    """
    if frame.empty:
        return frame.assign(in_tie_set=pd.Series(dtype=bool))
    a, b = frame["a"].to_numpy(dtype=float), frame["b"].to_numpy(dtype=float)
    kinds = frame["kind"].fillna("") if "kind" in frame else pd.Series("", index=frame.index)
    may_be_best = np.zeros(len(frame), dtype=bool)
    for mine in frame.groupby(kinds.to_numpy()).indices.values():
        best = mine[(a[mine] / (a[mine] + b[mine])).argmax()]
        may_be_best[mine] = probability_better(a[best], b[best], a[mine], b[mine]) < certainty
        may_be_best[best] = True
    return frame.assign(in_tie_set=may_be_best)


def solutions(
    memory: Readable, *, ci_prob: float = 0.9, learning_rate: float = LEARNING_RATE
) -> pd.DataFrame:
    """How often each solution to an error helped.

    Returns
    -------
    DataFrame
        One row a solution that was used, best first: `slug`, `signature` (the error), `name`,
        `effective_rate` (posterior mean, 0 to 1), `low`, `high`, `n` uses and of which kind,
        `provenance`; see `pattern_evidence`.
    """
    rows = memory.sql(
        "SELECT slug, signature, name, source, uses, effective_rate FROM solution_effect "
        "WHERE source IN (SELECT k.source FROM source k) ORDER BY slug, source"
    )
    rows = known_rows(rows, "effective_rate", "uses")
    frame = rows.drop_duplicates("slug")[["slug", "signature", "name"]].reset_index(drop=True)
    evidence = _evidence(rows, "effective_rate", utc_now())
    slugs = frame["slug"].tolist()
    a, b = evidence.posteriors(slugs, learning_rate=learning_rate)
    frame = _with_estimates(frame, a, b, evidence.counts(slugs), "effective_rate", ci_prob)
    columns = ["slug", "signature", "name", "effective_rate", *_ESTIMATE, "ci_prob"]
    return _best_first(frame, "effective_rate").assign(ci_prob=ci_prob)[columns]


def _with_estimates(
    frame: pd.DataFrame,
    a: Floats,
    b: Floats,
    counts: Mapping[str, Floats],
    rate: str,
    ci_prob: float,
) -> pd.DataFrame:
    low, high = interval(a, b, ci_prob)
    estimates = {rate: a / (a + b), "low": low, "high": high, "n": sum(counts.values())}
    estimates |= {f"n_{kind}": counts[kind] for kind in KINDS}
    there = zip(*(counts[kind] > 0 for kind in KINDS), strict=True)
    names = [joined(k for k, is_there in zip(KINDS, row, strict=True) if is_there) for row in there]
    return frame.assign(**estimates, provenance=names, a=a, b=b)


def interval(a: Any, b: Any, ci_prob: float) -> tuple[Any, Any]:
    """Return the bounds of the credible interval of Beta(a, b) with equal tails."""
    if not 0 < ci_prob < 1:
        raise ValueError(f"ci_prob must be between 0 and 1, not {ci_prob}.")
    tail = (1 - ci_prob) / 2
    return beta_quantile(tail, a, b), beta_quantile(1 - tail, a, b)


def _evidence(rows: pd.DataFrame, y: str, now: datetime) -> Evidence:
    """Take rows as evidence: undated, whole and of no session."""
    code, slugs = pd.factorize(rows["slug"])
    source, sources = pd.factorize(rows["source"])
    return Evidence.from_columns(
        slugs.tolist(),
        code,
        rows[y].to_numpy(dtype=float),
        rows["uses"].to_numpy(dtype=float),
        sources.tolist(),
        source,
        now=now,
    )


def _best_first(frame: pd.DataFrame, rate: str) -> pd.DataFrame:
    ordered = frame.sort_values([rate, "n", "slug"], ascending=[False, False, True])
    return ordered.reset_index(drop=True)
