import re
from types import SimpleNamespace

import pandas as pd
import pytest

from archkit.architect.briefing import Briefing
from archkit.architect.dialogue import Message, Note, Question, Tokens, ToolCall
from archkit.architect.proposing import Version
from archkit.errors import ArchkitError, StoreError
from archkit.memory.memory import Memory
from archkit.proposal.document import read_proposal
from archkit.proposal.rules import check_proposal
from archkit.records import Alternative, Decision
from archkit.widgets.panel_memory import decisions_to_judge, look_around, past_sessions
from archkit.widgets.panel_shown import (
    conversation,
    decisions_made,
    error_lines,
    facts,
    head,
    leave_asked,
    notices,
    proposal_view,
    question_head,
    stylesheet,
    versions,
)
from archkit.widgets.permission_desk import Request
from archkit.widgets.static_page import static_page

ATTACK = "<script>alert(1)</script>"
KEY = "sk-ant-api03-" + "a" * 93 + "AA"  # the shape of a key, and none


def session(**given):
    """Return what a panel looks at of a session."""
    fields = {
        "card": SimpleNamespace(name="tester"),
        "project": "shop",
        "stage": "new",
        "model": "claude-x",
        "client_kind": "claude",
        "client_reason": "a key is set",
        "gate": SimpleNamespace(on=True, reason="the card says so"),
        "tokens": Tokens(1200, 50, 300),
        "cost_usd": 0.0123,
        "session_id": "s-1",
        "asked": "",
        "transcript": [],
        "briefing": Briefing(),
        "steps": (),
        "proposal": None,
        "versions": [],
        "decisions": [],
    }
    return SimpleNamespace(**fields | given)


def said(text, role="assistant", **given):
    return Message(1, role, text, **given)


def test_the_head_says_who_answers_and_what_it_cost():
    line = head(session())
    assert "tester · claude-x (claude) · memory on" in line
    assert "tokens: 1,500 read, 50 written · cost 0.0123 USD" in line


@pytest.mark.parametrize(
    ("kind", "cost", "words"),
    [
        ("claude", None, "unknown"),
        ("offline", None, "none: no model was asked"),
        ("claude", 0.0, "0 USD"),
    ],
)
def test_an_unknown_cost_is_not_nothing(kind, cost, words):
    assert dict(facts(session(client_kind=kind, cost_usd=cost)))["cost"] == words


def test_offline_the_tokens_are_estimates():
    assert "(estimated)" in head(session(client_kind="offline", cost_usd=None))
    assert "no cost" in head(session(client_kind="offline", cost_usd=None))


def test_an_error_is_what_why_and_mend():
    error = ArchkitError(ATTACK, why="w", mend="m")
    shown = error_lines(error)
    assert shown.count("<p>") == 3
    assert ATTACK not in shown
    assert error_lines(None) == ""


def test_notices_are_said_once():
    assert notices(["a", "b", "a"]).count("<li>") == 2
    assert notices([]) == ""


def test_leave_is_asked_with_what_the_tool_was_given():
    request = Request("Write", {"file_path": "a.md", "content": ATTACK, "n": 3}, "Create a.md")
    shown = leave_asked(request)
    assert "<b>Write</b>: Create a.md" in shown
    assert "&lt;script&gt;" in shown
    assert "<summary>file_path" not in shown
    assert leave_asked(None) == ""


def test_long_input_of_a_tool_is_cut_and_said_so():
    shown = leave_asked(Request("Write", {"content": "x" * 5000}, "s"))
    assert "… 1,000 characters more" in shown


def test_nothing_said_yet_says_what_to_do():
    assert "Say what is to be built under Brief" in conversation(session())


