"""How alternatives differ, criterion by criterion."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from archkit.figures.rows import caveats, ci_prob_of
from archkit.figures.style import (
    TOKENS,
    blank,
    count_of,
    elided,
    escaped,
    new_figure,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["tradeoff_profile"]

Row = dict[Hashable, Any]
_NEXT = "There is no alternative to compare: give a PerformanceMatrix at least one."
_HEIGHT = 300
_MOST_NAMED = 12
_LABEL = 0.052  # of the height, that a label takes
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x")


def tradeoff_profile(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw each alternative as a line over the criteria, the best of each scale on top.

    Parameters
    ----------
    frame
        One row an alternative and criterion, the best alternative and the weightiest criterion
        first: `alternative`, `criterion`, `value`, `low`, `high` (0 to 1, 1 is best), `shown` (the
        cell in words), `unknown`, `best`, `worst` (the ends of the scale in words), `weight`,
        `provenance`, `ci_prob`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        Parallel coordinates: the first alternative in colour, the second in ink, the others grey,
        each with its own dash and mark; what is unknown is hollow with the whole scale as interval.
    """
    if frame.empty:
        return blank(theme, "Where do the alternatives differ?", _NEXT)
    names = list(dict.fromkeys(frame["alternative"]))
    criteria = list(dict.fromkeys(frame["criterion"]))
    fig = new_figure(theme)
    for place, name in reversed(list(enumerate(names))):
        rows = frame[frame["alternative"] == name].set_index("criterion").loc[criteria]
        _add_line(fig, str(name), rows, place, len(names), theme)
    last = frame[frame["criterion"] == criteria[-1]].set_index("alternative")["value"]
    notes = _name_ends(last.loc[names[:_MOST_NAMED]], len(criteria) - 1, theme)
    ends = frame.drop_duplicates("criterion").set_index("criterion").loc[criteria]
    # Added one by one, plotly checks all of them again for each.
    fig.update_layout(annotations=notes + _scale_ends(ends, theme))
    fig.update_xaxes(
        range=[-0.35, len(criteria) - 0.65],
        tickvals=list(range(len(criteria))),
        ticktext=[_criterion(str(name), weight) for name, weight in ends["weight"].items()],
        tickfont={"color": TOKENS[theme]["ink"], "size": 12},
        tickangle=0,
        gridcolor=TOKENS[theme]["reported"],
        side="bottom",
        fixedrange=True,
    )
    fig.update_yaxes(range=[-0.1, 1.1], showticklabels=False, showgrid=False, fixedrange=True)
    widest = max(len(elided(str(name), 22)) for name in names)
    fig.update_layout(margin_r=20 + round(6.6 * widest), margin_l=20, margin_b=60)
    sure = ci_prob_of(frame)
    interval = f"bars: {percent(sure, 0)} intervals" if sure else "bars: intervals"
    said = [f"top: best of each fixed scale · {interval}, for the first two"]
    said += caveats(_parts(frame))
    return titled(fig, _profile_finding(frame, names), " · ".join(said), height=_HEIGHT + 60)


def _add_line(
    fig: Figure, name: str, rows: pd.DataFrame, place: int, count: int, theme: str
) -> None:
    colour = TOKENS[theme][("observed", "ink")[place] if place < 2 else "mute"]
    symbol = _SYMBOLS[place % len(_SYMBOLS)]
    symbols = [f"{symbol}-open" if unknown else symbol for unknown in rows["unknown"]]
    shift = 0.05 * (place - (min(count, 2) - 1) / 2) if place < 2 else 0.0
    fig.add_scatter(
        x=[at + shift for at in range(len(rows))],
        y=rows["value"].tolist(),
        mode="lines+markers",
        line={
            "color": colour,
            "width": (3, 2)[place] if place < 2 else 1.2,
            "dash": _DASHES[place % len(_DASHES)],
        },
        marker={"symbol": symbols, "size": 9 if place < 2 else 7, "color": colour},
        error_y={
            "array": (rows["high"] - rows["value"]).clip(lower=0).tolist(),
            "arrayminus": (rows["value"] - rows["low"]).clip(lower=0).tolist(),
            "visible": place < 2,
            "thickness": 1.5,
            "width": 0,
            "color": colour,
        },
        hovertext=[
            f"<b>{escaped(name)}</b><br>{escaped(str(criterion))}: {escaped(str(row['shown']))}"
            f"<br>{row['value']:.2f} of the scale, {row['low']:.2f}–{row['high']:.2f}"
            f"<br>{escaped(str(row['provenance']))}"
            for criterion, row in rows.to_dict("index").items()
        ],
        hoverinfo="text",
        name=escaped(name),
        cliponaxis=False,
    )


def _name_ends(last: pd.Series[float], at: int, theme: str) -> list[dict[str, Any]]:
    """Write each name where its line ends, moved apart where they would overlap."""
    order = last.sort_values(kind="stable")
    places: list[float] = []
    for value in order:
        places.append(max(float(value), places[-1] + _LABEL) if places else float(value))
    over = max(places[-1] - 1.06, 0.0)
    names = list(last.index)
    notes: list[dict[str, Any]] = []
    for (name, _), place in zip(order.items(), places, strict=True):
        rank = names.index(name)
        token = ("observed", "ink")[rank] if rank < 2 else "mute"
        text = escaped(elided(str(name), 22))
        notes.append(
            {
                "x": at,
                "y": place - over,
                "xshift": 12,
                "xanchor": "left",
                "text": f"<b>{text}</b>" if rank == 0 else text,
                "hovertext": escaped(str(name)),
                "showarrow": False,
                "font": {"size": 12, "color": TOKENS[theme][token]},
            }
        )
    return notes


def _scale_ends(ends: pd.DataFrame, theme: str) -> list[dict[str, Any]]:
    notes: list[dict[str, Any]] = []
    for at, row in enumerate(ends.to_dict("records")):
        for word, y, anchor in ((row["best"], 1.02, "bottom"), (row["worst"], -0.02, "top")):
            notes.append(
                {
                    "x": at,
                    "y": y,
                    "yanchor": anchor,
                    "text": escaped(str(word)),
                    "bgcolor": TOKENS[theme]["card"],
                    "showarrow": False,
                    "font": {"size": 11, "color": TOKENS[theme]["mute"]},
                }
            )
    return notes


def _criterion(name: str, weight: float) -> str:
    words, lines = elided(name, 24).split(" "), [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) > 11:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join([*map(escaped, lines), f"<i>{percent(weight, 0)}</i>"])


def _profile_finding(frame: pd.DataFrame, names: list[Any]) -> str:
    if len(names) == 1:
        return f"{elided(str(names[0]), 30)} stands alone"
    places = zip(frame["alternative"], frame["criterion"], strict=True)
    by_name = dict(zip(places, frame["value"], strict=True))
    criteria = list(dict.fromkeys(frame["criterion"]))
    ahead = sum(by_name[names[0], c] > by_name[names[1], c] + 1e-9 for c in criteria)
    first, second = (elided(str(name), 24) for name in names[:2])
    of_all = count_of(len(criteria), "criterion", "criteria")
    return f"{first} is ahead of {second} on {ahead} of {of_all}"


def _parts(frame: pd.DataFrame) -> list[str]:
    return sorted({part for text in frame["provenance"] for part in str(text).split(" + ") if part})
