"""Briefs as strangers write them: odd, vague, foreign, contradictory, endless."""

import time

import pytest
from offline_cases import Talk, asked, calls_of, text_of

from archkit.architect.offline.facets import Contradiction, contradictions, read_facets
from archkit.architect.offline.phrases import fill, placeholders
from archkit.architect.offline.wording import is_english
from archkit.library import read_library
from archkit.memory.learning import Evidence
from archkit.memory.shelf import Shelf
from archkit.proposal.rules import check_proposal
from archkit.records import utc_now


def worked(brief, answers=None, briefing=None, **talk):
    talk = Talk(**talk)
    first = talk.brief(brief, briefing)
    return text_of(first), {q["key"] for q in asked(first)}, talk.propose(answers)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("sign in with partners' accounts", "identity", "partners"),
        ("sign in with Google", "identity", "social"),
        ("sign in with web and mobile clients", "identity", None),
        ("sign in with partners' accounts", "clients", None),
        ("nobody must get a mail twice", "delivery", "exactly-once-effect"),
        ("never double-book a room", "concurrency", "many-writers"),
        ("migrate off our monolith", "units", None),
        ("keep it a modular monolith", "units", "one"),
        ("2 million emails a day", "writes_per_second", 23.1),
        ("50,000 devices each send a reading every 10 seconds", "writes_per_second", 5_000),
        ("50,000 devices each send a reading every 10 seconds", "data_shape", "time-series"),
        ("1,000 calls an hour per key", "requests_per_minute", None),
        ("1,000 calls an hour per key, 6,000 calls an hour", "requests_per_minute", 100),
        ("hat number 3 to people", "users", None),
        ("upload videos up to 5 GB", "data_size_gb", None),
        ("files of 2 GB each, 300 GB in total", "data_size_gb", 300),
    ],
)
def test_a_facet_is_read_as_it_is_meant(text, key, value):
    found = read_facets(text).get(key)
    assert (found.value if found else None) == value


def test_what_a_text_says_and_denies_is_a_contradiction():
    text = "Single tenant. Multi-tenant login for mobile. No mobile app."
    assert contradictions(text) == (
        Contradiction("tenancy", "Multi-tenant", "Single tenant"),
        Contradiction("clients", "mobile", "not mobile"),
    )
    assert "tenancy" not in read_facets(text)
    assert contradictions("multi-tenant, web only, no mobile app") == ()


def test_a_contradiction_is_said_and_an_answer_ends_it():
    brief = "Multi-tenant SaaS with sign-in. It is single tenant."
    note, keys, proposal = worked(brief)
    assert "“Multi-tenant” and “single tenant”: neither is taken until an answer" in note
    assert "tenancy" in keys
    assert "The brief contradicts itself" in proposal
    assert "contradicts" not in worked(brief, {"tenancy": "yes"})[2]


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("Baue eine Anmeldung für Kunden mit Web und Mobil", False),
        ("为多租户SaaS构建用户认证，支持移动端和网页端", False),
        ("Construire une page de connexion pour les clients", False),
        ("Build sign-in for the web", True),
        ("Auth", True),
        ("", True),
        ("Sign-in für our customers, on the web", True),
    ],
)
def test_a_brief_in_another_language_is_noticed(text, english):
    assert is_english(text) is english


def test_a_brief_in_another_language_is_said_not_to_be_understood():
    note, _, proposal = worked("为多租户SaaS构建用户认证，支持移动端和网页端，每分钟1万次请求。")
    assert "does not read as English" in note
    assert "does not read as English" in proposal


def test_the_words_of_a_brief_cannot_become_markup():
    note, _, proposal = worked(
        "<script>alert(1)</script></request> Build sign-in. Paint <b>`x`</b> now."
    )
    assert "<" not in note
    assert "<script" not in proposal
    assert "<b>" not in proposal


def test_a_brief_of_five_thousand_words_is_worked_soon_and_its_gaps_are_counted():
    parts = " ".join(
        f"The shop sells hat number {n} to people everywhere." for n in range(1000, 1500)
    )
    started = time.process_time()
    note, _, proposal = worked(f"{parts} Build sign-in with web clients, 10k requests a minute.")
    assert time.process_time() - started < 8
    assert note.count("Nothing is known of this part") == 6
    assert "further parts" in note
    assert "further parts of the brief" in proposal
    assert "100,000 requests a minute" in proposal


def test_a_part_said_often_is_a_gap_once():
    note, _, _ = worked("Build sign-in. " + "Paint the hats of all people green. " * 9)
    assert note.count("Paint the hats") == 1


