import json
from pathlib import Path

import pytest
import yaml
from exchange_cases import open_memory, tables

from archkit.errors import StoreError
from archkit.library import read_library
from archkit.memory.training import train
from archkit.memory.training_files import Entry, files_of, read_entries
from archkit.records import Pattern

CARD = Path(__file__).parents[3] / "shared" / "data" / "cards" / "backend-architect.md"

ENTRY = {
    "slug": "write-behind",
    "name": "Write-behind cache",
    "kind": "caching",
    "problem": "Writes come faster than the database takes them in.",
    "summary": "Writes go to the cache and reach the database a little later, in batches.",
    "approach": {"technique": "write-behind", "steps": ["Queue each write", "Flush in batches"]},
    "context": {"clients": ["web"]},
    "when": ["A lost second of writes can be borne"],
    "when_not": ["Every write must be durable at once"],
    "pros": ["Smooths bursts"],
    "cons": ["May lose the last writes"],
    "tags": ["cache"],
    "ladder": dict.fromkeys(
        ("testability", "readability", "consistency", "simplicity", "reversibility"), 3
    ),
    "reported": {"success_rate": 0.8, "uses": 5, "origin": "our wiki"},
}
SOLUTION = {
    "slug": "deadlock",
    "signature": "deadlock detected",
    "name": "Deadlock",
    "area": "database-optimization",
    "root_cause": "Two transactions lock rows in different orders.",
    "diagnosis": ["Read the log of the database"],
    "fix": ["Lock in one order"],
    "prevention": ["Short transactions"],
    "tags": ["postgres"],
}
CARDS = {
    "agent": "backend-architect",
    "pattern": {
        "type": "caching-strategy",
        "context": {"readWriteRatio": "100:1"},
        "approach": {"technique": "multi-layer-cache", "layers": ["CDN", "Redis"]},
        "conditions": {"whenApplicable": ["mostly reads"], "whenNotApplicable": ["real-time data"]},
    },
    "metrics": {"successRate": 0.94, "executionCount": 31, "cacheHitRate": 0.87},
}
LOOM = {
    **{"id": "9b1d", "agent": "x", "timestamp": "2026-01-01T00:00:00Z", "tags": ["a"]},
    "pattern": {
        "type": "retry",
        "context": {},
        "approach": {"technique": "exponential-backoff", "rationale": "r"},
        "conditions": {"whenApplicable": ["calls fail now and then"], "whenNotApplicable": []},
    },
    "metrics": {"successRate": 0.75, "executionCount": 2, "avgTimeSavedMs": 10},
    "evolution": {"confidenceScore": 0.9},
}
LOOM_SOLUTION = {
    **{"id": "77", "agent": "x", "verifiedCount": 3},
    "problem": {"errorType": "TypeError", "errorMessage": "x is undefined", "context": {}},
    "solution": {"rootCause": "missing check", "fixApproach": "check it", "prevention": "types"},
    "effectiveness": {"worked": True, "timeToFixMinutes": 4},
}


@pytest.fixture
def memory(tmp_path):
    with open_memory(tmp_path / "a") as memory:
        yield memory


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


def write(folder, name, value):
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def test_a_dry_run_says_what_would_be_learnt_and_records_nothing(memory, folder):
    write(folder, "a.json", {"area": "performance", "patterns": [ENTRY]})
    before = tables(memory, less=set())
    report = train(memory, folder)
    assert (report.dry_run, report.patterns, report.errors) == (True, ("write-behind",), ())
    assert tables(memory, less=set()) == before


def test_a_page_of_the_library_s_shape_is_learnt_as_candidates_with_reported_figures(
    memory, folder
):
    page = {"area": "performance", "patterns": [{**ENTRY, "status": "active"}]}
    write(folder, "a.yaml", yaml.safe_dump(page))
    write(folder, "b.json", {"solutions": [SOLUTION]})
    told = []
    report = train(memory, folder, dry_run=False, progress=lambda *at: told.append(at))
    assert (report.patterns, report.solutions) == (("write-behind",), ("deadlock",))
    assert told == [(1, 2), (2, 2)]
    pattern = memory.pattern("write-behind")
    assert (pattern.status, pattern.area) == ("candidate", "performance")
    assert (pattern.reported.success_rate, pattern.reported.origin) == (0.8, "our wiki")
    assert memory.solution("deadlock").fix == ("Lock in one order",)
    assert memory._store.rows("SELECT action, events FROM audit") == [("trained", 2)]


