"""Frames to plotly figures: pure, titled with the finding, an interval on every rate.

Each figure takes one frame of `archkit.metrics` and returns one `Figure`; it never reads a
memory. An empty frame gives a figure that says so and names the next step.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from archkit.figure_rows import (
    ROW_HEIGHT,
    add_rows,
    estimates,
    interval_words,
    provenances,
    share_axis,
)
from archkit.figure_style import (
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
from archkit.figure_trend import outcomes_over_time

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["outcomes_over_time", "query_reduction", "success_by_pattern"]

_CAVEATS = {
    "reported": "reported figures were not seen here",
    "simulated": "simulated: made-up data",
}


def success_by_pattern(frame: pd.DataFrame, top: int = 30, *, theme: str = "light") -> Figure:
    """Draw how well each pattern works and how sure one may be.

    Parameters
    ----------
    frame
        `metrics.pattern_evidence`: one row a pattern with `slug`, `name`, `success_rate`, `low`,
        `high` (0 to 1), `n` (effective uses) and `provenance`; `in_tie_set` (may be the best),
        `area`, `kind`, `ci_prob` and `last_used_at` are used where present.
    top
        How many patterns to draw, best first; the others are counted.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        One row a pattern: posterior mean with its credible interval, the mark saying where the
        evidence comes from.
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
    shown = ranked.head(top).iloc[::-1].assign(row=range(min(top, len(ranked))))
    fig = new_figure(theme)
    for provenance in provenances(shown["provenance"]):
        rows = shown[shown["provenance"] == provenance]
        fig.add_trace(estimates(rows, "success_rate", provenance, theme, _pattern_hover(rows)))
    add_rows(fig, shown["name"].tolist(), [f"n {number(n)}" for n in shown["n"]], theme)
    sure = _ci_prob(frame)
    interval = f"{percent(sure, 0)} interval" if sure else "credible interval"
    fig.update_xaxes(**share_axis(f"success rate (posterior mean, {interval})"))
    fig.add_vline(x=0.5, line={"color": TOKENS[theme]["mute"], "width": 1, "dash": "dot"})
    return titled(
        fig,
        _pattern_finding(ranked),
        _pattern_subtitle(ranked, len(frame) - len(known), top),
        height=ROW_HEIGHT * len(shown) + 64,
        key=key_of(provenances(shown["provenance"])),
    )


