"""How decisions were weighed: their matrices as they stood, drawn again, and what came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archkit import figures
from archkit.errors import SessionError
from archkit.figures.style import count_of, percent
from archkit.markup import esc
from archkit.report.page import figure_block
from archkit.report.text import Column, count, frame_table
from archkit.tradeoffs.decided import KEY, explored_in
from archkit.tradeoffs.findings import Findings
from archkit.tradeoffs.hindsight import hindsight

if TYPE_CHECKING:
    import pandas as pd

    from archkit.records import Decision

__all__ = ["MOST_DRAWS", "came_block", "ranking_blocks", "weighed_sections", "worth_block"]

_MOST = 2  # newest decisions that are drawn: four figures each, 30 kB
MOST_DRAWS = 20_000
"""However many draws a record asks for: a report is to be written at once."""

_RANKING = (
    "Compare the whiskers, not the bars alone: where they overlap far, the order is not settled."
)
_RANKS = "Look for an alternative that is seldom last: it is the safer compromise."
_WORTH = "Measure what stands first before a choice like this is made again."
_REGRET = (
    "Hold the filled mark against the prediction above it; a rival's regret is what it had "
    "promised beyond that. Nobody tried the others."
)


def weighed_sections(decisions: Mapping[str, Decision], outcomes: pd.DataFrame) -> str:
    """Write how the newest decisions with a matrix in their record were weighed.

    Parameters
    ----------
    decisions
        By id, the newest first; those not saved from an explorer are passed over.
    outcomes
        `archkit.metrics.outcome_scores`.

    Returns
    -------
    str
        Nothing where no decision has a matrix.
    """
    held = [decision for decision in decisions.values() if KEY in decision.extra]
    parts = [_section(n, decision, outcomes) for n, decision in enumerate(held[:_MOST])]
    if len(held) > _MOST:
        others = ", ".join(decision.chosen for decision in held[_MOST:])
        parts.append(
            f"<p>{count_of(len(held) - _MOST, 'older decision')} with a matrix: {esc(others)}. "
            "Open one again with <code>archkit.widgets.reopen(memory.decision(id))</code>.</p>"
        )
    return "\n".join(parts)


def _section(place: int, decision: Decision, outcomes: pd.DataFrame) -> str:
    name = f"weighed-{place}"
    head = f'<h3 id="{name}">How {esc(decision.chosen)} was weighed</h3>'
    try:
        state = explored_in(decision)
        findings = Findings(replace(state, draws=min(state.draws, MOST_DRAWS)))
        body = _figures(name, findings) + came_block(name, hindsight(decision, outcomes))
    except SessionError as error:
        body = f'<p class="empty">{esc(error.what)} {esc(error.why)}</p>'
    return f'<section class="weighed" aria-labelledby="{name}">{head}{body}</section>'


def _figures(name: str, findings: Findings) -> str:
    state = findings.state
    notes = [state.preference.told(), f"{state.draws:,} draws, seed {state.seed}"]
    notes += [f"at {state.load:g} × today's load"] if state.load != 1 else []
    said = (
        f"<p>{esc(findings.result.finding)} {esc(findings.flip)}</p>"
        f'<p class="mute small">{esc(" · ".join(notes))}</p>'
    )
    return f"{said}{ranking_blocks(findings, name)}\n{worth_block(findings, name)}"


def ranking_blocks(findings: Findings, name: str) -> str:
    """Draw which alternative comes out first, and who holds which rank how often."""
    ranking, shares = findings.ranking, findings.rank_shares
    blocks = (
        figure_block(
            figures.tradeoff_ranking(ranking), f"{name}-ranking", _RANKING, _ranking_table(ranking)
        ),
        figure_block(figures.tradeoff_ranks(shares), f"{name}-ranks", _RANKS, _rank_table(shares)),
    )
    return "\n".join(blocks)


def worth_block(findings: Findings, name: str) -> str:
    """Draw what knowing one figure or weight would be worth."""
    worth = findings.worth
    return figure_block(figures.tradeoff_worth(worth), f"{name}-worth", _WORTH, _worth_table(worth))


def came_block(name: str, seen: pd.DataFrame) -> str:
    """Draw what came beside what was predicted, once anything that was weighed was observed.

    `seen` is `archkit.tradeoffs.hindsight`.
    """
    if seen["realised"].isna().all():
        return f"<p>{esc(seen.attrs['finding'])}</p>"
    return figure_block(figures.tradeoff_regret(seen), f"{name}-regret", _REGRET, _regret(seen))


def _ranking_table(frame: pd.DataFrame) -> str:
    columns = (
        Column("rank", "rank", count, "number"),
        Column("alternative", "alternative"),
        Column("value", "value", _value, "number"),
        Column("low", "from", _value, "number"),
        Column("high", "to", _value, "number"),
        Column("first_rate", "first in", percent, "number"),
        Column("provenance", "provenance"),
    )
    return frame_table(frame, columns, "Values (0 to 1) with their intervals, the best first.")


def _rank_table(frame: pd.DataFrame) -> str:
    columns = (
        Column("alternative", "alternative"),
        Column("rank", "rank", count, "number"),
        Column("share", "share of the draws", percent, "number"),
        Column("draws", "draws", count, "number"),
        Column("provenance", "provenance"),
    )
    return frame_table(frame, columns, "Rank acceptability: how often each holds each rank.")


def _worth_table(frame: pd.DataFrame) -> str:
    columns = (
        Column("input", "of what"),
        Column("worth", "worth of knowing it", _worth, "number"),
        Column("switch_rate", "changes the choice in", percent, "number"),
        Column("provenance", "provenance"),
    )
    some = frame[frame["worth"] > 0].head(20)
    return frame_table(some, columns, "What knowing one thing is worth, in value (0 to 1).")


def _regret(frame: pd.DataFrame) -> str:
    columns = (
        Column("alternative", "alternative"),
        Column("predicted", "predicted", _value, "number"),
        Column("low", "from", _value, "number"),
        Column("high", "to", _value, "number"),
        Column("realised", "came to", _value, "number"),
        Column("regret", "regret", _value, "number"),
        Column("n", "n", count, "number"),
        Column("provenance", "provenance"),
    )
    return frame_table(frame, columns, "Predictions beside what came, the highest first.")


def _value(value: Any) -> str:
    return f"{value:.2f}".replace("-", "\u2212")


def _worth(value: Any) -> str:
    return f"{value:.4f}"
