"""All that the checker found in one proposal: counts, score, frames, JSON, a table to read."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from archkit.proposal.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Findings", "rule_rows", "told"]

_COLUMNS = {
    "rule": "str",
    "severity": "str",
    "line": "int64",
    "column": "int64",
    "section": "Int64",
    "message": "str",
    "fix": "str",
    "evidence": "str",
}
_RULE_COLUMNS = {
    "rule": "str",
    "title": "str",
    "severity": "str",
    "weight": "int64",
    "findings": "int64",
    "points": "int64",
    "state": "str",
}


class Findings(tuple[Finding, ...]):
    """Findings in the order of the lines."""

    __slots__ = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many errors, warnings and infos there are; each of the three is named."""
        from archkit.proposal.rule import SEVERITIES

        found = Counter(finding.severity for finding in self)
        return {severity: found[severity] for severity in SEVERITIES}

    @property
    def score(self) -> int:
        """Points kept of 100, rounded down: 100 says that every rule with a weight was kept.

        `100 × weights of the rules kept / weights of all rules`. Each rule counts once, however
        often it was broken; one whose section is missing or empty, or that needs a rule which was
        broken, earns nothing. `by_rule` has the points. Show it beside `counts`, never alone:
        rules see whether something is said, not whether it is wise.
        """
        from archkit.proposal.rules import score

        return math.floor(100 * score(self) + 1e-9)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a finding, in the order of the lines.

        Returns
        -------
        DataFrame
            `rule` (a letter and a number, `by_rule` has its title), `severity` (error, warning or
            info), `line` and `column` (from 1), `section` (1–7, missing outside of the seven),
            `message`, `fix` (what to write), `evidence` (the text at fault, at most 120
            characters; empty where nothing stands there). Types are the same when it is empty.
        """
        import pandas as pd

        rows = [[getattr(finding, name) for name in _COLUMNS] for finding in self]
        return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)

    def by_rule(self) -> pd.DataFrame:
        """Return one row a rule that a proposal is held to, in the order of the groups.

        Returns
        -------
        DataFrame
            `rule`, `title` (the rule as it is kept), `severity`, `weight` (0 for an info),
            `findings` (how many), `points` (its weight if it was kept, else 0), `state`: kept,
            broken, not earned (its section is missing or empty, or a rule it needs was broken),
            noted (an info that was found). `score` is `points` over `weight`.
        """
        import pandas as pd

        rows = [[row[name] for name in _RULE_COLUMNS] for row in rule_rows(self)]
        return pd.DataFrame(rows, columns=list(_RULE_COLUMNS)).astype(_RULE_COLUMNS)

    def as_json(self) -> dict[str, Any]:
        """Return JSON values: `counts`, `score` (0–100), `findings`, `rules` as in `by_rule`."""
        found = [{name: getattr(finding, name) for name in _COLUMNS} for finding in self]
        return {
            "counts": self.counts,
            "score": self.score,
            "findings": found,
            "rules": rule_rows(self),
        }

    def to_json(self) -> str:
        """Return `as_json` as strict JSON text."""
        return json.dumps(self.as_json(), ensure_ascii=False, allow_nan=False, indent=2)

    def to_sarif(self, uri: str = "proposal.md") -> str:
        """Return the findings as a SARIF 2.1.0 log, which code hosts and editors show at the line.

        Parameters
        ----------
        uri
            Where the proposal lies, relative to the root of its repository.

        Raises
        ------
        ValueError
            `uri` is absolute: it would name the machine, and no host could match it.
        """
        from archkit.proposal.sarif import sarif_log

        return json.dumps(sarif_log(self, uri), ensure_ascii=False, allow_nan=False, indent=2)

    def __repr__(self) -> str:
        """One line: the counts, and the score beside them."""
        return f"Findings({told(self.counts)}; score {self.score} of 100)"

    def _repr_html_(self) -> str:
        from archkit.proposal.page import findings_page

        return findings_page(self)


def rule_rows(findings: Findings) -> list[dict[str, Any]]:
    """Return the rows of `Findings.by_rule`."""
    from archkit.proposal.rules import RULES, rules_kept

    kept, found = rules_kept(findings), Counter(finding.rule for finding in findings)
    return [
        {
            "rule": rule.rule_id,
            "title": rule.title,
            "severity": rule.severity,
            "weight": rule.weight,
            "findings": found[rule.rule_id],
            "points": rule.weight if kept.get(rule.rule_id) else 0,
            "state": _state(found[rule.rule_id], kept.get(rule.rule_id, True), rule.weight),
        }
        for rule in RULES
    ]


def told(counts: dict[str, int]) -> str:
    """Write counts of findings in words: `2 errors, 1 warning, 0 infos`."""
    return ", ".join(f"{n} {severity}{'' if n == 1 else 's'}" for severity, n in counts.items())


def _state(found: int, is_kept: bool, weight: int) -> str:
    if found:
        return "broken" if weight else "noted"
    return "kept" if is_kept else "not earned"
