"""A performance matrix from a table."""

import numpy as np
import pandas as pd
import pytest

from archkit.errors import ArchkitError
from archkit.tradeoffs.cell import Grade, Interval, Known, Rate, Unknown
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.frames import from_frame
from archkit.tradeoffs.preference import Preference

SECURITY = Criterion("security", "max", 1, 5)


def test_columns_that_say_their_unit_need_no_criterion():
    frame = pd.DataFrame(
        {"success_rate": [0.95, 0.89], "setup_hours": [3, None], "cost (USD)": [100, 20.5]},
        index=["A", "B"],
    )
    matrix = from_frame(frame)
    assert matrix.alternatives == ("A", "B")
    told = [(c.name, c.objective, c.high, c.unit) for c in matrix.criteria]
    assert told == [
        ("success_rate", "max", 1, ""),
        ("setup_hours", "min", 5, "h"),
        ("cost (USD)", "min", 100, "USD"),
    ]
    assert matrix.cells[1] == (Known(0.89), Unknown(), Known(20.5))


def test_rates_with_their_uses_are_evidence_and_stay_fractional():
    frame = pd.DataFrame(
        {
            "alternative": ["A", "B", "C"],
            "success_rate": [0.95, 0.89, 0.5],
            "uses": [38, 24, None],
            "provenance": ["reported", "none", "simulated"],
        }
    )
    matrix = from_frame(frame)
    assert matrix.cells == (
        (Rate(0.95 * 38, 38, provenance="reported", note="n 38"),),
        (Rate(0.89 * 24, 24, note="n 24"),),
        (Known(0.5, provenance="simulated"),),
    )


def test_a_column_may_have_uses_of_its_own():
    frame = pd.DataFrame({"hit_rate": [0.5], "hit_rate_n": [10], "error_rate": [0.1]}, index=["A"])
    matrix = from_frame(frame)
    assert [c.name for c in matrix.criteria] == ["hit_rate", "error_rate"]
    assert matrix.cells == ((Rate(5, 10, note="n 10"), Known(0.1)),)


def test_given_criteria_go_before_names_and_cells_may_be_of_any_kind():
    frame = pd.DataFrame(
        {"security": [Grade(4), None, 3], "setup_hours": [(1, 2), (1, 2, 4), pd.NA]},
        index=["A", "B", "C"],
    )
    hours = Criterion("setup_hours", "min", 0, 40, "h")
    matrix = from_frame(frame, [SECURITY, hours], preference=Preference.order(["security"]))
    assert matrix.criteria == (SECURITY, hours)
    assert matrix.cells == (
        (Grade(4), Interval(1, 2)),
        (Unknown(), Interval(1, 4, 2)),
        (Known(3), Unknown()),
    )
    assert matrix.preference.kind == "order"
    assert from_frame(frame[["setup_hours"]]).criteria[0].high == 5


def test_a_matrix_of_a_frame_gives_the_frame_back():
    frame = pd.DataFrame({"setup_hours": [3.0, 2.0], "error_rate": [0.1, 0.2]}, index=["A", "B"])
    pd.testing.assert_frame_equal(
        from_frame(frame).to_frame(), frame, check_names=False, check_index_type=False
    )


@pytest.mark.parametrize(
    ("frame", "criteria", "match"),
    [
        (pd.DataFrame({"setup_hours": [3]}), [], "alternatives have no names"),
        (pd.DataFrame({"security": [3]}, index=["A"]), [], "scale of the column 'security'"),
        (pd.DataFrame({"setup_hours": ["3h"]}, index=["A"]), [], "'A' under 'setup_hours' is '3h'"),
        (pd.DataFrame({"setup_hours": [True]}, index=["A"]), [], "is True"),
        (pd.DataFrame({"x_rate": [np.inf]}, index=["A"]), [], "'A' under 'x_rate' is inf"),
        (pd.DataFrame({"x_rate": [95], "n": [38]}, index=["A"]), [], "A reported rate is 95"),
        (
            pd.DataFrame({"x_rate": [0.5], "n": ["x"]}, index=["A"]),
            [],
            "behind 'x_rate' is 'x'",
        ),
        (pd.DataFrame({"x_rate": [0.5]}, index=["A"]), [SECURITY], "'security' has no column"),
        (pd.DataFrame({"x_rate": [0.5, 0.6]}, index=["A", "A"]), [], "are called 'A'"),
        (pd.DataFrame([[0.5, 0.6]], columns=["x_rate"] * 2, index=["A"]), [], "called 'x_rate'"),
        (pd.DataFrame({"x_rate": []}, index=pd.Index([], dtype=str)), [], "has no alternative"),
        (pd.DataFrame(index=["A"]), [], "no column to judge by"),
    ],
)
def test_a_table_that_is_no_matrix_is_refused(frame, criteria, match):
    with pytest.raises(ArchkitError, match=match):
        from_frame(frame, criteria)
