import itertools
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import duckdb
import pandas as pd
import pytest

from archkit.errors import StoreError
from archkit.memory.memory import Memory
from archkit.plain import shown_path
from archkit.records import (
    Alternative,
    Decision,
    Lesson,
    Measurement,
    Outcome,
    Pattern,
    Reported,
    Solution,
    utc_now,
)

NOW = utc_now()

DATALOADER = Pattern(
    "loader",
    "DataLoader",
    kind="n-plus-one",
    area="performance",
    problem="One SQL query for each row of a list",
    status="active",
    reported=Reported(0.97, 45, "card"),
)
EAGER = Pattern(
    "eager",
    "Eager loading",
    kind="n-plus-one",
    area="performance",
    problem="One SQL query for each row of a list",
    status="active",
)
CHOSEN = Decision("DataLoader", title="Posts", kind="n-plus-one", patterns=("loader",))


@pytest.fixture
def memory(tmp_path):
    ticks = itertools.count()

    def now():
        return NOW + timedelta(microseconds=next(ticks))

    with Memory(tmp_path / "archkit.duckdb", library=False, now=now) as memory:
        memory.record_pattern(DATALOADER)
        yield memory


def test_a_recorded_pattern_is_found_by_the_next_query(memory):
    assert [r.pattern for r in memory.query("SQL query for each row")] == [DATALOADER]
    memory.record_pattern(EAGER)
    found = memory.query("SQL query for each row")
    assert sorted(r.pattern.slug for r in found) == ["eager", "loader"]
    assert memory.patterns() == (EAGER, DATALOADER)
    assert memory.pattern("eager") == EAGER


def test_an_outcome_counts_and_a_later_look_counts_instead(memory):
    decision = memory.record_decision(CHOSEN)
    for success, rate in ((True, 29.736 / 31.6), (False, 28.936 / 31.6)):
        look = memory.record_outcome(decision, success=success)
        [found] = memory.query("SQL query for each row")
        assert (found.n, found.n_observed, found.provenance) == (46, 1, "observed + reported")
        assert found.success_rate == pytest.approx(rate)
        assert look == Outcome(
            decision.decision_id,
            success,
            observed_at=look.observed_at,
            outcome_id=look.outcome_id,
        )
        assert NOW <= look.observed_at < NOW + timedelta(seconds=1)


def test_counted_queries_are_a_measurement_of_the_decision_and_its_pattern(memory):
    decision = memory.record_decision(CHOSEN)
    memory.record_outcome(decision, queries_before=120, queries_after=18)
    columns = "label, queries_before, queries_after, slug, decision_id, source, reduction_share"
    assert memory.sql(f"SELECT {columns} FROM query_reduction").values.tolist() == [
        ["Posts", 120, 18, "loader", decision.decision_id, "measured", 0.85]
    ]


def test_every_record_is_kept_and_none_is_an_orphan(memory):
    decision = memory.record_decision(
        replace(CHOSEN, alternatives=(Alternative("eager", predicted=0.9),), confidence=0.8)
    )
    lesson = memory.record_lesson("Batch per request", decision_id=decision.decision_id)
    kept = memory.record_lesson(Lesson("Mind the cache", pattern="loader"))
    measured = memory.record_measurement(
        Measurement("posts", 101, 2, n=50, pattern="loader", measured_at=NOW)
    )
    solution = memory.record_solution(Solution("pool", "QueuePool limit reached", "Pool"))
    assert memory.record_solution_use("pool", True, "doubled it") == solution
    assert lesson.learned_at.date() == NOW.date()
    assert memory.decision(decision.decision_id) == decision
    assert memory.sql("FROM orphan").empty
    assert memory.sql("SELECT text FROM lesson ORDER BY ALL")["text"].tolist() == [
        lesson.text,
        kept.text,
    ]
    assert memory.sql("SELECT label FROM query_measurement")["label"].tolist() == [measured.label]
    assert memory.sql("SELECT count(*) AS n FROM solution_use")["n"].tolist() == [1]


