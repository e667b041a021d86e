"""A decision in its latest wording, by whatever runs a SELECT."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archkit.errors import StoreError
from archkit.records import Decision

__all__ = ["decision_of"]

_DECISION = """
SELECT CAST(e.payload AS VARCHAR) FROM decision d JOIN event e ON e.event_id = d.event_id
WHERE d.decision_id = $id
"""
_LATEST = "SELECT decision_id FROM decision ORDER BY decided_at DESC, decision_id DESC LIMIT 3"


def decision_of(
    rows: Callable[[str, Mapping[str, Any] | None], Sequence[Sequence[Any]]], decision_id: str
) -> Decision:
    """Return a decision in its latest wording; `rows` gives the rows of a SELECT.

    Raises
    ------
    StoreError
        There is none.
    """
    found = rows(_DECISION, {"id": decision_id})
    if found:
        return Decision.from_payload(json.loads(found[0][0]))
    latest = ", ".join(str(row[0]) for row in rows(_LATEST, None))
    raise StoreError(
        f"The memory knows no decision {decision_id!r}.",
        why=f"The latest ones are: {latest}." if latest else "No decision is recorded yet.",
        mend="Give the decision, or its decision_id, as record_decision returned it.",
    )
