"""The gate before the memory: the card, the project's status file, and whether there is a memory.

Off means neither read nor written. Loom's rule holds for a project that keeps a status file: only
`<aml enabled="true">` turns the memory on, and a file that says nothing of it leaves it off. A
project without a status file has no such rule; there the card decides alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archkit.decisions.status_file import (
    STATUS_FILE,
    YES,
    Element,
    StatusFileError,
    read_xml,
    status_bytes,
)
from archkit.errors import SessionError

if TYPE_CHECKING:
    from archkit.architect.card import AgentCard

__all__ = ["Gate", "Switch", "memory_gate", "read_switch"]

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
        raw = status_bytes(workspace)
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
    root, warnings = read_xml(raw)
    found = [element for element in root.below() if element.name == "aml"]
    said = [(aml, enabled) for aml in found for enabled in [_said_by(aml)] if enabled is not None]
    active = [pair for pair in said if _is_active(pair[0])]
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


def _said_by(aml: Element) -> bool | None:
    """Return what an `aml` says, by attribute, by element or by its own text."""
    words = [aml.given["enabled"]] if "enabled" in aml.given else []
    words += [child.text for child in aml.children if child.name == "enabled"]
    words += [aml.text] if not words and aml.text.strip() else []
    said = {_truth(word, aml.line) for word in words}
    if len(said) > 1:
        raise StatusFileError("Its aml says both yes and no", aml.line)
    return said.pop() if said else None


def _is_active(aml: Element) -> bool:
    """Whether the feature that holds it is marked as the one being worked on."""
    feature = aml.feature()
    return feature is not None and feature.is_active_feature()


def _truth(word: str, line: int) -> bool:
    spoken = word.strip().casefold()
    if spoken in YES or spoken in _NO:
        return spoken in YES
    raise StatusFileError(f"Its aml says {word.strip()[:40]!r}, which is neither yes nor no", line)
