"""Handing events on and taking them in: export to a folder, import from one.

An export is a folder: the events as JSON lines or Parquet, and a manifest with the SHA-256 of
every file, which vouches for itself, too. Audit events stay at home: what was archived, reset or
forgotten here says nothing about another memory, and must take nothing out of it.

What is imported keeps its writer, agent, project and instants, and the memory remembers where it
came from (table `imported_event`): its evidence weighs what its source weighs, and is drawn as
reported, never as observed here. What was simulated or reported stays so.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.errors import StoreError
from archkit.memory import projection
from archkit.memory.anonymise import LEVELS, Anonymiser
from archkit.memory.exchange_choice import chosen_events
from archkit.memory.exchange_files import FORMATS, MANIFEST, write_manifest, write_rows
from archkit.memory.exchange_import import Conflict, ImportReport, import_
from archkit.memory.rewrite import Progress, Row, audit_row, deposit, each_event, settle
from archkit.memory.told import Told
from archkit.plain import new_id, shown_path

if TYPE_CHECKING:
    from archkit.memory.memory import Memory

__all__ = ["Conflict", "ExportReport", "ImportReport", "export", "import_"]


@dataclass(frozen=True, repr=False)
class ExportReport(Told):
    """What was exported, what was left out, and what was hidden (counts by kind)."""

    target: Path
    format: str
    events: int
    kinds: Mapping[str, int]
    filters: Mapping[str, Any] = field(default_factory=dict)
    anonymise: str = "none"
    hidden: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    note: str = ""
    sha256: str = ""


def export(
    memory: Memory,
    target: Path | str,
    *,
    format: str = "jsonl",  # noqa: A002  # the word everybody looks for
    since: datetime | None = None,
    until: datetime | None = None,
    agent: str | None = None,
    project: str | None = None,
    min_confidence: float | None = None,
    anonymise: str = "none",
    names: Sequence[str] = (),
    origin: str = "",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> ExportReport:
    """Write the events of a memory, or some of them, to a folder that another memory can import.

    Parameters
    ----------
    memory
        The memory.
    target
        The folder, made whole or not at all.
    format
        jsonl or parquet.
    since, until
        Recorded from this instant on, and before that one (aware).
    agent, project
        Only of these; what their records need comes along (patterns, sessions, decisions).
    min_confidence
        Only decisions stated with at least this confidence (0 to 1), and patterns whose success
        rate (posterior mean) is at least that or that such a decision used.
    anonymise
        none; partial: pseudonyms for people, agents, projects, e-mails, hosts, paths; full: only
        patterns, contexts, rates and instants.
    names
        People and customers to hide wherever they are named: no rule finds names in prose.
    origin
        What the export calls this memory; its folder by default, nothing when anonymised.
    overwrite
        Whether an earlier export of that name is replaced.
    progress
        Told events done, and of how many.

    Returns
    -------
    ExportReport
        What was exported, left out and hidden.

    Raises
    ------
    StoreError
        The folder is there already, or cannot be written.

    Examples
    --------
    ::

        export(memory, "for-the-team", project="shop", anonymise="partial", names=["Jo Doe"])
    """
    filters = _filters(since, until, agent, project, min_confidence)
    _check_words(format, anonymise)
    place = Path(target).expanduser()
    _check_place(place, overwrite)
    store = memory._store
    memory._held.add_library()
    chosen = chosen_events(memory, filters) if filters else None
    masks = Anonymiser(anonymise, names=names, **(_names(memory) if anonymise != "none" else {}))
    kinds: Counter[str] = Counter()
    rows = _masked(_rows(store, chosen), masks, kinds)
    [(total,)] = store.rows("SELECT count(*) FROM event")
    fresh = place.with_name(f".{place.name}.{new_id()[-6:]}.part")
    try:
        fresh.mkdir(parents=True)
        name = f"events.{format}"
        events, _ = write_rows(fresh / name, rows, total=total, progress=progress)
        told = {
            "what": "export",
            "export_id": new_id(),
            "made_at": store._now().astimezone(UTC).isoformat(),
            "made_by": projection._made_by(),
            "schema": projection.SCHEMA_VERSION,
            "origin": "anonymised" if anonymise != "none" else origin or _label(memory),
            "format": format,
            "filters": filters,
            "anonymise": anonymise,
            "events": events,
            "kinds": dict(sorted(kinds.items())),
            "hidden": dict(masks.hidden),
        }
        manifest = write_manifest(fresh, told, [name])
        if place.exists():
            shutil.rmtree(place)
        fresh.replace(place)
    except OSError as error:
        raise _unwritable(place, error) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    left = dict(masks.left_out)
    if chosen is not None:
        left["filtered"] = max(total - events - sum(left.values()), 0)
    detail = {"anonymise": anonymise, "filters": filters, "format": format}
    said = {"file": place.name, "sha256": manifest["sha256"], "events": events, "detail": detail}
    deposit(store, [audit_row(store, "exported", memory.agent, said)])
    settle(store)
    return ExportReport(
        target=place,
        format=format,
        events=events,
        kinds=dict(sorted(kinds.items())),
        filters=filters,
        anonymise=anonymise,
        hidden=dict(masks.hidden),
        left_out=left,
        note="" if anonymise == "none" else _NAMES_NOTE,
        sha256=manifest["sha256"],
    )


_NAMES_NOTE = (
    "People are recognised by e-mail address, @handle, or by being named in names=[…]; "
    "look through the folder before you hand it on."
)


def _rows(store: Any, chosen: set[str] | None) -> Iterator[Row]:
    kinds = {"kinds": list(projection.AUDIT_KINDS)}
    for row in each_event(store, "e.kind NOT IN (SELECT unnest($kinds::VARCHAR[]))", kinds):
        if chosen is None or row[0] in chosen:
            yield row


def _masked(rows: Iterator[Row], masks: Anonymiser, kinds: Counter[str]) -> Iterator[Row]:
    for row in rows:
        kept = masks.row(row)
        if kept is not None:
            kinds[kept[4]] += 1
            yield kept


def _names(memory: Memory) -> dict[str, list[str]]:
    """Return the names of agents, projects and deciders that the memory speaks of."""
    [(agents, projects, people)] = memory._store.rows(_NAMES)
    return {"agents": agents, "projects": projects, "deciders": people}


_NAMES = """
SELECT
  (SELECT coalesce(list(DISTINCT name), []) FROM (
    SELECT agent AS name FROM event UNION SELECT payload->>'$.agent' FROM event
    UNION SELECT name FROM agent) WHERE name <> '' AND name <> 'library'),
  (SELECT coalesce(list(DISTINCT name), []) FROM (
    SELECT project AS name FROM event UNION SELECT payload->>'$.project' FROM event
    UNION SELECT parse_filename(workspace) FROM session) WHERE name <> ''),
  (SELECT coalesce(list(DISTINCT name), []) FROM (
    SELECT unnest(payload->>'$.deciders[*]') AS name FROM event WHERE kind = 'adr')
    WHERE name <> '')
