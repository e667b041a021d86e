"""Which patterns work, and how sure one may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    blank,
    count_of,
    elided,
    escaped,
    in_words,
    key_of,
    new_figure,
    number,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["success_by_pattern"]


def success_by_pattern(frame: pd.DataFrame, top: int = 30, *, theme: str = "light") -> Figure:
    """Draw how well each pattern works and how sure one may be.

    Parameters
    ----------
    frame
        `metrics.pattern_evidence`: one row a pattern with `slug`, `name`, `success_rate`, `low`,
        `high` (0 to 1), `n` (effective uses) and `provenance`; `in_tie_set` (may be the best),
        `area`, `kind`, `ci_prob` and `last_used_at` are used where present.
    top
        How many patterns to draw, best first; the others are counted.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        One row a pattern: posterior mean with its credible interval, the mark saying where the
        evidence comes from.
    """
    known = frame[frame["n"] > 0].dropna(subset=["success_rate"]) if len(frame) else frame
    if known.empty:
        return blank(
            theme,
            "Which patterns work?",
            "No use of a pattern has an outcome yet. Decide something with session.decide(…), "
            "then say what came of it with memory.record_outcome(…).",
        )
    ranked = known.sort_values(["success_rate", "n"], ascending=False, kind="stable")
    shown = ranked.head(top).iloc[::-1].assign(row=range(min(top, len(ranked))))
    fig = new_figure(theme)
    for provenance in provenances(shown["provenance"]):
        rows = shown[shown["provenance"] == provenance]
        fig.add_trace(estimates(rows, "success_rate", provenance, theme, _hover(rows)))
    add_rows(fig, shown["name"].tolist(), [f"n {number(n)}" for n in shown["n"]], theme)
    sure = ci_prob_of(frame)
    interval = f"{percent(sure, 0)} interval" if sure else "credible interval"
    fig.update_xaxes(**share_axis(f"success rate (posterior mean, {interval})"))
    fig.add_vline(x=0.5, line={"color": TOKENS[theme]["mute"], "width": 1, "dash": "dot"})
    return titled(
        fig,
        _finding(ranked),
        _subtitle(ranked, len(frame) - len(known), top),
        height=ROW_HEIGHT * len(shown) + 64,
        key=key_of(provenances(shown["provenance"])),
    )


def _finding(ranked: pd.DataFrame) -> str:
    """Say how many patterns may be the best, if the frame knows; else who leads, or ask."""
    best, tied = ranked.iloc[0], "in_tie_set" in ranked
    if len(ranked) == 1:
        return f"{elided(best['name'], 44)} is the only pattern with outcomes"
    rivals = int(ranked["in_tie_set"].iloc[1:].sum()) if tied else None
    if rivals is None:
        return "Which patterns work, and how sure is that?"
    if rivals == 0:
        return f"{elided(best['name'], 32)} works better than the others"
    if len(ranked) == 2:
        return "The two patterns cannot be told apart"
    if rivals == len(ranked) - 1:
        return "No pattern can be told apart from the best"
    if rivals == 1:
        return "One other pattern cannot be told apart from the best"
    few = len(ranked) <= 10
    some, whole = in_words(rivals) if few else rivals, in_words(len(ranked)).lower()
    return f"{some} of {whole} patterns cannot be told apart from the best"


def _subtitle(ranked: pd.DataFrame, unused: int, top: int) -> str:
    uses = number(round(float(ranked["n"].sum()), 1))
    parts = [count_of(len(ranked), "pattern"), f"{uses} uses"]
    parts += caveats(ranked["provenance"])
    if len(ranked) > top:
        parts.append(f"+ {number(len(ranked) - top)} more not drawn")
    if unused:
        parts.append(f"{number(unused)} without evidence")
    return " · ".join(parts)


def _hover(rows: pd.DataFrame) -> list[str]:
    ci_prob = ci_prob_of(rows)
    return [
        "<br>".join(
            [
                f"<b>{escaped(row['name'])}</b>",
                f"{percent(row['success_rate'])}, "
                + interval_words(row["low"], row["high"], ci_prob),
                f"n {number(row['n'])}, {row['provenance']}",
                *_last_seen(row.get("last_used_at")),
                f"slug {escaped(row['slug'])}",
            ]
        )
        for row in rows.to_dict("records")
    ]


def _last_seen(instant: object) -> list[str]:
    text = "" if instant is None else str(instant)[:10]
    return [f"last used {text} (UTC)"] if text not in {"", "NaT", "nan", "None"} else []
