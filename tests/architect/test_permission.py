import threading
from types import SimpleNamespace

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_client import answer, text, use
from tool_talk import Talk, card_of, refusal, run

from archkit.architect.permission import Permissions, Rule, Verdict
from archkit.architect.tool import ToolFailedError
from archkit.errors import SessionError


@pytest.fixture(autouse=True)
def _on_somebodys_machine(monkeypatch):
    monkeypatch.delenv("CI", raising=False)  # where a shell is never offered


def granted(permissions, tool, subject=""):
    async def ask():
        return await permissions.granted(tool, {"x": subject}, subject=subject, summary="s")

    return anyio.run(ask)


def denied(permissions, tool, subject=""):
    with pytest.raises(ToolFailedError) as error:
        granted(permissions, tool, subject)
    assert error.value.refused
    return error.value.text


@pytest.mark.parametrize(
    ("rule", "tool", "subject"),
    [
        ("Write", "Write", "a/b.md"),
        ("Write(*)", "Write", "a/b.md"),
        ("MultiEdit", "Edit", "a.md"),
        ("Edit(docs/**)", "Edit", "docs/a/b.md"),
        ("Edit(docs/*.md)", "Edit", "docs/b.md"),
        ("Edit(**/b.md)", "Edit", "b.md"),
        ("Write(./a?.md)", "Write", "ab.md"),
        ("Bash(git log:*)", "Bash", "git log"),
        ("Bash(git log:*)", "Bash", "git  log --oneline -3"),
        ("Bash(make test)", "Bash", "make test"),
        ("Bash(make a; make b)", "Bash", "make a; make b"),
        ("mcp__files", "mcp__files__write", ""),
        ("mcp__files__*", "mcp__files__write", ""),
        ("mcp__files__write", "mcp__files__write", ""),
    ],
)
def test_rules_allow_what_they_say(rule, tool, subject):
    assert granted(Permissions({rule}), tool, subject) == f"rule: {Rule.read(rule)}"


@pytest.mark.parametrize(
    ("rule", "tool", "subject"),
    [
        ("Write", "Edit", "a.md"),
        ("Edit(docs/**)", "Edit", "src/docs/a.md"),
        ("Edit(docs/*)", "Edit", "docs/a/b.md"),
        ("Edit(docs/**)", "Edit", "docs2/a.md"),
        ("Edit(a.md)", "Edit", "a.md\n"),
        ("Bash(git log:*)", "Bash", "git logs"),
        ("Bash(git log:*)", "Bash", "git log; rm -rf ."),
        ("Bash(git log:*)", "Bash", "git log $(touch x)"),
        ("Bash(git log:*)", "Bash", "git log\nrm -rf ."),
        ("Bash(git log:*)", "Bash", "git log > .bashrc"),
        ("Bash(git log:*)", "Bash", "X=1 git log"),
        ("Bash(make test)", "Bash", "make test all"),
        ("Bash(make test)", "Bash", "make\u2003test"),
        ("Bash(make test)", "Bash", "make\ntest"),
        ("Bash(make test:*)", "Bash", "make\xa0test"),
        ("mcp__files", "mcp__files2__write", ""),
        ("mcp__files__write", "mcp__files__read", ""),
    ],
)
def test_rules_allow_nothing_else(rule, tool, subject):
    assert denied(Permissions({rule}), tool, subject).startswith(f"{tool}: refused")


@given(st.text(alphabet="git log;&|<>$()`\n x-", max_size=30))
def test_no_command_behind_an_allowed_one_is_let_through(tail):
    fits = Rule.read("Bash(git log:*)").fits("Bash", f"git log{tail}")
    assert not fits or not set(tail) & set(";&|<>$()`\n")


@pytest.mark.parametrize(
    "wrong", [{"write"}, {"*"}, {"Read"}, {""}, {"Bash(git"}, {3}, "ask", "Write"]
)
def test_a_rule_that_allows_nothing_archkit_knows_is_an_error(wrong):
    with pytest.raises(SessionError) as error:
        Permissions.of(wrong)
    assert error.value.mend


def test_by_default_nothing_is_granted():
    permissions = Permissions.of("read_only")
    assert permissions.policy == "read_only"
    assert not permissions.may_grant("Write")
    assert "may only read" in denied(permissions, "Bash", "ls")


@pytest.mark.parametrize("yes", [True, "allow", Verdict(True)])
def test_the_user_is_asked_what_no_rule_allows(yes):
    asked = []
    permissions = Permissions({"Write"}, ask=lambda *given: asked.append(given) or yes)
    assert permissions.policy == "ask"
    assert granted(permissions, "Write") == "rule: Write"
    assert granted(permissions, "Bash", "make") == "user, once"
    assert granted(permissions, "Bash", "make") == "user, once"
    assert asked == [("Bash", {"x": "make"}, "s")] * 2


@pytest.mark.parametrize("no", [False, "deny", Verdict(False), None, 1, "yes", SimpleNamespace()])
def test_whatever_is_no_clear_yes_is_a_no(no):
    assert "denied by the user" in denied(Permissions.of(lambda *_: no), "Write")


def test_a_reason_is_told():
    permissions = Permissions.of(lambda *_: Verdict(False, "not that file"))
    assert denied(permissions, "Write") == "Write: denied by the user: not that file"


def test_a_callback_that_fails_grants_nothing():
    def ask(*_):
        raise OSError("the widget is gone")

    said = denied(Permissions.of(ask), "Write")
    assert said.startswith("Write: not permitted; the question to the user failed")


