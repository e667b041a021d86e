"""What is ignored: held against git itself."""

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.architect.project_ignore import is_ignored, read_rules
from archkit.architect.workspace import list_files

PATHS = (
    "a.log", "b/a.log", "b/c/a.log", "keep.log", "build.py", "out/x.py", "b/out/x.py", "b/doc.md",
    "doc/frotz/x", "a/doc/frotz/y", "foo/bar/baz", "a/foo/bar/baz", "#note", "!odd", "sp ace.txt",
    "x1.c", "x2.c", "xa.c", "d/e/f/g.txt", "d/g.txt", "tmp", "b/tmp/q", "Z.txt", "a]b", "sp ",
)  # fmt: skip
RULES = (
    "*.log", "!keep.log", "/out", "out/", "doc/frotz", "/doc/frotz/", "foo/**", "**/bar",
    "**/foo/bar", "d/**/g.txt", "\\#note", "# comment", "\\!odd", "sp ace.txt", "x[0-9].c",
    "x[!0-9].c", "x[^a].c", "b/*", "!b/c", "tmp", "tmp/", "*", "!*.py", "?.txt",
    "[[:upper:]].txt", "*.txt  ", "sp\\ ", "", "a]b", "[a", "a/", "/*", "!/b", "b/**/x.py", "**",
    "*/", "x*c", "*a*", "\\*", "d/e/../g", "foo//bar",
)  # fmt: skip


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    if shutil.which("git") is None:
        pytest.skip("git is not installed: there is nothing to compare with")
    folder = tmp_path_factory.mktemp("repository")
    for path in PATHS:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("x", encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


@given(st.lists(st.sampled_from(RULES), max_size=5), st.lists(st.sampled_from(RULES), max_size=3))
def test_walk_ignores_what_git_ignores(repository, above, below):
    (repository / ".gitignore").write_text("\n".join(above) + "\n", encoding="utf-8")
    (repository / "b" / ".gitignore").write_text("\n".join(below) + "\n", encoding="utf-8")
    by_git = list_files(repository).files
    (repository / ".git").rename(repository.with_name("put-aside"))
    try:
        by_walk = list_files(repository).files
    finally:
        repository.with_name("put-aside").rename(repository / ".git")
    assert by_walk == by_git


def test_hostile_rules_end():
    rules = read_rules(
        "\n".join(["*a" * 60 + "b", "**/a" * 50, "[" * 300, "a" * 5_000, "a" + " " * 60_000 + "b"])
    )
    assert not is_ignored("a" * 255, [rules])
    assert not is_ignored("/".join("a" * 100), [rules])
