"""Whether two functions answer the same: plain values compared, the first difference named."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import Any

__all__ = ["Difference", "NotComparableError", "first_difference", "plain_value"]

_NEAR = 1e-9
_SHOWN = 60
_DEEPEST = 100
_LAZY = "it holds no rows yet: its queries run only when somebody reads it"


class NotComparableError(Exception):
    """A value that says nothing by itself: `what` it is, `why` that is no answer, `mend`."""

    def __init__(self, what: str, why: str, mend: str) -> None:
        super().__init__(what)
        self.what, self.why, self.mend = what, why, mend


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two answers differ, what either has there, and what else is to be said."""

    place: str
    expected: str
    found: str
    note: str = ""


def plain_value(value: Any, place: str = "", depth: int = 0) -> Any:
    """Return an answer in lists, dicts and single values.

    Rows and tuples become lists, records dicts, frames lists of dicts; sets stay sets.

    Raises
    ------
    NotComparableError
        It is, or holds, something lazy, an ORM object, or an object that cannot be compared.
    """
    if depth > _DEEPEST:
        raise NotComparableError(
            f"nested more than {_DEEPEST} levels deep{_at(place)}",
            "it may hold itself",
            "return only the values that the request is about",
        )
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool | int | float | str | bytes | Decimal):
        return value
    _refuse_lazy(value, place)
    inside = _parts(value)
    if isinstance(inside, dict):
        return {k: plain_value(v, f"{place}[{k!r}]", depth + 1) for k, v in inside.items()}
    if isinstance(inside, list):
        return [plain_value(v, f"{place}[{i}]", depth + 1) for i, v in enumerate(inside)]
    return _single(value, place)


def first_difference(expected: Any, found: Any, place: str = "") -> Difference | None:
    """Find where two plain answers first differ; None where they are equal.

    Numbers may differ in the ninth digit (sums come in another order), lists must have the same
    order.

    Examples
    --------
    >>> first_difference([{"id": 1}], [{"id": 2}])
    Difference(place="[0]['id']", expected='1', found='2', note='')
    """
    if isinstance(expected, dict) and isinstance(found, dict):
        return _of_dicts(expected, found, place)
    if isinstance(expected, list) and isinstance(found, list):
        return _of_lists(expected, found, place)
    if _same(expected, found):
        return None
    return Difference(place, _shown(expected), _shown(found))


def _of_dicts(expected: dict[Any, Any], found: dict[Any, Any], place: str) -> Difference | None:
    for key in [*expected, *found]:
        if key not in found:
            return Difference(place, f"the key {key!r}", "no such key")
        if key not in expected:
            return Difference(place, "no such key", f"the key {key!r}")
    return _first((f"{place}[{key!r}]", expected[key], found[key]) for key in expected)


def _of_lists(expected: list[Any], found: list[Any], place: str) -> Difference | None:
    pairs = zip(expected, found, strict=False)
    first = _first((f"{place}[{n}]", one, other) for n, (one, other) in enumerate(pairs))
    if len(expected) != len(found):
        then = f"the first that differs is at {first.place}" if first else ""
        return Difference(place, _items(expected), _items(found), then)
    if first and sorted(map(repr, expected)) == sorted(map(repr, found)):
        return replace(first, note="the same items in another order: sort both, with ORDER BY")
    return first


def _first(pairs: Iterable[tuple[str, Any, Any]]) -> Difference | None:
    differences = (first_difference(one, other, place) for place, one, other in pairs)
    return next((difference for difference in differences if difference), None)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, int | float | Decimal) and isinstance(other, int | float | Decimal):
        if one == other:
            return True
        if isinstance(one, int) and isinstance(other, int):
            return False
        a, b = float(one), float(other)
        return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=_NEAR)
    return bool(one == other)


def _refuse_lazy(value: Any, place: str) -> None:
    kind = type(value).__name__
    if hasattr(value, "_sa_instance_state"):
        raise NotComparableError(
            f"{_an(kind)} of the ORM{_at(place)}",
            "such objects are equal only to themselves, and may still load what is read of them",
            "return what the request is about in plain values, for instance "
            "[{'name': user.name, 'posts': [post.title for post in user.posts]} for user in users]",
        )
    lazy = callable(getattr(value, "__next__", None)) or hasattr(value, "__anext__")
    cursor = callable(getattr(value, "fetchall", None))
    if lazy or cursor:
        mend = "return its rows, .fetchall() of it" if cursor else "return list(…) of it"
        raise NotComparableError(f"{_an(kind)}{_at(place)}", _LAZY, mend)
    if hasattr(value, "__await__"):
        raise NotComparableError(
            f"{_an(kind)}{_at(place)}", "it was not awaited", "await it in the variant"
        )


def _parts(value: Any) -> dict[Any, Any] | list[Any] | None:
    """Return what a container holds, by name or in order; None for a single value."""
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if hasattr(value, "model_dump"):  # pydantic
        return dict(value.model_dump())
    if hasattr(value, "to_dict") and hasattr(value, "columns"):  # pandas
        return list(value.to_dict("records"))
    if hasattr(value, "to_dicts"):  # polars
        return list(value.to_dicts())
    if hasattr(value, "to_pylist"):  # arrow
        return list(value.to_pylist())
    if hasattr(value, "tolist"):  # numpy, and a column of pandas
        held = value.tolist()
        return held if isinstance(held, list) else None
    if isinstance(value, Sequence) or _is_row(value):
        return list(value)
    return None


def _is_row(value: Any) -> bool:
    """Tell rows of sqlite3 and the like, which are no sequences but hold keys and a length."""
    return all(hasattr(value, name) for name in ("keys", "__len__", "__getitem__"))


def _single(value: Any, place: str) -> Any:
    if isinstance(value, Set):
        return frozenset(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if getattr(type(value), "__eq__", None) is object.__eq__:
        raise NotComparableError(
            f"{_an(type(value).__name__)}{_at(place)}",
            "such objects are equal only to themselves",
            "return what it holds in plain values: numbers, texts, lists, dicts",
        )
    return value


def _items(some: list[Any]) -> str:
    return f"{len(some):,} item{'' if len(some) == 1 else 's'}"


def _an(kind: str) -> str:
    return f"an object of {kind}" if kind[:1].isupper() else f"a {kind}"


def _at(place: str) -> str:
    return f" at {place}" if place else ""


def _shown(value: Any) -> str:
    """Write a value in one short line."""
    text = " ".join(repr(value).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
