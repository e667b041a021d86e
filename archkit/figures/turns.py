"""What each turn of a session took: tokens, money, time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archkit.figures.panels import Panels
from archkit.figures.style import (
    TOKENS,
    KeyEntry,
    blank,
    count_of,
    elided,
    escaped,
    new_figure,
    number,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["session_turns"]

_MOST = 1000
_READ = ("input_tokens", "cache_read_tokens", "cache_write_tokens")
_STANDS_OUT = 2.0  # times an even share of the tokens
_QUICK_MS = 120_000  # a turn that takes longer is told in minutes


def session_turns(
    frame: pd.DataFrame, *, provenance: str = "counted", theme: str = "light"
) -> Figure:
    """Draw what each turn of the model took: tokens read and written, money, time.

    How to read it: a bar is a turn, at the same place in all three panels. Tokens read grow with
    what was said before; a bar that stands out is a turn that read something large or wrote the
    proposal. A panel without bars is not zero: nobody knows.

    Parameters
    ----------
    frame
        `metrics.turn_costs`: one row a turn, in order, with `n`, `model`, `input_tokens`,
        `output_tokens`, `cache_read_tokens`, `cache_write_tokens` (counts), `cost_usd`,
        `duration_ms`, `status`.
    provenance
        What the figures are: ``counted``, ``estimated`` (no model was asked) or ``simulated``.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        Three panels over the turns; of more than 1000 turns the last 1000.
    """
    if frame.empty:
        return blank(theme, "What did each turn take?", "No turn of a model is on record yet.")
    rows = _measured(frame).tail(_MOST)
    slow = bool((rows["duration_ms"] > _QUICK_MS).any())
    rows = rows.assign(time=rows["duration_ms"] / (60_000 if slow else 1000))
    known = [part for part in _parts(slow) if rows[list(part[1])].notna().any(axis=None)]
    shown = known or _parts(slow)[:1]
    panels = Panels(len(shown), columns=1, size=96)
    fig = new_figure(theme)
    x = _turn_axis(int(rows["turn"].iloc[0]), int(rows["turn"].iloc[-1]))
    for place, (unit, bars) in enumerate(shown):
        _add_panel(fig, rows, panels, place, unit, bars, x, theme)
    _mark_broken(fig, rows, panels, theme)
    fig.update_layout(barmode="stack")
    return titled(
        fig,
        _finding(rows),
        _subtitle(frame, rows, provenance),
        height=panels.height,
        key=_key(rows),
    )


def _parts(slow: bool) -> list[tuple[str, dict[str, tuple[str, str]]]]:
    """Name the panels: their unit, and by column of each bar its colour token and its hatching."""
    return [
        ("thousand tokens", {"read": ("observed", ""), "written": ("mute", "/")}),
        ("US dollars", {"cost_usd": ("observed", "")}),
        ("minutes" if slow else "seconds", {"time": ("observed", "")}),
    ]


def _turn_axis(first: int, last: int) -> dict[str, Any]:
    x: dict[str, Any] = {"title": {"text": "turn of the model"}, "tickformat": "d", "nticks": 12}
    x |= {"range": [first - 0.6, last + 0.6], "showgrid": False, "fixedrange": True}
    return x | ({"dtick": 1} if last - first < 10 else {})


def _add_panel(
    fig: Figure,
    rows: pd.DataFrame,
    panels: Panels,
    place: int,
    unit: str,
    bars: Mapping[str, tuple[str, str]],
    x: Mapping[str, Any],
    theme: str,
) -> None:
    colour = TOKENS[theme]
    there = rows.dropna(subset=list(bars))
    top = float(there[list(bars)].sum(axis=1).max()) if len(there) else 0.0
    y = {"range": [0, 1.12 * (top or 1)], "nticks": 4, "fixedrange": True}
    panels.set_axes(fig, place, x, y)
    axis = f"yaxis{place + 1 if place else ''}"
    fig.update_layout({axis: {"showticklabels": top > 0, "showgrid": top > 0}})
    for name, (token, shape) in bars.items():
        fig.add_bar(
            x=there["turn"].tolist(),
            y=there[name].tolist(),
            name=name,
            width=0.7,
            marker={
                "color": colour[token],
                "pattern": {
                    **{"shape": shape, "size": 5, "solidity": 0.4},
                    **{"fgcolor": colour[token], "bgcolor": colour["card"]},
                },
                "line": {"width": 1, "color": colour[token]},
            },
            hovertext=[_turn_words(row) for row in there.to_dict("records")],
            hoverinfo="text",
            **panels.axes(place),
        )
    panels.head(fig, place, unit, _whole(there, bars, unit), theme)


def _measured(frame: pd.DataFrame) -> pd.DataFrame:
    known = frame.reset_index(drop=True)
    columns = [*_READ, "output_tokens", "cost_usd", "duration_ms"]
    numbers = known[columns].astype("float64")
    return known.assign(
        **{name: numbers[name] for name in columns},
        turn=range(1, len(known) + 1),
        read=numbers[list(_READ)].sum(axis=1, min_count=1) / 1000,
        written=numbers["output_tokens"] / 1000,
    )


def _whole(rows: pd.DataFrame, bars: Mapping[str, Any], unit: str) -> str:
    whole = float(rows[list(bars)].sum().sum()) if len(rows) else 0.0
    if len(rows) == 0 or (unit == "thousand tokens" and whole == 0):
        return "not known"
    shown = f"${whole:.3g}" if unit == "US dollars" else f"{whole:,.3g}"
    return f"{shown} in all"


def _mark_broken(fig: Figure, rows: pd.DataFrame, panels: Panels, theme: str) -> None:
    """Mark the turns that broke off, above the first panel's bars."""
    broken = rows[rows["status"] == "interrupted"]
    for turn in broken["turn"].tolist():
        fig.add_annotation(
            x=turn,
            y=1,
            xref=panels.axes(0)["xaxis"],
            yref=f"{panels.axes(0)['yaxis']} domain",
            text="✕",
            showarrow=False,
            yanchor="top",
            font={"size": 12, "color": TOKENS[theme]["alarm"]},
        )


