import pytest
from exchange_cases import fill, lesson, open_memory, tables

from archkit.errors import StoreError
from archkit.memory import budget
from archkit.memory.size import check_size, text_bytes
from archkit.records import Decision, Pattern

KB = 1 / 1024


@pytest.fixture
def memory(tmp_path):
    with open_memory(tmp_path / "a") as memory:
        memory.ids = fill(memory)
        yield memory


def what(plan):
    return {(item.what, item.name) for item in plan.items}


def test_an_agent_weighs_the_bytes_of_its_payloads_and_the_library_and_the_audit_nothing(tmp_path):
    with open_memory(tmp_path, library=True) as memory:
        memory.append("lesson", {"text": "ü" * 10})
        budget.pin(memory, memory.patterns()[0].slug)
        [architect] = budget.status(memory).agents
    assert (architect.agent, architect.used_bytes) == ("architect", len('{"text":""}') + 20)
    assert (architect.limit_bytes, architect.events) == (120 * 1_048_576, 1)


def test_the_limit_is_the_one_of_the_card_recorded_last(memory):
    for limit in (7, 3):
        memory.append(
            "agent", {"name": "architect", "card_hash": str(limit), "memory_limit_mb": limit}
        )
    assert [a.limit_bytes for a in budget.status(memory).agents] == [3 * 1_048_576]


def test_within_its_limit_nothing_is_planned(memory):
    plan = budget.plan(memory)
    assert (plan.items, plan.enough, plan.after_bytes) == ((), True, plan.used_bytes)


def test_over_the_limit_the_least_valuable_is_planned_first_down_to_90_percent(memory):
    used = budget.status(memory).agents[0].used_bytes
    plan = budget.plan(memory, limit_mb=(used - 1) / 1_048_576)
    densities = [item.value_density for item in plan.items]
    assert densities == sorted(densities)
    assert plan.items[0].what == "superseded wording"
    assert plan.after_bytes <= plan.target_bytes
    assert plan.enough
    assert tables(memory) == tables(memory)


def test_what_must_stay_stays_and_the_plan_says_how_much_it_is(memory):
    memory.record_pattern(Pattern("kept", "Kept", area="security"))
    budget.pin(memory, "kept")
    failed = memory.record_decision(Decision("X", kind="k", patterns=("sessions",)))
    memory.record_outcome(failed, success=False)
    plan = budget.plan(memory, limit_mb=KB / 100)
    assert not plan.enough
    assert what(plan) >= {("decision", memory.ids["decision"]), ("pattern", "unused")}
    gone = {name for _, name in what(plan)}
    assert gone.isdisjoint({"kept", failed.decision_id, memory.ids["waiting"], "sessions", "jwt"})
    assert set(plan.protected) >= {
        "pinned",
        "last failure of its category",
        "decision awaiting its outcome",
        "a kept record speaks of it",
    }
    assert plan.after_bytes == sum(plan.protected.values())


def test_an_earlier_failure_of_the_category_may_go(memory):
    first, last = (memory.record_decision(Decision("X", patterns=("sessions",))) for _ in range(2))
    for decision in (first, last):
        memory.record_outcome(decision, success=False)
    gone = {name for _, name in what(budget.plan(memory, limit_mb=KB / 100))}
    assert (first.decision_id in gone, last.decision_id in gone) == (True, False)


def test_the_transcript_of_an_open_session_stays(memory):
    memory.append("message", {"text": "y" * 500}, session_id="open")
    memory.append("session_started", {"brief": "b"}, session_id="open")
    plan = budget.plan(memory, limit_mb=KB / 100)
    assert ("transcript", "open") not in what(plan)
    assert ("transcript", memory.ids["session"]) in what(plan)


def test_archived_and_restored_the_memory_is_as_it_was(memory):
    before = tables(memory)
    report = budget.enforce(memory, limit_mb=KB)
    away = tables(memory)
    assert len(before["event"]) - len(away["event"]) == report.events > 3
    assert memory._store.rows("SELECT * FROM orphan") == []
    [info] = budget.archives(memory)
    assert (info.name, info.events, info.sound, info.restored) == (
        report.archive,
        report.events,
        True,
        False,
    )
    back = budget.restore(memory)
    assert (back.events, tables(memory)) == (report.events, before)
    assert budget.archives(memory)[0].restored
    with pytest.raises(StoreError, match="no archive"):
        budget.restore(memory, report.archive)


