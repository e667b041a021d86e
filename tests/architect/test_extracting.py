"""Decisions stated by the model: taken only whole and valid; what is no pattern is none."""

import json

import pytest
from scripted_client import PROPOSAL, Remembered, Server, answer, asking, card, text, use

from archkit.architect.drafted import DraftDecisions
from archkit.architect.session import Session
from archkit.errors import SessionError

STATED = {
    "decisions": [
        {
            "kind": "loading",
            "chosen": "DataLoader per request",
            "patterns": ["dataloader", "made-up"],
            "alternatives": [
                {"name": "Eager loading with joins", "why_not": "rows multiply"},
                {"name": "A cache", "why_not": ""},
            ],
            "rationale": "It batches.",
        }
    ]
}


def proposed(tmp_path, *answers, memory=None):
    (tmp_path / "shop").mkdir()
    server = Server(
        answer(use("query_patterns", query="N+1", context={"page_size": 50})),
        answer(asking("users")),
        answer(text(PROPOSAL)),
        *answers,
    )
    given = {"client": server.client(), "workspace": tmp_path / "shop", "max_repairs": 0}
    session = Session(card(tmp_path), memory, **given)
    session.brief("Stop the N+1 queries")
    session.propose()
    return session, server


@pytest.mark.parametrize("wrapped", ["{}", "Here:\n\n```json\n{}\n```\n", "So: {} That is all."])
def test_decisions_are_read_and_nothing_is_decided_yet(tmp_path, wrapped):
    memory = Remembered()
    said = wrapped.replace("{}", json.dumps(STATED))
    session, server = proposed(tmp_path, answer(text(said)), memory=memory)
    (draft,) = session.draft_decisions()
    assert (draft.chosen, draft.kind, draft.patterns) == (
        "DataLoader per request",
        "loading",
        ("dataloader",),
    )
    assert draft.confidence == 0.9
    assert draft.context == {"page_size": 50}
    named, free = draft.alternatives
    assert (named.pattern, named.predicted, named.why_not) == (
        "eager-loading",
        0.8,
        "rows multiply",
    )
    assert (free.name, free.pattern, free.predicted) == ("A cache", None, None)
    assert memory.decisions == []
    table = DraftDecisions([draft])._repr_html_()
    assert "<td" in table and "90\u202f%" in table and "nothing is decided" in table
    body = server.bodies[-1]
    assert body["output_config"]["format"]["type"] == "json_schema"
    assert '<request stage="decisions">' in body["messages"][-1]["content"][0]["text"]
    assert "output_config" not in server.bodies[-2]
    decision = session.decide(draft, rationale="Two teams know it")
    assert decision.rationale == "Two teams know it"
    assert decision.alternatives == draft.alternatives
    assert decision.confidence == 0.9
    assert memory.decisions == [decision]


def test_an_answer_that_does_not_fit_is_asked_for_once_more(tmp_path):
    odd = {"decisions": [{"chosen": "DataLoader"}]}
    session, server = proposed(tmp_path, answer(text(json.dumps(odd))), answer(text("No JSON")))
    with pytest.raises(SessionError) as error:
        session.draft_decisions()
    assert "does not fit" in error.value.why
    assert "required property" in server.bodies[-1]["messages"][-1]["content"][0]["text"]
    assert session.proposal is not None


def test_an_answer_that_was_cut_off_is_not_read(tmp_path):
    whole = json.dumps(STATED)
    session, server = proposed(tmp_path, answer(text(whole), stop_reason="max_tokens"))
    with pytest.raises(SessionError) as error:
        session.draft_decisions()
    assert error.value.why == "The model's answer did not end well (max tokens)."
    assert len(server.bodies) == 4


def test_json_nested_too_deeply_is_refused(tmp_path):
    deep = '{"decisions": ' + "[" * 100_000 + "]" * 100_000 + "}"
    session, _ = proposed(tmp_path, answer(text(deep)), answer(text(deep)))
    with pytest.raises(SessionError, match="could not be read"):
        session.draft_decisions()


def test_nothing_can_be_drafted_before_the_proposal(tmp_path):
    (tmp_path / "shop").mkdir()
    session = Session(card(tmp_path), workspace=tmp_path / "shop", client="offline")
    with pytest.raises(SessionError, match="nothing to decide on yet"):
        session.draft_decisions()


def test_the_offline_architect_states_its_choices(tmp_path):
    from archkit.memory.memory import Memory

    (tmp_path / "shop").mkdir()
    with Memory(tmp_path / "m.duckdb") as memory:
        session = Session(memory=memory, workspace=tmp_path / "shop", client="offline")
        session.brief("Stop the N+1 queries in the posts API, with GraphQL, 10k requests a minute")
        session.propose()
        calls = len(session.transcript)
        drafts = session.draft_decisions()
        assert len(session.transcript) == calls + 2
        assert drafts
        for draft in drafts:
            assert draft.chosen in session.proposal.text
            assert draft.patterns
            assert draft.alternatives
            assert (draft.confidence is None) == (not session.evidence.named(draft.patterns[0]).n)
        assert session.decide(drafts[0]).chosen == drafts[0].chosen
        assert len(memory.sql("SELECT 1 FROM decision")) == 1


def test_drafts_are_shown_escaped_and_none_are_said():
    from archkit.records import Decision

    drafts = DraftDecisions([Decision("<b>x</b>", rationale={"why": "<i>"})])
    shown = drafts._repr_html_()
    assert "<b>" not in shown
    assert "no evidence yet" in shown
    assert repr(drafts) == "DraftDecisions(<b>x</b>)"
    assert drafts[:1][0] is drafts[0]
    assert "nothing to decide" in DraftDecisions([])._repr_html_()
