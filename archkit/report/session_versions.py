"""The versions of a session's proposal: what changed from each to the next that stands."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from archkit.proposal.comparison import compare
from archkit.proposal.comparison_page import comparison_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["versions_body"]

_MOST = 4


def versions_body(proposals: pd.DataFrame) -> str:
    """Draw what changed between the versions that stood one after the other, folded.

    Of many versions the last four changes are drawn.
    """
    if proposals.empty:
        return ""
    standing = proposals[proposals["stands"].astype(bool)].to_dict("records")
    pairs = list(pairwise(standing))[-_MOST:]
    if not pairs:
        return ""
    told = "".join(_change(before, after) for before, after in pairs)
    return (
        f"<style>\n{_stylesheet()}</style>"
        f'<div class="card"><h3>What changed between its versions</h3>{told}</div>'
    )


def _change(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> str:
    drawn = comparison_page(compare(str(before["text"]), str(after["text"])), in_report=True)
    head = f"From version {before['version']} to version {after['version']}"
    return f"<details><summary>{head}</summary>{drawn}</details>"


@cache
def _stylesheet() -> str:
    return (files("archkit") / "library" / "comparison.css").read_text(encoding="utf-8")
