"""Figures of queries by size: what is drawn, what is said, and the states with little to draw."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest

from archkit import figures
from archkit.figures.style import TOKENS
from archkit.queries.compare_growth import growth_of

SIZES = (10, 100, 1000)
COUNTS = {
    "naive": (61, 601, 6001),
    "select in": (3, 3, 13),
    "subquery": (3, 3, 3),
    "loader": (3, 3, 3),
    "join": (1, 1, 1),
}


def variant(name: str, counts: tuple[int, ...], cache: str = "", **more: Any) -> list[dict]:
    sizes = SIZES[: len(counts)]
    growth = growth_of(sizes, counts)
    row = {"variant": name, "cache": cache, "rows": 5, "wall_ms": 12.5, "label": "posts"}
    row |= {"order": growth.order, "slope": growth.slope, "growth": growth.words}
    row |= {"baseline": name == "naive", "counts": "statements sent"}
    base = COUNTS["naive"]
    return [
        row
        | {
            "n": n,
            "queries": count,
            "reduction_share": float("nan") if name == "naive" else 1 - count / base[i],
        }
        | more
        for i, (n, count) in enumerate(zip(sizes, counts, strict=True))
    ]


def drawn(*parts: list[dict], **settings: Any) -> Any:
    return figures.query_growth(pd.DataFrame([row for part in parts for row in part]), **settings)


def said(fig: Any) -> str:
    subtitle = re.sub("<[^>]+>", " ", fig.layout.title.subtitle.text)
    return f"{fig.layout.title.text} | {subtitle}".replace("<br>", " ").replace("\u202f", " ")


def names(fig: Any) -> list[str]:
    return [name for name, _ in fig.layout.meta["rows"]]


class TestQueryGrowth:
    def test_the_title_sets_the_best_way_against_the_baseline(self):
        fig = drawn(*(variant(name, counts) for name, counts in COUNTS.items()))
        title = fig.layout.title.text.replace("<br>", " ")
        assert title == "At n 1,000, 1 query sent by join, 6,001 by naive"
        assert "posts · 5 variants · n 10–1,000, 3 sizes" in said(fig)

    def test_both_axes_are_logs_with_plain_numbers(self):
        fig = drawn(variant("naive", COUNTS["naive"]), variant("join", COUNTS["join"]))
        assert (fig.layout.xaxis.type, fig.layout.yaxis.type) == ("log", "log")
        assert fig.layout.xaxis.ticktext == ("10", "100", "1,000")
        assert fig.layout.yaxis.ticktext == ("1", "10", "100", "1,000", "10,000")
        assert fig.layout.yaxis.title.text == "queries (statements sent)"

    def test_variants_with_the_same_counts_share_a_line_named_with_its_order(self):
        fig = drawn(*(variant(name, counts) for name, counts in COUNTS.items()))
        assert [trace.name for trace in fig.data] == [
            "naive",
            "select in",
            "subquery, loader",
            "join",
        ]
        labels = [note.text.replace("<br>", "  ") for note in fig.layout.annotations]
        assert labels == [
            "naive  O(n·m)",
            "select in  O(n)",
            "subquery, loader  O(1)",
            "join  O(1)",
        ]
        assert [trace.line.dash for trace in fig.data] == ["dot", "dash", "solid", "solid"]
        assert fig.data[0].line.color == TOKENS["light"]["ink"]
        assert fig.data[1].line.color == TOKENS["light"]["measured"]

    def test_no_query_at_all_stands_on_a_line_of_its_own(self):
        cache = [*variant("cache", (3, 3, 3), "cold"), *variant("cache", (0, 0, 0), "warm")]
        fig = drawn(variant("naive", COUNTS["naive"]), cache)
        warm = fig.data[-1]
        assert warm.name == "cache (warm)"
        assert all(0 < y < 1 for y in warm.y)
        assert fig.layout.yaxis.ticktext[0] == "0"
        assert fig.layout.title.text.startswith("At n 1,000, 3 queries sent by cache")
        assert "a warm cache is not in the title" in said(fig)

    def test_labels_of_near_lines_do_not_cover_each_other(self):
        near = [variant(f"way {n}", (50, 500, 5000 + n)) for n in range(8)]
        fig = drawn(variant("naive", COUNTS["naive"]), *near)
        low, high = fig.layout.yaxis.range
        pixels = 320 / (high - low)
        places = [note.y * pixels - note.ay for note in fig.layout.annotations]
        gaps = [above - below for above, below in pairwise(places)]
        assert min(gaps) > 15

    def test_one_size_shows_no_growth_and_one_variant_no_rival(self):
        fig = drawn(variant("naive", (61,)), variant("join", (1,)))
        assert "one size shows no growth" in said(fig)
        assert [note.text for note in fig.layout.annotations] == ["naive", "join"]
        alone = drawn(variant("join", COUNTS["join"]))
        assert alone.layout.title.text == "join: 1 query at n 1,000"

    def test_no_way_better_than_the_baseline_is_said(self):
        fig = drawn(variant("naive", (1, 1, 1)), variant("other", (2, 2, 2)))
        assert fig.layout.title.text == "No way needs fewer queries than naive at n 1,000"

    def test_names_are_text_and_never_markup(self):
        fig = drawn(variant("naive", COUNTS["naive"]), variant("<b>join</b>", COUNTS["join"]))
        assert "&lt;b&gt;join" in fig.layout.annotations[-1].text
        assert "<b>&lt;b&gt;join" in fig.data[-1].hovertext[0]
        assert "<b>" not in fig.layout.title.text

    def test_twelve_lines_are_drawn_and_the_others_counted(self):
        fig = drawn(*(variant(f"way {n}", (n, n, n + 1)) for n in range(1, 21)))
        assert len(fig.data) == 12
        assert "+ 8 more not drawn" in said(fig)

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_an_empty_frame_names_the_next_step(self, theme):
        fig = figures.query_growth(pd.DataFrame(), theme=theme)
        assert "archkit.compare_queries" in fig.layout.annotations[0].text.replace("<br>", " ")

    def test_the_frame_is_left_as_it_was(self):
        frame = pd.DataFrame(variant("naive", COUNTS["naive"]))
        before = frame.copy(deep=True)
        figures.query_growth(frame)
        pd.testing.assert_frame_equal(frame, before)


def sized(size: int, share: float, **given: Any) -> dict[str, Any]:
    row = {"slug": "loader", "name": "Loader", "size": size, "reduction_share": share}
    row |= {"low": share - 0.1, "high": share + 0.01, "n": 3.0, "requests": 3.0, "cache": ""}
    row |= {"queries_before": 100.0, "queries_after": 100 - 100 * share, "speed_up": 5.0}
    row |= {"reported_share": 0.85, "provenance": "measured", "ci_prob": 0.9}
    return row | given


class TestQueryReductionBySize:
    def test_each_size_has_a_row_and_what_is_reported_stands_below_them(self):
        fig = figures.query_reduction_by_size(pd.DataFrame([sized(100, 0.9), sized(10, 0.7)]))
        assert names(fig)[::-1] == [
            "Loader",
            "10 items",
            "100 items",
            "reported, of no size",
        ]
        measured, reported = fig.data
        assert (measured.name, sorted(measured.x)) == ("measured", [0.7, 0.9])
        assert (reported.name, reported.x) == ("reported", (0.85,))
        assert reported.marker.symbol == "diamond-open"
        assert said(fig).startswith("One of two counts by size reaches what is reported | 6 meas")
        assert "5 times as fast" in measured.hovertext[0]

    def test_without_a_reported_figure_the_span_is_the_finding(self):
        rows = [sized(10, 0.7, reported_share=None), sized(100, 0.9, reported_share=None)]
        fig = figures.query_reduction_by_size(pd.DataFrame(rows))
        assert said(fig).startswith("From 70 % to 90 % of the queries are saved, by size")
        assert len(fig.data) == 1

    def test_a_warm_cache_reaches_nothing_in_the_title(self):
        rows = [sized(10, 0.8, cache="cold"), sized(10, 1.0, cache="warm")]
        fig = figures.query_reduction_by_size(pd.DataFrame(rows))
        assert said(fig).startswith("The count by size does not reach what is reported")
        assert "Loader, warm cache" in names(fig)

    def test_made_up_counts_stay_out_of_the_title(self):
        rows = [sized(10, 0.9), sized(10, 0.1, provenance="simulated")]
        fig = figures.query_reduction_by_size(pd.DataFrame(rows))
        assert said(fig).startswith("The count by size reaches what is reported")
        assert "some simulated: made-up data" in said(fig)

    def test_patterns_come_whole_until_the_rows_are_full(self):
        rows = [sized(n, 0.9, slug=f"p{p}", name=f"P {p}") for p in range(9) for n in SIZES]
        fig = figures.query_reduction_by_size(pd.DataFrame(rows), top=7)
        assert [name for name in names(fig) if name.startswith("P")] == ["P 1", "P 0"]
        assert "+ 7 more patterns not drawn" in said(fig)

    def test_added_queries_are_left_of_a_line_at_zero(self):
        fig = figures.query_reduction_by_size(pd.DataFrame([sized(10, -0.5)]))
        assert fig.layout.xaxis.range[0] < -0.5
        assert len(fig.layout.shapes) == 1

    def test_an_empty_frame_names_the_next_step(self):
        fig = figures.query_reduction_by_size(pd.DataFrame())
        assert "archkit.compare_queries" in fig.layout.annotations[0].text.replace("<br>", " ")


def test_a_cold_and_a_warm_cache_have_rows_of_their_own_in_the_pooled_figure():
    rows = [
        {"slug": "cache", "name": "Cache", "reduction_share": share, "median_share": share}
        | {"low": None, "high": None, "n": 2, "queries_before": 100, "provenance": "measured"}
        | {"queries_after": 100 - 100 * share, "cache": state}
        for share, state in ((1.0, "warm"), (0.9, "cold"))
    ]
    fig = figures.query_reduction(pd.DataFrame(rows).astype({"low": float, "high": float}))
    assert names(fig) == ["Cache, cold cache", "Cache, warm cache"]
    assert said(fig).startswith("90 % of the counted queries are gone")
    assert "a single request has no interval" in said(fig)
