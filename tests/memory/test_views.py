"""Every view over rows written by hand."""

from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from archkit.memory import projection

DAY = timedelta(days=1)
T = datetime(2026, 1, 31, 12, tzinfo=UTC).replace(tzinfo=None)


@pytest.fixture(scope="module")
def database():
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        projection.create(connection, datetime(2026, 1, 1, tzinfo=UTC))
        yield connection


@pytest.fixture
def rows(database):
    """An empty database for one test; `rows(table, {…}, …)` writes, `rows(select)` reads."""

    def put_or_get(text: str, *values: dict) -> list[tuple]:
        for row in values:
            names = ", ".join(row)
            marks = ", ".join(f"${name}" for name in row)
            database.execute(f"INSERT INTO {text} ({names}) VALUES ({marks})", row)
        return [] if values else database.execute(text).fetchall()

    database.execute("BEGIN")
    yield put_or_get
    database.execute("ROLLBACK")


def pattern(slug: str, **more: object) -> dict:
    return {"slug": slug, "name": slug.upper(), "event_id": f"e {slug}", "recorded_at": T} | more


def decision(decision_id: str, **more: object) -> dict:
    return {
        "decision_id": decision_id,
        "event_id": f"e {decision_id}",
        "decided_at": T,
        "recorded_at": T,
        "status": "accepted",
        "title": f"title {decision_id}",
        "chosen": f"chosen {decision_id}",
    } | more


def outcome(outcome_id: str, decision_id: str, **more: object) -> dict:
    return {
        "outcome_id": outcome_id,
        "decision_id": decision_id,
        "source": "team",
        "observed_at": T,
        "recorded_at": T,
        "event_id": f"e {outcome_id}",
    } | more


def use(slug: str, decision_id: str | None, **more: object) -> dict:
    event_id = f"e {decision_id or slug}"
    return {
        "use_id": f"{decision_id}:{slug}",
        "slug": slug,
        "decision_id": decision_id,
        "used_at": T,
        "event_id": event_id,
    } | more


def test_every_view_can_be_read_when_there_is_nothing(rows):
    assert {name: rows(f"FROM {name}") for name in projection.sql_texts("views")} == {
        name: [] for name in projection.sql_texts("views")
    }


def test_views_have_the_columns_that_frames_are_made_of(rows):
    found = rows(
        "SELECT table_name, string_agg(column_name, ' ' ORDER BY column_index)"
        " FROM duckdb_columns() c JOIN duckdb_views() v ON v.view_name = c.table_name"
        " WHERE NOT v.internal GROUP BY table_name"
    )
    tokens = "input_tokens output_tokens"
    cached = f"{tokens} cache_read_tokens cache_write_tokens"
    assert dict(found) == {
        "adr_log": "adr_id project path number title family status status_text conflict decided_at "
        "decided_from ended_at ended_from ended_by supersedes unresolved deciders tags options "
        "chosen first_committed_at last_committed_at decision_id provenance origin recorded_at",
        "audit_log": "recorded_at action agent events bytes file sha256 reason detail undone_by "
        "event_id",
        "cost_by_month": f"month client model imported sessions turns {cached} cost_usd "
        "unpriced_turns",
        "decision_log": "decision_id decided_at agent project session_id kind title chosen "
        "rationale confidence status review_after_days due_at alternatives patterns outcomes "
        "last_success last_value last_outcome_at last_source origin",
        "decision_regret": "decision_id decided_at title kind chosen predicted runner_up "
        "runner_up_predicted value source observed_at",
        "evidence_by_context": "slug name kind key value value_count use_id decision_id source "
        "provenance y outcome_at weight",
        "event_size": "event_id recorded_at kind agent bytes",
        "latest_outcome": "decision_id outcome_id success value source observed_at outcomes origin",
        "message_log": f"session_id n role text content model stop_reason {cached} cost_usd "
        "prices duration_ms status recorded_at",
        "orphan": "relation id missing missing_id",
        "outcome_debt": "decision_id title chosen decided_at due_at confidence",
        "outcome_trend": "outcome_id decision_id title chosen kind decided_at observed_at "
        "horizon_days source provenance score value",
        "pattern_by_month": "slug name month source uses mean_y",
        "pattern_evidence": "slug name area kind status use_id decision_id session_id source "
        "provenance y uses used_at outcome_at origin weight",
        "pattern_epoch": "slug name began_at noticed_at weight bayes_factor rate_before n_before "
        "rate_after n_after reason recorded_at undone_at undone_reason is_current",
        "query_reduction": "measurement_id slug name label n cache queries_before queries_after "
        "reduction_share rows_read before_ms after_ms source provenance measured_at decision_id",
        "reported_metric": "slug name metric value text origin",
        "session_cost": f"session_id agent project title model client aml_enabled started_at turns "
        f"{cached} cost_usd unpriced_turns duration_ms",
        "session_log": "session_id agent project title brief model client "
        "parent_session_id aml_enabled aml_reason "
        f"status stage started_at ended_at turns tool_calls refused {tokens} cost_usd decisions",
        "solution_effect": "slug signature name source provenance uses effective_rate",
        "status_said": "slug status reason said_by agent said_at hand_at event_id",
        "step_log": "session_id n phase name status reason recorded_at",
        "tool_call_log": "session_id n tool_use_id tool input output is_error refused reason "
        "duration_ms granted_by recorded_at",
        "withheld_event": "event_id by_event action for_good",
    }


