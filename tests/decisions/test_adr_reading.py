"""Decision records of every form, read; each field with where it stands."""

from datetime import date

import pytest
from adr_corpus import (
    BOLD,
    HEADER_ROW,
    LOG4BRAINS,
    MADR,
    NYGARD,
    ONE_LINE,
    TABLE,
    TAGS,
)
from hypothesis import given
from hypothesis import strategies as st

from archkit.decisions.adr import read_adr
from archkit.errors import ArchkitError

ALL = {
    "madr": MADR,
    "nygard": NYGARD,
    "log4brains": LOG4BRAINS,
    "table": TABLE,
    "one line": ONE_LINE,
    "tags": TAGS,
    "header row": HEADER_ROW,
    "bold": BOLD,
}


def values(adr, *names):
    return tuple(adr[name].value for name in names)


def test_a_madr_record_is_read_whole():
    adr = read_adr(MADR, name="0003-use-a-queue.md")
    assert (adr.kind, adr.family, adr.title) == (
        "adr",
        "madr",
        "Use a queue between orders and billing",
    )
    assert values(adr, "number", "status", "date") == (3, "accepted", date(2024, 3, 5))
    assert adr["deciders"].value == ("Ada Byron", "Bo, Chen")
    assert adr["consulted"].value == ("Cy",)
    assert adr["informed"].state == "absent"
    assert adr["context"].value == "Billing is slow. How do orders not wait for it?"
    assert adr["drivers"].value == ("orders answer within 200 ms", "no order is lost")
    assert adr["options"].value == ("Queue", "Direct call – simplest", "Outbox")
    assert values(adr, "chosen", "rationale") == ("Queue", "it lets orders answer at once.")
    assert adr["decision"].value.endswith("it lets orders answer at once.")
    assert adr["consequences"].value.startswith("* Good, because orders are quick")
    assert adr["confirmation"].value == "A load test each month."
    queue, direct = adr["pros_and_cons"].value
    assert queue == ("Queue", ("loose",), ("one more part",), ("known",))
    assert direct == ("Direct call", (), ("slow",), ())
    [link] = adr.links
    assert (link.relation, link.path, link.number) == ("amends", "0002-billing.md", 2)


def test_a_nygard_record_is_read_and_headings_in_fences_are_none():
    adr = read_adr(NYGARD)
    assert (adr.family, adr.title) == ("nygard", "Keep sessions in Redis")
    assert values(adr, "number", "status", "date") == (7, "accepted", date(2020, 2, 13))
    assert adr["decision"].value == "We keep sessions in Redis.\n\n### Detail\n\nOne key a session."
    assert "This heading is in a fence." in adr["context"].value
    assert adr["consequences"].value == "Redis must be up."
    assert adr["options"].state == "absent"
    assert [(k.relation, k.number) for k in adr.links] == [("amended by", 9)]


def test_bullets_of_log4brains_are_read():
    adr = read_adr(LOG4BRAINS, name="20210109-use-one-repository.md")
    assert (adr.family, adr["number"].state) == ("log4brains", "absent")
    assert values(adr, "status", "date") == ("superseded", date(2021, 1, 9))
    assert values(adr, "deciders", "tags") == (("Ada", "Bo"), ("repo", "build"))
    assert adr["story"].value == ("ARCH-12",)
    assert {(k.relation, k.path) for k in adr.links} == {("superseded by", "20210401-split.md")}


def test_a_table_of_keys_and_values_with_what_why_and_how_is_read():
    adr = read_adr(TABLE, name="ODH-ADR-Cache-0007-cache.md")
    assert (adr.family, adr["number"].value, adr["number"].form) == ("what-why", 7, "file name")
    assert values(adr, "status", "date") == ("accepted", date(2024, 10, 22))
    assert adr["deciders"].value == ("Ada Byron", "Bo")
    assert values(adr, "context", "decision") == ("Reads are slow.", "A cache before the database.")
    assert adr["options"].value == ("A faster disk", "Nothing")
    assert adr.links == ()


