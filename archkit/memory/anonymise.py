"""Names, places and free text taken out of events before they are handed on.

`partial` keeps every event and gives people, agents, projects, e-mail addresses, hosts and paths
pseudonyms, the same one wherever the same thing is named. `full` keeps only what can be counted:
patterns, contexts, rates and instants; messages, briefs, notes, rationale and lessons stay here.
A name of a person is known by its e-mail address, by an @handle, or by being given in `names`: no
rule finds names in prose, and the report of an export says so.
"""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from archkit.memory.rewrite import Row
from archkit.memory.spool import COLUMNS

__all__ = ["LEVELS", "Anonymiser", "pseudo_id"]

LEVELS = ("none", "partial", "full")

_NAMESPACE = uuid.UUID("0d0c6f0e-8f0a-5f0b-9a53-6a1d3f6a7c21")
_LIBRARY = "library"
_EMAIL = r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
_TOP = "com|net|org|io|dev|internal|local|corp|lan|cloud|app|co|edu|gov|de|uk|eu|fr|nl|ch|at|us|ai"
_ROOTS = "home|Users|root|var|opt|srv|mnt|etc|tmp|work|data|private|Volumes|usr"
_NAME = r"(?<!\w)[A-Z][\w'’-]{1,40}(?: [A-Z][\w'’.-]{0,40}){1,3}"
_SHAPES: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("person", "@", re.compile(rf"{_NAME}(?=\s{{0,3}}<{_EMAIL}>)")),
    ("email", "@", re.compile(_EMAIL)),
    ("host", "://", re.compile(r"(?<=://)[^\s\"'<>()\[\],;]+(?<![.:])")),
    ("host", ".", re.compile(rf"(?i)(?<![\w.@-])(?:[a-z0-9-]{{1,63}}\.)+(?:{_TOP})(?![\w-]|\.\w)")),
    ("host", ".", re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")),
    ("path", "/", re.compile(rf"(?<![\w/.:])/(?:{_ROOTS})(?:/[\w.@+-]*[\w@+-])+")),
    ("path", "/", re.compile(r"(?<![\w/])(?:~|\.{1,2})(?:/[\w.@+-]+)+")),
    ("path", "\\", re.compile(r"(?<!\w)[A-Za-z]:\\[\w.\\ -]*[\w-]|\\\\[\w.-]+\\[\w.\\-]+")),
    (
        "path",
        "/",
        re.compile(r"(?<![\w/.:-])(?:[\w.-]{1,80}/)+[\w-]{1,80}\.[a-zA-Z]\w{0,4}(?![\w/])"),
    ),
    ("person", "@", re.compile(r"(?<![\w@/.])@[A-Za-z][\w-]{2,}(?![\w/(@.])")),
)
"""What it is, a text it cannot be without, its shape: bounded, for texts may be without an end."""

