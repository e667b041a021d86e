import json
import os
import shutil

import anyio
import pytest
from scripted_client import NOW, Remembered, card

from archkit.architect import ripgrep
from archkit.architect.tool import ToolFailedError
from archkit.architect.tools import ToolBox
from archkit.errors import StoreError


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "shop"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "posts.py").write_text("def posts():\n    return load(1)\n", "utf-8")
    (folder / ".env").write_text("SECRET=posts\n", "utf-8")
    (folder / "logo.png").write_bytes(b"\x89PNG")
    (tmp_path / "outside.txt").write_text("posts outside\n", "utf-8")
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    return folder


def boxed(tmp_path, folder, memory=None):
    return ToolBox(card(tmp_path), folder, memory, session_id="s", now=lambda: NOW)


def run(box, tool_name, /, **given):
    tool = box.offered[tool_name]

    async def call():
        said = tool.run(given)
        return said if isinstance(said, str) else await said

    return anyio.run(call)


def test_memorys_tools_are_offered_only_with_a_memory(tmp_path, shop):
    names = {"query_patterns", "find_solution", "record_lesson", "propose_pattern"}
    assert names.isdisjoint(boxed(tmp_path, shop).offered)
    box = boxed(tmp_path, shop, Remembered())
    own = {"get_task_briefing", "ask_questions", "note_tradeoff", "TodoWrite"}
    assert set(box.offered) == names | own | {"Read", "Grep", "Glob", "LS"}
    for tool in box.offered.values():
        assert tool.definition()["input_schema"]["type"] == "object"
        assert len(tool.description) > 20


def test_listed_tools_that_are_not_offered_are_withheld_with_a_reason(tmp_path, shop):
    withheld = boxed(tmp_path, shop).withheld
    assert set(withheld) == {"Write", "Bash", "mcp__context7__query-docs"}
    assert all(withheld.values())


def test_file_tools_give_relative_paths(tmp_path, shop, monkeypatch):
    monkeypatch.setattr(ripgrep.shutil, "which", lambda _: None)
    box = boxed(tmp_path, shop)
    assert run(box, "Read", file_path="src/posts.py").startswith("def posts")
    assert run(box, "Read", file_path="src/posts.py", view_range=[2, 2]) == "    return load(1)"
    assert run(box, "Glob", pattern="**/*.py") == "src/posts.py"
    assert run(box, "LS").split() == ["src/", ".env", "link.txt", "logo.png"]
    assert run(box, "Grep", pattern="posts").startswith("src/posts.py:1:def posts():")


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Read", {"file_path": "../outside.txt"}),
        ("Read", {"file_path": "link.txt"}),
        ("Read", {"file_path": "/etc/passwd"}),
        ("Read", {"file_path": ".env"}),
        ("Read", {"file_path": ".mcp.json"}),
        ("Read", {"file_path": "deploy/prod.tfvars"}),
        ("LS", {"path": ".."}),
        ("Grep", {"pattern": "x", "path": "/etc"}),
        ("Glob", {"pattern": "../*"}),
        ("Glob", {"pattern": "*", "path": ".."}),
    ],
)
def test_nothing_outside_or_private_is_read(tmp_path, shop, name, given):
    with pytest.raises(ToolFailedError) as error:
        run(boxed(tmp_path, shop), name, **given)
    assert error.value.refused
    assert str(tmp_path) not in error.value.text


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Read", {}),
        ("Read", {"file_path": "nowhere"}),
        ("Read", {"file_path": "logo.png"}),
        ("Read", {"file_path": "src/posts.py", "view_range": "1-2"}),
        ("LS", {"path": "src/posts.py"}),
        ("Grep", {"pattern": ""}),
        ("ask_questions", {"questions": "what?"}),
        ("note_tradeoff", {"choice": "x", "note": "y", "alternatives": 3}),
        ("TodoWrite", {"todos": "x"}),
        ("query_patterns", {"query": "x", "context": "y"}),
        ("record_lesson", {"text": 3}),
    ],
)
def test_wrong_inputs_are_said_to_the_model(tmp_path, shop, name, given):
    with pytest.raises(ToolFailedError) as error:
        run(boxed(tmp_path, shop, Remembered()), name, **given)
    assert not error.value.refused
    assert error.value.text


