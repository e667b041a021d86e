"""What a report reads of one decision: itself, its looks, its rivals, what it stands beside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from archkit.decisions.adr_files import others_named
from archkit.metrics.decision_looks import decision_horizons, decision_looks, looks_at
from archkit.metrics.evidence_then import evidence_of
from archkit.metrics.rows import utc
from archkit.plain import missing
from archkit.records import Decision, Outcome

if TYPE_CHECKING:
    from archkit.memory.snapshot import Snapshot

__all__ = ["DecisionContents", "Link", "Turn", "decision_row", "provenance_of", "read_decision"]

_NAMED_BY = """
SELECT d.decision_id FROM decision d JOIN event e ON e.event_id = d.event_id
WHERE d.decision_id <> $id AND contains(CAST(e.payload->'$.extra' AS VARCHAR), $id)
ORDER BY d.decided_at, d.decision_id
"""
_OUTCOMES = """
SELECT CAST(e.payload AS VARCHAR) AS payload FROM outcome o JOIN event e ON e.event_id = o.event_id
WHERE o.decision_id = $id ORDER BY o.observed_at, o.outcome_id
"""
_TURN = """
SELECT n, role, text, recorded_at FROM message_log
WHERE session_id = $session_id AND recorded_at <= (
  SELECT min(recorded_at) FROM event WHERE kind = 'decision' AND entity_id = $id
)
ORDER BY n DESC LIMIT 1
"""
_SESSION = "SELECT session_id, title, client FROM session_log WHERE session_id = $session_id"


class Link(NamedTuple):
    """Another decision that it is linked to: how, what it is called, when it was made, its id."""

    how: str
    title: str
    decided_at: datetime
    decision_id: str


class Turn(NamedTuple):
    """The turn after which it was made: its place in the session, who spoke, and what."""

    n: int
    role: str
    text: str


@dataclass(frozen=True, slots=True)
class DecisionContents:
    """One decision and all that a report shows of it.

    `row` is its row of `decision_log`; `provenance` "" for one made here, else reported or
    simulated; `rivals` what `figures.evidence_since` draws; `patterns` one row a pattern, what was
    known then and is known now; `ended_at` when it ceased to hold, None while it holds or nobody
    says.
    """

    now: datetime
    decision: Decision
    row: Mapping[Any, Any]
    provenance: str
    looks: pd.DataFrame
    held: pd.DataFrame
    horizons: pd.DataFrame
    rivals: pd.DataFrame
    patterns: pd.DataFrame
    measurements: pd.DataFrame
    lessons: pd.DataFrame
    links: tuple[Link, ...]
    adrs: pd.DataFrame
    session: Mapping[Any, Any] | None
    turn: Turn | None
    outcomes: tuple[Outcome, ...]
    ended_at: datetime | None

    @property
    def made_up(self) -> bool:
        """Whether it is made up."""
        return "simulated" in self.provenance


def read_decision(state: Snapshot, now: datetime, decision_id: str) -> DecisionContents:
    """Read a decision that the memory holds."""
    decision = state.decision(decision_id)
    row, session = decision_row(state, decision_id)
    rivals = [one.pattern for one in decision.alternatives if one.pattern]
    then = evidence_of(state, decision.patterns, then=decision.decided_at, now=now)
    known = evidence_of(state, [*decision.patterns, *rivals], now=now)
    held = decision_looks(state, decision, then, now=now)
    links = tuple(_links(state, decision))
    adrs = utc(
        state.sql("SELECT * FROM adr_log WHERE decision_id = $id ORDER BY path", id=decision_id),
        *("decided_at", "ended_at"),
    )
    payloads = state.sql(_OUTCOMES, id=decision_id)["payload"]
    return DecisionContents(
        now=now,
        decision=decision,
        row=row,
        provenance=provenance_of(row, decision, session),
        looks=looks_at(state, decision),
        held=held,
        horizons=decision_horizons(held),
        rivals=_rivals(decision, known),
        patterns=_patterns(decision, then, known),
        measurements=utc(
            state.sql(
                "SELECT * FROM query_reduction WHERE decision_id = $id ORDER BY measured_at",
                id=decision_id,
            ),
            "measured_at",
        ),
        lessons=utc(
            state.sql(
                "SELECT text, kind, severity, pattern, learned_at FROM lesson "
                "WHERE decision_id = $id ORDER BY learned_at",
                id=decision_id,
            ),
            "learned_at",
        ),
        links=links,
        adrs=adrs,
        session=session,
        turn=_turn(state, decision_id, row["session_id"]),
        outcomes=tuple(Outcome.from_payload(json.loads(payload)) for payload in payloads),
        ended_at=_ended(links, adrs),
    )


def decision_row(
    state: Snapshot, decision_id: str
) -> tuple[Mapping[Any, Any], Mapping[Any, Any] | None]:
    """Return a decision's row of `decision_log`, and its session if it has one."""
    log = state.sql("SELECT * FROM decision_log WHERE decision_id = $id", id=decision_id)
    row = utc(log, "decided_at", "due_at", "last_outcome_at").iloc[0].to_dict()
    return row, _first(state, _SESSION, session_id=row["session_id"])


