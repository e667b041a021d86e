"""Answers compared: what counts as equal, and the first difference where it is not."""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from archkit.queries.compare_results import NotComparableError, first_difference, plain_value

Row = namedtuple("Row", "id name")
PLAIN = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=2), inside),
    max_leaves=8,
)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    boss_id: Mapped[int] = mapped_column(ForeignKey("user.id"))


@dataclass
class Post:
    id: int
    tags: tuple[str, ...]


class Colour(Enum):
    RED = "red"


class Thing:
    pass


def told(expected: Any, found: Any) -> tuple[str, str, str, str] | None:
    other = first_difference(plain_value(expected), plain_value(found))
    return other and (other.place, other.expected, other.found, other.note)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([(1, "a")], [[1, "a"]]),
        (Row(1, "a"), (1, "a")),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (Post(1, ("x",)), {"id": 1, "tags": ["x"]}),
        (pd.DataFrame({"a": [1, 2]}), [{"a": 1}, {"a": 2}]),
        (np.array([1, 2]), [1, 2]),
        (pd.Series([1, 2]), [1, 2]),
        (np.float64(0.5), 0.5),
        (0.1 + 0.2, 0.3),
        (float("nan"), float("nan")),
        (Decimal("1.5"), 1.5),
        (True, 1),
        (Colour.RED, "red"),
        ({1, 2}, frozenset({2, 1})),
        (date(2026, 1, 1), date(2026, 1, 1)),
    ],
)
def test_the_same_in_another_form_is_equal(one: Any, other: Any) -> None:
    assert told(one, other) is None
    assert told(other, one) is None


def test_rows_of_sqlite_are_compared_by_their_values() -> None:
    database = sqlite3.connect(":memory:")
    database.row_factory = sqlite3.Row
    rows = database.execute("SELECT 1 AS id, 'a' AS name").fetchall()
    database.close()
    assert told(rows, [(1, "a")]) is None


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (1, 2, ("", "1", "2", "")),
        (1, "1", ("", "1", "'1'", "")),
        (10**17, 10**17 + 1, ("", str(10**17), str(10**17 + 1), "")),
        ([{"id": 1}, {"id": 2}], [{"id": 1}, {"id": 3}], ("[1]['id']", "2", "3", "")),
        ({"a": 1}, {}, ("", "the key 'a'", "no such key", "")),
        ([{}], [{"b": 1}], ("[0]", "no such key", "the key 'b'", "")),
        ([1, 2], [1], ("", "2 items", "1 item", "")),
        ([1, 2, 3], [1, 3], ("", "3 items", "2 items", "the first that differs is at [1]")),
        ([1], {"a": 1}, ("", "[1]", "{'a': 1}", "")),
        (None, [], ("", "None", "[]", "")),
    ],
)
def test_the_first_difference_is_named(one: Any, other: Any, said: Any) -> None:
    assert told(one, other) == said


def test_another_order_is_told_with_its_mend() -> None:
    other = first_difference([1, 2], [2, 1])
    assert other is not None
    assert "ORDER BY" in other.note


def test_a_long_value_is_cut_short() -> None:
    other = first_difference("x" * 500, "y")
    assert other is not None
    assert len(other.expected) == 60


@pytest.mark.parametrize(
    ("value", "what", "mend"),
    [
        ((n for n in [1]), "a generator", "list"),
        (map(str, [1]), "a map", "list"),
        (User(id=1), "an object of User of the ORM", "plain values"),
        ([{"user": User(id=1)}], "an object of User of the ORM at [0]['user']", "plain values"),
        ([Thing()], "an object of Thing at [0]", "plain values"),
        (sqlite3.connect(":memory:").execute("SELECT 1"), "an object of Cursor", "fetchall"),
    ],
)
def test_what_says_nothing_by_itself_is_refused(value: Any, what: str, mend: str) -> None:
    with pytest.raises(NotComparableError) as caught:
        plain_value(value)
    assert caught.value.what == what
    assert mend in caught.value.mend


def test_what_holds_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(NotComparableError, match="nested"):
        plain_value(loop)


@given(PLAIN)
def test_every_plain_answer_equals_itself(value: Any) -> None:
    assert first_difference(plain_value(value), plain_value(value)) is None


@given(PLAIN, PLAIN)
def test_a_difference_is_one_from_either_side(one: Any, other: Any) -> None:
    assert (first_difference(one, other) is None) == (first_difference(other, one) is None)