def test_one_line_between_bars_is_read():
    adr = read_adr(ONE_LINE)
    assert values(adr, "number", "title", "status") == (12, "Mail authentication", "proposed")
    assert values(adr, "date", "review") == (date(2025, 8, 15), date(2026, 8, 15))


@pytest.mark.parametrize(
    "between", [" · ", " • ", " ", "  ", " - ", " — ", ", ", "; ", " / ", " | "]
)
@pytest.mark.parametrize("key", ["**{}:**", "**{}**:"])
def test_several_fields_stand_on_one_line_however_they_are_parted(between, key):
    said = (("Status", "Accepted (for now)"), ("Date", "2025-03-09"), ("Author", "Ada-Bo Byron"))
    line = between.join(f"{key.format(name)} {value}" for name, value in said)
    adr = read_adr(f"# 4. Cache reads\n\n{line}\n\n## Decision\n\nOne cache.\n")
    assert values(adr, "status", "date", "deciders") == (
        "accepted",
        date(2025, 3, 9),
        ("Ada-Bo Byron",),
    )
    assert [adr.text[f.start : f.end] for f in (adr["status"], adr["date"], adr["deciders"])] == [
        value for _, value in said
    ]


def test_plain_fields_are_parted_by_a_dot_and_a_value_with_dots_in_it_stays_whole():
    adr = read_adr(
        "# Mail\n\nStatus: Draft · Date: 2024-01-02 · Tags: a · b\n\n## Decision\n\nSign.\n"
    )
    assert values(adr, "status", "date") == ("draft", date(2024, 1, 2))
    assert adr["tags"].text == "a · b"


def test_prose_that_speaks_of_a_field_in_bold_states_none():
    adr = read_adr(
        "# Mail\n\nStatus: accepted\n\nAll mail bears a **Date:** 2020-01-01 at least.\n\n"
        "## Decision\n\nSign.\n"
    )
    assert adr["date"].state == "absent"


def test_a_title_and_a_status_in_front_matter_are_read():
    adr = read_adr(TAGS, name="2022-12-06_022-test-by-models.md")
    assert values(adr, "title", "number", "status") == ("Test by models", 22, "accepted")
    without = TAGS.replace("## Status\n\nAccepted\n\n", "")
    assert values(read_adr(without), "status") == ("accepted",)
    assert read_adr(without)["status"].form == "tags"


def test_two_statuses_in_one_file_are_kept_and_flagged():
    adr = read_adr(HEADER_ROW)
    assert [(s.status, s.text, s.form) for s in adr.statuses] == [
        ("proposed", "Proposed", "section"),
        ("proposed", "Open", "table"),
    ]
    assert adr.conflict
    assert adr["date"].value == date(2021, 1, 16)
    other = read_adr(NYGARD.replace("Date:", "Status: Superseded\nDate:"))
    assert (other.status, other.conflict) == ("superseded", True)
    assert other["status"].note == "another place states another status"
    assert not read_adr(NYGARD).conflict


def test_headings_in_bold_are_headings():
    adr = read_adr(BOLD)
    assert (adr.kind, adr.status) == ("adr", "accepted")
    assert values(adr, "context", "decision") == ("Services talk a lot.", "We use gRPC.")
    assert adr["title"].state == "absent"
    assert read_adr(BOLD, name="0004-use-grpc.md").title == "0004 use grpc"


@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
@pytest.mark.parametrize("change", ["lf", "crlf", "cr", "bom", "no final newline"])
def test_spans_hold_what_they_say_whatever_ends_the_lines(text, change):
    ends = {"crlf": "\r\n", "cr": "\r"}
    changed = text.replace("\n", ends.get(change, "\n"))
    changed = "\ufeff" + changed if change == "bom" else changed
    changed = changed.rstrip() if change == "no final newline" else changed
    adr, plain = read_adr(changed.encode()), read_adr(text)
    assert adr.bytes == changed.encode()
    for name, field in adr.fields.items():
        assert field.state == plain[name].state, name
        if field.state == "absent":
            continue
        assert changed[field.start : field.end] == field.text, name
        if not isinstance(field.value, str):
            assert field.value == plain[name].value, name
    for said in adr.statuses:
        assert changed[said.start : said.end] == said.text


