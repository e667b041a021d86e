import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archkit.memory.beta import beta_cdf, beta_quantile, probability_better

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
