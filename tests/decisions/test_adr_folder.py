"""A folder of records: links, dates of one order, when each ended, and what git knows."""

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from adr_corpus import BOLD, LOG4BRAINS, MADR, NYGARD, ONE_LINE, TABLE

from archkit.decisions import adr_git
from archkit.decisions.adr_folder import read_folder
from archkit.decisions.adr_git import commits_of
from archkit.decisions.adrs import COLUMNS, read_adrs
from archkit.errors import ArchkitError

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def nygard(number, status="Accepted", day="2020-02-13", title="Keep it"):
    text = NYGARD.replace("7. Keep sessions in Redis", f"{number}. {title}")
    text = text.replace("\n\nAmended by [9. Two Redis nodes](0009-two-redis-nodes.md)", "")
    return text.replace("Date: 2020-02-13", f"Date: {day}").replace("\nAccepted\n", f"\n{status}\n")


@pytest.fixture
def folder(tmp_path):
    """Write files into a folder: `folder({path: text})` returns it."""

    def write(files):
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            data = text if isinstance(text, bytes) else text.encode()
            (tmp_path / path).write_bytes(data)
        return tmp_path

    return write


def rows(frame, *columns):
    return {
        row["path"]: tuple(None if _missing(row[c]) else row[c] for c in columns)
        for row in frame.to_dict("records")
    }


def _missing(value):
    return not isinstance(value, tuple) and bool(pd.isna(value))


def test_a_folder_is_a_frame_by_number_with_what_is_no_record_flagged(folder):
    root = folder(
        {
            "0010-late.md": nygard(10),
            "0002-early.md": nygard(2),
            "README.md": "# Records\n",
            "template.md": NYGARD,
            "notes.markdown": "# Notes\n\nNone.\n",
            "odd.md": b"\x00\x01",
            "team/0001-x.md": MADR,
            ".hidden/0001-x.md": MADR,
            "node_modules/a/0001-x.md": MADR,
            "picture.png": b"\x89PNG",
        }
    )
    frame = read_adrs(root)
    assert tuple(frame.columns) == COLUMNS
    assert frame["path"].tolist() == [
        *("0002-early.md", "template.md", "0010-late.md", "README.md"),
        *("notes.markdown", "odd.md", "team/0001-x.md"),
    ]
    kinds = rows(frame, "kind")
    assert kinds["README.md"] == ("index",)
    assert kinds["template.md"] == ("template",)
    assert kinds["notes.markdown"] == kinds["odd.md"] == ("not an adr",)
    assert kinds["team/0001-x.md"] == kinds["0010-late.md"] == ("adr",)
    assert "zero byte" in rows(frame, "why")["odd.md"][0]
    assert frame.attrs["git"] == "the folder is in no git repository"
    assert frame.dtypes["decided_at"] == "datetime64[us]"


def test_an_empty_folder_is_an_empty_frame_of_the_same_kinds(folder):
    root = folder({"empty/x.txt": ""})
    empty, one = read_adrs(root), read_adrs(folder({"1.md": MADR}))
    assert empty.empty
    assert dict(empty.dtypes) == dict(one.dtypes)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ArchkitError, match="no folder of ADRs") as caught:
        read_adrs(tmp_path / "gone")
    assert caught.value.why == "Nothing is there."
    (tmp_path / "a.md").write_text(MADR)
    with pytest.raises(ArchkitError) as caught:
        read_adrs(tmp_path / "a.md")
    assert caught.value.why == "It is a file."


def test_a_file_nobody_may_read_is_flagged_and_a_pipe_is_not_waited_for(folder):
    root = folder({"0001-x.md": MADR})
    os.mkfifo(root / "0002-pipe.md")
    (root / "0003-gone.md").symlink_to(root / "nowhere")
    found = rows(read_adrs(root), "kind", "why")
    assert found["0002-pipe.md"] == found["0003-gone.md"] == ("not an adr", "it is no file")


def test_a_superseded_record_ends_when_its_successor_was_decided(folder):
    root = folder(
        {
            "0001-a.md": nygard(1, "Superseded by [2. B](0002-b.md)"),
            "0002-b.md": nygard(2, "Accepted\n\nSupersedes ADR 1", "2021-05-06"),
        }
    )
    frame = read_adrs(root)
    found = rows(frame, "status", "ended_at", "ended_from", "ended_by", "supersedes")
    at = pd.Timestamp("2021-05-06")
    assert found["0001-a.md"] == ("superseded", at, "successor", ("0002-b.md",), ())
    assert found["0002-b.md"] == ("accepted", None, None, (), ("0001-a.md",))


