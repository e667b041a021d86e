"""What a report holds, and what it does not let happen; how it looks is tests/browser's matter."""

from __future__ import annotations

import base64
import gzip
import hashlib
import itertools
import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from report_text import visible

from archkit.architect.tool_line import tool_line
from archkit.errors import ReportError
from archkit.markup import markdown
from archkit.memory.memory import Memory
from archkit.records import Alternative, Decision, Measurement, Pattern, Reported
from archkit.report import write_report

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ATTACK = "<script>alert(1)</script>"


class Outline(HTMLParser):
    """The page's tags in order, its headings and its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[str | None, str]] = []
        self._in_script: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs).get("type"), ""))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script" and self.get_starttag_text():
            kind, text = self.scripts[-1]
            self.scripts[-1] = (kind, text + data)

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}", {}))

    @property
    def levels(self) -> list[int]:
        return [int(tag[1]) for tag, _ in self.tags if re.fullmatch(r"h[1-6]", tag)]


@pytest.fixture
def memory(tmp_path):
    """A memory that holds one pattern of somebody's, and nothing else."""
    with Memory(tmp_path / "data" / "archkit.duckdb", library=False) as memory:
        reported = Reported(0.95, 45, "card", {"query_reduction": 0.85})
        memory.record_pattern(
            Pattern("dataloader", "DataLoader", kind="n-plus-one", reported=reported)
        )
        yield memory


def decide(memory: Memory, **given: object) -> Decision:
    facts = {
        "chosen": "DataLoader",
        "title": "Posts without N+1",
        "kind": "n-plus-one",
        "rationale": "batches within a request",
        "alternatives": (Alternative("eager loading", why_not="loads what is not shown"),),
        "patterns": ("dataloader",),
        "confidence": 0.8,
        "agent": "backend-architect",
        "decided_at": NOW - timedelta(days=100),
    }
    return memory.record_decision(Decision(**facts | given))


def talk(memory: Memory, **given: object) -> str:
    """Log a session as a Session would: asked, answered, proposed."""
    session_id = "01a20600-0000-7000-8000-000000000001"
    started = {"brief": "Sign people in", "title": "Sign people in", "workspace": "shop"}
    started |= {"model": "archkit-offline", "client": "offline", "aml_enabled": True} | given
    filed = {"session_id": session_id, "agent": "backend-architect", "project": "shop"}
    brief = '<request stage="questions">\n<brief>"Sign people in"</brief></request> Query first.'
    answers = json.dumps([{"key": "identity", "question": "Whose accounts?", "answer": "ours"}])
    answered = f'<request stage="proposal"><answers>{answers}</answers></request> Write it.'
    asked = {"questions": [{"key": "identity", "text": "Whose accounts?", "why": "It decides."}]}

    def message(n: int, role: str, text: str) -> None:
        tokens = {"input_tokens": 10, "output_tokens": 5} if role == "assistant" else {}
        memory.append(
            "message", {"n": n, "role": role, "text": text, "content": [], **tokens}, **filed
        )

    def call(n: int, tool: str, inp: object, output: object, **more: object) -> None:
        payload = {"n": n, "tool": tool, "input": inp, "output": json.dumps(output)}
        memory.append("tool_call", payload | {"duration_ms": 2.0} | more, **filed)

    memory.append("session_started", started, **filed)
    message(1, "user", brief)
    call(2, "query_patterns", {"query": "sign in"}, {"patterns": [{}, {}]})
    call(3, "ask_questions", asked, "asked")
    message(4, "assistant", f"I read **two** concerns. {ATTACK}")
    message(5, "user", answered)
    call(6, "Read", {"file_path": "app.py"}, "outside", refused=True, reason="not in the workspace")
    proposal = f"# Proposal\n\n## Executive Summary\n\nTokens. {ATTACK}\n\n#### Deep\n\ntext"
    version = {"text": proposal, "version": 1, "missing": ["Architecture Overview"]}
    memory.append("proposal", version, **filed)
    for n in range(1, 9):
        step = {"n": n, "phase": "Before", "name": f"step {n}", "status": "done", "reason": "so"}
        memory.append("step", step | ({"status": "skipped"} if n == 7 else {}), **filed)
    memory.append("session_status", {"status": "ended", "stage": "decided"}, **filed)
    return session_id


