"""What choosing by each rule has cost, choice by choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archkit.figures.rows import ci_prob_of
from archkit.figures.style import TOKENS, blank, escaped, new_figure, number, percent, titled

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["cumulative_regret"]

_PANEL = 230
_HEAD = 24
_GAP = 46
_LABEL = 14  # pixels that a label takes
_DASHES = ("dash", "dot", "dashdot", "longdash")


def cumulative_regret(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw the regret of rules to choose by, added up over the choices.

    Parameters
    ----------
    frame
        `regret_over_choices`: one row a world, rule and choice with `world`, `rule`, `choice`,
        `regret`, `low`, `high`, `n` (repetitions) and `ci_prob`; the first rule is the one that
        the others are held against.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A panel a world, all on one scale; a line a rule with its band, its name at the end.
    """
    if frame.empty:
        return blank(
            theme,
            "What does choosing by each rule cost?",
            "Nothing was played yet: see archkit.memory.regret.regret_over_choices(…).",
        )
    worlds, rules = list(dict.fromkeys(frame["world"])), list(dict.fromkeys(frame["rule"]))
    fig = new_figure(theme)
    height = (_PANEL + _HEAD) * len(worlds) + _GAP * (len(worlds) - 1)
    top = float(frame["high"].max()) * 1.03
    for n, world in enumerate(worlds):
        part = frame[frame["world"] == world]
        _panel_axes(fig, n, height, top, theme, world)
        ends = _ends(part)
        banded = {rules[0], str(ends.drop(rules[0]).idxmin()) if len(rules) > 1 else ""}
        for place, rule in reversed(list(enumerate(rules))):
            rows = part[part["rule"] == rule]
            if rule in banded:
                _add_band(fig, rows, n, place, theme)
            _add_rule(fig, rows, n, place, theme)
        _add_names(fig, part, rules, n, top, theme)
    last = float(frame["choice"].max())
    for n in range(len(worlds)):
        fig.update_layout({_axis("xaxis", n): {"range": [0, last], "fixedrange": True}})
    bottom = _axis("xaxis", len(worlds) - 1)
    fig.update_layout({bottom: {"title": {"text": "choices made"}}})
    widest = max(len(rule) for rule in rules)
    fig.update_layout(margin_r=24 + round(6.3 * widest))
    sure = ci_prob_of(frame)
    band = f"{percent(sure, 0)} interval" if sure else "interval"
    subtitle = (
        "regret: success rate given away to the best pattern, added up · simulated worlds, mean "
        f"of n\u00a0{number(frame['n'].iloc[0])} · bands: its {band}, for archkit and the next best"
    )
    return titled(fig, _finding(frame, worlds, rules), subtitle, height=height + 44)


def _axis(name: str, n: int) -> str:
    return name if n == 0 else f"{name}{n + 1}"


def _panel_axes(fig: Figure, n: int, height: int, top: float, theme: str, world: str) -> None:
    """Give a panel its room, counted from above, and its heading."""
    upper = 1 - (n * (_PANEL + _HEAD + _GAP) + _HEAD) / height
    lower = upper - _PANEL / height
    x, y = f"x{n + 1 if n else ''}", f"y{n + 1 if n else ''}"
    fig.update_layout(
        {
            _axis("xaxis", n): {"anchor": y, "showgrid": False},
            _axis("yaxis", n): {
                "anchor": x,
                "domain": [max(lower, 0.0), upper],
                "range": [0, top],
                "fixedrange": True,
                "title": {"text": "regret so far"},
                "nticks": 5,
            },
        }
    )
    fig.add_annotation(
        x=0,
        y=upper,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
        yshift=6,
        text=f"<b>{escaped(world)} world</b>",
        showarrow=False,
        font={"size": 13, "color": TOKENS[theme]["ink"]},
    )


