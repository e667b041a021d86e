import numpy as np
import pandas as pd
import pytest

from archkit.tradeoffs.acceptability import acceptability
from archkit.tradeoffs.cell import Interval, Known, Rate, Unknown
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.preference import Preference
from archkit.tradeoffs.values import contributions, dominance, expected_values, tornado

SUCCESS, COST = Criterion("success"), Criterion("cost", "min", 0, 10, "USD")
WEIGHTS = Preference.weights({"success": 3, "cost": 1})


def matrix(*rows, criteria=(SUCCESS, COST)):
    return PerformanceMatrix("ABCDE"[: len(rows)], criteria, list(rows), WEIGHTS)


def test_the_waterfall_adds_up_to_the_lead():
    rows = matrix([0.8, 6], [0.6, 2], [0.1, 9])
    assert expected_values(rows).to_list() == pytest.approx([0.7, 0.65, 0.1])
    frame = contributions(rows)
    expected = pd.DataFrame(
        {
            "criterion": ["success", "cost"],
            "weight": [0.75, 0.25],
            "value": [0.8, 0.4],
            "rival_value": [0.6, 0.8],
            "contribution": [0.15, -0.1],
            "lead": [0.15, 0.05],
        }
    )
    pd.testing.assert_frame_equal(frame, expected)
    assert frame.attrs == {"alternative": "A", "rival": "B"}


def test_what_is_expected_is_what_is_drawn_on_average_beyond_the_scale_too():
    rows = matrix([Rate(9, 12), Interval(4, 30, 6)], [Unknown(), Interval(-8, 3)], [0.5, 12])
    drawn = acceptability(rows, draws=200_000).expected_value["mean"]
    assert expected_values(rows).to_list() == pytest.approx(drawn.to_list(), abs=0.002)
    assert expected_values(rows)["C"] == pytest.approx(0.375)


def test_any_two_can_be_set_against_each_other():
    rows = matrix([0.8, 6], [0.6, 2], [0.1, 9])
    frame = contributions(rows, alternative="C")
    assert (frame.attrs["alternative"], frame.attrs["rival"]) == ("C", "A")
    assert frame["lead"].iloc[-1] == pytest.approx(-0.6)
    assert contributions(rows, rival="A").attrs["alternative"] == "B"
    assert contributions(matrix([1, 1])).empty


@pytest.mark.parametrize(("one", "other"), [("X", None), ("A", "X"), ("A", "A")])
def test_who_is_not_there_or_is_oneself_is_no_rival(one, other):
    with pytest.raises(ValueError, match=r"called 'X'|own rival"):
        contributions(matrix([1, 1], [0, 0]), None, one, other)


def test_dominance_is_certain_where_worst_beats_best_and_stochastic_where_it_is_likelier():
    rows = matrix(
        [Known(0.9), Interval(1, 2)],
        [Known(0.9), Interval(2, 5)],  # at its best as cheap as A at its worst
        [Rate(8, 10), Interval(2, 5)],
        [Rate(6, 10), Interval(2, 5)],  # C is likelier to reach any rate, and may yet lose
    )
    frame = dominance(rows)
    pairs = {(row.better, row.worse): row.kind for row in frame.itertuples()}
    assert pairs == {("A", "B"): "stochastic", ("C", "D"): "stochastic"}
    apart = matrix([Known(0.9), Interval(1, 2)], [Known(0.9), Interval(3, 5)])
    assert dominance(apart).to_numpy().tolist() == [["A", "B", "certain"]]


def test_what_is_certainly_dominated_is_never_first_whatever_the_preference():
    rows = matrix([(0.6, 0.9), (1, 2)], [(0.3, 0.6), (2.5, 5)], [1, 9])
    assert ["A", "B", "certain"] in dominance(rows).to_numpy().tolist()
    for preference in (Preference.none(), Preference.order(["cost", "success"]), WEIGHTS):
        assert acceptability(rows, preference, 3_000).rank_acceptability.loc["B", 1] == 0


def test_twins_and_the_unknown_dominate_nobody():
    assert dominance(matrix([0.5, 5], [0.5, 5])).empty
    assert dominance(matrix([0.9, Unknown()], [0.1, 5])).empty


def test_the_tornado_swings_one_thing_at_a_time_about_the_lead():
    rows = matrix([Interval(0.4, 1.0), 5], [0.6, Interval(2, 8)])
    frame = tornado(rows)
    # A: .75 · .7 + .25 · .5 = .65, B: .75 · .6 + .25 · .5 = .575.
    assert frame.attrs == {"leader": "A", "lead": pytest.approx(0.075), "interval": 0.9}
    assert frame["subject"].to_list() == ["success of A", "cost of B"]
    first = frame.iloc[0]
    assert (first["low"], first["high"]) == pytest.approx((0.43, 0.97))
    assert first["lead_low"] == pytest.approx(0.075 - 0.75 * 0.27)
    assert first["lead_high"] == pytest.approx(0.075 + 0.75 * 0.27)
    second = frame.iloc[1]
    assert (second["low"], second["high"]) == pytest.approx((2.3, 7.7))
    assert second["unit"] == "USD"
    assert second["swing"] == pytest.approx(0.25 * 0.54)
    assert second["lead_low"] < second["lead_high"]  # the dearer B, the greater A's lead
    assert frame["flips"].to_list() == [True, False]


def test_a_weight_is_swung_with_the_others_in_proportion():
    third = Criterion("ease")
    rows = PerformanceMatrix("AB", [SUCCESS, COST, third], [[1, 10, 0.5], [0, 0, 0.5]])
    frame = tornado(rows, Preference.intervals({"success": (0.2, 0.8), "ease": (0.2, 0.2)}))
    by_name = frame.set_index("subject")
    swung = by_name.loc["weight of success"]
    assert set(by_name.index) == {"weight of success", "weight of cost"}
    assert swung["kind"] == "weight" and pd.isna(swung["alternative"])
    assert 0.2 <= swung["low"] < 0.25 and 0.75 < swung["high"] <= 0.8
    assert swung["flips"]
    # Cost and ease keep their proportion in what success leaves; ease is level and falls out.
    means = Preference.intervals({"success": (0.2, 0.8), "ease": (0.2, 0.2)}).mean(rows.criteria)
    cost_share = means[1] / (means[1] + means[2])
    for end in ("low", "high"):
        lead = swung[end] - (1 - swung[end]) * cost_share
        assert swung[f"lead_{end}"] == pytest.approx(lead)


def test_where_nothing_is_uncertain_or_nobody_rivals_the_tornado_is_empty():
    assert tornado(matrix([1, 1], [0, 0])).empty
    assert tornado(matrix([Unknown(), Unknown()])).empty
    with pytest.raises(ValueError, match="interval"):
        tornado(matrix([1, 1]), interval=1.0)


def test_the_tornado_s_ends_are_those_of_a_recomputation():
    rng = np.random.default_rng(5)
    criteria = [Criterion("a"), Criterion("b", "min", 0, 2), Criterion("c", "max", -1, 3)]
    cells = [[Rate(3, 4), Interval(0.5, 1.5), rng.uniform(-1, 3)] for _ in range(4)]
    rows = PerformanceMatrix("ABCD", criteria, cells)
    for row in tornado(rows).itertuples():
        if row.kind == "weight":
            continue
        for figure, lead in ((row.low, row.lead_low), (row.high, row.lead_high)):
            values = expected_values(rows.replace(cells={(row.alternative, row.criterion): figure}))
            leader = expected_values(rows).idxmax()
            assert values[leader] - values.drop(leader).max() == pytest.approx(lead)
