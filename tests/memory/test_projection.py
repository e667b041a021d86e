import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archkit.memory import projection
from archkit.memory.journal import Draft
from archkit.memory.spool import Chunk
from archkit.memory.store import Store
from archkit.records import (
    Alternative,
    Decision,
    Lesson,
    Measurement,
    Outcome,
    Pattern,
    Reported,
    Solution,
)

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
NAIVE = NOW.replace(tzinfo=None)
DERIVED = sorted(
    set(projection.sql_texts("tables"))
    - {"event", "spool_offset", "rejected_line", "schema_version", "source", "embedding"}
)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "data" / "archkit.duckdb", now=lambda: NOW, patience_s=0.3)
    yield store
    store._journal.close()


def texts(store: Store) -> list[str]:
    return [text for (text,) in store.rows("SELECT text FROM lesson ORDER BY text")]


def note(store: Store, n: int) -> str:
    """Record one lesson; return the id of its event."""
    return store.append([Draft("lesson", {"text": f"lesson {n}"})])[0].event_id


def write_by_hand(path: Path, statement: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(statement)


def a_year() -> list[Draft]:
    """One event of every kind and two wordings of whatever can be worded again."""
    told = itertools.count()

    def draft(kind: str, payload: dict, session_id: str | None = None) -> Draft:
        n = next(told)
        at = NOW + timedelta(hours=n)
        return Draft(kind, payload, session_id=session_id, event_id=f"event {n:02}", recorded_at=at)

    jwt = Pattern(
        "jwt",
        "JWT",
        problem="Who is calling?",
        when=("mobile",),
        pros=("stateless",),
        reported=Reported(0.95, 38.0, "card", {"setup_hours": 3, "note": "avg"}),
    )
    reworded = Pattern(
        "jwt", "JWT and refresh tokens", status="active", reported=Reported(0.9, None, "card")
    )
    chosen = Decision(
        "JWT",
        decision_id="d",
        patterns=("jwt", "rate-limit"),
        alternatives=(Alternative("sessions", "sessions", predicted=0.7), Alternative("API keys")),
        confidence=0.8,
        context={"tenancy": "multi"},
        decided_at=NOW,
        session_id="s",
    )
    changed = Decision(
        "JWT",
        decision_id="d",
        patterns=("jwt",),
        context={"clients": ["Web", " mobile"], "cache": True, "n": 5, "odd": {"a": 1}, "no": None},
        status="superseded",
        decided_at=NOW,
    )
    early = Outcome("d", scores={"performance": 0.5}, outcome_id="o", observed_at=NOW)
    late = Outcome("d", success=True, outcome_id="o2", observed_at=NOW + timedelta(days=30))
    pool = Solution("pool", "Connection pool timeout", reported=Reported(0.91, 16.0, "card"))
    lesson = Lesson("rotate keys", lesson_id="l", learned_at=NOW)
    counted = Measurement("posts", 120, 18, n=50, measurement_id="m", measured_at=NOW)
    return [
        draft("agent", {"name": "a", "card_hash": "h", "tools": ["Read"], "learning_rate": 0.8}),
        draft("agent", {"name": "a", "card_hash": "h", "model": "sonnet"}),
        draft("session_started", {"brief": "b", "title": "t", "aml_enabled": True}, "s"),
        draft("session_status", {"status": "open", "stage": "questions"}, "s"),
        draft("message", {"n": 1, "role": "user", "content": [{"type": "text"}]}, "s"),
        draft("message", {"n": 2, "role": "assistant", "cost_usd": 0.1, "input_tokens": 5}, "s"),
        draft("tool_call", {"n": 1, "tool": "Read", "input": {"path": "a"}, "refused": True}, "s"),
        draft("step", {"n": 1, "phase": "before", "name": "query", "status": "done"}, "s"),
        draft("proposal", {"text": "# 1", "version": 1, "missing": ["7"], "findings": []}, "s"),
        draft("pattern", jwt.as_payload()),
        draft("decision", chosen.as_payload(), "s"),
        draft("decision", changed.as_payload()),
        draft("outcome", early.as_payload()),
        draft("outcome", {**early.as_payload(), "scores": {"maintainability": 0.25}}),
        draft("outcome", late.as_payload()),
        draft("pattern", reworded.as_payload()),
        draft("pattern", reworded.as_payload()),
        draft("pattern_use", {"slug": "jwt", "y": 0.5, "source": "model"}, "s"),
        draft("solution", pool.as_payload()),
        draft("solution", {**pool.as_payload(), "name": "Pool"}),
        draft("solution_use", {"slug": "pool", "effective": True}),
        draft("lesson", lesson.as_payload()),
        draft("lesson", {**lesson.as_payload(), "severity": "high"}),
        draft("measurement", counted.as_payload()),
        draft("measurement", {**counted.as_payload(), "queries_after": 12}),
        draft("session_status", {"status": "ended", "stage": "decide"}, "s"),
        draft("archived", {"file": "f", "withholds": {"event_id": ["x"], "bytes": [7]}}),
        draft("restored", {"undoes": ["event 26"], "events": 1}),
        draft("imported", {"origin": "elsewhere", "imports": ["event 14", "event 23"]}),
        draft("imported", {"origin": "again", "imports": ["event 14"]}),
        draft("pinned", {"slug": "jwt", "pinned": True}),
        draft("pinned", {"slug": "jwt", "pinned": False}),
        draft("pattern_status", {"slug": "jwt", "status": "retired", "reason": "replaced"}),
        draft("pattern_status", {"slug": "jwt", "status": "active", "said_by": "learning"}),
        draft("pattern_status", {"slug": "jwt", "status": "asleep"}),
        draft("epoch", {"slug": "jwt", "began_at": NOW.isoformat(), "weight": 0.1}),
        draft("epoch", {"slug": "jwt", "began_at": NOW.isoformat(), "weight": 0.2}),
        draft("epoch", {"slug": "jwt", "began_at": "some day"}),
        draft("epoch_undone", {"slug": "jwt", "began_at": NOW.isoformat(), "reason": "no"}),
        draft("epoch_undone", {"slug": "jwt", "began_at": NOW.isoformat(), "reason": "nor"}),
        draft("adr", {"adr_id": "x", "links": [{"text": "1.md"}, {"text": "2.md"}]}),
        draft("adr", {"adr_id": "x", "links": [{"relation": "supersedes", "text": "0.md"}]}),
        draft("adr", {"adr_id": "x", "status": "accepted", "deciders": ["Jo"], "number": "?"}),
        draft("adr", {"adr_id": "y", "decided_at": "some day", "links": [{"text": "1.md"}]}),
    ]


def derived(store: Store) -> dict[str, list[str]]:
    return {name: sorted(map(repr, store.rows(f"FROM {name}"))) for name in DERIVED}


def as_row(draft: Draft) -> tuple:
    recorded_at = draft.recorded_at.replace(tzinfo=None)
    names = (draft.agent, draft.project, draft.session_id, None)
    return (draft.event_id, recorded_at, "w", 1, draft.kind, 1, *names, json.dumps(draft.payload))


def rows_after(parts: list[list[Draft]]) -> dict[str, list[str]]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        projection.create(connection, NOW)
        for part in parts:
            events = [as_row(draft) for draft in part]
            assert projection.take(connection, [Chunk("f", 1, events)], NOW) == len(part)
            assert projection.take(connection, [Chunk("f", 1, events)], NOW) == 0
        return {
            name: sorted(map(repr, connection.execute(f"FROM {name}").fetchall()))
            for name in DERIVED
        }


def test_rows_do_not_depend_on_the_order_in_which_events_arrive():
    events = a_year()
    one_by_one = [[event] for event in events]
    at_once = rows_after([events])
    assert [name for name, rows in at_once.items() if not rows] == ["alternative"]
    assert rows_after(one_by_one) == at_once
    assert rows_after(one_by_one[::-1]) == at_once
    assert rows_after([events[1::3], events[2::3], events[0::3]]) == at_once


def test_every_kind_of_event_has_its_rows(store):
    store.append(a_year())
    counts = {name: len(rows) for name, rows in derived(store).items()}
    assert counts == {
        "adr": 2,
        "adr_link": 1,
        "agent": 1,
        "alternative": 0,
        "audit": 6,
        "decision": 1,
        "decision_context": 4,
        "epoch": 1,
        "epoch_undone": 1,
        "imported_event": 2,
        "lesson": 1,
        "message": 2,
        "outcome": 2,
        "pattern": 1,
        "pattern_status": 2,
        "pattern_use": 2,
        "pattern_version": 2,
        "pin": 1,
        "proposal": 1,
        "query_measurement": 1,
        "reported_figure": 1,
        "score": 1,
        "session": 1,
        "solution": 1,
        "solution_use": 1,
        "step": 1,
        "tool_call": 1,
        "undone": 1,
        "withheld": 1,
    }


def test_rebuilding_gives_the_same_tables(store):
    store.append(a_year())
    before = derived(store) | {"event": sorted(map(repr, store.rows("FROM event")))}
    told = []
    assert store.rebuild(lambda done, total: told.append((done, total))) == len(a_year())
    after = derived(store) | {"event": sorted(map(repr, store.rows("FROM event")))}
    assert after == before
    assert told == [(len(a_year()), len(a_year()))]


def test_rebuilding_takes_what_the_spool_still_holds_and_keeps_the_offsets(store):
    note(store, 1)
    store.drain()
    note(store, 2)
    assert store.rebuild() == 2
    assert Store(store.path).drain() == 0


def test_rebuilding_mends_rows_changed_by_hand(store):
    note(store, 1)
    store.drain()
    write_by_hand(store.path, "DELETE FROM lesson; DROP VIEW orphan")
    assert store.rebuild() == 1
    assert (texts(store), store.rows("FROM orphan")) == (["lesson 1"], [])


def test_a_rebuild_in_portions_gives_the_same_tables(store, monkeypatch):
    store.append(a_year())
    before = derived(store)
    monkeypatch.setattr(projection, "_PORTION", 4)
    store.rebuild()
    assert derived(store) == before


def test_a_file_of_an_older_archkit_is_rebuilt_by_itself(store):
    note(store, 1)
    store.drain()
    write_by_hand(
        store.path, "UPDATE schema_version SET projection = 'old'; DROP VIEW decision_log"
    )
    assert store.read("FROM decision_log").empty
    assert texts(store) == ["lesson 1"]
    write_by_hand(store.path, "UPDATE schema_version SET version = 0; DROP TABLE lesson CASCADE")
    note(store, 2)
    assert (store.drain(), texts(store)) == (1, ["lesson 1", "lesson 2"])


def test_a_rebuild_cut_short_leaves_the_old_file(store, monkeypatch):
    note(store, 1)
    store.drain()

    def killed(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(projection, "project_all", killed)
    with pytest.raises(KeyboardInterrupt):
        store.rebuild()
    monkeypatch.undo()
    assert texts(store) == ["lesson 1"]
    assert store.rebuild() == 1


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.sampled_from(["2026-01-01T00:00:00Z", "infinity", "0044-03-15 (BC)", "200000-01-01"])
    | st.sampled_from(
        [
            {"success_rate": "high", "uses": -1, "metrics": {"a": [1], "b": None, "c": "3h"}},
            {"success_rate": 2, "metrics": 3},
            {"performance": 2, "developers": None, "success": True, "": 0.5, "x": "0.5"},
            [{"name": None}, {"name": ["x"], "predicted": "likely"}, "sessions", [1]],
        ]
    )
    | st.sampled_from(["1e400", "99999999999", 2**63 - 1, "true", "p", "d"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = sorted(
    {
        part
        for draft in a_year()
        for part in (*draft.payload, "decision_id", "outcome_id", "observed_at", "used_at")
    }
)


@pytest.fixture(scope="module")
def database():
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        projection.create(connection, NOW)
        yield connection


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    payloads=st.lists(
        st.dictionaries(st.sampled_from(FIELDS), json_values, min_size=1, max_size=6),
        min_size=1,
        max_size=4,
    )
)
def test_no_payload_however_odd_stops_a_drain(database, payloads):
    kinds = sorted({draft.kind for draft in a_year()})
    events = [
        (
            f"{kind}{n}",
            NAIVE,
            "w",
            n,
            kind,
            1,
            "",
            "",
            "s",
            None,
            json.dumps(payload),
        )
        for n, payload in enumerate(payloads)
        for kind in kinds
    ]
    database.execute("BEGIN")
    try:
        assert projection.take(database, [Chunk("f", 1, events)], NOW) == len(events)
        for name in projection.sql_texts("views"):
            database.execute(f"FROM {name}").fetchall()
    finally:
        database.execute("ROLLBACK")
