"""Whether patterns work equally well in every context, and where the overall rate misleads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archkit.figures.rows import caveats, ci_prob_of, interval_words, provenances
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

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["success_by_context"]

_MOST_PATTERNS = 12
_MOST_VALUES = 3
_ROW, _HEAD, _FOOT = 34, 26, 58
_BETWEEN = 0.035
_NAME_WIDTH = 27
_OVERALL = "overall"


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is drawn: pattern slugs from above, the panels (overall, then values), who is warned."""

    slugs: list[str]
    names: dict[str, str]
    panels: list[str]
    warned: frozenset[str]


def success_by_context(
    frame: pd.DataFrame, top: int = _MOST_PATTERNS, *, theme: str = "light"
) -> Figure:
    """Draw how well each pattern works by each value of one key of the context.

    How to read it: a row is a pattern, a panel is a context, the first panel all of them at once.
    Follow a row: marks whose bars do not overlap say that the pattern depends on the context. Two
    rows with a red sign change places: the one that leads overall is behind in every context, since
    it was used mostly where things go well (Simpson's paradox): choose by context there.

    Parameters
    ----------
    frame
        `metrics.context_slices`: one row a pattern and value of one `key` with `slug`, `name`,
        `kind`, `value`, `success_rate`, `low`, `high` (0 to 1), `n`, `provenance`, `overall_rate`,
        `overall_low`, `overall_high`, `overall_n`, `overall_provenance`, `n_pattern`, `warning`,
        `n_keys`.
    top
        How many patterns to draw, in the frame's order; the others are counted.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        Panels side by side on one scale: overall and the values with most uses, at most three.
    """
    if frame.empty:
        return blank(
            theme,
            "Do patterns work equally well in every context?",
            "No decision with a context has an outcome yet. Decide with context={…}, for instance "
            "{'tenancy': 'multi'}, then say what came of it with memory.record_outcome(…).",
        )
    rows = frame.dropna(subset=["success_rate"])
    slugs = list(dict.fromkeys(rows["slug"]))[:top]
    drawn = rows[rows["slug"].isin(slugs)]
    sizes = drawn.groupby("value")["n"].sum().sort_values(ascending=False, kind="stable")
    warned = frozenset(drawn.loc[drawn["warning"] != "", "slug"])
    names = dict(zip(drawn["slug"], drawn["name"].astype(str), strict=True))
    shown = _Shown(slugs, names, [_OVERALL, *sizes.index[:_MOST_VALUES]], warned)
    fig, whole = new_figure(theme), _overall(drawn)
    key = str(frame["key"].iloc[0])
    for place, value in enumerate(shown.panels):
        mine = whole if place == 0 else drawn[drawn["value"] == value]
        _set_axes(fig, place, shown, theme)
        _head(fig, place, shown, f"{key} = {value}" if place else f"all {key} values", theme)
        for provenance in provenances(mine["provenance"]):
            _add_marks(fig, mine[mine["provenance"] == provenance], place, shown, theme)
    fig.update_layout(margin_r=18)
    said = _subtitle(frame, drawn, shown, len(sizes))
    height = _ROW * len(slugs) + _HEAD + _FOOT
    from_where = [*whole["provenance"], *drawn["provenance"]]
    key_entries = _key(from_where, ci_prob_of(drawn), shown)
    return titled(fig, _finding(drawn, shown), said, height=height, key=key_entries)


def _overall(drawn: pd.DataFrame) -> pd.DataFrame:
    """Take each pattern's overall rate in place of a slice's."""
    rows = drawn.drop_duplicates("slug")
    whole = {"success_rate": "rate", "low": "low", "high": "high", "n": "n"}
    taken = {name: rows[f"overall_{source}"] for name, source in whole.items()}
    return rows.assign(**taken, value="", provenance=rows["overall_provenance"])


def _axis(name: str, place: int) -> str:
    return f"{name}{place + 1 if place else ''}"


def _set_axes(fig: Figure, place: int, shown: _Shown, theme: str) -> None:
    count = len(shown.panels)
    width = (1 - _BETWEEN * (count - 1)) / count
    left = place * (width + _BETWEEN)
    labels = [
        ("⚠ " if slug in shown.warned else "") + escaped(elided(shown.names[slug], _NAME_WIDTH))
        for slug in shown.slugs
    ]
    ticks = [0, 0.5, 1]
    fig.update_layout(
        {
            _axis("xaxis", place): {
                "title": {"text": "success rate (%)" if place == 0 else ""},
                "range": [-0.06, 1.06],
                "tickvals": ticks,
                "ticktext": ["0", "50", "100"],
                "tickangle": 0,
                "domain": [left, left + width],
                "anchor": _axis("y", place),
                "fixedrange": True,
            },
            _axis("yaxis", place): {
                "range": [len(shown.slugs) - 0.4, -0.7],
                "tickvals": list(range(len(shown.slugs))),
                "ticktext": [f"{label}  " for label in labels],
                "tickfont": {"color": TOKENS[theme]["ink"], "size": 13},
                "showticklabels": place == 0,
                "showgrid": False,
                "domain": [0, 1 - _HEAD / (_ROW * len(shown.slugs) + _HEAD)],
                "anchor": _axis("x", place),
                "fixedrange": True,
            },
        }
    )