def test_the_sources_are_those_of_the_records(rows):
    assert rows("SELECT source, provenance, weight FROM source ORDER BY source") == [
        ("imported", "reported", 1.0),
        ("imported_model", "reported", 0.5),
        ("measured", "measured", 1.0),
        ("model", "observed", 0.5),
        ("reported", "reported", 0.8),
        ("simulated", "simulated", 1.0),
        ("team", "observed", 1.0),
    ]


def test_the_latest_outcome_that_says_how_it_went_counts(rows):
    rows(
        "outcome",
        outcome("o1", "d", success=True, value=1.0),
        outcome("o2", "d", value=0.25, observed_at=T + DAY),
        outcome("o3", "d", would_repeat=True, observed_at=T + 2 * DAY),
        outcome("o4", "only asked", would_repeat=False),
    )
    assert rows("FROM latest_outcome ORDER BY decision_id") == [
        ("d", "o2", None, 0.25, "team", T + DAY, 3, None),
        ("only asked", "o4", None, None, "team", T, 1, None),
    ]


def test_evidence_of_a_decision_is_the_value_of_its_latest_outcome(rows):
    rows("pattern", pattern("jwt", area="security", kind="authentication", status="active"))
    rows("decision", decision("d", session_id="s"))
    rows("pattern_use", use("jwt", "d", session_id="s"))
    rows(
        "outcome",
        outcome("o1", "d", success=True, value=1.0),
        outcome("o2", "d", value=0.25, source="measured", observed_at=T + DAY),
    )
    known = ("jwt", "JWT", "security", "authentication", "active", "d:jwt", "d", "s")
    assert rows("FROM pattern_evidence") == [
        (*known, "measured", "measured", 0.25, 1.0, T, T + DAY, None, 1.0)
    ]


def test_evidence_not_known_yet_is_null_and_has_no_source(rows):
    rows("pattern", pattern("jwt"))
    rows("pattern_use", use("jwt", "d"))
    columns = "SELECT source, provenance, y, uses, used_at, outcome_at FROM pattern_evidence"
    assert rows(columns) == [(None, None, None, 1.0, T, None)]


def test_a_use_noted_by_itself_is_evidence_of_its_own(rows):
    rows("pattern", pattern("jwt"))
    rows("pattern_use", use("jwt", None, y=0.5, source="model"))
    columns = "SELECT decision_id, source, provenance, y, uses, outcome_at FROM pattern_evidence"
    assert rows(columns) == [(None, "model", "observed", 0.5, 1.0, T)]


def test_reported_figures_are_one_undated_row_if_rate_and_uses_are_known(rows):
    rows(
        "pattern",
        pattern("both", reported_rate=0.95, reported_uses=38.5),
        pattern("rate alone", reported_rate=0.94),
        pattern("uses alone", reported_uses=12.0),
        pattern("of nothing", reported_rate=0.9, reported_uses=0.0),
    )
    columns = "slug, use_id, source, provenance, y, uses, used_at, outcome_at"
    assert rows(f"SELECT {columns} FROM pattern_evidence") == [
        ("both", "reported:both", "reported", "reported", 0.95, 38.5, None, None)
    ]


def test_evidence_of_a_pattern_not_known_here_keeps_its_slug(rows):
    rows("pattern_use", use("gone", None, y=1.0, source="team"))
    assert rows("SELECT slug, name, area, y FROM pattern_evidence") == [("gone", "gone", None, 1.0)]


def test_evidence_of_a_source_not_known_here_is_drawn_under_its_own_name(rows):
    rows("pattern_use", use("p", None, y=1.0, source="oracle"))
    assert rows("SELECT source, provenance FROM pattern_evidence") == [("oracle", "oracle")]


