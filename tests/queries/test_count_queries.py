"""Counting the statements of a block: which count, which do not, and what is told of them."""

import asyncio
import contextvars
import json
import pickle
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from archkit import ArchkitError, count_queries
from archkit.queries import QueryCount, counting
from archkit.queries.tally import MOST_TALLIES

READ = "SELECT title FROM post WHERE id = ?"


@pytest.fixture
def database():
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.execute("CREATE TABLE post (id INTEGER PRIMARY KEY, title TEXT)")
    connection.execute("INSERT INTO post VALUES (1, 'one'), (2, 'two')")
    yield connection
    assert not counting._hooks
    connection.close()


def _read(database, n=1):
    for key in range(n):
        database.execute(READ, (key,)).fetchall()


def test_a_block_counts_what_is_sent_in_it_and_nothing_else(database):
    _read(database)
    with count_queries(database, label="two", n=2) as counted:
        _read(database, 2)
    _read(database)
    assert (counted.label, counted.n, counted.count) == ("two", 2, 2)
    assert counted.by_shape[["shape", "count"]].values.tolist() == [[READ, 2]]


def test_a_count_can_be_read_while_its_block_is_open(database):
    with count_queries(database) as counted:
        assert counted.count == 0
        _read(database)
        assert counted.count == 1
        so_far = counted.wall_ms
    assert counted.wall_ms >= so_far > 0


def test_a_block_without_a_statement_counts_none_and_says_what_to_look_at(database):
    with count_queries(database) as counted:
        pass
    assert (counted.count, counted.rows, counted.failed, counted.execute_ms) == (0, 0, 0, 0)
    assert list(counted.by_shape) == ["shape", "count", "execute_ms", "rows", "where"]
    assert list(counted.n_plus_one) == ["rule", "relationship", "shape", "count", "where"]
    assert len(counted.by_shape) == len(counted.n_plus_one) == 0
    assert counted.summary.startswith("No statement run in ")
    assert "is this the engine or connection that is used?" in counted.summary


def test_a_nested_block_counts_in_both(database):
    with count_queries(database) as outer:
        _read(database)
        with count_queries(database) as inner:
            _read(database, 2)
        _read(database)
    assert (outer.count, inner.count) == (4, 2)


def test_an_exception_goes_through_and_takes_the_listeners_with_it(database):
    with pytest.raises(KeyError), count_queries(database) as counted:
        _read(database)
        raise KeyError
    _read(database)
    assert counted.count == 1


def test_a_source_handed_in_twice_counts_once(database):
    with count_queries([database, database]) as counted:
        _read(database)
    assert counted.count == 1


def test_one_block_counts_on_several_sources(database):
    with sqlite3.connect(":memory:") as other, count_queries([database, other]) as counted:
        _read(database)
        other.execute("SELECT 1")
    other.close()
    assert counted.count == 2


def test_what_one_is_does_not_hang_on_the_order_of_the_sources(database):
    engine = pytest.importorskip("sqlalchemy").create_engine("sqlite://")
    with count_queries([database, engine]) as one, count_queries([engine, database]) as other:
        _read(database)
    assert one.counts == other.counts == "statements run and statements sent"


def test_threads_with_a_block_each_do_not_mix(database):
    both_in, alone = threading.Barrier(2, timeout=20), threading.Lock()

    def work(n):
        with count_queries(database) as counted:
            both_in.wait()
            with alone:  # two threads at once in a traced connection lock up CPython's sqlite3
                _read(database, n)
            both_in.wait()
        return counted

    with ThreadPoolExecutor(2) as pool:
        three, five = pool.map(work, (3, 5))
    assert (three.count, three.elsewhere) == (3, 5)
    assert (five.count, five.elsewhere) == (5, 3)


def test_another_threads_statements_are_told_apart_or_counted_when_asked(database):
    with count_queries(database) as own, count_queries(database, everywhere=True) as every:
        thread = threading.Thread(target=_read, args=(database, 3))
        thread.start()
        thread.join()
        _read(database)
    assert (own.count, own.elsewhere) == (1, 3)
    assert (every.count, every.elsewhere) == (4, 0)
    assert "3 further statements came from other threads or tasks" in own.summary


def test_a_thread_that_takes_the_context_along_is_counted(database):
    with count_queries(database) as counted:
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(_read, database, 3))
        thread.start()
        thread.join()
    assert counted.count == 3


def test_tasks_do_not_mix_and_those_started_in_a_block_count_in_it(database):
    async def work(n):
        async with count_queries(database) as counted:
            for _ in range(n):
                _read(database)
                await asyncio.sleep(0)
        return counted

    async def all_of_them():
        async with count_queries(database) as outer:
            inner = await asyncio.gather(work(2), work(5))
            await asyncio.to_thread(_read, database)
        return outer, *inner

    outer, two, five = asyncio.run(all_of_them())
    assert (outer.count, two.count, five.count) == (8, 2, 5)


