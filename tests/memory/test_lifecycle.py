import json
from datetime import UTC, datetime, timedelta

import pytest

from archkit import metrics
from archkit.errors import StoreError
from archkit.memory.anonymise import Anonymiser
from archkit.memory.drift import OLD_EPOCH_WEIGHT
from archkit.memory.lifecycle import (
    CHANGES,
    _new_epochs,
    _new_statuses,
    epochs,
    learn,
    set_status,
    undo_epoch,
)
from archkit.memory.memory import Memory
from archkit.memory.spool import COLUMNS
from archkit.records import Pattern

DAY = timedelta(days=1)
START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = START + 100 * DAY

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def memory(tmp_path, clock):
    with Memory(tmp_path / "m.duckdb", library=False, now=clock, learning_rate=1.0) as memory:
        for slug, status in (("new", "candidate"), ("old", "active")):
            memory.record_pattern(
                Pattern(slug, slug.title(), area="scaling", kind="cache", summary="Cache reads",
                        problem="slow reads", status=status)
            )  # fmt: skip
        yield memory


def use(memory, slug, *outcomes, first=0):
    """Note uses of a pattern, one a day, each in a session of its own."""
    for n, y in enumerate(outcomes, start=first):
        memory.append(
            "pattern_use",
            {"slug": slug, "y": y, "used_at": (START + n * DAY).isoformat()},
            session_id=f"session {n}",
        )


def status(memory, slug):
    return memory.pattern(slug).status


def first(memory):
    best = memory.query("slow reads").best
    return best and best.pattern.slug


def test_with_nothing_new_learning_changes_nothing(memory):
    assert list(learn(memory).columns) == list(CHANGES)
    assert len(learn(memory)) == 0
    assert memory.sql("SELECT count(*) FROM event WHERE agent = 'learning'").iloc[0, 0] == 0


def test_a_candidate_is_promoted_at_once_and_learning_writes_it_down(memory):
    use(memory, "new", 1, 1)
    assert status(memory, "new") == "candidate"
    use(memory, "new", 1, first=2)
    assert status(memory, "new") == "active"
    [change] = learn(memory).to_dict("records")
    assert (change["change"], change["slug"]) == ("promoted", "new")
    assert change["why"] == "succeeded in 3 sessions"
    assert len(learn(memory)) == 0
    [item] = [item for item in memory.query("slow reads") if item.pattern.slug == "new"]
    assert item.status_reason == "active by learning: succeeded in 3 sessions"


def test_what_surely_fails_is_retired_shown_with_its_reason_and_never_first(memory):
    use(memory, "old", 0, 0, 0, 0)
    assert status(memory, "old") == "retired"
    [change] = learn(memory).to_dict("records")
    assert change["change"] == "retired"
    assert change["why"].startswith("4 uses failed; it works in less than half of them with prob")
    assert len(learn(memory)) == 0
    ranking = memory.query("slow reads")
    assert first(memory) is None
    assert "old" in {item.pattern.slug for item in ranking}
    assert "4 uses failed" in ranking._repr_html_()


def test_a_pattern_that_stands_as_it_was_worded_needs_no_reason(memory):
    use(memory, "old", 1, 1, 1, 1)
    assert memory.query("slow reads").best.status_reason == ""


def test_the_retired_do_not_come_back_by_the_passing_of_time(memory, clock):
    use(memory, "old", 0, 0, 0, 0)
    learn(memory)
    clock.now += 2000 * DAY
    assert status(memory, "old") == "retired"
    assert len(learn(memory)) == 0


def test_what_is_said_by_hand_holds_until_new_evidence_contradicts(memory, clock):
    use(memory, "old", 0, 0, 0, 0)
    learn(memory)
    set_status(memory, "old", "active", reason="the library was mended")
    assert status(memory, "old") == "active"
    assert first(memory) == "old"
    assert memory.query("slow reads").best.status_reason == (
        "active by hand: the library was mended"
    )
    assert len(learn(memory)) == 0
    clock.now += 10 * DAY
    use(memory, "old", 0, 0, 0, first=102)
    assert status(memory, "old") == "retired"
    assert learn(memory)["change"].tolist() == ["retired"]


def test_a_pattern_retired_by_hand_stays_retired_however_well_it_works(memory):
    set_status(memory, "new", "retired", reason="bought a service instead")
    use(memory, "new", 1, 1, 1, 1, first=105)
    assert status(memory, "new") == "retired"
    assert len(learn(memory)) == 0


def test_a_new_wording_does_not_undo_what_was_said_by_hand(memory):
    set_status(memory, "old", "retired", reason="too slow")
    memory.record_pattern(Pattern("old", "Old", summary="Cache reads well", status="active"))
    assert status(memory, "old") == "retired"


@pytest.mark.parametrize(
    ("slug", "said", "reason", "what"),
    [
        ("nobody", "retired", "why", "nobody"),
        ("old", "asleep", "why", "cannot be 'asleep'"),
        ("old", "retired", "  ", "No reason"),
    ],
)
def test_what_cannot_be_said_is_refused_and_nothing_is_written(memory, slug, said, reason, what):
    with pytest.raises(StoreError, match=what) as error:
        set_status(memory, slug, said, reason=reason)
    assert error.value.mend
    assert memory.sql("FROM pattern_status").empty


