"""Worlds follow from their seed, rules meet the same luck, and the shipped query is under test."""

import numpy as np
import pytest

from archkit.memory.choice_rules import OURS, Counting, Loom, Shipped, Thompson, rules
from archkit.memory.choices import WORLDS, draw_world, earlier_choices, regrets
from archkit.memory.regret import against, regret_by_rule, regret_over_choices
from archkit.memory.shelf import Shelf


class Always:
    """A rule that takes one pattern and remembers what it is told."""

    def __init__(self, pattern):
        self.pattern, self.told = pattern, []

    def choose(self, day, context, remaining):
        self.told.append(remaining)
        return np.full(len(context), self.pattern)

    def learn(self, chosen, success, day, context):
        self.told.append((chosen.tolist(), success.tolist()))


@pytest.mark.parametrize("kind", WORLDS)
def test_one_seed_gives_one_world(kind):
    one, same = (draw_world(kind, choices=8, repetitions=5, seed=3) for _ in range(2))
    other = draw_world(kind, choices=8, repetitions=5, seed=4)
    np.testing.assert_array_equal(one.rates, same.rates)
    np.testing.assert_array_equal(one.luck, same.luck)
    assert not np.array_equal(one.rates, other.rates)
    assert one.shape == (8, 5, 6)
    assert ((one.rates >= 0) & (one.rates <= 1)).all()


def test_rates_of_a_stationary_world_stay_and_of_a_drifting_one_change_once():
    steady = draw_world("stationary", choices=50, repetitions=40)
    assert (steady.rates == steady.rates[0]).all()
    drifting = draw_world("drifting", choices=50, repetitions=40)
    turns = (np.diff(drifting.rates, axis=0) != 0).sum(axis=0)
    assert set(np.unique(turns)) == {0, 1}
    assert 0.35 < turns.mean() < 0.65


def test_context_decides_the_rate_where_the_world_says_so():
    told = draw_world("context stated", choices=30, repetitions=20)
    first = told.context[:, :, None] == told.stated
    highest = told.rates.max(axis=0)
    np.testing.assert_allclose(told.rates, np.where(first, highest, 0.6 * highest))
    untold = draw_world("context-dependent", choices=30, repetitions=200)
    assert (untold.stated == -1).all()
    differs = np.ptp(untold.rates, axis=0) > 0
    assert 0.4 < differs.mean() < 0.6


def test_regret_is_what_the_best_pattern_would_have_won_and_luck_is_shared():
    world = draw_world("stationary", choices=4, repetitions=3)
    first, again = Always(2), Always(2)
    lost = regrets(world, {"a": first, "b": again})
    expected = world.rates.max(axis=2) - world.rates[:, :, 2]
    np.testing.assert_allclose(lost["a"], expected)
    assert first.told == again.told
    assert first.told[0::2] == [4, 3, 2, 1]


def test_earlier_choices_teach_and_do_not_count():
    world = draw_world("stationary", choices=11, repetitions=30)
    before = earlier_choices(world, 10)
    rule = Always(0)
    lost = regrets(world, {"a": rule}, earlier=before)["a"]
    assert lost.shape == (1, 30)
    assert rule.told[0][0] == before[0].tolist()
    counts = np.array([np.bincount(column, minlength=6) for column in before.T])
    assert counts.max(axis=1).mean() > 4


def test_the_query_is_asked_with_the_choices_that_remain(monkeypatch):
    asked = []
    query = Shelf.query

    def spy(self, text, context=None, **settings):
        asked.append((settings["kind"], settings["horizon"], context["tenancy"]))
        return query(self, text, context, **settings)

    monkeypatch.setattr(Shelf, "query", spy)
    world = draw_world("stationary", choices=3, repetitions=2)
    regrets(world, {OURS: Shipped(world.stated)})
    assert [horizon for _, horizon, _ in asked] == [3, 3, 2, 2, 1, 1]
    assert {kind for kind, _, _ in asked} == {"choice-0", "choice-1"}
    assert {tenancy for *_, tenancy in asked} == {"single"}


def test_the_query_learns_from_the_outcomes():
    """After one pattern failed and another worked often, it takes the other."""
    rule = Shipped(np.full((30, 2), -1), horizon=1)
    nobody = np.zeros(30, dtype=np.int64)
    for day in range(6):
        rule.learn(np.full(30, 0), np.zeros(30, dtype=bool), day, nobody)
        rule.learn(np.full(30, 1), np.ones(30, dtype=bool), day, nobody)
    assert (rule.choose(7.0, nobody, 5) == 1).all()


