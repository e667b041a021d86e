import errno
import fcntl
import itertools
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archkit.errors import StoreError
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
    - {"event", "spool_offset", "rejected_line", "schema_version", "source"}
)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "data" / "archkit.duckdb", now=lambda: NOW, patience_s=0.3)
    yield store
    store._journal.close()


def note(store: Store, n: int) -> str:
    """Record one lesson; return the id of its event."""
    return store.append([Draft("lesson", {"text": f"lesson {n}"})])[0].event_id


def texts(store: Store) -> list[str]:
    return [text for (text,) in store.rows("SELECT text FROM lesson ORDER BY text")]


def spool_files(store: Store) -> list[Path]:
    return sorted(store.spool.glob("*.jsonl"))


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
        decided_at=NOW,
        session_id="s",
    )
    changed = Decision(
        "JWT", decision_id="d", patterns=("jwt",), status="superseded", decided_at=NOW
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
    ]


def derived(store: Store) -> dict[str, list[str]]:
    return {name: sorted(map(repr, store.rows(f"FROM {name}"))) for name in DERIVED}


# --- writing, draining, reading -------------------------------------------------------------------


def test_what_was_appended_is_read_back(store):
    ids = [note(store, n) for n in range(3)]
    assert store.rows("SELECT event_id, kind, payload->>'text' FROM event ORDER BY seq") == [
        (event_id, "lesson", f"lesson {n}") for n, event_id in enumerate(ids)
    ]


def test_an_empty_store_can_be_read(store):
    assert store.rows("SELECT * FROM orphan") == []
    assert store.read("SELECT slug, y FROM pattern_evidence").columns.tolist() == ["slug", "y"]


def test_instants_are_naive_utc_and_rates_numbers_in_a_frame(store):
    decision = Decision("A", confidence=0.8, decided_at=NOW, patterns=("p",))
    store.append([Draft("decision", decision.as_payload())])
    frame = store.read("SELECT decided_at, due_at, confidence FROM decision_log")
    assert frame.loc[0].tolist() == [
        NAIVE,
        NAIVE + timedelta(days=30),
        0.8,
    ]


def test_values_are_bound_by_name(store):
    note(store, 1)
    note(store, 2)
    query = "SELECT text FROM lesson WHERE text = $text AND recorded_at <= $until"
    frame = store.read(query, {"text": "lesson 2", "until": NOW})
    assert frame["text"].tolist() == ["lesson 2"]


def test_a_drain_counts_new_events_and_a_second_one_none(store):
    note(store, 1)
    note(store, 2)
    assert [store.drain(), store.drain()] == [2, 0]
    note(store, 3)
    assert store.drain() == 1


def test_an_event_with_a_known_id_is_taken_once(store):
    again = Draft("lesson", {"text": "lesson 1"}, event_id="once", recorded_at=NOW)
    store.append([again, again])
    assert store.drain() == 1
    store.append([again])
    assert (store.drain(), texts(store)) == (0, ["lesson 1"])


def test_closing_drains_and_leaves_no_spool_file(store):
    note(store, 1)
    store.close()
    assert (spool_files(store), texts(store)) == ([], ["lesson 1"])


def test_after_closing_it_can_be_written_again(store):
    note(store, 1)
    store.close()
    note(store, 2)
    store.close()
    assert (spool_files(store), texts(store)) == ([], ["lesson 1", "lesson 2"])


def test_a_drained_file_stays_while_its_writer_lives_and_goes_with_it(store, tmp_path):
    other = Store(store.path)
    note(other, 1)
    assert store.drain() == 1
    assert len(spool_files(store)) == 1
    other._journal.close()  # as when its process ends
    note(store, 2)
    store.drain()
    assert [path.stem for path in spool_files(store)] == [store._journal.writer]


def test_a_spool_file_without_a_line_goes_too(store):
    store.spool.mkdir(parents=True)
    (store.spool / "empty.jsonl").touch()
    store.close()
    assert spool_files(store) == []


def test_offsets_of_removed_files_are_forgotten(store):
    for n in range(3):
        note(store, n)
        store.close()
    note(store, 3)
    assert store.rows("SELECT count(*) FROM spool_offset") == [(1,)]


