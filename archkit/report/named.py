"""Which session, decision or record of a memory a text means; the nearest ones if it is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archkit.errors import ReportError
from archkit.figures.style import elided
from archkit.plain import missing

if TYPE_CHECKING:
    from archkit.metrics.rows import Readable

__all__ = ["DECISION", "SESSION", "TOLD", "WEIGHED", "Named", "id_named"]

_SHORTEST = 6
_NEAREST = 3


class Named(NamedTuple):
    """Something that has an id and a title in a memory.

    `rows` is a SELECT of `id`, `title`, `begun` (an instant); `none` what to do where there is
    none at all.
    """

    word: str
    rows: str
    listed: str
    none: str


SESSION = Named(
    "session",
    # One that another started is not meant by `last` while there is one of its own.
    "SELECT session_id AS id, title, CASE WHEN parent_session_id IS NULL THEN started_at END "
    "AS begun FROM session",
    "SELECT session_id, title FROM session_log ORDER BY started_at DESC",
    "Begin one with Session(…).brief(…).",
)
DECISION = Named(
    "decision",
    "SELECT decision_id AS id, coalesce(nullif(title, ''), chosen) AS title, decided_at AS begun "
    "FROM decision",
    "SELECT decision_id, title FROM decision_log ORDER BY decided_at DESC",
    "Take one with session.decide(…).",
)
WEIGHED = Named(
    "decision with a performance matrix",
    "SELECT d.decision_id AS id, coalesce(nullif(d.title, ''), d.chosen) AS title, "
    "d.decided_at AS begun FROM decision d JOIN event e ON e.event_id = d.event_id "
    "WHERE (e.payload->'$.extra.tradeoff') IS NOT NULL",
    "SELECT d.decision_id, d.title FROM decision d JOIN event e ON e.event_id = d.event_id "
    "WHERE (e.payload->'$.extra.tradeoff') IS NOT NULL",
    "Weigh one in archkit.explore(matrix), and save it there.",
)
_RECORDS = (
    "SELECT adr_id AS id, coalesce(title, path) AS title, decided_at AS begun FROM adr "
    "WHERE decision_id IS NULL"
)
TOLD = Named(
    "decision or decision record",
    " UNION ALL ".join([DECISION.rows, _RECORDS]),
    "SELECT decision_id, title FROM decision_log UNION ALL SELECT adr_id, title FROM adr_log",
    f"{DECISION.none} Or import records: archkit adr import docs/adr",
)
"""A decision of this memory, or a record of one that was imported from a file."""


def id_named(memory: Readable, text: str, named: Named) -> str:
    """Return the id that a text means: whole, the beginning of one, or `last`.

    Raises
    ------
    ReportError
        There is none, or several begin so; it names the nearest, and how all are listed.
    """
    text = text.strip()
    found = _meant(memory, text, named)
    if len(found) == 1:
        return found[0][0]
    word, how = named.word, f'memory.sql("{named.listed}") lists all.'
    if found:
        raise ReportError(
            f"Several of the kind {word} begin with {text[:60]!r}.",
            why=f"They are {_told(found)}.",
            mend=f"Give the whole id of one; {how}",
        )
    close = _near(memory, text, named)
    if not close:
        raise ReportError(
            f"There is no {word} to report.",
            why="The memory has none on record.",
            mend=named.none,
        )
    raise ReportError(
        f"The memory knows no {word} {text[:60]!r}.",
        why=f"The nearest: {_told(close)}.",
        mend=f"Give a whole id, at least {_SHORTEST} characters of one, or last; {how}",
    )


def _meant(memory: Readable, text: str, named: Named) -> list[tuple[str, str]]:
    if text == "last":
        return _pairs(memory, named, _LATEST, limit=1)
    found = _pairs(memory, named, _BEGINS, text=text, shortest=_SHORTEST, limit=4)
    whole = [pair for pair in found if pair[0] == text]
    return whole or found


def _near(memory: Readable, text: str, named: Named) -> list[tuple[str, str]]:
    """Return what looks most like it, by its id or its title, the later of equals first."""
    return _pairs(memory, named, _ALIKE, text=text[:200], limit=_NEAREST)


_LATEST = "ORDER BY begun DESC NULLS LAST, id DESC"
_BEGINS = (
    "WHERE id = $text OR (length($text) >= $shortest AND starts_with(id, $text)) "
    "ORDER BY id <> $text, id"
)
_ALIKE = (
    "ORDER BY greatest(1 - levenshtein(id, $text) / greatest(length(id), length($text), 1), "
    "jaro_winkler_similarity(lower(coalesce(title, '')), lower($text))) DESC, begun DESC, id"
)


def _pairs(memory: Readable, named: Named, how: str, **given: object) -> list[tuple[str, str]]:
    select = f"SELECT id, title FROM ({named.rows}) {how} LIMIT $limit"  # noqa: S608 - own texts
    rows = memory.sql(select, **given)
    titles = ["" if missing(title) else str(title) for title in rows["title"]]
    return list(zip(map(str, rows["id"]), titles, strict=True))


def _told(pairs: list[tuple[str, str]]) -> str:
    return "; ".join(f"{key} ({elided(title, 40)})" if title else key for key, title in pairs)
