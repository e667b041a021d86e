"""A comparison of two proposals as HTML: the design, the findings and the text, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from archkit.markup import esc
from archkit.proposal.line_diff import Line, Row, word_pieces
from archkit.proposal.page import SIGNS, framed, inline

if TYPE_CHECKING:
    from archkit.proposal.comparison import Comparison, SectionChange

__all__ = ["comparison_page"]

_MOST_ROWS, _MOST_CHANGES, _MOST_FINDINGS, _LONGEST_LINE = 400, 200, 100, 600
_CONTEXT = 2
_MANY_ROWS = 60
_STATES = {"new": "new", "still": "still there", "mended": "mended"}


def comparison_page(comparison: Comparison, *, in_report: bool = False) -> str:
    """Draw a comparison: scores and counts above, then design, findings and text.

    Of very much, the beginning is drawn, and what is left out is said; the frames have it all.
    """
    if comparison.is_same:
        body = '<p class="empty">The two proposals have the same text.</p>'
    else:
        sections = "".join(_section(section) for section in comparison.sections)
        body = (
            f"{_changes(comparison)}{_findings(comparison)}"
            f'<h4>The text</h4><div class="diffs">{sections}</div>'
        )
    style = "" if in_report else f"<style>\n{_stylesheet()}</style>"
    return f"{style}{framed(_summary(comparison) + body, in_report)}"


@cache
def _stylesheet() -> str:
    return (files("archkit") / "library" / "comparison.css").read_text(encoding="utf-8")


def _summary(comparison: Comparison) -> str:
    one, two = comparison.before.checked, comparison.after.checked
    counts = [
        f"{_arrow(one.counts[kind], two.counts[kind])} {kind}{_plural(two.counts[kind])}"
        for kind in SIGNS
        if one.counts[kind] or two.counts[kind]
    ]
    differ = sum(section.change != "same" for section in comparison.sections)
    told = [
        f"score {_arrow(one.score, two.score)} of 100",
        *counts,
        f"{differ} of {len(comparison.sections)} sections differ",
    ]
    return f'<ul class="summary">{"".join(f"<li>{item}</li>" for item in told)}</ul>'


def _plural(number: int) -> str:
    return "" if number == 1 else "s"


def _arrow(before: object, after: object) -> str:
    same = before == after
    return esc(before) if same else f"{esc(before)} <span aria-label='to'>→</span> {esc(after)}"


def _changes(comparison: Comparison) -> str:
    frame = comparison.changes
    if frame.empty:
        words = "No service, endpoint, table, column or choice differs."
        return f'<h4>The design</h4><p class="empty">{words}</p>'
    rows = "".join(_change(row) for row in frame.head(_MOST_CHANGES).to_dict("records"))
    heads = ("kind", "name", "change", "before", "after")
    return (
        f"<h4>The design</h4>{_table(heads, rows, 'Changes of the design')}"
        f"{_more(len(frame) - _MOST_CHANGES, 'changes')}"
    )


def _change(row: dict[Any, Any]) -> str:
    before, after = (_cell(row[name]) for name in ("before", "after"))
    if row["change"] == "changed" and before == after:
        after = "the same in short, other in detail"
    return (
        f"<tr><td>{esc(row['kind'])}</td><td><code>{esc(row['name'])}</code></td>"
        f'<td class="{esc(row["change"])}">{esc(row["change"])}</td>'
        f"<td>{before}</td><td>{after}</td></tr>"
    )


def _cell(value: Any) -> str:
    return esc(value) if isinstance(value, str) else "–"


def _findings(comparison: Comparison) -> str:
    frame = comparison.findings
    if frame.empty:
        return ""
    rows = "".join(_finding(row) for row in frame.head(_MOST_FINDINGS).to_dict("records"))
    counts = frame["state"].value_counts()
    told = ", ".join(f"{counts[s]} {words}" for s, words in _STATES.items() if s in counts)
    table = _table(("state", "severity", "rule", "finding"), rows, "Findings")
    more = _more(len(frame) - _MOST_FINDINGS, "findings")
    is_open = " open" if len(frame) <= 12 else ""
    return (
        f"<h4>The findings</h4><details{is_open}><summary>{esc(told)}</summary>"
        f"{table}{more}</details>"
    )


def _finding(row: dict[Any, Any]) -> str:
    sign = SIGNS.get(row["severity"], "")
    where = "" if row["state"] == "mended" else f' <span class="mute">line {row["line"]}</span>'
    return (
        f'<tr class="{esc(row["state"])}"><td>{esc(_STATES[row["state"]])}</td>'
        f'<td class="{esc(row["severity"])} severity"><span aria-hidden="true">{sign}</span> '
        f"{esc(row['severity'])}</td><td>{esc(row['rule'])}</td>"
        f"<td>{inline(row['message'])}{where}</td></tr>"
    )


def _table(heads: Sequence[str], rows: str, label: str) -> str:
    cells = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{label}"><table>'
        f"<thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _more(number: int, noun: str) -> str:
    return f'<p class="mute">+ {number:,} more {noun} in the frame.</p>' if number > 0 else ""


def _section(section: SectionChange) -> str:
    title = f"{section.number}. {section.title}" if section.number else section.title
    if section.change == "same":
        return f'<p class="mute same">{esc(title)}: the same</p>'
    removed = f"−{section.removed:,} " if section.removed else ""
    counts = f"{removed}{f'+{section.added:,} ' if section.added else ''}"
    drawn = list(_drawn(section.rows))
    is_open = " open" if len(drawn) <= _MANY_ROWS else ""
    left = len(drawn) - _MOST_ROWS
    label = esc(f"{title}, before and after")
    return (
        f"<details{is_open}><summary><b>{esc(title)}</b> {esc(section.change)}, "
        f'<span class="count">{counts}lines</span></summary>'
        f'<div class="scroll" tabindex="0" role="group" aria-label="{label}">'
        '<table class="diff"><thead><tr><th scope="col" class="number">line</th>'
        '<th scope="col">before</th><th scope="col" class="number">line</th>'
        f'<th scope="col">after</th></tr></thead><tbody>{"".join(drawn[:_MOST_ROWS])}</tbody>'
        f"</table></div>{_more(left, 'lines')}</details>"
    )


def _drawn(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the rows that differ, with the lines around them; say how many are passed over."""
    near: set[int] = set()
    for at, row in enumerate(rows):
        if row.state != "same":
            near.update(range(at - _CONTEXT, at + _CONTEXT + 1))
    passed = shown = 0
    for at, row in enumerate(rows):
        if at not in near:
            passed += 1
            continue
        if passed:
            yield _passed(passed)
            passed = 0
        shown += 1
        yield _row(row, by_word=shown <= _MOST_ROWS)
    if passed:
        yield _passed(passed)


def _passed(number: int) -> str:
    words = f"{number:,} equal line{_plural(number)}"
    return f'<tr class="passed"><td colspan="4">{words}</td></tr>'


def _row(row: Row, *, by_word: bool) -> str:
    left, right = _text(row.before), _text(row.after)
    if row.state == "changed" and by_word:
        one, two = word_pieces(_short(row.before), _short(row.after))
        left, right = _marked(one, "del"), _marked(two, "ins")
    elif row.state in ("changed", "removed", "added"):
        left, right = f"<del>{left}</del>" if left else "", f"<ins>{right}</ins>" if right else ""
    return (
        f'<tr class="{row.state}"><td class="number">{row.before[0] if row.before else ""}</td>'
        f'<td class="line">{left}</td><td class="number">{row.after[0] if row.after else ""}</td>'
        f'<td class="line">{right}</td></tr>'
    )


def _marked(pieces: Sequence[tuple[str, bool]], tag: str) -> str:
    return "".join(f"<{tag}>{esc(text)}</{tag}>" if own else esc(text) for text, own in pieces)


def _text(line: Line | None) -> str:
    return esc(_short(line))


def _short(line: Line | None) -> str:
    text = line[1].rstrip() if line else ""
    return text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]} …"