def test_links_are_found_by_path_name_or_a_number_that_is_one_records_only(folder):
    root = folder(
        {
            "a/0001-a.md": nygard(1, "Superseded by [b](../b/0002-b.md)"),
            "a/0003-c.md": nygard(3, "Superseded by 0004"),
            "a/0004-d.md": nygard(4),
            "b/0002-b.md": nygard(2),
            "b/0004-e.md": nygard(4),
            "b/0005-f.md": nygard(5, "Superseded by ADR 77 and [x](0099-gone.md)"),
            "b/0006-g.md": nygard(6, "Superseded by ADR 8"),
            "b/0007-j.md": nygard(7, "Deprecated by ADR 5"),
            "b/0008-h.md": nygard(8),
            "b/0008-i.md": nygard(8),
        }
    )
    found = rows(read_adrs(root), "ended_by", "unresolved")
    assert found["a/0001-a.md"] == (("b/0002-b.md",), ())
    assert found["a/0003-c.md"] == (("a/0004-d.md",), ())
    assert found["b/0005-f.md"] == ((), ("ADR 77", "[x](0099-gone.md)"))
    assert found["b/0006-g.md"] == ((), ("ADR 8",))
    assert found["b/0007-j.md"] == (("b/0005-f.md",), ())


def test_a_successor_tells_what_the_older_record_does_not(folder):
    root = folder(
        {
            "0001-a.md": nygard(1),
            "0002-b.md": nygard(2, "Accepted\n\nSupersedes [1](0001-a.md)", "2021-05-06"),
            "0003-c.md": nygard(3),
            "0004-d.md": nygard(4, "Proposed\n\nSupersedes ADR 3", "2021-05-06"),
            "0005-e.md": nygard(5),
            "0006-f.md": nygard(6, "Accepted\n\nPartly supersedes ADR 5", "2021-05-06"),
        }
    )
    found = rows(read_adrs(root), "status", "ended_by", "ended_from")
    assert found["0001-a.md"] == ("accepted", ("0002-b.md",), "successor")
    assert found["0003-c.md"] == ("accepted", (), None)
    assert found["0005-e.md"] == ("accepted", (), None)


def test_days_beside_a_status_count_and_none_is_before_the_decision(folder):
    root = folder(
        {
            "0001-a.md": nygard(1, "Superseded on 2022-01-01"),
            "0002-b.md": nygard(2, "Deprecated 2019-01-01"),
            "0003-c.md": nygard(3, "Accepted on 2018-03-04").replace("Date: 2020-02-13\n", ""),
            "2017-06-05-d.md": LOG4BRAINS.replace("- Date: 2021-01-09\n", ""),
            "0004-e.md": nygard(4, "Superseded by ADR 5"),
            "0005-f.md": nygard(5, day="2019-01-01"),
        }
    )
    found = rows(read_adrs(root), "decided_at", "decided_from", "ended_at", "ended_from")
    known = pd.Timestamp("2020-02-13"), "stated"
    assert found["0001-a.md"] == (*known, pd.Timestamp("2022-01-01"), "stated")
    assert found["0002-b.md"] == (*known, None, None)
    assert found["0003-c.md"] == (pd.Timestamp("2018-03-04"), "status", None, None)
    assert found["2017-06-05-d.md"][:2] == (pd.Timestamp("2017-06-05"), "file name")
    assert found["0004-e.md"] == (*known, None, None)


def test_the_order_of_day_and_month_is_learnt_from_the_same_folder_only(folder):
    root = folder(
        {
            "a/0001-a.md": nygard(1, day="09/04/2018"),
            "a/0002-b.md": nygard(2, day="13/04/2018"),
            "b/0001-a.md": nygard(1, day="09/04/2018"),
        }
    )
    found = rows(read_adrs(root), "decided_at", "decided_from", "date_note")
    assert found["a/0001-a.md"] == (
        *(pd.Timestamp("2018-04-09"), "inferred"),
        "day and month in the order of the other files (dmy)",
    )
    assert found["a/0002-b.md"] == (pd.Timestamp("2018-04-13"), "stated", None)
    assert found["b/0001-a.md"][:2] == (None, None)
    assert "2018-04-09 or 2018-09-04" in found["b/0001-a.md"][2]


def test_all_forms_stand_side_by_side(folder):
    texts = [MADR, NYGARD, LOG4BRAINS, TABLE, ONE_LINE, BOLD]
    root = folder({f"{n:04d}-x.md": text for n, text in enumerate(texts, start=1)})
    frame = read_adrs(root)
    assert set(frame["kind"]) == {"adr"}
    assert frame["status"].notna().all()
    assert frame["has_decision"].all()
    assert frame["decided_at"].notna().sum() == 6


