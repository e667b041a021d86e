"""Questions from what a ranking says would change its first choice."""

from archkit.architect.offline.choice import choice_of
from archkit.architect.offline.concerns import Touched
from archkit.architect.offline.questions import open_questions, possible_answers, question_input
from archkit.architect.offline.topics import TOPICS, UNKNOWN

SIGN_IN = Touched("authentication", "How people sign in", ("revocation", "identity", "users"))


def pattern(slug, name):
    return {"slug": slug, "name": name, "kind": "authentication", "status": "active"}


def ranking(*what_if):
    return {
        "patterns": [pattern("jwt", "JWT"), pattern("sessions", "Server sessions")],
        "rule": "score",
        "ci_prob": 0.9,
        "what_if": [
            {"key": k, "value": v, "first": f, "changes": f != "jwt", "margin": 0.1}
            for k, v, f in what_if
        ],
    }


REVOCATION = (("revocation", "at-once", "sessions"), ("revocation", "within-minutes", "jwt"))
IDENTITY = (
    ("identity", "own", "jwt"),
    ("identity", "partners", "sessions"),
    ("identity", "social", "jwt"),
)


def keys(questions):
    return [q.topic.key for q in questions]


def test_a_facet_whose_answers_differ_in_the_first_choice_is_asked():
    choice = choice_of(SIGN_IN, ranking(*REVOCATION))
    first = open_questions([choice], {})[0]
    assert first.topic.key == "revocation"
    assert first.changes
    assert first.why == (
        "If access must end with the very next request, Server sessions comes first instead of JWT."
    )
    assert first.assumed == "“no, within minutes will do”"


def test_a_facet_whose_answers_all_agree_is_not_asked():
    same = (("identity", "own", "jwt"), ("identity", "partners", "jwt"))
    moved = (("revocation", "at-once", "sessions"), ("revocation", "within-minutes", "sessions"))
    choice = choice_of(SIGN_IN, ranking(*same, *moved))
    assert not any(q.changes for q in open_questions([choice], {}))


def test_what_changes_most_is_asked_first():
    three = (
        ("identity", "own", "jwt"),
        ("identity", "partners", "sessions"),
        ("identity", "social", "x"),
    )
    choice = choice_of(SIGN_IN, ranking(*REVOCATION, *three))
    assert keys(open_questions([choice], {}))[0] == "identity"


def test_a_known_facet_is_never_asked():
    choice = choice_of(SIGN_IN, ranking(*REVOCATION, *IDENTITY))
    known = {"revocation", "requests_per_minute", "users"}
    assert keys(open_questions([choice], known)) == ["identity"]


def test_sizes_fill_the_places_left_and_say_so():
    choice = choice_of(SIGN_IN, ranking(*REVOCATION))
    questions = open_questions([choice], {})
    assert keys(questions) == ["revocation", "requests_per_minute", "users"]
    assert all(q.why.startswith("It changes sizes, not the choice") for q in questions[1:])
    assert not any(q.changes for q in questions[1:])


def test_at_most_five_questions_are_asked():
    many = [
        (key, answer.value, "sessions" if n == 0 else "jwt")
        for key in ("revocation", "identity", "tenancy", "units", "regions", "hosting", "money")
        for n, answer in enumerate(TOPICS[key].answers)
    ]
    questions = open_questions([choice_of(SIGN_IN, ranking(*many))], {})
    assert len(questions) == 5
    assert all(q.changes for q in questions)


def test_several_answers_with_one_outcome_are_said_together():
    both = (
        ("users", 1_000, "jwt"),
        ("users", 100_000, "sessions"),
        ("users", 1_000_000, "sessions"),
    )
    question = open_questions([choice_of(SIGN_IN, ranking(*both))], {})[0]
    assert question.why == (
        "If the answer is “about 100,000” or “a million or more”, "
        "Server sessions comes first instead of JWT."
    )


def test_an_answer_that_leaves_nothing_is_said():
    rows = (("revocation", "at-once", None), ("revocation", "within-minutes", "jwt"))
    question = open_questions([choice_of(SIGN_IN, ranking(*rows))], {})[0]
    assert question.why.endswith("JWT no longer fits and nothing known takes its place.")


def test_without_a_choice_nothing_is_asked():
    empty = choice_of(SIGN_IN, {"patterns": [], "what_if": []})
    assert open_questions([empty], {}) == ()
    assert open_questions([], {}) == ()


def test_possible_answers_leave_out_what_is_known_and_what_is_no_topic():
    assert possible_answers(("revocation", "users", "nonsense"), {"users": 1}) == {
        "revocation": ["at-once", "within-minutes"]
    }


def test_a_question_offers_its_answers_and_not_knowing():
    choice = choice_of(SIGN_IN, ranking(*REVOCATION))
    given = question_input(open_questions([choice], {})[0])
    assert set(given) == {"key", "text", "why", "options"}
    assert given["options"][0] == {"label": "yes, with the next request", "value": "at-once"}
    assert given["options"][-1] == {"label": "I do not know", "value": UNKNOWN}
