"""Cells: what each kind may be, on the criterion's scale."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.errors import ArchkitError
from archkit.tradeoffs.cell import Grade, Interval, Known, Rate, Unknown, cell_of
from archkit.tradeoffs.criterion import Criterion, Load

GRADES = Criterion("security", "max", 1, 5)
HOURS = Criterion("setup_hours", "min", 0, 8, "h")
SHARE = Criterion("success_rate")

ALL = [
    (Known(3), HOURS),
    (Interval(1, 4), HOURS),
    (Interval(1, 4, 2), HOURS),
    (Interval(1, 4, 1), HOURS),
    (Interval(1, 4, 4), HOURS),
    (Interval(2, 2, 2), HOURS),
    (Rate(36.1, 38), SHARE),
    (Rate(0, 0), SHARE),
    (Grade(1), GRADES),
    (Grade(3), GRADES),
    (Grade(2, 2), HOURS),
    (Unknown(), HOURS),
]


@pytest.mark.parametrize(("cell", "criterion"), ALL)
def test_draws_have_the_mean_and_the_quantiles_that_the_cell_says(cell, criterion):
    drawn = cell.draw(np.random.default_rng(7), 40_000, criterion)
    low, high = cell.ends(criterion)
    assert low <= drawn.min() <= drawn.max() <= high
    spread = max(high - low, 1e-12)
    assert drawn.mean() == pytest.approx(cell.mean(criterion), abs=0.01 * spread)
    levels = [0.1, 0.5, 0.9]
    assert np.quantile(drawn, levels) == pytest.approx(
        cell.quantile(levels, criterion), abs=0.02 * spread
    )
    assert cell.sure == (low == high)


def test_a_rate_keeps_fractional_counts():
    rate = Rate.reported(0.89, 24)
    assert (rate.successes, rate.uses, rate.provenance) == (21.36, 24, "reported")
    assert rate.mean(SHARE) == pytest.approx(22.36 / 26)


def test_a_rate_is_its_posterior():
    from scipy.stats import beta

    rate = Rate(15, 16)
    assert rate.quantile([0.05, 0.95], SHARE) == pytest.approx(beta(16, 2).ppf([0.05, 0.95]))


def test_a_grade_spreads_over_its_neighbours_and_no_further():
    assert Grade(3).ends(GRADES) == (2, 4)
    assert Grade(5).ends(GRADES) == (4, 5)
    assert Grade(1, 3).ends(HOURS) == (0, 4)
    means = [Grade(level).mean(GRADES) for level in range(1, 6)]
    assert means == pytest.approx([4 / 3, 2, 3, 4, 14 / 3])


@given(
    low=st.floats(-1e6, 1e6),
    width=st.floats(1e-6, 1e6),
    levels=st.integers(2, 9),
    data=st.data(),
)
def test_what_lives_on_the_scale_never_leaves_it(low, width, levels, data):
    criterion = Criterion("c", "max", low, low + width)
    level = data.draw(st.integers(1, levels))
    for cell in (Grade(level, levels), Unknown()):
        first, last = cell.ends(criterion)
        assert criterion.low <= first <= last <= criterion.high


def test_what_a_user_types_becomes_a_cell():
    assert cell_of(3) == Known(3)
    assert cell_of(np.int64(3)) == Known(3)
    assert cell_of((1, 4)) == Interval(1, 4)
    assert cell_of([1, 2, 4]) == Interval(1, 4, 2)
    assert cell_of(None) == cell_of(float("nan")) == Unknown()
    assert cell_of(Grade(3)) == Grade(3)


@pytest.mark.parametrize(
    "typed", ["3h", "", True, (1, "2"), (1, float("nan")), float("inf"), {"kind": "magic"}, {1}]
)
def test_what_is_no_cell_is_refused_and_named(typed):
    with pytest.raises(ArchkitError, match=r"^'A' under 'cost'|^An interval"):
        cell_of(typed, "'A' under 'cost'")


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Interval(4, 1), "from 4 to 1"),
        (lambda: Interval(1, 4, 5), "likeliest 5"),
        (lambda: Interval(-1e308, 1e308), "An interval runs"),
        (lambda: Rate(5, 4), "5 successes in 4 uses"),
        (lambda: Rate(-1, 4), "-1 successes"),
        (lambda: Rate.reported(95, 38), "A reported rate is 95"),
        (lambda: Grade(0), "Grade 0 of 5"),
        (lambda: Grade(6), "Grade 6 of 5"),
        (lambda: Grade(1, 1), "Grade 1 of 1"),
        (lambda: Grade(2.5), "level is 2.5"),
        (lambda: Known("x"), "is 'x', which is no number"),
        (lambda: Known(1, provenance="rumour"), "provenance is 'rumour'"),
    ],
)
def test_a_cell_that_cannot_be_is_refused(make, match):
    with pytest.raises(ArchkitError, match=match):
        make()


def test_provenances_may_be_several():
    assert Known(1, provenance="observed + reported").provenance == "observed + reported"


numbers = st.floats(-1e300, 1e300)
loads = st.none() | st.builds(Load, numbers, st.none() | st.floats(1e-3, 1e9))
origins = st.sampled_from(["", "reported", "observed + reported"])
about = {"provenance": origins, "note": st.text(max_size=20), "load": loads}
triples = st.tuples(numbers, numbers, numbers).map(sorted)
cells = st.one_of(
    st.builds(Known, numbers, **about),
    st.builds(Unknown, **about),
    triples.map(lambda t: Interval(t[0], t[2], t[1])),
    triples.map(lambda t: Interval(t[0], t[2])),
    st.tuples(st.floats(0, 1e9), st.floats(0, 1e9)).map(lambda p: Rate(min(p), max(p))),
    st.integers(2, 9).flatmap(lambda n: st.builds(Grade, st.integers(1, n), st.just(n), **about)),
)


@given(cells)
def test_a_cell_comes_back_from_json_exactly(cell):
    assert cell_of(json.loads(json.dumps(cell.as_json()))) == cell


def test_json_that_lacks_a_part_says_which():
    with pytest.raises(ArchkitError, match="'A'") as error:
        cell_of({"kind": "rate", "successes": 3}, "'A'")
    assert "uses" in error.value.why
    with pytest.raises(ArchkitError):
        cell_of({"kind": "known", "value": 3, "sort": 1})
