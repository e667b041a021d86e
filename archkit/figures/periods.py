"""What changed between two periods: each difference with its interval, and what lies behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archkit.figures.rows import ROW_HEIGHT, add_rows, caveats, ci_prob_of, provenances
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
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["changes_between", "sessions_between"]

_PERIODS = ("before", "after")
_LEAST_REACH = 0.1
_STEPS = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)


def changes_between(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw how far two periods lie apart, in points.

    How to read it: a bar that crosses the line may be chance. One that does not is a change: in
    the colour of alarm where it is for the worse.

    Parameters
    ----------
    frame
        `metrics.period_changes`: one row a measure with the value of either period, `change`
        with `low` to `high` (shares; null unless both have one), `less_is_better`, `told_apart`,
        `provenance` and `ci_prob`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        One row a measure: the second period less the first with its interval, at the right both
        values.
    """
    known = frame.dropna(subset=["change"]) if len(frame) else frame
    if known.empty:
        return blank(
            theme,
            "What has changed?",
            "The two periods have nothing in common to compare. Choose longer ones, or say what "
            "came of their decisions with memory.record_outcome(…).",
        )
    rows = known.assign(
        shown=known["change"],
        ends=[
            f"{percent(one, 0)} → {percent(other, 0)}" if not miss else f"{one:.2f} → {other:.2f}"
            for one, other, miss in zip(
                known["before_value"], known["after_value"], known["less_is_better"], strict=True
            )
        ],
    )
    axis = f"change in points{_interval(known)}"
    title = _finding(known, "measure", "measures")
    return _forest(rows, title, axis, "points", theme)