def test_who_records_is_named_where_the_record_does_not(tmp_path):
    with Memory(tmp_path, library=False, agent="ada") as memory:
        assert memory.record_pattern(DATALOADER).agent == "ada"
        assert memory.record_decision(replace(CHOSEN, agent="bob")).agent == "bob"
        assert memory.sql("SELECT agent FROM event ORDER BY seq")["agent"].tolist() == [
            "ada",
            "bob",
        ]


def test_a_candidate_is_recommended_after_three_successes_in_as_many_sessions(memory):
    memory.record_pattern(replace(EAGER, slug="new", name="New", status="candidate"))
    for n in range(3):
        assert memory.pattern("new").status == "candidate"
        decision = memory.record_decision(replace(CHOSEN, patterns=("new",), decision_id=f"d{n}"))
        memory.record_outcome(decision, success=True)
    assert memory.pattern("new").status == "active"


SOLUTION = Solution(
    "pool",
    "Connection pool timeout - all connections in use",
    "Pool exhausted",
    root_cause="Leaked connections",
    fix=("Close them",),
    reported=Reported(0.91, 16, "card"),
)


def test_an_error_finds_its_solution_with_the_rate_of_its_helping(memory):
    memory.record_solution(SOLUTION)
    reply = memory.find_solution("QueuePool timeout: all pooled connections in use")
    [match] = reply
    assert (match.solution, match.n, match.provenance) == (SOLUTION, 16, "reported")
    assert match.effective_rate == pytest.approx(10.3184 / 12.24)
    assert match.low < match.effective_rate < match.high
    memory.record_solution_use("pool", True)
    [again] = memory.find_solution(SOLUTION.signature)
    assert (again.match, again.n, again.provenance) == (1.0, 17, "observed + reported")
    assert again.effective_rate > match.effective_rate
    assert len(memory.find_solution("certificate signed by unknown authority")) == 0


def refused(call, *args, **settings):
    with pytest.raises(StoreError) as caught:
        call(*args, **settings)
    error = caught.value
    assert str(error) == f"{error.what}\nWhy: {error.why}\nMend: {error.mend}"
    assert len(str(error).splitlines()) == 3
    return error.what


REFUSED_OUTCOMES = (
    ({"scores": {"speed": 1.2}}, "The score 'speed' cannot be 1.2."),
    ({"scores": {"speed": float("nan")}}, "The score 'speed' cannot be nan."),
    ({"scores": {"speed": True}}, "The score 'speed' cannot be True."),
    ({"success": "yes"}, "success cannot be 'yes'."),
    ({"success": True, "source": "rumour"}, "There is no source 'rumour'."),
    ({"success": True, "horizon_days": -1}, "horizon_days cannot be -1."),
    ({}, "The outcome says nothing."),
    ({"queries_before": 5}, "queries_after is missing."),
    ({"queries_before": 0, "queries_after": 0}, "queries_before cannot be 0."),
    ({"queries_before": 5, "queries_after": 1.5}, "queries_after cannot be 1.5."),
    (
        {"success": True, "observed_at": NOW + timedelta(days=1)},
        f"observed_at lies in the future: {(NOW + timedelta(days=1)).isoformat()}.",
    ),
    (
        {"success": True, "observed_at": NOW.replace(tzinfo=None)},
        f"observed_at has no time zone: {NOW.replace(tzinfo=None).isoformat()}.",
    ),
    ({"outcome": Outcome("other", True)}, "The outcome is not of the decision 'd'."),
    ({"outcome": {"success": True}}, "{'success': True} is no Outcome."),
    ({"success": pd.NA}, "success cannot be <NA>."),
    ({"success": True, "note": 5}, "5 is no note."),
    ({"success": True, "horizon_days": 1.5}, "horizon_days cannot be 1.5."),
    ({"success": True, "observed_at": "2026-01-01"}, "'2026-01-01' is no instant for observed_at."),
    (
        {"success": True, "observed_at": datetime.min.replace(tzinfo=UTC)},
        "observed_at cannot be 0001-01-01T00:00:00+00:00.",
    ),
    ({"scores": [0.5]}, "[0.5] is no scores."),
    ({"scores": {1: 0.5}}, "The name of a score is empty."),
    ({"queries_before": 10**30, "queries_after": 1}, f"queries_before cannot be {10**30}."),
)


