"""A part of a memory answers as a memory would that holds nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from archkit import metrics
from archkit.errors import ArchkitError
from archkit.memory.lifecycle import learn
from archkit.memory.memory import Memory
from archkit.memory.simulate import simulate
from archkit.metrics.scope import Scope
from archkit.records import Decision, Lesson, Measurement, Pattern

BEGAN = datetime(2026, 1, 5, tzinfo=UTC)
PATTERNS = [
    Pattern("redis-cache", "Redis cache", area="performance", kind="cache", status="active"),
    Pattern("http-cache", "HTTP cache", area="performance", kind="cache", status="active"),
    Pattern("row-security", "Row security", area="security", kind="tenancy", status="active"),
]
MADE = [  # agent, project, pattern, tenancy, days after the beginning, source or None
    ("ann", "shop", "redis-cache", "multi", 0, "team"),
    ("ann", "shop", "http-cache", "single", 10, "team"),
    ("ann", "bank", "row-security", "multi", 20, "model"),
    ("bob", "bank", "redis-cache", "multi", 30, None),
    ("bob", "bank", "row-security", "single", 40, "team"),
]


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    now = [BEGAN]
    path = tmp_path_factory.mktemp("scope") / "m.duckdb"
    with Memory(path, library=False, now=lambda: now[0]) as memory:
        for pattern in PATTERNS:
            memory.record_pattern(pattern)
        for agent, project, slug, tenancy, days, source in MADE:
            now[0] = BEGAN + timedelta(days=days)
            decision = memory.record_decision(
                Decision(
                    title=f"{slug} for {agent}, {project}",
                    chosen=slug,
                    kind="cache",
                    patterns=(slug,),
                    context={"tenancy": tenancy},
                    agent=agent,
                    project=project,
                    decided_at=now[0],
                )
            )
            if source:
                now[0] += timedelta(days=3)
                memory.record_outcome(
                    decision.decision_id, success=days != 20, source=source, observed_at=now[0]
                )
            memory.record_measurement(
                Measurement(
                    "posts",
                    100,
                    10 + days,
                    pattern=slug,
                    decision_id=decision.decision_id,
                    measured_at=now[0],
                )
            )
        yield memory


def ids(part):
    return set(metrics.decisions(part)["title"])


def expected(*, agent=None, project=None, slugs=None, tenancy=None, days=range(99)):
    return {
        f"{slug} for {who}, {where}"
        for who, where, slug, held, day, _ in MADE
        if agent in (None, who)
        and project in (None, where)
        and (slugs is None or slug in slugs)
        and tenancy in (None, held)
        and day in days
    }


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ({}, {}),
        ({"agent": "ann"}, {"agent": "ann"}),
        ({"project": "bank"}, {"project": "bank"}),
        ({"area": "performance"}, {"slugs": {"redis-cache", "http-cache"}}),
        ({"pattern": "redis-cache"}, {"slugs": {"redis-cache"}}),
        ({"context": {"tenancy": "multi"}}, {"tenancy": "multi"}),
        ({"context": {"tenancy": "MULTI"}}, {"tenancy": "multi"}),
        ({"since": BEGAN + timedelta(days=10)}, {"days": range(10, 99)}),
        ({"until": BEGAN + timedelta(days=10)}, {"days": range(10)}),
        (
            {"agent": "ann", "area": "security", "context": {"tenancy": "multi"}},
            {"agent": "ann", "slugs": {"row-security"}, "tenancy": "multi"},
        ),
        ({"pattern": "nobody-s"}, {"slugs": set()}),
        ({"area": "no area", "pattern": "redis-cache"}, {"slugs": set()}),
    ],
)
def test_decisions_are_those_of_the_part(memory, scope, told):
    part = Scope(**scope).of(memory)
    assert ids(part) == expected(**told)
    if not scope.keys() & {"since", "until"}:  # what was measured is so three days later
        assert len(metrics.query_measurements(part)) == len(expected(**told))
        owed = {title for title in expected(**told) if title == "redis-cache for bob, bank"}
        assert set(metrics.outcome_debt(part)["title"]) == owed


def test_evidence_counts_by_when_its_outcome_was_seen_and_where_it_comes_from(memory):
    late = metrics.pattern_evidence(Scope(since=BEGAN + timedelta(days=12)).of(memory))
    assert dict(zip(late["slug"], late["n"], strict=True)) == {
        "row-security": 2,
        "http-cache": 1,
    }
    team = metrics.outcome_scores(Scope(provenance=("observed",)).of(memory))
    assert len(team) == 4
    assert metrics.pattern_evidence(Scope(provenance=("measured",)).of(memory)).empty
    whole = metrics.headline(memory)["success_rate"]
    bob = metrics.headline(Scope(agent="bob").of(memory))["success_rate"]
    assert (whole["n"], bob["n"]) == (4, 1)
    assert bob["high"] - bob["low"] > whole["high"] - whole["low"]


def test_every_frame_of_a_part_has_the_columns_of_the_whole(memory):
    narrow = Scope("ann", "shop", "security", "x", BEGAN, None, ("observed",), {"a": "b"})
    for frame in (
        metrics.decisions,
        metrics.outcome_scores,
        metrics.sessions,
        metrics.session_costs,
        metrics.pattern_evidence,
        metrics.pattern_by_context,
        metrics.query_measurements,
        metrics.query_reduction,
        metrics.outcome_debt,
        metrics.missing_outcomes,
        metrics.calibration,
        metrics.decision_spans,
    ):
        empty = frame(narrow.of(memory))
        assert empty.empty, frame.__name__
        assert list(empty.columns) == list(frame(memory).columns), frame.__name__
    assert metrics.overview(narrow.of(memory)).totals["decisions"] == 0


def test_lessons_are_told_apart_by_the_event_that_brought_them(tmp_path):
    with Memory(tmp_path, library=False) as memory:
        memory.record_lesson(Lesson("Look first.", agent="ann"))
        memory.record_lesson(Lesson("Ask twice.", agent="bob"))
        for agent, n in (("ann", 1), ("bob", 1), ("eve", 0)):
            assert metrics.overview(Scope(agent=agent).of(memory)).totals["lessons"] == n


def test_a_question_that_begins_with_views_of_its_own_is_narrowed_too(memory):
    asked = "  with mine AS (SELECT * FROM decision_log) SELECT count(*) AS n FROM mine"
    assert Scope(agent="bob").of(memory).sql(asked)["n"][0] == 2
    both = "SELECT count(*) AS n FROM decision_log WHERE project = $project"
    assert Scope(agent="bob").of(memory).sql(both, project="shop")["n"][0] == 0


def test_values_are_bound_and_never_read_as_sql(memory):
    assert ids(Scope(agent="ann' OR TRUE --").of(memory)) == set()
    assert ids(Scope(context={"tenancy' OR TRUE --": "x"}).of(memory)) == set()


def test_the_span_before_is_as_long(memory):
    since, until = BEGAN + timedelta(days=20), BEGAN + timedelta(days=30)
    before = Scope("ann", since=since, until=until).previous(BEGAN)
    assert before == Scope("ann", since=since - timedelta(days=10), until=since)
    open_ended = Scope(since=since).previous(until)
    assert open_ended.since == since - timedelta(days=10)
    assert Scope().previous(BEGAN) is None
    assert Scope(since=until).previous(since) is None


def test_a_scope_says_what_it_is_and_how_to_make_it_again(memory):
    until = BEGAN + timedelta(days=3, microseconds=7)
    scope = Scope("ann", None, "security", since=BEGAN, until=until, context={"tenancy": "multi"})
    made = eval(scope.as_code(), {"Scope": Scope, "datetime": datetime, "UTC": UTC})
    assert made == scope
    assert (
        scope.sentence == "ann · security · from 05 Jan 2026 before 08 Jan 2026 · tenancy = multi"
    )
    assert (Scope().sentence, Scope().as_code(), bool(Scope())) == ("everything", "Scope()", False)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"since": datetime(2026, 1, 1)}, "no time zone"),  # noqa: DTZ001
        ({"since": BEGAN, "until": BEGAN}, "before it begins"),
        ({"provenance": ("guessed",)}, "guessed"),
    ],
)
def test_a_part_that_could_not_be_is_refused(given, said):
    with pytest.raises(ArchkitError, match=said):
        Scope(**given)


def test_made_up_work_without_an_outcome_is_of_no_provenance_but_simulated(tmp_path):
    with Memory(tmp_path / "m.duckdb") as memory:
        simulate(memory, sessions=5, now=BEGAN)
        memory.record_decision(Decision(title="Real", chosen="x", decided_at=BEGAN))
        observed = Scope(provenance=("observed",)).of(memory)
        simulated = Scope(provenance=("simulated",)).of(memory)
        assert ids(observed) == set(metrics.outcome_debt(observed)["title"]) == {"Real"}
        assert metrics.sessions(observed).empty
        assert "Real" not in ids(simulated)
        assert len(metrics.sessions(simulated)) == 5
        assert "Real" not in set(metrics.outcome_debt(simulated)["title"])
        owed = metrics.missing_outcomes(simulated, now=BEGAN)["n_missing"].sum()
        assert owed == metrics.missing_outcomes(memory, now=BEGAN)["n_missing"].sum() > 0
        assert metrics.missing_outcomes(observed, now=BEGAN).empty
        both = Scope(provenance=("observed", "simulated")).of(memory)
        assert len(metrics.decisions(both)) == len(metrics.decisions(memory))


def test_a_part_of_a_part_is_what_belongs_to_both(memory):
    ann, bank = Scope(agent="ann"), Scope(project="bank")
    both = ids(Scope(agent="ann", project="bank").of(memory))
    assert ids(bank.of(ann.of(memory))) == ids(ann.of(bank.of(memory))) == both
    assert len(both) == 1
    assert ids(Scope(agent="bob").of(ann.of(memory))) == set()
    assert ids(Scope().of(ann.of(memory))) == ids(ann.of(Scope().of(memory))) == ids(ann.of(memory))
    early, late = Scope(until=BEGAN + timedelta(days=25)), Scope(since=BEGAN + timedelta(days=5))
    three = Scope(context={"tenancy": "multi"}).of(late.of(early.of(memory)))
    assert ids(three) == expected(tenancy="multi", days=range(5, 25))
    assert metrics.overview(ann.of(memory), agent="bob").totals["decisions"] == 0
    assert metrics.overview(bank.of(memory), agent="ann").totals["decisions"] == 1
    cache = Scope(area="performance").of(Scope(pattern="redis-cache").of(memory))
    assert set(metrics.pattern_evidence(cache)["slug"]) == {"redis-cache"}


def test_a_part_shows_the_changes_that_it_had_a_hand_in(tmp_path):
    now = [BEGAN]
    with Memory(tmp_path / "m.duckdb", library=False, now=lambda: now[0]) as memory:
        memory.record_pattern(Pattern("jwt", "JWT", kind="sign-in", status="active"))
        for day in range(40):
            now[0] = BEGAN + timedelta(days=day)
            agent = "ann" if day < 18 else "bob"
            made = memory.record_decision(
                Decision("jwt", kind="sign-in", patterns=("jwt",), agent=agent, decided_at=now[0])
            )
            memory.record_outcome(made.decision_id, success=day < 20, observed_at=now[0])
        learn(memory)
        [epoch] = metrics.success_by_month(memory).query("what == 'epoch'").to_dict("records")

        def shown(**scope):
            frame = metrics.success_by_month(Scope(**scope).of(memory))
            return (frame["what"] == "epoch").any()

        assert shown(agent="bob")
        assert not shown(agent="ann")
        assert not shown(provenance=("measured",))
        assert not shown(context={"tenancy": "multi"})
        assert shown(pattern="jwt", since=epoch["until_at"].to_pydatetime())
        assert not shown(until=epoch["until_at"].to_pydatetime())


def test_turns_and_calls_are_of_the_provenance_of_their_session(tmp_path):
    with Memory(tmp_path / "m.duckdb") as memory:
        simulate(memory, sessions=5, now=BEGAN)
        for kinds, there in ((("observed",), False), (("simulated",), True)):
            part = Scope(provenance=kinds).of(memory)
            assert metrics.query_latency(part, now=BEGAN).empty is not there
            assert metrics.step_shares(part).empty is not there
            assert metrics.session_costs(part).empty is not there