"""


def _label(memory: Memory) -> str:
    folder = memory.path.parent.parent.name if memory.path.parent.name == "data" else ""
    return folder or memory.path.parent.name or memory.path.stem


def _filters(
    since: datetime | None,
    until: datetime | None,
    agent: str | None,
    project: str | None,
    min_confidence: float | None,
) -> dict[str, Any]:
    for name, instant in (("since", since), ("until", until)):
        if instant is not None and instant.tzinfo is None:
            raise StoreError(
                f"{name} has no time zone: {instant.isoformat()}.",
                why="Instants are kept in UTC; without a zone nobody knows which moment is meant.",
                mend="Give it a zone: datetime(…, tzinfo=UTC).",
            )
    if min_confidence is not None and not 0 <= min_confidence <= 1:
        raise StoreError(
            f"min_confidence cannot be {min_confidence!r}.",
            why="It is a number from 0 to 1.",
            mend="Give a number from 0 to 1.",
        )
    said = {
        "since": since and since.astimezone(UTC).isoformat(),
        "until": until and until.astimezone(UTC).isoformat(),
        "agent": agent,
        "project": project,
        "min_confidence": min_confidence,
    }
    return {name: value for name, value in said.items() if value is not None}


def _check_words(format: str, anonymise: str) -> None:  # noqa: A002
    for value, known, what in ((format, FORMATS, "format"), (anonymise, LEVELS, "anonymise")):
        if value not in known:
            raise StoreError(
                f"{what} cannot be {value!r}.",
                why=f"It is one of: {', '.join(known)}.",
                mend="Use one of them.",
            )


def _check_place(place: Path, overwrite: bool) -> None:
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        return
    if overwrite and (place / MANIFEST).is_file():
        return
    raise StoreError(
        f"{shown_path(place)!r} is there already.",
        why="It is an earlier export." if (place / MANIFEST).is_file() else "It holds other files.",
        mend="Name another folder, or say overwrite=True to replace an earlier export.",
    )


def _unwritable(place: Path, error: OSError) -> StoreError:
    return StoreError(
        f"The export {shown_path(place)!r} could not be written.",
        why=f"{error.strerror or error}. The memory is unchanged.",
        mend="Make room on the disk, make the folder writable, or name another folder.",
    )
