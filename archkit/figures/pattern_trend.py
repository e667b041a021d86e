"""Whether patterns still work as they did: month by month, with the alarms of drift."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from archkit.figures.panels import (
    Panels,
    hover_of,
    moments,
    template_text,
    thinned,
    time_axis,
    utc_text,
)
from archkit.figures.rows import caveats, ci_prob_of, interval_name, provenances, share_axis
from archkit.figures.style import (
    TOKENS,
    KeyEntry,
    blank,
    count_of,
    elided,
    escaped,
    in_words,
    key_of,
    mark_of,
    new_figure,
    number,
    percent,
    span,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["success_over_time"]

_MOST_PANELS = 12
_DASHES = {"simulated": ("dash", "╍╍"), "reported": ("dot", "┅┅")}


def success_over_time(
    frame: pd.DataFrame, top: int = _MOST_PANELS, *, theme: str = "light"
) -> Figure:
    """Draw how the success rate of patterns went.

    How to read it: a mark is a month, its bar says how little a single month tells. The line goes
    through the last eight outcomes as they stood at each month's end; where it leaves the bars of
    the months before and stays away, the pattern may have changed. A red line is an alarm: from
    there on a pattern is taken to work otherwise. The alarm misses about half of the changes, so
    look at the lines too.

    Parameters
    ----------
    frame
        `metrics.success_by_month`: rows of the kinds (`what`) month, last and epoch with `slug`,
        `name`, `from_at`, `until_at` (UTC), `success_rate`, `low`, `high` (0 to 1), `n`,
        `provenance`, `rate_before`, `bayes_factor`, `undone`, `from_future`, `n_pattern`,
        `n_patterns`.
    top
        How many patterns to draw, in the frame's order: those that changed come first.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A panel a pattern, all on one scale. What is dated after now is counted, not drawn.
    """
    known = frame[~frame["from_future"].astype(bool)] if len(frame) else frame
    if known.empty or not (known["what"] == "month").any():
        return blank(
            theme,
            "Do patterns still work as they did?",
            "No use of a pattern has a dated outcome yet. Decide something with "
            "session.decide(…), then say what came of it with memory.record_outcome(…).",
        )
    slugs = list(dict.fromkeys(known["slug"]))[:top]
    drawn = known[known["slug"].isin(slugs)]
    panels = Panels(len(slugs), columns=min(2, len(slugs)), size=110 if len(slugs) > 1 else 240)
    fig = new_figure(theme)
    months = drawn[drawn["what"] == "month"]
    x = time_axis(months["from_at"].min(), months["until_at"].max(), "outcome seen (UTC)")
    y = share_axis("success rate") | {"tickvals": [0, 0.5, 1]}
    y |= {"ticktext": [percent(t, 0) for t in y["tickvals"]], "range": [-0.04, 1.04]}
    for place, slug in enumerate(slugs):
        rows = drawn[drawn["slug"] == slug]
        panels.set_axes(fig, place, x, y)
        _add_months(fig, rows, panels.axes(place), theme)
        _add_last(fig, rows, panels.axes(place), theme)
        changed = _add_epochs(fig, rows, panels.axes(place), theme)
        name, uses = str(rows["name"].iloc[0]), f"n {number(rows['n_pattern'].iloc[0])}"
        panels.head(fig, place, name, uses, theme, "⚠" if changed else "")
    return titled(
        fig,
        _finding(drawn),
        _subtitle(frame, drawn, len(slugs)),
        height=panels.height,
        key=_key(drawn),
    )


def _add_months(fig: Figure, rows: pd.DataFrame, axes: dict[str, str], theme: str) -> None:
    for provenance in provenances(rows.loc[rows["what"] == "month", "provenance"]):
        mine = thinned(rows[(rows["what"] == "month") & (rows["provenance"] == provenance)])
        mark = mark_of(provenance)
        colour = TOKENS[theme][mark.token]
        middle = mine["from_at"] + (mine["until_at"] - mine["from_at"]) / 2
        fig.add_scatter(
            x=moments(middle),
            y=mine["success_rate"].round(4).tolist(),
            mode="markers",
            name=provenance,
            marker={
                "symbol": mark.symbol,
                "size": 6,
                "color": colour,
                "line": {"width": 1.5 if mark.hollow else 0, "color": colour},
            },
            error_y={
                "array": (mine["high"] - mine["success_rate"]).clip(lower=0).round(4).tolist(),
                "arrayminus": (mine["success_rate"] - mine["low"]).clip(lower=0).round(4).tolist(),
                "color": _faded(colour),
                "thickness": 2,
                "width": 0,
            },
            text=[_month_words(row) for row in mine.to_dict("records")],
            hovertemplate=hover_of(
                f", {provenance}, {interval_name(ci_prob_of(mine))} (UTC)",
                f"slug {template_text(str(mine['slug'].iloc[0]))}",
            ),
            customdata=mine["slug"].tolist(),
            cliponaxis=False,
            **axes,
        )


def _faded(colour: str) -> str:
    """Give a colour at less than half its strength, so that bars stay behind their marks."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.45)"


def _add_last(fig: Figure, rows: pd.DataFrame, axes: dict[str, str], theme: str) -> None:
    for provenance in provenances(rows.loc[rows["what"] == "last", "provenance"]):
        mine = thinned(rows[(rows["what"] == "last") & (rows["provenance"] == provenance)])
        fig.add_scatter(
            x=moments(mine["until_at"]),
            y=mine["success_rate"].round(4).tolist(),
            mode="lines",
            name=f"last eight, {provenance}",
            line={"color": TOKENS[theme]["ink"], "width": 1.8, "dash": _dash(provenance)},
            text=[_last_words(row) for row in mine.to_dict("records")],
            hovertemplate=hover_of(f", {provenance}, {interval_name(ci_prob_of(mine))} (UTC)"),
            **axes,
        )


