import json
import re
from pathlib import Path

import pytest
import yaml

from archkit.memory.memory import Memory
from archkit.records import Decision, Outcome, Pattern

CARD = Path(__file__).parents[2].parent / "shared" / "data" / "cards" / "backend-architect.md"


@pytest.fixture
def memory(tmp_path):
    with Memory(tmp_path, library=False) as memory:
        yield memory


OWN_DECISION = """
{agent: "a", tool: "x-1", decision: {type: "storage", context: {rows: 25, kinds: ["p", "q"],
 scale: "10k"}, chosenApproach: "files", rationale: {files: "simple", db: "safe"},
 retention: {days: 30, tiers: [{n: 1}, {n: 2}]}, alternativesConsidered: ["db", "queue"]},
 outcome: {success: true, speedScore: 0.91, reviewer: "ada", wouldRepeat: false}}
"""
OWN_PATTERN = """
{agent: "a", since: 2024, pattern: {type: "caching", version: 2, context: {readWrite: "90:10"},
 approach: {technique: "two-layer", layers: [{level: "edge", ttl: "1h"}], note: null},
 conditions: {whenApplicable: ["many reads"], whenNotApplicable: ["ledger"], unless: ["x"]}},
 metrics: {successRate: 0.94, executionCount: 12, hitRate: 0.85, unit: "share"}}
"""


def roundtrip(memory, decision_record, pattern_record):
    decision = memory.record_decision(Decision.from_card(decision_record))
    given = Outcome.from_card(decision_record, decision_id=decision.decision_id)
    outcome = memory.record_outcome(decision, outcome=given)
    pattern = memory.record_pattern(Pattern.from_card(pattern_record))
    kept = memory.sql("SELECT payload FROM event WHERE kind = 'outcome'")["payload"][0]
    assert outcome == given
    looked = Outcome.from_payload(json.loads(kept))
    again = [
        memory.decision(decision.decision_id).to_card(looked),
        memory.pattern(pattern.slug).to_card(),
    ]
    assert again == [decision_record, pattern_record]
    assert memory.sql("FROM orphan").empty
    return again


def test_the_cards_records_with_unknown_keys_come_back_as_they_were(memory):
    roundtrip(memory, yaml.safe_load(OWN_DECISION), yaml.safe_load(OWN_PATTERN))


def test_the_reference_cards_two_records_come_back_as_they_were(memory):
    if not CARD.exists():
        pytest.skip("the reference card is not here")
    blocks = re.findall(
        r"^```\n(\{\n.*?^\})\n```", CARD.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    assert len(blocks) == 2
    records = [yaml.safe_load(block) for block in blocks]
    assert json.dumps(roundtrip(memory, *records)) == json.dumps(records)
