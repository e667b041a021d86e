"""What was forecast of each alternative when deciding, and what is known of it since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archkit.figures.rows import (
    ROW_HEIGHT,
    add_rows,
    caveats,
    ci_prob_of,
    estimates,
    interval_words,
    provenances,
    share_axis,
)
from archkit.figures.style import (
    TOKENS,
    KeyEntry,
    blank,
    count_of,
    elided,
    escaped,
    key_of,
    new_figure,
    number,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["evidence_since"]

_MOST = 20
_APART = 0.17  # of a row, between then and now

Row = dict[Any, Any]


def evidence_since(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw for what was taken and for each alternative: its forecast then, its rate now.

    How to read it: above, the hollow circle is what was forecast when deciding; below it stands the
    rate of the pattern by all that is known now, with its interval. Nobody tried the others here:
    what is known of them comes from other decisions. Where intervals overlap far, nothing since
    says that another would have been better.

    Parameters
    ----------
    frame
        One row an alternative, the one taken first: `alternative`, `taken`, `pattern` (slug;
        null: it names none), `forecast` (0 to 1; null), `success_rate`, `low`, `high` (0 to 1;
        null where nothing is known), `n`, `provenance`, `ci_prob`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A row an alternative, at most 20, in the order given.
    """
    known = frame["success_rate"].notna() | frame["forecast"].notna() if len(frame) else frame
    if frame.empty or not known.any():
        return blank(
            theme,
            "What is known since of what was not taken?",
            "No alternative names a pattern, and none had a forecast: nothing can be known of "
            "them. Name patterns with session.decide(…, alternatives=[…]).",
        )
    shown = frame.head(_MOST).iloc[::-1].reset_index(drop=True)
    shown = shown.assign(row=range(len(shown)))
    fig = new_figure(theme)
    stated = shown[shown["forecast"].notna()]
    fig.add_scatter(
        x=stated["forecast"].tolist(),
        y=(stated["row"] + _APART).tolist(),
        mode="markers",
        name="forecast",
        marker={
            **{"symbol": "circle-open", "size": 9, "color": TOKENS[theme]["mute"]},
            "line": {"width": 2, "color": TOKENS[theme]["mute"]},
        },
        hovertext=[
            f"<b>{escaped(str(row['alternative']))}</b><br>forecast {percent(row['forecast'])} "
            "when deciding"
            for row in stated.to_dict("records")
        ],
        hoverinfo="text",
        cliponaxis=False,
    )
    rated = shown[shown["success_rate"].notna()].assign(slug=lambda rows: rows["pattern"])
    rated = rated.assign(row=rated["row"] - _APART)
    for provenance in provenances(rated["provenance"]):
        mine = rated[rated["provenance"] == provenance]
        hover = [_words(row) for row in mine.to_dict("records")]
        fig.add_trace(estimates(mine, "success_rate", provenance, theme, hover))
    names = [
        f"{row['alternative']}{' (taken)' if row['taken'] else ''}"
        for row in shown.to_dict("records")
    ]
    add_rows(fig, names, [_count(row) for row in shown.to_dict("records")], theme)
    sure = ci_prob_of(frame)
    interval = f", {percent(sure, 0)} interval" if sure else ""
    fig.update_xaxes(**share_axis(f"success rate{interval}"))
    return titled(
        fig,
        _finding(frame),
        _evidence(frame),
        height=(ROW_HEIGHT + 9) * len(names) + 60,
        key=_key(frame),
    )


def _count(row: Row) -> str:
    if row["success_rate"] == row["success_rate"]:
        return f"n {number(row['n'])}"
    return "nothing known" if isinstance(row["pattern"], str) else "no pattern"


def _words(row: Row) -> str:
    return (
        f"<b>{escaped(str(row['alternative']))}</b><br>{percent(row['success_rate'])} by what is "
        f"known now<br>{interval_words(row['low'], row['high'], row.get('ci_prob'))}, "
        f"n {number(row['n'])}, {row['provenance']}<br>pattern {escaped(str(row['pattern']))}"
    )


def _finding(frame: pd.DataFrame) -> str:
    """Say whether what is known since tells the one taken from the best of the others."""
    known = frame[frame["success_rate"].notna()]
    taken, others = known[known["taken"]], known[~known["taken"].astype(bool)]
    if taken.empty:
        return "Nothing is known of what was taken beyond its own looks"
    own = taken.iloc[0]
    name = elided(str(own["alternative"]), 26)
    if others.empty:
        return f"{name} succeeds in {percent(own['success_rate'], 0)}; nothing is known of others"
    rival = others.sort_values("success_rate", ascending=False, kind="stable").iloc[0]
    other = elided(str(rival["alternative"]), 26)
    if own["low"] > rival["high"]:
        return f"{name} stands clear of {other} by what is known since"
    if rival["low"] > own["high"]:
        return f"{other} stands clear of {name} by what is known since"
    return f"What is known since does not tell {name} from {other}"


def _evidence(frame: pd.DataFrame) -> str:
    known = frame[frame["success_rate"].notna()]
    parts = [f"{count_of(len(frame), 'alternative')}, the one taken included"]
    parts.append("nobody tried the others here")
    if len(frame) > _MOST:
        parts.append(f"+ {number(len(frame) - _MOST)} not drawn")
    return " · ".join([*parts, *caveats(known["provenance"])])


def _key(frame: pd.DataFrame) -> list[KeyEntry]:
    known = frame[frame["success_rate"].notna()]
    key: list[KeyEntry] = []
    if frame["forecast"].notna().any():
        key.append(("○", "mute", "forecast when deciding"))
    drawn = key_of(provenances(known["provenance"]))
    return key + [(sign, token, f"known now, {label}") for sign, token, label in drawn]
