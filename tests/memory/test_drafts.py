from archkit.memory.drafts import draft_of, measurement_of
from archkit.records import Decision, Lesson, Outcome, Pattern


def test_a_record_becomes_an_event_with_its_own_id():
    decision = Decision("x", session_id="s", agent="ada", project="p")
    draft = draft_of(decision)
    assert (draft.kind, draft.entity_id, draft.session_id, draft.agent, draft.project) == (
        "decision",
        decision.decision_id,
        "s",
        "ada",
        "p",
    )
    assert draft.payload == decision.as_payload()
    assert (draft_of(Pattern("a", "A")).kind, draft_of(Pattern("a", "A")).entity_id) == (
        "pattern",
        "a",
    )
    assert draft_of(Lesson("x")).kind == "lesson"


def test_counts_of_an_outcome_are_measured_unless_it_is_made_up_or_reported():
    decision = Decision("x", title="T", patterns=("a", "b"))
    for source, kept in (("team", "measured"), ("simulated", "simulated")):
        outcome = Outcome(decision.decision_id, source=source)
        found = measurement_of(outcome, decision, (9, 3))
        assert (found.label, found.pattern, found.decision_id, found.source) == (
            "T",
            "a",
            decision.decision_id,
            kept,
        )
    unseen = measurement_of(Outcome("d"), None, (9, 3))
    assert (unseen.label, unseen.pattern) == ("d", None)
