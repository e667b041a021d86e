"""What was chosen beside its runner-up: as predicted then, and as it came."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from archkit.figures.panels import MOST_POINTS
from archkit.figures.rows import ROW_HEIGHT, add_rows, caveats, provenances, share_axis
from archkit.figures.style import (
    TOKENS,
    KeyEntry,
    blank,
    count_of,
    elided,
    escaped,
    key_of,
    mark_of,
    new_figure,
    number,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["regret_by_decision"]

_CLEAR = 1.645  # standard errors of a 90 % interval
_FEW = 5


def regret_by_decision(frame: pd.DataFrame, top: int = 25, *, theme: str = "light") -> Figure:
    """Draw, decision by decision, what the choice and its runner-up promised and what came.

    How to read it: the two small marks are the forecasts when deciding, the vertical stroke for
    what was chosen and the open circle for the runner-up; the large mark is what came. A red line
    leads from the runner-up's promise down to what came: the longer, the worse the disappointment.
    What the runner-up would have come to nobody knows, and one outcome has no interval: the
    mean in the subtitle has one.

    Parameters
    ----------
    frame
        `metrics.decision_regret`: one row a decision, the largest disappointment first, with
        `decision_id`, `title`, `chosen`, `predicted`, `runner_up`, `runner_up_predicted`, `value`
        (0 to 1; null: not known yet), `regret_then`, `regret_now`, `provenance`, `decided_at`,
        `observed_at` (UTC).
    top
        How many decisions to draw, in the frame's order; the others are counted.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A row a decision with an outcome.
    """
    known = frame.dropna(subset=["regret_now"]) if len(frame) else frame
    if known.empty:
        return blank(
            theme,
            "Would the runner-up have been the better choice?",
            "No decision has a forecast for itself and for an alternative, and an outcome. Decide "
            "between patterns with session.decide(…, alternatives=(…)), then say what came of it "
            "with memory.record_outcome(…).",
        )
    up = known.head(min(top, MOST_POINTS // 3)).iloc[::-1].reset_index(drop=True)
    fig = new_figure(theme)
    _add_lines(fig, up, theme)
    forecast: dict[str, Any] = {"mode": "markers", "hoverinfo": "skip", "cliponaxis": False}
    ink, mute = TOKENS[theme]["ink"], TOKENS[theme]["mute"]
    for column, name, symbol, colour in (
        ("predicted", "chosen, as predicted", "line-ns", ink),
        ("runner_up_predicted", "runner-up, as predicted", "circle-open", mute),
    ):
        marker = {
            "symbol": symbol,
            "size": 11,
            "color": colour,
            "line": {"width": 2, "color": colour},
        }
        fig.add_scatter(
            x=up[column].tolist(), y=up.index.tolist(), name=name, marker=marker, **forecast
        )
    for provenance in provenances(up["provenance"]):
        _add_outcomes(fig, up[up["provenance"] == provenance], provenance, theme)
    points = [_points(-regret) for regret in up["regret_now"]]
    add_rows(fig, [f"{row.chosen}" for row in up.itertuples()], points, theme)
    fig.update_xaxes(**share_axis("success, predicted and observed"))
    return titled(
        fig,
        _finding(known),
        _subtitle(frame, known, len(up)),
        height=ROW_HEIGHT * len(up) + 64,
        key=_key(up),
    )


def _points(share: float) -> str:
    shown = round(100 * share)
    return "0" if shown == 0 else f"{shown:+d}".replace("-", "\u2212")


def _add_lines(fig: Figure, rows: pd.DataFrame, theme: str) -> None:
    """Lead from the runner-up's promise to what came: red and solid below it, else grey dots."""
    worse = rows["regret_now"] > 0
    for name, mine, token, dash in (
        ("less than the runner-up promised", rows[worse], "alarm", "solid"),
        ("at least what the runner-up promised", rows[~worse], "mute", "dot"),
    ):
        x: list[float | None] = []
        y: list[float | None] = []
        for row in mine.itertuples():
            x += [float(str(row.runner_up_predicted)), float(str(row.value)), None]
            y += [float(str(row.Index)), float(str(row.Index)), None]
        line = {"color": TOKENS[theme][token], "width": 2, "dash": dash}
        fig.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", name=name)


