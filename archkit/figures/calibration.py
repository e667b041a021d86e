"""Do stated confidences come true: what was said when deciding against what came."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from archkit.figures.rows import caveats, ci_prob_of, interval_words, provenances, share_axis
from archkit.figures.style import (
    TOKENS,
    blank,
    count_of,
    elided,
    escaped,
    key_of,
    mark_of,
    new_figure,
    number,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["reliability"]

_MOST_PANELS = 4
_PANEL, _GAP, _HEAD = 300, 46, 22
_BETWEEN = 0.12
_CLEAR = 1.645  # standard errors of a 90 % interval


def reliability(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw what was stated when deciding against what came of it.

    Parameters
    ----------
    frame
        `metrics.reliability`: one row a part of a curve with `group`, `stated`, `came`, `low`,
        `high` (0 to 1), `n`, `provenance` and `ci_prob`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A panel a group, at most four, those with the most forecasts: a mark for each part of its
        curve with the interval of the share that came. A mark on the diagonal is a forecast that
        came true as often as it was said.
    """
    if frame.empty:
        return blank(
            theme,
            "Do stated confidences come true?",
            "No decision has both a stated confidence and an outcome yet. State one with "
            "session.decide(…, confidence=…), then say what came of it with "
            "memory.record_outcome(…).",
        )
    sizes = frame.groupby("group")["n"].sum().sort_values(ascending=False, kind="stable")
    shown = list(sizes.index[:_MOST_PANELS])
    fig = new_figure(theme)
    rows = -(-len(shown) // 2)
    head = _HEAD if len(shown) > 1 else 0
    height = rows * (_PANEL + head) + (rows - 1) * _GAP
    for place, group in enumerate(shown):
        _place(fig, place, len(shown), height, ci_prob_of(frame))
        _add_curve(fig, frame[frame["group"] == group], place, theme)
        if len(shown) > 1:
            _head(fig, place, f"{group}, n {number(sizes[group])}", theme)
    parts = [count_of(int(sizes.sum()), "forecast"), *caveats(frame["provenance"])]
    if len(sizes) > len(shown):
        parts.append(f"+ {count_of(len(sizes) - len(shown), 'group')} not drawn")
    parts.append("dotted: came as often as stated")
    drawn = frame[frame["group"].isin(shown)]["provenance"]
    key = key_of(provenances(drawn))
    return titled(fig, _finding(frame), " · ".join(parts), height=height + 56, key=key)


def _name(axis: str, place: int) -> str:
    return f"{axis}{place + 1 if place else ''}"


def _place(fig: Figure, place: int, count: int, height: int, sure: float | None) -> None:
    """Give a panel its room: two in a row, each under its heading."""
    row, column = divmod(place, 2)
    head = _HEAD if count > 1 else 0
    top = 1 - (row * (_PANEL + head + _GAP) + head) / height
    width = 1.0 if count == 1 else (1 - _BETWEEN) / 2
    left = column * (width + _BETWEEN)
    interval = f", {percent(sure, 0)} interval" if sure else ""
    last = place + 2 >= count
    fig.update_layout(
        {
            _name("xaxis", place): {
                **share_axis("stated when deciding" if last else ""),
                "domain": [left, left + width],
                "anchor": _name("y", place),
            },
            _name("yaxis", place): {
                **share_axis(f"share that came true{interval}" if column == 0 else ""),
                "domain": [max(top - _PANEL / height, 0.0), top],
                "anchor": _name("x", place),
            },
        }
    )


def _head(fig: Figure, place: int, text: str, theme: str) -> None:
    fig.add_annotation(
        x=0,
        xref=f"{_name('x', place)} domain",
        y=1,
        yref=f"{_name('y', place)} domain",
        xanchor="left",
        yanchor="bottom",
        yshift=4,
        text=f"<b>{escaped(elided(text))}</b>",
        showarrow=False,
        font={"size": 12, "color": TOKENS[theme]["ink"]},
    )


def _add_curve(fig: Figure, rows: pd.DataFrame, place: int, theme: str) -> None:
    axes = {"xaxis": _name("x", place), "yaxis": _name("y", place)}
    fig.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": TOKENS[theme]["mute"], "width": 1, "dash": "dot"},
        hoverinfo="skip",
        name="came as stated",
        **axes,
    )
    rows = rows.sort_values("stated")
    for provenance in provenances(rows["provenance"]):
        part = rows[rows["provenance"] == provenance]
        fig.add_scatter(**_marks(part, provenance, theme), **axes)


def _marks(rows: pd.DataFrame, provenance: str, theme: str) -> dict[str, Any]:
    mark = mark_of(provenance)
    colour = TOKENS[theme][mark.token]
    return {
        "x": rows["stated"].tolist(),
        "y": rows["came"].tolist(),
        "mode": "lines+markers",
        "name": str(rows["group"].iloc[0]),
        "line": {"color": colour, "width": 1},
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
        "hovertext": [_words(row) for row in rows.to_dict("records")],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _words(row: Any) -> str:
    return (
        f"<b>{escaped(str(row['group']))}</b><br>stated {percent(row['stated'])}, "
        f"came {percent(row['came'])}<br>"
        f"{interval_words(row['low'], row['high'], row.get('ci_prob'))}, "
        f"n {number(row['n'])}, {row['provenance']}"
    )


def _finding(frame: pd.DataFrame) -> str:
    """Say, over all groups, whether more or less was stated than came, if that is clear."""
    n = float(frame["n"].sum())
    stated = float((frame["stated"] * frame["n"]).sum() / n)
    came = float((frame["came"] * frame["n"]).sum() / n)
    if n < 10:
        return f"{count_of(int(n), 'forecast')} scored: too few to say whether they come true"
    # The outcomes are what chance plays with: the confidences are as they were stated.
    reach = _CLEAR * math.sqrt(max(came * (1 - came), 1 / (4 * n)) / n)
    if abs(stated - came) <= reach:
        return "Stated confidences come true about as often as they say"
    side = "high" if stated > came else "low"
    return f"Stated confidence is {100 * abs(stated - came):.0f} points too {side}"
