"""How the memory itself does: what agents keep of what they may, what the focus areas hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    megabytes,
    new_figure,
    number,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["focus_coverage", "memory_size"]

_FULL = 0.9
_STANDING = (("active", "", 0.95), ("candidate", "/", 0.55), ("retired", "x", 0.75))
_TOKEN = {"active": "observed", "candidate": "reported", "retired": "alarm"}


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
    sizes = [megabytes(used) for used in up["used_bytes"]]
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
        f"{count_of(len(frame), 'agent')}, {megabytes(frame['used_bytes'].sum())} in "
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


def _size_words(row: dict[Any, Any]) -> str:
    return (
        f"<b>{escaped(elided(str(row['agent']) or 'nobody', 60))}</b><br>"
        f"{megabytes(row['used_bytes'])} of {megabytes(row['limit_bytes'])}, "
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
            customdata=[None if area == "none" else area for area in up["area"]],
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
