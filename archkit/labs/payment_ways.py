"""The ways to take a payment that the payment race compares: their tables and their statements."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import psycopg

__all__ = [
    "ANSWERS",
    "SCENARIOS",
    "WAYS",
    "Heard",
    "Way",
    "ask",
    "count_payments",
    "make_orders",
    "prepare",
]

SCENARIOS: Mapping[str, str] = {
    "repeated request": "one request and its repetitions, all with one idempotency key",
    "two devices": "requests for one order that know nothing of each other, a key each",
}
"""How several requests for one order come about."""

ANSWERS: Mapping[str, str] = {
    "charged": "a payment was made for this request",
    "replayed": "an earlier request with the same key was paid; its payment is given again",
    "refused": "the order is paid by another request",
    "failed": "the database turned the request away, or it gave up after many tries",
}
"""What a client can be told."""

_PAST = 2_000  # Paid orders already there: a nearly empty table is read whole, and locked whole.
_RETRIES = 100
PATIENCE_S = 60.0
"""Seconds that anything in a race may take."""
_SCHEMA = (
    """CREATE TABLE customer_order (
         id bigint PRIMARY KEY, user_id bigint NOT NULL, amount_cents bigint NOT NULL,
         status text NOT NULL)""",
    """CREATE TABLE payment (
         id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
         order_id bigint NOT NULL REFERENCES customer_order, user_id bigint NOT NULL,
         idempotency_key text NOT NULL, amount_cents bigint NOT NULL)""",
    "CREATE INDEX payment_by_order ON payment (order_id)",
)
_ORDERS = """INSERT INTO customer_order
  SELECT i, i %% 997, 100 + i, CASE WHEN i <= %(past)s THEN 'paid' ELSE 'open' END
  FROM generate_series(1, %(past)s + %(orders)s) AS i"""
_OLD_PAYMENTS = """INSERT INTO payment (order_id, user_id, idempotency_key, amount_cents)
  SELECT id, user_id, 'past ' || id, amount_cents FROM customer_order WHERE status = 'paid'"""
_UNIQUE = "CREATE UNIQUE INDEX one_payment_a_key ON payment (user_id, idempotency_key)"
_STATUS = "SELECT status FROM customer_order WHERE id = %(order)s"
_LOCKED = "SELECT status FROM customer_order WHERE id = %(order)s FOR UPDATE"
_CLAIM = """UPDATE customer_order SET status = 'paid' WHERE id = %(order)s AND status = 'open'
  RETURNING 'open'"""
_PAY = """INSERT INTO payment (order_id, user_id, idempotency_key, amount_cents)
  SELECT id, user_id, %(key)s, amount_cents FROM customer_order WHERE id = %(order)s
  ON CONFLICT DO NOTHING RETURNING id"""
_PAID = "UPDATE customer_order SET status = 'paid' WHERE id = %(order)s"
_EARLIER = "SELECT idempotency_key FROM payment WHERE order_id = %(order)s ORDER BY id LIMIT 1"
_COUNT = """SELECT sum(payments), count(*) FILTER (WHERE payments > 1),
    count(*) FILTER (WHERE payments = 0)
  FROM (SELECT o.id, count(p.id) AS payments FROM customer_order o
    LEFT JOIN payment p ON p.order_id = o.id WHERE o.id > %(past)s GROUP BY o.id) AS each"""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to take a payment: how it finds out that the order is still open.

    Parameters
    ----------
    idea
        What it does against the race, in a sentence.
    check
        The statement whose answer `open` lets the payment be made.
    first
        A statement before it: a lock.
    key_is_unique
        Whether the database holds (user, idempotency key) unique.
    serializable
        Whether the transaction is serializable, and is tried again when the database ends it.
    """

    idea: str
    check: str = _STATUS
    first: str | None = None
    key_is_unique: bool = False
    serializable: bool = False


WAYS: Mapping[str, Way] = {
    "naive": Way("In one transaction: is the order open? Then insert a payment, mark it paid."),
    "unique key": Way(
        "The same, and the database keeps (user, idempotency key) unique.", key_is_unique=True
    ),
    "row lock": Way(
        "The check locks the order's row: SELECT … FOR UPDATE.", f"{_STATUS} FOR UPDATE"
    ),
    "key and row lock": Way(
        "Both: the row is locked, and the key is unique.",
        _LOCKED,
        key_is_unique=True,
    ),
    "conditional update": Way("Check and mark in one: UPDATE … WHERE status = 'open'.", _CLAIM),
    "advisory lock": Way(
        "A lock on the order's number, taken in a statement before the check.",
        first="SELECT pg_advisory_xact_lock(%(order)s)",
    ),
    "serializable": Way(
        "The naive statements, serializable, tried again when the database says so.",
        serializable=True,
    ),
}
"""The ways that are compared, each by its name; the first is what goes wrong."""


class Heard(NamedTuple):
    """What one client heard, after how long, how many tries more than one, and the last error."""

    answer: str
    latency_ms: float
    retries: int
    error: str = ""


def make_orders(url: str, way: Way, orders: int) -> None:
    """Make the tables: many paid orders, as in a shop, and those that the race is about."""
    import psycopg

    with psycopg.connect(url) as connection:
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute(_ORDERS, {"past": _PAST, "orders": orders})
        connection.execute(_OLD_PAYMENTS)
        if way.key_is_unique:
            connection.execute(_UNIQUE)
        connection.commit()
        connection.execute("ANALYZE customer_order, payment")


def prepare(connection: psycopg.Connection[Any], way: Way) -> None:
    """Let no statement wait for ever; set the isolation that the way asks for."""
    import psycopg

    connection.execute("SELECT set_config('statement_timeout', %s, false)", [f"{PATIENCE_S}s"])
    connection.commit()
    level = psycopg.IsolationLevel
    connection.isolation_level = level.SERIALIZABLE if way.serializable else level.READ_COMMITTED


def ask(connection: psycopg.Connection[Any], way: Way, order: int, key: str) -> Heard:
    """Send one request, again as often as the database asks for it, and time all of it."""
    import psycopg

    began = time.perf_counter()
    again = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)
    answer, error, retries = "", "", 0
    while not answer:
        try:
            answer = _paid(connection, way, {"order": _PAST + order, "key": key})
        except psycopg.Error as refused:
            if connection.closed:
                raise
            connection.rollback()
            if isinstance(refused, again) and retries < _RETRIES:
                retries += 1
            else:
                answer, error = "failed", f"{refused.sqlstate}: {refused}"
    return Heard(answer, (time.perf_counter() - began) * 1000, retries, error)


def _paid(connection: psycopg.Connection[Any], way: Way, request: Mapping[str, Any]) -> str:
    """Take one payment in one transaction; return what the client is told."""
    if way.first is not None:
        connection.execute(way.first.encode(), request)
    is_open = connection.execute(way.check.encode(), request).fetchone() == ("open",)
    if is_open and connection.execute(_PAY, request).fetchone():
        answer = "charged"
        if way.check != _CLAIM:
            connection.execute(_PAID, request)
    else:
        earlier = connection.execute(_EARLIER, request).fetchone()
        answer = "replayed" if earlier == (request["key"],) else "refused"
    connection.commit()
    return answer


def count_payments(url: str) -> tuple[int, int, int]:
    """Return payments made, orders with more than one, and orders without one."""
    import psycopg

    with psycopg.connect(url) as connection:
        found = connection.execute(_COUNT, {"past": _PAST}).fetchone()
    assert found is not None
    payments, twice, unpaid = map(int, found)
    return payments, twice, unpaid
