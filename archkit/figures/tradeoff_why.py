"""Why one alternative leads another, what could change that, and what is worth measuring."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from archkit.figures.rows import ROW_HEIGHT, add_rows, caveats, ci_prob_of
from archkit.figures.style import (
    TOKENS,
    KeyEntry,
    blank,
    count_of,
    elided,
    escaped,
    in_words,
    new_figure,
    number,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["tradeoff_tornado", "tradeoff_waterfall", "tradeoff_worth"]

Row = dict[Hashable, Any]
_MOST = 14
_ONE = "There is one alternative only: nothing can overtake it. Give it a rival."
_LEAST_WORTH = 0.01  # of the most: what is worth, or moves, less is counted only
_LEVEL = 5e-4  # a lead that rounds to nothing
_THIN = "\u202f"


def tradeoff_waterfall(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw what each criterion adds to the lead of one alternative over another.

    Parameters
    ----------
    frame
        One row a criterion, the largest gain first: `criterion`, `weight` (0 to 1), `contribution`
        (weight times the difference of values; they sum to the lead), `leader`, `rival`,
        `leader_shown`, `rival_shown` (the cells in words), `provenance`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        Steps from zero to the lead: a gain filled, a loss hatched, the sum last.
    """
    if frame.empty:
        return blank(theme, "Why does one lead the other?", _ONE)
    rows = frame.to_dict("records")
    leader, rival = str(rows[0]["leader"]), str(rows[0]["rival"])
    fig, colour = new_figure(theme), TOKENS[theme]
    ends, total = [], 0.0
    for row in rows:
        ends.append((total, total + row["contribution"]))
        total += row["contribution"]
    ends.append((0.0, total))
    steps = [high - low for low, high in ends]
    tokens = ["measured" if step >= 0 else "alarm" for step in steps[:-1]] + ["observed"]
    places = list(range(len(ends)))[::-1]
    fig.add_bar(
        x=steps,
        y=places,
        base=[low for low, _ in ends],
        orientation="h",
        width=0.62,
        marker={
            "color": [colour[token] for token in tokens],
            "pattern": {
                "shape": ["" if step >= 0 else "/" for step in steps],
                "fgcolor": colour["card"],
                "size": 6,
            },
        },
        hovertext=[*(_step_hover(row) for row in rows), f"lead {_signed(total)}"],
        hoverinfo="text",
        name="contribution",
    )
    named = [f"{row['criterion']} ({percent(row['weight'], 0)})" for row in rows]
    add_rows(fig, [*named, "lead"][::-1], [_signed(step) for step in steps][::-1], theme)
    edge = [end for pair in ends for end in pair]
    fig.update_xaxes(**_lead_axis("lead so far (value, 0 to 1)", min(edge), max(edge), theme))
    best = max(rows, key=lambda row: row["contribution"])
    title = f"{elided(leader, 24)} leads {elided(rival, 24)} by {abs(total):.3f}"
    if abs(total) < _LEVEL:
        title = f"{elided(leader, 24)} and {elided(rival, 24)} are level"
    if best["contribution"] > 0:
        said_by = "what speaks for the first most is" if abs(total) < _LEVEL else "most by"
        title += f", {said_by} {elided(str(best['criterion']), 22)}"
    said = ["weight × difference of mean values, a criterion each", *caveats(_parts(frame))]
    key: list[KeyEntry] = [("■", "measured", f"speaks for {elided(leader, 26)}")]
    if min(steps) < 0:
        key.append(("▨", "alarm", f"speaks for {elided(rival, 26)}"))
    return titled(fig, title, " · ".join(said), height=ROW_HEIGHT * len(ends) + 56, key=key)


