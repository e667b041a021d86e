"""Our decision as a record and back, without loss; and what a human writes into it."""

from datetime import UTC, datetime

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from archkit.decisions.adr import read_adr
from archkit.decisions.adr_writing import to_adr
from archkit.records import Alternative, Decision, Outcome

AT = datetime(2026, 3, 4, 12, 30, 5, 250, UTC)
STYLES = ("madr", "nygard", "y-statement")
DECISION = Decision(
    "Refresh tokens",
    kind="authentication",
    title="How do clients stay signed in?",
    context={"clients": ["web", "mobile"], "tenancy": "multi", "cache": True, "deep": {"a": [1]}},
    rationale="no session store is needed",
    alternatives=(
        Alternative("Sessions", "session-redis", "state", ("simple",), ("a store",), 0.71),
        Alternative("API keys"),
    ),
    patterns=("jwt-refresh",),
    confidence=0.85,
    decided_at=AT,
    session_id="s1",
    agent="backend-architect",
    project="shop",
    decision_id="d1",
    extra={"decision": {"versioning": "URL"}, "record": {"later": [None, 1.5]}, "own": "x"},
)
OUTCOMES = (
    Outcome("d1", True, {"performance": 0.91}, True, observed_at=AT, outcome_id="o1", note="ok"),
    Outcome("d1", source="reported", observed_at=AT, outcome_id="o2", extra={"k": 1}),
)


@pytest.mark.parametrize("style", STYLES)
def test_a_decision_comes_back_whole_with_its_outcomes(style):
    adr = read_adr(to_adr(DECISION, style, 7, outcomes=OUTCOMES))
    assert (adr.kind, adr.decision, adr.differences) == ("adr", DECISION, ())
    assert adr.outcomes == OUTCOMES
    assert read_adr("# Use X\n\n## Decision\n\nWe use X.\n").outcomes == ()
    assert adr.title == DECISION.title
    assert (adr.status, adr["date"].value) == ("accepted", AT.date())
    assert adr["chosen"].value == "Refresh tokens"


def test_madr_4_is_written_as_its_template_has_it():
    text = to_adr(DECISION, outcomes=OUTCOMES[:1])
    front, body = text.removeprefix("---\n").split("---\n", 1)
    assert yaml.safe_load(front) == {
        "status": "accepted",
        "date": AT.date(),
        "decision-makers": "backend-architect",
        "tags": ["authentication"],
        "archkit": {"decision_id": "d1"},
    }
    heads = [line for line in body.splitlines() if line.startswith("#")]
    assert heads == [
        "# How do clients stay signed in?",
        *("## Context and Problem Statement", "## Considered Options", "## Decision Outcome"),
        *("### Confirmation", "## Pros and Cons of the Options", "### Refresh tokens"),
        *("### Sessions", "## More Information"),
    ]
    adr = read_adr(text)
    assert adr["options"].value == ("Refresh tokens", "Sessions", "API keys")
    assert adr["rationale"].value == "no session store is needed"
    assert adr["pros_and_cons"].value[1][:3] == ("Sessions", ("simple",), ("a store", "state"))
    assert "* clients: web, mobile" in adr["context"].value
    assert "85% that it turns out well" in adr["confirmation"].value
    assert "2026-03-04 (team); it worked; performance 0.91; would be repeated; ok" in text
    assert "* versioning: URL" in adr["more_information"].value


def test_nygards_form_has_its_four_sections_and_its_number():
    text = to_adr(DECISION, "nygard", 7, superseded_by=("[ADR-0009](0009-x.md)",))
    assert text.startswith("# 7. How do clients stay signed in?\n\nDate: 2026-03-04\n\n## Status\n")
    adr = read_adr(text)
    assert (adr.family, adr["number"].value, adr.status) == ("nygard", 7, "superseded")
    assert adr.decision == DECISION
    assert adr.links[0].path == "0009-x.md"
    for name in ("context", "decision", "consequences"):
        assert adr[name].state == "found"


