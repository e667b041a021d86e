"""`archkit story`: shown and ticked from a shell; written only when asked to."""

import json

import pytest
from archkit_shell import invoke, shown, told

from archkit.memory.memory import Memory

STORY = """# Story 2.1: Orders

**Status**: In Progress

## Tasks

- [ ] 1. Build
  - [x] 1.1 Read the orders
  - [ ] 1.2 Write [bold]them[/bold]

---

**Last Updated**: 2025-01-24T14:30:00Z
"""
STATUS = """<feature-status><metadata><feature-name>Shop</feature-name>
<current-epic>e1</current-epic><current-story>2.1</current-story></metadata></feature-status>"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    folder = tmp_path / "docs" / "development"
    stories = folder / "features" / "shop" / "epics" / "e1" / "stories"
    stories.mkdir(parents=True)
    (folder / "status.xml").write_text(STATUS, encoding="utf-8")
    (stories / "2.1.md").write_text(STORY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return stories / "2.1.md"


def test_the_current_story_is_shown_with_what_to_call_its_tasks(home):
    text = shown("story", "show")
    assert "Story 2.1: Orders" in text
    assert "9 [ ] 1.2 1.2 Write [bold]them[/bold]" in text
    found = told("story", "show")
    assert [(task["line"], task["number"], task["done"]) for task in found["tasks"]] == [
        (7, "1", False), (8, "1.1", True), (9, "1.2", False),
    ]  # fmt: skip
    assert found["tasks"][1]["parent"] == 7
    assert found["tasks"][0]["parent"] is None
    assert found["status"] == "In Progress"


def test_without_apply_only_the_diff_is_shown(home):
    text = shown("story", "tick", "1.2")
    assert "- - [ ] 1.2 Write" in text
    assert "+ - [x] 1.2 Write" in text
    assert "This was a preview" in text
    assert "All tasks in it are done, but it is open." in text
    assert home.read_text("utf-8") == STORY


@pytest.mark.parametrize("apply", ["--apply", "--write"])
def test_with_apply_it_is_written(home, apply):
    made = told("story", "tick", "1", "1.2", apply)
    assert (made["written"], made["status"]) == (True, "Waiting For Review")
    after = home.read_text("utf-8")
    assert "[ ]" not in after
    assert "**Status**: Waiting For Review\n" in after
    again = told("story", "tick", "1", "1.2", apply)
    assert (again["written"], again["diff"], again["already"]) == (False, "", [7, 9])
    assert home.read_text("utf-8") == after


def test_what_is_written_is_logged_where_a_memory_is_named(home, tmp_path):
    at = ("--memory", tmp_path / "m.duckdb")
    told("story", "tick", "1.2", *at)
    assert not (tmp_path / "m.duckdb").exists()
    told("story", "tick", "1.2", "--apply", *at)
    with Memory(tmp_path / "m.duckdb") as memory:
        rows = memory.sql("SELECT payload FROM event WHERE kind = 'story_updated'")
    [payload] = rows["payload"]
    assert json.loads(payload)["story"] == "docs/development/features/shop/epics/e1/stories/2.1.md"


def test_a_file_or_a_project_is_named_not_both(home, tmp_path):
    assert told("story", "show", "--project", tmp_path)["title"] == "Story 2.1: Orders"
    assert told("story", "show", "--story", home)["title"] == "Story 2.1: Orders"
    result = invoke("story", "show", "--story", home, "--project", tmp_path)
    assert result.exit_code == 2
    assert invoke("story", "show", "--story", tmp_path).exit_code == 2


def test_a_task_that_is_not_there_is_an_error_in_three_lines(home):
    result = invoke("story", "tick", "1.3", "--apply")
    assert result.exit_code == 1
    assert result.stderr.startswith("No task is named '1.3'.\nWhy: ")
    assert home.read_text("utf-8") == STORY


def test_a_project_without_a_status_file_is_an_error(tmp_path):
    result = invoke("story", "show", "--project", tmp_path, "--json")
    assert result.exit_code == 1
    assert "status.xml" in json.loads(result.stdout)["error"]["what"]


def test_one_blank_line_stands_between_the_parts_and_none_at_an_end(home):
    for words in (["show"], ["tick", "1.2"], ["tick"]):
        text = invoke("story", *words).output
        assert "\n\n\n" not in text
        assert not text.startswith("\n")
        assert not text.endswith("\n\n")