def test_search_without_ripgrep_is_plain_and_safe(tmp_path, shop, monkeypatch):
    monkeypatch.setattr(ripgrep.shutil, "which", lambda _: None)
    (shop / "a.txt").write_text("a" * 5000 + "!\nload(1)\n", "utf-8")
    (shop / "two\nlines.txt").write_text("twice\n", "utf-8")
    box = boxed(tmp_path, shop)
    assert run(box, "Grep", pattern="(a+)+$").startswith("no matches")
    assert "a.txt:2:load(1)" in run(box, "Grep", pattern=r"load\(1\)|nothing")
    assert ".env" not in run(box, "Grep", pattern="SECRET|posts")
    assert run(box, "Grep", pattern="twice").startswith("two\\nlines.txt:1:twice\n")
    assert run(box, "Grep", pattern="load", path="src").startswith("src/posts.py:2")


def test_long_results_are_cut_and_say_so(tmp_path, shop):
    (shop / "long.txt").write_text("x" * 60_000, "utf-8")
    said = run(boxed(tmp_path, shop), "Read", file_path="long.txt")
    assert len(said) < 41_000
    assert "cut after" in said


def test_query_is_kept_as_evidence(tmp_path, shop):
    box = boxed(tmp_path, shop, Remembered())
    said = json.loads(
        run(box, "query_patterns", query="N+1", kind="loading", what_if={"users": [1]})
    )
    assert said["patterns"][0]["slug"] == "dataloader"
    assert box.evidence[0].query == "N+1"
    assert box.evidence.main is box.evidence[0]


def test_error_of_the_memory_is_said_to_the_model(tmp_path, shop):
    memory = Remembered()

    def locked(*_, **__):
        raise StoreError("The file is locked.", why="x", mend="y")

    memory.query = locked
    with pytest.raises(ToolFailedError, match="The file is locked"):
        run(boxed(tmp_path, shop, memory), "query_patterns", query="x")


def test_lessons_and_patterns_are_recorded_for_the_agent(tmp_path, shop):
    memory = Remembered()
    box = boxed(tmp_path, shop, memory)
    run(box, "record_lesson", text="Pools leak.", pattern="pool")
    run(
        box,
        "propose_pattern",
        name="Read Model!",
        summary="Keep a copy.",
        area="moon",
        when="reads",
    )
    lesson, pattern = memory.lessons[0], memory.patterns[0]
    assert (lesson.agent, lesson.session_id, lesson.learned_at) == ("tester", "s", NOW)
    assert (pattern.slug, pattern.status, pattern.agent) == ("read-model", "candidate", "tester")
    assert (pattern.area, pattern.when[0].text) == ("architecture-decisions", "reads")
    with pytest.raises(ToolFailedError, match="already has a pattern"):
        run(box, "propose_pattern", name="DataLoader", summary="x")


def test_questions_tradeoffs_and_list_are_kept(tmp_path, shop):
    box = boxed(tmp_path, shop)
    asked = [{"text": "Who?", "options": ["a"]}, "What?", {"text": " "}, {"key": "n", "text": "N?"}]
    assert run(box, "ask_questions", questions=asked) == "asked"
    assert [(q.key, q.text) for q in box.asked] == [("q1", "Who?"), ("q2", "What?"), ("n", "N?")]
    run(box, "note_tradeoff", choice="A", alternatives="B", note="because")
    assert box.tradeoffs == [{"choice": "A", "alternatives": ["B"], "note": "because"}]
    run(box, "TodoWrite", todos=["x", {"content": "y", "status": "completed"}])
    assert [entry["status"] for entry in box.todo] == ["pending", "completed"]


def test_briefing_and_solutions_come_as_json_text(tmp_path, shop):
    box = boxed(tmp_path, shop, Remembered())
    assert json.loads(run(box, "get_task_briefing", query="posts"))["status"] == "success"
    assert json.loads(run(box, "find_solution", error="pool timeout"))["solutions"] == []


