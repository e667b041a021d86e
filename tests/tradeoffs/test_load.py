import pandas as pd
import pytest

from archkit.errors import ArchkitError
from archkit.tradeoffs.cell import Interval, Known, Rate, Unknown
from archkit.tradeoffs.criterion import Criterion, Load
from archkit.tradeoffs.load import what_if
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.preference import Preference

SUCCESS = Criterion("success")
LATENCY = Criterion("latency", "min", 0, 1000, "ms", load=Load(exponent=1))


def matrix(*rows):
    even = Preference.weights({"success": 1, "latency": 1})
    return PerformanceMatrix("AB", [SUCCESS, LATENCY], list(rows), even)


def test_ten_times_the_load_multiplies_what_depends_on_it_and_nothing_else():
    rows = matrix([0.9, 20], [0.8, Interval(10, 30, 20, load=Load(0.5))])
    found = what_if(rows, 10)
    root = 10**0.5
    expected = pd.DataFrame(
        {
            "alternative": ["A", "B"],
            "criterion": ["latency"] * 2,
            "unit": ["ms"] * 2,
            "before": [20.0, 20.0],
            "after": [200.0, 20 * root],
            "over_capacity": [False, False],
            "beyond_scale": [False, False],
        }
    )
    pd.testing.assert_frame_equal(found.changes, expected)
    cell = found.matrix.cell("B", "latency")
    assert (cell.low, cell.mode, cell.high) == pytest.approx((10 * root, 20 * root, 30 * root))
    assert cell.note == "at 10 × today's load"
    assert found.matrix.cell("A", "success") == Known(0.9)
    assert rows.cell("A", "latency") == Known(20)


def test_the_choice_can_change_with_load_and_it_is_said():
    rows = matrix([0.9, 80], [0.85, Known(200, load=Load(0))])
    found = what_if(rows, 10)
    assert (found.leader_before, found.leader_after) == ("A", "B")
    assert found.finding == "At 10 × today's load B leads instead of A."
    assert what_if(rows, 2).finding == "At 2 × today's load A still leads."


def test_past_its_capacity_an_alternative_gets_the_worst_of_the_scale():
    rows = matrix([0.9, Known(20, load=Load(0, capacity=8))], [0.5, Known(20, load=Load(0))])
    found = what_if(rows, 10)
    assert found.over_capacity == ("A",)
    cell = found.matrix.cell("A", "latency")
    assert (cell.value, cell.note) == (1000, "past its capacity of 8 × today's load")
    assert found.finding == ("At 10 × today's load B leads instead of A. Past their capacity: A.")
    assert what_if(rows, 8).over_capacity == ()


def test_a_figure_beyond_its_scale_counts_as_the_end_and_is_said():
    found = what_if(matrix([0.9, 200], [0.8, 20]), 10)
    assert found.changes["beyond_scale"].to_list() == [True, False]
    assert found.finding.endswith("Figures beyond the scale count as its end: latency.")
    assert found.matrix.mean_values()[0, 1] == 0


def test_the_unknown_stays_unknown():
    found = what_if(matrix([0.9, Unknown()], [0.8, 20]), 10)
    assert isinstance(found.matrix.cell("A", "latency"), Unknown)
    assert found.changes["after"].to_list() == [500, 200]


def test_load_upon_load_is_the_load_of_both():
    rows = matrix([0.9, Known(2, load=Load(0.5, capacity=30))], [0.8, Interval(1, 3, load=Load(1))])
    twice = what_if(what_if(rows, 4).matrix, 5)
    once = what_if(rows, 20)
    pd.testing.assert_series_equal(twice.changes["after"], once.changes["after"])
    assert what_if(what_if(rows, 4).matrix, 8).over_capacity == ("A",)


def test_what_falls_with_load_falls():
    rows = matrix([0.9, Interval(100, 200, load=Load(-1))], [0.8, 20])
    cell = what_if(rows, 10).matrix.cell("A", "latency")
    assert (cell.low, cell.high) == pytest.approx((10, 20))


def test_where_nothing_depends_on_load_it_is_said():
    rows = PerformanceMatrix("AB", [SUCCESS], [[0.9], [0.8]])
    found = what_if(rows, 10)
    assert found.changes.empty and found.matrix == rows
    assert found.finding.startswith("No figure is declared to depend on load")
    assert found.finding in repr(found)


def test_a_rate_cannot_grow_but_can_have_a_capacity():
    growing = PerformanceMatrix("A", [SUCCESS], [[Rate(9, 10, load=Load(0.5))]])
    with pytest.raises(ArchkitError, match="is a rate and declared to grow") as caught:
        what_if(growing, 10)
    assert "Interval" in caught.value.mend
    bounded = PerformanceMatrix("A", [SUCCESS], [[Rate(9, 10, load=Load(0, capacity=5))]])
    assert what_if(bounded, 5).matrix.cell("A", "success").successes == 9
    assert what_if(bounded, 6).matrix.mean_values()[0, 0] == 0


@pytest.mark.parametrize("load", [0, -1, float("nan"), float("inf"), "ten"])
def test_a_load_that_is_no_positive_number_is_refused(load):
    with pytest.raises(ArchkitError):
        what_if(matrix([0.9, 20], [0.8, 20]), load)
