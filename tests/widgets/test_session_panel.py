import json
import threading

import anyio
import httpx2
import pytest
from scripted_client import PROPOSAL, Server, answer, text, use

from archkit.architect.permission import Verdict
from archkit.errors import SessionError
from archkit.memory.memory import Memory
from archkit.metrics import outcome_scores
from archkit.widgets import session_panel
from archkit.widgets.panel_state import PanelState

SOON_S = 20.0
BRIEF = "Stop the N+1 queries in the posts API"
QUESTIONS = [
    {
        "key": "api_style",
        "text": "Which API?",
        "why": "It matters.",
        "options": ["REST", "GraphQL"],
    },
    {"key": "staleness_s", "text": "How stale?"},
]
ASKS = use("ask_questions", "toolu_ask", questions=QUESTIONS)


@pytest.fixture
def panels(tmp_path):
    """Make panels over a scripted server; each is closed at the end, and no thread is left."""
    made = []
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "README.md").write_text("# Shop\n\nSells posts.\n", encoding="utf-8")

    def make(*answers, memory=None, **settings):
        server = Server(*answers)
        given = {"client": server.client(), "workspace": folder, "max_repairs": 0} | settings
        panel = session_panel(memory, **given)
        panel.server = server
        made.append(panel)
        return panel

    yield make
    for panel in made:
        panel.close()
    names = {thread.name for thread in threading.enumerate()}
    assert not {name for name in names if name.startswith("archkit-panel")}


@pytest.fixture
def memory(tmp_path):
    with Memory(tmp_path / "memory.duckdb", library=False) as memory:
        yield memory


def pressed(panel, *names):
    """Press buttons one after another, as a browser would, and wait for what each does."""
    for name in names:
        button_of(panel, name).click()
        panel.wait()


def button_of(panel, label):
    [found] = [made for made in all_of(panel.widget) if getattr(made, "description", "") == label]
    return found


