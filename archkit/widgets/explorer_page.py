"""What an explorer says beside its figure: the finding, the table, the weights; and its copy."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from archkit.markup import esc
from archkit.tradeoffs.ladder import readings
from archkit.tradeoffs.matrix_shown import direction, matrix_html
from archkit.widgets.panel_shown import error_lines, stylesheet
from archkit.widgets.static_page import hiding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archkit.errors import ArchkitError
    from archkit.tradeoffs.criterion import Criterion
    from archkit.tradeoffs.findings import Findings

__all__ = ["explorer_style", "static_copy", "summary"]

_THIN = "\u202f"
_READING = {
    "exact": "weights exactly as set",
    "about": "weights within a fifth of the points set",
    "order": "only the order of the weights",
    "none": "nothing said of the weights",
    "given": "as handed in",
}
_HOW = "Run the cell again for an explorer that works; a saved decision reopens it as it stood."


@cache
def explorer_style() -> str:
    """Return the style of explorers."""
    own = (files("archkit") / "library" / "explorer.css").read_text(encoding="utf-8")
    return f"{stylesheet()}\n{own}"


def summary(findings: Findings, error: ArchkitError | None = None) -> str:
    """Say who leads, what would change that, and in a table where each stands; all escaped.

    Parameters
    ----------
    findings
        What follows from the state.
    error
        What the last change would have broken; the findings are then those before it.
    """
    state = findings.state
    said = state.preference.told() if state.reading == "given" else _READING[state.reading]
    notes = [said, f"{state.draws:,} draws, seed {state.seed}"]
    if state.load != 1:
        notes.append(f"at {state.load:g} × today's load")
    if state.preference.kind == "ladder":
        notes.append(readings(findings.matrix, state.preference.chains[0]).told)
    beyond = findings.matrix.beyond_scale
    if beyond:
        notes.append(f"{len(beyond)} cells reach beyond their scale and count as its end")
    if findings.matrix.constant:
        notes.append(f"decides nothing: {', '.join(findings.matrix.constant)}")
    return (
        f"{error_lines(error) if error is not None else ''}"
        f'<p class="ak-found" role="status">{esc(findings.result.finding)}</p>'
        f'<p class="ak-flip">{esc(findings.flip)}</p>'
        f"{_ranking_table(findings)}{_weight_table(findings)}"
        f'<p class="ak-mute">{esc(" · ".join(notes))}</p>'
    )


def static_copy(findings: Findings, explorer_id: str) -> str:
    """Return the exploration as plain HTML, hidden while the explorer itself is on the page."""
    return (
        f"<style>{hiding(explorer_id)}</style>"
        f'<div class="archkit-static archkit-static-{explorer_id}">'
        f"<p><b>The exploration as it stood when opened, edited or saved</b></p>{summary(findings)}"
        f"{matrix_html(findings.matrix)}<p>{_HOW}</p></div>"
    )


def _ranking_table(findings: Findings) -> str:
    rows = "".join(_ranking_row(row) for row in findings.ranking.to_dict("records"))
    heads = "".join(
        f'<th scope="col" class="ak-number">{head}</th>'
        for head in (f"value (90{_THIN}%)", "first in", "moved")
    )
    return (
        '<table><thead><tr><th scope="col" class="ak-number">rank</th>'
        f'<th scope="col">alternative</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _ranking_row(row: Mapping[Any, Any]) -> str:
    before = row["rank_before"]
    moved = 0 if before is None or before != before else int(before) - int(row["rank"])
    mark = f'<span class="ak-up">▲ {moved}</span>' if moved > 0 else ""
    mark = f'<span class="ak-down">▼ {-moved}</span>' if moved < 0 else mark
    beaten = " (beaten on every criterion)" if row["dominated"] else ""
    return (
        f'<tr><td class="ak-number">{row["rank"]}</td>'
        f'<th scope="row">{esc(row["alternative"])}{beaten}</th>'
        f'<td class="ak-number">{row["value"]:.3f} ({row["low"]:.2f}–{row["high"]:.2f})</td>'
        f'<td class="ak-number">{100 * row["first_rate"]:.0f}{_THIN}%</td>'
        f'<td class="ak-number">{mark}</td></tr>'
    )


def _weight_table(findings: Findings) -> str:
    locked, central = findings.state.locked, findings.result.central_weights
    leader = findings.order[0]
    rows = "".join(
        f'<tr><th scope="row">{esc(criterion.name)}</th><td>{_better(criterion)}</td>'
        f'<td class="ak-number">{100 * findings.weights[criterion.name]:.0f}{_THIN}%'
        f"{' locked' if criterion.name in locked else ''}</td>"
        f'<td class="ak-number">{_share(central.loc[leader, criterion.name])}</td></tr>'
        for criterion in findings.matrix.criteria
    )
    return (
        "<details open><summary>Weights</summary><table><thead><tr>"
        '<th scope="col">criterion</th><th scope="col">better</th>'
        '<th scope="col" class="ak-number">weight</th>'
        f'<th scope="col" class="ak-number ak-wraps">where {esc(leader)} is first</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></details>"
    )


def _better(criterion: Criterion) -> str:
    return esc(direction(criterion).removesuffix(" is better"))


def _share(value: Any) -> str:
    return "never" if value != value else f"{100 * value:.0f}{_THIN}%"
