"""Parts of a session on the page: its facts, its questions, its proposal, its steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archkit.architect.tool_line import loaded
from archkit.markup import esc, sections
from archkit.proposal.document import read_proposal
from archkit.proposal.page import proposal_page
from archkit.report.diagrams import diagram_figures
from archkit.report.text import as_date, count, missing

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "cost_words",
    "objects_in",
    "proposal_body",
    "session_facts",
    "session_title",
    "standing_version",
    "steps_card",
    "tokens_words",
]

Row = Mapping[Any, Any]
_STEPS = 12
_BROKE_OFF = {
    "interrupted": "It broke off",
    "failed": "It failed",
    "cancelled": "It was cancelled",
}


def session_title(row: Row) -> str:
    """Name a session: its title, else the beginning of its brief."""
    for name in ("title", "brief"):
        if not missing(row[name]) and str(row[name]).strip():
            line = str(row[name]).strip().split("\n")[0]
            return line if len(line) <= 120 else line[:119].rstrip() + "…"
    return "without a brief"


def session_facts(row: Row) -> str:
    """Write who worked on what, with which memory, how it went, and what it took."""
    brief = "" if missing(row["brief"]) else str(row["brief"]).strip()
    asked = f"<p>{esc(brief)}</p>" if brief else '<p class="empty">nothing yet</p>'
    facts = [
        ("asked", asked),
        ("architect", f"{esc(row['agent'])}, {esc(_who(row))}, {as_date(row['started_at'])}"),
        ("memory", esc(_memory_words(row))),
        ("went", esc(_how_it_went(row))),
        ("tokens", esc(tokens_words(row))),
        ("cost", esc(cost_words(row))),
        ("id", f"<code>{esc(row['session_id'])}</code>"),
    ]
    pairs = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    return f'<div class="card"><dl class="facts">{pairs}</dl>{_go_on(row)}</div>'


def tokens_words(row: Row) -> str:
    """Say how many tokens were read and written, or that nobody knows."""
    if missing(row["input_tokens"]) or missing(row["output_tokens"]):
        return "unknown"
    if not row["input_tokens"] and not row["output_tokens"]:
        return "unknown: the server counted none"
    guess = ", estimated" if str(row["client"]) == "offline" else ""
    return f"{count(row['input_tokens'])} read, {count(row['output_tokens'])} written{guess}"


def cost_words(row: Row) -> str:
    """Say what it cost, or that nobody knows."""
    cost = row["cost_usd"]
    if missing(cost):
        return "none: no model was asked" if str(row["client"]) == "offline" else "unknown"
    shown = f"{cost:.2g}" if 0 < cost < 0.01 else f"{cost:,.2f}"
    made_up = ", simulated: nothing was spent" if str(row["client"]) == "simulated" else ""
    return f"{shown} US dollars{made_up}"


def proposal_body(proposals: pd.DataFrame) -> str:
    """Draw the version that stands, with what the checker found beside its lines."""
    if proposals.empty:
        return '<p class="empty">No proposal was made. Continue with session.propose().</p>'
    standing = standing_version(proposals)
    line = _versions(proposals, standing) if len(proposals) > 1 else ""
    proposal = read_proposal(str(standing["text"]))
    body = proposal_page(proposal, top=3, anchor="proposal", in_report=True)
    return f"{line}{_contents(proposal.text)}{diagram_figures(proposal)}{body}"


def standing_version(proposals: pd.DataFrame) -> Row:
    """Return the latest version that is no worse than the one it repairs."""
    stands = proposals[proposals["stands"].astype(bool)]
    found = stands if len(stands) else proposals
    return {str(name): value for name, value in found.iloc[-1].to_dict().items()}


def objects_in(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a JSON list; none where there is no list."""
    items = loaded(value)
    return [v for v in items if isinstance(v, Mapping)] if isinstance(items, list) else []


