"""What events mean for the shelves: new wordings, and whose evidence has changed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from archkit.memory.catalogue import Wording
from archkit.memory.feed import Told
from archkit.memory.reading import key_of, pattern_of, solution_of
from archkit.records import Pattern, Solution

__all__ = ["News"]

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # rows are naive and UTC


@dataclass(slots=True)
class News:
    """What is still to be taken in.

    `wordings` and `solutions` are as recorded; `decisions` and `slugs` are those whose evidence
    is to be read again, `effects` says so of the solutions', `all_evidence` of everything.
    """

    wordings: list[tuple[Wording, Pattern]] = field(default_factory=list)
    solutions: list[tuple[tuple[Any, ...], Solution]] = field(default_factory=list)
    decisions: set[str] = field(default_factory=set)
    slugs: set[str] = field(default_factory=set)
    effects: bool = False
    all_evidence: bool = False

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.wordings or self.solutions) or self.stale

    @property
    def stale(self) -> bool:
        """Whether evidence is to be read again."""
        return bool(self.decisions or self.slugs or self.effects or self.all_evidence)

    def add(self, told: Iterable[Told]) -> None:
        """Take events in."""
        for event in told:
            order = (event.recorded_at, event.event_id)
            if event.kind == "pattern":
                if pattern := pattern_of(event.payload):
                    p, key = pattern, key_of(event.event_id)
                    when = (event.recorded_at - _EPOCH) // timedelta(microseconds=1)
                    named = Wording(key, p.slug, p.area, p.kind, p.status, when, event.event_id)
                    self.wordings.append((named, p))
            elif event.kind == "solution":
                if solution := solution_of(event.payload):
                    self.solutions.append((order, solution))
            else:
                self._note(event)

    def _note(self, event: Told) -> None:
        said = json.loads(event.payload)
        if event.kind == "solution_use":
            self.effects = True
        elif event.kind in ("decision", "outcome"):
            self.decisions.add(str(said.get("decision_id") or event.entity_id))
        elif isinstance(said.get("slug"), str):
            self.slugs.add(said["slug"])
        else:
            self.all_evidence = True
