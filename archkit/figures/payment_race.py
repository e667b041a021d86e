"""The payment race: who is charged twice, and what being safe costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archkit.figures.rows import (
    ROW_HEIGHT,
    add_rows,
    ci_prob_of,
    estimates,
    interval_words,
    share_axis,
)
from archkit.figures.style import (
    blank,
    count_of,
    escaped,
    in_words,
    new_figure,
    number,
    percent,
    titled,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = ["charged_twice", "payment_speed"]

_ENOUGH = 4  # All runs of two equal ways lie apart by chance once in 35 times; of 3, once in 10.
_NEXT = "No payment was raced for yet. Run archkit.labs.payment_race on a PostgreSQL."


def charged_twice(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw the share of orders that each way charged more than once.

    Parameters
    ----------
    frame
        `labs.payment_race.summary`: one row a scenario and way, the first way being the one that
        does nothing against the race.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        One row a way under its scenario: the share with its interval, and the counts.
    """
    if frame.empty:
        return blank(theme, "Who is charged twice?", _NEXT)
    names, counts, headings, placed = _rows(frame)
    rows = frame.assign(row=placed)
    fig = new_figure(theme)
    fig.add_trace(estimates(rows, "charged_twice_rate", "measured", theme, _twice_hover(frame)))
    add_rows(fig, names, counts, theme, headings)
    sure = percent(ci_prob_of(frame) or 0, 0)
    fig.update_xaxes(**share_axis(f"orders charged more than once ({sure} interval)"))
    return titled(
        fig,
        _who(frame),
        f"{_what_was_run(frame)} · measured on PostgreSQL{_where_the_key_fails(frame)}",
        height=ROW_HEIGHT * len(names) + 64,
    )


def _rows(frame: pd.DataFrame) -> tuple[list[str], list[str], list[int], list[int]]:
    """Place each scenario's heading and under it its ways, the first on top."""
    names: list[str] = []
    counts: list[str] = []
    headings: list[int] = []
    placed: dict[Any, int] = {}
    for scenario, ways in reversed(list(frame.groupby("scenario", sort=False))):
        for index, row in ways.iloc[::-1].iterrows():
            placed[index] = len(names)
            names.append(row["way"])
            counts.append(f"{number(row['charged_twice'])} of {number(row['orders'])}")
        headings.append(len(names))
        names.append(str(scenario))
        counts.append("")
    return names, counts, headings, [placed[index] for index in frame.index]


def _who(frame: pd.DataFrame) -> str:
    """Say what share is charged twice where nothing is done, and how many ways stop all of it."""
    first = frame.iloc[0]
    share = f"{percent(first['charged_twice_rate'], 0)} of orders are charged twice"
    clean = frame.groupby("way", sort=False)["charged_twice"].sum() == 0
    holding = [str(way) for way in clean.index[clean] if way != first["way"]]
    others = len(clean) - 1
    if not others:
        return f"With the {first['way']} way {share}"
    stop = f"{in_words(len(holding)).lower()} of {in_words(others).lower()} ways charge none twice"
    if len(holding) == others:
        stop = "every other way charges none" if others > 1 else f"a {holding[0]} charges none"
    return f"With the {first['way']} way {share}; {stop}"


def _where_the_key_fails(frame: pd.DataFrame) -> str:
    """Name the ways that hold in one scenario only."""
    counts = frame.pivot_table(index="way", columns="scenario", values="charged_twice", sort=False)
    half = counts[(counts == 0).any(axis=1) & (counts > 0).any(axis=1)]
    said = [
        f"the {way} holds for a {row[row == 0].index[0]}, not for {row[row > 0].index[0]}"
        for way, row in half.iterrows()
    ]
    return "".join(f" · {part}" for part in said)


def _what_was_run(frame: pd.DataFrame) -> str:
    first = frame.iloc[0]
    runs = count_of(int(first["runs"]), "run")
    each = first["requests"] / first["orders"]
    orders = number(first["orders"] / first["runs"])
    return f"{runs} of {orders} orders, {number(each)} requests at once for each"


