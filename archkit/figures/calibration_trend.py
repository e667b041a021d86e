"""Whether stated confidences get better: their scores month by month."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from archkit.figures.panels import Panels, moments, thinned, time_axis
from archkit.figures.rows import caveats, ci_prob_of, provenances
from archkit.figures.style import (
    TOKENS,
    KeyEntry,
    blank,
    count_of,
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

__all__ = ["calibration_over_time"]

_SCORES = (
    ("brier", "brier_low", "brier_high", "Brier score", 0.25),
    ("log_loss", "log_low", "log_high", "log loss (nats)", math.log(2)),
)
_FEW = 10


def calibration_over_time(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw how well stated confidences were met, month by month.

    How to read it: lower is better, 0 is perfect. The dotted line is what saying "one half" each
    time earns: above it, the confidences mislead. The short lines are what stating each month's
    mean outcome would have earned: below them, confidences tell decisions apart. The log loss
    punishes the sure who are wrong.

    Parameters
    ----------
    frame
        `metrics.calibration_by_month`: one row a month and provenance with `from_at`, `until_at`
        (UTC), `n`, `brier`, `brier_low`, `brier_high`, `log_loss`, `log_low`, `log_high`,
        `brier_of_mean`, `provenance`, `from_future`, `ci_prob`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        Two panels, Brier score and log loss; a month with one forecast has no interval. What is
        dated after now is counted, not drawn.
    """
    known = frame[~frame["from_future"].astype(bool)] if len(frame) else frame
    if known.empty:
        return blank(
            theme,
            "Do stated confidences get better?",
            "No decision has both a stated confidence and an outcome yet. State one with "
            "session.decide(…, confidence=…), then say what came of it with "
            "memory.record_outcome(…).",
        )
    drawn = thinned(known)
    panels = Panels(2, columns=1, size=150)
    fig = new_figure(theme)
    x = time_axis(drawn["from_at"].min(), drawn["until_at"].max(), "outcome seen (UTC)", 6)
    for place, (column, low, high, name, half) in enumerate(_SCORES):
        tops = drawn[high].where(drawn[high].notna(), drawn[column])
        top = max(float(tops.max()), half) * 1.06
        y = {"title": {"text": name}, "range": [-0.02 * top, top], "nticks": 4, "fixedrange": True}
        panels.set_axes(fig, place, x, y)
        axes = panels.axes(place)
        fig.add_scatter(
            x=x["range"],
            y=[half, half],
            mode="lines",
            line={"color": TOKENS[theme]["mute"], "width": 1, "dash": "dot"},
            hoverinfo="skip",
            name="always one half",
            **axes,
        )
        for provenance in provenances(drawn["provenance"]):
            rows = drawn[drawn["provenance"] == provenance]
            if column == "brier":
                _add_means(fig, rows, axes, theme)
            fig.add_scatter(**_marks(rows, (column, low, high, name), provenance, theme), **axes)
        panels.head(fig, place, name, "0 is perfect", theme)
    return titled(
        fig,
        _finding(known),
        _subtitle(frame, known, len(drawn)),
        height=panels.height,
        key=_key(known),
    )


def _add_means(fig: Figure, rows: pd.DataFrame, axes: dict[str, str], theme: str) -> None:
    """Draw what stating each month's mean outcome would have earned, as a short line a month."""
    x: list[str | None] = []
    y: list[float | None] = []
    for one, other, value in zip(
        moments(rows["from_at"]), moments(rows["until_at"]), rows["brier_of_mean"], strict=True
    ):
        x += [one, other, None]
        y += [float(value), float(value), None]
    fig.add_scatter(
        x=x[:1999],
        y=y[:1999],
        mode="lines",
        line={"color": TOKENS[theme]["mute"], "width": 1.5},
        hoverinfo="skip",
        name="always the month's mean",
        **axes,
    )


