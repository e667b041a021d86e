"""Criteria: fixed, stated scales, and what a figure on them is worth."""

import numpy as np
import pytest

from archkit.errors import ArchkitError
from archkit.tradeoffs.criterion import Criterion, Load, finite


def test_the_better_end_is_worth_one_and_beyond_the_scale_is_its_end():
    hours = Criterion("setup_hours", "min", 0, 8, "h")
    assert hours.value([-1, 0, 2, 8, 9]).tolist() == [1, 1, 0.75, 0, 0]
    rate = Criterion("success_rate")
    assert rate.value([0, 0.25, 1]).tolist() == [0, 0.25, 1]
    assert [hours.figure(v) for v in (0, 0.75, 1)] == [8, 2, 0]
    assert rate.figure(0.25) == 0.25


@pytest.mark.parametrize("ends", [(1, 1), (2, 1), (-1e308, 1e308)])
def test_a_scale_without_length_is_refused(ends):
    with pytest.raises(ArchkitError, match="The scale of 'cost' runs from") as error:
        Criterion("cost", "min", *ends)
    assert "lowest and the highest" in error.value.mend


@pytest.mark.parametrize("number", [float("nan"), float("inf"), "3h", None, True, np.bool_(True)])
def test_the_end_of_a_scale_is_a_finite_number(number):
    with pytest.raises(ArchkitError, match="The scale's high end of 'cost' is"):
        Criterion("cost", "min", 0, number)


def test_numbers_of_numpy_are_numbers():
    assert finite(np.float32(0.5), "A cell") == 0.5
    assert type(Criterion("cost", "min", np.int64(0), np.int64(3)).high) is float


def test_an_objective_is_max_or_min():
    with pytest.raises(ArchkitError, match="objective of 'cost' is 'lower'"):
        Criterion("cost", "lower")


@pytest.mark.parametrize("name", ["", "  ", 3])
def test_a_criterion_has_a_name(name):
    with pytest.raises(ArchkitError, match="A criterion is called"):
        Criterion(name)


@pytest.mark.parametrize("capacity", [0, -1])
def test_a_capacity_is_above_zero(capacity):
    with pytest.raises(ArchkitError, match=f"A capacity of {capacity} times"):
        Load(1, capacity)
