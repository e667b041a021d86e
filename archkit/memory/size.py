"""How large an agent's memory may be, and the single record that would be larger than all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from archkit.errors import StoreError
from archkit.memory.refusals import BusyError
from archkit.memory.told import megabytes
from archkit.plain import texts_in

if TYPE_CHECKING:
    from archkit.memory.journal import Draft
    from archkit.memory.store import Store

__all__ = ["MEMORY_LIMIT_MB", "check_size", "limit_bytes", "text_bytes"]

MEMORY_LIMIT_MB = 120.0
"""Size of an agent's live rows (MiB of canonical JSON) where its card names none."""

_UNASKED = 1_048_576
"""A record of up to so many bytes fits any limit that makes sense; the limit is not looked up."""


def check_size(store: Store, drafts: Sequence[Draft]) -> None:
    """Refuse a record that is larger than all its agent may keep, before anything is written."""
    for draft in drafts:
        size = text_bytes(draft.payload)
        if size <= _UNASKED:
            continue
        limit = limit_bytes(store, draft.agent)
        if size > limit:
            raise StoreError(
                f"The {draft.kind} is too large: {megabytes(size)}.",
                why=f"All that {draft.agent or 'this memory'!r} keeps may have"
                f" {megabytes(limit)} (memory_limit_mb). Nothing was written.",
                mend="Keep the long text in a file and record where it is, or raise"
                " memory_limit_mb in the agent's card.",
            )


def limit_bytes(store: Store, agent: str) -> int:
    """Return what an agent may keep, by its card (bytes); while the file is held, the default."""
    try:
        rows = store.rows(_LIMIT, {"agent": agent})
    except BusyError:
        rows = []
    return int((rows[0][0] if rows else MEMORY_LIMIT_MB) * 1_048_576)


def text_bytes(value: Any) -> int:
    """Return the UTF-8 bytes of all texts in a value: no JSON of it can be smaller."""
    return sum(
        len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
        for text in texts_in(value)
    )


_LIMIT = """
SELECT memory_limit_mb FROM agent WHERE name = $agent AND memory_limit_mb > 0
ORDER BY recorded_at DESC, event_id DESC LIMIT 1
"""
