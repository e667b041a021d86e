"""A count kept in a file, and two counts of one request as a measurement for the memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from archkit.errors import ArchkitError
from archkit.plain import shown_path, utc_now
from archkit.queries.count import QueryCount
from archkit.records import Measurement

__all__ = ["before_and_after", "read_count", "save_count"]

_KIND, _VERSION = "archkit query count", 1
_MOST_BYTES = 50_000_000


def save_count(
    counted: QueryCount, path: str | Path, *, now: Callable[[], datetime] = utc_now
) -> Path:
    """Write a count to a JSON file, over one that is there.

    Raises
    ------
    ArchkitError
        The file cannot be written.
    """
    target = Path(path).expanduser()
    told = {
        "kind": _KIND,
        "version": _VERSION,
        "saved_at": now().isoformat(),
        "count": counted.as_json(),
    }
    try:
        target.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise ArchkitError(
            f"The count cannot be saved in {shown_path(target)!r}.",
            why=f"{error.strerror or error}.",
            mend="Name a file in a folder that is there and that you may write to.",
        ) from error
    return target


def read_count(path: str | Path) -> QueryCount:
    """Read a count that `save_count` wrote.

    Raises
    ------
    ArchkitError
        The file cannot be read, or holds no count, or one that this version cannot read.
    """
    source = Path(path).expanduser()
    name = repr(shown_path(source))
    try:
        with source.open("rb") as file:
            told = json.loads(file.read(_MOST_BYTES))
    except OSError as error:
        raise ArchkitError(
            f"{name} cannot be read.",
            why=f"{error.strerror or error}.",
            mend="Name a file that was saved with --save or save_count.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise _no_count(name, "It is not JSON.") from error
    if not isinstance(told, dict) or told.get("kind") != _KIND:
        raise _no_count(name, "It is JSON, of something else.")
    if told.get("version") != _VERSION:
        raise ArchkitError(
            f"{name} is of another version of archkit.",
            why=f"It is version {told.get('version')!r}; this archkit reads {_VERSION}.",
            mend="Count anew, or use the archkit that wrote it.",
        )
    try:
        return QueryCount.from_json(told["count"])
    except (KeyError, ValueError) as error:
        raise _no_count(name, f"Something is missing in it or odd: {error}.") from error


def before_and_after(
    before: QueryCount,
    after: QueryCount,
    *,
    label: str = "",
    pattern: str | None = None,
    decision_id: str | None = None,
    now: Callable[[], datetime] = utc_now,
) -> Measurement:
    """Return what a change saved, as a measurement: the same request counted before and after it.

    Parameters
    ----------
    before, after
        The counts. Times of both were taken while counting, which takes time too, so they stand
        in `extra` and are not the measurement's `before_ms` and `after_ms`.
    label
        What was measured; by default the label of the later count, else of the earlier one.
    pattern, decision_id
        What the change was an application of.

    Raises
    ------
    ArchkitError
        They cannot be set against each other: another n, another way of counting, statements that
        failed, or none before.
    """
    _same(before, after)
    extra: dict[str, Any] = {
        "counts": after.counts,
        "while_counting_ms": {"before": before.wall_ms, "after": after.wall_ms},
        "counting_ms": {"before": before.overhead_ms, "after": after.overhead_ms},
        "rows_before": before.rows,
    }
    return Measurement(
        label=label or after.label or before.label or "queries",
        queries_before=before.count,
        queries_after=after.count,
        n=after.n if after.n is not None else before.n,
        pattern=pattern,
        decision_id=decision_id,
        rows=after.rows,
        measured_at=now(),
        extra=extra,
    )


def _same(before: QueryCount, after: QueryCount) -> None:
    if before.n is not None and after.n is not None and before.n != after.n:
        raise _apart(
            f"They are of different sizes: n was {before.n:,} and is {after.n:,}.",
            "Count both at the same n.",
        )
    if before.count and after.count and before.counts != after.counts:
        raise _apart(
            f"One counts {before.counts}, the other {after.counts}.",
            "Count both on the same kind of connection.",
        )
    failed = [name for name, one in (("before", before), ("after", after)) if one.failed]
    if failed:
        raise _apart(
            f"Statements failed {' and '.join(failed)} the change.",
            "Count runs in which every statement succeeds.",
        )
    if not before.count:
        raise _apart(
            "No statement was counted before the change.",
            "Check that it counted the right database.",
        )


def _apart(why: str, mend: str) -> ArchkitError:
    return ArchkitError("The two counts cannot be set against each other.", why=why, mend=mend)


def _no_count(name: str, why: str) -> ArchkitError:
    return ArchkitError(
        f"{name} holds no count of queries.",
        why=why,
        mend="Name a file that was saved with --save or save_count.",
    )
