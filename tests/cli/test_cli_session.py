"""`archkit session`: brief, questions, proposal; what is kept, and what is not."""

import json

import pytest
from archkit_shell import BRIEF, invoke, shown, told

from archkit.architect.dialogue import Option, Question, Questions
from archkit.cli.screen import Screen
from archkit.cli.session import answers_in, ask_all
from archkit.errors import SessionError, StoreError
from archkit.memory.memory import Memory


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "README.md").write_text("# Shop\n", encoding="utf-8")
    return folder


def at(tmp_path, shop):
    return ("--workspace", shop, "--memory", tmp_path / "data" / "m.duckdb")


def test_a_session_ends_with_its_id_and_is_in_the_memory(worked, said):
    held = said["session"]
    assert (held["stage"], held["client"], held["project"]) == ("proposed", "offline", "shop")
    assert held["memory"]["on"] is True
    assert held["proposal"]["missing"] == []
    assert held["choices"][0]["slug"] == "jwt-refresh-redis"
    with Memory(worked) as memory:
        ids = list(memory.sql("SELECT session_id FROM session_log")["session_id"])
    assert ids == [held["session_id"]]


def test_questions_are_asked_and_answers_read_line_by_line(tmp_path, shop):
    result = invoke("session", BRIEF, *at(tmp_path, shop), input="2\n\n")
    assert result.exit_code == 0, result.output
    assert "Must access end at once" in result.stderr
    assert "Must access end at once" not in result.stdout.split("Executive Summary")[0]
    last = result.stdout.strip().splitlines()[-1]
    assert last.startswith("session ")
    with Memory(tmp_path / "data" / "m.duckdb") as memory:
        asked = memory.sql("SELECT text FROM message_log WHERE role = 'user' ORDER BY n")["text"]
    assert "no, within minutes will do" in asked.iloc[-1]


def test_yes_asks_nothing_and_says_how_much_stays_open(tmp_path, shop):
    result = invoke("session", BRIEF, "--yes", *at(tmp_path, shop))
    assert result.exit_code == 0, result.output
    assert "A number takes an option" not in result.stderr
    assert "questions are open: they will be assumed" in result.stderr


