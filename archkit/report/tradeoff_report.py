"""The report of a decision that was weighed: matrix, weights, ranking, what would change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from archkit.errors import ReportError, SessionError
from archkit.figures.style import count_of, elided, percent
from archkit.markup import esc
from archkit.metrics.rows import utc
from archkit.report.decision_parts import provenance_marks, provenance_note
from archkit.report.decision_record import decision_row, provenance_of
from archkit.report.document import Document, Section
from archkit.report.named import WEIGHED, id_named
from archkit.report.parts import tiles
from archkit.report.text import as_date
from archkit.report.weighed import MOST_DRAWS, came_block, ranking_blocks, worth_block
from archkit.report.weighed_parts import (
    flip_frames,
    flip_lists,
    pair_block,
    profile_block,
    swing_block,
    weight_frame,
    weight_table,
)
from archkit.tradeoffs.decided import KEY, explored_in
from archkit.tradeoffs.findings import Findings
from archkit.tradeoffs.hindsight import hindsight
from archkit.tradeoffs.load import what_if
from archkit.tradeoffs.matrix_shown import cells_frame, matrix_html

if TYPE_CHECKING:
    import pandas as pd

    from archkit.memory.snapshot import Snapshot
    from archkit.records import Decision
    from archkit.tradeoffs.explored import Explored

__all__ = ["WeighedContents", "read", "write"]


@dataclass(frozen=True)
class WeighedContents:
    """A decision with the state of the explorer that it was saved from, and its outcomes."""

    now: datetime
    decision: Decision
    row: Mapping[Any, Any]
    provenance: str
    state: Explored
    outcomes: pd.DataFrame

    @cached_property
    def findings(self) -> Findings:
        """What follows from the state, by its own seed: the same each time."""
        return Findings(self.state)

    @cached_property
    def seen(self) -> pd.DataFrame:
        """What was predicted, beside what came."""
        return hindsight(self.decision, self.outcomes)


def read(state: Snapshot | None, now: datetime, *, decision: str = "last") -> WeighedContents:
    """Read one decision that was saved from an explorer: by its id, its beginning, or `last`.

    Raises
    ------
    ReportError
        The memory knows no such decision, it was not weighed in an explorer, or what its record
        holds of that cannot be read.
    """
    assert state is not None
    _refuse_unweighed(state, decision.strip())
    found = id_named(state, decision, WEIGHED)
    made = state.decision(found)
    try:
        explored = explored_in(made)
    except SessionError as error:
        raise ReportError(error.what, why=error.why, mend=error.mend) from error
    row, session = decision_row(state, found)
    outcomes = state.sql(
        "SELECT outcome_id, decision_id, observed_at, horizon_days, source, provenance, score, "
        "value FROM outcome_trend WHERE decision_id = $id ORDER BY observed_at, outcome_id, score",
        id=found,
    )
    return WeighedContents(
        now=now,
        decision=made,
        row=row,
        provenance=provenance_of(row, made, session),
        state=replace(explored, draws=min(explored.draws, MOST_DRAWS)),
        outcomes=utc(outcomes, "observed_at"),
    )


def _refuse_unweighed(state: Snapshot, text: str) -> None:
    """Say of a decision that is known, but was weighed nowhere, just that."""
    known = state.sql("SELECT decision_id FROM decision WHERE decision_id = $id", id=text)
    if known.empty or KEY in (made := state.decision(text)).extra:
        return
    raise ReportError(
        f"The decision {made.chosen[:80]!r} was not weighed in an explorer.",
        why="Its record holds no performance matrix.",
        mend=f'Report it as kind decision; memory.sql("{WEIGHED.listed}") lists what was weighed.',
    )


def write(contents: WeighedContents) -> Document:
    """Write the report."""
    findings, state = contents.findings, contents.state
    weights, cells = flip_frames(findings)
    sections = (
        Section("weighed", "What was weighed?", _weighed(contents)),
        Section("weights", "How much does each criterion count?", weight_table(findings)),
        Section("ranking", "Which comes out first?", _ranking(contents)),
        Section("why", "Why does it lead?", profile_block(findings) + pair_block(findings)),
        Section("flips", "What would change the choice?", _flips(contents, weights, cells)),
        Section("next", "What is worth measuring next?", worth_block(findings, "weighed")),
        Section("came", "What came of it?", came_block("weighed", contents.seen)),
    )
    return Document(
        kind="tradeoff",
        title=f"How {elided(contents.decision.chosen, 60)} was weighed"
        f"{provenance_marks(contents.provenance)}",
        lede=_lede(contents),
        now=contents.now,
        before=provenance_note(contents.provenance, contents.row["origin"])
        + tiles(_tiles(contents, weights)),
        sections=sections,
        frames={
            "matrix": cells_frame(state.loaded),
            "weights": weight_frame(findings),
            "ranking": findings.ranking,
            "ranks": findings.rank_shares,
            "front": findings.front,
            "swings": findings.swings,
            "weight_flips": weights,
            "cell_flips": cells,
            "worth": findings.worth,
            "came": contents.seen,
        },
    )


def _lede(contents: WeighedContents) -> str:
    decision, matrix = contents.decision, contents.state.matrix
    told = [decision.title or decision.kind, decision.agent, decision.project]
    told.append(f"decided on {as_date(decision.decided_at)}")
    alternatives = count_of(len(matrix.alternatives), "alternative")
    told.append(f"{alternatives} by {count_of(len(matrix.criteria), 'criterion', 'criteria')}")
    if "reported" in contents.provenance:
        told.append(f"reported by {contents.row['origin']}, not weighed here")
    if "simulated" in contents.provenance:
        told.append("simulated: made-up data")
    return " · ".join(part for part in told if part)


def _tiles(contents: WeighedContents, weights: pd.DataFrame) -> list[tuple[str, str, str]]:
    findings, chosen = contents.findings, contents.decision.chosen
    own = findings.ranking[findings.ranking["alternative"] == chosen]
    rank, first, value = ("–", "–", "–")
    interval = "it is none of the matrix's alternatives"
    if len(own):
        row = own.iloc[0]
        rank = f"{row['rank']} of {len(findings.ranking)}"
        first, value = percent(row["first_rate"], 0), f"{row['value']:.2f}"
        interval = f"{row['low']:.2f}–{row['high']:.2f}, {percent(row['ci_prob'], 0)} of the draws"
    cells = len(findings.matrix.alternatives) * len(findings.matrix.criteria)
    flip, nearest = "–", "no single weight changes it"
    if len(weights):
        nearest_row = weights.iloc[0]
        flip = f"{nearest_row['flips_at']:.2f}"
        nearest = f"weight of {nearest_row['criterion']}, now {nearest_row['weight']:.2f}"
    came = contents.seen[contents.seen["chosen"]]["realised"]
    realised = "–" if came.empty or came.isna().all() else f"{came.iloc[0]:.2f}"
    n = int(contents.outcomes["outcome_id"].nunique())
    return [
        ("Rank", rank, f"{elided(chosen, 40)}, by expected value"),
        ("First in", first, f"of n {findings.result.draws:,} draws, seed {contents.state.seed}"),
        ("Value", value, interval),
        ("Flips at", flip, nearest),
        ("Came to", realised, f"n {n} outcomes; {len(findings.matrix.unknown)} of {cells} unknown"),
    ]


def _weighed(contents: WeighedContents) -> str:
    decision, state = contents.decision, contents.state
    notes = [state.preference.told(), f"{state.draws:,} draws, seed {state.seed}"]
    notes += [f"figures at {state.load:g} × today's load"] if state.load != 1 else []
    rationale = decision.rationale if isinstance(decision.rationale, str) else ""
    held = decision.extra.get(KEY)
    if isinstance(held, Mapping) and rationale == held.get("finding"):
        rationale = ""  # the section on the ranking says it
    facts = [
        ("chosen", f"<strong>{esc(decision.chosen)}</strong>"),
        ("because", esc(rationale)),
        ("weighed", esc(" · ".join(notes))),
        ("id", f"<code>{esc(decision.decision_id)}</code>"),
    ]
    pairs = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts if value)
    how = (
        '<p class="mute small">Open it again, to move its weights: '
        f"<code>archkit.widgets.reopen(memory.decision(&quot;{esc(decision.decision_id)}&quot;))"
        "</code></p>"
    )
    table = matrix_html(state.loaded.replace(preference=state.preference))
    return (
        f'<div class="card"><dl class="facts">{pairs}</dl>{how}</div>'
        f'<div class="card"><h3>The performance matrix</h3>{table}</div>'
    )


def _ranking(contents: WeighedContents) -> str:
    findings, chosen = contents.findings, contents.decision.chosen
    said = [findings.result.finding, findings.flip]
    if chosen != findings.order[0]:
        said.insert(0, f"{chosen} was taken, though {findings.order[0]} has the highest value.")
    told = "".join(f"<p>{esc(line)}</p>" for line in said)
    return f'<div class="card">{told}</div>{ranking_blocks(findings, "weighed")}'


def _flips(contents: WeighedContents, weights: pd.DataFrame, cells: pd.DataFrame) -> str:
    state = contents.state
    load = ""
    if state.bears_load and state.load == 1:
        told = what_if(state.matrix, 10, state.preference).finding
        load = f'<div class="card"><h3>Under ten times the load</h3><p>{esc(told)}</p></div>'
    return swing_block(contents.findings) + flip_lists(weights, cells) + load
