"""How the queries of a request grow with its size, way by way."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

from archkit.figures.style import (
    TOKENS,
    KeyEntry,
    blank,
    count_of,
    elided,
    escaped,
    mark_of,
    new_figure,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["query_growth"]

Row = dict[Hashable, Any]
_HEIGHT = 320
_LETTER = 6.4  # pixels that a letter of a label takes, about
_LINE = 16
_WIDEST = 34
_MOST_LINES = 12
_DASHES = {"O(1)": "solid", "O(n)": "dash", "O(n·m)": "dot"}
_SIGNS = {"O(1)": "──", "O(n)": "╌╌", "O(n·m)": "┈┈", "not known": "─·"}
_NEXT = (
    "Nothing was compared yet. Hand two ways to read the same to archkit.compare_queries, "
    "with at least two sizes."
)


def query_growth(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw the queries of each variant against the size of the request, both on log axes.

    Parameters
    ----------
    frame
        One row a variant, state of its cache and size: `variant`, `cache` ("", "cold", "warm"),
        `n` (1 or more), `queries`, `reduction_share`, `rows`, `wall_ms`; of the whole variant
        `order` ("O(1)", "O(n)", "O(n·m)", "not known"), `slope` on log axes, `growth` in words,
        `baseline` (whether the others are compared with it); `counts` (what a query is) and
        `label` (what the request is).
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A line a variant, dashed by its order and named at its end with it; variants with the same
        counts share a line. No query at all stands on the axis' own line of 0.
    """
    if frame.empty:
        return blank(theme, "How do queries grow with the size of the request?", _NEXT)
    lines = _lines(frame)
    drawn, fig = lines[:_MOST_LINES], new_figure(theme)
    for line in drawn:
        _add_line(fig, line, theme)
    sizes = sorted(frame["n"].unique().tolist())
    _set_axes(fig, sizes, frame)
    notes, width = _names_at_ends(drawn, frame, theme)
    fig.update_layout(annotations=notes, margin_r=18 + width)
    fig = titled(
        fig,
        _finding(frame),
        _subtitle(frame, sizes, len(lines) - len(drawn)),
        height=_HEIGHT + 44,
        key=_key([line[0] for line in drawn]),
    )
    return fig.update_layout(margin_b=52)


def _lines(frame: pd.DataFrame) -> list[list[Row]]:
    """Bring variants with the same counts to one line: its rows, `names` in the first of them.

    The most queries at the largest size come first.
    """
    shared: dict[tuple[Any, ...], list[Row]] = {}
    for (variant, cache), group in frame.groupby(["variant", "cache"], sort=False):
        rows = group.sort_values("n").to_dict("records")
        counts = (rows[0]["baseline"], *((row["n"], row["queries"]) for row in rows))
        name = f"{variant} ({cache})" if cache else str(variant)
        shared.setdefault(counts, rows)[0].setdefault("names", []).append(name)
    return sorted(shared.values(), key=lambda rows: -rows[-1]["queries"])


def _add_line(fig: Figure, rows: Sequence[Row], theme: str) -> None:
    mark = mark_of("measured")
    colour = TOKENS[theme]["ink" if rows[0]["baseline"] else mark.token]
    fig.add_scatter(
        x=[row["n"] for row in rows],
        y=[_height(row["queries"]) for row in rows],
        mode="lines+markers",
        name=", ".join(rows[0]["names"]),
        line={"color": colour, "width": 2, "dash": _DASHES.get(rows[0]["order"], "dashdot")},
        marker={"symbol": mark.symbol, "size": 8, "color": colour},
        hovertext=[_words(row, rows[0]["names"]) for row in rows],
        hoverinfo="text",
        cliponaxis=False,
    )


def _height(queries: int) -> float:
    """Give where a count stands on the log axis, which has no 0: that is a step below 1."""
    return queries or 0.4


def _set_axes(fig: Figure, sizes: Sequence[int], frame: pd.DataFrame) -> None:
    most, least = int(frame["queries"].max()), int(frame["queries"].min())
    powers = [10**k for k in range(int(math.log10(max(most, 1))) + 2)]
    ticks = [0.4, *powers] if least == 0 else powers
    low, high = math.log10(_height(least)), math.log10(max(most, 2))
    room = max(high - low, 0.5)
    fig.update_yaxes(
        type="log",
        title_text=f"queries ({frame['counts'].iloc[0]})",
        range=[low - 0.06 * room, high + 0.08 * room],
        tickvals=ticks,
        ticktext=["0" if tick < 1 else f"{tick:,}" for tick in ticks],
        fixedrange=True,
    )
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])
    beside = 0.04 * (last - first) or 0.3
    fig.update_xaxes(
        type="log",
        title_text="n, size of the request (items asked for)",
        range=[first - beside, last + beside],
        tickvals=list(sizes),
        ticktext=[f"{n:,}" for n in sizes],
        fixedrange=True,
    )


