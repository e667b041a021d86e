"""Counting without an ORM: sqlite3, DuckDB and psycopg."""

import asyncio
import sqlite3

import duckdb
import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from archkit import ArchkitError, count_queries
from archkit.queries import counting, hook_duckdb, hook_psycopg, hook_sqlite
from archkit.queries.hook_sqlite import SqliteHook


@pytest.fixture(autouse=True)
def _nothing_stays():
    methods = psycopg.Cursor.execute, psycopg.AsyncServerCursor.execute
    close = duckdb.DuckDBPyConnection.close
    yield
    assert not counting._hooks
    assert not hook_psycopg._hooks
    assert not hook_duckdb._overheard
    assert not hook_duckdb._instances
    assert (psycopg.Cursor.execute, psycopg.AsyncServerCursor.execute) == methods
    assert duckdb.DuckDBPyConnection.close is close


def _shapes(counted):
    return counted.by_shape.set_index("shape")["count"].to_dict()


# sqlite3


def test_sqlite_counts_statements_as_they_run():
    with sqlite3.connect(":memory:") as connection, count_queries(connection) as counted:
        connection.execute("CREATE TABLE post (id)")
        connection.executemany("INSERT INTO post VALUES (?)", [(n,) for n in range(50)])
        connection.commit()
    connection.close()
    assert counted.counts == "statements run"
    assert (counted.count, counted.rows, counted.failed, counted.execute_ms) == (53, *[None] * 3)
    assert _shapes(counted) == {
        "INSERT INTO post VALUES (…)": 50,
        "CREATE TABLE post (id)": 1,
        "BEGIN": 1,
        "COMMIT": 1,
    }


def test_sqlite_in_autocommit_runs_no_begin():
    with sqlite3.connect(":memory:", isolation_level=None) as connection:
        connection.execute("CREATE TABLE post (id)")
        with count_queries(connection) as counted:
            connection.execute("INSERT INTO post VALUES (1)")
    connection.close()
    assert counted.count == 1


def test_a_sqlite_statement_that_fails_counts_once_it_runs():
    with sqlite3.connect(":memory:", isolation_level=None) as connection:
        connection.execute("CREATE TABLE post (id PRIMARY KEY)")
        with count_queries(connection) as counted:
            connection.execute("INSERT INTO post VALUES (1)")
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute("INSERT INTO post VALUES (1)")
            with pytest.raises(sqlite3.OperationalError):
                connection.execute("SELEC 1")
    connection.close()
    assert counted.count == 2


def test_a_sqlite_connection_closed_inside_is_noted():
    connection = sqlite3.connect(":memory:")
    with count_queries(connection) as counted:
        connection.execute("SELECT 1")
        connection.close()
    assert counted.count == 1
    assert counted.notes == ["The connection was closed inside the block."]
    with pytest.raises(ArchkitError, match="sqlite3 connection cannot be counted on"):
        count_queries(connection).__enter__()


def test_what_a_trigger_runs_is_counted_as_its_statement():
    with sqlite3.connect(":memory:", isolation_level=None) as connection:
        connection.executescript(
            "CREATE TABLE post (id); CREATE TABLE seen (id); CREATE TRIGGER see AFTER INSERT "
            "ON post BEGIN INSERT INTO seen VALUES (new.id); END"
        )
        with count_queries(connection) as counted:
            connection.execute("INSERT INTO post VALUES (1)")
        assert connection.execute("SELECT count(*) FROM seen").fetchone() == (1,)
    connection.close()
    # The statement, the trigger, and the statement in it.
    assert _shapes(counted) == {"INSERT INTO post VALUES (…)": 3}


def test_who_overhears_the_whole_process_goes_on_hearing(monkeypatch):
    heard = []
    everyone = SqliteHook(None)
    monkeypatch.setattr(everyone, "_traced", heard.append)
    monkeypatch.setattr(hook_sqlite, "process_wide", everyone)
    connection = sqlite3.connect(":memory:")
    connection.set_trace_callback(everyone._traced)
    with count_queries(connection) as counted:
        connection.execute("SELECT 1")
    connection.execute("SELECT 2")
    connection.close()
    assert counted.count == 1
    assert heard == ["SELECT 1", "SELECT 2"]


# DuckDB


@pytest.fixture
def duck():
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE post (id INTEGER)")
        yield connection