def _add_outcomes(fig: Figure, rows: pd.DataFrame, provenance: str, theme: str) -> None:
    mark = mark_of(provenance)
    colour = TOKENS[theme][mark.token]
    fig.add_scatter(
        x=rows["value"].tolist(),
        y=rows.index.tolist(),
        mode="markers",
        name=provenance,
        marker={
            "symbol": mark.symbol,
            "size": 11,
            "color": colour,
            "line": {"width": 2 if mark.hollow else 0, "color": colour},
        },
        hovertext=[_words(row) for row in rows.to_dict("records")],
        hoverinfo="text",
        customdata=rows["decision_id"].tolist(),
        cliponaxis=False,
    )


def _words(row: dict[Any, Any]) -> str:
    return (
        f"<b>{escaped(elided(str(row['title']), 60))}</b><br>"
        f"chosen {escaped(elided(str(row['chosen']), 50))}: {percent(row['predicted'])} predicted, "
        f"{percent(row['value'])} came<br>"
        f"runner-up {escaped(elided(str(row['runner_up']), 50))}: "
        f"{percent(row['runner_up_predicted'])} predicted<br>"
        f"decided {row['decided_at']:%Y-%m-%d}, seen {row['observed_at']:%Y-%m-%d} (UTC), n 1, "
        f"{row['provenance']}<br>decision {escaped(str(row['decision_id']))}"
    )


def _mean(known: pd.DataFrame) -> tuple[float, float, int]:
    """Return by how much choices beat their runner-up's promise, its reach, over how many."""
    real = known[known["provenance"] != "simulated"]
    rows = real if len(real) else known
    spread = float(rows["regret_now"].std(ddof=1)) if len(rows) > 1 else math.nan
    return float(-rows["regret_now"].mean()), _CLEAR * spread / math.sqrt(len(rows)), len(rows)


def _finding(known: pd.DataFrame) -> str:
    """Hold what came against what the runners-up promised, over all decisions."""
    mean, reach, n = _mean(known)
    if n < _FEW:
        return f"{count_of(n, 'decision')} to compare with a runner-up: too few to say more"
    if abs(mean) <= reach:
        return "Choices came out about as their runners-up promised"
    side = "above" if mean > 0 else "below"
    return f"Choices came out {abs(100 * mean):.0f} points {side} what their runners-up promised"


def _subtitle(frame: pd.DataFrame, known: pd.DataFrame, drawn: int) -> str:
    parts = [f"n {number(len(known))} decisions with a runner-up and an outcome"]
    mean, reach, n = _mean(known)
    if n >= _FEW:
        ends = f"{_points(mean - reach)} to {_points(mean + reach)}, {percent(0.9, 0)} interval"
        parts.append(f"on average {_points(mean)} points ({ends})")
    against = int((known["regret_then"] > 0).sum())
    if against:
        parts.append(f"{number(against)} chosen against the forecast")
    if waiting := len(frame) - len(known):
        parts.append(f"{number(waiting)} without an outcome yet")
    if drawn < len(known):
        parts.append(f"+ {number(len(known) - drawn)} not drawn")
    parts.append("at the right: points above the runner-up's promise")
    return " · ".join([*parts, *caveats(known["provenance"])])


def _key(up: pd.DataFrame) -> list[KeyEntry]:
    key = [
        (sign, token, f"{label}: what came")
        for sign, token, label in key_of(provenances(up["provenance"]))
    ]
    key += [("┃", "ink", "chosen, as predicted"), ("○", "mute", "runner-up, as predicted")]
    return [*key, ("━", "alarm", "less than the runner-up promised")]
