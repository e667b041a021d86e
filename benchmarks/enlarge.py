"""The retrieval set made larger: the same made-up texts and queries for archkit and its peers.

A text is a window of 30 to 90 words of a real one; 30 % of its words are replaced by words drawn
from all texts and 3 % by identifiers, so that sizes to a million keep the real words' frequencies.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).parents[1].parent / "shared" / "data" / "retrieval"
REPLACED, IDENTIFIERS = 0.30, 0.03
SHORTEST, LONGEST = 30, 90


def texts(n: int, seed: int = 0, data: Path = DATA) -> list[dict[str, Any]]:
    """Return `n` texts, the first ones of a larger `n` with the same seed.

    Parameters
    ----------
    n
        How many.
    seed
        Of the random draws.
    data
        The folder of corpus.jsonl.

    Returns
    -------
    list of dict
        `id`; `title`, `problem` (the window's first third), `body` (the rest), `tags` (list);
        `source`: the real text's place in corpus.jsonl.
    """
    corpus, stream = read_corpus(data), _stream(data)
    words = [f"{text['problem']} {text['body']}".split() for text in corpus]
    rng = np.random.default_rng([seed, 1])
    made = []
    for number in range(n):
        source = int(rng.integers(len(corpus)))
        window = _window(words[source], stream, rng)
        third = len(window) // 3
        made.append(
            {
                "id": f"t{number:07d}",
                "title": f"{corpus[source]['title']} {number}",
                "problem": " ".join(window[:third]),
                "body": " ".join(window[third:]),
                "tags": str(corpus[source]["tags"]).split(),
                "source": source,
            }
        )
    return made


def queries(n: int, seed: int = 0, data: Path = DATA) -> list[str]:
    """Return `n` different queries: a hand-written one's words, some of them, and two of a text."""
    asked = [q["text"].split() for q in read_queries(data) if q["task"] == "keyword"]
    stream = _stream(data)
    rng = np.random.default_rng([seed, 2])
    made: dict[str, None] = {}
    while len(made) < n:
        words = asked[int(rng.integers(len(asked)))]
        kept = [word for word in words if rng.random() < 0.7] or words
        made[" ".join([*kept, *stream[rng.integers(len(stream), size=2)]])] = None
    return list(made)


@cache
def read_corpus(data: Path = DATA) -> list[dict[str, Any]]:
    """Return the real texts."""
    return _lines(data / "corpus.jsonl")


@cache
def read_queries(data: Path = DATA) -> list[dict[str, Any]]:
    """Return the real queries."""
    return _lines(data / "queries.jsonl")


def read_grades(data: Path = DATA) -> dict[str, dict[str, int]]:
    """Return the judgements: query id to text id to grade (1, 2)."""
    grades: dict[str, dict[str, int]] = {}
    for line in (data / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
        query, text, grade = line.split("\t")
        grades.setdefault(query, {})[text] = int(grade)
    return grades


def _window(words: list[str], stream: np.ndarray, rng: np.random.Generator) -> list[str]:
    length = int(rng.integers(SHORTEST, LONGEST + 1))
    start = int(rng.integers(max(len(words) - length, 0) + 1))
    window = np.array(words[start : start + length], dtype=object)
    drawn = rng.random(len(window))
    window[drawn < REPLACED] = stream[rng.integers(len(stream), size=int((drawn < REPLACED).sum()))]
    for place in np.flatnonzero(drawn > 1 - IDENTIFIERS):
        window[place] = f"svc_{int(rng.integers(1_000_000)):06d}"
    return [str(word) for word in window]


@cache
def _stream(data: Path) -> np.ndarray:
    """Every word of every text, in order: a draw from it has the words' own frequencies."""
    return np.array(
        [word for t in read_corpus(data) for word in f"{t['problem']} {t['body']}".split()],
        dtype=object,
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
