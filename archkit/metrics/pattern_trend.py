"""How well patterns work month by month, by their last uses, and where they changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from archkit.memory.drift import WINDOW
from archkit.memory.learning import LEARNING_RATE, PATTERN_THRESHOLD
from archkit.metrics.evidence import interval
from archkit.metrics.rows import KINDS, Readable, utc
from archkit.records import utc_now

__all__ = ["success_by_month"]

_SEEN = """
FROM pattern_evidence e JOIN source s ON s.source = e.source
WHERE e.y IS NOT NULL AND e.outcome_at IS NOT NULL AND list_contains($slugs, e.slug)
"""
_MONTHS = f"""
SELECT e.slug, s.provenance, date_trunc('month', e.outcome_at) AS from_at,
  date_trunc('month', e.outcome_at) + INTERVAL 1 MONTH AS until_at,
  sum(s.weight * e.uses * e.y) AS won, sum(s.weight * e.uses * (1 - e.y)) AS lost,
  sum(e.uses) AS n, max(e.outcome_at) > $now AS from_future
{_SEEN}
GROUP BY e.slug, s.provenance, date_trunc('month', e.outcome_at)
"""
_LAST = f"""
SELECT slug, provenance, from_at, until_at, won, lost, n, until_at > $now AS from_future FROM (
  SELECT e.slug, s.provenance, e.outcome_at AS until_at,
    min(e.outcome_at) OVER last_uses AS from_at,
    sum(s.weight * e.y) OVER last_uses AS won,
    sum(s.weight * (1 - e.y)) OVER last_uses AS lost,
    CAST(count(*) OVER last_uses AS DOUBLE) AS n,
    row_number() OVER (
      PARTITION BY e.slug, s.provenance, date_trunc('month', e.outcome_at)
      ORDER BY e.outcome_at DESC, e.use_id DESC
    ) AS place
  {_SEEN}
  WINDOW last_uses AS (
    PARTITION BY e.slug, s.provenance ORDER BY e.outcome_at, e.use_id
    ROWS BETWEEN {WINDOW - 1} PRECEDING AND CURRENT ROW
  )
) WHERE place = 1 AND n >= $least
"""  # noqa: S608
_EPOCHS = """
SELECT slug, began_at AS from_at, noticed_at AS until_at, rate_after AS success_rate,
  CAST(n_after AS DOUBLE) AS n, rate_before, bayes_factor, undone_at IS NOT NULL AS undone,
  noticed_at > $now AS from_future
FROM pattern_epoch WHERE list_contains($slugs, slug)
"""
_MOST_USED = """
SELECT e.slug, any_value(e.name) AS name, any_value(e.kind) AS kind, sum(e.uses) AS n_pattern,
  bool_or(k.slug IS NOT NULL) AS changed
FROM pattern_evidence e
LEFT JOIN (SELECT DISTINCT slug FROM pattern_epoch WHERE undone_at IS NULL) k ON k.slug = e.slug
WHERE e.y IS NOT NULL AND e.outcome_at IS NOT NULL
  AND e.source IN (SELECT s.source FROM source s)
GROUP BY e.slug ORDER BY changed DESC, n_pattern DESC, e.slug
"""
_COLUMNS = (
    *("slug", "name", "kind", "what", "from_at", "until_at", "success_rate", "low", "high", "n"),
    *("provenance", "rate_before", "bayes_factor", "undone", "from_future", "n_pattern"),
    *("n_patterns", "ci_prob"),
)


def success_by_month(
    memory: Readable,
    *,
    patterns: Sequence[str] | None = None,
    top: int = 12,
    ci_prob: float = 0.9,
    learning_rate: float = LEARNING_RATE,
    now: datetime | None = None,
) -> pd.DataFrame:
    """How the success rate of patterns went: by month, over the last uses, and its changes.

    A use belongs to the month in which its outcome was seen. Rates are posterior means without
    decay: what was seen in a month does not fade. Evidence of different provenance stays apart;
    reported figures without a date are not in it.

    Parameters
    ----------
    memory
        What to read.
    patterns
        Slugs; None: those that changed, then the most used.
    top
        How many of them.
    ci_prob
        Probability inside the credible intervals.
    learning_rate
        How much of a trial one outcome is worth (0 to 1).
    now
        The instant to look from; the present by default.

    Returns
    -------
    DataFrame
        Three kinds of rows, told apart by `what`, by pattern in the order above, then in time:
        "month": the outcomes seen in a month; "last": the last eight (at least three) as of the
        last outcome seen in a month; "epoch": from when on a pattern is taken to work otherwise.
        Columns: `slug`, `name`, `kind`, `what`; `from_at` to `until_at` (UTC; of an epoch when it
        began and when that was noticed); `success_rate` (0 to 1; of an epoch that of the outcomes
        that tell) with `low` to `high` (null for an epoch), over `n` uses; `provenance` (null for
        an epoch); of an epoch `rate_before` (0 to 1), `bayes_factor` and whether it was `undone`;
        `from_future`, whether it is dated after now (a clock is wrong); `n_pattern` dated uses of
        the pattern, `n_patterns` that have any; `ci_prob`.
    """
    present = now or utc_now()
    known = memory.sql(_MOST_USED)
    chosen = known if patterns is None else known[known["slug"].isin(list(patterns))]
    chosen = chosen.head(top)
    given: dict[str, Any] = {"slugs": chosen["slug"].tolist()}
    given["now"] = present.astimezone(UTC).replace(tzinfo=None)
    months = memory.sql(_MONTHS, **given).assign(what="month")
    last = memory.sql(_LAST, **given, least=PATTERN_THRESHOLD).assign(what="last")
    rates = pd.concat([months, last], ignore_index=True)
    a, b = (1 + learning_rate * rates[name].to_numpy(dtype=float) for name in ("won", "lost"))
    low, high = interval(a, b, ci_prob)
    rates = rates.assign(success_rate=a / (a + b), low=low, high=high, undone=False)
    epochs = memory.sql(_EPOCHS, **given).assign(what="epoch")
    empty = {"provenance": None, "low": float("nan"), "high": float("nan")}
    parts = [rates.drop(columns=["won", "lost"])]
    parts[0] = parts[0].assign(rate_before=float("nan"), bayes_factor=float("nan"))
    if len(epochs):
        parts.append(epochs.assign(**empty))
    frame = pd.concat(parts, ignore_index=True).merge(
        chosen[["slug", "name", "kind", "n_pattern"]], on="slug"
    )
    frame = utc(frame, "from_at", "until_at").assign(n_patterns=len(known), ci_prob=ci_prob)
    place = {slug: n for n, slug in enumerate(given["slugs"])}
    kinds = {kind: n for n, kind in enumerate((*KINDS, None))}
    what = {"month": 0, "last": 1, "epoch": 2}
    order = pd.DataFrame(
        {
            "slug": frame["slug"].map(place),
            "what": frame["what"].map(what),
            "from": frame["until_at"],
            "kind": [kinds.get(kind, len(kinds)) for kind in frame["provenance"]],
        }
    ).sort_values(["slug", "what", "from", "kind"], kind="stable")
    return frame.loc[order.index, list(_COLUMNS)].reset_index(drop=True)
