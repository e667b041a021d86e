"""Counting statements in a block, on each kind of source."""

import sqlite3

import duckdb
import pytest

from archkit import ArchkitError, count_queries


@pytest.fixture
def database():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE post (id INTEGER PRIMARY KEY, title TEXT)")
    yield connection
    connection.close()


def test_a_block_counts_what_is_sent_in_it_and_nothing_else(database):
    database.execute("SELECT 1").fetchall()
    with count_queries(database, label="two", n=2) as counted:
        database.execute("SELECT title FROM post WHERE id = 1").fetchall()
        database.execute("SELECT title FROM post WHERE id = 2").fetchall()
    database.execute("SELECT 1").fetchall()
    assert (counted.label, counted.n, counted.count) == ("two", 2, 2)
    assert counted.counts == "statements run"
    assert counted.by_shape[["shape", "count"]].values.tolist() == [
        ["SELECT title FROM post WHERE id = ?", 2]
    ]


def test_a_source_that_cannot_be_overheard_is_refused():
    with pytest.raises(ArchkitError, match="cannot count on a dict"):
        count_queries({})


def test_duckdb_is_counted_by_its_log():
    with duckdb.connect() as connection, count_queries(connection) as counted:
        connection.execute("SELECT 1").fetchall()
    assert counted.count == 1
