"""What was known of some patterns at an instant: only what had been seen by then."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from archkit.metrics.evidence import pattern_evidence

if TYPE_CHECKING:
    import pandas as pd

    from archkit.metrics.rows import Readable

__all__ = ["evidence_of"]

_ASKED = re.compile(r"\b(?:pattern_evidence|status_said)\b")
_WITH = re.compile(r"\s*WITH\s+", re.IGNORECASE)
# A decision's outcome is the latest one, so of each the latest by then is looked up anew; an epoch
# that was noticed later was not known, nor a status that was said later.
_THEN = """
WITH then_outcome AS (
  SELECT
    o.decision_id, o.value, o.observed_at,
    CASE
      WHEN i.event_id IS NULL OR o.source IN ('reported', 'simulated') THEN o.source
      WHEN o.source = 'model' THEN 'imported_model'
      ELSE 'imported'
    END AS source,
    row_number() OVER (
      PARTITION BY o.decision_id
      ORDER BY CASE WHEN o.value IS NULL THEN 1 ELSE 0 END, o.observed_at DESC, o.outcome_id DESC
    ) AS place
  FROM main.outcome o
  LEFT JOIN main.imported_event i ON i.event_id = o.event_id
  WHERE o.observed_at < $then_instant AND o.decision_id IN (
    SELECT u.decision_id FROM main.pattern_use u WHERE list_contains($then_slugs, u.slug)
  )
), pattern_evidence AS (
  SELECT e.* REPLACE (
    CASE WHEN e.decision_id IS NULL THEN e.y ELSE o.value END AS y,
    CASE WHEN e.decision_id IS NULL THEN e.source ELSE o.source END AS source,
    CASE WHEN e.decision_id IS NULL THEN e.outcome_at ELSE o.observed_at END AS outcome_at,
    CASE
      WHEN k.slug IS NULL OR coalesce(o.observed_at, e.outcome_at) >= k.began_at THEN 1
      ELSE k.weight
    END AS weight
  )
  FROM main.pattern_evidence e
  LEFT JOIN then_outcome o ON o.decision_id = e.decision_id AND o.place = 1
  LEFT JOIN main.pattern_epoch k
    ON k.slug = e.slug AND k.is_current AND k.noticed_at < $then_instant
  WHERE list_contains($then_slugs, e.slug)
    AND (e.used_at IS NULL OR e.used_at < $then_instant)
    AND (e.decision_id IS NOT NULL OR e.outcome_at IS NULL OR e.outcome_at < $then_instant)
), status_said AS (
  SELECT slug, arg_max(status, (said_at, event_id)) AS status,
    max(said_at) FILTER (WHERE said_by = 'hand') AS hand_at
  FROM main.pattern_status
  WHERE said_at < $then_instant AND list_contains($then_slugs, slug)
  GROUP BY slug
)
"""
_NOW = """
WITH pattern_evidence AS (
  SELECT e.* FROM main.pattern_evidence e WHERE list_contains($then_slugs, e.slug)
)
"""


def evidence_of(
    memory: Readable,
    slugs: Iterable[str],
    *,
    then: datetime | None = None,
    now: datetime,
    ci_prob: float = 0.9,
) -> pd.DataFrame:
    """Return how well some patterns work, by what is known now or was known at an instant.

    Parameters
    ----------
    memory
        What to read.
    slugs
        The patterns.
    then
        Only what was observed or said of a pattern before this instant counts, and looks as old as
        it was then; what is only reported has no instant, and counts then as now. None: all that
        is known now.
    now
        The instant to look from where `then` is None.
    ci_prob
        Probability inside the intervals.

    Returns
    -------
    DataFrame
        As `pattern_evidence`: one row a pattern of which anything is (was) known.
    """
    part = _Part(memory, sorted(set(slugs)), then)
    return pattern_evidence(part, now=then or now, ci_prob=ci_prob)


class _Part:
    """A memory whose evidence (and status) is that of some patterns, as it was at an instant."""

    def __init__(self, memory: Readable, slugs: list[str], then: datetime | None) -> None:
        self._memory, self._head = memory, _NOW if then is None else _THEN
        self._given: dict[str, Any] = {"then_slugs": slugs}
        if then is not None:  # the file keeps UTC without saying so
            self._given["then_instant"] = then.astimezone(UTC).replace(tzinfo=None)

    def sql(self, select: str, /, **params: Any) -> pd.DataFrame:
        """Return the rows of a SELECT, of the evidence and what was said only the part."""
        if not _ASKED.search(select):
            return self._memory.sql(select, **params)
        own = _WITH.match(select)
        whole = f"{self._head}, {select[own.end() :]}" if own else f"{self._head} {select}"
        return self._memory.sql(whole, **params, **self._given)
