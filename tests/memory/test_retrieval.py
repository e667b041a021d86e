import json
import math
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archkit.library import read_library
from archkit.memory.catalogue import Catalogue
from archkit.memory.retrieval import (
    ErrorIndex,
    clean_error,
    pattern_fields,
)
from archkit.records import Condition, Pattern, Solution

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "retrieval"

PATTERNS = (
    Pattern(
        "dataloader",
        "DataLoader",
        kind="n-plus-one",
        area="performance",
        problem="A list endpoint fires one SQL query for each row",
        summary="Collect the keys of one tick and load them in one batch",
        tags=("graphql",),
    ),
    Pattern(
        "eager-loading",
        "Eager loading with joins",
        kind="n-plus-one",
        area="performance",
        problem="Relations are fetched row by row",
        summary="Fetch the relations with the parent in one query",
    ),
    Pattern(
        "session-cookies",
        "Server-side sessions",
        kind="authentication",
        area="security",
        problem="People sign in with a browser",
        summary="Keep the session in Redis and a cookie at the browser",
        approach={
            "technique": "opaque cookie",
            "steps": ["set the cookie", {"then": "look it up"}],
        },
        when=(Condition("people can be signed out at once"),),
        pros=("simple revocation",),
    ),
)


def test_a_query_finds_what_it_is_about_and_the_best_has_relevance_one():
    index = Catalogue.of(PATTERNS)
    assert index.find("sign in with cookies")[0] == (2, 1.0)
    assert next(row for row, _ in index.find("one SQL query for each row")) == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "AND",
        "OR NOT",
        "kind:*",
        '"',
        "a:b^2 ~ [x TO y] \\ /r/",
        "日本語のデータベース",
        "\0",
    ],
)
def test_any_text_is_a_query_and_one_without_sense_finds_nothing(text):
    assert Catalogue.of(PATTERNS).find(text) == []


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_a_query(text):
    index = Catalogue.of(PATTERNS)
    assert all(0 < relevance <= 1 for _, relevance in index.find(text, kind="n-plus-one"))


def test_ten_thousand_words_are_a_query():
    words = " ".join(f"word{i}" for i in range(10_000))
    assert Catalogue.of(PATTERNS).find(words) == []
    assert Catalogue.of(PATTERNS).find("sign in with cookies " * 3_000)[0] == (2, 1.0)


def test_something_else_finds_nothing_rather_than_noise():
    index = Catalogue.of(PATTERNS)
    assert index.find("how do I bake a cake with one query of sugar in each layer") == []


def test_a_kind_or_an_area_narrows_the_search():
    index = Catalogue.of(PATTERNS)
    assert {row for row, _ in index.find("query", kind="n-plus-one")} == {0, 1}
    assert index.find("one SQL query for each row", area="security") == []


def test_british_american_and_clipped_spellings_are_one():
    index = Catalogue.of(
        (Pattern("d", "Denormalised reads", problem="colour behaviour"), *PATTERNS)
    )
    assert index.find("denormalized")[0] == (0, 1.0)
    assert index.find("color behavior")[0] == (0, 1.0)
    assert index.find("auth")[0] == (3, 1.0)


def test_no_patterns_find_nothing():
    assert Catalogue.of(()).find("anything") == []
    assert ErrorIndex(()).find("anything") == []


def test_the_searched_text_has_all_that_speaks_for_a_pattern():
    assert pattern_fields(PATTERNS[2]) == {
        "title": "Server-side sessions",
        "problem": "People sign in with a browser "
        "Keep the session in Redis and a cookie at the browser",
        "approach": "opaque cookie set the cookie look it up "
        "people can be signed out at once simple revocation",
        "tags": "authentication security",
    }


def test_an_error_is_cleaned_of_what_differs_from_case_to_case():
    message = (
        "Mysql2::QueuePoolTimeout at /srv/app/pool.py:17 for 10.0.0.7:5432 "
        "'users_pkey' 3f2504e0-4f89-11d3-9a0c-0305e82c3301 0xdeadbeef code 137 after 30.5s"
    )
    assert clean_error(message).split() == [
        *("Mysql2::Queue", "Pool", "Timeout", "at", "for", "code", "137", "after")
    ]


SOLUTIONS = (
    Solution("pool", "Connection pool timeout - all connections in use", name="Pool exhausted"),
    Solution("pay", "Duplicate payment processed for same order", tags=("race condition",)),
)


def test_a_known_error_with_other_values_matches_wholly():
    index = ErrorIndex((Solution("gone", "relation 'users_2022' does not exist"), *SOLUTIONS))
    assert index.find("relation 'orders_v7' does not exist") == [(0, 1.0)]


def test_a_similar_error_matches_in_part_and_a_strange_one_not_at_all():
    index = ErrorIndex(SOLUTIONS)
    [(row, match)] = index.find("QueuePool timeout: all pooled connections in use")
    assert row == 0
    assert 0.35 <= match < 1
    assert index.find("certificate signed by unknown authority") == []
    assert [index.find(text) for text in ("", "42", "***")] == [[], [], []]


def test_a_short_error_needs_more_than_common_words_to_match():
    index = ErrorIndex(read_library().solutions)
    assert index.find("KeyError: 'name'") == []
    assert index.find("KeyError: 'name'", threshold=0.35) != []
    assert len(index.find("deadlock detected")) == 1


def test_an_error_is_found_by_keywords_of_its_name_and_tags():
    index = ErrorIndex(SOLUTIONS)
    assert [row for row, _ in index.find("race condition duplicate payment")] == [1]


def _read(name):
    if not DATA.exists():
        pytest.skip("the retrieval development set is not here")
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


def _gain(ranked, grades):
    gains = (2 ** grades.get(one, 0) - 1 for one in ranked[:10])
    ideal = sorted((2**grade - 1 for grade in grades.values()), reverse=True)[:10]
    total, best = (
        sum(gain / math.log2(place + 2) for place, gain in enumerate(column))
        for column in (gains, ideal)
    )
    return total / best


def test_keyword_queries_of_the_development_set_reach_their_target():
    texts, queries = _read("corpus.jsonl"), _read("queries.jsonl")
    grades = defaultdict(dict)
    for line in (DATA / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
        query, text, grade = line.split("\t")
        grades[query][text] = int(grade)
    index = Catalogue.of(
        [
            Pattern(
                text["_id"],
                text["title"],
                area="",
                problem=text["problem"],
                approach={"body": text["body"]},
                tags=tuple(text["tags"]) if isinstance(text["tags"], list) else (text["tags"],),
            )
            for text in texts
        ]
    )
    gains = [
        _gain([texts[row]["_id"] for row, _ in index.find(query["text"])], grades[query["_id"]])
        for query in queries
        if query["task"] == "keyword"
    ]
    assert len(gains) == 36
    assert sum(gains) / len(gains) >= 0.69  # measured .702


def test_leave_one_out_errors_find_their_cause_first():
    errors = _read("errors.jsonl")
    solutions = [Solution(str(n), error["message"]) for n, error in enumerate(errors)]
    right = accepted = mistaken = 0
    for n, error in enumerate(errors):
        index = ErrorIndex(solutions[:n] + solutions[n + 1 :])
        others = errors[:n] + errors[n + 1 :]
        [(row, match), *_] = index.find(error["message"], threshold=0.0)
        same = others[row]["class"] == error["class"]
        right += same
        accepted += same and match >= 0.35
        mistaken += not same and match >= 0.35
    assert right >= 88  # of 90; measured 90
    assert accepted >= 76  # measured 78
    assert mistaken <= 1  # measured 0
