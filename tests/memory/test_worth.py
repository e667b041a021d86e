import math
from datetime import UTC, datetime, timedelta

import pytest
from exchange_cases import fill, open_memory

from archkit.memory.worth import (
    NO_EVIDENCE,
    best_quartile,
    lower_quartiles,
    mean_rates,
    reuse_probability,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def ago(days):
    return NOW - timedelta(days=days)


def test_what_was_never_used_is_not_used_again():
    assert reuse_probability([], NOW) == 0


def test_one_use_now_comes_again_within_90_days_as_the_formula_says():
    assert reuse_probability([NOW], NOW) == pytest.approx(1 - math.exp(-90 * math.log(2) / 180))


def test_more_and_later_uses_make_another_likelier():
    one = reuse_probability([ago(180)], NOW)
    assert one == pytest.approx(1 - math.exp(-45 * math.log(2) / 180))
    assert one < reuse_probability([ago(90)], NOW) < reuse_probability([ago(90)] * 2, NOW) < 1


def test_a_use_dated_after_the_present_is_one_of_now():
    assert reuse_probability([ago(-30)], NOW) == reuse_probability([NOW], NOW)


def test_the_best_pattern_counts_and_without_evidence_a_quarter():
    assert best_quartile({"a": 0.5, "b": 0.9}, ["a", "b", "c", None]) == 0.9
    assert best_quartile({}, ["a"]) == NO_EVIDENCE


def test_quartiles_and_means_are_those_of_the_posterior(tmp_path):
    with open_memory(tmp_path) as memory:
        assert (lower_quartiles(memory), mean_rates(memory)) == ({}, {})
        fill(memory)
        [jwt] = (
            item for item in memory.query("", kind="authentication") if item.pattern.slug == "jwt"
        )
        assert mean_rates(memory)["jwt"] == pytest.approx(jwt.success_rate, abs=1e-6)
        assert lower_quartiles(memory)["jwt"] == pytest.approx(jwt.safest, abs=1e-6)