def test_duckdb_counts_what_its_log_says(duck):
    with count_queries(duck) as outer:
        duck.executemany("INSERT INTO post VALUES (?)", [[n] for n in range(3)])
        with count_queries(duck) as inner:
            duck.execute("SELECT * FROM post WHERE id = ?", [1]).fetchall()
            duck.sql("SELECT count(*) FROM post").fetchall()
        # Preparing what executemany runs is in DuckDB's log, too.
        assert outer.count == 6
        with pytest.raises(duckdb.BinderException):
            duck.execute("SELECT nothing")
    duck.execute("SELECT 1").fetchall()
    assert outer.counts == "statements run"
    assert (outer.count, inner.count, outer.rows) == (7, 2, None)
    assert _shapes(outer)["INSERT INTO post VALUES (…)"] == 4


def test_a_pending_result_of_duckdb_is_left_alone(duck):
    pending = duck.execute("SELECT * FROM range(3)")
    with count_queries(duck) as counted:
        assert counted.count == 0
        assert len(pending.fetchall()) == 3
    assert counted.count == 0


def test_connections_of_one_duckdb_count_each_statement_once(duck):
    with duck.cursor() as other, count_queries([duck, other]) as counted:
        duck.execute("SELECT 1").fetchall()
        other.execute("SELECT 2").fetchall()
        with count_queries(other) as inner:
            duck.execute("SELECT 3").fetchall()
    assert (counted.count, inner.count) == (3, 1)


def test_the_log_is_as_before_when_the_block_ends(duck):
    settings = "SELECT current_setting('enable_logging')"
    with count_queries(duck):
        duck.execute("SELECT 1").fetchall()
    assert duck.execute(settings).fetchone() == (False,)
    assert duck.execute("SELECT count(*) FROM duckdb_logs").fetchone() == (0,)


def test_a_log_that_was_on_stays_on_and_keeps_its_lines(duck):
    duck.execute("CALL enable_logging('QueryLog')").fetchall()
    duck.execute("SELECT 'mine'").fetchall()
    with count_queries(duck) as counted:
        duck.execute("SELECT 1").fetchall()
    assert counted.count == 1
    mine = "SELECT count(*) FROM duckdb_logs WHERE message = 'SELECT ''mine'''"
    assert duck.execute(mine).fetchone() == (1,)


@pytest.mark.parametrize("close", [lambda c: c.close(), lambda c: c.__exit__(None, None, None)])
def test_a_duckdb_closed_inside_is_read_before(close):
    connection = duckdb.connect()
    with count_queries(connection) as counted:
        connection.execute("SELECT 1").fetchall()
        close(connection)
    assert counted.count == 1
    assert "closed inside the block" in counted.summary
    with pytest.raises(ArchkitError, match="query log does not switch on"):
        count_queries(connection).__enter__()


def test_a_cursor_of_duckdb_whose_parent_is_closed_inside_is_read_before():
    parent = duckdb.connect()
    cursor = parent.cursor()
    with count_queries(cursor) as counted:
        cursor.execute("SELECT 1").fetchall()
        parent.close()
    assert counted.count == 1


def test_a_duckdb_that_may_change_no_setting_is_refused():
    with (
        duckdb.connect(config={"lock_configuration": "true"}) as connection,
        pytest.raises(ArchkitError, match="query log does not switch on") as raised,
    ):
        count_queries(connection).__enter__()
    assert "lock_configuration=false" in raised.value.mend


# psycopg


