"""Which files of a project a task is about, by the words of their paths and purposes."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

from archkit.architect.project_stack import for_development
from archkit.architect.purpose import language_of

__all__ = ["relevant_files"]

_MOST_PATHS = 12
_MOST_READ = 1_000
_LONGEST_PATH = 300
_STOP = {
    "the", "and", "for", "with", "that", "this", "from", "into", "our", "are", "was", "has",
    "have", "will", "not", "but", "all", "any", "can", "its", "one", "per", "use", "using",
    "used", "build", "design", "make", "new", "need", "needs", "want", "wants", "should",
    "must", "which", "their", "there", "than", "then", "stop", "add", "fix", "let", "please",
    "create", "implement", "where", "what", "when", "how", "who", "they", "them", "you", "your",
}  # fmt: skip
_NAME, _FOLDER, _PURPOSE = 3.0, 1.5, 2.0
_ASIDE = 0.7


def relevant_files(files: Sequence[str], query: str, purpose: Callable[[str], str]) -> list[str]:
    """Return at most 12 paths, the best first.

    Parameters
    ----------
    files
        The project's files.
    query
        The task, in words. A word that few files have counts for more than one that many have.
    purpose
        What a file says it is for; read of at most 1,000 files, likely ones first.
    """
    words = _Words(query)
    if not words.wanted:
        return []
    named = [(path, *words.in_path(path)) for path in files if len(path) <= _LONGEST_PATH]
    coded = [row for row in named if language_of(row[0])]
    likely = sorted((row for row in coded if row[1] or row[2]), key=_likelihood)[:_MOST_READ]
    if len(likely) < _MOST_READ:
        others = sorted((row for row in coded if not (row[1] or row[2])), key=_likelihood)
        likely += others[: _MOST_READ - len(likely)]
    told = {path: words.in_text(purpose(path)) for path, _, _ in likely}
    seen = Counter(
        word for path, name, folder in named for word in name | folder | told.get(path, _NONE)
    )
    weight = {word: math.log(1 + len(named) / count) for word, count in seen.items()}
    scored = []
    for path, name, folder in named:
        said = told.get(path, _NONE)
        if name or folder or said:
            score = sum(
                weight[word] * max(
                    _NAME * (word in name), _FOLDER * (word in folder), _PURPOSE * (word in said)
                )
                for word in name | folder | said
            )  # fmt: skip
            score *= _ASIDE if for_development(path) else 1
            scored.append((-score, path.count("/"), path))
    return [path for _, _, path in sorted(scored)[:_MOST_PATHS]]


_NONE: frozenset[str] = frozenset()


def _likelihood(row: tuple[str, frozenset[str], frozenset[str]]) -> tuple[int, int]:
    return -len(row[1] | row[2]), row[0].count("/")


class _Words:
    """The words of a query, and which of them other texts have; each text is looked at once."""

    def __init__(self, query: str) -> None:
        self.wanted = frozenset(_split(query))
        # What is alike begins alike: most texts need not be taken apart.
        begun = "|".join(sorted({word[:4] for word in self.wanted}))
        self._maybe = re.compile(begun, re.IGNORECASE)
        self._alike: dict[str, frozenset[str]] = {}
        self._folders: dict[str, frozenset[str]] = {"": _NONE}

    def in_path(self, path: str) -> tuple[frozenset[str], frozenset[str]]:
        """Return which of them the name has, and which its folders have."""
        folder, _, name = path.rpartition("/")
        if folder not in self._folders:
            self._folders[folder] = self.in_text(folder)
        return self.in_text(name), self._folders[folder]

    def in_text(self, text: str) -> frozenset[str]:
        """Return which of them a text has."""
        found = _NONE
        if not self._maybe.search(text):
            return found
        for word in _split(text):
            if word not in self._alike:
                self._alike[word] = frozenset(w for w in self.wanted if _alike(w, word))
            found |= self._alike[word]
        return found


def _split(text: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return {word for word in re.findall(r"[a-z0-9]{3,}", spaced.lower()) if word not in _STOP}


def _alike(one: str, other: str) -> bool:
    """Whether two words share a stem, roughly: one begins with the other, four letters long."""
    short, long = sorted((one, other), key=len)
    return short == long or (len(short) >= 4 and long.startswith(short))