def query_reduction(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw the share of queries that changes did away with.

    Parameters
    ----------
    frame
        `metrics.query_reduction`: one row a pattern and provenance with `slug`, `name`,
        `reduction_share`, `low`, `high` (at most 1, negative when queries were added),
        `median_share`, `n` (measurements), `queries_before`, `queries_after`, `provenance`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        One row a pattern: the pooled share with its interval; a figure that somebody reports
        stands beside it as a hollow diamond and is never merged.
    """
    known = frame.dropna(subset=["reduction_share"]) if len(frame) else frame
    if known.empty:
        return blank(
            theme,
            "How many queries did the changes save?",
            "No queries have been counted yet. Count a request before and after a change with "
            "archkit.queries, or run archkit.labs.n_plus_one.",
        )
    counted = known[known["provenance"] != "reported"]
    order = _reduction_order(known, counted)
    placed = known.assign(row=_reduction_rows(known, order))
    fig = new_figure(theme)
    for provenance in provenances(known["provenance"]):
        rows = placed[placed["provenance"] == provenance]
        fig.add_trace(estimates(rows, "reduction_share", provenance, theme, _reduction_hover(rows)))
    names = known.drop_duplicates("slug").set_index("slug")["name"]
    sizes = counted.groupby("slug")["n"].sum()
    counts = [f"n {number(sizes[slug])}" if slug in sizes else "reported" for slug in order]
    add_rows(fig, [names[slug] for slug in order], counts, theme)
    least = min(0.0, known["reduction_share"].min(), known["low"].min())
    fig.update_xaxes(**share_axis("queries saved (pooled share, interval)", least))
    return titled(
        fig,
        _reduction_finding(counted, known),
        _reduction_subtitle(known, counted),
        height=ROW_HEIGHT * len(order) + 64,
        key=key_of(provenances(known["provenance"])),
    )


def _pattern_finding(ranked: pd.DataFrame) -> str:
    """Say how many patterns may be the best, if the frame knows; else who leads, or ask."""
    best, tied = ranked.iloc[0], "in_tie_set" in ranked
    if len(ranked) == 1:
        return f"{elided(best['name'], 44)} is the only pattern with outcomes"
    rivals = int(ranked["in_tie_set"].iloc[1:].sum()) if tied else None
    if rivals is None:
        return "Which patterns work, and how sure is that?"
    if rivals == 0:
        return f"{elided(best['name'], 32)} works better than the others"
    if len(ranked) == 2:
        return "The two patterns cannot be told apart"
    if rivals == len(ranked) - 1:
        return "No pattern can be told apart from the best"
    whole = in_words(len(ranked)).lower()
    if rivals == 1:
        return "One other pattern cannot be told apart from the best"
    return f"{in_words(rivals)} of {whole} patterns cannot be told apart from the best"


def _pattern_subtitle(ranked: pd.DataFrame, unused: int, top: int) -> str:
    uses = number(round(float(ranked["n"].sum()), 1))
    parts = [count_of(len(ranked), "pattern"), f"{uses} uses"]
    parts += _caveats(ranked["provenance"])
    if len(ranked) > top:
        parts.append(f"+ {number(len(ranked) - top)} more not drawn")
    if unused:
        parts.append(f"{number(unused)} without evidence")
    return " · ".join(parts)


def _pattern_hover(rows: pd.DataFrame) -> list[str]:
    ci_prob = _ci_prob(rows)
    return [
        "<br>".join(
            [
                f"<b>{escaped(row['name'])}</b>",
                f"{percent(row['success_rate'])}, "
                + interval_words(row["low"], row["high"], ci_prob),
                f"n {number(row['n'])}, {row['provenance']}",
                *_last_seen(row.get("last_used_at")),
                f"slug {escaped(row['slug'])}",
            ]
        )
        for row in rows.to_dict("records")
    ]


def _last_seen(instant: object) -> list[str]:
    text = "" if instant is None else str(instant)[:10]
    return [f"last used {text} (UTC)"] if text not in {"", "NaT", "nan", "None"} else []


def _reduction_order(known: pd.DataFrame, counted: pd.DataFrame) -> list[str]:
    """Order the patterns so that the most saved, counted before reported, stands on top."""
    slugs: list[str] = []
    for part in (counted, known):
        ranked = part.sort_values("reduction_share", ascending=False, kind="stable")
        slugs += [slug for slug in dict.fromkeys(ranked["slug"]) if slug not in slugs]
    return slugs[::-1]


def _reduction_rows(known: pd.DataFrame, order: list[str]) -> list[float]:
    """Place each figure on its pattern's row, a reported one just below a counted one."""
    both = known.groupby("slug")["provenance"].nunique() > 1
    return [
        order.index(slug) + ((-0.2 if origin == "reported" else 0.15) if both[slug] else 0)
        for slug, origin in zip(known["slug"], known["provenance"], strict=True)
    ]


def _reduction_finding(counted: pd.DataFrame, known: pd.DataFrame) -> str:
    if counted.empty:
        return "Queries saved are reported, none counted here yet"
    before, after = counted["queries_before"].sum(), counted["queries_after"].sum()
    share = 1 - after / before if before else 0.0
    made_up = " in simulated data" if set(counted["provenance"]) == {"simulated"} else ""
    if share < 0:
        return f"The changes added {percent(-share, 0)} more queries{made_up}"
    digits = 1 if 0.9 < share < 1 else 0
    return f"{percent(share, digits)} of the queries are gone{made_up}"


def _reduction_subtitle(known: pd.DataFrame, counted: pd.DataFrame) -> str:
    parts = [count_of(int(counted["n"].sum()), "measurement")]
    if len(counted):
        before, after = counted["queries_before"].sum(), counted["queries_after"].sum()
        parts.append(f"{number(before)} queries before, {number(after)} after")
    if len(counted) == 1:
        parts.append(f"median {percent(counted['median_share'].iloc[0])}")
    return " · ".join(parts + _caveats(known["provenance"]))


def _reduction_hover(rows: pd.DataFrame) -> list[str]:
    ci_prob = _ci_prob(rows)
    return [
        "<br>".join(
            [
                f"<b>{escaped(row['name'])}</b>",
                f"{percent(row['reduction_share'])} saved, "
                + interval_words(row["low"], row["high"], ci_prob),
                *_reduction_counts(row),
                f"slug {escaped(row['slug'])}",
            ]
        )
        for row in rows.to_dict("records")
    ]


def _reduction_counts(row: Mapping[Hashable, Any]) -> list[str]:
    if row["provenance"] == "reported":
        return ["reported, not counted here"]
    return [
        f"{row['queries_before']:,.0f} queries before, {row['queries_after']:,.0f} after",
        f"median {percent(row['median_share'])}, n {row['n']:,.0f}, {row['provenance']}",
    ]


def _caveats(provenance: Iterable[str]) -> list[str]:
    """Say what evidence is not this memory's own."""
    origins = {part for value in provenance for part in value.split(" + ")}
    made_up = "all " if origins == {"simulated"} else "some "
    return [
        (made_up if name == "simulated" else "") + words
        for name, words in _CAVEATS.items()
        if name in origins
    ]


def _ci_prob(frame: pd.DataFrame) -> float | None:
    """Give the probability inside the intervals, if the frame says."""
    if "ci_prob" in frame and len(frame):
        return float(frame["ci_prob"].iloc[0])
    value = frame.attrs.get("ci_prob")
    return None if value is None else float(value)