def test_months_count_known_dated_uses_by_source(rows):
    rows("pattern", pattern("jwt", reported_rate=0.9, reported_uses=10.0))
    rows(
        "pattern_use",
        use("jwt", None, event_id="1", y=1.0, source="team"),
        use("jwt", None, event_id="2", y=0.0, source="team", used_at=T - 30 * DAY),
        use("jwt", None, event_id="3", y=0.5, source="simulated"),
        use("jwt", None, event_id="4", y=1.0, source="team", used_at=T + DAY),
        use("jwt", "not looked at"),
    )
    january, february = datetime(2026, 1, 1), datetime(2026, 2, 1)  # noqa: DTZ001
    assert rows("FROM pattern_by_month ORDER BY month, source") == [
        ("jwt", "JWT", january, "simulated", 1.0, 0.5),
        ("jwt", "JWT", january, "team", 2.0, 0.5),
        ("jwt", "JWT", february, "team", 1.0, 1.0),
    ]


def test_the_trend_has_a_row_for_every_score_and_for_success(rows):
    rows("decision", decision("d", kind="authentication"))
    rows("outcome", outcome("o", "d", success=False, horizon_days=30, source="measured"))
    rows("score", {"outcome_id": "o", "score": "performance", "value": 0.9, "event_id": "e"})
    head = ("o", "d", "title d", "chosen d", "authentication", T, T, 30, "measured", "measured")
    assert rows("FROM outcome_trend ORDER BY score") == [
        (*head, "performance", 0.9),
        (*head, "success", 0.0),
    ]


def test_an_outcome_without_figures_has_no_row_in_the_trend(rows):
    rows("outcome", outcome("o", "d", would_repeat=True))
    assert rows("FROM outcome_trend") == []


def test_the_reduction_is_the_share_of_queries_done_away_with(rows):
    def measured(name: str, before: int | None, after: int) -> dict:
        return {
            "measurement_id": name,
            "label": "posts",
            "n": 50,
            "queries_before": before,
            "queries_after": after,
            "pattern": "dataloader",
            "source": "measured",
            "measured_at": T,
            "recorded_at": T,
            "event_id": name,
            "decision_id": "d",
        }

    rows("pattern", pattern("dataloader"))
    rows(
        "query_measurement",
        measured("better", 120, 18),
        measured("none", 0, 3),
        measured("unknown", None, 3),
        measured("worse", 10, 15),
    )
    shares = "SELECT measurement_id, reduction_share FROM query_reduction ORDER BY 1"
    assert rows(shares) == [("better", 0.85), ("none", None), ("unknown", None), ("worse", -0.5)]
    assert rows("FROM query_reduction WHERE measurement_id = 'worse'") == [
        (
            "worse",
            "dataloader",
            "DATALOADER",
            "posts",
            50,
            None,
            10,
            15,
            -0.5,
            None,
            None,
            None,
            "measured",
            "measured",
            T,
            "d",
        )
    ]


def test_imported_records_are_reported_with_what_they_end_and_are_ended_by(rows):
    seen = {"project": "shop", "recorded_at": T}
    rows(
        "adr",
        seen | {"adr_id": "a", "event_id": "e a", "number": 1, "status": "superseded"},
        seen | {"adr_id": "b", "event_id": "e b", "decided_at": T, "decided_from": "git"},
    )
    link = {"event_id": "e a", "adr_id": "a"}
    rows(
        "adr_link",
        link | {"n": 2, "relation": "superseded by", "text": "3.md", "to_adr_id": "c"},
        link | {"n": 1, "relation": "superseded by", "text": "2.md", "to_adr_id": "b"},
        link | {"n": 3, "relation": "unresolved", "text": "ADR 9"},
        link | {"n": 1, "relation": "supersedes", "text": "1.md", "adr_id": "b", "to_adr_id": "a"},
    )
    rows("imported_event", came("e a"))
    columns = "adr_id, number, status, decided_at, ended_by, supersedes, unresolved, provenance"
    assert rows(f"SELECT {columns}, origin FROM adr_log ORDER BY adr_id") == [
        ("a", 1, "superseded", None, ["2.md", "3.md"], [], ["ADR 9"], "reported", "theirs"),
        ("b", None, None, T, [], ["1.md"], [], "reported", None),
    ]
    assert rows("FROM decision_log") == rows("FROM outcome_debt") == []


def test_reported_metrics_carry_their_origin(rows):
    rows("pattern", pattern("cache"))
    figure = {"event_id": "e cache", "slug": "cache", "origin": "card"}
    rows(
        "reported_figure",
        figure | {"metric": "hit_rate", "value": 0.85, "text": "0.85"},
        figure | {"metric": "scope", "text": "read-heavy only"},
    )
    assert rows("FROM reported_metric ORDER BY metric") == [
        ("cache", "CACHE", "hit_rate", 0.85, "0.85", "card"),
        ("cache", "CACHE", "scope", None, "read-heavy only", "card"),
    ]