def test_a_block_may_end_in_another_context_than_it_began_in(database):
    counter = count_queries(database)
    counted = contextvars.copy_context().run(counter.__enter__)
    _read(database)
    counter.__exit__(None, None, None)
    assert (counted.count, counted.elsewhere) == (0, 1)


def test_a_function_is_counted_call_by_call(database):
    @count_queries(database, label="calls")
    def work(n):
        """Read n posts."""
        _read(database, n)
        return n and work(n - 1)

    assert work(2) == 0
    assert (work.counted.label, work.counted.count, work.__doc__) == ("calls", 3, "Read n posts.")


def test_a_coroutine_function_is_counted_while_it_runs(database):
    @count_queries(database)
    async def work():
        await asyncio.sleep(0)
        _read(database)

    asyncio.run(work())
    assert work.counted.count == 1


def test_a_function_that_fails_is_counted_up_to_there(database):
    @count_queries(database)
    def work():
        _read(database)
        raise KeyError

    with pytest.raises(KeyError):
        work()
    assert work.counted.count == 1


def test_a_generator_is_refused(database):
    def work():
        yield

    with pytest.raises(ArchkitError, match="'work' cannot be counted"):
        count_queries(database)(work)


@pytest.mark.parametrize("source", [{}, sqlite3, None, "sqlite://", [{}]])
def test_a_source_that_cannot_be_overheard_is_refused(source):
    with pytest.raises(ArchkitError, match="cannot count on a"):
        count_queries(source)


def test_no_source_at_all_is_refused():
    with pytest.raises(ArchkitError, match="no source"):
        count_queries([])


def test_the_place_is_the_line_of_ones_own_code_and_never_an_absolute_path(database):
    with count_queries(database) as counted:
        _read(database)
    (where,) = counted.by_shape["where"]
    name, _, rest = where.partition(":")
    assert name.endswith("test_count_queries.py")
    assert not name.startswith("/")
    assert rest.endswith(" in _read")


def test_values_and_texts_are_kept_nowhere(database):
    with count_queries(database) as counted:
        database.execute(
            "SELECT title FROM post WHERE title = 'hunter2-secret' -- hunter2"
        ).fetchall()
        database.execute("SELECT title FROM post WHERE title = ?", ("hunter2-secret",)).fetchall()
    told = json.dumps(counted.as_json()) + counted.summary + counted._repr_html_() + repr(counted)
    assert "hunter2" not in told
    assert counted.by_shape["count"].tolist() == [2]


def test_many_shapes_are_counted_in_bounded_memory(database):
    with count_queries(database) as counted:
        for n in range(MOST_TALLIES + 500):
            counted.tallies.sent(_kind(f"SELECT a{n}"), tells_end=False)
    assert counted.count == MOST_TALLIES + 500
    shapes = counted.shapes()
    assert len(shapes) == MOST_TALLIES + 1
    assert (shapes[0]["shape"], shapes[0]["count"]) == ("(further shapes)", 500)


def _kind(shape):
    from archkit.queries.tally import Kind

    return Kind(shape)


def test_one_lookup_per_row_is_found_by_its_shape(database):
    with count_queries(database) as counted:
        _read(database, 6)
    (finding,) = counted.n_plus_one.to_dict("records")
    assert finding["rule"] == "one lookup per row"
    assert (finding["relationship"], finding["shape"], finding["count"]) == ("", READ, 6)
    assert "One row was looked up at a time: 6 statements." in counted.summary


def test_the_same_value_again_and_again_is_no_lookup_per_row(database):
    with count_queries(database) as counted:
        for _ in range(9):
            _read(database)
    assert counted.n_plus_one.empty


def test_batches_and_pages_are_no_lookup_per_row(database):
    with count_queries(database) as counted:
        for n in range(1, 9):
            keys = ",".join(str(key) for key in range(n))
            database.execute(f"SELECT * FROM post WHERE id IN ({keys}) AND title = 'a'").fetchall()
            database.execute("SELECT * FROM post WHERE title = ? LIMIT 1 OFFSET ?", ("", n))
    assert counted.n_plus_one.empty
    assert counted.by_shape["count"].tolist() == [8, 8]


def test_a_count_survives_json_and_pickle(database):
    with count_queries(database, label="posts", n=6) as counted:
        _read(database, 6)
    counted.notes.append("noted")
    for again in (
        QueryCount.from_json(json.loads(json.dumps(counted.as_json()))),
        pickle.loads(pickle.dumps(counted)),
    ):
        assert again.as_json() == counted.as_json()
        assert repr(again) == repr(counted)
        assert again.summary == counted.summary


def test_what_is_no_count_is_not_read_as_one():
    with pytest.raises(ValueError, match="no count of queries"):
        QueryCount.from_json({"label": "posts"})


def test_the_table_escapes_and_says_what_it_leaves_out(database):
    with count_queries(database, label="<b>") as counted:
        for n in range(14):
            database.execute(f'SELECT 1 AS "<i>{n}"').fetchall()
    page = counted._repr_html_()
    assert "<b>" not in page
    assert "<i>" not in page
    assert "&lt;i&gt;" in page
    assert "+ 2 further shapes" in page
