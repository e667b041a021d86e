"""Two proposals side by side: what of the design was added, removed or changed, and the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from archkit.proposal.comparison_parts import KINDS, Parts
from archkit.proposal.document import SECTIONS, Proposal, read_proposal
from archkit.proposal.finding import Finding
from archkit.proposal.line_diff import Line, Row, line_rows
from archkit.proposal.outline import lines_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Comparison", "SectionChange", "compare"]

OUTSIDE = "Outside of the seven sections"
_CHANGES = {
    "kind": "str",
    "name": "str",
    "change": "str",
    "before": "str",
    "after": "str",
    "line_before": "Int64",
    "line_after": "Int64",
}
_FINDINGS = {
    "state": "str",
    "severity": "str",
    "rule": "str",
    "section": "Int64",
    "message": "str",
    "line": "int64",
}
_SECTIONS = {
    "section": "Int64",
    "title": "str",
    "change": "str",
    "lines_removed": "int64",
    "lines_added": "int64",
}


class SectionChange(NamedTuple):
    """A section on both sides; `number` is None for what stands outside of the seven."""

    number: int | None
    title: str
    change: str
    rows: tuple[Row, ...]

    @property
    def removed(self) -> int:
        """Lines that only the first has, changed ones included."""
        return sum(row.state in ("changed", "removed") for row in self.rows)

    @property
    def added(self) -> int:
        """Lines that only the second has, changed ones included."""
        return sum(row.state in ("changed", "added") for row in self.rows)


@dataclass(frozen=True)
class Comparison:
    """Two proposals, `before` and `after`: a notebook shows them side by side."""

    before: Proposal
    after: Proposal

    @property
    def is_same(self) -> bool:
        """True if both have the same text."""
        return self.before.text == self.after.text

    @cached_property
    def sections(self) -> tuple[SectionChange, ...]:
        """The seven sections and what stands outside of them; none that neither side has."""
        one, two = _lines_by_section(self.before), _lines_by_section(self.after)
        return tuple(
            _section_change(number, one.get(number, []), two.get(number, []))
            for number in (*range(1, len(SECTIONS) + 1), None)
            if one.get(number) or two.get(number)
        )

    @cached_property
    def changes(self) -> pd.DataFrame:
        """Return one row a service, endpoint, table, column or choice that is not the same.

        Returns
        -------
        DataFrame
            `kind` (service, endpoint, table, column, choice), `name`, `change` (added, removed,
            changed), `before` and `after` (what it is, in short; missing where it is not there),
            `line_before` and `line_after` (from 1). In the order of the kinds and of the text.
        """
        import pandas as pd

        rows = [
            row for kind, parts_of in KINDS.items() for row in self._rows_of_kind(kind, parts_of)
        ]
        return pd.DataFrame(rows, columns=list(_CHANGES)).astype(_CHANGES)

    @cached_property
    def findings(self) -> pd.DataFrame:
        """Return one row a finding of either side.

        Returns
        -------
        DataFrame
            `state` (mended: only before; new: only after; still: on both sides), `severity`,
            `rule`, `section` (1-7, missing outside), `message`, `line` (where it is, in the
            second where it still is). New ones first, then those still there, then the mended.
        """
        import pandas as pd

        one, two = self.before.checked, self.after.checked
        known, there = Counter(map(_same, one)), Counter(map(_same, two))
        rows = []
        for finding in two:
            state = "still" if known[_same(finding)] > 0 else "new"
            known[_same(finding)] -= 1
            rows.append(_finding_row(state, finding))
        for finding in one:
            there[_same(finding)] -= 1
            if there[_same(finding)] < 0:
                rows.append(_finding_row("mended", finding))
        rows.sort(key=lambda row: ("new", "still", "mended").index(str(row[0])))
        return pd.DataFrame(rows, columns=list(_FINDINGS)).astype(_FINDINGS)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a section: `section`, `title`, `change`, `lines_removed`, `lines_added`.

        `change` is same, changed, added or removed; a changed line counts as removed and added.
        """
        import pandas as pd

        rows = [(s.number, s.title, s.change, s.removed, s.added) for s in self.sections]
        return pd.DataFrame(rows, columns=list(_SECTIONS)).astype(_SECTIONS)

    def __repr__(self) -> str:
        changed = sum(section.change != "same" for section in self.sections)
        return (
            f"Comparison({changed} of {len(self.sections)} sections differ, "
            f"{len(self.changes)} changes, score {self.before.checked.score} → "
            f"{self.after.checked.score})"
        )

    def _repr_html_(self) -> str:
        from archkit.proposal.comparison_page import comparison_page

        return comparison_page(self)

    def _rows_of_kind(
        self, kind: str, parts_of: Callable[[Proposal], Parts]
    ) -> list[tuple[object, ...]]:
        one, two = parts_of(self.before), parts_of(self.after)
        if kind == "column":  # those of a table that is new or gone are told with the table
            shared = {key[0] for key in one} & {key[0] for key in two}
            one, two = ({k: v for k, v in p.items() if k[0] in shared} for p in (one, two))
        rows: list[tuple[object, ...]] = []
        for key in dict.fromkeys((*one, *two)):
            old, new = one.get(key), two.get(key)
            if old is None and new is not None:
                rows.append((kind, new.name, "added", None, new.told, None, new.line))
            elif new is None and old is not None:
                rows.append((kind, old.name, "removed", old.told, None, old.line, None))
            elif old and new and (old.whole, old.told) != (new.whole, new.told):
                row = (kind, new.name, "changed", old.told, new.told, old.line, new.line)
                rows.append(row)
        return rows


def compare(before: Proposal | str, after: Proposal | str) -> Comparison:
    """Compare two proposals, read or as Markdown; either may be empty."""
    one, two = (read_proposal(p) if isinstance(p, str) else p for p in (before, after))
    return Comparison(one, two)


def _lines_by_section(proposal: Proposal) -> dict[int | None, list[Line]]:
    lines = lines_of(proposal.text)[: proposal.lines_read]
    number_of: list[int | None] = [None] * (len(lines) + 1)
    for section in proposal.sections:
        end = section.text_line + len(lines_of(section.text))
        number_of[section.line : end] = [section.number] * (end - section.line)
    found: dict[int | None, list[Line]] = {}
    for at, line in enumerate(lines, start=1):
        found.setdefault(number_of[at] if at < len(number_of) else None, []).append((at, line))
    if not any(line.strip() for _, line in found.get(None, [])):
        found.pop(None, None)
    return found


def _section_change(
    number: int | None, before: Sequence[Line], after: Sequence[Line]
) -> SectionChange:
    rows = tuple(line_rows(before, after))
    if not before or not after:
        change = "added" if after else "removed"
    else:
        change = "changed" if any(row.state != "same" for row in rows) else "same"
    return SectionChange(number, SECTIONS[number - 1] if number else OUTSIDE, change, rows)


def _same(finding: Finding) -> tuple[str, int | None, str]:
    return (finding.rule, finding.section, finding.message)


def _finding_row(state: str, finding: Finding) -> tuple[object, ...]:
    severity, rule, section = finding.severity, finding.rule, finding.section
    return (state, severity, rule, section, finding.message, finding.line)
