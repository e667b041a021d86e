"""Which alternative comes out first: values with their intervals, and who holds which rank."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from archkit.figures.rows import ROW_HEIGHT, add_rows, caveats, ci_prob_of, share_axis
from archkit.figures.style import (
    TOKENS,
    KeyEntry,
    blank,
    count_of,
    elided,
    escaped,
    new_figure,
    number,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["MOST_ROWS", "tradeoff_ranking", "tradeoff_ranks"]

MOST_ROWS = 30
"""So many alternatives are drawn; the rest are counted."""

Row = dict[Hashable, Any]
_NEXT = "There is no alternative to compare: give a PerformanceMatrix at least one."
_SURE = 0.9
_LEAST_SHARE = 0.08  # a narrower segment has no room for its rank
# Each leaves the text on it a contrast of 4.5 in both themes; from the fifth on ranks share one.
_SHADES = (1.0, 0.5, 0.32, 0.2, 0.1)


def tradeoff_ranking(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw the value of each alternative, how often it is first, and how its rank moved.

    Parameters
    ----------
    frame
        One row an alternative, the best first: `alternative`, `value`, `low`, `high` (0 to 1: best
        on every criterion), `first_rate` (share of draws in which it is first), `rank`,
        `rank_before` (missing: not ranked before), `dominated`, `provenance`, `draws`, `ci_prob`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A bar an alternative with its interval; at the right how often it is first, and ▲ or ▼ with
        the ranks it rose or fell.
    """
    if frame.empty:
        return blank(theme, "Which alternative comes out first?", _NEXT)
    shown = frame.head(MOST_ROWS).iloc[::-1]
    rows = shown.to_dict("records")
    fig, colour = new_figure(theme), TOKENS[theme]
    made_up = "simulated" in " ".join(frame["provenance"])
    best = str(frame["alternative"].iloc[0])
    fig.add_bar(
        x=shown["value"].tolist(),
        y=list(range(len(rows))),
        orientation="h",
        width=0.62,
        marker={
            "color": [colour["observed" if r["alternative"] == best else "reported"] for r in rows],
            "pattern": {"shape": "/" if made_up else "", "fgcolor": colour["card"], "size": 6},
        },
        error_x={
            "array": (shown["high"] - shown["value"]).clip(lower=0).tolist(),
            "arrayminus": (shown["value"] - shown["low"]).clip(lower=0).tolist(),
            "color": colour["ink"],
            "thickness": 1.5,
            "width": 5,
        },
        hovertext=[_ranking_hover(row, ci_prob_of(frame)) for row in rows],
        hoverinfo="text",
        name="value",
    )
    add_rows(
        fig,
        [str(row["alternative"]) for row in rows],
        [f"first in {percent(row['first_rate'], 0)} {_moved_words(row)}" for row in rows],
        theme,
    )
    for note, row in zip(fig.layout.annotations, rows, strict=True):
        note.text = f"first in {percent(row['first_rate'], 0)} {_moved_mark(row, theme)}"
    fig.update_xaxes(
        title={"text": "value (1: best on every criterion)"},
        range=[0, 1.02],
        tickvals=[0, 0.25, 0.5, 0.75, 1],
        ticktext=["0", "0.25", "0.5", "0.75", "1"],
        fixedrange=True,
    )
    return titled(
        fig,
        _finding(frame),
        _evidence(frame),
        height=ROW_HEIGHT * len(rows) + 56,
        key=_moves(rows),
    )


