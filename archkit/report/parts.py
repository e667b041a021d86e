"""The sections of a report but the session's: tiles, decisions, evidence, what to look at next."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archkit.figures.style import count_of, elided, mark_of, percent
from archkit.markup import esc
from archkit.records import PROVENANCE
from archkit.report.text import (
    MOST_ROWS,
    Column,
    as_date,
    as_short_date,
    count,
    frame_table,
    missing,
    uses,
)

if TYPE_CHECKING:
    import pandas as pd

    from archkit.records import Decision

__all__ = [
    "chip",
    "debt_table",
    "decision_cards",
    "decision_table",
    "evidence_table",
    "outcome_table",
    "pooled_table",
    "reduction_table",
    "tiles",
]

Row = Mapping[Any, Any]
_MOST_PRESSING = 10

_NAMES = (Column("name", "pattern"), Column("slug", "slug"))
_RATE = (
    Column("low", "low", percent, "number"),
    Column("high", "high", percent, "number"),
)


def tiles(items: Sequence[tuple[str, str, str]]) -> str:
    """Write label, value and note of each tile."""
    written = "".join(
        f'<div class="tile"><dt>{esc(label)}</dt><dd class="value">{esc(value)}</dd>'
        f'<dd class="note">{esc(note)}</dd></div>'
        for label, value, note in items
    )
    return f'<dl class="tiles">{written}</dl>'


def chip(provenance: str) -> str:
    """Mark where a figure comes from, by its sign and its word."""
    mark = mark_of(provenance)
    return f'<span class="chip t-{mark.token}">{esc(mark.sign)} {esc(provenance)}</span>'


def decision_cards(
    decisions: pd.DataFrame, records: Mapping[str, Decision], outcomes: pd.DataFrame
) -> str:
    """Write a card for each decision in `records`, in the frame's order."""
    shown = decisions[decisions["decision_id"].isin(list(records))]
    cards = [_card(r, records[r["decision_id"]], outcomes) for r in shown.to_dict("records")]
    return "\n".join(cards)


def decision_table(decisions: pd.DataFrame, most: int = MOST_ROWS) -> str:
    """Write all decisions as a table."""
    columns = (
        Column("decided_at", "decided", as_short_date, "date"),
        Column("title", "title"),
        Column("chosen", "chosen"),
        Column("confidence", "confidence", percent, "number"),
        Column("outcomes", "outcomes", count, "number"),
        Column("last_value", "latest", percent, "number"),
        Column("decision_id", "id", kind="id"),
    )
    return frame_table(decisions, columns, "Decisions, newest first.", most)


def evidence_table(frame: pd.DataFrame, most: int = MOST_ROWS) -> str:
    """Write the rates of the patterns as a table."""
    columns = (
        *_NAMES,
        Column("kind", "kind"),
        Column("success_rate", "success rate", percent, "number"),
        *_RATE,
        Column("n", "n", uses, "number"),
        Column("provenance", "provenance"),
    )
    known = frame[frame["n"] > 0] if len(frame) else frame
    return frame_table(
        known, columns, "Success rate of each pattern: posterior mean, interval, n.", most
    )


def outcome_table(frame: pd.DataFrame, most: int = MOST_ROWS) -> str:
    """Write the scores of the outcomes as a table."""
    columns = (
        Column("title", "decision"),
        Column("observed_at", "seen", as_short_date, "date"),
        Column("horizon_days", "days after", count, "number"),
        Column("score", "score"),
        Column("value", "value", percent, "number"),
        Column("provenance", "provenance"),
        Column("outcome_id", "outcome", kind="id"),
    )
    return frame_table(frame, columns, "One row a score, newest first.", most)


def reduction_table(frame: pd.DataFrame, most: int = MOST_ROWS) -> str:
    """Write the single measurements as a table."""
    columns = (
        Column("label", "measured"),
        Column("name", "pattern"),
        Column("n", "size of the request", count, "number"),
        *_cache(frame),
        Column("queries_before", "queries before", count, "number"),
        Column("queries_after", "after", count, "number"),
        Column("reduction_share", "saved", percent, "number"),
        Column("provenance", "provenance"),
        Column("measured_at", "when", as_short_date, "date"),
    )
    return frame_table(frame, columns, "One row a measurement of the same request.", most)


def pooled_table(frame: pd.DataFrame, most: int = MOST_ROWS) -> str:
    """Write the pooled shares of queries saved as a table."""
    columns = (
        *_NAMES,
        Column("reduction_share", "saved, pooled", percent, "number"),
        *_RATE,
        Column("median_share", "median", percent, "number"),
        Column("n", "n", count, "number"),
        Column("reported_share", "reported by others", percent, "number"),
        *_cache(frame),
        Column("provenance", "provenance"),
    )
    return frame_table(frame, columns, "Share of queries saved, by pattern.", most)


