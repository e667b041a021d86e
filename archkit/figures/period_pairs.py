"""Two periods side by side: each pattern's rate then and now, forecasts then and now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archkit.figures.rows import (
    ROW_HEIGHT,
    add_rows,
    caveats,
    ci_prob_of,
    interval_words,
    provenances,
    share_axis,
)
from archkit.figures.style import (
    TOKENS,
    KeyEntry,
    blank,
    count_of,
    elided,
    escaped,
    in_words,
    mark_of,
    new_figure,
    number,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["patterns_between", "queries_between", "reliability_between"]

_BESIDE = 0.17
_PANEL = 330


def patterns_between(frame: pd.DataFrame, top: int = 25, *, theme: str = "light") -> Figure:
    """Draw how well each pattern worked in two periods.

    How to read it: the grey mark is the first period, the coloured one below it the second. Where
    their bars overlap far, nothing is known to have changed.

    Parameters
    ----------
    frame
        `metrics.period_patterns`: one row a pattern, those that changed most surely first, with
        `slug`, `name`, the rates of both periods with interval and n, `change` with `low` to
        `high` (0 to 1; null unless both have a rate), `told_apart`, `provenance`, `ci_prob`.
    top
        How many patterns to draw; the others are counted.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        One row a pattern that has outcomes in both periods.
    """
    both = _in_both(frame)
    if both.empty:
        return blank(
            theme,
            "Which patterns changed?",
            "No pattern has an outcome in both periods. Choose longer ones, or say what came of "
            "their decisions with memory.record_outcome(…).",
        )
    title = _finding(both, "pattern", "patterns")
    return _pairs(both, len(frame) - len(both), title, "success rate", top, theme)


def queries_between(frame: pd.DataFrame, top: int = 25, *, theme: str = "light") -> Figure:
    """Draw the share of queries that each pattern saved in two periods.

    Parameters
    ----------
    frame
        `metrics.period_queries`: as `patterns_between` takes it; a share may be negative.
    top
        How many patterns to draw; the others are counted.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        One row a pattern that was measured in both periods.
    """
    both = _in_both(frame)
    if both.empty:
        return blank(
            theme,
            "Do the patterns save more queries?",
            "No pattern was measured in both periods. Count a request before and after a change, "
            "then say so with memory.record_measurement(…).",
        )
    title = _finding(both, "pattern's saving", "patterns' savings")
    return _pairs(both, len(frame) - len(both), title, "queries saved (pooled share)", top, theme)


def reliability_between(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw what was stated against what came, in two periods.

    How to read it: a line nearer to the dotted one states its confidence better.

    Parameters
    ----------
    frame
        `metrics.reliability` of both periods, one below the other, with `period` (before or
        after).
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A line a period, dashed and grey for the first, with the intervals of the shares that came.
    """
    if frame.empty:
        return blank(
            theme,
            "Do stated confidences come truer?",
            "No decision of either period has both a stated confidence and an outcome. State one "
            "with session.decide(…, confidence=…).",
        )
    fig = new_figure(theme)
    fig.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": TOKENS[theme]["mute"], "width": 1, "dash": "dot"},
        hoverinfo="skip",
        name="came as stated",
    )
    for period in ("before", "after"):
        rows = frame[frame["period"] == period].sort_values("stated")
        if len(rows):
            fig.add_scatter(**_curve(rows, period, theme))
    sure = ci_prob_of(frame)
    interval = f", {percent(sure, 0)} interval" if sure else ""
    fig.update_xaxes(**share_axis("stated when deciding"))
    fig.update_yaxes(**share_axis(f"share that came true{interval}"))
    sizes = frame.groupby("period")["n"].sum()
    counts = [f"n {number(sizes[p])} {p}" for p in ("before", "after") if p in sizes]
    said = [", ".join(counts), "dotted: came as often as stated", *caveats(frame["provenance"])]
    key = _key(frame["provenance"], [str(period) for period in sizes.index])
    return titled(fig, _nearer(frame), " · ".join(said), height=_PANEL + 56, key=key)


