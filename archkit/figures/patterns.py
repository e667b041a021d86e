"""Which patterns work, and how sure one may be."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

from archkit.figures.rows import (
    ROW_HEIGHT,
    add_rows,
    caveats,
    ci_prob_of,
    estimates,
    interval_words,
    provenances,
    share_axis,
)
from archkit.figures.style import (
    TOKENS,
    blank,
    count_of,
    elided,
    escaped,
    in_words,
    key_of,
    new_figure,
    number,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["success_by_pattern"]

_UNPROVED = ("candidate", "retired")
_NO_RIVAL = "without a rival yet"


def success_by_pattern(frame: pd.DataFrame, top: int = 30, *, theme: str = "light") -> Figure:
    """Draw how well each pattern works and how sure one may be.

    Parameters
    ----------
    frame
        `metrics.pattern_evidence`: one row a pattern with `slug`, `name`, `success_rate`, `low`,
        `high` (0 to 1), `n` (effective uses) and `provenance`; `status`, `kind`, `in_tie_set`
        (may be the best of its kind), `ci_prob` and `last_used_at` are used where present.
    top
        How many patterns to draw, best first; the others are counted.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        One row a pattern: posterior mean with its credible interval, the mark saying where the
        evidence comes from. Patterns of one kind, which rival each other, stand together, best
        first; those without a rival stand below. Candidates and retired ones say so.
    """
    known = frame[frame["n"] > 0].dropna(subset=["success_rate"]) if len(frame) else frame
    if known.empty:
        return blank(
            theme,
            "Which patterns work?",
            "No use of a pattern has an outcome yet. Decide something with session.decide(…), "
            "then say what came of it with memory.record_outcome(…).",
        )
    ranked = known.sort_values(["success_rate", "n"], ascending=False, kind="stable")
    shown, names, headings = _placed(ranked, top)
    fig = new_figure(theme)
    for provenance in provenances(shown["provenance"]):
        rows = shown[shown["provenance"] == provenance]
        fig.add_trace(estimates(rows, "success_rate", provenance, theme, _hover(rows)))
    counts = dict(zip(shown["row"], [f"n {number(n)}" for n in shown["n"]], strict=True))
    add_rows(fig, names, [counts.get(row, "") for row in range(len(names))], theme, headings)
    sure = ci_prob_of(frame)
    interval = f"{percent(sure, 0)} interval" if sure else "credible interval"
    fig.update_xaxes(**share_axis(f"success rate (posterior mean, {interval})"))
    fig.add_vline(x=0.5, line={"color": TOKENS[theme]["mute"], "width": 1, "dash": "dot"})
    return titled(
        fig,
        _finding(ranked),
        _subtitle(ranked, len(frame) - len(known), top),
        height=ROW_HEIGHT * len(names) + 64,
        key=key_of(provenances(shown["provenance"])),
    )


def _placed(ranked: pd.DataFrame, top: int) -> tuple[pd.DataFrame, list[str], set[int]]:
    """Give each pattern its row, counted from below; the names of all rows; which are headings."""
    drawn = ranked.head(top)
    kinds = _kinds(ranked)
    sizes = kinds.value_counts()
    if len(sizes) == 1:
        up = drawn.iloc[::-1]
        return up.assign(row=range(len(up))), _called(up), set()
    group = kinds[drawn.index].where(kinds.map(sizes)[drawn.index] > 1, "")
    order = sorted(dict.fromkeys(group), key=lambda kind: kind == "")
    names: list[str] = []
    called = dict(zip(drawn.index, _called(drawn), strict=True))
    rows: dict[Hashable, int] = {}
    headings: set[int] = set()
    for kind in reversed(order):
        mine = drawn.index[group == kind]
        for index in mine[::-1]:
            rows[index] = len(names)
            names.append(called[index])
        headings.add(len(names))
        names.append(_heading(kind, len(mine), sizes[kind]) if kind else _NO_RIVAL)
    placed = drawn.assign(row=[rows[index] for index in drawn.index])
    return placed.sort_values("row"), names, headings


def _called(rows: pd.DataFrame) -> list[str]:
    """Name patterns; one that is a candidate or retired says so, where the frame knows."""
    if "status" not in rows:
        return rows["name"].tolist()
    return [
        f"{name} ({status})" if status in _UNPROVED else name
        for name, status in zip(rows["name"], rows["status"], strict=True)
    ]


def _heading(kind: str, drawn: int, whole: int) -> str:
    """Name a choice, and say so where not all of its patterns are drawn."""
    return _plain(kind) if drawn == whole else f"{_plain(kind)}, {drawn} of {whole} drawn"


def _kinds(ranked: pd.DataFrame) -> pd.Series[str]:
    """Name the kind of each row: one for all where the frame does not say."""
    if "kind" not in ranked:
        return ranked["slug"].map(lambda _: "pattern")
    return ranked["kind"].fillna("").replace("", "other")


def _plain(kind: str) -> str:
    return kind.replace("-", " ")


def _finding(ranked: pd.DataFrame) -> str:
    """Say in how many choices a pattern leads, if the frame knows; else ask."""
    if len(ranked) == 1:
        return f"{elided(ranked['name'].iloc[0], 44)} is the only pattern with outcomes"
    if "in_tie_set" not in ranked:
        return "Which patterns work, and how sure is that?"
    kinds = _kinds(ranked)
    tied = ranked["in_tie_set"].astype(int).groupby(kinds, sort=False).agg(["size", "sum"])
    choices = tied[tied["size"] > 1]
    if len(tied) == 1:
        return _finding_of_one(ranked)
    if choices.empty:
        return "No choice has two patterns with outcomes yet"
    unsettled, whole = int((choices["sum"] > 1).sum()), len(choices)
    if whole == 1:
        kind = choices.index[0]
        mine = ranked[kinds == kind]
        return f"{_plain(kind).capitalize()}: {_lower(_finding_of_one(mine), mine)}"
    every = "both" if whole == 2 else f"all {in_words(whole).lower()}"
    if unsettled == 0:
        return f"In {every} choices, one pattern is clearly the best"
    part = f"{in_words(unsettled)} of {in_words(whole)}".lower()
    some = every if unsettled == whole else part
    return f"In {some} choices, no pattern is clearly the best"


def _finding_of_one(ranked: pd.DataFrame) -> str:
    """Say, of patterns that rival each other, how many may be the best."""
    rivals = int(ranked["in_tie_set"].iloc[1:].sum())
    if rivals == 0:
        return f"{elided(ranked['name'].iloc[0], 32)} works better than the others"
    if len(ranked) == 2:
        return "The two patterns cannot be told apart"
    if rivals == len(ranked) - 1:
        return "No pattern can be told apart from the best"
    if rivals == 1:
        return "One other pattern cannot be told apart from the best"
    few = len(ranked) <= 10
    some, whole = in_words(rivals) if few else rivals, in_words(len(ranked)).lower()
    return f"{some} of {whole} patterns cannot be told apart from the best"


def _lower(finding: str, mine: pd.DataFrame) -> str:
    """Let a finding go on after a colon, unless it opens with a name."""
    opens_with_name = int(mine["in_tie_set"].sum()) == 1
    return finding if opens_with_name else finding[0].lower() + finding[1:]


def _subtitle(ranked: pd.DataFrame, unused: int, top: int) -> str:
    uses = count_of(round(float(ranked["n"].sum()), 1), "use")
    kinds = _kinds(ranked).nunique()
    many = count_of(len(ranked), "pattern")
    parts = [many if kinds == 1 else f"{many} of {number(kinds)} kinds", uses]
    parts += caveats(ranked["provenance"])
    if len(ranked) > top:
        parts.append(f"+ {number(len(ranked) - top)} more not drawn")
    if unused:
        parts.append(f"{number(unused)} without evidence")
    return " · ".join(parts)


def _hover(rows: pd.DataFrame) -> list[str]:
    ci_prob = ci_prob_of(rows)
    return [
        "<br>".join(
            [
                f"<b>{escaped(row['name'])}</b>",
                f"{percent(row['success_rate'])}, "
                + interval_words(row["low"], row["high"], ci_prob),
                f"n {number(row['n'])}, {row['provenance']}",
                *_standing(row),
                *_last_seen(row.get("last_used_at")),
                f"slug {escaped(row['slug'])}",
            ]
        )
        for row in rows.to_dict("records")
    ]


def _standing(row: Mapping[Hashable, Any]) -> list[str]:
    """Say what choice it is for, and whether it may be the best one there."""
    kind = str(row.get("kind") or "")
    there = f" for {escaped(_plain(kind))}" if kind not in {"", "nan"} else ""
    if "in_tie_set" not in row:
        return [there.strip()] if there else []
    return [f"{'may be' if row['in_tie_set'] else 'is not'} the best{there}"]


def _last_seen(instant: object) -> list[str]:
    text = "" if instant is None else str(instant)[:10]
    return [f"last used {text} (UTC)"] if text not in {"", "NaT", "nan", "None"} else []
