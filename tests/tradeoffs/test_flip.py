import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.tradeoffs.cell import Interval, Unknown
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.flip import cell_flips, flip_sentence, weight_flip, weight_flips
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.preference import Preference
from archkit.tradeoffs.values import expected_values

SUCCESS, COST = Criterion("success"), Criterion("cost", "min", 0, 10, "USD")


def matrix(*rows, weights=(3, 1), criteria=(SUCCESS, COST)):
    named = dict(zip((c.name for c in criteria), weights, strict=True))
    return PerformanceMatrix("ABCDE"[: len(rows)], criteria, rows, Preference.weights(named))


def test_the_weight_at_which_the_lead_changes_hands_is_worked_by_hand():
    # Lead of A over B at weight t of success: .2 t - .4 (1 - t), nought at t = 2/3.
    frame = weight_flips(matrix([0.8, 6], [0.6, 2]))
    expected = pd.DataFrame(
        {
            "criterion": ["success", "cost"],
            "weight": [0.75, 0.25],
            "flips_at": [2 / 3, 1 / 3],
            "change": [-1 / 12, 1 / 12],
            "leader": ["A", "A"],
            "flips_to": ["B", "B"],
        }
    )
    pd.testing.assert_frame_equal(frame, expected)


def test_the_nearest_rival_in_each_direction_is_named():
    rows = matrix([0.6, 5], [0.9, 9], [0.2, 1], [0.1, 9], weights=(1, 1))
    frame = weight_flip(rows, None, "success")
    # A leads B below t = 4/7 and C above t = 1/2: .1 (t - .5)·8 = 0.
    assert frame["flips_to"].to_list() == ["B", "C"]
    assert frame["flips_at"].to_list() == pytest.approx([4 / 7, 0.5])
    assert frame["change"].to_list() == pytest.approx([1 / 14, 0.0])


def test_what_leads_under_every_criterion_no_weight_can_turn():
    rows = matrix([0.8, 2], [0.6, 6])
    assert weight_flips(rows).empty
    assert flip_sentence(rows).startswith("A leads until success of A falls below 0.467 (")
    far = matrix([1, 0], [0, 10])
    assert cell_flips(far)["flips_at"].to_list() == []
    assert flip_sentence(far) == "A leads whatever any one weight or figure."


def test_the_figure_at_which_the_lead_changes_hands_is_worked_by_hand():
    # A .70, B .65: A's success must lose .05 / .75, its cost gain .05 / .25 of ten dollars.
    frame = cell_flips(matrix([Interval(0.7, 0.9), 6], [0.6, 2]))
    by_cell = frame.set_index(["alternative", "criterion"])
    assert by_cell.loc[("A", "success"), "flips_at"] == pytest.approx(0.8 - 0.05 / 0.75)
    assert by_cell.loc[("A", "cost"), "flips_at"] == pytest.approx(8)
    assert by_cell.loc[("A", "cost"), "change"] == pytest.approx(0.2)
    assert by_cell.loc[("B", "success"), "flips_at"] == pytest.approx(0.6 + 0.05 / 0.75)
    assert ("B", "cost") not in by_cell.index  # at no cost at all B draws level, and no more
    assert frame["change"].abs().is_monotonic_increasing
    assert by_cell.loc[("A", "success"), "plausible"]
    assert not by_cell.loc[("A", "cost"), "plausible"]


def test_a_figure_that_would_have_to_leave_its_scale_decides_nothing():
    frame = cell_flips(matrix([0.8, 6], [0.3, 2]))
    # A .70, B .425: B's cost would have to fall below nothing.
    assert ("B", "cost") not in set(zip(frame["alternative"], frame["criterion"], strict=True))


def test_a_criterion_without_weight_decides_by_its_weight_only():
    rows = matrix([0.8, 6], [0.6, 2], weights=(1, 0))
    assert set(cell_flips(rows)["criterion"]) == {"success"}
    assert weight_flip(rows, None, "cost")["flips_at"].to_list() == pytest.approx([1 / 3])
    # Success has all of the weight; what it gives up the others share evenly.
    assert weight_flip(rows, None, "success")["flips_at"].to_list() == pytest.approx([2 / 3])