def tradeoff_ranks(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw in what share of the draws each alternative holds each rank.

    Parameters
    ----------
    frame
        One row an alternative and rank: `alternative`, `rank` (from 1), `share` (0 to 1, over the
        draws; ties are split), `draws`, `provenance`; alternatives in the order to be shown.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A stack an alternative, rank 1 at the left and darkest, ranks written where there is room.
    """
    if frame.empty:
        return blank(theme, "Who holds which rank, and how often?", _NEXT)
    names = list(dict.fromkeys(frame["alternative"]))[:MOST_ROWS][::-1]
    table = frame.pivot_table("share", "alternative", "rank", aggfunc="sum", fill_value=0.0)
    table = table.loc[names]
    fig = new_figure(theme)
    last = int(max(table.columns))
    for rank in table.columns:
        paler = min(int(rank), len(_SHADES)) - 1
        shares = table[rank].tolist()
        fig.add_bar(
            x=shares,
            y=list(range(len(names))),
            orientation="h",
            width=0.7,
            marker={
                "color": TOKENS[theme]["observed"],
                "opacity": _SHADES[paler],
                "line": {"width": 1, "color": TOKENS[theme]["card"]},
            },
            text=[_nth(int(rank)) if share >= _LEAST_SHARE else "" for share in shares],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"size": 12, "color": TOKENS[theme]["ink" if paler else "card"]},
            hovertext=[
                f"<b>{escaped(str(name))}</b><br>{_nth(int(rank))} in {percent(share)} of "
                f"n {number(frame['draws'].iloc[0])} draws"
                for name, share in zip(names, shares, strict=True)
            ],
            hoverinfo="text",
            name=_nth(int(rank)),
        )
    firsts = [percent(float(table[1].loc[name]), 0) for name in names]
    add_rows(fig, names, [f"first in {first}" for first in firsts], theme)
    fig.update_layout(barmode="stack")
    fig.update_xaxes(**share_axis("share of the draws") | {"range": [0, 1.0], "showgrid": False})
    title = _ranks_finding(table, last)
    subtitle = f"ranks 1 to {last} over n {number(frame['draws'].iloc[0])} draws of weights and "
    subtitle += "cells; ties are split"
    return titled(
        fig,
        title,
        " · ".join([subtitle, *_left_out(frame), *caveats(_parts(frame))]),
        height=ROW_HEIGHT * len(names) + 56,
    )


def _finding(frame: pd.DataFrame) -> str:
    """Say who leads, or that it is open; where mean and chance disagree, both."""
    by_value = str(frame["alternative"].iloc[0])
    order = frame.sort_values("first_rate", ascending=False, kind="stable")
    shares = [(str(row["alternative"]), row["first_rate"]) for row in order.to_dict("records")]
    if len(shares) > 1 and shares[0][0] != by_value and shares[0][1] > shares[1][1]:
        return (
            f"{_short(by_value)} has the higher value, {_short(shares[0][0])} is more often first"
        )
    return _first_finding(shares)


def _first_finding(shares: list[tuple[str, float]]) -> str:
    if len(shares) == 1:
        return f"{_short(shares[0][0])} has no rival"
    (name, share), (next_name, next_share) = shares[:2]
    if share >= _SURE:
        return f"{_short(name)} is first in {percent(share, 0)} of the draws"
    told = f"{_short(name)} is first in {percent(share, 0)} of the draws, "
    return told + f"{_short(next_name)} in {percent(next_share, 0)}: not settled"


def _ranks_finding(table: pd.DataFrame, last: int) -> str:
    """Say who is seldom far behind; of two alternatives only the first rank tells anything."""
    if last < 3:
        first = table[1].sort_values(ascending=False, kind="stable")
        return _first_finding([(str(name), float(share)) for name, share in first.items()])
    ahead = table[1] + table[2]
    name = str(ahead.iloc[::-1].idxmax())
    return (
        f"{_short(name)} is among the first two in {percent(float(ahead[name]), 0)} of the draws, "
        f"last in {percent(float(table[last].loc[name]), 0)}"
    )


def _short(name: str) -> str:
    return elided(name, 28)


def _evidence(frame: pd.DataFrame) -> str:
    sure = ci_prob_of(frame)
    interval = f"whiskers: {percent(sure, 0)} of the draws" if sure else "whiskers: the draws"
    said = [f"n {number(frame['draws'].iloc[0])} draws of weights and cells", interval]
    return " · ".join([*said, *_left_out(frame), *caveats(_parts(frame))])


def _parts(frame: pd.DataFrame) -> list[str]:
    return sorted({part for text in frame["provenance"] for part in str(text).split(" + ") if part})


def _left_out(frame: pd.DataFrame) -> list[str]:
    left = frame["alternative"].nunique() - MOST_ROWS
    return [f"+ {count_of(left, 'more alternative')}"] if left > 0 else []


def _moved(row: Row) -> int:
    """Count the ranks risen since before; 0 where it was not ranked."""
    before = row["rank_before"]
    return 0 if before is None or before != before else int(before) - int(row["rank"])


def _moved_words(row: Row) -> str:
    moved = _moved(row)
    return f"▲{moved}" if moved > 0 else f"▼{-moved}" if moved < 0 else "  "


def _moved_mark(row: Row, theme: str) -> str:
    token = "measured" if _moved(row) > 0 else "alarm"
    return f'<span style="color:{TOKENS[theme][token]}">{_moved_words(row)}</span>'


def _moves(rows: list[Row]) -> list[KeyEntry]:
    moved = [_moved(row) for row in rows]
    key: list[KeyEntry] = []
    if any(move > 0 for move in moved):
        key.append(("▲", "measured", "ranks risen by the last change"))
    if any(move < 0 for move in moved):
        key.append(("▼", "alarm", "ranks fallen"))
    return key


def _ranking_hover(row: Row, sure: float | None) -> str:
    interval = f"{percent(sure, 0)} of the draws" if sure else "the draws"
    lines = [
        f"<b>{escaped(str(row['alternative']))}</b>",
        f"value {row['value']:.3f}, {row['low']:.2f}–{row['high']:.2f} ({interval})",
        f"rank {row['rank']}, first in {percent(row['first_rate'])} of "
        f"n {number(row['draws'])} draws",
        escaped(str(row["provenance"])),
    ]
    if row["dominated"]:
        lines.append("another is at least as good on every criterion")
    return "<br>".join(line for line in lines if line)


def _nth(rank: int) -> str:
    ending = (
        "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    )
    return f"{rank}{ending}"