def _marks(
    rows: pd.DataFrame, score: tuple[str, str, str, str], provenance: str, theme: str
) -> dict[str, Any]:
    column, low, high, name = score
    mark = mark_of(provenance)
    colour = TOKENS[theme][mark.token]
    middle = rows["from_at"] + (rows["until_at"] - rows["from_at"]) / 2
    return {
        "x": moments(middle),
        "y": rows[column].tolist(),
        "mode": "lines+markers",
        "name": f"{name}, {provenance}",
        "line": {"color": colour, "width": 1},
        "marker": {
            "symbol": mark.symbol,
            "size": 9,
            "color": colour,
            "line": {"width": 2 if mark.hollow else 0, "color": colour},
        },
        "error_y": {
            "array": (rows[high] - rows[column]).fillna(0).clip(lower=0).tolist(),
            "arrayminus": (rows[column] - rows[low]).fillna(0).clip(lower=0).tolist(),
            "color": colour,
            "thickness": 2,
            "width": 0,
        },
        "hovertext": [_words(row, score) for row in rows.to_dict("records")],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _words(row: dict[Any, Any], score: tuple[str, str, str, str]) -> str:
    column, low, high, name = score
    sure = row.get("ci_prob")
    if math.isnan(row[low]):
        interval = "no interval: one forecast only"
    else:
        interval = (
            f"{percent(sure, 0) if sure else 'credible'} interval {row[low]:.3f}–{row[high]:.3f}"
        )
    return (
        f"<b>{name} {row[column]:.3f}</b>, {row['from_at']:%B %Y} (UTC)<br>{interval}<br>"
        f"n {number(row['n'])} forecasts, {row['provenance']}"
    )


def _finding(known: pd.DataFrame) -> str:
    """Hold the later half of the forecasts against the earlier, by what was seen here if any."""
    real = known[known["provenance"] != "simulated"]
    rows = (real if len(real) else known).sort_values("from_at", kind="stable")
    n = rows["n"].sum()
    if n < _FEW or rows["from_at"].nunique() < 2:
        return f"{count_of(int(n), 'forecast')} scored: too few to say whether they get better"
    half = (rows["n"].cumsum() - rows["n"] / 2) <= n / 2
    old, new = _pooled(rows[half]), _pooled(rows[~half])
    if old is None or new is None:
        return "Brier score of stated confidences, month by month"
    change, reach = new[0] - old[0], math.hypot(old[1], new[1])
    told = f"Brier score {old[0]:.2f} before, {new[0]:.2f} since"
    if abs(change) <= reach or math.isnan(reach):
        return f"Confidences got neither better nor worse: {told}"
    return f"Confidences got {'better' if change < 0 else 'worse'}: {told}"


def _pooled(rows: pd.DataFrame) -> tuple[float, float] | None:
    """Return the mean Brier score of some months and the reach of its interval."""
    n = float(rows["n"].sum())
    if not n:
        return None
    reach = (rows["brier_high"] - rows["brier"]).fillna(0.25)
    return (
        float((rows["brier"] * rows["n"]).sum() / n),
        math.sqrt(float(((reach * rows["n"]) ** 2).sum())) / n,
    )


def _subtitle(frame: pd.DataFrame, known: pd.DataFrame, drawn: int) -> str:
    parts = [f"{count_of(int(known['n'].sum()), 'forecast')} with an outcome"]
    begun, end = known["from_at"].min(), known["from_at"].max()
    parts.append(f"{begun:%B %Y} to {end:%B %Y}")
    if drawn < len(known):
        parts.append(f"{number(drawn)} of {number(len(known))} months drawn")
    ahead = frame[frame["from_future"].astype(bool)]
    if len(ahead):
        parts.append(f"{count_of(int(ahead['n'].sum()), 'forecast')} dated after now not drawn")
    return " · ".join([*parts, *caveats(known["provenance"])])


def _key(known: pd.DataFrame) -> list[KeyEntry]:
    sure = ci_prob_of(known)
    bar = f"a month, {percent(sure, 0)} interval" if sure else "a month, with its interval"
    key = [
        (sign, token, f"{label}: {bar}")
        for sign, token, label in key_of(provenances(known["provenance"]))
    ]
    return [*key, ("┈", "mute", "always one half"), ("─", "mute", "always the month's mean")]
