"""The high-read lab: equal answers, the rows really read, what a refresh costs and when it pays."""

from __future__ import annotations

import math
import re

import pandas as pd
import psycopg
import pytest

from archkit.errors import ArchkitError
from archkit.labs import high_read
from archkit.labs.high_read import (
    QUESTIONS,
    HighRead,
    break_even,
    measure,
    record,
    summary,
    write_costs,
)
from archkit.labs.high_read_stores import LAYOUTS, PLAIN, opened
from archkit.library import read_library
from archkit.memory.memory import Memory

MONTH, YEAR = QUESTIONS


@pytest.fixture(scope="module")
def both(postgres_server) -> HighRead:
    return measure(postgres_server, rows=20_000, rows_added=500, repeat=2)


def rows_read(lab: HighRead, engine: str, question: str) -> dict[str, int]:
    found = summary(lab)
    found = found[(found["engine"] == engine) & (found["question"] == question)]
    return dict(zip(found["layout"], found["rows_read"].astype(int), strict=True))


def test_every_layout_of_both_databases_is_asked_each_question_each_time(both):
    asked = both.reads.groupby(["engine", "layout", "question"])["run"].agg(list)
    wanted = {
        (engine, layout, question)
        for engine, layouts in LAYOUTS.items()
        for layout in layouts
        for question in QUESTIONS
    }
    assert set(asked.index) == wanted
    assert all(runs == [0, 1] for runs in asked)
    assert (both.reads["ms"] > 0).all()
    assert both.rows == 20_000


def test_postgresql_reads_a_month_by_index_or_partition_and_a_day_a_row_by_summary(both):
    month = rows_read(both, "PostgreSQL", MONTH)
    # 30 of 365 days, or all 31 days of the partition; the year has 20,000 rows.
    assert month[PLAIN] == 20_000
    assert 1_600 < month["index on time"] < 1_680
    assert 1_660 < month["monthly partitions"] < 1_740
    assert month["materialised summary"] <= 365
    year = rows_read(both, "PostgreSQL", YEAR)
    whole = dict.fromkeys((PLAIN, "index on time", "monthly partitions"), 20_000)
    assert year == {**whole, "materialised summary": 365}
    found = summary(both).set_index(["engine", "layout", "question"])
    parts = found.loc["PostgreSQL", ["parts_read", "parts"]]
    assert parts.loc["monthly partitions", MONTH].tolist() == [1, 12]
    assert parts.loc["monthly partitions", YEAR].tolist() == [12, 12]
    assert parts.loc[PLAIN].isna().all(axis=None)


def test_duckdb_skips_row_groups_where_rows_lie_in_time_order():
    lab = measure(rows=280_000, rows_added=10, repeat=1)
    assert set(lab.reads["engine"]) == {"DuckDB"}
    found = summary(lab).set_index(["layout", "question"])
    assert found.loc[(PLAIN, MONTH), ["parts_read", "parts"]].tolist() == [3, 3]
    assert found.loc[("rows in time order", MONTH), ["parts_read", "parts"]].tolist() == [1, 3]
    assert found.loc[("rows in time order", YEAR), "parts_read"] == 3
    assert found.loc[("rows in time order", MONTH), "rows_read"] < 45_000
    assert found.loc[(PLAIN, MONTH), "rows_read"] > 200_000


def test_a_summary_misses_what_was_added_until_it_is_refreshed(both):
    writes = both.writes.set_index("layout")
    assert (both.writes["rows_added"] == 500).all()
    assert (both.writes["insert_ms"] > 0).all()
    refreshed = writes.loc["materialised summary"]
    assert refreshed["rows_missing"].tolist() == [500] * 4
    assert (refreshed["refresh_ms"] > 0).all()
    others = writes.drop("materialised summary")
    assert others[["rows_missing", "refresh_ms"]].isna().all(axis=None)


def test_layouts_that_answer_differently_are_not_compared(monkeypatch):
    question = QUESTIONS[MONTH]
    broken = type(question)(
        question.of_rows, question.of_summary.replace("visits", "visits + 1"), question.values
    )
    monkeypatch.setattr(high_read, "QUESTIONS", {MONTH: broken})
    with pytest.raises(RuntimeError, match=re.escape("DuckDB / materialised summary answers")):
        measure(rows=1_000, repeat=1)


def runs(plain, fast, refresh) -> HighRead:
    reads = [
        {"engine": "PostgreSQL", "layout": layout, "question": MONTH, "run": run, "ms": ms,
         "rows_read": read, "parts_read": None, "parts": None}
        for layout, times, read in ((PLAIN, plain, 900), ("materialised summary", fast, 30))
        for run, ms in enumerate(times)
    ]  # fmt: skip
    writes = [
        {"engine": "PostgreSQL", "layout": "materialised summary", "run": run, "rows_added": 50,
         "insert_ms": 1.0, "rows_missing": 50, "refresh_ms": ms}
        for run, ms in enumerate(refresh)
    ]  # fmt: skip
    return HighRead(pd.DataFrame(reads), pd.DataFrame(writes), 900)


