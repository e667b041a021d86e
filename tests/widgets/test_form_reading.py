import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.architect.dialogue import Question, Questions
from archkit.errors import SessionError
from archkit.records import Alternative
from archkit.widgets.form_reading import (
    read_alternatives,
    read_confidence,
    read_count,
    read_scores,
    said_anew,
    written_alternatives,
)


def test_alternatives_are_names_with_or_without_a_reason():
    assert read_alternatives("Joins: n rows a post\n\n  Denormalisation \n") == [
        Alternative("Joins", why_not="n rows a post"),
        "Denormalisation",
    ]


def test_a_drafted_alternative_is_taken_whole_unless_its_reason_was_changed():
    drafted = Alternative("Joins", pattern="eager-loading", why_not="n rows")
    assert read_alternatives("Joins: n rows\nJoins", [drafted]) == [drafted, drafted]
    assert read_alternatives("Joins: too slow", [drafted]) == [
        Alternative("Joins", why_not="too slow")
    ]


WORDS = st.text(alphabet="abc (+)é", min_size=1).map(lambda t: " ".join(t.split())).filter(bool)


@given(st.lists(st.builds(Alternative, name=WORDS, why_not=WORDS), max_size=5))
def test_alternatives_are_read_as_they_were_written(alternatives):
    assert read_alternatives(written_alternatives(alternatives)) == alternatives


@pytest.mark.parametrize(
    ("text", "share"),
    [("", None), (" 0.8 ", 0.8), ("80 %", 0.8), ("80%", 0.8), ("0", 0.0), ("1", 1.0)],
)
def test_a_confidence_is_a_share_or_a_percentage(text, share):
    assert read_confidence(text) == share


@pytest.mark.parametrize("text", ["often", "1.2", "-1", "120 %", "nan", "%"])
def test_another_confidence_is_refused(text):
    with pytest.raises(SessionError, match="A confidence of"):
        read_confidence(text)


def test_scores_are_a_name_and_a_share_on_each_line():
    assert read_scores("performance 0.91\n\n memory use: 0.5 \nease=1") == {
        "performance": 0.91,
        "memory use": 0.5,
        "ease": 1.0,
    }
    assert read_scores("  \n") == {}


@pytest.mark.parametrize("text", ["performance", "0.9", "speed 9", "speed fast", "speed nan"])
def test_another_score_is_refused(text):
    with pytest.raises(SessionError, match="cannot be read"):
        read_scores(text)


def test_counts_are_whole_numbers():
    assert [read_count(text, "queries") for text in ("", "120", " 1,200 ", "0")] == [
        None,
        120,
        1200,
        0,
    ]
    for text in ("-1", "1.5", "many"):
        with pytest.raises(SessionError, match="is no number of queries"):
            read_count(text, "queries")


def test_only_what_was_not_said_before_is_sent():
    questions = Questions((Question("style", "?", answer="REST"), Question("size", "?")))
    typed = {"style": " REST ", "size": "", "other": "x"}
    assert said_anew(typed, questions) == {"other": "x"}
    assert said_anew({"style": "GraphQL"}, questions) == {"style": "GraphQL"}
