"""How the memory itself does: what it weighs and covers, how fast it answers, what was put away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archkit.figures.panels import Panels, moments, thinned, time_axis
from archkit.figures.rows import ROW_HEIGHT, add_rows, caveats, provenances
from archkit.figures.style import (
    TOKENS,
    blank,
    count_of,
    elided,
    escaped,
    in_words,
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

__all__ = ["focus_coverage", "memory_events", "memory_size", "query_latency"]

_MIB = 1_048_576
_FULL = 0.9
_STANDING = (("active", "", 0.95), ("candidate", "/", 0.55), ("retired", "x", 0.75))
_TOKEN = {"active": "observed", "candidate": "reported", "retired": "alarm"}
_DONE = {"archived", "restored", "forgotten", "reset"}


def memory_size(frame: pd.DataFrame, top: int = 20, *, theme: str = "light") -> Figure:
    """Draw what agents keep against what they may keep.

    How to read it: a mark right of the line at 100 % is over its limit; run `archkit budget`
    there. At the right stand the size and how many events are archived and can be restored.

    Parameters
    ----------
    frame
        `metrics.memory_size`: one row an agent with `agent`, `used_bytes`, `limit_bytes`, `share`,
        `events`, `archived_events`, `provenance`.
    top
        How many agents to draw, the fullest first; the others are counted.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A row an agent.
    """
    if frame.empty:
        return blank(theme, "How full is the memory?", "Nothing of any agent's is kept yet.")
    up = frame.sort_values("share", kind="stable").tail(top).reset_index(drop=True)
    fig = new_figure(theme)
    for provenance in provenances(up["provenance"]):
        rows = up[up["provenance"] == provenance]
        mark = mark_of(provenance)
        colour = [TOKENS[theme]["alarm" if one > 1 else mark.token] for one in rows["share"]]
        _stems(fig, rows["share"], TOKENS[theme][mark.token])
        fig.add_scatter(
            x=rows["share"].tolist(),
            y=rows.index.tolist(),
            mode="markers",
            name=provenance,
            marker={
                "symbol": mark.symbol,
                "size": 11,
                "color": colour,
                "line": {"width": 2 if mark.hollow else 0, "color": colour},
            },
            hovertext=[_size_words(row) for row in rows.to_dict("records")],
            hoverinfo="text",
            cliponaxis=False,
        )
    sizes = [_megabytes(used) for used in up["used_bytes"]]
    put_away = [f", {number(n)} archived" if n else "" for n in up["archived_events"]]
    counts = [f"{size}{more}" for size, more in zip(sizes, put_away, strict=True)]
    add_rows(fig, [str(name) or "nobody's" for name in up["agent"]], counts, theme)
    widest = max(float(up["share"].max()), 1.0)
    fig.update_xaxes(
        title={"text": "share of the limit (memory_limit_mb)"},
        range=[-0.02 * widest, 1.04 * widest],
        tickvals=[0, 0.5, 1],
        ticktext=[percent(t, 0) for t in (0, 0.5, 1)],
        tickangle=0,
        fixedrange=True,
    )
    fig.add_vline(x=1, line={"color": TOKENS[theme]["alarm"], "width": 1.5, "dash": "dash"})
    over = frame[frame["share"] > 1]
    near = frame[(frame["share"] > _FULL) & (frame["share"] <= 1)]
    if len(over):
        title = f"{in_words(len(over))} of {number(len(frame))} agents over the limit"
    elif len(near):
        title = f"{in_words(len(near))} of {number(len(frame))} agents close to the limit"
    else:
        title = f"No agent is near its limit: {percent(float(frame['share'].max()), 1)} at most"
    parts = [
        f"{count_of(len(frame), 'agent')}, {_megabytes(frame['used_bytes'].sum())} in "
        f"{count_of(int(frame['events'].sum()), 'event')}"
    ]
    if len(frame) > len(up):
        parts.append(f"+ {number(len(frame) - len(up))} not drawn")
    subtitle = " · ".join([*parts, *caveats(frame["provenance"])])
    key = [*key_of(provenances(up["provenance"])), ("╎", "alarm", "the limit")]
    return titled(fig, title, subtitle, height=ROW_HEIGHT * len(up) + 64, key=key)


def _stems(fig: Figure, values: pd.Series, colour: str) -> None:
    x: list[float | None] = []
    y: list[float | None] = []
    for row, value in values.items():
        x += [0.0, float(value), None]
        y += [float(str(row)), float(str(row)), None]
    line = {"color": colour, "width": 2}
    fig.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", name="size")


def _megabytes(size: float) -> str:
    shown = size / _MIB
    return f"{shown:.0f} MiB" if shown >= 10 else f"{shown:.2g} MiB"


def _size_words(row: dict[Any, Any]) -> str:
    return (
        f"<b>{escaped(elided(str(row['agent']) or 'nobody', 60))}</b><br>"
        f"{_megabytes(row['used_bytes'])} of {_megabytes(row['limit_bytes'])}, "
        f"{percent(row['share'], 1)}<br>{count_of(row['events'], 'event')}, "
        f"{number(row['archived_events'])} archived<br>{row['provenance']}"
    )


def focus_coverage(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw how much the memory holds about each focus area, and how it stands.

    How to read it: a bar counts an area's patterns, the plain part those that proved themselves or
    were worded as active, the hatched parts candidates and retired ones. At the right stands how
    many decisions used one: many patterns without decisions are only read, not tried.

    Parameters
    ----------
    frame
        `metrics.focus_coverage`: one row a focus area with `area`, `active`, `candidate`,
        `retired`, `used`, `decisions`, `simulated` (counts), `provenance`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A row an area, in the card's order.
    """
    if frame.empty or not frame[["active", "candidate", "retired"]].to_numpy().sum():
        return blank(
            theme,
            "What does the memory cover?",
            "It knows no pattern yet. Give it the library's, or record one with "
            "memory.record_pattern(…).",
        )
    up = frame.iloc[::-1].reset_index(drop=True)
    fig = new_figure(theme)
    for status, hatch, opacity in _STANDING:
        fig.add_bar(
            x=up[status].tolist(),
            y=up.index.tolist(),
            orientation="h",
            name=status,
            width=0.55,
            marker={
                "color": TOKENS[theme][_TOKEN[status]],
                "opacity": opacity,
                "pattern": {"shape": hatch, "size": 5},
            },
            hovertext=[_area_words(row, status) for row in up.to_dict("records")],
            hoverinfo="text",
        )
    fig.update_layout(barmode="stack")
    counts = [
        f"{_origin(kind)}{count_of(n, 'decision')}"
        for kind, n in zip(up["provenance"], up["decisions"], strict=True)
    ]
    add_rows(fig, [str(area).replace("-", " ") for area in up["area"]], counts, theme)
    fig.update_xaxes(title={"text": "patterns (count)"}, rangemode="tozero", fixedrange=True)
    idle = frame[frame["decisions"] == 0]
    bare = frame[frame[["active", "candidate", "retired"]].sum(axis=1) == 0]
    if len(bare):
        title = f"{in_words(len(bare))} of {number(len(frame))} focus areas have no pattern"
    elif len(idle) == len(frame):
        title = "Every focus area has patterns; no decision has used one yet"
    elif len(idle):
        title = f"{in_words(len(idle))} of {number(len(frame))} focus areas have no decision yet"
    else:
        title = "Every focus area has patterns and decisions"
    totals = {status: int(frame[status].sum()) for status, _, _ in _STANDING}
    parts = [", ".join(f"{number(n)} {status}" for status, n in totals.items())]
    parts.append(f"{number(frame['used'].sum())} with an outcome seen here")
    subtitle = " · ".join([*parts, *caveats(frame["provenance"])])
    key = [("■", "observed", "active"), ("▨", "reported", "candidate"), ("▩", "alarm", "retired")]
    if "simulated" in " ".join(frame["provenance"]):
        key.append((mark_of("simulated").sign, "simulated", "simulated decisions among them"))
    return titled(fig, title, subtitle, height=(ROW_HEIGHT + 2) * len(up) + 64, key=key)


