"""Stories: exactly what the protocol changes is changed, byte for byte, or nothing is."""

from __future__ import annotations

import os
import pickle
import re
import stat
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.decisions import story_writing
from archkit.decisions.story import (
    StoryConflictError,
    read_story,
    update_story,
)
from archkit.decisions.story_text import parse
from archkit.errors import StoryError
from archkit.memory.memory import Memory

NOW = datetime(2026, 11, 25, 14, 30, 5, 999, tzinfo=UTC)
STAMP = "2026-11-25T14:30:05Z"
SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "stories"
CARD = """# Story 2.1: Orders API

**Status**: In Progress

## Tasks

### Task 3: Design API endpoints

- [ ] Subtask 3.1: Define REST endpoints
- [x] Subtask 3.2: Document request/response schemas
- [ ] Subtask 3.3: Plan error handling

---

**Last Updated**: [ISO 8601 timestamp]
"""
REVIEW = CARD.replace("---\n", "## Review Tasks\n\n- [ ] R1: Name the error codes\n\n---\n")


def kept(tmp_path, text, name="2.1.md"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def done(tmp_path, text, *tick, **settings):
    """Update a story, really; return the update and what the file holds then."""
    path = kept(tmp_path, text)
    update = update_story(path, tick, dry_run=False, now=NOW, **settings)
    return update, path.read_bytes().decode("utf-8")


def rules(update):
    return [found.rule for found in update.drift]


def test_the_card_s_own_example_is_ticked_moved_and_stamped(tmp_path):
    update, text = done(tmp_path, CARD, "3.1", "3.3")
    assert text == CARD.replace("[ ]", "[x]").replace("In Progress", "Waiting For Review").replace(
        "[ISO 8601 timestamp]", STAMP
    )
    assert [task.number for task in update.ticked] == ["3.1", "3.3"]
    assert (update.story.status, update.status, update.written) == (
        "In Progress",
        "Waiting For Review",
        True,
    )
    assert rules(update) == []


def test_the_card_s_example_without_a_section_has_a_task_list_too(tmp_path):
    text = CARD.replace("## Tasks\n\n", "")
    assert done(tmp_path, text, "3.1", "3.3")[0].status == "Waiting For Review"


def test_what_the_status_was_is_said_in_a_comment_only_if_asked_for(tmp_path):
    _, text = done(tmp_path, CARD, "all", was=True)
    assert "**Status**: Waiting For Review\n\n<!-- Was: In Progress -->\n\n## Tasks" in text
    again = text.replace("# Story", "# Story").replace(
        "---\n", "## Review Tasks\n\n- [ ] R1: Codes\n\n---\n", 1
    )
    _, text = done(tmp_path, again, was=True)
    assert "**Status**: In Progress\n\n<!-- Was: Waiting For Review -->\n\n## Tasks" in text
    assert text.count("<!-- Was") == 1


def test_a_dry_run_shows_the_diff_and_writes_nothing(tmp_path):
    path = kept(tmp_path, CARD)
    update = update_story(path, "3.1", now=NOW)
    assert path.read_text("utf-8") == CARD
    assert not update.written
    assert [line for line in update.diff.splitlines() if line[:1] in "+-"][2:] == [
        "-- [ ] Subtask 3.1: Define REST endpoints",
        "+- [x] Subtask 3.1: Define REST endpoints",
        "-**Last Updated**: [ISO 8601 timestamp]",
        f"+**Last Updated**: {STAMP}",
    ]
    assert "1 task ticked; not written yet" in repr(update)
    assert update.apply().written
    assert f"**Last Updated**: {STAMP}" in path.read_text("utf-8")


def test_a_second_run_changes_nothing_not_even_the_time(tmp_path):
    path = kept(tmp_path, CARD)
    update_story(path, ["3.1", "3.3"], dry_run=False, now=NOW)
    before = path.read_bytes()
    later = update_story(path, ["3.1", "3.3"], dry_run=False, now=NOW + timedelta(days=1))
    assert (later.changed, later.written, later.ticked) == (False, False, ())
    assert [task.number for task in later.change.already] == ["3.1", "3.3"]
    assert later.diff == ""
    assert path.read_bytes() == before


def test_ticking_alone_keeps_the_length_of_the_file(tmp_path):
    text = CARD.replace("[ISO 8601 timestamp]", "2020-01-01T00:00:00Z")
    _, after = done(tmp_path, text, "3.1")
    assert len(after) == len(text)
    assert sum(a != b for a, b in zip(text[: text.index("---")], after, strict=False)) == 1


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("closed", [True, False])
def test_line_ends_byte_order_mark_and_missing_last_line_end_are_kept(tmp_path, end, mark, closed):
    text = CARD.replace("\n", end)
    raw = mark + (text if closed else text.rstrip("\r\n")).encode()
    path = kept(tmp_path, raw)
    update_story(path, "3.1", dry_run=False, now=NOW)
    wanted = raw.replace(b"- [ ] Subtask 3.1", b"- [x] Subtask 3.1")
    assert path.read_bytes() == wanted.replace(b"[ISO 8601 timestamp]", STAMP.encode())


def test_mixed_line_ends_stay_mixed(tmp_path):
    text = CARD.replace("\n", "\r\n", 5)
    _, after = done(tmp_path, text, "3.1")
    assert after.count("\r\n") == 5


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\n", f"a\n\n---\n\n**Last Updated**: {STAMP}\n"),
        ("a", f"a\n\n---\n\n**Last Updated**: {STAMP}"),
        ("a  \n\n", f"a  \n\n\n---\n\n**Last Updated**: {STAMP}\n"),
        ("a\n\n---\n", f"a\n\n---\n\n**Last Updated**: {STAMP}\n"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_time_stamp_is_added_where_there_is_none(tmp_path, before, after, end):
    head = "# S\n\n## Tasks\n\n- [ ] 1.1 "
    _, text = done(tmp_path, (head + before).replace("\n", end), "1.1")
    assert text == (head.replace("[ ]", "[x]") + after).replace("\n", end)


def test_below_an_unclosed_fence_no_time_stamp_is_added(tmp_path):
    _, text = done(tmp_path, "## Tasks\n- [ ] 1.1 a\n\n```\ncode\n", "1.1")
    assert text == "## Tasks\n- [x] 1.1 a\n\n```\ncode\n"


@pytest.mark.parametrize(
    ("said", "then"),
    [
        ("**Last Updated**: 2025-01-24T14:30:00Z  ", f"**Last Updated**: {STAMP}  "),
        ("**Last Updated:** 2025-01-24 by Ann", f"**Last Updated:** {STAMP} by Ann"),
        (
            "**Last Updated**: 2025-01-24 | **Version**: 2",
            f"**Last Updated**: {STAMP} | **Version**: 2",
        ),
        ("Last Updated: yesterday", f"Last Updated: {STAMP}"),
    ],
)
def test_only_the_time_itself_is_replaced(tmp_path, said, then):
    text = CARD.replace("**Last Updated**: [ISO 8601 timestamp]", said)
    assert done(tmp_path, text, "3.1")[1].endswith(f"{then}\n")


def test_the_last_time_stamp_outside_fences_counts(tmp_path):
    text = CARD + "\n```\n**Last Updated**: 2020-01-01\n```\n"
    _, after = done(tmp_path, "**Last Updated**: 2019-01-01\n" + text, "3.1")
    assert "2019-01-01" in after
    assert "2020-01-01" in after
    assert after.count(STAMP) == 1


def test_the_time_is_told_in_utc_and_needs_a_zone(tmp_path):
    path = kept(tmp_path, CARD)
    east = datetime(2026, 11, 26, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert "2026-11-25T23:00:00Z" in update_story(path, "3.1", now=east).diff
    with pytest.raises(ValueError, match="no time zone"):
        update_story(path, "3.1", now=datetime(2026, 1, 1))  # noqa: DTZ001


class TestStatus:
    def test_an_open_review_task_keeps_it_in_progress(self, tmp_path):
        update, _ = done(tmp_path, REVIEW, "3.1", "3.3")
        assert update.status == "In Progress"
        assert len(update.ticked) == 2

    def test_all_review_tasks_done_move_it_on(self, tmp_path):
        assert done(tmp_path, REVIEW, "all")[0].status == "Waiting For Review"

    def test_an_empty_review_section_does_not_hold_it_back(self, tmp_path):
        text = CARD.replace("---\n", "## Review Tasks\n\n---\n")
        assert done(tmp_path, text, "all")[0].status == "Waiting For Review"

    def test_it_goes_back_when_a_review_task_is_added(self, tmp_path):
        text = REVIEW.replace("- [ ] Sub", "- [x] Sub").replace("In Progress", "Waiting For Review")
        update, after = done(tmp_path, text)
        assert "**Status**: In Progress\n" in after
        assert update.ticked == ()

    def test_done_is_never_touched(self, tmp_path):
        text = REVIEW.replace("In Progress", "Done")
        update, after = done(tmp_path, text, "all")
        assert "**Status**: Done\n" in after
        update, _ = done(tmp_path, text, "3.1")
        assert rules(update) == ["finished-but-open"]

    @pytest.mark.parametrize("word", ["To Do", "IN PROGRESS", "in-progress", "🚧 In Progress"])
    def test_it_moves_from_to_do_and_every_spelling_of_in_progress(self, tmp_path, word):
        assert done(tmp_path, CARD.replace("In Progress", word), "all")[0].status == (
            "Waiting For Review"
        )

    @pytest.mark.parametrize("word", ["Draft", "Blocked", "In Progress (waits for Ann)"])
    def test_other_words_are_left_and_told(self, tmp_path, word):
        update, after = done(tmp_path, CARD.replace("In Progress", word), "all")
        assert f"**Status**: {word}\n" in after
        assert rules(update) == ["done-but-unfinished"]

    @pytest.mark.parametrize(
        ("said", "then"),
        [
            ("**Status**: In Progress  ", "**Status**: Waiting For Review  "),
            ("**Status:** In Progress", "**Status:** Waiting For Review"),
            ("- **Status**: `In Progress`", "- **Status**: `Waiting For Review`"),
            ("> Status: **In Progress**", "> Status: **Waiting For Review**"),
            ("**Status**: In Progress | x: 3", "**Status**: Waiting For Review | x: 3"),
            ("**Status**: In Progress <!-- x -->", "**Status**: Waiting For Review <!-- x -->"),
            ("**Status**: In Progress\n---", "**Status**: Waiting For Review\n---"),
            ("## Status\n\nIn Progress", "## Status\n\nWaiting For Review"),
            ("## Status\n**In Progress**", "## Status\n**Waiting For Review**"),
            ("## Status\n- In Progress", "## Status\n- Waiting For Review"),
        ],
    )  # fmt: skip
    def test_only_the_value_is_replaced(self, tmp_path, said, then):
        _, after = done(tmp_path, CARD.replace("**Status**: In Progress", said), "all")
        assert f"\n\n{then}\n\n## Tasks" in after

    def test_the_front_matter_may_say_it(self, tmp_path):
        text = "---\ntitle: x\nstatus: 'In Progress'\ntags:\n- [ ] no task\n---\n" + CARD.replace(
            "**Status**: In Progress\n\n", ""
        )
        update, after = done(tmp_path, text, "all", was=True)
        assert "\nstatus: 'Waiting For Review'\n" in after
        assert "- [ ] no task" in after
        assert "Was:" not in after
        assert len(update.story.tasks) == 3

    def test_a_verdict_further_down_is_not_the_status(self, tmp_path):
        text = CARD.replace("---\n", "## QA Results\n\n**Status**: PASS\n\n---\n")
        update, after = done(tmp_path, text, "all")
        assert "**Status**: PASS" in after
        assert update.status == "Waiting For Review"

    def test_two_statuses_leave_both_as_they_are(self, tmp_path):
        text = CARD.replace("## Tasks", "## Status\n\nApproved\n\n## Tasks")
        update, after = done(tmp_path, text, "all")
        assert "**Status**: In Progress" in after
        assert "status-twice" in rules(update)
        assert "lines 3, 7" in next(f.message for f in update.drift if f.rule == "status-twice")

    def test_a_story_without_tasks_keeps_its_status(self, tmp_path):
        update, after = done(tmp_path, "# S\n\n**Status**: In Progress\n\n## Notes\n- [ ] n\n")
        assert not update.changed
        assert rules(update) == ["no-tasks"]
        assert "In Progress" in after

    def test_a_story_without_a_status_is_ticked_all_the_same(self, tmp_path):
        update, _ = done(tmp_path, "# S\n\n## Tasks\n- [ ] 1.1 a\n", "1.1")
        assert update.written
        assert rules(update) == ["no-status"]

    @pytest.mark.parametrize(
        "section", ["Acceptance Criteria", "Definition of Done", "Testing", "Dev Notes"]
    )
    def test_other_checklists_are_read_but_do_not_hold_it_back(self, tmp_path, section):
        text = CARD.replace("---\n", f"## {section}\n\n- [ ] open\n\n---\n")
        update, after = done(tmp_path, text, "all")
        assert update.status == "Waiting For Review"
        assert "- [ ] open" in after

    @pytest.mark.parametrize("title", ["Tasks / Subtasks", "📋 Tasks", "Task 1: Build", "4. Tasks"])
    def test_task_lists_are_known_by_several_titles(self, tmp_path, title):
        text = CARD.replace("## Tasks", f"## {title}")
        assert done(tmp_path, text, "3.1", "3.3")[0].status == "Waiting For Review"


class TestSelectors:
    @pytest.mark.parametrize(
        ("selector", "lines"),
        [
            ("3.1", [9]),
            ("subtask 3.1", [9]),
            ("Subtask 3.1: Define REST endpoints", [9]),
            ("define  rest endpoints", [9]),
            ("L9", [9]),
            ("3", [9, 11]),
            ("Task 3: Design API endpoints", [9, 11]),
            ("Tasks", [9, 11]),
            ("all", [9, 11]),
        ],
    )
    def test_a_task_is_named_by_number_text_heading_or_line(self, tmp_path, selector, lines):
        update = update_story(kept(tmp_path, CARD), selector, now=NOW)
        assert [task.line for task in update.ticked] == lines

    @pytest.mark.parametrize("selector", ["3.10", "33", "4", "Define", "L1", "L999", "", "Notes"])
    def test_a_selector_that_names_nothing_writes_nothing(self, tmp_path, selector):
        path = kept(tmp_path, CARD)
        with pytest.raises(StoryError, match="No task is named"):
            update_story(path, ["3.1", selector], dry_run=False, now=NOW)
        assert path.read_text("utf-8") == CARD

    @pytest.mark.parametrize("selector", ["", " ", "**"])
    def test_an_empty_selector_names_nothing_even_if_a_task_has_no_number(self, tmp_path, selector):
        with pytest.raises(StoryError, match="No task is named"):
            update_story(kept(tmp_path, REVIEW.replace("R1: ", "")), [selector], now=NOW)

    def test_numbers_are_texts_because_a_float_forgets_its_zero(self, tmp_path):
        with pytest.raises(ValueError, match=r"not by 3\.1"):
            update_story(kept(tmp_path, CARD), [3.10], now=NOW)

    def test_two_tasks_of_one_number_are_refused_with_their_lines(self, tmp_path):
        path = kept(tmp_path, CARD.replace("3.3:", "3.1:"))
        with pytest.raises(StoryError, match=r"'3\.1' names 2 tasks") as error:
            update_story(path, ["3.2", "3.1"], dry_run=False, now=NOW)
        assert "L9" in error.value.why
        assert "L11" in error.value.why
        assert "L9" in error.value.mend
        assert "[ ] Subtask" in path.read_text("utf-8")
        assert update_story(path, "L11", now=NOW).ticked[0].line == 11

    def test_a_number_in_the_task_list_comes_before_one_elsewhere(self, tmp_path):
        text = CARD.replace("## Tasks", "## Acceptance Criteria\n\n- [ ] 3.1 fast\n\n## Tasks")
        assert update_story(kept(tmp_path, text), "3.1", now=NOW).ticked[0].line == 13

    def test_headings_of_one_number_are_refused(self, tmp_path):
        text = CARD.replace("---\n", "## Review Tasks\n\n### Task 3: Again\n\n- [ ] x\n\n---\n")
        with pytest.raises(StoryError, match="names 2 headings"):
            update_story(kept(tmp_path, text), "3", now=NOW)

    @pytest.mark.parametrize("box", ["[]", "[  ]", "[\u00a0]"])
    def test_a_box_without_a_proper_blank_is_open_and_holds_the_status(self, tmp_path, box):
        text = CARD.replace("- [ ] Subtask 3.1", f"- {box} Subtask 3.1")
        update, after = done(tmp_path, text, "all")
        assert f"- {box} Subtask 3.1" in after
        assert update.status == "In Progress"
        assert rules(update) == ["unknown-mark"]
        with pytest.raises(StoryError, match=r"Write \[ \] there"):
            update_story(kept(tmp_path, text), "3.1", now=NOW)

    def test_all_of_a_story_without_a_task_list_says_what_a_task_list_is(self, tmp_path):
        text = CARD.replace("## Tasks", "## Plan")
        with pytest.raises(StoryError, match="a heading that begins with Tasks"):
            update_story(kept(tmp_path, text), "all", now=NOW)

    def test_a_mark_that_is_not_known_is_never_overwritten(self, tmp_path):
        text = CARD.replace("- [ ] Subtask 3.1", "- [~] Subtask 3.1")
        with pytest.raises(StoryError, match="bears the mark '~'"):
            update_story(kept(tmp_path, text), "3.1", now=NOW)
        update, after = done(tmp_path, text, "all")
        assert "- [~] Subtask 3.1" in after
        assert update.status == "In Progress"
        assert rules(update) == ["unknown-mark"]

    def test_a_count_in_the_text_is_no_number(self, tmp_path):
        text = "## Tasks\n- [ ] 3 retries\n- [ ] 3. Third\n"
        assert update_story(kept(tmp_path, text), "3", now=NOW).ticked[0].line == 3


@pytest.mark.parametrize(
    "dead",
    [
        "```\n- [ ] 9.9 x\n```",
        "~~~~\n```\n- [ ] 9.9 x\n~~~\n~~~~",
        "````md\n```\n- [ ] 9.9 x\n```\n````",
        "<!--\n- [ ] 9.9 x\n-->",
        "text\n\n    - [ ] 9.9 x",
        "- a\n\n  ```\n  - [ ] 9.9 x\n  ```",
    ],
)
def test_checkboxes_in_fences_comments_and_code_are_no_tasks(tmp_path, dead):
    text = CARD.replace("---\n", f"{dead}\n\n---\n")
    update, after = done(tmp_path, text, "all")
    assert "- [ ] 9.9 x" in after
    assert update.status == "Waiting For Review"
    with pytest.raises(StoryError, match="No task is named"):
        update_story(kept(tmp_path, text), "9.9", now=NOW)


@pytest.mark.parametrize(
    "line",
    [
        "* [ ] 1.1 a",
        "+ [ ] 1.1 a",
        "1. [ ] 1.1 a",
        "2) [ ] 1.1 a",
        "-\t[ ] 1.1 a",
        "- [ ] **1.1** a",
        "- [ ] Task 1.1: a [ ] b",
        "- [ ] T1.1 a",
    ],
)
def test_bullets_of_every_kind_are_tasks(tmp_path, line):
    _, after = done(tmp_path, f"## Tasks\n{line}\n", "1.1")
    assert after.startswith(f"## Tasks\n{line.replace('[ ]', '[x]', 1)}\n")


@pytest.mark.parametrize(
    "line", ["- [](link) a", "- [x](link) a", "- [ ]a", "- [ab] a", "[ ] a", "-[ ] a"]
)
def test_what_only_looks_like_a_checkbox_is_none(line):
    assert parse(f"## Tasks\n{line}\n").tasks == ()


def test_a_large_x_is_done_and_stays(tmp_path):
    update, after = done(tmp_path, CARD.replace("[ ]", "[X]"), "3.1")
    assert after.count("[X]") == 2
    assert update.status == "Waiting For Review"


def test_parents_and_their_parts_are_told_when_they_disagree(tmp_path):
    text = "# S\n\n**Status**: In Progress\n\n## Tasks\n- [x] 1 p\n\t- [ ] 1.1 a\n\t- [x] 1.2 b\n"
    text += "- [ ] 2. q\n  - [x] 2.1 c\n    - [x] 2.1.1 d\n"
    story = read_story(kept(tmp_path, text))
    assert [(task.depth, task.parent) for task in story.tasks] == [
        (0, None), (1, 6), (1, 6), (0, None), (1, 9), (2, 10),
    ]  # fmt: skip
    assert [(found.rule, found.line) for found in story.drift] == [
        ("parent-done", 6), ("parent-open", 9),
    ]  # fmt: skip
    assert "1 of 2 tasks in it are open" in story.drift[0].message


def test_ticking_a_parent_leaves_its_parts(tmp_path):
    text = "## Tasks\n- [ ] 1. p\n  - [ ] 1.1 a\n"
    update, after = done(tmp_path, text, "1")
    assert after.startswith("## Tasks\n- [x] 1. p\n  - [ ] 1.1 a\n")
    assert "parent-done" in rules(update)


class TestConflict:
    def test_a_file_changed_meanwhile_is_refused_with_both_diffs(self, tmp_path):
        path = kept(tmp_path, CARD)
        update = update_story(path, "3.1", now=NOW)
        theirs = CARD.replace("- [ ] Subtask 3.3", "- [x] Subtask 3.3")
        path.write_text(theirs, encoding="utf-8")
        with pytest.raises(StoryConflictError) as caught:
            update.apply()
        error = caught.value
        assert "+- [x] Subtask 3.1" in error.ours
        assert "+- [x] Subtask 3.3" in error.theirs
        assert error.ours in str(error)
        assert error.theirs.rstrip() in str(error)
        assert path.read_text("utf-8") == theirs
        assert sorted(p.name for p in tmp_path.iterdir()) == ["2.1.md"]
        copy = pickle.loads(pickle.dumps(error))
        assert (copy.ours, copy.theirs, str(copy)) == (error.ours, error.theirs, str(error))

    def test_a_change_in_the_last_instant_is_seen(self, tmp_path, monkeypatch):
        path = kept(tmp_path, CARD)
        real = os.fsync

        def meanwhile(descriptor):
            real(descriptor)
            path.write_text("theirs", encoding="utf-8")

        monkeypatch.setattr(story_writing.os, "fsync", meanwhile)
        with pytest.raises(StoryConflictError):
            update_story(path, "3.1", dry_run=False, now=NOW)
        assert path.read_text("utf-8") == "theirs"
        assert len(list(tmp_path.iterdir())) == 1

    def test_the_same_change_by_somebody_else_is_no_conflict(self, tmp_path):
        path = kept(tmp_path, CARD)
        update = update_story(path, "3.1", now=NOW)
        update_story(path, "3.1", dry_run=False, now=NOW)
        assert update.apply().written

    def test_a_file_that_is_gone_is_not_made_anew(self, tmp_path):
        path = kept(tmp_path, CARD)
        update = update_story(path, "3.1", now=NOW)
        path.unlink()
        with pytest.raises(StoryError, match="is gone"):
            update.apply()
        assert not path.exists()


class TestFiles:
    def test_a_read_only_file_is_not_replaced(self, tmp_path):
        path = kept(tmp_path, CARD)
        path.chmod(0o444)
        with pytest.raises(StoryError, match="read-only"):
            update_story(path, "3.1", dry_run=False, now=NOW)
        assert path.read_text("utf-8") == CARD

    def test_its_mode_is_kept(self, tmp_path):
        path = kept(tmp_path, CARD)
        path.chmod(0o640)
        update_story(path, "3.1", dry_run=False, now=NOW)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640

    def test_a_link_stays_one_and_its_target_is_changed(self, tmp_path):
        target = kept(tmp_path, CARD, "real.md")
        link = tmp_path / "2.1.md"
        link.symlink_to(target)
        update_story(link, "3.1", dry_run=False, now=NOW)
        assert link.is_symlink()
        assert "[x] Subtask 3.1" in target.read_text("utf-8")

    def test_a_full_disk_leaves_the_file_and_no_litter(self, tmp_path, monkeypatch):
        path = kept(tmp_path, CARD)

        def full(_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(story_writing.os, "fsync", full)
        with pytest.raises(StoryError, match="cannot be written") as error:
            update_story(path, "3.1", dry_run=False, now=NOW)
        assert "No space left" in error.value.why
        assert [p.name for p in tmp_path.iterdir()] == ["2.1.md"]
        assert path.read_text("utf-8") == CARD

    def test_what_is_no_text_is_refused_with_its_line(self, tmp_path):
        with pytest.raises(StoryError, match="not UTF-8") as error:
            read_story(kept(tmp_path, b"# a\n\n- [ ] caf\xe9\n"))
        assert "Line 3" in error.value.why
        with pytest.raises(StoryError, match="not UTF-8"):
            read_story(kept(tmp_path, CARD.encode("utf-16")))

    def test_a_missing_and_an_endless_file_are_refused(self, tmp_path):
        with pytest.raises(StoryError, match="no story file"):
            read_story(tmp_path / "2.1.md")
        with pytest.raises(StoryError, match="longer than 2 MiB"):
            read_story(kept(tmp_path, b"x" * (2 * 2**20 + 1)))

    def test_an_empty_file_is_a_story_without_anything(self, tmp_path):
        story = read_story(kept(tmp_path, b""))
        assert [found.rule for found in story.drift] == ["no-status", "no-tasks"]
        assert story.to_frame().empty


def test_what_is_done_is_logged_once_without_paths_of_this_machine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = kept(tmp_path, CARD)
    with Memory(tmp_path / "m.duckdb", library=False) as memory:
        update_story(path, "3.1", now=NOW, memory=memory)
        update_story(path, "3.1", dry_run=False, now=NOW, memory=memory)
        update_story(path, "3.1", dry_run=False, now=NOW, memory=memory)
        row = memory.sql("SELECT entity_id, payload FROM event WHERE kind = 'story_updated'")
    assert row["entity_id"].tolist() == ["2.1.md"]
    payload = row["payload"][0]
    assert '"number":"3.1"' in payload.replace(" ", "")
    assert str(tmp_path) not in payload


def test_the_frame_has_a_row_a_task(tmp_path):
    frame = update_story(kept(tmp_path, REVIEW), "3.1", now=NOW).to_frame()
    assert frame[["line", "number", "done", "kind", "ticked"]].values.tolist() == [
        [9, "3.1", True, "task", True],
        [10, "3.2", True, "task", False],
        [11, "3.3", False, "task", False],
        [15, "", False, "review", False],
    ]
    assert frame["parent"].isna().all()


def test_a_notebook_shows_the_diff_as_text(tmp_path):
    text = CARD.replace("Define REST", "<script>alert(1)</script> &")
    shown = update_story(kept(tmp_path, text), "3.1", now=NOW)._repr_html_()
    assert "<script>" not in shown
    assert "+- [x] Subtask 3.1: &lt;script&gt;" in shown
    assert ".apply()" in shown


BULLETS = st.sampled_from(["-", "*", "+", "1.", "7)"])
WORDS = st.text("abc [x]é漢`*_-.", max_size=12).map(lambda text: f"w{text.strip()}")


@st.composite
def stories(draw):
    """Make a story: nested numbered tasks between dead blocks, in one line ending or several."""
    lines = ["# Story", "", "**Status**: In Progress", "", "## Tasks", ""]
    wanted = []
    for n in range(draw(st.integers(1, 8))):
        depth = draw(st.integers(0, 4)) if n else 0
        indent = draw(st.sampled_from(["  ", "    ", "\t"])) * min(depth, n)
        mark = draw(st.sampled_from("  xX"))
        if draw(st.integers(0, 4)) == 0:
            lines += ["", "<!--", f"- [ ] 1.{n} dead", "-->", "", "## Tasks", ""]
            indent = ""
        lines.append(f"{indent}{draw(BULLETS)} [{mark}] 1.{n}: {draw(WORDS)}")
        wanted.append((n, mark))
    ends = draw(st.sampled_from([["\n"], ["\r\n"], ["\n", "\r\n"]]))
    text = "".join(line + draw(st.sampled_from(ends)) for line in lines)
    text += "**Last Updated**: 2020-01-01T00:00:00Z" + draw(st.sampled_from(["", "\n", "\r\n"]))
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode(), wanted


@given(stories(), st.data())
def test_any_story_changes_in_exactly_the_bytes_selected(tmp_path_factory, made, data):
    raw, wanted = made
    path = tmp_path_factory.mktemp("story") / "1.1.md"
    path.write_bytes(raw)
    assert [(task.number, task.mark) for task in read_story(path).tasks] == [
        (f"1.{n}", mark) for n, mark in wanted
    ]
    picked = data.draw(st.sets(st.sampled_from([n for n, _ in wanted])))
    update = update_story(path, [f"1.{n}" for n in picked], dry_run=False, now=NOW)
    expected = bytearray(raw)
    open_before = [n for n, mark in wanted if mark == " "]
    for n in picked & set(open_before):
        at = raw.index(f"[ ] 1.{n}: ".encode())
        expected[at + 1 : at + 2] = b"x"
    result = bytes(expected)
    finished = set(open_before) <= picked
    if finished:
        result = result.replace(b"In Progress", b"Waiting For Review")
    if finished or picked & set(open_before):
        result = result.replace(b"2020-01-01T00:00:00Z", STAMP.encode())
    assert path.read_bytes() == result
    assert update.written is (result != raw)
    assert not update_story(path, [f"1.{n}" for n in picked], now=NOW).changed


@given(st.text(max_size=300) | st.text("-*[]x \t\n\r#:`~<!>|1.", max_size=300))
def test_any_text_is_read_and_a_tick_changes_one_byte_a_task(text):
    story = parse(text)
    for task in story.tasks:
        assert text[task.at - 1] + text[task.at + 1] == "[]"
        assert text[task.at] == task.mark


@pytest.mark.skipif(not SAMPLES.exists(), reason="the samples are not beside the project")
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_real_story_is_ticked_exactly(tmp_path, end):
    for sample in SAMPLES.glob("*.story.md"):
        raw = sample.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", end)
        raw = raw.replace(b"\nCompleted", b"\nIn Progress")
        path = kept(tmp_path, raw)
        boxes = re.findall(rb"(?m)^ *- \[[ x]\] ", raw)
        assert len(read_story(path).tasks) == len(boxes)
        path.write_bytes(raw.replace(b"[x] ", b"[ ] "))
        every = [f"L{task.line}" for task in read_story(path).tasks]
        update_story(path, every, dry_run=False, now=NOW)
        after = raw.replace(b"[ ] ", b"[x] ").replace(b"\nIn Progress", b"\nWaiting For Review")
        closing = end if raw.endswith(b"\n") else b""
        stamp = b"**Last Updated**: " + STAMP.encode() + closing
        gap = end if closing else end * 2
        assert path.read_bytes() == after + gap + b"---" + end * 2 + stamp