def test_an_outcome_that_cannot_be_is_refused_and_not_written(memory):
    memory.record_decision(replace(CHOSEN, decision_id="d"))
    for settings, what in REFUSED_OUTCOMES:
        assert refused(memory.record_outcome, "d", **settings) == what
    assert memory.sql("FROM outcome").empty
    assert memory.sql("FROM query_measurement").empty


def test_what_is_simulated_may_lie_in_the_future(memory):
    decision = memory.record_decision(CHOSEN)
    later = NOW + timedelta(days=30)
    memory.record_outcome(decision, success=True, source="simulated", observed_at=later)
    [found] = memory.query("SQL query for each row")
    assert (found.n_simulated, found.provenance) == (1, "simulated + reported")


def test_unknown_names_are_refused_with_the_nearest(memory):
    with pytest.raises(StoreError, match=r"no pattern 'loder'.*\n.*\n.*Nearest: loader\."):
        memory.record_decision(replace(CHOSEN, patterns=("loder",)))
    alternative = Alternative("x", pattern="nothing")
    assert refused(memory.record_decision, replace(CHOSEN, alternatives=(alternative,))) == (
        "The memory knows no pattern 'nothing'."
    )
    assert refused(memory.record_outcome, "gone", success=True) == (
        "The memory knows no decision 'gone'."
    )
    assert refused(memory.record_outcome, CHOSEN, success=True).startswith(
        "The memory knows no decision"
    )
    assert refused(memory.record_lesson, "x", pattern="gone") == (
        "The memory knows no pattern 'gone'."
    )
    assert refused(memory.record_solution_use, "gone", True) == (
        "The memory knows no solution 'gone'."
    )
    assert refused(memory.pattern, "gone") == "The memory knows no pattern 'gone'."
    assert refused(memory.decision, "gone") == "The memory knows no decision 'gone'."
    assert memory.sql("FROM orphan").empty


REFUSED_RECORDS = (
    (Pattern("", "x"), "The slug of a pattern is empty."),
    (Pattern("x", " "), "The name of the pattern 'x' is empty."),
    (Pattern("x", "x", area="cooking"), "There is no focus area 'cooking'."),
    (Pattern("x", "x", status="new"), "There is no status 'new'."),
    (Pattern("x", "x", ladder={"speed": 3}), "There is no rung of the ladder 'speed'."),
    (Pattern("x", "x", ladder={"testability": 6}), "testability of 'x' cannot be 6."),
    (Pattern("x", "x", setup_hours=-1), "setup_hours of 'x' cannot be -1."),
    (
        Pattern("x", "x", reported=Reported(95, 38)),
        "The reported success_rate of 'x' cannot be 95.",
    ),
    (Solution("x", ""), "The signature of the solution 'x' is empty."),
    (Decision(""), "The chosen of a decision is empty."),
    (Decision("x", confidence=80), "confidence cannot be 80."),
    (Lesson(" "), "The text of a lesson is empty."),
    (Measurement("", 2, 1), "The label of a measurement is empty."),
    (Measurement("x", 2, -1), "queries_after cannot be -1."),
    (Measurement("x", 2, 1, before_ms=-3), "before_ms cannot be -3."),
    (Decision("x", context="web"), "'web' is no context of a decision."),
    (Decision("x", alternatives=("y",)), "'y' is no Alternative."),
    (Decision("x", patterns="loader"), "'loader' is no patterns of a decision."),
    (Decision("x", review_after_days=2.5), "review_after_days cannot be 2.5."),
    (
        Decision("x", decided_at=NOW.replace(tzinfo=None)),
        f"decided_at has no time zone: {NOW.replace(tzinfo=None).isoformat()}.",
    ),
    (Decision("x", extra={"key": object}), "The record cannot be written down."),
)