def test_the_sentence_says_the_least_change_of_a_weight_and_of_a_figure():
    told = flip_sentence(matrix([0.8, 6], [0.6, 2]))
    assert told == (
        "A leads until the weight of success falls below 0.67 (now 0.75; then B), or until "
        "success of A falls below 0.733 (expected 0.8; then B)."
    )
    dear = matrix([0.8, 6], [0.79, 6.5], weights=(1, 3))
    assert flip_sentence(dear) == (
        "A leads until cost of A rises above 6.53 USD (expected 6 USD; then B)."
    )


def test_the_level_and_the_lone_are_said_to_be_so():
    assert flip_sentence(matrix([0.5, 5], [0.5, 5])) == "A and B are level: any change decides."
    assert flip_sentence(matrix([0.5, Unknown()])).startswith("A stands alone")
    assert weight_flips(matrix([0.5, 5])).empty
    assert cell_flips(matrix([0.5, 5])).empty


def test_level_alternatives_flip_at_once_whichever_way_parts_them():
    frame = weight_flip(matrix([1, 10], [0, 0], weights=(1, 1)), None, "success")
    assert frame["change"].to_list() == [0.0]
    assert frame["flips_to"].to_list() == ["B"]


def test_the_level_part_to_the_side_on_which_the_other_is_better_however_rounding_falls():
    for n in range(1, 97):
        share = n / 97
        criteria = (SUCCESS, Criterion("ease", "max", 0, 100))
        rows = [[0.7, 0], [0, 70 * share / (1 - share)]]
        if rows[1][1] > 100:
            break
        frame = weight_flip(matrix(*rows, weights=(n, 97 - n), criteria=criteria), None, "success")
        [row] = frame.itertuples()
        assert abs(row.change) < 1e-12
        assert (row.change >= 0) if row.flips_to == "A" else (row.change <= 0)


def test_what_a_weight_gives_up_those_that_weigh_nothing_share_evenly():
    criteria = [Criterion("a"), Criterion("b"), Criterion("c")]
    rows = matrix([0.8, 0.2, 0.2], [0.6, 0.4, 0.8], weights=(1, 0, 0), criteria=criteria)
    assert weight_flip(rows, None, "a")["flips_at"].to_list() == pytest.approx([2 / 3])


@pytest.mark.parametrize("names", ["beauty", [], ["success", "beauty"]])
def test_a_weight_there_is_not_is_refused(names):
    with pytest.raises(ValueError, match="no criterion"):
        weight_flip(matrix([1, 1], [0, 0]), None, names)


FIGURE = st.floats(0, 1).map(lambda x: round(x, 3))
ROW = st.tuples(FIGURE, FIGURE, FIGURE)


@given(st.lists(ROW, min_size=2, max_size=5), st.tuples(*[st.integers(1, 9)] * 3))
def test_just_before_a_flip_the_leader_leads_and_just_after_the_other(rows, weights):
    criteria = [Criterion("a"), Criterion("b", "min", 0, 4), Criterion("c")]
    cells = [(a, 4 * b, c) for a, b, c in rows]
    given_rows = matrix(*cells, weights=weights, criteria=criteria)
    now = given_rows.preference.mean(criteria)
    names = [criterion.name for criterion in criteria]
    for row in weight_flips(given_rows).itertuples():
        place = names.index(row.criterion)
        leads = []
        for step in (-1e-6, 1e-6):
            at = min(max(row.flips_at + (step if row.change >= 0 else -step), 0), 1)
            moved = now * (1 - at) / (1 - now[place])
            moved[place] = at
            values = expected_values(
                given_rows, Preference.weights(dict(zip(names, moved, strict=True)))
            )
            leads.append(values[row.leader] - values[row.flips_to])
        assert leads[0] >= -1e-9
        assert leads[1] <= 1e-9
    for row in cell_flips(given_rows).itertuples():
        moved = given_rows.replace(cells={(row.alternative, row.criterion): row.flips_at})
        values = expected_values(moved)
        assert values[row.leader] == pytest.approx(values[row.flips_to])
        assert values[row.leader] == pytest.approx(values.max())
