"""A project's status.xml: read safely, whatever its shape; no entity, no link out of the project.

Loom writes the file, and its own sample is not well-formed: bare ampersands are read as such, with
a warning. A document type is refused, for it may define entities that grow or fetch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

__all__ = ["STATUS_FILE", "YES", "Element", "StatusFileError", "read_xml", "status_bytes"]

STATUS_FILE = "docs/development/status.xml"
"""Where a project keeps its status, seen from its folder."""

YES = frozenset({"true", "yes", "on", "1", "enabled"})
"""The words for yes in a status file, in lower case."""

_LONGEST = 1024 * 1024
_BARE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});)")
_DECLARED = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class StatusFileError(ValueError):
    """A status file cannot be read, or says two things; `line` counts from 1."""

    def __init__(self, says: str, line: int | None = None) -> None:
        super().__init__(says)
        self.line = line


@dataclass(slots=True)
class Element:
    """An XML element; names are without prefix, in lower case, with hyphens."""

    name: str
    given: dict[str, str]
    line: int
    parent: Element | None
    children: list[Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its own text, without that of its children."""
        return "".join(self.pieces)

    def below(self) -> Iterator[Element]:
        """Give every element in it, in the order of the file."""
        waiting = self.children[::-1]
        while waiting:
            element = waiting.pop()
            yield element
            waiting += element.children[::-1]

    def feature(self) -> Element | None:
        """Return the feature that holds it."""
        feature = self.parent
        while feature is not None and not feature.is_feature:
            feature = feature.parent
        return feature

    @property
    def is_feature(self) -> bool:
        """Whether it stands for a feature."""
        return self.name in ("feature", "feature-status")

    def is_active_feature(self) -> bool:
        """Whether it is marked as the feature being worked on, by attribute or by element."""
        marks = [self.given.get("is-active-feature", "")]
        marks += [e.text for e in self.below() if e.name == "is-active-feature"]
        return any(mark.strip().casefold() in YES for mark in marks)


def status_bytes(project: Path) -> bytes | None:
    """Return the file's beginning, None where there is none.

    Parameters
    ----------
    project
        The project's folder.

    Raises
    ------
    StatusFileError
        It is a link to nothing or out of the project, no regular file, or cannot be read.
    """
    path = project / STATUS_FILE
    try:
        real = path.resolve(strict=True)
    except (FileNotFoundError, NotADirectoryError):
        if path.is_symlink():
            raise StatusFileError("It is a link to nothing") from None
        return None
    except (OSError, RuntimeError) as error:
        raise StatusFileError(f"{getattr(error, 'strerror', None) or error}") from error
    if not real.is_relative_to(project.resolve()):
        raise StatusFileError("It is a link that leads out of the project")
    if not real.is_file():
        raise StatusFileError("It is no regular file")
    try:
        with real.open("rb") as file:
            return file.read(_LONGEST + 1)
    except OSError as error:
        raise StatusFileError(f"{error.strerror or error}") from error


def read_xml(raw: bytes) -> tuple[Element, tuple[str, ...]]:
    """Read a status file; return what stands above all its elements, and warnings.

    Raises
    ------
    StatusFileError
        It is longer than 1 MiB, has a document type, or is no well-formed XML even after bare
        ampersands were repaired.
    """
    if len(raw) > _LONGEST:
        raise StatusFileError(f"It is longer than {_LONGEST // 1024} KiB")
    try:
        return _Reader().read(raw), ()
    except expat.ExpatError as error:
        return _repaired(raw, error)


def _repaired(raw: bytes, error: expat.ExpatError) -> tuple[Element, tuple[str, ...]]:
    """Read once more with bare ampersands written out, as Loom's own sample needs it."""
    text, count = _BARE.subn("&amp;", _decoded(raw))
    if count:
        try:
            root = _Reader("utf-8").read(text.encode("utf-8", errors="replace"))
        except expat.ExpatError as still:
            error = still
        else:
            warning = (
                f"{STATUS_FILE} is not well-formed XML (line {error.lineno}): {count} bare '&' "
                "were read as '&amp;'. Write '&amp;' there."
            )
            return root, (warning,)
    raise StatusFileError(
        f"It is no well-formed XML: {expat.ErrorString(error.code)}", error.lineno
    ) from error


def _decoded(raw: bytes) -> str:
    declared = _DECLARED.match(raw)
    name = next((code for mark, code in _MARKS.items() if raw.startswith(mark)), None)
    name = name or (declared[1].decode("ascii") if declared else "utf-8")
    try:
        return raw.decode(name, errors="replace")
    except LookupError:
        return raw.decode("utf-8", errors="replace")


class _Reader:
    """Builds the elements of a document with their lines; a document type is refused."""

    def __init__(self, encoding: str | None = None) -> None:
        self._parser: Any = expat.ParserCreate(encoding)
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._say
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._root = Element("", {}, 1, None)
        self._here = self._root

    def read(self, raw: bytes) -> Element:
        self._parser.Parse(raw, True)
        return self._root

    def _start(self, name: str, given: dict[str, str]) -> None:
        attributes = {_local(key): value for key, value in given.items()}
        line = self._parser.CurrentLineNumber
        element = Element(_local(name), attributes, line, self._here)
        self._here.children.append(element)
        self._here = element

    def _end(self, _: str) -> None:
        self._here = self._here.parent or self._root

    def _say(self, text: str) -> None:
        self._here.pieces.append(text)

    def _refuse(self, *_: object) -> None:
        raise StatusFileError(
            "It has a document type, which archkit does not read: it may define entities",
            self._parser.CurrentLineNumber,
        )


def _local(name: str) -> str:
    """Return a name without its namespace's prefix, in lower case with hyphens."""
    return name.rpartition(":")[2].casefold().replace("_", "-")
