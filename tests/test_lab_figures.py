"""Figures of the data labs say their finding, draw what the frame says, and cut nothing off."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest

from archkit import figures
from archkit.figures.style import TOKENS

FIGURES = (
    figures.charged_twice,
    figures.payment_speed,
    figures.read_times,
    figures.refresh_break_even,
)


def race(*rows, runs=4):
    """Make rows of (scenario, way, orders charged twice of 100, requests a second)."""
    made = [
        {"scenario": scenario, "way": way, "orders": 100, "requests": 400, "runs": runs}
        | {"payments": 100 + twice, "charged_twice": twice, "duplicates": twice, "unpaid": 0}
        | {"charged": 100 + twice, "replayed": 300 - twice, "refused": 0, "failed": 0}
        | {"retries": 0, "errors": "", "retries_per_request": 0.0, "ci_prob": 0.9}
        | {"charged_twice_rate": twice / 100, "low": max(0, twice - 5) / 100}
        | {"high": min(100, twice + 5) / 100, "latency_ms": 8.0, "p95_latency_ms": 40.0}
        | {"per_second": speed, "per_second_low": speed - 50, "per_second_high": speed + 50}
        for scenario, way, twice, speed in rows
    ]
    return pd.DataFrame(made)


def reads(*rows):
    """Make rows of (engine, question, layout, ms, rows read, parts read, parts, times faster)."""
    made = [
        {"engine": engine, "question": question, "layout": layout, "ms": ms, "runs": 5}
        | {"ms_low": ms / 2, "ms_high": ms * 2, "rows_read": read, "rows": 300_000}
        | {"parts_read": got, "parts": parts, "times_faster": faster}
        for engine, question, layout, ms, read, got, parts, faster in rows
    ]
    return pd.DataFrame(made)


def even(*rows):
    """Make rows of (engine, question, plain ms, summary ms, refresh ms)."""
    made = [
        {"engine": engine, "question": question, "plain_ms": plain, "summary_ms": summary}
        | {"refresh_ms": refresh, "rows_missing": 50, "rows_added": 50}
        | {"reads": refresh / (plain - summary) if plain > summary else math.inf}
        for engine, question, plain, summary, refresh in rows
    ]
    frame = pd.DataFrame(made)
    return frame.assign(reads_low=frame["reads"] / 2, reads_high=frame["reads"] * 2)


RACE = race(
    ("repeated request", "naive", 98, 1000),
    ("repeated request", "unique key", 0, 1020),
    ("repeated request", "serializable", 0, 400),
    ("two devices", "naive", 99, 1000),
    ("two devices", "unique key", 97, 1000),
    ("two devices", "serializable", 0, 420),
)
READS = reads(
    ("PostgreSQL", "last month", "plain aggregate", 40.0, 300_000, None, None, 1.0),
    ("PostgreSQL", "last month", "monthly partitions", 8.0, 25_500, 1, 12, 5.0),
    ("PostgreSQL", "last month", "materialised summary", 0.4, 365, None, None, 100.0),
    ("DuckDB", "last month", "plain aggregate", 2.0, 300_000, 3, 3, 1.0),
    ("DuckDB", "last month", "materialised summary", 0.8, 365, 1, 1, 2.5),
)
EVEN = even(
    ("PostgreSQL", "last month", 40.0, 0.4, 180.0), ("DuckDB", "last month", 2.0, 0.8, 12.0)
)
FULL = dict(zip(FIGURES, (RACE, RACE, READS, EVEN), strict=True))


def title(figure) -> str:
    return figure.layout.title.text.replace("<br>", " ").replace("\u202f", " ")


def subtitle(figure) -> str:
    return figure.layout.title.subtitle.text.replace("<br>", " ").replace("\u202f", " ")


def notes(figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
@pytest.mark.parametrize("theme", list(TOKENS))
def test_an_empty_frame_says_what_to_run(draw, theme):
    figure = draw(pd.DataFrame(), theme=theme)
    assert title(figure).endswith("?")
    assert any("archkit.labs." in note.replace("<br>", " ") for note in notes(figure))


@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_each_theme_has_its_colours_and_every_number_can_be_written(draw):
    light, dark = (draw(FULL[draw], theme=theme).to_json() for theme in TOKENS)
    assert TOKENS["light"]["measured"] in light
    assert TOKENS["dark"]["measured"] in dark
    assert TOKENS["light"]["measured"] not in dark
    assert "NaN" not in light and json.loads(light)
    with pytest.raises(ValueError, match="theme"):
        draw(FULL[draw], theme="sepia")


def test_who_is_charged_twice_stands_in_the_title_and_where_the_key_fails_under_it():
    figure = figures.charged_twice(RACE)
    assert title(figure) == (
        "With the naive way 98 % of orders are charged twice; one of two ways charge none twice"
    )
    assert subtitle(figure).startswith("4 runs of 25 orders, 4 requests at once for each")
    assert "the unique key holds for a repeated request, not for two devices" in subtitle(figure)
    (trace,) = figure.data
    assert list(trace.x) == RACE["charged_twice_rate"].tolist()
    assert list(trace.y) == [6, 5, 4, 2, 1, 0]
    assert trace.error_x.array[0] == pytest.approx(0.02)
    assert figure.layout.yaxis.ticktext[7].strip() == "<b>repeated request</b>"
    assert notes(figure) == [
        "0 of 100",
        "97 of 100",
        "99 of 100",
        "0 of 100",
        "0 of 100",
        "98 of 100",
    ]
    assert "clients heard: charged 198, replayed 202" in trace.hovertext[0]


def test_ways_that_all_hold_are_said_together():
    rows = [("two devices", "naive", 50, 9), ("two devices", "row lock", 0, 9)]
    one = figures.charged_twice(race(*rows))
    assert title(one).endswith("; a row lock charges none")
    three = figures.charged_twice(race(*rows, ("two devices", "advisory lock", 0, 9)))
    assert title(three).endswith("; every other way charges none")
    alone = figures.charged_twice(race(rows[0]))
    assert title(alone) == "With the naive way 50 % of orders are charged twice"


def test_why_requests_failed_is_told_on_hover():
    frame = race(("two devices", "serializable", 0, 9)).assign(failed=2, errors="40001: <no>")
    assert "failed for: 40001: &lt;no&gt;" in figures.charged_twice(frame).data[0].hovertext[0]


def test_only_what_is_slower_beyond_the_spread_is_called_slower():
    figure = figures.payment_speed(RACE)
    assert title(figure) == (
        "Serializable answers 40 % of what the naive way does; the other keeps up"
    )
    assert notes(figure)[0] == "p95 40 ms"
    level = race(("a", "naive", 0, 1000), ("a", "row lock", 0, 930))
    assert title(figures.payment_speed(level)) == "No way is measurably slower than the naive one"
    few = race(("a", "naive", 0, 1000), ("a", "row lock", 0, 100), runs=3)
    assert "fewer than 4 runs cannot tell" in title(figures.payment_speed(few))


def test_reads_are_drawn_under_their_question_with_the_rows_read():
    figure = figures.read_times(READS)
    assert title(figure) == "A summary answers 2.5 to 100 times as fast as the plain rows"
    assert notes(figure) == ["365 rows", "300k rows", "365 rows", "25.5k rows", "300k rows"]
    headings = [text.strip() for text in figure.layout.yaxis.ticktext if "<b>" in text]
    assert headings == ["<b>DuckDB: last month</b>", "<b>PostgreSQL: last month</b>"]
    hovers = figure.data[0].hovertext
    assert "25,500 of 300,000 rows read, 1 of 12 partitions, measured" in hovers[1]
    assert "3 of 3 row groups" in hovers[3]
    assert "row group" not in hovers[0] and "partition" not in hovers[0]
    assert figure.layout.xaxis.type == "log"
    slow = READS.assign(times_faster=0.9)
    assert title(figures.read_times(slow)) == "No summary answers faster than the plain rows"


def test_the_break_even_is_where_the_lines_cross():
    figure = figures.refresh_break_even(EVEN)
    assert title(figure) == "A refresh pays for itself after 5 to 10 reads"
    assert notes(figure) == [
        "<b>PostgreSQL: last month</b><br>pays from 5 reads a refresh (3–10)",
        "<b>DuckDB: last month</b><br>pays from 10 reads a refresh (5–20)",
    ]
    lines = {trace.name: trace for trace in figure.data}
    crossing = lines["PostgreSQL: last month, break-even"]
    assert crossing.x[0] == pytest.approx(180 / 39.6)
    assert crossing.y[0] == 40
    summary = lines["PostgreSQL: last month, summary"]
    assert summary.y[0] == pytest.approx(180.4)
    assert summary.y[-1] == pytest.approx(0.4 + 180 / summary.x[-1])
    assert max(summary.x) > 10 * crossing.x[0]
    assert "misses 50 of 50 rows" in subtitle(figure)


def test_a_summary_that_never_pays_has_no_crossing():
    frame = even(("DuckDB", "last month", 1.0, 1.5, 20.0), ("DuckDB", "year", 9.0, 1.0, 4.0))
    figure = figures.refresh_break_even(frame)
    assert title(figure) == "A refresh pays for itself after 1 read; in 1 of 2 cases never"
    assert "never pays: the summary is no faster" in notes(figure)[0]
    assert not any("break-even" in trace.name for trace in figure.data)
    none = figures.refresh_break_even(frame.iloc[:1])
    assert title(none) == "The summary never pays here"
