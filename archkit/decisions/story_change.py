"""What the card's protocol changes in a story: ticks, status, time stamp; nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from archkit.decisions.story_text import Said, Task, Text, number_of, parse, word_of
from archkit.errors import StoryError

__all__ = ["ALL", "IN_PROGRESS", "WAITING", "Change", "Drift", "drift", "plan", "selected"]

ALL = "all"
"""The selector for every open task that the status waits for."""

IN_PROGRESS = "In Progress"
WAITING = "Waiting For Review"

_TO_DO = frozenset({"todo", "inprogress"})
_FINISHED = frozenset(
    {"waitingforreview", "readyforreview", "inreview", "review", "done", "complete", "completed"}
)
_LINE = re.compile(r"L(?P<line>\d{1,7})")
_NUMBER = re.compile(r"(?:(?:sub)?task\s+)?(?P<number>\d+(?:\.\d+)*)", re.I)
_STAMP = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
_WAS = re.compile(r"\s*(?P<was><!-- Was: [^\r\n]*? -->)")
_MOST = 6


@dataclass(frozen=True, slots=True)
class Drift:
    """Where a story's tasks and its status say two things; `line` counts from 1."""

    rule: str
    line: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Change:
    """The text after a change, and what was changed in it."""

    text: str
    ticked: tuple[Task, ...]
    already: tuple[Task, ...]
    status: str | None
    updated_at: datetime | None


def selected(story: Text, selectors: Iterable[str]) -> tuple[Task, ...]:
    """Return the tasks that selectors name, in the order of the file.

    Parameters
    ----------
    story
        What was read.
    selectors
        Each a task's number (``3.2``), its whole text, the title of a section or of a task list
        (``Task 3: Design``, ``3`` for it where no task bears that number), its line (``L14``), or
        ``all``. A number is looked for in the task lists first, and elsewhere only if it is not
        found there.

    Raises
    ------
    StoryError
        One names no task, or several; or a task whose mark is neither open nor done.
    """
    found: dict[int, Task] = {}
    for selector in selectors:
        for task in _named(story, " ".join(selector.split())):
            found[task.line] = task
    return tuple(found[line] for line in sorted(found))


def plan(story: Text, tasks: Sequence[Task], *, now: datetime, was: bool = False) -> Change:
    """Return the text with tasks ticked, the status moved if allowed, and the time stamp set.

    Each tick changes one character of one byte. The status moves to "Waiting For Review" when no
    task of the task lists is open and it was "In Progress" or "To Do", and back to "In Progress"
    when a review task is open; every other status is left as it is. The time stamp is set only if
    something else changed; where there is none, one is added at the end.

    Parameters
    ----------
    story
        What was read.
    tasks
        To be ticked; those that are stay as they are.
    now
        The present instant, aware.
    was
        Whether a comment below the status says what it was.
    """
    ticked = tuple(task for task in tasks if not task.done)
    after = _with_ticks(story, ticked)
    edits = [(task.at, task.at + 1, "x") for task in ticked]
    status = due_status(after)
    if status is not None and story.status is not None:
        edits += _status_edits(story, story.status, status, was)
    updated_at = now.astimezone(UTC).replace(microsecond=0) if edits else None
    if updated_at is not None:
        edits += _stamp_edit(story, f"{updated_at:%Y-%m-%dT%H:%M:%SZ}")
    return Change(
        _edited(story.text, edits),
        ticked,
        tuple(task for task in tasks if task.done),
        status,
        updated_at,
    )


def due_status(story: Text) -> str | None:
    """Return the status that the protocol asks for, None where it asks for no change."""
    gating = [task for task in story.tasks if task.kind]
    if story.status is None or not gating:
        return None
    word = word_of(story.status.value)
    if any(not task.done for task in gating if task.kind == "review"):
        return IN_PROGRESS if word == word_of(WAITING) else None
    if all(task.done for task in gating) and word in _TO_DO:
        return WAITING
    return None