@pytest.mark.parametrize("allowed", [True, False])
def test_always_holds_for_the_session_and_for_the_same_command_only(allowed):
    asked = []

    def ask(tool, given, summary):
        asked.append((tool, given["x"]))
        return Verdict(allowed, always=True)

    permissions = Permissions.of(ask)
    for tool, subject in [("Write", "a"), ("Write", "b"), ("Bash", "ls"), ("Bash", "ls")]:
        if allowed:
            assert granted(permissions, tool, subject) == "user, for the session"
        else:
            denied(permissions, tool, subject)
    assert asked == [("Write", "a"), ("Bash", "ls")]
    try:
        granted(permissions, "Bash", "rm x")
    except ToolFailedError:
        assert not allowed
    assert asked[-1] == ("Bash", "rm x")


def test_each_grant_and_refusal_is_in_the_log(tmp_path):
    verdicts = iter([True, Verdict(False, "no")])
    talk = Talk(
        tmp_path,
        "Write, Edit, MultiEdit",
        answer(
            use("Write", "a", file_path="new.md", content="x"),
            use("Edit", "b", file_path="src/posts.py", old_string="one", new_string="1"),
            use("Read", "c", file_path="new.md"),
        ),
        answer(text("Done.")),
        permissions=lambda *_: next(verdicts),
    )
    assert talk.ask().text == "Done."
    write, edit, read = talk.calls
    assert (write.granted_by, write.is_error) == ("user, once", False)
    assert (edit.refused, edit.reason) == (True, "Edit: denied by the user: no")
    assert edit.granted_by == ""
    assert (read.refused, read.granted_by) == (True, "")
    assert write.as_payload()["granted_by"] == "user, once"
    assert talk.results()["b"]["is_error"] is True
    assert talk.box.files_modified == ["new.md"]
    assert talk.box.withheld == {}


def test_a_turn_can_be_cancelled_while_the_user_is_asked(tmp_path):
    asked, leave = threading.Event(), threading.Event()
    failed = []

    def ask(*_):
        asked.set()
        leave.wait()
        return True

    talk = Talk(
        tmp_path,
        "Write",
        answer(use("Write", "a", file_path="new.md", content="x")),
        answer(text("Then not.")),
        permissions=ask,
    )

    def turn():
        try:
            talk.ask()
        except SessionError as error:
            failed.append(error)

    thread = threading.Thread(target=turn)
    thread.start()
    assert asked.wait(20)
    talk.conversation.cancel()
    thread.join(20)
    assert not thread.is_alive()  # the user has not answered yet
    leave.set()
    assert failed[0].why == "It was cancelled."
    assert talk.conversation.status == "cancelled"
    assert not (talk.folder / "new.md").exists()
    assert talk.calls[0].output == "interrupted"
    assert talk.ask().text == "Then not."
    assert talk.results()["a"]["is_error"] is True
    assert not (talk.folder / "new.md").exists()


def test_a_card_limits_what_the_user_may_allow(tmp_path):
    card = card_of(tmp_path, "Bash(git log:*), Edit(docs/**)", disallowedTools="Bash(rm:*)")
    box = Talk(tmp_path, "", card=card, permissions={"Bash", "Edit"}).box
    assert "the card lists only Bash(git log:*)" in refusal(box, "Bash", command="ls").text
    edit = {"file_path": "src/posts.py", "old_string": "one", "new_string": "x"}
    assert "the card lists only Edit(docs/**)" in refusal(box, "Edit", **edit).text
    card = card_of(tmp_path, "Bash", disallowedTools="Bash(rm:*), Write")
    box = Talk(tmp_path, "", card=card, permissions={"Bash", "Write"}).box
    assert "Write" not in box.offered
    assert "disallows Bash(rm:*)" in refusal(box, "Bash", command="true && rm -r src").text
    assert run(box, "Bash", command="true") == "(no output)"
    box.close()


def test_what_a_card_does_not_list_is_not_had_whatever_is_allowed(tmp_path):
    names = ("Write", "Edit", "Bash", "WebSearch", "Task", "LS")
    talk = Talk(
        tmp_path,
        "Read",
        answer(*(use(name, f"u{n}", command="ls") for n, name in enumerate(names))),
        answer(text("Done.")),
        permissions=lambda *_: True,
        web=True,
    )
    talk.ask()
    assert [call.tool for call in talk.calls] == list(names)
    assert {call.reason for call in talk.calls} == {"the card 'tester' does not list it"}
    assert all(call.refused for call in talk.calls)


def test_a_card_may_name_tools_that_nobody_has(tmp_path):
    box = Talk(tmp_path, "Read, ExitPlanMode, mcp__x, Bash(git, 'Ü', Write(").box
    assert "Read" in box.offered
    assert set(box.withheld) >= {"ExitPlanMode", "mcp__x"}
    assert all(box.withheld.values())


def test_what_was_said_always_ends_with_the_session():
    asked = []
    mine = Permissions({"Write"}, ask=lambda *_: asked.append(1) or Verdict(True, always=True))
    for _ in range(2):
        session = Permissions.of(mine)
        assert granted(session, "Write") == "rule: Write"
        assert granted(session, "Edit") == "user, for the session"
        assert granted(session, "Edit") == "user, for the session"
    assert len(asked) == 2


@pytest.mark.parametrize("end", [SystemExit(3), KeyboardInterrupt()])
def test_a_callback_that_ends_its_program_ends_no_session(end):
    def ask(*_):
        raise end

    assert type(end).__name__ in denied(Permissions(ask=ask), "Write")