def _origin(provenance: str) -> str:
    return f"{mark_of('simulated').sign} " if "simulated" in provenance else ""


def _area_words(row: dict[Any, Any], status: str) -> str:
    return (
        f"<b>{escaped(str(row['area']))}</b><br>{count_of(row[status], 'pattern')} {status}<br>"
        f"{number(row['used'])} with an outcome seen here<br>"
        f"{count_of(row['decisions'], 'decision')}, {number(row['simulated'])} of them simulated"
    )


def query_latency(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw how long sessions wait for the memory.

    How to read it: half of a week's calls took at most what the solid line says, nineteen of
    twenty at most what the dashed one says; with fewer than twenty calls that is little more than
    the slowest. The scale is logarithmic.

    Parameters
    ----------
    frame
        `metrics.query_latency`: one row a week and tool with `from_at`, `until_at` (UTC), `tool`,
        `n`, `p50_ms`, `p95_ms`, `slowest_ms`, `from_future`.
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
    ticks = [t for t in (0.1, 1, 10, 100, 1e3, 1e4, 1e5, 1e6) if least / 10 <= t <= most * 10]
    y = {
        "type": "log",
        "title": {"text": "milliseconds"},
        "tickvals": ticks,
        "ticktext": [f"{t:g}" if t < 1000 else f"{t:,.0f}" for t in ticks],
        "fixedrange": True,
    }
    for place, tool in enumerate(tools):
        rows = thinned(frame[frame["tool"] == tool])
        panels.set_axes(fig, place, x, y)
        middle = rows["from_at"] + (rows["until_at"] - rows["from_at"]) / 2
        for column, name, dash, symbol in (
            ("p50_ms", "half of the calls (p50)", "solid", "circle"),
            ("p95_ms", "19 of 20 (p95)", "dash", "square-open"),
        ):
            colour = TOKENS[theme]["observed"]
            fig.add_scatter(
                x=moments(middle),
                y=rows[column].clip(lower=0.01).tolist(),
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
                **panels.axes(place),
            )
        panels.head(fig, place, str(tool), f"n {number(rows['n'].sum())} calls", theme)
    whole = frame["n"].sum()
    half = float((frame["p50_ms"] * frame["n"]).sum() / whole)
    title = f"The memory answers sessions in {_duration(half)}, as a weekly median"
    parts = [f"n {number(whole)} calls, {count_of(frame['from_at'].nunique(), 'week')}"]
    parts.append(f"slowest {_duration(float(frame['slowest_ms'].max()))}")
    parts.append("timed in sessions only")
    key = [("●━", "observed", "half of the calls (p50)"), ("□╍", "observed", "19 of 20 (p95)")]
    return titled(fig, title, " · ".join(parts), height=panels.height, key=key)


def _duration(ms: float) -> str:
    return f"{ms / 1000:.1f} s" if ms >= 1000 else f"{ms:.0f} ms" if ms >= 10 else f"{ms:.1f} ms"


def _latency_words(row: dict[Any, Any], column: str, name: str) -> str:
    return (
        f"<b>{escaped(str(row['tool']))}</b>, week of {row['from_at']:%Y-%m-%d} (UTC)<br>"
        f"{name}: {_duration(row[column])}<br>slowest {_duration(row['slowest_ms'])}, "
        f"n {number(row['n'])} calls, observed"
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
        else (f", {_megabytes(float(row['bytes']))}")
    )
    lines = [
        f"<b>{escaped(str(row['action']))}</b>, {row['recorded_at']:%Y-%m-%d %H:%M} (UTC)",
        f"{count_of(row['events'] if row['events'] == row['events'] else 0, 'event')}{size}, "
        f"by {escaped(elided(str(row['agent'] or 'nobody'), 40))}",
    ]
    lines += [escaped(elided(str(row[n]), 90)) for n in ("reason", "file") if row[n]]
    return "<br>".join(lines)
