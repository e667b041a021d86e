"""Forecasts are scored against outcomes, by hand-made rows and by what was simulated."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from archkit.memory.memory import Memory
from archkit.memory.simulate import simulate
from archkit.memory.truth import CONTEXTS
from archkit.metrics.scoring import (
    calibration,
    exact_coverage,
    forecasts,
    interval_coverage,
    reliability,
)
from archkit.records import Decision, Pattern

NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Rows:
    """A memory that answers every question with the same rows."""

    def __init__(self, *rows):
        names = ("agent", "area", "confidence", "last_value", "last_source")
        self.frame = pd.DataFrame(rows, columns=names).assign(
            decision_id=[f"d{n}" for n in range(len(rows))],
            title="t",
            decided_at=pd.Timestamp("2026-01-01"),
            last_outcome_at=pd.Timestamp("2026-02-01"),
        )

    def sql(self, select, /, **params):
        return self.frame.copy()


FOUR = Rows(
    ("ann", "security", 0.9, 1.0, "team"),
    ("ann", "security", 0.7, 0.0, "measured"),
    ("bob", None, 0.5, 1.0, "simulated"),
    ("bob", "scaling", 1.0, 0.5, "reported"),
)


def test_forecasts_come_from_decisions_that_have_both(tmp_path):
    with Memory(tmp_path / "a.duckdb", library=False, now=lambda: NOW) as memory:
        memory.record_pattern(Pattern("jwt", "JWT", area="security", status="active"))
        made = [
            memory.record_decision(Decision("jwt", patterns=("jwt",), confidence=stated, agent="a"))
            for stated in (0.8, 0.6, None)
        ]
        memory.record_decision(Decision("jwt", confidence=0.4))
        for decision in (made[0], made[2]):
            memory.record_outcome(decision, success=True)
        memory.record_outcome(made[1], scores={"performance": 0.25})
        found = forecasts(memory)
    assert found["stated"].tolist() == [0.8, 0.6]
    assert found["came"].tolist() == [1.0, 0.25]
    assert found["area"].tolist() == ["security", "security"]
    assert found["provenance"].tolist() == ["observed", "observed"]


def test_scores_are_the_means_of_the_misses():
    [row] = calibration(FOUR).to_dict("records")
    assert row["n"] == 4
    assert row["brier"] == pytest.approx((0.01 + 0.49 + 0.25 + 0.25) / 4)
    losses = [-np.log(0.9), -np.log(0.3), -np.log(0.5), -0.5 * np.log(0.999 * 0.001)]
    assert row["log_loss"] == pytest.approx(np.mean(losses))
    assert row["stated"] == pytest.approx(0.775)
    assert row["came"] == pytest.approx(0.625)
    assert row["excess"] == pytest.approx(0.15)
    assert row["excess_low"] < 0.15 < row["excess_high"]
    assert row["brier_of_mean"] == pytest.approx(np.var([1, 0, 1, 0.5]))
    assert row["provenance"] == "measured + observed + reported + simulated"


def test_groups_are_apart_and_what_is_not_said_has_a_name():
    assert calibration(FOUR, by="agent")["group"].tolist() == ["ann", "bob"]
    areas = calibration(FOUR, by="area").set_index("group")["n"]
    assert areas.to_dict() == {"security": 2, "scaling": 1, "not said": 1}
    kinds = calibration(FOUR, by="provenance")
    assert set(kinds["group"]) == {"observed", "measured", "simulated", "reported"}
    assert kinds["brier_low"].isna().all()
    with pytest.raises(ValueError, match="by must be one of"):
        calibration(FOUR, by="moon")


def test_nothing_to_score_gives_no_row():
    assert calibration(Rows()).empty
    assert reliability(Rows()).empty


def test_a_curve_has_parts_of_like_size_and_keeps_equals_together():
    many = Rows(*(("a", "security", 0.5 + n / 100, float(n % 4 > 0), "team") for n in range(40)))
    curve = reliability(many, bins=4)
    assert curve["n"].tolist() == [10, 10, 10, 10]
    assert curve["stated"].is_monotonic_increasing
    assert (curve["low"] <= curve["came"]).all() and (curve["came"] <= curve["high"]).all()
    same = reliability(Rows(*[("a", "security", 0.7, 1.0, "team")] * 9), bins=4)
    assert same["n"].tolist() == [9]
    assert same["high"].tolist() == [1.0]
    with pytest.raises(ValueError, match="at least 1"):
        reliability(many, bins=0)


@pytest.mark.parametrize("uses", [3, 10, 38])
@pytest.mark.parametrize("rate", [0.6, 0.8, 0.95])
def test_ninety_percent_intervals_hold_the_truth_nine_times_of_ten(rate, uses):
    """Of three uses at rate .95 no interval can: it holds the rate in .857 or in .993 of cases."""
    least = 0.857 if (rate, uses) == (0.95, 3) else 0.87
    assert least <= exact_coverage(rate, uses) <= 0.97


def test_three_uses_at_a_high_rate_leave_no_coverage_near_nine_in_ten():
    """Three of three come with .857, two of three with .135: never .87 to .97."""
    three, two = 0.95**3, 3 * 0.95**2 * 0.05
    assert round(three, 3) == 0.857 and three + two > 0.97


def test_exact_coverage_is_what_drawing_by_lot_tends_to():
    from archkit.memory.learning import posterior
    from archkit.metrics.evidence import interval

    rng = np.random.default_rng(3)
    held = 0
    for y in rng.random((600, 10)) < 0.8:
        a, b = posterior(y.astype(float), np.ones(10), np.ones(10), np.zeros(10))
        low, high = interval(a, b, 0.9)
        held += low <= 0.8 <= high
    assert abs(held / 600 - exact_coverage(0.8, 10)) < 0.03


def test_coverage_of_a_made_up_year_is_counted_over_steady_patterns(tmp_path):
    slugs = [f"p{n}" for n in range(60)]
    rng = np.random.default_rng(4)
    begin = pd.Timestamp("2025-11-01", tz="UTC")
    rates = dict(zip(slugs, rng.beta(6, 2, 60), strict=True))
    rows = [
        ("pattern", slug, "k", tenancy, begin, rates[slug], 0.8)
        for slug in slugs
        for tenancy in CONTEXTS
    ]
    rows.append(("pattern", "p0", "k", "multi", begin + pd.Timedelta(days=90), 0.1, 0.8))
    names = ["what", "slug", "kind", "tenancy", "valid_from", "success_rate", "saved_share"]
    truth = pd.DataFrame(rows, columns=names)
    with Memory(tmp_path / "a.duckdb", library=False, now=lambda: NOW) as memory:
        for slug in slugs:
            memory.record_pattern(Pattern(slug, slug, kind="k", status="active"))
        simulate(memory, sessions=0, uses=1_500, now=NOW, truth=truth)
        found = interval_coverage(memory, truth, now=NOW)
    assert found["n"] == 59
    assert found["low"] <= found["coverage"] <= found["high"]
    assert 0.85 <= found["coverage"] <= 1


def test_a_bold_architect_is_found_out(tmp_path):
    with Memory(tmp_path / "a.duckdb", now=lambda: NOW) as memory:
        simulate(memory, sessions=200, now=NOW)
        found = calibration(memory, by="agent").set_index("group")
    assert found["excess_low"]["bold architect (simulated)"] > 0.05
    assert abs(found["excess"]["careful architect (simulated)"]) < 0.12
    assert set(found["provenance"]) == {"simulated"}
