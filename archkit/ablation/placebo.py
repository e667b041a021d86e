"""A memory of the same size that is beside the point: what it holds is about gardens."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from archkit.memory.journal import Draft
from archkit.memory.memory import Memory
from archkit.records import Condition, Pattern

__all__ = ["placebo_of"]

_WORDS = (
    *("raised bed", "soil", "compost", "mulch", "seedling", "tomato", "trellis", "rain barrel"),
    *("pruning", "hedge", "orchard", "frost cloth", "bulb", "perennial", "greenhouse", "lawn"),
    *("scythe", "wheelbarrow", "pond", "beehive"),
)


def placebo_of(memory: Memory, path: Path) -> Memory:
    """Make a memory as large as another, none of whose evidence is about software.

    Parameters
    ----------
    memory
        The one to be like; it is only read.
    path
        Where to make it.

    Returns
    -------
    Memory
        It knows the patterns of the other's library, without evidence, and for each pattern that
        has evidence in the other one about a garden, of like length, with the same outcomes.
    """
    evidence = memory.sql(_EVIDENCE)
    placebo = Memory(path, now=memory._now)
    known = {pattern.slug: pattern for pattern in memory.patterns()}
    slugs = list(dict.fromkeys(evidence["slug"]))
    twins = {slug: _twin(n, known[slug]) for n, slug in enumerate(slugs) if slug in known}
    drafts = [Draft("pattern", twin.as_payload(), entity_id=twin.slug) for twin in twins.values()]
    placebo._held.append([*drafts, *_uses(evidence, twins)])
    return placebo


def _twin(n: int, pattern: Pattern) -> Pattern:
    """Make a pattern about a garden, its texts as long as the other's."""
    return Pattern(
        slug=f"garden-{n}",
        name=f"Garden {_text(n, len(pattern.name))}",
        area=pattern.area,
        kind=f"garden-{n // 3}",
        problem=_text(n + 1, len(pattern.problem)),
        summary=_text(n + 2, len(pattern.summary)),
        when=tuple(Condition(_text(n + k, len(c.text))) for k, c in enumerate(pattern.when)),
        pros=tuple(_text(n + k, len(p)) for k, p in enumerate(pattern.pros)),
        cons=tuple(_text(n + k, len(c)) for k, c in enumerate(pattern.cons)),
        setup_hours=pattern.setup_hours,
        status=pattern.status,
    )


def _text(start: int, length: int) -> str:
    """Name plants and tools until the text is long enough."""
    words: list[str] = []
    size = 0
    while size < length:
        words.append(_WORDS[(start * 7 + len(words) * 3) % len(_WORDS)])
        size += len(words[-1]) + 1
    return " ".join(words)


def _uses(evidence: pd.DataFrame, twins: dict[str, Pattern]) -> list[Draft]:
    rows = evidence[evidence["slug"].isin(twins)].to_dict("records")
    return [
        Draft(
            "pattern_use",
            {
                "slug": twins[row["slug"]].slug,
                "y": row["y"],
                "source": row["source"],
                "used_at": row["used_at"].tz_localize("UTC").isoformat(),
            },
            session_id=None if pd.isna(row["session_id"]) else str(row["session_id"]),
            entity_id=twins[row["slug"]].slug,
        )
        for row in rows
    ]


_EVIDENCE = """
SELECT slug, y, source, coalesce(outcome_at, used_at) AS used_at, session_id
FROM pattern_evidence
WHERE y IS NOT NULL AND used_at IS NOT NULL
ORDER BY slug, use_id
"""
