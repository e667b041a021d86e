import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archkit.memory.learning import (
    Evidence,
    beta_cdf,
    beta_quantile,
    effective_status,
    posterior,
    posteriors,
    probability_better,
    quantile_of_horizon,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)

# from scipy 1.17 (scipy.stats.beta.ppf, scipy.special.betainc, quadrature of pdf × cdf)
QUANTILES = [
    (0.05, 1, 1, 0.05),
    (0.05, 2, 1, 0.22360679774997896),
    (0.05, 1, 3.4, 0.014973035497365405),
    (0.05, 29.88, 2.52, 0.8337882851515445),
    (0.25, 12.776, 2.024, 0.814493451999533),
    (0.25, 8.488, 3.112, 0.6516287354962802),
    (0.5, 100.5, 900.25, 0.1001585033312746),
    (0.95, 29.88, 2.52, 0.9811774068384604),
    (0.95, 2500, 7.5, 0.9985507470313207),
]
CUMULATIVE = [
    (0.3, 2, 5, 0.5798250000000003),
    (0.97, 29.88, 2.52, 0.8706603209721978),
    (0.1, 100.5, 900.25, 0.49333430906846576),
    (0.001, 1, 3.4, 0.003395921903809577),
]

entries = st.lists(
    st.tuples(
        st.floats(0, 1), st.floats(0.1, 60), st.sampled_from([0.5, 0.8, 1.0]), st.floats(-30, 2000)
    ),
    min_size=1,
    max_size=30,
)


def test_quantiles_are_those_of_scipy_to_nine_places():
    q, a, b, expected = (np.array(column) for column in zip(*QUANTILES, strict=True))
    assert np.abs(beta_quantile(q, a, b) - expected).max() < 1e-9


def test_cumulative_distribution_is_that_of_scipy_to_nine_places():
    x, a, b, expected = (np.array(column) for column in zip(*CUMULATIVE, strict=True))
    assert np.abs(beta_cdf(x, a, b) - expected).max() < 1e-9


def test_quantiles_at_the_ends_are_the_ends():
    assert beta_quantile([0.0, 1.0], 3, 2).tolist() == [0.0, 1.0]
    assert beta_quantile([], 3, 2).tolist() == []


def test_a_quantile_outside_zero_to_one_is_refused():
    with pytest.raises(ValueError, match="0 to 1"):
        beta_quantile(1.2, 3, 2)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.001, 0.999), st.floats(1, 5000), st.floats(1, 5000))
def test_quantile_inverts_the_cumulative_distribution(q, a, b):
    assert beta_cdf(beta_quantile(q, a, b), a, b) == pytest.approx(q, abs=1e-8)


def test_probability_better_is_the_integral():
    best = (29.88, 2.52)
    others = [(12.776, 2.024), (18.088, 3.112), (8.488, 3.112)]
    a, b = zip(*others, strict=True)
    expected = [0.7165476003260589, 0.7888645853460746, 0.9418449218329008]
    assert probability_better(*best, a, b) == pytest.approx(expected, abs=1e-5)
    assert probability_better(1000, 10, 20, 3) == pytest.approx(0.9983591779842691, abs=1e-5)
    assert probability_better(2, 1, 1, 1) == pytest.approx(2 / 3, abs=1e-5)


def test_equals_are_better_half_of_the_time():
    assert probability_better(7, 3, [7], [3]) == pytest.approx([0.5])


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


def test_a_candidate_becomes_active_at_the_third_success_from_distinct_sessions():
    assert [effective_status("candidate", n) for n in (2, 3)] == ["candidate", "active"]
    assert effective_status("retired", 9) == "retired"
    assert effective_status("candidate", 1, threshold=1) == "active"


def evidence():
    rows = [
        ("a", 1.0, 1, "team", NOW - timedelta(days=180), "s1"),
        ("a", 0.0, 1, "measured", NOW.replace(tzinfo=None), "s1"),
        ("a", None, 1, "team", NOW, "s2"),
        ("b", 0.95, 38, "reported", None, None),
        ("b", 1.0, 1, "model", NOW, "s2"),
        ("b", 0.5, 1, "simulated", NOW + timedelta(days=90), "s3"),
        ("gone", 1.0, 1, "team", NOW, "s1"),
        ("b", 0.9, None, "reported", None, None),
    ]
    return Evidence.from_rows(rows, now=NOW)


def test_evidence_without_outcome_or_count_is_none():
    assert len(evidence()) == 6
    assert len(Evidence.from_rows([], now=NOW)) == 0


def test_counts_are_plain_uses_by_provenance():
    counts = {kind: values.tolist() for kind, values in evidence().counts(["a", "b", "c"]).items()}
    assert counts == {
        "measured": [1, 0, 0],
        "observed": [1, 1, 0],
        "reported": [0, 38, 0],
        "simulated": [0, 1, 0],
    }


def test_the_posterior_of_evidence_weighs_source_and_age():
    a, b = evidence().posteriors(["a", "b", "c"], learning_rate=1.0)
    assert a.tolist() == pytest.approx([1.5, 1 + 0.8 * 36.1 + 0.5 + 0.5, 1])
    assert b.tolist() == pytest.approx([2, 1 + 0.8 * 1.9 + 0.5, 1])


def test_no_evidence_leaves_every_pattern_at_the_prior():
    a, b = Evidence().posteriors(["a"])
    assert (a.tolist(), b.tolist()) == ([1.0], [1.0])
    assert Evidence().successes(["a"]).tolist() == [0]
    assert Evidence().counts(["a"])["reported"].tolist() == [0.0]


def test_successes_count_distinct_sessions_and_nothing_reported():
    assert evidence().successes(["a", "b", "c"]).tolist() == [1, 2, 0]
