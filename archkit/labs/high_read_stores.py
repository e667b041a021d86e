"""Where the high-read lab keeps its visits: PostgreSQL and DuckDB, each in several layouts.

Each layout has a schema or a database of its own, so the same statements run on all of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from archkit.labs.postgres import Address, kept_up, own_schema

if TYPE_CHECKING:
    import duckdb
    import psycopg

__all__ = ["LAYOUTS", "PLAIN", "Layout", "Store", "Work", "opened"]

PLAIN = "plain aggregate"
"""The layout that the others are held against."""

Rows = list[tuple[Any, ...]]
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to keep the visits.

    Parameters
    ----------
    idea
        What it does, in a sentence.
    make
        Statements that make the empty table `visit`.
    settle
        Statements after the rows are in: order, index, summary.
    refresh
        What brings the summary up to date; nothing where there is none.
    """

    idea: str
    make: tuple[str, ...]
    settle: tuple[str, ...] = ()
    refresh: str | None = None


class Work(NamedTuple):
    """What a query read, as the database itself counts it.

    `parts` are DuckDB's row groups or PostgreSQL's partitions; None where rows are in one piece.
    """

    rows: int
    parts: int | None = None
    parts_in_all: int | None = None


class Store(Protocol):
    """One layout, filled and open."""

    layout: Layout

    def ask(self, sql: str, values: Values) -> Rows:
        """Run one statement and fetch all of its answer."""

    def write(self, sql: str, values: Values) -> None:
        """Run one statement and commit it."""

    def explain(self, sql: str, values: Values) -> Work:
        """Run one query and say what it read."""


_VISIT = "CREATE TABLE visit (visited_at timestamp, shop_id integer, cents integer)"
_BY_DAY = """AS SELECT CAST(visited_at AS date) AS day, count(*) AS visits, sum(cents) AS cents
  FROM visit GROUP BY 1"""
_MONTHS = """DO $$ DECLARE first date; BEGIN
  FOR first IN SELECT generate_series(date '2025-01-01', date '2025-12-01', '1 month') LOOP
    EXECUTE format('CREATE TABLE %I PARTITION OF visit FOR VALUES FROM (%L) TO (%L)',
      'visit_' || to_char(first, 'YYYY_MM'), first, first + interval '1 month');
  END LOOP;
END $$"""

LAYOUTS: Mapping[str, Mapping[str, Layout]] = {
    "PostgreSQL": {
        PLAIN: Layout("One table; each question reads the visits.", (_VISIT,)),
        "index on time": Layout(
            "One table with a B-tree on the time.",
            (_VISIT,),
            ("CREATE INDEX visit_by_time ON visit (visited_at)",),
        ),
        "monthly partitions": Layout(
            "A partition a month; other months are not touched.",
            (f"{_VISIT} PARTITION BY RANGE (visited_at)", _MONTHS),
        ),
        "materialised summary": Layout(
            "A materialised view by day, refreshed concurrently.",
            (_VISIT,),
            (
                f"CREATE MATERIALIZED VIEW visit_by_day {_BY_DAY}",
                "CREATE UNIQUE INDEX visit_day ON visit_by_day (day)",
            ),
            "REFRESH MATERIALIZED VIEW CONCURRENTLY visit_by_day",
        ),
    },
    "DuckDB": {
        PLAIN: Layout(
            "One table as it was loaded, shop by shop.",
            (_VISIT,),
            ("CREATE OR REPLACE TABLE visit AS FROM visit ORDER BY shop_id, visited_at",),
        ),
        "rows in time order": Layout(
            "The same table in the order of time: whole row groups are skipped.",
            (_VISIT,),
            ("CREATE OR REPLACE TABLE visit AS FROM visit ORDER BY visited_at",),
        ),
        "materialised summary": Layout(
            "A table by day, made anew.",
            (_VISIT,),
            (
                "CREATE OR REPLACE TABLE visit AS FROM visit ORDER BY shop_id, visited_at",
                f"CREATE TABLE visit_by_day {_BY_DAY}",
            ),
            f"CREATE OR REPLACE TABLE visit_by_day {_BY_DAY}",
        ),
    },
}
"""The layouts of each database, each by its name; each has a plain one and a summary."""

