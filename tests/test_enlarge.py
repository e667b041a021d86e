"""The benchmarks' made-up texts: the same ones for everybody, like the real ones in their words."""

import importlib.util
import json
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def enlarge():
    found = importlib.util.spec_from_file_location("enlarge", ROOT / "benchmarks" / "enlarge.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def data(tmp_path):
    """Three texts that share no word, so that a word says where it is from."""
    texts = [
        {
            "_id": name,
            "title": f"About {name}",
            "problem": " ".join(f"{name}{n}" for n in range(60)),
            "body": " ".join(f"{name}{n}" for n in range(60, 200)),
            "tags": "adr Database" if name == "a" else "",
        }
        for name in "abc"
    ]
    queries = [
        {"_id": "q1", "task": "keyword", "text": "one two three"},
        {"_id": "q2", "task": "title", "text": "four"},
    ]
    for name, rows in (("corpus", texts), ("queries", queries)):
        lines = "\n".join(map(json.dumps, rows))
        (tmp_path / f"{name}.jsonl").write_text(lines, "utf-8")
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\ta\t2\nq1\tb\t1\n", "utf-8")
    return tmp_path


def test_a_smaller_set_is_the_beginning_of_a_larger_one(enlarge, data):
    assert enlarge.texts(50, data=data) == enlarge.texts(200, data=data)[:50]
    assert enlarge.queries(20, data=data) == enlarge.queries(60, data=data)[:20]
    assert enlarge.texts(5, seed=1, data=data) != enlarge.texts(5, seed=2, data=data)


def test_a_text_is_a_window_of_a_real_one_with_some_words_replaced(enlarge, data):
    made = enlarge.texts(400, data=data)
    kept, identifiers, words = 0, 0, 0
    for text in made:
        found = f"{text['problem']} {text['body']}".split()
        assert 30 <= len(found) <= 90
        source = "abc"[text["source"]]
        kept += sum(word[0] == source for word in found)
        identifiers += sum(word.startswith("svc_") for word in found)
        words += len(found)
    # of the words replaced a third comes from the same text by chance
    assert kept / words == pytest.approx(1 - 0.03 - 0.30 * 2 / 3, abs=0.02)
    assert identifiers / words == pytest.approx(0.03, abs=0.01)
    assert len({text["id"] for text in made}) == len({text["title"] for text in made}) == 400
    assert max(Counter(text["source"] for text in made).values()) < 200


def test_tags_are_a_list(enlarge, data):
    tags = {text["source"]: text["tags"] for text in enlarge.texts(50, data=data)}
    assert tags == {0: ["adr", "Database"], 1: [], 2: []}


def test_queries_differ_and_hold_words_of_a_hand_written_one(enlarge, data):
    made = enlarge.queries(100, data=data)
    assert len(set(made)) == 100
    assert all({"one", "two", "three"} & set(query.split()[:-2]) for query in made)
    assert not any("four" in query.split()[:-2] for query in made)


def test_judgements_are_read_by_query(enlarge, data):
    assert enlarge.read_grades(data) == {"q1": {"a": 2, "b": 1}}
