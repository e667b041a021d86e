import numpy as np
import pytest

from archkit.memory.category import LEAST_MEMBERS, category_prior, forecast

won, lost = np.full(LEAST_MEMBERS, 3.0), np.full(LEAST_MEMBERS, 1.0)
won[0], lost[0] = 1.0, 3.0


def test_the_prior_has_the_mean_of_the_category_and_counts_ten_uses_at_most():
    a, b = category_prior(won, lost)
    assert a / (a + b) == pytest.approx(0.72, abs=0.03)
    assert 2 <= a + b <= 10 + 1e-9


def test_too_few_patterns_or_none_that_fails_have_no_prior():
    assert category_prior(won[:-1], lost[:-1]) is None
    assert category_prior(np.append(won[:-1], 0.0), np.append(lost[:-1], 0.0)) is None
    assert category_prior(won[1:].repeat(2), lost[1:].repeat(2)) is None


def test_a_forecast_is_the_posterior_mean_under_the_prior():
    assert forecast(np.array([1.0, 2.0]), np.array([1.0, 1.0]), (6.0, 2.0)).tolist() == (
        pytest.approx([6 / 8, 7 / 9])
    )


def test_the_prior_that_rates_were_drawn_from_is_found_again():
    rng = np.random.default_rng(7)
    rates = rng.beta(4.0, 2.0, 3000)
    good = rng.binomial(10, rates).astype(float)
    a, b = category_prior(good, 10 - good)
    assert (a, b) == pytest.approx((4.0, 2.0), rel=0.15)


def test_a_large_category_is_sampled_evenly_and_in_no_order():
    rng = np.random.default_rng(8)
    good = rng.binomial(10, rng.beta(6.0, 2.0, 5000)).astype(float)
    prior = category_prior(good, 10 - good)
    assert prior == pytest.approx((6.0, 2.0), rel=0.2)
    shuffled = rng.permutation(good)
    assert category_prior(shuffled, 10 - shuffled) == prior
