"""The performance matrix: built by hand, changed by copying, drawn from, kept exactly."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.errors import ArchkitError
from archkit.tradeoffs.cell import Grade, Interval, Known, Rate, Unknown
from archkit.tradeoffs.criterion import Criterion, Load
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.preference import Preference

CRITERIA = [
    Criterion("success_rate"),
    Criterion("setup_hours", "min", 0, 8, "h", load=Load(0.5, 20)),
    Criterion("security", "max", 1, 5),
]
ROWS = [
    [Rate.reported(0.95, 38), 3, Grade(4)],
    [Rate.reported(0.89, 24), Interval(1, 3, 2), None],
    [Rate(0, 0), None, Grade(5)],
]


def _matrix(**changed):
    told = {"alternatives": ["A", "B", "C"], "criteria": CRITERIA, "cells": ROWS} | changed
    return PerformanceMatrix(**told)


def test_a_matrix_by_hand_holds_what_was_written():
    matrix = _matrix()
    assert matrix.cell("A", "setup_hours") == Known(3)
    assert matrix.unknown == (("B", "security"), ("C", "setup_hours"))
    assert repr(matrix) == "PerformanceMatrix(3 alternatives × 3 criteria, 2 unknown)"
    assert matrix.mean_values()[0] == pytest.approx([37.1 / 40, 0.625, 0.75])
    assert matrix.mean_values()[1, 2] == 0.5
    assert matrix.preference == Preference.none()


def test_cells_may_be_given_by_name_and_the_rest_is_unknown():
    pairs = _matrix(cells={("A", "security"): 4, ("C", "setup_hours"): (1, 2)})
    nested = _matrix(cells={"A": {"security": 4}, "C": {"setup_hours": (1, 2)}})
    assert pairs == nested
    assert len(pairs.unknown) == 7


def test_a_matrix_cannot_be_changed_in_place():
    matrix = _matrix()
    with pytest.raises(dataclasses.FrozenInstanceError):
        matrix.alternatives = ("Z",)
    rows = [list(row) for row in ROWS]
    copied = _matrix(cells=rows)
    rows[0][0] = None
    assert copied == _matrix()
    assert hash(copied) == hash(_matrix())


def test_replacing_keeps_the_rest_by_name():
    matrix = _matrix()
    changed = matrix.replace(cells={("C", "setup_hours"): 2})
    assert changed.unknown == (("B", "security"),)
    assert matrix.unknown == (("B", "security"), ("C", "setup_hours"))
    fewer = matrix.replace(alternatives=["D", "B"], criteria=[CRITERIA[2], Criterion("cost")])
    assert fewer.cell("B", "security") == Unknown()
    assert fewer.replace(cells={("D", "cost"): 0.5}).cell("D", "cost") == Known(0.5)
    assert len(fewer.unknown) == 4
    weighed = matrix.replace(preference=Preference.order(["security"]))
    assert weighed.replace(cells={("A", "security"): 1}).preference == weighed.preference


def test_draws_are_seeded_and_stay_within_zero_and_one():
    one, other = (_matrix().values(np.random.default_rng(9), 500) for _ in range(2))
    assert one.shape == (500, 3, 3)
    assert (one == other).all()
    assert (one >= 0).all()
    assert (one <= 1).all()
    assert one.mean(axis=0) == pytest.approx(_matrix().mean_values(), abs=0.05)


def test_values_are_the_figures_seen_on_their_scales():
    matrix = _matrix()
    values = matrix.values(np.random.default_rng(9), 100)
    streams = iter(np.random.default_rng(9).spawn(9))
    for row, cells in enumerate(matrix.cells):
        for column, (cell, criterion) in enumerate(zip(cells, CRITERIA, strict=True)):
            figures = cell.draw(next(streams), 100, criterion)
            assert values[:, row, column] == pytest.approx(criterion.value(figures))


def test_draws_in_parts_are_those_made_at_once():
    whole = _matrix().values(np.random.default_rng(9), 100)
    parts = [part.copy() for part in _matrix().values_in_parts(np.random.default_rng(9), 100, 30)]
    assert [len(part) for part in parts] == [30, 30, 30, 10]
    assert (np.concatenate(parts) == whole).all()


def test_a_cell_that_moves_a_little_moves_its_draws_a_little():
    one = _matrix().replace(cells={("A", "success_rate"): Rate(30, 38)})
    other = _matrix().replace(cells={("A", "success_rate"): Rate(30.1, 38)})
    before, after = (m.values(np.random.default_rng(9), 2_000)[:, 0, 0] for m in (one, other))
    assert 0 < np.abs(after - before).max() < 0.005


def test_changing_a_cell_or_adding_an_alternative_leaves_the_other_draws_alone():
    before = _matrix().values(np.random.default_rng(9), 200)
    edited = _matrix().replace(cells={("A", "success_rate"): 0.5})
    after = edited.values(np.random.default_rng(9), 200)
    same = np.ones((3, 3), dtype=bool)
    same[0, 0] = False
    assert (before == after).all(axis=0)[same].all()
    assert (after[:, 0, 0] == 0.5).all()
    longer = _matrix().replace(alternatives=["A", "B", "C", "D"])
    assert (longer.values(np.random.default_rng(9), 200)[:, :3] == before).all()


def test_not_knowing_a_cell_widens_what_it_may_be_and_never_takes_the_alternative_out():
    known, unknown = _matrix(), _matrix().replace(cells={("A", "setup_hours"): None})
    assert unknown.alternatives == known.alternatives
    one, other = (m.values(np.random.default_rng(9), 5_000) for m in (known, unknown))
    assert np.isfinite(other).all()
    assert one[:, 0, 1].std() == 0
    assert other[:, 0, 1].std() == pytest.approx(12**-0.5, abs=0.01)
    assert np.ptp(other[:, 0, 1]) > 0.99


def test_what_reaches_beyond_its_scale_counts_as_its_end_and_is_said():
    matrix = _matrix(cells=[[1.2, 12, 5], [0.5, (-1, 2), 3], [0.1, 8, 1]])
    assert matrix.beyond_scale == (
        ("A", "success_rate"),
        ("A", "setup_hours"),
        ("B", "setup_hours"),
    )
    values = matrix.values(np.random.default_rng(9), 100)
    assert (values[:, 0, 0] == 1).all()
    assert (values[:, 0, 1] == 0).all()
    assert values[:, 1, 1].max() == 1
    assert matrix.mean_values()[0].tolist() == [1, 0, 1]
    assert _matrix().beyond_scale == ()


def test_a_criterion_that_is_the_same_for_all_is_said_to_decide_nothing():
    same = _matrix(cells=[[0.5, 3, Grade(4)], [0.5, 3, Grade(4)], [0.5, 2, Grade(4)]])
    assert same.constant == ("success_rate",)  # grades of one level may differ yet


def test_one_alternative_and_twenty_are_matrices():
    alone = PerformanceMatrix(["A"], CRITERIA, ROWS[:1])
    assert alone.values(np.random.default_rng(1), 10).shape == (10, 1, 3)
    many = PerformanceMatrix([f"A{n}" for n in range(20)], CRITERIA, {})
    assert len(many.unknown) == 60
    assert many.mean_values() == pytest.approx(np.full((20, 3), 0.5))


def test_names_are_told_apart_by_exactly_what_they_are():
    with pytest.raises(ArchkitError, match="No alternative is called 'Z'") as error:
        _matrix().cell("Z", "security")
    assert "A, B, C" in error.value.mend
    with pytest.raises(ArchkitError, match="No criterion is called 'cost'"):
        _matrix().criterion("cost")
    assert _matrix().criterion("security") is CRITERIA[2]


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"alternatives": []}, "has no alternative"),
        ({"criteria": [], "cells": [[], [], []]}, "has no criterion"),
        ({"alternatives": ["A", "B", "A"]}, "Two of the matrix are called 'A'"),
        ({"alternatives": ["A", "B", " "]}, "alternative in place 3"),
        ({"alternatives": ["A", "B", 3]}, "alternative in place 3"),
        ({"criteria": [*CRITERIA[:2], CRITERIA[0]]}, "Two of the matrix are called 'success_rate'"),
        ({"cells": ROWS[:2]}, "got 2 rows"),
        ({"cells": [ROWS[0], ROWS[1], ROWS[2][:2]]}, "got 2 cells for 'C'"),
        ({"cells": [[0.5, "3h", 4], *ROWS[1:]]}, "'A' under 'setup_hours' is '3h'"),
        ({"cells": [[0.5, float("inf"), 4], *ROWS[1:]]}, "'A' under 'setup_hours' is inf"),
        ({"cells": {("Z", "security"): 3}}, "No alternative is called 'Z'"),
        ({"cells": {"A": {"cost": 3}}}, "No criterion is called 'cost'"),
        ({"cells": {"A": 3}}, "Cells are given for 'A': 3"),
        ({"cells": [[0.5, Rate(3, 4), 4], *ROWS[1:]]}, "'A' has a rate under 'setup_hours'"),
    ],
)
def test_a_matrix_that_cannot_be_is_refused(changed, match):
    with pytest.raises(ArchkitError, match=match) as error:
        _matrix(**changed)
    assert error.value.why
    assert error.value.mend


def test_nan_is_a_cell_nobody_knows():
    assert _matrix(cells=[[float("nan"), 3, 4], *ROWS[1:]]).cell("A", "success_rate") == Unknown()


def test_its_frame_hands_figures_objectives_and_weights_to_others():
    frame = _matrix(
        preference=Preference.weights(dict.fromkeys(["success_rate", "setup_hours", "security"], 2))
    ).to_frame()
    assert frame.index.tolist() == ["A", "B", "C"]
    assert frame["setup_hours"].tolist() == [3, 2, 4]
    assert frame.attrs["objectives"] == {
        "success_rate": "max",
        "setup_hours": "min",
        "security": "max",
    }
    assert frame.attrs["weights"] == dict.fromkeys(frame.columns, pytest.approx(1 / 3))


names = st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=4, unique=True)
ends = st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)).filter(lambda p: p[0] < p[1])


@st.composite
def matrices(draw):
    alternatives = draw(names)
    criteria = [
        Criterion(
            name,
            draw(st.sampled_from(["max", "min"])),
            *(draw(ends) if number else (0, 1)),
            draw(st.text(max_size=5)),
            draw(st.none() | st.builds(Load, st.floats(-3, 3), st.none() | st.floats(0.1, 1e6))),
        )
        for number, name in enumerate(draw(names))
    ]
    cells = st.one_of(
        st.none(),
        st.floats(-1e12, 1e12),
        st.integers(-1000, 1000),
        st.tuples(st.floats(-1e9, 1e9), st.floats(0, 1e9)).map(lambda p: (p[0], p[0] + p[1])),
        st.builds(Grade, st.integers(1, 5), provenance=st.sampled_from(["", "stated"])),
    )
    rates = st.one_of(cells, st.builds(Rate.reported, st.floats(0, 1), st.floats(0, 1e6)))
    rows = [
        [draw(rates if number == 0 else cells) for number, _ in enumerate(criteria)]
        for _ in alternatives
    ]
    preference = draw(
        st.sampled_from(
            [
                Preference.none(),
                Preference.order([c.name for c in criteria]),
                Preference.weights({c.name: 1 / 3 for c in criteria}),
                Preference.swing({c.name: (0.1, 100) for c in criteria}),
            ]
        )
    )
    return PerformanceMatrix(alternatives, criteria, rows, preference)


@given(matrices())
def test_a_matrix_comes_back_from_json_exactly_and_draws_the_same(matrix):
    again = PerformanceMatrix.from_json(json.loads(json.dumps(matrix.as_json())))
    assert again == matrix
    one, other = (m.values(np.random.default_rng(1), 20) for m in (matrix, again))
    assert (one == other).all()
    assert np.isfinite(one).all()
    assert one.min() >= 0
    assert one.max() <= 1


@pytest.mark.parametrize(
    "told",
    [{}, None, {"version": 2}, {"version": 1}, {**_matrix().as_json(), "criteria": [{"x": 1}]}],
)
def test_json_that_is_no_matrix_is_refused(told):
    with pytest.raises(ArchkitError, match="performance matrix"):
        PerformanceMatrix.from_json(told)


@pytest.mark.parametrize(
    ("preference", "match"),
    [
        (Preference.order(["cost"]), "names 'cost', which is no criterion"),
        (Preference.weights({"security": 1}), "leave out 'success_rate'"),
        (Preference.ladder(), "no rung among the criteria"),
        (Preference.intervals({c.name: (0, 0.1) for c in CRITERIA}), "sum to 0.3 at most"),
    ],
)
def test_a_preference_must_fit_the_criteria(preference, match):
    with pytest.raises(ArchkitError, match=match):
        _matrix(preference=preference)
    with pytest.raises(ArchkitError, match=match):
        _matrix().replace(preference=preference)
