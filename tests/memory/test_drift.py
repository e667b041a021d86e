import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.memory.drift import BAYES_FACTOR, bayes_factor, find_breaks, suspects
from archkit.memory.posterior import LEARNING_RATE

USES = 40


def days(n):
    return np.datetime64("2026-01-01") + np.arange(n).astype("timedelta64[D]")


def breaks(y, worth=1.0, seen_at=None, **settings):
    y = np.asarray(y, dtype=float)
    seen_at = days(len(y)) if seen_at is None else seen_at
    return find_breaks(seen_at, y, np.full(len(y), worth), **settings)


def test_the_bayes_factor_is_the_ratio_of_two_beta_binomials():
    # Eight failures after 10 of 10: 1/9 under any rate, 8! 11! / 19! under Beta(11, 1).
    later = math.factorial(8) * math.factorial(11) / math.factorial(19)
    assert bayes_factor(0, 8, 11, 1) == pytest.approx(1 / 9 / later)
    assert bayes_factor(4, 4, 1, 1) == pytest.approx(1.0)
    assert bayes_factor(0, 0, 7, 2) == pytest.approx(1.0)


def test_a_pattern_that_stops_working_begins_an_epoch_where_it_stopped():
    [found] = breaks([1] * 20 + [0] * 8)
    assert (found.start, found.first) == (0, 20)
    assert found.last < 27
    assert found.bayes_factor > BAYES_FACTOR
    assert breaks([1] * 20 + [0] * 2) == ()


def test_a_pattern_that_begins_to_work_begins_an_epoch_too():
    [found] = breaks([0] * 20 + [1] * 10)
    assert found.first == 20


def test_below_ten_uses_nothing_is_said_to_have_changed():
    assert breaks([1, 0, 0, 0, 0, 0, 0, 0, 0]) == ()
    assert breaks([]) == ()


def test_a_learning_rate_of_zero_notices_nothing():
    assert breaks([1] * 20 + [0] * 20, worth=0.0) == ()


def test_there_may_be_several_epochs_each_begun_within_the_one_before():
    found = breaks([1] * 20 + [0] * 20 + [1] * 20)
    assert [one.first for one in found] == [20, 40]
    assert [one.start for one in found] == [0, *(one.first for one in found[:-1])]


def test_what_is_settled_begins_no_epoch():
    y = [1] * 20 + [0] * 8
    [found] = breaks(y)
    assert breaks(y, settled=found.last + 1) == ()
    again = breaks([*y, *[1] * 12, *[0] * 20], settled=found.last + 1)
    assert all(one.first > found.last for one in again)


def test_outcomes_of_one_instant_have_no_order():
    y = [1] * 20 + [0] * 8
    assert breaks(y, seen_at=np.repeat(days(1), 28)) == ()
    together = np.concatenate([days(20), np.repeat(days(21)[-1:], 8)])
    [found] = breaks(y, seen_at=together)
    assert found.first == 20


def test_graded_outcomes_change_only_when_their_sum_does():
    assert breaks([0.7, 0.8] * 10 + [0.75] * 20) == ()
    assert len(breaks([0.95] * 20 + [0.1] * 20)) == 1


@given(st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0]), max_size=40), max_size=4))
def test_the_quick_look_misses_no_pattern_that_changed(patterns):
    code = np.repeat(np.arange(len(patterns)), [len(y) for y in patterns])
    y = np.array([value for given_ in patterns for value in given_])
    found = suspects(code, y, np.full(len(y), 0.8)).tolist()
    changed = [n for n, given_ in enumerate(patterns) if breaks(given_, worth=0.8)]
    assert found == changed


def simulated(rates, rng):
    y = (rng.random((len(rates), USES)) < rates).astype(float)
    code = np.repeat(np.arange(len(rates)), USES)
    return len(suspects(code, y.ravel(), np.full(y.size, LEARNING_RATE))) / len(rates)


def test_few_false_alarms_and_many_true_ones():
    rng = np.random.default_rng(20_261_125)
    rates = np.repeat(rng.beta(9, 1.5, 4000)[:, None], USES, axis=1)
    dropped = rates.copy()
    dropped[:, 20:] *= 0.5
    assert simulated(rates, rng) < 0.03
    assert simulated(dropped, rng) > 0.3