def test_a_hostile_workspace_is_read_without_harm(tmp_path, shop):
    (shop / "two\nlines.py").write_text("posts\n", "utf-8")
    (shop / "right\u202eto-left.py").write_text("x\n", "utf-8")
    (shop / b"latin-\xe9.py".decode("utf-8", "surrogateescape")).write_text("posts\n", "utf-8")
    (shop / "loop").symlink_to(shop / "loop")
    (shop / "src" / "up").symlink_to(shop)
    (shop / "etc").symlink_to("/etc")
    (shop / "blob.txt").write_bytes(b"\0\1posts\n" * 100)
    os.mkfifo(shop / "pipe")
    with (shop / "huge.log").open("wb") as file:
        file.truncate(2 * 1024**3)
    box = boxed(tmp_path, shop)
    said = run(box, "LS").split("\n")
    assert "two\\nlines.py" in said
    assert "right\\u202eto-left.py" in said
    assert len(said) == len(list(shop.iterdir()))
    found = box.cleaned(run(box, "Glob", pattern="**/*.py")).split("\n")
    assert {"two\\nlines.py", "src/posts.py", "right\\u202eto-left.py"} < set(found)
    assert len(found) == 4
    assert run(box, "Read", file_path="two\nlines.py") == "posts\n"
    assert "etc" not in run(box, "Glob", pattern="etc/*")
    for path in ("huge.log", "blob.txt", "loop", "pipe", "etc/passwd", "src"):
        with pytest.raises(ToolFailedError) as error:
            run(box, "Read", file_path=path)
        assert str(tmp_path) not in error.value.text
    assert "huge.log" not in run(box, "Grep", pattern="posts")


def test_a_folder_that_cannot_be_listed_is_said(tmp_path, shop, monkeypatch):
    def closed(_):
        raise PermissionError(13, "Permission denied", str(shop))

    monkeypatch.setattr(type(shop), "iterdir", closed)
    with pytest.raises(ToolFailedError, match="permission denied") as error:
        run(boxed(tmp_path, shop), "LS", path="src")
    assert str(shop) not in error.value.text


@pytest.mark.parametrize("pattern", ["", "/etc/*", "src/../../*", "**x", "[", "a" * 5000])
def test_patterns_that_cannot_be_used_are_said(tmp_path, shop, pattern):
    try:
        assert run(boxed(tmp_path, shop), "Glob", pattern=pattern) == "no matches"
    except ToolFailedError as error:
        assert error.text


@pytest.mark.skipif(not shutil.which("rg"), reason="ripgrep is not installed")
def test_search_with_ripgrep_is_bounded_and_private(tmp_path, shop):
    (shop / "a.txt").write_text("a" * 41 + "!\nload(1)\n", "utf-8")
    (shop / "two\nlines.txt").write_text("posts:1:\n", "utf-8")
    (shop / "many.txt").write_text("posts\n" * 5000, "utf-8")
    (shop / "-flag.txt").write_text("posts\n", "utf-8")
    box = boxed(tmp_path, shop)
    assert run(box, "Grep", pattern="(a+)+$") == "no matches"
    said = run(box, "Grep", pattern="SECRET|posts").split("\n")
    assert not [line for line in said if line.startswith((".env", "link", "/"))]
    assert len(said) == 401
    assert run(box, "Grep", pattern=r"load\(", path="src") == "src/posts.py:2:    return load(1)"
    assert run(box, "Grep", pattern=":1:") == "two\\nlines.txt:1:posts:1:"
    assert run(box, "Grep", pattern="--files", path="src") == "no matches"
    with pytest.raises(ToolFailedError, match="regex parse error"):
        run(box, "Grep", pattern="(")


def test_ripgrep_inside_the_workspace_is_not_run(tmp_path, shop, monkeypatch):
    planted = shop / "rg"
    planted.write_text("#!/bin/sh\ntouch ran\n", "utf-8")
    planted.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shop}:/nowhere")
    assert ripgrep.find_ripgrep(shop.resolve()) is None
    assert "plain text" in run(boxed(tmp_path, shop), "Grep", pattern="posts")
    assert not (shop / "ran").exists()


def test_secrets_and_places_are_taken_out_of_every_result(tmp_path, shop):
    key = "sk-ant-" + "a1B2" * 8
    box = boxed(tmp_path, shop)
    said = box.cleaned(f"{shop}/src: {key} \ud800 " + "x" * 50_000)
    assert said.startswith("./src: [hidden: Anthropic Key] ? xxx")
    assert "cut after" in said
    said.encode("utf-8")


def test_a_list_of_what_is_to_do_is_checked(tmp_path, shop):
    box = boxed(tmp_path, shop)
    todos = [{"content": "x", "status": "completed"}, {"content": "y", "status": "dreamt"}]
    assert run(box, "TodoWrite", todos=todos) == "2 items listed, 1 done"
    assert [entry["status"] for entry in box.todo] == ["completed", "pending"]
    with pytest.raises(ToolFailedError):
        run(box, "TodoWrite", todos=["x"] * 51)
    assert len(box.todo) == 2
