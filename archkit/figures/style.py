"""How every figure looks: colour tokens, the `archkit` plotly template, marks by provenance.

The same tokens stand in `library/report.css`; a test holds the two together.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = [
    "FONT",
    "PANEL_HEAD",
    "TOKENS",
    "KeyEntry",
    "Mark",
    "blank",
    "colour_swap",
    "count_of",
    "elided",
    "escaped",
    "fitted",
    "in_words",
    "key_of",
    "mark_of",
    "megabytes",
    "new_figure",
    "number",
    "percent",
    "span",
    "titled",
]

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif'
"""The font stack of figures and pages."""

TOKENS: Mapping[str, Mapping[str, str]] = {
    "light": {
        "ink": "#1f2933",
        "mute": "#66727f",
        "line": "#e6eaee",
        "page": "#f6f8fa",
        "card": "#ffffff",
        "observed": "#0b6e99",
        "measured": "#1a7f5a",
        "reported": "#9aa5b1",
        "simulated": "#b7791f",
        "alarm": "#b83227",
        "observed_band": "rgba(11,110,153,0.14)",
        "reported_band": "rgba(154,165,177,0.2)",
        "simulated_band": "rgba(183,121,31,0.16)",
    },
    "dark": {
        "ink": "#e6eaee",
        "mute": "#9aa5b1",
        "line": "#323f4b",
        "page": "#12181f",
        "card": "#1a222b",
        "observed": "#4bb3d9",
        "measured": "#4cc38a",
        "reported": "#7b8794",
        "simulated": "#e0a44c",
        "alarm": "#ff7a6b",
        "observed_band": "rgba(75,179,217,0.2)",
        "reported_band": "rgba(123,135,148,0.26)",
        "simulated_band": "rgba(224,164,76,0.22)",
    },
}
"""Colours by theme and by what they stand for; the values of one theme differ from each other."""

_THIN = "\u202f"
_WORDS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
_NAME_WIDTH = 36
_TITLE_WIDTH = 60
_SUBTITLE_WIDTH = 84
_KEY_WIDTH = 80
_BARE = {"range": [0, 1], "showticklabels": False, "showgrid": False, "fixedrange": True}
_FULL_WIDTH = 600  # pixels that lines of these widths take at most
_MOST_ROOM = 1.6  # longer lines are hard to read

KeyEntry = tuple[str, str, str]
"""One entry of a key: the sign, the colour token, what it stands for."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How evidence of one provenance is drawn: a shape, its sign in text, a colour token."""

    symbol: str
    sign: str
    token: str

    @property
    def hollow(self) -> bool:
        """Whether only the outline is drawn."""
        return self.symbol.endswith("-open")


_MARKS: Mapping[str, Mark] = {
    "measured": Mark("square", "■", "measured"),
    "observed": Mark("circle", "●", "observed"),
    "reported": Mark("diamond-open", "◇", "reported"),
    "simulated": Mark("triangle-up-open", "△", "simulated"),
}
_HOLLOW_SIGN = {"■": "□", "●": "○"}
_NOTHING_KNOWN = Mark("x-thin-open", "×", "mute")


def mark_of(provenance: str) -> Mark:
    """Give the mark of a provenance; one of mixed origin is hollow, in its firmest part's colour.

    Simulated evidence is never firm: a mixture with it looks simulated.
    """
    parts = provenance.split(" + ")
    if len(parts) == 1:
        return _MARKS.get(provenance, _NOTHING_KNOWN)
    if "simulated" in parts:
        return _MARKS["simulated"]
    firm = _MARKS["measured" if "measured" in parts else "observed"]
    return Mark(firm.symbol + "-open", _HOLLOW_SIGN[firm.sign], firm.token)


def key_of(provenances: Iterable[str]) -> list[KeyEntry]:
    """Give the key of the marks that are drawn, each mark once."""
    drawn: dict[tuple[str, str], list[str]] = {}
    for provenance in provenances:
        mark = mark_of(provenance)
        drawn.setdefault((mark.sign, mark.token), []).append(provenance)
    return [(sign, token, _key_label(names, token)) for (sign, token), names in drawn.items()]


