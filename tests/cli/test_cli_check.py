"""`archkit check`: what it prints, what it hands to programs, and its exit codes."""

import errno
import json

import pytest
from archkit_shell import invoke

from archkit.proposal.document import SECTIONS
from archkit.proposal.rules import RULES, check_proposal

BARE = "# Shop\n\n## 1. Executive Summary\n\nAn empty repository: one service.\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "design.md").write_text(BARE, encoding="utf-8")
    return tmp_path


def test_findings_are_told_by_section_with_their_line_and_how_to_mend_them(here):
    result = invoke("check", "design.md")
    assert result.exit_code == 1
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    at = lines.index("2. Architecture Overview")
    assert lines[at + 1].split(maxsplit=3)[1:] == [
        "error",
        "S01",
        "Section 2, Architecture Overview, is missing.",
    ]
    assert "Add `## 2. Architecture Overview` after Executive Summary." in lines[at + 2]
    heads = [line for line in lines if line[:2] in {f"{n}." for n in range(1, 8)}]
    assert heads == sorted(heads)
    found = check_proposal(BARE)
    text = " ".join(result.stdout.split())
    assert f"design.md: {found.counts['error']} errors" in text
    assert f"Score {found.score} of 100, 1 of 7 sections, {len(RULES)} rules checked." in text


@pytest.mark.parametrize("columns", ["40", "80", "160"])
def test_it_fits_the_terminal(here, columns):
    shown = invoke("check", "design.md", env={"COLUMNS": columns}).stdout
    assert max(map(len, shown.splitlines())) <= int(columns)


def test_json_is_one_document_with_the_file_as_it_is_seen_from_here(here):
    result = invoke("check", here / "design.md", "--json")
    told = json.loads(result.stdout)
    assert told["file"] == "design.md"
    assert told["sections"] == 1
    assert told | json.loads(check_proposal(BARE).to_json()) == told
    assert str(here) not in result.output


def test_standard_input_is_checked_for_a_dash():
    told = json.loads(invoke("check", "-", "--json", input=BARE).stdout)
    assert told["file"] == "standard input"
    assert told["findings"]


class TestSarif:
    def test_it_is_written_with_a_relative_path(self, here):
        result = invoke("check", here / "design.md", "--sarif", "out.sarif")
        assert "SARIF: out.sarif" in result.stderr
        text = (here / "out.sarif").read_text("utf-8")
        [run] = json.loads(text)["runs"]
        assert run["artifacts"][0]["location"]["uri"] == "design.md"
        assert len(run["results"]) == len(check_proposal(BARE))
        assert str(here) not in text

    def test_it_is_printed_alone_for_a_dash(self, here):
        result = invoke("check", "-", "--sarif", "-", "--fail-on", "never", input=BARE)
        assert result.exit_code == 0
        [run] = json.loads(result.stdout)["runs"]
        assert run["artifacts"][0]["location"]["uri"] == "stdin"

    def test_of_a_file_far_away_only_the_name_is_told(self, here, monkeypatch):
        deep = here / "a" / "b" / "c" / "d"
        deep.mkdir(parents=True)
        monkeypatch.chdir(deep)
        result = invoke("check", here / "design.md", "--sarif", "-")
        [run] = json.loads(result.stdout)["runs"]
        assert run["artifacts"][0]["location"]["uri"] == "design.md"

    def test_a_place_that_cannot_be_written_is_said(self, here):
        result = invoke("check", "design.md", "--sarif", "nowhere/out.sarif")
        assert result.exit_code == 2
        assert "'nowhere/out.sarif' cannot be written." in result.stderr


class TestExitCode:
    @pytest.mark.parametrize(
        ("severities", "expected"),
        [
            ((), {"error": 0, "warning": 0, "never": 0}),
            (("info",), {"error": 0, "warning": 0, "never": 0}),
            (("warning", "info"), {"error": 0, "warning": 1, "never": 0}),
            (("error",), {"error": 1, "warning": 1, "never": 0}),
        ],
    )
    def test_it_says_whether_there_is_something_of_that_severity(
        self, here, monkeypatch, severities, expected
    ):
        from archkit.proposal import rules
        from archkit.proposal.finding import Finding
        from archkit.proposal.findings import Findings

        made = Findings(Finding("S01", kind, 1, None, "found", "mend") for kind in severities)
        monkeypatch.setattr(rules, "check_proposal", lambda proposal: made)
        codes = {
            level: invoke("check", "design.md", "--fail-on", level).exit_code for level in expected
        }
        assert codes == expected

    @pytest.mark.parametrize(
        "args", [(), ("a.md", "--fail-on", "info"), ("-", "--json", "--sarif", "-"), ("a", "b")]
    )
    def test_wrong_use_is_two(self, args):
        result = invoke("check", *args, input=BARE)
        assert result.exit_code == 2
        assert result.stdout == ""


class TestBadFiles:
    @pytest.mark.parametrize(
        ("content", "what"),
        [
            (b"", "'bad.md' is empty."),
            (b" \n\t\n", "'bad.md' is empty."),
            (b"\xef\xbb\xbf", "'bad.md' is empty."),
            (b"\x89PNG\r\n\x1a\n\x00", "'bad.md' is no text."),
            (b"# A\x00", "'bad.md' is no text."),
            ("# Küche".encode("latin-1"), "'bad.md' is no text."),
            (b"a" * 20_000_001, "'bad.md' is too long to be a design."),
        ],
    )
    def test_what_is_no_design_is_said_and_how_to_mend_it(self, here, content, what):
        (here / "bad.md").write_bytes(content)
        result = invoke("check", "bad.md", "--json")
        assert result.exit_code == 2
        error = json.loads(result.stdout)["error"]
        assert error["what"] == what
        assert error["mend"]
        assert result.stderr.splitlines()[0] == what

    def test_a_file_that_is_not_there_or_is_a_folder_is_said(self, here):
        for name in ("nowhere.md", "."):
            result = invoke("check", name)
            assert result.exit_code == 2
            assert "cannot be read." in result.stderr
            assert str(here) not in result.output

    def test_a_file_one_may_not_read_is_said(self, here, monkeypatch):
        def refuse(path, mode):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))

        monkeypatch.setattr("archkit.cli.check.Path.open", refuse)  # root may read everything
        result = invoke("check", here / "design.md")
        assert result.exit_code == 2
        assert "Why: Permission denied." in result.stderr

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    def test_a_mark_of_the_byte_order_is_understood(self, here, encoding):
        (here / "design.md").write_bytes(BARE.encode(encoding))
        told = json.loads(invoke("check", "design.md", "--json").stdout)
        assert told["findings"] == json.loads(check_proposal(BARE).to_json())["findings"]


def test_the_rules_are_listed_with_their_ids(here):
    listed = invoke("check", "--rules").stdout
    assert [rule.rule_id for rule in RULES if f"{rule.rule_id} " not in listed] == []
    told = json.loads(invoke("check", "--rules", "--json").stdout)
    assert [row["rule"] for row in told] == [rule.rule_id for rule in RULES]
    assert told[0]["group"] == "Structure"
    assert all(row["title"] and row["fix"] for row in told)


def test_all_seven_sections_are_counted():
    text = "".join(f"## {n}. {title}\n\nwords\n\n" for n, title in enumerate(SECTIONS, start=1))
    assert json.loads(invoke("check", "-", "--json", input=text).stdout)["sections"] == 7