def _in_both(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.dropna(subset=["change"]) if len(frame) else frame


def _pairs(both: pd.DataFrame, alone: int, title: str, axis: str, top: int, theme: str) -> Figure:
    """Draw a row a pattern, the first period's mark above the second's."""
    drawn = both.head(top).iloc[::-1].reset_index(drop=True)
    fig = new_figure(theme)
    for period, shift in (("before", _BESIDE), ("after", -_BESIDE)):
        for provenance in provenances(drawn[f"{period}_provenance"]):
            rows = drawn[drawn[f"{period}_provenance"] == provenance]
            fig.add_scatter(**_marks(rows, period, shift, provenance, theme))
    counts = [
        f"n {number(one)}, {number(other)}"
        for one, other in zip(drawn["before_n"], drawn["after_n"], strict=True)
    ]
    add_rows(fig, drawn["name"].tolist(), counts, theme)
    ends = drawn[["before_value", "after_value", "before_low", "after_low"]]
    least = min(0.0, float(ends.min().min()))
    sure = ci_prob_of(drawn)
    fig.update_xaxes(
        **share_axis(f"{axis}{f', {percent(sure, 0)} interval' if sure else ''}", least)
    )
    said = [f"{count_of(len(both), 'pattern')} in both periods"]
    said += [f"+ {number(alone)} in one only"] if alone else []
    said += [f"+ {number(len(both) - len(drawn))} more not drawn"] if len(both) > top else []
    said += caveats(both["provenance"])
    return titled(
        fig,
        title,
        " · ".join(said),
        height=ROW_HEIGHT * len(drawn) + 64,
        key=_key(drawn["after_provenance"], ["before", "after"]),
    )


def _marks(
    rows: pd.DataFrame, period: str, shift: float, provenance: str, theme: str
) -> dict[str, Any]:
    mark = mark_of(provenance)
    colour = TOKENS[theme]["mute" if period == "before" else mark.token]
    value = rows[f"{period}_value"]
    return {
        "x": value.tolist(),
        "y": [float(place) + shift for place in rows.index],
        "mode": "markers",
        "name": f"{period}, {provenance}",
        "marker": {
            "symbol": mark.symbol,
            "size": 9,
            "color": colour,
            "line": {"width": 2 if mark.hollow else 0, "color": colour},
        },
        "error_x": {
            "array": (rows[f"{period}_high"] - value).fillna(0).clip(lower=0).tolist(),
            "arrayminus": (value - rows[f"{period}_low"]).fillna(0).clip(lower=0).tolist(),
            "color": colour,
            "thickness": 2,
            "width": 0,
        },
        "hovertext": [_hover(row, period) for row in rows.to_dict("records")],
        "hoverinfo": "text",
        "customdata": rows["slug"].tolist(),
        "cliponaxis": False,
    }


def _hover(row: Any, period: str) -> str:
    sure = row["ci_prob"]
    span = interval_words(row[f"{period}_low"], row[f"{period}_high"], sure)
    change = f"{100 * row['change']:+.0f} points".replace("-", "\u2212")
    if row["low"] == row["low"]:
        low, high = (f"{100 * row[end]:+.0f}".replace("-", "\u2212") for end in ("low", "high"))
        change += f" ({low} to {high}, {percent(sure, 0)} interval)"
    return (
        f"<b>{escaped(elided(str(row['name']), 80))}</b><br>{period}: "
        f"{percent(row[f'{period}_value'])}, {span}, n {number(row[f'{period}_n'])}, "
        f"{row[f'{period}_provenance']}<br>change {change}<br>slug {escaped(str(row['slug']))}"
    )


def _key(provenance: Any, periods: list[str]) -> list[KeyEntry]:
    """Give the key: the first period is grey, the second in the colour of its evidence."""
    told: list[KeyEntry] = []
    for kind in provenances(provenance):
        mark = mark_of(kind)
        for period in ("before", "after"):
            if period in periods:
                token = "mute" if period == "before" else mark.token
                told.append((mark.sign, token, f"{period}, {kind}"))
    return told


def _finding(both: pd.DataFrame, one: str, many: str) -> str:
    """Name what changed more than chance explains."""
    apart = both[both["told_apart"]]
    if apart.empty:
        what = f"the {one}" if len(both) == 1 else f"any of {in_words(len(both)).lower()} {many}"
        return f"No change in {what} can be told apart from chance"
    if len(apart) == 1:
        row = apart.iloc[0]
        side = "up" if row["change"] > 0 else "down"
        points = f"{abs(100 * row['change']):.0f} points"
        return f"{elided(str(row['name']), 40)} went {side} by {points}; no other change is clear"
    up = int((apart["change"] > 0).sum())
    return (
        f"{in_words(len(apart))} of {count_of(len(both), one, many)} changed: {up} up, "
        f"{len(apart) - up} down"
    )


def _curve(rows: pd.DataFrame, period: str, theme: str) -> dict[str, Any]:
    mark = mark_of(provenances(rows["provenance"])[-1])
    colour = TOKENS[theme]["mute" if period == "before" else mark.token]
    return {
        "x": rows["stated"].tolist(),
        "y": rows["came"].tolist(),
        "mode": "lines+markers",
        "name": period,
        "line": {"color": colour, "width": 1.5, "dash": "dash" if period == "before" else "solid"},
        "marker": {
            "symbol": mark.symbol,
            "size": 10,
            "color": colour,
            "line": {"width": 2 if mark.hollow else 0, "color": colour},
        },
        "error_y": {
            "array": (rows["high"] - rows["came"]).clip(lower=0).tolist(),
            "arrayminus": (rows["came"] - rows["low"]).clip(lower=0).tolist(),
            "color": colour,
            "thickness": 2,
            "width": 0,
        },
        "hovertext": [
            f"<b>{period}</b><br>stated {percent(row['stated'])}, came {percent(row['came'])}<br>"
            f"{interval_words(row['low'], row['high'], row.get('ci_prob'))}, "
            f"n {number(row['n'])}, {row['provenance']}"
            for row in rows.to_dict("records")
        ],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _nearer(frame: pd.DataFrame) -> str:
    """Say how far what was stated lay from what came, in either period."""
    gaps = {}
    for period in ("before", "after"):
        rows = frame[frame["period"] == period]
        if len(rows):
            missed = ((rows["stated"] - rows["came"]).abs() * rows["n"]).sum()
            gaps[period] = float(missed) / float(rows["n"].sum())
    if len(gaps) < 2:
        return f"Forecasts can be scored only in the period {''.join(gaps)}"
    told = ", ".join(f"{100 * gaps[p]:.0f} points {p}" for p in gaps)
    return f"Stated and came lie apart by {told}, on average"
