import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.errors import ArchkitError
from archkit.tradeoffs.acceptability import acceptability, drawn
from archkit.tradeoffs.cell import Grade, Interval, Known, Rate, Unknown
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.preference import Preference

SPEED, COST = Criterion("speed"), Criterion("cost", "min", 0, 10, "USD")


def matrix(**rows):
    """Return alternatives of one to five criteria, each 0 to 1, more is better."""
    width = len(next(iter(rows.values())))
    return PerformanceMatrix(rows, [Criterion(f"c{n}") for n in range(width)], list(rows.values()))


def first(result):
    return result.expected_value["first"]


def test_two_criteria_that_are_opposed_share_the_first_place_as_the_weights_fall():
    # v = (w, 1 - w, .6): w is uniform, so A wins above .6, B below .4, C between.
    result = acceptability(matrix(A=[1, 0], B=[0, 1], C=[0.6, 0.6]), draws=200_000)
    expected = pd.DataFrame(
        [[0.4, 0.1, 0.5], [0.4, 0.1, 0.5], [0.2, 0.8, 0.0]],
        index=pd.Index(["A", "B", "C"], name="alternative"),
        columns=pd.RangeIndex(1, 4, name="rank"),
    )
    pd.testing.assert_frame_equal(result.rank_acceptability, expected, atol=0.003, rtol=0)
    # The central weights are the middles of the stretches they win on.
    assert result.central_weights["c0"].to_list() == pytest.approx([0.8, 0.2, 0.5], abs=0.002)
    assert result.pairwise.loc["A"].to_list() == pytest.approx([0.5, 0.5, 0.4], abs=0.003)
    assert result.expected_value["mean"].to_list() == pytest.approx([0.5, 0.5, 0.6], abs=0.002)
    ends = result.expected_value.loc["A", ["low", "high"]].to_list()
    assert ends == pytest.approx([0.05, 0.95], abs=0.002)


def test_of_two_unequal_betas_the_chance_to_win_is_the_known_integral():
    # P(Beta(2, 1) > Beta(1, 1)) = E[X] = 2/3.
    result = acceptability(matrix(A=[Rate(1, 1)], B=[Rate(0, 0)]), draws=200_000)
    assert first(result)["A"] == pytest.approx(2 / 3, abs=0.003)
    assert result.pairwise.loc["A", "B"] == pytest.approx(2 / 3, abs=0.003)


def test_without_preferences_each_of_three_unit_alternatives_wins_in_a_third():
    # A wins where its weight is the greatest; there the mean weights are (11, 3.5, 3.5) / 18.
    result = acceptability(matrix(A=[1, 0, 0], B=[0, 1, 0], C=[0, 0, 1]), draws=200_000)
    assert first(result).to_list() == pytest.approx([1 / 3] * 3, abs=0.003)
    assert result.central_weights.loc["A"].to_list() == pytest.approx(
        [11 / 18, 7 / 36, 7 / 36], abs=0.002
    )


def test_the_mean_of_ordered_draws_is_the_rank_order_centroid():
    names = [f"c{n}" for n in range(5)]
    units = {name: np.eye(5)[n].tolist() for n, name in enumerate("ABCDE")}
    result = acceptability(matrix(**units), Preference.order(names), draws=200_000)
    centroid = [0.4567, 0.2567, 0.1567, 0.09, 0.04]
    assert result.expected_value["mean"].to_list() == pytest.approx(centroid, abs=0.001)


def test_what_is_dominated_is_never_first():
    result = acceptability(matrix(A=[0.5, 0.5], B=[(0.2, 0.5), (0.1, 0.4)], C=[0.9, 0.1]))
    assert result.rank_acceptability.loc["B", 1] == 0
    assert result.pairwise.loc["A", "B"] == 1
    assert result.central_weights.loc["B"].isna().all()


def test_alternatives_that_are_level_split_the_ranks_they_take():
    result = acceptability(matrix(A=[0.3, 0.7], B=[0.3, 0.7], C=[0, 0]), draws=1_001)
    ranks = [[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1]]
    assert result.rank_acceptability.to_numpy().tolist() == ranks
    assert result.pairwise.loc["A", "B"] == result.pairwise.loc["B", "A"] == 0.5
    assert first(result).to_list() == [0.5, 0.5, 0]


