import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.memory.reduction import query_reduction_share, reduction

BEFORE, AFTER = [101, 51, 21, 11, 3], [2, 2, 2, 2, 2]

counts = st.lists(st.tuples(st.integers(1, 900), st.integers(0, 900)), min_size=1, max_size=30)


def test_the_same_five_uses_say_eighty_ninety_or_ninety_five_percent():
    found = reduction(BEFORE, AFTER)
    assert round(found.mean_share, 3) == 0.799
    assert round(found.geometric_share, 3) == 0.902
    assert round(found.pooled_share, 3) == 0.947
    assert found.median_share == pytest.approx(1 - 2 / 21)
    assert (found.n, found.queries_before, found.queries_after) == (5, 187, 10)
    assert found.low < found.pooled_share < found.high <= 1


def test_one_use_has_no_interval():
    found = reduction([120], [18])
    assert (found.pooled_share, found.n) == (0.85, 1)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_where_no_query_is_left_there_is_no_geometric_mean():
    assert math.isnan(reduction([5, 10], [0, 1]).geometric_share)


@given(counts)
def test_the_pooled_share_lies_between_the_smallest_and_the_largest_share(uses):
    before, after = zip(*uses, strict=True)
    found = reduction(before, after)
    shares = [query_reduction_share(b, a) for b, a in uses]
    assert min(shares) - 1e-9 <= found.pooled_share <= max(shares) + 1e-9
    assert repr(reduction(before, after)) == repr(found)


@pytest.mark.parametrize(
    ("before", "after", "ci_prob"),
    [([], [], 0.9), ([0], [1], 0.9), ([1], [-1], 0.9), ([1, 2], [1], 0.9), ([1], [1], 1.0)],
)
def test_counts_that_cannot_be_are_refused(before, after, ci_prob):
    with pytest.raises(ValueError, match=r"ci_prob|each use"):
        reduction(before, after, ci_prob=ci_prob)
