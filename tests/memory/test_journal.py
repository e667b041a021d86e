import errno
import json
import math
import multiprocessing
import os
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import MappingProxyType
from uuid import UUID

import pytest

from archkit.errors import StoreError
from archkit.memory.journal import Draft, Journal
from archkit.plain import shown_path

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "spool", now=lambda: NOW)
    yield journal
    journal.close()


def lines(journal: Journal) -> list[dict]:
    return [
        json.loads(line)
        for path in sorted(journal.spool.glob("*.jsonl"))
        for line in path.read_bytes().splitlines()
    ]


def test_an_event_is_one_line_on_disk(journal):
    (event,) = journal.append(
        [
            Draft(
                "lesson",
                {"text": "mind the gap"},
                kind_version=2,
                agent="backend-architect",
                project="shop",
                session_id="s",
                entity_id="e",
                event_id="i",
            )
        ]
    )
    assert lines(journal) == [
        {
            "event_id": "i",
            "recorded_at": "2026-11-23T09:30:00.000000+00:00",
            "writer": journal.writer,
            "seq": 1,
            "kind": "lesson",
            "kind_version": 2,
            "agent": "backend-architect",
            "project": "shop",
            "session_id": "s",
            "entity_id": "e",
            "payload": {"text": "mind the gap"},
        }
    ]
    assert (event.recorded_at, event.payload) == (NOW, {"text": "mind the gap"})


def test_the_line_is_synced_before_the_call_returns(journal, monkeypatch):
    done = []
    write, fsync = os.write, os.fsync
    monkeypatch.setattr(os, "write", lambda f, data: (done.append("write"), write(f, data))[1])
    monkeypatch.setattr(os, "fsync", lambda f: (done.append("fsync"), fsync(f))[1])
    journal.append([Draft("lesson", {"n": 1}), Draft("lesson", {"n": 2})])
    assert done == ["fsync", "fsync", "write", "fsync"]  # both folders, then one line and its file


def test_nothing_to_append_writes_nothing(journal):
    assert (journal.append([]), journal.spool.exists()) == ((), False)


def test_ids_are_given_in_order_and_events_counted(journal):
    events = [*journal.append([Draft("x", {}), Draft("x", {})]), *journal.append([Draft("x", {})])]
    assert [event.seq for event in events] == [1, 2, 3]
    assert all(UUID(event.event_id).version == 7 for event in events)
    assert len({event.event_id for event in events}) == 3


def test_two_journals_never_share_a_file(journal, tmp_path):
    other = Journal(tmp_path / "spool")
    journal.append([Draft("x", {})])
    other.append([Draft("x", {})])
    other.close()
    assert len(list(journal.spool.iterdir())) == 2


def test_an_instant_of_another_zone_is_written_in_utc(journal):
    instant = datetime(2026, 11, 23, 4, 30, tzinfo=timezone(timedelta(hours=-5)))
    (event,) = journal.append([Draft("x", {}, recorded_at=instant)])
    assert event.recorded_at == NOW
    assert lines(journal)[0]["recorded_at"] == "2026-11-23T09:30:00.000000+00:00"


@pytest.mark.parametrize(
    "draft",
    [
        Draft("", {}),
        Draft("x", {}, recorded_at=datetime(2026, 1, 1)),  # noqa: DTZ001
        Draft("x", {"what": object()}),
        Draft("x", ["what"]),
        Draft("x", None),
    ],
)
def test_a_draft_that_is_no_event_is_refused_and_nothing_written(journal, draft):
    with pytest.raises(ValueError):
        journal.append([Draft("x", {}), draft])
    assert lines(journal) == []


def test_every_value_becomes_plain_json(journal):
    journal.append(
        [
            Draft(
                "x",
                {
                    "nan": math.nan,
                    "infinite": -math.inf,
                    "tuple": (1, 2.5),
                    "mapping": MappingProxyType({1: "one"}),
                    "instant": NOW,
                    "path": Path("a/b"),
                    "half a pair": "\ud800",
                    "words": "größer\n\u2028 🙂 \x00",
                },
            )
        ]
    )
    assert lines(journal)[0]["payload"] == {
        "nan": None,
        "infinite": None,
        "tuple": [1, 2.5],
        "mapping": {"1": "one"},
        "instant": "2026-11-23T09:30:00+00:00",
        "path": "a/b",
        "half a pair": "?",
        "words": "größer\n\u2028 🙂 \x00",
    }


def test_a_secret_never_reaches_the_disk_and_is_counted(journal):
    token = "ghp_" + "Ab1z" * 9
    (event,) = journal.append([Draft("message", {"text": f"use {token}", "n": 1})])
    assert event.payload == {"text": "use [hidden: GitHub Token]", "n": 1, "redacted": 1}
    assert token not in "".join(path.read_text() for path in journal.spool.iterdir())


