"""The card's ladder read rung by rung and as rank-order weights."""

import numpy as np
import pytest

from archkit.errors import ArchkitError
from archkit.records import LADDER
from archkit.tradeoffs.cell import Grade, Interval
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.ladder import readings
from archkit.tradeoffs.matrix import PerformanceMatrix

RUNGS = [Criterion(name, "max", 1, 5) for name in LADDER]


def _graded(*rows, criteria=RUNGS):
    names = "ABCD"[: len(rows)]
    return PerformanceMatrix(names, criteria, [[Grade(g) for g in row] for row in rows])


def test_the_readings_agree_where_one_leads_on_every_rung():
    read = readings(_graded([5, 5, 5, 5, 5], [2, 2, 2, 2, 2]))
    assert read.by_rung == read.by_weight == (("A",), ("B",))
    assert read.agree
    assert read.agreement == 1
    assert read.decided_by == "testability"
    assert "Both readings of the ladder choose A" in read.told


def test_the_readings_disagree_where_the_first_rung_is_outweighed_and_it_is_said():
    # By rungs, A: it leads on testability by two grades; by weights, B: it leads on all the rest.
    read = readings(_graded([5, 1, 1, 1, 1], [3, 5, 5, 5, 5]))
    assert read.by_rung == (("A",), ("B",))
    assert read.by_weight == (("B",), ("A",))
    assert not read.agree
    assert read.told.startswith(
        "The readings of the ladder disagree: rung by rung A (decided by testability), by "
        "rank-order weights B."
    )
    assert "disagree" in read._repr_html_()
    assert read.to_frame().values.tolist() == [
        ["A", 1, 2, pytest.approx(read.scores["A"])],
        ["B", 2, 1, pytest.approx(read.scores["B"])],
    ]


def test_scores_are_by_rank_order_weights():
    criteria = [Criterion(name) for name in LADDER[:2]]
    matrix = PerformanceMatrix("AB", criteria, [[1, 0], [0, 1]])
    assert readings(matrix).scores == pytest.approx({"A": 0.75, "B": 0.25})


def test_within_the_band_the_next_rung_decides_and_beyond_it_does_not():
    close, far = (
        _graded([4, 1, 1, 1, 1], [3, 3, 1, 1, 1]),
        _graded([5, 1, 1, 1, 1], [3, 3, 1, 1, 1]),
    )
    assert readings(close).by_rung[0] == ("B",)
    assert readings(close).decided_by == "readability"
    assert readings(far).by_rung[0] == ("A",)
    assert readings(close, band=0).by_rung[0] == ("A",)
    assert readings(close, band={"readability": 0.25}).by_rung[0] == ("A",)


def test_alternatives_no_rung_tells_apart_are_level():
    read = readings(_graded([3] * 5, [3] * 5, [1] * 5))
    assert read.by_rung == (("A", "B"), ("C",))
    assert read.by_weight == (("A", "B"), ("C",))
    assert read.decided_by == ""
    assert "A or B (level)" in read.told
    assert read.to_frame()["place_by_rung"].tolist() == [1, 1, 3]


def test_agreement_counts_ties_as_chance_would():
    same = PerformanceMatrix("AB", RUNGS, [[3] * 5, [3] * 5])
    assert readings(same).agreement == pytest.approx(0.5)  # each reading draws lots between two


def test_one_decision_in_five_depends_on_the_reading():
    # facts/tradeoffs.md 1.4: whole grades 1 to 5, four alternatives, no band: 78 % agree.
    rng = np.random.default_rng(1)
    agreed = 0.0
    for _ in range(300):
        rows = rng.integers(1, 6, (4, 5)).tolist()
        read = readings(PerformanceMatrix("ABCD", RUNGS, rows), band=0, draws=1)
        agreed += read.agreement
    assert agreed / 300 == pytest.approx(0.78, abs=0.06)


def test_with_a_band_of_one_grade_those_no_rung_tells_apart_draw_lots():
    # facts/tradeoffs.md 1.4 has 80 % here: so often the readings can choose the same. Where the
    # rungs leave several level, each of these is as likely as the other: 77 %.
    rng = np.random.default_rng(2)
    agreed = could = 0.0
    for _ in range(300):
        rows = rng.integers(1, 6, (4, 5)).tolist()
        read = readings(PerformanceMatrix("ABCD", RUNGS, rows), draws=1)
        agreed += read.agreement
        could += bool({*read.by_rung[0]} & {*read.by_weight[0]})
    assert agreed / 300 == pytest.approx(0.77, abs=0.06)
    assert could / 300 == pytest.approx(0.80, abs=0.06)
    assert could > agreed


def test_other_criteria_do_not_count_and_missing_rungs_are_said():
    criteria = [Criterion("cost"), *RUNGS[:1], *RUNGS[3:]]
    read = readings(_graded([1, 5, 5, 5], [5, 1, 1, 1], criteria=criteria))
    assert read.rungs == ("testability", "simplicity", "reversibility")
    assert read.missing == ("readability", "consistency")
    assert read.by_weight[0] == ("A",)


def test_figures_that_are_no_steps_need_a_band():
    matrix = PerformanceMatrix("AB", RUNGS[:1], [[Interval(3, 4)], [2]])
    with pytest.raises(ArchkitError, match="'testability' has figures that are no whole steps"):
        readings(matrix, band=0)
    assert readings(matrix, band=0.1).by_rung[0] == ("A",)


def test_a_band_below_zero_and_a_ladder_of_nothing_are_refused():
    with pytest.raises(ArchkitError, match=r"band of 'testability' is -0\.1"):
        readings(_graded([3] * 5), band=-0.1)
    with pytest.raises(ArchkitError, match="no rung among the criteria"):
        readings(_graded([3], criteria=[Criterion("cost", "max", 1, 5)]))


def test_one_alternative_is_the_choice_of_both():
    read = readings(_graded([3] * 5))
    assert (read.by_rung, read.by_weight, read.agreement) == ((("A",),), (("A",),), 1)
