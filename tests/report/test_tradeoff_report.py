"""The report of a decision that was weighed: matrix, ranking, flips, what to measure, what came."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from report_text import body, visible

from archkit.errors import ReportError
from archkit.memory.memory import Memory
from archkit.memory.snapshot import snapshot
from archkit.records import Decision
from archkit.report.page import as_page
from archkit.report.tradeoff_report import read, write
from archkit.tradeoffs.cell import Grade, Interval, Known, Rate, Unknown
from archkit.tradeoffs.criterion import Criterion, Load
from archkit.tradeoffs.decided import KEY, decision_of
from archkit.tradeoffs.explored import first_state
from archkit.tradeoffs.findings import Findings
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.preference import Preference

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ATTACK = "<script>alert(1)</script>"
WEIGHTS = {"success": 0.5, "security": 0.2, "cost": 0.3}


def weighed(chosen: str = "Tokens", *, rival: str = "Sessions", **given: object) -> Decision:
    criteria = [
        Criterion("success"),
        Criterion("security", "max", 1, 5),
        Criterion("cost", "min", 0, 100, "USD"),
    ]
    cells = [
        [Rate.reported(0.9, 20), Grade(4, provenance="stated"), Interval(40, 60)],
        [Rate(12, 16, provenance="observed"), Unknown(), Known(20, load=Load(1, capacity=4))],
    ]
    matrix = PerformanceMatrix(["Tokens", rival], criteria, cells)
    state = first_state(matrix, Preference.weights(WEIGHTS), draws=2_000, seed=3)
    made = decision_of(Findings(state), chosen, title="Who signs in?", agent="a")
    extra = {**made.extra, **given.pop("extra", {})}
    return replace(made, **{"decided_at": NOW - timedelta(days=90), **given}, extra=extra)


def document(memory: Memory, **given: object):
    with snapshot(memory) as state:
        return write(read(state, NOW, **given))


def test_it_is_told_from_the_matrix_to_what_would_change_it(memory):
    decision = memory.record_decision(weighed())
    made = document(memory)
    assert made.title == "How Tokens was weighed"
    assert made.lede.startswith("Who signs in? · a · decided on 28 August 2026 · 2 alternatives")
    matrix = body(made, "weighed")
    assert "◇ reported" in matrix
    assert "○ stated" in matrix
    assert "1 of 6 cells unknown" in matrix
    assert "2,000 draws, seed 3" in matrix
    assert "success 50 % ↑ more is better" in body(made, "weights")
    assert decision.extra[KEY]["finding"].split(". ")[0] in body(made, "ranking")
    assert "how often each holds each rank" in body(made, "ranking")
    assert "What each criterion adds to the lead." in body(made, "why")
    flips = body(made, "flips")
    assert re.search(r"Tokens wins until the weight of cost exceeds 0\.\d\d \(now 0\.30\)", flips)
    assert "then Sessions does" in flips
    assert "today&#x27;s load Tokens still leads. Past their capacity: Sessions." in flips
    assert "One row an uncertain figure or weight." in flips
    assert "Measure security of Sessions next" in body(made, "next")
    assert "Nothing that was weighed has been observed of Tokens yet." in body(made, "came")
    assert set(made.frames) >= {"matrix", "weights", "ranking", "weight_flips", "worth", "came"}
    assert len(made.frames["matrix"]) == 6


def test_it_is_the_same_each_time(memory):
    memory.record_decision(weighed())
    assert as_page(document(memory)) == as_page(document(memory))


def test_a_flip_point_is_where_the_two_are_level(memory):
    memory.record_decision(weighed())
    made = document(memory)
    row = made.frames["weight_flips"].iloc[0].to_dict()
    values = made.frames["matrix"].pivot(index="alternative", columns="criterion", values="value")
    at = {name: weight for name, weight in WEIGHTS.items() if name != row["criterion"]}
    rest = sum(at.values())
    level = {name: (1 - row["flips_at"]) * weight / rest for name, weight in at.items()}
    level[row["criterion"]] = row["flips_at"]
    scores = [sum(values.loc[name, c] * w for c, w in level.items()) for name in values.index]
    assert scores[0] == pytest.approx(scores[1])


def test_what_came_stands_beside_what_was_predicted(memory):
    decision = memory.record_decision(weighed())
    memory.record_outcome(decision, success=False, scores={"security": 0.4})
    made = document(memory)
    assert "Predictions beside what came" in body(made, "came")
    tiles = visible(made.before)
    assert re.search(r"Came to 0\.\d\d n 1 outcomes; 1 of 6 unknown", tiles)
    assert re.search(r"Rank 1 of 2 Tokens, by expected value First in \d+ % of n 2,000", tiles)


def test_taking_another_than_the_leader_is_said(memory):
    memory.record_decision(weighed("Sessions"))
    made = document(memory)
    assert "Sessions was taken, though Tokens has the highest value." in body(made, "ranking")


def test_the_latest_that_was_weighed_is_meant_by_default(memory):
    memory.record_decision(weighed(decided_at=NOW - timedelta(days=200), title="Older"))
    memory.record_decision(weighed(title="Newer"))
    memory.record_decision(Decision("Not weighed", decided_at=NOW))
    assert document(memory).lede.startswith("Newer")


def test_a_decision_that_was_not_weighed_is_refused_and_so_is_a_matrix_nobody_can_read(memory):
    plain = memory.record_decision(Decision("Bare"))
    with pytest.raises(ReportError) as error:
        document(memory, decision=plain.decision_id)
    assert error.value.what == "The decision 'Bare' was not weighed in an explorer."
    with pytest.raises(ReportError) as error:
        document(memory)
    assert "archkit.explore(matrix)" in error.value.mend
    memory.record_decision(Decision("Broken", extra={KEY: {"version": 99}}))
    with pytest.raises(ReportError) as error:
        document(memory)
    assert "no exploration that can be reopened" in error.value.what


def test_an_unknown_decision_is_refused_with_the_nearest(memory):
    decision = memory.record_decision(weighed())
    with pytest.raises(ReportError) as error:
        document(memory, decision="who signs out")
    assert decision.decision_id in error.value.why


def test_a_simulated_decision_says_so(memory):
    memory.record_decision(weighed(extra={"source": "simulated"}))
    made = document(memory)
    assert made.title == "How Tokens was weighed (simulated)"
    assert "simulated: made-up data" in made.lede
    assert "This decision is simulated" in visible(made.before)


def test_names_are_text_and_one_alternative_alone_is_a_page(memory):
    memory.record_decision(weighed(rival=ATTACK))
    assert ATTACK not in as_page(document(memory))
    matrix = PerformanceMatrix(["Alone"], [Criterion("success")], [[Rate(3, 4)]])
    state = first_state(matrix, None, draws=500, seed=1)
    memory.record_decision(replace(decision_of(Findings(state), "Alone"), decided_at=NOW))
    made = document(memory)
    assert "Alone has no rival" in body(made, "ranking")
    assert "nothing can overtake it" in body(made, "flips")