def written(memory: Memory, path: Path, **given: object) -> str:
    return write_report(memory, path, now=NOW, force=True, **given).read_text(encoding="utf-8")


class TestContents:
    def test_questions_are_answered_in_an_architects_order(self, memory, tmp_path):
        decide(memory)
        page = written(memory, tmp_path / "r.html")
        headings = re.findall(r"<h2[^>]*>(.*?)</h2>", page)
        assert headings == [
            "What did we decide?",
            "Did it work?",
            "What works?",
            "How sure are we?",
            "What should we look at next?",
            "What does it cost, and how is the memory?",
        ]
        assert "backend-architect · 14 August 2026 · 2 events" in page

    def test_a_decision_is_shown_with_its_alternatives_reason_confidence_and_outcomes(
        self, memory, tmp_path
    ):
        decision = decide(memory)
        memory.record_outcome(
            decision,
            success=True,
            scores={"performance": 0.91},
            horizon_days=30,
            observed_at=NOW - timedelta(days=70),
        )
        text = visible(written(memory, tmp_path / "r.html"))
        assert "eager loading: loads what is not shown" in text
        assert "batches within a request" in text
        assert "80 %, stated when deciding" in text
        assert "13 September 2026 (30 days after): performance 91 %, success ● observed" in text

    def test_what_is_overdue_is_said(self, memory, tmp_path):
        decide(memory)
        text = visible(written(memory, tmp_path / "r.html"))
        assert "1 decision overdue for a look." in text
        assert "none yet; due 13 September 2026" in text

    def test_stated_confidence_is_scored_and_missing_outcomes_bound_the_mean(
        self, memory, tmp_path
    ):
        seen, _ = decide(memory), decide(memory, confidence=None)
        memory.record_outcome(seen, success=True, observed_at=NOW - timedelta(days=70))
        text = visible(written(memory, tmp_path / "r.html"))
        assert "1 stated confidence scored: on average 80 % was forecast and 100 % came." in text
        assert "Brier score 0.04" in text
        assert "the mean result would lie at 50–100 %" in text

    def test_simulated_data_is_marked_and_never_scores_a_forecast(self, memory, tmp_path):
        decision = decide(memory)
        memory.record_outcome(decision, success=True, source="simulated", horizon_days=30)
        text = visible(written(memory, tmp_path / "r.html"))
        assert "1 outcome in this memory is simulated : made-up data" in text
        assert "△ simulated" in text
        assert "No stated confidence can be scored yet" in text
        assert "1 decision of 1 has no outcome that was seen" in text

    def test_what_was_tried_least_among_the_best_is_named(self, memory, tmp_path):
        eager = Pattern("eager", "Eager loading", kind="n-plus-one", reported=Reported(0.95, 40))
        memory.record_pattern(eager)
        memory.record_outcome(decide(memory), success=True)
        text = visible(written(memory, tmp_path / "r.html"))
        said = "Of the 2 patterns that may be the best for n plus one, Eager loading has not"
        assert said in text

    def test_patterns_of_other_kinds_are_no_rivals(self, memory, tmp_path):
        memory.record_pattern(
            Pattern("jwt", "JWT", kind="authentication", reported=Reported(0.95, 40))
        )
        page = written(memory, tmp_path / "r.html")
        assert "that may be the best" not in visible(page)
        assert "No choice has two patterns with outcomes yet" in visible(page)

    def test_each_rate_in_a_tile_has_its_interval_and_n_or_says_why_not(self, memory, tmp_path):
        memory.record_outcome(decide(memory), success=True, source="simulated")
        memory.record_measurement(Measurement("posts", 120, 18, measured_at=NOW))
        text = visible(written(memory, tmp_path / "r.html"))
        assert "Decisions 1 1 with an outcome, 1 simulated" in text
        assert re.search(r"Success rate \d+ % 90 % interval \d+–\d+ %, n 1, simulated", text)
        assert "Queries saved 85 % no interval from one request, n 1, measured" in text
        memory.record_measurement(Measurement("posts", 120, 12, measured_at=NOW))
        text = visible(written(memory, tmp_path / "r.html"))
        assert "Queries saved 87.5 % 90 % interval 85–90 %, n 2, measured" in text

    def test_the_most_pressing_debts_are_open_to_view_and_the_others_folded(self, memory, tmp_path):
        for days in range(40, 52):
            decide(memory, decided_at=NOW - timedelta(days=days), title=f"made {days} ago")
        page = written(memory, tmp_path / "r.html")
        due = page[page.index('id="next"') :]
        assert due.index("made 51 ago") < due.index("made 42 ago") < due.index("+ 2 others")
        assert due.index("+ 2 others") < due.index("made 41 ago") < due.index("made 40 ago")

    def test_a_long_cell_is_cut_and_whole_on_hover(self, memory, tmp_path):
        decide(memory, title="long " * 60)
        due = written(memory, tmp_path / "r.html").split('id="next"')[1]
        assert f'title="{"long " * 60}' in due
        assert visible(due).count("long") < 60

    def test_measured_and_reported_savings_stand_side_by_side(self, memory, tmp_path):
        memory.record_measurement(
            Measurement("posts", 120, 18, n=50, pattern="dataloader", measured_at=NOW)
        )
        page = written(memory, tmp_path / "r.html")
        figure = json.loads(_block(page, "queries-figure"))
        assert {t["name"] for t in figure["data"]} >= {"measured", "reported"}
        assert "85 % of the counted queries are gone" in visible(page)

    def test_savings_are_told_by_size_where_one_is_known(self, memory, tmp_path):
        memory.record_measurement(Measurement("posts", 120, 18, pattern="dataloader"))
        assert "by-size-figure" not in written(memory, tmp_path / "r.html")
        for n, after in ((10, 30), (100, 6)):
            memory.record_measurement(Measurement("p", 120, after, n=n, pattern="dataloader"))
        page = written(memory, tmp_path / "r.html")
        figure = json.loads(_block(page, "by-size-figure"))
        assert [t["name"] for t in figure["data"]] == ["measured", "reported"]
        assert "One of two counts by size reaches what is reported" in visible(page)

    def test_an_empty_memory_gives_a_page_that_says_what_to_do(self, tmp_path):
        with Memory(tmp_path / "data" / "a.duckdb", library=False) as memory:
            text = visible(written(memory, tmp_path / "r.html"))
        assert "Nothing was decided yet" in text
        assert "No outcome has been recorded yet." in text
        assert "nothing decided yet · 0 events" in text
        assert "The session" not in text

    def test_the_title_can_be_given(self, memory, tmp_path):
        page = written(memory, tmp_path / "r.html", title="Shop & co")
        assert "<title>Shop &amp; co</title>" in page
        assert "<h1>Shop &amp; co</h1>" in page


