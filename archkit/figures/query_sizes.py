"""What patterns save in queries, size by size, beside what is reported of them."""

from __future__ import annotations

from collections.abc import Hashable
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
    blank,
    count_of,
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

__all__ = ["query_reduction_by_size"]

Row = dict[Hashable, Any]
_NEXT = (
    "No measurement says of which size of request it is. Compare ways to read the same with "
    "archkit.compare_queries(…, sizes=[10, 100, 1000], memory=memory)."
)


def query_reduction_by_size(frame: pd.DataFrame, top: int = 30, *, theme: str = "light") -> Figure:
    """Draw the share of queries saved at each size of the request, pattern by pattern.

    Parameters
    ----------
    frame
        `metrics.query_reduction_by_size`: one row a pattern, state of its cache, provenance and
        size with `slug`, `name`, `cache`, `size`, `reduction_share`, `low`, `high` (at most 1),
        `n`, `requests`, `queries_before`, `queries_after`, `speed_up`, `reported_share`,
        `provenance`, `ci_prob`.
    top
        How many rows to draw at most; patterns come whole, those counted most often first.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        Under each pattern a row a size, and below these what is reported of it, which says of no
        size and joins no count.
    """
    if frame.empty:
        return blank(theme, "At which sizes do patterns save queries?", _NEXT)
    groups = _groups(frame)
    drawn, names, headings = _placed(groups, top)
    fig, placed = new_figure(theme), _framed(drawn)
    for provenance in provenances(placed["provenance"]):
        rows = placed[placed["provenance"] == provenance]
        fig.add_trace(estimates(rows, "reduction_share", provenance, theme, _hover(rows)))
    counts = {row["row"]: _count(row) for row in drawn}
    add_rows(fig, names, [counts.get(row, "") for row in range(len(names))], theme, headings)
    least = min(0.0, float(placed["reduction_share"].min()), float(placed["low"].fillna(0).min()))
    sure = ci_prob_of(frame) if placed["low"].notna().any() else None
    interval = f", {percent(sure, 0)} interval" if sure else ""
    fig.update_xaxes(**share_axis(f"queries saved (pooled share{interval})", least))
    if least < 0:
        fig.add_vline(x=0, line={"color": TOKENS[theme]["mute"], "width": 1})
    return titled(
        fig,
        _finding(frame),
        _subtitle(frame, len(groups) - len(headings)),
        height=ROW_HEIGHT * len(names) + 64,
        key=key_of(provenances(placed["provenance"])),
    )


def _groups(frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Give each pattern, and each state of its cache, its rows; the most counted first."""
    groups = [
        (f"{name}, {cache} cache" if cache else str(name), rows)
        for (_, name, cache), rows in frame.groupby(["slug", "name", "cache"], sort=False)
    ]
    return sorted(groups, key=lambda group: -group[1]["n"].sum())


def _placed(
    groups: list[tuple[str, pd.DataFrame]], top: int
) -> tuple[list[Row], list[str], set[int]]:
    """Give each row its place, counted from below; the names of all; which are headings."""
    fitting: list[tuple[str, pd.DataFrame]] = []
    room = top
    for name, rows in groups:
        if fitting and len(rows) > room:
            break
        fitting.append((name, rows))
        room -= len(rows)
    drawn: list[Row] = []
    names: list[str] = []
    headings: set[int] = set()
    for name, rows in reversed(fitting):
        reported = rows["reported_share"].dropna()
        if len(reported):
            share, slug = float(reported.iloc[0]), rows["slug"].iloc[0]
            drawn.append({**_reported(name, share, len(names)), "slug": slug})
            names.append("reported, of no size")
        for row in rows.sort_values("size", ascending=False).to_dict("records"):
            drawn.append({**row, "name": name, "row": len(names)})
            names.append(count_of(int(row["size"]), "item"))
        headings.add(len(names))
        names.append(name)
    return drawn, names, headings


def _reported(name: str, share: float, row: int) -> Row:
    row_of: Row = dict.fromkeys(("low", "high", "n", "speed_up"), float("nan"))
    row_of |= {"name": name, "reduction_share": share, "provenance": "reported", "row": row}
    return row_of


def _framed(drawn: list[Row]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(drawn)


def _count(row: Row) -> str:
    return "reported" if row["provenance"] == "reported" else f"n {number(row['n'])}"


def _finding(frame: pd.DataFrame) -> str:
    """Say at how many sizes what is reported of a pattern was reached, where anything is."""
    real = frame[frame["provenance"] != "simulated"]
    chosen, made_up = (real, "") if len(real) else (frame, " in simulated data")
    both = chosen[chosen["reported_share"].notna() & (chosen["cache"] != "warm")]
    if len(both):
        reached = int((both["reduction_share"] >= both["reported_share"] - 1e-9).sum())
        if len(both) == 1:
            verb = "reaches" if reached else "does not reach"
            return f"The count by size {verb} what is reported{made_up}"
        head = in_words(reached) if reached else "None"
        verb = "reaches" if reached <= 1 else "reach"
        of = f"{in_words(len(both)).lower()} counts by size"
        return f"{head} of {of} {verb} what is reported{made_up}"
    low, high = chosen["reduction_share"].min(), chosen["reduction_share"].max()
    if low == high:
        return f"{percent(low)} of the queries are saved, at every size counted{made_up}"
    return f"From {percent(low)} to {percent(high)} of the queries are saved, by size{made_up}"


def _subtitle(frame: pd.DataFrame, left_out: int) -> str:
    parts = [count_of(int(frame["n"].sum()), "measurement")]
    sizes = sorted(frame["size"].unique())
    span = f"{sizes[0]:,.0f}" if len(sizes) == 1 else f"{sizes[0]:,.0f}–{sizes[-1]:,.0f}"
    parts.append(f"requests of {span} items")
    if frame["low"].isna().any():
        parts.append("a single request has no interval")
    if (frame["cache"] == "warm").any():
        parts.append("warm caches are not in the title")
    if left_out:
        parts.append(f"+ {count_of(left_out, 'more pattern')} not drawn")
    return " · ".join(parts + caveats([*frame["provenance"], *_if_reported(frame)]))


def _if_reported(frame: pd.DataFrame) -> list[str]:
    return ["reported"] if frame["reported_share"].notna().any() else []


def _hover(rows: pd.DataFrame) -> list[str]:
    ci_prob = ci_prob_of(rows)
    return ["<br>".join(_words(row, ci_prob)) for row in rows.to_dict("records")]


def _words(row: Row, ci_prob: float | None) -> list[str]:
    head = f"<b>{escaped(str(row['name']))}</b>"
    if row["provenance"] == "reported":
        return [head, f"{percent(row['reduction_share'])} saved", "reported, not counted here"]
    told = [
        f"{head}, {count_of(int(row['size']), 'item')}",
        f"{percent(row['reduction_share'])} saved, "
        + interval_words(row["low"], row["high"], ci_prob),
        f"{row['queries_before']:,.0f} queries before, {row['queries_after']:,.0f} after",
        f"n {row['n']:,.0f} of {count_of(int(row['requests']), 'request')}, {row['provenance']}",
    ]
    if row["speed_up"] == row["speed_up"]:
        told.append(f"{row['speed_up']:,.3g} times as fast")
    return [*told, f"slug {escaped(str(row['slug']))}"]