def test_a_conversation_begins_with_the_brief_and_folds_what_is_long():
    brief = '<request stage="questions">\n<brief>"Sell books"</brief>\n</request>'
    asked = '<request stage="proposal"><answers>[{"key": "k", "question": "How?", "answer": "so"}]'
    turns = [
        ToolCall(1, "query_patterns", {"query": "x"}, '{"patterns": [{}, {}]}', duration_ms=2.4),
        said(brief, "user"),
        said("**Hm.**", content=({"type": "thinking", "thinking": "Let me see."},)),
        said(asked + "</answers></request>", "user"),
        said("x" * 5000),
        said("half", status="interrupted"),
        Note("The memory is off: no memory was given."),
    ]
    shown = conversation(session(transcript=turns))
    assert shown.index("Sell books") < shown.index("queried memory: 2 patterns, 2 ms")
    assert "<strong>Hm.</strong>" in shown
    assert "<summary>what it thought</summary>" in shown
    assert "How? <b>so</b>" in shown
    assert "a document of 5,000 characters" in shown
    assert "architect (interrupted)" in shown
    assert "The memory is off" in shown


def test_what_a_model_says_can_do_nothing_and_tells_no_secret():
    turns = [
        said(f'{ATTACK} <img src=x onerror="alert(1)"> [go](javascript:alert(1)) {KEY}'),
        said(ATTACK, content=({"type": "thinking", "thinking": f"{ATTACK} {KEY}"},)),
        ToolCall(3, "Bash", {"command": ATTACK}, f"{ATTACK} {KEY}", granted_by=ATTACK),
        said(f'<request stage="questions"><brief>"{ATTACK}"</brief></request>', "user"),
        Note(ATTACK),
    ]
    shown = conversation(session(transcript=turns))
    assert "<script" not in shown
    assert "<img" not in shown
    assert 'href="javascript' not in shown
    assert KEY not in shown


def test_a_refused_tool_call_says_so_and_who_let_others_happen():
    turns = [
        ToolCall(1, "Bash", {"command": "rm"}, "denied", is_error=True, refused=True, reason="no"),
        ToolCall(2, "Write", {"file_path": "a"}, "ok", granted_by="user, once"),
    ]
    shown = conversation(session(transcript=turns))
    assert "Bash: rm (refused)" in shown
    assert "granted by user, once" in shown


def test_a_question_is_shown_with_its_reason():
    shown = question_head(Question("k", f"How {ATTACK}?", why="It matters."), 2)
    assert shown.startswith('<p class="ak-question"><b>2. How &lt;script')
    assert "It matters." in shown


def version(number, text, **given):
    proposal = read_proposal(text)
    return Version(number, proposal, check_proposal(proposal), **given)


def test_versions_are_listed_where_there_are_several():
    made = [
        version(1, "# A\n"),
        version(2, "# A\n\n## 1. Executive Summary\n\nx\n", repair_of=1),
        version(3, "# A\n", repair_of=2, stands=False),
    ]
    shown = versions(made)
    assert "Version 2 of 3 stands" in shown
    assert shown.count("<tr>") == 4
    assert "repair of 2" in shown
    assert "no better" in shown
    assert versions(made[:1]) == ""


def test_a_proposal_is_shown_with_its_findings_or_what_to_do():
    assert "No proposal yet" in proposal_view(session())
    proposal = read_proposal(f"# A {ATTACK}\n")
    shown = proposal_view(session(proposal=proposal, versions=[version(1, "# A\n")]))
    assert "0 of 7 sections" in shown
    assert "<script" not in shown


def test_decisions_say_over_what_how_sure_and_why():
    made = Decision(
        "DataLoader", alternatives=(Alternative("Joins"),), confidence=0.9, rationale="batches"
    )
    assert "<b>DataLoader</b> over Joins; confidence 90\u202f%; batches" in decisions_made([made])
    assert "<b>A</b></li>" in decisions_made([Decision("A")])
    assert decisions_made([]) == ""


