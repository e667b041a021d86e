"""The N+1 lab on PostgreSQL: the same answers and counts, and nothing left behind."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from archkit.errors import ArchkitError
from archkit.labs.n_plus_one_blog import Blog
from archkit.labs.n_plus_one_lab import QueryLab, Setting
from archkit.labs.n_plus_one_stale import Traffic, stale_answers
from archkit.labs.n_plus_one_ways import ways

pytestmark = pytest.mark.slow
SCHEMAS = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'archkit%'"


def schemas(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(SCHEMAS).fetchone()
    return int(row[0]) if row else 0


def test_counts_and_answers_are_those_of_sqlite(postgres_address: Any) -> None:
    before = schemas(postgres_address.url)
    setting = Setting(n=6, page=4, batches=(None, 4), forgetful=(4,))
    with Blog(users=6) as lite, Blog(users=6, database=postgres_address.url) as full:
        assert full.called.startswith("PostgreSQL ")
        frames = []
        for blog in (lite, full):
            lab = QueryLab(blog)
            lab.measure(setting)
            frames.append(lab.frame(setting))
        for frame in frames:
            assert frame["counted"].tolist() == frame["expected"].tolist()
        assert ways(full)["joinedload"](6) == ways(lite)["joinedload"](6)
        (row,) = stale_answers(full, Traffic(pages=2, page=1, seconds=60), ttls_s=(30,)).to_dict(
            "records"
        )
        assert row["stale_rate"] <= row["hit_rate"] < 1
        assert schemas(postgres_address.url) == before + 1
    assert schemas(postgres_address.url) == before


def test_a_server_that_does_not_answer_is_told_in_words() -> None:
    with pytest.raises(ArchkitError):
        Blog(users=1, database="postgresql://nobody@127.0.0.1:9/none?connect_timeout=1")
