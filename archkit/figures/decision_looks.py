"""One decision held to its forecast: each look at it, and where nobody looked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archkit.figures.rows import caveats, provenances, share_axis
from archkit.figures.style import (
    TOKENS,
    KeyEntry,
    blank,
    count_of,
    elided,
    escaped,
    key_of,
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

__all__ = ["decision_looks"]

_MOST = 6
_DASHES = ("solid", "dot", "dash", "dashdot", "longdash", "longdashdot")
_HEIGHT = 300
_GAP = 0.075  # between the labels of two lines
_BELOW = -0.12
_TICKS = (1, 3, 7, 30, 90, 365, 1000, 3650)

Row = dict[Any, Any]


def decision_looks(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw what came of one decision, look by look, beside what was forecast of it.

    How to read it: time runs to the right, in days after deciding, on a scale by ratio. The dashed
    line is the forecast, the band behind it what was known of the pattern when deciding. A large
    mark says whether it worked, smaller ones are named scores. A cross at the foot is a horizon
    that has passed without a look. One decision can neither prove nor refute a forecast.

    Parameters
    ----------
    frame
        `metrics.decision_looks.decision_looks`: one row a score of a look, or a horizon without
        one, with `what`, `score`, `age_days`, `horizon_days`, `value`, `provenance`, `outcome_id`,
        `observed_at`; its `attrs` hold forecast, what was known then, due and present day.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A line a score, at most six, success among them.
    """
    said = frame.attrs
    looks = frame[(frame["what"] == "look") & frame["value"].notna()]
    if looks.empty and said.get("forecast") is None and said.get("known") is None:
        return blank(theme, _unseen(frame), _NEXT)
    fig = new_figure(theme)
    last = max(366.0, float(said["now_days"]), float(frame["age_days"].max()))
    first = max(0.8, min(30.0, float(frame["age_days"].min())) / 4)
    last *= 1.15
    _add_forecast(fig, said, first, last, theme)
    _add_days(fig, frame, theme)
    names = _names(looks)
    for n, name in enumerate(names):
        _add_score(fig, looks[looks["score"] == name], name, _DASHES[n], theme)
    _add_labels(fig, looks, names, theme)
    fig.update_xaxes(
        type="log",
        range=[math.log10(first), math.log10(last)],
        title={"text": "days after deciding (by ratio)"},
        tickvals=[day for day in _TICKS if day <= last],
        ticktext=[str(day) for day in _TICKS if day <= last],
        fixedrange=True,
        showgrid=False,
    )
    fig.update_yaxes(**share_axis("how it went") | {"range": [_BELOW - 0.08, 1.08]})
    fig.update_layout(margin_r=20 + 7 * max([len(elided(name, 20)) + 6 for name in names] or [0]))
    return titled(
        fig,
        _finding(frame, looks),
        _evidence(frame, looks, len(names)),
        height=_HEIGHT,
        key=_key(frame, looks),
    )


_NEXT = "Say what came of it with memory.record_outcome(id, success=…, scores={…})."


def _names(looks: pd.DataFrame) -> list[str]:
    sizes = looks.groupby("score")["value"].count().sort_values(ascending=False, kind="stable")
    return sorted(map(str, sizes.index), key=lambda name: name != "success")[:_MOST]


def _add_forecast(
    fig: Figure, said: Mapping[Any, Any], first: float, last: float, theme: str
) -> None:
    """Draw the forecast as a line, and what was known of the pattern then as a band."""
    if said["known"] is not None:
        token = mark_of(str(said["known_from"])).token
        token = token if f"{token}_band" in TOKENS[theme] else "observed"
        fig.add_scatter(
            x=[first, last, last, first],
            y=[said["low"], said["low"], said["high"], said["high"]],
            mode="lines",
            fill="toself",
            fillcolor=TOKENS[theme][f"{token}_band"],
            line={"width": 0, "color": TOKENS[theme][token]},
            name="known then",
            hoverinfo="skip",
        )
    if said["forecast"] is None:
        return
    stated, ink = float(said["forecast"]), TOKENS[theme]["ink"]
    fig.add_scatter(
        x=[first, last],
        y=[stated, stated],
        mode="lines",
        line={"color": ink, "width": 1.4, "dash": "dash"},
        name="forecast",
        hoverinfo="skip",
    )
    fig.add_annotation(
        text=f"forecast {percent(stated, 0)}",
        x=0,
        xref="x domain",
        y=stated,
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
        font={"size": 11, "color": ink},
    )


def _add_days(fig: Figure, frame: pd.DataFrame, theme: str) -> None:
    """Draw today, the day a look was due, and a cross for each horizon without a look."""
    said, colour = frame.attrs, TOKENS[theme]
    looked = bool((frame["what"] == "look").any())
    due, now = said["due_days"], float(said["now_days"])
    lines = [("today", now, "mute", "solid")] if now >= 1 else []
    if due is not None and due >= 1 and not looked:
        late = now > due
        lines.append(("due", due, "alarm" if late else "mute", "dot"))
    for word, day, token, dash in lines:
        fig.add_vline(x=day, line={"color": colour[token], "width": 1, "dash": dash})
        fig.add_annotation(
            text=word,
            x=math.log10(day),
            y=1,
            yref="y domain",
            yanchor="bottom",
            showarrow=False,
            font={"size": 11, "color": colour[token]},
        )
    gaps = frame[frame["what"] == "missing"]
    if gaps.empty:
        return
    fig.add_scatter(
        x=gaps["age_days"].tolist(),
        y=[_BELOW] * len(gaps),
        mode="markers+text",
        name="nobody looked",
        marker={"symbol": "x-thin-open", "size": 9, "color": colour["mute"], "line": {"width": 2}},
        text=[f"  no look at {days:.0f}" for days in gaps["age_days"]],
        textposition="middle right",
        textfont={"size": 11, "color": colour["mute"]},
        hovertext=[f"day {days:.0f} has passed: nobody looked" for days in gaps["age_days"]],
        hoverinfo="text",
        cliponaxis=False,
    )