@pytest.mark.parametrize("text", ['{"revocation": "at-once"}', "revocation: at-once\n"])
def test_answers_come_from_a_file(tmp_path, shop, text):
    file = tmp_path / "answers.yaml"
    file.write_text(text, encoding="utf-8")
    held = told("session", BRIEF, "--yes", "--answers", file, *at(tmp_path, shop))
    answered = {q["key"]: q["answer"] for q in held["questions"]}
    assert answered["revocation"] == "at-once"
    vetoed = {c["slug"] for c in held["choices"] if c["veto"]}
    assert "jwt-refresh-redis" in vetoed


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words", "1: 2", "a: [", "\xff"])
def test_a_file_without_answers_by_key_is_refused(tmp_path, text):
    file = tmp_path / "answers.yaml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(SessionError):
        answers_in(file)
    with pytest.raises(SessionError, match="cannot be read"):
        answers_in(tmp_path / "nowhere.json")


def test_a_key_that_is_no_question_s_is_an_error(tmp_path, shop):
    file = tmp_path / "answers.json"
    file.write_text('{"nonsense": 1}', encoding="utf-8")
    result = invoke("session", BRIEF, "--yes", "--answers", file, *at(tmp_path, shop))
    assert result.exit_code == 1
    assert "No question is called 'nonsense'" in result.stderr


def test_the_proposal_is_written_once(tmp_path, shop):
    out = tmp_path / "docs" / "proposal.md"
    held = told("session", BRIEF, "--yes", "--out", out, *at(tmp_path, shop))
    assert out.read_text("utf-8").rstrip() == held["proposal"]["text"].rstrip()
    result = invoke("session", BRIEF, "--yes", "--out", out, *at(tmp_path, shop))
    assert result.exit_code == 2
    assert "is there already" in " ".join(result.stderr.split())


def test_a_brief_can_come_from_a_pipe(tmp_path, shop):
    held = told("session", "-", *at(tmp_path, shop), input=BRIEF)
    assert held["brief"] == BRIEF
    assert all(q["answer"] is None for q in held["questions"])


def test_without_a_memory_nothing_is_made_and_it_says_so(tmp_path, shop, monkeypatch):
    monkeypatch.setenv("ARCHKIT_DATA", str(tmp_path / "default"))
    text = shown("session", BRIEF, "--yes", "--no-memory", "--workspace", shop)
    assert "Nothing was kept: no memory was given." in text
    assert "archkit decide" not in text
    assert not (tmp_path / "default").exists()


def test_a_project_s_status_file_turns_the_memory_off_here_too(tmp_path, shop):
    status = shop / "docs" / "development" / "status.xml"
    status.parent.mkdir(parents=True)
    status.write_text('<feature-status>\n<aml enabled="false"/>\n</feature-status>', "utf-8")
    held = told("session", BRIEF, "--yes", *at(tmp_path, shop))
    assert held["memory"] == {
        "on": False,
        "reason": "docs/development/status.xml, line 2, turns the memory off",
    }
    assert not (tmp_path / "data").exists()


def test_an_empty_brief_is_an_error(tmp_path, shop):
    result = invoke("session", " ", *at(tmp_path, shop))
    assert result.exit_code == 1
    assert "The brief is empty" in result.stderr
    assert not (tmp_path / "data").exists()


def test_numbers_take_options_and_the_end_of_input_leaves_the_rest_open(capsys):
    options = (Option("web"), Option("mobile"), Option("devices"))
    questions = Questions(
        (
            Question("clients", "Who calls?", options=options),
            Question("users", "How many?"),
            Question("growth", "How fast?", options=options),
            Question("team", "Who builds it?"),
        )
    )
    lines = iter(["1, 3\n", "5000\n", "7\n", ""])
    assert ask_all(Screen(), questions, lambda: next(lines)) == {
        "clients": "web, devices",
        "users": "5000",
        "growth": "7",
    }
    assert "2) mobile" in capsys.readouterr().err


def test_the_card_decides_how_the_memory_learns(tmp_path, shop):
    card = tmp_path / "frozen.md"
    card.write_text(
        "---\nname: frozen\ndescription: Learns nothing.\naml_enabled: true\n"
        "aml_config:\n  learning_rate: 0\n---\nYou design.\n",
        encoding="utf-8",
    )
    held = told("session", BRIEF, "--yes", "--card", card, *at(tmp_path, shop))
    assert {c["success_rate"] for c in held["choices"]} == {0.5}
    assert json.dumps(held)


def test_a_session_on_record_goes_on(worked, said, tmp_path):
    (tmp_path / "shop").mkdir()
    at = ("--workspace", tmp_path / "shop", "--memory", worked)
    again = told("session", "--resume", "last", "--yes", *at)
    assert again["session_id"] == said["session"]["session_id"]
    assert again["brief"] == said["session"]["brief"]
    assert again["project"] == said["session"]["project"]
    with Memory(worked) as memory:
        made = memory.sql("SELECT version FROM proposal ORDER BY version")["version"]
    assert list(made) == [1, 2]


def test_going_on_makes_no_memory_where_there_is_none(tmp_path, shop):
    result = invoke("session", "--resume", "last", *at(tmp_path, shop))
    assert result.exit_code == 1
    assert "There is no memory at" in result.stderr
    assert not (tmp_path / "data").exists()


def test_a_memory_without_sessions_says_so(tmp_path, shop):
    with Memory(tmp_path / "data" / "m.duckdb") as memory:
        memory.append("activity", {"summary": "x"})
    result = invoke("session", "--resume", "last", *at(tmp_path, shop))
    assert result.exit_code == 1
    assert "There is no session yet." in result.stderr


def test_what_came_up_on_the_way_is_said_after_the_proposal(tmp_path, shop, monkeypatch):
    append, calls = Memory.append, []

    def full(memory, kind, *given, **filed):
        calls.append(kind)
        if kind == "proposal":
            raise StoreError("It cannot be written.", why="The disk is full.", mend="Free some.")
        return append(memory, kind, *given, **filed)

    monkeypatch.setattr(Memory, "append", full)
    result = invoke("session", BRIEF, "--yes", *at(tmp_path, shop))
    assert result.exit_code == 0
    assert "not on record yet" in " ".join(result.stderr.split())
    assert "Executive Summary" in result.stdout


@pytest.mark.parametrize(
    "given", [(), ("A brief", "--resume", "last"), ("--resume", "last", "--no-memory")]
)
def test_a_session_begins_or_goes_on(worked, given):
    memory = () if "--no-memory" in given else ("--memory", worked)
    assert invoke("session", *given, *memory).exit_code == 2


def test_what_a_session_may_cost_and_do_is_said_when_it_begins(tmp_path, shop, monkeypatch):
    from archkit.architect.session import Session

    begun = []
    begin = Session.__init__

    def noted(self, *given, **settings):
        begun.append(settings)
        begin(self, *given, **settings)

    monkeypatch.setattr(Session, "__init__", noted)
    allowed = ("--allow", "Write(docs/**)", "--allow", "Edit", "--max-cost", "0.5")
    assert invoke("session", BRIEF, "--yes", *allowed, *at(tmp_path, shop)).exit_code == 0
    assert begun[0]["permissions"] == ["Write(docs/**)", "Edit"]
    assert begun[0]["max_cost_usd"] == 0.5


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (("--max-cost", "0"), 2, "must be above 0"),
        (("--max-cost", "-1"), 2, "must be above 0"),
        (("--allow", "rm -rf ("), 1, "no tool's name"),
    ],
)
def test_a_limit_or_rule_that_nothing_could_keep_to_is_refused(tmp_path, shop, given, code, said):
    result = invoke("session", BRIEF, "--yes", *given, *at(tmp_path, shop))
    assert result.exit_code == code
    assert said in " ".join(result.stderr.split())
    assert not (tmp_path / "data" / "m.duckdb").exists()
