"""Errors that a brief or an answer quotes, and what the memory knows of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from archkit.architect.offline.phrases import amount, clipped, listed, percent, quoted, sentence
from archkit.architect.offline.wording import is_negated, sentences

__all__ = ["MOST", "KnownError", "errors_in", "known_error"]

MOST = 3
"""At most so many errors are looked up."""

_ALIKE = 0.5

_QUOTED = re.compile(r"[\"“`]([^\"”`\n]{8,300})[\"”`]|(?<!\w)['‘]([^\n]{8,300}?)['’](?!\w)")
_SYMPTOM = re.compile(
    r"\b(?:\w*(?:error|exception|timeout)s?|timed out|time-outs?|deadlock\w*|failed|failure|"
    r"refused|exhaust\w*|exceeded|cannot|could not|too many|in use|denied|out of memory|killed|"
    r"sqlstate|traceback|duplicate|invalid|5[0-9]{2}|429)\b",
    re.IGNORECASE,
)
_PRINTED = re.compile(r"\b(?:[A-Z]\w*(?:Error|Exception)\b|(?:ERROR|FATAL|PANIC):|SQLSTATE\b)")
_TWICE = re.compile(
    r"\b(?:duplicate (?:\w+ )?(?:payments?|charges?|orders?)|double[- ]?charg\w+|"
    r"(?:charg\w+|bill\w+|pays?|paid|debit\w+) (?:[\w']+ ){0,3}twice)\b",
    re.IGNORECASE,
)
_TROUBLE = re.compile(
    r"\b(?:connection pool (?:timeout|exhaust\w+)|pool (?:exhaust\w+|timeout)|"
    r"too many connections|deadlock detected|deadlocks)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class KnownError:
    """An error looked up; `match` is the best of the memory's solutions as JSON, if any.

    `trouble` says why it could not be looked up, "" when it was.
    """

    error: str
    match: Mapping[str, Any] | None = None
    ci_prob: float = 0.9
    memory: bool = True
    trouble: str = ""

    @property
    def name(self) -> str:
        """What the solution found is called, "" without one."""
        found = _solution(self.match)
        return str(found.get("name") or found.get("slug") or "")

    def summary(self) -> str:
        """Say in a sentence or two what the error is and how good its fix is."""
        shown = f"“{quoted(clipped(self.error, 160))}”"
        if self.trouble:
            return f"{shown} could not be looked up ({self.trouble})."
        if not self.match:
            place = "memory" if self.memory else "library"
            return f"{shown} was looked up, and the {place} holds no solution like it."
        alike = float(self.match.get("match") or 0)
        known = f"{shown} is a known problem: {self.name}"
        if alike < _ALIKE:
            known = f"{shown} resembles a known problem ({percent(alike)} alike, so check that it "
            known += f"is the same): {self.name}"
        cause = sentence(str(_solution(self.match).get("root_cause") or "not recorded"))
        return f"{known}; {self.effect()}. Root cause: {cause}"

    def effect(self) -> str:
        """Say how often the fix helped, with interval, count and provenance."""
        found = self.match or {}
        uses = float(found.get("n") or 0)
        if not self.memory:
            return "how often its fix helps is not known, since the memory was off"
        if uses <= 0:
            return "no use of its fix is recorded, so how often it helps is not known"
        low, high, rate = (float(found.get(k) or 0) for k in ("low", "high", "effective_rate"))
        interval = f"{percent(low, digits=1).removesuffix(' %')} to {percent(high, digits=1)}"
        source = _provenance(str(found.get("provenance") or ""))
        return (
            f"its fix is estimated to help in {percent(rate, digits=1)} ({percent(self.ci_prob)} "
            f"interval {interval}, n = {amount(uses)}; {source})"
        )

    def lines(self) -> list[str]:
        """Bullets: the summary, then how to find, mend and prevent it."""
        found = _solution(self.match)
        steps = (("Diagnosis", "diagnosis"), ("Fix", "fix"), ("Prevention", "prevention"))
        told = [(label, _texts(found.get(key))) for label, key in steps]
        best = str(found.get("best_practice") or "")
        return [
            self.summary(),
            *(f"**{label}:** {'; '.join(t.rstrip('.') for t in ts)}." for label, ts in told if ts),
            *([f"**Best practice:** {sentence(best)}"] if best else []),
        ]


def errors_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Errors that texts quote, print or complain of: at most three, each once, in order."""
    found: dict[str, str] = {}
    for text in texts:
        for line in sentences(text):
            for error in _errors_of(line):
                found.setdefault(error.casefold(), error)
    return tuple(found.values())[:MOST]


def _errors_of(line: str) -> list[str]:
    quotes = [" ".join((m[1] or m[2]).split()) for m in _QUOTED.finditer(line)]
    errors = [q for q in quotes if _SYMPTOM.search(q)]
    if errors:
        return errors
    if _PRINTED.search(line):
        return [clipped(line, 300)]
    # What must not happen twice is looked up as well as what did: it is the pitfall to avoid.
    twice = _TWICE.search(line)
    if twice:
        return [f"Duplicate payment: {twice[0]}"]
    troubles = (m for m in _TROUBLE.finditer(line) if not is_negated(line, *m.span()))
    return [m[0] for m in troubles][:1]


def known_error(error: str, reply: Any, *, memory: bool = True, trouble: str = "") -> KnownError:
    """Read a reply's JSON, as the tool `find_solution` gives it, for one error."""
    told = reply if isinstance(reply, Mapping) else {}
    matches = [m for m in told.get("matches") or () if isinstance(m, Mapping)]
    best = matches[0] if matches else None
    return KnownError(error, best, float(told.get("ci_prob") or 0.9), memory, trouble)


def _solution(match: Mapping[str, Any] | None) -> Mapping[str, Any]:
    found = (match or {}).get("solution")
    return found if isinstance(found, Mapping) else {}


def _provenance(said: str) -> str:
    words = {"reported": "reported, not observed here", "simulated": "simulated, not real"}
    kinds = [kind.strip() for kind in said.split("+") if kind.strip()]
    return words.get(said) or (listed(kinds) if kinds else "of unknown origin")


def _texts(value: Any) -> list[str]:
    return [str(v) for v in value if str(v).strip()] if isinstance(value, list | tuple) else []
