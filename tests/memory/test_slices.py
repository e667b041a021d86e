import numpy as np
import pytest

from archkit.memory.slices import STRENGTHS, pooled_slices, reversals, strength


def floats(*values):
    return np.array(values, dtype=float)


def test_a_key_that_makes_no_difference_is_pooled_hard_and_one_that_does_is_not():
    overall = floats(0.7, 0.7, 0.7, 0.7)
    alike = strength(floats(14, 14, 14, 14), floats(6, 6, 6, 6), overall)
    apart = strength(floats(19, 2, 18, 1), floats(1, 18, 2, 19), overall)
    assert (alike, apart) == (STRENGTHS[-1], STRENGTHS[0])


def test_where_there_is_nothing_to_tell_the_overall_rate_holds():
    assert strength(floats(0), floats(0), floats(0.9)) == STRENGTHS[-1]
    found = pooled_slices(np.array([0]), floats(0), floats(0), floats(0.9))
    assert found.a / (found.a + found.b) == pytest.approx([0.9])


def test_a_slice_lies_between_its_own_rate_and_the_overall_one():
    found = pooled_slices(
        np.array([0, 0, 1]), floats(9, 1, 3), floats(1, 9, 2), floats(0.5, 0.5, 0.8)
    )
    rates = found.a / (found.a + found.b)
    assert 0.5 < rates[0] < 0.9
    assert 0.1 < rates[1] < 0.5
    assert 0.6 < rates[2] < 0.8
    assert found.strength[0] == found.strength[1]


def test_slices_are_estimated_better_together_than_alone():
    rng = np.random.default_rng(5)
    overall = rng.beta(9, 3, 400)
    truth = np.clip(rng.normal(overall, 0.08), 0.01, 0.99)
    won = rng.binomial(6, truth).astype(float)
    found = pooled_slices(np.zeros(400, dtype=np.int64), won, 6 - won, overall)
    pooled = ((found.a / (found.a + found.b) - truth) ** 2).mean()
    assert pooled < 0.5 * (((1 + won) / 8 - truth) ** 2).mean()


KIDNEY = (floats([81, 192], [234, 55]), floats([6, 71], [36, 25]))  # open surgery; through the skin


def test_the_textbook_paradox_is_found():
    won, lost = (table.reshape(2, 2) for table in KIDNEY)
    [found] = reversals(won, lost, won + lost)
    assert (found.ahead, found.behind, found.slices) == (1, 0, (0, 1))
    assert 0.5 < found.probability < 1


def test_what_is_better_everywhere_is_no_paradox():
    won, lost = floats([9, 9], [5, 5]).reshape(2, 2), floats([1, 1], [5, 5]).reshape(2, 2)
    assert reversals(won, lost, won + lost) == ()


def test_a_value_with_too_few_uses_decides_nothing():
    won, lost = (table.reshape(2, 2) for table in KIDNEY)
    uses = won + lost
    uses[0, 0] = 2
    assert reversals(won, lost, uses) == ()
    assert reversals(won[:, :1], lost[:, :1], uses[:, :1]) == ()
