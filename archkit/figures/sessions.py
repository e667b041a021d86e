"""What sessions cost, and which steps of the learning protocol they take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archkit.figures.panels import (
    Panels,
    hover_of,
    id_line,
    marks_in_room,
    moments,
    thinned,
    time_axis,
)
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
    mark_of,
    new_figure,
    number,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure, Scatter

__all__ = ["session_costs", "session_steps"]

_PANELS = (
    ("cost_usd", "US dollars"),
    ("tokens", "thousand tokens"),
    ("turns", "turns of the model"),
    ("time", "minutes"),
)
_BOUNDS = {
    "observed": ("circle-open", "○"),
    "reported": ("square-open", "□"),
    "simulated": ("triangle-down-open", "▽"),
}
_MOST_SESSIONS = 400  # marks that a panel has room for; each is drawn four times
_ROOM = 40_000
"""Bytes that all marks may take of the 60 kB that a page is sent at a change."""

_QUICK = 2  # minutes: below, seconds read better
_SEEN = "Begin a session with Session(…).brief(…)."


def session_costs(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw what each session cost: money, tokens, turns, time.

    How to read it: a mark is a session, at the same instant in all four panels. In the first, one
    that is open, or points down, is a lower bound: some turns have no known price. A panel without
    marks is not zero: nobody knows. A made-up session's money was never spent.

    Parameters
    ----------
    frame
        `metrics.session_costs`: one row a session with `session_id`, `title`, `client`, `model`,
        `started_at` (UTC), `turns`, `input_tokens`, `output_tokens`, `cache_read_tokens`,
        `cache_write_tokens`, `cost_usd`, `unpriced_turns`, `duration_ms`, `provenance`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        Four panels over one axis of time; sessions without a turn are counted, not drawn. Of many
        sessions as many are drawn as a page is readily sent, evenly picked; medians are of all.
    """
    known = frame[frame["turns"] > 0].dropna(subset=["started_at"]) if len(frame) else frame
    if known.empty:
        made_up = (
            f"{count_of(len(frame), 'session')} without a turn of a model. " if len(frame) else ""
        )
        return blank(theme, "What do sessions cost?", made_up + _SEEN)
    every = _measured(known.sort_values("started_at", kind="stable"))
    rows = thinned(every, _most_sessions(every))
    panels = Panels(4, columns=2, size=120)
    fig = new_figure(theme)
    x = time_axis(rows["started_at"].min(), rows["started_at"].max(), "session began (UTC)", 4)
    quick = bool((every["time"].dropna() < _QUICK).all())
    every, rows = (part.assign(time=part["time"] * (60 if quick else 1)) for part in (every, rows))
    for place, (column, named) in enumerate(_PANELS):
        unit = "seconds" if quick and column == "time" else named
        there = rows.dropna(subset=[column])
        top = float(there[column].max()) if len(there) else 1.0
        y = {"range": [-0.05 * (top or 1), 1.12 * (top or 1)], "nticks": 4}
        panels.set_axes(fig, place, x, {**y, "fixedrange": True})
        axis = f"yaxis{place + 1 if place else ''}"
        fig.update_layout(
            {axis: {"showticklabels": bool(len(there)), "showgrid": bool(len(there))}}
        )
        for provenance in provenances(known["provenance"]):
            mine = there[there["provenance"] == provenance]
            fig.add_trace(_marks(mine, column, unit, provenance, theme, panels.axes(place)))
        middle = every[column].dropna()
        said = _middle(middle, unit) if len(middle) else "not known"
        panels.head(fig, place, unit, said, theme)
    return titled(
        fig,
        _costs_finding(known),
        _costs_subtitle(frame, known, len(rows)),
        height=panels.height,
        key=_costs_key(known),
    )


