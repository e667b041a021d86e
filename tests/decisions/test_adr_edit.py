"""A status changed where it stands, and not another byte."""

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
from archkit.decisions.adr_status import STATUSES
from archkit.errors import ArchkitError

BY = "[ADR 9](0009-x.md)"


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (MADR, "status: accepted", f'status: "superseded by {BY}"'),
        (NYGARD, "\nAccepted\n", f"\nSuperseded by {BY}\n"),
        (
            LOG4BRAINS,
            "Status: superseded by [20210401-split](20210401-split.md)",
            f"Status: superseded by {BY}",
        ),
        (TABLE, "| Approved |", f"| Superseded by {BY} |"),
        (ONE_LINE, "**Status:** Proposed |", f"**Status:** Superseded by {BY} |"),
        (BOLD, "Accepted on 12 March 2021", f"Superseded by {BY} on 12 March 2021"),
    ],
    ids=["madr", "nygard", "log4brains", "table", "one line", "bold"],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_only_the_words_of_the_status_change(text, old, new, end):
    source = text.replace("\n", end)
    assert source.count(old.replace("\n", end)) == 1
    changed = read_adr(source).with_status("superseded", by=BY)
    assert changed.text == source.replace(old.replace("\n", end), new.replace("\n", end))
    assert changed.status == "superseded"
    assert ("superseded by", "0009-x.md") in {(k.relation, k.path) for k in changed.links}


def test_every_place_that_states_one_is_changed():
    changed = read_adr(HEADER_ROW).with_status("rejected")
    expected = HEADER_ROW.replace("| Open |", "| Rejected |").replace("Proposed", "Rejected")
    assert changed.text == expected
    assert not changed.conflict
    tags = TAGS.replace("## Status\n\nAccepted\n\n", "")
    assert read_adr(tags).with_status("deprecated").text == tags.replace("Accepted", "Deprecated")


def test_a_day_can_be_given_and_a_remark_stays():
    text = NYGARD.replace("Accepted\n", "✅ Accepted by all\n")
    changed = read_adr(text).with_status("deprecated", on=date(2024, 1, 2))
    assert changed.text == text.replace("Accepted by", "Deprecated (2024-01-02) by")


def test_where_none_is_stated_none_is_written():
    text = NYGARD.replace("## Status\n\nAccepted\n\nAmended by", "Amended by")
    with pytest.raises(ArchkitError, match="states no status") as caught:
        read_adr(text).with_status("accepted")
    assert "Status: accepted" in caught.value.mend


def test_wrong_words_are_refused():
    adr = read_adr(NYGARD)
    with pytest.raises(ValueError, match="'great'"):
        adr.with_status("great")
    with pytest.raises(ValueError, match="one line"):
        adr.with_status("superseded", by="x\n## Status")


@pytest.mark.parametrize("between", [" · ", " ", " | "])
def test_what_stands_beside_a_status_on_its_line_is_not_written_over(between):
    line = f"**Status:** Superseded by ADR 7{between}**Date:** 2024-05-06"
    text = f"# X\n\n{line}\n\n## Decision\n\nY.\n"
    changed = read_adr(text).with_status("superseded", by=BY)
    assert changed.text == text.replace("ADR 7", BY)
    assert changed["date"].value == date(2024, 5, 6)


@given(
    st.sampled_from([MADR, NYGARD, LOG4BRAINS, TABLE, ONE_LINE, TAGS, HEADER_ROW]),
    st.lists(st.sampled_from(STATUSES), min_size=1, max_size=4),
    st.sampled_from(["\n", "\r\n"]),
)
def test_any_row_of_changes_leaves_the_last_and_all_else(text, statuses, end):
    adr = first = read_adr(text.replace("\n", end))
    for status in statuses:
        adr = adr.with_status(status)
        assert adr.status == status
    assert adr.title == first.title
    for name in ("context", "decision", "date", "options", "chosen"):
        assert adr[name].text == first[name].text
    assert adr.text.count("\n") == first.text.count("\n")