def test_the_static_page_holds_the_proposal_and_no_secret_and_hides_beside_the_panel():
    proposal = read_proposal(f"# Design\n\nUse {KEY}. {ATTACK}\n")
    made = session(
        proposal=proposal, asked=f"Build {KEY}", decisions=[Decision("DataLoader")], stage="decided"
    )
    shown = static_page(made, "p1")
    assert "Design" in shown
    assert "DataLoader" in shown
    assert "s-1" in shown
    assert KEY not in shown
    assert "<script" not in shown
    assert "<style>body:has(.archkit-panel-p1) .archkit-static-p1, " in shown


def test_a_static_page_of_a_new_session_says_so():
    assert "No brief yet." in static_page(session(), "p1")


def test_every_rule_of_the_style_stays_within_the_panel():
    text = stylesheet()
    assert text.count("{") == text.count("}")
    selectors = [part.rpartition("}")[2] for part in text.split("{")[:-1]]
    for selector in selectors:
        bare = selector.rpartition("*/")[2].replace(":is(.archkit-panel, ", ".archkit-panel (")
        for one in re.sub(r"\([^()]*\)", "", bare).split(","):
            assert ".archkit-panel" in one or ".archkit-static" in one, selector


SESSIONS = pd.DataFrame(
    {
        "session_id": ["a", "b", "c"],
        "parent_session_id": [None, "a", None],
        "brief": ["Sell books", "x", None],
        "title": ["Sell books", "x", None],
        "project": ["shop", "shop", "shop"],
        "stage": ["proposed", "new", "new"],
        "status": ["open", "open", "open"],
        "started_at": pd.to_datetime(["2026-01-02 03:04"] * 3, utc=True),
    }
)


def test_children_and_sessions_without_a_brief_are_not_taken_up():
    assert past_sessions(SESSIONS) == {"a": "2026-01-02 03:04 · Sell books · proposed, open"}
    assert past_sessions(SESSIONS.iloc[:0]) == {}


def test_only_sessions_of_the_same_card_and_project_are_offered(tmp_path):
    with Memory(tmp_path / "memory.duckdb", library=False) as memory:
        for name, agent, project in (
            ("a", "tester", "shop"),
            ("b", "tester", "x"),
            ("c", "o", "shop"),
        ):
            payload = {"brief": f"Brief {name}", "title": f"Brief {name}"}
            memory.append("session_started", payload, session_id=name, agent=agent, project=project)
        assert list(look_around(memory, session()).sessions) == ["a"]


def test_decisions_to_judge_are_this_sessions_then_those_that_wait():
    due = pd.to_datetime(["2026-03-01", "2026-02-01", "2026-01-01", "2026-01-01"], utc=True)
    known = pd.DataFrame(
        {
            "decision_id": ["x", "y", "z", "w"],
            "chosen": ["X", "Y", "Z", "W"],
            "title": [None, "of it", "t", "t"],
            "outcomes": [0, 0, 1, 0],
            "status": ["accepted", "accepted", "accepted", "rejected"],
            "due_at": due,
        }
    )
    first, last = Decision("A", decision_id="a", title="t"), Decision("B", decision_id="b")
    named = decisions_to_judge([first, last], known)
    assert list(named.items()) == [("b", "B"), ("a", "A: t"), ("y", "Y: of it"), ("x", "X")]
    assert decisions_to_judge([], None) == {}


def test_a_memory_that_cannot_be_read_is_a_notice():
    class Locked:
        def sql(self, *_, **__):
            raise StoreError("It is locked.", why="Another program has it.", mend="Close that.")

    seen = look_around(Locked(), session(decisions=[Decision("A", decision_id="a")]))
    assert seen.decisions == {"a": "A"}
    assert seen.notices == ("The memory cannot be read just now. Another program has it.",)
    assert look_around(None, session()).notices == ()


def test_decisions_that_no_memory_keeps_are_not_judged(tmp_path):
    off = SimpleNamespace(on=False, reason="the card says so")
    with Memory(tmp_path / "memory.duckdb", library=False) as memory:
        made = session(gate=off, decisions=[Decision("A", decision_id="a")])
        assert look_around(memory, made).decisions == {}
