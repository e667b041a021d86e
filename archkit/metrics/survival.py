"""How long decisions hold: from ADRs with their dates, by Kaplan and Meier."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from archkit.metrics.kaplan_meier import kaplan_meier, median_of, survival_steps
from archkit.metrics.rows import Readable, utc

__all__ = ["decision_spans", "decision_survival"]

ALL = "all decisions"
_NEVER_HELD = {
    "draft": "never decided: draft",
    "proposed": "never decided: proposed",
    "rejected": "never held: rejected",
}
_ENDED = ("superseded", "deprecated")
_OPTIONAL = (
    *("title", "project", "family", "tags", "decided_from", "ended_from", "ended_by"),
    "last_committed_at",
)
_UNKNOWN_END = "ended, but nobody says when"


def decision_spans(adrs: pd.DataFrame | Readable, *, until: datetime | None = None) -> pd.DataFrame:
    """From when until when each decision held, or why that cannot be said.

    A decision begins on the day it was made and ends on the day its ADR says it was superseded or
    deprecated, else the day its successor was made, else the last commit of its file, which may be
    later than the end. One that was superseded in part still holds. One that still holds was last
    seen on the day of its folder's last commit; where git does not say, on the last day that any
    ADR of the folder tells of. A decision written down long after it was made had to hold until
    then to be written down: such dates make decisions look longer-lived. MADR's date is that of the
    last update, which makes them look shorter-lived. All days are days in UTC.

    Parameters
    ----------
    adrs
        `read_adrs(folder)`; or the memory into which ADRs were imported.
    until
        The last day on which it is known what holds, aware; for all folders, instead of theirs.

    Returns
    -------
    DataFrame
        One row a file, in the order given, with the columns of `adrs` and: `folder` (the part of
        its path above the file, empty at the top), `seen_until` (UTC), `days` that it held or was
        followed (null where left out), `ended` (whether it ended then), `left_out` (why it does
        not count; null if it does).

    Raises
    ------
    ValueError
        `until` has no time zone, or the frame is none of ADRs.
    """
    rows = _rows(adrs)
    if until is not None and until.tzinfo is None:
        raise ValueError("until has no time zone; give an aware datetime")
    seen = {project: _last_look(part) for project, part in rows.groupby("project", sort=False)}
    rows["seen_until"] = pd.Timestamp(until).tz_convert(UTC) if until else rows["project"].map(seen)
    rows = utc(rows, "seen_until")
    begun, over = rows["decided_at"].dt.normalize(), rows["ended_at"].dt.normalize()
    last = rows["seen_until"].dt.normalize()
    rows["ended"] = over.notna() & (over <= last)
    end = over.where(rows["ended"], last)
    rows["left_out"] = _left_out(rows, begun, end)
    counts = rows["left_out"].isna()
    rows["days"] = (end - begun).dt.days.where(counts).astype(float)
    rows["ended"] &= counts
    return rows


def decision_survival(
    adrs: pd.DataFrame | Readable,
    by: str | None = None,
    *,
    ci_prob: float = 0.9,
    until: datetime | None = None,
) -> pd.DataFrame:
    """How long decisions hold: the share that outlives each age, by Kaplan and Meier.

    Decisions that still hold count for as long as they were followed. The interval takes every
    end as independent; one ADR that supersedes several makes it too narrow. What ended on an
    unknown day is left out; `worst_rate` is the share if all that had ended on the day it was made,
    `best_rate` if it had held until it was last seen.

    Parameters
    ----------
    adrs
        `read_adrs(folder)`, the memory into which ADRs were imported, or `decision_spans`.
    by
        A column to tell decisions apart by: ``project``, ``folder``, ``family``, one of your own;
        or ``tags``, where an ADR counts under each of its tags.
    ci_prob
        Probability inside the pointwise interval.
    until
        As for `decision_spans`.

    Returns
    -------
    DataFrame
        One row an age at which a decision of a `group` ended or was last seen, after a row for
        day 0, the largest group first: `days`, `survival_rate` (0 to 1: share that holds longer),
        `low`, `high`, `at_risk` (followed until that age), `ended`, `censored` (counts on that
        day), `worst_rate` and `best_rate`; and, the same in all rows of a group, `n` decisions,
        `n_ended`, `n_left_out`, `n_unknown_end` of them, `n_partly` superseded in part, `n_git` for
        whose beginning or end there is only a commit (which came later, if anything),
        `median_days` (null: not reached) with `median_low`, `median_high`, `first_at`, `last_at`
        (UTC, first decision and last look), `provenance` (reported), `ci_prob`.

    Raises
    ------
    ValueError
        There is no such column, or `ci_prob` is not between 0 and 1.
    """
    known = isinstance(adrs, pd.DataFrame) and {"days", "left_out"} <= set(adrs.columns)
    known = known and until is None
    spans = adrs if isinstance(adrs, pd.DataFrame) and known else decision_spans(adrs, until=until)
    named = _named(spans, by)
    parts = [
        _curve(str(group), rows, ci_prob)
        for group, rows in named.groupby("group", sort=True)
        if rows["days"].notna().any()
    ]
    if not parts:
        return pd.DataFrame(columns=list(_COLUMNS)).astype(_COLUMNS)
    parts.sort(key=lambda part: (-part["n"].iloc[0], part["group"].iloc[0]))
    return pd.concat(parts, ignore_index=True)[list(_COLUMNS)].astype(_COLUMNS)


_COLUMNS: dict[str, Any] = {
    **{"group": "str", "days": "float64", "survival_rate": "float64", "low": "float64"},
    **{"high": "float64", "at_risk": "int64", "ended": "int64", "censored": "int64"},
    **{"worst_rate": "float64", "best_rate": "float64", "n": "int64", "n_ended": "int64"},
    **{"n_left_out": "int64", "n_unknown_end": "int64", "n_partly": "int64", "n_git": "int64"},
    **{"median_days": "float64", "median_low": "float64", "median_high": "float64"},
    **{"first_at": "datetime64[us, UTC]", "last_at": "datetime64[us, UTC]"},
    **{"provenance": "str", "ci_prob": "float64"},
}


def _rows(adrs: pd.DataFrame | Readable) -> pd.DataFrame:
    frame = adrs if isinstance(adrs, pd.DataFrame) else adrs.sql("SELECT * FROM adr_log")
    needed = ("path", "status", "decided_at", "ended_at")
    if missing := [name for name in needed if name not in frame.columns]:
        raise ValueError(f"it is no frame of ADRs: it lacks {', '.join(missing)}")
    rows = frame.copy()
    for name in _OPTIONAL:
        if name not in rows.columns:
            rows[name] = pd.NaT if name == "last_committed_at" else None
    if "kind" not in rows.columns:  # a memory keeps ADRs only
        rows["kind"] = "adr"
    rows["project"] = rows["project"].fillna("")
    rows["folder"] = [str(path).rpartition("/")[0] for path in rows["path"]]
    return utc(rows, "decided_at", "ended_at", "last_committed_at")


def _last_look(rows: pd.DataFrame) -> pd.Timestamp:
    """When a folder was last seen: its last commit, else the last day that an ADR tells of."""
    commits = rows["last_committed_at"]
    told = rows.loc[rows["kind"] == "adr", ["decided_at", "ended_at"]]
    last: pd.Timestamp = commits.max() if commits.notna().any() else told.max().max()
    return last


def _left_out(rows: pd.DataFrame, begun: pd.Series, end: pd.Series) -> pd.Series:
    """Say why a file does not count, the first reason that holds; null where it does."""
    status, undated = rows["status"], rows["ended_at"].isna()
    has_successor = rows["ended_by"].map(_has_items) & (status != "partly superseded")
    reasons = [
        (rows["kind"] != "adr", "no ADR: " + rows["kind"].astype(str)),
        *((status == word, why) for word, why in _NEVER_HELD.items()),
        (status.isna() & undated & ~has_successor, "states no status"),
        (begun.isna(), "no date"),
        ((status.isin(_ENDED) | has_successor) & undated, _UNKNOWN_END),
        (begun > rows["seen_until"].dt.normalize(), "made after the last look"),
        (end < begun, "ended before it was made"),
    ]
    found = pd.Series(None, index=rows.index, dtype="object")
    for holds, why in reversed(reasons):
        found = found.mask(holds.fillna(False).astype(bool), why)
    return found


def _named(spans: pd.DataFrame, by: str | None) -> pd.DataFrame:
    if by is None:
        return spans.assign(group=ALL)
    if by == "kind" or by not in spans.columns:
        there = ", ".join(name for name in ("project", "folder", "family", "tags") if name in spans)
        raise ValueError(f"decisions are told apart by one of {there}, or by a column of your own")
    named = spans.assign(group=spans[by])
    if by == "tags":
        named["group"] = [list(t) if _has_items(t) else [None] for t in named["group"]]
        named = named.explode("group", ignore_index=True)
    named["group"] = named["group"].where(named["group"].notna() & (named["group"] != ""), "none")
    return named.assign(group=named["group"].astype(str))


def _has_items(value: object) -> bool:
    return isinstance(value, list | tuple | np.ndarray) and len(value) > 0


def _curve(group: str, rows: pd.DataFrame, ci_prob: float) -> pd.DataFrame:
    counted = rows[rows["days"].notna()]
    days, ended = counted["days"].to_numpy(), counted["ended"].to_numpy(dtype=bool)
    steps = kaplan_meier(days, ended, ci_prob=ci_prob)
    unknown = rows[rows["left_out"] == _UNKNOWN_END]
    followed = (
        (unknown["seen_until"].dt.normalize() - unknown["decided_at"].dt.normalize())
        .dt.days.clip(lower=0)
        .to_numpy(dtype=float)
    )
    at_once, at_last = np.ones(len(unknown), dtype=bool), np.zeros(len(unknown), dtype=bool)
    worst, best = (
        survival_steps(np.concatenate([days, extra]), np.concatenate([ended, over]), steps["days"])
        for extra, over in ((np.zeros(len(unknown)), at_once), (followed, at_last))
    )
    median, low, high = median_of(steps)
    return steps.assign(
        group=group,
        worst_rate=worst,
        best_rate=best,
        n=len(counted),
        n_ended=int(ended.sum()),
        n_left_out=len(rows) - len(counted),
        n_unknown_end=len(unknown),
        n_partly=int((counted["status"] == "partly superseded").sum()),
        n_git=int(((counted["decided_from"] == "git") | _ended_by_git(counted)).sum()),
        median_days=median,
        median_low=low,
        median_high=high,
        first_at=counted["decided_at"].min(),
        last_at=counted["seen_until"].max(),
        provenance="reported",
        ci_prob=ci_prob,
    )


def _ended_by_git(rows: pd.DataFrame) -> pd.Series:
    return rows["ended"].astype(bool) & (rows["ended_from"] == "git")
