"""What a memory changes: the same briefs with it, without it, and with a placebo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from archkit.figures.rows import ROW_HEIGHT, add_rows, caveats, ci_prob_of, estimates, provenances
from archkit.figures.style import TOKENS, blank, key_of, new_figure, number, percent, titled

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["memory_effect"]

_MINUS = "\u2212"


def memory_effect(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw what the memory changed: on, off and placebo, compared case by case.

    Parameters
    ----------
    frame
        `Ablation.comparisons()`: one row a pair of arms with `first`, `second`, `difference`,
        `low`, `high` (-1 to 1), `only_first`, `only_second`, `share_first`, `share_second` (0 to
        1), `p_value`, `n`, `provenance` and `ci_prob`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        One row a pair of arms: the difference of the shares that did well, with its interval.
    """
    if frame.empty:
        return blank(
            theme,
            "Does the memory help?",
            "Nothing was tried with and without it yet: see archkit.ablation.ablate(…).",
        )
    up = frame.iloc[::-1].reset_index(drop=True).assign(row=range(len(frame)))
    fig = new_figure(theme)
    for provenance in provenances(up["provenance"]):
        rows = up[up["provenance"] == provenance]
        fig.add_trace(estimates(rows, "difference", provenance, theme, _effect_hover(rows)))
    names = [_pair(row) for row in up.to_dict("records")]
    splits = [f"{row['only_first']} : {row['only_second']}" for row in up.to_dict("records")]
    add_rows(fig, names, splits, theme)
    sure = ci_prob_of(frame)
    interval = f", {percent(sure, 0)} interval" if sure else ""
    fig.update_xaxes(**_points_axis(frame, f"points more of the briefs that went well{interval}"))
    fig.add_vline(x=0, line={"color": TOKENS[theme]["mute"], "width": 1, "dash": "dot"})
    return titled(
        fig,
        _effect(frame),
        _effect_subtitle(frame),
        height=(ROW_HEIGHT + 8) * len(up) + 64,
        key=key_of(provenances(up["provenance"])),
    )


def _pair(row: Any) -> str:
    names = {"on": "memory on", "off": "memory off"}
    return f"{names.get(row['first'], row['first'])} {_MINUS} {row['second']}"


def _points_axis(frame: pd.DataFrame, title: str) -> dict[str, Any]:
    """Give an axis of differences in points, wide enough for every interval."""
    widest = max(float(frame["high"].max()), -float(frame["low"].min()), 0.1)
    step = 0.1 if widest <= 0.4 else 0.25
    least = -step * (int(-float(frame["low"].min()) / step) + 1) if frame["low"].min() < 0 else 0.0
    most = step * (int(max(float(frame["high"].max()), 0.0) / step) + 1)
    ticks = [least + step * i for i in range(round((most - least) / step) + 1)]
    return {
        "title": {"text": title},
        "range": [least - 0.02, most + 0.02],
        "tickvals": ticks,
        "ticktext": [_points(tick) for tick in ticks],
        "tickangle": 0,
        "fixedrange": True,
    }


def _points(share: float) -> str:
    shown = round(100 * share)
    return "0" if shown == 0 else f"{shown:+d}".replace("-", _MINUS)


def _effect_hover(rows: pd.DataFrame) -> Sequence[str]:
    return [
        f"<b>{_pair(row)}</b><br>{_points(row['difference'])} points, "
        f"{percent(row['share_first'])} against {percent(row['share_second'])}<br>"
        f"interval {_points(row['low'])} to {_points(row['high'])} points, n {row['n']}<br>"
        f"better in {row['only_first']}, worse in {row['only_second']} cases, "
        f"p {row['p_value']:.3f} (McNemar, exact), {row['provenance']}"
        for row in rows.to_dict("records")
    ]


def _effect(frame: pd.DataFrame) -> str:
    """Say whether the memory helped, by its interval against no memory."""
    row = frame.iloc[0]
    points = f"{abs(100 * row['difference']):.0f} points"
    if row["low"] > 0:
        return f"With the memory, {points} more of the briefs went well"
    if row["high"] < 0:
        return f"With the memory, {points} fewer of the briefs went well"
    return "It cannot be told whether the memory helps"


def _effect_subtitle(frame: pd.DataFrame) -> str:
    row = frame.iloc[0]
    shares = {row["first"]: row["share_first"], row["second"]: row["share_second"]}
    other = frame[frame["first"].eq("placebo") | frame["second"].eq("placebo")]
    if len(other):
        last = other.iloc[-1]
        end = "first" if last["first"] == "placebo" else "second"
        shares["placebo"] = last[f"share_{end}"]
    told = ", ".join(f"{arm} {percent(share, 0)}" for arm, share in shares.items())
    parts = [f"n {number(row['n'])} briefs", f"went well: {told}"]
    parts += [f"on against off p {row['p_value']:.3f}", "at the right: better : worse"]
    return " · ".join([*parts, *caveats(frame["provenance"])])
