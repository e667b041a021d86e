"""Two criteria against each other, and what no other beats on both."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from archkit.figures.rows import caveats, ci_prob_of
from archkit.figures.style import (
    TOKENS,
    blank,
    elided,
    escaped,
    in_words,
    new_figure,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["tradeoff_front"]

Row = dict[Hashable, Any]
_Box = tuple[float, float, float, float]  # left, right, low, high in pixels
_Place = tuple[int, int]  # from a point to the near end of its name, right and up in pixels

_NEXT = "There is no alternative to compare: give a PerformanceMatrix at least one."
_HEIGHT = 360
_ROOM = (450.0, 300.0)  # pixels that a plot has on a narrow page
_EDGE = 0.06  # of a scale, left free beyond its ends
_LETTER = 6.8
_MARGIN = 12.0
_OFF: tuple[_Place, ...] = ((9, 15), (20, 34), (20, 54), (56, 34))
_ROUNDS = 3  # names are placed anew until none has to give way


def tradeoff_front(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw two criteria against each other and the alternatives that no other beats on both.

    Parameters
    ----------
    frame
        One row an alternative: `alternative`, `x`, `x_low`, `x_high`, `y`, `y_low`, `y_high` (in
        the criteria's units), `on_front`, `x_name`, `y_name`, `x_title`, `y_title` (with unit),
        `x_objective`, `y_objective` (``max`` or ``min``), `x_range`, `y_range` (the fixed scales),
        `provenance`, `ci_prob`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        Better is always up and to the right; the front is linked and filled, the others hollow.
    """
    if frame.empty:
        return blank(theme, "What does more of one cost of the other?", _NEXT)
    fig, colour = new_figure(theme), TOKENS[theme]
    first = frame.iloc[0]
    front = frame[frame["on_front"]].sort_values("x")
    fig.add_scatter(
        x=front["x"].tolist(),
        y=front["y"].tolist(),
        mode="lines",
        line={"color": colour["observed"], "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
        name="front",
    )
    for on_front, part in ((True, front), (False, frame[~frame["on_front"]])):
        _add_points(fig, part, on_front, theme)
    fig.update_layout(annotations=_names(frame, theme))
    for axis, name in (("x", "xaxis"), ("y", "yaxis")):
        low, high = first[f"{axis}_range"]
        room = _EDGE * (high - low)
        ends = [low - room, high + room]
        turned = first[f"{axis}_objective"] == "min"
        word = "better →" if axis == "x" else "better ↑"
        fig.update_layout(
            {
                name: {
                    "title": {"text": f"{escaped(str(first[f'{axis}_title']))}   {word}"},
                    "range": ends[::-1] if turned else ends,
                    "fixedrange": True,
                    "nticks": 6,
                }
            }
        )
    sure = ci_prob_of(frame)
    interval = f"bars: {percent(sure, 0)} intervals" if sure else "bars: intervals"
    said = [f"mean of each cell on its fixed scale · {interval}", *caveats(_parts(frame))]
    key = [("●", "observed", "no other is better on both"), ("○", "mute", "another is")]
    return titled(fig, _front_finding(frame), " · ".join(said), height=_HEIGHT, key=key)


def _add_points(fig: Figure, part: pd.DataFrame, on_front: bool, theme: str) -> None:
    colour = TOKENS[theme]["observed" if on_front else "mute"]
    errors = {
        f"error_{axis}": {
            "array": (part[f"{axis}_high"] - part[axis]).clip(lower=0).tolist(),
            "arrayminus": (part[axis] - part[f"{axis}_low"]).clip(lower=0).tolist(),
            "color": colour,
            "thickness": 1.2,
            "width": 0,
        }
        for axis in ("x", "y")
    }
    fig.add_scatter(
        x=part["x"].tolist(),
        y=part["y"].tolist(),
        mode="markers",
        marker={"symbol": "circle" if on_front else "circle-open", "size": 11, "color": colour},
        hovertext=[_point_hover(row) for row in part.to_dict("records")],
        hoverinfo="text",
        name="on the front" if on_front else "beaten on both",
        cliponaxis=False,
        **errors,
    )


def _names(frame: pd.DataFrame, theme: str) -> list[dict[str, Any]]:
    """Return each name beside its point; a line leads to it where it stands farther off."""
    places, colour = _places(frame), TOKENS[theme]
    notes: list[dict[str, Any]] = []
    for row in frame.to_dict("records"):
        name = str(row["alternative"])
        right, up = places[name]
        near = abs(up) == _OFF[0][1]
        shift = {"xshift": right, "yshift": up} if near else {"ax": right, "ay": -up}
        notes.append(
            {
                "x": row["x"],
                "y": row["y"],
                "text": escaped(elided(name, 20)),
                "hovertext": escaped(name),
                "xanchor": "left" if right > 0 else "right",
                "yanchor": "middle",
                "showarrow": not near,
                "arrowhead": 0,
                "arrowwidth": 0.8,
                "arrowcolor": colour["mute"],
                "standoff": 6,
                "font": {"size": 12, "color": colour["ink" if row["on_front"] else "mute"]},
            }
            | shift
        )
    return notes


def _places(frame: pd.DataFrame) -> dict[str, _Place]:
    """Put each name where it covers least: no other name, no mark, no whisker if there is room."""
    rows = {str(row["alternative"]): row for row in frame.to_dict("records")}
    marks = [box for row in rows.values() for box in _drawn_boxes(row)]
    boxes = {name: _name_boxes(name, row) for name, row in rows.items()}
    found = {name: next(iter(own)) for name, own in boxes.items()}
    for _ in range(_ROUNDS):
        for name, own in boxes.items():
            names = [boxes[other][place] for other, place in found.items() if other != name]
            found[name] = _freest(own, names, marks)
    return found


def _freest(own: dict[_Place, _Box], names: list[_Box], marks: list[_Box]) -> _Place:
    """Return the first place where nothing is covered, else the one where least is."""
    best, least = next(iter(own)), _covered(next(iter(own.values())), names, marks)
    for place, box in own.items():
        if not least:
            break
        covered = _covered(box, names, marks)
        if covered < least:
            best, least = place, covered
    return best


def _name_boxes(name: str, row: Row) -> dict[_Place, _Box]:
    """Return what a name would cover, by where it stands from its point; the nearest first."""
    (x, _, _), (y, _, _) = (_span(row, axis) for axis in ("x", "y"))
    wide = _LETTER * len(elided(name, 20))
    boxes: dict[_Place, _Box] = {}
    for right, up in ((side * r, way * u) for r, u in _OFF for way in (1, -1) for side in (1, -1)):
        left = x + right if right > 0 else x + right - wide
        boxes[right, up] = (left, left + wide, y + up - 8, y + up + 8)
    inside = {
        place: box
        for place, box in boxes.items()
        if box[0] >= -_MARGIN and box[1] <= _ROOM[0] + _MARGIN and 0 <= box[2] < box[3] <= _ROOM[1]
    }
    return inside or boxes


def _drawn_boxes(row: Row) -> list[_Box]:
    """Return what a point covers: its mark and its two whiskers."""
    (x, left, right), (y, low, high) = (_span(row, axis) for axis in ("x", "y"))
    return [
        (x - 7, x + 7, y - 7, y + 7),
        (left, right, y - 1.5, y + 1.5),
        (x - 1.5, x + 1.5, low, high),
    ]


def _span(row: Row, axis: str) -> tuple[float, float, float]:
    """Return where a point and its whisker's ends stand along an axis, in pixels."""
    room = _ROOM[axis == "y"]
    at, one, other = (
        room * _along(row, axis, end) for end in (axis, f"{axis}_low", f"{axis}_high")
    )
    return at, min(one, other), max(one, other)


def _covered(box: _Box, names: list[_Box], marks: list[_Box]) -> int:
    """Count what a name there would cover, another name for most."""
    return 4 * sum(_meet(box, name) for name in names) + sum(_meet(box, mark) for mark in marks)


def _along(row: Row, axis: str, what: str) -> float:
    """Return how far along its axis a figure stands as drawn; the scale is 0 to 1."""
    low, high = row[f"{axis}_range"]
    room = _EDGE * (high - low)
    share = float((row[what] - low + room) / (high - low + 2 * room))
    return 1 - share if row[f"{axis}_objective"] == "min" else share


def _meet(one: _Box, other: _Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def _point_hover(row: Row) -> str:
    lines = [f"<b>{escaped(str(row['alternative']))}</b>"]
    lines += [
        f"{escaped(str(row[f'{a}_title']))}: {row[a]:.3g}, "
        f"{row[f'{a}_low']:.3g}–{row[f'{a}_high']:.3g}"
        for a in ("x", "y")
    ]
    return "<br>".join([*lines, escaped(str(row["provenance"]))])


def _front_finding(frame: pd.DataFrame) -> str:
    x, y = str(frame["x_name"].iloc[0]), str(frame["y_name"].iloc[0])
    on_front = frame[frame["on_front"]]
    both = f"{elided(x, 20)} and {elided(y, 20)}"
    if len(on_front) == 1:
        return f"{elided(str(on_front['alternative'].iloc[0]), 28)} is best on both {both}"
    return f"{in_words(len(on_front))} of {len(frame)} are beaten by none on both {both}"


def _parts(frame: pd.DataFrame) -> list[str]:
    return sorted({part for text in frame["provenance"] for part in str(text).split(" + ") if part})