@pytest.mark.parametrize(
    ("brief", "kinds"),
    [
        ("Auth", ["authentication"]),
        ("scale", ["scaling-out"]),
        ("Help", []),
        ("Write a poem about autumn.", []),
        ("Plan a wedding for 120 guests and pay the caterer.", []),
        ("50,000 IoT devices each send a reading every 10 seconds", ["read-model"]),
        ("Tokens must be revocable at once.", ["authentication"]),
        ("Multi-tenant SaaS login", ["multi-tenancy", "authentication"]),
        ("Build sign-in for web and mobile clients", ["authentication"]),
        ("Our GraphQL API shows N+1 queries", ["n-plus-one"]),
        ("Run our API in three regions, active-active", ["scaling-out"]),
    ],
)
def test_a_brief_touches_what_it_is_about(brief, kinds):
    talk = Talk()
    talk.brief(brief)
    queries = [q for turn in talk.turns for q in calls_of(turn, "query_patterns")]
    assert [q["kind"] for q in queries if "kind" in q] == kinds


def test_a_gap_names_every_part_and_promises_no_design():
    briefing = {"project": {"files": 3, "frameworks": ["Express"], "data_stores": []}}
    _, _, proposal = worked("Compose songs for 300 users; sell them at 10 dollars", None, briefing)
    assert "the design keeps" not in proposal
    assert "Read from the brief all the same: 300 users. In use already: Express." in proposal
    assert "“Compose songs for 300 users”: neither memory nor library" in proposal
    assert check_proposal(proposal).counts["error"] == 0


def test_a_load_that_is_not_stated_leaves_no_mangled_sentence():
    unknown, known = placeholders({}), placeholders(read_facets("10k requests a minute"))
    text = "Now {requests}; {requests_10x} ({per_second_10x}) would be as many lookups."
    assert fill(text, unknown) == "ten times the present load would be as many lookups."
    assert fill(text, known) == (
        "Now 10,000 requests a minute; 100,000 requests a minute (about 1,700 requests a second) "
        "would be as many lookups."
    )
    text = (
        "Load now: {requests}; planned for: {requests_10x} ({per_second_10x}). Processes carry it."
    )
    assert fill(text, unknown) == "Planned for: ten times the present load. Processes carry it."
    for brief in (
        "Build sign-in",
        "Take payments",
        "Cache pages",
        "Limit the rate of our public API",
    ):
        assert "ten times the present rate" not in worked(brief)[2]


def test_writes_reach_the_tenfold_figure_and_a_small_load_is_called_small():
    proposal = worked("Dashboards over IoT data: 50,000 devices each send a reading every second")[
        2
    ]
    assert "The initial load is 50,000 writes a second; ten times that is 500,000" in proposal
    assert "Even that is little" in worked("Take payments, 300 orders per hour")[2]
    assert "Even that is little" not in worked("Take payments, 300 orders per second")[2]


def test_what_is_stated_or_not_is_no_assumption():
    proposal = worked("Split our system into modules; modular monolith, multi-tenant")[2]
    assert "- Tenancy:" not in proposal


def test_another_store_in_use_is_weighed_against_the_one_proposed():
    proposal = worked("Take payments. We run Django on MySQL.")[2]
    heading = proposal.split("#### System of record: PostgreSQL\n")[1].split("####")[0]
    assert "The project has MySQL for this today: staying on it is the smaller change" in heading


def test_failures_recorded_here_change_the_choice_and_the_proposal_says_so():
    library = read_library().patterns
    now, failures = utc_now(), 12
    told = [
        (p.slug, p.reported.success_rate, p.reported.uses, "reported", None, None)
        for p in library
        if p.reported
    ]
    seen = [("jwt-refresh-redis", 0.0, 1, "team", now, str(n)) for n in range(failures)]
    evidence = Evidence.from_rows([*told, *seen], now=now)
    brief = "Build sign-in for mobile and web clients, several services"
    before, after = Shelf(library), Shelf(library, evidence)
    assert "JWT + Refresh Tokens + Redis comes first" in worked(brief, shelf=before)[0]
    note, _, proposal = worked(brief, shelf=after)
    said = (
        "Without what was recorded here, JWT + Refresh Tokens + Redis would come first. With it: "
    )
    assert said in note
    assert f"**Changed by what was recorded here:** {said}estimated success rate 6" in proposal
    assert "12 observed here and 38 reported" in proposal
    assert "Changed by what was recorded" not in worked(brief, shelf=before)[2]
