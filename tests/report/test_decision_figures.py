"""The figures of one session and one decision: what they draw, say, and leave out."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest

from archkit import figures
from archkit.figures.style import TOKENS

ATTACK = "<script>alert(1)</script>"


def turns(count: int, **given: object) -> pd.DataFrame:
    row = {"model": "m", "input_tokens": 1000, "output_tokens": 100, "cache_read_tokens": 0}
    row |= {"cache_write_tokens": 0, "cost_usd": 0.01, "duration_ms": 900.0, "status": "complete"}
    return pd.DataFrame([{"n": 2 * n, **row, **given} for n in range(count)])


def looks(rows: list[dict], **said: object) -> pd.DataFrame:
    columns = ["what", "score", "age_days", "horizon_days", "value", "provenance"]
    frame = pd.DataFrame(rows, columns=[*columns, "outcome_id", "observed_at"])
    facts = dict.fromkeys(("known", "low", "high", "n", "known_from", "pattern", "ci_prob"))
    facts |= {"forecast": 0.8, "due_days": 30.0, "now_days": 100.0}
    frame.attrs = {**facts, **said}
    return frame


def look(score: str, value: float | None, days: float = 40.0, **given: object) -> dict:
    told = {"what": "look", "score": score, "age_days": days, "value": value}
    told |= {"provenance": "observed", "outcome_id": "o-1"}
    return {**told, "observed_at": pd.Timestamp("2026-09-01", tz="UTC"), **given}


def rivals(*rows: tuple) -> pd.DataFrame:
    frame = pd.DataFrame(
        rows, columns=["alternative", "taken", "pattern", "forecast", "success_rate", "low", "high"]
    )
    known = frame["success_rate"].notna()
    kinds = ["observed" if one else "none" for one in known]
    return frame.assign(n=known * 9.0, provenance=kinds, ci_prob=0.9)


def said(fig) -> tuple[str, str]:
    return fig.layout.meta["title"], fig.layout.meta["subtitle"]


class TestTurns:
    def test_a_turn_that_stands_out_is_the_finding(self):
        frame = turns(5)
        frame.loc[3, "output_tokens"] = 20_000
        title, subtitle = said(figures.session_turns(frame))
        assert title == "Turn 4 of 5 took 83\u202f% of the tokens"
        assert subtitle == "n 5 turns"

    def test_what_nobody_knows_has_no_panel_and_is_said(self):
        frame = turns(2, cost_usd=None, duration_ms=None)
        fig = figures.session_turns(frame)
        assert [trace.name for trace in fig.data] == ["read", "written"]
        assert "what they cost is not known" in said(fig)[1]

    def test_a_turn_that_broke_off_is_marked(self):
        frame = turns(2)
        frame.loc[1, "status"] = "interrupted"
        fig = figures.session_turns(frame)
        assert "1 broke off" in said(fig)[1]
        assert "✕" in [note.text for note in fig.layout.annotations]

    def test_of_very_many_turns_the_last_thousand_are_drawn(self):
        fig = figures.session_turns(turns(1500))
        assert {len(trace.x) for trace in fig.data} == {1000}
        assert "the last 1,000 drawn" in said(fig)[1]

    @pytest.mark.parametrize("theme", list(TOKENS))
    def test_without_a_turn_it_says_so(self, theme):
        fig = figures.session_turns(turns(0).reindex(columns=turns(1).columns), theme=theme)
        assert "No turn of a model" in fig.layout.meta["sentence"]


class TestLooks:
    def test_a_failure_is_held_against_what_was_forecast(self):
        frame = looks([look("success", 0.0), look("speed", 0.4)])
        fig = figures.decision_looks(frame)
        assert said(fig)[0] == "It did not work by day 40; 80\u202f% had been forecast"
        assert [trace.name for trace in fig.data] == ["forecast", "success", "speed"]

    def test_without_a_success_the_mean_of_the_scores_counts(self):
        title, _ = said(figures.decision_looks(looks([look("a", 0.5), look("b", 0.7)])))
        assert title == "It scored 60\u202f% by day 40; 80\u202f% had been forecast"

    def test_more_than_six_scores_are_counted(self):
        frame = looks([look(f"score {n}", 0.5) for n in range(9)])
        fig = figures.decision_looks(frame)
        assert "+ 3 scores not drawn" in said(fig)[1]

    def test_labels_of_equal_values_do_not_meet(self):
        fig = figures.decision_looks(looks([look(name, 0.5) for name in "abcd"]))
        heights = sorted(note.y for note in fig.layout.annotations if note.xref == "paper")
        assert min(b - a for a, b in pairwise(heights)) >= 0.07

    def test_what_is_simulated_looks_and_says_so(self):
        fig = figures.decision_looks(looks([look("success", 1.0, provenance="simulated")]))
        assert "all simulated: made-up data" in said(fig)[1]
        assert fig.data[-1].marker.symbol == ("triangle-up-open",)

    def test_names_are_text(self):
        rows = [look(ATTACK, 0.5, outcome_id=ATTACK, provenance="observed")]
        fig = figures.decision_looks(
            looks(
                rows,
                known=0.5,
                low=0.4,
                high=0.6,
                n=3,
                ci_prob=0.9,
                known_from="reported",
                pattern=ATTACK,
            )
        )
        shown = [note.text for note in fig.layout.annotations]
        shown += [text for trace in fig.data for text in trace.hovertext or ()]
        assert [text for text in shown if "&lt;script&gt;" in text]
        assert not [text for text in shown if "<script" in text]

    @pytest.mark.parametrize("theme", list(TOKENS))
    def test_without_look_and_forecast_it_says_what_to_do(self, theme):
        fig = figures.decision_looks(looks([], forecast=None), theme=theme)
        assert "memory.record_outcome" in fig.layout.meta["sentence"]


class TestRivals:
    def test_only_intervals_apart_say_that_one_is_better(self):
        near = rivals(("A", True, "a", 0.8, 0.7, 0.5, 0.9), ("B", False, "b", 0.8, 0.8, 0.6, 0.95))
        assert said(figures.evidence_since(near))[0] == "What is known since does not tell A from B"
        apart = rivals(("A", True, "a", 0.8, 0.3, 0.2, 0.4), ("B", False, "b", None, 0.8, 0.6, 0.9))
        assert said(figures.evidence_since(apart))[0].startswith("B stands clear of A")

    def test_what_names_no_pattern_and_what_nobody_knows_are_told_apart(self):
        frame = rivals(
            ("A", True, "a", 0.8, 0.7, 0.5, 0.9),
            ("B", False, "b", None, None, None, None),
            ("C", False, None, None, None, None, None),
        )
        fig = figures.evidence_since(frame)
        assert [note.text for note in fig.layout.annotations] == [
            "no pattern",
            "nothing known",
            "n 9",
        ]

    @pytest.mark.parametrize("theme", list(TOKENS))
    def test_where_nothing_can_be_known_it_says_why(self, theme):
        fig = figures.evidence_since(rivals(("A", True, None, None, None, None, None)), theme=theme)
        assert "nothing can be known" in fig.layout.meta["sentence"]
