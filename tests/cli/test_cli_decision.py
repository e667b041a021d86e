"""`archkit decide` and `archkit outcome`: recorded by id, and what the memory learns."""

import pytest
from archkit_shell import BRIEF, invoke, shown, told

from archkit.architect.later import decide_later
from archkit.cli.decision import whole_id
from archkit.errors import SessionError, StoreError
from archkit.memory.memory import Memory
from archkit.records import utc_now


def test_a_decision_is_recorded_with_its_forecast_and_alternatives(worked, said):
    made = said["decide"]["decision"]
    assert made["chosen"] == "JWT + Refresh Tokens + Redis"
    assert made["patterns"] == ["jwt-refresh-redis"]
    [taken] = [c for c in said["session"]["choices"] if c["slug"] == "jwt-refresh-redis"]
    assert made["confidence"] == pytest.approx(taken["success_rate"])
    [other] = made["alternatives"]
    assert (other["pattern"], other["predicted"]) == (
        "session-redis",
        pytest.approx(0.85, abs=0.01),
    )
    with Memory(worked) as memory:
        row = memory.sql("SELECT * FROM session_log").iloc[0]
        steps = memory.sql("SELECT n, status FROM step_log ORDER BY n")
        kept = memory.decision(said["decide"]["decision_id"])
    assert (row["status"], row["stage"], row["decisions"]) == ("ended", "decided", 1)
    assert list(steps["n"]) == list(range(1, 13))
    assert kept.session_id == said["session"]["session_id"]
    assert sorted(kept.context["clients"]) == ["mobile", "web"]


def test_an_outcome_moves_the_rate_and_says_what_is_known_now(said):
    found = said["outcome"]
    assert found["outcome"]["scores"] == {"performance": 0.91}
    [row] = found["patterns"]
    assert (row["slug"], row["n"], row["provenance"]) == (
        "jwt-refresh-redis",
        39,
        "observed + reported",
    )
    assert row["low"] < row["success_rate"] < row["high"]
    assert found["learned"] == []


def test_what_the_memory_learned_is_said(worked):
    with Memory(worked) as memory:
        memory.record_pattern(
            memory.pattern("jwt-refresh-redis").__class__(
                "new-way", "A new way", kind="authentication", area="security", status="candidate"
            )
        )
    for n in range(3):
        brief = f"Sign people in, version {n}"
        shop = worked.parent
        held = told("session", brief, "--yes", "--workspace", shop, "--memory", worked)
        made = told(
            *("decide", held["session_id"], "A new way", "--pattern", "new-way"),
            *("--memory", worked),
        )
        result = invoke("outcome", made["decision_id"], "--success", "--memory", worked)
        assert result.exit_code == 0, result.output
        assert ("What the memory learned" in result.stdout) == (n == 2)
    assert "A new way: promoted" in " ".join(result.stdout.split())


def test_a_choice_that_is_said_not_to_fit_is_named(worked, tmp_path):
    answers = tmp_path / "a.yaml"
    answers.write_text("revocation: at-once\n", encoding="utf-8")
    told(
        *("session", BRIEF, "--yes", "--answers", answers),
        *("--workspace", worked.parent, "--memory", worked),
    )
    made = told("decide", "last", "jwt-refresh-redis", "--memory", worked)
    assert "is said not to fit here: Access must end at once" in made["warnings"][0]
    text = shown("decide", "last", "session-redis", "--memory", worked)
    assert "not to fit" not in text
    assert f"archkit outcome {text.split()[-1]} --success" in text


def test_words_of_one_s_own_can_be_chosen(worked):
    made = told("decide", "last", "Write it ourselves", "--confidence", ".4", "--memory", worked)
    assert (made["decision"]["patterns"], made["decision"]["confidence"]) == ([], 0.4)
    text = shown("outcome", made["decision_id"], "--failure", "--memory", worked)
    assert "No pattern learns from it" in text


def test_without_an_id_the_decisions_due_are_listed(worked):
    assert shown("outcome", "--memory", worked) == "Every decision has an outcome."
    made = told("decide", "last", "session-redis", "--title", "Later", "--memory", worked)
    due = told("outcome", "--memory", worked)["due"]
    assert [row["decision_id"] for row in due] == [made["decision_id"]]
    text = shown("outcome", "--memory", worked, env={"COLUMNS": "140"})
    assert made["decision_id"] in text
    assert "30 days ahead" in text


def test_ids_may_be_short_or_the_last(worked, said):
    whole = said["session"]["session_id"]
    with Memory(worked) as memory:
        assert whole_id(memory, whole, "session") == whole
        assert whole_id(memory, "last", "session") == whole
        assert whole_id(memory, f" {whole[:8]} ", "session") == whole
        for odd in (whole[:3], "nobody-at-all", ""):
            with pytest.raises(SessionError, match="No session begins with"):
                whole_id(memory, odd, "session")
        with pytest.raises(StoreError, match="No decision begins with"):
            whole_id(memory, "nobody-at-all", "decision")
        memory.append("session_started", {"brief": "b", "title": "t"}, session_id=whole[:-1] + "x")
        with pytest.raises(SessionError, match="Several sessions begin with"):
            whole_id(memory, whole[:8], "session")


@pytest.mark.parametrize("command", [("decide", "nobody-here", "x"), ("outcome", "nobody-here")])
def test_an_unknown_id_is_an_error(worked, command):
    result = invoke(*command, "--memory", worked)
    assert result.exit_code == 1
    assert "begins with 'nobody-here'" in result.stderr


def test_an_outcome_that_says_nothing_is_refused(worked):
    result = invoke("outcome", "last", "--memory", worked)
    assert result.exit_code == 1
    assert "Why:" in result.stderr


def test_a_session_without_a_proposal_cannot_be_decided_on(worked):
    with Memory(worked) as memory:
        memory.append("session_started", {"brief": "b", "title": "t"}, session_id="open-one")
        with pytest.raises(SessionError, match="nothing to decide on yet"):
            decide_later(memory, "open-one", "x", now=utc_now)
        with pytest.raises(SessionError, match="knows no session 'nobody'"):
            decide_later(memory, "nobody", "x")


def test_a_session_of_a_card_that_is_gone_can_still_be_decided_on(worked):
    with Memory(worked) as memory:
        memory.append(
            "session_started",
            {"brief": "Sign people in", "title": "Sign in"},
            session_id="gone",
            agent="no-such-card",
        )
        memory.append("proposal", {"text": "# P", "version": 1}, session_id="gone")
        memory.append("session_status", {"status": "open"}, session_id="bare")
        memory.append("proposal", {"text": "# P", "version": 1}, session_id="bare")
        bare = decide_later(memory, "bare", "Something of ours")
        assert (bare.title, bare.agent, bare.project) == ("", "", "")
        memory.append(
            "tool_call", {"n": 1, "tool": "query_patterns", "input": "odd"}, session_id="gone"
        )
        made = decide_later(memory, "gone", "session-redis")
        names = memory.sql("SELECT name FROM step_log WHERE session_id = 'gone' ORDER BY n")
    assert (made.patterns, made.agent) == (("session-redis",), "no-such-card")
    assert names["name"].iloc[-1] == "Write down lessons"


def test_what_has_no_evidence_forecasts_nothing(worked):
    taken = ("shared-schema-row-level-security", "-a", "schema-per-tenant")
    made = told("decide", "last", *taken, "--memory", worked)
    assert made["decision"]["confidence"] is None
    assert [a["predicted"] for a in made["decision"]["alternatives"]] == [None]
    text = shown("decide", "last", *taken, "--memory", worked)
    assert "none: there is no evidence yet" in text
    assert "forecast" not in text
