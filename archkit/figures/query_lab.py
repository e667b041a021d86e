"""The query lab drawn: when reported savings hold, and what time fewer queries save."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archkit.figures.rows import ROW_HEIGHT, add_rows
from archkit.figures.style import (
    TOKENS,
    blank,
    count_of,
    escaped,
    new_figure,
    number,
    percent,
    titled,
)
from archkit.plain import missing

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["query_claims", "query_times"]

_PLOT = 330
_LETTER = 6.6  # pixels that a letter of a label takes, about
_LINE = 16
_SAVED = (0.0, 0.5, 0.85, 0.9, 0.99, 0.999, 0.9999)
_PAGES = (1, 3, 10, 30, 100, 300, 1000)
_TIMES = (0.01, 0.1, 1, 10, 100, 1000, 10_000, 100_000)
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def query_claims(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw the share of queries saved against the size of the page, beside what is reported.

    Parameters
    ----------
    frame
        `QueryLab.by_page`: one row a way and page, with `way`, `page` (users, 1 or more),
        `reduction_share` by the closed form, `counted_share` where it was counted (null
        elsewhere), `claim_share` (null: none is made), `holds_from` (the page from which on the
        claim holds, null: never).
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A line a way, those of the same course sharing one, on an axis of the queries *left*,
        where each factor of ten takes as much room; squares where it was counted.
    """
    if frame.empty:
        return blank(theme, "When do reported savings hold?", "No way of reading was given.")
    fig, lines = new_figure(theme), _lines(frame)
    for place, line in enumerate(lines):
        _add_line(fig, line, place, theme)
    counted = frame.dropna(subset=["counted_share"])
    _add_counted(fig, counted, theme)
    last = float(frame["page"].max())
    low = math.log10(max(1 - float(frame["reduction_share"].max()), 1e-5)) - 0.15
    ticks = [share for share in _SAVED if math.log10(1 - share) >= low]
    notes = _names_at_ends(lines, low, theme)
    width = max(len(note["text"]) for note in notes)
    claims = sorted(set(frame["claim_share"].dropna().tolist()))
    fig.update_layout(
        annotations=[*notes, *(_claim(fig, claim, last, theme) for claim in claims)],
        margin_r=20 + round(_LETTER * width),
    )
    fig.update_yaxes(
        type="log",
        range=[low, 0.1],
        tickvals=[1 - share for share in ticks],
        ticktext=[percent(share) for share in ticks],
        title={"text": "queries saved (log scale of those left)"},
        fixedrange=True,
    )
    fig.update_xaxes(
        type="log",
        range=[-0.03, math.log10(max(last, 2))],
        tickvals=[page for page in _PAGES if page <= last],
        ticktext=[number(page) for page in _PAGES if page <= last],
        title={"text": "users on a page (log scale)"},
        tickangle=0,
        fixedrange=True,
    )
    key = [("─", "mute", "closed form"), ("◇", "reported", "reported by the reference card")]
    key += [("■", "measured", "counted on the database")] if len(counted) else []
    said = "against a query for the users, one a user and one a post · all users on one page"
    return titled(fig, _claims_finding(frame), said, height=_PLOT + 44, key=key)