def debt_table(frame: pd.DataFrame, most: int = MOST_ROWS) -> str:
    """Write the decisions that wait for a look, the most pressing open to view."""
    columns = (
        Column("title", "decision"),
        Column("chosen", "chosen"),
        Column("due_at", "due", as_short_date, "date"),
        Column("overdue_days", "days late", _late, "number"),
        Column("confidence", "forecast", percent, "number"),
        Column("decision_id", "id", kind="id"),
    )
    first, others = frame.head(_MOST_PRESSING), frame.iloc[_MOST_PRESSING:]
    table = frame_table(first, columns, "Decisions without an outcome, longest due first.")
    if others.empty:
        return table
    rest = frame_table(others, columns, "The others without an outcome, longest due first.", most)
    return f"{table}<details><summary>+ {count_of(len(others), 'other')}</summary>{rest}</details>"


def _late(days: Any) -> str:
    return "–" if days <= 0 else count(days)


def _cache(frame: pd.DataFrame) -> tuple[Column, ...]:
    """Name the column of a cache's state, where any change was one."""
    return (Column("cache", "cache"),) if "cache" in frame and frame["cache"].any() else ()


def _times(value: Any) -> str:
    return f"{value:,.3g}"


def _card(row: Row, decision: Decision, outcomes: pd.DataFrame) -> str:
    name = f"decision-{esc(row['decision_id'])}"
    title = row["title"] or row["kind"] or row["chosen"]
    facts = [
        ("chosen", f"<strong>{_cut(decision.chosen)}</strong>{_patterns(decision)}"),
        ("because", _rationale(decision.rationale)),
        ("instead of", _alternatives(decision)),
        ("confidence", _confidence(decision.confidence)),
        ("outcomes", _outcomes(row, outcomes)),
    ]
    pairs = "".join(f"<dt>{label}</dt><dd>{value}</dd>" for label, value in facts if value)
    when, agent = as_date(row["decided_at"]), str(row["agent"] or "")
    who = f"{esc(when)} · {_cut(agent, 60)}" if agent else esc(when)
    return (
        f'<article class="decision" aria-labelledby="{name}"><header><h3 id="{name}">'
        f'{_cut(title, 120)}</h3><span class="mute small">{who}</span></header>'
        f'<dl class="facts">{pairs}</dl></article>'
    )


def _patterns(decision: Decision) -> str:
    slugs = [slug for slug in decision.patterns if slug != decision.chosen]
    return f' <span class="mute small">{_cut(", ".join(slugs), 160)}</span>' if slugs else ""


def _cut(name: object, width: int = 80) -> str:
    """Write a name, a long one cut in its middle and whole on hover."""
    whole = str(name)
    shown = elided(whole, width)
    return esc(shown) if len(whole) <= width else f'<span title="{esc(whole)}">{esc(shown)}</span>'


def _rationale(rationale: str | Mapping[str, Any]) -> str:
    if isinstance(rationale, str):
        return esc(rationale)
    lines = [f"<li>{esc(key)}: {esc(_said(value))}</li>" for key, value in rationale.items()]
    return f"<ul>{''.join(lines)}</ul>" if lines else ""


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _alternatives(decision: Decision) -> str:
    lines = []
    for other in decision.alternatives:
        forecast = "" if other.predicted is None else f", forecast {percent(other.predicted, 0)}"
        why = f": {other.why_not}" if other.why_not else ""
        lines.append(f"<li>{_cut(other.name)}{esc(forecast)}{esc(why)}</li>")
    return f"<ul>{''.join(lines)}</ul>" if lines else "nothing else was considered"


def _confidence(confidence: float | None) -> str:
    return "not stated" if confidence is None else f"{percent(confidence, 0)}, stated when deciding"


def _outcomes(row: Row, outcomes: pd.DataFrame) -> str:
    """Write one line a look, by horizon; or when the first is due."""
    mine = outcomes[outcomes["decision_id"] == row["decision_id"]] if len(outcomes) else outcomes
    if mine.empty:
        return f"none yet; due {as_date(row['due_at'])}"
    looks = mine.sort_values("observed_at", kind="stable").groupby("outcome_id", sort=False)
    return f"<ul>{''.join(_look(look) for _, look in looks)}</ul>"


def _look(look: pd.DataFrame) -> str:
    first = look.iloc[0]
    days = first["horizon_days"]
    when = as_date(first["observed_at"]) + ("" if missing(days) else f" ({count(days)} days after)")
    scores = ", ".join(_score(str(row["score"]), row["value"]) for row in look.to_dict("records"))
    provenance = first["provenance"] or PROVENANCE.get(str(first["source"]), "")
    return f"<li>{esc(when)}: {esc(scores)} {chip(str(provenance))}</li>"


def _score(score: str, value: Any) -> str:
    name = elided(score, 60)
    if missing(value):
        return f"{name} not known"
    if name == "success":
        return "success" if value == 1 else "failure" if value == 0 else f"success {percent(value)}"
    return f"{name} {percent(value)}"
