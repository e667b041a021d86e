"""The query lab's figures: findings in words; reported and simulated figures marked as such."""

from __future__ import annotations

import pandas as pd
import pytest

from archkit.figures import cache_staleness, query_claims, query_times
from archkit.figures.style import TOKENS, fitted

THIN = "\u202f"


def claims(*, holds_from: float | None = 6, counted: float | None = 0.885) -> pd.DataFrame:
    rows = [
        {"way": way, "page": page, "reduction_share": share, "claim_share": claim}
        | {"holds_from": needed, "counted_share": counted if page == 10 else None}
        for way, claim, needed, shares in (
            ("loader", 0.85, holds_from, (0.57, 0.885)),
            ("join", 0.9, 2, (0.857, 0.984)),
            ("documents", None, None, (0.857, 0.984)),
        )
        for page, share in zip((1, 10), shares, strict=True)
    ]
    whole = {"counted_share": "float64", "claim_share": "float64", "holds_from": "Int64"}
    return pd.DataFrame(rows).astype(whole)


def times(latency_ms: float = 1.0) -> pd.DataFrame:
    rows = [
        {"way": way, "kind": kind, "counted": sent, "rows": rows, "ms": ms, "runs": 3}
        | {"trips": sent, "latency_ms": latency_ms, "total_ms": ms + sent * latency_ms}
        | {"reduction_share": 1 - sent / 61}
        for way, kind, sent, rows, ms in (
            ("naive", "naive", 61, 210, 40.0),
            ("join", "joined", 1, 150, 8.0),
            ("documents", "denormalised", 1, 10, 0.5),
            ("cache, warm", "warm", 0, None, 0.1),
        )
    ]
    return pd.DataFrame(rows).astype({"rows": "Int64", "counted": "Int64"})


def stale(**other: object) -> pd.DataFrame:
    row = {"ttl_s": 60.0, "reads": 600, "hit_rate": 0.93, "hit_low": 0.92, "hit_high": 0.94}
    row |= {"expected_hit_rate": 0.94, "stale_rate": 0.25, "stale_low": 0.11, "stale_high": 0.39}
    row |= {"expected_stale_rate": 0.23, "mean_stale_s": 20.0, "oldest_s": 55.0, "ci_prob": 0.9}
    return pd.DataFrame([row | {"ttl_s": 5.0}, row | other])


def told(figure) -> str:
    return figure.layout.meta["title"].replace(THIN, " ")


@pytest.mark.parametrize("draw", [query_claims, query_times, cache_staleness])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_empty_frame_says_so(draw, theme):
    assert draw(pd.DataFrame(), theme=theme).layout.meta["sentence"]


def test_the_page_that_each_reported_saving_needs_is_the_finding():
    assert told(query_claims(claims())) == (
        "Users on a page that it takes to save 85 %: 6 (loader); 90 %: 2 (join)"
    )
    assert "85 %: none are enough (loader)" in told(query_claims(claims(holds_from=None)))


def test_what_is_reported_is_drawn_as_reported_and_what_is_counted_as_measured():
    figure = query_claims(claims())
    lines = {trace.name: trace for trace in figure.data}
    assert lines[f"85{THIN}% reported"].line.color == TOKENS["light"]["reported"]
    assert lines["counted"].marker.symbol == "square"
    assert len(lines["counted"].x) == 3
    assert not figure.layout.shapes  # a live figure would keep them
    uncounted = query_claims(claims(counted=None))
    assert "measured" not in [token for _, token, _ in uncounted.layout.meta["key"]]


def test_ways_of_the_same_course_share_a_line():
    figure = query_claims(claims())
    assert [note.text for note in figure.layout.annotations][:2] == ["loader", "join, documents"]


def test_fewer_queries_are_told_beside_the_time_they_save():
    assert told(query_times(times())) == (
        "join: 98.4 % fewer queries, 5 times as fast; documents: 98.4 % fewer queries, "
        "80 times as fast"
    )


def test_round_trips_are_hollow_and_said_to_be_computed():
    with_trips, without = query_times(times()), query_times(times(0.0))
    naive = with_trips.data[-1]
    assert list(naive.x) == [40.0, 101.0]
    assert list(naive.marker.symbol) == ["square", "square-open"]
    assert "computed" in with_trips.layout.meta["key"][1][2]
    assert (len(without.layout.meta["key"]), len(without.data[-1].x)) == (1, 1)


def test_stale_answers_are_the_finding_and_marked_as_simulated():
    figure = cache_staleness(stale())
    assert told(figure) == (
        "Kept for 60 s, 93 % of answers come from the cache, and 25 % of all are out of date, "
        "by up to 55 s"
    )
    assert "simulated" in figure.layout.meta["subtitle"]
    assert {trace.marker.symbol for trace in figure.data if trace.mode == "markers"} == {
        "triangle-up-open"
    }
    fresh = cache_staleness(stale(stale_rate=0.0, oldest_s=float("nan")))
    assert told(fresh).endswith("and none is out of date")


@pytest.mark.parametrize("figure", [query_claims(claims()), cache_staleness(stale())])
def test_names_at_the_ends_stand_apart_and_stay_on_a_narrow_page(figure):
    small = fitted(figure, 480)
    heights = [note.y for note in small.layout.annotations]
    assert len(set(heights)) == len(heights)
    assert small.layout.margin.r < 240