def test_a_database_deleted_by_hand_is_filled_again_from_the_spool(store):
    note(store, 1)
    store.drain()
    store.path.unlink()
    assert texts(store) == ["lesson 1"]


def test_two_stores_of_one_file_see_each_other(store):
    other = Store(store.path)
    note(store, 1)
    assert texts(other) == ["lesson 1"]
    note(other, 2)
    assert texts(store) == ["lesson 1", "lesson 2"]
    other.close()


def test_the_stamp_changes_with_the_spool_and_the_file_and_not_by_reading(store):
    stamps = [store.stamp()]
    note(store, 1)
    stamps.append(store.stamp())
    store.drain()
    stamps.append(store.stamp())
    assert len(set(stamps)) == 3
    texts(store)
    assert store.stamp() == stamps[-1]


def test_a_drain_of_another_process_is_no_reason_to_write(store):
    other = Store(store.path)
    note(other, 1)
    other.drain()
    stamp = store.stamp()
    assert (store.drain(), store.stamp()) == (0, stamp)
    other.close()


def test_the_file_has_no_log_and_is_readable_by_duckdb_1_4(store):
    note(store, 1)
    store.drain()
    assert not store.path.with_name("archkit.duckdb.wal").exists()
    with duckdb.connect(str(store.path), read_only=True) as connection:
        tags = (
            "SELECT tags['storage_version'] FROM duckdb_databases() WHERE database_name = 'archkit'"
        )
        assert connection.execute(tags).fetchone() == ("v1.4.0+",)
        assert connection.execute("SELECT text FROM lesson").fetchall() == [("lesson 1",)]


def test_a_log_left_by_a_killed_process_is_taken_over(store):
    note(store, 1)
    store.drain()
    code = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]);"
        "c.execute(\"UPDATE lesson SET text = 'by hand'\"); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", code, str(store.path)], check=False)
    assert store.path.with_name("archkit.duckdb.wal").exists()
    assert texts(store) == ["by hand"]
    store.rebuild()
    assert not store.path.with_name("archkit.duckdb.wal").exists()
    assert texts(store) == ["lesson 1"]


def test_comments_say_what_every_table_and_view_and_every_column_of_a_view_is(store):
    told = store.describe()
    assert set(told) == {*projection.sql_texts("tables"), *projection.sql_texts("views")}
    assert [name for name, columns in told.items() if not columns[""]] == []
    bare = [
        f"{name}.{column}"
        for name in projection.sql_texts("views")
        for column, comment in told[name].items()
        if not comment
    ]
    assert bare == []


def test_its_representation_is_one_line(store):
    assert repr(store) == f"Store({str(store.path)!r})"


# --- lines that are no events ---------------------------------------------------------------------


GOOD = {"event_id": "g", "recorded_at": "2026-01-01T00:00:00Z", "kind": "lesson", "payload": {}}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{not json", "Expecting property name"),
        (b"\xff\xfe", "codec can't decode"),
        (b"\x00\x00\x00", "Expecting value"),
        (b"[1]", "not a JSON object"),
        (json.dumps({**GOOD, "event_id": None}).encode(), "event_id is missing"),
        (json.dumps({**GOOD, "kind": 3}).encode(), "kind is missing or no text"),
        (json.dumps({**GOOD, "payload": "x"}).encode(), "payload is not an object"),
        (json.dumps({**GOOD, "recorded_at": None}).encode(), "recorded_at is missing"),
        (json.dumps({**GOOD, "recorded_at": "soon"}).encode(), "Invalid isoformat"),
        (json.dumps({**GOOD, "recorded_at": "2026-01-01"}).encode(), "no time zone"),
        (json.dumps({**GOOD, "seq": 2**63}).encode(), "seq is no whole number"),
        (json.dumps({**GOOD, "kind_version": True}).encode(), "kind_version is no whole number"),
        (b'{"payload": {"x": NaN}}', "NaN is no JSON number"),
        (
            json.dumps({**GOOD, "payload": {"x": 0}}).replace("0}}", "1e400}}").encode(),
            "Out of range",
        ),
        (b'{"payload":' * 100_000, "nested too deeply"),
    ],
)
def test_a_broken_line_is_kept_aside_and_blocks_nothing(store, line, reason):
    store.spool.mkdir(parents=True)
    good = json.dumps({**GOOD, "payload": {"text": "good"}}).encode()
    (store.spool / "x.jsonl").write_bytes(line + b"\n\n" + good + b"\n")
    assert store.drain() == 1
    (kept,) = store.rejected().to_dict("records")
    assert reason in kept["reason"]
    assert (kept["file"], kept["byte_off"], kept["found_at"]) == (
        "x.jsonl",
        0,
        NAIVE,
    )
    assert kept["text"] == line.decode("utf-8", "replace")
    assert (texts(store), spool_files(store)) == (["good"], [])