def test_a_full_disk_is_said_and_the_torn_line_cut_off(journal, monkeypatch):
    journal.append([Draft("x", {"n": 1})])
    write = os.write

    def half(file, data):
        if len(data) < 100:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(StoreError) as caught:
        journal.append([Draft("x", {"n": 2, "text": "t" * 300})])
    monkeypatch.undo()
    assert caught.value.why == (
        "No space left on device; the event is not recorded, earlier ones are safe."
    )
    assert caught.value.mend.startswith("Make room on the disk")
    journal.append([Draft("x", {"n": 3})])
    assert sorted(line["payload"]["n"] for line in lines(journal)) == [1, 3]


def test_a_disk_that_cannot_sync_acknowledges_nothing(journal, monkeypatch):
    journal.append([Draft("x", {"n": 1})])

    def broken(file):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(StoreError, match="Nothing could be written"):
        journal.append([Draft("x", {"n": 2})])
    monkeypatch.undo()
    journal.append([Draft("x", {"n": 3})])
    assert sorted(line["payload"]["n"] for line in lines(journal)) == [1, 3]


def test_an_interrupted_write_leaves_no_torn_line(journal, monkeypatch):
    write = os.write

    def interrupted(file, data):
        write(file, data[:20])
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        journal.append([Draft("x", {"n": 1})])
    monkeypatch.undo()
    journal.append([Draft("x", {"n": 2})])
    assert [line["payload"]["n"] for line in lines(journal)] == [2]


def test_a_short_write_is_carried_on(journal, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:50]))
    journal.append([Draft("x", {"text": "t" * 300})])
    assert lines(journal)[0]["payload"] == {"text": "t" * 300}


def test_a_folder_that_cannot_be_written_is_said(journal, monkeypatch):
    def refused(*args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(StoreError) as caught:
        journal.append([Draft("x", {})])
    assert caught.value.what == f"Nothing could be written to {shown_path(journal.spool)!r}."
    assert caught.value.why.startswith("Permission denied")


def test_a_folder_below_a_file_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="Nothing could be written"):
        Journal(tmp_path / "file" / "spool").append([Draft("x", {})])


def test_a_spool_file_deleted_by_hand_is_made_anew(journal):
    journal.append([Draft("x", {"n": 1})])
    for path in journal.spool.iterdir():
        path.unlink()
    journal.spool.rmdir()
    journal.append([Draft("x", {"n": 2})])
    assert [line["payload"]["n"] for line in lines(journal)] == [2]


def test_after_closing_another_file_is_started(journal):
    journal.append([Draft("x", {"n": 1})])
    journal.close()
    journal.append([Draft("x", {"n": 2})])
    assert len(list(journal.spool.iterdir())) == 2


def test_threads_share_a_file_without_mixing_lines(journal):
    def write() -> None:
        for _ in range(20):
            journal.append([Draft("x", {"text": "t" * 500})])

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(line["seq"] for line in lines(journal)) == list(range(1, 81))


def test_a_forked_child_writes_to_a_file_of_its_own(journal):
    journal.append([Draft("x", {"who": "parent"})])
    child = multiprocessing.get_context("fork").Process(
        target=journal.append, args=([Draft("x", {"who": "child"})],)
    )
    child.start()
    child.join()
    journal.append([Draft("x", {"who": "parent"})])
    written = sorted((line["payload"]["who"], line["seq"]) for line in lines(journal))
    assert written == [("child", 1), ("parent", 1), ("parent", 2)]
    assert len(list(journal.spool.iterdir())) == 2


def test_its_representation_is_one_line(journal):
    assert repr(journal) == f"Journal({str(journal.spool)!r}, writer={journal.writer!r})"


def test_secrets_are_hidden_in_every_field_of_an_event(journal):
    key = "ghp_" + "Ab1z" * 9
    draft = Draft(key, {key: [{key: key}]}, 1, key, key, key, key)
    [event] = journal.append([draft])
    assert event.payload["redacted"] == 8
    assert key not in (journal.spool / f"{journal.writer}.jsonl").read_text("utf-8")


def test_the_home_folder_is_not_named(journal, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    [event] = journal.append([Draft("x", {"path": "/home/ada/a.py", "of": "/home/adam"})])
    assert event.payload == {"path": "~/a.py", "of": "/home/adam"}


def test_events_of_one_writer_are_recorded_one_after_another_though_the_clock_goes_back(tmp_path):
    clock = iter([NOW, NOW, NOW - timedelta(hours=1), NOW + timedelta(hours=1)])
    journal = Journal(tmp_path / "spool", now=lambda: next(clock))
    instants = [journal.append([Draft("x", {})])[0].recorded_at for _ in range(4)]
    journal.close()
    tick = timedelta(microseconds=1)
    assert instants == [NOW, NOW + tick, NOW + 2 * tick, NOW + timedelta(hours=1)]
