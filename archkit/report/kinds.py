"""The kinds of reports: what each shows, which parameters it takes, what reads and writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archkit.errors import ReportError
from archkit.report import (
    decision_report,
    memory_report,
    periods_report,
    session_report,
    tradeoff_report,
)
from archkit.report.memory_contents import read_memory
from archkit.report.parameters import (
    SCOPE,
    Parameter,
    check_part,
    nearest,
    rate_read,
    session_read,
    text_read,
)
from archkit.report.period_contents import read_periods
from archkit.report.period_parameters import PERIODS, check_periods
from archkit.report.text import Column, frame_table

if TYPE_CHECKING:
    import pandas as pd

    from archkit.report.document import Document

__all__ = ["KINDS", "Kind", "Kinds", "kind_named", "kinds", "parameters_of"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of report.

    Attributes
    ----------
    told
        What it shows, in a line.
    parameters
        By name.
    read
        `(snapshot, now, **parameters) -> contents`: asks the memory, while it is held still.
        It is handed only the parameters that were given, their values read.
    write
        `(contents) -> Document`: draws and writes, once the memory is let go.
    alone
        Whether it can be made without a memory; `read` is handed None then.
    check
        Refuses values that do not go together, with an ArchkitError.
    """

    told: str
    parameters: Mapping[str, Parameter]
    read: Callable[..., Any]
    write: Callable[[Any], Document]
    alone: bool = False
    check: Callable[[Mapping[str, Any]], object] = lambda given: None

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of parameters, each read.

        Raises
        ------
        ReportError
            There is no such parameter, or it cannot take such a value.
        ArchkitError
            The values do not go together.
        """
        if unknown := [name for name in given if name not in self.parameters]:
            raise ReportError(
                f"This kind of report has no parameter {unknown[0][:80]!r}.",
                why=f"It has {', '.join(self.parameters)}.",
                mend=f"{nearest(unknown[0], self.parameters)}`archkit report --kinds` says what "
                "each means.",
            )
        found = {name: self.parameters[name].read(name, value) for name, value in given.items()}
        self.check(found)
        return found


KINDS: Mapping[str, Kind] = {
    "memory": Kind(
        "what was decided, whether it worked, what works, how sure one may be, what is next",
        {
            **SCOPE,
            "ci_prob": Parameter("probability of the intervals, 0.9 by default", rate_read),
            "session": Parameter("add this session: its id, its beginning, or last", session_read),
        },
        read_memory,
        memory_report.write,
        check=check_part,
    ),
    "periods": Kind(
        "two periods compared: what changed, and whether that can be told apart from chance",
        PERIODS,
        read_periods,
        periods_report.write,
        check=check_periods,
    ),
    "session": Kind(
        "one session: what was asked and said, its proposal, its steps",
        {"session": Parameter("its id, its beginning, or last (the default)", session_read)},
        session_report.read,
        session_report.write,
        alone=True,
    ),
    "decision": Kind(
        "one decision as a record, held to its forecast, beside what was not taken",
        {
            "decision": Parameter(
                "its id, its beginning, or last (the default); or the path of an imported record",
                text_read,
            )
        },
        decision_report.read,
        decision_report.write,
    ),
    "tradeoff": Kind(
        "how a decision was weighed: matrix, weights, ranking, what would change it, what came",
        {"decision": Parameter("its id, its beginning, or last with a matrix", text_read)},
        tradeoff_report.read,
        tradeoff_report.write,
    ),
}
"""By name, in the order in which they are listed."""


def kind_named(name: str) -> Kind:
    """Return a kind of report by its name.

    Raises
    ------
    ReportError
        There is none.
    """
    if name not in KINDS:
        raise ReportError(
            f"There is no kind of report called {name[:80]!r}.",
            why=f"There is {', '.join(KINDS)}.",
            mend=f"{nearest(name, KINDS)}`archkit report --kinds` says what each shows.",
        )
    return KINDS[name]


def parameters_of(kind: str) -> Mapping[str, str]:
    """Return the parameters of a kind of report, with what each means."""
    return {name: each.told for name, each in kind_named(kind).parameters.items()}


@dataclass(frozen=True, slots=True, repr=False)
class Kinds:
    """The kinds of reports as a table; `rows` has one a kind: `kind`, `shows`, `parameters`."""

    rows: pd.DataFrame

    def __repr__(self) -> str:
        """One line: how many there are, and their names."""
        return f"{len(self.rows)} kinds of reports: {', '.join(self.rows['kind'])}"

    def _repr_html_(self) -> str:
        columns = [Column(name, name) for name in self.rows.columns]
        return frame_table(self.rows, columns, "The kinds of reports.")


def kinds() -> Kinds:
    """Return the kinds of reports, what each shows and takes, as a notebook shows them."""
    import pandas as pd

    rows = [(name, each.told, ", ".join(each.parameters)) for name, each in KINDS.items()]
    return Kinds(pd.DataFrame(rows, columns=["kind", "shows", "parameters"]))