def test_a_line_still_being_written_is_left_for_later(store):
    note(store, 1)
    (path,) = spool_files(store)
    half = json.dumps({**GOOD, "payload": {"text": "later"}}).encode()
    with path.open("ab") as file:
        file.write(half[:40])
    assert (store.drain(), len(store.rejected())) == (1, 0)
    with path.open("ab") as file:
        file.write(half[40:] + b"\n")
    assert (store.drain(), texts(store)) == (1, ["later", "lesson 1"])


def test_a_line_torn_by_the_death_of_its_writer_is_kept_aside(store):
    note(store, 1)
    (path,) = spool_files(store)
    with path.open("ab") as file:
        file.write(b'{"event_id": "to')
    store._journal.close()
    assert store.drain() == 1
    assert [row["text"] for row in store.rejected().to_dict("records")] == ['{"event_id": "to']
    assert spool_files(store) == []


def test_a_whole_line_without_an_end_is_taken_when_its_writer_is_gone(store):
    store.spool.mkdir(parents=True)
    (store.spool / "x.jsonl").write_text(json.dumps({**GOOD, "payload": {"text": "whole"}}))
    assert (store.drain(), texts(store), len(store.rejected())) == (1, ["whole"], 0)


# --- projections ----------------------------------------------------------------------------------


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
        "agent": 1,
        "alternative": 0,
        "decision": 1,
        "lesson": 1,
        "message": 2,
        "outcome": 2,
        "pattern": 1,
        "pattern_use": 2,
        "pattern_version": 2,
        "proposal": 1,
        "query_measurement": 1,
        "reported_figure": 1,
        "score": 1,
        "session": 1,
        "solution": 1,
        "solution_use": 1,
        "step": 1,
        "tool_call": 1,
    }


def test_rebuilding_gives_the_same_tables(store):
    store.append(a_year())
    before = derived(store) | {"event": sorted(map(repr, store.rows("FROM event")))}
    told = []
    assert store.rebuild(lambda done, total: told.append((done, total))) == 26
    after = derived(store) | {"event": sorted(map(repr, store.rows("FROM event")))}
    assert after == before
    assert told == [(26, 26)]


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
    | st.sampled_from(["2026-01-01T00:00:00Z", "yesterday", "1e400", "99999999999", "p", "d"]),
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


# --- files that cannot be used --------------------------------------------------------------------


def hold_open(path: Path, mode: str) -> subprocess.Popen:
    """Hold the file open in another process, as a DuckDB shell does."""
    code = (
        f"import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only={mode == 'ro'});"
        "print('open', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"open\n"
    return process


@pytest.mark.parametrize("mode", ["ro", "rw"])
def test_a_file_held_by_another_tool_delays_the_drain_and_never_the_write(store, mode):
    note(store, 1)
    store.drain()
    with hold_open(store.path, mode) as other:
        note(store, 2)
        assert store.drain() == 0
        with pytest.raises(StoreError) as caught:
            texts(store)
        other.stdin.close()
    assert caught.value.what == f"The memory {str(store.path)!r} is in use."
    assert f"(PID {other.pid}) has it open." in caught.value.why
    assert caught.value.mend.startswith(f"Close it there, or end process {other.pid}")
    assert (store.drain(), texts(store)) == (1, ["lesson 1", "lesson 2"])


def test_a_connection_of_the_same_process_is_named_as_such(store):
    note(store, 1)
    store.drain()
    with duckdb.connect(str(store.path)), pytest.raises(StoreError, match="is in use") as caught:
        texts(store)
    assert caught.value.why.startswith("This process has it open")
    assert texts(store) == ["lesson 1"]


def test_a_lock_held_by_another_archkit_delays_the_drain(store):
    note(store, 1)
    store.drain()
    note(store, 2)
    with store.path.with_name("archkit.duckdb.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert store.drain() == 0
        with pytest.raises(StoreError, match="Another archkit process"):
            texts(store)
    assert texts(store) == ["lesson 1", "lesson 2"]


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + b"\x00" * 200])
def test_a_file_that_is_not_duckdb_is_refused_and_left_alone(store, content):
    note(store, 1)
    store.path.write_bytes(content)
    for use in (store.drain, lambda: texts(store), store.rebuild):
        with pytest.raises(StoreError) as caught:
            use()
        assert caught.value.what == f"{str(store.path)!r} is not a memory."
    assert store.path.read_bytes() == content
    store.path.unlink()
    assert texts(store) == ["lesson 1"]