class TestSession:
    def test_it_is_told_in_order_with_tool_calls_in_one_line(self, memory, tmp_path):
        talk(memory)
        text = visible(written(memory, tmp_path / "r.html", session="last"))
        told = text[text.index("What was asked and said") :]
        lines = [
            "you Sign people in",
            "queried memory: 2 patterns, 2 ms",
            "architect asks Whose accounts? It decides.",
            "architect I read two concerns.",
            "you Whose accounts? ours",
            "Read: app.py (refused), 2 ms not in the workspace",
            "The twelve steps of learning 7 done, 1 skipped, 4 still open",
            "The proposal Executive Summary 1 of 7 sections",
        ]
        places = [told.find(line) for line in lines]
        assert -1 not in places
        assert places == sorted(places)
        assert "Query first." not in text

    def test_the_sections_of_a_proposal_can_be_jumped_to(self, memory, tmp_path):
        talk(memory)
        page = written(memory, tmp_path / "r.html", session="last")
        assert '<a href="#proposal-1">Executive Summary</a>' in page
        assert '<h4 id="proposal-1">Executive Summary</h4>' in page
        links = re.findall(r'href="#([^"]+)"', page)
        assert [page.count(f'id="{link}"') for link in links] == [1] * len(links)

    def test_the_version_that_stands_is_shown_and_what_was_found_in_each(self, memory, tmp_path):
        filed = {"session_id": talk(memory)}
        found = {"rule": "S01", "severity": "error", "line": 1, "message": "m", "fix": "f"}
        for version, text, given in (
            (2, "## Executive Summary\n\nMended.", {"repair_of": 1, "findings": []}),
            (3, "## Executive Summary\n\nSpoilt.", {"repair_of": 2, "stands": False}),
        ):
            payload = {"text": text, "version": version, "findings": [found], **given}
            memory.append("proposal", payload, **filed)
        text = visible(written(memory, tmp_path / "r.html", session="last"))
        assert "version 2 of 3" in text
        assert "Mended." in text
        assert "Spoilt." not in text
        assert "version 2, a repair of version 1: errors 0, warnings 0" in text
        assert "version 3, a repair of version 2: errors 1, warnings 0; it was no better" in text

    def test_what_the_model_thought_is_folded_and_escaped(self, memory, tmp_path):
        filed = {"session_id": talk(memory)}
        thought = {"type": "thinking", "thinking": f"Which one? {ATTACK}", "signature": "s"}
        said = {"n": 9, "role": "assistant", "text": "This one.", "content": [thought]}
        memory.append("message", said, **filed)
        page = written(memory, tmp_path / "r.html", session="last")
        assert "<summary>what it thought</summary><p>Which one? &lt;script&gt;" in page
        assert ATTACK not in page

    def test_tokens_and_cost_are_given_or_said_to_be_unknown(self, memory, tmp_path):
        talk(memory, client="local", model="qwen")
        text = visible(written(memory, tmp_path / "r.html", session="last"))
        assert "qwen by local" in text
        assert "tokens 10 read, 5 written" in text
        assert "cost unknown" in text

    def test_an_offline_session_cost_nothing_and_a_session_without_memory_says_so(
        self, memory, tmp_path
    ):
        talk(memory, aml_enabled=False)
        text = visible(written(memory, tmp_path / "r.html", session="last"))
        assert "offline: no model was asked" in text
        assert "memory was off" in text

    def test_the_session_asked_for_is_shown(self, memory, tmp_path):
        session_id = talk(memory)
        assert session_id in written(memory, tmp_path / "r.html", session=session_id)

    def test_an_unknown_session_is_refused_and_nothing_written(self, memory, tmp_path):
        talk(memory)
        with pytest.raises(ReportError) as error:
            write_report(memory, tmp_path / "r.html", session="nobody")
        assert error.value.what == "The memory knows no session 'nobody'."
        assert "01a20600" in error.value.why
        assert not (tmp_path / "r.html").exists()

    def test_an_answer_that_broke_off_is_marked(self, memory, tmp_path):
        session_id = talk(memory)
        cut = {"n": 9, "role": "assistant", "text": "half a", "status": "interrupted"}
        memory.append("message", cut, session_id=session_id)
        shown = visible(written(memory, tmp_path / "r.html", session="last"))
        assert "architect (interrupted) half a" in shown

    def test_a_failed_tool_call_of_unknown_shape_still_has_its_line(self):
        call = {"tool": "Odd", "input": None, "output": None, "duration_ms": None}
        assert tool_line(call | {"is_error": True, "refused": None}) == "Odd (failed)"

    def test_a_tool_calls_time_is_in_a_unit_that_can_be_read(self):
        call = {"tool": "Odd", "input": None, "output": None, "is_error": False, "refused": False}
        taken = [tool_line(call | {"duration_ms": ms}) for ms in (0.2, 8.4, 1468.0)]
        assert taken == ["Odd, under 1 ms", "Odd, 8 ms", "Odd, 1.5 s"]

    def test_a_number_keeps_its_percent_sign_but_code_is_left_alone(self):
        assert markdown("90 % of `90 % 7`") == "<p>90\u202f% of <code>90 % 7</code></p>\n"


