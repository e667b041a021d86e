"""Exploring: what a move does, what is sent, what is saved, reopened and held to its outcome."""

from __future__ import annotations

import html
import json

import pytest

from archkit.errors import ArchkitError, SessionError
from archkit.memory.memory import Memory
from archkit.metrics import outcome_scores
from archkit.records import Decision
from archkit.tradeoffs.cell import Grade, Interval, Known, Rate, Unknown
from archkit.tradeoffs.criterion import Criterion, Load
from archkit.tradeoffs.explored import Explored
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.preference import Preference
from archkit.widgets import explore, hindsight, reopen

MOST_MESSAGES, MOST_BYTES = 2, 60_000


def matrix():
    criteria = [
        Criterion("success"),
        Criterion("security", "max", 1, 5),
        Criterion("set-up", "min", 0, 10, "h"),
        Criterion("latency", "min", 0, 100, "ms", load=Load(1.0)),
    ]
    cells = [
        [Rate.reported(0.95, 38), Grade(3), Interval(1, 6, 3), Known(10)],
        [Rate.reported(0.92, 16), Grade(5), Interval(2, 8, 4), Known(5)],
        [Rate.reported(0.7, 12), Grade(1), Unknown(), Known(1, load=Load(1.0, capacity=5))],
    ]
    return PerformanceMatrix(["A", "B <i>", "C"], criteria, cells)


def explorer(**given):
    return explore(matrix(), **{"draws": 1000} | given)


@pytest.fixture
def memory(tmp_path):
    with Memory(tmp_path / "memory.duckdb", library=False) as memory:
        yield memory


def on_a_page(shown):
    """Have the page say that it has drawn the figure, as a browser does."""
    shown._face.figure._js2py_traceDeltas = {"trace_deltas": [], "trace_edit_id": 0}
    return shown


def test_a_move_sends_two_messages_of_few_bytes_whatever_figure_is_shown(sent):
    shown = on_a_page(explorer())
    shown.move("security", 40)
    for view in shown._face.views.options:
        shown._face.views.value = view
        sent.clear()
        shown.move("security", 90 if shown.state.points["security"] < 60 else 20)
        assert len(sent) <= MOST_MESSAGES, (view, sent)
        assert sum(size for _, size in sent) <= MOST_BYTES


def test_twenty_alternatives_by_eight_criteria_stay_within_the_bytes(sent):
    criteria = [Criterion(f"criterion {n}") for n in range(8)]
    cells = [[Interval(0.01 * a, 0.5 + 0.02 * c) for c in range(8)] for a in range(20)]
    names = [f"alternative {n}" for n in range(20)]
    shown = on_a_page(explore(PerformanceMatrix(names, criteria, cells), draws=500))
    shown.move("criterion 1", 30)
    for view in shown._face.views.options:
        shown._face.views.value = view
        sent.clear()
        shown.move("criterion 1", 90 if shown.state.points["criterion 1"] < 60 else 20)
        assert sum(size for _, size in sent) <= MOST_BYTES, view


def test_the_live_figure_is_the_pure_one():
    shown = explorer()
    for view in shown._face.views.options:
        shown._face.views.value = view
        shown.move("security", 90 if shown.state.points["security"] < 60 else 20)
        live, pure = shown._face.figure.to_plotly_json(), shown.figure.to_plotly_json()
        for drawn, meant in zip(live["data"], pure["data"], strict=True):
            drawn.pop("uid")
            assert json.dumps(drawn, sort_keys=True) == json.dumps(meant, sort_keys=True), view
        assert live["layout"]["title"] == pure["layout"]["title"]
        assert live["layout"]["height"] == pure["layout"]["height"]


def test_a_move_says_so_of_weights_that_said_nothing():
    shown = explorer()
    assert shown.state.reading == "none"
    shown.move("security", 10)
    assert shown.state.reading == "about"
    assert shown._face.reading.value == "about"


