"""Two memories merge by set union of events: order, grouping and repetition make no difference."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from exchange_cases import LOCAL, NOW, fill, open_memory, tables
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from archkit.errors import StoreError
from archkit.memory import projection
from archkit.memory.exchange import export, import_
from archkit.memory.exchange_files import read_manifest, read_rows
from archkit.memory.journal import Draft
from archkit.memory.spool import Chunk

TABLES = sorted(set(projection.sql_texts("tables")) - LOCAL)
FEW = settings(max_examples=12, suppress_health_check=list(HealthCheck))
MORE = settings(max_examples=150, suppress_health_check=list(HealthCheck))

slugs = st.sampled_from(["jwt", "sessions"])
texts = st.sampled_from(["a", "ü", "李小龙", 'say "hi"', "two\nlines"])
ids = st.sampled_from([f"event {n}" for n in range(8)])
payloads = st.one_of(
    st.fixed_dictionaries({"kind": st.just("pattern"), "slug": slugs, "name": texts}),
    st.fixed_dictionaries(
        {
            "kind": st.just("decision"),
            "decision_id": st.sampled_from(["d1", "d2"]),
            "patterns": st.lists(slugs, max_size=2, unique=True),
            "chosen": texts,
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("outcome"),
            "outcome_id": st.sampled_from(["o1", "o2"]),
            "decision_id": st.sampled_from(["d1", "d2", "never"]),
            "success": st.booleans(),
            "source": st.sampled_from(["team", "simulated"]),
        }
    ),
    st.fixed_dictionaries({"kind": st.just("lesson"), "lesson_id": slugs, "text": texts}),
    st.fixed_dictionaries({"kind": st.just("solution_use"), "slug": slugs}),
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["archived", "reset", "forgotten"]),
            "withholds": st.fixed_dictionaries({"event_id": st.lists(ids, max_size=3)}),
        }
    ),
    st.fixed_dictionaries({"kind": st.just("restored"), "undoes": st.lists(ids, max_size=2)}),
    st.fixed_dictionaries(
        {"kind": st.just("imported"), "origin": texts, "imports": st.lists(ids, max_size=3)}
    ),
)


@st.composite
def events(draw, least: int = 1) -> list[tuple]:
    """Events with ids of their own, some withholding others, recorded in any order."""
    rows = []
    for n, said in enumerate(draw(st.lists(payloads, min_size=least, max_size=8))):
        payload = dict(said)
        kind = payload.pop("kind")
        at = NOW.replace(tzinfo=None) + timedelta(minutes=draw(st.integers(0, 3)))
        if kind in ("archived", "reset", "forgotten"):  # what is recorded, not what is done to it
            known = {row[0] for row in rows if row[4] not in projection.AUDIT_KINDS}
            named = [event_id for event_id in payload["withholds"]["event_id"] if event_id in known]
            payload["withholds"] = {"event_id": named}
        text = json.dumps(payload, ensure_ascii=False)
        rows.append((f"event {n}", at, "w", n, kind, 1, "", "", None, None, text))
    return rows


@pytest.fixture(scope="module", autouse=True)
def _template(tmp_path_factory):
    """An empty memory; making one takes longer than all that is done with it here."""
    global EMPTY
    EMPTY = tmp_path_factory.mktemp("template") / "empty.duckdb"
    with duckdb.connect(str(EMPTY)) as connection:
        projection.create(connection, NOW)


def with_freed(part: list[tuple], rows: list[tuple]) -> list[tuple]:
    """Add what a part brings back, as whatever restores does: its events come with the word."""
    withheld = {row[0]: json.loads(row[10]).get("withholds", {}) for row in rows}
    freed = {
        event_id
        for row in part
        for by_event in json.loads(row[10]).get("undoes", ())
        for event_id in withheld.get(by_event, {}).get("event_id", ())
    }
    return sorted({*part, *(row for row in rows if row[0] in freed)})


def merged(folder: Path, *parts: list[tuple]) -> dict[str, list[str]]:
    """Return all tables after taking parts in one by one, and making the file anew at the end."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in ("old.duckdb", "new.duckdb"):
        shutil.copyfile(EMPTY, folder / name)
    with duckdb.connect(str(folder / "old.duckdb")) as old:
        old.execute("SET TimeZone = 'UTC'")
        for part in parts:
            projection.take(old, [Chunk("f", 1, list(part))], NOW)
        [(stale,)] = old.execute("SELECT projection = 'stale' FROM schema_version").fetchall()
        before = dump(old)
    with duckdb.connect(str(folder / "new.duckdb")) as new:
        new.execute("SET TimeZone = 'UTC'")
        new.execute("ATTACH $path AS old (READ_ONLY)", {"path": str(folder / "old.duckdb")})
        projection.copy_events(new)
        projection.project_all(new)
        after = dump(new)
    if not stale:
        assert after == before
    return after


