"""A memory at a glance: counts by kind, agent, area and week, and rates with what they rest on."""

from datetime import UTC, datetime, timedelta

import pytest

from archkit import metrics
from archkit.memory.memory import Memory
from archkit.metrics.tiles import decision_rate
from archkit.records import FOCUS_AREAS, Decision, Lesson, Outcome, Pattern

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def memory(tmp_path):
    with Memory(tmp_path / "m.duckdb", library=False, now=lambda: NOW) as memory:
        memory.record_pattern(Pattern("jwt", "JWT", kind="authentication", area="security"))
        memory.record_pattern(Pattern("dataloader", "DataLoader", kind="n+1", area="performance"))
        yield memory


def decide(memory, days_ago, *, agent="a", patterns=("jwt",), success=None, source="team"):
    at = NOW - days_ago * DAY
    made = memory.record_decision(
        Decision("x", patterns=patterns, agent=agent, decided_at=at, title="t")
    )
    if success is not None:
        look = Outcome(made.decision_id, success=success, source=source, observed_at=at)
        memory.record_outcome(made, outcome=look)
    return made


def test_an_empty_memory_has_zeros_and_no_rate(memory):
    seen = metrics.overview(memory, NOW)
    assert seen.totals == {
        **dict.fromkeys(("sessions", "decisions", "outcomes", "lessons", "measurements"), 0),
        "simulated_outcomes": 0,
        "patterns": 2,
        "solutions": 0,
        "events": 2,
    }
    assert seen.success["value"] is None
    assert seen.agents.empty
    assert list(seen.areas["area"]) == list(FOCUS_AREAS)
    assert len(seen.trend) == 12
    assert seen.trend["success_rate"].isna().all()


def test_weeks_are_the_seven_days_up_to_now_and_those_before(memory):
    for days in (0, 6.9, 7.1, 13.9, 14.1, 83.9, 84.1):
        decide(memory, days)
    seen = metrics.overview(memory, NOW)
    pace = seen.pace.set_index("what")
    assert tuple(pace.loc["decisions"]) == (2, 2)
    assert list(seen.trend["decisions"]) == [1, *[0] * 8, 1, 2, 2]
    assert seen.trend["week_at"].is_monotonic_increasing
    assert seen.totals["decisions"] == 7


def test_agents_have_a_rate_of_their_own_with_what_it_rests_on(memory):
    decide(memory, 1, agent="a", success=True)
    decide(memory, 2, agent="a", success=True, source="simulated")
    decide(memory, 3, agent="b", success=False)
    decide(memory, 4, agent="b")
    memory.append("session_started", {"brief": "b"}, session_id="s", agent="c")
    agents = metrics.overview(memory, NOW).agents.set_index("agent")
    assert list(agents["decisions"]) == [2, 2, 0]
    assert list(agents["n"]) == [2, 1, 0]
    assert list(agents["provenance"]) == ["observed + simulated", "observed", "none"]
    assert agents.loc["a", "success_rate"] > 0.5 > agents.loc["b", "success_rate"]
    known = agents.loc[["a", "b"]]
    assert (known["low"] < known["success_rate"]).all()
    assert (known["success_rate"] < known["high"]).all()
    assert agents.loc["c", "sessions"] == 1


def test_areas_count_patterns_and_decisions_once(memory):
    decide(memory, 1, patterns=("jwt",))
    decide(memory, 2, patterns=("jwt", "dataloader"))
    decide(memory, 3, patterns=())
    areas = metrics.overview(memory, NOW).areas.set_index("area")
    assert tuple(areas.loc["security"]) == (1, 2)
    assert tuple(areas.loc["performance"]) == (1, 1)
    assert areas["decisions"].sum() == 3


def test_an_agent_or_a_span_narrows_everything_that_has_an_instant(memory):
    decide(memory, 1, agent="a", success=True, source="simulated")
    decide(memory, 10, agent="b", success=True)
    memory.record_lesson(Lesson("Learnt.", agent="b", learned_at=NOW - 10 * DAY))
    seen = metrics.overview(memory, NOW, agent="b")
    assert (seen.totals["decisions"], seen.totals["outcomes"], seen.totals["lessons"]) == (1, 1, 1)
    assert list(seen.agents["agent"]) == ["b"]
    late = metrics.overview(memory, NOW, since=NOW - 5 * DAY)
    assert (late.totals["decisions"], late.totals["simulated_outcomes"]) == (1, 1)
    early = metrics.overview(memory, NOW, until=NOW - 5 * DAY)
    assert list(early.agents["agent"]) == ["b"]
    assert early.trend["decisions"].iloc[-1] == 1
    assert early.areas["decisions"].sum() == 1


def test_the_rate_of_no_decisions_is_not_known(memory):
    made = metrics.decisions(memory)
    assert decision_rate(made, NOW) == {
        "value": None,
        "low": None,
        "high": None,
        "n": 0,
        "provenance": "none",
    }
