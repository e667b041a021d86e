"""Rows of estimates: a mark with its interval, a name at the left, a count at the right."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from archkit.figures.style import TOKENS, elided, escaped, mark_of, percent, span

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure, Scatter

__all__ = [
    "ROW_HEIGHT",
    "add_rows",
    "caveats",
    "ci_prob_of",
    "estimates",
    "interval_name",
    "interval_words",
    "provenances",
    "share_axis",
]

ROW_HEIGHT = 29
"""Pixels that a row takes."""

_ORDER = ("measured", "observed", "reported", "simulated")
_CAVEATS = {
    "reported": "reported figures were not seen here",
    "simulated": "simulated: made-up data",
    "stated": "stated figures are somebody's judgement",
}
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def provenances(column: Iterable[str]) -> list[str]:
    """Order the provenances that occur: the plain ones first, mixed ones after."""
    present = dict.fromkeys(column)
    plain = [p for p in _ORDER if p in present]
    return plain + sorted(p for p in present if p not in plain)


def estimates(
    rows: pd.DataFrame, column: str, provenance: str, theme: str, hover: Sequence[str]
) -> Scatter:
    """Draw one provenance's estimates at their `row`, each with the interval `low`–`high`.

    A point that is clicked tells its `slug`, where it has one.
    """
    import plotly.graph_objects as go

    mark = mark_of(provenance)
    colour = TOKENS[theme][mark.token]
    above = (rows["high"] - rows[column]).fillna(0).clip(lower=0)
    below = (rows[column] - rows["low"]).fillna(0).clip(lower=0)
    return go.Scatter(
        x=rows[column].tolist(),
        y=rows["row"].tolist(),
        mode="markers",
        name=provenance,
        marker={
            "symbol": mark.symbol,
            "size": 11,
            "color": colour,
            "line": {"width": 2 if mark.hollow else 0, "color": colour},
        },
        error_x={
            "array": above.tolist(),
            "arrayminus": below.tolist(),
            "color": colour,
            "thickness": 2,
            "width": 0,
        },
        hovertext=list(hover),
        hoverinfo="text",
        customdata=rows["slug"].tolist() if "slug" in rows else None,
        cliponaxis=False,
    )


def add_rows(
    fig: Figure,
    names: Sequence[str],
    counts: Sequence[str],
    theme: str,
    headings: Collection[int] = (),
) -> None:
    """Write each row's name at its left, elided if long, and its count at its right.

    The rows in `headings` hold no mark but name the ones under them. The whole names go along as
    `meta["rows"]`, for a page that knows how much room there is.
    """
    positions = list(range(len(names)))
    rows = [(name, row in headings) for row, name in enumerate(names)]
    fig.update_yaxes(
        tickvals=positions,
        ticktext=[_label(elided(name), heading) for name, heading in rows],
        tickfont={"color": TOKENS[theme]["ink"], "size": 13},
        range=[-0.6, len(names) - 0.4],
        showgrid=False,
        fixedrange=True,
    )
    beside = {"x": 1, "xref": "paper", "xanchor": "left", "xshift": 14, "yref": "y"}
    beside |= {"showarrow": False, "font": {"size": 12, "color": TOKENS[theme]["mute"]}}
    fig.update_layout(
        annotations=[
            {**beside, "y": row, "text": count, "hovertext": escaped(names[row])}
            for row, count in zip(positions, counts, strict=True)
            if row not in headings
        ],
        margin_r=26 + 7 * max(map(len, counts)),
    )
    fig.layout.meta = {**(fig.layout.meta or {}), "rows": [list(row) for row in rows]}


def _label(name: str, heading: bool) -> str:
    return (f"<b>{escaped(name)}</b>" if heading else escaped(name)) + "  "


def share_axis(title: str, least: float = 0.0) -> dict[str, Any]:
    """Give an axis of shares in percent: 0 to 100, or from below 0 where queries were added."""
    ticks = list(_TICKS)
    if least < 0:
        low = math.floor(least * 2) / 2
        step = 0.5 if low >= -2 else math.ceil(-low / 4)
        ticks = [low + step * i for i in range(int((1 - low) / step) + 1)]
    start = ticks[0] - (0.02 if least >= 0 else 0.05)
    return {
        "title": {"text": title},
        "range": [start, 1.02],
        "tickangle": 0,
        "tickvals": ticks,
        "ticktext": [percent(t, 0) for t in ticks],
        "fixedrange": True,
    }


def interval_words(low: float, high: float, ci_prob: float | None) -> str:
    """Write an interval for a hover, or say that there is none."""
    if math.isnan(low) or math.isnan(high):
        return "no interval: one value only"
    return f"{interval_name(ci_prob)} {span(low, high)}"


def interval_name(ci_prob: float | None) -> str:
    """Name an interval by the probability inside it, if that is known."""
    return f"{percent(ci_prob, 0)} interval" if ci_prob else "interval"


def caveats(provenance: Iterable[str]) -> list[str]:
    """Say what evidence is not this memory's own."""
    origins = {part for value in provenance for part in value.split(" + ")}
    made_up = "all " if origins == {"simulated"} else "some "
    return [
        (made_up if name == "simulated" else "") + words
        for name, words in _CAVEATS.items()
        if name in origins
    ]


def ci_prob_of(frame: pd.DataFrame) -> float | None:
    """Give the probability inside the intervals, if the frame says."""
    if "ci_prob" in frame and len(frame):
        return float(frame["ci_prob"].iloc[0])
    value = frame.attrs.get("ci_prob")
    return None if value is None else float(value)
