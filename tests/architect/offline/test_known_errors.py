"""Errors that a brief quotes are looked up, and what is known of them reaches the proposal."""

import pytest
from offline_cases import Talk, calls_of, text_of

from archkit.architect.offline.known_errors import errors_in, known_error
from archkit.proposal.rules import check_proposal

POOL = "Our API fails with 'Connection pool timeout - all connections in use' at peak. Fix it."
TWICE = "Take card payments for our shop. Customers complained about duplicate charges."


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        (POOL, ("Connection pool timeout - all connections in use",)),
        (TWICE, ("Duplicate payment: duplicate charges",)),
        ("a customer must not be charged twice", ("Duplicate payment: charged twice",)),
        ('It prints "out of memory, killed" daily', ("out of memory, killed",)),
        ("psycopg2.OperationalError: no route", ("psycopg2.OperationalError: no route",)),
        ("We don't get deadlocks.", ()),
        ("It's the customers' fault and we're 'happy' in the shop's office", ()),
        ("Build sign-in for a web app", ()),
        ("", ()),
    ],
)
def test_an_error_is_what_is_quoted_printed_or_complained_of(text, errors):
    assert errors_in([text]) == errors


def test_at_most_three_errors_are_looked_up_each_once():
    text = "\n".join(f"ERROR: number {n % 5}" for n in range(20))
    assert errors_in([text, text]) == ("ERROR: number 0", "ERROR: number 1", "ERROR: number 2")


def test_a_quoted_error_is_looked_up_and_its_fix_is_in_the_proposal():
    talk = Talk()
    talk.brief(POOL)
    proposal = talk.propose()
    calls = [call for turn in talk.turns for call in calls_of(turn, "find_solution")]
    assert calls == [{"error": "Connection pool timeout - all connections in use"}]
    known = proposal.split("#### Known errors\n")[1]
    assert "Database connection pool exhaustion; no use of its fix is recorded" in known
    assert "Root cause: Too many concurrent requests" in known
    assert "**Fix:** Increase pool size to match concurrent load" in known
    assert "is a known problem" in proposal.split("### 2.")[0]
    assert [f for f in check_proposal(proposal) if f.severity != "info"] == []


def test_a_fix_is_told_with_rate_interval_count_and_provenance():
    talk = Talk()
    note = text_of(talk.brief(TWICE))
    assert "its fix is estimated to help in " in note
    assert "n = 5; observed)" in note


def test_an_error_named_in_an_answer_is_looked_up_too():
    talk = Talk()
    talk.brief("Build sign-in for a web app")
    proposal = talk.propose({"": "it dies with 'deadlock detected' now and then"})
    assert "“deadlock detected” is a known problem: Deadlock between transactions" in proposal


def test_an_error_that_nothing_is_known_of_is_said_so():
    talk = Talk()
    talk.brief("Build sign-in for a web app; it prints 'flux capacitor error 88'")
    assert "the memory holds no solution like it" in talk.propose()


def test_an_error_in_a_brief_of_no_known_kind_is_still_answered():
    talk = Talk()
    talk.brief("Our nightly thing prints 'deadlock detected'")
    proposal = talk.propose()
    assert "no architecture is proposed" in proposal
    assert "**Fix:** Take locks in one order everywhere" in proposal


def test_without_a_memory_the_library_answers_and_no_rate_is_known():
    talk = Talk(tools=("ask_questions",))
    talk.brief(POOL)
    proposal = talk.propose()
    assert "how often its fix helps is not known, since the memory was off" in proposal


def test_a_memory_that_fails_is_said_so():
    talk = Talk(failing=("find_solution",))
    talk.brief(POOL)
    assert "could not be looked up (The memory cannot answer this" in talk.propose()


def test_what_is_only_reported_or_hardly_alike_is_said_so():
    reply = {
        "matches": [
            {
                "solution": {"slug": "s", "name": "Leak", "root_cause": "it leaks"},
                "match": 0.4,
                "effective_rate": 0.9,
                "low": 0.8,
                "high": 0.95,
                "n": 16,
                "provenance": "reported",
            }
        ]
    }
    summary = known_error("pool <b>", reply).summary()
    assert summary == (
        "“pool ‹b›” resembles a known problem (40 % alike, so check that it is the same): Leak; "
        "its fix is estimated to help in 90 % (90 % interval 80 to 95 %, n = 16; reported, not "
        "observed here). Root cause: It leaks."
    )
