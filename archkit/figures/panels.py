"""Small multiples: panels of one size on shared scales, each under its heading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archkit.figures.style import PANEL_HEAD, TOKENS, elided, escaped

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = [
    "MOST_POINTS",
    "Panels",
    "hover_of",
    "marks_in_room",
    "moments",
    "template_text",
    "thinned",
    "time_axis",
    "utc_text",
]

MOST_POINTS = 2000
"""Points that a trace has at most."""

_HEAD, _GAP, _FOOT = 22, 16, 64
_BETWEEN = 0.05
_DAY_MS = 86_400_000
_ID = re.compile(r"[\w.:@+-]+")


@dataclass(frozen=True, slots=True)
class Panels:
    """Where panels stand: `columns` of them in a row, each `size` pixels high under a heading."""

    count: int
    columns: int = 2
    size: int = 110

    @property
    def height(self) -> int:
        """Pixels of the plot, the axis below it included."""
        return self._whole + _FOOT

    @property
    def _whole(self) -> int:
        rows = -(-self.count // self.columns)
        return rows * (self.size + _HEAD) + (rows - 1) * _GAP

    def axes(self, place: int) -> dict[str, str]:
        """Name the axes that a trace of a panel is drawn on."""
        return {"xaxis": _name("x", place), "yaxis": _name("y", place)}

    def is_left(self, place: int) -> bool:
        """Whether nothing stands at a panel's left."""
        return place % self.columns == 0

    def is_lowest(self, place: int) -> bool:
        """Whether nothing stands below a panel."""
        return place + self.columns >= self.count

    def set_axes(self, fig: Figure, place: int, x: Mapping[str, Any], y: Mapping[str, Any]) -> None:
        """Give a panel its room; only the lowest name the x axis, only the first the y axis."""
        row, column = divmod(place, self.columns)
        top = 1 - (row * (self.size + _HEAD + _GAP) + _HEAD) / self._whole
        columns = min(self.columns, self.count)
        width = (1 - _BETWEEN * (columns - 1)) / columns
        left = column * (width + _BETWEEN)
        low, side = self.is_lowest(place), self.is_left(place)
        number = place + 1 if place else ""
        fig.layout[f"xaxis{number}"] = {  # assigned: an update compares each of its parts
            **(x if low else _unlabelled(x)),
            "showticklabels": low,
            "domain": [left, left + width],
            "anchor": _name("y", place),
        }
        fig.layout[f"yaxis{number}"] = {
            **(y if side else _unlabelled(y)),
            "showticklabels": side,
            "domain": [max(top - self.size / self._whole, 0.0), top],
            "anchor": _name("x", place),
        }

    def head(
        self, fig: Figure, place: int, name: str, said: str, theme: str, sign: str = ""
    ) -> None:
        """Write above a panel whose it is, elided if long, what is said of it, a warning sign."""
        width = 62 if self.columns == 1 else 33
        warned = f'<span style="color:{TOKENS[theme]["alarm"]}">{sign}</span> ' if sign else ""
        short = elided(name, max(width - len(said) - 2 * bool(sign), 14))
        fig.add_annotation(
            x=0,
            xref=f"{_name('x', place)} domain",
            y=1,
            yref=f"{_name('y', place)} domain",
            xanchor="left",
            yanchor="bottom",
            yshift=3,
            text=f"{warned}<b>{escaped(short)}</b>  {escaped(said)}",
            hovertext=escaped(name),
            name="" if self.columns == 1 else PANEL_HEAD,
            showarrow=False,
            font={"size": 12, "color": TOKENS[theme]["ink"]},
        )


def _unlabelled(axis: Mapping[str, Any]) -> dict[str, Any]:
    """Return an axis without what only its labels need."""
    words = ("title", "ticktext", "tickformatstops", "tickangle")
    return {**{name: axis[name] for name in axis if name not in words}, "title": {"text": ""}}


def _name(axis: str, place: int) -> str:
    return f"{axis}{place + 1 if place else ''}"


def thinned(rows: pd.DataFrame, most: int = MOST_POINTS) -> pd.DataFrame:
    """Return every second, third, … row, so that at most so many are left, the last among them."""
    step = -(-len(rows) // most) or 1
    return rows.iloc[::-step].iloc[::-1]


def marks_in_room(each: int, room: int) -> int:
    """Return how many marks of about so many bytes fit into so many; a page is sent them all."""
    return max(1, min(MOST_POINTS, room // max(each, 1)))


def hover_of(first: str, *lines: str) -> str:
    """Return one template for the hovers of a trace, each mark's `text` in bold up to its </b>."""
    return "<br>".join([f"<b>%{{text}}{first}", *lines]) + "<extra></extra>"


def template_text(text: str) -> str:
    """Keep text from being read as markup, or as a place to fill in, of a template."""
    return escaped(text).replace("%{", "%\u200b{")


def id_line(word: str, ids: Iterable[Any]) -> list[str]:
    """Return the line of a template that tells each mark's id; none if one could be markup."""
    plain = all(one is None or _ID.fullmatch(str(one)) for one in ids)
    return [f"{word} %{{customdata}}"] if plain else []


def utc_text(instant: Any) -> str:
    """Write an instant as plotly reads it."""
    return f"{instant:%Y-%m-%dT%H:%M:%S}"


def moments(instants: Iterable[Any]) -> list[str]:
    """Write instants as plotly reads them."""
    return [utc_text(instant) for instant in instants]


def time_axis(first: Any, last: Any, title: str = "", ticks: int = 4) -> dict[str, Any]:
    """Give an axis of instants (UTC) from the first to the last, with some room at its ends."""
    import pandas as pd

    room = max((last - first) * 0.04, pd.Timedelta(days=5))
    return {
        "title": {"text": title},
        "type": "date",
        "range": [utc_text(first - room), utc_text(last + room)],
        "nticks": ticks,
        "tickangle": 0,
        "tickformatstops": [
            {"dtickrange": [None, _DAY_MS * 27], "value": "%-d %b\n%Y"},
            {"dtickrange": [_DAY_MS * 27, None], "value": "%b\n%Y"},
        ],
        "fixedrange": True,
    }
