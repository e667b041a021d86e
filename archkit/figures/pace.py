"""How much is done, week by week, and by whom, and how that turns out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archkit.figures.panels import Panels, moments, time_axis
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

__all__ = ["pace", "success_by_agent"]

_MOST = 30
_BARS = {"observed": "■", "reported": "□", "simulated": "▨"}
_SEEN = "Begin a session with Session(…).brief(…), or record a decision."


def pace(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw how much was done in each of the last weeks.

    How to read it: the last bar is the week up to now, whole. Decisions that grow while outcomes do
    not are a debt: look at who has not been asked yet.

    Parameters
    ----------
    frame
        `metrics.pace`: one row a kind of work and week with `what`, `from_at`, `until_at` (UTC),
        `n`, `simulated`, `reported` (counts), `provenance`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A panel a kind of work, a bar a week; what is simulated is hatched, what another memory
        recorded is hollow.
    """
    if frame.empty:
        return blank(theme, "How much is done?", f"Nothing in the last weeks. {_SEEN}")
    kinds = list(dict.fromkeys(frame["what"]))
    panels = Panels(len(kinds), columns=2, size=110)
    fig = new_figure(theme)
    x = time_axis(frame["from_at"].min(), frame["until_at"].max(), "week up to (UTC)", 4)
    for place, what in enumerate(kinds):
        rows = frame[frame["what"] == what]
        top = max(float(rows["n"].max()), 1.0)
        y = {"range": [0, 1.15 * top], "nticks": 4, "tickformat": ",d", "fixedrange": True}
        if top < 4:
            y |= {"tickvals": list(range(int(top) + 1))}
        panels.set_axes(fig, place, x, y)
        fig.update_layout({f"yaxis{place + 1 if place else ''}": {"showticklabels": True}})
        for kind in _BARS:
            _add_bars(fig, rows, theme, panels.axes(place), kind)
        this, last = rows["n"].iloc[-1], rows["n"].iloc[-2] if len(rows) > 1 else 0
        said = f"{number(this)} this week, {number(last)} before"
        panels.head(fig, place, what, said, theme)
    fig.update_layout(barmode="stack", bargap=0.25)
    weeks = frame["until_at"].nunique()
    parts = [f"the last {weeks} weeks, n {number(frame['n'].sum())}", "counted as written down"]
    subtitle = " · ".join([*parts, *caveats(frame.loc[frame["n"] > 0, "provenance"])])
    return titled(fig, _pace(frame), subtitle, height=panels.height, key=_bar_key(frame))


def _add_bars(fig: Figure, rows: pd.DataFrame, theme: str, axes: dict[str, str], kind: str) -> None:
    counted = _counted(rows, kind)
    colour, card = TOKENS[theme][kind], TOKENS[theme]["card"]
    hatched = {"shape": "/", "fgcolor": colour, "bgcolor": card, "size": 5, "fillmode": "replace"}
    there = rows.assign(counted=counted)[counted > 0]
    fig.add_bar(
        x=moments(there["until_at"]),
        y=there["counted"].tolist(),
        width=5.2 * 86_400_000,
        name=f"{rows['what'].iloc[0]}, {kind}",
        marker={
            "color": card if kind == "reported" else colour,
            "line": {"width": 1.2, "color": colour},
            "pattern": hatched if kind == "simulated" else {},
        },
        hovertext=[_week_words(row, kind) for row in there.to_dict("records")],
        hoverinfo="text",
        **axes,
    )


def _counted(rows: pd.DataFrame, kind: str) -> pd.Series[Any]:
    """Count what is of one provenance."""
    if kind == "observed":
        return rows["n"] - rows["simulated"] - rows["reported"]
    return rows[kind]


def _week_words(row: dict[Any, Any], kind: str) -> str:
    word = count_of(row["counted"], str(row["what"]).removesuffix("s"))
    return (
        f"<b>{word}</b>, {kind}<br>{row['from_at']:%Y-%m-%d %H:%M} to "
        f"{row['until_at']:%Y-%m-%d %H:%M} (UTC)"
    )


def _bar_key(frame: pd.DataFrame) -> list[KeyEntry]:
    return [(sign, kind, kind) for kind, sign in _BARS.items() if _counted(frame, kind).any()]


