"""How fast the memory answers, and what was done to it: archived, restored, forgotten."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from archkit.figures.panels import Panels, moments, thinned, time_axis
from archkit.figures.rows import ROW_HEIGHT, add_rows, caveats, provenances
from archkit.figures.style import (
    TOKENS,
    blank,
    count_of,
    elided,
    escaped,
    mark_of,
    megabytes,
    new_figure,
    number,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["memory_events", "query_latency"]

_LINES = (("p50_ms", "half of the calls (p50)", "solid"), ("p95_ms", "19 of 20 (p95)", "dash"))
_SIGNS = {"observed": "●□", "reported": "◇▽", "simulated": "△▽"}
_DONE = {"archived", "restored", "forgotten", "reset"}


def query_latency(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw how long sessions wait for the memory.

    How to read it: half of a week's calls took at most what the solid line says, nineteen of
    twenty at most what the dashed one says; with fewer than twenty calls that is little more than
    the slowest. The scale is logarithmic.

    Parameters
    ----------
    frame
        `metrics.query_latency`: one row a week and tool with `from_at`, `until_at` (UTC), `tool`,
        `provenance`, `n`, `p50_ms`, `p95_ms`, `slowest_ms`, `from_future`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A panel a tool. Weeks with a call dated after now are drawn up to their end.
    """
    if frame.empty:
        return blank(
            theme,
            "How fast does the memory answer?",
            "No session has asked the memory yet. Begin one with Session(…).brief(…).",
        )
    tools = list(dict.fromkeys(frame["tool"]))
    panels = Panels(len(tools), columns=1, size=170)
    fig = new_figure(theme)
    x = time_axis(frame["from_at"].min(), frame["until_at"].max(), "week (UTC)", 6)
    least = max(float(frame["p50_ms"].min()), 0.1)
    most = float(frame["p95_ms"].max())
    wide = most > 100 * least
    steps = (1,) if wide else (1, 2, 5)
    ticks = [n * 10**ten for ten in range(-1, 7) for n in steps]
    ticks = [t for t in ticks if least / 10 <= t <= most * 10]
    y = {
        "type": "log",
        "title": {"text": "milliseconds"},
        "tickvals": ticks,
        "ticktext": [f"{t:g}" if t < 1000 else f"{t:,.0f}" for t in ticks],
        "range": [math.log10(least / 1.6), math.log10(max(most, least) * 1.6)],
        "fixedrange": True,
    }
    for place, tool in enumerate(tools):
        rows = frame[frame["tool"] == tool]
        panels.set_axes(fig, place, x, y)
        for provenance in provenances(rows["provenance"]):
            mine = thinned(rows[rows["provenance"] == provenance])
            _add_lines(fig, mine, provenance, theme, panels.axes(place))
        panels.head(fig, place, str(tool), f"n {number(rows['n'].sum())} calls", theme)
    whole = frame["n"].sum()
    half = float((frame["p50_ms"] * frame["n"]).sum() / whole)
    title = f"The memory answers sessions in {_duration(half)}, as a weekly median"
    parts = [f"n {number(whole)} calls, {count_of(frame['from_at'].nunique(), 'week')}"]
    parts.append(f"slowest {_duration(float(frame['slowest_ms'].max()))}")
    parts += ["timed in sessions only", *caveats(frame["provenance"])]
    kinds = provenances(frame["provenance"])
    key = [
        (f"{sign}{line}", mark_of(kind).token, named if len(kinds) == 1 else f"{named}, {kind}")
        for kind in kinds
        for (_, named, _), line, sign in zip(_LINES, "━╍", _SIGNS[kind], strict=True)
    ]
    return titled(fig, title, " · ".join(parts), height=panels.height, key=key)


def _add_lines(
    fig: Figure, rows: pd.DataFrame, provenance: str, theme: str, axes: dict[str, str]
) -> None:
    """Draw p50 and p95 of one tool's calls of one provenance."""
    middle = rows["from_at"] + (rows["until_at"] - rows["from_at"]) / 2
    mark = mark_of(provenance)
    colour = TOKENS[theme][mark.token]
    symbols = (mark.symbol, "triangle-down-open" if mark.hollow else "square-open")
    for (column, name, dash), symbol in zip(_LINES, symbols, strict=True):
        fig.add_scatter(
            x=moments(middle),
            y=rows[column].clip(lower=0.1).tolist(),
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 1.8, "dash": dash},
            marker={
                "symbol": symbol,
                "size": 8,
                "color": colour,
                "line": {"width": 2, "color": colour},
            },
            hovertext=[_latency_words(row, column, name) for row in rows.to_dict("records")],
            hoverinfo="text",
            **axes,
        )


