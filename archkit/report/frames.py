"""The frames of a report beside it: a folder of CSV or Parquet files, and what is in them."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from archkit.plain import missing, near_path, plain, slug_of
from archkit.report.files import FRAMES, DataFormat, data_folder, told_of

if TYPE_CHECKING:
    import pandas as pd

    from archkit.report.document import Document

__all__ = ["write_frames"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_LONGEST_NAME = 80
_NOTES = {
    "instants": "UTC, as ISO 8601",
    "missing": "an empty cell in CSV, null in Parquet; never zero",
    "list": "JSON in CSV, a list in Parquet",
    "json": "JSON text",
    "formulas": "In CSV a text that begins with = + - @, a tab or a line break has ' before it, "
    "so that no spreadsheet runs it; numbers and Parquet are as they are.",
}


def write_frames(document: Document, path: str | Path, form: DataFormat) -> Path:
    """Write the frames of a report to a folder beside it, whole or not at all.

    Parameters
    ----------
    document
        The report.
    path
        Its page; the folder is `<name>-data` beside it. One that is there is replaced.
    form
        csv or parquet.

    Returns
    -------
    Path
        The folder, as seen from here: a file for each frame, and `frames.json`, which tells the
        file, the rows, the columns with their types, and the provenance of each.

    Raises
    ------
    ReportError
        It cannot be written there.
    """
    folder = data_folder(path)
    with told_of(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name[:100]}."))
        try:
            _fill(fresh, document, Path(path).name, form)
            fresh.chmod(0o755)
            _swap(fresh, folder)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
    return near_path(folder)


def _fill(folder: Path, document: Document, page: str, form: DataFormat) -> None:
    files = _file_names(tuple(document.frames), form)
    told = []
    for name, frame in document.frames.items():
        kinds = {str(column): _kind(frame[column]) for column in frame.columns}
        _write(_plain_frame(frame, kinds), folder / files[name], form, kinds)
        told.append(
            {
                "name": name,
                "file": files[name],
                "rows": len(frame),
                "columns": [{"name": column, "type": kind} for column, kind in kinds.items()],
                "provenance": _provenance(frame),
            }
        )
    about = {
        "report": page,
        "title": document.title,
        "kind": document.kind,
        "shows": document.lede,
        "written_at": document.now.astimezone(UTC).isoformat(),
        "format": form,
        "notes": _NOTES,
        "frames": told,
    }
    text = json.dumps(about, ensure_ascii=False, indent=2)
    (folder / FRAMES).write_text(f"{text}\n", encoding="utf-8")


def _swap(fresh: Path, folder: Path) -> None:
    """Put the fresh folder in the place of the old one, which goes only then."""
    if not folder.exists():
        fresh.rename(folder)
        return
    old = fresh.with_name(f"{fresh.name}-old")
    folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _file_names(names: Sequence[str], form: str) -> dict[str, str]:
    """Give each frame a file of its own, by a name that any system takes."""
    taken: dict[str, str] = {}
    for name in names:
        stem = slug_of(name)[:_LONGEST_NAME] or "frame"
        found, n = stem, 1
        while f"{found}.{form}" in taken.values():
            n += 1
            found = f"{stem}-{n}"
        taken[name] = f"{found}.{form}"
    return taken


def _kind(values: pd.Series[Any]) -> str:
    """Say what a column holds: instant, bool, integer, number, text, list or json."""
    from pandas.api import types

    if types.is_datetime64_any_dtype(values.dtype):
        return "instant"
    if types.is_bool_dtype(values.dtype):
        return "bool"
    if types.is_integer_dtype(values.dtype):
        return "integer"
    if types.is_numeric_dtype(values.dtype):
        return "number"
    held = [value for value in values if _is_there(value)]
    if held and all(isinstance(value, list | tuple | np.ndarray) for value in held):
        return "list"
    return "text" if all(isinstance(value, str) for value in held) else "json"


def _is_there(value: Any) -> bool:
    return isinstance(value, list | tuple | np.ndarray | Mapping) or not missing(value)


def _plain_frame(frame: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Return the frame with instants in UTC, other texts than text as JSON, lists as lists."""
    import pandas as pd

    made = {}
    for column in frame.columns:
        values, kind = frame[column], kinds[str(column)]
        if kind == "instant":
            zoned = values if values.dt.tz is not None else values.dt.tz_localize("UTC")
            made[str(column)] = zoned.dt.tz_convert("UTC")
        elif kind == "list":
            made[str(column)] = values.map(lambda value: list(value) if _is_there(value) else None)
        elif kind == "json":
            made[str(column)] = values.map(_as_json).astype("str")
        else:
            made[str(column)] = values.astype("str") if kind == "text" else values
    return pd.DataFrame(made).reset_index(drop=True)


def _as_json(value: Any) -> str | None:
    return json.dumps(_bare(value), ensure_ascii=False) if _is_there(value) else None


def _bare(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    found = plain(value)
    return found if isinstance(found, dict | list | str | int | float | bool | None) else str(found)


def _write(frame: pd.DataFrame, path: Path, form: DataFormat, kinds: Mapping[str, str]) -> None:
    if form == "parquet":
        from archkit.memory.frame_files import write_parquet

        write_parquet(frame, path)
        return
    shown = frame.copy()
    for column, kind in kinds.items():
        if kind == "list":
            shown[column] = shown[column].map(_as_json)
        elif kind in ("text", "json"):
            shown[column] = shown[column].map(_no_formula, na_action="ignore")
        elif kind == "instant":
            shown[column] = shown[column].dt.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
    shown.columns = [_no_formula(column) for column in shown.columns]
    # As RFC 4180 has it; and only so is a text with a lone carriage return put in quotes.
    shown.to_csv(path, index=False, encoding="utf-8", lineterminator="\r\n")


def _no_formula(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _provenance(frame: pd.DataFrame) -> dict[str, int]:
    """Count the rows by where their figures come from; empty where a frame does not say."""
    if "provenance" not in frame:
        return {}
    counts = frame["provenance"].dropna().value_counts()
    return {str(name): int(n) for name, n in counts.items()}