def test_a_refresh_pays_after_its_cost_over_what_each_read_saves():
    (row,) = break_even(runs([10, 12, 20], [2, 2, 4], [100, 90, 180])).to_dict("records")
    assert (row["plain_ms"], row["summary_ms"], row["refresh_ms"]) == (12, 2, 100)
    assert (row["reads_low"], row["reads"], row["reads_high"]) == (5, 10, 30)
    assert (row["rows_missing"], row["rows_added"]) == (50, 50)


def test_a_summary_that_is_no_faster_never_pays():
    (row,) = break_even(runs([3, 3, 9], [3, 3, 3], [60, 60, 60])).to_dict("records")
    assert row["reads_low"] == 10
    assert math.isinf(row["reads"])
    assert math.isinf(row["reads_high"])


def test_runs_are_pooled_to_their_median_with_their_range():
    plain, fast = summary(runs([10, 12, 20], [2, 2, 4], [1])).to_dict("records")
    assert (plain["ms_low"], plain["ms"], plain["ms_high"], plain["runs"]) == (10, 12, 20, 3)
    assert (plain["times_faster"], fast["times_faster"]) == (1, 6)
    assert (fast["rows_read"], fast["rows"]) == (30, 900)


def test_writes_are_pooled_to_their_median_with_their_range():
    lab = runs([1], [1], [100, 90, 180])
    (row,) = write_costs(lab).to_dict("records")
    assert (row["refresh_ms_low"], row["refresh_ms"], row["refresh_ms_high"]) == (90, 100, 180)
    assert (row["insert_ms"], row["rows_added"], row["rows_missing"], row["runs"]) == (1, 50, 50, 3)


def test_what_postgresql_showed_is_kept_as_a_lesson_on_each_pattern(both, tmp_path):
    memory = Memory(tmp_path)
    lessons = record(memory, both)
    known = {pattern.slug for pattern in read_library().patterns}
    assert {lesson.pattern for lesson in lessons} <= known
    assert len(lessons) == 2
    kept = memory.sql("SELECT text, kind, pattern FROM lesson ORDER BY pattern")
    assert kept["kind"].tolist() == ["measured", "measured"]
    assert kept["pattern"].tolist() == ["postgres-materialized-views", "time-partitioning"]
    assert "a refresh takes" in kept["text"][0]
    assert "500 new rows are not shown" in kept["text"][0]
    assert "rows read" in kept["text"][1]
    memory.close()


class Lessons(list):
    record_lesson = list.append


def test_a_lesson_says_when_a_refresh_pays_and_when_it_never_does():
    memory = Lessons()
    partitions = {"layout": "monthly partitions", "engine": "PostgreSQL", "question": MONTH}
    for plain, fast, said in (
        (12, 2, "pays after 10 reads of"),
        (13, 2, "pays after 10 reads of"),
        (200, 2, "pays after 1 read of"),
        (12, 30, "never pays for"),
    ):
        lab = runs([plain], [fast], [100])
        rows = pd.DataFrame([{**partitions, "run": 0, "ms": 6.0, "rows_read": 75}])
        lab = HighRead(pd.concat([lab.reads.dropna(axis=1), rows]), lab.writes, 900)
        lab.reads[["parts_read", "parts"]] = math.nan
        view, months = record(memory, lab)
        assert f"a refresh takes 100 ms and {said} {MONTH}" in view.text
        faster = f"{plain / 6:.3g} times as fast as plain rows"
        assert f"in 6 ms, {faster}, 75 rows read" in months.text
    assert [lesson.pattern for lesson in memory[:2]] == [
        "postgres-materialized-views",
        "time-partitioning",
    ]


def test_without_postgresql_there_is_no_lesson_on_its_patterns():
    lab = measure(rows=1_000, repeat=1)
    assert record(None, lab) == ()


def test_a_server_that_goes_away_in_the_middle_ends_the_lab_with_its_reason(postgres_server):
    def gone(done, steps):
        with psycopg.connect(postgres_server.url) as client:
            client.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )

    with pytest.raises(ArchkitError, match=re.escape("The high-read lab broke off.")) as caught:
        measure(postgres_server, rows=100, repeat=1, progress=gone)
    assert "connection" in caught.value.why


def test_progress_is_told():
    told = []
    measure(rows=1_000, rows_added=1, repeat=1, progress=lambda *done: told.append(done))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("wrong", [{"rows": 0}, {"rows": 10**9}, {"rows_added": 0}, {"repeat": 0}])
def test_impossible_sizes_are_refused(wrong):
    with pytest.raises(ValueError, match="must be 1 or more"):
        measure(**wrong)


def test_nothing_of_the_lab_stays_on_the_server(postgres_server):
    with opened(postgres_server, 100):
        pass
    with psycopg.connect(postgres_server.url) as client:
        left = client.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'visit%'")
        assert left.fetchone() == (0,)