def test_level_means_to_nine_digits_whatever_order_the_terms_were_added_in():
    even = Preference.weights({"c0": 1, "c1": 1, "c2": 1})
    rows = matrix(A=[0.1, 0.2, 0.3], B=[0.3, 0.2, 0.1])
    one, other = acceptability(rows, even, draws=10).expected_value["mean"]
    assert one != other
    assert first(acceptability(rows, even, draws=10)).to_list() == [0.5, 0.5]


def test_a_clone_of_one_changes_nothing_between_the_others():
    rows = {"A": [Rate(9, 12), (0.2, 0.8)], "B": [Grade(3), Unknown()], "C": [Rate(4, 5), 0.4]}
    alone = acceptability(matrix(**rows), draws=50_000)
    cloned = acceptability(matrix(**rows, B2=rows["B"]), draws=50_000)
    names = list(rows)
    pd.testing.assert_frame_equal(cloned.pairwise.loc[names, names], alone.pairwise)
    means = cloned.expected_value.loc[names, ["mean", "low", "high"]]
    pd.testing.assert_frame_equal(means, alone.expected_value[["mean", "low", "high"]])


def test_an_unknown_cell_widens_and_never_deletes():
    known = acceptability(matrix(A=[0.6, 0.5], B=[0.5, 0.5]))
    unknown = acceptability(matrix(A=[0.6, Unknown()], B=[0.5, 0.5]))
    assert list(unknown.rank_acceptability.index) == ["A", "B"]

    def width(result):
        return (result.expected_value["high"] - result.expected_value["low"])["A"]

    assert width(unknown) > width(known) + 0.3
    assert first(known)["A"] == 1
    assert 0.5 < first(unknown)["A"] < 1


def test_when_nothing_at_all_is_known_all_are_level_but_for_chance():
    result = acceptability(matrix(A=[None, None], B=[None, None], C=[None, None]))
    assert first(result).to_list() == pytest.approx([1 / 3] * 3, abs=2 * result.margin)


def test_one_alternative_is_first_and_says_that_it_stands_alone():
    result = acceptability(matrix(A=[Unknown()]), draws=100)
    assert result.rank_acceptability.to_numpy().tolist() == [[1.0]]
    assert result.pairwise.to_numpy().tolist() == [[0.5]]
    assert result.finding == "A stands alone: there is nothing to weigh it against."


def test_twenty_alternatives_share_every_rank():
    rows = {f"A{n}": [(n / 40, 0.5 + n / 40), Unknown()] for n in range(20)}
    table = acceptability(matrix(**rows), draws=2_000).rank_acceptability
    assert table.shape == (20, 20)
    assert table.sum(axis=0).to_numpy() == pytest.approx(1)
    assert table.sum(axis=1).to_numpy() == pytest.approx(1)


def test_a_criterion_that_is_the_same_for_all_decides_nothing():
    one = PerformanceMatrix(["A", "B"], [SPEED], [[0.4], [0.6]])
    two = PerformanceMatrix(["A", "B"], [SPEED, COST], [[0.4, 3], [0.6, 3]])
    assert first(acceptability(one)).to_list() == first(acceptability(two)).to_list() == [0, 1]


def test_less_is_better_where_the_criterion_says_so():
    result = acceptability(PerformanceMatrix(["A", "B"], [COST], [[2], [8]]), draws=10)
    assert result.expected_value["mean"].to_list() == pytest.approx([0.8, 0.2])


def test_the_same_seed_gives_the_same_numbers_and_another_one_others():
    rows = matrix(A=[Rate(3, 4), Unknown()], B=[Grade(4), (0.1, 0.9)])
    one, again, other = (acceptability(rows, draws=500, seed=seed) for seed in (7, 7, 8))
    pd.testing.assert_frame_equal(one.pairwise, again.pairwise)
    assert not one.pairwise.equals(other.pairwise)


def test_another_preference_meets_the_same_figures():
    rows = matrix(A=[Rate(3, 4), Unknown()], B=[Grade(4), (0.1, 0.9)])
    weights = Preference.weights({"c0": 1, "c1": 2})
    [(_, free)], [(_, exact)] = (list(drawn(rows, p, 100, 1)) for p in (None, weights))
    np.testing.assert_array_equal(free, exact)


