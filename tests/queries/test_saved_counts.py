"""Counts kept in files, and two of them as a measurement."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from archkit.errors import ArchkitError
from archkit.queries.count import QueryCount
from archkit.queries.counting import count_queries
from archkit.queries.saved import before_and_after, read_count, save_count
from archkit.queries.tally import Kind

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def counted(many, *, counts="statements sent", n=None, label="", ended=True):
    count = QueryCount(label, n)
    count.counts = counts
    for _ in range(many):
        count.tallies.sent(Kind("SELECT ?"), tells_end=True)
        if ended:
            count.tallies.ended(Kind("SELECT ?"), 1.0)
            count.tallies.fetched(Kind("SELECT ?"), 2)
    count.close(10.0)
    return count


def test_a_count_comes_back_from_its_file_as_it_was(tmp_path):
    with closing(sqlite3.connect(":memory:")) as shop:
        shop.execute("CREATE TABLE post (id INTEGER PRIMARY KEY)")
        with count_queries(shop, label="a page", n=7) as before:
            for key in range(7):
                shop.execute("SELECT id FROM post WHERE id = ?", (key,))
    assert len(before.findings()) == 1
    path = save_count(before, tmp_path / "before.json")
    assert read_count(path).as_json() == before.as_json()


def test_a_file_over_one_that_is_there_replaces_it(tmp_path):
    path = tmp_path / "count.json"
    save_count(counted(3), path)
    save_count(counted(2), path)
    assert read_count(path).count == 2


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ArchkitError, match="cannot be saved") as told:
        save_count(counted(1), tmp_path / "no" / "count.json")
    assert "folder that is there" in told.value.mend


def test_before_and_after_are_a_measurement_without_times_taken_while_counting():
    made = before_and_after(
        counted(20, n=5, label="a page"), counted(3), pattern="dataloader", now=lambda: NOW
    )
    assert (made.queries_before, made.queries_after, made.n) == (20, 3, 5)
    assert (made.label, made.pattern, made.source) == ("a page", "dataloader", "measured")
    assert (made.before_ms, made.after_ms) == (None, None)
    assert made.extra["while_counting_ms"] == {"before": 10.0, "after": 10.0}
    assert (made.rows, made.extra["rows_before"]) == (6, 40)
    assert made.measured_at == NOW


def test_a_change_that_did_away_with_all_queries_is_one_too():
    after = counted(0, counts="statements run")
    assert before_and_after(counted(4), after).queries_after == 0


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (counted(3, n=5), counted(1, n=50), "n was 5 and is 50"),
        (counted(3), counted(1, counts="statements run"), "One counts statements sent, the other"),
        (counted(3, ended=False), counted(1), "Statements failed before the change"),
        (counted(3), counted(1, ended=False), "Statements failed after the change"),
        (counted(0), counted(1), "No statement was counted before"),
    ],
)
def test_what_cannot_be_set_against_each_other_is_refused(before, after, why):
    with pytest.raises(ArchkitError, match="cannot be set against each other") as told:
        before_and_after(before, after)
    assert why in told.value.why
