"""The technology choices of a proposal as a table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archkit.proposal.choices import said_by

if TYPE_CHECKING:
    import pandas as pd

    from archkit.proposal.document import Proposal

__all__ = ["technology_choices"]

_COLUMNS = {
    "choice": "str",
    "justification": "str",
    "alternatives": "str",
    "trade_offs": "str",
    "line": "int64",
}
_MARKS = re.compile(r"\*\*|__|`|(?m:^\s*(?:[-*+]|\d+[.)]|#{1,6}|>)\s+)")


def technology_choices(proposal: Proposal) -> pd.DataFrame:
    """Return one row a technology choice of section 6, in the order of the text.

    Returns
    -------
    DataFrame
        `choice` (what is chosen, with what it is for where that is said), `justification`,
        `alternatives`, `trade_offs` (in the proposal's words; missing where it says nothing),
        `line` (from 1). Types are the same when it is empty.
    """
    import pandas as pd

    rows = []
    for choice, said in zip(proposal.choices, said_by(proposal.choices), strict=True):
        name = choice.name.strip(" .")
        if choice.technology.strip(" .") not in name:
            name = f"{name}: {choice.technology}"
        rows.append([name, *(_plain(words) or None for words in said), choice.line])
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)


def _plain(text: str) -> str:
    return " ".join(_MARKS.sub("", text).split()).strip("| ")