def test_the_decision_log_has_every_decision_with_its_latest_outcome(rows):
    rows(
        "decision",
        decision(
            "d",
            agent="a",
            project="p",
            session_id="s",
            kind="k",
            rationale="r",
            confidence=0.8,
            review_after_days=30,
            due_at=T + 30 * DAY,
            alternatives=["x", "y"],
            patterns=["jwt"],
        ),
        decision("e"),
    )
    rows(
        "outcome",
        outcome("o1", "d", success=False, value=0.0),
        outcome("o2", "d", success=True, value=1.0, source="measured", observed_at=T + DAY),
    )
    found = rows("FROM decision_log ORDER BY decision_id")
    assert found[0] == (
        *("d", T, "a", "p", "s", "k", "title d", "chosen d", "r", 0.8, "accepted", 30),
        *(T + 30 * DAY, ["x", "y"], ["jwt"], 2, True, 1.0, T + DAY, "measured", None),
    )
    assert found[1][-6:] == (0, None, None, None, None, None)


def test_regret_stands_a_decision_beside_the_alternative_that_was_predicted_best(rows):
    rows(
        "decision",
        decision("d1", kind="sign-in", confidence=0.8),
        decision("d2", confidence=0.6),
        decision("no forecast"),
        decision("no rival", confidence=0.9),
    )
    rows(
        "alternative",
        {"decision_id": "d1", "event_id": "e d1", "n": 0, "name": "a", "predicted": 0.5},
        {"decision_id": "d1", "event_id": "e d1", "n": 1, "name": "b", "predicted": 0.7},
        {"decision_id": "d1", "event_id": "e d1", "n": 2, "name": "c", "predicted": 0.7},
        {
            "decision_id": "d1",
            "event_id": "an older wording",
            "n": 0,
            "name": "z",
            "predicted": 1.0,
        },
        {"decision_id": "d2", "event_id": "e d2", "n": 0, "name": "a", "predicted": 0.2},
        {"decision_id": "no forecast", "event_id": "e no forecast", "n": 0, "predicted": 0.2},
        {"decision_id": "no rival", "event_id": "e no rival", "n": 0, "name": "a"},
    )
    rows("outcome", outcome("o", "d1", value=0.4, source="measured", observed_at=T + DAY))
    head = (T, "title d1", "sign-in", "chosen d1", 0.8, "b", 0.7, 0.4, "measured", T + DAY)
    assert rows("FROM decision_regret ORDER BY decision_id") == [
        ("d1", *head),
        ("d2", T, "title d2", None, "chosen d2", 0.6, "a", 0.2, None, None, None),
    ]


def test_accepted_decisions_that_nobody_looked_at_are_debt(rows):
    rows(
        "decision",
        decision("open", due_at=T + DAY, confidence=0.7),
        decision("seen"),
        decision("asked"),
        decision("rejected", status="rejected"),
    )
    rows("outcome", outcome("o", "seen", value=1.0), outcome("o2", "asked"))
    assert rows("FROM outcome_debt") == [("open", "title open", "chosen open", T, T + DAY, 0.7)]


@pytest.fixture
def session(rows):
    rows(
        "session",
        {
            "session_id": "s",
            "agent": "a",
            "project": "p",
            "title": "t",
            "brief": "b",
            "model": "sonnet",
            "client": "offline",
            "aml_enabled": True,
            "aml_reason": "the card says so",
            "started_at": T,
            "start_event": "e",
            "status": "ended",
            "stage": "decide",
            "status_at": T + DAY,
        },
    )
    return rows


def message(n: int, **more: object) -> dict:
    return {"event_id": f"m{n}", "session_id": "s", "n": n, "recorded_at": T} | more


def tool_call(n: int, **more: object) -> dict:
    return {"event_id": f"t{n}", "session_id": "s", "n": n, "recorded_at": T} | more


def test_the_cost_of_a_session_is_that_of_its_model_turns(session):
    spent = {"input_tokens": 10, "output_tokens": 5, "cache_read_tokens": 3, "duration_ms": 100.0}
    session(
        "message",
        message(1, role="user", input_tokens=999),
        message(2, role="assistant", cost_usd=0.25, **spent),
        message(3, role="assistant", cost_usd=0.5, **spent),
    )
    head = ("s", "a", "p", "t", "sonnet", "offline", True, T)
    assert session("FROM session_cost") == [(*head, 2, 20, 10, 6, None, 0.75, 0, 200.0)]


def test_what_a_session_cost_is_null_if_nobody_knows(session):
    session("message", message(1, role="assistant"))
    costs = "SELECT turns, input_tokens, output_tokens, cost_usd, unpriced_turns FROM session_cost"
    assert session(costs) == [(1, None, None, None, 1)]