def _pace(frame: pd.DataFrame) -> str:
    """Say how many decisions the last week saw, and the one before."""
    made = frame[frame["what"] == "decisions"]["n"]
    this, last = int(made.iloc[-1]), int(made.iloc[-2]) if len(made) > 1 else 0
    begun = f"{in_words(this)} {'decision' if this == 1 else 'decisions'} this week"
    if this == last:
        return f"{begun}, as many as in the week before"
    return f"{begun}, {number(last)} in the week before"


def success_by_agent(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw who decided how much, and how often that turned out well.

    How to read it: agents whose intervals overlap cannot be told apart; whoever decides the harder
    questions succeeds less often. Compare within one kind of choice before you conclude.

    Parameters
    ----------
    frame
        `metrics.success_by_agent`: one row an agent with `agent`, `sessions`, `decisions`,
        `outcomes` (counts), `success_rate`, `low`, `high` (0 to 1, null if nothing is known), `n`,
        `provenance`, `ci_prob`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A row an agent, the one with the most decisions on top.
    """
    if frame.empty:
        return blank(theme, "Who decides, and how does it turn out?", f"Nobody yet. {_SEEN}")
    drawn = frame.head(_MOST)
    up = drawn.iloc[::-1].reset_index(drop=True).assign(row=range(len(drawn)))
    known = up.dropna(subset=["success_rate"])
    fig = new_figure(theme)
    for provenance in provenances(known["provenance"]):
        rows = known[known["provenance"] == provenance]
        words = [_agent_words(row) for row in rows.to_dict("records")]
        trace = estimates(rows, "success_rate", provenance, theme, words)
        trace.customdata = rows["agent"].tolist()
        fig.add_trace(trace)
    names = [str(name) or "nobody named" for name in up["agent"]]
    pairs = zip(up["n"], up["decisions"], strict=True)
    counts = [f"n {number(n)} of {number(made)}" for n, made in pairs]
    add_rows(fig, names, counts, theme)
    sure = ci_prob_of(frame)
    interval = f", {percent(sure, 0)} interval" if sure else ""
    fig.update_xaxes(**share_axis(f"share of decisions that turned out well{interval}"))
    parts = [
        f"n {number(frame['n'].sum())} of {count_of(int(frame['decisions'].sum()), 'decision')} "
        "with a known outcome",
        f"{count_of(int(frame['sessions'].sum()), 'session')}",
    ]
    if len(frame) > len(drawn):
        parts.append(f"the {len(drawn)} with most decisions drawn of {number(len(frame))} agents")
    subtitle = " · ".join([*parts, *caveats(known["provenance"])])
    key = key_of(provenances(known["provenance"]))
    return titled(fig, _agents(known), subtitle, height=ROW_HEIGHT * len(up) + 64, key=key)


def _agent_words(row: dict[Any, Any]) -> str:
    return (
        f"<b>{escaped(elided(str(row['agent']) or 'nobody named', 60))}</b><br>"
        f"{percent(row['success_rate'])} turned out well<br>"
        f"{interval_words(row['low'], row['high'], row['ci_prob'])}, n {number(row['n'])}, "
        f"{row['provenance']}<br>{count_of(row['decisions'], 'decision')}, "
        f"{count_of(row['sessions'], 'session')}, {count_of(row['outcomes'], 'outcome')}"
    )


def _agents(known: pd.DataFrame) -> str:
    """Say whether the agents can be told apart, by their intervals."""
    if known.empty:
        return "How their decisions turned out is not known of any agent yet"
    best = known.sort_values(["success_rate", "n"], ascending=False).iloc[0]
    name = elided(str(best["agent"]) or "nobody named", 40)
    if len(known) == 1:
        share = percent(best["success_rate"], 0)
        return f"The decisions of {name} turn out well in {share} of cases"
    others = known[known["agent"] != best["agent"]]
    if (others["high"] < best["low"]).all():
        return f"The decisions of {name} turn out well most often"
    apart = int((others["high"] < best["low"]).sum())
    if not apart:
        many = {2: "The two agents"}.get(len(known), f"The {number(len(known))} agents")
        return f"{many} cannot be told apart by how their decisions turned out"
    close = f"{in_words(len(others) - apart)} of {number(len(others))} agents"
    return f"{close} cannot be told apart from the best"
