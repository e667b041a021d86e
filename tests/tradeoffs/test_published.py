"""Examples from the literature, worked again: their figures are facts and are cited below."""

import numpy as np
import pytest

from archkit.tradeoffs.acceptability import acceptability
from archkit.tradeoffs.cell import Rate
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.flip import weight_flip
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.preference import Preference
from archkit.tradeoffs.values import expected_values

# --- MAVT: P. Goodwin and G. Wright, Decision Analysis for Management Judgment, Wiley, chapter 3:
# which of seven offices to move to. Read in its pages: weights, Addison's values, the totals and
# the turning point below. The other offices' values (its table 3.2) were put down from memory and
# are held to those totals.
BENEFITS = {
    "closeness": (32, 100, [100, 20, 80, 70, 40, 0, 60]),
    "visibility": (26, 80, [60, 80, 70, 50, 60, 0, 100]),
    "image": (23, 70, [100, 10, 0, 30, 90, 70, 20]),
    "size": (10, 30, [75, 30, 0, 55, 100, 0, 50]),
    "comfort": (6, 20, [0, 100, 10, 30, 60, 80, 50]),
    "parking": (3, 10, [90, 30, 100, 90, 70, 0, 80]),
}
OFFICES = ("Addison", "Bilton", "Carlisle", "Denver", "Elton", "Filton", "Gorton")
TURNOVER, CONDITIONS = ("closeness", "visibility", "image"), ("size", "comfort", "parking")


def offices():
    criteria = [Criterion(name, "max", 0, 100) for name in BENEFITS]
    cells = np.array([values for _, _, values in BENEFITS.values()]).T.tolist()
    return PerformanceMatrix(OFFICES, criteria, cells)


def points(column):
    return {name: told[column] for name, told in BENEFITS.items()}


def test_the_offices_have_the_benefits_that_goodwin_and_wright_work_out():
    values = 100 * expected_values(offices(), Preference.weights(points(0)))
    assert values[["Addison", "Carlisle", "Gorton"]].to_list() == pytest.approx([80.8, 47.4, 60.2])
    assert values["Gorton"] - values["Carlisle"] == pytest.approx(12.8)
    assert values["Addison"] - values["Gorton"] == pytest.approx(20.6)
    assert (values.idxmax(), values.idxmin()) == ("Addison", "Filton")


def test_elton_overtakes_addison_below_the_weight_of_turnover_that_they_print():
    # Their swings: 100, 80, 70 for turnover, 30, 20, 10 for working conditions.
    swings = Preference.swing(points(1))
    at_none = Preference.swing(points(1) | dict.fromkeys(TURNOVER, 0))
    at_all = Preference.swing(points(1) | dict.fromkeys(CONDITIONS, 0))
    assert 100 * expected_values(offices(), at_none)["Elton"] == pytest.approx(81.7, abs=0.05)
    assert 100 * expected_values(offices(), at_all)["Elton"] == pytest.approx(60.4, abs=0.05)
    [flip] = weight_flip(offices(), swings, TURNOVER).itertuples()
    assert 100 * flip.weight == pytest.approx(81, abs=0.5)
    assert 100 * flip.flips_at == pytest.approx(52.1, abs=0.05)
    assert (flip.leader, flip.flips_to, flip.change < 0) == ("Addison", "Elton", True)
    # No other office comes first at any weight of turnover, and Gorton is always above Carlisle.
    for share in np.linspace(0, 1, 101):
        mixed = share * expected_values(offices(), at_all) + (1 - share) * expected_values(
            offices(), at_none
        )
        assert mixed.idxmax() in ("Addison", "Elton")
        assert mixed["Gorton"] > mixed["Carlisle"]


# --- SMAA-2: heparin or enoxaparin against deep vein thrombosis. Events of patients and scales:
# "Thrombolytics - single study B/R analysis", examples/thrombolytics.json of the repository
# drugis/mcda-elicitation-web. Results: the reference output of the R package smaa 0.3-3 by
# G. van Valkenhoef (CRAN, tests/Examples/smaa-Ex.Rout.save), from 10,000 draws.
EVENTS = {"Heparin": (136, (20, 40, 1)), "Enoxaparin": (129, (8, 32, 5))}
PRINTED_DRAWS = 10_000


def trial():
    criteria = [
        Criterion("proximal DVT", "min", 0, 0.25),
        Criterion("distal DVT", "min", 0.15, 0.4),
        Criterion("bleeding", "min", 0, 0.1),
    ]
    # They take Beta(events, others), without the one of each that a Rate begins with.
    cells = [[Rate(n - 1, of - 2) for n in events] for of, events in EVENTS.values()]
    return PerformanceMatrix(EVENTS, criteria, cells)


def weighted(*weights):
    return Preference.weights(
        dict(zip(("proximal DVT", "distal DVT", "bleeding"), weights, strict=True))
    )


def within(share):
    """Return two standard errors and a half of a share of the draws that were printed."""
    return 2.5 * (share * (1 - share) / PRINTED_DRAWS) ** 0.5


def test_without_preferences_enoxaparin_comes_first_as_often_as_printed():
    found = acceptability(trial(), Preference.none(), draws=200_000)
    first = found.rank_acceptability[1]
    assert first["Heparin"] == pytest.approx(0.3504, abs=within(0.3504))
    assert first["Enoxaparin"] == pytest.approx(0.6496, abs=within(0.6496))
    assert found.pairwise.loc["Enoxaparin", "Heparin"] == pytest.approx(0.6496, abs=within(0.65))
    means = found.expected_value["mean"].to_list()
    assert means == pytest.approx([0.5895, 0.6584], abs=0.004)


def test_the_central_weights_are_those_printed():
    found = acceptability(trial(), Preference.none(), draws=200_000).central_weights
    # Over 3,504 draws a mean weight has a standard error of about .003, twice over .0065.
    printed = [[0.1865, 0.2772, 0.5363], [0.4073, 0.3641, 0.2285]]
    np.testing.assert_allclose(found.to_numpy(), printed, atol=0.0075)


@pytest.mark.parametrize(
    ("weights", "heparin"),
    [
        ((0.5, 0.2, 0.3), 0.1279),
        ((0.1865097, 0.2772205, 0.5362698), 0.6682),
        ((0.4073100, 0.3641477, 0.2285423), 1 - 0.8956),
    ],
)
def test_with_exact_weights_heparin_comes_first_as_often_as_printed(weights, heparin):
    # The second and third are the confidence factors: the chance at one's own central weights.
    first = acceptability(trial(), weighted(*weights), draws=200_000).rank_acceptability[1]
    assert first["Heparin"] == pytest.approx(heparin, abs=within(heparin))