class TestSafety:
    def test_names_from_outside_are_text_wherever_they_appear(self, memory, tmp_path):
        memory.record_pattern(Pattern(slug="evil", name=ATTACK, kind="n-plus-one"))
        decision = decide(
            memory,
            chosen=ATTACK,
            title=ATTACK,
            rationale={"why": ATTACK},
            alternatives=(Alternative(ATTACK, why_not=ATTACK),),
            patterns=("evil",),
            agent=ATTACK,
        )
        memory.record_outcome(decision, success=True, scores={ATTACK: 0.5}, note=ATTACK)
        memory.record_measurement(Measurement(ATTACK, 10, 1, pattern="evil"))
        talk(memory, brief=ATTACK, title=ATTACK)
        page = written(memory, tmp_path / "r.html", title=ATTACK)
        assert ATTACK not in page
        assert [kind for kind, _ in Outline(page).scripts].count(None) == 1

    def test_a_figures_data_cannot_leave_its_block(self, memory, tmp_path):
        memory.record_pattern(Pattern(slug="evil", name="</script><img src=x onerror=alert(1)>"))
        memory.record_outcome(decide(memory, patterns=("evil",)), success=True)
        page = written(memory, tmp_path / "r.html")
        assert "<img src=x" not in page
        assert "evil" in json.dumps(json.loads(_block(page, "patterns-figure")))

    @pytest.mark.parametrize(
        "text",
        [
            ATTACK,
            '<iframe src="https://example.com"></iframe>',
            '<img src=x onerror="alert(1)">',
            "[x](javascript:alert(1))",
            '[x](https://example.com "a\\" onmouseover=\\"alert(1)")',
            "![picture](https://example.com/p.png)",
            "<style>*{display:none}</style>",
            "<svg><a xlink:href='javascript:alert(1)'>x</a></svg>",
        ],
    )
    def test_a_proposal_can_do_nothing(self, text):
        tags = Outline(markdown(f"## Title\n\n{text}")).tags
        assert {tag.strip("/") for tag, _ in tags} <= {"h4", "p", "a"}
        for _, attributes in tags:
            assert set(attributes) <= {"href", "rel", "title"}
            assert (attributes.get("href") or "https:").startswith("https:")

    def test_only_the_pages_own_scripts_may_run(self, memory, tmp_path):
        page = written(memory, tmp_path / "r.html")
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
        hashes = re.findall(r"'sha256-([^']+)'", policy)
        scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
        packed = re.search(r'id="archkit-plotly">([^<]+)<', page)[1]
        plotly = gzip.decompress(base64.b64decode(packed)).decode()
        assert [_digest(script) for script in (*scripts, plotly)] == hashes
        assert policy.startswith("default-src 'none'; script-src 'sha256-")
        assert "unsafe-eval" not in policy
        assert "unsafe-inline" not in policy.split("style-src")[0]

    def test_it_names_no_address_to_load_and_no_path_of_this_machine(self, memory, tmp_path):
        talk(memory)
        page = written(memory, tmp_path / "r.html")
        for _, attributes in Outline(page).tags:
            assert not (attributes.get("src") or "").startswith(("http", "//"))
        assert str(tmp_path) not in page
        assert str(Path(__file__).parent.parent) not in page


