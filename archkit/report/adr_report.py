"""The report of a decision record that was imported from a file: what somebody wrote down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from archkit import figures
from archkit.figures.style import count_of
from archkit.markup import esc, markdown
from archkit.metrics.rows import utc
from archkit.metrics.survival import decision_spans, decision_survival
from archkit.plain import missing
from archkit.report.document import Document, Section
from archkit.report.page import figure_block
from archkit.report.parts import chip, tiles
from archkit.report.text import Column, as_date, as_short_date, frame_table

if TYPE_CHECKING:
    import pandas as pd

    from archkit.memory.snapshot import Snapshot

__all__ = ["AdrContents", "read_adr_record", "write_adr_record"]

_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_HELD = (
    "Find its days on the curve: what lies right of them is the share of the folder's decisions "
    "that held longer. All of it is what was written down, none of it was observed here."
)
_NOTE = (
    '<p class="imported">This record was <strong>imported</strong> from a file: it is reported, '
    "what somebody wrote down. Nothing of it was observed here, and no outcome is asked for.</p>"
)


@dataclass(frozen=True, slots=True)
class AdrContents:
    """One record: its row of `adr_log`, its text, and how long decisions of its folder hold."""

    now: datetime
    row: Mapping[Any, Any]
    text: str
    span: Mapping[Any, Any]
    survival: pd.DataFrame


def read_adr_record(state: Snapshot, now: datetime, adr_id: str) -> AdrContents:
    """Read a record that the memory has imported."""
    log = state.sql("SELECT * FROM adr_log WHERE adr_id = $id", id=adr_id)
    row = utc(log, "decided_at", "ended_at", "recorded_at").iloc[0].to_dict()
    text = state.sql("SELECT text FROM adr WHERE adr_id = $id", id=adr_id)["text"].iloc[0]
    adrs = state.sql("SELECT * FROM adr_log WHERE project = $project", project=row["project"])
    spans = decision_spans(adrs)
    own = spans[spans["adr_id"] == adr_id].iloc[0].to_dict()
    return AdrContents(
        now=now,
        row=row,
        text="" if missing(text) else str(text),
        span=own,
        survival=decision_survival(spans),
    )


def write_adr_record(contents: AdrContents) -> Document:
    """Write the report."""
    row = contents.row
    title = str(row["title"] or row["path"])
    body = (
        f'<div class="card record">{markdown(contents.text, top=3)}</div>'
        if contents.text.strip()
        else '<div class="card"><p class="empty">Its text is not kept here.</p></div>'
    )
    figure = figure_block(
        figures.decision_survival(contents.survival), "survival", _HELD, _table(contents.survival)
    )
    sections = (
        Section("decided", "What was written down?", _facts(contents)),
        Section("held", "How long did it hold?", figure),
        Section("record", "The record", body),
    )
    return Document(
        kind="decision",
        title=f"{title} (imported record)",
        lede=f"{row['project'] or 'no project'} · {row['path']} · reported, not observed here · "
        f"{_held_words(contents)}",
        now=contents.now,
        before=_NOTE + tiles(_tiles(contents)),
        sections=sections,
        frames={"survival": contents.survival},
    )


def _tiles(contents: AdrContents) -> list[tuple[str, str, str]]:
    row, days = contents.row, contents.span["days"]
    decided, ended = as_short_date(row["decided_at"]), as_short_date(row["ended_at"])
    return [
        ("Status", str(row["status"] or "none stated"), "as written, reported"),
        ("Decided", decided, _known_from(row["decided_from"])),
        ("Ended", ended, _known_from(row["ended_from"])),
        ("Held", "–" if missing(days) else count_of(int(days), "day"), _held_words(contents)),
        ("Outcomes", "–", "none is asked of a record"),
    ]


def _known_from(source: Any) -> str:
    return "not known" if missing(source) else f"known from: {source}"


def _held_words(contents: AdrContents) -> str:
    span = contents.span
    if missing(span["days"]):
        return str(span["left_out"])
    counted = count_of(int(span["days"]), "day")
    if span["ended"]:
        return f"held for {counted}"
    return f"held for {counted} when last seen, {as_date(span['seen_until'])}"


def _facts(contents: AdrContents) -> str:
    row = contents.row
    facts = [
        ("chosen", esc(row["chosen"] or "") or "no option is named as chosen"),
        ("options", esc(", ".join(_list(row["options"])))),
        ("by", esc(", ".join(_list(row["deciders"])))),
        (
            "status",
            esc(_LINK.sub(r"\1", str(row["status_text"] or row["status"] or "none stated"))),
        ),
        ("superseded by", esc(", ".join(_list(row["ended_by"])))),
        ("supersedes", esc(", ".join(_list(row["supersedes"])))),
        ("names, not found", esc(", ".join(_list(row["unresolved"])))),
        ("file", f"<code>{esc(row['path'])}</code> {chip('reported')}"),
        ("id", f"<code>{esc(row['adr_id'])}</code>"),
    ]
    pairs = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts if value)
    return f'<div class="card"><dl class="facts">{pairs}</dl></div>'


def _list(value: Any) -> list[str]:
    return [] if value is None or isinstance(value, float) else [str(one) for one in value]


def _table(frame: pd.DataFrame) -> str:
    if frame.empty:
        return ""
    columns = (
        Column("days", "days", _whole, "number"),
        Column("survival_rate", "hold longer", _percent, "number"),
        Column("low", "low", _percent, "number"),
        Column("high", "high", _percent, "number"),
        Column("at_risk", "followed", _whole, "number"),
        Column("ended", "ended", _whole, "number"),
    )
    return frame_table(frame, columns, "Share of the project's decisions that hold longer.")


def _whole(value: Any) -> str:
    return f"{value:,.0f}"


def _percent(value: Any) -> str:
    return f"{100 * value:.0f}\u202f%"