def test_a_duckdb_file_of_somebody_else_is_refused_and_left_alone(store):
    note(store, 1)
    write_by_hand(store.path, "CREATE TABLE theirs (x INTEGER)")
    with pytest.raises(StoreError, match="not one of archkit's"):
        store.drain()
    with duckdb.connect(str(store.path)) as connection:
        assert connection.execute("SHOW TABLES").fetchall() == [("theirs",)]


def test_a_damaged_file_is_said(store):
    note(store, 1)
    store.drain()
    size = store.path.stat().st_size
    with store.path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))
    note(store, 2)
    with pytest.raises(StoreError, match="DuckDB says"):
        store.drain()
    assert len(spool_files(store)[0].read_bytes().splitlines()) == 2


def test_a_file_of_a_later_archkit_is_refused_and_nothing_lost(store):
    note(store, 1)
    store.drain()
    write_by_hand(store.path, "UPDATE schema_version SET version = 99, made_by = 'archkit 9.0'")
    note(store, 2)
    for use in (store.drain, lambda: texts(store), store.rebuild):
        with pytest.raises(StoreError) as caught:
            use()
        assert caught.value.what == f"The memory {str(store.path)!r} is newer than this archkit."
        assert caught.value.why == "It has schema 99, made by archkit 9.0; here is 1."
    write_by_hand(store.path, "UPDATE schema_version SET version = 1")
    assert texts(store) == ["lesson 1", "lesson 2"]


def test_a_disk_full_while_draining_is_said_and_nothing_lost(store, monkeypatch):
    note(store, 1)

    def full(*args):
        raise duckdb.IOException("Could not write file: No space left on device")

    monkeypatch.setattr(projection, "take", full)
    with pytest.raises(StoreError) as caught:
        store.drain()
    assert caught.value.why == "DuckDB says: Could not write file: No space left on device"
    monkeypatch.undo()
    assert (store.drain(), texts(store)) == (1, ["lesson 1"])


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "archkit.duckdb")
    with pytest.raises(StoreError, match="cannot be opened"):
        texts(store)
    with pytest.raises(StoreError, match="Nothing could be written"):
        note(store, 1)


def test_a_memory_on_a_read_only_disk_can_be_read(store, monkeypatch):
    note(store, 1)
    store.close()
    opened = os.open

    def read_only(path, flags, *args, **kwargs):
        if flags & (os.O_CREAT | os.O_RDWR | os.O_WRONLY):
            raise OSError(errno.EROFS, "Read-only file system")
        return opened(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", read_only)
    assert texts(Store(store.path)) == ["lesson 1"]
    with pytest.raises(StoreError, match="Read-only file system"):
        note(Store(store.path), 2)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("SELECT nothing FROM lesson", "nothing"),
        ("SELEKT 1", "syntax error"),
        ("DELETE FROM event", "read-only"),
        ("SELECT $missing", "missing"),
    ],
)
def test_a_query_that_does_not_run_says_why(store, query, why):
    note(store, 1)
    with pytest.raises(StoreError) as caught:
        store.read(query)
    assert caught.value.what == f"The query did not run: {query!r}."
    assert why in caught.value.why
    assert texts(store) == ["lesson 1"]