def test_the_cost_of_a_month_is_by_client_and_model_and_says_what_has_no_price(session):
    later = T + 40 * DAY
    session(
        "message",
        message(1, role="user", model="claude-x", cost_usd=9.0),
        message(2, role="assistant", model="claude-x", cost_usd=0.25, input_tokens=10),
        message(3, role="assistant", model="claude-x", output_tokens=5, cache_read_tokens=3),
        message(7, role="assistant", model="claude-x", cost_usd=0.5, status="interrupted"),
        message(4, role="assistant", model="llama", cache_write_tokens=2),
        message(5, role="assistant", model="claude-x", cost_usd=0.5, recorded_at=later),
        message(6, role="assistant", model="claude-x", cost_usd=1.0, session_id="gone"),
    )
    session("imported_event", came("m5"))
    january, march = (T.replace(month=n, day=1, hour=0) for n in (1, 3))
    assert session("FROM cost_by_month ORDER BY month, client NULLS LAST, model") == [
        (january, "offline", "claude-x", False, 1, 3, 10, 5, 3, None, 0.75, 2),
        (january, "offline", "llama", False, 1, 1, None, None, None, 2, None, 1),
        (january, None, "claude-x", False, 1, 1, None, None, None, None, 1.0, 0),
        (march, "offline", "claude-x", True, 1, 1, None, None, None, None, 0.5, 0),
    ]


def test_the_session_log_says_what_a_session_came_to(session):
    session("message", message(1, role="assistant", input_tokens=7, output_tokens=2, cost_usd=0.5))
    session("tool_call", tool_call(1, refused=True), tool_call(2, refused=False))
    session("decision", decision("d", session_id="s"))
    assert session("FROM session_log") == [
        (
            "s",
            "a",
            "p",
            "t",
            "b",
            "sonnet",
            "offline",
            None,
            True,
            "the card says so",
            "ended",
            "decide",
            T,
            T + DAY,
            1,
            2,
            1,
            7,
            2,
            0.5,
            1,
        )
    ]


@pytest.mark.parametrize(
    ("status", "shown", "over"),
    [
        (None, "open", False),
        ("open", "open", False),
        ("interrupted", "interrupted", False),
        ("failed", "failed", True),
        ("cancelled", "cancelled", True),
    ],
)
def test_a_session_that_can_go_on_has_no_end(rows, status, shown, over):
    start = {"session_id": "s", "started_at": T, "start_event": "e"}
    rows("session", start | {"status": status, "status_at": T + DAY})
    ended_at = T + DAY if over else None
    columns = "SELECT status, ended_at, turns, tool_calls, refused, decisions FROM session_log"
    assert rows(columns) == [(shown, ended_at, 0, 0, 0, 0)]


def test_a_step_noted_twice_counts_as_last_noted(session):
    step = {"session_id": "s", "n": 1, "phase": "before", "name": "query"}
    session(
        "step",
        step | {"event_id": "1", "status": "skipped", "reason": "off", "recorded_at": T},
        step | {"event_id": "2", "status": "done", "reason": "4 found", "recorded_at": T + DAY},
    )
    assert session("FROM step_log") == [("s", 1, "before", "query", "done", "4 found", T + DAY)]


def test_messages_come_in_order(session):
    more = {"content": '[{"type":"text"}]', "text": "hi", "model": "m", "stop_reason": "end_turn"}
    session("message", message(2, role="assistant", status="complete", **more), message(1))
    assert session("SELECT n FROM message_log") == [(1,), (2,)]
    assert session("FROM message_log WHERE n = 2") == [
        (
            *("s", 2, "assistant", "hi", '[{"type":"text"}]', "m", "end_turn"),
            *(None,) * 7,
            *("complete", T),
        )
    ]


def test_tool_calls_come_in_order(session):
    more = {"tool_use_id": "u", "tool": "Read", "input": '{"path":"a"}', "output": '"text"'}
    said = {"is_error": False, "refused": True, "reason": "outside", "duration_ms": 1.5}
    more |= {"granted_by": "user, once"}
    session("tool_call", tool_call(2, **more, **said), tool_call(1))
    assert session("SELECT n FROM tool_call_log") == [(1,), (2,)]
    assert session("FROM tool_call_log WHERE n = 2") == [
        (
            "s",
            2,
            "u",
            "Read",
            '{"path":"a"}',
            '"text"',
            False,
            True,
            "outside",
            1.5,
            "user, once",
            T,
        )
    ]


