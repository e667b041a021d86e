import os
import subprocess
import sys
from dataclasses import replace

import pytest
import tantivy

from archkit.memory import shared_index
from archkit.memory.drafts import draft_of
from archkit.memory.memory import Memory
from archkit.memory.shared_index import index_folder
from archkit.records import Condition, Pattern, Reported

WORDS = ("cache", "queue", "token", "shard", "index", "batch", "retry", "stream", "lock", "page")
PATTERNS = [
    Pattern(
        f"p{n}",
        f"{WORDS[n % 10]} {WORDS[n // 10 % 10]} {n}",
        area="scaling" if n % 3 else "security",
        kind=f"kind-{n % 4}",
        problem=f"Many {WORDS[n % 7]} under {WORDS[n % 9]} load",
        context={"tenancy": "multi" if n % 2 else "single"},
        when_not=(Condition("never here", {"tenancy": "single"}),) if n % 5 == 0 else (),
        reported=Reported(0.5 + n % 5 / 10, 10, "card") if n % 2 else None,
        status="active",
    )
    for n in range(60)
]


@pytest.fixture
def few(monkeypatch):
    """From how many patterns on a folder is used."""
    monkeypatch.setattr(shared_index, "IN_PROCESS", 20)


def filled(path, patterns=PATTERNS):
    memory = Memory(path, library=False)
    memory._store.append([draft_of(pattern) for pattern in patterns])
    return memory


def told(ranking):
    return [replace_elapsed(ranking.as_json()), list(ranking)]


def replace_elapsed(answer):
    return {**answer, "elapsed_ms": 0}


def test_a_large_memory_answers_as_a_small_one(tmp_path, monkeypatch):
    small = filled(tmp_path / "small")
    asked = [
        ("cache token load", None, {}),
        ("cache token load", {"tenancy": "single"}, {"what_if": {"tenancy": ["multi", "single"]}}),
        ("retry", {"tenancy": "multi"}, {"kind": "kind-1", "horizon": 20}),
        ("", None, {"area": "security", "limit": 30}),
        ("many load", None, {"provenance": "none"}),
    ]
    answers = [told(small.query(text, context, **how)) for text, context, how in asked]
    monkeypatch.setattr(shared_index, "IN_PROCESS", 20)
    with filled(tmp_path / "large") as large:
        assert [told(large.query(text, context, **how)) for text, context, how in asked] == answers
        assert index_folder(large.path).is_dir()
        assert large.pattern("p7") == PATTERNS[7]
        assert large.patterns() == small.patterns()
    assert not index_folder(small.path).exists()


@pytest.mark.usefixtures("few")
def test_what_is_recorded_worded_anew_and_recorded_elsewhere_is_found_at_once(tmp_path):
    with filled(tmp_path) as memory:
        assert not len(memory.query("zebra"))
        memory.record_pattern(Pattern("z", "Zebra crossing", status="active"))
        assert memory.query("zebra").best.pattern.slug == "z"
        memory.record_pattern(Pattern("z", "Giraffe crossing", status="active"))
        assert [len(memory.query(word)) for word in ("zebra", "giraffe")] == [0, 1]
        assert len(memory._held._shelf._catalogue._index) == len(PATTERNS) + 1
        script = (
            "import sys; from archkit.memory import shared_index; shared_index.IN_PROCESS = 20\n"
            "from archkit.memory.memory import Memory; from archkit.records import Pattern\n"
            "memory = Memory(sys.argv[1], library=False)\n"
            "assert memory.query('giraffe').best.pattern.slug == 'z'\n"
            "memory.record_pattern(Pattern('o', 'Okapi', status='active'))\n"
            "assert memory.query('okapi').best.pattern.slug == 'o'\n"
        )
        subprocess.run([sys.executable, "-c", script, str(memory.path)], check=True)
        assert memory.query("okapi").best.pattern.slug == "o"
        assert len(memory.patterns()) == len(PATTERNS) + 2


@pytest.mark.usefixtures("few")
def test_a_folder_that_fell_behind_catches_up(tmp_path, monkeypatch):
    with filled(tmp_path) as memory:
        memory.query("cache")
    with monkeypatch.context() as patch:
        patch.setattr(shared_index, "IN_PROCESS", 1000)  # an archkit that keeps no folder
        patch.setattr(shared_index.shutil, "rmtree", lambda *a, **k: None)
        with Memory(tmp_path, library=False) as other:
            other.record_pattern(Pattern("z", "Zebra", status="active"))
            other.record_pattern(replace(PATTERNS[0], name="Okapi"))
    with Memory(tmp_path, library=False) as memory:
        assert memory.query("zebra").best.pattern.slug == "z"
        assert [r.pattern.slug for r in memory.query("okapi", limit=1)] == ["p0"]
        assert memory.pattern("p0").name == "Okapi"