_UUID = re.compile(r"(?i)\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_OWN_ID = ("decision", "outcome", "lesson", "measurement", "adr")
"""Kinds whose entity is an id; other entities are slugs."""

_FULL: Mapping[str, tuple[str, ...]] = {
    "agent": (
        *("name", "card_hash", "model", "tools", "aml_enabled"),
        *("learning_rate", "pattern_threshold", "memory_limit_mb"),
    ),
    "pattern": (
        *("slug", "name", "area", "kind", "problem", "summary", "approach", "context", "when"),
        *("when_not", "pros", "cons", "security", "tags", "setup_hours", "ladder", "reported"),
        *("blueprint", "status", "agent"),
    ),
    "solution": (
        *("slug", "signature", "name", "area", "root_cause", "diagnosis", "fix", "prevention"),
        *("best_practice", "tags", "reported", "agent"),
    ),
    "decision": (
        *("kind", "context", "alternatives", "patterns", "confidence", "status", "chosen"),
        *("review_after_days", "decided_at", "session_id", "agent", "project", "decision_id"),
    ),
    "outcome": (
        *("decision_id", "success", "scores", "would_repeat", "source", "horizon_days"),
        *("observed_at", "outcome_id"),
    ),
    "measurement": (
        *("queries_before", "queries_after", "n", "pattern", "decision_id", "rows", "before_ms"),
        *("after_ms", "cache", "source", "measured_at", "measurement_id"),
    ),
    "adr": (
        *("adr_id", "number", "family", "status", "conflict", "decided_at", "decided_from"),
        *("ended_at", "ended_from", "first_committed_at", "last_committed_at"),
    ),
    "pattern_use": ("slug", "y", "source", "used_at"),
    "pattern_status": ("slug", "status", "said_by"),
    "epoch": (
        *("slug", "began_at", "noticed_at", "weight", "bayes_factor", "rate_before", "n_before"),
        *("rate_after", "n_after"),
    ),
    "epoch_undone": ("slug", "began_at"),
    "solution_use": ("slug", "effective", "source", "used_at"),
    "session_started": ("aml_enabled", "model", "client", "card_hash"),
    "session_status": ("status", "stage"),
    "step": ("n", "phase", "name", "status"),
}
"""What of each kind of event `full` keeps; a kind that is not here is left out whole."""


class Anonymiser:
    """Takes names and places out of events, and counts what it hid.

    Parameters
    ----------
    level
        One of `LEVELS`.
    agents, projects, deciders, names
        Names to look for wherever they stand: those of the memory, those that imported ADRs say
        decided, and of people as given.

    Examples
    --------
    >>> masks = Anonymiser("partial", projects=["acme-shop"])
    >>> masks.text("acme-shop mails to jo@acme.com")
    'project-1 mails to email-1'
    >>> dict(masks.hidden)
    {'email': 1, 'project': 1}
    """

    def __init__(
        self,
        level: str,
        *,
        agents: Iterable[str] = (),
        projects: Iterable[str] = (),
        deciders: Iterable[str] = (),
        names: Sequence[str] = (),
    ) -> None:
        if level not in LEVELS:
            raise ValueError(f"anonymise must be one of {', '.join(LEVELS)}, not {level!r}")
        self.level = level
        self.hidden: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self._known: dict[tuple[str, str], str] = {}
        self._names = {
            name.casefold(): kind
            for kind, given in (
                *(("agent", agents), ("project", projects)),
                *(("person", deciders), ("person", names)),
            )
            for name in given
            if len(name) > 2 and name != _LIBRARY
        }
        longest = sorted(self._names, key=len, reverse=True)
        self._named = (
            re.compile(rf"(?i)(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)")
            if longest
            else None
        )

    def row(self, row: Row) -> Row | None:
        """Return an event as it may be handed on; None if it may not. The kit's own is left."""
        event = dict(zip(COLUMNS, row, strict=True))
        if self.level == "none" or event["agent"] == _LIBRARY:
            return row
        payload = json.loads(event["payload"])
        if self.level == "full":
            if event["kind"] not in _FULL:
                self.left_out[event["kind"]] += 1
                return None
            payload = self._counted_only(event["kind"], payload)
        kept = self.value(payload)
        entity = event["entity_id"]
        if entity is not None:
            entity = pseudo_id(entity) if event["kind"] in _OWN_ID else self.text(entity)
        return (
            pseudo_id(event["event_id"]),
            event["recorded_at"],
            self._alias("writer", event["writer"], count=False),
            event["seq"],
            event["kind"],
            event["kind_version"],
            self.text(event["agent"]),
            self.text(event["project"]),
            event["session_id"] and pseudo_id(event["session_id"]),
            entity,
            json.dumps(kept, ensure_ascii=False, separators=(",", ":")),
        )

    def value(self, value: Any, key: str = "") -> Any:
        """Return a JSON value with every name in it replaced."""
        if isinstance(value, str):
            return pseudo_id(value) if key.endswith("_id") and value else self.text(value)
        if isinstance(value, Mapping):
            return {self.text(k): self.value(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [self.value(item, key) for item in value]
        return value

    def text(self, text: str) -> str:
        """Return a text with every name in it replaced."""
        for kind, hint, shape in _SHAPES:
            if hint in text:
                text = shape.sub(self._replacing(kind), text)
        if self._named:
            text = self._named.sub(
                lambda m: self._alias(self._names[m.group().casefold()], m.group()), text
            )
        return _UUID.sub(lambda m: pseudo_id(m.group()), text) if "-" in text else text

    def _replacing(self, kind: str) -> Callable[[re.Match[str]], str]:
        return lambda match: self._alias(kind, match.group())

    def _alias(self, kind: str, name: str, *, count: bool = True) -> str:
        key = (kind, name.casefold())
        if key not in self._known:
            number = sum(1 for known, _ in self._known if known == kind) + 1
            self._known[key] = f"{kind}-{number}"
        self.hidden[kind] += count
        return self._known[key]

    def _counted_only(self, kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in payload.items() if key in _FULL[kind]}
        self.hidden["text"] += sum(1 for key, v in payload.items() if key not in kept and v)
        if "context" in kept and kind == "decision":
            kept["context"] = {k: v for k, v in dict(kept["context"]).items() if _is_brief(v)}
        if kind == "decision":
            patterns = [str(slug) for slug in kept.get("patterns") or ()]
            kept["chosen"] = patterns[0] if patterns else "chosen"
            kept["alternatives"] = [
                {
                    "name": one.get("pattern") or f"alternative {n}",
                    "pattern": one.get("pattern"),
                    "predicted": one.get("predicted"),
                }
                for n, one in enumerate(kept.get("alternatives") or (), start=1)
                if isinstance(one, Mapping)
            ]
        if kind == "measurement":
            kept["label"] = "measurement"
        return kept


def pseudo_id(event_id: str) -> str:
    """Return the id that stands for another in whatever is anonymised: always the same one.

    Nobody can lead it back, and whoever holds the original knows its own again.
    """
    return str(uuid.uuid5(_NAMESPACE, event_id))


def _is_brief(value: Any) -> bool:
    """Whether a context value is a word or a figure rather than prose."""
    if isinstance(value, list):
        return all(map(_is_brief, value))
    return not isinstance(value, str | Mapping) or (isinstance(value, str) and len(value) <= 40)
