"""Exact test and interval of paired shares, against values worked out elsewhere."""

import pytest
from scipy.stats import binomtest

from archkit.metrics.paired import mcnemar_exact, paired_difference


@pytest.mark.parametrize(("one", "other"), [(0, 0), (1, 0), (9, 1), (5, 5), (12, 30), (200, 240)])
def test_mcnemar_is_the_exact_binomial_test_of_the_splits(one, other):
    n = one + other
    expected = binomtest(one, n, 0.5).pvalue if n else 1.0
    assert mcnemar_exact(one, other) == pytest.approx(expected)
    assert mcnemar_exact(one, other) == mcnemar_exact(other, one)


def test_newcombes_interval_is_as_published():
    """His example of 1998: 36, 12, 2, 0 cases, 95 %."""
    found = paired_difference(36, 12, 2, 0, ci_prob=0.95)
    assert found == pytest.approx((0.20, 0.0569, 0.3404), abs=5e-5)


def test_where_nothing_went_well_it_is_as_wide_as_wilsons():
    """Wilson's upper bound of 0 in 10 is .2775."""
    found = paired_difference(0, 0, 0, 10, ci_prob=0.95)
    assert found == pytest.approx((0.0, -0.2775, 0.2775), abs=5e-5)


def test_swapping_the_arms_turns_the_interval_round():
    one, other = paired_difference(7, 9, 2, 6), paired_difference(7, 2, 9, 6)
    assert one[0] == -other[0]
    assert one[1] == pytest.approx(-other[2])


def test_wrong_counts_are_value_errors():
    with pytest.raises(ValueError, match="no case"):
        paired_difference(0, 0, 0, 0)
    with pytest.raises(ValueError, match="ci_prob"):
        paired_difference(1, 1, 1, 1, ci_prob=1.0)
    with pytest.raises(ValueError, match="negative"):
        mcnemar_exact(-1, 2)
