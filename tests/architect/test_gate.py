"""The gate: who may turn the memory on, in every shape a status file comes in."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.architect.gate import Gate, Switch, memory_gate, read_switch
from archkit.architect.session import Session
from archkit.decisions.status_file import STATUS_FILE, StatusFileError
from archkit.errors import SessionError
from archkit.memory.memory import Memory
from archkit.report import write_report

ON = SimpleNamespace(name="tester", aml_enabled=True)
OFF = SimpleNamespace(name="tester", aml_enabled=False)
SINGLE = """<?xml version="1.0" encoding="UTF-8"?>
<feature-status>
  <metadata>
    <feature-name>Sign in</feature-name>
    <is-active-feature>true</is-active-feature>
  </metadata>
  {aml}
  <epics><epic id="epic-1" status="started"><name>Polish{amp}Security</name></epic></epics>
  <notes><note timestamp="2026-01-02">Tokens &lt; sessions &#38; cookies</note></notes>
</feature-status>
"""
SEVERAL = """<project-status>
  <features>
    <feature name="old" is-active-feature="false">{old}</feature>
    <feature name="new" is-active-feature="true">
      {new}
    </feature>
  </features>
</project-status>
"""


def project(tmp_path, text=None):
    folder = tmp_path / "shop"
    (folder / STATUS_FILE).parent.mkdir(parents=True, exist_ok=True)
    if text is not None:
        raw = text if isinstance(text, bytes) else text.encode("utf-8")
        (folder / STATUS_FILE).write_bytes(raw)
    return folder


def single(aml, amp=" &amp; "):
    return SINGLE.format(aml=aml, amp=amp)


@pytest.mark.parametrize(
    ("aml", "enabled"),
    [
        ('<aml enabled="true"><memory-path>x</memory-path></aml>', True),
        ("<aml enabled='false'/>", False),
        ('<aml enabled=" TRUE "/>', True),
        ('<aml enabled="yes"/>', True),
        ('<aml enabled="0"/>', False),
        ("<aml><description>d</description><enabled>\n true\n</enabled></aml>", True),
        ("<aml><enabled>false</enabled></aml>", False),
        ("<aml>on</aml>", True),
        ('<aml enabled="true"><enabled>true</enabled></aml>', True),
        ('<AML Enabled="true"/>', True),
        ('<l:aml xmlns:l="urn:loom" l:enabled="true"/>', True),
    ],
)
def test_shape_of_the_switch_is_read(aml, enabled):
    assert read_switch(single(aml).encode()) == Switch(enabled, 7)


@pytest.mark.parametrize(
    "aml",
    [
        "",
        '<!-- <aml enabled="true"/> -->',
        '<yolo-mode enabled="true"/>',
        '<note><![CDATA[<aml enabled="true"/>]]></note>',
    ],
)
def test_file_without_a_switch_leaves_it_open(aml):
    assert read_switch(single(aml).encode()) == Switch(None)


@pytest.mark.parametrize(
    "aml", ["<aml/>", "<aml><enabled/></aml>", "<aml><version>1</version></aml>"]
)
def test_switch_that_says_nothing_is_named_by_its_line_or_refused(aml):
    if "enabled" in aml:
        with pytest.raises(StatusFileError, match="neither yes nor no"):
            read_switch(single(aml).encode())
    else:
        assert read_switch(single(aml).encode()) == Switch(None, 7)


@pytest.mark.parametrize(
    "text",
    [
        '<feature name="a"><aml enabled="true"/></feature>',
        '<project><current-story>none</current-story><aml enabled="true"/></project>',
        '<project><epics><epic><story/></epic></epics><aml enabled="true"/></project>',
        SEVERAL.format(old="", new='<aml enabled="true"/>'),
    ],
)
def test_switch_is_found_in_every_shape_of_the_file(text):
    assert read_switch(text.encode()).enabled is True


def test_the_feature_being_worked_on_counts():
    text = SEVERAL.format(old='<aml enabled="false"/>', new='<aml enabled="true"/>')
    assert read_switch(text.encode()) == Switch(True, 5)
    text = SEVERAL.format(old='<aml enabled="true"/>', new="<aml><enabled>no</enabled></aml>")
    assert read_switch(text.encode()).enabled is False


def test_features_that_contradict_each_other_are_refused_with_their_lines():
    text = SEVERAL.replace("true", "false").format(
        old='<aml enabled="true"/>', new='<aml enabled="false"/>'
    )
    with pytest.raises(StatusFileError, match="both yes and no, on the lines 3, 5") as error:
        read_switch(text.encode())
    assert error.value.line == 3


def test_attribute_and_element_that_contradict_each_other_are_refused():
    with pytest.raises(StatusFileError, match="both yes and no") as error:
        read_switch(single('<aml enabled="true"><enabled>false</enabled></aml>').encode())
    assert error.value.line == 7


def test_bare_ampersands_are_repaired_with_a_warning():
    switch = read_switch(single('<aml enabled="true"/>', amp=" & ").encode())
    assert (switch.enabled, switch.line) == (True, 7)
    assert "line 8" in switch.warnings[0]
    assert "1 bare '&'" in switch.warnings[0]


def test_entities_nobody_defined_are_kept_as_text():
    switch = read_switch(single('<aml enabled="true"/>', amp="&nbsp;").encode())
    assert switch.enabled is True
    assert len(switch.warnings) == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("amp", [" &amp; ", " & "])
def test_other_encodings_are_read(encoding, amp):
    declared = "ISO-8859-1" if encoding == "latin-1" else "UTF-16" if "16" in encoding else "UTF-8"
    text = single("<aml enabled='true'/>", amp=f"{amp}é").replace("UTF-8", declared)
    assert read_switch(text.encode(encoding)).enabled is True


def test_windows_line_endings_count_as_lines():
    text = single('<aml enabled="true"/>').replace("\n", "\r\n")
    assert read_switch(text.encode()) == Switch(True, 7)


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a><aml enabled="true"/>&e;</a>',
        '<!DOCTYPE a [<!ENTITY x "yes">]><a><aml enabled="&x;"/></a>',
        '<!DOCTYPE a SYSTEM "x.dtd"><a><aml enabled="true"/></a>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_are_refused_in_any_encoding(text, encoding):
    with pytest.raises(StatusFileError, match="document type"):
        read_switch(text.encode(encoding))


@pytest.mark.parametrize(
    "text", ["", "aml: true", "<a><aml enabled='true'>", "<a/><b/>", "<a b&/>"]
)
def test_what_is_no_xml_is_refused(text):
    with pytest.raises(StatusFileError, match="no well-formed XML"):
        read_switch(text.encode())


def test_unknown_words_are_refused():
    with pytest.raises(StatusFileError, match="'perhaps', which is neither yes nor no"):
        read_switch(b'<a><aml enabled="perhaps"/></a>')


def test_endless_files_are_refused():
    with pytest.raises(StatusFileError, match="longer than 1024 KiB"):
        read_switch(b"<a>" + b" " * 2**20 + b"</a>")


def test_deep_and_wordy_files_are_read_in_one_pass():
    deep = b"<a>" * 100_000 + b"<aml enabled='true'/>" + b"</a>" * 100_000
    assert read_switch(deep) == Switch(True, 1)
    assert read_switch(b"<a>" + b"\n" * 900_000 + b"<aml>true</aml></a>").line == 900_001


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_give_a_switch_or_an_error(raw):
    try:
        assert isinstance(read_switch(raw), Switch)
    except StatusFileError as error:
        assert str(error)


def test_project_without_a_status_file_leaves_it_to_the_card(tmp_path):
    gate = memory_gate(ON, object(), project(tmp_path))
    assert gate == Gate(
        True, f"the card 'tester' sets aml_enabled: true; the project has no {STATUS_FILE}"
    )


def test_status_file_without_a_switch_is_off(tmp_path):
    gate = memory_gate(ON, object(), project(tmp_path, single("")))
    assert not gate.on
    assert "leaves it off" in gate.reason


@pytest.mark.parametrize(("word", "on"), [("true", True), ("false", False)])
def test_status_file_decides_where_the_card_allows(tmp_path, word, on):
    gate = memory_gate(ON, object(), project(tmp_path, single(f'<aml enabled="{word}"/>')))
    assert gate.on is on
    assert f"{STATUS_FILE}, line 7, turns the memory {'on' if on else 'off'}" in gate.reason


def test_card_and_missing_memory_are_off_whatever_the_file_says(tmp_path):
    folder = project(tmp_path, "no XML")
    assert memory_gate(OFF, object(), folder) == Gate(
        False, "the card 'tester' does not set aml_enabled: true"
    )
    assert memory_gate(ON, None, folder) == Gate(False, "no memory was given")


def test_file_that_cannot_be_read_stops_the_session_with_its_line(tmp_path):
    with pytest.raises(SessionError) as error:
        memory_gate(ON, object(), project(tmp_path, "<a>\n<aml enabled='so'/></a>"))
    assert f"{STATUS_FILE} (line 2)" in error.value.what
    assert "neither read nor written" in error.value.why
    assert "memory=None" in error.value.mend


def test_links_are_followed_within_the_project_only(tmp_path):
    folder = project(tmp_path)
    (folder / "real.xml").write_text(single('<aml enabled="true"/>'), encoding="utf-8")
    (folder / STATUS_FILE).symlink_to(folder / "real.xml")
    assert memory_gate(ON, object(), folder).on
    (folder / STATUS_FILE).unlink()
    (tmp_path / "other.xml").write_text(single('<aml enabled="true"/>'), encoding="utf-8")
    (folder / STATUS_FILE).symlink_to(tmp_path / "other.xml")
    with pytest.raises(SessionError, match="cannot be read") as error:
        memory_gate(ON, object(), folder)
    assert "leads out of the project" in error.value.why
    (tmp_path / "other.xml").unlink()
    with pytest.raises(SessionError) as error:
        memory_gate(ON, object(), folder)
    assert "link to nothing" in error.value.why


def test_folder_or_closed_file_in_its_place_is_an_error(tmp_path):
    folder = project(tmp_path, single(""))
    (folder / STATUS_FILE).unlink()
    (folder / STATUS_FILE).mkdir()
    with pytest.raises(SessionError) as error:
        memory_gate(ON, object(), folder)
    assert "no regular file" in error.value.why


@pytest.fixture
def off_session(tmp_path):
    """A whole session in a project whose status file turns the memory off."""
    folder = project(tmp_path, single("<aml><enabled>false</enabled></aml>"))
    memory = Memory(tmp_path / "data" / "archkit.duckdb")
    session = Session("backend-architect", memory, workspace=folder, client="offline")
    session.brief("Build user authentication for a multi-tenant SaaS. key sk-ant-api03-" + "a" * 95)
    session.propose()
    session.decide("JWT", rationale="stateless")
    session.close()
    memory.close()
    return session


def test_off_makes_no_file_and_asks_nothing(off_session, tmp_path):
    assert not (tmp_path / "data").exists()
    assert list(off_session.evidence) == []
    assert off_session.steps[0].status == "skipped"
    assert off_session.decisions[0].chosen == "JWT"


def test_off_is_said_by_the_session_and_first_in_its_transcript(off_session):
    reason = f"{STATUS_FILE}, line 7, turns the memory off"
    assert off_session.memory_off == reason
    assert str(off_session.transcript[0]) == f"note: The memory is off: {reason}."
    assert f"off: {reason}" in off_session._repr_html_()
    assert "memory off" in repr(off_session)


def test_off_is_said_by_the_report_of_the_session(off_session, tmp_path):
    page = write_report(None, tmp_path / "r.html", kind="session", session=off_session).read_text(
        "utf-8"
    )
    assert "line 7, turns the memory off" in page
    assert "saw no evidence" in page
    assert "Executive Summary" in page
    assert "sk-ant-api03" not in page
    with Memory(tmp_path / "other.duckdb") as memory:
        page = write_report(memory, tmp_path / "o.html", session=off_session).read_text("utf-8")
        assert off_session.session_id in page
        assert memory.sql("select count(*) as n from session")["n"][0] == 0


def test_on_is_logged_with_its_reason(tmp_path):
    folder = project(tmp_path, single('<aml enabled="true"/>', amp=" & "))
    with Memory(tmp_path / "m.duckdb") as memory:
        session = Session("backend-architect", memory, workspace=folder, client="offline")
        assert "bare '&'" in session.notices[0]
        session.brief("Stop the N+1 queries in the posts API")
        session.close()
        row = memory.sql("select aml_enabled, aml_reason from session").iloc[0]
        assert row["aml_enabled"]
        assert row["aml_reason"].endswith(f"{STATUS_FILE}, line 7, turns the memory on")
