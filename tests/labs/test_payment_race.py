"""The payment race: the naive way charges twice, the fixed ones never, and all of it adds up."""

from __future__ import annotations

import re
from itertools import count

import pandas as pd
import psycopg
import pytest

from archkit.errors import ArchkitError
from archkit.labs import payment_race, payment_ways
from archkit.labs.payment_race import measure, record, summary
from archkit.labs.payment_ways import ANSWERS, SCENARIOS, WAYS
from archkit.labs.postgres import Address
from archkit.library import read_library

FIXED = [way for way in WAYS if way != "naive"]
asked = payment_race.ask


def schemas(address: Address) -> list[str]:
    with psycopg.connect(address.url) as connection:
        found = connection.execute("SELECT nspname FROM pg_namespace").fetchall()
    return sorted(name for (name,) in found if name.startswith("archkit_"))


def test_a_thousand_concurrent_requests_charge_twice_only_where_nothing_is_done(postgres_server):
    ways = ("naive", "unique key", "row lock")
    runs = measure(postgres_server, repeat=1, ways=ways, scenarios=["repeated request"])
    found = runs.set_index("way")
    assert found["requests"].tolist() == [1000] * 3
    assert found.loc["naive", "duplicates"] > 0
    assert found.loc["naive", "payments"] == 250 + found.loc["naive", "duplicates"]
    assert found.loc[["unique key", "row lock"], "duplicates"].tolist() == [0, 0]
    assert found.loc[["unique key", "row lock"], "charged"].tolist() == [250, 250]
    # A request may fail for a reason of the server's own; then it says which, and charges nothing.
    assert (found["replayed"] + found["charged"] + found["failed"] == 1000).all()
    assert ((found["failed"] == 0) == (found["errors"] == "")).all()
    assert found["unpaid"].tolist() == [0] * 3
    assert (found[["seconds", "per_second", "latency_ms", "p95_latency_ms"]] > 0).all(axis=None)


def test_a_key_alone_does_not_hold_off_two_devices_and_a_lock_does(postgres_server):
    before, told = schemas(postgres_server), []
    runs = measure(
        postgres_server,
        orders=20,
        workers=8,
        repeat=1,
        scenarios=["two devices"],
        progress=lambda *done: told.append(done),
    )
    found = runs.set_index("way")
    assert found.index.tolist() == list(WAYS)
    assert (found.loc[["naive", "unique key"], "duplicates"] > 0).all()
    holding = found.drop(["naive", "unique key"])
    assert (holding[["duplicates", "charged_twice", "unpaid"]] == 0).all(axis=None)
    assert (holding["charged"] == 20).all()
    assert (found[list(ANSWERS)].sum(axis=1) == 80).all()
    assert (found["replayed"] == 0).all()
    assert told == [(done, 7) for done in range(1, 8)]
    assert schemas(postgres_server) == before


@pytest.mark.parametrize("name", WAYS)
def test_each_way_runs_at_its_own_isolation_whatever_the_server_s(postgres_server, name):
    with psycopg.connect(postgres_server.url) as connection:
        connection.execute("SET default_transaction_isolation = 'repeatable read'")
        payment_ways.prepare(connection, WAYS[name])
        found = connection.execute("SHOW transaction_isolation").fetchone()
    assert found == ("serializable" if name == "serializable" else "read committed",)


