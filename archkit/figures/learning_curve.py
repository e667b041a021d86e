"""Whether work gets better as the memory learns: with it, without it, with a placebo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archkit.figures.panels import Panels
from archkit.figures.rows import caveats, ci_prob_of, interval_words, provenances
from archkit.figures.style import (
    TOKENS,
    blank,
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

__all__ = ["learning_curve"]

_MINUS = "\u2212"
_LABEL = 0.075  # of the axis, what a label takes
_REACHES = ((0.25, 0.25), (0.5, 0.25), (0.75, 0.25), (1.0, 0.5))
"""How far the axis of differences may reach, and in which steps."""

_ARMS = {
    "on": ("memory on", "solid", 2.6),
    "placebo": ("placebo", "dot", 1.8),
    "off": ("memory off", "dash", 1.8),
}
"""By arm its name, its dash and its width; the memory's own colour is for the first only."""


def learning_curve(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw how often work went well with the memory on and off, by what it had learned until then.

    How to read it: the memory helps where the lower band stands clear of the line at 0. A placebo
    that rises with the memory says that any memory would do. In sessions on record nobody drew lots
    who works without it: only tried briefs, paired, show that it was the memory.

    Parameters
    ----------
    frame
        `metrics.learning_curve`, or that of `archkit.ablation`: one row an arm and step with `arm`
        (on, placebo, off), `learned_from`, `learned_low`, `learned_high`, `share`, `low`, `high`,
        `n`, `difference`, `difference_low`, `difference_high`, `paired`, `of`, `provenance`,
        `ci_prob`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        Two panels over one axis of what was learned: a line an arm with its intervals, its name at
        its end; below, the difference of the memory on from off, with its interval.
    """
    if frame.empty:
        return blank(
            theme,
            "Does work get better as the memory learns?",
            "No decision of a session has an outcome yet. Hold sessions with the memory on and "
            "off, and record what came of them; or try both on the same briefs: "
            "see archkit.ablation.ablate(…).",
        )
    fig = new_figure(theme)
    panels = Panels(2, columns=1, size=190)
    most = max(float(frame["learned_from"].max()), 10.0)
    x = {
        "title": {"text": "outcomes that the memory knew by then"},
        "range": [-0.04 * most, 1.04 * most],
        "nticks": 6,
        "tickformat": ",d",
        "fixedrange": True,
    }
    _share_axis(fig, panels, x)
    _difference_axis(fig, panels, x, frame, theme)
    arms = [arm for arm in _ARMS if (frame["arm"] == arm).any()]
    for arm in reversed(arms):
        _add_arm(fig, frame[frame["arm"] == arm], arm, theme, panels)
    _add_names(fig, frame, arms, theme)
    _add_difference(fig, frame[frame["arm"] == "on"], theme, panels)
    fig.update_layout(margin_r=92)
    sure = ci_prob_of(frame)
    interval = f", {percent(sure, 0)} intervals" if sure else ""
    panels.head(fig, 0, f"{frame['of'].iloc[0]} that went well", interval.strip(", "), theme)
    pairs = "paired, brief by brief" if frame["paired"].iloc[0] else "not paired"
    panels.head(fig, 1, "memory on less memory off, points", pairs, theme)
    key = key_of(provenances(frame["provenance"]))
    return titled(fig, _finding(frame), _subtitle(frame), height=panels.height, key=key)


def _share_axis(fig: Figure, panels: Panels, x: dict[str, Any]) -> None:
    ticks = [0, 0.25, 0.5, 0.75, 1]
    y = {
        "range": [-0.03, 1.03],
        "tickvals": ticks,
        "ticktext": [percent(t, 0) for t in ticks],
        "fixedrange": True,
    }
    panels.set_axes(fig, 0, x, y)


def _difference_axis(
    fig: Figure, panels: Panels, x: dict[str, Any], frame: pd.DataFrame, theme: str
) -> None:
    ends = frame[["difference_low", "difference_high"]].abs().max().max()
    reach, step = next((r, s) for r, s in _REACHES if not ends > r)
    ticks = [step * n for n in range(-round(reach / step), round(reach / step) + 1)]
    y = {
        "range": [-reach * 1.08, reach * 1.08],
        "tickvals": ticks,
        "ticktext": [_points(t) for t in ticks],
        "fixedrange": True,
    }
    panels.set_axes(fig, 1, x, y)
    axis = panels.axes(1)["yaxis"]
    fig.add_shape(
        type="line",
        xref="paper",
        x0=0,
        x1=1,
        yref=axis,
        y0=0,
        y1=0,
        line={"color": TOKENS[theme]["mute"], "width": 1.2, "dash": "dot"},
    )


def _add_arm(fig: Figure, rows: pd.DataFrame, arm: str, theme: str, panels: Panels) -> None:
    """Draw an arm's line, its marks by provenance, and an interval at each."""
    name, dash, width = _ARMS[arm]
    colours = TOKENS[theme]
    marks = [mark_of(kind) for kind in rows["provenance"]]
    colour = colours[marks[-1].token] if arm == "on" else colours["mute"]
    fig.add_scatter(
        x=rows["learned_from"].tolist(),
        y=rows["share"].tolist(),
        mode="lines+markers",
        name=name,
        line={"color": colour, "width": width, "dash": dash},
        marker={
            "symbol": [mark.symbol for mark in marks],
            "size": 10,
            "color": colour,
            "line": {"width": 2, "color": colour},
        },
        error_y={
            "array": (rows["high"] - rows["share"]).tolist(),
            "arrayminus": (rows["share"] - rows["low"]).tolist(),
            "color": colour,
            "thickness": 1.4 if arm == "on" else 0.9,
            "width": 0,
        },
        hovertext=[_share_words(row, name) for row in rows.to_dict("records")],
        hoverinfo="text",
        cliponaxis=False,
        **panels.axes(0),
    )


def _add_difference(fig: Figure, rows: pd.DataFrame, theme: str, panels: Panels) -> None:
    """Draw how far the memory on stands above off, in a band as wide as its interval."""
    there = rows.dropna(subset=["difference"])
    if there.empty:
        fig.add_annotation(
            text="Nothing to compare: no step has both arms.",
            xref="paper",
            x=0.5,
            yref=f"{panels.axes(1)['yaxis']} domain",
            y=0.72,
            showarrow=False,
            font={"size": 13, "color": TOKENS[theme]["mute"]},
        )
        fig.add_scatter(x=[], y=[], hoverinfo="skip", **panels.axes(1))  # a page keeps the axes
        return
    mark = mark_of(str(there["provenance"].iloc[-1]))
    colour = TOKENS[theme][mark.token]
    x = there["learned_from"].tolist()
    if len(there) > 1:
        fig.add_scatter(
            x=x + x[::-1],
            y=there["difference_high"].tolist() + there["difference_low"].tolist()[::-1],
            mode="lines",
            line={"width": 0},
            fill="toself",
            fillcolor=TOKENS[theme].get(f"{mark.token}_band", TOKENS[theme]["observed_band"]),
            hoverinfo="skip",
            name="interval of the difference",
            **panels.axes(1),
        )
    fig.add_scatter(
        x=x,
        y=there["difference"].tolist(),
        mode="lines+markers",
        name="memory on less off",
        line={"color": colour, "width": 2.2},
        marker={
            "symbol": mark.symbol,
            "size": 10,
            "color": colour,
            "line": {"width": 2, "color": colour},
        },
        error_y={
            "array": (there["difference_high"] - there["difference"]).tolist(),
            "arrayminus": (there["difference"] - there["difference_low"]).tolist(),
            "color": colour,
            "thickness": 1.4,
            "width": 0,
        },
        hovertext=[_difference_words(row) for row in there.to_dict("records")],
        hoverinfo="text",
        cliponaxis=False,
        **panels.axes(1),
    )


def _add_names(fig: Figure, frame: pd.DataFrame, arms: list[str], theme: str) -> None:
    """Write each arm's name where its line ends, moved apart where they would overlap."""
    ends = frame.groupby("arm")["share"].last()
    order = sorted(arms, key=lambda arm: float(ends[arm]))
    heights: list[float] = []
    for arm in order:
        wanted = float(ends[arm])
        heights.append(max(wanted, heights[-1] + _LABEL) if heights else wanted)
    over = max(heights[-1] - 1.0, 0.0)
    colours = TOKENS[theme]
    for arm, height in zip(order, heights, strict=True):
        token = mark_of(str(frame.loc[frame["arm"] == arm, "provenance"].iloc[-1])).token
        fig.add_annotation(
            x=1,
            xref="paper",
            y=height - over,
            yref="y",
            xanchor="left",
            yanchor="middle",
            xshift=8,
            text=f"<b>{_ARMS[arm][0]}</b>" if arm == "on" else _ARMS[arm][0],
            showarrow=False,
            font={"size": 12, "color": colours[token if arm == "on" else "mute"]},
        )


def _points(share: float) -> str:
    shown = round(100 * share)
    return "0" if shown == 0 else f"{shown:+d}".replace("-", _MINUS)


def _learned(row: dict[Any, Any]) -> str:
    low, high = row["learned_low"], row["learned_high"]
    span = number(low) if low == high else f"{number(low)}–{number(high)}"
    return f"{span} outcomes known"


def _share_words(row: dict[Any, Any], name: str) -> str:
    return (
        f"<b>{name}</b>, {_learned(row)}<br>{percent(row['share'])} of {row['of']} went well<br>"
        f"{interval_words(row['low'], row['high'], row['ci_prob'])}, n {number(row['n'])}, "
        f"{escaped(str(row['provenance']))}"
    )


def _difference_words(row: dict[Any, Any]) -> str:
    return (
        f"<b>memory on less off</b>, {_learned(row)}<br>{_points(row['difference'])} points, "
        f"{percent(row['ci_prob'], 0)} interval {_points(row['difference_low'])} to "
        f"{_points(row['difference_high'])}<br>{'paired' if row['paired'] else 'not paired'}, "
        f"{escaped(str(row['provenance']))}"
    )


def _finding(frame: pd.DataFrame) -> str:
    """Say what the last step that has both arms says, by its interval."""
    on = frame[frame["arm"] == "on"].dropna(subset=["difference"])
    of = str(frame["of"].iloc[0])
    if on.empty:
        held = "on" if (frame["arm"] == "on").any() else "off"
        return f"Nothing to compare: the memory was {held} in every session"
    last = on.iloc[-1]
    known, points = number(last["learned_from"]), f"{abs(100 * last['difference']):.0f} points"
    if last["difference_low"] > 0:
        return f"With the memory, {points} more of the {of} went well once it knew {known} outcomes"
    if last["difference_high"] < 0:
        return (
            f"With the memory, {points} fewer of the {of} went well when it knew {known} outcomes"
        )
    return f"With {known} outcomes known, it cannot be told whether the memory helps"


def _subtitle(frame: pd.DataFrame) -> str:
    of = str(frame["of"].iloc[0])
    counts = frame.groupby("arm", sort=False)["n"].sum()
    arms = ((_ARMS[str(arm)][0].removeprefix("memory "), n) for arm, n in counts.items())
    told = ", ".join(f"{name} {number(n)}" for name, n in arms)
    if frame["paired"].iloc[0]:
        steps = frame["learned_from"].nunique()
        memories = "one memory" if steps == 1 else f"{steps} memories"
        parts = [f"n {number(frame['n'].max())} briefs, the same in each arm, {memories}"]
    else:
        parts = [f"n {number(counts.sum())} {of} of sessions ({told})", "not drawn by lot"]
    plain = set(frame["provenance"])
    return " · ".join([*parts, *(["observed"] if plain == {"observed"} else caveats(plain))])
