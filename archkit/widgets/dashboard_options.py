"""What the filters of a dashboard offer: agents, projects, areas, patterns, contexts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from archkit.metrics.rows import Readable

__all__ = ["Options", "read_options"]

_MOST = 300
_AGENTS = (
    "SELECT DISTINCT agent FROM (SELECT agent FROM decision UNION ALL SELECT agent FROM session) "
    "WHERE agent <> '' ORDER BY agent"
)
_PROJECTS = _AGENTS.replace("agent", "project")
_AREAS = "SELECT DISTINCT area FROM pattern WHERE area IS NOT NULL AND area <> '' ORDER BY area"
_PATTERNS = (
    "SELECT p.slug FROM pattern p LEFT JOIN (SELECT slug, count(*) AS uses FROM pattern_use "
    "GROUP BY slug) u ON u.slug = p.slug ORDER BY coalesce(u.uses, 0) DESC, p.slug LIMIT $most"
)
_CONTEXTS = (
    "SELECT key, value FROM decision_context GROUP BY key, value "
    "ORDER BY count(*) DESC, key, value LIMIT 60"
)


class Options(NamedTuple):
    """What there is to choose from; of patterns the 300 most used ones."""

    agents: tuple[str, ...]
    projects: tuple[str, ...]
    areas: tuple[str, ...]
    patterns: tuple[str, ...]
    contexts: tuple[tuple[str, str], ...]


def read_options(memory: Readable) -> Options:
    """Read what a memory's parts can be told apart by."""
    contexts = memory.sql(_CONTEXTS)
    return Options(
        agents=tuple(memory.sql(_AGENTS)["agent"]),
        projects=tuple(memory.sql(_PROJECTS)["project"]),
        areas=tuple(memory.sql(_AREAS)["area"]),
        patterns=tuple(memory.sql(_PATTERNS, most=_MOST)["slug"]),
        contexts=tuple(zip(contexts["key"], contexts["value"], strict=True)),
    )
