"""Parts of the report of a trade-off: weights, profiles, front, swings, where the lead flips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from archkit import figures
from archkit.figures.style import percent
from archkit.markup import esc
from archkit.report.page import figure_block
from archkit.report.text import Column, frame_table
from archkit.tradeoffs.flip import cell_flips, weight_flips
from archkit.tradeoffs.matrix_shown import direction, scale_text
from archkit.tradeoffs.preference import Preference
from archkit.tradeoffs.values import subject

if TYPE_CHECKING:
    from collections.abc import Callable

    from archkit.tradeoffs.findings import Findings

__all__ = [
    "flip_frames",
    "flip_lists",
    "pair_block",
    "profile_block",
    "swing_block",
    "weight_frame",
    "weight_table",
]

Row = dict[Any, Any]
_MOST = 12
_PROFILE = (
    "Look for the criterion on which the leader is weak: that is what it was taken in spite of."
)
_FRONT = (
    "What stands inside the front is beaten on both of the weightiest criteria; between those on "
    "it, more of one costs some of the other."
)
_WHY = "Read from the top: each step is what a criterion adds to the lead, or takes from it."
_SWINGS = "Settle first what crosses zero: only there does another alternative take the lead."


def flip_frames(findings: Findings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return where weights, and where figures, change who leads: the nearest first."""
    settled = Preference.weights(findings.weights)
    return weight_flips(findings.matrix, settled), cell_flips(findings.matrix, settled)


def weight_frame(findings: Findings) -> pd.DataFrame:
    """Return one row a criterion, the weightiest first.

    Returns
    -------
    DataFrame
        `criterion`, `weight` (0 to 1), `objective`, `low` and `high` (ends of its scale), `unit`,
        `points` (0 to 100), `locked`.
    """
    state = findings.state
    rows = [
        {"criterion": one.name, "weight": findings.weights[one.name], "objective": one.objective}
        | {"low": one.low, "high": one.high, "unit": one.unit}
        | {"points": state.points.get(one.name), "locked": one.name in state.locked}
        for one in findings.matrix.criteria
    ]
    frame = pd.DataFrame(rows).sort_values("weight", ascending=False, kind="stable")
    return frame.reset_index(drop=True)


def weight_table(findings: Findings) -> str:
    """Write the weights as a table, with each criterion's direction and scale."""
    frame = weight_frame(findings)
    criteria = {one.name: one for one in findings.matrix.criteria}
    shown = frame.assign(
        way=[direction(criteria[name]) for name in frame["criterion"]],
        scale=[scale_text(criteria[name]) for name in frame["criterion"]],
        held=["held fast" if locked else "" for locked in frame["locked"]],
    )
    columns = (
        Column("criterion", "criterion"),
        Column("weight", "weight", percent, "number"),
        Column("way", "better"),
        Column("scale", "from worst to best"),
        *((Column("held", "held"),) if frame["locked"].any() else ()),
    )
    told = findings.state.preference.told()
    sure = "" if findings.state.preference.exact else " Weights are the mean of all that agree."
    table = frame_table(shown, columns, f"How the weights were said: {told}.{sure}")
    return f'<div class="card">{table}</div>'


def profile_block(findings: Findings) -> str:
    """Draw how each alternative does on each criterion."""
    columns = (
        Column("alternative", "alternative"),
        Column("criterion", "criterion"),
        Column("shown", "what is known"),
        Column("value", "value", _value, "number"),
        Column("low", "from", _value, "number"),
        Column("high", "to", _value, "number"),
        Column("weight", "weight", percent, "number"),
        Column("provenance", "provenance"),
    )
    table = frame_table(findings.profile, columns, "One row an alternative and criterion.")
    drawn = figures.tradeoff_profile(findings.profile)
    return figure_block(drawn, "weighed-profile", _PROFILE, table)


