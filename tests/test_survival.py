"""How long decisions hold: against worked examples, and against what folders do not say."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit import metrics
from archkit.metrics.kaplan_meier import kaplan_meier, median_of, survival_steps

SAMPLES = Path(__file__).parents[2] / "shared" / "data" / "adr"
# Freireich et al. 1963: weeks of remission under 6-MP, the textbooks' own example
REMISSION = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
RELAPSED = [True] * 9 + [False] * 12


def adr(path, decided="2024-01-01", ended=None, status=None, **given):
    row = {"path": path, "title": path, "kind": "adr", "family": "madr", "tags": ()}
    row |= {"status": status or ("superseded" if ended else "accepted")}
    row |= {"decided_at": decided, "decided_from": "stated", "ended_at": ended}
    return row | {"ended_from": "successor" if ended else None, "last_committed_at": None} | given


def folder(*rows):
    frame = pd.DataFrame(rows)
    for name in ("decided_at", "ended_at", "last_committed_at"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    return frame


class Kept:
    """A memory into which the frame was imported."""

    def __init__(self, frame):
        self.frame = frame

    def sql(self, select, /, **params):
        assert "adr_log" in select
        return self.frame.drop(columns="kind")


class TestKaplanMeier:
    def test_the_textbook_s_table_comes_out(self):
        steps = kaplan_meier(REMISSION, RELAPSED, ci_prob=0.95)
        ends = steps[steps["ended"] > 0]
        assert ends["days"].tolist() == [6, 7, 10, 13, 16, 22, 23]
        assert ends["at_risk"].tolist() == [21, 17, 15, 12, 11, 7, 6]
        assert ends["survival_rate"].round(3).tolist() == [
            0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448,
        ]  # fmt: skip
        assert median_of(steps)[0] == 23

    def test_the_interval_is_greenwood_s_on_the_log_log_scale(self):
        steps = kaplan_meier(REMISSION, RELAPSED, ci_prob=0.95).set_index("days")
        spread = math.sqrt(3 / (21 * 18)) / abs(math.log(18 / 21))
        for name, sign in (("low", 1), ("high", -1)):
            wanted = (18 / 21) ** math.exp(sign * 1.959964 * spread)
            assert steps.loc[6, name] == pytest.approx(wanted, rel=1e-6)

    def test_before_the_first_end_the_bound_is_what_the_followed_allow(self):
        steps = kaplan_meier([5, 10, 20], [False, False, False], ci_prob=0.9)
        assert steps["survival_rate"].tolist() == [1, 1, 1, 1]
        assert steps["high"].tolist() == [1, 1, 1, 1]
        assert steps["low"].tolist() == pytest.approx(
            [0.05 ** (1 / n) for n in (3, 3, 2, 1)], rel=1e-9
        )
        medians = median_of(steps)
        assert math.isnan(medians[0])
        assert math.isnan(medians[2])

    def test_after_the_last_has_ended_nothing_is_left_and_high_does_not_rise(self):
        steps = kaplan_meier([1, 2, 3], [True, True, True])
        assert steps["survival_rate"].tolist()[-1] == 0
        assert steps["low"].tolist()[-1] == 0
        assert steps["high"].tolist()[-1] == steps["high"].tolist()[-2] < 1

    def test_one_who_is_last_seen_on_a_day_of_an_end_was_at_risk_then(self):
        steps = kaplan_meier([4, 4, 9], [True, False, False])
        assert steps.loc[1, ["at_risk", "ended", "censored"]].tolist() == [3, 1, 1]
        assert steps.loc[1, "survival_rate"] == pytest.approx(2 / 3)

    def test_an_end_on_the_first_day_counts_there(self):
        steps = kaplan_meier([0, 10], [True, False])
        assert steps["days"].tolist() == [0, 10]
        assert steps["survival_rate"].tolist() == [0.5, 0.5]

    @pytest.mark.parametrize(
        ("days", "ended", "ci_prob"),
        [([], [], 0.9), ([-1], [True], 0.9), ([math.nan], [True], 0.9), ([1], [True], 1.0),
         ([1, 2], [True], 0.9)],
    )  # fmt: skip
    def test_wrong_arguments_are_refused(self, days, ended, ci_prob):
        with pytest.raises(ValueError, match=r"give at least|at least 0|between 0 and 1"):
            kaplan_meier(days, ended, ci_prob=ci_prob)

    @given(
        st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=40),
        st.sampled_from([0.5, 0.9, 0.99]),
    )
    def test_every_curve_falls_and_lies_inside_its_interval(self, pairs, ci_prob):
        days, ended = zip(*pairs, strict=True)
        steps = kaplan_meier(days, ended, ci_prob=ci_prob)
        rate = steps["survival_rate"].to_numpy()
        assert (np.diff(rate) <= 1e-12).all()
        assert (steps["low"] <= rate + 1e-12).all()
        assert (rate <= steps["high"] + 1e-12).all()
        assert steps[["low", "high"]].stack().between(0, 1).all()
        assert steps["ended"].sum() + steps["censored"].sum() == len(pairs)
        assert survival_steps(days, ended, steps["days"]) == pytest.approx(rate)
        if not any(not e for e in ended):
            share = [np.mean(np.array(days) > day) for day in steps["days"]]
            assert rate == pytest.approx(np.array(share), abs=1e-9)


class TestSpans:
    def test_each_file_that_does_not_count_says_why(self):
        spans = metrics.decision_spans(
            folder(
                adr("0001.md"),
                adr("0002.md", status="proposed"),
                adr("0003.md", status="draft"),
                adr("0004.md", status="rejected"),
                adr("0005.md") | {"status": None},
                adr("0006.md", decided=None),
                adr("0007.md", status="deprecated"),
                adr("0008.md", ended="2023-12-31"),
                adr("0009.md", kind="template"),
                adr("0010.md", decided="2024-06-01", ended="2024-12-31"),
            )
        )
        assert spans["left_out"].fillna("").tolist() == [
            "",
            "never decided: proposed",
            "never decided: draft",
            "never held: rejected",
            "states no status",
            "no date",
            "ended, but nobody says when",
            "ended before it was made",
            "no ADR: template",
            "",
        ]
        assert spans["days"].dropna().tolist() == [365, 213]
        assert spans["ended"].tolist() == [False] * 9 + [True]

    def test_one_whose_successor_says_so_has_ended_whatever_it_says_itself(self):
        spans = metrics.decision_spans(
            folder(adr("a.md", ended="2024-03-01") | {"status": None}, adr("b.md"))
        )
        assert spans["ended"].tolist() == [True, False]
        assert spans["days"].tolist() == [60, 60]

    def test_one_with_a_successor_without_a_date_ended_on_an_unknown_day(self):
        frame = folder(
            adr("a.md", ended_by=("z.md",)),
            adr("b.md", ended_by=("z.md",)) | {"status": None},
            adr("c.md", status="partly superseded", ended_by=("z.md",)),
            adr("d.md", ended_by=()) | {"status": None},
        )
        assert metrics.decision_spans(frame)["left_out"].fillna("").tolist() == [
            "ended, but nobody says when",
            "ended, but nobody says when",
            "",
            "states no status",
        ]

    def test_superseded_in_part_still_holds_and_is_counted(self):
        frame = folder(adr("a.md", status="partly superseded"), adr("b.md", "2024-01-11"))
        assert metrics.decision_spans(frame)["ended"].tolist() == [False, False]
        assert metrics.decision_survival(frame)["n_partly"].iloc[0] == 1

    def test_a_folder_was_last_seen_at_its_last_commit(self):
        frame = folder(
            adr("a.md", last_committed_at="2024-05-01T23:59:00"),
            adr("b.md", "2024-03-01", last_committed_at="2024-03-02T00:00:00"),
        )
        assert metrics.decision_spans(frame)["days"].tolist() == [121, 61]

    def test_each_project_has_its_own_last_look(self):
        frame = folder(
            adr("a.md", project="p"),
            adr("b.md", "2024-01-31", project="p"),
            adr("c.md", project="q", last_committed_at="2025-01-01"),
        )
        assert metrics.decision_spans(frame)["days"].tolist() == [30, 0, 366]

    def test_a_given_last_look_counts_for_all_and_hides_later_ends(self):
        frame = folder(adr("a.md", ended="2024-06-01"), adr("b.md", "2024-04-01"))
        until = datetime(2024, 3, 1, 12, tzinfo=UTC)
        spans = metrics.decision_spans(frame, until=until)
        assert spans["ended"].tolist() == [False, False]
        assert spans["days"].tolist()[0] == 60
        assert spans["left_out"].tolist()[1] == "made after the last look"
        with pytest.raises(ValueError, match="no time zone"):
            metrics.decision_spans(frame, until=datetime(2024, 3, 1))  # noqa: DTZ001

    def test_what_ends_on_the_day_it_was_made_held_for_zero_days(self):
        spans = metrics.decision_spans(folder(adr("a.md", ended="2024-01-01T18:00")))
        assert (spans["days"].iloc[0], spans["ended"].iloc[0]) == (0, True)

    def test_a_frame_of_something_else_is_refused(self):
        with pytest.raises(ValueError, match="lacks path, decided_at"):
            metrics.decision_spans(pd.DataFrame({"status": []}))

    def test_the_frame_handed_in_stays_as_it_was(self):
        frame = folder(adr("a.md"))
        before = frame.copy()
        metrics.decision_survival(frame)
        pd.testing.assert_frame_equal(frame, before)


class TestDecisionSurvival:
    def test_the_curve_comes_with_its_counts(self):
        frame = folder(
            adr("a.md", ended="2024-01-11"),
            adr("b.md", ended="2024-01-21"),
            adr("c.md", last_committed_at="2024-01-31"),
            adr("d.md", status="rejected"),
        )
        curve = metrics.decision_survival(frame, ci_prob=0.8)
        assert curve["days"].tolist() == [0, 10, 20, 30]
        assert curve["survival_rate"].tolist() == pytest.approx([1, 2 / 3, 1 / 3, 1 / 3])
        assert curve["at_risk"].tolist() == [3, 3, 2, 1]
        only = curve.iloc[0]
        assert (only["n"], only["n_ended"], only["n_left_out"]) == (3, 2, 1)
        assert (only["group"], only["provenance"]) == ("all decisions", "reported")
        assert (only["median_days"], only["ci_prob"]) == (20, 0.8)
        assert str(only["first_at"]) == "2024-01-01 00:00:00+00:00"
        assert str(only["last_at"]) == "2024-01-31 00:00:00+00:00"

    def test_ends_on_unknown_days_give_bounds(self):
        frame = folder(
            adr("a.md", ended="2024-01-11"),
            adr("b.md", last_committed_at="2024-01-31"),
            adr("c.md", status="deprecated"),
        )
        curve = metrics.decision_survival(frame)
        assert curve["survival_rate"].tolist() == pytest.approx([1, 0.5, 0.5])
        assert curve["worst_rate"].tolist() == pytest.approx([2 / 3, 1 / 3, 1 / 3])
        assert curve["best_rate"].tolist() == pytest.approx([1, 2 / 3, 2 / 3])
        assert curve["n_unknown_end"].iloc[0] == 1

    @given(
        st.lists(
            st.tuples(st.integers(0, 40), st.none() | st.integers(0, 40)), min_size=2, max_size=20
        )
    )
    def test_the_curve_lies_between_its_bounds(self, lives):
        born = pd.Timestamp("2024-01-01")
        rows = [
            adr(
                f"{n}.md",
                born + pd.Timedelta(days=begun),
                None if held is None else born + pd.Timedelta(days=begun + held),
                "deprecated" if held is not None and n % 3 == 0 else None,
                last_committed_at=born + pd.Timedelta(days=60),
            )
            for n, (begun, held) in enumerate(lives)
        ]
        frame = folder(*rows)
        frame.loc[frame["status"] == "deprecated", "ended_at"] = pd.NaT
        curve = metrics.decision_survival(frame)
        assert (curve["worst_rate"] <= curve["survival_rate"] + 1e-9).all()
        assert (curve["survival_rate"] <= curve["best_rate"] + 1e-9).all()

    def test_days_that_only_a_commit_tells_are_counted(self):
        frame = folder(
            adr("a.md", ended="2024-01-11", ended_from="git"),
            adr("b.md", decided_from="git"),
            adr("c.md", ended="2024-01-12", ended_from="git", decided_from="git"),
            adr("d.md", decided="2024-01-20"),
        )
        assert metrics.decision_survival(frame)["n_git"].iloc[0] == 3

    def test_without_unknown_ends_the_bounds_are_the_curve(self):
        curve = metrics.decision_survival(folder(adr("a.md", ended="2024-01-11"), adr("b.md")))
        assert curve["worst_rate"].tolist() == curve["best_rate"].tolist()
        assert curve["worst_rate"].tolist() == curve["survival_rate"].tolist()

    def test_groups_come_by_size_and_tags_count_under_each(self):
        frame = folder(
            adr("x/a.md", tags=("db", "api")),
            adr("x/b.md", tags=("db",)),
            adr("y/c.md", "2024-01-05", tags=()),
        )
        groups = metrics.decision_survival(frame, by="tags").groupby("group", sort=False)["n"]
        assert groups.first().to_dict() == {"db": 2, "api": 1, "none": 1}
        by_folder = metrics.decision_survival(frame, by="folder").groupby("group")["n"].first()
        assert by_folder.to_dict() == {"x": 2, "y": 1}
        mine = metrics.decision_survival(frame.assign(mine=["k", "k", None]), by="mine")
        assert mine["group"].unique().tolist() == ["k", "none"]

    @pytest.mark.parametrize("by", ["kind", "colour"])
    def test_a_column_that_is_none_is_refused(self, by):
        with pytest.raises(ValueError, match="project, folder, family, tags"):
            metrics.decision_survival(folder(adr("a.md")), by=by)

    def test_nothing_that_counts_gives_an_empty_frame_of_the_same_columns(self):
        empty = metrics.decision_survival(folder(adr("a.md", status="proposed")))
        full = metrics.decision_survival(folder(adr("a.md")))
        assert empty.empty
        assert empty.dtypes.to_dict() == full.dtypes.to_dict()
        assert metrics.decision_survival(folder(adr("a.md")).iloc[:0]).empty

    def test_a_memory_into_which_adrs_were_imported_says_the_same(self):
        frame = folder(adr("a.md", ended="2024-01-11"), adr("b.md"))
        pd.testing.assert_frame_equal(
            metrics.decision_survival(Kept(frame)), metrics.decision_survival(frame)
        )

    def test_spans_once_found_are_used_again(self):
        frame = folder(adr("a.md", ended="2024-01-11"), adr("b.md"))
        spans = metrics.decision_spans(frame)
        pd.testing.assert_frame_equal(
            metrics.decision_survival(spans), metrics.decision_survival(frame)
        )
        until = datetime(2024, 1, 6, tzinfo=UTC)
        pd.testing.assert_frame_equal(
            metrics.decision_survival(spans, until=until),
            metrics.decision_survival(frame, until=until),
        )


@pytest.mark.skipif(not SAMPLES.exists(), reason="the samples are not beside the project")
def test_no_end_is_dated_in_the_samples_and_that_is_what_is_said():
    from archkit.decisions.adrs import read_adrs

    frames = [read_adrs(path, git=False) for path in sorted(SAMPLES.iterdir()) if path.is_dir()]
    spans = [metrics.decision_spans(frame) for frame in frames]
    curve = metrics.decision_survival(pd.concat(spans, ignore_index=True))
    assert (curve["survival_rate"] == 1).all()
    assert curve["n"].iloc[0] + curve["n_left_out"].iloc[0] == sum(map(len, frames))
    assert curve["n_unknown_end"].iloc[0] == 1
    assert curve["worst_rate"].iloc[0] < 1