def steps_card(steps: pd.DataFrame) -> str:
    """Write the steps of the learning protocol: done, or skipped and why."""
    if steps.empty:
        return '<div class="card"><p class="empty">No step was logged.</p></div>'
    items = "".join(map(_step, steps.to_dict("records")))
    tally = [f"{number} {status}" for status, number in steps["status"].value_counts().items()]
    tally += [f"{_STEPS - len(steps)} still open"] if len(steps) < _STEPS else []
    done = esc(", ".join(tally))
    body = f'<p class="mute small">{done}</p><ol class="steps">{items}</ol>'
    return f'<div class="card">{body}</div>'


def _who(row: Row) -> str:
    if str(row["client"]) == "offline":
        return "offline: no model was asked"
    known = [str(row[name]) for name in ("model", "client") if not missing(row[name])]
    return " by ".join(known) or "nobody knows by which model"


def _memory_words(row: Row) -> str:
    if missing(row["aml_enabled"]):
        return "not noted"
    off = "memory was off, neither read nor written: this session saw no evidence"
    words = "on" if bool(row["aml_enabled"]) else off
    return words if missing(row["aml_reason"]) else f"{words}; {row['aml_reason']}"


def _how_it_went(row: Row) -> str:
    stage = "" if missing(row["stage"]) else f" at {row['stage']}"
    refused = "" if not row["refused"] else f", {count(row['refused'])} refused"
    turns = "unknown" if missing(row["turns"]) else count(row["turns"])
    calls = count(row["tool_calls"] or 0)
    return f"{row['status']}{stage}; {turns} turns, {calls} tool calls{refused}"


def _go_on(row: Row) -> str:
    """Say how a session that did not end well is gone on with."""
    broke = _BROKE_OFF.get(str(row["status"]))
    if broke is None:
        return ""
    stage = "" if missing(row["stage"]) else f" at the stage {esc(row['stage'])}"
    how = (
        f" Go on with <code>Session.resume(&quot;{esc(row['session_id'])}&quot;, memory)</code>"
        if bool(row["aml_enabled"]) and not missing(row["aml_enabled"])
        else " Begin anew: a session whose memory is off cannot be resumed"
    )
    return f'<p class="alarm">{broke}{stage}; what was said until then is kept.{how}.</p>'


def _versions(proposals: pd.DataFrame, standing: Row) -> str:
    """Say which version stands, and what the checker found in each."""
    note = f"version {standing['version']} of {len(proposals)}"
    items = "".join(f"<li>{esc(_version(row))}</li>" for row in proposals.to_dict("records"))
    return (
        f'<p class="mute small">{esc(note)}</p>'
        "<details><summary>What the checker found in each version</summary>"
        f"<ol>{items}</ol></details>"
    )


def _version(row: Row) -> str:
    found = objects_in(row["findings"])
    counts = [sum(f.get("severity") == name for f in found) for name in ("error", "warning")]
    told = f"errors {counts[0]}, warnings {counts[1]}"
    origin = "" if missing(row["repair_of"]) else f", a repair of version {row['repair_of']:.0f}"
    stands = "" if row["stands"] else "; it was no better and does not stand"
    return f"version {row['version']}{origin}: {told}{stands}"


def _contents(text: str) -> str:
    """Link to the sections of the proposal."""
    items = "".join(
        f'<li><a href="#proposal-{number}">{esc(name)}</a></li>'
        for number, name in enumerate(sections(text), start=1)
    )
    return (
        f'<nav aria-label="Sections of the proposal"><ul class="contents">{items}</ul></nav>'
        if items
        else ""
    )


def _step(row: Row) -> str:
    why = "" if missing(row["reason"]) else f' <span class="mute">{esc(row["reason"])}</span>'
    told = f"{esc(row['name'])} <strong>{esc(row['status'])}</strong>{why}"
    return f'<li><span class="n">{row["n"]}</span><span>{told}</span></li>'
