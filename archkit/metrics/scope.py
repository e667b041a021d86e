"""A part of a memory: by agent, project, focus area, pattern, time, provenance, context."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from archkit.errors import ArchkitError
from archkit.memory.evidence import KINDS

if TYPE_CHECKING:
    from archkit.metrics.narrowed import Narrowed
    from archkit.metrics.rows import Readable

__all__ = ["Scope", "instant_code"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of a memory is looked at; None or empty: all of it.

    Solutions, what they did and events are not told apart; decision records by project only. A
    change of a pattern is found in the evidence of the whole memory, and weighs what came before it
    wherever one looks from; a part shows those changes that it had a hand in.

    Attributes
    ----------
    agent, project
        Who did it, for which project.
    area, pattern
        A focus area; the slug of a pattern.
    since, until
        From an instant on, up to before another; instants are aware. Each row counts by its own
        instant: a decision when it was made, an outcome when it was observed. What has none,
        such as a figure that is only reported, is in no span of time.
    provenance
        Among measured, observed, reported, simulated. Of decisions the latest outcome's; those
        without one, and sessions, are simulated or of any other kind.
    context
        Keys of the decisions' context with a value: `{"tenancy": "multi"}`.

    Raises
    ------
    ArchkitError
        An instant has no time zone, a span ends before it begins, or a provenance is not known.

    Examples
    --------
    >>> Scope(agent="backend-architect", provenance=("observed",)).sentence
    'backend-architect · observed'
    """

    agent: str | None = None
    project: str | None = None
    area: str | None = None
    pattern: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    provenance: tuple[str, ...] = ()
    context: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        """Refuse a part that could not be."""
        for name in ("since", "until"):
            instant = getattr(self, name)
            if instant is not None and instant.tzinfo is None:
                raise _no_scope(
                    f"{name}={instant.isoformat()} has no time zone.",
                    "It could be any of 25 hours.",
                    "Give an aware instant, such as datetime(2026, 1, 1, tzinfo=UTC).",
                )
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise _no_scope(
                f"The span ends at {self.until.isoformat()}, before it begins.",
                f"It begins at {self.since.isoformat()}.",
                "Exchange since and until.",
            )
        if unknown := [kind for kind in self.provenance if kind not in KINDS]:
            raise _no_scope(
                f"No evidence is of the provenance {unknown[0]!r}.",
                f"There is {', '.join(KINDS)}.",
                "Choose among these.",
            )

    def __bool__(self) -> bool:
        """Whether it is only a part."""
        return any(getattr(self, each.name) for each in fields(self))

    @property
    def sentence(self) -> str:
        """The part in words; "everything" for all of it."""
        span = ""
        if self.since is not None or self.until is not None:
            since, until = (
                _told(instant) if instant else "" for instant in (self.since, self.until)
            )
            span = " ".join(
                part for part in (since and f"from {since}", until and f"before {until}") if part
            )
        keys = [f"{key} = {value}" for key, value in (self.context or {}).items()]
        told = [self.agent, self.project, self.area, self.pattern, span]
        told += [" or ".join(self.provenance), *keys]
        return " · ".join(part for part in told if part) or "everything"

    def previous(self, now: datetime) -> Scope | None:
        """Return the same part of the span of equal length just before; None if it has no start.

        Parameters
        ----------
        now
            Where a span without an end ends.
        """
        end = self.until or now
        if self.since is None or end <= self.since:
            return None
        return replace(self, since=self.since - (end - self.since), until=self.since)

    def as_code(self) -> str:
        """Return it as Python that makes it anew."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        told = [f"{name}={_code(value)}" for name, value in given.items() if value]
        return f"Scope({', '.join(told)})"

    def of(self, memory: Readable) -> Narrowed:
        """Return this part of a memory; of a part of one, what belongs to both."""
        from archkit.metrics.narrowed import Narrowed

        return Narrowed(memory, self)


def _told(instant: datetime) -> str:
    """Write a day, and the time of day where it is not midnight (UTC)."""
    there = instant.astimezone(UTC)
    return f"{there:%d %b %Y}" + (f" {there:%H:%M}" if there.hour or there.minute else "")


def instant_code(instant: datetime) -> str:
    """Return an instant as Python that makes it anew, in UTC."""
    parts = [*instant.astimezone(UTC).timetuple()[:6], *filter(None, [instant.microsecond])]
    return f"datetime({', '.join(map(str, parts))}, tzinfo=UTC)"


def _code(value: Any) -> str:
    if isinstance(value, datetime):
        return instant_code(value)
    return repr(dict(value) if isinstance(value, Mapping) else value)


def _no_scope(what: str, why: str, mend: str) -> ArchkitError:
    return ArchkitError(what, why=why, mend=mend)