def _head(fig: Figure, place: int, shown: _Shown, text: str, theme: str) -> None:
    fig.add_annotation(
        x=0,
        xref=f"{_axis('x', place)} domain",
        y=1,
        yref=f"{_axis('y', place)} domain",
        xanchor="left",
        yanchor="bottom",
        yshift=3,
        text=f"<b>{escaped(elided(text, 60 // len(shown.panels)))}</b>",
        hovertext=escaped(text),
        showarrow=False,
        font={"size": 12, "color": TOKENS[theme]["ink"]},
    )


def _add_marks(fig: Figure, rows: pd.DataFrame, place: int, shown: _Shown, theme: str) -> None:
    mark = mark_of(provenance := str(rows["provenance"].iloc[0]))
    colour = TOKENS[theme][mark.token]
    at = [shown.slugs.index(slug) for slug in rows["slug"]]
    axes = {"xaxis": _axis("x", place), "yaxis": _axis("y", place)}
    fig.add_scatter(
        x=rows["success_rate"].tolist(),
        y=at,
        mode="markers",
        name=f"{shown.panels[place]}, {provenance}",
        marker={
            "symbol": mark.symbol,
            "size": 9,
            "color": colour,
            "line": {"width": 2 if mark.hollow else 0, "color": colour},
        },
        error_x={
            "array": (rows["high"] - rows["success_rate"]).clip(lower=0).tolist(),
            "arrayminus": (rows["success_rate"] - rows["low"]).clip(lower=0).tolist(),
            "color": colour,
            "thickness": 2,
            "width": 0,
        },
        hovertext=[_words(row) for row in rows.to_dict("records")],
        hoverinfo="text",
        customdata=rows["slug"].tolist(),
        cliponaxis=False,
        **axes,
    )
    fig.add_scatter(
        x=[1.05] * len(at),
        y=[row - 0.36 for row in at],
        mode="text",
        text=[f"n {number(round(n, 1))}" for n in rows["n"]],
        textposition="middle left",
        textfont={"size": 10, "color": TOKENS[theme]["mute"]},
        name="n",
        hoverinfo="skip",
        cliponaxis=False,
        **axes,
    )


def _words(row: dict[Any, Any]) -> str:
    where = f"{row['key']} = {row['value']}" if row["value"] else f"all values of {row['key']}"
    lines = [
        f"<b>{escaped(elided(str(row['name']), 60))}</b>",
        escaped(where),
        f"{percent(row['success_rate'])}, "
        + interval_words(row["low"], row["high"], row.get("ci_prob")),
        f"n {number(round(row['n'], 1))}, {row['provenance']}",
    ]
    if row["warning"]:
        lines.append(f"⚠ {escaped(elided(str(row['warning']), 140))}")
    return "<br>".join([*lines, f"slug {escaped(str(row['slug']))}"])


def _finding(drawn: pd.DataFrame, shown: _Shown) -> str:
    """Say which order is reversed, else which pattern clearly depends on the context, if any."""
    key = elided(str(drawn["key"].iloc[0]), 24)
    pair = [slug for slug in shown.slugs if slug in shown.warned][:2]
    if len(pair) == 2:
        ahead, behind = (elided(shown.names[slug], 26) for slug in pair)
        return f"{ahead} leads overall, but {behind} works better for every {key}"
    split = []
    for slug, rows in drawn.groupby("slug", sort=False):
        best, least = rows.sort_values("low").iloc[-1], rows.sort_values("high").iloc[0]
        if best["low"] > least["high"]:
            split.append((best["low"] - least["high"], shown.names[str(slug)], best, least))
    if not split:
        return f"No pattern is known to depend on {key}"
    _, name, best, least = max(split, key=lambda found: found[0])
    if len(split) > 1:
        return f"{len(split)} patterns depend on {key}, {elided(name, 30)} most"
    better, worse = (elided(str(row["value"]), 18) for row in (best, least))
    return f"{elided(name, 30)} works better with {key} = {better} than with {worse}"


def _subtitle(frame: pd.DataFrame, drawn: pd.DataFrame, shown: _Shown, values: int) -> str:
    uses = drawn.drop_duplicates("slug")["n_pattern"].sum()
    parts = [f"{count_of(len(shown.slugs), 'pattern')}, {count_of(round(uses, 1), 'use')}"]
    more = frame["slug"].nunique() - len(shown.slugs)
    if more > 0:
        parts.append(f"+ {count_of(more, 'pattern')} not drawn")
    if values > _MOST_VALUES:
        parts.append(f"+ {count_of(values - _MOST_VALUES, 'value')} not drawn")
    keys = int(frame["n_keys"].iloc[0])
    if keys > 1:
        parts.append(f"{count_of(keys - 1, 'more key')} to slice by")
    parts += caveats([*drawn["provenance"], *drawn["overall_provenance"]])
    return " · ".join([*parts, "slices are shrunk towards each pattern's overall rate"])


def _key(from_where: list[str], sure: float | None, shown: _Shown) -> list[KeyEntry]:
    bar = f"{percent(sure, 0)} interval" if sure else "interval"
    key = [
        (sign, token, f"{label}, {bar}") for sign, token, label in key_of(provenances(from_where))
    ]
    return [*key, ("⚠", "alarm", "order reversed in every context")] if shown.warned else key
