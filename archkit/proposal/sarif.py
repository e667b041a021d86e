"""Findings as SARIF 2.1.0, the format in which code hosts and editors take static checks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from archkit.proposal.finding import Finding

__all__ = ["sarif_log"]

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVEL = {"error": "error", "warning": "warning", "info": "note"}
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z][A-Za-z0-9+.-]*:|~")


def sarif_log(findings: Iterable[Finding], uri: str) -> dict[str, Any]:
    """Return a log of one run: the rules with their help, and each finding at its line.

    Parameters
    ----------
    findings
        What was found in one proposal.
    uri
        Its path, relative and with `/`; it is percent-encoded here.

    Raises
    ------
    ValueError
        `uri` is empty or absolute.
    """
    if not uri or _ABSOLUTE.match(uri):
        raise ValueError(f"a relative path is needed, not {uri!r}")
    rules = _rules()
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    driver = {"name": "archkit", **_version(), "rules": rules}
    location = {"uri": quote(uri.replace("\\", "/")), "uriBaseId": "%SRCROOT%"}
    results = [_result(finding, location, index) for finding in findings]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": location}],
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _version() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return {"semanticVersion": version("archkit")}
    except PackageNotFoundError:  # run from a source tree that is not installed
        return {}


def _rules() -> list[dict[str, Any]]:
    from archkit.proposal.rule import GROUPS
    from archkit.proposal.rules import RULES

    return [
        {
            "id": rule.rule_id,
            "shortDescription": {"text": rule.title},
            "help": {"text": rule.fix},
            "defaultConfiguration": {"level": _LEVEL[rule.severity]},
            "properties": {"tags": [GROUPS[rule.group]], "weight": rule.weight},
        }
        for rule in RULES
    ]


def _result(finding: Finding, location: dict[str, str], index: dict[str, int]) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": finding.line, "startColumn": finding.column}
    if finding.evidence:
        region["snippet"] = {"text": finding.evidence}
    known = {"ruleIndex": index[finding.rule]} if finding.rule in index else {}
    place = {"artifactLocation": location, "region": region}
    section = {} if finding.section is None else {"section": finding.section}
    return {
        "ruleId": finding.rule,
        **known,
        "level": _LEVEL[finding.severity],
        "message": {"text": " ".join(filter(None, (finding.message, finding.fix)))},
        "locations": [{"physicalLocation": place}],
        "properties": {"fix": finding.fix, **section},
    }