def _marks(
    rows: pd.DataFrame, column: str, unit: str, provenance: str, theme: str, axes: dict[str, str]
) -> Scatter:
    """Draw a panel's sessions of one provenance; a lower bound of a cost looks different."""
    import plotly.graph_objects as go

    mark = mark_of(provenance)
    colour, bound = TOKENS[theme][mark.token], _BOUNDS[provenance][0]
    low = (rows["unpriced_turns"] > 0) & (column == "cost_usd")
    ids = rows["session_id"].tolist()
    value = "&#36;%{y:.3g}" if column == "cost_usd" else f"%{{y:,.3~g}} {unit}"
    return go.Scatter(
        x=[moment[:16] for moment in moments(rows["started_at"])],
        y=[float(f"{each:.4g}") for each in rows[column]],
        mode="markers",
        name=f"{unit}, {provenance}",
        marker={
            "symbol": _one_or_all([bound if one else mark.symbol for one in low]),
            "size": 8,
            "color": colour,
            "opacity": 0.8,
            "line": {
                "width": _one_or_all([1.5 if one or mark.hollow else 0 for one in low]),
                "color": colour,
            },
        },
        text=[
            f"{_session_words(row)}</b><br>{'at least ' if one else ''}"
            for row, one in zip(rows.to_dict("records"), low, strict=True)
        ],
        hovertemplate=hover_of(
            value, f"began %{{x|%Y-%m-%d %H:%M}} (UTC), {provenance}", *id_line("session", ids)
        ),
        customdata=ids,
        cliponaxis=False,
        **axes,
    )


def _one_or_all(values: list[Any]) -> Any:
    """Return what all marks share once: a page is sent less."""
    return values[0] if len(set(values)) == 1 else values


def _most_sessions(known: pd.DataFrame) -> int:
    """Return how many sessions may have a mark in each panel."""
    few = known.head(200)
    words = sum(len(_session_words(row)) for row in few.to_dict("records")) / len(few)
    each = 45 + words + float(few["session_id"].astype(str).str.len().mean())
    return min(_MOST_SESSIONS, marks_in_room(int(each) * len(_PANELS), _ROOM))


def _costs_key(known: pd.DataFrame) -> list[tuple[str, str, str]]:
    found = []
    for provenance in provenances(known["provenance"]):
        mark, (_, sign) = mark_of(provenance), _BOUNDS[provenance]
        of = "" if provenance == "observed" else f"{provenance} "
        found.append((mark.sign, mark.token, f"one {of}session"))
        rows = known[known["provenance"] == provenance]
        if (rows["unpriced_turns"] > 0).any():
            found.append((sign, mark.token, "a lower bound of its cost"))
    return found


def _measured(known: pd.DataFrame) -> pd.DataFrame:
    kinds = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
    tokens = known[list(kinds)].astype("float64").sum(axis=1, min_count=1)
    return known.assign(
        tokens=tokens / 1000,
        time=known["duration_ms"].astype("float64") / 60_000,
        cost_usd=known["cost_usd"].astype("float64"),
        turns=known["turns"].astype("float64"),
    )


def _middle(values: pd.Series, unit: str) -> str:
    if unit == "US dollars":
        return f"median ${values.median():.2g}"
    return f"median {values.median():.3g}"


def _session_words(row: dict[Any, Any]) -> str:
    """Say which session a mark is; what it took stands at its place in each panel."""
    title = escaped(elided(str(row["title"]), 40))
    return f"{title} ({escaped(elided(str(row['model']), 24))})"


def _costs_finding(known: pd.DataFrame) -> str:
    priced = known["cost_usd"].dropna()
    if priced.empty:
        turns = float(known["turns"].astype("float64").median())
        return f"A session takes {turns:.0f} turns of the model; what they cost is not known"
    bound = "at least " if (known["unpriced_turns"] > 0).any() else ""
    middle, whole = f"{bound}${priced.median():.2g}", f"{bound}${priced.sum():.3g}"
    cost = "would cost" if set(known["provenance"]) == {"simulated"} else "costs"
    return f"A session {cost} {middle}, as a median; {whole} in all"