def drifted(memory):
    use(memory, "old", *[1] * 20, *[0] * 8)
    return learn(memory)


def test_a_pattern_that_stopped_working_gets_an_epoch_that_counts_everywhere(memory):
    use(memory, "old", *[1] * 20, *[0] * 8)
    before = metrics.pattern_evidence(memory, now=START + 28 * DAY).set_index("slug").loc["old"]
    [change] = learn(memory).to_dict("records")[:1]
    assert (change["change"], change["slug"]) == ("new epoch", "old")
    assert change["since_at"] == START + 20 * DAY
    assert change["rate_before"] > 0.9
    assert change["rate_after"] < 0.3
    assert "n 20" in change["why"]
    weights = memory.sql("SELECT weight FROM pattern_evidence WHERE y IS NOT NULL ORDER BY used_at")
    assert weights["weight"].tolist() == [OLD_EPOCH_WEIGHT] * 20 + [1.0] * 8
    after = metrics.pattern_evidence(memory, now=START + 28 * DAY).set_index("slug").loc["old"]
    assert after["success_rate"] < 0.35 < before["success_rate"]
    assert after["n"] == before["n"] == 28
    [shown] = [item for item in memory.query("slow reads") if item.pattern.slug == "old"]
    assert shown.success_rate < 0.35


def test_learning_twice_opens_no_epoch_twice(memory):
    drifted(memory)
    assert learn(memory).empty
    assert len(epochs(memory)) == 1


def test_two_who_learn_at_once_write_each_change_once(memory):
    use(memory, "old", *[1] * 20, *[0] * 8)
    use(memory, "new", 1, 1, 1)
    for found in (_new_epochs, _new_statuses):
        args = (memory, 1.0) if found is _new_epochs else (memory,)
        for _, draft in [*found(*args), *found(*args)]:
            memory._held.append([draft])
    learnt = "SELECT kind, count(*) AS n FROM event WHERE agent = 'learning' GROUP BY kind"
    assert dict(memory.sql(learnt).itertuples(index=False, name=None)) == {
        "epoch": 1,
        "pattern_status": 2,
    }
    assert learn(memory).empty


def test_an_epoch_can_be_taken_back_and_is_not_opened_again(memory):
    drifted(memory)
    set_status(memory, "old", "active", reason="only the test rig failed")
    rate = memory.query("slow reads").best.success_rate
    assert undo_epoch(memory, "old", reason="the test rig failed") == START + 20 * DAY
    [told] = epochs(memory).to_dict("records")
    assert (told["undone_reason"], bool(told["is_current"])) == ("the test rig failed", False)
    assert memory.query("slow reads").best.success_rate > rate
    assert learn(memory).empty
    with pytest.raises(StoreError, match="no epoch") as error:
        undo_epoch(memory, "old", reason="again")
    assert error.value.why == "No pattern has one."


def test_after_an_epoch_was_taken_back_a_later_change_is_still_noticed(memory):
    drifted(memory)
    undo_epoch(memory, "old", reason="the test rig failed")
    use(memory, "old", *[1] * 10, *[0] * 14, first=28)
    assert "new epoch" in learn(memory)["change"].tolist()
    [current] = epochs(memory).query("is_current").to_dict("records")
    assert current["began_at"] >= START + 28 * DAY


def test_learning_survives_a_rebuild_and_the_order_of_the_events(memory, tmp_path, clock):
    drifted(memory)
    undo_epoch(memory, "old", reason="no")
    told = {table: memory.sql(f"FROM {table} ORDER BY ALL").to_dict("list") for table in TABLES}
    memory._store.rebuild()
    assert told == {t: memory.sql(f"FROM {t} ORDER BY ALL").to_dict("list") for t in TABLES}


TABLES = ("epoch", "epoch_undone", "pattern_status")


def test_what_is_handed_on_without_any_text_keeps_what_was_learnt(memory):
    drifted(memory)
    set_status(memory, "new", "retired", reason="Jo of Acme said so")
    undo_epoch(memory, "old", reason="Jo of Acme said so")
    names = ", ".join(COLUMNS[:-1])
    rows = memory._store.rows(
        f"SELECT {names}, CAST(payload AS VARCHAR) FROM event WHERE kind IN "
        "('epoch', 'epoch_undone', 'pattern_status')"
    )
    kept = [Anonymiser("full").row(row) for row in rows]
    assert len(kept) == len(rows) >= 3
    assert None not in kept
    assert not any("Acme" in row[-1] for row in kept)
    assert {"weight", "began_at"} <= set(json.loads(kept[0][-1]))


def test_nothing_learnt_speaks_of_what_is_not_there(memory):
    drifted(memory)
    undo_epoch(memory, "old", reason="no")
    set_status(memory, "new", "active", reason="tried elsewhere")
    assert memory.sql("FROM orphan").empty
