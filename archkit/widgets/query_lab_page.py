"""What the query lab says below its figure: the finding, the table; and what stays without it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from archkit.figures.style import percent, span
from archkit.markup import esc
from archkit.plain import missing
from archkit.widgets.panel_shown import stylesheet
from archkit.widgets.static_page import hiding

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["lab_style", "stale_table", "static_copy", "ways_table"]

_THIN = "\u202f"
_HOW = "Run the cell again for a lab that works."
Row = Mapping[Hashable, Any]


@cache
def lab_style() -> str:
    """Return the style of query labs."""
    own = (files("archkit") / "library" / "query_lab.css").read_text(encoding="utf-8")
    return f"{stylesheet()}\n{own}"


def ways_table(frame: pd.DataFrame, database: str) -> str:
    """Say which reported figures hold, and in a table what each way sends, reads and takes.

    Parameters
    ----------
    frame
        `QueryLab.frame`.
    database
        What was read, and its version.
    """
    rows = frame.to_dict("records")
    latency = float(rows[0]["latency_ms"])
    heads = (
        ("queries", True),
        ("saved", True),
        ("reported", False),
        ("rows", True),
        ("time", True),
        (f"with {latency:g}{_THIN}ms trips", True),
    )
    body = "".join(_way_row(row) for row in rows)
    note = (
        f"{database}. Queries are counted on the database and held against their closed form "
        "(✓: the same), savings against what the reference card reports (✓: at least as much, "
        "✗: less). Time is that of the quickest read of up to three, queries being counted "
        "meanwhile; trips to database and cache are computed."
    )
    return (
        f'<p class="ak-found" role="status">{esc(_held(rows))}</p>'
        f"{_table(('way', False), heads, body)}"
        f'<p class="ak-mute">{esc(note)}</p>'
    )


def stale_table(frame: pd.DataFrame) -> str:
    """Show how many answers come from the cache, and how many of them are out of date.

    Parameters
    ----------
    frame
        `archkit.labs.n_plus_one_stale.stale_answers`.
    """
    heads = tuple(
        (name, True)
        for name in ("reads", "from the cache", "out of date", "wrong for at most", "queries")
    )
    body = "".join(_stale_row(row) for row in frame.to_dict("records"))
    note = (
        "Simulated traffic over real rows: every answer is held against the rows at that moment. "
        f"In brackets the {percent(frame['ci_prob'].iloc[0], 0)} interval over pages; expected is "
        "what random reads and writes of these rates lead to."
    )
    return f'{_table(("kept for", False), heads, body)}<p class="ak-mute">{esc(note)}</p>'


def static_copy(table: str, lab_id: str) -> str:
    """Return the lab as plain HTML, hidden while the lab itself is on the page."""
    return (
        f"<style>{hiding(lab_id)}</style>"
        f'<div class="archkit-static archkit-static-{lab_id}">'
        f"<p><b>The query lab as it stood when opened or measured</b></p>{table}<p>{_HOW}</p></div>"
    )


def _table(first: tuple[str, bool], heads: tuple[tuple[str, bool], ...], body: str) -> str:
    cells = "".join(
        f'<th scope="col"{_numeric(is_number)}>{esc(head)}</th>'
        for head, is_number in (first, *heads)
    )
    return (
        f'<div class="ak-wide" tabindex="0"><table><thead><tr>{cells}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _numeric(is_number: bool) -> str:
    return ' class="ak-number"' if is_number else ""


def _way_row(row: Row) -> str:
    known = not missing(row["ms"])
    cells = (
        _queries(row),
        "" if row["kind"] == "naive" else percent(row["reduction_share"]),
        _claim(row),
        "" if missing(row["rows"]) else f"{int(row['rows']):,}",
        _ms(row["ms"]) if known else "",
        _ms(row["total_ms"]) if known else "",
    )
    shown = "".join(f"<td{_numeric(place != 2)}>{cell}</td>" for place, cell in enumerate(cells))
    return f'<tr><th scope="row">{esc(row["way"])}</th>{shown}</tr>'


def _queries(row: Row) -> str:
    if missing(row["counted"]):
        return f'{row["expected"]:,} <span class="ak-mute">foretold</span>'
    if row["counted"] == row["expected"]:
        return f'<span class="ak-whole">{row["counted"]:,} <span class="ak-yes">✓</span></span>'
    return f'<span class="ak-no">{row["counted"]:,}, foretold {row["expected"]:,}</span>'


def _claim(row: Row) -> str:
    if missing(row["claim_share"]):
        return ""
    told = percent(row["claim_share"])
    if row["holds"]:
        return f'<span class="ak-yes">✓ {told}</span>'
    return f'<span class="ak-no">✗ {told}</span>'


def _held(rows: list[dict[Hashable, Any]]) -> str:
    """Say for each reported figure with which ways it holds at this setting."""
    claims = sorted({row["claim_share"] for row in rows if not missing(row["claim_share"])})
    said = []
    for claim in claims:
        by: dict[bool, list[str]] = {True: [], False: []}
        for row in rows:
            if row["claim_share"] == claim:
                by[bool(row["holds"])].append(str(row["way"]))
        words = [f"holds with {', '.join(by[True])}"] if by[True] else []
        words += [f"does not with {', '.join(by[False])}"] if by[False] else []
        said.append(f"The reported {percent(claim)} {' but '.join(words)}.")
    n, page = rows[0]["n"], rows[0]["page"]
    size = f"{n:,} user{'' if n == 1 else 's'}"
    size += ", all on one page" if missing(page) or page >= n else f", {page:,} a page"
    return f"{size}. {' '.join(said)}"


def _stale_row(row: Row) -> str:
    oldest = "" if missing(row["oldest_s"]) else f"{row['oldest_s']:.0f}{_THIN}s"
    without = f'<span class="ak-mute ak-whole">of {row["queries_without"]:,}</span>'
    queries = f'<span class="ak-whole">{row["queries"]:,}</span> {without}'
    cells = (f"{row['reads']:,}", _rate(row, "hit"), _rate(row, "stale"), oldest, queries)
    shown = "".join(f'<td class="ak-number">{cell}</td>' for cell in cells)
    return f'<tr><th scope="row">{row["ttl_s"]:g}{_THIN}s</th>{shown}</tr>'


def _rate(row: Row, name: str) -> str:
    interval = span(row[f"{name}_low"], row[f"{name}_high"])
    expected = percent(row[f"expected_{name}_rate"], 0)
    rate = percent(row[f"{name}_rate"], 0)
    counted = f'<span class="ak-whole">{rate} ({interval})</span>'
    return f'{counted} <span class="ak-mute ak-whole">expected {expected}</span>'


def _ms(value: float) -> str:
    if value >= 10_000:
        return f"{value / 1000:.1f}{_THIN}s"
    return f"{value:,.0f}{_THIN}ms" if value >= 99.5 else f"{value:.2g}{_THIN}ms"
