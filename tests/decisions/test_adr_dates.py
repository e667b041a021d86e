"""Dates as people write them; which of two numbers is the month is never guessed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.decisions.adr_dates import order_of, read_date


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2020-02-13", date(2020, 2, 13)),
        ("Date: 2020-2-3.", date(2020, 2, 3)),
        ("2020/02/13", date(2020, 2, 13)),
        ("2020-02-13T10:00:00Z", date(2020, 2, 13)),
        ("20200213", date(2020, 2, 13)),
        ("13 February 2020", date(2020, 2, 13)),
        ("13th of Feb, 2020", date(2020, 2, 13)),
        ("February 13th, 2020", date(2020, 2, 13)),
        ("13-Feb-2020", date(2020, 2, 13)),
        ("13/02/2020", date(2020, 2, 13)),
        ("02/13/2020", date(2020, 2, 13)),
        ("22-10-2024", date(2024, 10, 22)),
        ("5.5.2020", date(2020, 5, 5)),
        ("accepted (2020-02-13), was 2019-01-01", date(2020, 2, 13)),
    ],
)
def test_a_day_that_can_mean_one_day_only_is_read(text, day):
    read = read_date(text)
    assert (read.day, read.inferred) == (day, False)
    assert text[read.start : read.end].strip(".,()") == text[read.start : read.end]


@pytest.mark.parametrize("text", ["09/04/2018", "9-4-2018", "9.4.2018"])
def test_a_day_that_can_mean_two_days_is_not_guessed(text):
    read = read_date(f"Date {text}")
    assert read.day is None
    assert read.readings == (date(2018, 4, 9), date(2018, 9, 4))
    assert "either order" in read.note
    assert read_date(text, "dmy")[:1] == (date(2018, 4, 9),)
    american = read_date(text, "mdy")
    assert (american.day, american.inferred) == (date(2018, 9, 4), True)
    assert "the order of the other files" in american.note


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("January, 2026", "no day is named"),
        ("2026", "no day is named"),
        ("2026-01", "no day is named"),
        ("2020-13-45", "no such day"),
        ("31/31/2020", "no such day"),
        ("1/2/20", "the year has two digits"),
    ],
)
def test_what_is_no_day_is_told(text, note):
    assert read_date(text)[0] is None
    assert read_date(text).note == note


@pytest.mark.parametrize("text", ["", "soon", "v1.2.3", "10.0.0.1", "123456789", "a1/2/2020/3"])
def test_what_is_no_date_is_none(text):
    assert read_date(text) is None


def test_the_order_is_what_all_dates_show():
    assert order_of(["09/04/2018", "13/04/2018"]) == "dmy"
    assert order_of(["04/13/2018", "2018-04-13"]) == "mdy"
    assert order_of(["04/13/2018", "13/04/2018"]) is None
    assert order_of(["09/04/2018", "05/05/2018"]) is None


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_day_written_plainly_comes_back(day):
    assert read_date(day.isoformat()).day == day
    assert read_date(f"{day.day} {day:%B} {day.year}").day == day
    assert read_date(f"{day:%d/%m/%Y}", "dmy").day == day
    assert read_date(f"{day:%m/%d/%Y}", "mdy").day == day
    alone = read_date(f"{day:%d/%m/%Y}")
    assert alone.day in (day, None)
    assert alone.day == day or day in alone.readings
