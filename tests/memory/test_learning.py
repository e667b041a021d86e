import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.memory.learning import posterior, posteriors, quantile_of_horizon
from archkit.memory.posterior import sums

entries = st.lists(
    st.tuples(
        st.floats(0, 1), st.floats(0.1, 60), st.sampled_from([0.5, 0.8, 1.0]), st.floats(-30, 2000)
    ),
    min_size=1,
    max_size=30,
)


def test_rate_of_no_outcomes_is_the_prior():
    assert posterior([], [], [], []) == (1.0, 1.0)


@given(entries)
def test_a_learning_rate_of_zero_never_learns(rows):
    assert posterior(*zip(*rows, strict=True), learning_rate=0.0) == (1.0, 1.0)


@given(st.lists(st.booleans(), max_size=40))
def test_a_learning_rate_of_one_is_conjugate_bayes(successes):
    n, ones = len(successes), np.ones(len(successes))
    a, b = posterior(successes, ones, ones, np.full(n, np.nan), learning_rate=1.0)
    assert (a, b) == (1 + sum(successes), 1 + n - sum(successes))


@given(entries, st.randoms(use_true_random=False))
def test_the_order_of_the_evidence_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))
    assert posterior(*zip(*rows, strict=True)) == posterior(*zip(*shuffled, strict=True))


def test_evidence_fades_by_half_in_a_hundred_and_eighty_days_and_never_grows():
    a, b = posterior([1, 1, 1], [1, 1, 1], [1, 1, 1], [180, -50, math.nan], learning_rate=1.0)
    assert (a, b) == (3.5, 1.0)


def test_reported_figures_enter_as_weighted_fractional_counts():
    a, b = posterior([0.95], [38], [0.8], [math.nan])
    assert (a, b) == (pytest.approx(24.104), pytest.approx(2.216))


def test_posteriors_are_kept_apart_by_pattern():
    a, b = posteriors(
        [2, 0, 2], [1, 0, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0], size=3, learning_rate=1.0
    )
    assert (a.tolist(), b.tolist()) == ([1, 1, 3], [2, 1, 1])


def test_a_learning_rate_outside_zero_to_one_is_refused():
    with pytest.raises(ValueError, match=r"not 1\.5"):
        posterior([1], [1], [1], [0], learning_rate=1.5)


@pytest.mark.parametrize(
    ("horizon", "q"), [(1, 0.5), (3, 0.75), (19, 0.95), (400, 0.95), (math.inf, 0.95)]
)
def test_optimism_grows_with_the_horizon(horizon, q):
    assert quantile_of_horizon(horizon) == pytest.approx(q)


def test_a_horizon_is_positive():
    with pytest.raises(ValueError, match="positive"):
        quantile_of_horizon(0)


values = st.floats(0, 60) | st.sampled_from([0.1, 0.8, 1.0, 1e-9, 38.0])


@given(
    st.lists(st.tuples(st.integers(0, 2), values), max_size=40), st.randoms(use_true_random=False)
)
def test_sums_are_right_and_the_same_in_any_order(entries, random):
    def summed(given_):
        group = np.array([place for place, _ in given_], dtype=np.int64)
        return sums(group, np.array([value for _, value in given_], dtype=float), 3).tolist()

    right = [math.fsum(value for place, value in entries if place == n) for n in range(3)]
    assert summed(entries) == pytest.approx(right, rel=1e-12, abs=1e-14)
    assert summed(random.sample(entries, len(entries))) == summed(entries)


def test_sums_too_large_to_be_exact_do_not_depend_on_the_order_either():
    large = np.random.default_rng(1).random(1000) * 1e9
    group = np.zeros(1000, dtype=np.int64)
    assert sums(group, large, 1).tolist() == sums(group, large[::-1].copy(), 1).tolist()
    assert sums(group, large, 1)[0] == pytest.approx(large.sum())
