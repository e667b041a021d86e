"""Concerns: which choices a brief calls for, by the cues in it and by what the memory holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol, TypeAlias

from archkit.architect.offline.facets import read_facets
from archkit.architect.offline.wording import clauses, is_negated, stem, word_spans

__all__ = ["ConcernLike", "LibraryLike", "Touched", "find_concerns", "uncovered"]

MOST = 4
_ENOUGH = 1.0
_SHARE_OF_BEST = 0.4
# As much as one telling word before the first preposition: nothing beside it drowns that.
_STRONG_ALONE = 1.6
# A brief of a word or two has no context: there even a common word counts.
_FEW_WORDS = 2
_SPEAKS_OF = {
    "revocation": "authentication",
    "identity": "authentication",
    "regions": "scaling-out",
}
# What is named before the first preposition is what a clause is about: it weighs more, and in
# the first clause it goes before all that only qualifies it.
_HEAD = 1.6
_LEADS = 10.0
# Words of many briefs, and of many things besides: alone they say little of what it is about.
_COMMON_WORDS = """
account admin api app application architecture attachment backend build call checkout client code
connection contract customer dashboard data database document download endpoint event export fast
field file filter graph graphql growth grpc http image import index internal join key lambda
latency list load media message migration mobile model module money number order ownership page
partner pay performance photo platform policy pool product public publish query ranking read
record redis relevance report request response rest row scale schema server serverless service
sharing slow speed state store system table team time token traffic user version video web work
worker workspace write
"""
_EMPTY_WORDS = """
a about after all also an and any are as at be because been before being both but by can could do
does each every few for from had has have help here how i if in into is it its just like make
many may me more most must my need new no not now of often on one only or other our out over per
please should so some such sure team than thank that the their them then there these they this
those to too use used very want was we well were what when where which while who will with would
you your today currently company startup project month year kind lot good best hello hi dear build
"""
_PREPOSITION_WORDS = "for with of on in when that where which because while from by so under as"
_COMMON = frozenset(map(stem, _COMMON_WORDS.split()))
_EMPTY = frozenset(map(stem, _EMPTY_WORDS.split()))
_BYSTANDER_WORDS = "api graphql rest restful mobile web app client"
_BYSTANDERS = frozenset(map(stem, _BYSTANDER_WORDS.split()))
_PREPOSITIONS = frozenset(_PREPOSITION_WORDS.split())


_Cue: TypeAlias = tuple[list[str], int, float]


class ConcernLike(Protocol):
    """What is needed of a library's concern."""

    @property
    def slug(self) -> str: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def cues(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def facets(self) -> Sequence[str]: ...  # noqa: D102


class LibraryLike(Protocol):
    """What is needed of a library: its concerns and its patterns' slugs."""

    @property
    def concerns(self) -> Sequence[ConcernLike]: ...  # noqa: D102
    @property
    def patterns(self) -> Sequence[Any]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Touched:
    """A concern that a brief touches, and the `words` of the brief that say so.

    `kind` is the patterns' kind that answers it; "" for patterns recorded without one, which
    are then named in `slugs`. `source` is library or memory.
    """

    kind: str
    title: str
    facets: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    score: float = 0.0
    source: str = "library"
    slugs: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Mention:
    concern: int
    weight: float
    first: int
    words: str
    leads: bool


def find_concerns(
    brief: str, library: LibraryLike, hits: Iterable[Mapping[str, Any]] = ()
) -> tuple[Touched, ...]:
    """Find the concerns a brief touches, the one it is chiefly about first.

    Parameters
    ----------
    brief
        The brief's text.
    library
        Whose concerns' cues are looked for, and whose patterns are told from the user's own.
    hits
        Patterns that a general query of the memory gave, as in its JSON; those the user recorded
        make a concern of their own when they share words with the brief.

    Returns
    -------
    tuple of Touched
        At most four; none when neither library nor memory knows anything of the brief.
    """
    cues = _cues_of(tuple((c.slug, tuple(c.cues)) for c in library.concerns))
    totals: dict[int, float] = {}
    leading: set[int] = set()
    words: dict[int, list[str]] = {}
    parts = clauses(brief)
    telling = [s for s in _stems(brief[:200]) if s not in _EMPTY]
    enough = _ENOUGH if len(telling) > _FEW_WORDS or len(brief) > 200 else 0.0
    for number, clause in enumerate(parts):
        mentions = _mentions(clause, cues)
        for concern in _strong(mentions, enough):
            mine = [m for m in mentions if m.concern == concern]
            weight = sum(m.weight for m in mine) * (1.2 if number == 0 else 1)
            totals[concern] = totals.get(concern, 0.0) + weight
            words.setdefault(concern, []).extend(m.words for m in mine)
            if number == 0 and any(m.leads for m in mine):
                leading.add(concern)
    found = [
        Touched(
            library.concerns[i].slug,
            library.concerns[i].title,
            tuple(library.concerns[i].facets),
            tuple(dict.fromkeys(words[i])),
            round(total + (_LEADS if i in leading else 0), 3),
        )
        for i, total in totals.items()
    ]
    found = _without_bystanders(found)
    found += _implied(brief, library.concerns, {touched.kind for touched in found})
    found += _from_memory(brief, library, hits, {touched.kind for touched in found})
    return tuple(sorted(found, key=lambda t: (-t.score, t.kind))[:MOST])


def uncovered(brief: str, touched: Iterable[Touched]) -> tuple[str, ...]:
    """Parts of a brief in which no concern, facet or memory was recognised, each once."""
    known = [_stems(word) for t in touched for word in t.words]
    parts = dict.fromkeys(clauses(brief))
    return tuple(
        clause
        for clause in parts
        if len([s for s in _stems(clause) if s not in _EMPTY]) >= 3
        and not any(_position(_stems(clause), word) >= 0 for word in known)
        and not read_facets(clause)
    )


def _stems(text: str) -> list[str]:
    return [stem(text[start:end]) for start, end in word_spans(text)]


@lru_cache(maxsize=8)
def _cues_of(concerns: tuple[tuple[str, tuple[str, ...]], ...]) -> list[_Cue]:
    """Each cue as stems, its concern, and what it weighs: longer and rarer ones weigh more."""
    stemmed = [{tuple(_stems(cue)) for cue in cues} - {()} for _, cues in concerns]
    holders = Counter(s for cues in stemmed for s in cues)
    found = [
        (list(s), number, _weight(s) / holders[s])
        for number, cues in enumerate(stemmed)
        for s in cues
    ]
    return sorted(found, key=lambda c: (-len(c[0]), -c[2], c[0]))


def _weight(cue: tuple[str, ...]) -> float:
    telling = sum(s not in _COMMON and s not in _EMPTY for s in cue)
    common = sum(s in _COMMON for s in cue)
    return min(telling * 0.9 + common * 0.4 + 0.1 * min(len(cue), 3), 2.4)


def _mentions(clause: str, cues: list[_Cue]) -> list[_Mention]:
    """Cues of a clause, the longest first, none inside a longer one, or denied."""
    spans = word_spans(clause)
    stems = [stem(clause[a:b]) for a, b in spans]
    plain = [clause[a:b].lower() for a, b in spans]
    head = next((i for i, w in enumerate(plain) if w in _PREPOSITIONS), len(plain))
    taken: dict[int, list[tuple[int, int]]] = {}
    found = []
    held = set(stems)
    for cue, concern, weight in cues:
        if cue[0] not in held:
            continue
        first = _position(stems, cue)
        if first < 0:
            continue
        places = range(first, first + len(cue))
        mark = (len(cue), concern)
        inside = any(n > mark[0] or c == concern for i in places for n, c in taken.get(i, ()))
        start, end = spans[first][0], spans[first + len(cue) - 1][1]
        if inside or is_negated(clause, start, end):
            continue
        for place in places:
            taken.setdefault(place, []).append(mark)
        leads = first < head
        heavier = weight * (_HEAD if leads else 1)
        found.append(_Mention(concern, heavier, first, clause[start:end], leads))
    return sorted(found, key=lambda m: m.first)


def _position(stems: list[str], cue: list[str]) -> int:
    last = len(stems) - len(cue)
    return next((i for i in range(last + 1) if cue and stems[i : i + len(cue)] == cue), -1)


def _without_bystanders(found: list[Touched]) -> list[Touched]:
    """Leave out the style of an API where a brief only names its clients or an existing API."""
    others = [t for t in found if t.kind != "api-style"]
    if not others:
        return found
    return [
        t
        for t in found
        if t.kind != "api-style" or {s for w in t.words for s in _stems(w)} - _BYSTANDERS
    ]


def _implied(brief: str, concerns: Sequence[ConcernLike], known: set[str]) -> list[Touched]:
    """Concerns that a facet speaks of, though no cue of theirs is strong enough."""
    facets = read_facets(brief)
    found: dict[str, Touched] = {}
    for key, slug in _SPEAKS_OF.items():
        concern = next((c for c in concerns if c.slug == slug), None)
        last_resort = key == "regions" and bool(known or found)
        if key in facets and concern is not None and slug not in known and not last_resort:
            said = facets[key].text
            words = (*found[slug].words, said) if slug in found else (said,)
            found[slug] = Touched(slug, concern.title, tuple(concern.facets), words, 1.0)
    return list(found.values())


def _strong(mentions: list[_Mention], enough: float = _ENOUGH) -> list[int]:
    """Concerns that a clause is about: enough cues, and not drowned by another concern's."""
    scores: dict[int, float] = {}
    for mention in mentions:
        scores[mention.concern] = scores.get(mention.concern, 0.0) + mention.weight
    best = max(scores.values(), default=0.0)
    return [
        c
        for c, s in scores.items()
        if s >= enough and (s >= _SHARE_OF_BEST * best or s >= _STRONG_ALONE)
    ]


def _from_memory(
    brief: str, library: LibraryLike, hits: Iterable[Mapping[str, Any]], known: set[str]
) -> list[Touched]:
    """Concerns of patterns that the user recorded and the general query found."""
    shipped = {pattern.slug for pattern in library.patterns}
    titles = {concern.slug: concern for concern in library.concerns}
    said = {s for s in _stems(brief) if s not in _EMPTY}
    found: dict[str, Touched] = {}
    for hit in hits:
        kind, slug = str(hit.get("kind") or ""), str(hit.get("slug"))
        shared = _shared(brief, said, hit)
        telling = [w for w in shared if stem(w) not in _COMMON]
        weak = float(hit.get("relevance") or 0) < 0.5 or len(shared) < 2 or not telling
        if slug in shipped or kind in known or hit.get("status") == "retired" or weak:
            continue
        before, concern = found.get(kind), titles.get(kind)
        found[kind] = Touched(
            kind,
            concern.title if concern else (kind.replace("-", " ") or "What was recorded here"),
            tuple(concern.facets) if concern else tuple(map(str, hit.get("context") or ())),
            tuple(dict.fromkeys([*(before.words if before else ()), *shared])),
            max(before.score if before else 0.0, round(len(telling) * 0.6, 3)),
            "memory",
            (*(before.slugs if before else ()), slug),
        )
    return list(found.values())


def _shared(brief: str, said: set[str], hit: Mapping[str, Any]) -> list[str]:
    """Words of the brief that a pattern's name, summary, kind or conditions hold as well."""
    fields = [hit.get("name"), hit.get("summary"), hit.get("kind"), hit.get("problem")]
    fields += [_text(c) for c in hit.get("when") or ()]
    held = {s for text in fields for s in _stems(str(text or ""))} & said
    spans = word_spans(brief)
    return [brief[a:b] for a, b in spans if stem(brief[a:b]) in held]


def _text(condition: Any) -> str:
    return str(condition.get("text", "")) if isinstance(condition, Mapping) else str(condition)