def pair_block(findings: Findings) -> str:
    """Draw the two weightiest criteria against each other, and why the leader leads."""
    if len(findings.matrix.alternatives) < 2:
        return ""
    parts = []
    if len(findings.matrix.criteria) > 1:
        columns = (
            Column("alternative", "alternative"),
            Column("x", str(findings.front["x_title"].iloc[0]), _figure, "number"),
            Column("y", str(findings.front["y_title"].iloc[0]), _figure, "number"),
            Column("on_front", "on the front", lambda on: "yes" if on else "no"),
            Column("provenance", "provenance"),
        )
        table = frame_table(findings.front, columns, "Means on the two weightiest criteria.")
        drawn = figures.tradeoff_front(findings.front)
        parts.append(figure_block(drawn, "weighed-front", _FRONT, table))
    columns = (
        Column("criterion", "criterion"),
        Column("weight", "weight", percent, "number"),
        Column("contribution", "adds to the lead", _signed, "number"),
        Column("leader_shown", "of the first"),
        Column("rival_shown", "of the second"),
    )
    table = frame_table(findings.waterfall, columns, "What each criterion adds to the lead.")
    drawn = figures.tradeoff_waterfall(findings.waterfall)
    return "".join([*parts, figure_block(drawn, "weighed-why", _WHY, table)])


def swing_block(findings: Findings) -> str:
    """Draw how far each uncertain input moves the lead."""
    columns = (
        Column("input", "of what"),
        Column("low_shown", "low end"),
        Column("low_lead", "lead there", _signed, "number"),
        Column("high_shown", "high end"),
        Column("high_lead", "lead there", _signed, "number"),
        Column("provenance", "provenance"),
    )
    table = frame_table(findings.swings, columns, "One row an uncertain figure or weight.")
    drawn = figures.tradeoff_tornado(findings.swings)
    return figure_block(drawn, "weighed-swings", _SWINGS, table if len(findings.swings) else "")


def flip_lists(weights: pd.DataFrame, cells: pd.DataFrame) -> str:
    """Say in sentences until which weight, and until which figure, the leader wins."""
    return _listed("Until which weight?", weights, _weight) + _listed(
        "Until which figure?", cells, _cell
    )


def _listed(heading: str, frame: pd.DataFrame, line: Callable[[Row], str]) -> str:
    head = f'<div class="card"><h3>{heading}</h3>'
    if frame.empty:
        empty = "None of them alone changes who leads, wherever it lies."
        return f'{head}<p class="empty">{empty}</p></div>'
    items = "".join(f"<li>{esc(line(row))}</li>" for row in frame.head(_MOST).to_dict("records"))
    left = len(frame) - _MOST
    more = f'<p class="mute small">+ {left} that are farther off</p>' if left > 0 else ""
    leader = esc(frame["leader"].iloc[0])
    return f"{head}<p><strong>{leader}</strong> wins until</p><ul>{items}</ul>{more}</div>"


def _weight(row: Row) -> str:
    verb = "exceeds" if row["change"] > 0 else "falls below"
    return (
        f"the weight of {row['criterion']} {verb} {row['flips_at']:.2f} (now "
        f"{row['weight']:.2f}); then {row['flips_to']} does"
    )


def _cell(row: Row) -> str:
    verb = "rises above" if row["flips_at"] > row["figure"] else "falls below"
    unit = f" {row['unit']}" if row["unit"] else ""
    likely = "within what is plausible" if row["plausible"] else "hardly plausible"
    return (
        f"{subject(row['alternative'], row['criterion'])} {verb} {row['flips_at']:.3g}{unit} "
        f"(expected {row['figure']:.3g}{unit}; {likely}); then {row['flips_to']} does"
    )


def _value(value: Any) -> str:
    return f"{value:.2f}"


def _figure(value: Any) -> str:
    return f"{value:.3g}"


def _signed(value: Any) -> str:
    return f"{value:+.3f}".replace("-", "\u2212")
