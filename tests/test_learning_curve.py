"""Whether work gets better as a memory learns is told with its n, its interval, its provenance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from archkit import figures, metrics
from archkit.ablation import ARMS, Ablation, ablate_years, learning_curve
from archkit.ablation.trials import Trial
from archkit.memory.memory import Memory
from archkit.memory.truth import draw_truth
from archkit.metrics.paired import paired_difference, share_difference
from archkit.metrics.scope import Scope
from archkit.records import Decision, Pattern

NOW = datetime(2026, 6, 1, tzinfo=UTC)
BEGAN = NOW - timedelta(days=100)


def held(path, plan, source="team"):
    """Make a memory of sessions, a decision a day each: (memory on, went well or None)."""
    now = [BEGAN]
    memory = Memory(path, library=False, now=lambda: now[0])
    memory.record_pattern(Pattern("jwt", "JWT", kind="sign-in", status="active"))
    for day, (on, well) in enumerate(plan):
        now[0] = BEGAN + timedelta(days=day)
        told = {"aml_enabled": on, "title": "t", "brief": "b", "client": "c"}
        memory.append("session_started", told, session_id=f"s{day}", agent="ann")
        made = memory.record_decision(
            Decision(
                "jwt",
                kind="sign-in",
                patterns=("jwt",),
                agent="ann",
                decided_at=now[0],
                session_id=f"s{day}",
            )
        )
        if well is not None:
            now[0] += timedelta(hours=1)
            memory.record_outcome(made.decision_id, success=well, source=source)
    now[0] = NOW
    return memory


def test_shares_are_of_the_arm_and_the_step_they_stand_at(tmp_path):
    plan = [(day % 2 == 0, day % 2 == 0 or day < 6) for day in range(24)]
    with held(tmp_path / "m.duckdb", plan) as memory:
        frame = metrics.learning_curve(memory, now=NOW)
        early, late = frame[frame["arm"] == "on"].to_dict("records")
        assert [early["learned_low"], early["learned_high"]] == [0, 10]
        assert [late["learned_low"], late["learned_high"]] == [12, 22]
        assert (early["share"], late["share"], early["n"], late["n"]) == (1, 1, 6, 6)
        off = frame[frame["arm"] == "off"]
        assert off["share"].tolist() == [0.5, 0.0]
        assert off["difference"].isna().all()
        expected = share_difference(6, 6, 3, 6)
        assert (early["difference"], early["difference_low"], early["difference_high"]) == (
            pytest.approx(expected)
        )
        assert late["low"] > 0.7 and late["high"] == 1
        assert set(frame["provenance"]) == {"observed"}
        early = metrics.learning_curve(memory, now=BEGAN + timedelta(days=11.5))
        assert early["n"].sum() == 12
        whole = metrics.learning_curve(memory, now=NOW)
        ours = metrics.learning_curve(Scope(since=BEGAN + timedelta(days=12)).of(memory), now=NOW)
        assert ours["n"].sum() == 12
        assert ours["learned_low"].min() == 12  # of all there was before
        assert whole["n"].sum() == 24


def test_what_nobody_looked_at_or_only_reports_does_not_count(tmp_path):
    with held(tmp_path / "a.duckdb", [(True, None)] * 3) as memory:
        assert metrics.learning_curve(memory, now=NOW).empty
    with held(tmp_path / "b.duckdb", [(True, True)] * 3, source="reported") as memory:
        assert metrics.learning_curve(memory, now=NOW).empty
    with held(tmp_path / "c.duckdb", [(True, True)], source="simulated") as memory:
        assert metrics.learning_curve(memory, now=BEGAN + timedelta(minutes=30)).empty
        [row] = metrics.learning_curve(memory, now=NOW).to_dict("records")
        assert row["provenance"] == "simulated"
        assert np.isnan(row["difference"])
        fig = figures.learning_curve(metrics.learning_curve(memory, now=NOW))
        assert fig.layout.meta["title"] == (
            "Nothing to compare: the memory was on in every session"
        )
        assert "simulated" in fig.layout.meta["subtitle"]


def tried(known, on, off, placebo=(0, 0, 0, 0)):
    good = {"on": on, "off": off, "placebo": placebo}
    rows = [
        {"trial": f"t{n}", "repeat": 0, "arm": arm, "good": good[arm][n]}
        for n in range(len(on))
        for arm in ARMS
    ]
    return Ablation.of(rows, provenance="simulated", learned_from=known)


def test_trials_are_compared_brief_by_brief():
    many = learning_curve([tried(90, (1, 1, 1, 0), (1, 0, 0, 1)), tried(0, (0, 1, 0, 0), (0,) * 4)])
    assert list(many["arm"]) == ["on", "on", "placebo", "placebo", "off", "off"]
    assert list(many["learned_from"]) == [0, 90] * 3
    assert many["paired"].all()
    row = many.iloc[1]
    told = [row[name] for name in ("difference", "difference_low", "difference_high")]
    assert told == pytest.approx(paired_difference(1, 2, 1, 0))
    assert (row["share"], row["n"], row["of"]) == (0.75, 4, "briefs")
    assert many["difference"].isna().tolist() == [False] * 4 + [True] * 2
    nothing = learning_curve([tried(None, (1,), (1,), (1,))])
    assert nothing.empty
    assert list(nothing.columns) == list(many.columns)


def test_memories_of_one_made_up_world_learn_from_more_and_more(tmp_path):
    with Memory(tmp_path / "m.duckdb") as memory:
        there = {p.kind: [] for p in memory.patterns() if p.kind}
        for pattern in memory.patterns():
            if pattern.kind:
                there[pattern.kind].append(pattern.slug)
    kinds = {kind: slugs for kind, slugs in there.items() if len(slugs) > 1}
    truth = draw_truth(kinds, seed=1, now=NOW)
    trial = Trial("retry", "Make the payment calls survive a slow provider", "resilience")
    told = []
    results = ablate_years(
        [trial],
        truth,
        sessions=(1, 9),
        now=NOW,
        client="offline",
        workspace=tmp_path,
        progress=told.append,
    )
    assert told == ["retry", "retry"]
    few, many = (result.learned_from for result in results)
    assert few < many
    frame = learning_curve(results)
    assert set(frame["provenance"]) == {"simulated"}
    assert frame["learned_from"].unique().tolist() == [few, many]
    given = {"sessions": (3,), "now": NOW, "client": "offline", "workspace": tmp_path}
    [beside] = ablate_years([trial], truth, beside=results[1], **given)
    assert sorted(beside.frame["arm"]) == ["off", "on"]
    assert few < beside.learned_from < many
    assert beside.good["off"].tolist() == results[1].good["off"].tolist()
    assert len(beside.comparisons()) == 1
    assert "off" in repr(beside) and "placebo" not in repr(beside)
    curve = learning_curve([beside, results[1]])
    assert list(curve["arm"]) == ["on", "on", "placebo", "off", "off"]
    assert curve["difference"].notna().tolist() == [True, True, True, False, False]
    assert "placebo" in {trace.name for trace in figures.learning_curve(curve).data}
    other = Trial("cache", trial.brief, trial.kind)
    with pytest.raises(ValueError, match="other trials"):
        ablate_years([other], truth, beside=results[1], **given)


def test_the_figure_draws_each_arm_by_a_dash_of_its_own_and_names_it_at_its_end():
    frame = learning_curve([tried(0, (0, 0, 0, 1), (0,) * 4), tried(90, (1,) * 4, (0,) * 4)])
    for theme in ("light", "dark"):
        fig = figures.learning_curve(frame, theme=theme)
        arms = {trace.name: trace for trace in fig.data}
        dashes = [arms[name].line.dash for name in ("memory on", "placebo", "memory off")]
        assert dashes == ["solid", "dot", "dash"]
        named = [note for note in fig.layout.annotations if note.xref == "paper"]
        assert {n.text for n in named} == {"<b>memory on</b>", "placebo", "memory off"}
        heights = sorted(note.y for note in named)
        assert min(np.diff(heights)) > 0.07
        assert max(heights) <= 1.001
    assert fig.layout.meta["title"].startswith(
        "With the memory, 100 points more of the briefs went well once it knew 90 outcomes"
    )
    one = figures.learning_curve(frame[frame["learned_from"] == 0])
    assert "interval of the difference" not in {trace.name for trace in one.data}
    assert one.layout.meta["title"].startswith("With 0 outcomes known, it cannot be told")
    worse = frame.assign(**{f"difference{end}": -0.3 for end in ("", "_low", "_high")})
    assert "30 points fewer" in figures.learning_curve(worse).layout.meta["title"]


def test_shares_that_have_nothing_to_do_with_each_other_differ_by_newcombes_interval():
    assert share_difference(56, 70, 48, 80, ci_prob=0.95) == pytest.approx(
        (0.2, 0.0524, 0.3339), abs=5e-5
    )
    with pytest.raises(ValueError, match="no case"):
        share_difference(0, 0, 1, 2)
    with pytest.raises(ValueError, match="ci_prob"):
        share_difference(1, 2, 1, 2, ci_prob=1)
