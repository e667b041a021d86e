"""Weights drawn from the simplex: all of them, ordered, or between bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.tradeoffs import simplex
from archkit.tradeoffs.simplex import any_weights, boxed_weights, rank_order_weights


def test_rank_order_weights_are_those_of_the_literature():
    assert rank_order_weights(5) == pytest.approx([0.4567, 0.2567, 0.1567, 0.09, 0.04], abs=5e-5)
    assert rank_order_weights(1).tolist() == [1]


@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_rank_order_weights_are_the_mean_of_ordered_draws(count):
    drawn = -np.sort(-any_weights(np.random.default_rng(3), 100_000, count), axis=1)
    assert drawn.mean(axis=0) == pytest.approx(rank_order_weights(count), abs=2e-3)


def test_any_weights_are_even_over_the_simplex():
    drawn = any_weights(np.random.default_rng(3), 100_000, 3)
    # P(w > t) = (1 - t)^2 for one of three even weights.
    assert (drawn > 0.5).mean(axis=0) == pytest.approx([0.25] * 3, abs=0.005)


def _rejected(low, high):
    drawn = any_weights(np.random.default_rng(11), 2_000_000, len(low))
    return drawn[((drawn >= low) & (drawn <= high)).all(axis=1)]


BOUNDS = [
    ([0.2, 0.0, 0.0, 0.0], [0.5, 1.0, 1.0, 1.0]),
    ([0.1, 0.1, 0.1, 0.1], [0.35, 0.35, 0.35, 0.35]),
    ([0.0, 0.0, 0.0, 0.0], [0.3, 0.3, 0.3, 0.3]),
    ([0.3, 0.2, 0.1, 0.05], [0.5, 0.4, 0.3, 0.25]),
]


@pytest.mark.parametrize(("low", "high"), BOUNDS)
def test_weights_between_bounds_are_as_if_all_others_were_thrown_away(low, high):
    low, high = np.array(low), np.array(high)
    drawn = boxed_weights(np.random.default_rng(5), 50_000, low, high)
    expected = _rejected(low, high)
    assert len(expected) > 5_000
    for level in (0.1, 0.5, 0.9):
        one, other = (np.quantile(part, level, axis=0) for part in (drawn, expected))
        assert one == pytest.approx(other, abs=0.006)


@pytest.mark.parametrize(("low", "high"), BOUNDS)
def test_walks_find_the_same_weights_as_throwing_away(low, high, monkeypatch):
    monkeypatch.setattr(simplex, "_ENOUGH", 2.0)
    low, high = np.array(low), np.array(high)
    drawn = boxed_weights(np.random.default_rng(5), 50_000, low, high)
    expected = _rejected(low, high)
    for level in (0.1, 0.5, 0.9):
        one, other = (np.quantile(part, level, axis=0) for part in (drawn, expected))
        assert one == pytest.approx(other, abs=0.006)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=6))
def test_weights_sum_to_one_within_their_bounds_however_tight(pairs):
    bounds = np.array([sorted(pair) for pair in pairs])
    middle = bounds.mean(axis=1)
    if middle.sum() == 0:
        return
    # Bounds that admit some weighting: those about one that sums to one.
    about = middle / middle.sum()
    room = bounds[:, 1] - bounds[:, 0]
    low, high = np.maximum(about - room / 2, 0), np.minimum(about + room / 2, 1)
    drawn = boxed_weights(np.random.default_rng(0), 50, low, high)
    assert drawn.sum(axis=1) == pytest.approx(np.ones(50), abs=1e-9)
    assert (drawn >= low - 1e-9).all()
    assert (drawn <= high + 1e-9).all()


def test_bounds_that_leave_one_weighting_give_it():
    low = np.array([0.5, 0.2, 0.3])
    assert (
        boxed_weights(np.random.default_rng(0), 3, low, np.ones(3)).tolist() == [low.tolist()] * 3
    )
    high = np.array([0.5, 0.2, 0.3])
    drawn = boxed_weights(np.random.default_rng(0), 3, np.zeros(3), high)
    assert drawn == pytest.approx(np.repeat(high[None, :], 3, axis=0))


def test_no_draws_are_no_rows():
    assert boxed_weights(np.random.default_rng(0), 0, np.zeros(2), np.ones(2)).shape == (0, 2)
