"""Questions: the unknown facets whose answers would change a first choice, most change first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from archkit.architect.offline.choice import Choice, name
from archkit.architect.offline.phrases import inline, listed
from archkit.architect.offline.topics import SIZES, TOPICS, UNKNOWN, Topic

__all__ = ["MOST", "Open", "open_questions", "possible_answers", "question_input"]

MOST = 5
"""At most so many questions are asked."""

_MOST_SIZES = 2
_SIZED = {
    "requests_per_minute": "today's load and the tenfold one are computed from it.",
    "users": "rows, sign-ins and memory are reckoned from it.",
    "data_size_gb": "disks, partitions and backups are reckoned from it.",
}


@dataclass(frozen=True, slots=True)
class Open:
    """A facet nobody has stated.

    `why` names what an answer would change, `changes` whether it would change a first choice,
    `assumed` names the answers under which the choices stand, "" when there are none.
    """

    topic: Topic
    why: str
    changes: bool
    assumed: str = ""
    weight: float = 0.0


def possible_answers(facets: Iterable[str], known: Collection[str]) -> dict[str, list[Any]]:
    """Possible values of each facet not known yet: what `query_patterns` is asked as `what_if`."""
    return {
        key: [answer.value for answer in TOPICS[key].answers]
        for key in facets
        if key in TOPICS and key not in known
    }


def open_questions(choices: Iterable[Choice], known: Collection[str]) -> tuple[Open, ...]:
    """Find what to ask: at most five facets, never one that is known.

    Parameters
    ----------
    choices
        The concerns with their rankings, the chief one first; their `what_if` says what each
        possible answer would put first.
    known
        Keys that brief, briefing or answers state.

    Returns
    -------
    tuple of Open
        Those that change a first choice, most change first; places left go to sizes that the
        proposal's figures need.
    """
    found = [c for c in choices if c.best]
    keys = dict.fromkeys(str(w.get("key")) for c in found for w in c.what_if)
    asked = [_open(key, found) for key in keys if key in TOPICS and key not in known]
    changing = sorted((q for q in asked if q), key=lambda q: -q.weight)[:MOST]
    wanted = {key for c in found for key in c.concern.facets} | {"requests_per_minute"}
    sizes = [
        Open(TOPICS[key], f"It changes sizes, not the choice: {_SIZED[key]}", False)
        for key in SIZES
        if key in wanted and key not in known and key not in {q.topic.key for q in changing}
    ]
    room = min(MOST - len(changing), _MOST_SIZES) if found else 0
    return (*changing, *sizes[:room])


def _open(key: str, choices: list[Choice]) -> Open | None:
    """Read every what-if of one facet; None when its answers all come to the same choices."""
    topic, parts, weight = TOPICS[key], [], 0.0
    kept = {_key(answer.value) for answer in topic.answers}
    for rank, choice in enumerate(choices):
        firsts = {
            _key(w.get("value")): str(w.get("first")) for w in choice.what_if if w.get("key") == key
        }
        if len(set(firsts.values())) < 2:
            continue
        most = max(list(firsts.values()).count(first) for first in firsts.values())
        change = len(set(firsts.values())) - most / len(firsts) + _margin(choice, key) / 10
        now = str((choice.best or {}).get("slug"))
        # Where no answer keeps the first, it lost by saying nothing of this facet: a weak reason.
        weight += change / (1 + 0.25 * rank) / (1 if now in firsts.values() else 2)
        moved: dict[str, list[str]] = {}
        for value, first in firsts.items():
            if first != now:
                kept.discard(value)
                moved.setdefault(first, []).append(value)
        parts += [_sentence(topic, values, choice, slug) for slug, values in moved.items()]
    if not parts:
        return None
    assumed = [f"“{a.label}”" for a in topic.answers if _key(a.value) in kept]
    return Open(topic, " ".join(parts[:3]), True, listed(assumed, last="or"), weight)


def _margin(choice: Choice, key: str) -> float:
    """Largest lead that an answer would give: parts facets that would change as much."""
    leads = (w.get("margin") for w in choice.what_if if w.get("key") == key and w.get("changes"))
    return max((min(float(lead or 0), 1.0) for lead in leads), default=0.0)


def _sentence(topic: Topic, values: list[str], choice: Choice, slug: str) -> str:
    now, then = inline(name(choice.best or {})), inline(choice.name_of(slug))
    answers = [a for a in topic.answers if _key(a.value) in values]
    if len(answers) == 1:
        condition = answers[0].clause
    else:
        condition = f"the answer is {listed((f'“{a.label}”' for a in answers), last='or')}"
    if slug in ("None", ""):
        return f"If {condition}, {now} no longer fits and nothing known takes its place."
    return f"If {condition}, {then} comes first instead of {now}."


def _key(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def question_input(question: Open) -> dict[str, Any]:
    """Return a question as the tool `ask_questions` takes it."""
    options = [{"label": a.label, "value": a.value} for a in question.topic.answers]
    return {
        "key": question.topic.key,
        "text": question.topic.text,
        "why": question.why,
        "options": [*options, {"label": "I do not know", "value": UNKNOWN}],
    }