def test_front_matter_that_is_no_yaml_is_read_line_by_line():
    text = MADR.replace("status: accepted", "status: {proposed}").replace("[Ada Byron, ", "@ada: [")
    assert read_adr(text).status == "proposed"
    assert read_adr(text)["date"].value == date(2024, 3, 5)


def test_a_notice_may_stand_before_front_matter_and_a_rule_begins_none():
    adr = read_adr("<!-- SPDX: x -->\n\n<!-- (c) -->\n\n" + MADR)
    assert (adr.status, adr.title) == ("accepted", "Use a queue between orders and billing")
    ruled = "\n---\n\n# X\n\n**Status:** Dead\n\n---\n\n## Decision\n\ny\n"
    assert (read_adr(ruled).title, read_adr(ruled).status) == ("X", "deprecated")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        (
            "# ADR-1: X\n\n状态：accepted\n日期：2026-07-31\n\n## 背景\n\na\n\n## 决策\n\nb\n",
            "2026-07-31",
        ),
        ("# 1. X\n\nDatum: 1.2.2026\n\n## Kontext\n\na\n\n## Entscheidung\n\nb\n", None),
        ("# 1. X\n\n## Contexte\n\na\n\n## Décision\n\nb\n", None),
        ("# X\n\n## 1. Background and requirements\n\na\n\n## 2. Decision & why\n\nb\n", None),
    ],
)
def test_other_languages_and_longer_headings_are_known(text, day):
    adr = read_adr(text)
    assert values(adr, "context", "decision") == ("a", "b")
    assert str(adr["date"].value)[:10] == day or adr["date"].state != "found"


def test_prose_below_a_status_with_deciders_is_a_record():
    text = "---\nstatus: accepted\ndecision-makers: Ada\n---\n\n# 8. X\n\nWe do it.\n"
    assert read_adr(text).kind == "adr"
    assert read_adr(text.replace("decision-makers: Ada\n", "")).kind == "not an adr"


def test_a_log_of_many_records_is_no_record():
    one = "## ADR-00{}: X\n\n**Status**: Accepted\n\n### Context\n\na\n\n### Decision\n\nb\n\n"
    adr = read_adr("# Log\n\n" + one.format(1) + one.format(2))
    assert (adr.kind, adr.why) == ("index", "it holds 2 records; each needs a file of its own")
    assert read_adr(one.format(1)).kind == "adr"


def test_an_option_may_have_quotes_and_a_chosen_one_may_be_cut_short():
    text = MADR.replace("* Queue\n", '* Option 1: a "quick" queue\n')
    text = text.replace('"Queue", because', '"a "quick" queue", because')
    assert read_adr(text)["chosen"].value == 'Option 1: a "quick" queue'
    below = MADR.replace('option: "Queue", because it', "option:\n\n**Direct call**, because it")
    assert read_adr(below)["chosen"].value == "Direct call – simplest"