def test_looms_weight_moves_as_its_formula_says():
    rule = Loom(1, 2, learning_rate=0.8)
    none = np.zeros(1, dtype=np.int64)
    success, failure = np.array([True]), np.array([False])
    trace = []
    for outcome in (success, success, success, success, failure):
        rule.learn(np.array([0]), outcome, 1.0, none)
        trace.append(round(float(rule._confidence[0, 0]), 3))
    assert trace == [0.54, 0.972, 1.0, 1.0, 0.2]
    assert rule._rate[0, 0] == pytest.approx(4.5 / 6)  # born with half a success over one use
    idle = Loom(1, 2, learning_rate=0.1)
    idle.learn(np.array([1]), success, 100.0, none)
    assert idle.choose(100.0, none, 1).tolist() == [1]


def test_counting_rules_take_the_highest_score_and_the_first_of_equals():
    raw = Counting(2, 3, lambda good, uses: good)
    none = np.zeros(2, dtype=np.int64)
    assert raw.choose(0.0, none, 1).tolist() == [0, 0]
    raw.learn(np.array([2, 1]), np.array([True, False]), 0.0, none)
    assert raw.choose(0.0, none, 1).tolist() == [2, 0]


def test_thompson_sampling_settles_on_what_works():
    rule = Thompson(200, 2)
    none = np.zeros(200, dtype=np.int64)
    for _ in range(30):
        rule.learn(np.zeros(200, dtype=np.int64), np.zeros(200, dtype=bool), 0.0, none)
        rule.learn(np.ones(200, dtype=np.int64), np.ones(200, dtype=bool), 0.0, none)
    assert rule.choose(0.0, none, 1).mean() > 0.99


def test_every_named_rule_plays_every_world():
    for kind in WORLDS:
        world = draw_world(kind, choices=3, repetitions=4)
        found = regrets(world, rules(world))
        assert next(iter(found)) == OURS and len(found) == 8
        assert all(lost.shape == (3, 4) for lost in found.values())


def test_the_table_says_regret_ratio_and_intervals():
    frame = regret_by_rule({1: 60, 12: 30}, worlds=["stationary"])
    assert list(frame["choices"].unique()) == [1, 12]
    ours = frame[frame["rule"] == OURS]
    assert (ours["ratio"] == 1).all()
    assert (frame["low"] <= frame["regret"]).all() and (frame["regret"] <= frame["high"]).all()
    spans = frame["ratio_low"] <= frame["ratio"]
    assert (spans & (frame["ratio"] <= frame["ratio_high"])).all()


def test_archkit_loses_less_than_what_it_is_held_against():
    """A small sample of what benchmarks/learning.py measures, with room for its chance."""
    frame = regret_by_rule({40: 60}, worlds=["stationary"]).set_index("rule")
    for rule in ("Thompson sampling", "Loom's weight, .1", "Loom's weight, .8"):
        assert frame["ratio"][rule] < 0.85


def test_regret_adds_up_over_the_choices():
    frame = regret_over_choices(10, repetitions=5, worlds=["drifting"])
    ours = frame[frame["rule"] == OURS]
    assert ours["choice"].tolist() == list(range(1, 11))
    assert ours["regret"].is_monotonic_increasing
    assert (frame["low"] <= frame["regret"]).all() and (frame["regret"] <= frame["high"]).all()


def test_a_ratio_is_paired():
    rng = np.random.default_rng(1)
    theirs = rng.random(200)
    found = against(theirs / 2, theirs, 0.9)
    assert found["ratio"] == pytest.approx(0.5)
    assert found["ratio_low"] == pytest.approx(0.5) == found["ratio_high"]
    assert np.isnan(against(np.ones(5), np.zeros(5), 0.9)["ratio"])


@pytest.mark.parametrize(
    ("kind", "sizes", "words"),
    [
        ("flat", {"choices": 1, "repetitions": 1}, "A world is one of"),
        ("stationary", {"choices": 0, "repetitions": 1}, "at least one"),
    ],
)
def test_wrong_arguments_are_value_errors(kind, sizes, words):
    with pytest.raises(ValueError, match=words):
        draw_world(kind, **sizes)
