import json

import pytest
from exchange_cases import fill, open_memory, tables
from hypothesis import given
from hypothesis import strategies as st

from archkit.memory.anonymise import Anonymiser, pseudo_id
from archkit.memory.exchange import export, import_
from archkit.memory.rewrite import each_event
from archkit.records import Decision, Outcome

NAMES = ["Jo Doe", "Zoë Müller", "李小龙"]
HIDDEN = [
    *("jo.doe@acme.example", "https://git.acme.com:8443/shop", "db.internal", "10.1.2.3"),
    *("/home/jo/shop/app.py", "~/notes/plan.md", "src/shop/models.py", r"C:\Users\jo\shop.txt"),
    *("@jodoe", "acme-shop", "careful-architect"),
]
PLAIN = ["reads", "10k requests a minute", "GET /v1/posts/{id}", "node.js", "e.g. v1.2.3", "“ü”"]


@pytest.fixture
def memory(tmp_path):
    with open_memory(tmp_path / "a", agent="careful-architect") as memory:
        memory.ids = fill(memory, project="acme-shop")
        yield memory


def masks(level="partial"):
    return Anonymiser(level, agents=["careful-architect"], projects=["acme-shop"], names=[*NAMES])


@pytest.mark.parametrize("secret", [*NAMES, *HIDDEN])
def test_names_places_and_addresses_get_pseudonyms(secret):
    said = masks().text(f"We asked {secret}, then went on.")
    kept = [part for part in secret.replace("/", " ").replace("\\", " ").split() if len(part) > 3]
    assert [part for part in kept if part.strip(":,") in said and part != "https:"] == []
    assert said.startswith("We asked ")
    assert said.endswith(", then went on.")


@pytest.mark.parametrize("text", PLAIN)
def test_what_names_nobody_stays(text):
    assert masks().text(text) == text


def test_one_thing_has_one_pseudonym_and_two_have_two():
    one = masks()
    assert one.text("jo@a.com, JO@A.com and al@a.com") == "email-1, email-1 and email-2"
    assert one.value({"by": "jo@a.com", "list": ["al@a.com", 3, None]}) == {
        "by": "email-1",
        "list": ["email-2", 3, None],
    }
    assert dict(one.hidden) == {"email": 5}


@given(
    st.lists(
        st.one_of(st.sampled_from(NAMES), st.sampled_from(HIDDEN), st.sampled_from(PLAIN)),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([" ", ", ", "\n", "; "]),
)
def test_no_name_survives_wherever_it_stands(parts, between):
    said = masks().text(between.join(parts))
    for name in (*NAMES, "jo.doe@", "git.acme", "db.internal", "10.1.2.3", "acme-shop", "jodoe"):
        assert name not in said


@pytest.mark.parametrize("run", ["x", "X", "a.", "a/", "1.", "@", "-", "a@", "/home/"])
def test_a_text_without_an_end_is_gone_through_once(run):
    long = run * (400_000 // len(run)) + " @ : // . / \\ <"
    assert masks().text(long).endswith("<")


def test_the_kit_s_own_patterns_are_left(tmp_path):
    with open_memory(tmp_path, library=True) as memory:
        memory.patterns()
        rows = [*each_event(memory._store, "e.agent = 'library'")]
    assert rows
    assert [masks("full").row(row) for row in rows] == rows


def test_a_partial_export_names_nobody_and_keeps_every_figure(memory, tmp_path):
    report = export(memory, tmp_path / "out", anonymise="partial", names=["Jo Doe"])
    text = (tmp_path / "out" / "events.jsonl").read_text("utf-8")
    told = (tmp_path / "out" / "manifest.json").read_text("utf-8")
    for name in ("Jo Doe", "acme-shop", "careful-architect"):
        assert name not in text
        assert name not in told
    assert report.hidden.keys() >= {"person", "project", "agent"}
    assert "look through" in report.note
    with open_memory(tmp_path / "b") as other:
        import_(other, tmp_path / "out", dry_run=False)
        assert other._store.rows("SELECT * FROM orphan") == []
        assert other._store.rows("SELECT count(*), avg(confidence) FROM decision") == [
            (2, pytest.approx(0.65))
        ]
        assert other._store.rows("SELECT DISTINCT project FROM session") == [("project-1",)]
        assert other._store.rows("SELECT note FROM outcome") == [("person-1 is glad",)]


def test_a_full_export_holds_no_word_anybody_said(memory, tmp_path):
    said = Decision(
        "We follow Kim",
        title="What Kim said",
        context={"clients": ["web"], "story": "Kim told us at length what had gone wrong " * 2},
        patterns=("jwt",),
        confidence=0.7,
        decided_at=memory._now(),
    )
    memory.record_decision(said)
    memory.record_outcome(
        said.decision_id,
        outcome=Outcome(
            said.decision_id, scores={"performance": 0.4}, note="Kim", observed_at=memory._now()
        ),
    )
    report = export(memory, tmp_path / "out", anonymise="full")
    whole = (tmp_path / "out" / "events.jsonl").read_text("utf-8")
    rows = [json.loads(line) for line in whole.splitlines()]
    assert {row["kind"] for row in rows}.isdisjoint({"message", "lesson", "proposal", "tool_call"})
    text = json.dumps(rows)
    for word in ("Kim", "Jo Doe", "wants sign-in", "likes it", "is glad", "at length"):
        assert word not in text
    decisions = [row["payload"] for row in rows if row["kind"] == "decision"]
    assert [d["confidence"] for d in decisions] == [0.9, 0.4, 0.7]
    assert decisions[2]["context"] == {"clients": ["web"]}
    assert (report.left_out["message"], report.left_out["lesson"]) == (2, 1)
    assert report.hidden["text"] > 3


@pytest.mark.parametrize("level", ["partial", "full"])
def test_our_own_anonymised_export_adds_nothing_here_and_once_only_elsewhere(
    memory, tmp_path, level
):
    export(memory, tmp_path / "out", anonymise=level)
    before = tables(memory)
    report = import_(memory, tmp_path / "out", dry_run=False)
    assert (report.new, report.own_anonymised, report.conflicts) == (0, report.events, ())
    assert tables(memory) == before
    with open_memory(tmp_path / "b") as other:
        import_(other, tmp_path / "out", dry_run=False)
        once = tables(other)
        import_(other, tmp_path / "out", dry_run=False)
        assert tables(other) == once
        assert other._store.rows("SELECT DISTINCT origin FROM imported_event") == [("anonymised",)]


def test_ids_cannot_be_led_back_and_are_the_same_every_time():
    assert pseudo_id("a") == pseudo_id("a") != pseudo_id("b")
    with pytest.raises(ValueError, match="anonymise"):
        Anonymiser("some")