def all_of(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from all_of(child)


def labelled(panel, label):
    return button_of(panel, label)


def shown(panel):
    """Return all HTML of the views that can be seen."""
    return "\n".join(visible(panel.widget))


def visible(widget):
    if widget.layout.display == "none":
        return
    if type(widget).__name__ == "HTML":
        yield widget.value
    for child in getattr(widget, "children", ()):
        yield from visible(child)


def briefed(panel):
    labelled(panel, "Brief").value = BRIEF
    pressed(panel, "Start")
    return panel


def hanging(*blocks, until):
    """Return an answer that stops coming after so many events, and what is set when it does."""
    came = threading.Event()

    async def hang():
        came.set()
        await anyio.sleep(SOON_S)

    return answer(*blocks, until=until, fault=hang), came


def test_a_new_panel_waits_for_a_brief(panels):
    panel = panels()
    assert panel.state == PanelState()
    assert "Say what is to be built, then start." in shown(panel)
    assert not button_of(panel, "Start").disabled
    for name in ("Cancel", "Retry", "Propose a design", "Record the decision", "Allow once"):
        assert button_of(panel, name).disabled, name
    assert repr(panel) == "SessionPanel(Session('backend-architect', new, claude, memory off))"


def test_every_control_has_a_label(panels):
    panel = briefed(panels(answer(text("Hm."), ASKS)))
    for made in all_of(panel.widget):
        if hasattr(made, "description") and type(made).__name__ != "HTML":
            assert made.description.strip(), made


def test_from_the_brief_to_the_decision(panels):
    panel = panels(answer(text("Two things."), ASKS), answer(text("I write."), text(PROPOSAL)))
    briefed(panel)
    assert (panel.error, panel._face.view) == (None, "Questions")
    assert "Which API?" in shown(panel)
    button_of(panel, "GraphQL").click()
    assert labelled(panel, "Answer 1").value == "GraphQL"
    labelled(panel, "In your own words").value = "Phones, too."
    pressed(panel, "Propose a design")
    assert (panel.error, panel._face.view) == (None, "Proposal")
    sent = str(panel.server.bodies[-1]["messages"])
    assert "GraphQL" in sent
    assert "Phones, too." in sent
    assert labelled(panel, "In your own words").value == ""
    assert "7 of 7 sections" in shown(panel)
    labelled(panel, "What you take").value = "DataLoader"
    labelled(panel, "Over what else").value = "Joins: n rows a post"
    labelled(panel, "How sure").value = "80 %"
    pressed(panel, "Record the decision")
    [decision] = panel.session.decisions
    assert (decision.chosen, decision.confidence) == ("DataLoader", 0.8)
    assert [(a.name, a.why_not) for a in decision.alternatives] == [("Joins", "n rows a post")]
    assert "Decided so far" in shown(panel)
    assert labelled(panel, "What you take").value == ""  # it is not recorded twice
    assert panel.session.stage == "decided"


def test_the_view_is_chosen_before_its_text_is_shown_so_that_a_click_since_stays(panels):
    panel = panels(answer(text("Two things."), ASKS), answer(text(PROPOSAL)))
    briefed(panel)
    views = []
    panel._face.proposal.observe(lambda _: views.append(panel._face.view), names="value")
    pressed(panel, "Propose a design")
    assert views[-1] == panel._face.view == "Proposal"


def test_text_is_shown_while_it_is_written_and_busy_controls_are_off(panels):
    coming, came = hanging(text("The posts API loads each author. " * 3), until=8)
    panel = panels(coming)
    labelled(panel, "Brief").value = BRIEF
    painted = threading.Event()  # the first piece alone may be painted before the others come
    panel._face._text.children[0].observe(
        lambda change: "The posts API" in change["new"] and painted.set(), names="value"
    )
    button_of(panel, "Start").click()
    assert came.wait(SOON_S)
    assert painted.wait(SOON_S)
    assert panel.state.busy == "brief"
    assert "The posts API" in shown(panel)
    assert button_of(panel, "Start").disabled
    assert labelled(panel, "Brief").disabled
    assert not button_of(panel, "Cancel").disabled
    button_of(panel, "Start").click()  # which does nothing
    pressed(panel, "Cancel")
    assert panel.timings.first_shown_ms is not None


def test_cancel_keeps_what_was_said_and_retry_goes_on(panels):
    coming, came = hanging(text("The posts API loads each author. " * 3), until=8)
    panel = panels(coming, answer(text("Now then."), ASKS))
    labelled(panel, "Brief").value = BRIEF
    button_of(panel, "Start").click()
    assert came.wait(SOON_S)
    pressed(panel, "Cancel")
    assert panel.error.what == "The turn was stopped; its text so far is kept."
    assert "Why: It was cancelled." in shown(panel)
    assert "Traceback" not in shown(panel)
    assert "architect (interrupted)" in shown(panel)
    assert panel.timings.cancel_ms is not None
    assert panel.state.broken == "brief"
    pressed(panel, "Retry")
    assert (panel.error, panel.state.broken) == (None, "")
    assert panel.session.stage == "questions"
    assert len([m for m in panel.server.bodies[-1]["messages"] if m["role"] == "user"]) == 1


def test_a_cancel_that_comes_before_the_request_stops_it_all_the_same(panels):
    held, go = threading.Event(), threading.Event()
    panel = panels(hanging(text("Hm. " * 20), until=6)[0])
    start = panel.session._start

    def slow_start(brief):  # as if the project were huge
        held.set()
        assert go.wait(SOON_S)
        start(brief)

    panel.session._start = slow_start
    labelled(panel, "Brief").value = BRIEF
    button_of(panel, "Start").click()
    assert held.wait(SOON_S)
    panel.cancel()
    assert "Stopping" in shown(panel)
    go.set()
    panel.wait()
    assert panel.error.why == "It was cancelled."


def test_a_write_waits_for_leave_and_happens_when_it_is_given(panels, tmp_path):
    note = use("Write", "toolu_w", file_path="docs/loader.md", content="# Loader\n")
    panel = panels(answer(text("Hm."), ASKS), answer(note), answer(text(PROPOSAL)))
    briefed(panel)
    asked = waits_for_leave(panel)
    button_of(panel, "Propose a design").click()
    assert asked.wait(SOON_S)
    assert "Create docs/loader.md" in shown(panel)
    assert "# Loader" in shown(panel)
    assert not (tmp_path / "shop" / "docs").exists()
    assert not button_of(panel, "Allow once").disabled
    pressed(panel, "Allow once")
    assert panel.error is None
    assert (tmp_path / "shop" / "docs" / "loader.md").read_text() == "# Loader\n"
    assert "Create docs/loader.md" not in shown(panel)


def test_what_is_denied_is_not_done_and_the_architect_is_told_why(panels, tmp_path):
    note = use("Write", "toolu_w", file_path="docs/loader.md", content="# Loader\n")
    panel = panels(answer(text("Hm."), ASKS), answer(note), answer(text(PROPOSAL)))
    briefed(panel)
    asked = waits_for_leave(panel)
    button_of(panel, "Propose a design").click()
    assert asked.wait(SOON_S)
    labelled(panel, "Why not (told to the architect)").value = "no notes, please"
    pressed(panel, "Deny")
    assert not (tmp_path / "shop" / "docs").exists()
    assert "no notes, please" in str(panel.server.bodies[-1]["messages"])


def test_leave_for_the_session_is_asked_for_once(panels, tmp_path):
    notes = [
        use("Write", f"toolu_{name}", file_path=f"{name}.md", content="x") for name in ("a", "b")
    ]
    panel = panels(
        answer(text("Hm."), ASKS), answer(notes[0]), answer(notes[1]), answer(text(PROPOSAL))
    )
    briefed(panel)
    asked = waits_for_leave(panel)
    button_of(panel, "Propose a design").click()
    assert asked.wait(SOON_S)
    pressed(panel, "Allow for the session")
    assert panel.error is None
    assert sorted(path.name for path in (tmp_path / "shop").glob("?.md")) == ["a.md", "b.md"]


def test_drafts_fill_the_form_and_the_one_taken_is_recorded(panels):
    stated = {
        "chosen": "DataLoader",
        "kind": "loading",
        "rationale": "batches",
        "alternatives": [{"name": "Joins", "why_not": "n rows"}, {"name": "Cache", "why_not": ""}],
        "patterns": [],
    }
    drafts = {"decisions": [stated, stated | {"chosen": "PostgreSQL", "kind": "store"}]}
    panel = briefed(
        panels(answer(text("Hm."), ASKS), answer(text(PROPOSAL)), answer(text(json.dumps(drafts))))
    )
    pressed(panel, "Propose a design", "Draft from the proposal")
    assert (panel.error, panel._face.view) == (None, "Decide")
    assert labelled(panel, "What you take").value == "DataLoader"
    assert labelled(panel, "Over what else").value == "Joins: n rows\nCache"
    pick = labelled(panel, "Start from")
    assert [words for words, _ in pick.options] == [
        "loading: DataLoader",
        "store: PostgreSQL",
        "From the evidence",
    ]
    pick.value = 1
    assert labelled(panel, "What you take").value == "PostgreSQL"
    labelled(panel, "Over what else").value = "Joins: n rows"  # the other was no alternative
    labelled(panel, "Why").value = "it is there"
    pressed(panel, "Record the decision")
    [decision] = panel.session.decisions
    assert (decision.chosen, decision.kind, decision.rationale) == (
        "PostgreSQL",
        "store",
        "it is there",
    )
    assert [other.name for other in decision.alternatives] == ["Joins"]


def test_cancel_works_while_a_tool_waits_for_leave(panels, tmp_path):
    note = use("Write", "toolu_w", file_path="docs/loader.md", content="# Loader\n")
    panel = panels(answer(text("Hm."), ASKS), answer(note), answer(text(PROPOSAL)))
    briefed(panel)
    asked = waits_for_leave(panel)
    button_of(panel, "Propose a design").click()
    assert asked.wait(SOON_S)
    pressed(panel, "Cancel")
    assert panel.state.waiting == 0
    assert not (tmp_path / "shop" / "docs").exists()


def waits_for_leave(panel):
    asked = threading.Event()
    panel._face._leave_box.layout.observe(
        lambda change: change["new"] is None and asked.set(), names="display"
    )
    return asked


def test_an_error_is_three_lines_and_no_stack(panels):
    refused = {"type": "error", "error": {"type": "authentication_error", "message": "bad <key>"}}
    panel = briefed(panels(httpx2.Response(401, json=refused)))
    assert "The API key was not accepted (status 401)." in shown(panel)
    assert "Why: bad &lt;key&gt;" in shown(panel)
    assert "Mend: Set ANTHROPIC_API_KEY" in shown(panel)
    assert not button_of(panel, "Retry").disabled


def test_an_empty_brief_is_refused_before_anything_is_sent(panels):
    panel = panels()
    pressed(panel, "Start")
    assert panel.error.what == "The brief is empty."
    assert panel.server.bodies == []


def test_a_form_that_cannot_be_read_keeps_what_was_typed(panels):
    panel = briefed(panels(answer(text("Hm."), ASKS), answer(text(PROPOSAL))))
    pressed(panel, "Propose a design")
    labelled(panel, "What you take").value = "DataLoader"
    labelled(panel, "How sure").value = "often"
    pressed(panel, "Record the decision")
    assert "A confidence of &#x27;often&#x27; cannot be." in shown(panel)
    assert labelled(panel, "What you take").value == "DataLoader"
    assert panel.session.decisions == []


def test_a_session_is_found_in_the_list_and_taken_up_and_its_outcome_recorded(panels, memory):
    first = panels(answer(text("Hm."), ASKS), answer(text(PROPOSAL)), memory=memory)
    briefed(first)
    pressed(first, "Propose a design")
    second = panels(memory=memory)
    sessions = labelled(second, "Session")
    [offered] = [key for words, key in sessions.options if BRIEF in words]
    assert offered == first.session.session_id
    sessions.value = offered
    pressed(second, "Open")
    assert second.error is None
    assert second.session.session_id == first.session.session_id
    assert (second.state.stage, second._face.view) == ("proposed", "Proposal")
    assert labelled(second, "Brief").value == BRIEF
    labelled(second, "What you take").value = "DataLoader"
    pressed(second, "Record the decision")
    labelled(second, "Did it work?").value = "yes"
    labelled(second, "Scores").value = "performance 0.9"
    pressed(second, "Record the outcome")
    assert second.error is None
    scores = outcome_scores(memory).set_index("score")["value"].to_dict()
    assert scores == {"success": 1.0, "performance": 0.9}


def test_another_session_begins_with_empty_forms(panels, memory):
    panel = panels(
        answer(text("Hm."), ASKS), answer(text(PROPOSAL)), answer(text("Hm."), ASKS), memory=memory
    )
    briefed(panel)
    labelled(panel, "Answer 1").value = "GraphQL"
    pressed(panel, "Propose a design")
    labelled(panel, "Answer 2").value = "a minute"
    labelled(panel, "What you take").value = "DataLoader"
    labelled(panel, "In your own words").value = "Phones, too."
    pressed(panel, "Open")  # a new one
    assert (panel.error, panel.state.stage, panel._face.view) == (None, "new", "Brief")
    assert labelled(panel, "Brief").value == ""
    assert not labelled(panel, "Brief").disabled
    briefed(panel)
    names = ("Answer 1", "Answer 2", "In your own words", "What you take")
    assert [labelled(panel, name).value for name in names] == [""] * 4
    assert "No proposal yet" in panel._face.proposal.value


def test_of_two_panels_on_one_session_the_second_is_told_that_it_went_on(panels, memory):
    first = panels(answer(text("Hm."), ASKS), answer(text(PROPOSAL)), memory=memory)
    briefed(first)
    second = panels(answer(text(PROPOSAL)), memory=memory, session_id=first.session.session_id)
    assert second._face.view == "Questions"
    pressed(first, "Propose a design")
    pressed(second, "Propose a design")
    assert second.error.what == "This session went on elsewhere."
    assert second.server.bodies == []
    labelled(second, "Session").value = first.session.session_id
    pressed(second, "Open")
    assert (second.error, second.state.stage) == (None, "proposed")


def test_a_panel_of_a_session_nobody_knows_is_refused(panels, memory):
    with pytest.raises(SessionError, match="knows no session 'nobody'"):
        panels(memory=memory, session_id="nobody")
    with pytest.raises(SessionError, match="cannot be taken up"):
        panels(session_id="nobody")


def test_a_closed_panel_shows_what_was_said_and_does_nothing(panels):
    panel = briefed(panels(answer(text("Hm."), ASKS)))
    panel.close()
    assert "This panel is closed" in shown(panel)
    pressed(panel, "Propose a design")
    assert len(panel.server.bodies) == 1


def test_what_is_done_in_a_cell_is_shown_after_a_refresh(panels):
    panel = briefed(panels(answer(text("Hm."), ASKS), answer(text(PROPOSAL))))
    panel.session.propose()
    panel.refresh()
    assert panel.state.stage == "proposed"
    assert "7 of 7 sections" in panel._face.proposal.value


def test_the_facts_shown_are_a_frame(panels):
    frame = panels().frame
    assert list(frame.columns) == ["name", "value"]
    assert frame.set_index("name")["value"]["memory"] == "off: no memory was given"


def test_leave_that_came_too_late_counts_for_nothing(panels):
    panel = panels()
    panel._desk.answer(Verdict(True))
    panel.give("allow")
    assert panel.state.waiting == 0
