"""Examples from the literature, worked again: their figures are facts and are cited below.

Of each it is said whether its inputs and its results were read together in one place.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from scipy.special import ndtri

from archkit.tradeoffs.acceptability import acceptability
from archkit.tradeoffs.cell import Cell, Rate
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.flip import weight_flip
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.preference import Preference
from archkit.tradeoffs.values import expected_values

# --- MAVT, read together: S. Chakraborty, E. K. Zavadskas and J. Antucheviciene, Applications of
# WASPAS method as a multi-criteria decision-making tool, Economic Computation and Economic
# Cybernetics Studies and Research 49(1), 2015, example 2. Figures, weights and the totals of its
# additive part (lambda 1) as in scikit-criteria's tests/agg/test_simple.py. What is to be small
# has the value least / own there, which is no straight line: these values are handed in.
SMALL = {"cost": 0.467, "floor space": 0.160, "machines": 0.095}
SYSTEMS = np.array(
    [
        [581818, 595454, 586060, 522727, 561818, 543030, 522727, 486970, 509394, 513333],
        [54.49, 49.73, 51.24, 45.71, 52.66, 74.46, 75.42, 62.62, 65.87, 70.67],
        [3, 3, 3, 3, 3, 4, 4, 4, 4, 4],
        [5500, 4500, 5000, 5800, 5200, 5600, 5800, 5600, 6400, 6000],
    ]
)


def test_ten_systems_come_to_the_totals_that_chakraborty_and_others_print():
    criteria = [*map(Criterion, SMALL), Criterion("production", "max", 0, SYSTEMS[3].max())]
    values = [*(SYSTEMS[:3].min(axis=1, keepdims=True) / SYSTEMS[:3]), SYSTEMS[3]]
    names = [f"system {n}" for n in range(1, 11)]
    weights = SMALL | {"production": 0.278}
    systems = PerformanceMatrix(names, criteria, np.array(values).T.tolist())
    found = expected_values(systems, Preference.weights(weights))
    printed = [0.8590, 0.8194, 0.8430, 0.9420, 0.8645, 0.8315, 0.8552, 0.8983, 0.9067, 0.8784]
    assert found.to_list() == pytest.approx(printed, abs=0.00006)
    ranks = found.rank(ascending=False).astype(int).to_list()
    assert ranks == [6, 10, 8, 1, 5, 9, 7, 3, 2, 4]


# --- MAVT, read together: the numerical example of the article "Weighted sum model", Wikipedia.
def test_three_choices_come_to_the_totals_that_wikipedia_prints_two_of_them_level():
    criteria = [Criterion(f"C{n}", "max", 0, 30) for n in range(1, 5)]
    rows = [[25, 20, 15, 30], [10, 30, 20, 30], [30, 10, 30, 10]]
    weights = dict(zip((c.name for c in criteria), (0.20, 0.15, 0.40, 0.25), strict=True))
    choices = PerformanceMatrix(["A1", "A2", "A3"], criteria, rows)
    choices = choices.replace(preference=Preference.weights(weights))
    assert (30 * expected_values(choices)).to_list() == pytest.approx([21.5, 22.0, 22.0])
    first = acceptability(choices, draws=100).expected_value["first"]
    assert first.to_list() == [0, 0.5, 0.5]


# --- MAVT: P. Goodwin and G. Wright, Decision Analysis for Management Judgment, Wiley, chapter 3:
# which of seven offices to move to. Read together on its page 44: Addison's values, the weights
# and its total; on pages 46 and 48 the other totals and the turning point below. The other
# offices' values (its table 3.2) were put down from memory and are held to those totals.
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


def test_addison_square_is_worth_what_goodwin_and_wright_work_out_product_by_product():
    values, weights = offices().mean_values(), [weight for weight, _, _ in BENEFITS.values()]
    products = 100 * values[OFFICES.index("Addison")] * weights
    assert products.tolist() == pytest.approx([3200, 1560, 2300, 750, 0, 270])
    assert products.sum() == pytest.approx(8080)


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


# --- SMAA-2, read together: four antidepressants, after T. Tervonen and others, A state-of-the-art
# multi-criteria model for drug benefit-risk analysis, SOM Research Report 10001, University of
# Groningen, 2010. Measurements and results as in JSMAA's own test, testCorrectResultsWithBRModel
# (tommite/jsmaa, lib/src/test/java/fi/smaa/jsmaa/simulator/SMAA2SimulationTest.java), which allows
# 0.02 for what is random and rounded, and 0.03 for confidence factors.
EFFECTS = ("efficacy", "diarrhea", "dizziness", "headache", "insomnia", "nausea")
DRUGS = {
    "Fluoxetine": [(0, 0), (11.7, 2.5), (7.2, 1.45), (16.6, 3.27), (13.7, 1.89), (18.6, 1.79)],
    "Paroxetine": [
        (0.086, 0.056),
        (9.2, 1.86),
        (10.6, 1.58),
        (21.2, 5.15),
        (14.3, 2.93),
        (18.3, 3.7),
    ],
    "Sertraline": [
        (0.095, 0.044),
        (15.4, 2.65),
        (7.5, 1.48),
        (20.2, 3.78),
        (15.0, 3.21),
        (19.5, 2.6),
    ],
    "Venlafaxine": [
        (0.113, 0.048),
        (5.5, 2.32),
        (15.7, 4.44),
        (12.8, 2.45),
        (11.2, 3.98),
        (31.0, 1.68),
    ],
}
PRINTED_RANKS = [
    [0.20, 0.28, 0.30, 0.22],
    [0.25, 0.29, 0.27, 0.19],
    [0.17, 0.25, 0.29, 0.30],
    [0.39, 0.18, 0.15, 0.29],
]
PRINTED_CENTRAL = [
    [0.08, 0.14, 0.23, 0.18, 0.16, 0.22],
    [0.18, 0.17, 0.15, 0.13, 0.15, 0.22],
    [0.21, 0.10, 0.22, 0.13, 0.15, 0.20],
    [0.18, 0.21, 0.12, 0.21, 0.19, 0.09],
]
PRINTED_CONFIDENCE = [0.48, 0.44, 0.34, 0.74]


@dataclass(frozen=True, slots=True)
class Normal(Cell):
    """A measurement as JSMAA has them: normal, or normal in its logarithm."""

    kind: ClassVar[str] = "normal"
    middle: float
    spread: float
    in_log: bool = False

    def mean(self, criterion):
        return np.exp(self.middle + self.spread**2 / 2) if self.in_log else self.middle

    def quantile(self, q, criterion):
        off = ndtri(np.asarray(q, dtype=float)) if self.spread else np.zeros(np.shape(q))
        found = self.middle + self.spread * off
        return np.exp(found) if self.in_log else found


def antidepressants():
    cells = [
        [Normal(*figures, in_log=n == 0) for n, figures in enumerate(row)] for row in DRUGS.values()
    ]
    criteria = []
    for name, column in zip(EFFECTS, zip(*cells, strict=True), strict=True):
        # Their scales span the 95 % intervals.
        ends = [cell.quantile([0.025, 0.975], None) for cell in column]
        objective = "max" if name == "efficacy" else "min"
        criteria.append(Criterion(name, objective, np.min(ends), np.max(ends)))
    return PerformanceMatrix(DRUGS, criteria, cells)


def test_the_scales_of_the_antidepressants_are_those_of_jsmaa():
    scales = [(c.low, c.high) for c in antidepressants().criteria]
    printed = [(0.98, 1.23), (1.0, 20.6), (4.4, 24.4), (8.0, 31.3), (3.4, 21.3), (11.1, 34.0)]
    np.testing.assert_allclose(scales, printed, atol=0.3)
    assert scales[0] == pytest.approx(printed[0], abs=0.01)


def test_ranks_and_central_weights_of_the_antidepressants_are_those_of_jsmaa():
    found = acceptability(antidepressants(), draws=100_000)
    np.testing.assert_allclose(found.rank_acceptability, PRINTED_RANKS, atol=0.02)
    np.testing.assert_allclose(found.central_weights, PRINTED_CENTRAL, atol=0.02)
    for name, printed in zip(DRUGS, PRINTED_CONFIDENCE, strict=True):
        own = Preference.weights(found.central_weights.loc[name].to_dict())
        first = acceptability(antidepressants(), own, draws=20_000).expected_value["first"]
        assert first[name] == pytest.approx(printed, abs=0.03)


# --- SMAA-2: heparin or enoxaparin against deep vein thrombosis. Events of patients and scales:
# "Thrombolytics - single study B/R analysis", examples/thrombolytics.json of the repository
# drugis/mcda-elicitation-web. Results: the reference output of the R package smaa 0.3-3 by
# G. van Valkenhoef (CRAN, tests/Examples/smaa-Ex.Rout.save), from 10,000 draws. They are in two
# places: that they belong together is inferred from the names, from all results below, and from
# the last 96 of the draws kept with the package (gertvv/rsmaa, thrombo-meas.txt, enoxaparin's
# bleeding), which are those of 1 - Beta(5, 124) / 0.1 (Kolmogorov-Smirnov, p .61).
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
