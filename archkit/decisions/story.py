"""Stories: the card's Story File Update Protocol, byte for byte, shown before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from archkit.decisions.story_change import (
    ALL,
    Change,
    Drift,
    drift,
    plan,
    selected,
)
from archkit.decisions.story_place import current_story
from archkit.decisions.story_text import Task, Text, parse
from archkit.decisions.story_writing import (
    StoryConflictError,
    diff_of,
    read_bytes,
    replace_bytes,
)
from archkit.errors import ArchkitError, StoryError
from archkit.plain import shown_path, utc_now

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "ALL",
    "Drift",
    "Story",
    "StoryConflictError",
    "StoryUpdate",
    "read_story",
    "update_story",
]

_BOM = b"\xef\xbb\xbf"


class Log(Protocol):
    """What an update is logged to: a `Memory`."""

    def append(self, kind: str, payload: dict[str, Any], *, entity_id: str | None = None) -> str:
        """Write one event."""
        ...


@dataclass(frozen=True)
class Story:
    """A story file as it was read.

    `path` is where it lies; `raw` its bytes; `warnings` what was odd about finding it.
    """

    path: Path
    raw: bytes = field(repr=False)
    content: Text = field(repr=False)
    warnings: tuple[str, ...] = ()
    name: str = ""

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Its checkbox lines, in the order of the file."""
        return self.content.tasks

    @property
    def status(self) -> str | None:
        """Its status; None where none is said, or several are."""
        return self.content.status.value if self.content.status else None

    @property
    def title(self) -> str:
        """Its first heading."""
        return self.content.title

    @cached_property
    def drift(self) -> tuple[Drift, ...]:
        """Where its tasks and its status say two things."""
        return drift(self.content)

    def to_frame(self) -> DataFrame:
        """Return its tasks.

        Returns
        -------
        DataFrame
            One row a checkbox line, in the order of the file: `line` (from 1), `number`, `text`,
            `mark`, `done`, `section`, `heading`, `kind` (``task`` or ``review`` where the status
            waits for it, else empty), `depth` (0 for the outermost), `parent` (its line, or null).
        """
        import pandas as pd

        columns = ("line", "number", "text", "mark", "done", "section", "heading", "kind")
        rows = [[getattr(task, name) for name in (*columns, "depth")] for task in self.tasks]
        frame = pd.DataFrame(rows, columns=[*columns, "depth"])
        return frame.assign(parent=pd.array([task.parent for task in self.tasks], dtype="Int64"))

    def __repr__(self) -> str:
        """One line: where it is, how far, and its status."""
        done = sum(task.done for task in self.tasks)
        return (
            f"Story({self.name!r}, {done} of {len(self.tasks)} tasks, {self.status or 'no status'})"
        )


@dataclass(frozen=True)
class StoryUpdate:
    """What an update changes in a story, or has changed: `written` says which."""

    story: Story
    change: Change = field(repr=False)
    written: bool = False

    @property
    def changed(self) -> bool:
        """Whether anything changes."""
        return self.change.text != self.story.content.text

    @property
    def ticked(self) -> tuple[Task, ...]:
        """The tasks that are ticked by it, as they were before."""
        return self.change.ticked

    @property
    def status(self) -> str | None:
        """The status after it."""
        return self.change.status or self.story.status

    @cached_property
    def diff(self) -> str:
        """What changes, as a unified diff; empty where nothing does."""
        return diff_of(self.story.content.text, self.change.text, self.story.name)

    @cached_property
    def raw(self) -> bytes:
        """The file's bytes after the update."""
        mark = _BOM if self.story.raw.startswith(_BOM) else b""
        return mark + self.change.text.encode("utf-8")

    @cached_property
    def after(self) -> Story:
        """The story as it is after the update."""
        return replace(self.story, raw=self.raw, content=parse(self.change.text))

    @cached_property
    def drift(self) -> tuple[Drift, ...]:
        """Where tasks and status still say two things after the update."""
        return self.after.drift

    def apply(self, memory: Log | None = None) -> StoryUpdate:
        """Write it, if the file is still as it was read; once written, it is not written again.

        Raises
        ------
        StoryConflictError
            The file was changed meanwhile; the error holds both diffs.
        StoryError
            It is read-only or cannot be written.
        """
        if self.written or not self.changed:
            return self
        replace_bytes(self.story.path, self.story.raw, self.raw)
        if memory is not None:
            self._log(memory)
        return replace(self, written=True)

    def _log(self, memory: Log) -> None:
        try:
            memory.append("story_updated", self.as_json(), entity_id=self.story.name)
        except ArchkitError as error:
            raise StoryError(
                f"The story '{self.story.name}' was changed, but the memory did not keep that.",
                why=f"{error.what} {error.why}",
                mend=f"{error.mend} The story itself is as it should be.",
            ) from error

    def as_json(self) -> dict[str, Any]:
        """Return what it changes as plain JSON values; paths are as seen from here."""
        return {
            "story": self.story.name,
            "title": self.story.title,
            "ticked": [{"line": t.line, "number": t.number, "text": t.text} for t in self.ticked],
            "already": [task.line for task in self.change.already],
            "status_before": self.story.status,
            "status": self.status,
            "updated_at": self.change.updated_at.isoformat() if self.change.updated_at else None,
            "sha256_before": sha256(self.story.raw).hexdigest(),
            "sha256": sha256(self.raw).hexdigest(),
        }

    def to_frame(self) -> DataFrame:
        """Return the tasks after the update, as `Story.to_frame`, and whether it `ticked` them."""
        frame = self.after.to_frame()
        return frame.assign(ticked=frame["line"].isin([task.line for task in self.ticked]))

    def summary(self) -> str:
        """Say in one line what changes."""
        if not self.changed:
            return "Nothing to change."
        count = len(self.ticked)
        parts = [f"{count} task{'' if count == 1 else 's'} ticked"]
        if self.change.status:
            parts.append(f"status {self.story.status} → {self.change.status}")
        return f"{', '.join(parts)}; {'written' if self.written else 'not written yet'}."

    def __repr__(self) -> str:
        """One line: which story, and what changes."""
        return f"StoryUpdate({self.story.name!r}: {self.summary()})"

    def __str__(self) -> str:
        """Return the line, and the diff."""
        return f"{self!r}\n{self.diff}".rstrip("\n")

    def _repr_html_(self) -> str:
        lines = "".join(map(_diff_line, self.diff.splitlines()))
        notes = [*self.story.warnings, *(_told(found) for found in self.drift)]
        listed = "".join(f"<li>{escape(note)}</li>" for note in notes)
        mend = "" if self.written or not self.changed else " Write it with <code>.apply()</code>."
        return (
            f"<p><b>{escape(self.story.title or self.story.name)}</b>: "
            f"{escape(self.summary())}{mend}</p>"
            + (f'<pre style="line-height:1.35;overflow-x:auto">{lines}</pre>' if lines else "")
            + (f"<ul>{listed}</ul>" if listed else "")
        )