def _first(state: Snapshot, select: str, **given: Any) -> Mapping[Any, Any] | None:
    if any(missing(value) for value in given.values()):
        return None
    rows = state.sql(select, **given)
    return rows.iloc[0].to_dict() if len(rows) else None


def provenance_of(
    row: Mapping[Any, Any], decision: Decision, session: Mapping[Any, Any] | None
) -> str:
    """Say where it comes from: "" for a decision that was made and recorded here."""
    client = "" if session is None else str(session["client"])
    made_up = decision.extra.get("source") == "simulated" or client == "simulated"
    made_up = made_up or decision.decision_id.startswith("sim")
    found = [] if missing(row["origin"]) else ["reported"]
    return " + ".join([*found, *(["simulated"] if made_up else [])])


def _links(state: Snapshot, decision: Decision) -> list[Link]:
    """Return what it supersedes and what supersedes it, whichever of the two says so."""
    own = decision.decision_id
    found: dict[tuple[str, str], None] = {}
    for key, how in (("supersedes", "supersedes"), ("superseded_by", "superseded by")):
        found |= dict.fromkeys((how, other) for other in others_named(decision, key))
    others = {}
    for other_id in state.sql(_NAMED_BY, id=own)["decision_id"]:
        other = others[str(other_id)] = state.decision(str(other_id))
        if own in others_named(other, "supersedes"):
            found["superseded by", other.decision_id] = None
        if own in others_named(other, "superseded_by"):
            found["supersedes", other.decision_id] = None
    known = {str(one) for one in state.sql(_KNOWN, ids=[o for _, o in found])["decision_id"]}
    links = []
    for how, other_id in found:
        if other_id not in known:
            continue
        other = others.get(other_id) or state.decision(other_id)
        links.append(Link(how, other.title or other.chosen, other.decided_at, other_id))
    return links


_KNOWN = "SELECT decision_id FROM decision WHERE decision_id IN (SELECT unnest($ids::VARCHAR[]))"


def _rivals(decision: Decision, known: pd.DataFrame) -> pd.DataFrame:
    """Return a row for what was taken and for each alternative; see `figures.evidence_since`."""
    first = decision.patterns[0] if decision.patterns else None
    rows: list[dict[str, Any]] = [
        {"alternative": decision.chosen, "taken": True, "pattern": first}
        | {"forecast": decision.confidence, "why_not": ""}
    ]
    rows += [
        {"alternative": other.name, "taken": False, "pattern": other.pattern}
        | {"forecast": other.predicted, "why_not": other.why_not}
        for other in decision.alternatives
    ]
    frame = pd.DataFrame(rows)
    frame["forecast"] = pd.to_numeric(frame["forecast"]).astype(float)
    told = known.set_index("slug")[["success_rate", "low", "high", "n", "provenance"]]
    frame = frame.join(told, on="pattern")
    kinds = frame["provenance"].astype(object)
    numbers = {n: frame[n].astype(float) for n in ("success_rate", "low", "high", "n")}
    return frame.assign(**numbers, provenance=kinds.where(kinds.notna(), "none"), ci_prob=0.9)


def _patterns(decision: Decision, then: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each pattern used: what was known of it then, and is known now."""
    columns = ["success_rate", "low", "high", "n", "provenance"]
    frame = pd.DataFrame({"slug": list(decision.patterns)}, dtype="str")
    for end, known in (("then", then), ("now", now)):
        told = known.set_index("slug")[["name", "status", *columns]]
        frame = frame.join(told.add_suffix(f"_{end}"), on="slug")
    return frame


def _turn(state: Snapshot, decision_id: str, session_id: Any) -> Turn | None:
    row = _first(state, _TURN, session_id=session_id, id=decision_id)
    if row is None:
        return None
    return Turn(int(row["n"]), str(row["role"]), "" if missing(row["text"]) else str(row["text"]))


def _ended(links: tuple[Link, ...], adrs: pd.DataFrame) -> datetime | None:
    ends = [link.decided_at for link in links if link.how == "superseded by"]
    ends += [end.to_pydatetime() for end in adrs["ended_at"].dropna()]
    return min(ends) if ends else None