def test_the_kit_s_own_files_are_known_already(tmp_path):
    from archkit import library

    with open_memory(tmp_path, library=True) as memory:
        home = Path(library.__file__).parent
        report = train(memory, [home / "patterns", home / "solutions.yaml"])
    known = read_library()
    assert (report.patterns, report.solutions, report.findings) == ((), (), ())
    assert {double.what for double in report.duplicates} == {"known"}
    assert len(report.duplicates) == len(known.patterns) + len(known.solutions)


def test_markdown_with_front_matter_and_headings_is_one_pattern(memory, folder):
    page = (
        "---\nname: Outbox table\nkind: messaging\narea: scaling\ntags: [events]\n"
        "context: {}\n---\n# Outbox\n\n## Problem\nTwo writes must both\nhappen.\n\n"
        "## Approach\n1. Write the event in the same transaction\n2. Send it\n   later\n\n"
        "## When\n- Events must not be lost\n\n## When not\n* Nobody listens\n\n## Pros\n- Atomic\n"
    )
    write(folder, "outbox.md", page)
    report = train(memory, folder, dry_run=False)
    assert [finding.severity for finding in report.findings] == ["warning"]
    pattern = memory.pattern("outbox-table")
    assert pattern.problem == "Two writes must both happen."
    assert pattern.approach == {
        "steps": ["Write the event in the same transaction", "Send it later"]
    }
    assert [c.text for c in pattern.when] == ["Events must not be lost"]
    assert pattern.tags == ("events",)


def test_the_card_s_records_in_blocks_of_code_are_learnt(memory, folder):
    page = f"# An agent\n\n```json\n{json.dumps(CARDS)}\n```\n\n```bash\necho {{no record}}\n```\n"
    write(folder, "card.md", page)
    report = train(memory, folder, dry_run=False)
    assert report.patterns == ("multi-layer-cache",)
    pattern = memory.pattern("multi-layer-cache")
    assert (pattern.reported.success_rate, pattern.reported.uses) == (0.94, 31)
    assert (pattern.reported.origin, pattern.reported.metrics) == ("card", {"cacheHitRate": 0.87})
    assert pattern.to_card()["pattern"] == CARDS["pattern"]


@pytest.mark.skipif(not CARD.exists(), reason="the reference card is not here")
def test_the_reference_card_itself_teaches_its_pattern(memory):
    report = train(memory, CARD, dry_run=False)
    assert (len(report.patterns), report.errors) == (1, ())
    assert memory.pattern(report.patterns[0]).reported.origin == "card"


def test_loom_s_shapes_are_learnt_and_say_that_their_figures_are_loom_s(memory, folder):
    write(folder, "loom.json", [LOOM, LOOM_SOLUTION])
    report = train(memory, folder, dry_run=False)
    assert (report.patterns, report.errors) == (("exponential-backoff",), ())
    assert memory.pattern("exponential-backoff").reported.origin == "loom"
    solution = memory.solution(report.solutions[0])
    assert solution.signature == "TypeError x is undefined"
    assert (solution.reported.success_rate, solution.reported.uses) == (1.0, 3.0)
    rows = memory._store.rows("SELECT provenance, uses FROM solution_effect")
    assert rows == [("reported", 3.0)]


