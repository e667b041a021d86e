import pandas as pd
import pytest

from archkit.architect.briefing import Briefing, answer_request, get_task_briefing
from archkit.architect.briefing_activity import activity_report, read_activity, recent_work
from archkit.memory.memory import Memory


def test_report_has_the_agreed_form():
    report = activity_report(" tester ", "Did\n it", files_modified=["a.py", "b.py", "a.py"])
    assert report == {
        "reporting_agent": "tester",
        "status": "success",
        "summary": "Did it",
        "files_modified": ["a.py", "b.py"],
    }
    for agent, summary in (("", "x"), ("x", "  ")):
        with pytest.raises(ValueError, match="agent and a summary"):
            activity_report(agent, summary)


@pytest.mark.parametrize(
    "report",
    [
        {"reporting_agent": "a", "status": "failed", "summary": "S", "files_modified": ["x"]},
        {"agent_name": "a", "status": "failed", "lastActionSummary": "S", "filesModified": ["x"]},
        {"agent": "a", "status": "failed", "last_action_summary": "S", "filesModified": ("x",)},
    ],
)
def test_report_is_read_in_either_spelling(report):
    assert read_activity(report) == activity_report("a", "S", status="failed", files_modified=["x"])


def test_report_without_its_agent_is_refused_and_odd_files_are_none():
    with pytest.raises(ValueError, match="agent"):
        read_activity({"summary": "S"})
    assert (
        read_activity({"agent": "a", "summary": "S", "filesModified": "x"})["files_modified"] == []
    )


def test_reports_decisions_and_undecided_sessions_of_this_project_are_told(tmp_path):
    workspace = tmp_path / "shop"
    workspace.mkdir()
    (workspace / "a.py").touch()
    with Memory(tmp_path / "m.duckdb") as memory:
        here = {"agent": "architect", "project": "shop"}
        memory.append("session_started", {"title": "Cache it"}, session_id="s1", **here)
        memory.append("session_started", {"title": "Shard it"}, session_id="s2", **here)
        memory.append("session_status", {"status": "ended"}, session_id="s2", **here)
        memory.append("session_started", {"title": "Queue it"}, session_id="s3", **here)
        memory.append("session_started", {"title": "Now"}, session_id="s4", **here)
        elsewhere = {"agent": "architect", "project": "other", "session_id": "s5"}
        memory.append("session_started", {"title": "Else"}, **elsewhere)
        report = activity_report("coder", "Wrote the cache", files_modified=["a.py"])
        memory.append("activity", report, session_id="s3", **here)
        memory.append("step", {"status": "done"}, session_id="s3", **here)
        said = get_task_briefing(workspace, "cache", memory=memory, session_id="s4")
    told = [entry["summary"] for entry in said["briefing"]["related_activity"]]
    assert told == [
        "activity: Wrote the cache",
        "session started: Queue it",
        "session started: Shard it",
        "session started: Cache it",
    ]
    asked = [
        (q["question"].split(" (begun")[0], q["session"]) for q in said.project["open_questions"]
    ]
    assert asked == [
        ("A session of architect came to no decision: Queue it", "s3"),
        ("A session of architect came to no decision: Cache it", "s1"),
    ]


def test_report_that_an_agent_sends_is_kept_and_told_later(tmp_path):
    (tmp_path / "a.py").touch()
    sent = {"agent_name": "coder", "lastActionSummary": f"Wrote {tmp_path}/a.py", "status": "ok"}
    with Memory(tmp_path / "data" / "m.duckdb") as memory:
        assert answer_request(tmp_path, sent, memory=memory) == {
            "response_to": "activity_report",
            "status": "success",
        }
        asked = {"requesting_agent": "a", "request_type": "get_task_briefing", "payload": {}}
        said = answer_request(tmp_path, asked, memory=memory)
    [entry] = said["briefing"]["related_activity"]
    assert (entry["agent"], entry["summary"]) == ("coder", "activity: Wrote ./a.py")


def test_report_that_cannot_be_kept_is_an_error(tmp_path):
    assert "no memory" in answer_request(tmp_path, {"agent": "a", "summary": "S"})["message"]
    assert "neither a request nor a report" in answer_request(tmp_path, {})["message"]


def test_no_memory_knows_of_nothing():
    assert recent_work(None, "shop") == ([], [])

    class Empty:
        def recent(self, n=10):
            return pd.DataFrame({"kind": [], "agent": [], "summary": [], "recorded_at": []})

    assert recent_work(Empty(), "shop") == ([], [])


def test_briefing_is_a_dict_that_shows_itself(tmp_path):
    assert repr(Briefing()) == "Briefing('empty')"
    assert "No briefing yet" in Briefing()._repr_html_()
    assert "not a folder" in get_task_briefing(tmp_path / "no", "x")._repr_html_()
    (tmp_path / "shop").mkdir()
    shop = tmp_path / "shop"
    (shop / "README.md").write_text("# Shop\n\nSells <i>books</i> & more.\n", encoding="utf-8")
    (shop / "package.json").write_text('{"dependencies": {"pg": "1"}}', encoding="utf-8")
    for number in range(15):
        (shop / f"posts{number}.py").write_text('"""Posts & such."""\n', encoding="utf-8")
    (shop / "src").mkdir()
    (shop / "src" / "a.ts").touch()
    said = get_task_briefing(shop, "posts")
    assert repr(said) == "Briefing('shop', 18 files, 12 relevant)"
    assert said.summary.startswith("The project 'shop' holds 18 files.")
    page = said._repr_html_()
    for part in (
        "Briefing: shop",
        "<code>posts0.py</code> – Posts &amp; such.",
        "PostgreSQL <small>package.json (pg)</small>",
        "Sells books &amp; more.",
    ):
        assert part in page
    assert dict(said) == said
