"""What a session weighed becomes a matrix; what was found goes back to it as an answer."""

from __future__ import annotations

import pytest

from archkit.architect.session import Session
from archkit.errors import ArchkitError
from archkit.memory.memory import Memory
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.widgets import explore, matrix_of, reopen
from archkit.widgets.explorer_session import tradeoffs_noted

BRIEF = "Log-in for a multi-tenant SaaS with mobile and web clients"


@pytest.fixture
def session(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    with Memory(tmp_path / "memory.duckdb") as memory:
        session = Session("backend-architect", memory, workspace=folder, client="offline")
        session.brief(BRIEF)
        session.propose()
        session.kept_in = memory
        yield session
        session.close()


def test_the_ranking_of_a_session_becomes_its_matrix(session):
    matrix = matrix_of(session)
    assert len(matrix.alternatives) > 1
    assert session.ranking.best.pattern.name in matrix.alternatives
    assert matrix.cell(matrix.alternatives[0], "success_rate").kind == "rate"


def test_a_trade_off_the_architect_noted_is_a_matrix_with_what_the_memory_knows(session):
    noted = {name: others for name, others in tradeoffs_noted(session).items() if others}
    choice, others = next(iter(noted.items()))
    matrix = matrix_of(session, choice)
    assert matrix.alternatives == (choice, *dict.fromkeys(others))


def test_a_choice_nobody_weighed_is_refused(session):
    with pytest.raises(ArchkitError):
        matrix_of(session, "a choice of wallpapers")


def test_before_anything_was_weighed_there_is_no_matrix(tmp_path):
    with pytest.raises(ArchkitError, match="nothing to compare"):
        matrix_of(Session("backend-architect", client="offline", workspace=tmp_path))


def test_the_result_is_told_to_the_architect_as_an_answer(session):
    shown = explore(matrix_of(session), session=session, draws=500)
    shown._face._buttons["answer"].click()
    told = shown.answer()
    assert "I weighed the alternatives" in told
    assert shown.findings.order[0] in told
    assert session._answers[""].count(told) == 2  # by the button, and by the call


def test_a_decision_made_in_a_session_is_the_sessions_and_can_be_reopened(session):
    matrix = PerformanceMatrix(["Ours", "Theirs"], [Criterion("x")], [[0.5], [(0.2, 0.6)]])
    shown = explore(matrix, session=session, draws=500)
    decision = shown.save("Theirs", "why not")
    assert session.decisions == [decision]
    kept = session.kept_in.decision(decision.decision_id)
    assert kept.session_id == session.session_id
    assert reopen(kept).state == shown.state