def test_a_y_statement_is_one_sentence():
    text = to_adr(DECISION, "y-statement")
    [sentence] = [line for line in text.splitlines() if line.startswith("In the context of")]
    assert sentence == (
        "In the context of clients: web, mobile; tenancy: multi; cache: yes; deep: "
        '{"a": [1]}, facing authentication, we decided for "Refresh tokens" and against '
        "Sessions, API keys, to achieve no session store is needed, with this against what was "
        "not chosen: a store."
    )


def test_reasons_by_name_are_a_list_and_one_again():
    named = Decision("A", rationale={"REST": "simple", "GraphQL": "few bytes"}, decided_at=AT)
    text = to_adr(named)
    assert "* Good, because REST: simple" in text
    edited = read_adr(text.replace("* REST: simple\n* GraphQL", "* REST: plain\n* GraphQL", 1))
    assert edited.decision.rationale == {"REST": "plain", "GraphQL": "few bytes"}


def test_an_unknown_style_is_refused():
    with pytest.raises(ValueError, match="'arc42'"):
        to_adr(DECISION, "arc42")


@pytest.mark.parametrize(
    ("old", "new", "field", "expected"),
    [
        ("# How do", "# Why do", "title", "Why do clients stay signed in?"),
        ("status: accepted", "status: deprecated", "status", "deprecated"),
        ("date: 2026-03-04", "date: 2026-04-01", "decided_at", datetime(2026, 4, 1, tzinfo=UTC)),
        ('option: "Refresh tokens"', 'option: "Sessions"', "chosen", "Sessions"),
        ("because no session store", "because no store", "rationale", "no store is needed"),
    ],
)
def test_what_a_human_writes_counts(old, new, field, expected):
    text = to_adr(DECISION)
    assert old in text
    adr = read_adr(text.replace(old, new, 1))
    assert getattr(adr.decision, field) == expected
    assert all(difference.taken for difference in adr.differences)
    assert adr.decision.confidence == 0.85
    assert adr.decision.extra == DECISION.extra


def test_options_that_a_human_adds_or_takes_away_count_and_known_ones_stay_whole():
    text = to_adr(DECISION).replace("* API keys\n", "* Passkeys\n")
    decision = read_adr(text).decision
    assert decision.alternatives == (DECISION.alternatives[0], Alternative("Passkeys"))


@pytest.mark.parametrize("style", STYLES)
def test_an_alternative_that_a_human_chooses_changes_places_with_the_one_chosen(style):
    text = to_adr(DECISION, style)
    for written in ('option: "{}"', 'decided for "{}" and'):
        text = text.replace(written.format("Refresh tokens"), written.format("Sessions"), 1)
    decision = read_adr(text).decision
    assert decision.chosen == "Sessions"
    assert [a.name for a in decision.alternatives] == ["Refresh tokens", "API keys"]


def test_any_edit_of_a_sentence_is_told():
    edited = to_adr(DECISION, "y-statement").replace("tenancy: multi", "tenancy: single", 1)
    adr = read_adr(edited)
    assert adr.decision == DECISION
    assert [(d.field, d.taken) for d in adr.differences] == [("decision", False)]


def test_a_sentence_ends_once():
    text = to_adr(Decision("A", rationale="It scales.", decided_at=AT), "y-statement")
    assert "to achieve It scales.\n" in text


def test_what_cannot_be_taken_is_told_and_the_decision_stays():
    text = to_adr(DECISION).replace("* tenancy: multi", "* tenancy: single")
    adr = read_adr(text)
    assert adr.decision == DECISION
    [difference] = adr.differences
    assert (difference.field, difference.taken) == ("context", False)
    assert "multi" in difference.ours
    assert "single" in difference.prose