def test_every_eviction_is_an_audit_row_with_its_size_value_and_reason(memory):
    plan = budget.plan(memory, limit_mb=KB)
    report = budget.enforce(memory, limit_mb=KB)
    rows = memory._store.rows("SELECT event_id, bytes, value_density, why FROM withheld")
    assert sorted(rows) == sorted(
        (event_id, size, pytest.approx(item.value_density, rel=1e-3), item.why)
        for item in plan.items
        for event_id, size in zip(item.event_ids, item.event_bytes, strict=True)
    )
    [log] = memory._store.rows("SELECT action, events, bytes, event_id FROM audit_log")
    assert log == ("archived", report.events, report.bytes, report.archive)
    assert budget.status(memory).agents[0].archived_events == report.events


def test_a_dry_run_archives_nothing(memory):
    before = tables(memory, less=set())
    assert budget.enforce(memory, limit_mb=KB, dry_run=True).events > 3
    assert tables(memory, less=set()) == before
    assert not (memory.path.parent / "archive").exists()


def test_neither_a_drain_nor_a_rebuild_brings_archived_events_back(memory):
    row = memory._store.rows("SELECT event_id FROM event WHERE kind = 'message'")[0][0]
    budget.enforce(memory, limit_mb=KB)
    away = tables(memory)
    memory._store.append([lesson("again", event_id=row)])
    memory.drain()
    memory._store.rebuild()
    assert tables(memory) == away


def test_a_killed_archive_leaves_a_file_and_a_whole_memory(memory, monkeypatch):
    before = tables(memory)
    monkeypatch.setattr(
        "archkit.memory.archive.deposit", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        budget.enforce(memory, limit_mb=KB)
    monkeypatch.undo()
    assert tables(memory) == before
    assert budget.archives(memory) == ()
    assert budget.enforce(memory, limit_mb=KB).events > 3


def test_the_word_of_an_archive_alone_makes_the_next_reader_take_its_events_out(
    memory, monkeypatch
):
    monkeypatch.setattr(
        "archkit.memory.archive.settle", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        budget.enforce(memory, limit_mb=KB)
    monkeypatch.undo()
    other = open_memory(memory.path.parent)
    [(count,)] = other._store.rows("SELECT count(*) FROM event e JOIN withheld w USING (event_id)")
    assert count == 0
    other.close()


def test_a_damaged_archive_is_named_and_nothing_is_changed(memory):
    budget.enforce(memory, limit_mb=KB)
    [path] = (memory.path.parent / "archive").glob("*.parquet")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    away = tables(memory, less=set())
    with pytest.raises(StoreError, match=path.name) as caught:
        budget.restore(memory)
    assert "SHA-256" in caught.value.why
    assert tables(memory, less=set()) == away
    path.unlink()
    with pytest.raises(StoreError, match="missing"):
        budget.restore(memory)


def test_a_record_larger_than_the_limit_is_refused_with_its_size_and_nothing_is_lost(memory):
    memory.append("agent", {"name": "architect", "card_hash": "h", "memory_limit_mb": 2})
    before = tables(memory)
    with pytest.raises(StoreError, match=r"The lesson is too large: 3\.0 MB") as caught:
        memory.record_lesson("x" * 3 * 1_048_576)
    assert "2.0 MB" in caught.value.why
    assert tables(memory) == before
    memory.record_lesson("x" * 1_900_000)


def test_the_size_counts_bytes_and_keys():
    assert text_bytes({"ä": ["b", 1, None, ("cc",)]}) == 5


def test_the_default_limit_holds_while_nothing_is_known(memory):
    with pytest.raises(StoreError, match=r"130\.0 MB"):
        check_size(memory._store, [lesson("x" * 130 * 1_048_576, agent="nobody")])


@pytest.mark.parametrize("limit", [0, -1, True, "much"])
def test_a_limit_that_is_no_size_is_refused(memory, limit):
    with pytest.raises(StoreError, match="limit_mb"):
        budget.plan(memory, limit_mb=limit)


def test_an_unknown_pattern_cannot_be_pinned(memory):
    with pytest.raises(StoreError, match="knows no pattern"):
        budget.pin(memory, "nope")


def test_reports_are_shown(memory):
    plan = budget.plan(memory, limit_mb=KB)
    assert repr(plan).startswith("BudgetPlan(agent='architect'")
    assert "superseded wording" in plan._repr_html_()
    assert plan.as_json()["items"][0]["why"]


def test_outcomes_count_for_the_agent_of_their_decision(memory):
    sql = "SELECT agent FROM event_size WHERE kind = 'outcome'"
    assert memory._store.rows(sql) == [("architect",)]
