"""A report shows how decisions with a matrix were weighed, and what came of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from archkit.memory.memory import Memory
from archkit.records import Decision
from archkit.report import write_report
from archkit.tradeoffs.cell import Grade, Interval, Rate, Unknown
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.decided import KEY, decision_of
from archkit.tradeoffs.explored import first_state
from archkit.tradeoffs.findings import Findings
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.preference import Preference

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ATTACK = "<script>alert(1)</script>"
MOST_BYTES = 60_000


@pytest.fixture
def memory(tmp_path):
    with Memory(tmp_path / "data" / "archkit.duckdb", library=False) as memory:
        yield memory


def decided(chosen="Tokens", rival="Sessions", draws=2_000):
    criteria = [Criterion("success"), Criterion("security", "max", 1, 5)]
    cells = [[Rate.reported(0.9, 20), Grade(4)], [Interval(0.6, 0.9), Unknown()]]
    matrix = PerformanceMatrix([chosen, rival], criteria, cells)
    state = first_state(matrix, Preference.order(["success"]), draws=draws, seed=1)
    return decision_of(Findings(state), chosen)


def report(memory, tmp_path):
    return write_report(memory, tmp_path / "report.html", now=NOW, force=True).read_text("utf-8")


def test_a_decision_with_a_matrix_shows_its_ranking_its_ranks_what_to_measure_and_its_flip(
    memory, tmp_path
):
    memory.record_decision(Decision("Without a matrix"))
    before = report(memory, tmp_path)
    assert "was weighed" not in before
    decision = memory.record_decision(decided())
    text = report(memory, tmp_path)
    assert "How Tokens was weighed" in text
    for kind in ("ranking", "ranks", "worth"):
        assert f'data-figure="weighed-0-{kind}-figure"' in text
    assert "weighed-0-regret" not in text
    assert "Nothing that was weighed has been observed of Tokens yet." in text
    assert decision.extra[KEY]["finding"].split(". ")[-1] in text
    assert "order only: success" in text
    assert len(text) - len(before) < MOST_BYTES


def test_once_an_outcome_is_known_it_stands_beside_the_predictions(memory, tmp_path):
    decision = memory.record_decision(decided())
    memory.record_outcome(decision, success=True)
    text = report(memory, tmp_path)
    assert 'data-figure="weighed-0-regret-figure"' in text
    assert "Predictions beside what came" in text


def test_the_newest_two_are_drawn_and_the_others_named(memory, tmp_path):
    for name in ("First", "Second", "Third"):
        memory.record_decision(decided(name))
    text = report(memory, tmp_path)
    assert len(re.findall(r'<section class="weighed"', text)) == 2
    assert "1 older decision with a matrix: " in text


def test_a_matrix_that_cannot_be_read_is_said_and_the_report_is_written(memory, tmp_path):
    memory.record_decision(Decision("Tokens", extra={KEY: {"version": 99}}))
    memory.record_decision(Decision("Sessions", extra={KEY: "no mapping"}))
    text = report(memory, tmp_path)
    assert "This record holds no exploration that can be reopened." in text
    assert "cannot be reopened" in text


def test_names_are_text_and_a_record_that_asks_for_a_billion_draws_gets_twenty_thousand(
    memory, tmp_path
):
    decision = decided(ATTACK, "Sessions")
    decision.extra[KEY]["draws"] = 10**9
    memory.record_decision(decision)
    text = report(memory, tmp_path)
    assert ATTACK not in text
    assert "20,000 draws, seed 1" in text
