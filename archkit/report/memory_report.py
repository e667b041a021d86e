"""The report of a memory or a part of it: the dashboard as a document, question by question."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd

from archkit.figures.style import count_of
from archkit.markup import esc
from archkit.plain import slug_of
from archkit.report.document import Document, Section
from archkit.report.headline_tiles import headline_tiles
from archkit.report.memory_contents import MOST_CARDS, MemoryContents
from archkit.report.page import figure_block
from archkit.report.part import part_words, whose
from archkit.report.parts import decision_cards, decision_table, reduction_table, tiles
from archkit.report.sure import least_tried, trust_lines
from archkit.report.tabs import QUESTIONS, TABS, Tab
from archkit.report.text import MOST_ROWS, as_date
from archkit.report.transcript import session_sections
from archkit.report.weighed import weighed_sections

__all__ = ["write"]

_NOTHING = (
    "Nothing was decided in this part. Widen it: leave a filter out, or begin earlier.",
    "Nothing was decided yet. In a session, call session.decide(…).",
)


def write(contents: MemoryContents) -> Document:
    """Write the report."""
    heads = {
        "decided": _decided,
        "sure": _sure,
        "next": _next,
    }
    sections = [
        Section(name, asked, heads[name](contents) + _figures(contents, name))
        if name in heads
        else Section(name, asked, _figures(contents, name))
        for name, asked in QUESTIONS.items()
    ]
    if contents.session is not None:
        sections.extend(session_sections(contents.session))
    told = headline_tiles(contents.headline, contents.before, ci_prob=contents.ci_prob)
    return Document(
        kind="memory",
        title="What the memory has learned",
        lede=_lede(contents),
        now=contents.now,
        before="\n".join([*_notes(contents), tiles(told)]),
        sections=tuple(sections),
        frames={
            "decisions": contents.decisions,
            "sessions": contents.sessions,
            "measurements": contents.measurements,
            **{slug_of(name): frame for name, frame in contents.frames.items()},
        },
    )


def _lede(contents: MemoryContents) -> str:
    """Say whose memory it is, which part and span it covers, how many events the memory holds."""
    instants = _instants(contents)
    span = "nothing decided yet" if not contents.scope else "nothing in this part"
    if len(instants):
        first, last = as_date(instants.min()), as_date(instants.max())
        span = first if first == last else f"{first} to {last}"
    events = count_of(contents.events, "event")
    if not contents.scope:
        return f"{whose(contents.agents)} · {span} · {events}"
    return f"Shown: {part_words(contents.scope)} · {span} · of a memory of {events}"


def _instants(contents: MemoryContents) -> pd.Series[Any]:
    """Return when anything was decided, begun, observed or measured in the part."""
    found = [
        contents.decisions["decided_at"],
        contents.sessions["started_at"],
        contents.frames["Outcomes"]["observed_at"],
        contents.measurements["measured_at"],
    ]
    there: list[pd.Series[Any]] = [each.dropna() for each in found if len(each)]
    return pd.concat(there) if there else pd.Series([], dtype="datetime64[ns, UTC]")


def _notes(contents: MemoryContents) -> list[str]:
    """Say what is not known of the part, what is made up, and which clock is wrong."""
    notes = [f'<p class="note-box">{esc(line)}</p>' for line in contents.unmatched]
    late = int((_instants(contents) > pd.Timestamp(contents.now) + timedelta(days=1)).sum())
    if late:
        verb = "is" if late == 1 else "are"
        notes.append(
            f'<p class="note-box">{count_of(late, "row")} {verb} dated after '
            f"{as_date(contents.now)}: a clock is wrong, here or where they come from. They count "
            "as if they were of today.</p>"
        )
    return [*notes, *_made_up(contents)]


def _made_up(contents: MemoryContents) -> list[str]:
    outcomes = contents.frames["Outcomes"]
    seen = outcomes.loc[outcomes["provenance"] == "simulated", "outcome_id"].nunique()
    counted = int((contents.measurements["provenance"] == "simulated").sum())
    if not seen and not counted:
        return []
    held = [count_of(seen, "outcome")] if seen else []
    held += [count_of(counted, "measurement")] if counted else []
    verb = "is" if seen + counted == 1 else "are"
    where = "in this part" if contents.scope else "in this memory"
    return [
        f'<p class="made-up">{" and ".join(held)} {where} {verb} '
        "<strong>simulated</strong>: made-up data, drawn as hollow triangles. "
        "Conclude nothing about real work from them.</p>"
    ]


def _figures(contents: MemoryContents, question: str) -> str:
    """Draw the figures that answer a question; those without a row are named in one line."""
    drawn, empty = [], []
    for tab in TABS:
        if tab.question == question:
            frame = contents.frames[tab.name]
            figure = tab.draw(frame, theme="light")
            if figure.data:
                table = tab.table(frame, most=MOST_ROWS) + _single(contents, tab)
                drawn.append(figure_block(figure, slug_of(tab.name), tab.caption, table))
            else:
                said = figure.layout.meta
                empty.append((tab.name, str(said.get("sentence", said["title"]))))
    return "\n".join([*drawn, *_empty_figures(empty, is_part=bool(contents.scope))])


def _single(contents: MemoryContents, tab: Tab) -> str:
    """Write the single measurements below their pooled shares."""
    shown = tab.metric == "query_reduction" and len(contents.measurements)
    return reduction_table(contents.measurements) if shown else ""


def _empty_figures(empty: list[tuple[str, str]], *, is_part: bool) -> list[str]:
    if not empty:
        return []
    names = ", ".join(esc(name) for name, _ in empty)
    lines = "".join(f"<li><b>{esc(name)}</b>: {esc(said)}</li>" for name, said in empty)
    where = "this part" if is_part else "the memory"
    have = "One figure has" if len(empty) == 1 else f"{len(empty)} figures have"
    return [
        f'<details class="nothing"><summary>{have}'
        f" no row in {where} yet: {names}</summary><ul>{lines}</ul></details>"
    ]


def _decided(contents: MemoryContents) -> str:
    if contents.decisions.empty:
        said = _NOTHING[0] if contents.scope else _NOTHING[1]
        return f'<div class="card"><p class="empty">{esc(said)}</p></div>'
    outcomes = contents.frames["Outcomes"]
    parts = [decision_cards(contents.decisions, contents.cards, outcomes)]
    if len(contents.decisions) > MOST_CARDS:
        more = count_of(len(contents.decisions) - MOST_CARDS, "older decision")
        table = decision_table(contents.decisions)
        whole = len(contents.decisions) <= MOST_ROWS
        told = f"+ {more}: {'all' if whole else f'the newest {MOST_ROWS}'} as a table"
        parts.append(f'<details class="nothing"><summary>{told}</summary>{table}</details>')
    return "\n".join([*parts, weighed_sections(contents.cards, outcomes)])


def _sure(contents: MemoryContents) -> str:
    said = trust_lines(contents.decisions, contents.frames["Outcomes"])
    return f'<div class="card">{"".join(f"<p>{esc(line)}</p>" for line in said)}</div>\n'


def _next(contents: MemoryContents) -> str:
    least = least_tried(contents.frames["Patterns"])
    hint = f"<p>{esc(least)}</p>" if least else ""
    return f'<div class="card">{_due(contents)}{hint}</div>\n'


def _due(contents: MemoryContents) -> str:
    debt = contents.frames["Outcome debt"]
    if debt.empty:
        if contents.decisions.empty:
            return "<p>Nothing is due. A decision asks for a look after thirty days.</p>"
        made_up = contents.headline["decisions"]["simulated"]
        some = f", {made_up} of them simulated" if made_up else ""
        return (
            f"<p>Every decision has an outcome{some}. "
            "The next decision will ask for a look after thirty days.</p>"
        )
    late = int((debt["overdue_days"] > 0).sum())
    due = f'<strong class="alarm">{count_of(late, "decision")} overdue for a look.</strong>'
    call = "<code>memory.record_outcome(id, success=…, scores={…})</code>"
    return f"<p>{due if late else 'Nothing is overdue.'} Say what came of it with {call}.</p>"
