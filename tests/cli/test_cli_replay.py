"""`archkit replay`: a session from the record alone, as text, as JSON, as a script."""

from archkit_shell import invoke, shown, told

from archkit.architect.script import read_script


def test_a_session_is_shown_step_by_step(worked, said):
    text = shown("replay", "last", "--memory", worked)
    assert said["session"]["brief"].split(",")[0] in text
    for part in ("query_patterns", "ask_questions", "Executive Summary", "Decided: "):
        assert part in text
    order = [text.index(p) for p in ("query_patterns", "Executive Summary", "Decided: ")]
    assert order == sorted(order)


def test_programs_get_what_was_said(worked, said):
    made = told("replay", "last", "--memory", worked)
    assert made["session_id"] == said["session"]["session_id"]
    assert made["stage"] == "decided"
    first, second = made["said"][:2]
    assert (first["tool"], first["input"]) == ("query_patterns", {"query": made["brief"]})
    assert second["role"] == "user"
    assert made["decisions"][0]["decision_id"] == said["decide"]["decision_id"]
    assert made["script"] is None


def test_a_script_is_written(worked, tmp_path, said):
    target = tmp_path / "s.json"
    made = told("replay", "last", "--script", target, "--memory", worked)
    assert made["script"].endswith("s.json")
    script = read_script(target)
    assert script.brief == said["session"]["brief"]
    assert script.turns[-1].blocks[0]["text"] == said["session"]["proposal"]["text"]
    again = invoke("replay", "last", "--script", target, "--memory", worked)
    assert again.exit_code == 1
    assert "could not be written" in again.stderr


def test_a_session_nobody_knows_is_refused(worked):
    result = invoke("replay", "nobody", "--memory", worked)
    assert result.exit_code == 1
    assert "No session begins with 'nobody'" in result.stderr