def _turn_words(row: dict[Any, Any]) -> str:
    tokens = [
        f"{row[name]:,.0f} {what}"
        for name, what in (
            ("input_tokens", "read"),
            ("cache_read_tokens", "read from the cache"),
            ("cache_write_tokens", "written to the cache"),
            ("output_tokens", "written"),
        )
        if row[name] == row[name] and row[name]
    ]
    cost = "cost not known" if row["cost_usd"] != row["cost_usd"] else f"${row['cost_usd']:.3g}"
    took = (
        "" if row["duration_ms"] != row["duration_ms"] else f", {row['duration_ms'] / 1000:.3g} s"
    )
    broke = "<br>broke off" if row["status"] == "interrupted" else ""
    return (
        f"<b>turn {row['turn']}</b> (no. {row['n']} in the session)<br>"
        f"tokens: {', '.join(tokens) or 'not known'}<br>{cost}{took}<br>"
        f"{escaped(elided(str(row['model'] or 'model not known'), 40))}{broke}"
    )


def _finding(rows: pd.DataFrame) -> str:
    tokens = rows["read"].fillna(0) + rows["written"].fillna(0)
    turns = count_of(len(rows), "turn")
    if tokens.sum() <= 0:
        return f"{turns}; how many tokens they took is not known"
    share = float(tokens.max() / tokens.sum())
    which = rows["turn"].tolist()[int(tokens.to_numpy().argmax())]
    if len(rows) > 2 and share * len(rows) >= _STANDS_OUT:
        return f"Turn {which} of {len(rows)} took {percent(share, 0)} of the tokens"
    read, written = float(rows["read"].sum()), float(rows["written"].sum())
    one = "One turn" if len(rows) == 1 else turns
    return f"{one} read {read:,.3g} thousand tokens and wrote {written:,.3g}"


def _subtitle(frame: pd.DataFrame, rows: pd.DataFrame, provenance: str) -> str:
    parts = [f"n {number(len(frame))} turns"]
    if len(rows) < len(frame):
        parts.append(f"the last {number(len(rows))} drawn")
    if provenance == "simulated":
        parts.append("all simulated: made-up data, nothing was spent")
    elif provenance == "estimated":
        parts.append("tokens are estimates: no model was asked, nothing was spent")
    elif rows["cost_usd"].isna().all():
        parts.append("what they cost is not known")
    elif unpriced := int(rows["cost_usd"].isna().sum()):
        parts.append(f"{number(unpriced)} without a known price")
    if broken := int((rows["status"] == "interrupted").sum()):
        parts.append(f"{number(broken)} broke off")
    return " · ".join(parts)


def _key(rows: pd.DataFrame) -> list[KeyEntry]:
    key: list[KeyEntry] = [("■", "observed", "read"), ("▨", "mute", "written")]
    if (rows["status"] == "interrupted").any():
        key.append(("✕", "alarm", "broke off"))
    return key
