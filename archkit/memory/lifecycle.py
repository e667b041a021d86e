"""Learning's own events: patterns promoted, retired, reinstated; epochs begun and taken back.

What counts, the strongest first:

1. What was last said of a pattern's status, by hand (`set_status`) or by `learn`, counts over what
   its wording says.
2. Said by hand, it holds until evidence seen since contradicts: three failures since then may
   retire an active pattern, successes from three sessions since then may promote a candidate.
3. Retired is retired until somebody reinstates it by hand. A pattern that is not recommended
   gathers no evidence, and what it has fades, so time alone must not bring it back.

What follows from the evidence counts at once in every query; `learn` writes it down, so that it
is dated, has a reason and stays.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from archkit.errors import StoreError
from archkit.memory.beta import beta_quantile
from archkit.memory.checks import STATUSES
from archkit.memory.drift import OLD_EPOCH_WEIGHT, Break, find_breaks, suspects
from archkit.memory.journal import Draft
from archkit.records import SOURCE_WEIGHT

if TYPE_CHECKING:
    from pandas import DataFrame

    from archkit.memory.beta import Floats
    from archkit.memory.memory import Memory

__all__ = ["CHANGES", "epochs", "learn", "set_status", "undo_epoch"]

CHANGES = (*("change", "slug", "name", "why", "since_at"), *("rate_before", "rate_after"))

_NAMESPACE = uuid.UUID("b1a6f6f0-6f51-5d7e-8a3b-0d3a5c1e9f42")
_CI_PROB = 0.9


def learn(memory: Memory) -> DataFrame:
    """Look for what changed in how well patterns work, write it down, and say why.

    Outcomes that no longer fit what was before open a new epoch of the pattern: what is from
    before is kept at a tenth of its weight (`undo_epoch` takes that back). Then candidates that
    earned it are promoted and active patterns that surely fail retired. A second call changes
    nothing; two processes that learn at once write the same events.

    Parameters
    ----------
    memory
        The memory, read and written.

    Returns
    -------
    DataFrame
        One row a change, epochs first, by slug: `change` ("new epoch", "promoted", "retired"),
        `slug`, `name`, `why` in words, `since_at` (UTC; when the first outcome that tells was
        seen, null if none does alone), `rate_before` and `rate_after` (0 to 1; posterior means,
        null where nothing was compared). Empty when nothing changed.
    """
    import pandas as pd

    rate = memory._held.learning_rate
    rows = [row for row, _ in _written(memory, _new_epochs(memory, rate))]
    rows += [row for row, _ in _written(memory, _new_statuses(memory))]
    frame = pd.DataFrame(rows, columns=list(CHANGES))
    frame["since_at"] = pd.to_datetime(frame["since_at"], utc=True)
    return frame.astype({"rate_before": float, "rate_after": float})


def set_status(memory: Memory, slug: str, status: str, *, reason: str) -> None:
    """Promote, retire or reinstate a pattern by hand.

    Parameters
    ----------
    memory
        The memory.
    slug
        The pattern.
    status
        candidate, active or retired.
    reason
        Why, in words; it is shown wherever the pattern is.

    Raises
    ------
    StoreError
        The pattern is not known, there is no such status, or no reason is given.
    """
    memory.pattern(slug)
    if status not in STATUSES:
        raise StoreError(
            f"A pattern cannot be {status!r}.",
            why=f"Its status is one of: {', '.join(STATUSES)}.",
            mend="Retire it with 'retired'; promote or reinstate it with 'active'.",
        )
    payload = {"slug": slug, "status": status, "reason": _reason(reason), "said_by": "hand"}
    memory.append("pattern_status", payload, entity_id=slug)


def undo_epoch(memory: Memory, slug: str, *, reason: str) -> datetime:
    """Take back the epoch that a pattern is in: what is from before counts whole again.

    `learn` opens no epoch again on the outcomes that this one was opened on.

    Parameters
    ----------
    memory
        The memory.
    slug
        The pattern.
    reason
        Why, in words.

    Returns
    -------
    datetime
        When the epoch had begun (UTC).

    Raises
    ------
    StoreError
        The pattern is in no epoch of its own, or no reason is given.
    """
    found = epochs(memory)
    current = found[(found["slug"] == slug) & found["is_current"]]
    if current.empty:
        others = sorted(found.loc[found["is_current"], "slug"])
        raise StoreError(
            f"The pattern {slug!r} is in no epoch that could be taken back.",
            why=f"Patterns with one: {', '.join(others)}." if others else "No pattern has one.",
            mend="Give the slug of a pattern that lifecycle.epochs(memory) lists as current.",
        )
    began_at: datetime = current["began_at"].iloc[0].to_pydatetime()
    payload = {"slug": slug, "began_at": began_at.isoformat(), "reason": _reason(reason)}
    memory.append("epoch_undone", payload, entity_id=slug)
    return began_at


def epochs(memory: Memory) -> DataFrame:
    """Return when patterns were found to work otherwise than before.

    Returns
    -------
    DataFrame
        One row an epoch, by slug and time, with the columns of the view `pattern_epoch`: among
        them `began_at`, `noticed_at`, `undone_at` (UTC; null if it holds), `rate_before` over
        `n_before` outcomes and `rate_after` over `n_after`, `is_current`.
    """
    import pandas as pd

    frame = memory.sql("SELECT * FROM pattern_epoch ORDER BY slug, began_at")
    for name in ("began_at", "noticed_at", "recorded_at", "undone_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame


_Change = tuple[dict[str, Any], Draft]


def _written(memory: Memory, changes: Iterator[_Change]) -> list[_Change]:
    found = list(changes)
    if found:
        memory._held.append([draft for _, draft in found])
    return found


def _draft(kind: str, slug: str, payload: dict[str, Any], *told: Any) -> Draft:
    """Make an event whose id follows from what it says, so that it is written once."""
    text = json.dumps([kind, payload, *map(str, told)], sort_keys=True, ensure_ascii=False)
    event_id = str(uuid.uuid5(_NAMESPACE, text))
    return Draft(kind, payload, agent="learning", entity_id=slug, event_id=event_id)


@dataclass(frozen=True, slots=True)
class _Outcomes:
    """The dated outcomes of one pattern in its present epoch, oldest first."""

    name: str
    seen_at: Any
    y: Floats
    worth: Floats

    def until(self, start: int, first: int) -> tuple[float, float, float, float]:
        """Posterior mean of the outcomes from one place to another, its interval, their count."""
        y, worth = self.y[start:first], self.worth[start:first]
        a, b = 1 + float(np.sum(worth * y)), 1 + float(np.sum(worth * (1 - y)))
        tail = (1 - _CI_PROB) / 2
        low, high = beta_quantile([tail, 1 - tail], a, b).tolist()
        return a / (a + b), low, high, first - start


def _new_epochs(memory: Memory, rate: float) -> Iterator[_Change]:
    rows = memory.sql(_DATED)
    undone: dict[str, Any] = dict(memory.sql(_UNDONE).itertuples(index=False))
    weights = rows["source"].map(SOURCE_WEIGHT).to_numpy()
    worth = rate * np.asarray(weights, dtype=np.float64)
    y = np.asarray(rows["y"], dtype=np.float64)
    code = np.asarray(rows["slug"].astype("category").cat.codes, dtype=np.int64)
    for place in suspects(code, y, worth).tolist():
        mine = slice(*np.searchsorted(code, [place, place + 1]).tolist())
        slug, name = (str(rows[column].iloc[mine.start]) for column in ("slug", "name"))
        outcomes = _Outcomes(name, rows["outcome_at"].iloc[mine].to_numpy(), y[mine], worth[mine])
        settled = 0
        if slug in undone:
            until = undone[slug].to_datetime64()
            settled = int(np.searchsorted(outcomes.seen_at, until, "right"))
        for found in find_breaks(outcomes.seen_at, outcomes.y, outcomes.worth, settled=settled):
            yield _epoch(slug, outcomes, found)


def _epoch(slug: str, outcomes: _Outcomes, found: Break) -> _Change:
    before = outcomes.until(found.start, found.first)
    after = outcomes.until(found.first, found.last + 1)
    began, noticed = (
        f"{np.datetime_as_string(outcomes.seen_at[n], unit='us')}+00:00"
        for n in (found.first, found.last)
    )
    said = "{:.0%} ({:.0%} to {:.0%}, n {})"
    why = (
        f"its outcomes since say {said.format(*after)}, those before {said.format(*before)}; "
        f"a rate of their own fits them {found.bayes_factor:.0f} times better"
    )
    payload = {
        "slug": slug,
        "began_at": began,
        "noticed_at": noticed,
        "weight": OLD_EPOCH_WEIGHT,
        "bayes_factor": found.bayes_factor,
        "rate_before": before[0],
        "n_before": before[3],
        "rate_after": after[0],
        "n_after": after[3],
        "reason": why,
    }
    row = ("new epoch", slug, outcomes.name, why, began, before[0], after[0])
    return dict(zip(CHANGES, row, strict=True)), _draft("epoch", slug, payload)


def _new_statuses(memory: Memory) -> Iterator[_Change]:
    shelf, _ = memory._held.shelves()
    standing = shelf.standing
    states = dict(memory.sql(_WORDED).itertuples(index=False, name=None))
    before = dict(memory.sql(_SAID).itertuples(index=False, name=None))
    for row, (slug, status) in enumerate(
        zip(standing.slugs, standing.status.tolist(), strict=True)
    ):
        last = shelf.said[slug].status if slug in shelf.said else states.get(slug, status)
        if last == status:
            continue
        why = standing.reason(row)
        payload = {"slug": slug, "status": status, "reason": why, "said_by": "learning"}
        change = "retired" if status == "retired" else "promoted"
        told = (change, slug, memory.pattern(slug).name, why, None, None, None)
        draft = _draft("pattern_status", slug, payload, before.get(slug, ""))
        yield dict(zip(CHANGES, told, strict=True)), draft


def _reason(reason: str) -> str:
    text = str(reason).strip()
    if not text:
        raise StoreError(
            "No reason is given.",
            why="What is said by hand is shown with its reason, to whoever meets it later.",
            mend="Say it in a few words: reason='replaced by the shared login service'.",
        )
    return text


# What is reported says nothing of when it held, so it tells of no change.
_DATED = """
SELECT e.slug, e.name, e.outcome_at, e.y, e.source
FROM pattern_evidence e
LEFT JOIN pattern_epoch k ON k.slug = e.slug AND k.is_current
WHERE e.y IS NOT NULL AND e.outcome_at IS NOT NULL AND e.source <> 'reported'
  AND e.source IN (SELECT s.source FROM source s)
  AND (k.slug IS NULL OR e.outcome_at >= k.began_at)
ORDER BY e.slug, e.outcome_at, e.use_id
"""
_UNDONE = """
SELECT slug, max(noticed_at) FROM pattern_epoch WHERE undone_at IS NOT NULL GROUP BY slug
"""
_WORDED = "SELECT slug, status FROM pattern"
_SAID = "SELECT slug, event_id FROM status_said"
