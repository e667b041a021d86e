"""What was predicted of each alternative, beside what came of the one that was taken."""

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
    mark_of,
    new_figure,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["tradeoff_regret"]

Row = dict[Hashable, Any]
_MOST = 30
_LEVEL = 0.005  # what rounds to nothing
_APART = 0.2  # of a row, between a prediction and what came


def tradeoff_regret(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw what each alternative predicted, and what the one that was taken came to.

    Parameters
    ----------
    frame
        `archkit.widgets.hindsight`: one row an alternative, the highest prediction first:
        `alternative`, `chosen`, `predicted`, `low`, `high`, `realised`, `realised_low`,
        `realised_high` (values, 0 to 1), `regret`, `observed` (criteria), `n` (outcomes),
        `provenance` (of the outcomes), `predicted_from`, `ci_prob`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A hollow mark an alternative for its prediction, with its interval; under the chosen one a
        mark for what came, in the shape of its provenance; at the right the regret.
    """
    title = "Was it the right choice?"
    if frame.empty:
        return blank(theme, title, "There is no alternative: save a decision from an explorer.")
    chosen = frame[frame["chosen"]].iloc[0]
    if chosen["realised"] != chosen["realised"]:
        name = elided(str(chosen["alternative"]), 40)
        return blank(
            theme,
            title,
            f"Nothing that was weighed has been observed of {name} yet. Say what came of it with "
            "memory.record_outcome(id, success=…, scores={…}).",
        )
    rows = frame.head(_MOST).iloc[::-1].to_dict("records")
    fig, mark = new_figure(theme), mark_of(str(chosen["provenance"]))
    _add(
        fig, [(n, row, "") for n, row in enumerate(rows)], "predicted", "mute", "circle-open", theme
    )
    came = [(n - _APART, row, "realised_") for n, row in enumerate(rows) if row["chosen"]]
    _add(fig, came, "came to", mark.token, mark.symbol, theme)
    fig.add_vline(
        x=float(chosen["realised"]),
        line={"color": TOKENS[theme][mark.token], "width": 1, "dash": "dot"},
    )
    names = [f"{row['alternative']}{' (taken)' if row['chosen'] else ''}" for row in rows]
    add_rows(fig, names, [_regret(row) for row in rows], theme)
    fig.update_xaxes(
        title={"text": "value at the weights of then (1: best on every criterion)"},
        range=[-0.02, 1.02],
        tickvals=[0, 0.25, 0.5, 0.75, 1],
        ticktext=["0", "0.25", "0.5", "0.75", "1"],
        fixedrange=True,
    )
    key: list[KeyEntry] = [
        ("○", "mute", "predicted"),
        (mark.sign, mark.token, f"what it came to, {chosen['provenance']}"),
    ]
    said = " · ".join([*_evidence(frame, chosen), *caveats(_parts(frame))])
    return titled(fig, _finding(frame, chosen), said, height=ROW_HEIGHT * len(rows) + 64, key=key)


def _add(
    fig: Figure,
    placed: list[tuple[float, Row, str]],
    name: str,
    token: str,
    symbol: str,
    theme: str,
) -> None:
    """Add marks with intervals; a row's columns begin with the third part of what is placed."""
    values = [row["realised" if prefix else "predicted"] for _, row, prefix in placed]
    ends = [(row[f"{prefix}low"], row[f"{prefix}high"]) for _, row, prefix in placed]
    colour = TOKENS[theme][token]
    fig.add_scatter(
        x=values,
        y=[at for at, _, _ in placed],
        mode="markers",
        marker={
            "symbol": symbol,
            "size": 11,
            "color": colour,
            "line": {"width": 2, "color": colour},
        },
        error_x={
            "array": [
                max(high - value, 0.0) for value, (_, high) in zip(values, ends, strict=True)
            ],
            "arrayminus": [
                max(value - low, 0.0) for value, (low, _) in zip(values, ends, strict=True)
            ],
            "color": colour,
            "thickness": 2,
            "width": 0,
        },
        hovertext=[
            f"<b>{escaped(str(row['alternative']))}</b><br>{name} {value:.2f}, {low:.2f}–{high:.2f}"
            f"<br>{escaped(str(row['provenance' if prefix else 'predicted_from']))}"
            for value, (low, high), (_, row, prefix) in zip(values, ends, placed, strict=True)
        ],
        hoverinfo="text",
        name=name,
        cliponaxis=False,
    )


def _regret(row: Row) -> str:
    """Say how far a prediction lies above what came."""
    if row["chosen"]:
        return f"came {-row['regret']:+.2f}".replace("-", "\u2212")
    return f"regret {row['regret']:.2f}" if row["regret"] >= _LEVEL else "no regret"


def _finding(frame: pd.DataFrame, chosen: pd.Series[Any]) -> str:
    name, others = elided(str(chosen["alternative"]), 24), frame[~frame["chosen"]]
    if others.empty:
        return f"{name} came to {chosen['realised']:.2f}; it had no rival"
    rival = others.iloc[0]
    other = elided(str(rival["alternative"]), 24)
    if rival["regret"] < _LEVEL:
        return f"{name} came to no less than {other} had predicted: no regret"
    told = f"{name} came to {rival['regret']:.2f} less than {other} had predicted"
    unsure = rival["low"] <= chosen["realised_high"]
    return f"{told}, within what was uncertain" if unsure else told


def _evidence(frame: pd.DataFrame, chosen: pd.Series[Any]) -> list[str]:
    sure = ci_prob_of(frame)
    observed = (
        f"{count_of(int(chosen['n']), 'outcome')}, {chosen['provenance']}: {chosen['observed']}"
    )
    said = [observed, "the rest as predicted"]
    said.append(f"bars: {percent(sure, 0)} intervals" if sure else "bars: intervals")
    left = len(frame) - _MOST
    return said + ([f"+ {count_of(left, 'more alternative')}"] if left > 0 else [])


def _parts(frame: pd.DataFrame) -> list[str]:
    said = [*frame["provenance"], *frame["predicted_from"]]
    return sorted({part for text in said for part in str(text).split(" + ") if part})
