"""The gate before the memory: the card, the project's status file, and whether there is a memory.

Off means neither read nor written. Loom's rule holds for a project that keeps a status file: only
`<aml enabled="true">` turns the memory on, and a file that says nothing of it leaves it off. A
project without a status file has no such rule; there the card decides alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from archkit.errors import SessionError

if TYPE_CHECKING:
    from archkit.architect.card import AgentCard

__all__ = ["STATUS_FILE", "Gate", "StatusFileError", "Switch", "memory_gate", "read_switch"]

STATUS_FILE = "docs/development/status.xml"
"""Where a project may say whether the memory is on, seen from its folder."""

_LONGEST = 1024 * 1024
_BARE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});)")
_DECLARED = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_YES = {"true", "yes", "on", "1", "enabled"}
_NO = {"false", "no", "off", "0", "disabled"}


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether the memory may be read and written, why, and what was odd on the way."""

    on: bool
    reason: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Switch:
    """What a status file says: `enabled` is None where it has no `aml` that says so."""

    enabled: bool | None
    line: int | None = None
    warnings: tuple[str, ...] = ()


class StatusFileError(ValueError):
    """A status file cannot be read, or says two things; `line` counts from 1."""

    def __init__(self, says: str, line: int | None = None) -> None:
        super().__init__(says)
        self.line = line


def memory_gate(card: AgentCard, memory: object | None, workspace: Path) -> Gate:
    """Say whether a session may use its memory.

    Parameters
    ----------
    card
        Its `aml_enabled` must be set.
    memory
        None is off, whatever the others say.
    workspace
        The project; its `docs/development/status.xml` is read if the others allow the memory.

    Raises
    ------
    SessionError
        The status file cannot be read, or contradicts itself.
    """
    if memory is None:
        return Gate(False, "no memory was given")
    if not card.aml_enabled:
        return Gate(False, f"the card '{card.name}' does not set aml_enabled: true")
    card_says = f"the card '{card.name}' sets aml_enabled: true"
    try:
        raw = _status_text(workspace)
        if raw is None:
            return Gate(True, f"{card_says}; the project has no {STATUS_FILE}")
        switch = read_switch(raw)
    except StatusFileError as error:
        where = f" (line {error.line})" if error.line else ""
        raise SessionError(
            f"Whether the memory is on cannot be read from {STATUS_FILE}{where}.",
            why=f"{error}. Until it is known, the memory is neither read nor written.",
            mend='Write <aml enabled="true"> or <aml enabled="false"> there once, in well-formed '
            "XML; or work without a memory: Session(…, memory=None).",
        ) from error
    return _as_gate(switch, card_says)


def read_switch(raw: bytes) -> Switch:
    """Read from a status file whether the memory is on.

    Parameters
    ----------
    raw
        The file's bytes. `aml` is found at any depth, in any of the shapes in use:
        ``<aml enabled="true">``, ``<aml><enabled>true</enabled></aml>``, ``<aml>true</aml>``.
        Where features differ, the one with ``is-active-feature`` counts.

    Raises
    ------
    StatusFileError
        It is too long, has a document type (which may define entities), is no XML even after
        bare ampersands were repaired, has another word than yes or no, or says both.
    """
    if len(raw) > _LONGEST:
        raise StatusFileError(f"It is longer than {_LONGEST // 1024} KiB")
    warnings: tuple[str, ...] = ()
    try:
        found = _Reader().read(raw)
    except expat.ExpatError as error:
        found, warnings = _repaired(raw, error)
    said = [(aml, enabled) for aml in found for enabled in [aml.enabled()] if enabled is not None]
    active = [pair for pair in said if pair[0].is_active()]
    counted = active or said
    if not counted:
        return Switch(None, found[0].line if found else None, warnings)
    if len({enabled for _, enabled in counted}) > 1:
        lines = ", ".join(str(aml.line) for aml, _ in counted)
        raise StatusFileError(f"It says both yes and no, on the lines {lines}", counted[0][0].line)
    aml, enabled = counted[0]
    return Switch(enabled, aml.line, warnings)


def _as_gate(switch: Switch, card_says: str) -> Gate:
    where = f"{STATUS_FILE}, line {switch.line}," if switch.line else STATUS_FILE
    if switch.enabled:
        return Gate(True, f"{card_says}; {where} turns the memory on", switch.warnings)
    if switch.enabled is False:
        return Gate(False, f"{where} turns the memory off", switch.warnings)
    return Gate(
        False, f'{where} does not say <aml enabled="true">, which leaves it off', switch.warnings
    )


