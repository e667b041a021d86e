"""How long decisions hold: the share that outlives each age, and how many were followed so long."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from archkit.figures.rows import ci_prob_of, interval_words, share_axis
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
    span,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["decision_survival"]

_MOST_PANELS = 4
_MOST_STEPS = 1000
_FEW_ENDED = 5
_LEAST_FOLLOWED = 5
_PANEL, _ALONE, _HEAD, _FOOT, _GAP = 130, 240, 24, 22, 14
_NAME_WIDTH = 26
_UNITS = ((1461, 365.25, "year"), (122, 30.4375, "month"), (0, 1.0, "day"))
"""From so many days on the axis, days of one unit, its name."""


def decision_survival(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw what share of the decisions outlives each age.

    Parameters
    ----------
    frame
        `metrics.decision_survival`: one row a step of a group's curve with `group`, `days`,
        `survival_rate`, `low`, `high` (0 to 1), `at_risk`, `ended`, `censored`, and of the group
        `n`, `n_ended`, `n_left_out`, `n_unknown_end`, `median_days`, `first_at`, `last_at`, ….
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A panel a group, the four largest, over one axis of age: the curve as steps with its band,
        a mark where a decision ended, a tick where one was last seen, and below it how many were
        followed so long.
    """
    if frame.empty:
        return blank(
            theme,
            "How long do decisions hold?",
            "No decision record with a date and a decided status is known yet. Read a folder with "
            "read_adrs(folder), or import it with archkit adr import FOLDER.",
        )
    groups = list(frame.groupby("group", sort=False))
    drawn = groups[:_MOST_PANELS]
    fig = new_figure(theme)
    longest = max(float(rows["days"].max()) for _, rows in drawn)
    ticks, texts, unit = _ages(longest)
    room = _Room(len(drawn))
    for place, (name, rows) in enumerate(drawn):
        steps = rows.iloc[:: -(-len(rows) // _MOST_STEPS)]
        _set_axes(fig, place, room, (ticks, texts, unit), longest)
        _add_band(fig, steps, place, theme)
        _add_curve(fig, steps, place, theme, unit)
        _add_ends(fig, rows, place, theme, unit)
        _add_followed(fig, rows, place, ticks, theme)
        _add_head(fig, str(name), rows, place, len(groups), theme)
    title, subtitle = _finding([rows for _, rows in groups]), _subtitle(groups, len(drawn))
    fig = titled(fig, title, subtitle, height=room.height, key=_key(frame))
    fig.update_layout(margin_b=52, margin_l=70)
    return fig


class _Room:
    """Where the panels stand, one below the other, as shares of the plot's height."""

    def __init__(self, count: int) -> None:
        self.panel = _ALONE if count == 1 else _PANEL
        self.count = count
        whole = count * (self.panel + _HEAD + _FOOT) + (count - 1) * _GAP
        self.height = whole + 52
        self._whole = whole

    def domain(self, place: int) -> list[float]:
        above = place * (self.panel + _HEAD + _FOOT + _GAP) + _HEAD
        top = 1 - above / self._whole
        return [max(top - self.panel / self._whole, 0.0), top]


def _name(axis: str, place: int) -> str:
    return f"{axis}{place + 1 if place else ''}"


def _axes(place: int) -> dict[str, str]:
    return {"xaxis": _name("x", place), "yaxis": _name("y", place)}


def _ages(longest: float) -> tuple[list[float], list[str], tuple[float, str]]:
    """Give at most six round ages from 0 to the longest, in the unit that suits it."""
    _, length, unit = next(entry for entry in _UNITS if longest >= entry[0])
    whole = longest / length
    size = 10 ** math.floor(math.log10(max(whole, 1) / 5)) if whole > 5 else 1
    step = next(size * k for k in (1, 2, 5, 10, 20) if whole / (size * k) <= 6)
    step = max(step, 1)
    counts = [step * i for i in range(int(whole / step) + 1)]
    return [count * length for count in counts], [f"{count:g}" for count in counts], (length, unit)


def _age(days: float, unit: tuple[float, str]) -> str:
    """Write an age in a unit: `2.5 years`, `1 day`."""
    count = days / unit[0]
    shown = f"{count:.0f}" if unit[1] == "day" or count >= 100 else f"{count:.1f}"
    shown = shown.removesuffix(".0")
    return f"{shown} {unit[1]}{'' if shown == '1' else 's'}"


def _unit_of(days: float) -> tuple[float, str]:
    """Give the unit in which an age reads best."""
    least = ((548, 365.25, "year"), (61, 30.4375, "month"), (0, 1.0, "day"))
    _, length, unit = next(entry for entry in least if days >= entry[0])
    return length, unit


def _set_axes(
    fig: Figure,
    place: int,
    room: _Room,
    ages: tuple[list[float], list[str], tuple[float, str]],
    longest: float,
) -> None:
    ticks, texts, unit = ages
    last = place == room.count - 1
    domain = room.domain(place)
    wide = max(longest, unit[0]) * 1.02
    share = share_axis("still hold")
    if room.count > 1:
        share |= {"tickvals": [0, 0.5, 1]}
        share["ticktext"] = [percent(t, 0) for t in share["tickvals"]]
    fig.update_layout(
        {
            _name("xaxis", place): {
                "title": {"text": f"{unit[1]}s since the decision" if last else ""},
                "range": [-0.01 * wide, wide],
                "tickvals": ticks,
                "ticktext": texts,
                "showticklabels": last,
                "ticklabelstandoff": _FOOT if last else 0,
                "domain": [0, 1],
                "anchor": _name("y", place),
                "fixedrange": True,
            },
            _name("yaxis", place): {**share, "domain": domain, "anchor": _name("x", place)},
        }
    )


def _add_band(fig: Figure, rows: pd.DataFrame, place: int, theme: str) -> None:
    token = mark_of(str(rows["provenance"].iloc[0])).token
    edge: dict[str, Any] = {"mode": "lines", "hoverinfo": "skip"}
    edge |= {"line": {"width": 0, "shape": "hv"}, **_axes(place)}
    days = rows["days"].tolist()
    fig.add_scatter(x=days, y=rows["low"].tolist(), name="low", **edge)
    fig.add_scatter(
        x=days,
        y=rows["high"].tolist(),
        fill="tonexty",
        fillcolor=TOKENS[theme].get(f"{token}_band", TOKENS[theme]["line"]),
        name="high",
        **edge,
    )


def _add_curve(
    fig: Figure, rows: pd.DataFrame, place: int, theme: str, unit: tuple[float, str]
) -> None:
    token = mark_of(str(rows["provenance"].iloc[0])).token
    fig.add_scatter(
        x=rows["days"].tolist(),
        y=rows["survival_rate"].tolist(),
        mode="lines",
        line={"color": TOKENS[theme][token], "width": 2, "shape": "hv"},
        name=str(rows["group"].iloc[0]),
        hovertext=[_words(row, unit) for row in rows.to_dict("records")],
        hoverinfo="text",
        **_axes(place),
    )


def _add_ends(
    fig: Figure, rows: pd.DataFrame, place: int, theme: str, unit: tuple[float, str]
) -> None:
    """Mark ends as their provenance is drawn, and last looks with a tick through the curve."""
    mark = mark_of(str(rows["provenance"].iloc[0]))
    colour, mute = TOKENS[theme][mark.token], TOKENS[theme]["mute"]
    marks: tuple[tuple[str, str, dict[str, Any], str], ...] = (
        ("censored", "last seen", {"symbol": "line-ns", "size": 9, "line": {"width": 1.5}}, mute),
        ("ended", "ended", {"symbol": mark.symbol, "size": 9, "line": {"width": 2}}, colour),
    )
    for column, name, marker, shade in marks:
        some = rows[rows[column] > 0]
        some = some.iloc[:: -(-len(some) // _MOST_STEPS) or 1]
        fig.add_scatter(
            x=some["days"].tolist(),
            y=some["survival_rate"].tolist(),
            mode="markers",
            name=name,
            marker={**marker, "color": shade, "line": {**marker["line"], "color": shade}},
            hovertext=[_words(row, unit) for row in some.to_dict("records")],
            hoverinfo="text",
            cliponaxis=False,
            **_axes(place),
        )


def _add_followed(
    fig: Figure, rows: pd.DataFrame, place: int, ticks: list[float], theme: str
) -> None:
    """Write below the panel how many were followed until each age of the axis."""
    below = {"yref": f"{_name('y', place)} domain", "y": 0, "yanchor": "top", "yshift": -3}
    below |= {"showarrow": False, "font": {"size": 11, "color": TOKENS[theme]["mute"]}}
    for tick in ticks:
        later = rows[rows["days"] >= tick]
        count = int(later["at_risk"].iloc[0]) if len(later) else 0
        fig.add_annotation(x=tick, xref=_name("x", place), text=number(count), **below)
    side = {"x": 0, "xref": f"{_name('x', place)} domain", "xanchor": "right", "xshift": -14}
    fig.add_annotation(text="followed", **side, **below)


def _add_head(
    fig: Figure, name: str, rows: pd.DataFrame, place: int, groups: int, theme: str
) -> None:
    first = rows.iloc[0]
    ended = int(first["n_ended"])
    parts = [f"n {number(first['n'])}, {number(ended)} ended"] if groups > 1 else []
    if not math.isnan(first["median_days"]):
        parts.append(_half(first))
    if groups > 1 and ended < _FEW_ENDED:
        parts.append("too few to say more")
    if not parts:
        return
    head = f"<b>{escaped(elided(name, _NAME_WIDTH))}</b>  " if groups > 1 else ""
    fig.add_annotation(
        x=0,
        xref=f"{_name('x', place)} domain",
        y=1,
        yref=f"{_name('y', place)} domain",
        xanchor="left",
        yanchor="bottom",
        yshift=4,
        text=f"{head}{', '.join(parts)}",
        hovertext=escaped(name),
        showarrow=False,
        font={"size": 12, "color": TOKENS[theme]["ink" if groups > 1 else "mute"]},
    )


def _half(first: pd.Series) -> str:
    """Write the median with its interval: `half within 3 years (1.9–4.2)`."""
    length, name = _unit_of(first["median_days"])
    low, high = first["median_low"] / length, first["median_high"] / length
    ends = f"{low:.1f} or more" if math.isnan(high) else f"{low:.1f}–{high:.1f}"
    return f"half within {_age(first['median_days'], (length, name))} ({ends})"


def _words(row: Any, unit: tuple[float, str]) -> str:
    happened = [f"{number(row['ended'])} ended"] if row["ended"] else []
    happened += [f"{number(row['censored'])} last seen"] if row["censored"] else []
    return (
        f"<b>{escaped(str(row['group']))}</b>, {_age(row['days'], unit)}<br>"
        f"{percent(row['survival_rate'])} hold longer<br>"
        f"{interval_words(row['low'], row['high'], row.get('ci_prob'))}<br>"
        f"{number(row['at_risk'])} followed until then"
        + (f": {', '.join(happened)}" if happened else "")
        + f"<br>{row['provenance']}"
    )


def _finding(groups: list[pd.DataFrame]) -> str:
    """Say how long decisions hold, where enough of them have ended to say so."""
    n = sum(int(rows["n"].iloc[0]) for rows in groups)
    ended = sum(int(rows["n_ended"].iloc[0]) for rows in groups)
    if ended == 0:
        return f"Not one end is dated among {count_of(n, 'decision')}: how long they hold is open"
    if ended < _FEW_ENDED:
        few = in_words(ended).lower()
        return f"Only {few} of {count_of(n, 'decision')} ended: too few to say how long"
    if len(groups) > 1:
        return "How long do decisions hold, group by group?"
    rows = groups[0]
    median = float(rows["median_days"].iloc[0])
    if not math.isnan(median):
        return f"Half of the decisions ended within {_age(median, _unit_of(median))}"
    step = _last_sure(rows)
    age = _age(step["days"], _unit_of(step["days"]))
    return f"{percent(step['survival_rate'], 0)} of the decisions hold longer than {age}"


def _last_sure(rows: pd.DataFrame) -> pd.Series:
    """Return the latest step until which at least five were followed."""
    followed = rows[rows["at_risk"] >= _LEAST_FOLLOWED]
    return (followed if len(followed) else rows).iloc[-1]


def _subtitle(groups: list[tuple[Any, pd.DataFrame]], drawn: int) -> str:
    firsts = [rows.iloc[0] for _, rows in groups]
    n, ended = (sum(int(first[name]) for first in firsts) for name in ("n", "n_ended"))
    parts = [f"{count_of(n, 'decision')}, {number(ended)} ended"]
    if len(groups) == 1:
        rows = groups[0][1]
        step = _last_sure(rows)
        if ended:
            age = _age(step["days"], _unit_of(step["days"]))
            parts.append(f"after {age} {span(step['low'], step['high'])} hold")
        if firsts[0]["n_unknown_end"]:
            more = count_of(int(firsts[0]["n_unknown_end"]), "more end", "more ends")
            parts.append(
                f"{more} undated: {span(step['worst_rate'], step['best_rate'])} with these"
            )
    begun, seen = min(f["first_at"] for f in firsts), max(f["last_at"] for f in firsts)
    parts.append(f"{begun:%B %Y} to {seen:%B %Y}")
    if by_git := sum(int(first["n_git"]) for first in firsts):
        parts.append(f"{number(by_git)} dated by a commit only")
    if left_out := sum(int(first["n_left_out"]) for first in firsts):
        parts.append(f"{count_of(left_out, 'record')} left out")
    if len(groups) > drawn:
        parts.append(f"+ {count_of(len(groups) - drawn, 'group')} not drawn")
    return " · ".join([*parts, "read from decision records, not seen here"])


def _key(frame: pd.DataFrame) -> list[KeyEntry]:
    mark = mark_of(str(frame["provenance"].iloc[0]))
    key = [(mark.sign, mark.token, f"ended ({frame['provenance'].iloc[0]})")]
    sure = ci_prob_of(frame)
    band = f"{percent(sure, 0)} interval" if sure else "interval"
    return [*key, ("|", "mute", "still held when last seen"), ("▒", mark.token, band)]
