"""The report of one session, by its sections, and of sessions that went otherwise."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from report_text import body, visible

from archkit import figures, metrics
from archkit.architect.session import Session
from archkit.errors import ReportError
from archkit.memory.exchange import export
from archkit.memory.exchange_import import import_
from archkit.memory.memory import Memory
from archkit.memory.snapshot import snapshot
from archkit.records import Decision
from archkit.report import write_report
from archkit.report.page import as_page
from archkit.report.session_report import read, write

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ATTACK = "<script>alert(1)</script>"
FILED = {"agent": "backend-architect", "project": "shop"}
SECTIONS = ("asked", "questions", "transcript", "proposal", "decided", "steps", "cost")


class Talk:
    """A session logged as a Session logs one."""

    def __init__(self, memory: Memory, session_id: str = "01a20600-0000-7000-8000-0000000000aa"):
        self.memory, self.session_id, self.n = memory, session_id, 0

    def log(self, kind: str, payload: dict) -> None:
        self.memory.append(kind, payload, session_id=self.session_id, **FILED)

    def start(self, **given: object) -> Talk:
        began = {"brief": "Sign people in", "title": "Sign people in", "model": "m", "client": "x"}
        self.log("session_started", {**began, "aml_enabled": True, **given})
        return self

    def say(self, role: str, text: str, **given: object) -> None:
        self.n += 1
        tokens = {"input_tokens": 1000, "output_tokens": 100, "duration_ms": 1500.0}
        known = tokens if role == "assistant" else {}
        said = {"n": self.n, "role": role, "text": text, "content": []}
        self.log("message", {**said, "status": "complete", **known, **given})

    def call(self, tool: str, inp: object = None, **given: object) -> None:
        self.n += 1
        told = {"n": self.n, "tool": tool, "input": inp, "output": "{}", "duration_ms": 2.0}
        self.log("tool_call", {**told, **given})


def request(stage: str, **parts: object) -> str:
    inner = "".join(f"<{name}>{json.dumps(value)}</{name}>" for name, value in parts.items())
    return f'<request stage="{stage}">{inner}</request> Do it.'


def whole_talk(memory: Memory) -> Talk:
    talk = Talk(memory).start()
    briefing = {
        "message": "A shop.",
        "project": {"name": "shop", "files": 12, "complete": True},
        "briefing": {"summary": "A shop of 12 files.", "relevant_paths": ["app.py"]},
    }
    talk.say("user", request("questions", brief="Sign people in", briefing=briefing))
    asked = [{"key": "who", "text": "Whose accounts?", "why": "It decides."}, "Which tenants?"]
    talk.call("ask_questions", {"questions": asked})
    answers = [{"key": "who", "question": "Whose accounts?", "answer": f"ours {ATTACK}"}]
    talk.say("user", request("proposal", answers=answers))
    talk.say("assistant", "Here it is.", cost_usd=0.01)
    first = {"text": "# P\n\n## Executive Summary\n\nOne way.", "version": 1, "missing": []}
    talk.log("proposal", {**first, "findings": [], "stands": True})
    mended = {"text": "# P\n\n## Executive Summary\n\nAnother way.", "version": 2, "missing": []}
    talk.log("proposal", {**mended, "repair_of": 1, "findings": [], "stands": True})
    talk.log("step", {"n": 1, "phase": "Before", "name": "look", "status": "done", "reason": "so"})
    decision = memory.record_decision(
        Decision(
            "Tokens",
            title="Sign in",
            session_id=talk.session_id,
            decided_at=NOW - timedelta(days=60),
            confidence=0.8,
        )
    )
    memory.record_outcome(decision, success=True, observed_at=NOW - timedelta(days=20))
    talk.log("session_status", {"status": "ended", "stage": "decided"})
    return talk


def document(memory: Memory | None, **given: object):
    if memory is None:
        return write(read(None, NOW, **given))
    with snapshot(memory) as state:
        return write(read(state, NOW, **given))


def test_a_session_is_told_from_its_brief_to_what_it_took(memory):
    made = document(memory, session=whole_talk(memory).session_id)
    assert tuple(each.name for each in made.sections) == SECTIONS
    assert made.title == "Sign people in"
    assert "The briefing on shop: A shop of 12 files." in body(made, "asked")
    assert "app.py" in body(made, "asked")
    questions = body(made, "questions")
    assert "2 asked, 1 not answered." in questions
    assert "Whose accounts? It decides. ours &lt;script&gt;" in questions
    assert "Which tenants? not answered: the architect assumed what is usual" in questions
    assert "Another way." in body(made, "proposal")
    assert "From version 1 to version 2" in body(made, "proposal")
    assert "success ● observed" in body(made, "decided")
    assert "1 done, 11 still open" in body(made, "steps")
    assert "One turn read 1 thousand tokens and wrote 0.1" in body(made, "cost")
    tiles = visible(made.before)
    assert "Turns 1 1 tool call, 0 refused" in tiles
    assert "Tokens 1,100" in tiles
    assert "Time 1.5 s" in tiles
    assert "Cost $0.01" in tiles
    assert "Decisions 1 n 1 with an outcome, observed" in tiles
    assert ATTACK not in as_page(made)


def test_the_frames_beside_it_are_its_turns_questions_steps_calls_and_decisions(memory):
    frames = document(memory, session=whole_talk(memory).session_id).frames
    rows = {name: len(frame) for name, frame in frames.items()}
    known = {"turns": 1, "questions": 2, "steps": 1, "tool_calls": 1}
    assert rows == {**known, "decisions": 1, "outcomes": 1}
    assert frames["turns"]["cost_usd"].tolist() == [0.01]


def test_the_latest_is_meant_by_default_and_the_beginning_of_an_id_is_enough(memory):
    Talk(memory, "01a20500-0000-7000-8000-000000000001").start(title="Older", parent=None)
    whole_talk(memory)
    assert document(memory).title == "Sign people in"
    assert document(memory, session="01a20500").title == "Older"


def test_an_unknown_session_is_refused_with_the_nearest_and_how_to_list_all(memory):
    whole_talk(memory)
    with pytest.raises(ReportError) as error:
        document(memory, session="sign people out")
    assert error.value.what == "The memory knows no session 'sign people out'."
    assert error.value.why.startswith("The nearest: 01a20600-0000-7000-8000-0000000000aa (Sign")
    assert "FROM session_log" in error.value.mend


def test_a_memory_without_sessions_says_how_to_begin_one(memory):
    with pytest.raises(ReportError) as error:
        document(memory)
    assert error.value.what == "There is no session to report."
    assert "Session(…).brief(…)" in error.value.mend


def test_an_interrupted_session_says_how_to_go_on(memory):
    talk = Talk(memory).start()
    talk.say("user", request("questions", brief="Sign people in"))
    talk.say("assistant", "half a", status="interrupted")
    talk.log("session_status", {"status": "interrupted", "stage": "questions"})
    made = document(memory)
    asked = body(made, "asked")
    assert "It broke off at the stage questions; what was said until then is kept." in asked
    assert "Session.resume(" in asked
    assert "architect (interrupted) half a" in body(made, "transcript")
    assert "1 broke off" in body(made, "cost")


def test_a_session_in_which_nothing_was_said_is_a_page_all_the_same(memory):
    Talk(memory).start()
    made = document(memory)
    assert "Nothing was said yet." in body(made, "transcript")
    assert "Nothing was asked." in body(made, "questions")
    assert "No proposal was made." in body(made, "proposal")
    assert "Nothing was decided in it." in body(made, "decided")
    assert "No step was logged." in body(made, "steps")
    assert "No turn of a model is on record yet." in body(made, "cost")
    assert "Turns 0" in visible(made.before)
    assert "<h1>Sign people in</h1>" in as_page(made)


def test_of_200_turns_the_ends_stand_open_and_the_page_stays_small(memory):
    talk = Talk(memory).start()
    for n in range(200):
        talk.say("assistant", f"turn {n + 1} says " + "word " * 1500)
        for _ in range(7 if n == 100 else 1):
            talk.call("Read", {"file_path": "a.py"}, output="line\n" * 3000)
    made = document(memory)
    said = next(each.body for each in made.sections if each.name == "transcript")
    assert len(said) < 3_000_000
    assert "+ 360 lines between: how it went on" in visible(said)
    assert "7 tool calls: Read 7" in visible(said)
    assert said.index("turn 1 says") < said.index("+ 360 lines") < said.index("turn 200 says")
    assert "200 turns read 200 thousand tokens" in body(made, "cost")


def test_a_session_whose_memory_was_off_is_shown_from_itself_without_its_secrets(tmp_path):
    key = "sk-ant-api03-" + "a" * 95
    session = Session("backend-architect", None, workspace=tmp_path, client="offline")
    session.brief(f"Sign in customers of a shop. {key}")
    session.propose()
    session.decide("JWT", rationale=f"stateless, {key}")
    session.close()
    page = write_report(None, tmp_path / "r.html", kind="session", session=session, now=NOW)
    text = page.read_text("utf-8")
    told = visible(text)
    assert "sk-ant-api03" not in text
    assert "saw no evidence" in told
    assert "nobody will be asked what came of these" in told
    assert "JWT" in told
    assert "kept in no memory" in told
    assert "tokens are estimates: no model was asked, nothing was spent" in told


def test_neither_memory_nor_session_is_an_error_that_says_what_to_hand_in():
    with pytest.raises(ReportError) as error:
        document(None)
    assert "session=session" in error.value.mend


def test_a_made_up_session_says_so_and_that_nothing_was_spent(memory):
    talk = Talk(memory, "sim1-s1").start(client="simulated", model="simulated")
    talk.say("assistant", "made up", cost_usd=0.3)
    made = document(memory)
    assert "simulated: made-up data" in made.lede
    assert "This session is simulated : made-up data." in visible(made.before)
    assert "0.30 US dollars, simulated: nothing was spent" in visible(made.before)
    assert "all simulated: made-up data, nothing was spent" in body(made, "cost")


def test_an_imported_session_says_where_it_was_held(memory, tmp_path):
    whole_talk(memory)
    export(memory, tmp_path / "handed")
    with Memory(tmp_path / "other.duckdb", library=False) as other:
        import_(other, tmp_path / "handed", dry_run=False)
        made = document(other)
    origin = tmp_path.name
    assert made.lede.startswith(f"A session with backend-architect, imported from {origin} · ")
    assert f"was imported from {origin}: it is reported" in visible(made.before)
    assert "imported" not in document(memory).lede


def test_no_metric_calls_what_another_memory_recorded_observed(memory, tmp_path):
    whole_talk(memory).call("query_patterns", {})
    export(memory, tmp_path / "handed")
    with Memory(tmp_path / "other.duckdb", library=False) as other:
        import_(other, tmp_path / "handed", dry_run=False)
        frames = {
            "costs": metrics.session_costs(other),
            "steps": metrics.step_shares(other),
            "latency": metrics.query_latency(other),
            "pace": metrics.pace(other).query("n > 0"),
        }
    assert all(len(frame) for frame in frames.values())
    assert {name: set(frame["provenance"]) for name, frame in frames.items()} == {
        name: {"reported"} for name in frames
    }
    assert (frames["pace"]["reported"] == frames["pace"]["n"]).all()
    for draw, name in (
        (figures.session_costs, "costs"),
        (figures.session_steps, "steps"),
        (figures.query_latency, "latency"),
        (figures.pace, "pace"),
    ):
        drawn = draw(frames[name])
        assert "reported" in drawn.layout.meta["subtitle"]
        assert "observed" not in str(drawn.layout.meta)


def test_agents_that_it_started_are_listed_with_what_they_took(memory):
    talk = whole_talk(memory)
    child = Talk(memory, "01a20700-0000-7000-8000-0000000000bb")
    child.start(title="Look around", parent_session_id=talk.session_id)
    child.say("assistant", "seen", cost_usd=0.5)
    made = document(memory)
    assert made.title == "Sign people in"
    assert "1 agent that it started; their turns are not in the figure." in body(made, "cost")
    assert "Look around" in body(made, "cost")
