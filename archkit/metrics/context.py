"""How well patterns work in one context or another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from archkit.memory.beta import beta_quantile
from archkit.memory.learning import HALF_LIFE_DAYS, LEARNING_RATE
from archkit.memory.slices import pooled_slices, reversals
from archkit.metrics.evidence import interval, pattern_evidence
from archkit.metrics.rows import Readable, joined, utc
from archkit.records import SOURCE_WEIGHT, utc_now

__all__ = ["context_reversals", "context_slices", "pattern_by_context"]

_SLICE = ["slug", "name", "kind", "key", "value"]


def pattern_by_context(
    memory: Readable,
    *,
    ci_prob: float = 0.9,
    learning_rate: float = LEARNING_RATE,
    now: datetime | None = None,
) -> pd.DataFrame:
    """How well each pattern works by each value of the context it was decided in.

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
        One row a pattern, key and value with known outcomes, by slug, key and value: `slug`,
        `name`, `kind`, `key`, `value`; `success_rate` in this slice (0 to 1; posterior mean,
        shrunk towards the pattern's overall rate) with its credible interval `low` to `high`;
        `n` uses and their `provenance`; `mean_y` of them (0 to 1; plain, without a prior);
        `overall_rate` (0 to 1) of the pattern with `overall_low`, `overall_high`, over
        `overall_n` uses, reported ones included, and its `overall_provenance`; `strength`, how
        many uses the overall rate counted as; `ci_prob`. A use in a context with several values of
        a key is in several rows.
    """
    present = now or utc_now()
    cells = _cells(memory, learning_rate, present)
    return _shrunk(memory, cells, ci_prob, learning_rate, present)


def _shrunk(
    memory: Readable, cells: pd.DataFrame, ci_prob: float, learning_rate: float, present: datetime
) -> pd.DataFrame:
    """Shrink slices towards the overall rates."""
    overall = pattern_evidence(memory, ci_prob=ci_prob, learning_rate=learning_rate, now=present)
    overall = overall.set_index("slug")[["success_rate", "low", "high", "n", "provenance"]]
    told = ("rate", "low", "high", "n", "provenance")
    overall.columns = pd.Index([f"overall_{name}" for name in told])
    frame = cells.join(overall, on="slug")
    code = pd.factorize(frame["key"])[0]
    won, lost, rate = (
        frame[name].to_numpy(dtype=float) for name in ("won", "lost", "overall_rate")
    )
    found = pooled_slices(code, won, lost, rate)
    low, high = interval(found.a, found.b, ci_prob)
    frame = frame.assign(
        success_rate=found.a / (found.a + found.b),
        low=low,
        high=high,
        strength=found.strength,
        ci_prob=ci_prob,
    )
    columns = [*_SLICE, "success_rate", "low", "high", "n", "provenance", "mean_y"]
    columns += [f"overall_{name}" for name in told]
    return frame[[*columns, "strength", "ci_prob"]]


def context_slices(
    memory: Readable,
    key: str | None = None,
    *,
    ci_prob: float = 0.9,
    learning_rate: float = LEARNING_RATE,
    now: datetime | None = None,
) -> pd.DataFrame:
    """How well patterns work by each value of one key, with a warning where an order is reversed.

    Parameters
    ----------
    memory
        What to read.
    key
        Of the context; None: one in which an order is reversed, else that known of most uses.
    ci_prob
        Probability inside the credible intervals.
    learning_rate
        How much of a trial one outcome is worth (0 to 1).
    now
        The instant to look from. The present by default.

    Returns
    -------
    DataFrame
        The rows of `pattern_by_context` for that key, with `n_pattern`, the pattern's uses in
        which the key is known (one in several slices counts in each); `warning`, the words of
        `context_reversals` for a pattern of a reversed pair and "" for all others; `n_keys`, how
        many keys there are to slice by. First the pairs, that which leads overall before that
        which leads in every context, then by kind, the patterns used most first.
    """
    present = now or utc_now()
    cells = _cells(memory, learning_rate, present)
    slices = _shrunk(memory, cells, ci_prob, learning_rate, present)
    turned = _pairs(cells, ci_prob)
    n_keys = slices["key"].nunique()
    if key is None and n_keys:
        most = slices.groupby("key")["n"].sum().sort_values(ascending=False, kind="stable")
        key = str(turned["key"].iloc[0] if len(turned) else most.index[0])
    mine, turned = slices[slices["key"] == key], turned[turned["key"] == key]
    warned: dict[str, str] = {}
    for pair in turned.to_dict("records"):
        for slug in (pair["ahead"], pair["behind"]):
            warned.setdefault(str(slug), str(pair["warning"]))
    n_pattern = mine.groupby("slug")["n"].transform("sum")
    frame = mine.assign(
        n_pattern=n_pattern,
        warning=[warned.get(str(slug), "") for slug in mine["slug"]],
        n_keys=n_keys,
    )
    place = {slug: n for n, slug in enumerate(warned)}
    order = pd.DataFrame(
        {
            "pair": [place.get(str(slug), len(place)) for slug in frame["slug"]],
            "kind": frame["kind"].fillna(""),
            "uses": -frame["n_pattern"].astype(float),
            "slug": frame["slug"],
            "value": frame["value"],
        }
    ).sort_values(["pair", "kind", "uses", "slug", "value"], kind="stable")
    return frame.loc[order.index].reset_index(drop=True)


def context_reversals(
    memory: Readable,
    *,
    ci_prob: float = 0.9,
    learning_rate: float = LEARNING_RATE,
    now: datetime | None = None,
) -> pd.DataFrame:
    """Pairs of patterns whose order overall is reversed in every context (Simpson's paradox).

    Whoever goes by the overall rates takes the pattern that works worse wherever it is used: it
    was only used where things go well. Compared are patterns of one kind over the values of a
    key with at least three uses of either; keys with several values at once are left out.

    Returns
    -------
    DataFrame
        One row a pair and key, by kind and key: `kind`, `key`, `values` (list); `ahead`, the slug
        that works better overall, with `ahead_rate`, `ahead_low`, `ahead_high`, `ahead_n`, and
        `behind`, that which works better for every value, likewise (rates 0 to 1, posterior means
        over the uses in which the key is known); `probability`, the least over the values that
        `behind` works better there (0 to 1); `warning`, in words; `ci_prob`.
    """
    return _pairs(_cells(memory, learning_rate, now or utc_now()), ci_prob)


def _pairs(cells: pd.DataFrame, ci_prob: float) -> pd.DataFrame:
    """Find the reversed pairs of every kind and key."""
    several = set(cells.loc[cells["values_at_once"] > 1, "key"])
    rows = [
        row
        for (kind, key), group in cells[~cells["key"].isin(several)].groupby(["kind", "key"])
        for row in _reversed(str(kind), str(key), group, ci_prob)
    ]
    columns = ["kind", "key", "values", "ahead", "ahead_rate", "ahead_low", "ahead_high", "ahead_n"]
    columns += ["behind", "behind_rate", "behind_low", "behind_high", "behind_n"]
    return pd.DataFrame(rows, columns=[*columns, "probability", "warning", "ci_prob"])


def _cells(memory: Readable, learning_rate: float, now: datetime) -> pd.DataFrame:
    """Weighted successes `won` and failures `lost` by pattern, key and value."""
    rows = memory.sql(
        "SELECT slug, name, kind, key, value, value_count, source, provenance, y, outcome_at, "
        "weight FROM evidence_by_context WHERE source IN (SELECT k.source FROM source k) "
        "ORDER BY slug, key, value, use_id"
    )
    rows = utc(rows, "outcome_at")
    age = (pd.Timestamp(now) - rows["outcome_at"]).dt.total_seconds() / 86_400
    worth = learning_rate * rows["source"].map(SOURCE_WEIGHT).astype(float) * rows["weight"]
    worth *= np.exp2(-age.clip(lower=0.0).fillna(0.0) / HALF_LIFE_DAYS)
    rows = rows.assign(won=worth * rows["y"], lost=worth * (1 - rows["y"]))
    grouped = rows.groupby(_SLICE, dropna=False)
    return grouped.agg(
        won=("won", "sum"),
        lost=("lost", "sum"),
        n=("y", "size"),
        mean_y=("y", "mean"),
        provenance=("provenance", joined),
        values_at_once=("value_count", "max"),
    ).reset_index()


def _reversed(kind: str, key: str, cells: pd.DataFrame, ci_prob: float) -> Iterator[dict[str, Any]]:
    won, lost, uses = (
        cells.pivot_table(index="slug", columns="value", values=name, aggfunc="sum", fill_value=0.0)
        for name in ("won", "lost", "n")
    )
    names = cells.drop_duplicates("slug").set_index("slug")["name"]
    a, b = 1 + won.sum(axis=1).to_numpy(float), 1 + lost.sum(axis=1).to_numpy(float)
    tail = (1 - ci_prob) / 2
    low, high = beta_quantile(tail, a, b), beta_quantile(1 - tail, a, b)
    for found in reversals(*(table.to_numpy(dtype=float) for table in (won, lost, uses))):
        row: dict[str, Any] = {"kind": kind, "key": key, "ci_prob": ci_prob}
        for role, place in (("ahead", found.ahead), ("behind", found.behind)):
            row |= {
                role: won.index[place],
                f"{role}_rate": a[place] / (a[place] + b[place]),
                f"{role}_low": low[place],
                f"{role}_high": high[place],
                f"{role}_n": float(uses.iloc[place].sum()),
            }
        values = [str(won.columns[place]) for place in found.slices]
        told = ", ".join(f"{key} = {value}" for value in values)
        yield row | {
            "values": values,
            "probability": found.probability,
            "warning": (
                f"{names[row['ahead']]} works better than {names[row['behind']]} overall, but "
                f"worse for each of {told} (there with probability {found.probability:.2f} or more)"
            ),
        }
