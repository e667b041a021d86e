"""Words of a text: clauses, stems, numbers, and whether a mention is negated."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = [
    "NUMBER",
    "clauses",
    "is_english",
    "is_negated",
    "number_of",
    "sentences",
    "stem",
    "word_spans",
]

_SMALL = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30,
    "forty": 40, "fifty": 50,
}  # fmt: skip
_SCALE = {
    "k": 1e3, "m": 1e6, "b": 1e9, "dozen": 12, "hundred": 1e2, "thousand": 1e3,
    "million": 1e6, "mio": 1e6, "billion": 1e9, "bn": 1e9,
}  # fmt: skip
# "Millions of reads" is read as about three million: the middle of 1 to 10 on a log scale.
_VAGUE = {
    "dozens": 36, "hundreds": 300, "thousands": 3_000, "tens of thousands": 30_000,
    "hundreds of thousands": 300_000, "millions": 3e6, "tens of millions": 3e7, "billions": 3e9,
}  # fmt: skip

_DIGITS = r"[0-9]{1,3}(?:[ ,][0-9]{3})+(?:\.[0-9]+)?|[0-9]{1,15}(?:\.[0-9]{1,6})?"
_VAGUE_WORDS = "|".join(sorted(_VAGUE, key=len, reverse=True))
NUMBER = (
    rf"(?:(?<![\w.,])(?:{_DIGITS})(?:\s?-?\s?(?:thousand|million|billion|hundred|mio|bn)\b"
    rf"|[kKmMbB](?![A-Za-z]))?"
    rf"|\b(?:{'|'.join(_SMALL)})(?:[\s-](?:hundred|thousand|million|billion|dozen))?\b"
    rf"|\ba(?:\s(?:few|couple\sof))?\s(?:dozen|hundred|thousand|million|billion)\b"
    rf"|\b(?:{_VAGUE_WORDS})(?=\sof\b))"
)
"""A number in digits ("10k", "2,000", "1.5 million") or words ("five", "millions of")."""

_NOT = re.compile(
    r"\b(?:no|not|without|never|neither|nor|non|cannot|can't|don't|doesn't|isn't|aren't|won't|"
    r"needn't|rather than|instead of|except|avoid|avoiding|excluding|drop|dropping|do not|"
    r"lack(?:s|ing)?)\b"
    r"(?!\s(?:\w+ing\b|only|just|matter|doubt|(?:later|more|less|longer|sooner) than))",
    re.IGNORECASE,
)
_AFTERWARDS = re.compile(
    r"[\s\w-]{0,20}?\b(?:(?:is|are)\s)?(?:(?:not|n't)\s(?:needed|wanted|required|planned|in scope)|"
    r"(?:isn't|aren't)\s(?:needed|wanted|required|planned)|out of scope)",
    re.IGNORECASE,
)
_BREAK = re.compile(r"[.;:!?\n]|\bbut\b|\bonly\b|\band (?:a|an|the|one|with)\b", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z0-9]+(?:'s)?")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_VERBS = (
    "build|make|design|add|write|create|send|let|allow|store|show|update|improve|paint|draw|"
    "compose|develop|port|train|plan|model|simulate|migrate|move|speed|stop|split|give|handle|"
    "flash|compute|calculate|find|organise|organize|keep|prevent|support|implement|also|then"
)
_CLAUSE = re.compile(rf",?\s+and\s+(?=(?:{_VERBS})\b)|,\s+(?=(?:and|then|also)\b)", re.IGNORECASE)


def number_of(text: str) -> float:
    """Value of a text that `NUMBER` matched; 0 when it is none."""
    words = text.strip().lower().replace("-", " ")
    if words in _VAGUE:
        return float(_VAGUE[words])
    digits = re.match(r"[0-9][0-9 ,]*(?:\.[0-9]+)?", words)
    if digits:
        value = float(re.sub(r"[ ,]", "", digits[0])[:18])
        return value * _SCALE.get(words[digits.end() :].strip(), 1)
    *head, last = words.split() or [""]
    if last in _SMALL:
        return float(_SMALL[last])
    few = 3 if "few" in head else 2 if "couple" in head else 1
    return few * _SMALL.get(head[0] if head else "", 1) * _SCALE.get(last, 0)


def is_negated(text: str, start: int, end: int) -> bool:
    """Whether the mention at `text[start:end]` is denied: "no mobile app", "without GraphQL"."""
    if _AFTERWARDS.match(text[end : end + 60]):
        return True
    before = text[max(0, start - 60) : start]
    cuts = [m.end() for m in _BREAK.finditer(before)]
    clause = before[cuts[-1] :] if cuts else before
    denials = list(_NOT.finditer(clause))
    if not denials:
        return False
    between = clause[denials[-1].end() :]
    is_list = re.search(r"\bor\s[\w\s-]*$", between) or re.match(
        r"[\w\s-]{0,25}\bn?or\b", text[end:]
    )
    return len(between.split()) <= (7 if is_list else 4) and ("," not in between or bool(is_list))


def sentences(text: str) -> list[str]:
    """Sentences and lines of a text, without the blank ones."""
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]


def clauses(text: str) -> list[str]:
    """Sentences, cut again where a second demand begins: "…, and make …"."""
    found = [part.strip(" ,;") for line in sentences(text) for part in _CLAUSE.split(line)]
    return [part for part in found if part]


def is_english(text: str) -> bool:
    """Whether a text reads as English, or is too short to tell."""
    letters = [c for c in text if c.isalpha()]
    if sum(ord(c) > 0x24F for c in letters) > len(letters) / 5:
        return False
    words = re.findall(r"[^\W\d_]+", text.lower())
    foreign, english = (sum(w in known for w in words) for known in (_FOREIGN, _ENGLISH))
    return foreign < 2 or foreign <= english


_ENGLISH_WORDS = """
the a an and or of to in for with on is are be we our it its that this from by at as not no must
should can build make add per
"""
_FOREIGN_WORDS = """
der die das den dem und oder für mit ein eine einen einer ist sind nicht auf von zu bei pro wir
unser unsere soll le la les des et ou pour avec un une est sont dans sur nous notre par el los las
y para con una es son por nuestro del il gli lo che di non een het voor met van op wij
"""
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_FOREIGN = frozenset(_FOREIGN_WORDS.split()) - _ENGLISH


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Cut a word's common English endings, so that "payments" and "payment" are one."""
    word = word.lower().removesuffix("'s")
    if word.endswith(("ies", "ied")) and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "xes", "ches", "shes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = _single(word[: -len(ending)])
            break
    if word.endswith("ion") and len(word) > 5:
        word = word[:-3]
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def _single(word: str) -> str:
    """Undo the doubling of a final consonant: "plann" is "plan", but "call" stays."""
    return word[:-1] if word[-1] == word[-2] and word[-1] not in "lsz" else word


def word_spans(text: str) -> list[tuple[int, int]]:
    """Where the words of a text stand, hyphens and slashes parting words."""
    return [m.span() for m in _WORD.finditer(text)]