def test_a_record_that_cannot_be_is_refused(memory):
    before = memory._store.stamp()
    for record, what in REFUSED_RECORDS:
        keep = getattr(memory, f"record_{type(record).__name__.lower()}")
        assert refused(keep, record) == what
    assert refused(memory.record_decision, {"chosen": "x"}) == "{'chosen': 'x'} is no Decision."
    assert refused(memory.append, "message", ["text"]) == "The record cannot be written down."
    assert refused(memory.append, "", {}) == "The record cannot be written down."
    assert memory._store.stamp() == before


def test_a_question_that_is_none_is_refused(memory):
    assert refused(memory.query, None) == "None is no question."
    assert refused(memory.query, "\ud800") == r"The question '\ud800' is no text."
    assert refused(memory.query, "x", "web") == "'web' is no context."
    assert refused(memory.query, "x", area="cooking") == "There is no focus area 'cooking'."
    assert refused(memory.find_solution, 5) == "5 is no question."
    assert refused(memory.pattern, None) == "The memory knows no pattern 'None'."
    assert refused(memory.decision, 5) == "The memory knows no decision '5'."


def test_an_odd_event_of_another_tool_hides_no_other(memory):
    memory.append("pattern", {"slug": "odd", "name": ["x"], "area": {}, "ladder": 3})
    memory.append("solution", {"slug": "odd", "signature": 7, "fix": 5})
    assert [pattern.slug for pattern in memory.patterns()] == ["loader"]
    assert len(memory.query("SQL query for each row")) == 1


REFUSED_SQL = (
    "DELETE FROM event",
    "INSERT INTO lesson VALUES (1)",
    "-- SELECT\nDROP TABLE event",
    "/* SELECT */ UPDATE event SET kind = 'x'",
    "ATTACH 'other.duckdb'",
    "COPY event TO 'out.csv'",
    "SET memory_limit = '1GB'",
    "",
    "WITH x AS (SELECT 1) INSERT INTO lesson SELECT * FROM x",
    "SELECT 1; DELETE FROM event",
    "SELECT 1; SET enable_external_access = true",
    "SELECT 1; SELECT 2",
    "SELECT error('a\nb\nc')",
    "FROM sql_auto_complete('a')",
    "SELECT nothing FROM nowhere",
    "FROM read_csv('/etc/passwd')",
    "FROM '/etc/passwd'",
    "SELECT * FROM read_text('/etc/hostname')",
    "FROM glob('/etc/*')",
)


def test_sql_neither_writes_nor_reads_other_files(memory, tmp_path):
    before = memory.sql("FROM event")
    for statement in REFUSED_SQL:
        refused(memory.sql, statement)
    assert memory.sql("FROM event").equals(before)
    assert not (tmp_path / "out.csv").exists()


def test_a_wrong_column_is_answered_with_the_near_ones(memory):
    with pytest.raises(StoreError) as caught:
        memory.sql("SELECT slugg FROM pattern")
    assert '"slug"' in caught.value.why
    assert "^" not in caught.value.why


def test_sql_asks_with_values(memory):
    assert memory.sql("FROM pattern SELECT slug WHERE name = $name", name="DataLoader")[
        "slug"
    ].tolist() == ["loader"]
    assert len(memory.sql("DESCRIBE pattern_evidence"))
    assert len(memory.sql("SHOW TABLES"))
    assert memory.sql("-- how many\n(SELECT 1 AS n)")["n"].tolist() == [1]


