"""The report of two periods: what changed, and whether that can be told apart from chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from archkit import figures
from archkit.figures.style import percent
from archkit.markup import esc
from archkit.metrics.periods import LOOK_DAYS
from archkit.report.document import Document, Section
from archkit.report.page import figure_block
from archkit.report.part import part_words, whose
from archkit.report.parts import tiles
from archkit.report.period_tiles import period_tiles
from archkit.report.text import Column, as_short_date, count, frame_table, uses

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from archkit.report.period_contents import PeriodContents

__all__ = ["write"]

_CHANGES = (
    "Ask what was done differently where a change is clear; where a bar crosses the line, ask "
    "nothing of it yet. Both periods stand on one footing: a decision turned out well by the first "
    f"look at it, and was looked at in time within {LOOK_DAYS} days of being due, once these are "
    "over; a score counts when it was seen."
)
_PATTERNS = (
    "A pattern that fell asks what has changed around it; one that rose may only have been chosen "
    "for easier work."
)
_QUERIES = "Compare like with like: other requests save other shares, whatever the pattern."
_SURE = "A line nearer to the dotted one states its confidence better."
_COST = "Medians, so that one long session does not count for many; a higher one is not yet waste."
_NEWS = (
    "What was first used has little evidence: say what comes of it. What nobody uses any more may "
    'be retired with archkit.memory.lifecycle.set_status(memory, slug, "retired", reason=…).'
)


def write(contents: PeriodContents) -> Document:
    """Write the report."""
    blocks = (
        ("changed", "What has changed?", _changed),
        ("works", "Which patterns work better or worse?", _patterns),
        ("queries", "Are more queries saved?", _queries),
        ("sure", "Do our forecasts come truer?", _sure),
        ("cost", "What does a session take?", _cost),
        ("news", "What is new, and what was given up?", _news),
    )
    return Document(
        kind="periods",
        title="Two periods compared",
        lede=_lede(contents),
        now=contents.now,
        sections=tuple(Section(name, asked, body(contents)) for name, asked, body in blocks),
        before="\n".join([*_notes(contents), tiles(period_tiles(contents))]),
        frames=contents.frames,
    )


def _by_chance(contents: PeriodContents) -> str:
    """Say how many clear changes chance alone brings about."""
    rows = round(1 / (1 - contents.ci_prob))
    return f" Of {rows} rows that did not change, one would seem to have by chance."


def _lede(contents: PeriodContents) -> str:
    part = f" · only {part_words(contents.scope)}" if contents.scope else ""
    before, after = contents.before, contents.after
    return (
        f"{whose(contents.agents)}{part} · before: {before.sentence} ({before.days:,.0f} days) · "
        f"after: {after.sentence} ({after.days:,.0f} days)"
    )


def _notes(contents: PeriodContents) -> list[str]:
    """Say what stands in the way of a comparison, and what is made up."""
    lines = [*contents.unmatched]
    for name, period, head in zip(
        ("before", "after"), (contents.before, contents.after), contents.heads, strict=True
    ):
        if period.since > contents.now:
            lines.append(f"The period {name} begins in the future: nothing can be in it yet.")
        elif not _holds_anything(contents, name, head):
            lines.append(
                f"Nothing was decided, seen or measured in the period {name} "
                f"({period.sentence}): there is nothing to compare. Choose another period, or "
                "leave a filter out."
            )
    notes = [f'<p class="note-box">{esc(line)}</p>' for line in lines]
    if _is_made_up(contents):
        notes.append(
            '<p class="made-up">Some or all of this is <strong>simulated</strong>: made-up data, '
            "drawn as hollow triangles. Conclude nothing about real work from it.</p>"
        )
    return notes


def _holds_anything(contents: PeriodContents, name: str, head: Any) -> bool:
    if head["decisions"]["value"] or head["sessions"]["value"]:
        return True
    frames = (contents.changes, contents.patterns)
    return any(frame[f"{name}_n"].sum() > 0 for frame in frames)


def _is_made_up(contents: PeriodContents) -> bool:
    frames = (contents.changes, contents.patterns, contents.sessions)
    return any("simulated" in kind for frame in frames for kind in frame["provenance"])


def _changed(contents: PeriodContents) -> str:
    frame = contents.changes
    table = _table(frame, Column("measure", "measure"), percent, "Each measure, twice.")
    return _block(figures.changes_between(frame), "changes", _CHANGES + _by_chance(contents), table)


def _patterns(contents: PeriodContents) -> str:
    frame = contents.patterns
    table = _table(frame, Column("name", "pattern"), percent, "Each pattern's rate, twice.")
    return _block(
        figures.patterns_between(frame), "patterns", _PATTERNS + _by_chance(contents), table
    )


def _queries(contents: PeriodContents) -> str:
    frame = contents.queries
    table = _table(frame, Column("name", "pattern"), percent, "Shares saved, twice.")
    return _block(figures.queries_between(frame), "saved", _QUERIES, table)


def _sure(contents: PeriodContents) -> str:
    frame = contents.reliability
    columns = (
        Column("period", "period"),
        Column("stated", "stated", percent, "number"),
        Column("came", "came", percent, "number"),
        Column("low", "low", percent, "number"),
        Column("high", "high", percent, "number"),
        Column("n", "n", count, "number"),
        Column("provenance", "provenance"),
    )
    table = frame_table(frame, columns, "Parts of the two lines.") if len(frame) else ""
    return _block(figures.reliability_between(frame), "forecasts", _SURE, table)


def _cost(contents: PeriodContents) -> str:
    frame = contents.sessions
    table = _table(frame, Column("measure", "measure"), _number, "The median session, twice.")
    return _block(figures.sessions_between(frame), "sessions", _COST, table)


def _news(contents: PeriodContents) -> str:
    frame = contents.news
    if frame.empty:
        return (
            '<div class="card"><p>No pattern was first used, given up, retired or promoted in the '
            "second period.</p></div>"
        )
    tally = frame["news"].value_counts()
    told = ", ".join(f"{number:,} {news}" for news, number in tally.items())
    columns = (
        Column("name", "pattern"),
        Column("news", "what"),
        Column("at", "when", as_short_date, "date"),
        Column("n_before", "uses before", count, "number"),
        Column("n_after", "after", count, "number"),
        *([Column("reason", "reason")] if frame["reason"].notna().any() else []),
        Column("slug", "slug"),
    )
    table = frame_table(frame, columns, "Patterns of which something new is to be said.")
    return f'<div class="card"><p>{esc(told)}. {esc(_NEWS)}</p>{table}</div>'


def _block(figure: Figure, name: str, caption: str, table: str) -> str:
    """Embed a figure with its data; of an empty one only what it says."""
    if figure.data:
        return figure_block(figure, name, caption, table)
    said = f'<p class="empty">{esc(str(figure.layout.meta["sentence"]))}</p>'
    more = f"<details><summary>What is known</summary>{table}</details>" if table else ""
    return f'<div class="card">{said}{more}</div>'


def _table(frame: pd.DataFrame, name: Column, write: Callable[[Any], str], caption: str) -> str:
    """Write the rows of two periods, with what lies between them."""
    if frame.empty:
        return ""
    columns = [name]
    for end in ("before", "after"):
        columns += [
            Column(f"{end}_value", end, write, "number"),
            Column(f"{end}_low", "from", write, "number"),
            Column(f"{end}_high", "to", write, "number"),
            Column(f"{end}_n", "n", uses, "number"),
        ]
    columns += [
        Column("change", "change", write, "number"),
        Column("low", "from", write, "number"),
        Column("high", "to", write, "number"),
        Column("told_apart", "clear", lambda value: "yes" if value else "no"),
        Column("provenance", "provenance"),
    ]
    return frame_table(frame, columns, caption)


def _number(value: Any) -> str:
    return f"{value:,.3g}".replace("-", "\u2212") if abs(value) < 1000 else f"{value:,.0f}"