@pytest.fixture
def pg(postgres_address):
    with psycopg.connect(postgres_address.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE post (id int, title text)")
        yield connection


def test_psycopg_counts_every_way_to_send_a_statement(pg):
    older = pg.cursor()
    with count_queries(pg) as counted:
        pg.cursor().executemany("INSERT INTO post VALUES (%s, 'a')", [(n,) for n in range(50)])
        assert len(older.execute("SELECT * FROM post").fetchall()) == 50
        assert len(list(older.stream("SELECT id FROM post LIMIT 3"))) == 3
        with older.copy("COPY post FROM STDIN") as copy:
            copy.write_row((51, "b"))
        pg.execute(sql.SQL("SELECT title FROM {}").format(sql.Identifier("post")))
        pg.execute(b"SELECT 1")
    assert counted.counts == "statements sent"
    assert (counted.count, counted.failed, counted.rows) == (6, 0, 50 + 3 + 51 + 1)
    assert _shapes(counted) == {
        "INSERT INTO post VALUES (…)": 1,
        "SELECT * FROM post": 1,
        "SELECT id FROM post LIMIT ?": 1,
        "COPY post FROM STDIN": 1,
        'SELECT title FROM "post"': 1,
        "SELECT ?": 1,
    }
    assert all("test_count_drivers.py" in where for where in counted.by_shape["where"])


def test_a_stream_that_is_left_counts_the_rows_that_came(pg):
    with count_queries(pg) as counted:
        stream = pg.cursor().stream("SELECT * FROM generate_series(1, 9)")
        assert next(stream) == (1,)
        stream.close()
    assert (counted.count, counted.failed, counted.rows) == (1, 0, 1)


def test_begin_and_commit_of_psycopg_are_not_counted(pg):
    pg.autocommit = False
    with count_queries(pg) as counted, pg.transaction():
        pg.execute("SELECT 1")
    assert _shapes(counted) == {"SELECT ?": 1}


def test_a_server_side_cursor_is_one_statement_and_says_so(pg):
    with pg.transaction(), count_queries(pg) as counted, pg.cursor("named") as cursor:
        cursor.execute("SELECT * FROM generate_series(1, 9)")
        assert len(cursor.fetchmany(3)) == 3
        assert len(cursor.fetchall()) == 6
    assert (counted.count, counted.rows) == (1, None)
    assert "each of its fetches is a round trip more" in counted.summary


def test_rows_of_a_pipeline_are_not_known(pg):
    with count_queries(pg) as counted, pg.pipeline():
        pg.execute("SELECT 1")
    assert (counted.count, counted.rows) == (1, None)


def test_a_failure_and_a_server_that_goes_are_counted_as_failed(pg, postgres_address):
    other = psycopg.connect(postgres_address.url, autocommit=True)
    with other, count_queries([pg, other]) as counted:
        with pytest.raises(psycopg.errors.UndefinedColumn):
            pg.execute("SELECT nothing")
        pg.execute("SELECT pg_terminate_backend(%s, 10000)", (other.info.backend_pid,))
        with pytest.raises(psycopg.OperationalError):
            other.execute("SELECT 1")
    assert (counted.count, counted.failed) == (3, 2)
    with pytest.raises(ArchkitError, match="psycopg connection cannot be counted on"):
        count_queries(other).__enter__()


def test_a_psycopg_connection_closed_inside(pg):
    with count_queries(pg) as counted:
        pg.execute("SELECT 1")
        pg.close()
        with pytest.raises(psycopg.OperationalError):
            pg.execute("SELECT 1")
    assert counted.count == 1


def test_two_psycopg_connections_do_not_mix(pg, postgres_address):
    with psycopg.connect(postgres_address.url) as other, count_queries(pg) as counted:
        with count_queries(other) as others:
            pg.execute("SELECT 1")
        other.execute("SELECT 1")
    assert (counted.count, others.count) == (1, 0)


def test_asynchronous_psycopg_counts_every_way(postgres_address):
    async def work():
        connection = await psycopg.AsyncConnection.connect(postgres_address.url)
        async with connection, count_queries(connection) as counted:
            await connection.execute("CREATE TABLE post (id int)")
            cursor = connection.cursor()
            await cursor.executemany("INSERT INTO post VALUES (%s)", [(1,), (2,)])
            assert [row async for row in cursor.stream("SELECT id FROM post")] == [(1,), (2,)]
            async with cursor.copy("COPY post FROM STDIN") as copy:
                await copy.write_row((3,))
            async with connection.cursor("named") as named:
                await named.execute("SELECT id FROM post ORDER BY id")
                assert len(await named.fetchall()) == 3
            with pytest.raises(psycopg.errors.UndefinedTable):
                await connection.execute("SELECT * FROM nowhere")
            await connection.rollback()
        return counted

    counted = asyncio.run(work())
    assert (counted.count, counted.failed) == (6, 1)
    assert all(" in work" in where for where in counted.by_shape["where"])


def test_sqlalchemy_on_postgresql_counts_sync_async_streamed_and_abandoned(postgres_address):
    many = sa.text("SELECT * FROM generate_series(1, 2500)")
    engine = sa.create_engine(postgres_address.engine_url)
    with engine.connect() as connection, count_queries(engine) as counted:
        assert len(connection.execute(many).all()) == 2500
        streamed = connection.execution_options(stream_results=True).execute(many)
        assert len(streamed.all()) == 2500
    engine.dispose()
    assert (counted.count, counted.rows) == (2, 5000)
    assert "each of its fetches is a round trip more" in counted.summary

    async def work():
        engine = create_async_engine(postgres_address.engine_url)
        async with AsyncSession(engine) as session, count_queries(session) as counted:
            assert len([row async for row in await session.stream(many)]) == 2500
            sleeping = asyncio.create_task(session.execute(sa.text("SELECT pg_sleep(60)")))
            while counted.count < 2 and not sleeping.done():
                await asyncio.sleep(0)
            sleeping.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sleeping
        await engine.dispose()
        return counted

    counted = asyncio.run(work())
    assert (counted.count, counted.failed, counted.rows) == (2, 1, 2500)
