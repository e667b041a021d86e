"""The report of one decision: its looks, its horizons, its rivals, its record, where it is from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from report_text import body, visible

from archkit.decisions.adr_import import import_adrs
from archkit.errors import ReportError
from archkit.memory.exchange import export
from archkit.memory.exchange_import import import_
from archkit.memory.lifecycle import set_status
from archkit.memory.memory import Memory
from archkit.memory.snapshot import snapshot
from archkit.records import Alternative, Decision, Measurement, Pattern, Reported
from archkit.report.decision_report import read, write
from archkit.report.page import as_page

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ATTACK = "<script>alert(1)</script>"


@pytest.fixture
def memory(memory):
    """A memory that holds two patterns of somebody's."""
    for slug, rate in (("tokens", 0.9), ("cookies", 0.8)):
        reported = Reported(rate, 20, "card")
        memory.record_pattern(Pattern(slug, slug.title(), kind="auth", reported=reported))
    return memory


def decide(memory: Memory, days_ago: float = 100, **given: object) -> Decision:
    facts = {
        "chosen": "Tokens",
        "title": "How do people sign in?",
        "kind": "auth",
        "rationale": "stateless",
        "alternatives": (
            Alternative("Cookies", pattern="cookies", predicted=0.8, why_not="sticky"),
            Alternative("Nothing"),
        ),
        "patterns": ("tokens",),
        "confidence": 0.85,
        "agent": "backend-architect",
        "project": "shop",
        "decided_at": NOW - timedelta(days=days_ago),
    }
    return memory.record_decision(Decision(**{**facts, **given}))


def look(memory: Memory, decision: Decision, after: float, **given: object) -> None:
    at = decision.decided_at + timedelta(days=after)
    memory.record_outcome(decision, observed_at=at, **{"success": True, **given})


def document(memory: Memory, **given: object):
    with snapshot(memory) as state:
        return write(read(state, NOW, **given))


class TestHeldToItsForecast:
    def test_each_look_stands_beside_the_forecast_and_a_horizon_without_one_is_a_gap(self, memory):
        decision = decide(memory)
        look(memory, decision, 95, scores={"speed": 0.6}, would_repeat=False, note="slow keys")
        made = document(memory)
        worked = body(made, "worked")
        assert "It worked by day 95; 85 % had been forecast" in worked
        assert "n 1 look at one decision, no interval" in worked
        assert "band: Tokens when deciding, 90 % interval" in worked
        assert "95 days after); it worked; would not be repeated; slow keys ● observed" in worked
        held = made.frames["looks"]
        assert held["what"].tolist() == ["missing", "look", "look", "ahead"]
        assert held["age_days"].tolist() == [30.0, 95.0, 95.0, 365.0]
        horizons = body(made, "horizons")
        assert "success nobody looked 100 % ● observed not yet" in horizons
        assert "speed nobody looked 60 % ● observed not yet" in horizons
        tiles = visible(made.before)
        assert "Forecast 85 % stated when deciding; known then" in tiles
        assert "Missed by 15 points Brier 0.02; one decision proves nothing" in tiles
        assert "Held 100 days held for 100 days so far" in tiles
        assert "Looks 1 none at 30 days" in tiles

    def test_a_decision_nobody_looked_at_says_since_when_a_look_is_due(self, memory):
        decide(memory)
        made = document(memory)
        assert "Nobody has looked: a look has been due for 70 days" in body(made, "worked")
        assert "a look was due on 17 September 2026" in body(made, "worked")
        assert "overdue by 70 days, due 17 Sep 2026" in visible(made.before)
        assert "No look has named a score yet" in body(made, "horizons")

    def test_before_it_is_due_the_first_look_is_announced(self, memory):
        decide(memory, days_ago=10)
        made = document(memory)
        assert "A first look is due in 20 days" in body(made, "worked")
        assert "first due 16 Dec 2026" in visible(made.before)

    def test_without_forecast_pattern_or_look_there_is_still_a_page(self, memory):
        memory.record_decision(Decision("Bare", decided_at=NOW - timedelta(days=2)))
        made = document(memory)
        assert "Say what came of it with memory.record_outcome" in body(made, "worked")
        assert "No alternative was recorded" in body(made, "alternatives")
        assert "names no pattern" in body(made, "evidence")
        assert "in no session: recorded by itself" in body(made, "decided")
        assert "<h1>Bare</h1>" in as_page(made)

    def test_a_look_that_does_not_say_how_it_went_is_listed_and_counts_for_its_horizon(
        self, memory
    ):
        look(memory, decide(memory, days_ago=40), 30, success=None, note="not clear yet")
        made = document(memory)
        assert "Somebody looked, but did not say how it went" in body(made, "worked")
        assert "whether it worked is not said; not clear yet" in body(made, "worked")
        assert "Looks 1 none missing" in visible(made.before)

    def test_measurements_and_lessons_of_it_are_shown(self, memory):
        decision = decide(memory)
        memory.record_measurement(Measurement("sign in", 12, 3, decision_id=decision.decision_id))
        memory.record_lesson("Rotate the keys.", decision_id=decision.decision_id)
        worked = body(document(memory), "worked")
        assert "sign in" in worked
        assert "75 %" in worked
        assert "Rotate the keys." in worked


