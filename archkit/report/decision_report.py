"""The report of one decision: as a record, held to its forecast, beside what was not taken."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from archkit import figures
from archkit.decisions.adr_writing import to_adr
from archkit.figures.style import count_of, elided, percent, span
from archkit.markup import esc, markdown
from archkit.plain import missing
from archkit.records import PROVENANCE
from archkit.report.adr_report import AdrContents, read_adr_record, write_adr_record
from archkit.report.decision_parts import (
    decision_facts,
    horizon_table,
    look_list,
    pattern_table,
    provenance_marks,
    provenance_note,
    rival_table,
)
from archkit.report.decision_record import DecisionContents, read_decision
from archkit.report.document import Document, Section
from archkit.report.named import DECISION, TOLD, id_named
from archkit.report.page import figure_block
from archkit.report.parts import reduction_table, tiles
from archkit.report.text import Column, as_date, as_short_date, frame_table

if TYPE_CHECKING:
    from archkit.memory.snapshot import Snapshot

__all__ = ["read", "write"]

_FENCE = re.compile(r"\n```json archkit\n.*\Z", re.DOTALL)
_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_KEPT = re.compile(r"\n\* Kept by archkit;.*\Z", re.DOTALL)
_LOOKS = (
    "Hold the large mark against the dashed line, but conclude nothing about forecasts from one "
    "decision: the calibration over all of them, in a report of the memory, does that. Look again "
    "where a cross says that nobody did."
)
_SINCE = (
    "Read the rates below the circles: they come from other decisions, for nobody tried the others "
    "here. Reopen the decision where another stands clear of the one taken."
)


def read(
    state: Snapshot | None, now: datetime, *, decision: str = "last"
) -> DecisionContents | AdrContents:
    """Read one decision: by its id, the beginning of one, or `last`; or an imported record.

    Raises
    ------
    ReportError
        The memory knows no such decision or record.
    """
    assert state is not None
    text = decision.strip()
    paths = state.sql("SELECT adr_id FROM adr WHERE path = $path LIMIT 2", path=text)["adr_id"]
    if len(paths) == 1:
        return read_adr_record(state, now, str(paths.iloc[0]))
    last = text == "last" and len(state.sql("SELECT decision_id FROM decision LIMIT 1"))
    found = id_named(state, text, DECISION if last else TOLD)
    if len(state.sql("SELECT decision_id FROM decision WHERE decision_id = $id", id=found)):
        return read_decision(state, now, found)
    return read_adr_record(state, now, found)


def write(contents: DecisionContents | AdrContents) -> Document:
    """Write the report."""
    if isinstance(contents, AdrContents):
        return write_adr_record(contents)
    decision = contents.decision
    sections = (
        Section("decided", "What was decided?", decision_facts(contents)),
        Section("worked", "Did it work?", _worked(contents)),
        Section("horizons", "How did each score stand later on?", horizon_table(contents)),
        Section("alternatives", "What of the alternatives?", _alternatives(contents)),
        Section("evidence", "What was known, then and now?", pattern_table(contents)),
        Section("record", "The decision record", _record(contents)),
    )
    return Document(
        kind="decision",
        title=_title(contents),
        lede=_lede(contents),
        now=contents.now,
        before=provenance_note(contents.provenance, contents.row["origin"])
        + tiles(_tiles(contents)),
        sections=sections,
        frames={
            "looks": contents.held,
            "horizons": contents.horizons,
            "alternatives": contents.rivals,
            "patterns": contents.patterns,
            "measurements": contents.measurements,
            "outcomes": contents.looks.assign(decision_id=decision.decision_id),
        },
    )


def _title(contents: DecisionContents) -> str:
    decision = contents.decision
    head, marks = decision.title or decision.kind, provenance_marks(contents.provenance)
    chosen = elided(decision.chosen, 60)
    told = f"{elided(head, 110)}: {chosen}" if head and head != decision.chosen else chosen
    return f"{told}{marks}"


def _lede(contents: DecisionContents) -> str:
    decision = contents.decision
    whose = [decision.agent or "nobody named", decision.project]
    told = [*(part for part in whose if part), f"decided on {as_date(decision.decided_at)}"]
    if "reported" in contents.provenance:
        told.append(f"reported by {contents.row['origin']}, not made here")
    if contents.made_up:
        told.append("simulated: made-up data")
    return " · ".join([*told, _held_words(contents)])


def _tiles(contents: DecisionContents) -> list[tuple[str, str, str]]:
    decision, held = contents.decision, contents.held
    stated = decision.confidence
    known = held.attrs
    note = "not stated when deciding"
    if stated is not None:
        note = "stated when deciding"
        if known["known"] is not None:
            note += f"; known then {span(known['low'], known['high'])}, {known['known_from']}"
    value, came = _latest(contents)
    days = _held_days(contents)
    shown = "–" if days is None else count_of(int(days), "day")
    return [
        ("Forecast", "–" if stated is None else percent(stated, 0), note),
        ("Came to", "–" if value is None else percent(value, 0), came),
        ("Missed by", *_missed(contents, value)),
        ("Held", shown, _held_words(contents)),
        ("Looks", str(len(contents.looks)), _due_words(contents)),
    ]


def _latest(contents: DecisionContents) -> tuple[float | None, str]:
    """Return how it went by the latest look that says so, and what that rests on."""
    value, source = contents.row["last_value"], contents.row["last_source"]
    if missing(value):
        return None, "no look says how it went" if len(contents.looks) else "no look yet"
    provenance = PROVENANCE.get(str(source), str(source))
    day = as_short_date(contents.row["last_outcome_at"])
    return float(value), f"latest of n {len(contents.looks)}, {day}, {provenance}"


def _missed(contents: DecisionContents, value: float | None) -> tuple[str, str]:
    stated = contents.decision.confidence
    if stated is None or value is None:
        return "–", "needs a forecast and a look"
    made_up = PROVENANCE.get(str(contents.row["last_source"])) == "simulated"
    score = f"Brier {(stated - value) ** 2:.2f}; one decision proves nothing"
    return f"{100 * abs(stated - value):.0f} points", f"{score}{', simulated' if made_up else ''}"


def _held_days(contents: DecisionContents) -> float | None:
    """Return how many days it held, or has held; None where it never did or nobody knows."""
    if contents.decision.status in ("proposed", "rejected", "draft"):
        return None
    if contents.decision.status == "superseded" and contents.ended_at is None:
        return None
    end = contents.ended_at or contents.now
    return max((end - contents.decision.decided_at).total_seconds() / 86_400, 0.0)


def _held_words(contents: DecisionContents) -> str:
    status, days = contents.decision.status, _held_days(contents)
    if days is None:
        return f"never held: {status}" if status != "superseded" else "ended, nobody says when"
    counted = count_of(int(days), "day")
    if contents.ended_at is None:
        return f"held for {counted} so far"
    return f"held for {counted}, until {as_date(contents.ended_at)}"


def _due_words(contents: DecisionContents) -> str:
    gaps = contents.held[contents.held["what"] == "missing"]["horizon_days"].tolist()
    late = f"none at {', '.join(f'{days:.0f}' for days in gaps)} days" if gaps else "none missing"
    if len(contents.looks):
        return late
    due, now = contents.held.attrs["due_days"], contents.held.attrs["now_days"]
    if due is None:
        return "none will be asked for"
    day = as_short_date(contents.row["due_at"])
    return f"overdue by {int(now - due)} days, due {day}" if now > due else f"first due {day}"


def _worked(contents: DecisionContents) -> str:
    figure = figures.decision_looks(contents.held)
    parts = [figure_block(figure, "looks", _LOOKS, _looks_table(contents))]
    parts.append(look_list(contents))
    if len(contents.measurements):
        table = reduction_table(contents.measurements)
        parts.append(f'<div class="card"><h3>Queries counted before and after</h3>{table}</div>')
    if len(contents.lessons):
        items = "".join(
            f"<li>{esc(row['text'])} <span class='mute small'>{as_date(row['learned_at'])}</span>"
            "</li>"
            for row in contents.lessons.to_dict("records")
        )
        parts.append(f'<div class="card"><h3>Lessons</h3><ul>{items}</ul></div>')
    return "\n".join(parts)


def _looks_table(contents: DecisionContents) -> str:
    columns = (
        Column("what", "what"),
        Column("score", "score"),
        Column("age_days", "days after", _whole, "number"),
        Column("value", "value", percent, "number"),
        Column("provenance", "provenance"),
        Column("observed_at", "seen", as_short_date, "date"),
        Column("outcome_id", "outcome", kind="id"),
    )
    return frame_table(contents.held, columns, "One row a score of a look, or a horizon without.")


def _whole(value: Any) -> str:
    return f"{value:,.0f}"


def _alternatives(contents: DecisionContents) -> str:
    if len(contents.rivals) < 2:
        words = "No alternative was recorded: nothing can be said of what was not taken."
        return f'<div class="card"><p class="empty">{words}</p></div>'
    figure = figures.evidence_since(contents.rivals)
    return figure_block(figure, "since", _SINCE, rival_table(contents.rivals))


def _record(contents: DecisionContents) -> str:
    """Render the decision as an ADR in MADR's form, and give its source to copy."""
    links: dict[str, list[str]] = {"supersedes": [], "superseded by": []}
    for link in contents.links:
        links[link.how].append(f"{link.title} ({link.decided_at:%Y-%m-%d})")
    imported = "reported" in contents.provenance
    outcomes = [
        replace(each, source=f"imported, {each.source}") if imported else each
        for each in contents.outcomes
    ]
    text = to_adr(
        contents.decision,
        outcomes=outcomes,
        supersedes=links["supersedes"],
        superseded_by=links["superseded by"],
    )
    body = _KEPT.sub("", _FRONT.sub("", _FENCE.sub("", text)))
    note = provenance_note(contents.provenance, contents.row["origin"])
    how = (
        "<code>archkit adr write docs/adr</code> writes each decision of the memory as a file "
        "of this form; simulated ones it leaves out."
    )
    return (
        f'<div class="card record">{note}{markdown(body, top=3)}'
        f"<details><summary>The record as Markdown (MADR 4)</summary>"
        f'<pre tabindex="0">{esc(_FENCE.sub("", text))}</pre></details>'
        f'<p class="mute small">{how}</p></div>'
    )