def test_the_effect_of_a_solution_is_counted_by_source(rows):
    known = {"event_id": "e", "recorded_at": T}
    rows(
        "solution",
        known
        | {"slug": "pool", "signature": "timeout", "name": "Pool", "origin": "card"}
        | {"reported_rate": 0.91, "reported_uses": 16.0},
        known | {"slug": "unused", "signature": "x", "name": "Unused", "reported_rate": 0.5},
    )
    tried = {"slug": "pool", "used_at": T, "source": "team"}
    rows(
        "solution_use",
        tried | {"event_id": "1", "effective": True},
        tried | {"event_id": "2", "effective": False},
        tried | {"event_id": "3", "effective": None},
        tried | {"event_id": "4", "effective": True, "slug": "gone"},
    )
    assert rows("FROM solution_effect ORDER BY slug, source") == [
        ("gone", None, "gone", "team", "observed", 1.0, 1.0),
        ("pool", "timeout", "Pool", "reported", "reported", 16.0, 0.91),
        ("pool", "timeout", "Pool", "team", "observed", 2.0, 0.5),
    ]


def test_orphans_are_named_with_what_they_miss(rows):
    gone = {"recorded_at": T, "event_id": "e"}
    rows("pattern_use", use("p?", "d?"))
    rows("reported_figure", {"event_id": "e", "slug": "r?", "metric": "m"})
    rows("pattern_version", gone | {"slug": "v?", "content_hash": "h"})
    rows("decision", decision("d", session_id="s?"))
    rows("alternative", {"decision_id": "a?", "n": 1, "event_id": "e", "pattern": "q?"})
    rows("outcome", outcome("o", "x?"))
    rows("score", {"outcome_id": "o?", "score": "x", "value": 1.0, "event_id": "e"})
    rows("session", {"session_id": "status only", "status": "open"})
    for table in ("message", "tool_call", "step", "proposal"):
        rows(table, {"event_id": table, "session_id": "m?", "recorded_at": T})
    rows("solution_use", {"event_id": "u", "slug": "w?", "source": "team", "used_at": T})
    rows(
        "lesson", gone | {"lesson_id": "l", "decision_id": "ld?", "pattern": "lp?", "learned_at": T}
    )
    rows(
        "query_measurement",
        gone
        | {"measurement_id": "m", "source": "team", "measured_at": T}
        | {"decision_id": "md?", "pattern": "mp?"},
    )
    rows("adr", gone | {"adr_id": "w", "project": "", "decision_id": "wd?"})
    rows("adr_link", {"event_id": "e", "adr_id": "k?", "n": 1, "relation": "supersedes"})
    assert rows("FROM orphan ORDER BY relation, missing") == [
        ("adr", "w", "decision", "wd?"),
        ("adr_link", "k?", "adr", "k?"),
        ("alternative", "a?", "decision", "a?"),
        ("alternative", "a?", "pattern", "q?"),
        ("decision", "d", "session", "s?"),
        ("lesson", "l", "decision", "ld?"),
        ("lesson", "l", "pattern", "lp?"),
        ("message", "message", "session", "m?"),
        ("outcome", "o", "decision", "x?"),
        ("pattern_use", "d?:p?", "decision", "d?"),
        ("pattern_use", "d?:p?", "pattern", "p?"),
        ("pattern_version", "h", "pattern", "v?"),
        ("proposal", "proposal", "session", "m?"),
        ("query_measurement", "m", "decision", "md?"),
        ("query_measurement", "m", "pattern", "mp?"),
        ("reported_figure", "r?", "pattern", "r?"),
        ("score", "o?", "outcome", "o?"),
        ("session", "status only", "start", None),
        ("solution_use", "u", "solution", "w?"),
        ("step", "step", "session", "m?"),
        ("tool_call", "tool_call", "session", "m?"),
    ]


def test_what_names_nothing_is_no_orphan(session):
    session("lesson", {"lesson_id": "l", "learned_at": T, "recorded_at": T, "event_id": "e"})
    session("decision", decision("d"), decision("e", session_id="s"))
    session("pattern", pattern("jwt"))
    session("pattern_use", use("jwt", "d"), use("jwt", None))
    session("alternative", {"decision_id": "d", "n": 1, "event_id": "e"})
    session("outcome", outcome("o", "d"))
    session("message", message(1))
    assert session("FROM orphan") == []


def epoch(slug: str, days: int, **more: object) -> dict:
    at = T + days * DAY
    told = {"slug": slug, "began_at": at, "noticed_at": at + 3 * DAY, "weight": 0.1}
    return told | {"recorded_at": T, "event_id": f"e {slug} {days}"} | more


def undone(slug: str, days: int) -> dict:
    at = {"began_at": T + days * DAY, "recorded_at": T + 40 * DAY}
    return {"slug": slug, "reason": "no", "event_id": f"u {slug} {days}"} | at