def _key_label(names: Sequence[str], token: str) -> str:
    """Name a mark's provenance; where it stands for several mixtures, their common part."""
    if len(names) == 1:
        return names[0]
    return f"{token}, alone or mixed in" if token in names else f"{token} and others"


def percent(share: float, digits: int | None = None) -> str:
    """Write a share as percent with a thin space, at most three significant digits.

    Examples
    --------
    >>> percent(0.947).replace("\u202f", " ")
    '94.7 %'
    """
    shown = 100 * share
    places = (
        (0 if abs(shown) >= 99.95 or shown == round(shown) else 1) if digits is None else digits
    )
    return f"{shown:.{places}f}".replace("-", "\u2212") + f"{_THIN}%"


def span(low: float, high: float) -> str:
    """Write an interval of shares: `83–92 %`; a narrow one with a decimal: `98.3–99.7 %`."""
    places = 1 if high - low < 0.05 else 0
    ends = [f"{100 * end:.{places}f}".replace("-", "\u2212") for end in (low, high)]
    return f"{ends[0]}–{ends[1]}{_THIN}%"


def number(value: float) -> str:
    """Write a count or an effective count with thousands marked, at most one decimal."""
    return f"{value:,.0f}" if float(value).is_integer() or value >= 100 else f"{value:,.1f}"


def megabytes(size: float) -> str:
    """Write a size in bytes in MiB: `0.48 MiB`, `134 MiB`."""
    shown = size / 1_048_576
    return f"{shown:.0f} MiB" if shown >= 10 else f"{shown:.2g} MiB"


def count_of(count: float, one: str, many: str | None = None) -> str:
    """Write a count with its noun: `1 use`, `2 uses`."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def in_words(count: int) -> str:
    """Write a small count as a word that may open a title, a larger one in digits."""
    return _WORDS[count] if count < len(_WORDS) else number(count)


def elided(name: str, width: int = _NAME_WIDTH) -> str:
    """Shorten a long name in its middle, where it tells least, and bring it to one line."""
    name = " ".join(name.split())
    if len(name) <= width:
        return name
    head = (width - 1) * 3 // 5
    return f"{name[:head].rstrip()}…{name[-(width - 1 - head) :].lstrip()}"


def colour_swap() -> dict[str, str]:
    """Map each light colour to its dark one, for pages that follow the reader's theme."""
    light, dark = TOKENS["light"], TOKENS["dark"]
    return {light[name]: dark[name] for name in light}


def new_figure(theme: str) -> Figure:
    """Give an empty figure in the `archkit` template of `theme`."""
    import plotly.graph_objects as go

    if theme not in TOKENS:
        raise ValueError(f"theme is 'light' or 'dark', not {theme!r}")
    return go.Figure(layout={"template": _template(theme), "meta": {"archkit_theme": theme}})


def titled(
    fig: Figure,
    title: str,
    subtitle: str,
    *,
    height: int,
    key: Sequence[KeyEntry] = (),
    room: float = 1.0,
) -> Figure:
    """Set the finding as title, the evidence as subtitle and, under it, what the marks mean.

    The key is text, not a plotly legend, which would take its room from the plot. `room` is the
    share of a page's width that lines may take.
    """
    theme = fig.layout.meta["archkit_theme"]
    heads = textwrap.wrap(title, int(_TITLE_WIDTH * room)) or [""]
    below = [escaped(line) for line in textwrap.wrap(subtitle, int(_SUBTITLE_WIDTH * room))]
    below += _key_lines(key, theme, int(_KEY_WIDTH * room))
    top = 40 + 21 * len(heads) + 17 * len(below)
    fig.update_layout(
        title={"text": "<br>".join(map(escaped, heads)), "y": 1 - 26 / (height + top)},
        title_subtitle={"text": "<br>".join(below)},
        height=height + top,
        margin={"t": top},
        showlegend=False,
    )
    said = {"title": title, "subtitle": subtitle, "key": [list(entry) for entry in key]}
    fig.layout.meta = {**fig.layout.meta, **said, "top": top}
    return fig