def _status_text(workspace: Path) -> bytes | None:
    """Return the file's beginning, None where there is none; no link leads out of the project."""
    path = workspace / STATUS_FILE
    try:
        real = path.resolve(strict=True)
    except (FileNotFoundError, NotADirectoryError):
        if path.is_symlink():
            raise StatusFileError("It is a link to nothing") from None
        return None
    except (OSError, RuntimeError) as error:
        raise StatusFileError(f"{getattr(error, 'strerror', None) or error}") from error
    if not real.is_relative_to(workspace.resolve()):
        raise StatusFileError("It is a link that leads out of the project")
    if not real.is_file():
        raise StatusFileError("It is no regular file")
    try:
        with real.open("rb") as file:
            return file.read(_LONGEST + 1)
    except OSError as error:
        raise StatusFileError(f"{error.strerror or error}") from error


def _repaired(raw: bytes, error: expat.ExpatError) -> tuple[list[_Element], tuple[str, ...]]:
    """Read once more with bare ampersands written out, as Loom's own sample needs it."""
    text, count = _BARE.subn("&amp;", _decoded(raw))
    if count:
        try:
            found = _Reader("utf-8").read(text.encode("utf-8", errors="replace"))
        except expat.ExpatError as still:
            error = still
        else:
            warning = (
                f"{STATUS_FILE} is not well-formed XML (line {error.lineno}): {count} bare '&' "
                "were read as '&amp;'. Write '&amp;' there."
            )
            return found, (warning,)
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


@dataclass(slots=True)
class _Element:
    name: str
    given: dict[str, str]
    line: int
    parent: _Element | None
    children: list[_Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def below(self) -> Iterator[_Element]:
        waiting = list(self.children)
        while waiting:
            element = waiting.pop()
            yield element
            waiting += element.children

    def enabled(self) -> bool | None:
        """Return what an `aml` says, by attribute, by element or by its own text."""
        words = [self.given["enabled"]] if "enabled" in self.given else []
        words += [child.text for child in self.children if child.name == "enabled"]
        words += [self.text] if not words and self.text.strip() else []
        said = {_truth(word, self.line) for word in words}
        if len(said) > 1:
            raise StatusFileError("Its aml says both yes and no", self.line)
        return said.pop() if said else None

    def is_active(self) -> bool:
        """Whether the feature that holds it is marked as the one being worked on."""
        feature = self.parent
        while feature is not None and feature.name not in ("feature", "feature-status"):
            feature = feature.parent
        if feature is None:
            return False
        marks = [feature.given.get("is-active-feature", "")]
        marks += [e.text for e in feature.below() if e.name == "is-active-feature"]
        return any(mark.strip().lower() in _YES for mark in marks)


def _truth(word: str, line: int) -> bool:
    spoken = word.strip().casefold()
    if spoken in _YES or spoken in _NO:
        return spoken in _YES
    raise StatusFileError(f"Its aml says {word.strip()[:40]!r}, which is neither yes nor no", line)


class _Reader:
    """Collects the `aml` elements of a document with their lines; a document type is refused."""

    def __init__(self, encoding: str | None = None) -> None:
        self._parser: Any = expat.ParserCreate(encoding)
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._say
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._open: list[_Element] = []
        self._found: list[_Element] = []

    def read(self, raw: bytes) -> list[_Element]:
        self._parser.Parse(raw, True)
        return self._found

    def _start(self, name: str, given: dict[str, str]) -> None:
        attributes = {_local(key): value for key, value in given.items()}
        line = self._parser.CurrentLineNumber
        parent = self._open[-1] if self._open else None
        element = _Element(_local(name), attributes, line, parent)
        if parent:
            parent.children.append(element)
        self._open.append(element)
        if element.name == "aml":
            self._found.append(element)

    def _end(self, _: str) -> None:
        self._open.pop()

    def _say(self, text: str) -> None:
        self._open[-1].pieces.append(text)

    def _refuse(self, *_: object) -> None:
        raise StatusFileError(
            "It has a document type, which archkit does not read: it may define entities",
            self._parser.CurrentLineNumber,
        )


def _local(name: str) -> str:
    """Return a name without its namespace's prefix, in lower case with hyphens."""
    return name.rpartition(":")[2].casefold().replace("_", "-")