class TestWhatWasKnown:
    def test_evidence_then_leaves_out_what_was_seen_later(self, memory):
        early = decide(memory, days_ago=300)
        look(memory, early, 30, success=False)
        look(memory, early, 250, success=True)
        late = decide(memory, days_ago=100)
        look(memory, late, 60, success=True)
        [row] = document(memory, decision=late.decision_id).frames["patterns"].to_dict("records")
        assert (row["n_then"], row["n_now"]) == (21.0, 22.0)
        assert row["success_rate_then"] < row["success_rate_now"]
        [first] = document(memory, decision=early.decision_id).frames["patterns"].to_dict("records")
        assert (first["n_then"], first["provenance_then"]) == (20.0, "reported")
        assert first["provenance_now"] == "observed + reported"

    def test_what_was_said_of_a_pattern_later_was_not_known_then(self, memory):
        decision = decide(memory, days_ago=100)
        for n in range(3):
            look(memory, decide(memory, days_ago=90 - n), 10, success=False)
        set_status(memory, "tokens", "retired", reason="replays")
        told = document(memory, decision=decision.decision_id)
        [row] = told.frames["patterns"].to_dict("records")
        assert (row["status_then"], row["status_now"]) == ("candidate", "retired")
        [now] = document(memory, decision="last").frames["patterns"].to_dict("records")
        assert now["status_then"] == "candidate"

    def test_alternatives_have_what_is_known_of_them_since_with_interval_n_and_provenance(
        self, memory
    ):
        decide(memory)
        other = decide(memory, days_ago=90, chosen="Cookies", patterns=("cookies",))
        look(memory, other, 30, success=False)
        made = document(memory, decision="last")
        assert made.title == "How do people sign in?: Cookies"
        first = list(memory.sql("SELECT decision_id FROM decision")["decision_id"])
        made = document(memory, decision=next(k for k in first if k != other.decision_id))
        rivals = made.frames["alternatives"].set_index("alternative")
        assert rivals["n"].fillna(0).tolist() == [20.0, 21.0, 0.0]
        assert rivals.loc["Cookies", "provenance"] == "observed + reported"
        assert rivals.loc["Cookies", "low"] < rivals.loc["Cookies", "success_rate"]
        shown = body(made, "alternatives")
        assert "does not tell Tokens from Cookies" in shown
        assert "nobody tried the others here" in shown
        assert "sticky" in shown