def _twice_hover(frame: pd.DataFrame) -> list[str]:
    ci_prob = ci_prob_of(frame)
    return [
        f"<b>{escaped(row['way'])}</b>, {escaped(row['scenario'])}<br>"
        f"{percent(row['charged_twice_rate'])} charged twice, "
        f"{interval_words(row['low'], row['high'], ci_prob)}<br>"
        f"{row['payments']:,} payments for {row['orders']:,} orders, {row['duplicates']:,} too many"
        f"<br>clients heard: {_heard(row)}<br>n {row['orders']:,} orders, measured"
        + (f"<br>failed for: {escaped(row['errors'])}" if row["errors"] else "")
        for row in frame.to_dict("records")
    ]


def _heard(row: dict[Any, Any]) -> str:
    answers = ("charged", "replayed", "refused", "failed")
    return ", ".join(f"{answer} {row[answer]:,}" for answer in answers if row[answer])


def payment_speed(frame: pd.DataFrame, *, theme: str = "light") -> Figure:
    """Draw how many requests each way answers a second.

    Parameters
    ----------
    frame
        `labs.payment_race.summary`, as for `charged_twice`.
    theme
        `light` or `dark`: the page the figure stands on.

    Returns
    -------
    Figure
        One row a way under its scenario: the median of the runs with their range, and the time
        in which 95 % of requests were answered.
    """
    if frame.empty:
        return blank(theme, "What does it cost to charge nobody twice?", _NEXT)
    names, _, headings, placed = _rows(frame)
    by_row = dict(zip(placed, frame.to_dict("records"), strict=True))
    slow = [
        "" if row in headings else f"p95 {by_row[row]['p95_latency_ms']:.0f} ms"
        for row in range(len(names))
    ]
    ends = {"low": frame["per_second_low"], "high": frame["per_second_high"]}
    fig = new_figure(theme)
    rows = frame.assign(row=placed, **ends)
    fig.add_trace(estimates(rows, "per_second", "measured", theme, _speed_hover(frame)))
    add_rows(fig, names, slow, theme, headings)
    fig.update_xaxes(
        title_text="requests answered a second (median, least to most)",
        range=[0, frame["per_second_high"].max() * 1.04],
        tickformat=",",
        nticks=6,
        fixedrange=True,
    )
    clients = "clients and server share one machine"
    return titled(
        fig,
        _cost(frame),
        f"{_what_was_run(frame)} · {clients} · p95: 95 % were answered within it, waiting included",
        height=ROW_HEIGHT * len(names) + 64,
    )


def _cost(frame: pd.DataFrame) -> str:
    """Say which ways are slower than doing nothing by more than the runs differ."""
    first, ways = _pooled_speed(frame)
    slower = {
        str(way): row["per_second"] / first["per_second"]
        for way, row in ways.iterrows()
        if row["per_second_high"] < first["per_second_low"]
    }
    if frame["runs"].min() < _ENOUGH:
        return f"What being safe costs: fewer than {_ENOUGH} runs cannot tell the ways apart"
    if not slower:
        return f"No way is measurably slower than the {first['way']} one"
    said = [
        f"{way} answers {percent(share, 0)}"
        for way, share in sorted(slower.items(), key=lambda item: item[1])[:2]
    ]
    even = len(ways) - len(slower)
    rest = "" if not even else "; the other keeps up" if even == 1 else "; the others keep up"
    title = f"{' and '.join(said)} of what the {first['way']} way does{rest}"
    return title[0].upper() + title[1:]


def _pooled_speed(frame: pd.DataFrame) -> tuple[Any, pd.DataFrame]:
    """Give the first scenario's first way, and its others by name."""
    one = frame[frame["scenario"] == frame["scenario"].iloc[0]]
    return one.iloc[0], one.iloc[1:].set_index("way")


def _speed_hover(frame: pd.DataFrame) -> list[str]:
    return [
        f"<b>{escaped(row['way'])}</b>, {escaped(row['scenario'])}<br>"
        f"{row['per_second']:,.0f} requests a second, {row['per_second_low']:,.0f} to "
        f"{row['per_second_high']:,.0f} in {count_of(row['runs'], 'run')}<br>"
        f"answered in {row['latency_ms']:.3g} ms (median), 95 % within "
        f"{row['p95_latency_ms']:.3g} ms<br>"
        f"{row['retries_per_request']:.2g} transactions begun again a request, measured"
        for row in frame.to_dict("records")
    ]
