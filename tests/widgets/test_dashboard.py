"""The dashboard: what is shown of which part, what is sent, what a click leads to."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from archkit import metrics
from archkit.errors import StoreError
from archkit.memory.memory import Memory
from archkit.memory.simulate import simulate
from archkit.metrics.scope import Scope, instant_code
from archkit.plain import slug_of
from archkit.records import Decision, Measurement, Pattern
from archkit.report.tabs import GROUPS, TABS, any_table
from archkit.widgets.dashboard import dashboard

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NASTY = "<script>alert(1)</script>" + "x" * 300
SECRET = "ghp_" + "Ab1z" * 9
MOST_MESSAGES, MOST_BYTES = 2, 60_000


def filled(path):
    now = [NOW - timedelta(days=200)]
    memory = Memory(path, library=False, now=lambda: now[0])
    for slug, name, area in (
        ("redis", "Redis cache", "performance"),
        ("http", NASTY, "performance"),
        ("rows", "Row security", "security"),
    ):
        memory.record_pattern(Pattern(slug, name, area=area, kind="choice", status="active"))
    for day in range(12):
        slug = ("redis", "http", "rows")[day % 3]
        now[0] = NOW - timedelta(days=10 * (12 - day))
        made = memory.record_decision(
            Decision(
                title=f"Choice {day} <b>",
                chosen=slug,
                kind="choice",
                patterns=(slug,),
                context={"tenancy": "multi" if day % 2 else "single"},
                agent="ann" if day % 2 else "bob",
                project="shop",
                decided_at=now[0],
                confidence=0.8,
            )
        )
        if day % 4:
            now[0] += timedelta(days=5)
            memory.record_outcome(made.decision_id, success=day % 3 > 0, scores={"speed": 0.7})
        memory.record_measurement(
            Measurement("posts", 101, 2 + day, n=50, pattern=slug, measured_at=now[0])
        )
    now[0] = NOW
    return memory


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dashboard")
    filled(folder / "m.duckdb").close()
    return folder / "m.duckdb"


@pytest.fixture
def memory(path):
    with Memory(path, library=False, now=lambda: NOW) as memory:
        yield memory


def opened(memory, scope=None, **given):
    return dashboard(memory, scope, now=lambda: NOW, every_s=0, **given)


def told(shown):
    return shown._face.summary.value


def test_it_opens_with_everything(memory):
    shown = opened(memory)
    pd.testing.assert_frame_equal(shown.frame, metrics.pattern_evidence(memory, now=NOW))
    assert "Shown: <b>everything</b>" in told(shown)
    assert '<dd class="value">12</dd>' in told(shown)
    assert shown.error is None
    lists = (shown._face.agent, shown._face.project, shown._face.area, shown._face.context)
    assert [made.label for made in lists] == ["all agents", "all projects", "all areas", "any"]
    assert shown._face.decision.label == "pick one, or click a point"


def test_every_figure_is_of_the_part_it_says(memory):
    scope = Scope(agent="ann", context={"tenancy": "multi"})
    shown = opened(memory, scope)
    for tab in TABS:
        shown.show(tab.name)
        assert shown.error is None
        asked = memory if tab.whole else scope.of(memory)
        pd.testing.assert_frame_equal(shown.frame, tab.read(asked, NOW))
        assert "ann · tenancy = multi" in told(shown)
        assert tab.caption in told(shown)
        assert (shown._face.groups.value, shown._face.tabs.value) == (tab.group, tab.name)
        if shown.figure.data:
            drawn = shown._face.figure.layout
            assert drawn.title.text == shown.figure.layout.title.text


def test_a_group_opens_with_its_first_figure(memory):
    shown = opened(memory)
    for group in GROUPS:
        shown._face.groups.value = group
        names = [tab.name for tab in TABS if tab.group == group]
        assert list(shown._face.tabs.options) == [(name, name) for name in names]
        assert shown.view.tab.name == names[0]
    shown._face.tabs.value = names[-1]
    assert shown.view.tab.name == names[-1]


def test_a_filter_changes_all_that_is_shown(memory):
    shown = opened(memory)
    whole = told(shown)
    shown._face.agent.value = "ann"
    assert shown.scope == Scope(agent="ann")
    assert set(shown.frame["n"]) != set(metrics.pattern_evidence(memory, now=NOW)["n"])
    assert told(shown) != whole
    assert '<dd class="value">6</dd>' in told(shown)
    shown._face._buttons["clear"].click()
    assert told(shown) == whole
    assert shown._face.agent.value == ""


def test_a_span_of_time_is_held_against_the_one_before(memory):
    shown = opened(memory)
    assert "before" not in told(shown)
    shown._face.span.value = 30
    ends = NOW + timedelta(microseconds=1)  # what is done at this very instant belongs to it
    assert shown.scope == Scope(since=datetime(2026, 5, 2, tzinfo=UTC), until=ends)
    assert "from 02 May 2026 before 01 Jun 2026 12:00" in told(shown)
    assert f"Scope(since={instant_code(shown.scope.since)}, until=" in shown.code
    assert "as many as in the period before (3)" in told(shown)
    assert "points" in told(shown)


def test_what_is_dated_after_now_is_in_no_span_that_ends_today(tmp_path):
    clock = [NOW]
    with filled(tmp_path / "m.duckdb") as memory:
        for days in (0, 1):
            at = NOW + timedelta(days=days)
            memory.record_decision(Decision(title=f"+{days}", chosen="x", decided_at=at))
        shown = dashboard(memory, now=lambda: clock[0], every_s=0)
        shown._face.span.value = 30
        assert '<dd class="value">4</dd>' in told(shown)
        clock[0] = NOW + timedelta(days=2)
        shown._face._news._handle_custom_msg({"kind": "look"}, [])
        assert shown.scope.until < clock[0]  # nothing was written
        memory.record_decision(Decision(title="new", chosen="x", decided_at=clock[0]))
        shown.refresh()
        assert shown.scope.until == clock[0] + timedelta(microseconds=1)
        assert shown._face.span.value == 30
        assert '<dd class="value">5</dd>' in told(shown)
        shown.narrow(since=NOW, until=clock[0])
        assert shown._face.span.value == -1
        memory.record_decision(Decision(title="newer", chosen="x", decided_at=clock[0]))
        shown.refresh()
        assert (shown.scope.since, shown.scope.until) == (NOW, clock[0])


def test_an_instant_that_was_given_stays_when_another_filter_changes(memory):
    since = NOW - timedelta(days=45, minutes=7)
    shown = opened(memory, Scope(since=since))
    shown._face.agent.value = "ann"
    assert shown.scope == Scope(agent="ann", since=since)
    shown._face.since.value = (NOW - timedelta(days=3)).date()
    assert shown.scope.since == datetime(2026, 5, 29, tzinfo=UTC)


def test_dates_of_ones_own_are_days_in_utc(memory):
    shown = opened(memory)
    shown._face.span.value = -1
    assert shown._face.since.layout.display is None
    shown._face.since.value = (NOW - timedelta(days=45)).date()
    shown._face.until.value = NOW.date()
    assert shown.scope.since == datetime(2026, 4, 17, tzinfo=UTC)
    assert shown.scope.until == datetime(2026, 6, 1, tzinfo=UTC)
    shown._face.until.value = (NOW - timedelta(days=100)).date()
    assert "before it begins" in told(shown)
    assert shown.scope.until == datetime(2026, 6, 1, tzinfo=UTC)  # what was shown stays


def test_a_change_is_two_messages_and_few_bytes(memory, sent):
    shown = opened(memory)
    # As a browser says when it has drawn the figure; until then it is sent the whole.
    shown._face.figure._js2py_traceDeltas = {"trace_deltas": [], "trace_edit_id": 0}
    shown._face.offer_decisions(shown.view.decisions)
    for change in (
        lambda: shown.narrow(pattern="redis"),
        lambda: shown.narrow(pattern=None),
    ):
        sent.clear()
        change()
        drawn = [kind for kind, _ in sent if kind in {"LiveFigure", "HTML"}]
        assert len(drawn) <= MOST_MESSAGES
        assert sum(size for _, size in sent) <= MOST_BYTES


def test_a_click_on_a_pattern_filters_all_by_it(memory):
    shown = opened(memory)
    [trace] = [trace for trace in shown._face.figure.data if trace.customdata is not None]
    slug = trace.customdata[0]
    points = type("Points", (), {"point_inds": [0]})
    shown._face._clicked(trace, points, None)
    assert shown.scope == Scope(pattern=slug)
    assert set(shown.frame["slug"]) == {slug}
    assert shown._face.pattern.value == slug
    assert len(shown.view.decisions) == 4


def test_a_click_on_an_outcome_leads_down_to_its_decision(memory):
    shown = opened(memory, tab="Outcomes")
    trace = next(trace for trace in shown._face.figure.data if trace.customdata is not None)
    shown._face._clicked(trace, type("Points", (), {"point_inds": [0]}), None)
    seen = shown._face.evidence.value
    assert trace.customdata[0] in seen
    assert "speed 70 %" in seen
    assert "&lt;b&gt;" in seen
    assert "<b>" not in seen
    assert shown.scope == Scope()


def test_a_decision_of_a_session_leads_to_the_turn_it_was_made_in(tmp_path):
    from archkit.architect.session import Session

    with Memory(tmp_path / "m.duckdb") as memory:
        session = Session("backend-architect", memory, client="offline", workspace=tmp_path)
        session.brief(f"Stop the N+1 queries in the posts API. {SECRET}")
        session.propose()
        made = session.decide(chosen="dataloader", rationale="batches")
        session.close()
        shown = dashboard(memory, every_s=0)
        assert made.decision_id in shown.view.decisions
        shown._face.decision.value = made.decision_id
        seen = shown._face.evidence.value
        assert session.session_id in seen
        assert "Executive Summary" in seen
        assert SECRET not in seen
        shown._face.decision.value = ""
        assert shown._face.evidence.value == ""


def test_every_kind_of_point_leads_to_what_stands_behind_it(tmp_path):
    with Memory(tmp_path / "m.duckdb") as memory:
        simulate(memory, sessions=12, now=NOW)
        memory.record_decision(Decision(title="real", chosen="x", agent="ann", decided_at=NOW))
        shown = opened(memory, tab="Costs")

        def click(at=0):
            trace = next(each for each in shown._face.figure.data if each.customdata is not None)
            shown._face._clicked(trace, type("Points", (), {"point_inds": [at]}), None)
            return trace.customdata[at]

        session = click()
        seen = shown._face.evidence.value
        assert session in seen
        assert "Simulated: a proposal in seven sections." in seen
        assert "simulated: nothing was spent" in seen
        [made] = memory.sql(
            "SELECT list(decision_id) AS ids FROM decision WHERE session_id = $id", id=session
        )["ids"]
        assert all(each in seen for each in made)
        shown.show("Regret")
        assert click() in shown._face.evidence.value
        shown.show("Patterns")
        slug = click()
        seen = shown._face.evidence.value
        assert shown.scope.pattern == slug
        rows = metrics.pattern_evidence(Scope(pattern=slug).of(memory), now=NOW)
        assert f"Evidence of {slug}" in seen
        if rows["n_simulated"].sum():
            assert "sim" in seen
        shown.clear()
        shown.show("Focus areas")
        area = click()
        assert shown.scope == Scope(area=area)
        shown.clear()
        shown.show("Agents")
        agent = click(0)
        assert shown.scope == Scope(agent=agent)
        shown._pointed("nobody-s")
        assert "knows no pattern" in told(shown)


def test_a_decision_that_is_gone_is_told(memory):
    shown = opened(memory)
    shown.pick("nobody-s")
    assert "knows no decision" in shown._face.evidence.value


def test_a_pattern_that_nobody_knows_is_refused_and_the_view_stays(memory):
    shown = opened(memory)
    before = shown.view
    shown._face.pattern.value = "reddis"
    assert "knows no pattern" in told(shown)
    assert shown.view is before
    shown._face.pattern.value = "redis"
    assert shown.error is None
    assert "knows no pattern" not in told(shown)


def test_a_part_with_nothing_in_it_is_said_to_be_empty(memory):
    shown = opened(memory, Scope(agent="eve"))
    assert "no outcome yet" in told(shown)
    assert shown._face.agent.value == "eve"
    for tab in TABS:
        if not tab.whole:
            shown.show(tab.name)
            assert shown.error is None
            assert not shown.figure.data or tab.name in {"Focus areas", "Upkeep"}


def test_a_memory_without_anything_is_shown_as_empty(tmp_path):
    with Memory(tmp_path / "m.duckdb", library=False) as memory:
        shown = dashboard(memory, every_s=0)
        assert "none held yet" in told(shown)
        for tab in TABS:
            shown.show(tab.name)
            assert shown.error is None
            assert not re.search(r"\bnan\b|NaT|None", told(shown))


def test_what_another_kernel_writes_is_seen_when_the_page_asks(tmp_path):
    with filled(tmp_path / "m.duckdb") as memory:
        shown = opened(memory)
        shown.refresh()
        assert "Read anew" not in told(shown)
        with Memory(tmp_path / "m.duckdb", library=False, now=lambda: NOW) as other:
            other.record_decision(Decision(title="New", chosen="x", agent="carl", decided_at=NOW))
        looked = shown._face._news.looked
        shown._face._news._handle_custom_msg({"kind": "look"}, [])
        assert shown._face._news.looked == looked + 1
        assert "1 new event" in told(shown)
        assert '<dd class="value">13</dd>' in told(shown)
        assert ("carl", "carl") in shown._face.agent.options


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_copied_cell_makes_exactly_this_view(memory, theme, monkeypatch, path):
    monkeypatch.chdir(path.parent)
    scope = Scope(agent="ann", since=NOW - timedelta(days=90, microseconds=7))
    shown = opened(memory, scope, theme=theme)
    for tab in TABS if theme == "light" else TABS[:2]:
        shown.show(tab.name)
        shown._face._buttons["copy"].click()
        assert "Scope(agent=&#x27;ann&#x27;" in shown._face.said.value
        assert "Memory(&#x27;m.duckdb&#x27;, library=False)" in shown._face.said.value
        *lines, last = shown.code.strip().splitlines()
        names = {}
        exec("\n".join(lines), names)
        figure = eval(last, names)
        assert figure.to_json() == shown.figure.to_json(), tab.name
        asked = last.replace(f"figures.{tab.figure}(", "").rpartition(", theme=")[0]
        pd.testing.assert_frame_equal(eval(asked, names), shown.frame)


def test_the_copied_cell_finds_a_memory_that_is_far_from_here(memory, monkeypatch, path):
    for here in (path.parent, path.parent.parent, path.parents[4], type(path)("/usr/share")):
        monkeypatch.chdir(here)
        [line] = [line for line in opened(memory).code.splitlines() if line.startswith("memory")]
        names = {}
        exec(f"import archkit as ak\n{line}", names)
        assert names["memory"].path.expanduser().resolve() == path.resolve()
        assert str(path.parent.parent) not in line or here != path.parent


def test_an_export_holds_every_figure_of_the_part_and_asks_for_nothing(memory, tmp_path):
    shown = opened(memory, Scope(agent="ann"))
    shown._face.path.value = str(tmp_path / "out" / "view.html")
    shown._face._buttons["export"].click()
    assert "Written:" in shown._face.said.value
    text = (tmp_path / "out" / "view.html").read_text(encoding="utf-8")
    assert "Shown: ann" in text
    named = text.split("no row in this part")
    assert all(
        f'id="{slug_of(tab.name)}-title"' in text or any(tab.name in part for part in named[1:])
        for tab in TABS
    )
    assert "<script>alert" not in text
    assert "connect-src 'none'" in text
    shown._face.path.value = str(tmp_path)
    shown._face._buttons["export"].click()
    assert "It is a folder" in shown._face.said.value


def test_names_of_patterns_are_text_and_never_markup(memory):
    shown = opened(memory)
    assert "<script>" not in told(shown)
    assert "&lt;script&gt;" in told(shown)


def test_what_is_left_in_a_saved_notebook_reads_as_it_stood(memory, monkeypatch):
    shown = opened(memory)
    seen = []
    monkeypatch.setattr("IPython.display.display", seen.append)
    shown._ipython_display_()
    assert seen[0] is shown.widget
    assert "everything" in seen[1].data
    assert f"archkit-static-{shown._id}" in seen[1].data


def test_a_table_without_columns_of_its_own_writes_them_by_name():
    instant = pd.Timestamp("2026-01-02", tz="UTC")
    frame = pd.DataFrame(
        {
            "name": ["<b>"],
            "success_rate": [0.5],
            "seen_at": [instant],
            "done": [True],
            "n": [3.0],
            "patterns": [["x"]],
            "tags": [["y"]],
            "cost_usd": [None],
        }
    )
    text = any_table(frame)
    assert "&lt;b&gt;" in text
    assert all(word in text for word in ("success rate", "50 %", "2 Jan 2026", ">yes<", ">3<"))
    assert "tags" not in text
    assert "cost usd" not in text  # nothing is known of any
    priced = any_table(pd.concat([frame, frame.assign(cost_usd=0.5)], ignore_index=True))
    assert "cost usd" in priced and "–" in priced
    assert "as they are drawn" in text
    wide = frame.assign(**{f"count_{n}": 1 for n in range(20)})
    assert "The first 12 of 50 rows." in any_table(pd.concat([wide] * 50, ignore_index=True))
    many = any_table(pd.concat([frame] * 1041, ignore_index=True))
    assert "The first 40 of 1,041 rows." in many
    assert any_table(frame.head(0)) == ""


def test_an_unknown_tab_or_theme_is_refused(memory):
    with pytest.raises(ValueError, match="There is no figure"):
        opened(memory, tab="Nothing")
    with pytest.raises(ValueError, match="theme"):
        opened(memory, theme="pink")
    with pytest.raises(ValueError, match="There is no figure"):
        opened(memory).show("Nothing")


def test_its_line_says_which_part_and_which_figure(memory):
    shown = opened(memory, Scope(area="security"), theme="dark")
    assert repr(shown) == "Dashboard(Patterns: security)"


def test_every_point_of_a_pattern_or_a_decision_leads_there(memory):
    shown = opened(memory)
    for name, way in (
        ("Patterns", "pattern"),
        ("Over time", "pattern"),
        ("Contexts", "pattern"),
        ("What is not known", "pattern"),
        ("Queries", "pattern"),
        ("Outcomes", "decision"),
        ("By horizon", "decision"),
        ("Outcome debt", "decision"),
    ):
        shown.clear()
        shown.pick()
        shown.show(name)
        traces = [each for each in shown._face.figure.data if each.customdata is not None]
        assert traces, name
        for trace in traces:
            assert len(trace.customdata) == len(trace.x)
        at = next(n for n, one in enumerate(trace.customdata) if one is not None)
        clicked = trace.customdata[at]
        shown._face._clicked(trace, type("Points", (), {"point_inds": [at]}), None)
        assert shown.error is None
        led = shown.scope.pattern if way == "pattern" else shown._face.evidence.value
        assert clicked in led
    gap = type("Trace", (), {"customdata": [None]})
    shown._face._clicked(gap, type("Points", (), {"point_inds": [0]}), None)
    assert shown.error is None


def test_a_filter_that_no_list_offers_holds_when_another_one_changes(memory):
    scope = Scope(provenance=("observed", "reported"), context={"tenancy": "multi", "size": "s"})
    shown = opened(memory, scope)
    assert shown._face.provenance.label == "observed or reported"
    assert shown._face.context.label == "tenancy = multi and size = s"
    shown._face.agent.value = "ann"
    assert shown.scope.provenance == scope.provenance
    assert shown.scope.context == scope.context


def test_a_memory_that_cannot_be_read_for_a_while_is_read_when_it_can(memory, monkeypatch):
    shown = opened(memory)
    read = Memory.sql

    def refuse(*_, **__):
        raise StoreError("It is locked.", why="Another kernel writes.", mend="Wait.")

    monkeypatch.setattr(Memory, "sql", refuse)
    shown.refresh()
    assert "It is locked" in told(shown)
    monkeypatch.setattr(Memory, "sql", read)
    monkeypatch.setattr(sys.modules["archkit.widgets.dashboard"], "read_options", refuse)
    shown.refresh()
    assert "It is locked" in told(shown)
    monkeypatch.undo()
    shown.refresh()
    assert "It is locked" not in told(shown)
    assert shown.error is None


def test_a_page_that_may_not_write_has_nothing_to_press_that_would(memory, tmp_path, monkeypatch):
    from ipywidgets import Button, Widget, widget

    monkeypatch.chdir(tmp_path)
    known = set(widget._instances)
    board = dashboard(memory, saves=False)
    made: list[Widget] = [each for key, each in widget._instances.items() if key not in known]
    buttons = [each for each in made if isinstance(each, Button)]
    assert {each.description for each in buttons} == {
        "Show everything",
        "Look again",
        "Download this view",
    }
    assert not any(getattr(each, "description", "") == "File for the export" for each in made)
    for pressed in buttons[:2]:
        pressed.click()
    assert list(tmp_path.iterdir()) == []
    assert board.error is None