def _dash(provenance: str) -> str:
    return next((dash for kind, (dash, _) in _DASHES.items() if kind in provenance), "solid")


def _add_epochs(fig: Figure, rows: pd.DataFrame, axes: dict[str, str], theme: str) -> bool:
    """Draw a line where an epoch began; say whether any holds."""
    holds = False
    for row in rows[rows["what"] == "epoch"].to_dict("records"):
        holds |= not row["undone"]
        colour = TOKENS[theme]["mute" if row["undone"] else "alarm"]
        fig.add_scatter(
            x=[utc_text(row["from_at"])] * 3,
            y=[-0.04, 0.5, 1.04],
            mode="lines",
            name="taken back" if row["undone"] else "changed",
            line={"color": colour, "width": 1.8, "dash": "dot" if row["undone"] else "solid"},
            hovertext=_epoch_words(row),
            hoverinfo="text",
            **axes,
        )
    return holds


def _month_words(row: dict[Any, Any]) -> str:
    """Say when, and how it went; what all marks of a panel share, its head and template say."""
    return (
        f"{row['from_at']:%b %Y}</b><br>"
        f"{percent(row['success_rate'])}, {_within(row)}, n {number(row['n'])}"
    )


def _last_words(row: dict[Any, Any]) -> str:
    return (
        f"last {number(row['n'])}</b>, since {row['from_at']:%-d %b}<br>"
        f"{percent(row['success_rate'])}, {_within(row)}"
    )


def _within(row: dict[Any, Any]) -> str:
    low, high = row["low"], row["high"]
    return "no interval" if math.isnan(low) or math.isnan(high) else span(low, high)


def _epoch_words(row: dict[Any, Any]) -> str:
    before = row["rate_before"]
    was = f"{percent(before, 0)} before, " if before is not None and not math.isnan(before) else ""
    factor = row["bayes_factor"]
    odds = "" if factor is None or math.isnan(factor) else f"<br>Bayes factor {factor:.0f}"
    return (
        f"<b>{escaped(elided(str(row['name']), 60))}</b> changed<br>{was}"
        f"{percent(row['success_rate'], 0)} since {row['from_at']:%Y-%m-%d} (UTC), "
        f"n {number(row['n'])}{odds}<br>noticed {row['until_at']:%Y-%m-%d}"
        + ("<br>taken back since: it does not count" if row["undone"] else "")
    )


def _finding(drawn: pd.DataFrame) -> str:
    """Say what changed, the latest of it first; else that no alarm was raised."""
    most = int(drawn["n_patterns"].iloc[0])
    epochs = drawn[drawn["what"] == "epoch"]
    epochs = epochs[~epochs["undone"].astype(bool)].sort_values("from_at")
    changed = epochs.drop_duplicates("slug", keep="last")
    if changed.empty:
        alone = drawn["slug"].nunique() == 1
        return (
            "No alarm: the pattern is not known to have changed"
            if alone
            else ("No alarm: no pattern is known to have changed")
        )
    if len(changed) > 1:
        worse = int((changed["success_rate"] < changed["rate_before"]).sum())
        how = f", {in_words(worse).lower()} of them for the worse" if worse else " for the better"
        several = "At least " if drawn["slug"].nunique() == len(changed) < most else ""
        return f"{several}{in_words(len(changed))} patterns changed{how}"
    row = changed.iloc[0]
    how = "worse" if row["success_rate"] < row["rate_before"] else "better"
    return f"{elided(str(row['name']), 32)} works {how} since {row['from_at']:%B %Y}"


def _subtitle(frame: pd.DataFrame, drawn: pd.DataFrame, count: int) -> str:
    months = drawn[drawn["what"] == "month"]
    uses = count_of(round(float(months["n"].sum()), 1), "use")
    parts = [f"{count_of(count, 'pattern')}, {uses} with an outcome"]
    begun, end = months["from_at"].min(), months["until_at"].max()
    last = end - (end - begun) / 10_000  # until is the next month's first instant
    parts.append(f"{begun:%B %Y} to {last:%B %Y}")
    more = int(frame["n_patterns"].iloc[0]) - count
    if more > 0:
        parts.append(f"+ {count_of(more, 'pattern')} not drawn")
    ahead = frame[frame["from_future"].astype(bool) & (frame["what"] == "month")]
    if len(ahead):
        parts.append(f"{count_of(round(ahead['n'].sum()), 'use')} dated after now not drawn")
    return " · ".join([*parts, *caveats(months["provenance"])])


def _key(drawn: pd.DataFrame) -> list[KeyEntry]:
    months = drawn[drawn["what"] == "month"]
    sure = ci_prob_of(drawn)
    bar = f"a month, {percent(sure, 0)} interval" if sure else "a month, with its interval"
    key = [
        (sign, token, f"{label}: {bar}")
        for sign, token, label in key_of(provenances(months["provenance"]))
    ]
    for provenance in provenances(drawn.loc[drawn["what"] == "last", "provenance"]):
        sign = next((sign for kind, (_, sign) in _DASHES.items() if kind in provenance), "━")
        key.append((sign, "ink", f"last eight outcomes, {provenance}"))
    epochs = drawn[drawn["what"] == "epoch"]
    if len(epochs) and not epochs["undone"].astype(bool).all():
        key.append(("⚠┃", "alarm", "changed from here on"))
    if len(epochs) and epochs["undone"].astype(bool).any():
        key.append(("┊", "mute", "alarm taken back"))
    return key