def tradeoff_tornado(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw how far each uncertain input moves the lead, all others at their mean.

    Parameters
    ----------
    frame
        One row an input, the widest swing first: `input` (in words), `kind` (``weight`` or
        ``cell``), `low_lead`, `high_lead` (the leader's lead over the best other at the input's
        low and high end), `low_shown`, `high_shown` (the ends in words), `lead`, `leader`,
        `flips`, `provenance`, `ci_prob`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A bar an input around the lead as it stands; left of zero another alternative wins.
    """
    if frame.empty:
        return blank(theme, "What could change the choice?", _ONE)
    moves = (frame["high_lead"] - frame["low_lead"]).abs()
    moving = frame[moves >= moves.max() * _LEAST_WORTH] if moves.max() > 0 else frame.head(1)
    shown = moving.head(_MOST).iloc[::-1]
    rows = shown.to_dict("records")
    fig, colour = new_figure(theme), TOKENS[theme]
    lead, leader = float(rows[0]["lead"]), str(rows[0]["leader"])
    for end, paler in (("low", True), ("high", False)):
        steps = [row[f"{end}_lead"] - lead for row in rows]
        fig.add_bar(
            x=steps,
            y=list(range(len(rows))),
            base=lead,
            orientation="h",
            width=0.62,
            marker={
                "color": [colour["alarm" if row["flips"] else "mute"] for row in rows],
                "pattern": {"shape": "/" if paler else "", "fgcolor": colour["card"], "size": 6},
            },
            hovertext=[
                f"<b>{escaped(str(row['input']))}</b><br>at {escaped(str(row[f'{end}_shown']))}: "
                f"lead {_signed(row[f'{end}_lead'])}<br>{escaped(str(row['provenance']))}"
                for row in rows
            ],
            hoverinfo="text",
            name=f"at its {end} end",
        )
    fig.update_layout(barmode="overlay")
    names = [str(row["input"]) for row in rows]
    add_rows(fig, names, ["changes it" if row["flips"] else "" for row in rows], theme)
    ends = [*frame["low_lead"], *frame["high_lead"], 0.0, lead]
    axis = f"lead of {escaped(elided(leader, 28))} over the best other"
    fig.update_xaxes(**_lead_axis(axis, min(ends), max(ends), theme))
    sure = ci_prob_of(frame)
    said = [f"each over its {percent(sure, 0)} interval" if sure else "each over its interval"]
    said.append(f"all others at their mean · left of 0{_THIN}another wins")
    if len(frame) > len(rows):
        said.append(f"+ {count_of(len(frame) - len(rows), 'narrower input')}")
    said += caveats(_parts(frame))
    key = [("▨", "mute", "towards its low end"), ("■", "mute", "towards its high end")]
    if frame["flips"].any():
        key.append(("■", "alarm", "changes the choice"))
    height = ROW_HEIGHT * len(rows) + 56
    return titled(fig, _tornado_finding(frame, leader), " · ".join(said), height=height, key=key)


def tradeoff_worth(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw what knowing each input for certain would be worth before choosing.

    Parameters
    ----------
    frame
        One row an input, the most worth first: `input` (in words), `worth` (expected gain in
        value, 0 to 1), `switch_rate` (chance that knowing it changes the choice), `all_worth`
        (of knowing everything), `draws`, `provenance`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A bar an input; at the right the chance that knowing it changes the choice.
    """
    if frame.empty:
        return blank(theme, "What is worth measuring next?", "Everything that counts is known.")
    most = float(frame["worth"].max())
    some = frame[frame["worth"] >= most * _LEAST_WORTH].head(_MOST) if most > 0 else frame.head(1)
    shown = some.iloc[::-1]
    rows = shown.to_dict("records")
    fig = new_figure(theme)
    fig.add_bar(
        x=shown["worth"].tolist(),
        y=list(range(len(rows))),
        orientation="h",
        width=0.62,
        marker={"color": TOKENS[theme]["observed"]},
        hovertext=[
            f"<b>{escaped(str(row['input']))}</b><br>worth {row['worth']:.4f} of value; "
            f"changes the choice in {percent(row['switch_rate'])} of cases"
            f"<br>{escaped(str(row['provenance']))}"
            for row in rows
        ],
        hoverinfo="text",
        name="worth",
    )
    changes = [f"changes it {percent(row['switch_rate'], 0)}" for row in rows]
    add_rows(fig, [str(row["input"]) for row in rows], changes, theme)
    fig.update_xaxes(
        title={"text": "expected gain of knowing it (value, 0 to 1)"},
        range=[0, max(most * 1.05, 1e-3)],
        nticks=5,
        fixedrange=True,
    )
    top = frame.iloc[0]
    title = f"Measure {elided(str(top['input']), 44)} next"
    if most < 5e-4:
        title = "Nothing is worth measuring before choosing"
    said = [f"n {number(top['draws'])} draws", f"knowing all: {top['all_worth']:.3f}"]
    if len(frame) > len(some):
        said.append(f"+ {count_of(len(frame) - len(some), 'input')} worth less")
    said += caveats(_parts(frame))
    return titled(fig, title, " · ".join(said), height=ROW_HEIGHT * len(rows) + 56)


def _tornado_finding(frame: pd.DataFrame, leader: str) -> str:
    flips = frame[frame["flips"]]
    if flips.empty:
        return f"No single input takes the lead from {elided(leader, 30)}"
    if len(flips) == 1:
        return f"Only {elided(str(flips['input'].iloc[0]), 36)} can change the choice"
    told = f"{in_words(len(flips))} of {count_of(len(frame), 'input')} can change the choice, "
    return told + f"{elided(str(flips['input'].iloc[0]), 34)} most"


def _step_hover(row: Row) -> str:
    return (
        f"<b>{escaped(str(row['criterion']))}</b> {_signed(row['contribution'])}"
        f"<br>{escaped(str(row['leader']))}: {escaped(str(row['leader_shown']))}"
        f"<br>{escaped(str(row['rival']))}: {escaped(str(row['rival_shown']))}"
        f"<br>weight {percent(row['weight'])}"
    )


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "\u2212")


def _lead_axis(title: str, low: float, high: float, theme: str) -> dict[str, Any]:
    room = 0.06 * max(high - low, 1e-3)
    return {
        "title": {"text": title},
        "range": [min(low, 0.0) - room, max(high, 0.0) + room],
        "zeroline": True,
        "zerolinecolor": TOKENS[theme]["ink"],
        "zerolinewidth": 1.5,
        "nticks": 6,
        "fixedrange": True,
    }


def _parts(frame: pd.DataFrame) -> list[str]:
    return sorted({part for text in frame["provenance"] for part in str(text).split(" + ") if part})
