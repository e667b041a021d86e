"""Which story is current, in every shape of the status file, and where it lies: in the project."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.decisions.status_file import STATUS_FILE, StatusFileError
from archkit.decisions.story import read_story, update_story
from archkit.decisions.story_place import FEATURES, Current, read_current
from archkit.errors import StoryError

STORY = "# Story\n\n**Status**: In Progress\n\n## Tasks\n\n- [ ] 1.1 a\n"
SINGLE = """<feature-status><metadata>
<feature-name>Sign In</feature-name><is-active-feature>true</is-active-feature>
<current-epic>epic-2-billing</current-epic><current-story>2.1</current-story>
</metadata><epics><epic id="epic-2-billing"><name>Polish{amp}Security</name></epic></epics>
</feature-status>"""
SEVERAL = """<project-status><features>
<feature name="old" is-active-feature="false"><current-story>9.9</current-story></feature>
<feature name="sign-in" is-active-feature="{active}">
<metadata><current-epic>epic-2-billing</current-epic><current-story>2.1</current-story></metadata>
<epics><epic id="epic-2-billing"><folder>docs/development/x/</folder></epic></epics>
</feature></features></project-status>"""
BARE = """<feature><folder>docs/development/features/sign-in/</folder>
<current-epic>epic-2-billing</current-epic><current-story>2.1</current-story></feature>"""
WHOLE = """<project name="shop"><current-epic>epic-2-billing</current-epic>
<current-story>2.1</current-story></project>"""
STORIES = """<project><epics><epic id="epic-2-billing"><story id="1.9" status="done"/>
<story id="2.1"><status>In Progress</status></story></epic></epics></project>"""
EPIC = f"{FEATURES}/sign-in/epics/epic-2-billing/stories"


def project(tmp_path, status, *files):
    folder = tmp_path / "shop"
    for name, text in ((STATUS_FILE, status), *((name, STORY) for name in files)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "status",
    [
        SINGLE.format(amp=" &amp; "),
        SINGLE.format(amp=" & "),
        SEVERAL.format(active="true"),
        BARE,
        WHOLE,
        STORIES,
    ],
)
def test_each_shape_of_the_status_file_leads_to_the_story(tmp_path, status):
    folder = project(tmp_path, status, f"{EPIC}/2.1.md", f"{EPIC}/2.10.md", f"{EPIC}/1.9.md")
    story = read_story(folder)
    assert story.path == folder / EPIC / "2.1.md"
    assert bool(story.warnings) is (" & " in status)


def test_a_bare_ampersand_is_repaired_with_a_warning_that_the_update_shows(tmp_path):
    folder = project(tmp_path, SINGLE.format(amp=" & "), f"{EPIC}/2.1.md")
    update = update_story(folder, "1.1")
    assert "1 bare '&'" in update.story.warnings[0]
    assert "bare &#x27;&amp;&#x27;" in update._repr_html_()


@pytest.mark.parametrize(
    "value",
    ["", " ", "none", "None", "[epic.story or empty]", "[epic-1-name]", "n/a", "null", "{story}"],
)
def test_a_placeholder_is_no_current_story(tmp_path, value):
    status = WHOLE.replace("2.1", value)
    assert read_current(status.encode()).story is None
    with pytest.raises(StoryError, match="names no current story"):
        read_story(project(tmp_path, status, f"{EPIC}/2.1.md"))


def test_two_active_features_are_refused_by_name(tmp_path):
    status = SEVERAL.format(active="true").replace('"false"', '"true"')
    with pytest.raises(StoryError, match="cannot be read") as error:
        read_story(project(tmp_path, status))
    assert "2 active features among: old (line 2); sign-in (line 3)" in error.value.why


def test_several_features_of_which_none_is_active_are_refused():
    with pytest.raises(StatusFileError, match="no active feature among"):
        read_current(SEVERAL.format(active="false").encode())


def test_two_current_stories_are_refused_with_their_lines():
    status = WHOLE.replace("</project>", "\n<current-story>3.1</current-story></project>")
    with pytest.raises(StatusFileError, match="2 current stories, on the lines 2, 3"):
        read_current(status.encode())
    assert read_current(status.replace("3.1", "2.1").encode()).story == "2.1"


def test_two_stories_in_progress_are_no_current_story():
    assert read_current(STORIES.replace('"done"', '"in-progress"').encode()).story is None


def test_the_feature_s_folder_is_its_name_its_folder_or_its_slug():
    assert read_current(SEVERAL.format(active="true").encode()).folders == ("sign-in",)
    assert read_current(BARE.encode()).folders == ("sign-in",)
    assert read_current(SINGLE.format(amp="").encode()).folders == ("sign-in", "Sign In")


@pytest.mark.parametrize(
    "status",
    [
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a>&e;</a>',
        '<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><a>&b;</a>',
    ],
)
def test_entity_bombs_and_external_entities_are_refused(tmp_path, status):
    with pytest.raises(StoryError) as error:
        read_story(project(tmp_path, status))
    assert "document type" in error.value.why


@pytest.mark.parametrize(
    "status",
    [
        WHOLE.replace("2.1", "../../../2.1"),
        WHOLE.replace("2.1", "/etc/2.1"),
        WHOLE.replace("2.1", ".."),
        WHOLE.replace("2.1", "a\\2.1"),
        WHOLE.replace("epic-2-billing", "../epic-2-billing"),
        WHOLE.replace("epic-2-billing", ".."),
        SEVERAL.format(active="true").replace('"sign-in"', '"../sign-in"'),
        BARE.replace("features/sign-in/", "features/.."),
    ],
)
def test_a_name_that_climbs_is_refused(tmp_path, status):
    folder = project(tmp_path, status, f"{EPIC}/2.1.md", "../2.1.md")
    with pytest.raises(StoryError, match="no name of a file or folder"):
        read_story(folder)


def test_a_link_out_of_the_project_is_refused(tmp_path):
    folder = project(tmp_path, WHOLE, f"{EPIC}/x.md")
    (tmp_path / "2.1.md").write_text(STORY, encoding="utf-8")
    (folder / EPIC / "2.1.md").symlink_to(tmp_path / "2.1.md")
    with pytest.raises(StoryError, match="lies out of the project"):
        read_story(folder)
    assert (tmp_path / "2.1.md").read_text("utf-8") == STORY


def test_a_folder_that_links_out_of_the_project_is_refused(tmp_path):
    folder = project(tmp_path, WHOLE, f"{FEATURES}/other/x.md")
    away = tmp_path / "away" / "epics" / "epic-2-billing" / "stories"
    away.mkdir(parents=True)
    (away / "2.1.md").write_text(STORY, encoding="utf-8")
    (folder / FEATURES / "sign-in").symlink_to(tmp_path / "away")
    with pytest.raises(StoryError, match="lies out of the project"):
        read_story(folder)


def test_a_link_within_the_project_is_followed(tmp_path):
    folder = project(tmp_path, WHOLE, f"{EPIC}/x.md", "real.md")
    (folder / EPIC / "2.1.md").symlink_to(folder / "real.md")
    update_story(folder, "1.1", dry_run=False)
    assert "[x] 1.1" in (folder / "real.md").read_text("utf-8")
    assert (folder / EPIC / "2.1.md").is_symlink()


@pytest.mark.parametrize(
    "name", ["2.1.md", "2.1.story.md", "2.1-sign-in.md", "2.1.sign-in.md", "story-2.1.md",
             "Story 2.1 Sign in.md"],
)  # fmt: skip
@pytest.mark.parametrize("folder", [EPIC, "docs/stories"])
def test_a_story_is_found_by_the_names_in_use(tmp_path, name, folder):
    others = [
        f"{folder}/{other}" for other in ("2.10.md", "2.1.3.story.md", "12.1.md", "2.11-a.md")
    ]
    home = project(tmp_path, WHOLE, f"{folder}/{name}", *others)
    assert read_story(home).path == home / folder / name


def test_story_two_ten_is_not_two_one(tmp_path):
    home = project(tmp_path, WHOLE.replace("2.1", "2.10"), f"{EPIC}/2.1.md", f"{EPIC}/2.10-a.md")
    assert read_story(home).path.name == "2.10-a.md"
    home = project(tmp_path / "b", WHOLE, f"{EPIC}/2.10.md")
    with pytest.raises(StoryError, match=r"no file of story 2\.1"):
        read_story(home)


def test_several_files_of_one_story_are_refused_by_name(tmp_path):
    home = project(tmp_path, WHOLE, f"{EPIC}/2.1-a.md", f"{EPIC}/2.1-b.md")
    with pytest.raises(StoryError, match=r"2 files may be story 2\.1") as error:
        read_story(home)
    assert f"{EPIC}/2.1-a.md, {EPIC}/2.1-b.md" in error.value.why


def test_without_an_epic_the_story_must_be_the_only_one(tmp_path):
    status = WHOLE.replace("epic-2-billing", "none")
    home = project(tmp_path, status, f"{EPIC}/2.1.md")
    assert read_story(home).path == home / EPIC / "2.1.md"
    other = EPIC.replace("epic-2", "epic-3")
    home = project(tmp_path / "b", status, f"{EPIC}/2.1.md", f"{other}/2.1.md")
    with pytest.raises(StoryError, match="2 files may be"):
        read_story(home)


def test_an_epic_may_be_named_by_its_number(tmp_path):
    status = WHOLE.replace("epic-2-billing", "2")
    home = project(
        tmp_path, status, f"{EPIC}/2.1.md", f"{EPIC.replace('epic-2', 'epic-20')}/2.1.md"
    )
    assert read_story(home).path == home / EPIC / "2.1.md"


def test_a_project_without_a_status_file_is_told_what_to_do(tmp_path):
    with pytest.raises(StoryError, match="There is no") as error:
        read_story(tmp_path)
    assert "story's own file" in error.value.mend


@given(st.text(max_size=40))
def test_any_name_gives_one_story_or_none(name):
    safe = name.replace("&", "").replace("<", "").replace("]", "")
    safe = "".join(c for c in safe if c in "\t\n\r" or 32 <= ord(c) < 0xD800)
    found = read_current(f"<a><current-story><![CDATA[{safe}]]></current-story></a>".encode())
    assert isinstance(found, Current)
    assert found.story is None or found.story.strip()