def test_runs_are_pooled_with_the_interval_of_the_rate_and_the_range_of_the_speed():
    rows = []
    for run, (twice, speed) in enumerate([(30, 100.0), (10, 300.0), (20, 200.0)]):
        counts = {"orders": 40, "requests": 80, "payments": 40 + twice, "charged_twice": twice}
        counts |= {"duplicates": twice, "unpaid": 0, "charged": 40 + twice, "replayed": 40 - twice}
        counts |= {"refused": 0, "failed": 0, "retries": 4, "seconds": 80 / speed}
        counts["errors"] = "" if run else "40001: again"
        times = {"per_second": speed, "latency_ms": 2.0 + run, "p95_latency_ms": 9.0}
        rows.append({"scenario": "two devices", "way": "naive", "run": run, **counts, **times})
    rows.append({**rows[0], "way": "row lock", "charged_twice": 0})
    pooled = summary(pd.DataFrame(rows))
    naive, lock = pooled.to_dict("records")
    assert (naive["orders"], naive["charged_twice"], naive["runs"]) == (120, 60, 3)
    assert naive["charged_twice_rate"] == 0.5
    assert 0.42 < naive["low"] < 0.5 < naive["high"] < 0.58
    speeds = [naive[f"per_second{end}"] for end in ("_low", "", "_high")]
    assert speeds == [100, 200, 300]
    assert (naive["latency_ms"], naive["retries_per_request"]) == (3, 0.05)
    assert naive["errors"] == "40001: again"
    assert lock["charged_twice_rate"] == lock["low"] == 0
    assert 0.02 < lock["high"] < 0.06
    wider = summary(pd.DataFrame(rows), ci_prob=0.99)
    assert wider["high"][0] > naive["high"]


class Uses:
    def __init__(self) -> None:
        self.kept = []

    def record_solution_use(self, slug, effective, applied="", *, source="team"):
        assert source == "measured"
        self.kept.append((slug, effective, applied))


def test_the_fixes_are_kept_as_tried_with_what_came_of_it():
    row = {"orders": 250, "requests": 1000, "unpaid": 0, "failed": 0}
    pooled = pd.DataFrame(
        [
            {"scenario": "repeated request", "way": "naive", "charged_twice": 200, **row},
            {"scenario": "repeated request", "way": "unique key", "charged_twice": 0, **row},
            {"scenario": "two devices", "way": "unique key", "charged_twice": 201, **row},
            {"scenario": "two devices", "way": "serializable", "charged_twice": 0, **row},
        ]
    )
    memory = Uses()
    assert record(memory, pooled) == 2
    assert [effective for _, effective, _ in memory.kept] == [True, False]
    slug, _, applied = memory.kept[1]
    assert slug in {solution.slug for solution in read_library().solutions}
    assert applied == (
        "payment race lab, unique key, two devices: 201 of 250 orders charged twice by 1000 "
        "requests"
    )


def test_a_server_that_goes_away_in_the_middle_ends_the_race_with_its_reason(
    postgres_server, monkeypatch
):
    requests = count()

    def asked_until_it_goes(connection, *request):
        if next(requests) == 10:
            connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return asked(connection, *request)

    monkeypatch.setattr(payment_race, "ask", asked_until_it_goes)
    before = schemas(postgres_server)
    with pytest.raises(ArchkitError, match="broke off") as caught:
        measure(postgres_server, orders=20, workers=8, repeat=1, ways=["row lock"])
    assert "terminating connection" in caught.value.why
    assert "9 connections" in caught.value.mend
    assert schemas(postgres_server) == before


def test_a_request_that_never_gets_through_is_told_so(postgres_server, monkeypatch):
    def refused(*_):
        raise psycopg.errors.SerializationFailure("not now")

    monkeypatch.setattr(payment_ways, "_paid", refused)
    runs = measure(postgres_server, orders=1, copies=2, workers=2, repeat=1, ways=["serializable"])
    assert runs["failed"].tolist() == [2, 2]
    assert runs["unpaid"].tolist() == [1, 1]
    assert runs["retries"].tolist() == [200, 200]
    assert runs["errors"].tolist() == ["40001: not now"] * 2


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"orders": 0}, "orders=0"),
        ({"copies": 1}, "copies=1"),
        ({"copies": 4, "workers": 3}, "workers at least copies"),
        ({"repeat": 0}, "repeat=0"),
        ({"ways": ["redis"]}, "'redis'; there is: naive"),
        ({"scenarios": ["none"]}, f"there is: {next(iter(SCENARIOS))}"),
    ],
)
def test_impossible_races_are_refused(wrong, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        measure(Address("postgresql://nowhere"), **wrong)
