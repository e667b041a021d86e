import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archkit.tradeoffs.cell import Grade, Interval, Known, Rate, Unknown
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.information import what_to_measure
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.preference import Preference

SUCCESS, COST = Criterion("success"), Criterion("cost", "min", 0, 10, "USD")
WEIGHTS = Preference.weights({"success": 3, "cost": 1})
NOISE = 1e-3


def matrix(*rows, criteria=(SUCCESS, COST), preference=WEIGHTS):
    return PerformanceMatrix("ABCDE"[: len(rows)], criteria, list(rows), preference)


def test_one_unknown_figure_is_worth_what_the_integral_says():
    # A is uniform on 0..1, B sure at .5: E max(A, .5) - .5 = 1/8, and A wins half of the time.
    rows = matrix([Unknown()], [0.5], criteria=[SUCCESS], preference=None)
    found = what_to_measure(rows, draws=200_000)
    assert found.evpi == pytest.approx(1 / 8, abs=NOISE)
    assert found.of_cells == found.evpi
    assert found.of_weights == 0
    row = found.table.iloc[0]
    assert row["subject"] == "success of A"
    assert row["evppi"] == pytest.approx(found.evpi)
    assert row["share"] == pytest.approx(1)
    assert row["switch_chance"] == pytest.approx(0.5, abs=0.005)


def test_one_unknown_weight_is_worth_what_the_integral_says():
    # Values are w and 1 - w with w uniform: E max - 1/2 = 1/4, in classes of a fortieth.
    rows = matrix([1, 10], [0, 0], preference=Preference.none())
    found = what_to_measure(rows, draws=100_000)
    assert found.evpi == pytest.approx(1 / 4, abs=NOISE)
    assert found.of_weights == pytest.approx(found.evpi)
    assert found.of_cells == 0
    assert set(found.table["kind"]) == {"weight"}
    assert found.table["evppi"].to_list() == pytest.approx([1 / 4] * 2, abs=NOISE)


def test_a_weight_that_matters_at_its_end_only_is_seen():
    # E max(w, .9) - .9 is the triangle above .9: .1 · .1 / 2; w passes it in a tenth.
    rows = matrix([1, 10], [0.9, 1], preference=Preference.none())
    row = what_to_measure(rows, draws=100_000).table.iloc[0]
    assert row["evppi"] == pytest.approx(0.005, abs=2e-4)
    assert row["switch_chance"] == pytest.approx(0.1, abs=0.026)


def test_a_figure_that_moves_another_s_lead_is_found_by_nested_drawing():
    rows = matrix([Rate(9, 12), Interval(2, 6)], [Rate(14, 20), Interval(1, 7)], [0.7, 5])
    found = what_to_measure(rows, draws=50_000).table.set_index("subject")
    rng = np.random.default_rng(2)
    means = rows.mean_values() @ WEIGHTS.mean(rows.criteria)
    for subject, alternative, criterion in [
        ("success of A", 0, 0),
        ("cost of B", 1, 1),
    ]:
        drawn = rows.values(rng, 50_000)[:, alternative, criterion]
        learnt = np.tile(means, (len(drawn), 1))
        learnt[:, alternative] += WEIGHTS.mean(rows.criteria)[criterion] * (drawn - drawn.mean())
        expected = learnt.max(axis=1).mean() - means.max()
        assert found.loc[subject, "evppi"] == pytest.approx(expected, abs=NOISE)


def test_what_cannot_change_the_choice_is_worth_nothing():
    found = what_to_measure(matrix([(0.8, 0.9), 1], [(0.1, 0.2), 9]))
    assert found.evpi == 0
    assert found.table["evppi"].to_list() == [0, 0]
    assert found.table["share"].to_list() == [0, 0]
    assert found.finding.startswith("Nothing that could be learnt")


def test_where_nothing_is_uncertain_the_list_is_empty():
    found = what_to_measure(matrix([0.5, 5], [0.4, 4]), draws=100)
    assert found.table.empty and found.evpi == 0
    assert "Nothing" in repr(found)


def test_one_alternative_leaves_nothing_to_choose():
    found = what_to_measure(matrix([Unknown(), Unknown()]), draws=500)
    assert found.evpi == 0
    assert found.table["switch_chance"].to_list() == [0, 0]


def test_the_finding_says_what_to_measure_or_to_settle_next():
    assert what_to_measure(matrix([Unknown(), 5], [0.5, 5])).finding.startswith(
        "Measure success of A next: knowing it would change the choice in"
    )
    rows = matrix([1, 10], [0, 0], preference=Preference.none())
    assert what_to_measure(rows).finding.startswith("Settle the weight of ")


def test_draws_in_several_parts_are_all_held(monkeypatch):
    rows = matrix([Unknown()], [0.5], criteria=[SUCCESS], preference=None)
    monkeypatch.setattr("archkit.tradeoffs.acceptability._AT_ONCE", 300)
    found = what_to_measure(rows, draws=20_001)
    assert found.evpi == pytest.approx(1 / 8, abs=0.003)
    with pytest.raises(ValueError, match="draws must be"):
        what_to_measure(rows, draws=0)


def test_fewer_uses_make_a_rate_more_worth_measuring():
    few, many = (
        what_to_measure(matrix([Rate(0.9 * n, n), 5], [0.85, 5])).table["evppi"][0]
        for n in (10, 200)
    )
    assert few > 2 * many > 0


CELLS = st.one_of(
    st.floats(0, 1).map(Known),
    st.just(Unknown()),
    st.integers(1, 5).map(Grade),
    st.tuples(st.floats(0, 0.5), st.floats(0.5, 1)).map(lambda ends: Interval(*ends)),
    st.integers(0, 9).map(lambda k: Rate(k, 9)),
)
PREFERENCES = st.sampled_from(
    [Preference.none(), Preference.order(["a", "b"]), Preference.weights({"a": 2, "b": 1, "c": 1})]
)


@settings(max_examples=40)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=2, max_size=4), PREFERENCES)
def test_knowing_one_thing_is_never_worth_less_than_nothing_nor_more_than_all(rows, preference):
    criteria = [Criterion("a"), Criterion("b"), Criterion("c")]
    found = what_to_measure(matrix(*rows, criteria=criteria, preference=preference), draws=4_000)
    noise = 4 / np.sqrt(4_000) / 4
    assert (found.table["evppi"] >= 0).all()
    assert (found.table["evppi"] <= found.evpi + noise).all()
    assert found.of_cells <= found.evpi + noise
    assert found.of_weights <= found.evpi + noise
    assert found.table["switch_chance"].between(0, 1).all()
    cells = found.table[found.table["kind"] == "cell"]["evppi"].max()
    assert np.isnan(cells) or cells <= found.of_cells + noise
