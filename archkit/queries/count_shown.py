"""A count of queries as it is shown: a few lines, and a table of its shapes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from archkit.markup import esc
from archkit.queries.n_plus_one import told

if TYPE_CHECKING:
    from archkit.queries.count import QueryCount

__all__ = ["amount", "count_html", "summary"]

_THIN = "\u202f"
_MOST_SHAPES = 12
_MUCH = 0.05


def summary(count: QueryCount) -> str:
    """Say what was counted, what looks like N+1, and what to know about it."""
    lines = [_headline(count)]
    for finding in count.findings():
        what, mend = told(finding)
        lines.append(f"N+1: {what} {_from(finding)}{mend}")
    return "\n".join([*lines, *_notes(count)])


def count_html(count: QueryCount) -> str:
    """Return the count as an accessible table of shapes; every text of it is escaped."""
    rows = count.shapes()
    notes = "".join(f"<li>{esc(note)}</li>" for note in _notes(count, len(rows)))
    found = "".join(
        f'<p class="finding"><strong>N+1</strong> {esc(what)} '
        f"{esc(mend)}{_place(finding['where'])}</p>"
        for finding in count.findings()
        for what, mend in [told(finding)]
    )
    return (
        f'<style>\n{_stylesheet()}</style><div class="archkit-count">'
        f"<p>{esc(_headline(count))}</p>{found}{_table(count, rows)}"
        f"{f'<ul>{notes}</ul>' if notes else ''}</div>"
    )


def _headline(count: QueryCount) -> str:
    named = " ".join(part for part in (count.label, _n(count.n)) if part)
    sent = f"{count.count:,} {_one(count)}" if count.count else f"No {_one(count)}"
    parts = [f"{sent} in {_ms(count.wall_ms)}"]
    if count.count and count.rows is not None:
        parts.append(f"{count.rows:,} row{'' if count.rows == 1 else 's'} read")
    if count.failed:
        parts.append(f"{count.failed:,} failed or never ended")
    return f"{named}: {', '.join(parts)}." if named else f"{', '.join(parts)}."


def amount(count: QueryCount) -> str:
    """Say how many of what were counted."""
    return f"{count.count:,} {_one(count) if count.count else count.counts}"


def _one(count: QueryCount) -> str:
    return count.counts.replace("statements", "statement", 1) if count.count < 2 else count.counts


def _n(n: int | None) -> str:
    return "" if n is None else f"(n {n:,})"


def _notes(count: QueryCount, shapes: int = 0) -> list[str]:
    notes = []
    if shapes > _MOST_SHAPES:
        notes.append(f"+ {shapes - _MOST_SHAPES:,} further shapes, all of them in by_shape.")
    if count.elsewhere:
        several = "s" if count.elsewhere > 1 else ""
        notes.append(
            f"{count.elsewhere:,} further statement{several} came from other threads or tasks "
            "meanwhile; everywhere=True counts them, too."
        )
    if not count.count:
        notes.append("If there should be one: is this the engine or connection that is used?")
    if count.execute_ms:
        notes.append(
            f"{_ms(count.execute_ms)} of it in execute only: fetching and the program's own work "
            "are the rest."
        )
    if count.overhead_ms > _MUCH * count.wall_ms > 0:
        notes.append(f"Counting itself took {_ms(count.overhead_ms)} of it.")
    return [*notes, *count.notes]


def _table(count: QueryCount, rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    timed = any(row["execute_ms"] is not None for row in rows)
    read = any(row["rows"] is not None for row in rows)
    heads = ["shape", "count", *(["rows read"] if read else [])]
    heads += ["execute only"] if timed else []
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(_row(row, read=read, timed=timed) for row in rows[:_MOST_SHAPES])
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Statements by shape">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(row: Mapping[str, Any], *, read: bool, timed: bool) -> str:
    cells = [f"{row['count']:,}"]
    cells += ["–" if row["rows"] is None else f"{row['rows']:,}"] if read else []
    cells += ["–" if row["execute_ms"] is None else _ms(row["execute_ms"])] if timed else []
    numbers = "".join(f"<td>{cell}</td>" for cell in cells)
    shape = f"<code>{esc(row['shape'])}</code>{_place(row['where'])}"
    return f'<tr><th scope="row">{shape}</th>{numbers}</tr>'


def _place(where: str) -> str:
    return f'<span class="where">{esc(where)}</span>' if where else ""


def _from(finding: Mapping[str, Any]) -> str:
    return f"({finding['where']}) " if finding["where"] else ""


def _ms(ms: float) -> str:
    if ms >= 1000:
        return f"{ms / 1000:,.3g}{_THIN}s"
    return f"{ms:.3g}{_THIN}ms" if ms >= 1 else f"{ms * 1000:.3g}{_THIN}µs"


@cache
def _stylesheet() -> str:
    return (files("archkit") / "library" / "count.css").read_text(encoding="utf-8")
