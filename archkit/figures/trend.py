"""Outcomes over time: every score as a point, a rolling mean with its interval where known."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from archkit.figures.panels import hover_of, id_line, marks_in_room
from archkit.figures.rows import provenances, share_axis
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
    span,
    titled,
)
from archkit.records import SOURCE_WEIGHT

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike
    from plotly.graph_objects import Figure

__all__ = ["Rolling", "interval_of_mean", "outcomes_over_time", "rolling_mean"]

_ROOM = 20_000
"""Bytes that the points may take of the 60 kB that a page is sent at a change."""

_MOST_STEPS = 120
_LEAST_OUTCOMES = 3
_LINE_OF = {"measured": "observed", "observed": "observed"}
_DASH = {"observed": "solid", "reported": "dot", "simulated": "dash"}
_SIGN = {"observed": "━━", "reported": "┅┅", "simulated": "╍╍"}


@dataclass(frozen=True, slots=True)
class Rolling:
    """One step of a rolling mean; `mean`, `low`, `high` are None over fewer than three outcomes."""

    observed_at: Any
    n: int
    mean: float | None
    low: float | None
    high: float | None


def outcomes_over_time(
    frame: pd.DataFrame, *, window_days: int = 30, ci_prob: float = 0.9, theme: str = "light"
) -> Figure:
    """Draw what came of the decisions, in the order it was seen.

    Parameters
    ----------
    frame
        `metrics.outcome_scores`: one row a score with `outcome_id`, `decision_id`, `title`,
        `observed_at` (UTC), `horizon_days`, `source`, `provenance`, `score` and `value` (0 to 1).
    window_days
        Length of the rolling mean, which looks back and counts an outcome once.
    ci_prob
        Probability inside the band (Wilson interval, so it keeps within 0 and 1).
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A point for each score, or for as many as a page is readily sent, evenly picked; its mark
        says who says so. A line, over all of them, where at least three
        outcomes lie in the window, a gap elsewhere. Simulated outcomes have a line of their own.
    """
    known = frame.dropna(subset=["value", "observed_at"]) if len(frame) else frame
    if known.empty:
        return blank(
            theme,
            "What came of the decisions?",
            "No outcome has been recorded yet. When a decision is due for a look, say what came "
            "of it with memory.record_outcome(decision, success=…, scores={…}).",
        )
    known = known.sort_values("observed_at", kind="stable")
    drawn = _evenly(known)
    outcomes = _outcomes(known)
    fig = new_figure(theme)
    key: list[KeyEntry] = []
    for line, dash in _SIGN.items():
        steps = rolling_mean(outcomes[outcomes["line"] == line], window_days, ci_prob)
        name = f"{window_days}-day mean" + ("" if line == "observed" else f", {line}")
        if any(step.mean is not None for step in steps):
            _add_line(fig, steps, line, theme, name)
            key.append((dash, line, f"{name}, {percent(ci_prob, 0)} interval"))
    if len(outcomes) == 1:
        key.append(_add_single(fig, outcomes, ci_prob, theme))
    for provenance in provenances(drawn["provenance"]):
        _add_points(fig, drawn[drawn["provenance"] == provenance], provenance, theme)
    _set_axes(fig, known)
    key = key_of(provenances(drawn["provenance"])) + key
    title, subtitle = _finding(outcomes, ci_prob), _subtitle(known, len(drawn))
    return titled(fig, title, subtitle, height=300, key=key)


def rolling_mean(outcomes: pd.DataFrame, window_days: int, ci_prob: float) -> list[Rolling]:
    """Give, at the instants an outcome was seen, the weighted mean of the window behind each.

    Of very many instants some 120 are taken, evenly picked, the last and the ends of gaps among
    them.

    Parameters
    ----------
    outcomes
        One row an outcome, oldest first: `observed_at`, `value` (0 to 1), `weight`.
    window_days
        An outcome counts from the instant it was seen until this many days later.
    ci_prob
        Probability inside the interval.

    Returns
    -------
    list of Rolling
        Oldest first; a step without values stands between steps further apart than the window.
    """
    import pandas as pd

    seen = pd.DatetimeIndex(outcomes["observed_at"])
    window = pd.Timedelta(days=window_days)
    value, weight = (outcomes[name].to_numpy(dtype=float) for name in ("value", "weight"))
    steps: list[Rolling] = []
    for instant, after_gap in _picked(seen.unique(), window):
        if after_gap:
            steps.append(Rolling(steps[-1].observed_at + window, 0, None, None, None))
        first = int(seen.searchsorted(instant - window, side="right"))
        last = int(seen.searchsorted(instant, side="right"))
        known = (
            interval_of_mean(value[first:last], weight[first:last], ci_prob)
            if last - first >= _LEAST_OUTCOMES
            else (None,) * 3
        )
        steps.append(Rolling(instant, last - first, *known))
    return steps


def _evenly(known: pd.DataFrame) -> pd.DataFrame:
    """Return as many scores, evenly picked, as a page is readily sent."""
    few = known.head(200)
    texts = few["title"].astype(str).str.len() + few["decision_id"].astype(str).str.len()
    most = marks_in_room(90 + int(texts.mean()), _ROOM)
    return known.iloc[:: -(-len(known) // most)]


def _picked(
    instants: pd.DatetimeIndex, window: pd.Timedelta
) -> Iterator[tuple[pd.Timestamp, bool]]:
    """Pick instants evenly, and those on both sides of a gap; say which come after one."""
    step, last = -(-len(instants) // _MOST_STEPS), len(instants) - 1
    far = [False, *(instants[1:] - instants[:-1] > window)]
    for n, instant in enumerate(instants):
        if (last - n) % step == 0 or far[n] or (n < last and far[n + 1]):
            yield instant, bool(far[n])


def interval_of_mean(
    values: ArrayLike, weights: ArrayLike, ci_prob: float
) -> tuple[float, float, float]:
    """Give the weighted mean of values in 0–1 and an interval that stays within 0–1.

    Wilson's interval, over as many yes-or-no outcomes as would leave the mean as uncertain. The
    spread is taken with one imaginary value as spread out as can be, so that a few equal values
    are not mistaken for certainty.
    """
    import numpy as np

    y, w = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    total = float(w.sum())
    mean = float((w * y).sum()) / total
    n = total**2 / float((w * w).sum())
    widest = mean * (1 - mean)
    spread = float((w * (y - mean) ** 2).sum()) / total
    trials = n * widest / (spread + widest / n) if widest > 0 else n
    z = NormalDist().inv_cdf(0.5 + ci_prob / 2)
    centre = (mean + z * z / (2 * trials)) / (1 + z * z / trials)
    root = math.sqrt(widest / trials + (z / (2 * trials)) ** 2)
    half = z / (1 + z * z / trials) * root
    return mean, max(0.0, centre - half), min(1.0, centre + half)


def _outcomes(known: pd.DataFrame) -> pd.DataFrame:
    """Bring the scores of one outcome to one row: their mean, the weight of its source."""
    grouped = known.groupby("outcome_id", sort=False).agg(
        observed_at=("observed_at", "first"),
        value=("value", "mean"),
        source=("source", "first"),
        provenance=("provenance", "first"),
    )
    grouped["weight"] = [SOURCE_WEIGHT.get(source, 1.0) for source in grouped["source"]]
    grouped["line"] = [_LINE_OF.get(p, p) for p in grouped["provenance"]]
    return grouped.sort_values("observed_at", kind="stable")


def _weighted(rows: pd.DataFrame, ci_prob: float) -> tuple[float, float, float]:
    return interval_of_mean(rows["value"], rows["weight"], ci_prob)


def _add_line(fig: Figure, steps: list[Rolling], line: str, theme: str, name: str) -> None:
    """Draw the band as closed polygons, one a stretch without gaps, and the mean over it."""
    import plotly.graph_objects as go

    x: list[str | None] = []
    y: list[float | None] = []
    for known, stretch in itertools.groupby(steps, lambda step: step.mean is not None):
        if known:
            there = list(stretch)
            back = there[::-1]
            x += [*[_utc_text(step.observed_at) for step in there + back], None]
            y += [
                *[_short(step.high) for step in there],
                *[_short(step.low) for step in back],
                None,
            ]
    if not x:
        return
    fig.add_trace(
        go.Scatter(
            x=x,
            y=y,
            mode="lines",
            line={"width": 0},
            fill="toself",
            fillcolor=TOKENS[theme][f"{line}_band"],
            hoverinfo="skip",
            name=f"interval of the {name}",
        )
    )
    fig.add_trace(
        go.Scatter(
            x=[_utc_text(step.observed_at) for step in steps],
            y=[_short(step.mean) for step in steps],
            mode="lines",
            connectgaps=False,
            line={"width": 2.5, "color": TOKENS[theme][line], "dash": _DASH[line]},
            name=name,
            text=[_step_words(step) for step in steps],
            hovertemplate=f"%{{text}}<br>{name}<extra></extra>",
        )
    )


def _add_single(fig: Figure, outcomes: pd.DataFrame, ci_prob: float, theme: str) -> KeyEntry:
    """Draw the interval around the only outcome there is."""
    import plotly.graph_objects as go

    (_, low, high), line = _weighted(outcomes, ci_prob), outcomes["line"].iloc[0]
    name = f"{percent(ci_prob, 0)} interval of one outcome"
    fig.add_trace(
        go.Scatter(
            x=[_utc_text(outcomes["observed_at"].iloc[0])] * 2,
            y=[low, high],
            mode="lines",
            line={"width": 2, "color": TOKENS[theme][line]},
            name=name,
            hoverinfo="skip",
        )
    )
    return ("┃", line, name)


def _utc_text(instant: pd.Timestamp) -> str:
    return f"{instant:%Y-%m-%dT%H:%M}"


def _short(value: float | None) -> float | None:
    """Return a share as finely as a screen shows it."""
    return None if value is None else round(value, 4)


def _step_words(step: Rolling) -> str:
    if step.mean is None or step.low is None or step.high is None:
        return ""
    return f"{percent(step.mean)}, {span(step.low, step.high)}, n {number(step.n)}"


def _add_points(fig: Figure, rows: pd.DataFrame, provenance: str, theme: str) -> None:
    import plotly.graph_objects as go

    mark, ids = mark_of(provenance), rows["decision_id"].tolist()
    fig.add_trace(
        go.Scatter(
            x=[_utc_text(instant) for instant in rows["observed_at"]],
            y=[_short(value) for value in rows["value"].tolist()],
            mode="markers",
            name=provenance,
            marker={
                "symbol": mark.symbol,
                "size": 7,
                "opacity": 0.75,
                "color": TOKENS[theme][mark.token],
                "line": {"width": 1.5 if mark.hollow else 0, "color": TOKENS[theme][mark.token]},
            },
            text=[_point_words(row) for row in rows.to_dict("records")],
            hovertemplate=hover_of(
                f", {provenance}", "seen %{x|%Y-%m-%d} (UTC)", *id_line("decision", ids)
            ),
            customdata=ids,
            cliponaxis=False,
        )
    )


def _point_words(row: Mapping[Any, Any]) -> str:
    horizon = row["horizon_days"]
    said = str(horizon) not in {"None", "nan", "<NA>"}
    after = f" after {horizon:.0f} days" if said else ""
    title = escaped(elided(str(row["title"]), 60))
    return f"{title}</b><br>{escaped(str(row['score']))} {percent(row['value'])}{after}"


def _set_axes(fig: Figure, known: pd.DataFrame) -> None:
    import pandas as pd

    first, last = known["observed_at"].iloc[0], known["observed_at"].iloc[-1]
    room = max((last - first) * 0.03, pd.Timedelta(days=5))
    fig.update_xaxes(
        title={"text": "seen on (UTC)"},
        range=[_utc_text(first - room), _utc_text(last + room)],
        nticks=6,
        tickangle=0,
        tickformatstops=[
            {"dtickrange": [None, 86_400_000 * 27], "value": "%-d %b\n%Y"},
            {"dtickrange": [86_400_000 * 27, None], "value": "%b %Y"},
        ],
        fixedrange=True,
    )
    share = share_axis("outcome score")
    fig.update_yaxes(**{**share, "range": [-0.03, 1.03]})


def _finding(outcomes: pd.DataFrame, ci_prob: float) -> str:
    """Say whether outcomes got better: the later half against the earlier, with an interval."""
    real = outcomes[outcomes["line"] != "simulated"]
    chosen, noun = (real, "outcomes") if len(real) else (outcomes, "simulated outcomes")
    if len(chosen) == 1:
        return f"One {noun.removesuffix('s')} so far"
    if len(chosen) < 2 * _LEAST_OUTCOMES:
        return f"{number(len(chosen))} {noun} so far: too few to show a trend"
    half = len(chosen) // 2
    old, old_low, old_high = _weighted(chosen.iloc[:half], ci_prob)
    new, new_low, new_high = _weighted(chosen.iloc[half:], ci_prob)
    change = new - old
    # Newcombe's interval of a difference, from the two Wilson intervals.
    below = math.hypot(new - new_low, old_high - old)
    above = math.hypot(new_high - new, old - old_low)
    since = f"{chosen['observed_at'].iloc[0]:%B %Y}"
    noun = noun.capitalize()
    if change - below > 0:
        return f"{noun} improved by {100 * change:.0f} points since {since}"
    if change + above < 0:
        return f"{noun} fell by {-100 * change:.0f} points since {since}"
    return f"{noun} show no clear rise or fall since {since}"


def _subtitle(known: pd.DataFrame, drawn: int) -> str:
    outcomes, decisions = known["outcome_id"].nunique(), known["decision_id"].nunique()
    parts = [f"{count_of(outcomes, 'outcome')} of {count_of(decisions, 'decision')}"]
    first, last = known["observed_at"].iloc[0], known["observed_at"].iloc[-1]
    days = [f"{day.day} {day:%B %Y}" for day in (first, last)]
    parts.append(days[0] if days[0] == days[1] else f"{days[0]} to {days[1]}")
    made_up = known[known["provenance"] == "simulated"]["outcome_id"].nunique()
    if made_up:
        parts.append(f"{'all' if made_up == outcomes else number(made_up)} simulated: made-up data")
    if drawn < len(known):
        parts.append(f"{number(drawn)} of {number(len(known))} scores drawn")
    return " · ".join(parts)
