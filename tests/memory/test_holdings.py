import os
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from archkit.errors import StoreError
from archkit.library import read_library
from archkit.library.reading import Library
from archkit.memory.drafts import draft_of
from archkit.memory.memory import Memory
from archkit.records import Decision, Pattern, Reported, Solution


def test_the_library_is_written_once_and_whole(tmp_path):
    library = read_library()
    for _ in range(2):
        with Memory(tmp_path) as memory:
            assert {p.slug: p for p in memory.patterns()} == {p.slug: p for p in library.patterns}
    with Memory(tmp_path) as memory:
        [n] = memory.sql("SELECT count(*) AS n FROM event")["n"]
        assert n == len(library.patterns) + len(library.solutions) + 1
        assert memory.recent().empty
        assert memory.sql("FROM orphan").empty


def test_what_is_worded_anew_under_a_name_of_the_library_stays_so(tmp_path):
    with Memory(tmp_path) as memory:
        [first, *_] = memory.patterns()
        mine = memory.record_pattern(replace(first, name="Mine"))
    with Memory(tmp_path) as memory:
        assert memory.pattern(first.slug) == mine
        assert memory.sql(
            "SELECT count(*) AS n FROM pattern_version WHERE slug = $slug", slug=first.slug
        )["n"].tolist() == [2]


def test_a_text_of_the_library_that_comes_back_counts_again(tmp_path, monkeypatch):
    shipped = read_library()
    slug = shipped.patterns[0].slug
    for summary, version in [("First.", "1"), ("Second.", "2"), ("First.", "3"), ("First.", "3")]:
        first = replace(shipped.patterns[0], summary=summary)
        library = Library(patterns=(first, shipped.patterns[1]), version=version)
        monkeypatch.setattr("archkit.library.read_library", lambda library=library: library)
        with Memory(tmp_path) as memory:
            assert memory.pattern(slug).summary == summary
    events = memory.sql("SELECT kind FROM event ORDER BY kind")["kind"].tolist()
    assert events == ["library"] * 3 + ["pattern"] * 4


def test_another_kernels_write_is_found_by_the_next_query(tmp_path):
    path = tmp_path / "archkit.duckdb"
    script = (
        "import sys; from archkit.memory.memory import Memory; from archkit.records import Pattern;"
        "Memory(sys.argv[1], library=False).record_pattern("
        "Pattern('loader', 'DataLoader', problem='One SQL query for each row', status='active'))"
    )
    with Memory(path, library=False) as memory:
        assert len(memory.query("SQL query for each row")) == 0
        subprocess.run([sys.executable, "-c", script, str(path)], check=True)
        assert memory.query("SQL query for each row").best.pattern.slug == "loader"


def test_a_warm_query_reads_no_file_again(tmp_path, monkeypatch):
    memory = Memory(tmp_path, library=False)
    memory.record_pattern(Pattern("loader", "DataLoader", problem="One SQL query for each row"))
    memory.query("SQL query")
    for name in ("rows", "read", "columns"):
        monkeypatch.setattr(memory._store, name, None)
    assert len(memory.query("SQL query for each row")) == 1


def test_a_session_s_own_messages_do_not_make_the_shelves_stale(tmp_path, monkeypatch):
    memory = Memory(tmp_path, library=False)
    memory.record_pattern(Pattern("loader", "DataLoader", problem="One SQL query for each row"))
    memory.append("message", {"n": 0, "role": "user", "text": "first of this writer's file"})
    memory.query("SQL query")
    with monkeypatch.context() as patch:
        patch.setattr(memory._store, "columns", None)
        for n in range(3):
            memory.append("message", {"n": n + 1, "role": "user", "text": "hello"})
            assert len(memory.query("SQL query for each row")) == 1
    memory.record_pattern(Pattern("join", "Join", problem="One SQL query for each row"))
    assert len(memory.query("SQL query for each row")) == 2


def test_a_message_of_ours_does_not_hide_another_kernels_write(tmp_path):
    ours, other = Memory(tmp_path, library=False), Memory(tmp_path, library=False)
    assert len(ours.query("SQL query for each row")) == 0
    other.record_pattern(Pattern("join", "Join", problem="One SQL query for each row"))
    ours.append("message", {"n": 1, "role": "user", "text": "hello"})
    assert len(ours.query("SQL query for each row")) == 1


def test_a_warm_query_over_a_thousand_patterns_is_quick(tmp_path):
    words = [
        "cache",
        "queue",
        "token",
        "shard",
        "index",
        "batch",
        "retry",
        "stream",
        "lock",
        "page",
    ]
    with Memory(tmp_path, library=False) as memory:
        memory._store.append(
            [
                draft_of(
                    Pattern(
                        f"p{n}",
                        f"{words[n % 10]} {words[n // 10 % 10]} {words[n // 100]} {n}",
                        problem=f"Many {words[n % 7]} under {words[n % 9]} load",
                        context={"tenancy": "multi", "users": n},
                        status="active",
                    )
                )
                for n in range(1_000)
            ]
        )
        spent = []
        for _ in range(60):
            start = time.process_time()
            found = memory.query("cache token load", {"tenancy": "multi", "users": 500})
            spent.append(time.process_time() - start)
        assert len(found) == 8
        assert statistics.median(spent) < 0.006  # measured .0016


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_writes_though_a_thread_of_its_parent_was_writing(tmp_path):
    memory = Memory(tmp_path, library=False)
    with memory._held._lock:
        if (child := os.fork()) == 0:
            signal.alarm(20)
            memory.append("message", {"text": "from the child"})
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert memory.sql("SELECT kind FROM event")["kind"].tolist() == ["message"]


