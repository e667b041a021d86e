"""The benchmarks' made-up documents are what they are measured as."""

import importlib.util
from pathlib import Path

import pytest

from archkit.decisions.adrs import read_adrs
from archkit.decisions.story import read_story
from archkit.proposal.document import read_proposal

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def made():
    path = ROOT / "benchmarks" / "made_documents.py"
    found = importlib.util.spec_from_file_location("made_documents", path)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_proposal_is_as_long_as_asked_and_gives_each_rule_something_to_hold(made):
    text = made.proposal(40_000)
    assert 40_000 <= len(text.encode()) < 44_000
    proposal = read_proposal(text)
    assert proposal.checked.counts | {"info": 0} == {"error": 0, "warning": 0, "info": 0}
    assert len(proposal.endpoints) > 40
    assert set(proposal.checked.by_rule()["state"]) <= {"kept", "noted"}
    with pytest.raises(ValueError, match="at most"):
        made.proposal(10_000_000)


def test_the_records_are_records_with_status_and_dates(made, tmp_path):
    folder = tmp_path / "shop" / "docs" / "adr"
    made.adrs(folder, 40)
    frame = read_adrs(folder)
    assert list(frame["kind"].unique()) == ["adr"]
    assert len(frame) == 40
    assert set(frame["family"]) == {"madr", "nygard"}
    assert frame[["title", "status", "decided_at", "first_committed_at"]].notna().all().all()
    assert (frame["status"] == "superseded").sum() == 4


def test_the_story_is_found_and_has_its_tasks(made, tmp_path):
    project, path = made.story_project(tmp_path / "p")
    story = read_story(project)
    assert story.path == path
    assert len(story.tasks) == 48
    assert story.status == "In Progress"
