"""Comparing on PostgreSQL and on asynchronous engines: a server gone, statements cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import StaticPool

from archkit.queries import ComparisonError, compare_queries, compare_queries_async

QUICK: dict[str, Any] = {"sizes": [2, 4], "repeat": 2}
ONE = text("SELECT CAST(:i AS integer)")
MANY = text("SELECT i FROM generate_series(0, :n - 1) AS i ORDER BY i")


@pytest.fixture
def engine(postgres_address: Any) -> Iterator[Engine]:
    engine = create_engine(postgres_address.engine_url)
    yield engine
    engine.dispose()


@pytest.fixture
def ways(engine: Engine) -> dict[str, Any]:
    def one_by_one(n: int) -> Any:
        with engine.connect() as connection:
            return [connection.execute(ONE, {"i": i}).scalar() for i in range(n)]

    def at_once(n: int) -> Any:
        with engine.connect() as connection:
            return list(connection.execute(MANY, {"n": n}).scalars())

    return {"one by one": one_by_one, "at once": at_once}


def refused(variants: dict[str, Any], **settings: Any) -> ComparisonError:
    with pytest.raises(ComparisonError) as caught:
        compare_queries(variants, **(QUICK | settings))
    return caught.value


def test_ways_are_compared_on_a_server(engine, ways):
    found = compare_queries(ways, source=engine, **QUICK)
    assert found.frame["queries"].tolist() == [2, 1, 4, 1]


def test_a_server_gone_in_the_middle_loses_nothing_that_was_measured(
    engine, ways, postgres_address
):
    calls: list[int] = []

    def gone(n: int) -> Any:
        calls.append(n)
        with engine.connect() as connection:
            if calls == [2] * 4 + [4] * 3:  # in the first timed turn of the second size
                pid = connection.execute(text("SELECT pg_backend_pid()")).scalar()
                with psycopg.connect(postgres_address.url, autocommit=True) as other:
                    other.execute("SELECT pg_terminate_backend(%s)", (pid,))
            return list(connection.execute(MANY, {"n": n}).scalars())

    error = refused({"one": ways["one by one"], "gone": gone}, source=engine)
    assert error.what == "The variant 'gone' failed at n 4 when it was timed (run 1)."
    assert error.why.startswith("AdminShutdown: terminating connection")
    assert error.mend.startswith("The connection is gone")
    assert error.partial is not None
    assert error.partial.frame["queries"].tolist() == [2, 1]
    assert len(compare_queries(ways, source=engine, **QUICK).frame) == 4


def test_a_statement_of_the_server_is_cancelled_and_the_connection_stays_fit(postgres_address):
    with psycopg.connect(postgres_address.url) as connection:

        def one_by_one(n: int) -> Any:
            ask = "SELECT %s::integer"
            return [connection.execute(ask, (i,)).fetchone()[0] for i in range(n)]

        def sleeps(n: int) -> Any:
            return connection.execute("SELECT pg_sleep(600)").fetchall()

        ways = {"one": one_by_one, "sleeps": sleeps}
        error = refused(ways, source=connection, timeout_s=1)
        assert error.what.startswith("The variant 'sleeps' did not end within 1 s")
        connection.rollback()
        assert one_by_one(2) == [0, 1]


def test_an_engine_of_coroutines_is_compared_in_the_loop_that_runs():
    async def compared() -> Any:
        engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)

        async def one_by_one(n: int) -> Any:
            async with engine.connect() as connection:
                ask = text("SELECT :i")
                return [(await connection.execute(ask, {"i": i})).scalar() for i in range(n)]

        async def at_once(n: int) -> Any:
            series = "WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < :m) "
            async with engine.connect() as connection:
                ask = text(f"{series} SELECT i FROM c ORDER BY i")
                return list((await connection.execute(ask, {"m": n - 1})).scalars())

        ways = {"one": one_by_one, "once": at_once}
        try:
            return await compare_queries_async(ways, source=engine, **QUICK)
        finally:
            await engine.dispose()

    found = asyncio.run(compared())
    assert found.frame["queries"].tolist() == [2, 1, 4, 1]
    assert found.growth["order"].tolist() == ["O(n)", "O(1)"]
