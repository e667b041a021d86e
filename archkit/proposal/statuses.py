"""HTTP statuses that a line of text states, and what it says of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import NamedTuple

__all__ = ["Status", "first_of_each", "reason", "statuses_in"]

_REASONS = {int(status): status.phrase for status in HTTPStatus}
_RENAMED = (
    "Unprocessable Entity",
    "Unprocessable Content",
    "Payload Too Large",
    "Content Too Large",
)
_REASON = "|".join(
    sorted({re.escape(r) for r in [*_REASONS.values(), *_RENAMED]}, key=len, reverse=True)
)
_CODE = re.compile(
    rf"(?<![\w.,$€<>~≈±+-])(?<!\D/)(?P<code>[1-5]\d\d)(?![\w.,:]?\d|\w|\s?%)"
    rf"(?P<reason>[\s:–—-]{{0,3}}\b(?:{_REASON})\b)?",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"(?i)[`*]*\s?(?:ms|s|m|h|d|k|kb|mb|gb|tb|kib|mib|gib|bytes?|bits?|chars?|characters?|rps|qps|tps"
    r"|rpm|reqs?|requests?|users?|rows?|items?|records?|entries|times|days?|hours?|hrs?|minutes?"
    r"|mins?|seconds?|secs?|weeks?|months?|years?|tokens?|connections?|clients?|services?|nodes?"
    r"|pods?|instances?|customers?|tenants?|orders?|events?|messages?|per|x|×|cpus?|cores?|lines?)\b|/\s?[a-z]"
)
_TELLS = re.compile(
    r"(?i)\b(?:status(?:es)?|http(?:/\d(?:\.\d)?)?|returns?|responds?|codes?|respons\w+|success\w*"
    r"|errors?|repl(?:y|ies)|fails?|answers?|refuses?|rejects?|otherwise)\b|→|->|=>"
)
_LEAD = re.compile(r"^\s*(?:>\s*)*(?:[-*+]\s+|\d+[.)]\s+|#+\s+|//\s*|\|\s*)?[`*_\"(\[]*$")
_IN_CELL = re.compile(r"[ *]*(?:`?[ *]*[|,;:({\[]|`|<br)")
_MARKS = ' \t`*_|:–—-→>,;.()[]"#/='


class Status(NamedTuple):
    """A status where it is stated; `said` is what the text says of it, if anything."""

    code: int
    line: int
    said: str

    @property
    def is_success(self) -> bool:
        """True for 1xx to 3xx: the request was not refused."""
        return self.code < 400


def reason(code: int) -> str:
    """Return the phrase that HTTP has for a status."""
    return _REASONS.get(code, "Status")


def statuses_in(line: str, number: int) -> list[Status]:
    """Return the statuses a line states; a number with a unit ("500 ms") is none.

    A bare number is a status when a word of the line tells so ("returns 404"), or when it stands
    alone (in code or bold marks, in a cell, at the start of an item) or follows another status.
    """
    text = line[:2000]
    found: list[re.Match[str]] = []
    for match in _CODE.finditer(text):
        if _is_status(match, text, follows=bool(found)):
            found.append(match)
    ends = [*(match.start() for match in found), len(text)][1:]
    return [
        Status(int(match["code"]), number, _said(text[match.end() : end]))
        for match, end in zip(found, ends, strict=True)
    ]


def _is_status(match: re.Match[str], text: str, *, follows: bool) -> bool:
    if int(match["code"]) not in _REASONS:
        return False
    if match["reason"]:
        return True
    before, after = text[: match.start()], text[match.end() :]
    if _UNIT.match(after):
        return False
    marked = before[-1:] in ("`", "*") and after[:1] in ("`", "*")
    cell = before.rstrip(" `*")[-1:] == "|" and _IN_CELL.match(after)
    return bool(follows or marked or cell or _LEAD.match(before) or _TELLS.search(before))


def _said(text: str) -> str:
    cell = text.lstrip(" `*").startswith("|")
    words = text.lstrip(" `*|") if cell else text
    words = words.split("|", 1)[0] if "|" in text else words
    return " ".join(words.split()).strip(_MARKS)[:200]


def first_of_each(statuses: Sequence[Status]) -> tuple[Status, ...]:
    """Return each status once: where words are first said of it, else where it is first stated."""
    kept: dict[int, Status] = {}
    for status in statuses:
        known = kept.setdefault(status.code, status)
        if status.said and not known.said:
            kept[status.code] = status
    return tuple(sorted(kept.values()))
