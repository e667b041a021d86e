import subprocess
import sys

import pytest

from archkit.memory.feed import MARK, Feed
from archkit.memory.journal import Draft
from archkit.memory.store import Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "archkit.duckdb")


def note(store, *words, kind="lesson"):
    store.append([Draft(kind, {"text": word}, entity_id=word) for word in words])


def begun(store, aside=()):
    feed = Feed(store, aside)
    store.columns(MARK)  # which makes the file
    stamp = store.stamp()
    feed.begin(store.columns(MARK)[0], stamp)
    return feed


def words(told):
    return [event.entity_id for event in told]


def test_what_was_there_before_is_no_news(store):
    note(store, "old")
    assert words(begun(store).look()) == []


def test_what_is_written_is_told_once_without_opening_the_file(store, monkeypatch):
    feed = begun(store)
    feed.look()
    note(store, "one", "two")
    monkeypatch.setattr(store, "columns", None)
    assert words(feed.look()) == ["one", "two"]
    assert feed.look() == []
    note(store, "three")
    assert words(feed.look()) == ["three"]


def test_what_another_store_has_taken_in_is_told_from_the_file(store):
    feed = begun(store)
    feed.look()
    other = Store(store.path)
    note(other, "theirs")
    other.close()
    assert [path.name for path in store.spool.glob("*.jsonl")] == []
    assert words(feed.look()) == ["theirs"]
    assert feed.look() == []


def test_what_was_told_from_the_spool_may_come_again_from_the_file_and_never_gets_lost(store):
    feed = begun(store)
    note(store, "one")
    assert words(feed.look()) == ["one"]
    note(store, "two")
    store.drain()
    assert set(words(feed.look())) >= {"two"}
    assert feed.look() == []


def test_kinds_that_do_not_matter_are_passed_over(store):
    feed = begun(store, aside=("message",))
    note(store, "hello", kind="message")
    note(store, "told")
    assert words(feed.look()) == ["told"]
    note(store, "hello again", kind="message")
    store.drain()
    assert words(feed.look()) in ([], ["told"])


def test_a_file_made_anew_asks_for_a_new_beginning(store):
    feed = begun(store)
    feed.look()
    note(store, "kept")
    store.rebuild()
    assert feed.look() is None


def test_a_file_that_somebody_deleted_asks_for_a_new_beginning(store):
    feed = begun(store)
    store.path.unlink()
    assert feed.look() is None


def test_another_process_s_events_all_come_while_it_writes_and_drains(store):
    feed = begun(store)
    script = (
        "import sys; from archkit.memory.store import Store\n"
        "from archkit.memory.journal import Draft\n"
        "store = Store(sys.argv[1])\n"
        "for n in range(60):\n"
        "    store.append([Draft('lesson', {'text': str(n)}, entity_id=str(n))])\n"
        "    if n % 7 == 0: store.drain()\n"
        "store.close()\n"
    )
    told = []
    with subprocess.Popen([sys.executable, "-c", script, str(store.path)]) as writer:
        while writer.poll() is None:
            told += feed.look()
        assert writer.returncode == 0
    told += feed.look()
    assert {int(word) for word in words(told)} == set(range(60))
