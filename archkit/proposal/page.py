"""A proposal as a document with a margin, and findings as a table: HTML for notebook and report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING

from archkit.markup import Note, esc, markdown
from archkit.proposal.document import SECTIONS, Proposal
from archkit.proposal.finding import Finding
from archkit.proposal.findings import Findings, rule_rows
from archkit.proposal.outline import lines_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SIGNS", "findings_page", "framed", "inline", "proposal_page", "stylesheet"]

SIGNS = {"error": "✕", "warning": "▲", "info": "○"}
"""What a severity is drawn as, so that it does not hang on its colour."""

_MOST_SHOWN = 300_000
_MOST_NOTES = 400
_MOST_AT_ONE_PLACE = 3
_MOST_OPEN = 8
_MOST_ROWS = 200
_CODE = re.compile(r"(`+)(?!`)(.{1,400}?)(?<!`)\1(?!`)", re.DOTALL)
_ABOUT = "Rules see whether something is said, not whether it is wise."


def proposal_page(
    proposal: Proposal, *, top: int = 3, anchor: str = "", in_report: bool = False
) -> str:
    """Draw a proposal with what the checker found beside the lines it is about.

    Parameters
    ----------
    proposal
        What to draw; of a text above 300,000 characters only the beginning is drawn, and said so.
    top
        The level of its first heading, 2 to 6.
    anchor
        What the ids of its sections begin with; none by default.
    in_report
        Whether a page with the stylesheet and the tokens of a report is around it; otherwise it
        brings its own style, which touches nothing outside of it.
    """
    findings = proposal.checked
    text, cut = _beginning(proposal.text)
    last = len(lines_of(text))
    notes = _notes([f for f in findings if f.line <= last or not cut])
    body = markdown(text, top=top, anchor=anchor, notes=notes)
    head = _summary(findings, sections=len({s.number for s in proposal.sections}), lines=last)
    noted = " noted" if notes else ""
    empty = "" if text.strip() else '<p class="empty">The proposal is empty.</p>'
    return framed(f'{head}<div class="text{noted}">{empty}{body}</div>{cut}', in_report)


def findings_page(findings: Findings) -> str:
    """Draw findings as a table, errors first within each section; say what was checked."""
    head = _summary(findings)
    if not findings:
        return framed(f'{head}<p class="empty">Nothing was found.</p>', False)
    shown = sorted(findings, key=_place)
    rows = "".join(
        f'<tbody><tr><th colspan="4" scope="rowgroup">{esc(section_name(number))}</th></tr>'
        f"{''.join(map(_row, some))}</tbody>"
        for number, some in groupby(shown[:_MOST_ROWS], key=lambda f: f.section)
    )
    more = len(shown) - _MOST_ROWS
    note = f'<p class="mute">+ {more:,} more: to_frame() has all of them.</p>' if more > 0 else ""
    heads = "".join(f'<th scope="col">{n}</th>' for n in ("severity", "line", "rule", "finding"))
    return framed(
        f'{head}<div class="scroll" tabindex="0" role="group" aria-label="Findings">'
        f'<table class="findings"><thead><tr>{heads}</tr></thead>{rows}</table></div>{note}',
        False,
    )


def section_name(number: int | None) -> str:
    """Return how a section is headed: `4. API Contracts`."""
    return f"{number}. {SECTIONS[number - 1]}" if number else "Outside of the seven sections"


@cache
def stylesheet() -> str:
    """Return the style of proposals and findings; every rule of it is below `.archkit-doc`."""
    return (files("archkit") / "library" / "proposal.css").read_text(encoding="utf-8")


def framed(inner: str, in_report: bool) -> str:
    """Put HTML into the frame that has the style and the tokens of proposals."""
    style, place = ("", " in-report") if in_report else (f"<style>\n{stylesheet()}</style>", "")
    return f'{style}<div class="archkit archkit-doc{place}">{inner}</div>'


def _beginning(text: str) -> tuple[str, str]:
    """Return what is drawn of a text, whole lines, and a note on what is not."""
    if len(text) <= _MOST_SHOWN:
        return text, ""
    shown = text[:_MOST_SHOWN]
    shown = shown[: shown.rfind("\n") + 1] or shown
    said = f"The other {len(text) - len(shown):,} of {len(text):,} characters are not drawn."
    return shown, f'<p class="mute cut">{said}</p>'


def _summary(findings: Findings, *, sections: int | None = None, lines: int = 0) -> str:
    counts = "".join(
        f'<li class="{kind if number else "none"}"><span aria-hidden="true">{SIGNS[kind]}</span> '
        f"{number} {kind}{'' if number == 1 else 's'}</li>"
        for kind, number in findings.counts.items()
    )
    parts = "" if sections is None else f"<li>{sections} of 7 sections</li>"
    length = f'<li class="mute">{lines:,} lines</li>' if lines else ""
    return (
        f'<ul class="summary">{parts}{counts}<li>score {findings.score} of 100</li>{length}</ul>'
        f"{_points(findings)}"
    )


def _points(findings: Findings) -> str:
    """Draw how the score comes about, on demand."""
    rules = rule_rows(findings)
    rows = "".join(
        f"<tr><td>{esc(r['rule'])}</td><td>{inline(r['title'])}</td>"
        f'<td class="number">{r["findings"]}</td>'
        f'<td class="number">{_of(r["points"], r["weight"])}</td><td>{esc(r["state"])}</td></tr>'
        for r in rules
    )
    heads = '<th scope="col">rule</th><th scope="col">what it holds</th>'
    heads += "".join(f'<th scope="col" class="number">{n}</th>' for n in ("findings", "points"))
    total = _of(sum(r["points"] for r in rules), sum(r["weight"] for r in rules))
    how = f"Each rule counts once, however often it was broken: {total} points. {_ABOUT}"
    return (
        f"<details><summary>{len(rules)} rules were checked: points by rule</summary>"
        f'<p class="mute">{how}</p><div class="scroll" tabindex="0" role="group" '
        f'aria-label="Points by rule"><table><thead><tr>{heads}<th scope="col">state</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></div></details>"
    )


def _of(points: int, weight: int) -> str:
    return f"{points} of {weight}" if weight else "–"


def _notes(findings: Sequence[Finding]) -> Mapping[int, Note]:
    """Return the note for each line that has findings."""
    found = sorted(findings[:_MOST_NOTES], key=lambda f: f.line)
    is_open = len(found) <= _MOST_OPEN
    lines = groupby(found, key=lambda f: f.line)
    return {line: _note(line, list(some), is_open) for line, some in lines}


def _note(line: int, findings: Sequence[Finding], is_open: bool) -> Note:
    ranked = sorted(findings, key=_severity)
    told = [_told(finding, is_open) for finding in ranked]
    rest = "".join(told[_MOST_AT_ONE_PLACE:])
    more = f"<summary>{len(told) - _MOST_AT_ONE_PLACE} more on line {line}</summary>{rest}"
    folded = f"<details>{more}</details>" if rest else ""
    return Note("".join(told[:_MOST_AT_ONE_PLACE]) + folded, ranked[0].severity)


def _told(finding: Finding, is_open: bool) -> str:
    """Tell what was found; how to mend it is one click away where many notes want the room."""
    kind = finding.severity
    where = f"{SIGNS[kind]} {kind} · line {finding.line} · {esc(finding.rule)}"
    head = f'<span class="where">{where}</span>'
    found, fix = inline(finding.message), f'<span class="fix">{inline(finding.fix)}</span>'
    if is_open or not finding.fix:
        return f'<div class="note {kind}">{head} {found} {fix if finding.fix else ""}</div>'
    folded = f"<details><summary>{found}</summary>{fix}</details>"
    return f'<div class="note {kind}">{head}{folded}</div>'


def _row(finding: Finding) -> str:
    kind = finding.severity
    place = f"{finding.line}:{finding.column}" if finding.column > 1 else str(finding.line)
    at = f'<br><code class="at">{esc(finding.evidence)}</code>' if finding.evidence else ""
    return (
        f'<tr><td class="{kind} severity"><span aria-hidden="true">{SIGNS[kind]}</span> {kind}</td>'
        f'<td class="number">{place}</td><td>{esc(finding.rule)}</td>'
        f'<td>{inline(finding.message)} <span class="fix">{inline(finding.fix)}</span>{at}</td>'
        "</tr>"
    )


def inline(text: str) -> str:
    """Escape a line of ours, what stands between backticks as code."""
    return "".join(_pieces(text))


def _pieces(text: str) -> Iterator[str]:
    at = 0
    for match in _CODE.finditer(text):
        yield esc(text[at : match.start()])
        yield f"<code>{esc(match[2].strip())}</code>"
        at = match.end()
    yield esc(text[at:])


def _severity(finding: Finding) -> int:
    return list(SIGNS).index(finding.severity) if finding.severity in SIGNS else len(SIGNS)


def _place(finding: Finding) -> tuple[float, int, int, int]:
    number = finding.section or len(SECTIONS) + 1
    return (number, _severity(finding), finding.line, finding.column)
