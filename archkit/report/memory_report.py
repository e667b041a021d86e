"""The report of a memory: the sections in the order in which an architect asks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from archkit import figures
from archkit.figures.style import count_of
from archkit.markup import esc
from archkit.metrics.scope import Scope
from archkit.report.document import Document, Section
from archkit.report.headline_tiles import headline_tiles, made_up_decisions
from archkit.report.page import figure_block
from archkit.report.parts import (
    debt_table,
    decision_cards,
    decision_table,
    evidence_table,
    outcome_table,
    pooled_table,
    reduction_table,
    sized_table,
    tiles,
)
from archkit.report.reading import MOST_CARDS, Contents, SessionRecord, read_contents
from archkit.report.sure import least_tried, trust_lines
from archkit.report.text import as_date
from archkit.report.transcript import session_sections
from archkit.report.weighed import weighed_sections

if TYPE_CHECKING:
    from archkit.memory.snapshot import Snapshot

__all__ = ["read", "write"]

_COUNTED = (
    "Trust the squares, which were counted here; a diamond is what somebody else reports of the "
    "same pattern and is worth counting yourself."
)
_NOT_COUNTED = (
    "A diamond is what somebody else reports of a pattern. Count a request of your own before and "
    "after the change, then say so with memory.record_measurement(…)."
)

_BY_SIZE = (
    "Look up the size of your own requests: what saves nine of ten queries of a large page may "
    "save one of three of a small one. The diamond is what others report, of no size."
)

_SECTIONS = (
    ("decided", "What did we decide?"),
    ("worked", "Did it work?"),
    ("works", "What works?"),
    ("sure", "How sure are we?"),
    ("next", "What should we look at next?"),
)


def read(
    state: Snapshot,
    now: datetime,
    *,
    ci_prob: float = 0.9,
    session: str | SessionRecord | None = None,
    **part: Any,
) -> Contents:
    """Read all that the report shows, of a part of a memory."""
    return read_contents(state, Scope(**part), now, ci_prob=ci_prob, session=session)


def write(contents: Contents) -> Document:
    """Write the report."""
    bodies = (_decided, _worked, _works, _sure, _next)
    sections = [
        Section(name, heading, body(contents))
        for (name, heading), body in zip(_SECTIONS, bodies, strict=True)
    ]
    if contents.session is not None:
        sections.extend(session_sections(contents.session))
    shown = tiles(headline_tiles(contents.headline, contents.decisions, contents.sessions))
    return Document(
        kind="memory",
        title="What the memory has learned",
        lede=_lede(contents),
        now=contents.now,
        before="\n".join(part for part in (_made_up_note(contents), shown) if part),
        sections=tuple(sections),
        frames={"decisions": contents.decisions, "outcomes": contents.outcomes},
    )


def _lede(contents: Contents) -> str:
    """Say whose memory it is, which span it covers, how many events it holds."""
    found = [*contents.decisions["agent"], *contents.sessions["agent"]]
    whose = ", ".join(dict.fromkeys(agent for agent in found if agent)) or "no agent yet"
    instants = [
        *contents.decisions["decided_at"],
        *contents.sessions["started_at"],
        *contents.measurements["measured_at"],
    ]
    events = count_of(contents.events, "event")
    if not instants:
        return f"{whose} · nothing decided yet · {events}"
    first, last = as_date(min(instants)), as_date(max(instants))
    return f"{whose} · {first if first == last else f'{first} to {last}'} · {events}"


def _made_up_note(contents: Contents) -> str:
    made_up = contents.outcomes[contents.outcomes["provenance"] == "simulated"]
    outcomes = made_up["outcome_id"].nunique()
    counted = int((contents.measurements["provenance"] == "simulated").sum())
    if not outcomes and not counted:
        return ""
    held = [count_of(outcomes, "outcome")] if outcomes else []
    held += [count_of(counted, "measurement")] if counted else []
    verb = "is" if outcomes + counted == 1 else "are"
    return (
        f'<p class="made-up">{" and ".join(held)} in this memory {verb} '
        "<strong>simulated</strong>: made-up data, drawn as hollow triangles. "
        "Conclude nothing about real work from them.</p>"
    )


def _decided(contents: Contents) -> str:
    if contents.decisions.empty:
        return _empty("Nothing was decided yet. In a session, call session.decide(…).")
    cards = decision_cards(contents.decisions, contents.cards, contents.outcomes)
    weighed = weighed_sections(contents.cards, contents.outcomes)
    if len(contents.decisions) <= MOST_CARDS:
        return f"{cards}\n{weighed}"
    more = count_of(len(contents.decisions) - MOST_CARDS, "older decision")
    table = decision_table(contents.decisions)
    all_of_them = f"<details><summary>+ {more}: all as a table</summary>{table}</details>"
    return f"{cards}\n{all_of_them}\n{weighed}"


def _worked(contents: Contents) -> str:
    newest_first = contents.outcomes.iloc[::-1]
    trend = figure_block(
        figures.outcomes_over_time(contents.outcomes),
        "outcomes",
        "Look at the lowest points first: each is one decision's score, its name on hover. A line "
        "appears where three outcomes lie within thirty days.",
        outcome_table(newest_first) if len(newest_first) else "",
    )
    saved = figure_block(
        figures.query_reduction(contents.reductions),
        "queries",
        _COUNTED if len(contents.measurements) else _NOT_COUNTED,
        pooled_table(contents.reductions) + reduction_table(contents.measurements)
        if len(contents.reductions)
        else "",
    )
    sized = contents.reductions_by_size
    if sized.empty:
        return f"{trend}\n{saved}"
    by_size = figure_block(
        figures.query_reduction_by_size(sized), "sizes", _BY_SIZE, sized_table(sized)
    )
    return f"{trend}\n{saved}\n{by_size}"


def _works(contents: Contents) -> str:
    return figure_block(
        figures.success_by_pattern(contents.evidence),
        "patterns",
        "Compare patterns under one heading: they answer the same question. Take the first only "
        "where it is clearly the best (better than each rival with a probability of at least "
        "90\u202f%); else choose by fit, or try the one with the fewest uses, which has most to "
        "teach.",
        evidence_table(contents.evidence) if len(contents.evidence) else "",
    )


def _sure(contents: Contents) -> str:
    lines = "".join(
        f"<p>{esc(line)}</p>" for line in trust_lines(contents.decisions, contents.outcomes)
    )
    return f'<div class="card">{lines}</div>'


def _next(contents: Contents) -> str:
    least = least_tried(contents.evidence)
    hint = f"<p>{esc(least)}</p>" if least else ""
    return f'<div class="card">{_due(contents)}{hint}</div>'


def _due(contents: Contents) -> str:
    debt = contents.debt
    if debt.empty:
        made_up = made_up_decisions(contents.decisions)
        some = f", {made_up} of them simulated" if made_up else ""
        held = f"Every decision has an outcome{some}."
        done = held if len(contents.decisions) else "Nothing is due."
        return f"<p>{done} The next decision will ask for a look after thirty days.</p>"
    late = int((debt["overdue_days"] > 0).sum())
    due = f'<strong class="alarm">{count_of(late, "decision")} overdue for a look.</strong>'
    call = "<code>memory.record_outcome(id, success=…, scores={…})</code>"
    words = f"{due if late else 'Nothing is overdue.'} Say what came of it with {call}."
    return f"<p>{words}</p>{debt_table(debt)}"


def _empty(sentence: str) -> str:
    return f'<div class="card"><p class="empty">{esc(sentence)}</p></div>'
