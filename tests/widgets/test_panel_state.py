import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.widgets.panel_state import VIEWS, PanelState, enabled, told, view_after

STEPS = ("open", "brief", "answer", "propose", "draft", "decide", "outcome")
STAGES = ("new", "questions", "proposed", "decided")
STATES = st.builds(
    PanelState,
    stage=st.sampled_from(STAGES),
    busy=st.sampled_from(("", *STEPS)),
    doing=st.sampled_from(("", "The architect is writing …")),
    cancelling=st.booleans(),
    broken=st.sampled_from(("", "brief", "propose")),
    began=st.booleans(),
    waiting=st.integers(0, 2),
    outcomes=st.booleans(),
    closed=st.booleans(),
)


@pytest.mark.parametrize(
    ("state", "works"),
    [
        (PanelState(), {"open", "start", "brief"}),
        (PanelState(began=True, broken="brief"), {"open", "start", "retry"}),
        (PanelState("questions", began=True), {"open", "questions", "answer", "propose"}),
        (
            PanelState("proposed", began=True, broken="propose"),
            {"open", "questions", "answer", "propose", "decisions", "draft", "decide", "retry"},
        ),
        (
            PanelState("decided", began=True, outcomes=True),
            {"open", "questions", "answer", "propose", "decisions", "draft", "decide"}
            | {"outcomes", "outcome"},
        ),
        (PanelState(busy="brief"), {"cancel"}),
        (PanelState(busy="brief", cancelling=True), set()),
        (
            PanelState("questions", busy="propose", waiting=1),
            {"cancel", "allow", "allow_always", "deny", "why_not"},
        ),
        (PanelState("questions", closed=True), set()),
    ],
)
def test_each_stage_switches_on_what_makes_sense_in_it(state, works):
    assert enabled(state) == works | {"view"}


@given(STATES)
def test_nothing_but_stopping_and_leave_works_while_a_step_runs(state):
    works = enabled(state)
    assert "view" in works
    if state.busy or state.closed:
        assert works <= {"view", "cancel", "allow", "allow_always", "deny", "why_not"}
    else:
        assert not works & {"cancel", "allow", "allow_always", "deny"}


@given(STATES)
def test_it_always_says_in_one_line_what_is_going_on(state):
    assert told(state)
    assert "\n" not in told(state)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (PanelState(), "Say what is to be built, then start."),
        (PanelState(busy="brief"), "The architect reads the project and asks the memory …"),
        (
            PanelState(busy="brief", doing="The architect is writing …"),
            "The architect is writing …",
        ),
        (PanelState(busy="propose", waiting=2), "The architect asks for your leave (1 of 2)."),
        (PanelState(busy="brief", cancelling=True), "Stopping; what was said so far is kept …"),
        (PanelState(broken="brief"), "That did not end well. Retry goes on from where it stopped."),
        (PanelState(closed=True), "This panel is closed; what was said is in the memory."),
    ],
)
def test_the_status_says_the_most_urgent(state, words):
    assert told(state) == words


@pytest.mark.parametrize(
    ("step", "stage", "view"),
    [
        ("brief", "questions", "Questions"),
        ("propose", "proposed", "Proposal"),
        ("decide", "decided", "Decide"),
        ("open", "new", "Brief"),
        ("open", "questions", "Questions"),
        ("open", "proposed", "Proposal"),
        ("open", "decided", "Decide"),
    ],
)
def test_after_a_step_what_came_of_it_is_shown(step, stage, view):
    assert view_after(step, stage) == view
    assert view in VIEWS
