"""What agents did in a project: their reports, and what the memory says was done lately."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

__all__ = ["ActivityLog", "Recent", "activity_report", "read_activity", "recent_work"]

_MOST_EVENTS = 500
_MOST_ACTIVITY = 8
_MOST_OPEN = 5
_TELLING = (
    *("session_started", "decision", "outcome", "lesson", "measurement", "solution_use"),
    *("activity", "pattern"),
)
_SPELLINGS = {
    "reporting_agent": ("reporting_agent", "agent_name", "agentName", "reportingAgent", "agent"),
    "status": ("status",),
    "summary": ("summary", "lastActionSummary", "last_action_summary"),
    "files_modified": ("files_modified", "filesModified"),
}


class Recent(Protocol):
    """What the briefing asks of a memory."""

    def recent(self, n: int = 10) -> Any:
        """Return the latest events, a frame."""
        ...


class ActivityLog(Recent, Protocol):
    """A memory that reports are kept in."""

    def append(
        self, kind: str, payload: dict[str, Any], *, agent: str = "", project: str = ""
    ) -> str:
        """Write one event."""
        ...


def activity_report(
    reporting_agent: str,
    summary: str,
    *,
    status: str = "success",
    files_modified: Iterable[str] = (),
) -> dict[str, Any]:
    """Return what an agent reports at the end of its work: the payload of an `activity` event.

    Parameters
    ----------
    reporting_agent
        Who reports.
    summary
        What was done, in a line or two.
    status
        How it ended: success, failed, interrupted, cancelled.
    files_modified
        The files it wrote, as seen from the project's folder; none for one that only read.

    Raises
    ------
    ValueError
        Nobody reports, or nothing is said.
    """
    if not reporting_agent.strip() or not summary.strip():
        raise ValueError("A report needs its agent and a summary.")
    return {
        "reporting_agent": reporting_agent.strip(),
        "status": status,
        "summary": " ".join(summary.split())[:500],
        "files_modified": list(dict.fromkeys(files_modified))[:200],
    }


def read_activity(report: Mapping[str, Any]) -> dict[str, Any]:
    """Read an activity report in either spelling of its keys.

    Parameters
    ----------
    report
        With ``reporting_agent, status, summary, files_modified``; or, as agents also write it, with
        ``agent_name, lastActionSummary, filesModified``.

    Raises
    ------
    ValueError
        It names no agent, or has no summary.
    """
    said = {key: _first(report, names) for key, names in _SPELLINGS.items()}
    files = said["files_modified"]
    listed = files if isinstance(files, Sequence) and not isinstance(files, str) else ()
    return activity_report(
        str(said["reporting_agent"] or ""),
        str(said["summary"] or ""),
        status=str(said["status"] or "success"),
        files_modified=[str(path) for path in listed],
    )


def recent_work(
    memory: Recent | None, project: str, session_id: str | None = None
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Return what was done lately in a project, and which sessions in it came to no decision.

    Parameters
    ----------
    memory
        None knows of nothing.
    project
        What the work is filed under; what is filed under no project counts as well.
    session_id
        The session that asks; it is no earlier one.

    Returns
    -------
    tuple
        Entries of `agent`, `summary` and `timestamp`, the latest first, at most 8; and `question`
        of at most 5 sessions.
    """
    if memory is None:
        return [], []
    rows = [
        row
        for row in memory.recent(_MOST_EVENTS).to_dict("records")
        if _text(row.get("project")) in ("", project)
        and (session_id is None or row.get("session_id") != session_id)
    ]
    entries = (_entry(row) for row in rows if row["kind"] in _TELLING)
    lately = list({(e["agent"], e["summary"], e["timestamp"]): e for e in entries}.values())
    return lately[:_MOST_ACTIVITY], _undecided(rows)


def _undecided(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the sessions that were begun and came to no decision, nor were given up."""
    done = {
        row.get("session_id")
        for row in rows
        if row["kind"] == "decision"
        or (row["kind"] == "session_status" and row.get("summary") in ("ended", "cancelled"))
    }
    open_ = [r for r in rows if r["kind"] == "session_started" and r.get("session_id") not in done]
    return [
        {
            "question": f"A session of {row['agent']} came to no decision: "
            f"{_text(row.get('summary'))} (begun {_instant(row['recorded_at'])[:10]})",
            "session": str(row.get("session_id")),
        }
        for row in open_[:_MOST_OPEN]
    ]


def _entry(row: Mapping[str, Any]) -> dict[str, str]:
    summary = _text(row.get("summary"))
    said = f": {summary}" if summary else ""
    what = str(row["kind"]).replace("_", " ")
    at = _instant(row["recorded_at"])
    return {"agent": str(row["agent"]), "summary": f"{what}{said}", "timestamp": at}


def _instant(at: Any) -> str:
    if isinstance(at, datetime):
        return f"{at.isoformat(timespec='seconds')}{'' if at.tzinfo else 'Z'}"
    return str(at)


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _first(report: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((report[name] for name in names if report.get(name)), None)