def test_a_locked_weight_stays_and_the_others_share_the_rest():
    shown = explorer(
        preference=Preference.weights({"success": 2, "security": 1, "set-up": 1, "latency": 0})
    )
    shown.lock("success")
    shown.move("security", 75)
    weights = shown.state.weights
    assert weights["success"] == pytest.approx(0.5)
    assert weights["security"] == pytest.approx(0.3)
    assert sum(weights.values()) == pytest.approx(1)


def test_no_weight_at_all_is_told_and_changes_nothing():
    shown = explorer(
        preference=Preference.weights(
            dict.fromkeys(["success", "security", "set-up", "latency"], 1)
        )
    )
    for name in ("success", "security", "set-up"):
        shown.move(name, 0)
    before = shown.state
    shown.move("latency", 0)
    assert shown.state == before
    assert "No criterion counts." in shown._face.summary.value
    shown.move("latency", 5)
    assert shown.error is None


def test_equal_points_say_nothing_of_their_order():
    state = explorer().state
    assert state.moved("success", 100).preference.kind == "swing"
    tied = Explored(state.matrix, dict.fromkeys(state.points, 50.0), reading="order")
    assert tied.preference.kind == "none"
    some = Explored(
        state.matrix, dict(zip(state.points, [9, 5, 5, 1], strict=True)), reading="order"
    )
    mean = some.preference.mean(state.matrix.criteria)
    assert mean[1] == pytest.approx(mean[2])
    assert mean[0] > mean[1] > mean[3]


def test_ranks_that_moved_are_marked():
    shown = explorer(
        preference=Preference.weights({"success": 9, "security": 1, "set-up": 0, "latency": 0})
    )
    first = shown.findings.order[0]
    shown.read("exact")
    shown.move("security", 100)
    assert shown.findings.order[0] != first
    assert "▲" in shown._face.summary.value
    assert "▼" in shown._face.summary.value


def test_a_cell_is_set_as_typed_and_one_that_cannot_be_read_changes_nothing():
    shown = explorer()
    shown.edit("C", {"set-up": "2–4", "success": "11 of 12"})
    assert shown.state.matrix.cell("C", "set-up") == Interval(2, 4, provenance="stated")
    before = shown.state
    shown.edit("C", {"set-up": "3", "success": "well"})
    assert shown.state == before
    assert "well&#x27; cannot be success." in shown._face.summary.value


def test_the_form_of_cells_sets_only_what_was_changed():
    shown = explorer()
    face = shown._face
    face.cells["security"].value = "4/5"
    face._buttons["edit"].click()
    assert shown.state.matrix.cell("A", "security") == Grade(4, provenance="stated")
    assert shown.state.matrix.cell("A", "success") == matrix().cell("A", "success")
    face.alternative.value = "C"
    assert face.cells["set-up"].value == "?"


def test_ten_times_the_load_moves_what_depends_on_it():
    shown = explorer()
    before = shown.findings.profile.set_index(["alternative", "criterion"])["value"]
    shown.load(10)
    after = shown.findings.profile.set_index(["alternative", "criterion"])["value"]
    assert after["A", "latency"] < before["A", "latency"]
    assert after["C", "latency"] == 0.0
    assert after["A", "success"] == before["A", "success"]
    assert "10 × today" in shown._face.summary.value


def test_what_is_shown_is_escaped():
    shown = explorer()
    assert "B <i>" not in shown._face.summary.value
    assert "B &lt;i&gt;" in shown._face.summary.value


def test_a_saved_decision_is_reopened_exactly(memory):
    shown = explorer(memory=memory, seed=7)
    shown.move("security", 37)
    shown.lock("security")
    shown.edit("C", {"set-up": "2–3–9"})
    shown.load(5)
    decision = shown.save("A", "known to us")
    kept = memory.decision(decision.decision_id)
    again = reopen(kept)
    assert again.state == shown.state
    assert again.frame.drop(columns="rank_before").equals(shown.frame.drop(columns="rank_before"))
    assert kept.chosen == "A"
    assert {a.name for a in kept.alternatives} == {"B <i>", "C"}
    assert kept.confidence == pytest.approx((0.95 * 38 + 1) / 40)


