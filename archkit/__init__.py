"""archkit: brief an architect agent, decide, and learn from what came of it.

The public names, in the order of the work::

    read_card models Session Proposal check_proposal     from a brief to a design
    Memory Pattern Decision Alternative Outcome Lesson   what was decided and what came of it
    read_adrs to_adr update_story                        the project's own files about it
    PerformanceMatrix explore                            what speaks for which alternative
    count_queries compare_queries                        what a design costs in queries
    metrics figures dashboard session_panel write_report what works, and how sure one may be
    ArchkitError                                         what went wrong and how to mend it

Importing archkit imports none of its parts: each is loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archkit import figures, metrics
    from archkit.architect.card import read_card
    from archkit.architect.models import models
    from archkit.architect.session import Session
    from archkit.decisions.adr_writing import to_adr
    from archkit.decisions.adrs import read_adrs
    from archkit.decisions.story import update_story
    from archkit.errors import ArchkitError
    from archkit.memory.memory import Memory
    from archkit.proposal.document import Proposal
    from archkit.proposal.rules import check_proposal
    from archkit.queries.compare import compare_queries
    from archkit.queries.counting import count_queries
    from archkit.records import Alternative, Decision, Lesson, Outcome, Pattern
    from archkit.report import write_report
    from archkit.tradeoffs.matrix import PerformanceMatrix
    from archkit.widgets.dashboard import dashboard
    from archkit.widgets.explorer import explore
    from archkit.widgets.session_panel import session_panel

__version__ = "0.1.0"

__all__ = [
    "Alternative",
    "ArchkitError",
    "Decision",
    "Lesson",
    "Memory",
    "Outcome",
    "Pattern",
    "PerformanceMatrix",
    "Proposal",
    "Session",
    "check_proposal",
    "compare_queries",
    "count_queries",
    "dashboard",
    "explore",
    "figures",
    "metrics",
    "models",
    "read_adrs",
    "read_card",
    "session_panel",
    "to_adr",
    "update_story",
    "write_report",
]

_HOME = {
    "Alternative": "archkit.records",
    "ArchkitError": "archkit.errors",
    "Decision": "archkit.records",
    "Lesson": "archkit.records",
    "Memory": "archkit.memory.memory",
    "Outcome": "archkit.records",
    "Pattern": "archkit.records",
    "PerformanceMatrix": "archkit.tradeoffs.matrix",
    "Proposal": "archkit.proposal.document",
    "Session": "archkit.architect.session",
    "check_proposal": "archkit.proposal.rules",
    "compare_queries": "archkit.queries.compare",
    "count_queries": "archkit.queries.counting",
    "models": "archkit.architect.models",
    "dashboard": "archkit.widgets.dashboard",
    "explore": "archkit.widgets.explorer",
    "read_adrs": "archkit.decisions.adrs",
    "read_card": "archkit.architect.card",
    "session_panel": "archkit.widgets.session_panel",
    "to_adr": "archkit.decisions.adr_writing",
    "update_story": "archkit.decisions.story",
    "write_report": "archkit.report",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    elif name in {"figures", "metrics"}:
        value = import_module(f"archkit.{name}")
    else:
        raise AttributeError(f"module 'archkit' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: Any) -> None:
    """Make the cell magic `%%count_queries` known: what `%load_ext archkit` does."""
    from archkit.queries.magic import load

    load(shell)