@pytest.mark.usefixtures("few")
def test_what_a_folder_holds_twice_is_found_once(tmp_path):
    with filled(tmp_path) as memory:
        memory.query("cache")
        index = memory._held._shelf._catalogue._index
        [inner] = index_folder(memory.path).iterdir()
    again = tantivy.Index.open(str(inner))
    again.register_tokenizer("words", index._index._analyzer)
    writer = again.writer(num_threads=1)
    for key in index.keys().tolist()[:20]:
        writer.add_document(index._index._document(index._entry(key, PATTERNS[0])))
    writer.commit()
    writer.wait_merging_threads()
    with Memory(tmp_path, library=False) as memory:
        found = [ranked.pattern.slug for ranked in memory.query("cache token load", limit=60)]
        assert len(found) == len(set(found)) > 20
        assert len(memory._held._shelf._catalogue._index) == len(PATTERNS)


@pytest.mark.usefixtures("few")
def test_what_another_records_while_a_memory_is_opened_stays_in_the_folder(tmp_path, monkeypatch):
    with filled(tmp_path) as busy, Memory(tmp_path, library=False) as opened:
        busy.query("cache")
        usual = shared_index.open_catalogue

        def meanwhile(store, wordings):
            busy.record_pattern(Pattern("z", "Zebra", status="active"))
            assert busy.query("zebra").best.pattern.slug == "z"
            return usual(store, wordings)

        monkeypatch.setattr(shared_index, "open_catalogue", meanwhile)
        assert len(opened.query("cache"))
        busy.record_pattern(Pattern("o", "Okapi", status="active"))  # and so looks at the folder
        assert [busy.query(word).best.pattern.slug for word in ("okapi", "zebra")] == ["o", "z"]
        assert [opened.query(word).best.pattern.slug for word in ("okapi", "zebra")] == ["o", "z"]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (lambda memory: memory.query("", kind="kind-0", limit=30)[:], 15),
        (lambda memory: memory.patterns(), len(PATTERNS) + 1),
        (lambda memory: [memory.pattern("p0")], 1),
    ],
)
def test_a_pattern_worded_anew_elsewhere_at_that_moment_breaks_no_answer(
    tmp_path, monkeypatch, question, answer
):
    with filled(tmp_path) as asked, Memory(tmp_path, library=False) as other:
        asked.query("giraffe")
        other.record_pattern(Pattern("z", "Zebra", status="active"))
        usual = asked._held._reshelved

        def meanwhile(shelf):
            monkeypatch.setattr(asked._held, "_reshelved", usual)
            other.record_pattern(replace(PATTERNS[0], name="Okapi"))
            assert other.query("okapi").best.pattern.slug == "p0"
            return usual(shelf)

        monkeypatch.setattr(asked._held, "_reshelved", meanwhile)
        found = question(asked)
        assert len(found) == answer
        assert "Okapi" in {getattr(one, "pattern", one).name for one in found}


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("harm", ["cut", "emptied", "gone", "another shape"])
def test_a_folder_that_is_damaged_is_made_anew(tmp_path, harm):
    with filled(tmp_path) as memory:
        answer = told(memory.query("cache token load"))
    folder = index_folder(memory.path)
    [inner] = folder.iterdir()
    if harm == "cut":
        for file in inner.iterdir():
            os.truncate(file, file.stat().st_size // 2)
    elif harm == "emptied":
        (inner / "meta.json").write_text("{}")
    elif harm == "gone":
        shared_index.shutil.rmtree(folder)
    else:
        inner.rename(folder / "0123456789ab")
    with Memory(tmp_path, library=False) as memory:
        assert told(memory.query("cache token load")) == answer
    assert len(list(folder.iterdir())) == 1


@pytest.mark.usefixtures("few")
def test_a_folder_that_cannot_be_made_leaves_the_index_to_the_process(tmp_path):
    with filled(tmp_path) as memory:
        memory.drain()
        index_folder(memory.path).write_text("something else is in its place")
        assert len(memory.query("cache token load"))


@pytest.mark.usefixtures("few")
def test_an_index_is_deleted_when_the_memory_has_become_small(tmp_path, monkeypatch):
    with filled(tmp_path) as memory:
        memory.query("cache")
        folder = index_folder(memory.path)
        assert folder.exists()
    monkeypatch.setattr(shared_index, "IN_PROCESS", 1000)
    with Memory(tmp_path, library=False) as memory:
        assert len(memory.query("cache token load"))
    assert not folder.exists()


@pytest.mark.usefixtures("few")
def test_an_odd_event_of_another_tool_hides_no_pattern(tmp_path):
    with filled(tmp_path) as memory:
        memory.append("pattern", {"slug": "odd", "area": "nowhere", "name": "Zebra"})
        memory.append("pattern", {"slug": "odder", "when": 7, "name": "Zebra"})
        assert len(memory.query("zebra")) == 0
        assert len(memory.query("cache token load")) == 8
    with Memory(tmp_path, library=False) as memory:
        assert len(memory.query("zebra")) == 0
        assert len(memory.patterns()) == len(PATTERNS)


@pytest.mark.usefixtures("few")
def test_a_folder_deleted_under_an_open_memory_costs_no_answer(tmp_path):
    with filled(tmp_path) as memory:
        memory.query("cache")
        shared_index.shutil.rmtree(index_folder(memory.path))
        memory.record_pattern(Pattern("z", "Zebra", status="active"))
        assert memory.query("zebra").best.pattern.slug == "z"
        memory.record_pattern(Pattern("o", "Okapi", status="active"))
        assert memory.query("okapi").best.pattern.slug == "o"
        assert len(memory.patterns()) == len(PATTERNS) + 2