def test_the_button_saves_what_is_chosen_and_says_so(memory):
    shown = explorer(memory=memory)
    shown._face.chosen.value = "C"
    shown._face._buttons["save"].click()
    assert shown.decisions[0].chosen == "C"
    assert shown.decisions[0].decision_id in shown._face.saved.value


def test_without_a_memory_nothing_can_be_saved():
    with pytest.raises(SessionError, match="nowhere"):
        explorer().save()
    assert explorer()._face._buttons["save"].disabled


def test_only_an_alternative_can_be_decided_for(memory):
    with pytest.raises(SessionError, match="none of the alternatives"):
        explorer(memory=memory).save("D")


@pytest.mark.parametrize("held", [{}, {"tradeoff": {"version": 9}}, {"tradeoff": {"version": 1}}])
def test_what_was_not_saved_from_an_explorer_is_not_reopened(held):
    with pytest.raises(ArchkitError):
        reopen(Decision("A", extra=held))


def test_hindsight_holds_a_decision_to_what_the_others_had_predicted(memory):
    weights = Preference.weights({"success": 1, "security": 0, "set-up": 0, "latency": 0})
    shown = explorer(memory=memory, preference=weights)
    decision = shown.save("A")
    nothing = hindsight(decision, outcome_scores(memory))
    assert nothing["realised"].isna().all()
    assert "Nothing that was weighed" in nothing.attrs["finding"]
    memory.record_outcome(decision, success=False)
    seen = hindsight(decision, outcome_scores(memory)).set_index("alternative")
    predicted_of_b = (0.92 * 16 + 1) / 18
    assert seen.loc["A", "realised"] == 0.0
    assert seen.loc["B <i>", "regret"] == pytest.approx(predicted_of_b)
    assert seen.loc["B <i>", "n"] == 1


def test_a_score_of_a_criterions_name_is_what_was_observed_of_it(memory):
    even = Preference.weights(dict.fromkeys(["success", "security", "set-up", "latency"], 1))
    decision = explorer(memory=memory, preference=even).save("A")
    memory.record_outcome(decision, scores={"Security": 1.0})
    seen = hindsight(decision, outcome_scores(memory)).set_index("alternative")
    assert seen.loc["A", "observed"] == "security"
    assert seen.loc["A", "realised"] == pytest.approx(seen.loc["A", "predicted"] + 0.25 * (1 - 0.5))


@pytest.mark.parametrize("count", [1, 2])
def test_one_alternative_or_one_criterion_can_be_explored(count):
    shown = explore(
        PerformanceMatrix(["A", "B"][:count], [Criterion("x")], [[0.5]] * count), draws=100
    )
    for view in shown._face.views.options:
        shown._face.views.value = view
        assert shown.figure.layout.title.text


def test_a_ladder_says_where_its_two_readings_disagree():
    criteria = [Criterion("testability", "max", 1, 5), Criterion("readability", "max", 1, 5)]
    rated = PerformanceMatrix(["A", "B"], criteria, [[Known(4), Known(1)], [Known(3), Known(5)]])
    shown = explore(rated, Preference.ladder(), draws=100)
    assert "testability" in shown._face.summary.value.split("as handed in")[-1]
    assert "rung" in shown._face.summary.value or "ladder" in shown._face.summary.value


def test_the_figure_takes_the_width_of_the_page_and_stays_within_the_messages(sent):
    shown = on_a_page(explorer())
    shown.move("security", 40)
    shown._face._watch.width = 480
    assert shown._face.figure.layout.width == 480
    sent.clear()
    shown.move("security", 90)
    assert len(sent) <= MOST_MESSAGES
    lines = shown._face.figure.layout.title.text.split("<br>")
    assert max(len(html.unescape(line)) for line in lines) <= 48