def _costs_subtitle(frame: pd.DataFrame, known: pd.DataFrame, drawn: int) -> str:
    begun, end = known["started_at"].min(), known["started_at"].max()
    days = list(dict.fromkeys(f"{day.day} {day:%B %Y}" for day in (begun, end)))
    parts = [f"n {number(len(known))} sessions", " to ".join(days)]
    if unpriced := int(known["cost_usd"].isna().sum()):
        parts.append(f"{number(unpriced)} without a known price")
    if idle := len(frame) - len(known):
        parts.append(f"{number(idle)} without a turn not drawn")
    if drawn < len(known):
        parts.append(f"{number(drawn)} drawn, evenly picked")
    said = "observed" if set(known["provenance"]) == {"observed"} else ""
    return " · ".join([*parts, *filter(None, [said]), *caveats(known["provenance"])])


def session_steps(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw in how many sessions each step of the learning protocol was done.

    How to read it: steps that are seldom done are where the memory learns nothing; the commonest
    reason stands in the hover. The steps after the design wait for outcomes: right after a session
    they are skipped by nature.

    Parameters
    ----------
    frame
        `metrics.step_shares`: one row a step with `n_step`, `phase`, `name`, `done`, `skipped`,
        `done_share`, `low`, `high` (0 to 1), `n`, `skipped_since`, `provenance`, `ci_prob`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        A row a step under its phase, in the protocol's order.
    """
    if frame.empty:
        return blank(
            theme,
            "Which steps of the learning protocol are taken?",
            f"No session has noted a step yet. {_SEEN}",
        )
    names: list[str] = []
    headings: set[int] = set()
    counts: list[str] = []
    rows: dict[Any, int] = {}
    down = frame.sort_values("n_step", ascending=False, kind="stable")
    for place, (index, row) in enumerate(down.iterrows()):
        rows[index] = len(names)
        names.append(f"{row['n_step']}  {row['name']}")
        counts.append(f"n {number(row['n'])}")
        ends = place + 1 == len(down) or down["phase"].iloc[place + 1] != row["phase"]
        if ends:
            headings.add(len(names))
            names.append(str(row["phase"]))
            counts.append("")
    placed = down.assign(row=[rows[index] for index in down.index])
    fig = new_figure(theme)
    for provenance in provenances(placed["provenance"]):
        mine = placed[placed["provenance"] == provenance]
        hover = [_step_words(row) for row in mine.to_dict("records")]
        fig.add_trace(estimates(mine, "done_share", provenance, theme, hover))
    add_rows(fig, names, counts, theme, headings)
    sure = ci_prob_of(frame)
    interval = f", {percent(sure, 0)} interval" if sure else ""
    few = {"tickvals": [0, 0.5, 1], "ticktext": [percent(t, 0) for t in (0, 0.5, 1)]}
    fig.update_xaxes(**share_axis(f"share of sessions that did it{interval}") | few)
    never = int((frame["done"] == 0).sum())
    always = int((frame["skipped"] == 0).sum())
    title = _steps_finding(frame, never, always)
    parts = [f"n {number(frame['n'].max())} sessions", f"{count_of(always, 'step')} always done"]
    subtitle = " · ".join([*parts, *caveats(frame["provenance"])])
    key = key_of(provenances(placed["provenance"]))
    return titled(fig, title, subtitle, height=ROW_HEIGHT * len(names) + 64, key=key)


def _steps_finding(frame: pd.DataFrame, never: int, always: int) -> str:
    if never:
        were = "was" if never == 1 else "were"
        return f"{in_words(never)} of {number(len(frame))} steps {were} never done"
    if always == len(frame):
        return "Every step was done in every session"
    least = frame.sort_values("done_share", kind="stable").iloc[0]
    share = percent(least["done_share"], 0)
    return f"Step {least['n_step']} is done least, in {share} of sessions"


def _step_words(row: dict[Any, Any]) -> str:
    why = row["skipped_since"]
    return (
        f"<b>{escaped(elided(str(row['name']), 90))}</b><br>"
        f"done in {number(row['done'])}, skipped in {number(row['skipped'])} sessions: "
        f"{percent(row['done_share'])}<br>"
        f"{interval_words(row['low'], row['high'], row.get('ci_prob'))}, {row['provenance']}"
        + (f"<br>skipped mostly since: {escaped(elided(str(why), 90))}" if why else "")
    )
