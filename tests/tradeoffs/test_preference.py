"""Preferences: what is said of weights, the weights that agree with it, and what is refused."""

import json

import numpy as np
import pytest

from archkit.errors import ArchkitError
from archkit.records import LADDER
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.preference import Preference
from archkit.tradeoffs.simplex import rank_order_weights

FOUR = [Criterion(name) for name in ("cost", "speed", "safety", "ease")]
RUNGS = [Criterion(name, "max", 1, 5) for name in LADDER]

ALL = [
    Preference.none(),
    Preference.order(["safety", "cost"]),
    Preference.order("safety > cost > speed > ease"),
    Preference.order("safety > cost", "ease > cost"),
    Preference.intervals({"cost": (0.1, 0.3), "speed": (0.0, 0.2)}),
    Preference.weights({"cost": 3, "speed": 1, "safety": 0, "ease": 4}),
    Preference.swing({"cost": 100, "speed": (20, 60), "safety": 10, "ease": 0}),
    Preference.ladder(("safety", "ease", "absent")),
]


@pytest.mark.parametrize("preference", ALL, ids=lambda p: p.told()[:40])
def test_weights_sum_to_one_and_their_mean_is_the_mean(preference):
    drawn = preference.draw(np.random.default_rng(2), 40_000, FOUR)
    assert drawn.shape == (40_000, 4)
    assert drawn.sum(axis=1) == pytest.approx(np.ones(40_000))
    assert (drawn >= 0).all()
    mean = preference.mean(FOUR)
    assert mean.sum() == pytest.approx(1)
    assert drawn.mean(axis=0) == pytest.approx(mean, abs=5e-3)


@pytest.mark.parametrize("preference", ALL, ids=lambda p: p.told()[:40])
def test_a_preference_comes_back_from_json_exactly(preference):
    assert Preference.from_json(json.loads(json.dumps(preference.as_json()))) == preference


def test_the_same_seed_draws_the_same_weights():
    for preference in ALL:
        one, other = (preference.draw(np.random.default_rng(4), 50, FOUR) for _ in range(2))
        assert (one == other).all()


def test_ordered_weights_fall_as_said_and_the_others_are_free():
    drawn = Preference.order(["safety", "cost"]).draw(np.random.default_rng(2), 5_000, FOUR)
    assert (drawn[:, 2] >= drawn[:, 0]).all()
    assert (drawn[:, 1] > drawn[:, 2]).mean() > 0.2  # speed, of which nothing was said
    both = Preference.order("safety > cost", "ease > cost").draw(
        np.random.default_rng(2), 5_000, FOUR
    )
    assert (both[:, [2, 3]] >= both[:, [0]]).all()
    assert (both[:, 2] > both[:, 3]).mean() == pytest.approx(0.5, abs=0.03)


def test_order_over_all_criteria_has_rank_order_weights_as_its_mean():
    order = Preference.order([c.name for c in FOUR])
    assert order.mean(FOUR) == pytest.approx(rank_order_weights(4))


def test_the_ladder_weighs_its_rungs_and_nothing_else():
    ladder = Preference.ladder()
    assert ladder.chains == (LADDER,)
    assert ladder.mean(RUNGS) == pytest.approx(rank_order_weights(5))
    mixed = [FOUR[0], *RUNGS[2:]]
    assert ladder.mean(mixed) == pytest.approx([0, *rank_order_weights(3)])
    assert (ladder.draw(np.random.default_rng(0), 10, mixed)[:, 0] == 0).all()
    with pytest.raises(ArchkitError, match="no rung among the criteria"):
        ladder.mean(FOUR)


def test_exact_weights_and_swing_points_are_divided_by_their_sum():
    weights = Preference.weights({"ease": 4, "cost": 3, "speed": 1, "safety": 0})
    assert weights.exact
    assert weights.mean(FOUR).tolist() == [0.375, 0.125, 0, 0.5]
    assert weights.draw(np.random.default_rng(0), 2, FOUR).tolist() == [[0.375, 0.125, 0, 0.5]] * 2
    assert not Preference.swing({"cost": (1, 2)}).exact


def test_uncertain_swings_stay_within_their_points():
    swing = Preference.swing({"cost": 100, "speed": (20, 60), "safety": 10, "ease": 0})
    drawn = swing.draw(np.random.default_rng(2), 5_000, FOUR)
    ratio = drawn[:, 1] / drawn[:, 0]
    assert 0.2 <= ratio.min() < 0.21 < 0.59 < ratio.max() <= 0.6
    assert drawn[:, 2] / drawn[:, 0] == pytest.approx(np.full(5_000, 0.1))


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Preference.weights({"cost": 0, "speed": 0}), "All weights are zero"),
        (lambda: Preference.swing({"cost": 0}), "All weights are zero"),
        (lambda: Preference.weights({"cost": -1, "speed": 2}), "weight of 'cost' is -1"),
        (lambda: Preference.weights({"cost": float("nan")}), "weight of 'cost' is nan"),
        (lambda: Preference.weights({"cost": "high"}), "weight of 'cost' is 'high'"),
        (lambda: Preference.weights({}), "names no criterion"),
        (lambda: Preference.swing({"cost": (1, 2, 3)}), r"weight of 'cost' is \(1, 2, 3\)"),
        (lambda: Preference.intervals({"cost": (0.5, 0.2)}), "between 0.5 and 0.2"),
        (lambda: Preference.intervals({"cost": (0.6, 1), "ease": (0.6, 1)}), "sum to 1.2 at least"),
        (lambda: Preference.intervals({"cost": (20, 40)}), "would sum to 20 at least"),
        (lambda: Preference.order(["cost", "speed", "cost"]), "'cost' is named twice"),
        (lambda: Preference.order("cost > speed", "speed > cost"), "contradicts itself"),
        (lambda: Preference.order([]), "names no criterion"),
        (lambda: Preference.ladder(["cost", "cost"]), "'cost' is named twice"),
        (lambda: Preference("whim"), "of the kind 'whim'"),
    ],
)
def test_a_preference_that_cannot_be_is_refused(make, match):
    with pytest.raises(ArchkitError, match=match):
        make()


def test_names_and_weights_are_held_against_the_criteria():
    with pytest.raises(ArchkitError, match="names 'costs', which is no criterion") as error:
        Preference.order(["costs"]).mean(FOUR)
    assert "cost, speed, safety, ease" in error.value.why
    with pytest.raises(ArchkitError, match="leave out 'speed'"):
        Preference.weights({"cost": 1}).draw(np.random.default_rng(0), 1, FOUR)
    with pytest.raises(ArchkitError, match=r"can sum to 0\.8 at most"):
        Preference.intervals({c.name: (0, 0.2) for c in FOUR}).mean(FOUR)


@pytest.mark.parametrize(
    "told", [{}, {"kind": "order"}, {"kind": "none", "chains": 3, "bounds": []}]
)
def test_json_that_is_no_preference_is_refused(told):
    with pytest.raises(ArchkitError, match="is no preference"):
        Preference.from_json(told)
