"""High-read analytics: how fast each layout answers, and when a summary pays."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from archkit.figures.rows import ROW_HEIGHT, add_rows, estimates
from archkit.figures.style import (
    TOKENS,
    blank,
    count_of,
    escaped,
    new_figure,
    number,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure, Scatter

__all__ = ["read_times", "refresh_break_even"]

Row = dict[Hashable, Any]
_NEXT = "Nothing was measured yet. Run archkit.labs.high_read."
_SUMMARY = "materialised summary"
_PANEL = 190
_HEAD = 54  # Room over a panel for its name and its finding.


def read_times(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw how long each layout takes to answer, on a log axis.

    Parameters
    ----------
    frame
        `labs.high_read.summary`: one row an engine, question and layout.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        One row a layout under its engine and question: the median with its range, and the rows
        that were read.
    """
    if frame.empty:
        return blank(theme, "How fast does each layout answer?", _NEXT)
    names: list[str] = []
    notes: list[str] = []
    headings: list[int] = []
    placed: dict[Any, int] = {}
    for (engine, question), part in reversed(
        list(frame.groupby(["engine", "question"], sort=False))
    ):
        for index, row in part.iloc[::-1].iterrows():
            placed[index] = len(names)
            names.append(row["layout"])
            notes.append(f"{_short(row['rows_read'])} rows")
        headings.append(len(names))
        names.append(f"{engine}: {question}")
        notes.append("")
    rows = frame.assign(
        row=[placed[index] for index in frame.index], low=frame["ms_low"], high=frame["ms_high"]
    )
    fig = new_figure(theme)
    fig.add_trace(estimates(rows, "ms", "measured", theme, _read_hover(frame)))
    add_rows(fig, names, notes, theme, headings)
    ends = rows["low"].min(), rows["high"].max()
    fig.update_xaxes(**_log_axis("ms an answer (median, least to most)", *ends))
    first = frame.iloc[0]
    return titled(
        fig,
        _faster(frame),
        f"{number(first['rows'])} rows, {count_of(int(first['runs']), 'run')}, one core, data in "
        "memory · measured · at the right, the rows read to answer",
        height=ROW_HEIGHT * len(names) + 64,
    )


def _faster(frame: pd.DataFrame) -> str:
    """Say between what factors the summary is faster, over engines and questions."""
    times = frame.loc[frame["layout"] == _SUMMARY, "times_faster"]
    if times.empty or times.max() <= 1:
        return "No summary answers faster than the plain rows"
    low, high = _times(times.min()), _times(times.max())
    span = low if low == high else f"{low} to {high}"
    return f"A summary answers {span} times as fast as the plain rows"


