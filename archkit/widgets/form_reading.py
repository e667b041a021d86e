"""What a user typed into a form, read: alternatives, a confidence, scores, counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archkit.architect.dialogue import Questions
from archkit.errors import SessionError
from archkit.records import Alternative

__all__ = [
    "read_alternatives",
    "read_confidence",
    "read_count",
    "read_scores",
    "said_anew",
    "written_alternatives",
]


def read_alternatives(text: str, known: Iterable[Alternative] = ()) -> list[str | Alternative]:
    """Read what else was possible: a line each, a name or ``name: why not``.

    Parameters
    ----------
    text
        As typed.
    known
        Alternatives drafted before: a line that names one, and says no other reason, is that one.
    """
    drafted = {other.name: other for other in known}
    found: list[str | Alternative] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, why_not = (part.strip() for part in line.partition(": "))
        same = drafted.get(name)
        if same is not None and why_not in ("", same.why_not):
            found.append(same)
        else:
            found.append(Alternative(name, why_not=why_not) if why_not else name)
    return found


def written_alternatives(alternatives: Iterable[Alternative]) -> str:
    """Write alternatives as `read_alternatives` reads them."""
    lines = (f"{a.name}: {a.why_not}" if a.why_not else a.name for a in alternatives)
    return "\n".join(" ".join(line.split()) for line in lines)


def read_confidence(text: str) -> float | None:
    """Read a confidence, ``0.8`` or ``80 %``; None where nothing is said.

    Raises
    ------
    SessionError
        It is no number, or not between 0 and 1.
    """
    words = text.strip()
    if not words:
        return None
    try:
        share = float(words.rstrip("%").strip()) / (100 if words.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise SessionError(
            f"A confidence of {words!r} cannot be.",
            why="It is the chance you give this choice to work.",
            mend="Write a number from 0 to 1 or a percentage; blank takes the evidence's.",
        )
    return share


def read_scores(text: str) -> dict[str, float]:
    """Read scores, a line each: a name, then a number from 0 to 1.

    Raises
    ------
    SessionError
        A line has no name, or no such number.
    """
    found: dict[str, float] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, number = line.replace("=", " ").replace(":", " ").strip().rpartition(" ")
        try:
            value = float(number)
        except ValueError:
            value = -1.0
        if not name.strip() or not 0 <= value <= 1:
            raise SessionError(
                f"The score {line!r} cannot be read.",
                why="A score is a name and a number from 0 to 1, higher being better.",
                mend="Write a line for each, such as: performance 0.91",
            )
        found[name.strip()] = value
    return found


def read_count(text: str, what: str) -> int | None:
    """Read a count; None where nothing is said.

    Raises
    ------
    SessionError
        It is no whole number from 0 up.
    """
    words = text.strip().replace(",", "")
    if not words:
        return None
    if not words.isdecimal():
        raise SessionError(
            f"{text.strip()!r} is no number of {what}.",
            why="It is counted: a whole number from 0 up.",
            mend="Write such a number, or leave both counts blank.",
        )
    return int(words)


def said_anew(typed: Mapping[str, str], questions: Questions) -> dict[str, str]:
    """Return the answers that differ from those already given; blank ones say nothing."""
    given = {question.key: question.answer or "" for question in questions}
    words = {key: text.strip() for key, text in typed.items()}
    return {key: text for key, text in words.items() if text and text != given.get(key, "")}