def test_what_does_not_fit_is_reported_by_file_entry_and_field_and_hides_no_other(memory, folder):
    odd = {**ENTRY, "slug": "odd", "reported": {"success_rate": 1.5, "origin": "wiki"}}
    far = {**ENTRY, "slug": "far", "area": "cooking"}
    write(folder, "a.json", {"patterns": [odd, far, "no entry", ENTRY]})
    write(folder, "b.json", '{"cut": ')
    write(folder, "c.yaml", "nothing: here")
    (folder / "d.md").write_bytes(b"\xff\xfe\x00broken")
    report = train(memory, folder, dry_run=False)
    assert report.patterns == ("write-behind",)
    said = [(f.file.rsplit("/")[-1], f.entry, f.severity) for f in report.findings]
    assert said == [
        ("a.json", "odd", "error"),
        ("a.json", "far", "error"),
        ("a.json", "pattern", "error"),
        ("b.json", "", "error"),
        ("c.yaml", "", "warning"),
        ("d.md", "", "error"),
    ]
    assert "reported.success_rate: 1.5" in report.findings[0].message
    assert "cooking" in report.findings[1].message


def test_conditions_that_contradict_each_other_are_found_and_the_pattern_is_not_learnt(
    memory, folder
):
    clash = {
        **ENTRY,
        "when": [{"text": "several tenants", "context": {"tenancy": "multi"}}],
        "when_not": [{"text": "tenants share it", "context": {"tenancy": "multi"}}],
    }
    write(folder, "a.json", {"patterns": [clash]})
    report = train(memory, folder, dry_run=False)
    assert report.patterns == ()
    assert "contradicts itself" in report.errors[0].message


def test_a_context_key_that_the_library_does_not_know_is_kept_and_told(memory, folder):
    when = [{"text": "many at once", "context": {"crowd": 5}}]
    write(folder, "a.json", {"patterns": [{**ENTRY, "when": when, "context": {"planet": "mars"}}]})
    report = train(memory, folder, dry_run=False)
    assert "crowd, planet" in report.findings[0].message
    assert memory.pattern("write-behind").context == {"planet": "mars"}


def test_duplicates_are_shown_and_only_what_is_new_is_taken(memory, folder):
    write(folder, "0.json", {"patterns": [ENTRY]})
    train(memory, folder, dry_run=False)
    reworded = {**ENTRY, "summary": "Otherwise put."}
    other = {**ENTRY, "slug": "other-name"}
    alike = {**ENTRY, "slug": "nearly", "name": "Write-behind caching", "cons": ["Complex"]}
    write(folder, "1.json", {"patterns": [reworded, other, alike]})
    report = train(memory, folder)
    assert [(d.entry, d.what, d.other, d.taken) for d in report.duplicates] == [
        ("write-behind", "known", "write-behind", False),
        ("write-behind", "reworded", "write-behind", False),
        ("other-name", "same content", "write-behind", False),
        ("nearly", "similar", "write-behind", True),
    ]
    assert report.patterns == ("nearly",)
    train(memory, folder, dry_run=False, replace=True)
    assert memory.pattern("write-behind").summary == "Otherwise put."


def test_a_missing_file_is_named(memory, folder):
    with pytest.raises(StoreError, match=r"no-such\.yaml"):
        train(memory, folder / "no-such.yaml")


def test_other_files_in_a_folder_are_passed_over_and_a_named_one_is_told(folder):
    path = write(folder, "notes.txt", "x")
    assert files_of(folder) == []
    [finding] = read_entries(path)
    assert "none of" in finding.message


def test_an_agent_card_s_front_matter_is_no_pattern(folder):
    path = write(folder, "agent.md", "---\nname: x\ndescription: y\nmodel: z\n---\n# X\n")
    assert not any(isinstance(entry, Entry) for entry in read_entries(path))


def test_a_pattern_named_anew_keeps_its_evidence(memory):
    memory.record_pattern(Pattern("p", "Old name", area="scaling"))
    memory.append("pattern_use", {"slug": "p", "y": 1.0, "source": "team"}, session_id="s")
    memory.record_pattern(Pattern("p", "New name", area="scaling"))
    assert memory.pattern("p").name == "New name"
    rows = memory._store.rows("SELECT name, y FROM pattern_evidence WHERE y IS NOT NULL")
    assert rows == [("New name", 1.0)]
    assert memory._store.rows("SELECT count(*) FROM pattern_version") == [(2,)]
