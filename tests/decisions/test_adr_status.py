"""What a record says of its own standing, and of other records."""

import pytest

from archkit.decisions.adr_status import STATUSES, links_in, status_of


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Accepted", "accepted"),
        ("✅ Accepted", "accepted"),
        ("❌ Rejected", "rejected"),
        ("**Approved**", "accepted"),
        ("{proposed}", "proposed"),
        ("{ in-progress }", "draft"),
        ("Incomplete", "draft"),
        ("experimental", "draft"),
        ("TBD", "draft"),
        ("Review", "proposed"),
        ("Open", "proposed"),
        ("Pending", "proposed"),
        ("Status: accepted", "accepted"),
        ("~~Proposed~~ Accepted", "accepted"),
        ("<!-- Proposed -->\nAccepted", "accepted"),
        ("Proposed\n\nAccepted on 2020-01-02", "accepted"),
        ("Accepted\n\nProposed by Ada", "accepted"),
        ("accepted (supersedes ADR 3)", "accepted"),
        ("Superceded by [9. Foo](0009-foo.md)", "superseded"),
        ("Accepted, superseded by 0007", "superseded"),
        ("Accepted\n\nSuperseded by ADR-7", "superseded"),
        ("Partly superseded by ADR-7", "partly superseded"),
        ("Partially replaced by 7", "partly superseded"),
        ("⌛ Superseded\n\nMoved to [another place](https://example.org/x).", "superseded"),
        ("Deprecated", "deprecated"),
        ("no longer in force", "deprecated"),
        ("This record has been accepted.", "accepted"),
        ("We won't do it: declined", "rejected"),
        ("[Proposed ❓ | Accepted ✅ | Superseded ⚠️]", None),
        ("Proposed, Accepted, Rejected", None),
        ("in a good mood", None),
        ("", None),
    ],
)
def test_a_status_is_known_by_its_words(text, status):
    found, start, end = status_of(text)
    assert found == status
    assert status is None or text[start:end].strip() == text[start:end] != ""
    assert status is None or status in STATUSES


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Superseded by [9. Foo](0009-foo.md)", [("superseded by", "0009-foo.md", 9)]),
        ("superseded by ADR-0007", [("superseded by", "", 7)]),
        ("Replaced by 12", [("superseded by", "", 12)]),
        ("Supersedes: ADR 0027", [("supersedes", "", 27)]),
        ("Superseded by [[20210401-split]]", [("superseded by", "", None)]),
        ("Superseded by 0009-foo.md", [("superseded by", "0009-foo.md", 9)]),
        (
            'Supersedes [1](0001-a.md) and [2](<0002-b.md#x> "t")',
            [("supersedes", "0001-a.md", 1), ("supersedes", "0002-b.md", 2)],
        ),
        (
            "Supersedes ADR 1, superseded by ADR 3",
            [("supersedes", "", 1), ("superseded by", "", 3)],
        ),
        ("Amended by [x](../b/0004-x.md)", [("amended by", "../b/0004-x.md", 4)]),
        ("Accepted 2020-01-02", []),
        ("Superseded on 2020-01-02", []),
        ("Superseded by the new runtime", []),
        ("Superseded. See [it](https://example.org/9)", []),
        ("Accepted", []),
    ],
)
def test_other_records_are_named_by_path_or_number(text, links):
    assert [(k.relation, k.path, k.number) for k in links_in(text)] == links
    for link in links_in(text, shift=5):
        assert text[link.start - 5 : link.end - 5].strip() == link.text


def test_a_field_says_what_its_links_mean():
    [link] = links_in("ADR 9", "superseded by")
    assert (link.relation, link.number, link.partly) == ("superseded by", 9, False)
    [link] = links_in("Partly superseded by ADR 9")
    assert link.partly