def _names_at_ends(
    lines: Sequence[Sequence[Row]], frame: pd.DataFrame, theme: str
) -> tuple[list[dict[str, Any]], int]:
    """Name each line at its end, apart from the others; return the notes and their width."""
    most, least = frame["queries"].max(), frame["queries"].min()
    low, high = math.log10(_height(int(least))), math.log10(max(int(most), 2))
    scale = _HEIGHT / (1.14 * max(high - low, 0.5))
    ends = [math.log10(_height(rows[-1]["queries"])) * scale for rows in lines]
    labels = [_label(rows[0]) for rows in lines]
    places = _apart(ends, [label.count("<br>") + 1 for label in labels])
    notes = [
        {
            "x": math.log10(rows[-1]["n"]),
            "y": math.log10(_height(rows[-1]["queries"])),
            "ax": 20,
            "ay": end - place,
            "text": label,
            "hovertext": escaped(", ".join(rows[0]["names"])),
            "xanchor": "left",
            "align": "left",
            "showarrow": True,
            "arrowhead": 0,
            "arrowwidth": 1,
            "arrowcolor": TOKENS[theme]["mute"],
            "standoff": 6,
            "font": {"size": 12, "color": TOKENS[theme]["ink"]},
        }
        for rows, label, end, place in zip(lines, labels, ends, places, strict=True)
    ]
    widest = max(len(part) for label in labels for part in label.split("<br>"))
    return notes, 16 + round(_LETTER * widest)


def _label(row: Row) -> str:
    """Write whose line it is and its order: on one line, or on two where that is long."""
    names, order = row["names"], row["order"]
    told = "" if order == "not known" else order
    whole = ", ".join(names)
    if len(whole) > _WIDEST and len(names) > 1:
        whole = f"{elided(names[0], _WIDEST - 9)} + {len(names) - 1} more"
    whole = elided(whole, _WIDEST)
    if not told:
        return escaped(whole)
    return f"{escaped(whole)}{'<br>' if len(whole) > 20 else '  '}{told}"


def _apart(ends: Sequence[float], lines: Sequence[int]) -> list[float]:
    """Move labels, the highest first, apart from each other but near their ends."""
    places = list(ends)
    for n in range(1, len(places)):
        room = _LINE * (lines[n - 1] + lines[n]) / 2 + 2
        places[n] = min(places[n], places[n - 1] - room)
    # The lowest may not leave the plot: what is too low pushes up what is above it.
    floor = min(ends) - _LINE / 2
    for n in reversed(range(len(places))):
        below = places[n + 1] if n + 1 < len(places) else None
        least = floor if below is None else below + _LINE * (lines[n] + lines[n + 1]) / 2 + 2
        places[n] = max(places[n], least)
    return places


def _words(row: Row, names: Sequence[str]) -> str:
    saved = row["reduction_share"]
    told = [f"<b>{escaped(', '.join(names))}</b>, n {row['n']:,}"]
    told.append(f"{row['queries']:,} queries ({row['counts']})")
    if not math.isnan(saved if saved is not None else math.nan):
        told.append(f"{percent(saved)} saved" if saved >= 0 else f"{percent(-saved)} added")
    told.append(f"{row['wall_ms']:,.3g} ms a run, median")
    told.append(f"{row['order']}: {row['growth']}")
    return "<br>".join([*told, "measured"])


def _finding(frame: pd.DataFrame) -> str:
    """Say what the best way costs at the largest size, and what the baseline does."""
    large = frame["n"].max()
    last = frame[(frame["n"] == large) & (frame["cache"] != "warm")]
    base, others = last[last["baseline"]], last[~last["baseline"]]
    if base.empty or others.empty:
        return f"{last['variant'].iloc[0]}: {_queries(last)} at n {large:,}"
    best = others[others["queries"] == others["queries"].min()]
    asked = elided(str(base["variant"].iloc[0]), 28)
    if best["queries"].iloc[0] >= base["queries"].iloc[0]:
        return f"No way needs fewer queries than {asked} at n {large:,}"
    verb = str(frame["counts"].iloc[0]).removeprefix("statements ")
    more = f" (and {len(best) - 1} more)" if len(best) > 1 else ""
    return (
        f"At n {large:,}, {_queries(best)} {verb} by {elided(str(best['variant'].iloc[0]), 28)}"
        f"{more}, {base['queries'].iloc[0]:,} by {asked}"
    )


def _queries(rows: pd.DataFrame) -> str:
    return count_of(int(rows["queries"].iloc[0]), "query", "queries")


def _subtitle(frame: pd.DataFrame, sizes: Sequence[int], left_out: int) -> str:
    label = str(frame["label"].iloc[0])
    parts = [label] if label else []
    parts.append(count_of(frame["variant"].nunique(), "variant"))
    span = f"{sizes[0]:,}–{sizes[-1]:,}" if len(sizes) > 1 else f"{sizes[0]:,}"
    parts.append(f"n {span}, " + count_of(len(sizes), "size"))
    parts.append("fewer queries are not the same as less time")
    if (frame["cache"] == "warm").any():
        parts.append("a warm cache is not in the title")
    if len(sizes) == 1:
        parts.append("one size shows no growth")
    if left_out:
        parts.append(f"+ {left_out} more not drawn")
    return " · ".join(parts)


def _key(firsts: Sequence[Row]) -> list[KeyEntry]:
    mark = mark_of("measured")
    key: list[KeyEntry] = [(mark.sign, mark.token, "measured")]
    if any(row["baseline"] for row in firsts):
        key.append((mark.sign, "ink", "baseline, measured"))
    orders = dict.fromkeys(row["order"] for row in firsts)
    return key + [(_SIGNS[order], "mute", _ORDERS[order]) for order in _SIGNS if order in orders]


_ORDERS = {
    "O(1)": "O(1), does not grow",
    "O(n)": "O(n), one an item or a batch",
    "O(n·m)": "O(n·m), several an item",
    "not known": "order not known",
}