def drift(story: Text) -> tuple[Drift, ...]:
    """Return where tasks and status say two things, and what the protocol cannot read."""
    return tuple(sorted(_drifts(story), key=lambda found: (found.line or 0, found.rule)))


def _drifts(story: Text) -> Iterable[Drift]:
    gating = [task for task in story.tasks if task.kind]
    open_ = [task for task in gating if not task.done]
    yield from _status_drifts(story, gating, open_)
    done_below: dict[int, list[bool]] = {}
    by_line = {task.line: task for task in story.tasks}
    for task in story.tasks:
        if task.parent is not None:
            done_below.setdefault(task.parent, []).append(task.done)
        if not task.known:
            yield Drift(
                "unknown-mark", task.line, f"The mark {task.mark!r} is neither open nor done; "
                "it counts as open."
            )  # fmt: skip
    for line, done in done_below.items():
        if by_line[line].done and not all(done):
            says = f"It is ticked, but {done.count(False)} of {len(done)} tasks in it are open."
            yield Drift("parent-done", line, says)
        elif not by_line[line].done and all(done):
            yield Drift("parent-open", line, "All tasks in it are done, but it is open.")


def _status_drifts(story: Text, gating: Sequence[Task], open_: Sequence[Task]) -> Iterable[Drift]:
    if not gating:
        yield Drift("no-tasks", None, "It has no task list; the status cannot follow from it.")
    if not story.statuses:
        yield Drift("no-status", None, "It says no status before its first section.")
    if len(story.statuses) > 1:
        lines = ", ".join(str(said.line) for said in story.statuses)
        message = f"It says its status on the lines {lines}; which counts is not clear."
        yield Drift("status-twice", story.statuses[1].line, message)
    if story.status is None or not gating:
        return
    value, line = story.status.value, story.status.line
    if word_of(value) in _FINISHED and open_:
        lines = ", ".join(f"{task.line}" for task in open_[:_MOST])
        more = f" and {len(open_) - _MOST} more" if len(open_) > _MOST else ""
        message = f"It is {value!r}, but tasks are open: line {lines}{more}."
        yield Drift("finished-but-open", line, message)
    if not open_ and word_of(value) not in _FINISHED:
        yield Drift("done-but-unfinished", line, f"All tasks are done, but it is {value!r}.")


def _named(story: Text, selector: str) -> list[Task]:
    if not _folded(selector):
        raise _unmatched(selector)
    if selector == ALL:
        if gating := [task for task in story.tasks if task.kind and task.known]:
            return gating
        raise StoryError(
            "The story has no task that its status waits for.",
            why=f"{ALL!r} names what can be ticked below a heading that begins with Tasks or "
            "Review Tasks. Nothing was written.",
            mend="Name the tasks by their numbers or lines: `archkit story show` lists them.",
        )
    if line := _LINE.fullmatch(selector):
        found = [task for task in story.tasks if task.line == int(line["line"])]
        return [_one(selector, found)]
    if number := _NUMBER.fullmatch(selector):
        same = [task for task in story.tasks if task.number == number["number"]]
        found = [task for task in same if task.kind] or same
        if found:
            return [_one(selector, found)]
        return _listed(story, selector, number["number"])
    wanted = _folded(selector)
    found = [task for task in story.tasks if wanted in (_folded(task.text), _unnumbered(task))]
    if found:
        return [_one(selector, found)]
    return _listed(story, selector, None)


def _one(selector: str, found: Sequence[Task]) -> Task:
    if not found:
        raise _unmatched(selector)
    if len(found) > 1:
        lines = ", ".join(f"L{task.line} {task.text[:40]!r}" for task in found[:_MOST])
        raise StoryError(
            f"{selector!r} names {len(found)} tasks.",
            why=f"They are {lines}. Nothing was written.",
            mend=f"Name the one you mean by its line, as L{found[0].line}.",
        )
    if not found[0].known:
        raise StoryError(
            f"Task {selector!r} on line {found[0].line} bears the mark {found[0].mark!r}.",
            why="It is neither open nor done, and what it means is not known. Nothing was written.",
            mend="Write [ ] there, then tick it.",
        )
    return found[0]


