"""How much of what a cache answers is out of date, by how long it keeps answers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from archkit.figures.rows import ci_prob_of, interval_words
from archkit.figures.style import (
    TOKENS,
    blank,
    escaped,
    mark_of,
    new_figure,
    number,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["cache_staleness"]

_PLOT = 280
_LETTER = 6.6  # pixels that a letter of a label takes, about
_LINE = 16
_SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_NAMES = {"hit": "from the cache", "stale": "out of date"}


def cache_staleness(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw the share of answers from the cache, and of those out of date, by time to live.

    Parameters
    ----------
    frame
        `archkit.labs.n_plus_one_stale.stale_answers`: one row a time to live.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        Two lines by the closed form, and the counts with their intervals. The traffic is made
        up: the marks are those of simulated figures.
    """
    drawn = frame[frame["ttl_s"] > 0].sort_values("ttl_s") if len(frame) else frame
    if drawn.empty:
        return blank(theme, "How stale do answers get?", "No time to live above zero was given.")
    fig, mark = new_figure(theme), mark_of("simulated")
    for name in _NAMES:
        _add_rate(fig, drawn, name, theme)
    fig.update_layout(
        annotations=_names_at_ends(drawn, theme),
        margin_r=20 + round(_LETTER * max(map(len, _NAMES.values()))),
    )
    fig.update_yaxes(
        range=[-0.03, 1.04],
        tickvals=list(_SHARES),
        ticktext=[percent(share, 0) for share in _SHARES],
        title={"text": "share of answers"},
        fixedrange=True,
    )
    ttls = drawn["ttl_s"].tolist()
    fig.update_xaxes(
        type="log",
        range=[math.log10(ttls[0]) - 0.08, math.log10(ttls[-1]) + 0.08],
        tickvals=ttls,
        ticktext=[f"{ttl:g}" for ttl in ttls],
        title={"text": "time to live in seconds (log scale)"},
        fixedrange=True,
    )
    sure = ci_prob_of(drawn)
    said = (
        f"each n\u00a0{number(drawn['reads'].iloc[0])} reads: simulated traffic over real rows"
        f"{f' · bars: {percent(sure, 0)} interval over pages' if sure else ''}"
    )
    key = [
        ("─", "mute", "expected by the closed form"),
        (mark.sign, mark.token, "counted in simulated traffic"),
    ]
    return titled(fig, _finding(drawn), said, height=_PLOT + 44, key=key)


def _add_rate(fig: Figure, rows: pd.DataFrame, name: str, theme: str) -> None:
    colours, mark = TOKENS[theme], mark_of("simulated")
    fig.add_scatter(
        x=rows["ttl_s"].tolist(),
        y=rows[f"expected_{name}_rate"].tolist(),
        mode="lines",
        line={"color": colours["mute"], "width": 1.5, "dash": "solid" if name == "hit" else "dash"},
        hoverinfo="skip",
        name=f"expected, {_NAMES[name]}",
    )
    rate = rows[f"{name}_rate"]
    fig.add_scatter(
        x=rows["ttl_s"].tolist(),
        y=rate.tolist(),
        mode="markers",
        marker={
            "symbol": mark.symbol,
            "size": 11,
            "color": colours[mark.token],
            "line": {"width": 2, "color": colours[mark.token]},
        },
        error_y={
            "array": (rows[f"{name}_high"] - rate).fillna(0).clip(lower=0).tolist(),
            "arrayminus": (rate - rows[f"{name}_low"]).fillna(0).clip(lower=0).tolist(),
            "color": colours[mark.token],
            "thickness": 2,
            "width": 0,
        },
        hovertext=[_hover(row, name) for row in rows.to_dict("records")],
        hoverinfo="text",
        cliponaxis=False,
        name=_NAMES[name],
    )


def _hover(row: dict[Any, Any], name: str) -> str:
    interval = interval_words(row[f"{name}_low"], row[f"{name}_high"], row["ci_prob"])
    lines = [
        f"<b>{escaped(_NAMES[name])}</b>, kept for {row['ttl_s']:g} s",
        f"{percent(row[f'{name}_rate'])}, {interval}, n {number(row['reads'])}, simulated",
        f"expected {percent(row[f'expected_{name}_rate'])}",
    ]
    if name == "stale" and row["oldest_s"] == row["oldest_s"]:
        lines.append(
            f"wrong for {row['mean_stale_s']:.3g} s on average, {row['oldest_s']:.3g} at most"
        )
    return "<br>".join(lines)


def _names_at_ends(rows: pd.DataFrame, theme: str) -> list[dict[str, Any]]:
    last = rows.iloc[-1]
    ends = [float(last[f"expected_{name}_rate"]) for name in _NAMES]
    apart = max(ends[0] - ends[1], _LINE / _PLOT)
    return [
        {
            **{"x": 1, "xref": "paper", "xanchor": "left", "xshift": 2},
            **{"y": height, "yref": "y", "yanchor": "middle", "showarrow": False},
            "text": escaped(label),
            "font": {"size": 12, "color": TOKENS[theme]["ink"]},
        }
        for label, height in zip(_NAMES.values(), (ends[1] + apart, ends[1]), strict=True)
    ]


def _finding(rows: pd.DataFrame) -> str:
    """Say what the longest time to live brings, and what it costs."""
    last = rows.iloc[-1]
    hits, stale = percent(last["hit_rate"], 0), percent(last["stale_rate"], 0)
    said = f"Kept for {last['ttl_s']:g} s, {hits} of answers come from the cache"
    if not last["stale_rate"]:
        return f"{said}, and none is out of date"
    return f"{said}, and {stale} of all are out of date, by up to {last['oldest_s']:.0f} s"
