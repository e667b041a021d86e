"""Errors that say what happened, why, and how to mend it.

::

    ArchkitError          anything a notebook user can mend
    ├── CardError         an agent card is missing or cannot be read
    ├── LibraryError      a pattern, solution or blueprint file does not fit its schema
    ├── StoreError        the memory's files: locked, foreign, too new, full, read-only
    ├── SessionError      a step out of order, or a turn that did not end well
    ├── StoryError        a story file cannot be found, read or changed safely
    └── ReportError       a report cannot be written whole

Wrong arguments to a pure function are `ValueError`, not one of these.
"""

from __future__ import annotations

__all__ = [
    "ArchkitError",
    "CardError",
    "LibraryError",
    "ReportError",
    "SessionError",
    "StoreError",
    "StoryError",
]


class ArchkitError(Exception):
    """Something a notebook user can mend.

    Parameters
    ----------
    what
        What happened, one sentence that names the value at fault.
    why
        Why it happened.
    mend
        What to do about it.

    Examples
    --------
    >>> print(ArchkitError("No brief was given.", why="It is empty.", mend="Say what to build."))
    No brief was given.
    Why: It is empty.
    Mend: Say what to build.
    """

    def __init__(self, what: str, *, why: str, mend: str) -> None:
        super().__init__(what)
        # Another library's words may run over many lines; here each part is one.
        self.what, self.why, self.mend = (" ".join(part.split()) for part in (what, why, mend))

    def __str__(self) -> str:
        """Three lines: what, why, how to mend."""
        return f"{self.what}\nWhy: {self.why}\nMend: {self.mend}"

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling, which calls the constructor with `args` alone."""
        return (_rebuilt, (type(self), self.what, self.why, self.mend))

    def _render_traceback_(self, *_: object) -> list[str]:
        """Show the three lines, without a stack, in IPython."""
        return str(self).splitlines()


def _rebuilt(kind: type[ArchkitError], what: str, why: str, mend: str) -> ArchkitError:
    return kind(what, why=why, mend=mend)


class CardError(ArchkitError):
    """An agent card is missing or cannot be read."""


class LibraryError(ArchkitError):
    """A pattern, solution or blueprint file does not fit its schema."""


class StoreError(ArchkitError):
    """The memory's files are locked, foreign, too new, full or read-only."""


class SessionError(ArchkitError):
    """A step was taken out of order, or a turn did not end well."""


class StoryError(ArchkitError):
    """A story file cannot be found, read or changed safely."""


class ReportError(ArchkitError):
    """A report cannot be written whole."""