def git(folder: Path, *words: str, at: str = "2020-01-01T00:00:00+0000") -> None:
    who = {"GIT_AUTHOR_NAME": "n", "GIT_AUTHOR_EMAIL": "e@example.org"}
    who |= {"GIT_COMMITTER_NAME": "n", "GIT_COMMITTER_EMAIL": "e@example.org"}
    env = os.environ | who | {"GIT_COMMITTER_DATE": at, "GIT_AUTHOR_DATE": at}
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True, env=env)


@pytest.fixture
def repository(folder):
    root = folder({"docs/adr/0001-é a.md": nygard(1), "docs/adr/0002-b.md": nygard(2)})
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "one")
    git(root, "mv", "docs/adr/0002-b.md", "docs/adr/0002-renamed.md")
    git(root, "commit", "-qm", "two", at="2021-01-01T00:00:00+0200")
    return root


FIRST, SECOND = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 12, 31, 22, tzinfo=UTC)


@needs_git
def test_git_tells_first_and_last_commits_through_a_renaming(repository, monkeypatch):
    calls = []
    run = subprocess.run
    monkeypatch.setattr(adr_git.subprocess, "run", lambda *a, **k: calls.append(a) or run(*a, **k))
    (repository / "docs/adr/0003-new.md").write_text(nygard(3))
    frame = read_adrs(repository / "docs/adr")
    assert len(calls) == 1
    found = rows(frame, "first_committed_at", "last_committed_at")
    assert found["0001-é a.md"] == (pd.Timestamp("2020-01-01"),) * 2
    assert found["0002-renamed.md"][1] == pd.Timestamp("2020-12-31 22:00")
    assert found["0002-renamed.md"][0] == pd.Timestamp("2020-01-01")
    assert found["0003-new.md"] == (None, None)
    assert frame.attrs["git"] == ""


@needs_git
def test_a_record_without_a_day_was_decided_by_its_first_commit_at_the_latest(repository):
    path = repository / "docs/adr/0001-é a.md"
    path.write_text(nygard(1, "Deprecated").replace("Date: 2020-02-13\n", ""))
    git(repository, "commit", "-qam", "three", at="2022-01-01T00:00:00+0000")
    [file] = [f for f in read_folder(repository / "docs/adr").files if f.path == path.name]
    assert (file.decided_at, file.decided_from) == (FIRST, "git")
    assert (file.ended_at, file.ended_from) == (datetime(2022, 1, 1, tzinfo=UTC), "git")
    without = read_adrs(repository / "docs/adr", git=False)
    assert without.attrs["git"] == "git was not asked"
    assert rows(without, "decided_from")[path.name] == (None,)


@needs_git
def test_a_shallow_clone_knows_no_first_commits(repository, tmp_path_factory):
    clone = tmp_path_factory.mktemp("clone") / "c"
    git(repository, "clone", "-q", "--depth", "1", f"file://{repository}", str(clone))
    found = commits_of(clone / "docs/adr")
    assert (found.first, "shallow" in found.why) == ({}, True)
    assert found.last["0002-renamed.md"] == SECOND


@needs_git
def test_what_a_repository_is_set_to_run_is_not_run(repository):
    mark = repository / "ran"
    script = repository / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch '{mark}'\n")
    script.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "pager.log", "diff.external", "core.hooksPath"):
        git(repository, "config", key, str(script))
    git(repository, "config", "log.showSignature", "true")
    assert commits_of(repository / "docs/adr").first
    assert not mark.exists()


@needs_git
def test_git_that_is_missing_slow_or_refuses_is_told(repository, monkeypatch):
    adrs = repository / "docs/adr"
    with monkeypatch.context() as patched:
        patched.setattr(adr_git.shutil, "which", lambda _: None)
        assert commits_of(adrs).why == "git is not installed"
    assert "took longer" in commits_of(adrs, patience_s=0.0).why
    refused = subprocess.CompletedProcess([], 128, b"", b"fatal: detected dubious ownership in x")
    with monkeypatch.context() as patched:
        patched.setattr(adr_git.subprocess, "run", lambda *a, **k: refused)
        assert "safe.directory" in commits_of(adrs).why
        frame = read_adrs(adrs)
    assert len(frame) == 2
    assert frame["first_committed_at"].isna().all()


@needs_git
def test_a_repository_without_commits_is_told(folder):
    root = folder({"a.md": MADR})
    git(root, "init", "-q")
    assert commits_of(root).why == "nothing was committed yet"
    (root / ".git" / "HEAD").write_text("broken")
    assert commits_of(root).why == "git could not read the repository"
