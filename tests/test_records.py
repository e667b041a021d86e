"""Records survive the journey to JSON and back, unknown keys included."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from archkit.records import (
    Alternative,
    Condition,
    Decision,
    Lesson,
    Measurement,
    Outcome,
    Pattern,
    Reported,
    Solution,
    new_id,
)

CARD = Path(__file__).parents[2] / "shared" / "data" / "cards" / "backend-architect.md"
DECISION = {
    "agent": "data-architect",
    "decision": {
        "type": "storage",
        "context": {"rows": 12, "regions": ["eu", "us"]},
        "chosenApproach": "one table",
        "rationale": {"one table": "fits"},
        "migration": {"steps": [1, 2]},
        "alternativesConsidered": ["two tables"],
    },
    "outcome": {"success": False, "speed": 0.4, "verdict": "slow", "wouldRepeat": False},
    "ticket": "A-1",
}
PATTERN = {
    "agent": "data-architect",
    "pattern": {
        "type": "storage",
        "context": {"readWrite": "50:50"},
        "approach": {"technique": "one-table", "layers": [{"level": "a", "ttl": None}]},
        "owner": "team b",
        "conditions": {"whenApplicable": ["small"], "whenNotApplicable": [], "unless": "huge"},
    },
    "metrics": {"successRate": 0.5, "executionCount": 4, "odd": "text"},
    "ticket": "A-2",
}
WHEN = datetime(2026, 11, 23, 12, tzinfo=UTC)


def _through_json(record):
    return type(record).from_payload(json.loads(json.dumps(record.as_payload())))


def _card_records():
    text = CARD.read_text("utf-8") if CARD.exists() else ""
    return [yaml.safe_load(b) for b in re.findall(r"```\n(\{.*?)```", text, re.S)]


@pytest.mark.parametrize(
    "record",
    [
        Pattern("a", "A", when=("always", Condition("eu only", {"regions": "one"}))),
        Pattern("b", "B", reported=Reported(0.9, 10, "card", {"x": 1}), tags=("t",)),
        Solution("s", "it broke", fix=("mend it",), reported=Reported(1.0, 9)),
        Decision("A", alternatives=(Alternative("B", predicted=0.4),), decided_at=WHEN),
        Outcome("d", success=None, scores={"speed": 0.5}, observed_at=WHEN),
        Lesson("look twice", learned_at=WHEN),
        Measurement("posts", 120, 18, measured_at=WHEN),
    ],
    ids=lambda r: f"{type(r).__name__}-{getattr(r, 'slug', '')}",
)
def test_a_record_is_the_same_after_a_journey_through_json(record):
    assert _through_json(record) == record


def test_the_keys_of_a_later_version_are_left_aside():
    payload = Lesson("look twice", learned_at=WHEN).as_payload() | {"mood": "good"}
    assert Lesson.from_payload(payload).text == "look twice"


def _assert_decision_survives(record):
    decision = _through_json(Decision.from_card(record))
    outcome = _through_json(Outcome.from_card(record, decision_id=decision.decision_id))
    assert decision.to_card(outcome) == record
    assert outcome.source == "reported"


def test_a_decision_in_the_shape_of_cards_keeps_unknown_keys():
    _assert_decision_survives(DECISION)


def test_a_pattern_in_the_shape_of_cards_keeps_unknown_keys():
    pattern = _through_json(Pattern.from_card(PATTERN))
    assert pattern.to_card() == PATTERN
    assert pattern.reported == Reported(0.5, 4, "card", {"odd": "text"})


@pytest.mark.skipif(not CARD.exists(), reason="the reference card is not on this machine")
def test_both_records_of_the_reference_card_come_back_to_the_letter():
    decision, pattern = _card_records()
    _assert_decision_survives(decision)
    assert json.dumps(_through_json(Pattern.from_card(pattern)).to_card()) == json.dumps(pattern)


@pytest.mark.parametrize(
    ("outcome", "value"),
    [
        (Outcome("d", success=True, scores={"speed": 0.1}), 1.0),
        (Outcome("d", success=False), 0.0),
        (Outcome("d", scores={"speed": 0.25, "cost": 0.75}), 0.5),
        (Outcome("d"), None),
    ],
)
def test_an_outcome_is_worth_its_success_else_its_mean_score_else_nothing(outcome, value):
    assert outcome.value == value


def test_ids_sort_by_the_time_they_were_made():
    ids = [new_id() for _ in range(3)]
    assert len(set(ids)) == 3
    assert all(i[14] == "7" for i in ids)
