"""The part of a memory that a report shows: whose work, and what the memory knows nothing of."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from archkit.figures.style import elided

if TYPE_CHECKING:
    from archkit.metrics.rows import Readable
    from archkit.metrics.scope import Scope

__all__ = ["agents_of", "part_words", "unmatched", "whose"]

_MOST_NAMED = 5
_AGENTS = (
    "SELECT agent FROM (SELECT agent, count(*) AS n FROM ("
    "SELECT agent FROM decision UNION ALL SELECT agent FROM session) "
    "WHERE agent <> '' GROUP BY agent) ORDER BY n DESC, agent"
)
_KNOWN = {
    "agent": _AGENTS,
    "project": _AGENTS.replace("agent", "project"),
    "area": "SELECT DISTINCT area FROM pattern WHERE area <> '' ORDER BY area",
    "pattern": "SELECT slug FROM (SELECT slug FROM pattern UNION SELECT slug FROM pattern_use) "
    "ORDER BY slug",
}
_NOUNS = {"agent": "work of an agent", "project": "work for a project", "area": "focus area"}
_CONTEXTS = "SELECT DISTINCT key || ' = ' || value AS word FROM decision_context ORDER BY word"


def agents_of(part: Readable) -> tuple[str, ...]:
    """Return who decided something or held a session, the busiest first."""
    return tuple(str(agent) for agent in part.sql(_AGENTS)["agent"])


def whose(agents: tuple[str, ...]) -> str:
    """Name whose work it is: the busiest few, long names cut in their middle."""
    some = ", ".join(elided(agent, 60) for agent in agents[:_MOST_NAMED])
    more = len(agents) - _MOST_NAMED
    return f"{some} and {more:,} more" if more > 0 else some or "no agent yet"


def part_words(scope: Scope) -> str:
    """Name a part in words, cut in its middle where a name in it is long."""
    return elided(scope.sentence, 160)


def unmatched(memory: Readable, scope: Scope) -> tuple[str, ...]:
    """Say which names of a part the memory knows nothing of, and which it may mean instead."""
    told = []
    for field, select in _KNOWN.items():
        name = getattr(scope, field)
        if name is not None:
            known = [str(word) for word in memory.sql(select).iloc[:, 0]]
            if name not in known:
                told.append(_told(_NOUNS.get(field, field), name, known))
    if scope.context:
        known = [str(word) for word in memory.sql(_CONTEXTS)["word"]]
        asked = [f"{key} = {str(value).lower()}" for key, value in scope.context.items()]
        told += [_told("context", each, known) for each in asked if each not in known]
    return tuple(told)


def _told(noun: str, name: str, known: list[str]) -> str:
    near = get_close_matches(name[:100], known, n=1)
    some = [elided(each, 60) for each in near or known[:_MOST_NAMED]]
    more = len(known) - len(some)
    instead = f"did you mean {some[0]}?" if near else f"it knows {', '.join(some) or 'none yet'}"
    rest = f" and {more:,} more" if not near and more > 0 and some else ""
    end = "" if near else "."
    return f"The memory knows no {noun} called {elided(name, 80)}; {instead}{rest}{end}"