def query_times(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw how long each way took, and how long it would take with the round trips.

    Parameters
    ----------
    frame
        `QueryLab.frame`: one row a way, the naive one first, with `way`, `kind`, `counted`,
        `rows`, `ms` (null: not measured), `runs`, `trips`, `latency_ms`, `total_ms`,
        `reduction_share`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        One row a way, the naive one on top, on a logarithmic axis of milliseconds.
    """
    known = frame.dropna(subset=["ms"]) if len(frame) else frame
    if known.empty:
        asked = "Press Measure: every way is then run on the database, counted and timed."
        return blank(theme, "What time do fewer queries save?", asked)
    rows = known.iloc[::-1].to_dict("records")
    latency = float(known["latency_ms"].iloc[0])
    fig = new_figure(theme)
    for place, row in enumerate(rows):
        _add_time(fig, place, row, theme)
    counts = [count_of(int(row["counted"]), "query", "queries") for row in rows]
    add_rows(fig, [str(row["way"]) for row in rows], counts, theme)
    low, high = float(known["ms"].min()), float(known["total_ms"].max())
    ticks = [t for t in _TIMES if low / 1.3 <= t <= high * 1.3]
    fig.update_xaxes(
        type="log",
        range=[math.log10(low) - 0.12, math.log10(high) + 0.12],
        tickvals=ticks,
        ticktext=[f"{t:,.10g}" for t in ticks],
        title={"text": "milliseconds (log scale)"},
        fixedrange=True,
    )
    key = [("■", "measured", "measured on this machine")]
    if latency:
        key += [("□", "measured", f"with round trips of {latency:g}\u202fms, computed")]
    said = (
        "quickest read of up to three, its queries counted meanwhile · a cache is asked in one trip"
    )
    height = ROW_HEIGHT * len(rows) + 64
    return titled(fig, _times_finding(known), said, height=height, key=key)


def _lines(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Give the ways' rows, those with the same shares at every page under one name."""
    courses: dict[tuple[float, ...], list[pd.DataFrame]] = {}
    for _, rows in frame.groupby("way", sort=False):
        courses.setdefault(tuple(rows["reduction_share"].round(9)), []).append(rows)
    drawn = [
        same[0].assign(
            label=_joined([str(rows["way"].iloc[0]) for rows in same]),
            claimed=any(rows["claim_share"].notna().any() for rows in same),
        )
        for same in courses.values()
    ]
    return sorted(drawn, key=lambda rows: float(rows["reduction_share"].iloc[-1]))


def _joined(names: Sequence[str]) -> str:
    """Name those that share a line: the first two, and how many more there are."""
    shown = ", ".join(names[:2])
    return shown if len(names) <= 2 else f"{shown} + {len(names) - 2}"


def _add_line(fig: Figure, rows: pd.DataFrame, place: int, theme: str) -> None:
    claimed = bool(rows["claimed"].iloc[0])
    label = str(rows["label"].iloc[0])
    fig.add_scatter(
        x=rows["page"].tolist(),
        y=(1 - rows["reduction_share"]).clip(lower=1e-6).tolist(),
        mode="lines",
        line={
            "color": TOKENS[theme]["ink" if claimed else "mute"],
            "width": 2 if claimed else 1.5,
            "dash": _DASHES[place % len(_DASHES)],
        },
        name=label,
        hovertext=[
            f"<b>{escaped(label)}</b><br>{count_of(row['page'], 'user')} on a page: "
            f"{percent(row['reduction_share'])} of the queries saved<br>closed form"
            for row in rows.to_dict("records")
        ],
        hoverinfo="text",
    )


def _add_counted(fig: Figure, rows: pd.DataFrame, theme: str) -> None:
    shares = rows["counted_share"].tolist()
    fig.add_scatter(
        x=rows["page"].tolist(),
        y=[max(1 - share, 1e-6) for share in shares],
        mode="markers",
        marker={"symbol": "square", "size": 9, "color": TOKENS[theme]["measured"]},
        name="counted",
        hovertext=[
            f"<b>{escaped(row['way'])}</b><br>{count_of(row['page'], 'user')} on a page: "
            f"{percent(row['counted_share'])} of the queries saved<br>counted on the database"
            for row in rows.to_dict("records")
        ],
        hoverinfo="text",
        cliponaxis=False,
    )


def _claim(fig: Figure, claim: float, last: float, theme: str) -> dict[str, Any]:
    """Draw a reported share as a line across; return its label."""
    fig.add_scatter(  # not a shape: a figure that is changed in place keeps those
        x=[0.5, last],
        y=[1 - claim] * 2,
        mode="lines",
        line={"color": TOKENS[theme]["reported"], "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
        name=f"{percent(claim)} reported",
    )
    return {
        "x": 1,
        "xref": "paper",
        "xanchor": "right",
        "xshift": -6,
        "y": math.log10(1 - claim),
        "yref": "y",
        # Both lines are near each other: one label stands above its line, the other below.
        "yanchor": "bottom" if claim < 0.875 else "top",
        "text": f"◇ {percent(claim)} reported",
        "showarrow": False,
        "font": {"size": 11, "color": TOKENS[theme]["mute"]},
    }


def _names_at_ends(lines: Sequence[pd.DataFrame], low: float, theme: str) -> list[dict[str, Any]]:
    """Write each line's name where it ends, moved apart where they would overlap."""
    room = 0.1 - low
    heights: list[float] = []
    for rows in lines:  # from the top down: the least saved first
        left = max(1 - float(rows["reduction_share"].iloc[-1]), 1e-6)
        wanted = (0.1 - math.log10(left)) / room * _PLOT
        heights.append(max(wanted, heights[-1] + _LINE) if heights else wanted)
    return [
        {
            "x": 1,
            "xref": "paper",
            "xanchor": "left",
            "xshift": 6,
            "y": 0.1 - height / _PLOT * room,
            "yref": "y",
            "yanchor": "middle",
            "text": escaped(str(rows["label"].iloc[0])),
            "showarrow": False,
            "font": {
                "size": 12,
                "color": TOKENS[theme]["ink" if rows["claimed"].iloc[0] else "mute"],
            },
        }
        for rows, height in zip(lines, heights, strict=True)
    ]


def _claims_finding(frame: pd.DataFrame) -> str:
    """Say from which page on each way saves what is reported of its pattern."""
    claimed = frame.dropna(subset=["claim_share"]).drop_duplicates("way")
    if claimed.empty:
        return "What share of the queries is saved, by size of page"
    said = []
    for claim, rows in claimed.groupby("claim_share"):
        by_page: dict[str, list[str]] = {}
        for row in rows.sort_values("holds_from").to_dict("records"):
            page = row["holds_from"]
            needed = "none are enough" if missing(page) else number(int(page))
            by_page.setdefault(needed, []).append(str(row["way"]))
        parts = [f"{needed} ({', '.join(ways)})" for needed, ways in by_page.items()]
        said.append(f"{percent(float(str(claim)))}: {', '.join(parts)}")
    return f"Users on a page that it takes to save {'; '.join(said)}"


def _add_time(fig: Figure, place: int, row: Mapping[Hashable, Any], theme: str) -> None:
    colour = TOKENS[theme]["measured"]
    ends = [float(row["ms"]), float(row["total_ms"])]
    trips = count_of(int(row["trips"]), "trip")
    seen = "" if missing(row["rows"]) else f", {count_of(int(row['rows']), 'row')}"
    words = (
        f"<b>{escaped(str(row['way']))}</b><br>"
        f"{count_of(int(row['counted']), 'query', 'queries')}{seen}, "
        f"{percent(row['reduction_share'])} saved<br>{_ms(ends[0])} measured "
        f"({count_of(int(row['runs']), 'run')})<br>{_ms(ends[1])} with {trips} of "
        f"{row['latency_ms']:g} ms, computed"
    )
    apart = ends[1] > ends[0]
    fig.add_scatter(
        x=ends if apart else ends[:1],
        y=[place] * (2 if apart else 1),
        mode="lines+markers",
        line={"color": colour, "width": 1.5},
        marker={
            "symbol": ["square", "square-open"][: 2 if apart else 1],
            "size": 10,
            "color": colour,
            "line": {"width": [0, 2][: 2 if apart else 1], "color": colour},
        },
        name=str(row["way"]),
        hovertext=[words] * 2,
        hoverinfo="text",
        cliponaxis=False,
    )


def _ms(value: float) -> str:
    return f"{value:,.0f}\u202fms" if value >= 100 else f"{value:.3g}\u202fms"


def _times_finding(known: pd.DataFrame) -> str:
    """Say how much sooner the answer is there, and that it is less than the queries saved."""
    naive, *others = known.to_dict("records")
    fresh = sorted(
        (row for row in others if row["kind"] != "warm"), key=lambda row: float(row["ms"])
    )
    if naive["kind"] != "naive" or not fresh:
        return "What time fewer queries save"
    joined = [row for row in fresh if row["kind"] == "joined"]
    told = [*joined, *(row for row in fresh[:1] if row not in joined)]
    return "; ".join(_faster(row, naive) for row in told)


def _faster(row: Mapping[Hashable, Any], naive: Mapping[Hashable, Any]) -> str:
    times = naive["ms"] / row["ms"]
    shown = f"{times:.0f}" if times >= 10 else f"{times:.2g}"
    return f"{row['way']}: {percent(row['reduction_share'])} fewer queries, {shown} times as fast"
