"""What nobody knows yet: decisions without an outcome, and what that leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archkit.figures.rows import (
    ROW_HEIGHT,
    add_rows,
    caveats,
    ci_prob_of,
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
    mark_of,
    new_figure,
    number,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["missing_outcomes", "outcome_debt"]

_SENTENCE = (
    "Every decision has an outcome, or none was made. Decide something with session.decide(…); "
    "when it is due for a look, say what came of it with memory.record_outcome(…)."
)


def outcome_debt(frame: pd.DataFrame, top: int = 20, *, theme: str = "light") -> Figure:
    """Draw the decisions that are due for a look, by what not knowing costs.

    How to read it: look at the uppermost decision first: its outcome would tell most, by how unsure
    its patterns' rates are and how often such a choice is made. The length has a unit only to
    compare by; at the right stands for how long the look has been due.

    Parameters
    ----------
    frame
        `metrics.outcome_debt`: one row a decision without an outcome with `decision_id`, `title`,
        `chosen`, `kind`, `decided_at`, `due_at` (UTC), `overdue_days` (negative: not due yet),
        `choices_a_year`, `cost_of_not_knowing` (variance of a rate, a year; null where no pattern
        would learn), `cost_rank` and `simulated`.
    top
        How many decisions to draw, those that cost most first; the others are counted.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A line with a mark for each overdue decision; an open mark where no pattern would learn.
    """
    late = frame[frame["overdue_days"] > 0] if len(frame) else frame
    if frame.empty:
        return blank(theme, "Which decisions are due for a look?", _SENTENCE)
    waiting = len(frame) - len(late)
    if late.empty:
        sentence = f"{count_of(waiting, 'decision')} without an outcome, none of them due yet."
        return blank(theme, "No decision is overdue for a look", sentence)
    drawn = late.sort_values(["cost_rank", "overdue_days"], ascending=[True, False]).head(top)
    up = drawn.iloc[::-1].reset_index(drop=True)
    fig = new_figure(theme)
    cost = up["cost_of_not_knowing"].fillna(0.0).astype(float)
    made_up = up["simulated"].astype(bool)
    for simulated in (False, True):
        mine = up[made_up == simulated]
        if len(mine):
            _add_costs(fig, mine, cost[mine.index], simulated, theme)
    titles = [str(title) for title in up["title"]]
    add_rows(fig, titles, [_late(days) for days in up["overdue_days"]], theme)
    fig.update_xaxes(
        title={"text": "cost of not knowing (variance of a success rate, a year)"},
        range=[-0.02 * max(cost.max(), 1e-9), 1.06 * max(cost.max(), 1e-9)],
        nticks=5,
        tickformat=".3~g",
        rangemode="tozero",
        fixedrange=True,
    )
    parts = [f"{count_of(len(late), 'decision')} overdue, {number(waiting)} not due yet"]
    if len(late) > len(drawn):
        parts.append(f"+ {number(len(late) - len(drawn))} not drawn")
    parts.append("at the right: overdue for")
    parts += caveats(["simulated" if one else "observed" for one in late["simulated"]])
    key = [("●", "observed", "recorded here")] if not made_up.all() else []
    key += [("△", "simulated", "simulated")] if made_up.any() else []
    title = _debt_finding(late, drawn.iloc[0])
    return titled(fig, title, " · ".join(parts), height=ROW_HEIGHT * len(up) + 64, key=key)


def _add_costs(
    fig: Figure, rows: pd.DataFrame, cost: pd.Series, simulated: bool, theme: str
) -> None:
    colour = TOKENS[theme]["simulated" if simulated else "observed"]
    x: list[float | None] = []
    y: list[float | None] = []
    for row, value in cost.items():
        x += [0.0, float(value), None]
        y += [float(str(row)), float(str(row)), None]
    line = {"color": colour, "width": 2, "dash": "dot" if simulated else "solid"}
    fig.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", name="cost")
    known = rows["cost_of_not_knowing"].notna()
    shape = "triangle-up" if simulated else "circle"
    fig.add_scatter(
        x=cost.tolist(),
        y=rows.index.tolist(),
        mode="markers",
        name="simulated" if simulated else "recorded here",
        marker={
            "symbol": [shape + ("-open" if simulated or not k else "") for k in known],
            "size": 10,
            "color": colour,
            "line": {"width": 2, "color": colour},
        },
        hovertext=[_debt_words(row) for row in rows.to_dict("records")],
        hoverinfo="text",
        customdata=rows["decision_id"].tolist(),
        cliponaxis=False,
    )


def _debt_words(row: dict[Any, Any]) -> str:
    cost = row["cost_of_not_knowing"]
    said = "no pattern would learn" if cost != cost else f"cost of not knowing {cost:.2g}"
    return (
        f"<b>{escaped(elided(str(row['title']), 60))}</b><br>chosen: "
        f"{escaped(elided(str(row['chosen']), 60))}<br>{said}, "
        f"{count_of(row['choices_a_year'], 'such choice')} a year<br>"
        f"decided {row['decided_at']:%Y-%m-%d}, due {row['due_at']:%Y-%m-%d} (UTC), "
        f"{_late(row['overdue_days'])} overdue<br>"
        f"decision {escaped(str(row['decision_id']))}{', simulated' if row['simulated'] else ''}"
    )


def _late(days: float) -> str:
    return count_of(int(days), "day") if days < 120 else count_of(round(days / 30.4), "month")


def _debt_finding(late: pd.DataFrame, first: pd.Series) -> str:
    if len(late) == 1:
        return f"One decision is due for a look: {elided(str(first['title']), 40)}"
    whole = late["cost_of_not_knowing"].sum()
    few = late["cost_of_not_knowing"].nlargest(3).sum()
    if len(late) > 6 and whole > 0 and few / whole >= 0.5:
        return f"Three looks would settle {percent(few / whole, 0)} of what is not known"
    return (
        f"{number(len(late))} decisions are overdue; begin with {elided(str(first['title']), 30)}"
    )


def missing_outcomes(frame: pd.DataFrame, top: int = 20, *, theme: str = "light") -> Figure:
    """Draw between what bounds success rates lie while outcomes are missing.

    How to read it: the mark is the rate of what is known; the thick bar goes from the rate if all
    missing outcomes were failures to that if all were successes; the thin one adds the interval.
    Where the thick bar is long, go and look before you trust the mark: who has failed is often
    silent about it.

    Parameters
    ----------
    frame
        `metrics.missing_outcomes`: one row a pattern with `slug`, `name`, `n` (known), `n_missing`,
        `n_overdue`, `success_rate`, `worst_rate`, `best_rate`, `low`, `high` (0 to 1),
        `provenance`, `ci_prob`.
    top
        How many patterns to draw, the widest bounds first; the others are counted.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A row a pattern.
    """
    if frame.empty:
        return blank(theme, "What do missing outcomes leave open?", _SENTENCE)
    up = frame.head(top).iloc[::-1].reset_index(drop=True)
    fig = new_figure(theme)
    for provenance in provenances(up["provenance"]):
        _add_bounds(fig, up[up["provenance"] == provenance], provenance, theme)
    known = up["n"] > 0
    fig.add_scatter(
        x=up.loc[known, "success_rate"].tolist(),
        y=up.index[known].tolist(),
        mode="markers",
        name="known",
        marker={
            "symbol": "line-ns",
            "size": 15,
            "line": {"width": 2.5, "color": TOKENS[theme]["ink"]},
        },
        hoverinfo="skip",
    )
    middle = (up["worst_rate"] + up["best_rate"]) / 2
    fig.add_scatter(
        x=middle.tolist(),
        y=up.index.tolist(),
        mode="markers",
        name="evidence",
        marker={"size": 18, "color": "rgba(0,0,0,0)"},
        hovertext=[_missing_words(row) for row in up.to_dict("records")],
        hoverinfo="text",
        customdata=up["slug"].tolist(),
    )
    counts = [
        f"n {number(n)}, {number(m)} missing" for n, m in zip(up["n"], up["n_missing"], strict=True)
    ]
    add_rows(fig, [str(name) for name in up["name"]], counts, theme)
    few = {"tickvals": [0, 0.5, 1], "ticktext": [percent(t, 0) for t in (0, 0.5, 1)]}
    fig.update_xaxes(**share_axis("success rate") | few)
    width = frame["best_rate"] - frame["worst_rate"]
    title = f"Missing outcomes leave up to {100 * width.max():.0f} points open"
    missing = count_of(int(frame["n_missing"].sum()), "use")
    parts = [f"{count_of(len(frame), 'pattern')}, {missing} without an outcome"]
    parts.append(f"{number(frame['n_overdue'].sum())} of them overdue")
    if len(frame) > top:
        parts.append(f"+ {number(len(frame) - top)} not drawn")
    sure = ci_prob_of(frame)
    parts += caveats(up["provenance"])
    token = mark_of(str(up["provenance"].iloc[0])).token
    key = [("┃", "ink", "rate of what is known")]
    key.append(("▬", token, "all missing failed to all succeeded"))
    key.append(("─", token, f"with the {percent(sure, 0) if sure else 'credible'} interval"))
    return titled(fig, title, " · ".join(parts), height=ROW_HEIGHT * len(up) + 64, key=key)


def _add_bounds(fig: Figure, rows: pd.DataFrame, provenance: str, theme: str) -> None:
    """Draw the bounds as a thick bar over the thin one of their interval, broken if simulated."""
    dash = "dot" if "simulated" in provenance else "solid"
    bars = (("low", "high", 2, dash), ("worst_rate", "best_rate", 8, "solid"))
    for left, right, width, style in bars:
        x: list[float | None] = []
        y: list[float | None] = []
        for row, one, other in zip(rows.index, rows[left], rows[right], strict=True):
            x += [float(one), float(other), None]
            y += [int(row), int(row), None]
        fig.add_scatter(
            x=x,
            y=y,
            mode="lines",
            line={
                "color": TOKENS[theme][mark_of(provenance).token],
                "width": width,
                "dash": style,
            },
            opacity=0.45 if width > 2 else 1,
            name=f"{left} to {right}, {provenance}",
            hoverinfo="skip",
        )


def _missing_words(row: dict[Any, Any]) -> str:
    known = f"{percent(row['success_rate'])} of the known" if row["n"] else "nothing is known"
    return (
        f"<b>{escaped(elided(str(row['name']), 60))}</b><br>{known}, n {number(row['n'])}, "
        f"{row['provenance']}<br>"
        f"{percent(row['worst_rate'])} if all {number(row['n_missing'])} missing failed, "
        f"{percent(row['best_rate'])} if all succeeded<br>"
        f"{interval_words(row['low'], row['high'], row.get('ci_prob'))}<br>"
        f"slug {escaped(str(row['slug']))}"
    )
