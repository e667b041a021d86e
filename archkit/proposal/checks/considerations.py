"""K: the four considerations of section 7, by heading or bold lead, and the 10x answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from archkit.proposal.listing import is_hollow
from archkit.proposal.rule import Check, Fault, Reading, Rule, rule

__all__ = ["RULES"]

_TENFOLD = re.compile(
    r"(?i)(?<![\d.,])10\s?-?\s?(?:x|×)(?![a-z0-9])|(?:x|×)\s?10(?![\d.,]?\d)"
    r"|\bten\s?-?\s?(?:fold|times)\b"
    r"|(?<![\d.,])10\s?-?\s?(?:fold|times)\b|\border of magnitude\b|\b1[ ,.]?000\s?%"
)
_NUMBER = re.compile(
    r"(?i)(?<![\w.,])(?P<number>\d{1,3}(?:[,  ]\d{3})+|\d+(?:\.\d+)?)\s?(?P<scale>k|m|bn?|thousand"
    r"|million|billion)?\b(?!\s?(?:x\b|×|-?\s?fold|times\b))"
)
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9}
_NOT_A_LOAD = re.compile(r"(?i)\b(?:http/|tls |v|version |section |rfc |step |postgresql |redis )$")
_MARKER = re.compile(r"(?m)^\s*(?:#{1,6}\s.*|\d+[.)]\s)")
_MOST_NUMBERS = 500
_ASKS = {
    "Scalability": "How is ten times the initial load handled?",
    "Security": "What are the primary threats, and how is each met?",
    "Observability": "How is health monitored, and how are faults found?",
    "Deployment & CI/CD": "How is this deployed?",
}


def _consideration(number: int, name: str) -> Rule:
    made = rule(
        f"K0{number}",
        "error",
        5,
        f"Section 7 considers {name} under that name.",
        f"Add `- **{name}:** …` to section 7: {_ASKS[name]}",
        sections=(7,),
    )
    return made(_considered(name))


def _considered(name: str) -> Check:
    def check(reading: Reading) -> Iterator[Fault]:
        section = reading.section(7)
        if section is None:
            return
        considered = reading.considerations.get(name)
        if considered is None:
            message = f"Section 7 has nothing under the name {name}."
            yield reading.fault(section.line, message, section=7)
        elif _says_nothing(considered.text):
            message = f"Section 7 says nothing under {name}."
            yield reading.fault(considered.line, message, section=7)

    return check


@rule(
    "K05",
    "error",
    5,
    "Scalability says how ten times the initial load is handled.",
    "Say under Scalability what is done at 10x the initial load, and with which figures.",
    sections=(7,),
    needs=("K01",),
)
def tenfold(reading: Reading) -> Iterator[Fault]:
    """Look for "10x" in one of its spellings, or for two figures of which one is ten times."""
    considered = reading.considerations.get("Scalability")
    if considered is None or _says_nothing(considered.text):
        return
    said = f"{considered.title}\n{considered.text}"
    if not _TENFOLD.search(said) and not _ten_apart(said):
        message = "Scalability does not say how 10x the initial load is handled."
        yield reading.fault(considered.line, message, section=7)


@rule(
    "K06",
    "warning",
    3,
    "Scalability answers in numbers.",
    "Give the load today and at 10x: requests a second, users, rows, gigabytes.",
    sections=(7,),
    needs=("K01", "K05"),
)
def numbers(reading: Reading) -> Iterator[Fault]:
    """Look for a figure beside the 10."""
    considered = reading.considerations.get("Scalability")
    if considered is None or _says_nothing(considered.text):
        return
    if not any(_numbers(considered.text)):
        message = "Scalability gives no figure for the load."
        yield reading.fault(considered.line, message, section=7)


RULES = (*(_consideration(n, name) for n, name in enumerate(_ASKS, start=1)), tenfold, numbers)
"""The rules of this group."""


def _says_nothing(text: str) -> bool:
    said = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return is_hollow(" ".join(said))


def _numbers(text: str) -> Iterator[float]:
    """Yield the figures of a text, less those of a version, a list or the 10 of "10x"."""
    for match in islice(_NUMBER.finditer(_MARKER.sub("", text)), _MOST_NUMBERS):
        if not _NOT_A_LOAD.search(match.string[max(match.start() - 12, 0) : match.start()]):
            scale = _SCALES.get((match["scale"] or "").lower(), 1)
            yield float(re.sub(r"[^\d.]", "", match["number"])) * scale


def _ten_apart(text: str) -> bool:
    found = set(_numbers(text))
    return any(number and number * 10 in found for number in found)
