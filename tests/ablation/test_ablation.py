"""On, off and placebo are told apart, nothing is written to the memory, and harm is listed."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from archkit.ablation import (
    ARMS,
    Ablation,
    Score,
    Trial,
    ablate,
    best_by_truth,
    placebo_of,
    read_trials,
)
from archkit.ablation.trials import named_first
from archkit.errors import LibraryError, SessionError
from archkit.memory.memory import Memory
from archkit.memory.simulate import simulate
from archkit.proposal.document import read_proposal
from archkit.records import Pattern

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TRIALS = (
    Trial("sign-in", "Sign-in for the staff of one hospital", "authentication", "single"),
    Trial("retry", "Retries and timeouts for outgoing calls", "resilience", "multi"),
)


def rows(*cases):
    """Rows of an ablation: each case says how on, off and placebo did."""
    return [
        {"trial": f"t{n}", "kind": "k", "tenancy": "multi", "repeat": 0, "arm": arm, "good": good}
        | {"chosen": f"{arm}-{n}", "best": "b", "forecast": 0.7, "forecast_n": 9, "why": "because"}
        for n, case in enumerate(cases)
        for arm, good in zip(ARMS, case, strict=True)
    ]


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    memory = Memory(tmp_path_factory.mktemp("year") / "archkit.duckdb", now=lambda: NOW)
    truth = simulate(memory, sessions=150, seed=2, now=NOW)
    yield memory, truth
    memory.close()


@pytest.fixture(scope="module")
def tried(year, tmp_path_factory):
    memory, truth = year
    before = memory.sql("SELECT count(*) n FROM event")["n"][0]
    scorer = best_by_truth(truth, memory.patterns(), now=NOW)
    told, workspace = [], tmp_path_factory.mktemp("project")
    settings = {"client": "offline", "workspace": workspace, "provenance": "simulated"}
    result = ablate(TRIALS, memory, scorer, progress=told.append, **settings)
    again = ablate(TRIALS, memory, scorer, **settings)
    return result, again, told, memory.sql("SELECT count(*) n FROM event")["n"][0] - before


def test_every_trial_is_tried_in_every_arm(tried):
    result, _, told, _ = tried
    assert told == ["sign-in", "retry"]
    assert result.n == 2
    assert result.frame["arm"].tolist() == [*ARMS, *ARMS]
    assert (result.frame["client"] == "offline").all()
    assert (result.frame["chosen"] != "").all()
    assert (result.frame["errors"] == 0).all()


def test_offline_the_same_trials_give_the_same_result(tried):
    result, again, *_ = tried
    pd.testing.assert_frame_equal(result.frame, again.frame)


def test_nothing_is_written_to_the_memory(tried):
    *_, written = tried
    assert written == 0


def test_only_with_the_memory_is_a_forecast_of_uses_seen_here(tried):
    result, *_ = tried
    by_arm = result.frame.groupby("arm")["forecast_n"]
    assert by_arm.max()["on"] > by_arm.max()["placebo"]
    assert by_arm.count()["off"] == 0


def test_good_is_what_the_truth_calls_best(year, tried):
    _, truth = year
    result, *_ = tried
    known = truth[(truth["kind"] == "resilience") & (truth["tenancy"] == "multi")]
    latest = known.sort_values("valid_from").drop_duplicates("slug", keep="last")
    best = latest.set_index("slug")["success_rate"].idxmax()
    here = result.frame[result.frame["trial"] == "retry"]
    assert (here["best"] == best).all()
    assert (here["good"] == (here["chosen"] == best)).all()


def test_a_placebo_is_as_large_and_says_nothing_of_software(year, tmp_path):
    memory, _ = year
    count = "SELECT count(y) n, count(DISTINCT slug) slugs, sum(y) good FROM pattern_evidence"
    own = memory.sql(f"{count} WHERE y IS NOT NULL AND used_at IS NOT NULL")
    with placebo_of(memory, tmp_path / "placebo.duckdb") as placebo:
        theirs = placebo.sql(f"{count} WHERE y IS NOT NULL AND used_at IS NOT NULL")
        pd.testing.assert_frame_equal(own, theirs)
        used = placebo.sql("SELECT DISTINCT slug FROM pattern_evidence WHERE used_at IS NOT NULL")
        assert used["slug"].str.startswith("garden-").all()
        assert placebo.query("", kind="resilience")[0].n_simulated == 0
        assert placebo.sql("SELECT * FROM orphan").empty
        found = placebo.query("Sign-in for a multi-tenant SaaS with mobile clients")
        assert not any(item.pattern.slug.startswith("garden") for item in found)
        assert memory.sql("SELECT * FROM pattern WHERE slug LIKE 'garden%'").empty


def test_comparisons_count_the_cases_that_one_arm_wins():
    result = Ablation.of(rows((1, 1, 0), (1, 0, 0), (1, 0, 1), (0, 1, 0)))
    first = result.comparisons().iloc[0]
    split = [first[name] for name in ("both", "only_first", "only_second", "neither")]
    assert split == [1, 2, 1, 0]
    assert first["difference"] == 0.25
    assert first["low"] < 0.25 < first["high"]
    assert first["p_value"] == 1.0
    assert result.comparisons()[["first", "second"]].to_numpy().tolist() == [
        ["on", "off"],
        ["on", "placebo"],
        ["placebo", "off"],
    ]


def test_harm_is_what_went_well_without_the_memory_alone():
    result = Ablation.of(rows((1, 0, 0), (0, 1, 1), (0, 0, 1)))
    [case] = result.harm().to_dict("records")
    assert case["trial"] == "t1"
    assert (case["chosen_off"], case["chosen_on"]) == ("off-1", "on-1")
    assert (case["forecast"], case["forecast_n"], case["why"]) == (0.7, 9, "because")
    assert Ablation.of(rows((1, 1, 1))).harm().empty


def test_it_shows_itself_in_a_line_and_as_a_table():
    result = Ablation.of(rows((1, 0, 0), (0, 1, 1)), provenance="simulated")
    low, high = (round(100 * result.comparisons()[end][0]) for end in ("low", "high"))
    assert repr(result) == (
        "Ablation(2 cases, simulated: did well on 50%, off 50%, placebo 50%; on less off "
        f"0 points [{low:+d}, {high:+d}], p 1.000, 1 harmed)"
    )
    shown = result._repr_html_()
    assert "Harmed by the memory: 1 of 2 cases" in shown and "<code>t1</code>" in shown
    assert "No case was harmed" in Ablation.of(rows((1, 0, 0)))._repr_html_()
    assert "simulated" in result.figure().layout.title.subtitle.text


def test_a_session_that_breaks_off_did_not_do_well(tmp_path):
    def scorer(trial, session):
        raise SessionError("The model went away.", why="It did.", mend="Try again.")

    with Memory(tmp_path / "a.duckdb") as memory:
        result = ablate(TRIALS[:1], memory, scorer, client="offline", workspace=tmp_path)
    assert not result.frame["good"].any()
    assert (result.frame["why"] == "The model went away.").all()


def test_a_scorer_of_ones_own_sees_the_session(tmp_path):
    seen = []

    def scorer(trial, session):
        seen.append((trial.id, bool(session.memory_off), bool(session.proposal)))
        return Score(not session.memory_off)

    with Memory(tmp_path / "a.duckdb") as memory:
        result = ablate(TRIALS[:1], memory, scorer, client="offline", workspace=tmp_path, repeats=2)
    assert seen == [("sign-in", arm == "off", True) for arm in (*ARMS, *ARMS)]
    assert result.n == 2
    assert result.comparisons()["difference"].tolist() == [1.0, 0.0, 1.0]


def test_the_pattern_named_first_is_the_chosen_one():
    patterns = [Pattern("jwt", "JWT"), Pattern("oauth", "OAuth2 + JWT"), Pattern("x", "Sessions")]
    text = "### 1. Executive Summary\n\nSign in by OAuth2 + JWT, not sessions.\n"
    assert named_first(read_proposal(text), patterns) == "oauth"
    assert named_first(read_proposal("### 1. Executive Summary\n\nNothing.\n"), patterns) == ""


@pytest.mark.parametrize("trials", [(), (TRIALS[0], TRIALS[0])])
def test_no_trial_or_one_twice_is_a_wrong_argument(trials, tmp_path):
    with Memory(tmp_path / "a.duckdb") as memory, pytest.raises(ValueError, match="id of its own"):
        ablate(trials, memory, lambda *_: Score(True), client="offline")


def test_the_examples_call_for_choices_that_the_library_knows():
    from archkit.library import read_library

    trials = read_trials()
    kinds = {pattern.kind for pattern in read_library().patterns}
    assert len(trials) == 24
    assert {trial.kind for trial in trials} <= kinds
    assert {trial.tenancy for trial in trials} == {"single", "multi"}


@pytest.mark.parametrize("text", ["briefs: []", "trials: [{brief: no id}]", "trials: {", "7"])
def test_a_file_of_something_else_is_refused(text, tmp_path):
    path = tmp_path / "trials.yaml"
    path.write_text(text)
    with pytest.raises(LibraryError, match="No trials can be read"):
        read_trials(path)
    with pytest.raises(LibraryError, match="No trials can be read"):
        read_trials(tmp_path / "missing.yaml")
