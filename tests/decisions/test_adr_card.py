"""The card's decision record, as JSON and as JavaScript writes it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.decisions.adr import read_adr
from archkit.decisions.adr_card import read_decision_record
from archkit.decisions.adr_writing import to_adr
from archkit.errors import ArchkitError

RECORD = """{
  agent: "backend-architect",   // who
  decision: {
    type: 'api-architecture',
    context: { endpoints: 25, clientTypes: ["web", "mobile"], scale: "10k-req/min", beta:true },
    chosenApproach: "REST-with-GraphQL",
    rationale: {
      REST: "Simple: cacheable",
      "Graph QL": "it's small",
    },
    versioning: "URL-based (v1, v2)", /* more */
    alternativesConsidered: ["pure-REST", "gRPC",],
  },
  outcome: { success: true, performanceScore: 0.91, wouldRepeat: true, note: null },
  team: "a:b",
}"""
STRICT = {
    "agent": "backend-architect",
    "decision": {
        "type": "api-architecture",
        "context": {
            **{"endpoints": 25, "clientTypes": ["web", "mobile"]},
            **{"scale": "10k-req/min", "beta": True},
        },
        "chosenApproach": "REST-with-GraphQL",
        "rationale": {"REST": "Simple: cacheable", "Graph QL": "it's small"},
        "versioning": "URL-based (v1, v2)",
        "alternativesConsidered": ["pure-REST", "gRPC"],
    },
    "outcome": {"success": True, "performanceScore": 0.91, "wouldRepeat": True, "note": None},
    "team": "a:b",
}


@pytest.mark.parametrize("text", [RECORD, json.dumps(STRICT), f"```\n{RECORD}\n```\n"])
def test_a_record_is_read_however_it_is_written(text):
    decision, outcome = read_decision_record(text)
    assert decision.to_card(outcome) == STRICT
    assert outcome.source == "reported"


def test_the_cards_keys_outlive_a_record_in_markdown():
    decision, outcome = read_decision_record(RECORD)
    back = read_adr(to_adr(decision, outcomes=[outcome])).decision
    assert back.to_card(outcome) == STRICT


def test_words_that_yaml_takes_for_values_stay_words():
    text = (
        "{decision: {chosenApproach: no, context: {a: yes, b: 2024-01-02, c: 1_000, d: 012, e: ~,"
        ' f: -1.5e3, g: "12", h: undefined, "i:j": "\\u00e9 \\"q\\"", k: `x`, l: 0x1f}}}'
    )
    decision, _ = read_decision_record(text)
    assert decision.chosen == "no"
    assert decision.context == {
        **{"a": "yes", "b": "2024-01-02", "c": "1_000", "d": "012", "e": "~", "f": -1500.0},
        **{"g": "12", "h": None, "i:j": 'é "q"', "k": "x", "l": "0x1f"},
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no `decision"),
        ("{", "no JSON"),
        ("[1, 2]", "no `decision"),
        ("{decision: 5}", "no `decision"),
        ("{decision: {type: a}}", "chosenApproach"),
        ("{decision: {chosenApproach: a, context: 5}}", "context"),
        ("{decision: {chosenApproach: a, alternativesConsidered: 5}}", "alternativesConsidered"),
        ("{decision: {chosenApproach: a}, outcome: [1]}", "outcome"),
        ("{a: &x [1], decision: *x}", "no JSON"),
        ("{decision: !!python/object:os.system {chosenApproach: a}}", "no JSON"),
        ("{" * 5000, "no JSON"),
        ("x" * 1_000_001, "megabyte"),
    ],
)
def test_what_is_no_record_is_told(text, why):
    with pytest.raises(ArchkitError, match="cannot be read") as caught:
        read_decision_record(text)
    assert why in caught.value.why


@given(st.text(max_size=60))
def test_no_text_is_too_odd(text):
    try:
        decision, _ = read_decision_record(text)
    except ArchkitError:
        return
    assert decision.chosen