def sessions_between(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw how much more or less a session took in the second of two periods.

    Parameters
    ----------
    frame
        `metrics.period_sessions`: one row a measure with the median session of either period,
        `change` with `low` to `high`, `told_apart`, `provenance` and `ci_prob`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        One row a measure: the change of the median as a share of the first period's, with its
        interval, at the right both medians.
    """
    known = frame.dropna(subset=["change"]) if len(frame) else frame
    known = known[known["before_value"] > 0] if len(known) else known
    if known.empty:
        return blank(
            theme,
            "What did a session take?",
            "Not both periods have sessions whose turns, tokens or costs are known. Choose longer "
            "periods.",
        )
    rows = known.assign(
        shown=known["change"] / known["before_value"],
        low=known["low"] / known["before_value"],
        high=known["high"] / known["before_value"],
        ends=[
            f"{_figure(one)} → {_figure(other)}"
            for one, other in zip(known["before_value"], known["after_value"], strict=True)
        ],
    )
    title = _finding(known, "measure of a session", "measures of a session")
    return _forest(rows, title, f"change of the median{_interval(known)}", "percent", theme)


def _forest(rows: pd.DataFrame, title: str, axis: str, unit: str, theme: str) -> Figure:
    """Draw one row a measure about a line of no change, the first on top."""
    fig = new_figure(theme)
    rows = rows.iloc[::-1].reset_index(drop=True)
    for place, row in enumerate(rows.to_dict("records")):
        fig.add_scatter(**_mark(row, place, unit, theme))
    add_rows(fig, rows["measure"].tolist(), rows["ends"].tolist(), theme)
    fig.add_vline(x=0, line={"color": TOKENS[theme]["mute"], "width": 1})
    fig.update_xaxes(**_change_axis(rows, axis, unit))
    counts = ", ".join(f"{_from_to(rows[f'{period}_n'])} {period}" for period in _PERIODS)
    said = [f"n {counts}", "at the right: before → after", *caveats(rows["provenance"])]
    return titled(
        fig,
        title,
        " · ".join(said),
        height=ROW_HEIGHT * len(rows) + 64,
        key=_key(rows),
    )


def _from_to(counts: pd.Series[Any]) -> str:
    """Say how many each row rests on: the fewest to the most."""
    least, most = number(counts.min()), number(counts.max())
    return least if least == most else f"{least} to {most}"


def _key(rows: pd.DataFrame) -> list[KeyEntry]:
    """Give the key: grey is what may be chance, alarm what is clearly for the worse."""
    told: list[KeyEntry] = []
    for kind in provenances(rows["provenance"]):
        mark, mine = mark_of(kind), rows[rows["provenance"] == kind]
        drawn = {_token(row) for row in mine.to_dict("records")}
        words = {mark.token: kind, "mute": f"{kind}, may be chance", "alarm": f"{kind}, worse"}
        told += [(mark.sign, token, said) for token, said in words.items() if token in drawn]
    return told


def _token(row: dict[Any, Any]) -> str:
    if not row["told_apart"]:
        return "mute"
    return "alarm" if _is_worse(row) else mark_of(str(row["provenance"])).token


def _mark(row: dict[Any, Any], place: int, unit: str, theme: str) -> dict[str, Any]:
    mark = mark_of(str(row["provenance"]))
    colour = TOKENS[theme][_token(row)]
    return {
        "x": [row["shown"]],
        "y": [place],
        "mode": "markers",
        "name": row["measure"],
        "marker": {
            "symbol": mark.symbol,
            "size": 11,
            "color": colour,
            "line": {"width": 2 if mark.hollow else 0, "color": colour},
        },
        "error_x": {
            "array": [max(row["high"] - row["shown"], 0) if row["high"] == row["high"] else 0],
            "arrayminus": [max(row["shown"] - row["low"], 0) if row["low"] == row["low"] else 0],
            "color": colour,
            "thickness": 2,
            "width": 0,
        },
        "hovertext": [_hover(row, unit)],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _hover(row: dict[Any, Any], unit: str) -> str:
    sure = percent(row["ci_prob"], 0)
    span = (
        "no interval: too few to say"
        if row["low"] != row["low"]
        else f"{sure} interval {_signed(row['low'], unit)} to {_signed(row['high'], unit)}"
    )
    return (
        f"<b>{escaped(str(row['measure']))}</b><br>{_signed(row['shown'], unit)}, {span}<br>"
        f"{escaped(row['ends'])}, n {number(row['before_n'])} and {number(row['after_n'])}, "
        f"{row['provenance']}"
    )


def _signed(value: float, unit: str) -> str:
    text = f"{100 * value:+.1f}".replace("-", "\u2212")
    return f"{text}\u202f%" if unit == "percent" else f"{text} points"


def _change_axis(rows: pd.DataFrame, title: str, unit: str) -> dict[str, Any]:
    """Give an axis about zero that is wide enough for every interval."""
    ends = rows[["shown", "low", "high"]].abs().max().max()
    reach = max(float(ends) * 1.05, _LEAST_REACH)
    step = next((each for each in _STEPS if reach / each <= 3), reach)
    ticks = [step * i for i in range(-int(reach / step), int(reach / step) + 1)]
    sign = "\u202f%" if unit == "percent" else ""
    return {
        "title": {"text": title},
        "range": [-reach, reach],
        "tickvals": ticks,
        "ticktext": [_tick(each) + sign for each in ticks],
        "tickangle": 0,
        "fixedrange": True,
    }


def _tick(value: float) -> str:
    return f"{100 * value:+.0f}".replace("-", "\u2212").replace("+0", "0")


def _is_worse(row: dict[Any, Any]) -> bool:
    return bool(row["told_apart"]) and (row["change"] > 0) == bool(row["less_is_better"])


def _finding(known: pd.DataFrame, one: str, many: str) -> str:
    """Name what changed more than chance explains."""
    apart = known[known["told_apart"]]
    if apart.empty:
        what = f"the {one}" if len(known) == 1 else f"{in_words(len(known)).lower()} {many}"
        return f"No change in {what} can be told apart from chance"
    worse = [row for row in apart.to_dict("records") if _is_worse(row)]
    if len(apart) == 1:
        side = "worse" if worse else "better"
        return f"One change is clear: {elided(str(apart['measure'].iloc[0]), 40)}, for the {side}"
    good = len(apart) - len(worse)
    told = [f"{count} for the {side}" for count, side in ((good, "better"), (len(worse), "worse"))]
    held = [each for each in told if not each.startswith("0 ")]
    return f"{in_words(len(apart))} of {count_of(len(known), one, many)} changed: {', '.join(held)}"


def _interval(frame: pd.DataFrame) -> str:
    sure = ci_prob_of(frame)
    return f" ({percent(sure, 0)} interval)" if sure else ""


def _figure(value: float) -> str:
    return f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"
