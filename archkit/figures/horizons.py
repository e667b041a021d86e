"""How decisions score one month, three months, a year on: each one's trace, and their mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archkit.figures.panels import Panels, hover_of, id_line, marks_in_room
from archkit.figures.rows import caveats, interval_words, provenances, share_axis
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
from archkit.figures.trend import interval_of_mean

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["scores_by_horizon"]

_MOST_PANELS = 6
_MOST_TRACES = 150
_ROOM = 24_000
"""Bytes that all traces may take of the 60 kB that a page is sent at a change."""

_SPREAD = 0.56
_LEAST = 3


def scores_by_horizon(frame: pd.DataFrame, *, ci_prob: float = 0.9, theme: str = "light") -> Figure:
    """Draw how decisions score at each horizon after they were made.

    How to read it: a thin line is one decision, from its first look to its last; it breaks where
    nobody looked though the horizon had passed. Within a horizon the decisions stand in the order
    in which they were made. The large mark is the weighted mean with its interval; a mean that
    falls from left to right says that decisions wear off. Where many looks are missing, the mean
    is that of the decisions somebody cared to look at.

    Parameters
    ----------
    frame
        `metrics.scores_by_horizon`: one row a score, horizon and decision with `score`,
        `horizon_days`, `decision_id`, `title`, `value` (0 to 1, null where nobody looked),
        `weight`, `provenance`, `age_days`, `outcome_id`, `from_future`.
    ci_prob
        Probability inside the interval of the mean (Wilson's, so it keeps within 0 and 1).
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A panel a score, the six with most values; success, if there is one, first. At most 150
        decisions of a panel have a line, or as many as a page is readily sent, evenly picked; the
        mean is over all of them.
    """
    known = frame[~frame["from_future"].astype(bool)] if len(frame) else frame
    if known.empty or known["value"].notna().sum() == 0:
        return blank(
            theme,
            "How do decisions score, one month, three months, a year on?",
            "No outcome has been recorded yet. Say what came of a decision with "
            "memory.record_outcome(decision, scores={…}, horizon_days=30).",
        )
    sizes = known.groupby("score")["value"].count().sort_values(ascending=False, kind="stable")
    order = sorted(sizes.index[sizes > 0], key=lambda score: score != "success")
    scores = order[:_MOST_PANELS]
    horizons = sorted(int(days) for days in known["horizon_days"].unique())
    count = len(scores)
    panels = Panels(count, columns=min(2, count), size=150 if count > 1 else 260)
    fig = new_figure(theme)
    most_drawn, most = 0, _most_traces(known[known["score"].isin(scores)])
    for place, score in enumerate(scores):
        rows = known[known["score"] == score]
        _set_axes(fig, place, panels, horizons)
        drawn = _add_traces(fig, rows, horizons, panels.axes(place), theme, most)
        most_drawn = max(most_drawn, drawn)
        _add_means(fig, rows, horizons, panels.axes(place), ci_prob, theme)
        _add_missing(fig, rows, horizons, place, panels, theme)
        said = f"n {count_of(int(sizes[score]), 'look')}"
        panels.head(fig, place, str(score), said, theme)
    return titled(
        fig,
        _finding(known, scores[0], horizons, ci_prob),
        _subtitle(frame, known, len(order) - count, most_drawn),
        height=panels.height,
        key=_key(known, ci_prob),
    )


def _set_axes(fig: Figure, place: int, panels: Panels, horizons: list[int]) -> None:
    x = {
        "title": {"text": "days after the decision"},
        "range": [-0.5, len(horizons) - 0.5],
        "tickvals": list(range(len(horizons))),
        "ticktext": [f"{days}" for days in horizons],
        "showgrid": False,
        "fixedrange": True,
    }
    y = share_axis("score") | {"tickvals": [0, 0.5, 1], "range": [-0.22, 1.06]}
    panels.set_axes(fig, place, x, y | {"ticktext": [percent(t, 0) for t in (0, 0.5, 1)]})


def _most_traces(known: pd.DataFrame) -> int:
    """Return how many decisions may have a line in each panel."""
    few = known.head(200)
    texts = few["title"].astype(str).str.len().clip(upper=40)
    texts += few["decision_id"].astype(str).str.len()
    looks = len(known) / max(known.groupby("score")["decision_id"].nunique().sum(), 1) + 0.3
    each = int(looks * (60 + texts.mean()) * known["score"].nunique())
    return min(_MOST_TRACES, marks_in_room(each, _ROOM))


def _add_traces(
    fig: Figure,
    rows: pd.DataFrame,
    horizons: list[int],
    axes: dict[str, str],
    theme: str,
    most: int,
) -> int:
    """Draw a line a decision, evenly picked; return how many decisions have one."""
    ids = list(dict.fromkeys(rows.sort_values("decided_at", kind="stable")["decision_id"]))
    step = -(-len(ids) // most)
    spot = {one: _SPREAD * ((n + 0.5) / len(ids) - 0.5) for n, one in enumerate(ids)}
    picked = set(ids[::step])
    mine = rows[rows["decision_id"].isin(picked)]
    for provenance in provenances(mine["provenance"]):
        x: list[float | None] = []
        y: list[float | None] = []
        words: list[str] = []
        whose: list[str | None] = []
        own = mine[mine["provenance"] == provenance]
        for decision, looks in own.groupby("decision_id", sort=False):
            for row in looks.sort_values("horizon_days").to_dict("records"):
                x.append(round(horizons.index(int(row["horizon_days"])) + spot[decision], 3))
                y.append(None if row["value"] != row["value"] else round(row["value"], 4))
                words.append(_look_words(row))
                whose.append(str(decision))
            x.append(None)
            y.append(None)
            words.append("")
            whose.append(None)
        mark = mark_of(provenance)
        fig.add_scatter(
            x=x,
            y=y,
            mode="lines+markers",
            name=f"decisions, {provenance}",
            opacity=0.55 if len(picked) > 20 else 0.8,
            connectgaps=False,
            line={"color": TOKENS[theme][mark.token], "width": 0.8},
            marker={"symbol": mark.symbol, "size": 4},
            text=words,
            hovertemplate=hover_of("", provenance, *id_line("decision", whose)),
            customdata=whose,
            cliponaxis=False,
            **axes,
        )
    return len(picked)


def _look_words(row: dict[Any, Any]) -> str:
    if row["value"] != row["value"]:
        return ""
    return (
        f"{escaped(elided(str(row['title']), 40))}</b><br>"
        f"{percent(row['value'])} {row['age_days']:.0f} days after"
    )


def _means(rows: pd.DataFrame, days: int, ci_prob: float) -> tuple[float, float, float, int] | None:
    values = rows[(rows["horizon_days"] == days) & rows["value"].notna()]
    if len(values) < _LEAST:
        return None
    found = interval_of_mean(values["value"], values["weight"], ci_prob)
    return (*found, len(values))


def _add_means(
    fig: Figure,
    rows: pd.DataFrame,
    horizons: list[int],
    axes: dict[str, str],
    ci_prob: float,
    theme: str,
) -> None:
    kinds = provenances(rows.loc[rows["value"].notna(), "provenance"])
    for n, provenance in enumerate(kinds):
        mark = mark_of(provenance)
        colour = TOKENS[theme]["ink"]
        found = [_means(rows[rows["provenance"] == provenance], d, ci_prob) for d in horizons]
        known = [(place, mean) for place, mean in enumerate(found) if mean]
        shift = 0.08 * (n - (len(kinds) - 1) / 2)
        fig.add_scatter(
            x=[place + shift for place, _ in known],
            y=[mean[0] for _, mean in known],
            mode="lines+markers",
            name=f"mean, {provenance}",
            line={"color": colour, "width": 1.6, "dash": "dot"},
            marker={
                "symbol": mark.symbol,
                "size": 10,
                "color": colour,
                "line": {"width": 2 if mark.hollow else 0, "color": colour},
            },
            error_y={
                "array": [mean[2] - mean[0] for _, mean in known],
                "arrayminus": [mean[0] - mean[1] for _, mean in known],
                "color": colour,
                "thickness": 2,
                "width": 0,
            },
            hovertext=[
                f"mean {percent(mean[0])}, {horizons[place]} days<br>"
                f"{interval_words(mean[1], mean[2], ci_prob)}, n {mean[3]}, {provenance}"
                for place, mean in known
            ],
            hoverinfo="text",
            **axes,
        )


def _add_missing(
    fig: Figure, rows: pd.DataFrame, horizons: list[int], place: int, panels: Panels, theme: str
) -> None:
    """Write below each horizon how many were looked at, and how many were not."""
    axes = panels.axes(place)
    for spot, days in enumerate(horizons):
        mine = rows[rows["horizon_days"] == days]
        seen, gone = int(mine["value"].notna().sum()), int(mine["value"].isna().sum())
        text = f"n {number(seen)}" + (f", {number(gone)} missing" if gone else "")
        fig.add_annotation(
            x=spot,
            y=-0.13,
            xref=axes["xaxis"],
            yref=axes["yaxis"],
            text=text if len(mine) else "",
            showarrow=False,
            font={"size": 10, "color": TOKENS[theme]["mute"]},
        )


def _finding(known: pd.DataFrame, score: str, horizons: list[int], ci_prob: float) -> str:
    """Say whether the first score falls or rises from its first horizon to its last."""
    rows = known[known["score"] == score]
    for kinds in (("measured", "observed"), ("reported",), ("simulated",)):
        if (alike := rows[rows["provenance"].isin(kinds)])["value"].notna().any():
            rows = alike
            break
    name = "Success" if score == "success" else f"The score {elided(score, 24)}"
    found = [(days, _means(rows, days, ci_prob)) for days in horizons]
    there = [(days, mean) for days, mean in found if mean]
    if not there:
        return "Too few looks to say how decisions score later on"
    (first, old), (last, new) = there[0], there[-1]
    if first == last:
        return f"{name} is {percent(old[0], 0)} after {first} days; later looks are too few"
    if new[2] < old[1]:
        return f"{name} falls from {percent(old[0], 0)} to {percent(new[0], 0)} by day {last}"
    if new[1] > old[2]:
        return f"{name} rises from {percent(old[0], 0)} to {percent(new[0], 0)} by day {last}"
    return f"{name} after {last} days cannot be told apart from that after {first}"


def _subtitle(frame: pd.DataFrame, known: pd.DataFrame, undrawn: int, drawn: int) -> str:
    decisions, looks = known["decision_id"].nunique(), known["outcome_id"].nunique()
    parts = [f"{count_of(decisions, 'decision')}, {count_of(looks, 'look')}"]
    missing = known[known["value"].isna()].drop_duplicates(["decision_id", "horizon_days"])
    if len(missing):
        parts.append(f"{count_of(len(missing), 'score')} missing though due")
    if drawn < decisions:
        parts.append(f"lines of {number(drawn)} decisions, evenly picked")
    if undrawn > 0:
        parts.append(f"+ {count_of(undrawn, 'score')} not drawn")
    if ahead := int(frame["from_future"].sum()):
        parts.append(f"{count_of(ahead, 'score')} dated after now not drawn")
    return " · ".join([*parts, *caveats(known["provenance"])])


def _key(known: pd.DataFrame, ci_prob: float) -> list[KeyEntry]:
    kinds = provenances(known.loc[known["value"].notna(), "provenance"])
    key = [(sign, token, f"{label}: one decision") for sign, token, label in key_of(kinds)]
    signs = "".join(dict.fromkeys(sign for sign, _, _ in key_of(kinds)))
    return [*key, (signs, "ink", f"weighted mean, {percent(ci_prob, 0)} interval")]