def test_recent_tells_the_latest_first(memory):
    memory.record_decision(CHOSEN)
    memory.append("message", {"text": "Hello", "n": 1}, session_id="s", agent="ada", project="p")
    frame = memory.recent(2)
    shown = frame.drop(columns=["recorded_at", "entity_id"]).fillna("")
    assert shown.to_dict("records") == [
        {
            "kind": "message",
            "agent": "ada",
            "project": "p",
            "session_id": "s",
            "summary": "Hello",
        },
        {
            "kind": "decision",
            "agent": "",
            "project": "",
            "session_id": "",
            "summary": "Posts",
        },
    ]


def test_secrets_do_not_reach_the_disk(memory, tmp_path):
    key = "sk-ant-api03-" + "a1B2" * 20
    memory.append("message", {"text": f"use {key}"})
    memory.drain()
    held = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert key.encode() not in held


def test_a_file_held_by_another_tool_stops_reading_not_writing(memory):
    memory.drain()
    memory._store.patience_s = 0.1
    script = f"import duckdb; c = duckdb.connect({str(memory.path)!r}); print(1); input()"
    with subprocess.Popen(
        [sys.executable, "-u", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout.readline()
        decision = memory.record_decision(replace(CHOSEN, patterns=("not-checked-now",)))
        memory.record_outcome(decision, success=True)
        memory.record_outcome("unknown-just-now", success=True)
        assert "is in use" in refused(memory.query, "SQL query")
        holder.communicate("\n")
    assert memory.sql("SELECT count(*) AS n FROM outcome")["n"].tolist() == [2]


def test_what_was_written_is_taken_in_at_exit(tmp_path):
    script = (
        "import sys; from archkit.memory.memory import Memory; from archkit.records import Lesson;"
        "memory = Memory(sys.argv[1], library=False); memory.record_lesson('x')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], check=True, capture_output=True, text=True
    )
    assert done.stderr == ""
    with duckdb.connect(str(tmp_path / "archkit.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT text FROM lesson").fetchall() == [("x",)]


def test_closing_never_raises(tmp_path):
    path = tmp_path / "archkit.duckdb"
    path.write_text("not a database at all")
    memory = Memory(path, library=False)
    memory.append("message", {"text": "x"})
    memory.close()
    memory.close()
    assert refused(memory.query, "x").endswith("is not a memory.")
    assert len(list((tmp_path / "spool").glob("*.jsonl"))) == 1


def test_a_memory_shows_itself_in_a_line_without_asking(memory):
    assert repr(memory) == f"Memory({shown_path(memory.path)!r})"
    assert "not made yet" in memory._repr_html_()
    memory.query("x")
    assert "MB, 1 patterns" in memory._repr_html_()


def test_the_reference_cards_examples_are_answered_as_it_answers_them(tmp_path):
    with Memory(tmp_path) as memory:
        sign_in = memory.query("authentication multi-tenant mobile web API", kind="authentication")
        assert sign_in.best.pattern.slug == "jwt-refresh-redis"
        assert len(sign_in.tie_set) > 1
        reads = memory.query("database schema high read analytics time-series")
        assert reads.best.pattern.slug == "timescaledb"
        question = "N+1 query problem GraphQL REST eager loading"
        for style, slug in (("graphql", "dataloader"), ("rest", "eager-loading-joins")):
            ranking = memory.query(question, {"api_style": style}, kind="n-plus-one")
            assert ranking.best.pattern.slug == slug
        for error in ("Connection pool timeout", "Duplicate payment processed for same order"):
            [match, *_] = memory.find_solution(error)
            assert match.provenance == "reported"


def test_a_solution_s_use_says_who_saw_it(memory):
    memory.record_solution(Solution("pool", "QueuePool limit reached", "Pool"))
    memory.record_solution_use("pool", True)
    memory.record_solution_use("pool", False, source="measured")
    assert "rumour" in refused(memory.record_solution_use, "pool", True, source="rumour")
    seen = memory.sql("SELECT source FROM solution_use ORDER BY ALL")["source"].tolist()
    assert seen == ["measured", "team"]
