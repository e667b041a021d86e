"""Files changed whole or not at all: read with their digest, replaced only if still the same."""

from __future__ import annotations

import difflib
import os
import stat
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from archkit.decisions.story_text import lines_of
from archkit.errors import StoryError
from archkit.plain import shown_path

__all__ = ["StoryConflictError", "diff_of", "read_bytes", "replace_bytes"]

LONGEST = 2 * 1024 * 1024
"""The longest story that is read, in bytes."""


class StoryConflictError(StoryError):
    """A story was changed by somebody else between reading and writing; nothing was written.

    `ours` is the diff that was to be written, `theirs` what the others changed meanwhile.
    """

    def __init__(self, what: str, *, why: str, mend: str, ours: str = "", theirs: str = "") -> None:
        super().__init__(what, why=why, mend=mend)
        self.ours, self.theirs = ours, theirs

    def __str__(self) -> str:
        """Return what, why, how to mend, and both diffs."""
        return f"{super().__str__()}\n\nOurs:\n{self.ours}\nTheirs:\n{self.theirs}".rstrip("\n")

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling with both diffs."""
        return _conflict, (self.what, self.why, self.mend, self.ours, self.theirs)


def _conflict(what: str, why: str, mend: str, ours: str, theirs: str) -> StoryConflictError:
    return StoryConflictError(what, why=why, mend=mend, ours=ours, theirs=theirs)


def read_bytes(path: Path) -> bytes:
    """Return a story's bytes.

    Raises
    ------
    StoryError
        It is no regular file, longer than 2 MiB, or cannot be read.
    """
    try:
        if not path.is_file():
            raise StoryError(
                f"There is no story file at '{shown_path(path)}'.",
                why="It is a folder." if path.is_dir() else "Nothing readable is there.",
                mend="Give the path of the story's Markdown file.",
            )
        with path.open("rb") as file:
            raw = file.read(LONGEST + 1)
    except OSError as error:
        raise StoryError(
            f"The story '{shown_path(path)}' cannot be read.",
            why=f"{error.strerror or type(error).__name__}.",
            mend="Mend its permissions, or give another file.",
        ) from error
    if len(raw) > LONGEST:
        raise StoryError(
            f"The story '{shown_path(path)}' is longer than {LONGEST // 2**20} MiB.",
            why="A story is a page or two; this may be another file.",
            mend="Give the path of the story's Markdown file.",
        )
    return raw


def replace_bytes(path: Path, before: bytes, after: bytes) -> None:
    """Put `after` in the place of a file that still holds `before`: at once, with its mode.

    A link stays one: the file that it leads to is changed. There is no lock; another program that
    writes in the instant between comparing and replacing is not seen.

    Raises
    ------
    StoryConflictError
        The file holds something else by now.
    StoryError
        It is read-only, gone, or its folder cannot be written.
    """
    real = path.resolve()
    _check_writable(path, real)
    temporary: str | None = None
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{real.name[:60]}.", dir=real.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        mode = real.stat()
        Path(temporary).chmod(stat.S_IMODE(mode.st_mode))
        with suppress(OSError):
            os.chown(temporary, mode.st_uid, mode.st_gid)
        now = real.read_bytes()
        if now == after:
            return
        if sha256(now).digest() != sha256(before).digest():
            raise _changed(path, before, after, now)
        Path(temporary).replace(real)
        temporary = None
    except OSError as error:
        raise StoryError(
            f"The story '{shown_path(path)}' cannot be written.",
            why=f"{error.strerror or type(error).__name__}. Nothing was changed.",
            mend="Mend the permissions of its folder, or make room on the disk.",
        ) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                Path(temporary).unlink()


def diff_of(before: str, after: str, name: str) -> str:
    """Return a unified diff that `patch` understands; empty where nothing differs."""
    old, new = lines_of(before), lines_of(after)
    lines = difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _check_writable(path: Path, real: Path) -> None:
    if not real.is_file():
        raise StoryError(
            f"The story '{shown_path(path)}' is gone.",
            why="It was there when it was read. Nothing was written.",
            mend="Find out who moved it, and begin anew.",
        )
    # replacing would change even a file that says it must not be written
    if not real.stat().st_mode & 0o222 or not os.access(real, os.W_OK):
        raise StoryError(
            f"The story '{shown_path(path)}' is read-only.",
            why="Its permissions do not let it be written. Nothing was changed.",
            mend=f"Let it be written (chmod u+w {real.name}), if it is meant to be changed.",
        )


def _changed(path: Path, before: bytes, after: bytes, now: bytes) -> StoryConflictError:
    old, ours, theirs = (raw.decode("utf-8", errors="replace") for raw in (before, after, now))
    return StoryConflictError(
        f"The story '{shown_path(path)}' was changed by somebody else meanwhile.",
        why="It no longer holds what was read. Nothing was written.",
        mend="Look at both diffs, then do the update anew: it begins from what is there now.",
        ours=diff_of(old, ours, path.name),
        theirs=diff_of(old, theirs, path.name),
    )