def _listed(story: Text, selector: str, number: str | None) -> list[Task]:
    """Return the tasks under the one heading of that title, or of that number."""
    below: dict[tuple[str, str], list[Task]] = {}
    for task in story.tasks:
        if not task.known:
            continue
        if _is_title(task.heading, selector, number):
            below.setdefault((task.section, task.heading), []).append(task)
        elif _is_title(task.section, selector, number):
            below.setdefault((task.section, ""), []).append(task)
    if len(below) > 1:
        raise StoryError(
            f"{selector!r} names {len(below)} headings.",
            why=f"They are {'; '.join(' › '.join(filter(None, path)) for path in below)}. "
            "Nothing was written.",
            mend="Name the tasks by their numbers or lines.",
        )
    if not below:
        raise _unmatched(selector)
    return next(iter(below.values()))


def _is_title(title: str, selector: str, number: str | None) -> bool:
    if number is None:
        return _folded(title) == _folded(selector)
    return number_of(title) == number


def _unmatched(selector: str) -> StoryError:
    return StoryError(
        f"No task is named {selector[:80]!r}.",
        why="Neither a number, nor a text, a heading or a line of the story fits. "
        "Nothing was written.",
        mend="`archkit story show` lists the tasks with their numbers and lines.",
    )


def _folded(text: str) -> str:
    return " ".join(re.sub(r"[*_`]+", "", text).split()).casefold()


def _unnumbered(task: Task) -> str:
    """Return a task's text without its number."""
    return re.sub(r"^\D{0,12}[\d.]+[ :.)\-–—]*", "", _folded(task.text)) if task.number else ""


def _with_ticks(story: Text, ticked: Iterable[Task]) -> Text:
    lines = {task.line for task in ticked}
    return replace(
        story,
        tasks=tuple(replace(t, mark="x") if t.line in lines else t for t in story.tasks),
    )


def _status_edits(story: Text, said: Said, status: str, was: bool) -> list[tuple[int, int, str]]:
    edits = [(said.start, said.end, status)]
    if was and said.line > story.in_front:
        edits.append(_was_edit(story, said))
    return edits


def _was_edit(story: Text, said: Said) -> tuple[int, int, str]:
    """Say in a comment below the status what it was; one that is there is replaced."""
    comment = f"<!-- Was: {said.value} -->"
    end = sum(map(len, story.lines[: said.line]))
    if there := _WAS.match(story.text, end):
        return there.start("was"), there.end("was"), comment
    closing = len(story.lines[said.line - 1]) - len(story.lines[said.line - 1].rstrip("\r\n"))
    return end - closing, end - closing, f"{story.line_end * 2}{comment}"


def _stamp_edit(story: Text, stamp: str) -> list[tuple[int, int, str]]:
    """Replace the last time stamp, or add a line for one; the end of the file stays as it was."""
    if story.updated is not None:
        said = story.updated
        dated = _STAMP.match(said.value)
        return [(said.start, said.start + dated.end() if dated else said.end, stamp)]
    end, text = story.line_end, story.text
    is_closed = text.endswith(("\n", "\r"))
    last = next((line.strip() for line in reversed(story.lines) if line.strip()), "")
    rule = "" if re.fullmatch(r"-{3,}", last) else f"---{end}{end}"
    line = (
        f"{'' if is_closed else end}{end}{rule}**Last Updated**: {stamp}{end if is_closed else ''}"
    )
    # below an unclosed fence or comment the line would be part of it, and not be found again
    return [(len(text), len(text), line)] if parse(text + line).updated else []


def _edited(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    pieces, done = [], 0
    for start, end, new in sorted(edits):
        pieces += [text[done:start], new]
        done = end
    return "".join([*pieces, text[done:]])
