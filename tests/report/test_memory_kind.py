"""The report of a memory: every figure of the dashboard, of all of it or of a part."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from report_text import visible

from archkit.markup import esc
from archkit.memory.memory import Memory
from archkit.memory.snapshot import snapshot
from archkit.plain import slug_of
from archkit.records import Decision, Measurement, Outcome, Pattern, Reported
from archkit.report.kinds import kind_named
from archkit.report.page import as_page
from archkit.report.tabs import QUESTIONS, TABS

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LONG = f"<script>alert(1)</script>{'x' * 275}"


def reported(memory: Memory, **given: object) -> str:
    """Return the page of a part of a memory."""
    kind = kind_named("memory")
    with snapshot(memory) as state:
        contents = kind.read(state, NOW, **kind.values(given))
    return as_page(kind.write(contents))


def decided(days: int, slug: str, **given: object) -> Decision:
    facts = {"chosen": slug, "title": f"by {slug}", "kind": "reads", "patterns": (slug,)}
    facts |= {"agent": "ann", "confidence": 0.7, "decided_at": NOW - timedelta(days=days)}
    return Decision(**facts | given)


def seen(decision: Decision, success: bool) -> Outcome:
    at = decision.decided_at + timedelta(days=1)
    scores = {"performance": 0.6}
    return Outcome(decision.decision_id, success=success, scores=scores, observed_at=at)


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    """Two agents' work over half a year; some of it nobody has looked at."""
    folder = tmp_path_factory.mktemp("memory_kind")
    ours = [decided(10 + 20 * n, "loader") for n in range(8)]
    bos = {"agent": "bo", "context": {"tenancy": "multi"}}
    theirs = [decided(15 + 20 * n, "joins", **bos) for n in range(8)]
    counted = Measurement("posts", 120, 18, n=50, pattern="loader", measured_at=NOW)
    with Memory(folder / "a.duckdb", library=False) as memory:
        memory._record(
            Pattern("loader", "Loader", area="performance", kind="reads"),
            Pattern("joins", "Joins", area="security", kind="reads"),
        )
        memory._record(*ours, *theirs, counted)
        memory._record(*[seen(decision, n % 4 > 0) for n, decision in enumerate(ours)])
        yield memory


@pytest.fixture(scope="module")
def page(memory):
    return reported(memory)


def test_each_figure_of_the_dashboard_is_drawn_or_named_under_its_question(page):
    places = [page.index(f'<h2 id="{name}">{esc(asked)}</h2>') for name, asked in QUESTIONS.items()]
    assert places == sorted(places)
    ends = dict(zip(QUESTIONS, [*places[1:], len(page)], strict=True))
    starts = dict(zip(QUESTIONS, places, strict=True))
    for tab in TABS:
        part = page[starts[tab.question] : ends[tab.question]]
        drawn = f'id="{slug_of(tab.name)}-title"' in part
        named = re.search(rf"<li><b>{re.escape(tab.name)}</b>: \w", part) is not None
        assert drawn != named, tab.name
        if drawn:
            figure = part[part.index(f'id="{slug_of(tab.name)}-title"') :].split("</figure>")[0]
            assert esc(tab.caption) in figure
            assert "Data of this figure" in figure


def test_the_contents_lead_to_each_section_and_no_id_is_there_twice(page):
    nav = re.search(r'<nav class="page".*?</nav>', page, flags=re.DOTALL)[0]
    assert re.findall(r'href="#([^"]+)"', nav) == list(QUESTIONS)
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_a_part_holds_only_its_own_rows_and_says_which_it_is(memory):
    page = reported(memory, agent="bo", context="tenancy:multi")
    text = visible(page)
    assert "Shown: bo · tenancy = multi · 20 June 2026 to 7 November 2026 · of a memory of" in text
    assert "Decisions 8 0 with an outcome" in text
    assert "by joins" in text
    assert "by loader" not in text
    assert "no row in this part" in text


def test_a_span_is_held_against_the_one_before(memory):
    text = visible(reported(memory, since="2026-09", until="2026-11"))
    assert "from 01 Sep 2026 before 01 Nov 2026" in text
    assert re.search(r"Decisions \d+ \d+ with an outcome; \w+ ", text)


def test_what_the_memory_does_not_know_is_said_with_the_nearest(memory):
    text = visible(reported(memory, agent="bob", area="securty", context="tenancy:none"))
    assert "knows no work of an agent called bob; did you mean bo?" in text
    assert "no focus area called securty; did you mean security?" in text
    assert "Nothing was decided in this part. Widen it" in text
    assert "nothing in this part" in text


def test_intervals_are_as_wide_as_asked(memory, page):
    assert "90 % interval" in visible(page)
    text = visible(reported(memory, ci_prob=0.5))
    assert "50 % interval" in text
    assert "90 % interval 4" not in text


def test_an_empty_memory_gives_a_page_without_an_empty_figure(tmp_path):
    with Memory(tmp_path / "a.duckdb", library=False) as memory:
        page = reported(memory)
    assert "no agent yet · nothing decided yet · 0 events" in visible(page)
    assert 'class="plot"' not in page
    assert page.count("<li><b>") >= len(TABS) - 1


def test_names_of_any_length_stay_text_and_leave_the_head_short(tmp_path):
    with Memory(tmp_path / "a.duckdb", library=False) as memory:
        long = decided(40, "long", title=LONG, chosen=LONG, kind=LONG, agent=LONG)
        memory._record(Pattern("long", LONG, kind=LONG), long, seen(long, True))
        page = reported(memory)
        assert "<script>alert" not in page
        assert len(re.search(r'<p class="lede">(.*?)</p>', page)[1]) < 250
        page = reported(memory, pattern=LONG)
        assert "<script>alert" not in page
        assert "knows no pattern called &lt;script&gt;" in page


def test_what_is_dated_in_the_future_is_said(tmp_path):
    with Memory(tmp_path / "a.duckdb", library=False) as memory:
        memory._record(Pattern("loader", "Loader", kind="reads"), decided(-30, "loader"))
        text = visible(reported(memory))
    assert "1 row is dated after 22 November 2026: a clock is wrong" in text


def test_of_many_patterns_the_first_are_drawn_and_the_others_counted(tmp_path):
    with Memory(tmp_path / "a.duckdb", library=False) as memory:
        known = [Reported(0.5 + n / 1000, 20) for n in range(250)]
        memory._record(*[Pattern(f"p-{n}", f"P {n}", reported=r) for n, r in enumerate(known)])
        page = reported(memory)
    assert "The first 200 of 250 rows." in page
    assert "more not drawn" in visible(page) or "+ 220" in visible(page)


def test_the_frames_beside_hold_all_that_is_drawn(memory):
    kind = kind_named("memory")
    with snapshot(memory) as state:
        document = kind.write(kind.read(state, NOW))
    assert {slug_of(tab.name) for tab in TABS} <= set(document.frames)
    assert len(document.frames["decisions"]) == 16
