"""What an ADR says of its own standing, in one word; and which other ADRs it speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

__all__ = ["STATUSES", "Link", "links_in", "status_of"]

STATUSES = (
    *("draft", "proposed", "accepted", "rejected"),
    *("partly superseded", "deprecated", "superseded"),
)
"""Normal forms, in the order of a life: of two that contradict, the later one counts."""

_WORDS = {
    "partly superseded": r"(?:partly|partially|in part)[\s-]+(?:super[sc]eded|replaced)",
    "superseded": r"super[sc]ee?ded|replaced(?=\s*(?:by|with|$))|obsoleted",
    "deprecated": r"deprecated|retired|dead|obsolete|archived"
    r"|no longer (?:valid|applicable|in force)",
    "rejected": r"rejected|declined|withdrawn|discarded|cancell?ed|abandoned|not accepted"
    r"|won'?t do",
    "accepted": r"accepted|approved|adopted|agreed|decided|implemented|ratified|done|active"
    r"|complete|completed|final|finali[sz]ed|in force|in use|enacted",
    "draft": r"draft|wip|work in progress|in[\s-]progress|incomplete|tbd|to be decided"
    r"|experimental|on hold|deferred|postponed",
    "proposed": r"proposed(?!\s+by\b)|proposal|open|pending|undecided"
    r"|(?:under|in|for)\s+(?:review|discussion)|review|rfc|request for comments|discussion",
}
_ANY = re.compile(
    r"(?<![\w-])(?:"
    + "|".join(f"(?P<{name.replace(' ', '_')}>{words})" for name, words in _WORDS.items())
    + r")(?![\w-])",
    re.I,
)
_NOISE = re.compile(r"<!--.*?(?:-->|\Z)|~~.*?~~|\]\([^)\n]*\)|[*_`\[\]{}>#\"“”|]+", re.S)

_RELATIONS = {
    "superseded by": r"(?:super[sc]ee?ded|replaced|obsoleted)[\s-]*(?:by|with)",
    "supersedes": r"super[sc]ee?des|replaces|obsoletes",
    "amended by": r"(?:amended|refined|clarified|extended|updated)[\s-]*by",
    "amends": r"amends|refines|clarifies|extends",
    "deprecated by": r"deprecated[\s-]*by",
    "relates to": r"relate[sd][\s-]*to|depends[\s-]*on|see also",
}
RELATION = re.compile(
    r"(?<!\w)(?P<partly>partly\s+|partially\s+|in part\s+)?(?:"
    + "|".join(f"(?P<{name.replace(' ', '_')}>{words})" for name, words in _RELATIONS.items())
    + r")(?!\w)",
    re.I,
)
_TARGET = re.compile(
    r"!?\[(?P<label>[^\]\n]*)\]\(\s*<?(?P<href>[^)\s>]*)[^)\n]*\)"
    r"|\[\[(?P<wiki>[^\]\n]+)\]\]"
    r"|(?P<file>[\w./%-]+\.(?:md|markdown|adoc))\b"
    r"|(?<!\w)(?:ADR|decision|record|no\.?|\#)[\s_#-]*0*(?P<named>\d{1,5})(?!\w)"
    r"|(?<![\w./-])0*(?P<bare>\d{1,4})(?![\w/-]|\.\d)",
    re.I,
)
_NUMBER_IN = re.compile(r"(?:ADR[\s_-]*)0*(\d{1,5})|(?<!\d)0*(\d{1,5})(?=[\s._:-]|$)", re.I)


class Link(NamedTuple):
    """Another ADR that one speaks of: how, in which words, and by path or number if it says so."""

    relation: str
    text: str
    path: str
    number: int | None
    partly: bool
    start: int
    end: int


def status_of(text: str) -> tuple[str | None, int, int]:
    """Return the status that a text states in its normal form, and where its words stand.

    Parameters
    ----------
    text
        The value of a status field, or a whole Status section.

    Returns
    -------
    tuple
        One of `STATUSES`, or None if no known word is found or the template's list of them stands
        there; then the characters that say so.
    """
    found: list[tuple[str, int, int]] = []
    for start, line in _said_lines(text):
        words = _bare(line)
        if len({m.lastgroup for m in _ANY.finditer(words)}) > 2 and not re.search(r"\d", words):
            return None, start, start + len(line)  # the template's list of them
        m = _ANY.match(words, re.match(r"[^\w]*", words).end())  # type: ignore[union-attr]
        if m is None and not found:
            m = _ANY.search(words[:160])
        if m and m.lastgroup:
            found.append((m.lastgroup.replace("_", " "), start + m.start(), start + m.end()))
            later = [o for o in _ANY.finditer(words[:160], m.end()) if o.lastgroup]
            found += [
                (str(o.lastgroup).replace("_", " "), start + o.start(), start + o.end())
                for o in later
                if str(o.lastgroup).endswith("superseded")
            ]
    if not found:
        return None, 0, len(text)
    gone = [f for f in found if f[0].endswith("superseded")]
    return max(gone, key=lambda f: STATUSES.index(f[0])) if gone else found[-1]


def links_in(text: str, relation: str = "", shift: int = 0) -> Iterator[Link]:
    """Give the ADRs that a text speaks of, line by line.

    Parameters
    ----------
    text
        A status, the value of a field, or a section of links.
    relation
        How the whole text is meant ("superseded by"); else the words before each target say it.
    shift
        Added to where a link stands.
    """
    at = 0
    for line in text.splitlines(keepends=True):
        heads = [(m.end(), _relation(m), bool(m["partly"])) for m in RELATION.finditer(line)]
        if not heads and relation:
            heads = [(0, relation, False)]
        ends = [*(m.start() for m in RELATION.finditer(line))][1:] if len(heads) > 1 else []
        for (start, kind, partly), end in zip(heads, [*ends, len(line)], strict=False):
            for m in _TARGET.finditer(line, start, end):
                if link := _link(kind, m, partly, shift + at):
                    yield link
        at += len(line)


def _link(kind: str, m: re.Match[str], partly: bool, shift: int) -> Link | None:
    href = unquote(m["href"] or m["file"] or "").split("#")[0].split("?")[0]
    foreign = href.startswith(("http:", "https:", "mailto:"))
    words = m["label"] or m["wiki"] or ""
    number = m["named"] or m["bare"]
    if number is None:
        stem = href.rsplit("/", 1)[-1]
        hit = _NUMBER_IN.search(stem) or _NUMBER_IN.search(words)
        number = (hit[1] or hit[2]) if hit else None
    if foreign and not href.endswith(".md"):
        return None
    path = "" if foreign else href
    if not path and number is None and not m["wiki"]:
        return None
    return Link(
        kind,
        m.group().strip(),
        path,
        int(number) if number else None,
        partly,
        shift + m.start(),
        shift + m.end(),
    )


def _relation(m: re.Match[str]) -> str:
    return str(m.lastgroup).replace("_", " ") if m.lastgroup else ""


def _said_lines(text: str) -> Iterator[tuple[int, str]]:
    """Give the first lines that say something, with where they begin."""
    at = count = 0
    blanked = re.sub(
        r"<!--.*?(?:-->|\Z)", lambda m: re.sub(r"[^\r\n]", " ", m.group()), text, flags=re.S
    )
    for line in blanked.splitlines(keepends=True):
        if line.strip():
            count += 1
            yield at, line
        at += len(line)
        if count == 12:
            return


def _bare(line: str) -> str:
    """Return a line with what is no word blanked, each word staying where it is."""
    return _NOISE.sub(lambda m: " " * len(m.group()), line)