@pytest.mark.parametrize(
    ("title", "number", "words"),
    [
        ("ADR-0012: Use X", 12, "Use X"),
        ("ADR 3 - Use X", 3, "Use X"),
        ("12. Use X", 12, "Use X"),
        ("[ADR-7] Use X", 7, "Use X"),
        ("Architecture Decision Record: Use X", None, "Use X"),
        ("ADR link resolver", None, "ADR link resolver"),
        ("ADR-12 · Use X", 12, "Use X"),
        ("ADR • Use X", None, "Use X"),
        ("12 | Use X", 12, "Use X"),
        ("ADR-12 v1.1 — Use X", 12, "Use X"),
        ("12 v2: Use X", 12, "v2: Use X"),
        ("3 ways to fail", 3, "ways to fail"),
        ("Use *X* and `y`", None, "Use X and y"),
    ],
)
def test_numbers_stand_before_titles(title, number, words):
    adr = read_adr(ONE_LINE.replace("ADR 012: Mail authentication", title))
    assert (adr["number"].value, adr.title) == (number, words)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("0007-x.md", 7),
        ("adr-001-x.md", 1),
        ("adr001_x.md", 1),
        ("2021-06-05_003-x.md", 3),
        ("20210605-x.md", None),
        ("x.md", None),
    ],
)
def test_numbers_stand_in_file_names(name, number):
    text = ONE_LINE.replace("ADR 012: ", "")
    assert read_adr(text, name=name)["number"].value == number


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("", "a.md", "not an adr"),
        (" \n\ufeff", "a.md", "not an adr"),
        ("\x00\x01", "a.md", "not an adr"),
        ("x" * 1_000_001, "a.md", "not an adr"),
        ("# Notes\n\nNothing was decided.\n", "notes.md", "not an adr"),
        (NYGARD, "README.md", "index"),
        (NYGARD, "index.md", "index"),
        (NYGARD, "adr-template.md", "template"),
        (NYGARD, "adr000-template.md", "template"),
        (NYGARD, "template-madr.md", "template"),
        (NYGARD.replace("7. Keep sessions in Redis", "{short title}"), "0000.md", "template"),
        (NYGARD.replace("7. Keep sessions in Redis", "[short title of it]"), "x.md", "template"),
        (NYGARD, "0039-template-engine.md", "adr"),
        (NYGARD, "0007-x.md", "adr"),
    ],
)
def test_what_is_no_record_is_said_to_be_none(text, name, kind):
    adr = read_adr(text.encode(), name=name)
    assert adr.kind == kind
    assert bool(adr.why) == (kind != "adr")
    assert adr.bytes == text.encode()


def test_bytes_that_are_no_utf8_stay_as_they_are():
    data = NYGARD.encode().replace(b"Redis must", b"R\xe9dis must")
    adr = read_adr(data)
    assert (adr.kind, adr.bytes) == ("adr", data)
    assert adr.with_status("deprecated").bytes == data.replace(b"Accepted", b"Deprecated")


def test_a_path_is_read_and_one_that_is_not_there_is_told(tmp_path):
    path = tmp_path / "0007-sessions.md"
    path.write_bytes(NYGARD.encode())
    assert read_adr(path).name == read_adr(str(path)).name == "0007-sessions.md"
    with pytest.raises(ArchkitError, match=r"gone\.md") as caught:
        read_adr("docs/gone.md")
    assert "No such file" in caught.value.why
    with pytest.raises(ArchkitError):
        read_adr(tmp_path)


def test_a_text_names_itself():
    assert repr(read_adr(NYGARD)) == "Adr('Keep sessions in Redis', adr, accepted)"
    assert repr(read_adr("# X\n")) == "Adr('X', not an adr, no status)"
    with pytest.raises(KeyError):
        read_adr(NYGARD)["mood"]


PIECES = [
    *'#-*|>:`{}[]()"\n\r\t <!',
    "---\n",
    "```\n",
    "<!--",
    "-->",
    "## Status\n",
    "# ",
    "| a |\n",
]
PIECES += [
    "Status: ",
    "Date: 1/2/2020",
    "accepted",
    "superseded by ",
    "[x](y.md)",
    "\ufeff",
    "é",
    "1.",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=40).map("".join))
def test_no_text_is_too_odd(text):
    adr = read_adr(text.encode("utf-8", "surrogatepass"))
    for field in adr.fields.values():
        assert adr.text[field.start : field.end] == field.text or field.form == "file name"


@given(st.binary(max_size=200))
def test_no_bytes_are_too_odd(data):
    assert read_adr(data).bytes == data


def test_a_long_odd_text_is_read_in_time_that_grows_with_its_length():
    for piece in (
        "- [",
        "**a",
        "<!-- ",
        "| a ",
        "# x\n",
        "status: a\n",
        "> ",
        "1/2/2020 ",
        "a ",
        "a-b_",
    ):
        read_adr(piece * 20_000)
    for piece in ("```\n```\n", "# Context\n", "# ADR-1: x\n", "**Context**\n\n", "<!-- a -->\n"):
        read_adr(piece * 10_000)  # each line held against each fence would take minutes
    for piece in (" ", " · b", " **b", " **Date:** b"):
        read_adr(f"**Status:** a{piece * 100_000} c")
