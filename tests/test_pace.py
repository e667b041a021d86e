"""What was done in each week, and by whom, is counted; how it turned out has its interval."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archkit import metrics
from archkit.memory.memory import Memory
from archkit.memory.simulate import simulate
from archkit.metrics.scope import Scope
from archkit.records import Decision, Lesson

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def memory(tmp_path):
    now = [NOW]
    with Memory(tmp_path / "m.duckdb", library=False, now=lambda: now[0]) as memory:
        for days, agent, well in (
            (0, "ann", None),
            (6.9, "ann", True),
            (7.1, "bob", False),
            (20, "ann", True),
            (84.5, "bob", True),
        ):
            now[0] = NOW - timedelta(days=days)
            made = memory.record_decision(Decision("x", agent=agent, decided_at=now[0]))
            if well is not None:
                source = "reported" if days > 80 else "team"
                memory.record_outcome(made.decision_id, success=well, source=source)
        now[0] = NOW
        memory.record_lesson(Lesson("Look first.", agent="ann", learned_at=NOW))
        yield memory


def test_a_week_ends_at_this_very_instant(memory):
    frame = metrics.pace(memory, now=NOW)
    assert list(frame["what"].unique()) == ["sessions", "decisions", "outcomes", "lessons"]
    assert (frame.groupby("what")["n"].size() == 12).all()
    made = frame[frame["what"] == "decisions"]
    assert made["n"].tolist() == [0] * 9 + [1, 1, 2]
    assert (made["until_at"].diff().dropna() == timedelta(days=7)).all()
    assert made["until_at"].iloc[-1] == NOW + timedelta(microseconds=1)
    assert frame[frame["what"] == "lessons"]["n"].sum() == 1
    overview = metrics.overview(memory, NOW).trend
    assert made["n"].tolist() == overview["decisions"].tolist()
    ann = metrics.pace(Scope(agent="ann").of(memory), now=NOW)
    assert ann[ann["what"] == "decisions"]["n"].tolist() == [0] * 9 + [1, 0, 2]
    assert metrics.pace(memory, now=NOW - timedelta(days=400)).empty


def test_agents_are_those_of_the_overview_with_rates_alike(memory):
    frame = metrics.success_by_agent(memory, now=NOW)
    known = metrics.overview(memory, NOW).agents
    assert frame["agent"].tolist() == known["agent"].tolist() == ["ann", "bob"]
    assert frame["decisions"].tolist() == known["decisions"].tolist() == [3, 2]
    assert frame["n"].tolist() == known["n"].tolist() == [2, 1]
    for name in ("success_rate", "low", "high"):
        assert frame[name].tolist() == pytest.approx(known[name].tolist())
    assert set(frame["provenance"]) == {"observed"}


def test_what_is_made_up_is_counted_as_such(tmp_path):
    with Memory(tmp_path / "m.duckdb") as memory:
        simulate(memory, sessions=40, now=NOW)
        memory.record_decision(Decision("x", agent="ann", decided_at=NOW))
        frame = metrics.pace(memory, now=NOW)
        made = frame[frame["what"] == "decisions"]
        assert made["provenance"].iloc[-1] in {"observed", "observed + simulated"}
        assert made["simulated"].sum() == made["n"].sum() - 1
        agents = metrics.success_by_agent(memory, now=NOW).set_index("agent")
        assert agents.loc["ann", ["n", "provenance"]].tolist() == [0, "none"]
        assert set(agents.drop("ann")["provenance"]) == {"simulated"}
