"""A cell as typed is the cell meant; one that is none says what can be written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.errors import SessionError
from archkit.tradeoffs.cell import Grade, Interval, Known, Rate, Unknown
from archkit.tradeoffs.criterion import Criterion, Load
from archkit.widgets.explorer_cells import read_cell, written_cell

HOURS = Criterion("set-up", "min", -10, 10_000, "h")
SHARE = Criterion("success")
FIGURES = st.floats(-9, 9_000, allow_nan=False).map(lambda x: float(f"{x:.6g}"))


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("3", Known(3)),
        ("3 h", Known(3)),
        (" 1,200 ", Known(1200)),
        ("-2", Known(-2)),
        ("−2", Known(-2)),
        ("2–5", Interval(2, 5)),
        ("2-5", Interval(2, 5)),
        ("-5 - -2", Interval(-5, -2)),
        ("2 to 5 h", Interval(2, 5)),
        ("2..5", Interval(2, 5)),
        ("2–3–5", Interval(2, 5, 3)),
        ("4/5", Grade(4, 5)),
        ("grade 2/3", Grade(2, 3)),
    ],
)
def test_it_is_read_as_meant(text, cell):
    assert written_cell(read_cell(text, HOURS)) == written_cell(cell)
    assert type(read_cell(text, HOURS)) is type(cell)


@pytest.mark.parametrize(
    ("text", "successes", "uses"),
    [("36 of 38", 36, 38), ("95 % of 38", 36.1, 38), ("0 of 0", 0, 0)],
)
def test_a_rate_is_read_with_its_uses(text, successes, uses):
    cell = read_cell(text, SHARE)
    assert isinstance(cell, Rate)
    assert (cell.successes, cell.uses) == (pytest.approx(successes), uses)


def test_a_percentage_alone_is_a_share():
    assert read_cell("95 %", SHARE) == Known(0.95, provenance="stated")


@pytest.mark.parametrize("text", ["?", "", "unknown"])
def test_nothing_known_is_unknown_and_nobody_stated_it(text):
    assert read_cell(text, HOURS) == Unknown()


@pytest.mark.parametrize(
    "text", ["well", "5–2", "6/5", "3 of", "40 of 38", "1–2–3–4", "nan", "inf"]
)
def test_what_is_no_cell_is_refused_and_says_what_is(text):
    with pytest.raises(SessionError, match="cannot be success") as raised:
        read_cell(text, SHARE)
    assert "36 of 38" in raised.value.mend


def test_a_rate_needs_a_scale_of_shares():
    with pytest.raises(SessionError, match="a rate 0 to 1"):
        read_cell("36 of 38", HOURS)


def test_what_was_not_touched_stays_exact_with_where_it_is_from():
    before = Rate.reported(1 / 3, 7.123456789)
    assert read_cell(written_cell(before), SHARE, before) is before


def test_what_is_typed_anew_keeps_how_it_bears_load():
    before = Known(10, provenance="measured", load=Load(1.0, capacity=4))
    after = read_cell("12", HOURS, before)
    assert after == Known(12, provenance="stated", load=Load(1.0, capacity=4))


@given(st.lists(FIGURES, min_size=1, max_size=3))
def test_what_is_written_is_read_back(figures):
    ends = sorted(figures)
    cell = Known(ends[0]) if len(ends) == 1 else Interval(ends[0], ends[-1], *ends[1:-1])
    read = read_cell(written_cell(cell), HOURS)
    assert written_cell(read) == written_cell(cell)
    assert type(read) is type(cell)