def _duration(ms: float) -> str:
    return f"{ms / 1000:.1f} s" if ms >= 1000 else f"{ms:.0f} ms" if ms >= 10 else f"{ms:.1f} ms"


def _latency_words(row: dict[Any, Any], column: str, name: str) -> str:
    return (
        f"<b>{escaped(str(row['tool']))}</b>, week of {row['from_at']:%Y-%m-%d} (UTC)<br>"
        f"{name}: {_duration(row[column])}<br>slowest {_duration(row['slowest_ms'])}, "
        f"n {number(row['n'])} calls, {row['provenance']}"
    )


def memory_events(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw what was done to the memory itself, and when.

    How to read it: a filled mark stands, an open one was taken back since. Point at a mark for who
    did it, why, and the file that it can be restored from.

    Parameters
    ----------
    frame
        `metrics.memory_events`: one row a time with `recorded_at` (UTC), `action`, `agent`,
        `events`, `bytes`, `file`, `reason`, `undone_by`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A row an action, the latest 2000 marks.
    """
    if frame.empty:
        return blank(
            theme,
            "What was done to the memory itself?",
            "Nothing was archived, restored, imported or forgotten yet: see archkit budget, "
            "archkit backup and archkit import.",
        )
    drawn = frame.tail(2000)
    actions = sorted(drawn["action"].unique(), key=lambda name: (name in _DONE, name))
    spot = {name: row for row, name in enumerate(actions)}
    fig = new_figure(theme)
    undone = drawn["undone_by"].notna()
    for name, rows, symbol in (
        ("stands", drawn[~undone], "circle"),
        ("taken back", drawn[undone], "circle-open"),
    ):
        colour = TOKENS[theme]["observed"]
        fig.add_scatter(
            x=moments(rows["recorded_at"]),
            y=[spot[action] for action in rows["action"]],
            mode="markers",
            name=name,
            marker={
                "symbol": symbol,
                "size": 10,
                "color": colour,
                "line": {"width": 2, "color": colour},
            },
            hovertext=[_event_words(row) for row in rows.to_dict("records")],
            hoverinfo="text",
            cliponaxis=False,
        )
    sizes = drawn.groupby("action").size()
    names = [action.replace("_", " ") for action in actions]
    add_rows(fig, names, [f"n {number(sizes[action])}" for action in actions], theme)
    fig.update_xaxes(**time_axis(drawn["recorded_at"].min(), drawn["recorded_at"].max(), "UTC", 5))
    standing = frame[frame["undone_by"].isna()]
    gone = standing[standing["action"] == "archived"]
    if len(gone):
        title = f"{count_of(int(gone['events'].sum()), 'event')} archived, all restorable"
    else:
        last = frame.iloc[-1]
        what = str(last["action"]).replace("_", " ")
        title = f"Nothing is archived; last, something was {what} on {last['recorded_at']:%Y-%m-%d}"
    parts = [count_of(len(frame), "audit entry", "audit entries")]
    if len(frame) > len(drawn):
        parts.append(f"the latest {number(len(drawn))} drawn")
    key = [("●", "observed", "stands"), ("○", "observed", "taken back since")]
    height = ROW_HEIGHT * len(actions) + 76
    return titled(fig, title, " · ".join(parts), height=height, key=key)


def _event_words(row: dict[Any, Any]) -> str:
    size = (
        ""
        if row["bytes"] != row["bytes"] or row["bytes"] is None
        else (f", {megabytes(float(row['bytes']))}")
    )
    lines = [
        f"<b>{escaped(str(row['action']))}</b>, {row['recorded_at']:%Y-%m-%d %H:%M} (UTC)",
        f"{count_of(row['events'] if row['events'] == row['events'] else 0, 'event')}{size}, "
        f"by {escaped(elided(str(row['agent'] or 'nobody'), 40))}",
    ]
    lines += [escaped(elided(str(row[n]), 90)) for n in ("reason", "file") if row[n]]
    return "<br>".join(lines)
