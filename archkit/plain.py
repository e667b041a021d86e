"""Plain values: ids, instants, and what a record's fields are in JSON."""

from __future__ import annotations

import dataclasses
import os
import re
import secrets
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

__all__ = [
    "extras",
    "field_names",
    "instant_of",
    "is_rate",
    "mapped_texts",
    "missing",
    "near_path",
    "new_id",
    "plain",
    "shown_path",
    "slug_of",
    "texts_in",
    "utc_now",
    "without",
    "without_passwords",
    "words_of",
]

_NOTHING = {"nan", "NaT", "<NA>"}


def new_id() -> str:
    """Return a uuid7: unique, and sorted by the time it was made."""
    stamp = (time.time_ns() // 1_000_000) & ((1 << 48) - 1)
    low = secrets.randbits(74)
    number = stamp << 80 | 0x7 << 76 | (low >> 62) << 64 | 0b10 << 62 | low & ((1 << 62) - 1)
    return str(uuid.UUID(int=number))


def near_path(path: str | Path) -> Path:
    """Return a path as seen from the working directory if it is near, else as it is."""
    near = Path(os.path.relpath(Path(path).expanduser()))
    return near if near.parts.count("..") <= 2 else Path(path)


def shown_path(path: str | Path) -> str:
    """Return a path as a reader may see it: from here, from home, or its last two parts.

    Absolute paths name people and machines, and what is shown ends up in notebooks and reports.
    """
    near = near_path(path)
    if not near.is_absolute():
        return str(near)
    home = Path.home()
    return str(
        Path("~") / near.relative_to(home)
        if near.is_relative_to(home)
        else Path("…", *near.parts[-2:])
    )


def utc_now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)


def missing(value: object) -> bool:
    """Tell whether a cell of a frame holds nothing: None, NaN, NaT or NA."""
    return value is None or (not isinstance(value, str) and str(value) in _NOTHING)


def is_rate(value: object) -> bool:
    """Say whether a JSON value is a number from 0 to 1."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def slug_of(name: str) -> str:
    """Return the name in lower case with hyphens."""
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def without(record: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """Return the record less some keys."""
    return {k: v for k, v in record.items() if k not in keys}


def without_passwords(text: str) -> str:
    """Hide the passwords of the database addresses that a text holds."""
    hidden = re.sub(r"//([^/@:\s]*):\S*@", r"//\1:…@", text)
    return re.sub(r"(?<=password=)[^&\s\"']*", "…", hidden)


def extras(**parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts that are not empty."""
    return {name: dict(part) for name, part in parts.items() if part}


_PLAIN = frozenset((str, int, float, bool, type(None)))


def plain(value: Any) -> Any:
    """Return plain JSON values of records, instants, mappings and sequences."""
    if type(value) in _PLAIN:  # nine of ten values, and the rest takes ten times as long
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value


@cache
def field_names(kind: Any) -> frozenset[str]:
    """Return the names of a dataclass's fields; to ask anew takes longer than to read a record."""
    return frozenset(field.name for field in dataclasses.fields(kind))


def instant_of(value: Any) -> datetime:
    """Return an aware instant of an ISO text or a datetime; naive ones are UTC."""
    instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def texts_in(value: Any) -> Iterator[str]:
    """Give every text in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from texts_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_in(item)


def mapped_texts(value: Any, change: Callable[[str], str]) -> Any:
    """Return a JSON value with every text in it changed, keys included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {
            change(key) if isinstance(key, str) else key: mapped_texts(item, change)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [mapped_texts(item, change) for item in value]
    return value


def words_of(value: Any) -> tuple[str, ...]:
    """Return the items as strings; none for None."""
    return tuple(str(v) for v in value or ())
