"""How well patterns and solutions work, and how sure one may be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from archkit.memory.learning import LEARNING_RATE, Evidence, beta_quantile, probability_better
from archkit.metrics.rows import KINDS, Readable, joined, known_rows, utc
from archkit.records import utc_now

__all__ = ["interval", "pattern_evidence", "solutions", "with_tie_set"]

_ESTIMATE = ["low", "high", "n", *(f"n_{kind}" for kind in KINDS), "provenance"]
_PATTERN = ["slug", "name", "area", "kind", "status", "success_rate", *_ESTIMATE]


def pattern_evidence(
    memory: Readable,
    *,
    ci_prob: float = 0.9,
    learning_rate: float = LEARNING_RATE,
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
    now
        The instant to look from: old outcomes count less. The present by default.

    Returns
    -------
    DataFrame
        One row a pattern with any evidence, best first: `slug`, `name`, `area`, `kind`, `status`;
        `success_rate` (posterior mean, 0 to 1) with its credible interval `low` to `high`;
        `n` uses whose outcome is known, reported ones included (these may be a fraction), of
        which `n_measured`, `n_observed`, `n_reported`, `n_simulated`; `provenance`, where the
        evidence comes from; `last_used_at` (UTC; null if all is reported); `a` and `b` of the
        posterior; `in_tie_set`, whether it may be the best of its kind; `ci_prob`.
    """
    rows = memory.sql(
        "SELECT slug, name, area, kind, status, y, uses, source, outcome_at, session_id, used_at "
        "FROM pattern_evidence ORDER BY slug, use_id"
    )
    rows = known_rows(utc(rows, "outcome_at", "used_at"), "y", "uses")
    frame = rows.drop_duplicates("slug")[_PATTERN[:5]].reset_index(drop=True)
    evidence = _evidence(rows, ["slug", "y", "uses", "source", "outcome_at", "session_id"], now)
    frame = _with_estimates(frame, evidence, "success_rate", ci_prob, learning_rate)
    last = rows.groupby("slug")["used_at"].max()
    frame["last_used_at"] = pd.DatetimeIndex(last.reindex(frame["slug"]))
    columns = [*_PATTERN, "last_used_at", "a", "b", "in_tie_set", "ci_prob"]
    ranked = with_tie_set(_best_first(frame, "success_rate").assign(ci_prob=ci_prob))
    return ranked[columns]


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
    kinds = frame["kind"].fillna("").to_numpy() if "kind" in frame else np.zeros(len(frame))
    may_be_best = np.zeros(len(frame), dtype=bool)
    for kind in pd.unique(kinds):
        mine = np.flatnonzero(kinds == kind)
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
        "ORDER BY slug, source"
    )
    rows = known_rows(rows, "effective_rate", "uses").assign(nothing=None)
    frame = rows.drop_duplicates("slug")[["slug", "signature", "name"]].reset_index(drop=True)
    order = ["slug", "effective_rate", "uses", "source", "nothing", "nothing"]
    frame = _with_estimates(
        frame, _evidence(rows, order, None), "effective_rate", ci_prob, learning_rate
    )
    columns = ["slug", "signature", "name", "effective_rate", *_ESTIMATE, "ci_prob"]
    return _best_first(frame, "effective_rate").assign(ci_prob=ci_prob)[columns]


def _with_estimates(
    frame: pd.DataFrame, evidence: Evidence, rate: str, ci_prob: float, learning_rate: float
) -> pd.DataFrame:
    slugs = frame["slug"].tolist()
    a, b = evidence.posteriors(slugs, learning_rate=learning_rate)
    low, high = interval(a, b, ci_prob)
    counts = evidence.counts(slugs)
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


def _evidence(rows: pd.DataFrame, order: Sequence[str], now: datetime | None) -> Evidence:
    """Read rows (slug, y, uses, source, seen_at, session) in the given order of columns."""
    plain = rows[list(order)].astype(object).where(rows[list(order)].notna(), None)
    return Evidence.from_rows(plain.itertuples(index=False), now=now or utc_now())


def _best_first(frame: pd.DataFrame, rate: str) -> pd.DataFrame:
    ordered = frame.sort_values([rate, "n", "slug"], ascending=[False, False, True])
    return ordered.reset_index(drop=True)
