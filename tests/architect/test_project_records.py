import pytest

from archkit.architect.briefing import get_task_briefing
from archkit.architect.briefing_search import relevant_files
from archkit.architect.project_records import (
    decision_records,
    is_decision_record,
    open_in_texts,
    story_status,
)
from archkit.architect.project_tree import folders_of, tree_of

STATUS = "docs/development/status.xml"


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_decision_records_are_known_by_where_they_lie():
    for path in (
        *("docs/adr/0001-x.md", "doc/architecture/decisions/0001.md", "adrs/x/2.adoc"),
        *("docs/architecture-decision-records/a.md", "docs/adr-007-x.md"),
    ):
        assert is_decision_record(path)
    for path in (
        "docs/adr/README.md",
        "docs/adrift/x.md",
        "decisions/x.py",
        "docs/adr/template.md",
    ):
        assert not is_decision_record(path)


def test_decision_records_in_several_forms_are_read_and_templates_are_not(tmp_path):
    write(
        tmp_path,
        {
            "1.md": "---\nstatus: proposed\ndate: 2026-01-02\n---\n# Cache it\n\n"
            "## Context and Problem Statement\n\nSlow.\n\n## Decision Outcome\n\nChosen: x.\n",
            "2.md": "# 2. Shard it\n\nDate: 2025-03-04\n\n## Status\n\nSuperseded by 3\n\n"
            "## Decision\n\nShard.\n",
            "3.md": "no record at all\n",
        },
    )
    assert decision_records(tmp_path, ["1.md", "2.md", "3.md", "4.md"]) == [
        {"path": "1.md", "title": "Cache it", "status": "proposed", "date": "2026-01-02"},
        {"path": "2.md", "title": "Shard it", "status": "superseded", "date": "2025-03-04"},
    ]
    assert decision_records(tmp_path, ["1.md"], lambda: True) == []


def test_texts_tell_what_is_open_and_code_in_them_does_not(tmp_path):
    text = """# Plan
TODO: choose the broker
Nothing todo here.
```
TODO not this
```
## Open questions
- Who owns the cart?
- [x] Settled
1. Which region?
Prose.
## Next
- The decision pending on retries holds us up.
"""
    write(tmp_path, {"docs/plan.md": text, "src/x.md": "TODO a b", "CHANGELOG.md": "TODO a b"})
    found = open_in_texts(tmp_path, ["docs/plan.md", "src/x.md", "CHANGELOG.md"])
    assert [(one["line"], one["question"]) for one in found] == [
        (2, "TODO: choose the broker"),
        (8, "Who owns the cart?"),
        (10, "Which region?"),
        (13, "The decision pending on retries holds us up."),
    ]


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        ('<!DOCTYPE s [<!ENTITY a "b">]><s>&a;</s>', "document type"),
        ("<s><current-story>9.9</current-story></s>", "no file of story 9.9"),
        ("<s><current-story>../../../etc/passwd</current-story></s>", "no name of a file"),
        ("<s", "no well-formed XML"),
    ],
)
def test_status_that_cannot_be_followed_says_why(tmp_path, status, trouble):
    write(tmp_path, {STATUS: status})
    assert trouble in story_status(tmp_path)["trouble"]
    said = get_task_briefing(tmp_path, "x")
    assert f"Its {STATUS} cannot be followed" in said.summary
    assert said["status"] == "success"


def test_status_without_a_story_and_project_without_a_status(tmp_path):
    assert story_status(tmp_path) is None
    write(tmp_path, {STATUS: "<s><current-story>none</current-story></s>"})
    assert story_status(tmp_path) == {
        **{"status_file": STATUS, "story": None, "epic": None, "feature": None}
    }


def test_rare_words_of_a_task_count_for_more_and_tests_for_less():
    files = [f"api/posts_{n}.py" for n in range(40)]
    files += ["api/billing_posts.py", "tests/test_billing_posts.py", "web/CartView.tsx"]
    assert relevant_files(files, "Fix the posts billing", lambda _: "")[:2] == [
        "api/billing_posts.py",
        "tests/test_billing_posts.py",
    ]
    assert relevant_files(files, "the cart", lambda _: "") == ["web/CartView.tsx"]
    told = {"api/posts_7.py": "Sends invoices."}
    assert relevant_files(files, "invoice", lambda path: told.get(path, "")) == ["api/posts_7.py"]
    assert relevant_files(files, "the and of", lambda _: "") == []
    assert relevant_files(["x" * 400 + "/posts.py"], "posts", lambda _: "") == []


def test_tree_has_near_and_full_folders_and_counts_the_rest():
    files = [f"src/f{n}/a{i}.py" for n in range(80) for i in range(n % 3 + 1)]
    files += ["src/__init__.py", "tests/unit/deep/a.py", "a/b/c/d/e/f.py", "migrations/1.sql"]
    tree, left = tree_of(files, lambda path: {"src/__init__.py": "The shop."}.get(path, ""), {
        "src/f5": "Billing"})  # fmt: skip
    paths = {folder["path"]: folder for folder in tree}
    assert len(tree) == 60
    assert left == len({p for f in files for p in above(f)}) - 60
    assert paths["src/"] == {"path": "src/", "files": 160, "purpose": "The shop."}
    assert paths["src/f5/"]["purpose"] == "Billing"
    assert paths["migrations/"]["purpose"] == "changes of the database's schema (SQL)"
    assert "tests/unit/" not in paths
    assert "a/b/c/d/e/" not in paths


def above(path):
    parts = path.split("/")[:-1]
    return {"/".join(parts[:n]) for n in range(1, len(parts) + 1)}


def test_one_folder_tells_what_lies_in_it():
    files = ["src/a.py", "src/b/c.ts", "src/b/d.ts", "srcs/x.py"]
    assert folders_of(files, lambda _: "", "src") == {
        "purpose": "TypeScript, Python",
        "files": 3,
        "subdirectories": ["b"],
    }
    assert folders_of(files, lambda _: "", "none")["files"] == 0