def _add_score(fig: Figure, rows: pd.DataFrame, name: str, dash: str, theme: str) -> None:
    marks = [mark_of(str(provenance)) for provenance in rows["provenance"]]
    success = name == "success"
    colours = [TOKENS[theme][mark.token] for mark in marks]
    fig.add_scatter(
        x=rows["age_days"].clip(lower=1).tolist(),
        y=rows["value"].tolist(),
        mode="markers+lines",
        name=name,
        line={"color": colours[-1], "width": 0.8 if success else 1.4, "dash": dash},
        marker={
            "symbol": [mark.symbol for mark in marks],
            "size": 13 if success else 8,
            "color": colours,
            "line": {"width": 2, "color": colours},
        },
        hovertext=[_look_words(row) for row in rows.to_dict("records")],
        hoverinfo="text",
        customdata=rows["outcome_id"].tolist(),
        cliponaxis=False,
    )


def _add_labels(fig: Figure, looks: pd.DataFrame, names: Sequence[str], theme: str) -> None:
    """Name each line at its last look, one label below the other where they would meet."""
    ends = [(name, looks[looks["score"] == name].iloc[-1]) for name in names]
    ends.sort(key=lambda end: -float(end[1]["value"]))
    free = 2.0
    for name, row in ends:
        at = min(float(row["value"]), free - _GAP)
        free = at
        fig.add_annotation(
            x=1,
            xref="paper",
            y=at,
            text=f"{escaped(elided(name, 20))} {percent(float(row['value']), 0)}",
            hovertext=escaped(name),
            xanchor="left",
            xshift=8,
            showarrow=False,
            font={"size": 12, "color": TOKENS[theme]["ink" if name == "success" else "mute"]},
        )


def _look_words(row: Row) -> str:
    return (
        f"<b>{escaped(str(row['score']))} {percent(row['value'])}</b><br>"
        f"{row['age_days']:.0f} days after deciding, seen {row['observed_at']:%Y-%m-%d} (UTC)<br>"
        f"n 1, no interval from one look, {row['provenance']}<br>"
        f"outcome {escaped(str(row['outcome_id']))}"
    )


def _finding(frame: pd.DataFrame, looks: pd.DataFrame) -> str:
    if looks.empty:
        return _unseen(frame)
    forecast = frame.attrs["forecast"]
    told = looks[looks["score"] == "success"]
    last = (told if len(told) else looks).iloc[-1]
    same = looks[looks["outcome_id"] == last["outcome_id"]]
    value = float(last["value"] if len(told) else same["value"].mean())
    went = "It scored " + percent(value, 0)
    if len(told):
        went = {1.0: "It worked", 0.0: "It did not work"}.get(value, went)
    days = f"by day {last['age_days']:.0f}"
    if forecast is None:
        return f"{went} {days}; no forecast was stated"
    return f"{went} {days}; {percent(float(forecast), 0)} had been forecast"


def _unseen(frame: pd.DataFrame) -> str:
    """Say since when a look is due, or when it will be."""
    said = frame.attrs
    if (frame["what"] == "look").any():
        return "Somebody looked, but did not say how it went"
    due, now = said.get("due_days"), said.get("now_days", 0.0)
    if due is None:
        return "Nobody has looked at it, and nobody will be asked to"
    if now > due:
        return f"Nobody has looked: a look has been due for {count_of(int(now - due), 'day')}"
    return f"A first look is due in {count_of(max(round(due - now), 0), 'day')}"


def _evidence(frame: pd.DataFrame, looks: pd.DataFrame, drawn: int) -> str:
    said = frame.attrs
    looked = count_of(looks["outcome_id"].nunique(), "look")
    parts = [f"n {looked} at one decision, no interval"]
    if said["known"] is not None:
        parts.append(
            f"band: {elided(str(said['pattern']), 30)} when deciding, "
            f"{percent(said['ci_prob'], 0)} interval {span(said['low'], said['high'])}, "
            f"n {number(said['n'])}, {said['known_from']}"
        )
    if undrawn := looks["score"].nunique() - drawn:
        parts.append(f"+ {count_of(undrawn, 'score')} not drawn")
    kinds = [*looks["provenance"], *([said["known_from"]] if said["known"] is not None else [])]
    return " · ".join([*parts, *caveats(kinds)])


def _key(frame: pd.DataFrame, looks: pd.DataFrame) -> list[KeyEntry]:
    key = [
        (s, token, f"a look, {label}")
        for s, token, label in key_of(provenances(looks["provenance"]))
    ]
    if frame.attrs["forecast"] is not None:
        key.append(("┄", "ink", "forecast when deciding"))
    if frame.attrs["known"] is not None:
        token = mark_of(str(frame.attrs["known_from"])).token
        key.append(("▬", token, "known of the pattern then"))
    if (frame["what"] == "missing").any():
        key.append(("×", "mute", "nobody looked"))
    return key