PANEL_HEAD = "panel head"
"""Names an annotation that stands above one of several panels side by side."""


def fitted(fig: Figure, width: int) -> Figure:
    """Break title, subtitle and key anew for a figure that is so many pixels wide."""
    said, top = fig.layout.meta, fig.layout.meta["top"]
    room = min(max(width / _FULL_WIDTH, 0.3), _MOST_ROOM)
    key = [(sign, token, label) for sign, token, label in said["key"]]
    height = int(fig.layout.height - top)
    for head in fig.layout.annotations:
        if head.name == PANEL_HEAD:
            before, after = head.text.split("<b>", 1)
            said_of_it = after.rsplit("</b>", 1)[1]
            short = elided(unescape(head.hovertext), max(int(30 * room) - len(said_of_it), 8))
            head.text = f"{before}<b>{escaped(short)}</b>{said_of_it}"
    return titled(fig, said["title"], said["subtitle"], height=height, key=key, room=room)


def _key_lines(key: Sequence[KeyEntry], theme: str, width: int) -> list[str]:
    """Bring the key to lines short enough for a narrow page."""
    lines: list[list[KeyEntry]] = []
    room = 0
    for entry in key:
        room -= len(entry[2]) + 5
        if room < 0:
            lines.append([])
            room = width - len(entry[2]) - 5
        lines[-1].append(entry)
    colour = TOKENS[theme]
    return [
        "   ".join(
            f'<span style="color:{colour[token]}">{sign}</span> {escaped(label)}'
            for sign, token, label in line
        )
        for line in lines
    ]


def blank(theme: str, title: str, sentence: str) -> Figure:
    """Give the figure of an empty frame: the question, and the next step in one sentence."""
    fig = titled(new_figure(theme), title, "nothing recorded yet", height=130)
    fig.layout.meta = {**fig.layout.meta, "sentence": sentence}
    lines = textwrap.wrap(sentence, 62)
    fig.add_annotation(
        text="<br>".join(map(escaped, lines)),
        xref="paper",
        yref="paper",
        x=0,
        y=1,
        xanchor="left",
        yanchor="top",
        align="left",
        xshift=-8,
        yshift=-8,
        showarrow=False,
        font={"size": 14},
    )
    # Not visible=False: a page would keep the margin that the labels of a figure before it took.
    fig.update_xaxes(**_BARE)
    fig.update_yaxes(**_BARE)
    return fig


def escaped(text: str) -> str:
    """Keep text from being read as markup by plotly, or as a formula: JupyterLab has MathJax."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("$", "&#36;")


def _template(theme: str) -> Any:
    """Build the template once a theme and register it with plotly under its name."""
    import plotly.graph_objects as go
    import plotly.io as pio

    name = "archkit" if theme == "light" else "archkit-dark"
    if name in pio.templates:
        return pio.templates[name]
    colour = TOKENS[theme]
    axis = {
        "gridcolor": colour["line"],
        "linecolor": colour["line"],
        "zeroline": False,
        "ticks": "",
        "automargin": True,
        "title": {"font": {"color": colour["mute"], "size": 12}, "standoff": 10},
        "tickfont": {"color": colour["mute"], "size": 12},
    }
    pio.templates[name] = go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": colour["ink"]},
            # A figure cannot ask a notebook for its theme: it brings its card along.
            "paper_bgcolor": colour["card"],
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": [colour[n] for n in ("observed", "simulated", "measured", "alarm", "mute")],
            "title": {
                "x": 0,
                "xref": "container",
                "xanchor": "left",
                "y": 1,
                "yref": "container",
                "yanchor": "top",
                "pad": {"t": 8, "l": 4},
                "font": {"size": 16, "weight": 600, "color": colour["ink"]},
                "subtitle": {"font": {"size": 12, "color": colour["mute"]}},
            },
            "margin": {"l": 12, "r": 16, "b": 44},
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {
                "bgcolor": colour["card"],
                "bordercolor": colour["mute"],
                "align": "left",
                "font": {"family": FONT, "size": 12, "color": colour["ink"]},
            },
            "hovermode": "closest",
        }
    )
    return pio.templates[name]