def test_a_changed_cell_or_seed_is_drawn_anew_though_draws_are_kept():
    rows = matrix(A=[Rate(3, 4)], B=[Grade(4)])
    [(_, before)] = drawn(rows, None, 100, 1)
    [(_, same)] = drawn(rows.replace(preference=Preference.order(["c0"])), None, 100, 1)
    [(_, changed)] = drawn(rows.replace(cells={("A", "c0"): 0.5}), None, 100, 1)
    [(_, other)] = drawn(rows, None, 100, 2)
    np.testing.assert_array_equal(before, same)
    assert (changed[:, 0, 0] == 0.5).all()
    np.testing.assert_array_equal(changed[:, 1], before[:, 1])
    assert not (other == before).all()
    with pytest.raises(ValueError, match="read-only"):
        before[0, 0, 0] = 2


def test_the_matrix_s_own_preference_is_taken_unless_another_is_given():
    weights = Preference.weights({"c0": 1, "c1": 0})
    rows = matrix(A=[1, 0], B=[0, 1]).replace(preference=weights)
    assert first(acceptability(rows, draws=50)).to_list() == [1, 0]
    assert 0.2 < first(acceptability(rows, Preference.none(), draws=50))["A"] < 0.8


def test_the_parts_that_draws_are_made_in_do_not_show(monkeypatch):
    rows = matrix(A=[1, 0], B=[0, 1], C=[0.6, 0.6])
    monkeypatch.setattr("archkit.tradeoffs.acceptability._AT_ONCE", 64)
    result = acceptability(rows, draws=1_000)
    assert result.rank_acceptability.sum(axis=1).to_numpy() == pytest.approx(1)
    assert sum(len(weights) for weights, _ in drawn(rows, None, 1_000, 1)) == 1_000
    assert first(result).to_list() == pytest.approx([0.4, 0.4, 0.2], abs=0.06)


def test_the_finding_says_when_chance_and_expected_value_disagree():
    # A wins a little in most draws, B much in the rest.
    rows = matrix(A=[Known(0.5)], B=[Interval(0.2, 1, 0.2)])
    result = acceptability(rows)
    assert (result.leader, result.oftenest_first) == ("A", "A")
    rows = matrix(A=[Known(0.45)], B=[Interval(0.2, 1, 0.2)])
    result = acceptability(rows)
    assert (result.leader, result.oftenest_first) == ("B", "A")
    assert result.finding.startswith("A comes first oftenest (53 % of draws, B 47 %), B has the")
    assert "no winner" not in result.finding


def test_the_finding_says_when_two_cannot_be_told_apart():
    result = acceptability(matrix(A=[0.5, 0.2], B=[0.2, 0.5], C=[0.1, 0.1]))
    assert "cannot be told apart" in result.finding
    assert result.finding in repr(result)


@pytest.mark.parametrize(
    ("draws", "seed"), [(0, 1), (-1, 1), (10.5, 1), ("9", 1), (10, -1), (10, None)]
)
def test_no_draws_or_a_negative_seed_are_refused(draws, seed):
    with pytest.raises(ValueError, match="must be"):
        acceptability(matrix(A=[1]), draws=draws, seed=seed)


def test_a_preference_for_a_criterion_there_is_not_is_refused():
    with pytest.raises(ArchkitError, match="beauty"):
        acceptability(matrix(A=[1], B=[0]), Preference.order(["beauty"]))


VALUES = st.integers(0, 4).map(lambda n: n / 4)


@given(st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=2, max_size=5))
def test_ranks_are_counted_as_by_hand_draw_by_draw(rows):
    names = [f"A{n}" for n in range(len(rows))]
    given_rows = matrix(**dict(zip(names, rows, strict=True)))
    result = acceptability(given_rows, draws=40, seed=3)
    ranks = np.zeros((len(names), len(names)))
    for weights, values in drawn(given_rows, None, 40, 3):
        for weight, value in zip(weights, values, strict=True):
            worth = [round(float(weight @ row), 9) for row in value]
            for n, one in enumerate(worth):
                above, beside = sum(w > one for w in worth), sum(w == one for w in worth)
                ranks[n, above : above + beside] += 1 / beside
    np.testing.assert_allclose(result.rank_acceptability.to_numpy(), ranks / 40, atol=1e-12)
    wins = result.pairwise.to_numpy()
    np.testing.assert_allclose(wins + wins.T, 1)