def read_story(where: str | Path = ".") -> Story:
    """Read a story file, or the current story of a project.

    Parameters
    ----------
    where
        The story's file; or the project's folder, whose status file names the current story.

    Raises
    ------
    StoryError
        There is no such file, it is not UTF-8, or the status file does not name exactly one.
    """
    path = Path(where).expanduser()
    warnings: tuple[str, ...] = ()
    if path.is_dir():
        path, warnings = current_story(path)
    raw = read_bytes(path)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise StoryError(
            f"The story '{shown_path(path)}' is not UTF-8.",
            why=f"Line {line} holds bytes that are no text in it.",
            mend="Save the file as UTF-8.",
        ) from error
    return Story(path, raw, parse(text), warnings, shown_path(path))


def update_story(
    where: str | Path = ".",
    tick: str | Sequence[str] = (),
    *,
    dry_run: bool = True,
    was: bool = False,
    now: datetime | None = None,
    memory: Log | None = None,
) -> StoryUpdate:
    """Tick tasks of a story, and bring its status and time stamp in line, by the card's protocol.

    The status becomes "Waiting For Review" once all tasks and review tasks are done, and goes back
    to "In Progress" when a review task is open. All other bytes stay as they are. Doing it again
    changes nothing.

    Parameters
    ----------
    where
        The story's file; or the project's folder, whose status file names the current story.
    tick
        The tasks that are done: numbers (``"3.2"``), whole texts, titles of sections or task
        lists, lines (``"L14"``), or ``"all"``. None: only the status is brought in line.
    dry_run
        Only show what would change; `StoryUpdate.apply` writes it.
    was
        Whether a comment below a new status says what it was.
    now
        The present instant, aware; the clock by default.
    memory
        What is written is logged there, as one event.

    Returns
    -------
    StoryUpdate
        The diff, the tasks ticked, the status, and where tasks and status still disagree.

    Raises
    ------
    StoryError
        The story is not found or cannot be read, or a selector names no task or several: nothing
        was written.
    StoryConflictError
        The file was changed meanwhile.
    ValueError
        `now` has no time zone, or a task is named by a number (3.10 would be 3.1).
    """
    instant = now or utc_now()
    if instant.tzinfo is None:
        raise ValueError("now has no time zone; give datetime.now(UTC)")
    story = read_story(where)
    selectors = [tick] if isinstance(tick, str) else list(tick)
    if odd := [given for given in selectors if not isinstance(given, str)]:
        raise ValueError(f"tasks are named by text, as '3.10', not by {odd[0]!r}")
    tasks = selected(story.content, selectors)
    update = StoryUpdate(story, plan(story.content, tasks, now=instant, was=was))
    return update if dry_run else update.apply(memory)


def _told(found: Drift) -> str:
    return f"Line {found.line}: {found.message}" if found.line else found.message


def _diff_line(line: str) -> str:
    """Mark a line by a tint, which both light and dark notebooks let one read through."""
    tints = {"+": "rgba(26,127,90,.2)", "-": "rgba(184,50,39,.2)"}
    tint = tints.get(line[:1]) if line[:3] not in ("+++", "---") else None
    style = f' style="background:{tint}"' if tint else ""
    return f"<span{style}>{escape(line)}</span>\n"
