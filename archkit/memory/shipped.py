"""The kit's own patterns and solutions, written into a memory once for each version of them."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace

from archkit.memory.journal import Draft
from archkit.memory.store import Store
from archkit.records import Pattern, Solution

__all__ = ["LIBRARY", "write_library"]

LIBRARY = "library"
"""The agent that the kit's own records name, and the kind of the event that tells their version."""

_NAMESPACE = uuid.UUID("6f1c8c5e-3f0b-5c4e-9d55-2f7f3f1f6a10")


def write_library(store: Store) -> None:
    """Write the kit's patterns and solutions, if this version of them is not there yet.

    Their ids follow from their content, so two processes that both write them write the same
    events; a text that comes back after another has its version in its id, to count as new.
    What somebody has worded anew under a slug of the library stays theirs.
    """
    from archkit.library import read_library

    library = read_library()
    version = Draft(LIBRARY, {"version": library.version})
    [(known, current, reworded)] = store.rows(_STATE)
    if _event_id(version) in known:
        return
    records: list[tuple[str, Pattern | Solution]] = [
        *(("pattern", pattern) for pattern in library.patterns),
        *(("solution", solution) for solution in library.solutions),
    ]
    drafts = [
        Draft(kind, record.as_payload(), entity_id=record.slug)
        for kind, record in records
        if f"{kind} {record.slug}" not in reworded
    ]
    new = {_event_id(version): version}
    for draft in drafts:
        ids = _event_id(draft), _event_id(draft, library.version)
        if not {*ids} & {*current}:
            new[ids[ids[0] in known]] = draft
    store.append([replace(d, agent=LIBRARY, event_id=event_id) for event_id, d in new.items()])


def _event_id(draft: Draft, *version: str) -> str:
    """Id that follows from the content."""
    text = json.dumps([draft.kind, draft.payload, *version], sort_keys=True, ensure_ascii=False)
    return str(uuid.uuid5(_NAMESPACE, text))


# Opening the file costs more than asking it, so the question is one row of lists.
_STATE = """
SELECT
  (SELECT coalesce(list(event_id), []) FROM event WHERE agent = 'library'),
  (SELECT coalesce(list(event_id), []) FROM (
    SELECT event_id FROM pattern UNION ALL SELECT event_id FROM solution)),
  (SELECT coalesce(list(name), []) FROM (
    SELECT 'pattern ' || slug AS name FROM pattern WHERE agent <> 'library'
    UNION ALL SELECT 'solution ' || slug FROM solution WHERE agent <> 'library'))
"""