# One statement for both databases: whole numbers only, so that both hold the same rows.
_FILL = """INSERT INTO visit
  SELECT timestamp '2025-01-01' + mod(i * 15485863, 31536000) * interval '1 second',
    mod(i * 7919, 50), mod(i * 104729, 10000)
  FROM generate_series(CAST(0 AS bigint), CAST($rows AS bigint) - 1) AS t(i) ORDER BY 1"""


@contextmanager
def opened(address: Address | None, rows: int) -> Iterator[dict[tuple[str, str], Store]]:
    """Make and fill every layout, on DuckDB and, where there is an address, on PostgreSQL.

    Yields
    ------
    dict
        The stores by (engine, layout). One core answers each question, so that the two databases
        do the same work. All is gone at the end of the block.
    """
    import duckdb

    stores: dict[tuple[str, str], Store] = {}
    with ExitStack() as stack:
        if address is not None:
            import psycopg

            stack.enter_context(kept_up("The high-read lab", len(LAYOUTS["PostgreSQL"]) + 1))
            for name, layout in LAYOUTS["PostgreSQL"].items():
                own = stack.enter_context(own_schema(address))
                # Autocommit: VACUUM and concurrent refreshes cannot run in a transaction.
                client = stack.enter_context(
                    psycopg.connect(own.url, autocommit=True, prepare_threshold=None)
                )
                stores["PostgreSQL", name] = _Postgres(client, layout, rows)
        for name, layout in LAYOUTS["DuckDB"].items():
            database = stack.enter_context(closing(duckdb.connect(":memory:")))
            stores["DuckDB", name] = _Duck(database, layout, rows)
        yield stores


class _Postgres:
    def __init__(
        self, client: psycopg.Connection[tuple[Any, ...]], layout: Layout, rows: int
    ) -> None:
        self.layout, self._client = layout, client
        for setting, value in (("max_parallel_workers_per_gather", "0"), ("jit", "off")):
            client.execute("SELECT set_config(%s, %s, false)", [setting, value])
        for statement in layout.make:
            client.execute(statement.encode())
        client.execute(_percent(_FILL), {"rows": rows})
        for statement in layout.settle:
            client.execute(statement.encode())
        client.execute("VACUUM ANALYZE visit")

    def ask(self, sql: str, values: Values) -> Rows:
        return self._client.execute(_percent(sql), values).fetchall()

    def write(self, sql: str, values: Values) -> None:
        self._client.execute(_percent(sql), values)

    def explain(self, sql: str, values: Values) -> Work:
        found = self.ask(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", values)
        scans = [node for node in _nodes(found[0][0][0]["Plan"]) if _is_scan(node)]
        rows = sum(round(_rows_of(node)) for node in scans)
        partitions = self.ask(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = to_regclass('visit')", {}
        )[0][0]
        return Work(rows, len(scans), partitions) if partitions else Work(rows)


def _percent(sql: str) -> bytes:
    """Write the lab's `$name` as psycopg's `%(name)s`."""
    return re.sub(r"\$(\w+)", r"%(\1)s", sql).encode()


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _is_scan(node: Mapping[str, Any]) -> bool:
    """Whether a node of a plan reads a table; a bitmap's index scan only finds the pages."""
    return "Relation Name" in node and node.get("Actual Loops", 0) > 0


def _rows_of(node: Mapping[str, Any]) -> float:
    """Give the rows a scan went through: those it passed on and those it looked at for nothing."""
    dropped = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    each = node["Actual Rows"] + sum(node.get(reason, 0) for reason in dropped)
    return float(each * node["Actual Loops"])


class _Duck:
    def __init__(self, database: duckdb.DuckDBPyConnection, layout: Layout, rows: int) -> None:
        self.layout, self._database = layout, database
        database.execute("SET threads = 1")
        for statement in layout.make:
            database.execute(statement)
        database.execute(_FILL, {"rows": rows})
        for statement in layout.settle:
            database.execute(statement)

    def ask(self, sql: str, values: Values) -> Rows:
        return self._database.execute(sql, dict(values)).fetchall()

    def write(self, sql: str, values: Values) -> None:
        self._database.execute(sql, dict(values))

    def explain(self, sql: str, values: Values) -> Work:
        found = self.ask(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values)
        query = json.loads(found[0][1])["query"]
        return Work(
            query["total_rows_scanned"],
            query["total_row_groups_scanned"],
            query["total_row_groups_to_scan"],
        )
