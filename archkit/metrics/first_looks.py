"""The first look at each decision: old and new decisions on one footing, however many followed."""

from __future__ import annotations

import pandas as pd

from archkit.metrics.rows import Readable, utc

__all__ = ["first_looks"]

_FIRST = """
SELECT decision_id, min(observed_at) AS first_at,
  arg_min(value, (observed_at, outcome_id)) FILTER (WHERE value IS NOT NULL) AS value,
  arg_min(said_by, (observed_at, outcome_id)) FILTER (WHERE value IS NOT NULL) AS source
FROM (
  SELECT o.decision_id, o.outcome_id, o.observed_at, o.value,
    CASE
      WHEN i.event_id IS NULL OR o.source IN ('reported', 'simulated') THEN o.source
      WHEN o.source = 'model' THEN 'imported_model'
      ELSE 'imported'
    END AS said_by
  FROM outcome o LEFT JOIN imported_event i ON i.event_id = o.event_id
  WHERE o.source <> 'reported'
)
GROUP BY decision_id ORDER BY decision_id
"""


def first_looks(memory: Readable) -> pd.DataFrame:
    """Return when each decision was looked at first, and the first that says how it went.

    Returns
    -------
    DataFrame
        One row a decision with an outcome that is not only reported: `decision_id`, `first_at`
        (UTC), `value` (0 to 1; null if none says it) and its `source`.
    """
    return utc(memory.sql(_FIRST), "first_at")
