"""`archkit train`, `export` and `import`: previewed, joined, and refused when they do not hold."""

import json

import pytest
from archkit_shell import invoke, shown, told

from archkit.memory.memory import Memory

ENTRY = {
    "slug": "edge-token-exchange",
    "name": "Edge token exchange",
    "kind": "authentication",
    "area": "security",
    "problem": "Partners call with tokens of their own",
}


@pytest.fixture
def lessons(tmp_path):
    file = tmp_path / "lessons.json"
    file.write_text(json.dumps([ENTRY]), encoding="utf-8")
    return file


def slugs(path):
    with Memory(path) as memory:
        return {pattern.slug: pattern.status for pattern in memory.patterns()}


def test_training_is_a_preview_until_it_is_applied(worked, lessons):
    text = shown("train", lessons, "--memory", worked)
    assert "1 pattern, 0 solutions from 1 file" in text
    assert "preview: nothing was changed" in text
    assert "edge-token-exchange" not in slugs(worked)
    text = shown("train", lessons, "--apply", "--memory", worked)
    assert "To undo: archkit reset candidates" in text
    assert slugs(worked)["edge-token-exchange"] == "candidate"
    text = shown("train", lessons, "--memory", worked)
    assert "known edge-token-exchange not taken" in text
    assert "Do it with --apply" not in text


def test_training_says_what_is_wrong_and_ends_with_one(worked, tmp_path):
    file = tmp_path / "odd.json"
    file.write_text(json.dumps([ENTRY, {**ENTRY, "slug": "nameless", "name": ""}]), "utf-8")
    result = invoke("train", file, "--apply", "--json", "--memory", worked)
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["patterns"] == ["edge-token-exchange"]
    assert {f["entry"] for f in report["findings"] if f["severity"] == "error"} == {"nameless"}
    assert "nameless" not in slugs(worked)


def test_an_export_is_joined_to_another_memory(worked, tmp_path):
    other = tmp_path / "other" / "m.duckdb"
    report = told("export", tmp_path / "out", "--format", "parquet", "--memory", worked)
    assert report["kinds"]["decision"] == 1
    assert not (tmp_path / "out").is_absolute() or not report["target"].startswith("/tmp")
    text = shown("import", tmp_path / "out", "--memory", other)
    assert "Would import" in text
    assert "preview: nothing was changed" in text
    brought = told("import", tmp_path / "out", "--apply", "--memory", other)
    assert brought["new"] > 0
    assert told("status", "--memory", other)["totals"]["decisions"] == 1
    again = shown("import", tmp_path / "out", "--apply", "--memory", other)
    assert "Imported 0 new" in again
    assert "To undo" not in again


def test_an_export_can_be_narrowed_and_anonymised(worked, tmp_path):
    report = told("export", tmp_path / "a", "--agent", "nobody", "--memory", worked)
    assert "decision" not in report["kinds"]
    report = told(
        *("export", tmp_path / "b", "--anonymise", "full", "--since", "30d"),
        *("--min-confidence", ".5", "--name", "Jo Doe", "--memory", worked),
    )
    assert report["anonymise"] == "full"
    assert report["hidden"]


def test_an_export_replaces_another_only_if_told_to(worked, tmp_path):
    told("export", tmp_path / "out", "--memory", worked)
    result = invoke("export", tmp_path / "out", "--memory", worked)
    assert result.exit_code == 1
    assert "Why:" in result.stderr
    assert invoke("export", tmp_path / "out", "--overwrite", "--memory", worked).exit_code == 0


def test_a_folder_that_is_no_export_is_refused_and_nothing_taken(worked, tmp_path):
    told("export", tmp_path / "out", "--memory", worked)
    events = tmp_path / "out" / "events.jsonl"
    events.write_bytes(events.read_bytes()[:-100])
    result = invoke("import", tmp_path / "out", "--apply", "--memory", tmp_path / "n.duckdb")
    assert result.exit_code == 1
    assert "Mend:" in result.stderr
    assert "session_started" not in json.dumps(told("status")["totals"])
