import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betainc, betaincinv
from scipy.stats import beta, kstest

from archkit.tradeoffs.beta_table import ERROR, beta_quantiles

PARAMETERS = [
    (1, 1),
    (1, 2),
    (1, 1e9),
    (1.0001, 500),
    (2, 1),
    (1.3, 1.01),
    (10, 4),
    (37.1, 2.9),
    (200, 2),
    (1e6, 1e6),
]
GRID = np.linspace(0, 1, 100_001)  # some hundred points in each bin


@pytest.mark.parametrize(("a", "b"), PARAMETERS)
def test_no_probability_is_off_by_more_than_is_said(a, b):
    found = beta_quantiles(GRID, a, b)
    assert np.abs(betainc(a, b, found) - GRID).max() < ERROR
    assert (np.diff(found) >= 0).all()
    assert (found[0], found[-1]) == (0, 1)


@given(st.floats(1, 1e5), st.floats(1, 1e5))
def test_it_holds_for_whatever_counts(a, b):
    q = np.linspace(0, 1, 5_003)
    assert np.abs(betainc(a, b, beta_quantiles(q, a, b)) - q).max() < ERROR


def test_the_tails_are_exact():
    q = np.array([0, 1e-12, 1e-5, 9e-4, 1 - 9e-4, 1 - 1e-5, 1])
    assert beta_quantiles(q, 20, 3).tolist() == betaincinv(20, 3, q).tolist()


@pytest.mark.parametrize(("a", "b"), [(10, 4), (1, 40), (200, 2)])
def test_what_is_drawn_has_the_moments_and_the_shape_of_the_beta(a, b):
    drawn = beta_quantiles(np.random.default_rng(1).random(200_000), a, b)
    assert kstest(drawn, beta(a, b).cdf).pvalue > 0.01
    mean, variance, skew = (float(m) for m in beta(a, b).stats("mvs"))
    assert drawn.mean() == pytest.approx(mean, abs=4 * (variance / len(drawn)) ** 0.5)
    assert drawn.var() == pytest.approx(variance, rel=0.02)
    spread = drawn - drawn.mean()
    assert (spread**3).mean() / drawn.std() ** 3 == pytest.approx(skew, abs=0.05)
