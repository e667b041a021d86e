"""A folder of ADRs as a frame."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.decisions.adr_folder import AdrFile, read_folder

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["COLUMNS", "read_adrs"]

COLUMNS = (
    *("path", "number", "title", "kind", "why", "family", "status", "status_text", "conflict"),
    *("decided_at", "decided_from", "date_text", "date_note", "ended_at", "ended_from", "ended_by"),
    *("supersedes", "unresolved", "deciders", "tags", "options", "chosen"),
    *("has_context", "has_decision", "first_committed_at", "last_committed_at", "sha256"),
)
_TEXTS = (
    *("path", "title", "kind", "why", "family", "status", "status_text", "decided_from"),
    *("date_text", "date_note", "ended_from", "chosen", "sha256"),
)
_FLAGS = ("conflict", "has_context", "has_decision")
_INSTANTS = ("decided_at", "ended_at", "first_committed_at", "last_committed_at")


def read_adrs(folder: str | Path, *, git: bool = True) -> DataFrame:
    """Read a folder of ADRs, whatever form they are in.

    Parameters
    ----------
    folder
        The folder; every Markdown file below it is read, hidden folders are not.
    git
        Whether git is asked when each file was first and last committed (one call).

    Returns
    -------
    DataFrame
        One row a file, by folder and number; instants are naive and UTC.
        `path` below the folder; `number` (missing: none); `title`; `kind`: adr, template, index
        or not an adr, with the reason in `why`; `family`: madr, nygard, log4brains, what-why,
        other. `status` in normal form (see `adr_status.STATUSES`; missing: none stated or none
        known), `status_text` as written, `conflict` whether two places state different ones.
        `decided_at` with `decided_from`: stated, inferred (day and month in the order of other
        files), status (beside its status), file name, git (first commit); missing where it cannot
        be known, `date_text` and `date_note` then say what stands there and why. `ended_at` when
        it ceased to hold, with `ended_from`: stated, successor, git (last commit); `ended_by` the
        paths of what supersedes it, `supersedes` those it supersedes, `unresolved` what it names
        that is not in the folder. `deciders`, `tags`, `options` (tuples), `chosen`;
        `has_context`, `has_decision`; `first_committed_at`, `last_committed_at`; `sha256` of the
        file. ``frame.attrs["git"]`` says why instants of git are missing, if they are.

    Raises
    ------
    ArchkitError
        The folder is not there, or is none.

    Examples
    --------
    ::

        adrs = read_adrs("docs/adr")
        adrs[adrs["kind"] == "adr"]["status"].value_counts(dropna=False)
    """
    import pandas as pd

    found = read_folder(folder, git=git)
    frame = pd.DataFrame([_row(file) for file in found.files], columns=list(COLUMNS))
    for name in _INSTANTS:
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    texts, flags = dict.fromkeys(_TEXTS, "str"), dict.fromkeys(_FLAGS, "bool")
    frame = frame.astype({"number": "Int64", **texts, **flags})
    frame.attrs["git"] = found.git
    return frame


def _row(file: AdrFile) -> dict[str, Any]:
    adr, day = file.adr, file.adr["date"]
    return {
        "path": file.path,
        "number": adr["number"].value,
        "title": adr.title,
        "kind": adr.kind,
        "why": adr.why or None,
        "family": adr.family,
        "status": adr.status,
        "status_text": adr["status"].text or None,
        "conflict": adr.conflict,
        "decided_at": _naive(file.decided_at),
        "decided_from": file.decided_from,
        "date_text": day.text or None,
        "date_note": day.note or None,
        "ended_at": _naive(file.ended_at),
        "ended_from": file.ended_from,
        "ended_by": file.superseded_by,
        "supersedes": file.supersedes,
        "unresolved": file.unresolved,
        "deciders": adr["deciders"].value or (),
        "tags": adr["tags"].value or (),
        "options": adr["options"].value if isinstance(adr["options"].value, tuple) else (),
        "chosen": adr["chosen"].value,
        "has_context": adr["context"].state == "found",
        "has_decision": adr["decision"].state == "found",
        "first_committed_at": _naive(file.first_at),
        "last_committed_at": _naive(file.last_at),
        "sha256": file.sha256,
    }


def _naive(instant: datetime | None) -> datetime | None:
    return instant and instant.astimezone(UTC).replace(tzinfo=None)
