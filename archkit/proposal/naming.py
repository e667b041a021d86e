"""Whether two texts name the same thing: order-service, OrderService, the Orders service."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

__all__ = ["GENERIC", "Names", "core_of", "singular", "tokens_of"]

MOST_TEXT = 400_000
"""So many characters are looked through."""

GENERIC = frozenset(
    re.split(r"\s", "service microservice svc api module component server app the a an")
)
"""Words that say of a name only that it is a service."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+")
_NOUNS = frozenset(
    re.split(
        r"\s",
        "gateway worker scheduler relay collector frontend backend proxy edge cdn broker bus"
        " reconciler dispatcher indexer orchestrator",
    )
)
_PLURALS = frozenset(
    ("services", "microservices", "modules", "components", "apis", "servers", "apps")
)


def singular(word: str) -> str:
    """Return the singular of an English noun, roughly: enough for two names to meet."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@lru_cache(maxsize=4096)
def tokens_of(name: str) -> tuple[str, ...]:
    """Return the words of a name, lower case and singular, without what stands in brackets."""
    bare = re.sub(r"\([^)]*\)", " ", name[:200])
    return tuple(singular(w.casefold()) for w in _WORD.findall(_CAMEL.sub(" ", bare)))


def core_of(name: str) -> tuple[str, ...]:
    """Return the words of a name that set it apart; all of them if none does."""
    tokens = tokens_of(name)
    return tuple(t for t in tokens if t not in GENERIC) or tokens


class Names:
    """A text in which names are looked up, each spelling of a name for all."""

    def __init__(self, text: str, known: Sequence[str] = ()) -> None:
        words = [w.casefold() for w in _WORD.findall(_CAMEL.sub(" ", text[:MOST_TEXT]))]
        single = [singular(w) for w in words]
        self._words = frozenset(single)
        self._flat = f" {' '.join(single)} "
        self._known = {core_of(name) for name in known}
        self._before_plural = _before_plurals(words, single)

    def has_word(self, word: str) -> bool:
        """Say whether a word occurs, in the singular or the plural."""
        return singular(word.casefold()) in self._words

    def mention(self, name: str) -> bool:
        """Say whether the text names a component.

        By its whole name; by what sets it apart, if that is two words, the name of something
        known to be a component there, beside a word like "module", or one of "the order, payment
        and catalogue services".
        """
        tokens, core = tokens_of(name), core_of(name)
        if not tokens or f" {' '.join(tokens)} " in self._flat:
            return True
        if core in self._known:
            return True
        flat = f" {' '.join(core)} "
        if flat not in self._flat:
            return False
        if len(core) > 1 or core[0] in _NOUNS or core[0] in self._before_plural:
            return True
        return any(f"{flat}{word} " in self._flat for word in GENERIC)


def _before_plurals(words: Sequence[str], single: Sequence[str]) -> frozenset[str]:
    """Return the words shortly before "services", "modules" and the like."""
    found: set[str] = set()
    for at, word in enumerate(words):
        if word in _PLURALS:
            found.update(single[max(at - 8, 0) : at])
    return frozenset(found)