class TestWhereItIsFrom:
    def test_the_record_is_rendered_as_madr_without_its_block(self, memory):
        look(memory, decide(memory), 30)
        record = body(document(memory), "record")
        assert "Chosen option: &quot;Tokens&quot;, because stateless" in record.replace(
            '"', "&quot;"
        )
        assert "Forecast when decided: 85%" in record
        assert "json archkit" not in record
        assert "status: accepted" in record

    def test_it_is_linked_to_what_it_supersedes_and_what_supersedes_it(self, memory):
        old = decide(memory, days_ago=400)
        new = decide(memory, title="A new way", extra={"supersedes": [old.decision_id]})
        made = document(memory, decision=old.decision_id)
        assert "superseded by A new way , 18 August 2026" in body(made, "decided")
        assert "held for 300 days, until 18 August 2026" in made.lede
        assert "superseded by A new way" in body(made, "record")
        made = document(memory, decision=new.decision_id)
        assert "supersedes How do people sign in?" in body(made, "decided")

    def test_the_turn_in_which_it_was_made_is_named_with_what_was_said(self, memory):
        filed = {"session_id": "s-1", "agent": "a", "project": "shop"}
        memory.append("session_started", {"title": "Sign in", "brief": "Sign in"}, **filed)
        memory.append("message", {"n": 7, "role": "assistant", "text": "Take tokens."}, **filed)
        decide(memory, session_id="s-1")
        memory.append("message", {"n": 8, "role": "assistant", "text": "Afterwards."}, **filed)
        told = body(document(memory), "decided")
        assert "after no. 7 of the session “Sign in”, the architect's" in told
        assert "Take tokens." in told
        assert "Afterwards." not in told

    def test_a_simulated_decision_says_so_everywhere(self, memory):
        decision = decide(memory, extra={"source": "simulated"})
        look(memory, decision, 30, source="simulated")
        made = document(memory)
        assert made.title.endswith("(simulated)")
        assert "simulated: made-up data" in made.lede
        assert "This decision is simulated" in visible(made.before)
        assert "△ simulated" in body(made, "decided")
        assert "simulated: made-up data" in body(made, "worked")
        assert "△ simulated" in body(made, "horizons")
        assert "This decision is simulated" in body(made, "record")

    def test_an_imported_decision_is_reported_everywhere_and_never_observed(self, memory, tmp_path):
        look(memory, decide(memory), 30)
        export(memory, tmp_path / "out")
        with Memory(tmp_path / "other" / "archkit.duckdb", library=False) as other:
            import_(other, tmp_path / "out", dry_run=False)
            made = document(other)
        assert made.title.endswith("(imported)")
        assert "reported by " in made.lede
        assert "none of them was observed here" in visible(made.before)
        told = " ".join(body(made, each.name) for each in made.sections)
        assert "● observed" not in told
        assert "◇ reported" in body(made, "worked")
        assert "(imported, team)" in body(made, "record")

    def test_a_record_from_a_file_is_shown_as_reported_with_how_long_it_held(
        self, memory, tmp_path
    ):
        folder = tmp_path / "shop" / "docs" / "adr"
        folder.mkdir(parents=True)
        one = (
            "# 1. Use REST\n\nDate: 2025-01-10\n\n## Status\n\nSuperseded by 2\n\n## Context\n\nA."
        )
        one += f"\n\n## Decision\n\nWe use REST. {ATTACK}\n"
        two = "# 2. Use GraphQL\n\nDate: 2026-01-10\n\n## Status\n\nAccepted\n\n## Context\n\nB."
        (folder / "0001-use-rest.md").write_text(one, "utf-8")
        (folder / "0002-use-graphql.md").write_text(two + "\n\n## Decision\n\nGraphQL.\n", "utf-8")
        import_adrs(memory, folder, project="shop", git=False, dry_run=False)
        path = memory.sql("SELECT path FROM adr_log ORDER BY path")["path"].iloc[0]
        made = document(memory, decision=path)
        assert made.title == "Use REST (imported record)"
        assert "reported, not observed here · held for 365 days" in made.lede
        assert "Nothing of it was observed here" in visible(made.before)
        assert "We use REST." in body(made, "record")
        assert "0002-use-graphql.md" in body(made, "decided")
        assert ATTACK not in as_page(made)


class TestNaming:
    def test_an_unknown_decision_is_refused_with_the_nearest_and_how_to_list_all(self, memory):
        decision = decide(memory)
        with pytest.raises(ReportError) as error:
            document(memory, decision="how do people sign up")
        assert error.value.what == (
            "The memory knows no decision or decision record 'how do people sign up'."
        )
        assert decision.decision_id in error.value.why
        assert "decision_log" in error.value.mend

    def test_a_beginning_that_two_share_is_refused_and_both_are_named(self, memory):
        for n in (1, 2):
            decide(memory, decision_id=f"same-beginning-{n}")
        with pytest.raises(ReportError) as error:
            document(memory, decision="same-beg")
        assert "same-beginning-1" in error.value.why
        assert "same-beginning-2" in error.value.why

    def test_a_memory_without_decisions_says_how_to_take_one(self, memory):
        with pytest.raises(ReportError) as error:
            document(memory)
        assert "session.decide(…)" in error.value.mend

    def test_names_are_text_wherever_they_stand(self, memory):
        decision = decide(
            memory,
            chosen=ATTACK,
            title=ATTACK,
            rationale={"why": ATTACK},
            context={"key": ATTACK},
            alternatives=(Alternative(ATTACK, why_not=ATTACK),),
            agent=ATTACK,
        )
        look(memory, decision, 30, scores={ATTACK: 0.5}, note=ATTACK)
        assert ATTACK not in as_page(document(memory))
