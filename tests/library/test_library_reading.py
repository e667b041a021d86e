"""Reading the library: fast, once, and clear about what does not fit."""

import pickle
import subprocess
import sys
import textwrap

import pytest

from archkit.errors import LibraryError
from archkit.library import Concern, Library, read_library

CONCERN = """
concerns:
  - {slug: naming, title: How things are named, area: api-design, facets: [clients],
     cues: [name, names, naming, called, call it, title, label, word]}
"""
PATTERN = """
area: api-design
patterns:
  - slug: plain-words
    name: Plain words
    kind: naming
    problem: Nobody finds anything.
    summary: Call things what they are.
    approach: {technique: plain words, steps: [Ask a user.]}
    context: {clients: [web]}
    when: [Always]
    when_not: [{text: Never, context: {clients: [devices]}}]
    pros: [Clear]
    cons: [Long]
    tags: [naming]
    ladder: {testability: 3, readability: 5, consistency: 4, simplicity: 5, reversibility: 2}
    blueprint:
      overview: Things are called what they are.

      choices: []
"""


def write(folder, **files):
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return folder


def test_an_own_folder_is_laid_over_the_shipped_library(tmp_path):
    shipped = read_library()
    library = read_library(write(tmp_path, concerns=CONCERN, **{"patterns__api-design": PATTERN}))
    assert library.pattern("plain-words").blueprint["choices"] == []
    assert library.pattern("plain-words").status == "active"
    assert library.concern("naming").cues[0] == "name"
    assert len(library.patterns) == len(shipped.patterns) + 1
    assert library.version != shipped.version


def test_an_own_entry_replaces_a_shipped_one_of_the_same_slug(tmp_path):
    shipped = read_library().concerns[0]
    text = CONCERN.replace("slug: naming", f"slug: {shipped.slug}")
    library = read_library(write(tmp_path, concerns=text))
    assert library.concern(shipped.slug).title == "How things are named"
    assert len(library.concerns) == len(read_library().concerns)


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(tmp_path):
    assert read_library() is read_library()
    write(tmp_path, concerns=CONCERN)
    before = read_library(tmp_path)
    write(tmp_path, concerns=CONCERN.replace("How things are named", "What things are called"))
    assert read_library(tmp_path).concern("naming").title == "What things are called"
    assert before.concern("naming").title == "How things are named"


@pytest.mark.parametrize(
    ("old", "new", "what", "why"),
    [
        ("readability: 5", "readability: 6", "ladder.readability of pattern 'plain-words'", "6"),
        ("cons: [Long]", "cons: Long", "cons of pattern 'plain-words'", "not of type 'array'"),
        ("kind: naming", "kind: spelling", "kind of plain-words", "'spelling' is none of"),
        ("area: api-design", "area: design", "area.", "'design' is none of"),
        ("area: api-design", "area: security", "area.", "a file of 'security' is called by that"),
        ("    context: {clients: [web]}", "    context: {client: [web]}", "context", "'client'"),
        ("overview: Things", "uses: [phone]\n      overview: Things", "uses", "'phone' is none"),
    ],
)
def test_a_misfit_is_named_by_file_entry_and_field(tmp_path, old, new, what, why):
    assert old in PATTERN
    text = PATTERN.replace(old, new)
    name = "patterns__api-design"
    with pytest.raises(LibraryError) as caught:
        read_library(write(tmp_path, concerns=CONCERN, **{name: text}))
    assert "patterns/api-design.yaml" in caught.value.what
    assert what in caught.value.what
    assert why in caught.value.why
    assert "schema.json" in caught.value.mend


def test_broken_yaml_is_told_with_its_line(tmp_path):
    with pytest.raises(LibraryError) as caught:
        read_library(write(tmp_path, solutions="solutions:\n  - {slug: a\n  - b: c"))
    assert "'solutions.yaml' cannot be read" in caught.value.what
    assert "line 3" in caught.value.why


def test_a_file_that_is_no_text_is_told(tmp_path):
    (tmp_path / "solutions.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LibraryError, match=r"'solutions\.yaml' cannot be read.*\n.*utf-8"):
        read_library(tmp_path)
    (tmp_path / "solutions.yaml").unlink()
    (tmp_path / "solutions.yaml").mkdir()
    with pytest.raises(LibraryError, match="Is a directory"):
        read_library(tmp_path)


def test_an_area_that_is_no_word_is_a_misfit(tmp_path):
    with pytest.raises(LibraryError, match="does not fit: area"):
        read_library(write(tmp_path, **{"patterns__security": "area: [security]\npatterns: []"}))


def test_a_file_that_is_no_mapping_is_a_misfit(tmp_path):
    with pytest.raises(LibraryError, match=r"solutions\.yaml"):
        read_library(write(tmp_path, solutions="- a\n- b\n"))


def test_two_entries_of_one_slug_in_a_folder_are_a_misfit(tmp_path):
    twice = PATTERN + PATTERN[PATTERN.index("  - slug") :]
    with pytest.raises(LibraryError) as caught:
        read_library(write(tmp_path, concerns=CONCERN, **{"patterns__api-design": twice}))
    assert caught.value.why == "another entry has the same"


def test_a_missing_folder_says_so(tmp_path):
    with pytest.raises(LibraryError, match="There is no library folder"):
        read_library(tmp_path / "none")


def test_an_empty_folder_adds_nothing(tmp_path):
    assert read_library(tmp_path).patterns == read_library().patterns


def test_an_unknown_slug_is_a_value_error():
    with pytest.raises(ValueError, match="'horoscope'"):
        Library().pattern("horoscope")
    with pytest.raises(ValueError, match="'horoscope'"):
        Library().concern("horoscope")


def test_a_library_is_shown_in_one_line():
    concern = Concern("a", "A", "security", ("b",), ("clients",))
    shown = repr(Library(concerns=(concern,), version="0123456789ab"))
    assert shown == "Library(0 patterns, 0 solutions, 1 concerns, version 01234567)"


def test_patterns_read_late_can_be_pickled_and_printed(tmp_path):
    write(tmp_path, concerns=CONCERN, **{"patterns__api-design": PATTERN})
    pattern = next(p for p in read_library().patterns if p.blueprint)
    assert pickle.loads(pickle.dumps(pattern)) == pattern
    assert "services" in repr(pattern.blueprint)


def test_the_library_is_read_in_a_blink_without_checking_it():
    code = (
        "import sys, time, yaml; from archkit.library import read_library;"
        "start = time.process_time(); read_library(); spent = time.process_time() - start;"
        "print(spent < 0.25, 'jsonschema' in sys.modules, 'sqlglot' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["True", "False", "False"]
