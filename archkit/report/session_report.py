"""The report of one session: asked, answered, proposed, decided, and what it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from archkit import figures
from archkit.errors import ReportError
from archkit.figures.style import count_of
from archkit.markup import esc
from archkit.metrics.rows import joined, utc
from archkit.records import PROVENANCE
from archkit.report.document import Document, Section
from archkit.report.live import session_record
from archkit.report.page import figure_block
from archkit.report.parts import decision_cards, tiles
from archkit.report.reading import SessionRecord, read_session
from archkit.report.session_asked import (
    answers_in,
    briefing_body,
    questions_asked,
    questions_body,
)
from archkit.report.session_parts import (
    cost_words,
    proposal_body,
    session_facts,
    session_title,
    steps_card,
    tokens_words,
)
from archkit.report.session_versions import versions_body
from archkit.report.text import Column, as_date, count, frame_table, missing
from archkit.report.transcript import transcript

if TYPE_CHECKING:
    from archkit.architect.session import Session
    from archkit.memory.snapshot import Snapshot
    from archkit.records import Decision

__all__ = ["Contents", "read", "write"]

_OF_DECISIONS = "decision_id IN (SELECT unnest($ids::VARCHAR[]))"
_CHILDREN = """
SELECT session_id, agent, title, status, turns, input_tokens, output_tokens, cost_usd, client
FROM session_log WHERE parent_session_id = $session_id ORDER BY started_at, session_id
"""
_COST = (
    "Look at the tallest bar first. Where it reads much, brief on less of the project or answer "
    "more questions at once; where it writes much, it is a proposal or the repair of one."
)


@dataclass(frozen=True, slots=True)
class Contents:
    """One session, the decisions made in it, their outcomes, and the agents it started."""

    now: datetime
    record: SessionRecord
    decisions: tuple[Decision, ...] = ()
    log: pd.DataFrame | None = None
    outcomes: pd.DataFrame | None = None
    children: pd.DataFrame | None = None


def read(
    state: Snapshot | None,
    now: datetime,
    *,
    session: str | SessionRecord | Session = "last",
) -> Contents:
    """Read one session: by its id, the beginning of one, or `last`; or one that is at hand.

    Raises
    ------
    ReportError
        The memory knows no such session, or there is neither a memory nor a session.
    """
    if not isinstance(session, str | SessionRecord):
        session = session_record(session)
    if isinstance(session, SessionRecord):
        return Contents(now, session, decisions=session.decisions)
    if state is None:
        raise ReportError(
            "There is nothing to report.",
            why="Neither a memory nor a session without one was handed in.",
            mend='Call write_report(None, path, kind="session", session=session).',
        )
    record = read_session(state, session)
    session_id = str(record.row["session_id"])
    log = utc(
        state.sql(
            "SELECT * FROM decision_log WHERE session_id = $session_id ORDER BY decided_at",
            session_id=session_id,
        ),
        *("decided_at", "due_at", "last_outcome_at"),
    )
    ids = [str(one) for one in log["decision_id"]]
    outcomes = state.sql(
        f"SELECT * FROM outcome_trend WHERE {_OF_DECISIONS} "  # noqa: S608 - our own texts
        "ORDER BY observed_at, outcome_id, score",
        ids=ids,
    )
    return Contents(
        now,
        record,
        decisions=tuple(state.decision(one) for one in ids),
        log=log,
        outcomes=utc(outcomes, "decided_at", "observed_at"),
        children=state.sql(_CHILDREN, session_id=session_id),
    )


def write(contents: Contents) -> Document:
    """Write the report."""
    record = contents.record
    questions = questions_asked(record.tool_calls, answers_in(record.messages))
    turns = _turns(record)
    proposal = f'<div class="card">{proposal_body(record.proposals)}</div>'
    said = f'<div class="card">{transcript(record.messages, record.tool_calls, top=3)}</div>'
    asked = (
        f'{session_facts(record.row)}<div class="card"><h3>What the architect was told</h3>'
        f"{briefing_body(record.messages)}</div>"
    )
    sections = [
        Section("asked", "What was asked?", asked),
        Section("questions", "Questions and answers", questions_body(questions)),
        Section("transcript", "What was said", said),
        Section("proposal", "The proposal", proposal + versions_body(record.proposals)),
        Section("decided", "What was decided, and what came of it", _decided(contents)),
        Section("steps", "The twelve steps of learning", steps_card(record.steps)),
        Section("cost", "What it took", _cost(record.row, turns, contents.children)),
    ]
    return Document(
        kind="session",
        title=session_title(record.row),
        lede=_lede(record.row),
        now=contents.now,
        before=_note(record.row) + tiles(_tiles(contents, turns)),
        sections=tuple(sections),
        frames=_frames(contents, questions, turns),
    )


def _turns(record: SessionRecord) -> pd.DataFrame:
    """Return the turns of the model, as `archkit.metrics.turn_costs` has them."""
    rows = record.messages[record.messages["role"] == "assistant"]
    return rows.reindex(
        columns=[
            *("n", "model", "input_tokens", "output_tokens", "cache_read_tokens"),
            *("cache_write_tokens", "cost_usd", "prices", "duration_ms", "status"),
        ]
    ).reset_index(drop=True)


def _frames(
    contents: Contents, questions: pd.DataFrame, turns: pd.DataFrame
) -> Mapping[str, pd.DataFrame]:
    record = contents.record
    told = {"turns": turns, "questions": questions, "steps": record.steps}
    calls = ["n", "tool", "is_error", "refused", "reason", "duration_ms"]
    told["tool_calls"] = record.tool_calls.reindex(columns=calls)
    if contents.log is not None:
        told["decisions"] = contents.log
    if contents.outcomes is not None:
        told["outcomes"] = contents.outcomes
    return told


def _lede(row: Mapping[Any, Any]) -> str:
    told = ["A session with", str(row["agent"] or "an architect")]
    made_up = " (simulated: made-up data)" if _simulated(row) else ""
    elsewhere = f", imported from {row['origin']}" if _imported(row) else ""
    day = as_date(row["started_at"])
    status = "" if missing(row["status"]) else f" · {row['status']}"
    stage = "" if missing(row["stage"]) else f" at {row['stage']}"
    return f"{' '.join(told)}{elsewhere} · {day}{status}{stage}{made_up}"


def _simulated(row: Mapping[Any, Any]) -> bool:
    return str(row["client"]) == "simulated" or str(row["session_id"]).startswith("sim")


def _imported(row: Mapping[Any, Any]) -> bool:
    return not missing(row.get("origin"))


def _note(row: Mapping[Any, Any]) -> str:
    told = ""
    if _imported(row):
        told = (
            f'<p class="imported">This session was <strong>imported</strong> from '
            f"{esc(row['origin'])}: it is reported, and was not held here.</p>"
        )
    if not _simulated(row):
        return told
    return told + (
        '<p class="made-up">This session is <strong>simulated</strong>: made-up data. Conclude '
        "nothing about real work from it.</p>"
    )


def _tiles(contents: Contents, turns: pd.DataFrame) -> list[tuple[str, str, str]]:
    row = contents.record.row
    calls = int(row["tool_calls"] or 0)
    refused = int(row["refused"] or 0)
    known = turns["duration_ms"].dropna().astype(float)
    spent = _time(float(known.sum())) if len(known) else "–"
    offline = str(row["client"]) == "offline"
    missing_cost = "no model was asked" if offline else "no price is known"
    whole = [row["input_tokens"], row["output_tokens"]]
    tokens = "–" if any(map(missing, whole)) else count(sum(map(float, whole)))
    cost = "–" if missing(row["cost_usd"]) else f"${row['cost_usd']:.3g}"
    return [
        ("Turns", count(len(turns)), f"{count_of(calls, 'tool call')}, {refused} refused"),
        ("Tokens", tokens, tokens_words(row)),
        ("Time", spent, "of its turns" if len(known) else "not measured"),
        ("Cost", cost, cost_words(row) if not missing(row["cost_usd"]) else missing_cost),
        ("Decisions", count(len(contents.decisions)), _scored(contents)),
    ]


def _scored(contents: Contents) -> str:
    if contents.log is None or contents.log.empty:
        return "kept in no memory" if contents.decisions else "none yet"
    known = contents.log.dropna(subset=["last_value"])
    if known.empty:
        return "no outcome yet"
    kinds = joined(PROVENANCE.get(source, source) for source in known["last_source"])
    return f"n {len(known)} with an outcome, {kinds}"


def _time(spent_ms: float) -> str:
    seconds = spent_ms / 1000
    if seconds < 1:
        return f"{spent_ms:.0f} ms"
    return f"{seconds:.3g} s" if seconds < 120 else f"{seconds / 60:.3g} min"


def _decided(contents: Contents) -> str:
    if not contents.decisions:
        words = "Nothing was decided in it. Take a choice with session.decide(…)."
        return f'<div class="card"><p class="empty">{words}</p></div>'
    log = contents.log if contents.log is not None else _log_of(contents.decisions)
    outcomes = contents.outcomes if contents.outcomes is not None else pd.DataFrame()
    cards = decision_cards(log, {one.decision_id: one for one in contents.decisions}, outcomes)
    if contents.log is None:
        return (
            f'{cards}<p class="mute">The memory was off: nobody will be asked what came of '
            "these.</p>"
        )
    how = (
        '<p class="mute small">A report of one of them: <code>archkit report --kind decision '
        "-p decision=ID</code></p>"
    )
    return cards + how


def _log_of(decisions: tuple[Decision, ...]) -> pd.DataFrame:
    """Return decisions that no memory holds as rows of its log."""
    return pd.DataFrame(
        [
            {
                **{"decision_id": one.decision_id, "title": one.title, "kind": one.kind},
                **{"chosen": one.chosen, "decided_at": one.decided_at, "agent": one.agent},
                "due_at": one.decided_at + pd.Timedelta(days=one.review_after_days),
            }
            for one in decisions
        ]
    )


def _cost(row: Mapping[Any, Any], turns: pd.DataFrame, children: pd.DataFrame | None) -> str:
    told = {"offline": "estimated", "simulated": "simulated"}.get(str(row["client"]), "counted")
    figure = figures.session_turns(turns, provenance=told)
    table = _turn_table(turns) if len(turns) else ""
    drawn = figure_block(figure, "turns", _COST, table)
    if children is None or children.empty:
        return drawn
    columns = (
        Column("title", "asked for"),
        Column("agent", "agent"),
        Column("status", "went"),
        Column("turns", "turns", count, "number"),
        Column("input_tokens", "tokens read", count, "number"),
        Column("output_tokens", "written", count, "number"),
        Column("cost_usd", "US dollars", _dollars, "number"),
        Column("session_id", "id", kind="id"),
    )
    told = f"{count_of(len(children), 'agent')} that it started; their turns are not in the figure."
    return f'{drawn}<div class="card">{frame_table(children, columns, told)}</div>'


def _turn_table(turns: pd.DataFrame) -> str:
    columns = (
        Column("n", "no.", count, "number"),
        Column("model", "model"),
        Column("input_tokens", "tokens read", count, "number"),
        Column("cache_read_tokens", "from the cache", count, "number"),
        Column("cache_write_tokens", "into the cache", count, "number"),
        Column("output_tokens", "written", count, "number"),
        Column("cost_usd", "US dollars", _dollars, "number"),
        Column("duration_ms", "ms", count, "number"),
        Column("status", "went"),
    )
    return frame_table(turns, columns, "One row a turn of the model, in order.")


def _dollars(value: Any) -> str:
    return f"{value:.3g}"