def rates(memory, text="SQL query for each row"):
    return {r.pattern.slug: (round(r.success_rate, 3), r.n) for r in memory.query(text)}


LOADER = Pattern("loader", "DataLoader", problem="One SQL query for each row", status="active")
JOIN = Pattern("join", "Join", problem="One SQL query for each row", status="active")


def test_an_outcome_recorded_elsewhere_counts_in_the_next_query(tmp_path):
    ours, theirs = Memory(tmp_path, library=False), Memory(tmp_path, library=False)
    for one in (LOADER, JOIN):
        ours.record_pattern(one)
    assert rates(ours) == {"loader": (0.5, 0), "join": (0.5, 0)}
    decision = theirs.record_decision(Decision("loader", patterns=("loader",)))
    assert rates(ours)["loader"] == (0.5, 0)
    theirs.record_outcome(decision, success=True)
    assert rates(ours) == {"loader": (0.643, 1), "join": (0.5, 0)}
    ours.record_outcome(decision, success=False)
    assert rates(ours) == rates(theirs) == {"loader": (0.357, 1), "join": (0.5, 0)}


def test_a_decision_worded_anew_counts_for_the_pattern_it_names_now(tmp_path):
    memory = Memory(tmp_path, library=False)
    for one in (LOADER, JOIN):
        memory.record_pattern(one)
    decision = memory.record_decision(Decision("loader", patterns=("loader",)))
    memory.record_outcome(decision, success=True)
    assert rates(memory) == {"loader": (0.643, 1), "join": (0.5, 0)}
    memory.record_decision(replace(decision, chosen="join", patterns=("join",)))
    assert rates(memory) == {"loader": (0.5, 0), "join": (0.643, 1)}


def test_uses_noted_before_their_pattern_is_worded_count_once_it_is(tmp_path):
    memory = Memory(tmp_path, library=False)
    memory.record_pattern(JOIN)
    assert rates(memory) == {"join": (0.5, 0)}
    memory.append("pattern_use", {"slug": "loader", "y": 1.0})
    assert rates(memory) == {"join": (0.5, 0)}
    memory.record_pattern(LOADER)
    assert rates(memory) == {"loader": (0.643, 1), "join": (0.5, 0)}


def test_a_pattern_that_reports_more_when_worded_anew_is_ranked_by_it(tmp_path):
    memory = Memory(tmp_path, library=False)
    memory.record_pattern(LOADER)
    memory.append("pattern_use", {"slug": "loader", "y": 0.0})
    assert rates(memory) == {"loader": (0.357, 1)}
    memory.record_pattern(replace(LOADER, reported=Reported(1.0, 10, "card")))
    assert rates(memory)["loader"][1] == 11


def test_what_cannot_be_read_now_is_read_later(tmp_path, monkeypatch):
    memory = Memory(tmp_path, library=False)
    memory.record_pattern(LOADER)
    assert rates(memory) == {"loader": (0.5, 0)}
    held, memory._store.patience_s = memory._store.patience_s, 0.05
    memory.record_pattern(JOIN)
    memory.append("pattern_use", {"slug": "loader", "y": 1.0})
    with duckdb.connect(str(memory.path)), pytest.raises(StoreError, match="is in use"):
        memory.query("SQL query for each row")
    memory._store.patience_s = held
    assert rates(memory) == {"loader": (0.643, 1), "join": (0.5, 0)}


def test_a_pattern_recorded_while_another_tool_holds_the_file_is_found(tmp_path):
    memory = Memory(tmp_path, library=False)
    memory.record_pattern(LOADER)
    assert rates(memory) == {"loader": (0.5, 0)}
    with duckdb.connect(str(memory.path)):
        memory.record_pattern(JOIN)
        assert rates(memory) == {"loader": (0.5, 0), "join": (0.5, 0)}


def test_a_new_day_fades_what_was_seen_before(tmp_path):
    days = [datetime(2026, 1, 1, tzinfo=UTC)]
    memory = Memory(tmp_path, library=False, now=lambda: days[-1])
    memory.record_pattern(LOADER)
    memory.append("pattern_use", {"slug": "loader", "y": 1.0})
    assert rates(memory) == {"loader": (0.643, 1)}
    days.append(days[0] + timedelta(days=180))
    assert rates(memory) == {"loader": (0.583, 1)}


def test_a_solution_recorded_and_used_elsewhere_is_found_with_its_effect(tmp_path):
    ours, theirs = Memory(tmp_path, library=False), Memory(tmp_path, library=False)
    assert not len(ours.find_solution("quokka overflow in ward 7"))
    theirs.record_solution(Solution("q", "quokka overflow in ward 3", root_cause="Too many"))
    assert ours.find_solution("quokka overflow in ward 7").matches[0].n == 0
    theirs.record_solution_use("q", effective=True)
    assert ours.find_solution("quokka overflow in ward 7").matches[0].n == 1