def dump(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    return {
        name: sorted(map(repr, connection.execute(f"FROM main.{name}").fetchall()))
        for name in TABLES
    }


@FEW
@given(events(), st.data())
def test_union_is_commutative_associative_and_idempotent(tmp_path, rows, data):
    subset = st.sets(st.sampled_from(rows))
    a, b, c = (with_freed(sorted(data.draw(subset)), rows) for _ in range(3))
    folder = tmp_path / "m"
    whole = merged(folder, a, b, c)
    assert merged(folder, c, b, a) == whole
    assert merged(folder, a, sorted({*b, *c})) == whole
    assert merged(folder, sorted({*a, *b, *c}), a) == whole


@FEW
@given(events(), st.randoms(use_true_random=False))
def test_the_order_of_replay_makes_no_difference(tmp_path, rows, rng):
    shuffled = list(rows)
    rng.shuffle(shuffled)
    one_by_one = [with_freed([row], rows) for row in shuffled]
    assert merged(tmp_path / "m", *one_by_one) == merged(tmp_path / "m", rows)


@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(events(least=3))
def test_export_and_import_into_an_empty_memory_give_equal_tables(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("m")
    kinds = {"archived", "reset", "forgotten", "restored", "imported"}
    drafts = [
        Draft(
            row[4],
            json.loads(row[10]),
            event_id=row[0],
            recorded_at=row[1].replace(tzinfo=NOW.tzinfo),
        )
        for row in rows
        if row[4] not in kinds
    ]
    assume(drafts)
    with open_memory(folder / "a") as one, open_memory(folder / "b") as other:
        one._store.append(drafts)
        export(one, folder / "out", format="parquet")
        import_(other, folder / "out", dry_run=False)
        assert tables(other) == tables(one)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    with open_memory(folder / "a") as memory:
        fill(memory)
        for name in ("jsonl", "parquet"):
            export(memory, folder / name, format=name)
    return folder


def check(folder: Path) -> None:
    for name in read_manifest(folder)["files"]:
        list(read_rows(folder / name))


@MORE
@given(st.data())
def test_any_byte_that_was_changed_is_found_and_the_file_named(exported, data):
    folder = exported / data.draw(st.sampled_from(["jsonl", "parquet"]))
    path = data.draw(st.sampled_from(sorted(folder.iterdir())))
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[place]))
    try:
        path.write_bytes(whole[:place] + bytes([other]) + whole[place + 1 :])
        with pytest.raises(StoreError) as caught:
            check(folder)
        assert path.name in caught.value.what
    finally:
        path.write_bytes(whole)
    check(folder)


@MORE
@given(st.data())
def test_a_file_cut_short_or_made_longer_is_found_and_named(exported, data):
    folder = exported / data.draw(st.sampled_from(["jsonl", "parquet"]))
    path = data.draw(st.sampled_from(sorted(folder.iterdir())))
    whole = path.read_bytes()
    longer = data.draw(st.binary(min_size=1, max_size=4).map(lambda more: whole + more))
    shorter = whole[: data.draw(st.integers(0, len(whole) - 1))]
    try:
        path.write_bytes(data.draw(st.sampled_from([longer, shorter])))
        with pytest.raises(StoreError) as caught:
            check(folder)
        assert path.name in caught.value.what
    finally:
        path.write_bytes(whole)
