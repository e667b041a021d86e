"""The data labs in one call: on a PostgreSQL of their own, and without one in a sentence."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from archkit.errors import ArchkitError
from archkit.figures import charged_twice
from archkit.labs import data_labs
from archkit.labs.data_labs import dashboard_reads, payment_race

SMALL = {"orders": 5, "copies": 2, "workers": 4, "repeat": 1, "ways": ["naive", "unique key"]}


@pytest.fixture
def nowhere(monkeypatch):
    @contextmanager
    def none(url):
        raise ArchkitError("There is no <PostgreSQL>.", why="None.", mend="Get one.")
        yield

    monkeypatch.setattr(data_labs, "postgres", none)


def test_a_race_says_where_it_was_run_and_what_clients_heard(postgres_server):
    race = payment_race(postgres_server.url, **SMALL)
    assert race.note.startswith("PostgreSQL 1")
    assert race.note.endswith(", yours. 4 runs, 40 requests on real connections.")
    assert repr(race) == race.note
    assert race.heard["requests"].tolist() == [10] * 4
    assert race.heard.columns[:3].tolist() == ["scenario", "way", "requests"]
    assert charged_twice(race.summary).layout.title.text.startswith("With the naive way")


def test_a_race_without_postgresql_is_left_out_in_a_sentence(nowhere):
    race = payment_race(**SMALL)
    said = "There is no <PostgreSQL>. None. Get one. The payment race is left out."
    assert race.note == said
    assert race._repr_html_() == f"<p>{said.replace('<', '&lt;').replace('>', '&gt;')}</p>"
    assert race.summary.empty
    assert race.heard.empty
    assert race.record(None) == 0
    assert charged_twice(race.summary).layout.title.text == "Who is charged twice?"


def test_reads_without_postgresql_go_on_with_duckdb(nowhere):
    reads = dashboard_reads(rows=1_000, rows_added=10, repeat=1)
    assert reads.note == (
        "There is no <PostgreSQL>. None. Get one. The lab goes on with DuckDB alone. 1,000 rows "
        "in each layout."
    )
    assert set(reads.summary["engine"]) == set(reads.writes["engine"]) == {"DuckDB"}
    assert len(reads.break_even) == 2
    assert reads.record(None) == 0


def test_reads_are_measured_on_both_databases(postgres_server):
    reads = dashboard_reads(postgres_server.url, rows=1_000, rows_added=10, repeat=1)
    assert "yours. DuckDB runs in this process. 1,000 rows" in reads.note
    assert set(reads.summary["engine"]) == {"PostgreSQL", "DuckDB"}


class Shown:
    def __init__(self):
        self.drawn = []

    def __call__(self, html, display_id):
        self.update(html)
        return self

    def update(self, html):
        self.drawn.append(html.data)


def test_a_bar_in_a_notebook_counts_the_runs_and_goes_at_the_end(monkeypatch):
    shown = Shown()
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    monkeypatch.setattr("IPython.display.display", shown)
    with data_labs._bar("Racing") as told:
        told(2, 8)
    first, bar, last = shown.drawn
    assert first == "<label>Racing …</label>"
    assert bar == '<label>Racing: 2 of 8 <progress max="8" value="2"></progress></label>'
    assert last == ""


def test_a_failure_inside_is_not_taken_for_a_missing_server(postgres_server):
    with pytest.raises(ValueError, match="rows=0"):
        dashboard_reads(postgres_server.url, rows=0)