class TestMarkup:
    def test_headings_go_down_one_level_at_a_time_under_one_h1(self, memory, tmp_path):
        decide(memory)
        talk(memory)
        levels = Outline(written(memory, tmp_path / "r.html")).levels
        assert levels.count(1) == 1 == levels[0]
        steps = itertools.pairwise(levels)
        assert all(deeper <= level + 1 for level, deeper in steps)

    @pytest.mark.parametrize(
        ("text", "tags"),
        [
            ("# A\n## B\n### C\n#### D", ["h4", "h5", "h6", "h6"]),
            ("## A\n#### B\n## C", ["h4", "h5", "h4"]),
            ("### A\n# B\n## C", ["h4", "h4", "h5"]),
        ],
    )
    def test_headings_of_a_proposal_are_fitted_in(self, text, tags):
        assert re.findall(r"<(h\d)>", markdown(text)) == tags

    def test_each_figure_has_a_name_a_caption_and_its_data(self, memory, tmp_path):
        memory.record_outcome(decide(memory), success=True)
        memory.record_measurement(Measurement("posts", 120, 18, pattern="dataloader"))
        page = written(memory, tmp_path / "r.html")
        blocks = re.findall(r"<figure.*?</figure>", page, flags=re.DOTALL)
        assert len(blocks) >= 6
        for block in blocks:
            name = re.search(r'aria-labelledby="([^"]+)"', block)[1]
            assert f'<h3 id="{name}">' in block
            assert re.search(r"<figcaption>\w", block)
            assert re.search(r"<details><summary>Data of this figure</summary>.*<table>", block)

    def test_every_table_has_a_caption_and_named_columns(self, memory, tmp_path):
        memory.record_outcome(decide(memory), success=True)
        page = written(memory, tmp_path / "r.html")
        tables = re.findall(r"<table>(.*?)</table>", page, flags=re.DOTALL)
        assert tables
        for table in tables:
            assert table.startswith("<caption>")
            assert re.findall(r'<th scope="col"[^>]*>[^<]+</th>', table)

    def test_it_is_one_file_of_at_most_six_megabytes(self, memory, tmp_path):
        path = write_report(memory, tmp_path / "reports" / "r.html", now=NOW)
        assert path.stat().st_size < 6_000_000
        assert [p.name for p in path.parent.iterdir()] == ["r.html"]

    def test_the_same_memory_gives_the_same_page(self, memory, tmp_path):
        decide(memory)
        assert written(memory, tmp_path / "a.html") == written(memory, tmp_path / "b.html")


class TestWriting:
    def test_a_folder_is_refused_with_a_way_out(self, memory, tmp_path):
        with pytest.raises(ReportError) as error:
            write_report(memory, tmp_path)
        assert error.value.why == "It is a folder."
        assert "memory.html" in error.value.mend

    def test_a_file_where_a_folder_should_be_is_refused(self, memory, tmp_path):
        (tmp_path / "reports").write_text("")
        with pytest.raises(ReportError) as error:
            write_report(memory, tmp_path / "reports" / "r.html")
        assert error.value.what.startswith("No report can be written to ")

    def test_a_failed_write_leaves_the_old_report_whole(self, memory, tmp_path, monkeypatch):
        path = write_report(memory, tmp_path / "r.html", now=NOW)
        before = path.read_bytes()

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(ReportError) as error:
            write_report(memory, path, title="new", force=True)
        assert error.value.why.startswith("No space left on device.")
        assert path.read_bytes() == before
        assert [p.name for p in tmp_path.glob("*.html*")] == ["r.html"]
        assert not list(tmp_path.glob(".r.html*"))


def _block(page: str, name: str) -> str:
    return re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page)[1]


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
