"""Ways to read the same, compared: counts, answers, caches, and everything that must be refused."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cache
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

from archkit import ArchkitError, Memory, Pattern, compare_queries
from archkit.queries import ComparisonError, compare_queries_async, counting
from archkit.records import Measurement

Variant = Callable[[int], Any]
QUICK: dict[str, Any] = {"sizes": [2, 4], "repeat": 2}


@pytest.fixture
def words() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as database:
        database.execute("CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT)")
        rows = [(n, f"word {n}") for n in range(200)]
        database.executemany("INSERT INTO word VALUES (?, ?)", rows)
        database.commit()
        yield database


@pytest.fixture
def one_by_one(words: sqlite3.Connection) -> Variant:
    ask = "SELECT text FROM word WHERE id = ?"
    return lambda n: [words.execute(ask, (i,)).fetchone()[0] for i in range(n)]


@pytest.fixture
def at_once(words: sqlite3.Connection) -> Variant:
    ask = "SELECT text FROM word WHERE id < ? ORDER BY id"
    return lambda n: [found for (found,) in words.execute(ask, (n,))]


@pytest.fixture
def in_tens(words: sqlite3.Connection) -> Variant:
    ask = "SELECT text FROM word WHERE id >= ? AND id < ? ORDER BY id"

    def read(n: int) -> list[str]:
        starts = range(0, n, 10)
        return [w for i in starts for (w,) in words.execute(ask, (i, min(i + 10, n)))]

    return read


def refused(variants: dict[str, Variant], **settings: Any) -> ComparisonError:
    with pytest.raises(ComparisonError) as caught:
        compare_queries(variants, **(QUICK | settings))
    return caught.value


class Recorder:
    def __init__(self) -> None:
        self.kept: list[Measurement] = []

    def record_measurement(self, measurement: Measurement) -> Measurement:
        self.kept.append(measurement)
        return measurement


def test_queries_are_counted_at_each_size_and_set_against_the_first_variant(
    words, one_by_one, at_once, in_tens
):
    ways = {"one by one": one_by_one, "in tens": in_tens, "at once": at_once}
    found = compare_queries(ways, source=words, sizes=[10, 100], repeat=3, latency_ms=[0, 2])
    frame = found.frame
    assert frame[["variant", "n", "queries"]].to_numpy().tolist() == [
        ["one by one", 10, 10],
        ["in tens", 10, 1],
        ["at once", 10, 1],
        ["one by one", 100, 100],
        ["in tens", 100, 10],
        ["at once", 100, 1],
    ]
    shares = frame["reduction_share"].tolist()
    assert pd.isna(shares[0])
    assert shares[1:3] + shares[4:] == pytest.approx([0.9, 0.9, 0.9, 0.99])
    computed = frame["wall_ms"] + 2 * frame["queries"]
    assert frame["computed_ms_at_2ms"].tolist() == pytest.approx(computed.tolist())
    assert frame["computed_ms_at_0ms"].tolist() == frame["wall_ms"].tolist()
    assert (frame["wall_low_ms"] <= frame["wall_ms"]).all()
    assert (frame["wall_ms"] <= frame["wall_high_ms"]).all()
    assert frame["runs"].tolist() == [3] * 6
    assert found.growth["order"].tolist() == ["O(n)", "O(n)", "O(1)"]
    assert found.growth["growth"].tolist()[1] == "in batches: one query for 10 items"
    assert "at n 100: one by one 100, in tens 10, at once 1" in repr(found)


def test_what_is_timed_is_not_counted(words, at_once):
    hooked: list[bool] = []

    def variant(n: int) -> Any:
        hooked.append(bool(counting._hooks))
        return at_once(n)

    compare_queries({"a": variant}, source=words, sizes=[2], repeat=3)
    assert hooked == [True, True, False, False, False]
    assert not counting._hooks


def test_every_turn_begins_with_another_variant(words, at_once):
    order: list[str] = []

    def named(name: str) -> Variant:
        def variant(n: int) -> Any:
            order.append(name)
            return at_once(n)

        return variant

    ways = {name: named(name) for name in "abc"}
    compare_queries(ways, source=words, sizes=[2], repeat=3)
    assert "".join(order) == "abcabc" + "abc" + "bca" + "cab"


def test_what_other_threads_of_a_variant_ask_is_counted(words, one_by_one, at_once):
    def in_a_thread(n: int) -> Any:
        with ThreadPoolExecutor(max_workers=1) as pool:
            return pool.submit(at_once, n).result()

    ways = {"one": one_by_one, "thread": in_a_thread}
    found = compare_queries(ways, source=words, sizes=[4], repeat=1)
    assert found.frame["queries"].tolist() == [4, 1]


def test_progress_is_told_before_each_run_and_at_the_end(words, one_by_one, at_once):
    told: list[tuple[int, int]] = []
    ways = {"one": one_by_one, "once": at_once}
    compare_queries(ways, source=words, progress=lambda *pair: told.append(pair), **QUICK)
    assert told == [(n, 16) for n in range(17)]


def test_a_bar_is_drawn_in_a_terminal_and_taken_away(words, one_by_one, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    compare_queries({"one": one_by_one}, source=words, **QUICK)
    drawn = capsys.readouterr()
    assert drawn.out == ""
    assert "Comparing" in drawn.err
    assert drawn.err.endswith("\x1b[2K")


def test_nothing_is_drawn_where_nobody_looks(words, one_by_one, monkeypatch, capsys):
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    compare_queries({"one": one_by_one}, source=words, **QUICK)
    assert capsys.readouterr() == ("", "")


def test_a_notebook_is_left_without_a_trace_of_the_bar(words, one_by_one, monkeypatch):
    shown: list[str] = []

    class Handle:
        def update(self, html: Any) -> None:
            shown.append(html.data)

    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda html, display_id: Handle())
    compare_queries({"one": one_by_one}, source=words, **QUICK)
    assert shown[0].startswith("<label>Comparing: 0 of 8 runs <progress")
    assert shown[-1] == ""


def test_a_page_shows_what_is_measured_and_what_is_computed_apart(words, one_by_one, at_once):
    ways = {"one <by> one": one_by_one, "once": at_once}
    html = compare_queries(ways, source=words, label="words", **QUICK)._repr_html_()
    assert "one &lt;by&gt; one" in html
    assert "time with 1 ms a query (computed)" in html
    assert "time with 0 ms" not in html
    assert "words · statements" in html
    assert "Growth of queries, as seen between n 2 and 4" in html


def test_each_reduction_is_kept_as_measured_evidence_on_its_pattern(words, one_by_one, at_once):
    kept = Recorder()
    ways = {"one": one_by_one, "once": at_once}
    found = compare_queries(
        ways, source=words, memory=kept, pattern={"once": "eager"}, label="words", **QUICK
    )
    assert [(m.label, m.pattern, m.n, m.queries_before, m.queries_after) for m in kept.kept] == [
        ("words: once instead of one", "eager", 2, 2, 1),
        ("words: once instead of one", "eager", 4, 4, 1),
    ]
    first, row = kept.kept[0], found.frame.iloc[1]
    assert (first.source, first.cache, first.after_ms) == ("measured", "", row["wall_ms"])
    assert first.extra["counts"] == found.counts
    assert Measurement.from_payload(first.as_payload()) == first


def test_a_memory_pools_what_was_compared_beside_what_is_reported(tmp_path, words, one_by_one):
    from archkit import metrics

    ask = "SELECT text FROM word WHERE id < ? ORDER BY id"
    ways = {"one": one_by_one, "once": lambda n: [w for (w,) in words.execute(ask, (n,))]}
    with Memory(tmp_path / "memory.duckdb") as memory:
        memory.record_pattern(Pattern("eager", "Eager", problem="N+1"))
        compare_queries(ways, source=words, memory=memory, pattern={"once": "eager"}, **QUICK)
        frame = metrics.query_reduction(memory)
    (row,) = frame[frame["provenance"] == "measured"].to_dict("records")
    assert (row["slug"], row["n"], row["cache"]) == ("eager", 2, "")
    assert (row["queries_before"], row["queries_after"]) == (6, 2)


def test_a_pattern_nobody_knows_is_refused_before_anything_runs(tmp_path, words):
    calls: list[int] = []
    ways = {"a": calls.append, "b": calls.append}
    with (
        Memory(tmp_path / "memory.duckdb") as memory,
        pytest.raises(ArchkitError, match="eagre"),
    ):
        compare_queries(ways, source=words, memory=memory, pattern={"b": "eagre"}, **QUICK)
    assert calls == []


def test_what_cannot_be_kept_is_handed_back(words, one_by_one, at_once):
    class Full:
        def record_measurement(self, measurement: Measurement) -> Measurement:
            raise ArchkitError("The disk is full.", why="No room.", mend="Make room.")

    error = refused({"one": one_by_one, "once": at_once}, source=words, memory=Full())
    assert error.why == "The disk is full. No room."
    assert error.partial is not None
    assert len(error.partial.measurements()) == 2


class TestCaches:
    def test_a_cache_is_measured_cold_and_warm_with_its_own_hit_rate(self, words, one_by_one):
        @cache
        def word(i: int) -> str:
            return words.execute("SELECT text FROM word WHERE id = ?", (i,)).fetchone()[0]

        def cached(n: int) -> list[str]:
            return [word(i) for i in range(n)]

        ways = {"one": one_by_one, "cached": cached}
        found = compare_queries(ways, source=words, caches={"cached": word}, **QUICK)
        rows = found.frame[found.frame["n"] == 4]
        assert rows[["cache", "queries"]].to_numpy().tolist() == [["", 4], ["cold", 4], ["warm", 0]]
        assert rows["hit_rate"].tolist()[1:] == [0.0, 1.0]
        assert rows["hit_rate_from"].tolist()[1:] == ["cache", "cache"]
        warm = [m for m in found.measurements() if m.cache == "warm"]
        assert [(m.n, m.queries_before, m.queries_after) for m in warm] == [(2, 2, 0), (4, 4, 0)]
        assert {m.cache for m in found.measurements()} == {"cold", "warm"}
        assert "cached (warm)" in found._repr_html_()

    def test_where_a_cache_counts_no_hits_the_queries_it_saved_are_said(self, words, one_by_one):
        held: dict[int, Any] = {}
        ways = {"one": one_by_one, "cached": lambda n: held.setdefault(n, None) or put(n)}

        def put(n: int) -> Any:
            held[n] = one_by_one(n)
            return held[n]

        found = compare_queries(ways, source=words, caches={"cached": held}, **QUICK)
        assert found.frame["hit_rate_from"].dropna().unique().tolist() == ["queries"]
        assert any("by queries" in note for note in found.notes)

    def test_a_stale_cache_is_told_as_such(self, words, one_by_one):
        held: dict[int, Any] = {}

        def stale(n: int) -> Any:
            if n in held:
                return ["old"] * n
            held[n] = one_by_one(n)
            return held[n]

        error = refused({"one": one_by_one, "c": stale}, source=words, caches={"c": held})
        assert error.what.startswith("The variant 'c' (warm cache) answers otherwise than 'one'")
        assert "stale" in error.why

    def test_a_cache_that_nobody_named_is_found_out(self, words, one_by_one):
        keeps = cache(one_by_one)
        error = refused({"one": one_by_one, "keeps": keeps}, source=words)
        assert error.what == (
            "The variant 'keeps' took 2 queries at n 2, and 0 when it was called again."
        )
        assert "caches={'keeps': cache}" in error.mend

    def test_one_query_is_told_as_one(self, words, one_by_one, at_once):
        error = refused({"one": one_by_one, "keeps": cache(at_once)}, source=words)
        assert error.what == (
            "The variant 'keeps' took 1 query at n 2, and 0 when it was called again."
        )

    def test_a_cache_that_is_not_emptied_whole_is_found_out(self, words, one_by_one):
        keeps = cache(one_by_one)
        error = refused({"one": one_by_one, "c": keeps}, source=words, caches={"c": lambda: None})
        assert error.what == (
            "The variant 'c' with a cold cache took 2 queries at n 2, and 0 when it was called "
            "again."
        )
        assert error.mend == "See that emptying the cache empties all of it."

    def test_what_empties_nothing_is_no_cache(self, words, one_by_one):
        with pytest.raises(ValueError, match="cannot be emptied"):
            compare_queries({"a": one_by_one, "b": one_by_one}, source=words, caches={"b": 3})


class TestRefused:
    def test_unequal_answers_name_the_first_difference(self, words, one_by_one, at_once):
        wrong = {"one": one_by_one, "wrong": lambda n: [*at_once(n)[:-1], "other"]}
        error = refused(wrong, source=words)
        assert error.what == (
            "The variant 'wrong' answers otherwise than 'one' at n 2: at [1] it gives 'other', "
            "where 'one' gives 'word 1'."
        )
        assert error.partial is not None
        assert error.partial.frame.empty

    def test_what_was_measured_before_a_failure_is_kept(self, words, one_by_one, at_once):
        def gone(n: int) -> Any:
            if n == 4:
                words.close()
            return at_once(n)

        error = refused({"one": one_by_one, "gone": gone}, source=words)
        assert error.what == "The variant 'gone' failed at n 4 when it was counted."
        assert error.why == "ProgrammingError: Cannot operate on a closed database."
        assert error.mend.startswith("The connection is gone")
        assert error.partial is not None
        assert error.partial.frame["n"].tolist() == [2, 2]
        assert isinstance(error.__cause__, sqlite3.ProgrammingError)

    def test_a_failure_is_told_in_the_drivers_words_without_the_statement(self):
        engine = create_engine("sqlite://", poolclass=StaticPool)

        def broken(n: int) -> Any:
            with engine.connect() as connection:
                return connection.execute(text("SELECT secret FROM nowhere")).all()

        try:
            error = refused({"a": broken, "b": broken}, source=engine)
        finally:
            engine.dispose()
        assert error.why == "OperationalError: no such table: nowhere"

    def test_a_password_in_the_drivers_words_is_not_told(self, words, one_by_one):
        def broken(n: int) -> Any:
            raise ValueError('missing "=" after "postgresql//me:secret@host/shop"')

        error = refused({"one": one_by_one, "broken": broken}, source=words)
        assert error.why == 'ValueError: missing "=" after "postgresql//me:…@host/shop"'

    def test_a_source_that_a_variant_closes_loses_nothing_that_was_measured(
        self, words, one_by_one
    ):
        other = sqlite3.connect(":memory:")

        def closes(n: int) -> Any:
            if n == 4:
                other.close()
            return one_by_one(n)

        error = refused({"one": one_by_one, "closes": closes}, source=[words, other])
        assert error.what == "This sqlite3 connection cannot be counted on."
        assert error.why.endswith("It was so when 'one' was to be counted at n 4.")
        assert error.partial is not None
        assert error.partial.frame["n"].tolist() == [2, 2]

    def test_a_variant_without_a_query_is_no_saving(self, words, one_by_one):
        ways = {"one": one_by_one, "none": lambda n: [f"word {i}" for i in range(n)]}
        error = refused(ways, source=words)
        assert error.what == "The variant 'none' ran no query at n 2."

    def test_what_is_lazy_is_not_compared(self, words, one_by_one):
        ways = {"one": one_by_one, "lazy": lambda n: (w for w in one_by_one(n))}
        error = refused(ways, source=words)
        assert error.what == "The variant 'lazy' returns a generator."
        assert error.mend == "In the variant, return list(…) of it."

    def test_nothing_is_no_answer(self, words, one_by_one):
        ways: dict[str, Variant] = {"a": lambda n: one_by_one(n) and None, "b": one_by_one}
        assert refused(ways, source=words).what == "The variant 'a' returns nothing."

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"sizes": []}, "sizes are"),
            ({"sizes": [0, 10]}, "sizes are"),
            ({"sizes": [-1]}, "sizes are"),
            ({"sizes": [True]}, "sizes are"),
            ({"sizes": [10, 2]}, "sizes rise"),
            ({"sizes": [2, 2]}, "sizes rise"),
            ({"repeat": 0}, "repeat is"),
            ({"latency_ms": [-1]}, "latency_ms"),
            ({"latency_ms": [1, 1.0]}, "latency_ms"),
            ({"timeout_s": 0}, "timeout_s"),
            ({"pattern": {"c": "eager"}}, "no variant"),
            ({"pattern": {"a": "eager"}}, "stands first"),
            ({"caches": {"c": {}}}, "no variant"),
        ],
    )
    def test_settings_out_of_range(self, words, one_by_one, wrong, said):
        with pytest.raises(ValueError, match=said):
            compare_queries({"a": one_by_one, "b": one_by_one}, source=words, **wrong)

    @pytest.mark.parametrize("variants", [{}, {"": len}, {"a": "SELECT 1"}])
    def test_what_is_no_variant(self, words, variants):
        with pytest.raises(ValueError, match="variants"):
            compare_queries(variants, source=words)

    def test_what_cannot_be_counted_is_told_by_the_counter(self, one_by_one):
        with pytest.raises(ArchkitError, match="cannot count"):
            compare_queries({"a": one_by_one}, source=3)


def test_one_variant_shows_its_growth_and_logs_nothing(words, one_by_one):
    found = compare_queries({"one": one_by_one}, source=words, sizes=[10, 100], repeat=1)
    assert found.growth["order"].tolist() == ["O(n)"]
    assert found.measurements() == ()
    assert found.notes == (
        "There is one variant only: nothing to compare it with, nothing to log",
        "A single timed run has no spread",
    )
    assert found.frame["wall_low_ms"].isna().all()


def test_empty_answers_are_noted(words):
    ask = "SELECT text FROM word WHERE id < 0"
    ways = {name: lambda n: words.execute(ask).fetchall() for name in "ab"}
    found = compare_queries(ways, source=words, sizes=[3], repeat=1)
    assert found.notes[0].startswith("At n 3 every answer is empty")


class TestTime:
    """What never ends is stopped, in a time that others need not even on a busy machine."""

    def never(self, words: sqlite3.Connection) -> dict[str, Variant]:
        endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"

        def spins(n: int) -> Any:
            while True:
                n += 1

        def waits(n: int) -> Any:
            threading.Event().wait()

        def asks(n: int) -> Any:
            return words.execute(f"SELECT count(*) FROM ({endless})").fetchall()

        def forgives(n: int) -> Any:
            try:
                return asks(n)
            except sqlite3.OperationalError:
                return words.execute("SELECT 1").fetchall()

        return {"spins": spins, "waits": waits, "asks": asks, "forgives": forgives}

    @pytest.mark.parametrize("name", ["spins", "waits", "asks", "forgives"])
    def test_what_never_ends_is_stopped(self, words, one_by_one, at_once, name):
        ways = {"one": one_by_one, name: self.never(words)[name]}
        error = refused(ways, source=words, timeout_s=1)
        assert error.what == f"The variant {name!r} did not end within 1 s at n 2."
        assert compare_queries({"one": one_by_one, "once": at_once}, source=words, **QUICK)

    @pytest.mark.parametrize("name", ["spins", "asks"])
    def test_in_another_thread_too(self, words, one_by_one, name):
        told: list[ComparisonError] = []
        ways = {"one": one_by_one, name: self.never(words)[name]}
        work = threading.Thread(
            target=lambda: told.append(refused(ways, source=words, timeout_s=1))
        )
        work.start()
        work.join()
        assert [error.what.partition(" did")[0] for error in told] == [f"The variant {name!r}"]

    def test_a_statement_of_an_engine_is_interrupted(self):
        engine = create_engine("sqlite://", poolclass=StaticPool)
        endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "

        def read(statement: str) -> Variant:
            def variant(n: int) -> Any:
                with engine.connect() as connection:
                    return connection.execute(text(statement)).scalar()

            return variant

        ways = {"one": read("SELECT 1"), "asks": read(f"{endless} SELECT count(*) FROM c")}
        try:
            error = refused(ways, source=engine, timeout_s=1)
            assert error.what.startswith("The variant 'asks' did not end")
            assert compare_queries({"one": ways["one"]}, source=engine, **QUICK)
        finally:
            engine.dispose()


class TestAsync:
    def test_coroutine_functions_are_compared_with_others(self, words, one_by_one, at_once):
        async def later(n: int) -> Any:
            await asyncio.sleep(0)
            return at_once(n)

        ways = {"one": one_by_one, "later": later}
        found = compare_queries(ways, source=words, **QUICK)
        assert found.frame["queries"].tolist() == [2, 1, 4, 1]

        async def in_a_notebook() -> Any:
            wrapped = {**ways, "wrapped": lambda n: later(n)}
            return await compare_queries_async(wrapped, source=words, **QUICK)

        assert asyncio.run(in_a_notebook()).frame["queries"].tolist() == [2, 1, 1, 4, 1, 1]

    def test_where_a_loop_runs_await_is_asked_for(self, words, one_by_one):
        async def later(n: int) -> Any:
            return one_by_one(n)

        async def in_a_notebook() -> ComparisonError:
            return refused({"one": one_by_one, "later": later}, source=words)

        error = asyncio.run(in_a_notebook())
        assert "await archkit.queries.compare_queries_async" in error.mend

    def test_a_coroutine_from_a_plain_function_is_told(self, words, one_by_one):
        async def later(n: int) -> Any:
            return one_by_one(n)

        error = refused({"one": one_by_one, "later": lambda n: later(n)}, source=words)
        assert error.what == "The variant 'later' returns a coroutine."

    def test_what_never_ends_is_cancelled(self, words, one_by_one):
        async def never(n: int) -> Any:
            await asyncio.Event().wait()

        error = refused({"one": one_by_one, "never": never}, source=words, timeout_s=1)
        assert error.what == "The variant 'never' did not end within 1 s at n 2."

    def test_a_variants_own_timeout_is_its_failure(self, words, one_by_one):
        async def fails(n: int) -> Any:
            raise TimeoutError("the pool is empty")

        error = refused({"one": one_by_one, "fails": fails}, source=words)
        assert error.why == "TimeoutError: the pool is empty"

    def test_sync_variants_may_run_loops_of_their_own(self, words, one_by_one):
        async def later(n: int) -> Any:
            return one_by_one(n)

        ways = {"one": one_by_one, "inside": lambda n: asyncio.run(later(n))}
        assert len(compare_queries(ways, source=words, **QUICK).frame) == 4
