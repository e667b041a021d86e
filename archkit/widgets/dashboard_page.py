"""What a dashboard says beside its figure: tiles, the table, the evidence of a point; its copy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pandas as pd

from archkit.figures.style import count_of, percent
from archkit.markup import esc, markdown
from archkit.memory.redact import redact_text
from archkit.report.parts import chip, tiles
from archkit.report.text import Column, as_date, as_short_date, frame_table, missing
from archkit.widgets.panel_shown import error_lines, stylesheet
from archkit.widgets.static_page import hiding

if TYPE_CHECKING:
    from archkit.errors import ArchkitError
    from archkit.report.tabs import Tab
    from archkit.widgets.dashboard_evidence import Evidence, SessionSeen

__all__ = [
    "code_page",
    "dashboard_style",
    "evidence_page",
    "session_page",
    "static_copy",
    "summary",
    "uses_page",
]

_HOW = "Run the cell again for a dashboard that works; all of it is made anew from the memory."
_LONGEST = 3000


@cache
def dashboard_style() -> str:
    """Return the style of dashboards."""
    own = (files("archkit") / "library" / "dashboard.css").read_text(encoding="utf-8")
    return f"{stylesheet()}\n{own}"


def summary(
    told: list[tuple[str, str, str]],
    scope: str,
    tab: Tab,
    frame: pd.DataFrame,
    *,
    made_up: int = 0,
    news: str = "",
    error: ArchkitError | None = None,
) -> str:
    """Say how the part of the memory stands, and put the rows of the figure into a table.

    Parameters
    ----------
    told
        Label, value and note of each tile.
    scope
        The part, in words.
    tab, frame
        What is drawn, and from which rows.
    made_up
        Decisions whose latest outcome is simulated.
    news
        What has come since the dashboard was opened, in words.
    error
        Why the last change was not made; all else is then as before it.
    """
    warning = (
        f'<p class="ak-made-up">{made_up:,} of these decisions {"has" if made_up == 1 else "have"} '
        "a <b>simulated</b> outcome: made-up data, drawn as hollow triangles.</p>"
        if made_up
        else ""
    )
    refused = error_lines(error) if error is not None else ""
    heard = f'<p class="ak-mute" role="status">{esc(news)}</p>' if news else ""
    table, said = tab.table(frame), f"{tab.caption} {tab.click}".strip()
    many = count_of(len(frame), "row")
    rows = (
        f"<details><summary>Data of this figure ({many})</summary>{table}</details>"
        if table
        else ""
    )
    return (
        f'<div class="ak-above">{refused}{heard}<p class="ak-part">Shown: <b>{esc(scope)}</b></p>'
        f"{warning}{tiles(told)}</div>"
        f'<div class="ak-below"><p class="ak-mute">{esc(said)}</p>{rows}</div>'
    )


def evidence_page(found: Evidence) -> str:
    """Show a decision, what came of it, and what was said in its session when it was made."""
    row = found.decision
    facts = [
        ("chosen", esc(row["chosen"])),
        ("because", esc(redact_text(str(row["rationale"] or "nothing was said"))[0])),
        ("decided", f"{as_date(row['decided_at'])} by {esc(row['agent'] or 'nobody named')}"),
        ("forecast", "none" if missing(row["confidence"]) else f"{100 * row['confidence']:.0f} %"),
        ("outcomes", _outcomes(found.outcomes)),
        ("id", f"<code>{esc(row['decision_id'])}</code>"),
    ]
    pairs = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    return (
        f"<h4>{esc(row['title'] or row['kind'] or row['chosen'])}</h4>"
        f'<dl class="ak-facts">{pairs}</dl>{_turns(found)}'
    )


def session_page(found: SessionSeen) -> str:
    """Show a session: what it was about, what was decided in it, what was said."""
    row = found.session
    cost = "not known" if missing(row["cost_usd"]) else f"{row['cost_usd']:,.3g} US dollars"
    if str(row["session_id"]).startswith("sim"):
        cost += " (simulated: nothing was spent)"
    listed = "".join(
        f"<li>{esc(told)} <code>{esc(name)}</code></li>" for name, told in found.decisions.items()
    )
    on = "not said" if missing(row["aml_enabled"]) else "on" if row["aml_enabled"] else "off"
    facts = [
        ("began", f"{as_date(row['started_at'])} by {esc(row['agent'] or 'nobody named')}"),
        ("brief", esc(redact_text(str(row["brief"] or "none is on record"))[0])),
        ("answered by", esc(f"{row['client']}, {row['model']}; memory {on}")),
        ("took", f"{row['turns']} turns, {row['tool_calls']} tool calls, {row['refused']} refused"),
        ("cost", cost),
        ("decisions", f"<ul>{listed}</ul>" if listed else "none"),
        ("id", f"<code>{esc(row['session_id'])}</code>"),
    ]
    pairs = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    turns = found.messages.to_dict("records")
    said = "".join(_turn(turn, is_last=turn is turns[-1]) for turn in turns)
    none = '<p class="ak-mute">Nothing that was said in it is on record.</p>'
    return f'<h4>{esc(row["title"])}</h4><dl class="ak-facts">{pairs}</dl>{said or none}'


def uses_page(slug: str, rows: pd.DataFrame) -> str:
    """Show the latest rows of evidence of a pattern."""
    if rows.empty:
        return f"<h4>Evidence of {esc(slug)}</h4><p>None in this part of the memory.</p>"
    columns = [
        Column("seen_at", "seen", as_short_date, "date"),
        Column("y", "went well", percent, "number"),
        Column("uses", "counts for", lambda value: f"{value:,.4g}", "number"),
        Column("provenance", "provenance"),
        Column("decision_id", "decision", kind="id"),
        Column("session_id", "session", kind="id"),
    ]
    told = "Pick its decision in the list above to see what was said when it was made."
    n = int(rows["n_rows"].iloc[0])
    some = f"the latest {len(rows)} of {n:,} rows" if n > len(rows) else f"{n:,} rows"
    table = frame_table(rows, columns, told)
    return f'<h4>Evidence of {esc(slug)}: {some}</h4><div class="ak-rows">{table}</div>'


def _outcomes(outcomes: pd.DataFrame) -> str:
    if outcomes.empty:
        return "none yet"
    lines = "".join(
        f"<li>{as_date(row['observed_at'])}: {esc(row['score'])} {100 * row['value']:.0f} % "
        f"{chip(str(row['provenance']))}</li>"
        for row in outcomes.to_dict("records")
        if not missing(row["value"])
    )
    return f"<ul>{lines}</ul>"


def _turns(found: Evidence) -> str:
    """Show the turns of the session up to the decision, the last one open."""
    if found.session_id is None:
        return '<p class="ak-mute">It was recorded without a session.</p>'
    where = f"<code>{esc(found.session_id)}</code>"
    if found.messages.empty:
        return f'<p class="ak-mute">Of the session {where} nothing that was said is on record.</p>'
    turns = found.messages.to_dict("records")
    blocks = "".join(_turn(turn, is_last=turn is turns[-1]) for turn in turns)
    return f'<p class="ak-mute">What was said in the session {where} before it:</p>{blocks}'


def _turn(turn: Mapping[Any, Any], *, is_last: bool) -> str:
    text = redact_text(str(turn["text"] or ""))[0]
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\n\n…"
    body = markdown(shown, top=5) if turn["role"] == "assistant" else f"<pre>{esc(shown)}</pre>"
    opened = " open" if is_last else ""
    return (
        f"<details{opened}><summary>turn {turn['n']}, {esc(turn['role'])}</summary>{body}</details>"
    )


def code_page(code: str) -> str:
    """Show the cell that makes the view again."""
    return f'<p class="ak-mute">A cell of this view:</p><pre tabindex="0">{esc(code)}</pre>'


def static_copy(told: str, dashboard_id: str) -> str:
    """Return the dashboard as plain HTML, hidden while the dashboard itself is on the page."""
    return (
        f"<style>{dashboard_style()}{hiding(dashboard_id)}</style>"
        f'<div class="archkit-static archkit-static-{dashboard_id}">'
        f"<p><b>The memory as it stood when the cell was run</b></p>{told}<p>{_HOW}</p></div>"
    )
