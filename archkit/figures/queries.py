"""How many queries the changes did away with."""

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
    escaped,
    key_of,
    new_figure,
    number,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["query_reduction"]


def query_reduction(frame: pd.DataFrame, top: int = 30, *, theme: str = "light") -> Figure:
    """Draw the share of queries that changes did away with.

    Parameters
    ----------
    frame
        `metrics.query_reduction`: one row a pattern and provenance with `slug`, `name`,
        `reduction_share`, `low`, `high` (at most 1, negative when queries were added),
        `median_share`, `n` (measurements), `queries_before`, `queries_after`, `provenance`; `cache`
        ("cold", "warm" or "", also where there is no such column).
    top
        How many patterns to draw, those that saved most first; the others are counted.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        One row a pattern: the pooled share with its interval (one measurement has none); a
        figure that somebody reports stands beside it as a hollow diamond and is never merged.
    """
    known = _by_cache(frame.dropna(subset=["reduction_share"])) if len(frame) else frame
    if known.empty:
        return blank(
            theme,
            "How many queries did the changes save?",
            "No queries have been counted yet. Compare ways to read the same with "
            "archkit.compare_queries(…, memory=memory), or run archkit.labs.n_plus_one.",
        )
    counted = known[known["provenance"] != "reported"]
    ranked = _order(known, counted)
    order = ranked[-top:]
    drawn = known[known["key"].isin(order)]
    placed = drawn.assign(row=_rows(drawn, order))
    fig = new_figure(theme)
    for provenance in provenances(drawn["provenance"]):
        rows = placed[placed["provenance"] == provenance]
        fig.add_trace(estimates(rows, "reduction_share", provenance, theme, _hover(rows)))
    names = known.drop_duplicates("key").set_index("key")["name"]
    sizes = counted.groupby("key")["n"].sum()
    counts = [f"n {number(sizes[key])}" if key in sizes else "reported" for key in order]
    sure = ci_prob_of(drawn) if drawn["low"].notna().any() else None
    interval = f", {percent(sure, 0)} interval" if sure else ""
    add_rows(fig, [names[key] for key in order], counts, theme)
    least = min(0.0, drawn["reduction_share"].min(), drawn["low"].fillna(0.0).min())
    fig.update_xaxes(**share_axis(f"queries saved (pooled share{interval})", least))
    if least < 0:
        fig.add_vline(x=0, line={"color": TOKENS[theme]["mute"], "width": 1})
    return titled(
        fig,
        _finding(counted),
        _subtitle(known, counted, len(ranked) - len(order)),
        height=ROW_HEIGHT * len(order) + 64,
        key=key_of(provenances(drawn["provenance"])),
    )


def _by_cache(known: pd.DataFrame) -> pd.DataFrame:
    """Give what a pattern did with a cold and with a warm cache rows of their own."""
    if "cache" not in known:
        return known.assign(cache="", key=known["slug"])
    state = known["cache"].fillna("")
    name = known["name"].where(state == "", known["name"] + ", " + state + " cache")
    return known.assign(cache=state, key=known["slug"] + " " + state, name=name)


def _order(known: pd.DataFrame, counted: pd.DataFrame) -> list[str]:
    """Order the patterns so that the most saved, counted before reported, stands on top."""
    keys: list[str] = []
    for part in (counted, known):
        ranked = part.sort_values("reduction_share", ascending=False, kind="stable")
        keys += [key for key in dict.fromkeys(ranked["key"]) if key not in keys]
    return keys[::-1]


def _rows(known: pd.DataFrame, order: list[str]) -> list[float]:
    """Place each figure on its pattern's row, a reported one just below a counted one."""
    both = known.groupby("key")["provenance"].nunique() > 1
    return [
        order.index(key) + ((-0.2 if origin == "reported" else 0.15) if both[key] else 0)
        for key, origin in zip(known["key"], known["provenance"], strict=True)
    ]


def _finding(counted: pd.DataFrame) -> str:
    """Say what share of the counted queries is gone; made-up counts never join real ones."""
    cold = counted[counted["cache"] != "warm"]
    counted = cold if len(cold) else counted
    real = counted[counted["provenance"] != "simulated"]
    chosen, made_up = (real, "") if len(real) else (counted, " in simulated data")
    if chosen.empty:
        return "Queries saved are reported, none counted here yet"
    before, after = chosen["queries_before"].sum(), chosen["queries_after"].sum()
    share = 1 - after / before if before else 0.0
    if share < 0:
        return f"The changes added {percent(-share, 0)} more queries{made_up}"
    digits = 1 if 0.9 < share < 1 else 0
    return f"{percent(share, digits)} of the counted queries are gone{made_up}"


def _subtitle(known: pd.DataFrame, counted: pd.DataFrame, left_out: int) -> str:
    parts = [count_of(int(counted["n"].sum()), "measurement")]
    for made_up, note in ((False, ""), (True, " (simulated)")):
        rows = counted[(counted["provenance"] == "simulated") == made_up]
        if len(rows):
            before, after = rows["queries_before"].sum(), rows["queries_after"].sum()
            parts.append(f"{number(before)} queries before, {number(after)} after{note}")
    if len(counted) == 1 and counted["n"].iloc[0] > 1:
        parts.append(f"median {percent(counted['median_share'].iloc[0])}")
    if (counted["n"] == 1).any():
        parts.append("one measurement has no interval")
    if ((counted["n"] > 1) & counted["low"].isna()).any():
        parts.append("a single request has no interval")
    if (counted["cache"] == "warm").any():
        parts.append("warm caches are not in the title")
    if left_out:
        parts.append(f"+ {number(left_out)} more not drawn")
    return " · ".join(parts + caveats(known["provenance"]))


def _hover(rows: pd.DataFrame) -> list[str]:
    ci_prob = ci_prob_of(rows)
    return [
        "<br>".join(
            [
                f"<b>{escaped(row['name'])}</b>",
                f"{percent(row['reduction_share'])} saved, "
                + interval_words(row["low"], row["high"], ci_prob),
                *_counts(row),
                f"slug {escaped(row['slug'])}",
            ]
        )
        for row in rows.to_dict("records")
    ]


def _counts(row: Mapping[Hashable, Any]) -> list[str]:
    if row["provenance"] == "reported":
        return ["reported, not counted here"]
    return [
        f"{row['queries_before']:,.0f} queries before, {row['queries_after']:,.0f} after",
        f"median {percent(row['median_share'])}, n {row['n']:,.0f}, {row['provenance']}",
    ]