def test_the_latest_epoch_that_holds_is_current(rows):
    rows("pattern", pattern("a"))
    rows("epoch", epoch("a", 1), epoch("a", 5), epoch("a", 9), epoch("b", 2))
    rows("epoch_undone", undone("a", 9), undone("b", 2), undone("c", 1))
    assert rows(
        "SELECT slug, name, began_at, undone_at, undone_reason, is_current FROM pattern_epoch"
        " ORDER BY slug, began_at"
    ) == [
        ("a", "A", T + DAY, None, None, False),
        ("a", "A", T + 5 * DAY, None, None, True),
        ("a", "A", T + 9 * DAY, T + 40 * DAY, "no", False),
        ("b", "b", T + 2 * DAY, T + 40 * DAY, "no", False),
    ]


def test_evidence_from_before_an_epoch_weighs_less(rows):
    rows("pattern", pattern("a", reported_rate=0.9, reported_uses=10), pattern("b"))
    for n, slug in ((1, "a"), (2, "a"), (3, "a"), (4, "b")):
        rows("decision", decision(f"d{n}"))
        rows("pattern_use", use(slug, f"d{n}"))
        rows("outcome", outcome(f"o{n}", f"d{n}", value=1.0, observed_at=T + n * DAY))
    rows("epoch", epoch("a", 2), epoch("b", 9))
    rows("epoch_undone", undone("b", 9))
    assert rows("SELECT use_id, weight FROM pattern_evidence ORDER BY use_id") == [
        ("d1:a", 0.1),
        ("d2:a", 1.0),
        ("d3:a", 1.0),
        ("d4:b", 1.0),
        ("reported:a", 0.1),
    ]


def said(slug: str, status: str, days: int, said_by: str = "hand") -> dict:
    told = {"slug": slug, "status": status, "reason": f"because {days}", "said_by": said_by}
    return told | {"agent": "me", "said_at": T + days * DAY, "event_id": f"s {slug} {days}"}


def test_what_was_said_last_of_a_status_counts(rows):
    rows("pattern", pattern("a", status="candidate"), pattern("b", status="active"))
    rows("pattern_use", use("a", None, y=1.0), use("b", None, y=1.0))
    rows("pattern_status", said("a", "retired", 1), said("a", "active", 2))
    rows("pattern_status", said("a", "retired", 3, "learning"))
    assert rows("FROM status_said") == [
        ("a", "retired", "because 3", "learning", "me", T + 3 * DAY, T + 2 * DAY, "s a 3")
    ]
    assert rows("SELECT slug, status FROM pattern_evidence ORDER BY slug") == [
        ("a", "retired"),
        ("b", "active"),
    ]


def test_what_is_learnt_of_nothing_is_an_orphan(rows):
    rows("pattern_status", said("a", "retired", 1))
    rows("epoch", epoch("b", 1))
    rows("epoch_undone", undone("b", 1), undone("c", 1))
    assert sorted(rows("SELECT relation, missing, missing_id FROM orphan")) == [
        ("epoch", "pattern", "b"),
        ("epoch_undone", "epoch", "c"),
        ("pattern_status", "pattern", "a"),
    ]


def test_evidence_is_told_by_each_value_of_its_context(rows):
    rows("pattern", pattern("a", kind="k"))
    for n, value in ((1, 1.0), (2, None)):
        rows("decision", decision(f"d{n}"))
        rows("pattern_use", use("a", f"d{n}"))
        rows("outcome", outcome(f"o{n}", f"d{n}", value=value, observed_at=T + DAY))
    for decision_id, key, value in (
        ("d1", "clients", "web"),
        ("d1", "clients", "mobile"),
        ("d1", "tenancy", "multi"),
        ("d2", "tenancy", "multi"),
        ("gone", "tenancy", "multi"),
    ):
        told = {"decision_id": decision_id, "key": key, "value": value}
        rows("decision_context", told | {"event_id": f"e {decision_id}"})
    known, seen = ("a", "A", "k"), ("d1:a", "d1", "team", "observed", 1.0, T + DAY, 1.0)
    assert rows("FROM evidence_by_context ORDER BY key, value") == [
        (*known, "clients", "mobile", 2, *seen),
        (*known, "clients", "web", 2, *seen),
        (*known, "tenancy", "multi", 1, *seen),
    ]
    assert rows("SELECT relation, missing_id FROM orphan WHERE relation = 'decision_context'") == [
        ("decision_context", "gone")
    ]


def came(event_id: str, **more: object) -> dict:
    return {"event_id": event_id, "origin": "theirs", "by_event": "i", "imported_at": T} | more


