"""How counts grow with n, and what that is called: the strategies measured before, and edges."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.queries.compare_growth import ORDERS, growth_of

SIZES = [10, 100, 1000]


@pytest.mark.parametrize(
    ("queries", "order", "words"),
    [
        ([61, 601, 6001], "O(n·m)", "6 queries for each item"),
        ([52, 502, 5003], "O(n·m)", "5 queries for each item"),
        ([11, 101, 1001], "O(n)", "one query for each item"),
        ([3, 3, 13], "O(n)", "in batches: one query for 90 items"),
        ([3, 7, 61], "O(n)", "in batches: one query for 17 items"),
        ([7, 61, 601], "O(n)", "in batches: one query for 1.7 items"),
        ([3, 3, 3], "O(1)", "always 3 queries"),
        ([1, 1, 1], "O(1)", "always 1 query"),
        ([0, 0, 0], "O(1)", "always 0 queries"),
        ([5, 5, 3], "O(1)", "no more than 5 queries"),
        ([110, 10_100, 1_001_000], "O(n·m)", "as n to the power of 2.0: m grows with n"),
        ([3, 30, 40], "not known", "grows, but less with each further item"),
    ],
)
def test_growth_is_named(queries: list[int], order: str, words: str) -> None:
    found = growth_of(SIZES, queries)
    assert (found.order, found.words) == (order, words)


def test_the_slope_is_that_of_the_two_largest_sizes() -> None:
    assert growth_of(SIZES, [3, 7, 61]).slope == pytest.approx(math.log10(61 / 7))
    assert growth_of(SIZES, [3, 3, 3]).slope == 0


def test_one_size_shows_no_growth() -> None:
    assert growth_of([10], [61]).order == "not known"
    assert math.isnan(growth_of([10], [61]).slope)


@pytest.mark.parametrize(
    ("sizes", "queries"), [([10, 10], [1, 1]), ([1, 2], [1]), ([2, 1], [1, 1])]
)
def test_sizes_that_do_not_rise_are_refused(sizes: list[int], queries: list[int]) -> None:
    with pytest.raises(ValueError, match="sizes rise"):
        growth_of(sizes, queries)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=3))
def test_every_count_has_a_name(queries: list[int]) -> None:
    found = growth_of(SIZES[: len(queries)], queries)
    assert found.order in ORDERS
    assert found.words


@given(st.integers(2, 60), st.integers(1, 9))
def test_m_queries_an_item_are_order_n_m_whatever_stands_before(m: int, fixed: int) -> None:
    assert growth_of(SIZES, [fixed + m * n for n in SIZES]).order == "O(n·m)"