def _add_band(fig: Figure, rows: pd.DataFrame, n: int, place: int, theme: str) -> None:
    choice = rows["choice"].tolist()
    fig.add_scatter(
        x=choice + choice[::-1],
        y=rows["high"].tolist() + rows["low"].tolist()[::-1],
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=TOKENS[theme]["reported_band" if place else "simulated_band"],
        hoverinfo="skip",
        name=f"interval of {rows['rule'].iloc[0]}",
        xaxis=f"x{n + 1 if n else ''}",
        yaxis=f"y{n + 1 if n else ''}",
    )


def _add_rule(fig: Figure, rows: pd.DataFrame, n: int, place: int, theme: str) -> None:
    """Draw a rule's line; the first in colour, over the others in grey."""
    rule, colours = str(rows["rule"].iloc[0]), TOKENS[theme]
    fig.add_scatter(
        x=rows["choice"].tolist(),
        y=rows["regret"].tolist(),
        mode="lines",
        line={
            "width": 3 if place == 0 else 1.5,
            "color": colours["simulated" if place == 0 else "mute"],
            "dash": "solid" if place == 0 else _DASHES[(place - 1) % len(_DASHES)],
        },
        name=rule,
        hovertext=[
            f"<b>{escaped(rule)}</b><br>{row['regret']:.1f} after {row['choice']} choices, "
            f"{row['low']:.1f}–{row['high']:.1f}, simulated"
            for row in rows.to_dict("records")
        ],
        hoverinfo="text",
        xaxis=f"x{n + 1 if n else ''}",
        yaxis=f"y{n + 1 if n else ''}",
    )


def _add_names(
    fig: Figure, part: pd.DataFrame, rules: list[str], n: int, top: float, theme: str
) -> None:
    """Write each rule's name where its line ends, moved apart where they would overlap."""
    ends = _ends(part)
    order = sorted(rules, key=lambda rule: float(ends[rule]))
    heights: list[float] = []
    for rule in order:
        wanted = float(ends[rule]) / top * _PANEL
        heights.append(max(wanted, heights[-1] + _LABEL) if heights else wanted)
    over = max(heights[-1] - _PANEL, 0.0)
    for rule, height in zip(order, _lowered(heights, over), strict=True):
        first = rule == rules[0]
        fig.add_annotation(
            x=1,
            xref="paper",
            y=height / _PANEL * top,
            yref=f"y{n + 1 if n else ''}",
            xanchor="left",
            yanchor="middle",
            xshift=6,
            text=f"<b>{escaped(rule)}</b>" if first else escaped(rule),
            showarrow=False,
            font={"size": 11, "color": TOKENS[theme]["simulated" if first else "mute"]},
        )


def _ends(part: pd.DataFrame) -> pd.Series[float]:
    """Regret of each rule after the last choice."""
    return part.sort_values("choice").groupby("rule")["regret"].last()


def _lowered(heights: list[float], over: float) -> list[float]:
    """Push the highest names down by what they stand out above the panel."""
    found = list(heights)
    found[-1] -= over
    for n in range(len(found) - 2, -1, -1):
        found[n] = min(found[n], found[n + 1] - _LABEL)
    return found


def _finding(frame: pd.DataFrame, worlds: list[str], rules: list[str]) -> str:
    """Say in how many worlds the first rule gave away least, and how much less than the next."""
    ends = frame.sort_values("choice").groupby(["world", "rule"])["regret"].last().unstack()
    ours, others = ends[rules[0]], ends.drop(columns=rules[0])
    if others.empty:
        return f"What choosing by {rules[0]} costs"
    next_best = others.min(axis=1)
    least = int((ours < next_best).sum())
    if least < len(worlds):
        return f"Choosing by {rules[0]} costs least in {least} of {len(worlds)} worlds"
    shares = (ours / next_best).loc[worlds]
    low, high = percent(float(shares.min()), 0), percent(float(shares.max()), 0)
    found = low if low == high else f"{low[:-2]}–{high}"
    return f"Choosing by {rules[0]} costs {found} of what the next best rule costs"
