"""Parts of the report of a decision: its facts, its looks, its scores, its rivals, its patterns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archkit.figures.style import elided, percent, span
from archkit.markup import esc, markdown
from archkit.metrics.horizons import HORIZONS
from archkit.plain import missing
from archkit.report.parts import chip
from archkit.report.text import Column, as_date, count, frame_table
from archkit.tradeoffs.decided import KEY

if TYPE_CHECKING:
    import pandas as pd

    from archkit.records import Decision
    from archkit.report.decision_record import DecisionContents

__all__ = [
    "decision_facts",
    "horizon_table",
    "look_list",
    "pattern_table",
    "provenance_marks",
    "provenance_note",
    "rival_table",
]

Row = Mapping[Any, Any]
_LONGEST = 3000


def provenance_marks(provenance: str) -> str:
    """Say after a title that a decision was imported or is simulated; "" for one made here."""
    words = {"reported": "imported", "simulated": "simulated"}
    known = [words[part] for part in provenance.split(" + ") if part]
    return f" ({', '.join(known)})" if known else ""


def provenance_note(provenance: str, origin: Any) -> str:
    """Say what an imported or simulated decision does not tell; "" for one made here."""
    told = ""
    if "reported" in provenance:
        told += (
            '<p class="imported">This decision and its outcomes were <strong>imported</strong> '
            f"from {esc(origin)}: they are reported, none of them was observed here.</p>"
        )
    if "simulated" in provenance:
        told += (
            '<p class="made-up">This decision is <strong>simulated</strong>: made-up data, drawn '
            "as hollow triangles. Conclude nothing about real work from it.</p>"
        )
    return told


def decision_facts(contents: DecisionContents) -> str:
    """Write what was chosen and why, when and in which turn, and what it is linked to."""
    decision = contents.decision
    kinds = [part for part in contents.provenance.split(" + ") if part]
    chips = "".join(f" {chip(kind)}" for kind in kinds)
    facts = [
        ("chosen", f"<strong>{esc(decision.chosen)}</strong>{chips}"),
        ("because", _because(decision.rationale)),
        ("in the context", _context(decision.context)),
        ("instead of", esc(", ".join(a.name for a in decision.alternatives)) or "nothing else"),
        ("patterns", esc(", ".join(decision.patterns)) or "none named"),
        ("status", _status(contents)),
        ("decided", esc(_made(contents))),
        ("in the turn", _turn(contents)),
        ("weighed", _weighed(decision)),
        ("id", f"<code>{esc(decision.decision_id)}</code>"),
    ]
    pairs = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts if value)
    return f'<div class="card"><dl class="facts">{pairs}</dl></div>{_linked(contents)}'


def look_list(contents: DecisionContents) -> str:
    """Write each look in words: when, who says so, whether one would decide so again."""
    if contents.looks.empty:
        call = "memory.record_outcome(id, success=…, scores={…})"
        due = contents.row["due_at"]
        asked = "was never asked for"
        if not missing(due):
            asked = f"{'was' if due < contents.now else 'is'} due on {as_date(due)}"
        words = f"Nobody has looked yet; a look {asked}."
        return f'<div class="card"><p class="empty">{words} <code>{esc(call)}</code></p></div>'
    items = "".join(map(_look, contents.looks.to_dict("records")))
    return f'<div class="card"><h3>Each look in words</h3><ul>{items}</ul></div>'


def horizon_table(contents: DecisionContents) -> str:
    """Write a row a score and a column a horizon; a gap where nobody looked."""
    frame = contents.horizons
    if frame.empty:
        words = "No look has named a score yet, so there is nothing to compare."
        return f'<div class="card"><p class="empty">{words}</p></div>'
    heads = "".join(f'<th scope="col">{days} days</th>' for days in HORIZONS)
    rows = "".join(
        f'<tr><th scope="row">{esc(score)}</th>{"".join(map(_cell, part.to_dict("records")))}</tr>'
        for score, part in frame.groupby("score", sort=False)
    )
    caption = (
        "Value at each horizon (0 to 100\u202f%, one look each, so no interval); a look counts for "
        "the horizon that its age is nearest to, by ratio."
    )
    return (
        f'<div class="card"><div class="scroll" role="group" aria-label="Scores by horizon" '
        f'tabindex="0"><table><caption>{caption}</caption><thead><tr><th scope="col">score</th>'
        f"{heads}</tr></thead><tbody>{rows}</tbody></table></div></div>"
    )


def rival_table(frame: pd.DataFrame) -> str:
    """Write what was forecast of each alternative, and what is known of it now, as a table."""
    columns = (
        Column("alternative", "alternative"),
        Column("pattern", "pattern"),
        Column("forecast", "forecast then", percent, "number"),
        Column("success_rate", "rate now", percent, "number"),
        Column("low", "low", percent, "number"),
        Column("high", "high", percent, "number"),
        Column("n", "n", _uses, "number"),
        Column("provenance", "provenance"),
        Column("why_not", "why not"),
    )
    return frame_table(frame, columns, "The one taken first; what is known comes from all uses.")


def pattern_table(contents: DecisionContents) -> str:
    """Write what was known of each pattern used when deciding, and what is known now."""
    if contents.patterns.empty:
        words = "The decision names no pattern: the memory learns nothing general from it."
        return f'<div class="card"><p class="empty">{words}</p></div>'
    rows = "".join(map(_pattern, contents.patterns.to_dict("records")))
    heads = "".join(f'<th scope="col">{n}</th>' for n in ("pattern", "when deciding", "now"))
    caption = (
        "Success rate (posterior mean), 90\u202f% interval, n and provenance. Then: what had been "
        "observed before the decision; what is only reported has no date and counts then as now."
    )
    return (
        '<div class="card"><div class="scroll" role="group" aria-label="Evidence then and now" '
        f'tabindex="0"><table><caption>{caption}</caption><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></div>"
    )


def _because(rationale: Any) -> str:
    if isinstance(rationale, Mapping):
        lines = (f"<li>{esc(key)}: {esc(_said(value))}</li>" for key, value in rationale.items())
        return f"<ul>{''.join(lines)}</ul>" if rationale else "no reason was recorded"
    text = str(rationale).strip()
    return esc(text) if text else "no reason was recorded"


def _context(context: Mapping[str, Any]) -> str:
    return esc("; ".join(f"{key}: {_said(value)}" for key, value in context.items()))


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _status(contents: DecisionContents) -> str:
    by = [link.title for link in contents.links if link.how == "superseded by"]
    stated = contents.decision.status
    return esc(f"{stated}; superseded by {', '.join(by)}" if by else stated)


def _weighed(decision: Decision) -> str:
    if KEY not in decision.extra:
        return ""
    return (
        "in an explorer, on a performance matrix: <code>archkit report --kind tradeoff "
        f"-p decision={esc(decision.decision_id)}</code>"
    )


def _made(contents: DecisionContents) -> str:
    decision = contents.decision
    told = [as_date(decision.decided_at)]
    told += [f"with {decision.agent}"] if decision.agent else []
    told += [f"for {decision.project}"] if decision.project else []
    if "reported" in contents.provenance:
        told.append(f"elsewhere: imported from {contents.row['origin']}")
    return ", ".join(told)


def _turn(contents: DecisionContents) -> str:
    """Say after which turn of which session it was made, with what was said in it."""
    session, turn = contents.session, contents.turn
    if session is None:
        return "in no session: recorded by itself"
    session_id = esc(session["session_id"])
    how = f"<code>archkit report --kind session -p session={session_id}</code>"
    titled = "" if missing(session["title"]) else f" “{esc(elided(str(session['title']), 90))}”"
    if turn is None:
        return f"of the session{titled}, of which nothing that was said is on record; {how}"
    who = "the architect's" if turn.role == "assistant" else "your"
    text = turn.text[:_LONGEST] + ("\n\n…" if len(turn.text) > _LONGEST else "")
    said = f"<details><summary>what was said in it</summary>{markdown(text, top=3)}</details>"
    return f"after no. {turn.n} of the session{titled}, {who}; {how}{said if text.strip() else ''}"


def _linked(contents: DecisionContents) -> str:
    """Name the decisions and the record files that it is linked to."""
    items = [
        f"{esc(link.how)} <strong>{esc(link.title)}</strong>, {as_date(link.decided_at)} "
        f"<code>{esc(link.decision_id)}</code>"
        for link in contents.links
    ]
    items += [
        f"written as the record <code>{esc(row['path'])}</code>"
        + ("" if missing(row["status"]) else f", its status there: {esc(row['status'])}")
        + f" {chip('reported')}"
        for row in contents.adrs.to_dict("records")
    ]
    if not items:
        return ""
    listed = "".join(f"<li>{item}</li>" for item in items)
    return f'<div class="card"><h3>What it is linked to</h3><ul>{listed}</ul></div>'


def _look(row: Row) -> str:
    went = {True: "it worked", False: "it did not work"}
    told = [f"{as_date(row['observed_at'])} ({row['age_days']:.0f} days after)"]
    told.append(
        "whether it worked is not said" if missing(row["success"]) else went[row["success"]]
    )
    if not missing(row["would_repeat"]):
        told.append("would be repeated" if row["would_repeat"] else "would not be repeated")
    if not missing(row["note"]) and row["note"]:
        told.append(str(row["note"]))
    origin = "" if missing(row["origin"]) else f" from {esc(row['origin'])}"
    return f"<li>{esc('; '.join(told))} {chip(str(row['provenance']))}{origin}</li>"


def _cell(row: Row) -> str:
    if row["state"] == "seen":
        return f"<td>{percent(row['value'])} {chip(str(row['provenance']))}</td>"
    return f'<td class="mute">{"nobody looked" if row["state"] == "missing" else "not yet"}</td>'


def _pattern(row: Row) -> str:
    name = row["name_now"] if not missing(row["name_now"]) else row["slug"]
    cells = "".join(f"<td>{_rate(row, end)}</td>" for end in ("then", "now"))
    return (
        f'<tr><th scope="row">{esc(name)} <span class="small">{esc(row["slug"])}</span></th>'
        f"{cells}</tr>"
    )


def _rate(row: Row, end: str) -> str:
    if missing(row[f"success_rate_{end}"]):
        return '<span class="mute">nothing known</span>'
    rate, low, high = (row[f"{name}_{end}"] for name in ("success_rate", "low", "high"))
    status = "" if missing(row[f"status_{end}"]) else f", {row[f'status_{end}']}"
    return (
        f"{percent(rate, 0)} ({span(low, high)}), n {_uses(row[f'n_{end}'])}{esc(status)} "
        f"{chip(str(row[f'provenance_{end}']))}"
    )


def _uses(value: Any) -> str:
    return count(value) if float(value).is_integer() else f"{value:,.1f}"
