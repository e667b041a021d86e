import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archkit.memory.text_index import Entry, TextIndex

WEIGHTS = {"title": 0.6, "body": 1.0}


def entry(key, title, body="", label="red"):
    return Entry(key, {"title": title, "body": body}, {"colour": label}, {"raw": title.encode()})


def index(*entries, folder=None):
    return TextIndex(WEIGHTS, entries, labels=("colour",), stored=("raw",), folder=folder)


def found(searched, text, **among):
    return [key for key, _ in searched.search(searched.terms(text), 10, among=among)]


@pytest.fixture(params=["in memory", "in a folder"])
def place(request, tmp_path):
    return tmp_path if request.param == "in a folder" else None


def test_what_is_put_in_is_found_by_its_key(place):
    texts = index(entry(7, "slow queries"), entry(2**64 - 1, "slow builds"), folder=place)
    assert len(texts) == 2
    assert found(texts, "queries") == [7]
    assert set(found(texts, "slow")) == {7, 2**64 - 1}
    assert sorted(texts.keys().tolist()) == [7, 2**64 - 1]
    assert texts.stored([7, 8]) == {7: (b"slow queries",)}


def test_an_entry_takes_the_place_of_one_of_its_key(place):
    texts = index(entry(1, "first"), folder=place)
    texts.update([entry(1, "second"), entry(2, "third")], [])
    assert [found(texts, word) for word in ("first", "second", "third")] == [[], [1], [2]]
    texts.update([], [1])
    assert found(texts, "second") == []
    assert texts.keys().tolist() == [2]
    assert len(texts) == 1


def test_nothing_holds_nothing(place):
    texts = index(folder=place)
    assert (len(texts), texts.keys().tolist(), texts.stored([1]), found(texts, "any")) == (
        *(0, [], {}),
        [],
    )


def test_labels_narrow_a_search(place):
    texts = index(entry(1, "word"), entry(2, "word", label="blue"), folder=place)
    assert found(texts, "word", colour="blue") == [2]
    assert found(texts, "word", colour="green") == []


def test_two_processes_share_a_folder(tmp_path):
    ours, theirs = index(folder=tmp_path), index(folder=tmp_path)
    theirs.update([entry(1, "theirs")])
    assert found(ours, "theirs") == []
    ours.update([entry(2, "ours")])  # what they put in is seen with it
    assert found(ours, "theirs ours") == [1, 2]
    theirs.refresh()
    assert found(theirs, "theirs ours") == [1, 2]


def test_two_processes_that_both_found_an_empty_folder_fill_it_once(tmp_path):
    ours, theirs = index(folder=tmp_path), index(folder=tmp_path)
    ours.update([entry(1, "first"), entry(2, "second")])
    theirs.update([entry(1, "first"), entry(2, "second")])
    assert (len(theirs), found(theirs, "first")) == (2, [1])


def test_a_folder_keeps_what_was_put_in(tmp_path):
    index(entry(1, "kept"), folder=tmp_path)
    assert found(index(folder=tmp_path), "kept") == [1]


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "meta.json").write_text("{}")
    with pytest.raises(ValueError):
        index(folder=tmp_path)


def test_many_small_changes_do_not_pile_up(tmp_path):
    texts = index(folder=tmp_path)
    for key in range(40):
        texts.update([entry(key, f"word{key} common")])
    assert texts._searcher.num_segments <= 10
    assert len(found(texts, "common")) == 10
    assert found(texts, "word33") == [33]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(["alpha", "beta", "gamma", None])),
        max_size=12,
    )
)
def test_any_changes_leave_what_was_put_in_last(changes):
    texts, wanted = index(), {}
    for key, word in changes:
        if word is None:
            texts.update([], [key])
            wanted.pop(key, None)
        else:
            texts.update([entry(key, word)])
            wanted[key] = word
    assert sorted(texts.keys().tolist()) == sorted(wanted)
    for word in ("alpha", "beta", "gamma"):
        assert found(texts, word) == sorted(key for key, its in wanted.items() if its == word)


def test_spellings_of_both_sides_of_the_ocean_and_short_forms_are_one_in_any_case():
    texts = index(
        entry(1, "Denormalisation"),
        entry(2, "COLOUR"),
        entry(3, "auth for DBs"),
        entry(4, "is our"),
    )
    assert found(texts, "denormalizations") == [1]
    assert found(texts, "Color") == [2]
    assert (
        found(texts, "authentication") == found(texts, "database") == found(texts, "AuthN") == [3]
    )
    assert found(texts, "this author hour") == []