def _times(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def _short(count: float) -> str:
    """Write a count in at most three significant digits."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if count >= size * 0.9995:
            return f"{float(f'{count / size:.3g}'):g}{unit}"
    return f"{count:.0f}"


def _read_hover(frame: pd.DataFrame) -> list[str]:
    return [
        f"<b>{escaped(row['layout'])}</b>, {escaped(row['engine'])}: {escaped(row['question'])}<br>"
        f"{row['ms']:.3g} ms, {row['ms_low']:.3g} to {row['ms_high']:.3g} in "
        f"{count_of(row['runs'], 'run')}, {row['times_faster']:.3g} times as fast as plain<br>"
        f"{row['rows_read']:,.0f} of {row['rows']:,.0f} rows read{_parts(row)}, measured"
        for row in frame.to_dict("records")
    ]


def _parts(row: Row) -> str:
    if not row["parts"] or math.isnan(row["parts"]):
        return ""
    what = "partition" if row["engine"] == "PostgreSQL" else "row group"
    return f", {row['parts_read']:.0f} of {count_of(int(row['parts']), what)}"


def _log_axis(title: str, low: float, high: float) -> dict[str, Any]:
    """Give a log axis with plain numbers, a tick a decade or, over few decades, three."""
    first, last = math.log10(low), math.log10(high)
    beside = 0.04 * (last - first) + 0.04
    steps = (1,) if last - first > 2.5 else (1, 3)
    ticks = [
        step * 10.0**power
        for power in range(math.floor(first), math.ceil(last) + 1)
        for step in steps
    ]
    return {
        "type": "log",
        "title": {"text": title},
        "range": [first - beside, last + beside],
        "tickvals": ticks,
        "ticktext": [f"{tick:,.10g}" for tick in ticks],
        "fixedrange": True,
    }


def refresh_break_even(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw what a read costs when a refresh is shared among the reads it serves.

    Parameters
    ----------
    frame
        `labs.high_read.break_even`: one row an engine and question.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A panel an engine and question, both axes log: the plain read, the same however often;
        the summary's, its share of the refresh in it; and the number of reads from which the
        summary is the cheaper.
    """
    if frame.empty:
        return blank(theme, "When does a summary pay?", _NEXT)
    rows = frame.to_dict("records")
    most = _most_reads(rows)
    across = min(2, len(rows))
    down = math.ceil(len(rows) / across)
    fig = new_figure(theme).set_subplots(
        rows=down,
        cols=across,
        shared_xaxes="all",
        shared_yaxes="all",
        horizontal_spacing=0.06,
    )
    for n, row in enumerate(rows):
        _add_panel(fig, row, most, n, across, theme)
    dear = max(max(row["plain_ms"], row["summary_ms"] + row["refresh_ms"]) for row in rows)
    cheap = min(min(row["plain_ms"], row["summary_ms"]) for row in rows)
    fig.update_xaxes(**_log_axis("", 1, most))
    fig.update_yaxes(**_log_axis("", cheap, dear))
    for line in range(down):
        bottom = (down - 1 - line) / down
        room = _PANEL / (_PANEL + _HEAD) / down
        fig.update_yaxes(domain=[bottom, bottom + room], row=line + 1)
    fig.update_xaxes(title_text="reads a refresh", row=down)
    fig.update_yaxes(title_text="ms a read", col=1)
    missing, added = rows[0]["rows_missing"], rows[0]["rows_added"]
    return titled(
        fig,
        _pays(rows),
        f"medians, measured; in brackets each time at its best and worst · until the refresh the "
        f"summary misses {number(missing)} of {number(added)} rows just added",
        height=down * (_PANEL + _HEAD) + 52,
        key=[
            ("──", "measured", "summary, with its share of the refresh"),
            ("╌╌", "mute", "plain rows"),
        ],
    ).update_layout(margin_b=52)


def _most_reads(rows: list[Row]) -> float:
    """Give the reads up to which is drawn: a decade past the last crossing."""
    crossings = [row["reads"] for row in rows if math.isfinite(row["reads"])]
    return float(10 ** math.ceil(math.log10(max([10.0, *crossings])) + 0.7))


def _add_panel(fig: Figure, row: Row, most: float, n: int, across: int, theme: str) -> None:
    import numpy as np
    import plotly.graph_objects as go

    colour, place = TOKENS[theme], {"row": n // across + 1, "col": n % across + 1}
    reads = np.geomspace(1, most, 60)
    shared = row["summary_ms"] + row["refresh_ms"] / reads
    name = f"{row['engine']}: {row['question']}"
    plain = np.full_like(reads, row["plain_ms"])
    for label, values, line in (
        ("plain rows", plain, {"color": colour["mute"], "dash": "dash"}),
        ("summary", shared, {"color": colour["measured"], "width": 2}),
    ):
        fig.add_trace(
            go.Scatter(
                x=reads.tolist(),
                y=values.tolist(),
                mode="lines",
                name=f"{name}, {label}",
                line=line,
                hovertext=[
                    f"<b>{escaped(name)}</b><br>{label}: {ms:.3g} ms a read at {count:,.3g} reads "
                    "a refresh"
                    for count, ms in zip(reads, values, strict=True)
                ],
                hoverinfo="text",
            ),
            **place,
        )
    if 1 <= row["reads"] < math.inf:
        fig.add_trace(_crossing(row, name, colour["measured"]), **place)
    axis = "" if n == 0 else n + 1
    fig.add_annotation(
        text=f"<b>{escaped(name)}</b><br>{_from(row)}",
        xref=f"x{axis} domain",
        yref=f"y{axis} domain",
        x=0,
        y=1,
        xanchor="left",
        yanchor="bottom",
        align="left",
        showarrow=False,
        font={"size": 12},
    )


def _crossing(row: Row, name: str, colour: str) -> Scatter:
    """Mark where the summary becomes the cheaper."""
    import plotly.graph_objects as go

    return go.Scatter(
        x=[row["reads"]],
        y=[row["plain_ms"]],
        mode="markers",
        name=f"{name}, break-even",
        marker={"symbol": "square", "size": 10, "color": colour},
        hovertext=[f"<b>{escaped(name)}</b><br>{_from(row)}<br>refresh {row['refresh_ms']:.3g} ms"],
        hoverinfo="text",
        cliponaxis=False,
    )


def _from(row: Row) -> str:
    """Say from how many reads on a refresh pays."""
    if math.isinf(row["reads"]):
        return "never pays: the summary is no faster"
    low, high = _whole(row["reads_low"]), _whole(row["reads_high"])
    between = "" if low == high else f" ({low}–{high})" if high != "∞" else f" ({low} or more)"
    whole = _whole(row["reads"])
    return f"pays from {whole} {'read' if whole == '1' else 'reads'} a refresh{between}"


def _whole(reads: float) -> str:
    return "∞" if math.isinf(reads) else f"{max(1, math.ceil(reads)):,}"


def _pays(rows: list[Row]) -> str:
    """Say from how many reads a refresh the summary pays, over the panels."""
    found = sorted(row["reads"] for row in rows)
    if math.isinf(found[0]):
        return "The summary never pays here"
    finite = [reads for reads in found if math.isfinite(reads)]
    low, high = _whole(finite[0]), _whole(finite[-1])
    span = low if low == high else f"{low} to {high}"
    rest = len(found) - len(finite)
    where = f"; in {rest} of {len(found)} cases never" if rest else ""
    return f"A refresh pays for itself after {span} {'read' if span == '1' else 'reads'}{where}"
