"""How well a pattern's context fits the asked one, and what forbids it: pure functions.

A context maps keys to values: words, numbers, lists (several at once, or accepted values), number
ranges written ">1000", "<=100", "0.8..1". Booleans are the words yes and no.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from archkit.records import Pattern

__all__ = [
    "CONFLICT",
    "UNKNOWN",
    "context_fit",
    "contradiction",
    "known_keys",
    "value_fit",
    "veto",
]

CONFLICT = 0.1
"""Fit of a value that contradicts."""

UNKNOWN = 0.5
"""Fit of a key that the pattern says nothing about."""

Span = tuple[float, float]

_OBLIGATIONS = frozenset({"compliance"})
_SIMPLE = frozenset((str, int, float, type(None)))

_NUMBER = r"-?\d[\d_,]*(?:\.\d+)?(?:e-?\d+)?"
_BOUND = re.compile(rf"(<=|>=|<|>)\s*({_NUMBER})", re.IGNORECASE)
_RANGE = re.compile(rf"({_NUMBER})\s*\.\.\s*({_NUMBER})", re.IGNORECASE)
_PLAIN = re.compile(_NUMBER, re.IGNORECASE)


def context_fit(asked: Mapping[str, Any], pattern: Mapping[str, Any]) -> float:
    """Mean fit (0.1–1) over the keys asked about; 1 when nothing is asked."""
    fits = [value_fit(asked[key], pattern.get(key)) for key in known_keys(asked)]
    return sum(fits) / len(fits) if fits else 1.0


def known_keys(context: Mapping[str, Any]) -> tuple[str, ...]:
    """Keys whose value is stated: not None, empty or "unknown"."""
    return tuple(key for key, value in context.items() if _stated(_frozen(value)))


def value_fit(asked: Any, offered: Any) -> float:
    """Fit of one value: 1 the same or in range, down to .1 for a contradiction.

    Parameters
    ----------
    asked
        What is asked for.
    offered
        What the pattern says; nothing stated gives .5.

    Returns
    -------
    float
        Lists are compared by Jaccard, a single value with a list by membership, plain numbers by
        1 / (1 + d), d the doublings between them, whatever else by being the same.
    """
    return _fit(_frozen(asked), _frozen(offered))


@lru_cache(maxsize=1 << 16)
def _fit(asked: Any, offered: Any) -> float:
    if not _stated(offered):
        return UNKNOWN
    if isinstance(asked, tuple):
        wanted = set(map(_word, asked))
        given = set(map(_word, offered if isinstance(offered, tuple) else [offered]))
        return max(len(wanted & given) / len(wanted | given), CONFLICT)
    if isinstance(offered, tuple):
        return 1.0 if any(_fit(asked, one) == 1 for one in offered) else CONFLICT
    one, other = _span(asked), _span(offered)
    if one is None or other is None:
        return 1.0 if _word(asked) == _word(offered) else CONFLICT
    if max(one[0], other[0]) <= min(one[1], other[1]):
        return 1.0
    if _is_point(one) and _is_point(other) and one[0] > 0 and other[0] > 0:
        return max(1 / (1 + abs(math.log2(one[0] / other[0]))), CONFLICT)
    return CONFLICT


def veto(asked: Mapping[str, Any], pattern: Pattern) -> str | None:
    """Text of the first when-not condition whose every key the asked context meets, or None.

    A condition in words alone vetoes nothing. Of several asked values all must be among the
    condition's: what rules a pattern out for web clients need not where mobile ones are served
    too. Of obligations (`compliance`) one is enough.
    """
    for condition in pattern.when_not:
        terms = condition.context
        if terms and all(
            key in asked and _meets(_frozen(asked[key]), _frozen(value), key in _OBLIGATIONS)
            for key, value in terms.items()
        ):
            return condition.text
    return None


def contradiction(pattern: Pattern) -> tuple[str, str] | None:
    """Return a `when` and a `when_not` that say the same of a project, or None.

    They do when their words are the same, or when whatever meets the first is vetoed by the
    second: the pattern could then never be taken where it is said to fit.
    """
    for condition in pattern.when:
        said = _word(condition.text)
        for other in pattern.when_not:
            if _word(other.text) == said or _implies(condition.context, other.context):
                return condition.text, other.text
    return None


def _implies(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether each project that meets one condition meets the other, too."""
    return bool(other) and all(
        key in one and _meets(_frozen(one[key]), _frozen(value)) for key, value in other.items()
    )


@lru_cache(maxsize=1 << 16)
def _meets(asked: Any, condition: Any, one_is_enough: bool = False) -> bool:
    if not _stated(asked):
        return False
    if isinstance(asked, tuple):
        met = [_meets(one, condition) for one in asked]
        return any(met) if one_is_enough else all(met)
    if isinstance(condition, tuple):
        return any(_meets(asked, one) for one in condition)
    one, wanted = _span(asked), _span(condition)
    if one is None or wanted is None:
        return _word(asked) == _word(condition)
    return wanted[0] <= one[0] and one[1] <= wanted[1]


def _frozen(value: Any) -> Any:
    """Return the value in a form that can be remembered: tuples, words, numbers, None."""
    if type(value) in _SIMPLE:
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(_frozen(one) for one in value)
    return str(value)


def _stated(value: Any) -> bool:
    if isinstance(value, str):
        return _word(value) not in {"", "unknown"}
    return value is not None and value != ()


def _word(value: Any) -> str:
    return " ".join(str(value).lower().split())


def _is_point(span: Span) -> bool:
    return span[0] == span[1]


def _span(value: Any) -> Span | None:
    """Lowest and highest number that a value stands for; None for words."""
    if isinstance(value, int | float):
        return None if math.isnan(value) else (float(value), float(value))
    if not isinstance(value, str):
        return None
    text = value.strip()
    if _PLAIN.fullmatch(text):
        return _number(text), _number(text)
    if bound := _BOUND.fullmatch(text):
        sign, limit = bound[1], _number(bound[2])
        if sign.startswith(">"):
            return (limit if sign == ">=" else math.nextafter(limit, math.inf)), math.inf
        return -math.inf, (limit if sign == "<=" else math.nextafter(limit, -math.inf))
    if between := _RANGE.fullmatch(text):
        return _number(between[1]), _number(between[2])
    return None


def _number(text: str) -> float:
    return float(text.replace("_", "").replace(",", ""))
