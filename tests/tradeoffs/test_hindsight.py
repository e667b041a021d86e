import pandas as pd
import pytest

from archkit.records import Decision
from archkit.tradeoffs.cell import Grade, Interval, Rate
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.decided import KEY, decision_of, explored_in
from archkit.tradeoffs.explored import first_state
from archkit.tradeoffs.findings import Findings
from archkit.tradeoffs.hindsight import hindsight
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.preference import Preference

EVEN = Preference.weights({"success": 1, "security": 1})


def decided(preference=EVEN):
    criteria = [Criterion("success"), Criterion("security", "max", 1, 5)]
    cells = [
        [Rate.reported(0.9, 20), Grade(4, provenance="stated")],
        [Rate.reported(0.8, 10), Interval(2, 5, provenance="stated")],
    ]
    state = first_state(PerformanceMatrix("AB", criteria, cells), preference, draws=4_000, seed=1)
    return decision_of(Findings(state), "A")


def outcomes(decision, **scores):
    rows = [
        {"decision_id": decision.decision_id, "outcome_id": n, "score": name, "value": value}
        for name, values in scores.items()
        for n, value in enumerate(values)
    ]
    columns = ["decision_id", "outcome_id", "score", "value"]
    return pd.DataFrame(rows, columns=columns).assign(provenance="observed")


def test_predictions_have_intervals_over_the_figures_at_the_weights_of_then():
    seen = hindsight(decided(), outcomes(decided())).set_index("alternative")
    assert (seen["low"] < seen["predicted"]).all()
    assert (seen["predicted"] < seen["high"]).all()
    assert seen[["realised", "realised_low", "realised_high"]].isna().all(axis=None)
    assert seen["predicted_from"].to_list() == ["reported + stated"] * 2
    alone = hindsight(decided(Preference.none()), outcomes(decided())).set_index("alternative")
    assert alone["low"].to_list() == pytest.approx(seen["low"].to_list())


def test_the_more_often_it_was_looked_at_the_narrower_is_what_came():
    decision = decided()
    few, many = (
        hindsight(decision, outcomes(decision, success=[1, 0] * n, security=[0.75] * 2 * n)).iloc[0]
        for n in (1, 20)
    )
    assert few["realised"] == many["realised"] == pytest.approx((0.5 + 0.75) / 2)
    for seen in (few, many):
        assert seen["realised_low"] < seen["realised"] < seen["realised_high"]
    wide = few["realised_high"] - few["realised_low"]
    assert many["realised_high"] - many["realised_low"] < wide / 2
    assert (few["n"], many["n"]) == (2, 40)


def test_the_interval_of_one_failure_reaches_down_to_it():
    decision = decided(Preference.weights({"success": 1, "security": 0}))
    [seen, _] = hindsight(decision, outcomes(decision, success=[0])).to_dict("records")
    assert seen["realised"] == seen["realised_low"] == 0
    assert seen["realised_high"] == pytest.approx(0.776, abs=0.02)  # Beta(1, 2)


def test_an_exploration_is_kept_whole_in_the_decision():
    decision = decided()
    assert decision.extra[KEY]["seed"] == 1
    again = Findings(explored_in(Decision("A", extra=decision.extra)))
    expected = Findings(explored_in(decision)).result.rank_acceptability
    pd.testing.assert_frame_equal(again.result.rank_acceptability, expected)
