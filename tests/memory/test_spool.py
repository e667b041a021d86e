import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archkit.memory.journal import Draft
from archkit.memory.store import Store

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
NAIVE = NOW.replace(tzinfo=None)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "data" / "archkit.duckdb", now=lambda: NOW, patience_s=0.3)
    yield store
    store._journal.close()


def texts(store: Store) -> list[str]:
    return [text for (text,) in store.rows("SELECT text FROM lesson ORDER BY text")]


def spool_files(store: Store) -> list[Path]:
    return sorted(store.spool.glob("*.jsonl"))


def note(store: Store, n: int) -> str:
    """Record one lesson; return the id of its event."""
    return store.append([Draft("lesson", {"text": f"lesson {n}"})])[0].event_id


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


def test_a_folder_named_like_a_spool_file_is_passed_over(store):
    (store.spool / "folder.jsonl").mkdir(parents=True)
    note(store, 1)
    assert texts(store) == ["lesson 1"]


def test_a_broken_line_is_kept_aside_without_its_secrets(store):
    store.spool.mkdir(parents=True)
    key = "ghp_" + "Ab1z" * 9
    (store.spool / "broken.jsonl").write_text(f"{{{key}\n")
    assert store.rejected()["text"].tolist() == ["{[hidden: GitHub Token]"]