def test_what_was_imported_is_drawn_as_reported_with_its_origin_and_weighs_what_it_did(rows):
    rows("pattern", pattern("jwt"))
    rows("decision", decision("d"), decision("m"), decision("s"), decision("here"))
    rows("pattern_use", *(use("jwt", d) for d in ("d", "m", "s", "here")))
    rows("pattern_use", use("jwt", None, use_id="u", event_id="e u", y=1.0, source="team"))
    rows(
        "outcome",
        outcome("od", "d", value=1.0),
        outcome("om", "m", value=1.0, source="model"),
        outcome("os", "s", value=1.0, source="simulated"),
        outcome("oh", "here", value=1.0),
    )
    rows("imported_event", *(came(f"e {name}") for name in ("od", "om", "os", "u", "d")))
    found = rows(
        "SELECT e.use_id, e.source, e.provenance, e.origin, s.weight FROM pattern_evidence e"
        " JOIN source s USING (source) ORDER BY use_id"
    )
    assert found == [
        ("d:jwt", "imported", "reported", "theirs", 1.0),
        ("here:jwt", "team", "observed", None, 1.0),
        ("m:jwt", "imported_model", "reported", "theirs", 0.5),
        ("s:jwt", "simulated", "simulated", "theirs", 1.0),
        ("u", "imported", "reported", "theirs", 1.0),
    ]
    logged = rows("SELECT decision_id, last_source, origin FROM decision_log ORDER BY decision_id")
    assert logged[:2] == [("d", "imported", "theirs"), ("here", "team", None)]


def test_imported_scores_measurements_and_solutions_are_reported_too(rows):
    rows("outcome", outcome("o", "d", success=True, value=1.0, source="measured"))
    rows(
        "query_measurement",
        {
            **{"measurement_id": "q", "source": "measured", "queries_before": 10},
            **{"queries_after": 5, "measured_at": T, "recorded_at": T, "event_id": "e q"},
        },
    )
    rows(
        "solution_use",
        *(
            {
                "event_id": f"e {n}",
                "slug": "pool",
                "effective": n > 1,
                "source": "team",
                "used_at": T,
            }
            for n in (1, 2, 3)
        ),
    )
    rows("imported_event", came("e o"), came("e q"), came("e 3"))
    assert rows("SELECT source, provenance FROM outcome_trend") == [("imported", "reported")]
    assert rows("SELECT source, provenance FROM query_reduction") == [("imported", "reported")]
    effects = "SELECT source, provenance, uses, effective_rate FROM solution_effect ORDER BY source"
    assert rows(effects) == [
        ("imported", "reported", 1.0, 1.0),
        ("team", "observed", 2.0, 0.5),
    ]


def held_back(event_id: str, by_event: str, action: str) -> dict:
    return {"event_id": event_id, "by_event": by_event, "action": action}


def test_an_event_is_withheld_while_anything_that_withholds_it_stands(rows):
    rows(
        "withheld",
        held_back("once", "a", "archived"),
        held_back("twice", "a", "archived"),
        held_back("twice", "b", "reset"),
        held_back("for good", "f", "forgotten"),
    )
    rows("undone", {"by_event": "a", "undone_by": "r"}, {"by_event": "f", "undone_by": "r"})
    assert rows("FROM withheld_event ORDER BY event_id") == [
        ("for good", "f", "forgotten", True),
        ("twice", "b", "reset", False),
    ]


def test_the_audit_log_says_what_took_an_action_back(rows):
    audit = {"action": "archived", "events": 2, "recorded_at": T}
    rows("audit", audit | {"event_id": "a"}, audit | {"event_id": "b"})
    rows("undone", {"by_event": "a", "undone_by": "r"}, {"by_event": "a", "undone_by": "q"})
    found = rows("SELECT event_id, action, events, undone_by FROM audit_log ORDER BY event_id")
    assert found == [("a", "archived", 2, "q"), ("b", "archived", 2, None)]


def test_an_event_counts_for_who_recorded_it_or_decided_it_and_the_kit_and_the_audit_for_nobody(
    rows,
):
    def event(event_id: str, kind: str, payload: str, agent: str = "", **more: object) -> dict:
        return {
            **{"event_id": event_id, "recorded_at": T, "writer": "w", "seq": 1, "kind": kind},
            **{"kind_version": 1, "agent": agent, "project": "", "payload": payload, **more},
        }

    rows("decision", decision("d", agent="decider"))
    rows("session", {"session_id": "s", "agent": "talker"})
    rows(
        "event",
        event("1", "lesson", '{"text":"ü"}', "column"),
        event("2", "lesson", '{"agent":"own"}', "column"),
        event("3", "outcome", '{"decision_id":"d"}'),
        event("4", "message", "{}", session_id="s"),
        event("5", "lesson", "{}"),
        event("6", "pattern", "{}", "library"),
        event("7", "archived", "{}", "column"),
    )
    assert rows("SELECT event_id, agent, bytes FROM event_size ORDER BY event_id") == [
        ("1", "column", 13),
        ("2", "own", 15),
        ("3", "decider", 19),
        ("4", "talker", 2),
        ("5", "", 2),
    ]