def test_a_sentence_cannot_be_taken_apart_again():
    text = to_adr(DECISION, "y-statement").replace("to achieve no session", "to get no session")
    adr = read_adr(text)
    assert adr.decision == DECISION
    assert [(d.field, d.taken) for d in adr.differences] == [("rationale", False)]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text + "\nSeen by Ada.\n",
        lambda text: text.replace("# How", "#  How").replace("web, mobile\n", "web, mobile  \n"),
    ],
)
def test_line_ends_blanks_and_a_remark_change_nothing(change):
    adr = read_adr(change(to_adr(DECISION)))
    assert (adr.decision, adr.differences) == (DECISION, ())


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"archkit": 1', '"archkit": 1,,'),
        lambda text: text.replace('"archkit": 1', '"archkit": 99'),
        lambda text: text.replace('"decision": {', '"decision": 5, "x": {'),
        lambda text: text.replace('"alternatives": [', '"alternatives": 5, "x": ['),
        lambda text: text[: text.index('"outcomes"')],
        lambda text: text.replace('"decided_at": "2026', '"decided_at": "some'),
        lambda text: text.replace('"confidence": 0.85', '"confidence": "high"'),
    ],
)
def test_a_block_that_was_broken_is_told(change):
    adr = read_adr(change(to_adr(DECISION)))
    assert adr.decision is None
    [difference] = adr.differences
    assert (difference.field, difference.taken) == ("block", False)
    assert adr.title == DECISION.title


def test_a_record_of_somebody_else_holds_no_decision_of_ours():
    adr = read_adr("# X\n\n## Context\n\na\n\n## Decision\n\nb\n")
    assert (adr.decision, adr.differences) == (None, ())


HOSTILE = [
    *("---", "# H", "## Status\n\nrejected", "```", "~~~", "```json archkit\n{}\n```", "| a | b |"),
    *(
        "<script>x</script>",
        "<!-- c",
        "-->",
        "- a\n- b",
        "1. x",
        "a: b",
        "{x}",
        "[y](z.md)",
        "\r\n",
    ),
    *(
        "\r",
        "\u2028",
        "\x85",
        "'\"",
        "\\",
        "& * !",
        "%",
        "@",
        "`q",
        "===\n",
        "\ufeff",
        "\x00",
        "é漢😀",
    ),
    *(" ", "\t", "\ud800", "superseded by 3", "no", "&lt;", "> q", '", because', "because", "..."),
]
TEXT = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=8), max_size=5).map("".join)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
RATE = st.none() | st.floats(0, 1)
TEXTS = st.lists(TEXT, max_size=2).map(tuple)
DECISIONS = st.builds(
    Decision,
    chosen=TEXT,
    kind=TEXT,
    title=TEXT,
    context=st.dictionaries(TEXT, JSON, max_size=3),
    rationale=TEXT | st.dictionaries(TEXT, JSON, max_size=3),
    alternatives=st.lists(
        st.builds(
            Alternative,
            name=TEXT,
            pattern=st.none() | TEXT,
            why_not=TEXT,
            pros=TEXTS,
            cons=TEXTS,
            predicted=RATE,
        ),
        max_size=3,
    ).map(tuple),
    patterns=TEXTS,
    confidence=RATE,
    status=st.sampled_from(["accepted", "proposed", "superseded"]) | TEXT,
    review_after_days=st.integers(0, 400),
    decided_at=st.datetimes(timezones=st.just(UTC)),
    session_id=st.none() | TEXT,
    agent=TEXT,
    project=TEXT,
    decision_id=TEXT,
    extra=st.dictionaries(
        st.sampled_from(["decision", "record", "own"]),
        st.dictionaries(TEXT, JSON, max_size=2),
        max_size=2,
    ),
)


@settings(max_examples=150)
@given(DECISIONS, st.sampled_from(STYLES), st.none() | st.integers(0, 9999))
def test_no_text_breaks_out_of_its_place(decision, style, number):
    text = to_adr(decision, style, number)
    adr = read_adr(text.encode("utf-8"))
    assert adr.decision == decision
    assert adr.differences == ()
    # A line below it makes the reading go through the prose, which must say the same.
    edited = read_adr(f"{text}\nSeen.\n".encode())
    assert edited.decision == decision
    assert edited.differences == ()
    plain = read_adr(to_adr(Decision("x", decided_at=decision.decided_at), style, number))
    heads = [line for line in plain.text.splitlines() if line.startswith("## ")]
    assert [line for line in text.split("\n") if line.startswith("## ")] == heads
    assert "<script" not in text
    assert "<!--" not in text
    assert adr["date"].value == decision.decided_at.date()


def test_a_notebook_shows_the_lines_as_they_stand():
    text = to_adr(Decision("<script>x</script>"))
    assert isinstance(text, str)
    shown = text._repr_html_()
    assert shown.startswith("<pre")
    assert "<script>" not in shown
