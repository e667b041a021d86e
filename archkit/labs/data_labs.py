"""The two data labs in one call each: with a PostgreSQL of their own, or saying why without.

Where no PostgreSQL is to be had, the high-read lab goes on with DuckDB alone and the payment race
is left out; either says so in a sentence.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from archkit.errors import ArchkitError
from archkit.labs import high_read as _high_read
from archkit.labs import payment_race as _payment_race
from archkit.labs.postgres import Address, postgres

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DashboardReads", "PaymentRace", "dashboard_reads", "payment_race"]


@dataclass(frozen=True)
class PaymentRace:
    """What a payment race showed.

    Parameters
    ----------
    note
        Where it was run, or why it was not.
    runs
        Each run, as `labs.payment_race.measure` gives them; empty where it was not run.
    """

    note: str
    runs: pd.DataFrame

    @cached_property
    def summary(self) -> pd.DataFrame:
        """The runs of each way pooled: see `labs.payment_race.summary`."""
        return self.runs if self.runs.empty else _payment_race.summary(self.runs)

    @property
    def heard(self) -> pd.DataFrame:
        """What clients heard in all: one row a scenario and way."""
        heard = ["charged", "replayed", "refused", "failed", "retries", "duplicates"]
        return self.summary.reindex(columns=["scenario", "way", "requests", *heard])

    def record(self, memory: Any) -> int:
        """Keep in a memory how the fixes did; return how many uses were kept."""
        return 0 if self.runs.empty else _payment_race.record(memory, self.summary)

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.note)}</p>"

    def __repr__(self) -> str:
        """Say where it was run."""
        return self.note


@dataclass(frozen=True)
class DashboardReads:
    """What the high-read lab showed.

    Parameters
    ----------
    note
        Where it was run, and why not on PostgreSQL where there was none.
    lab
        Each run, as `labs.high_read.measure` gives them.
    """

    note: str
    lab: _high_read.HighRead

    @cached_property
    def summary(self) -> pd.DataFrame:
        """The reads of each layout pooled: see `labs.high_read.summary`."""
        return _high_read.summary(self.lab)

    @cached_property
    def writes(self) -> pd.DataFrame:
        """The writes of each layout pooled: see `labs.high_read.write_costs`."""
        return _high_read.write_costs(self.lab)

    @cached_property
    def break_even(self) -> pd.DataFrame:
        """When a refresh pays: see `labs.high_read.break_even`."""
        return _high_read.break_even(self.lab)

    def record(self, memory: Any) -> int:
        """Keep in a memory what PostgreSQL showed; return how many lessons were kept."""
        return len(_high_read.record(memory, self.lab))

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.note)}</p>"

    def __repr__(self) -> str:
        """Say where it was run."""
        return self.note


def payment_race(url: str | None = None, **settings: Any) -> PaymentRace:
    """Race for payments on a PostgreSQL.

    Parameters
    ----------
    url
        A server of yours; by default that of ``ARCHKIT_POSTGRES_URL``, else one of the lab's own.
    **settings
        Of `labs.payment_race.measure`: `orders`, `copies`, `workers`, `repeat`, `ways`,
        `scenarios`.
    """
    import pandas as pd

    with _server(url) as (address, note):
        if address is None:
            return PaymentRace(f"{note} The payment race is left out.", pd.DataFrame())
        with _bar("Racing") as told:
            runs = _payment_race.measure(address, progress=told, **settings)
    requests = f"{len(runs)} runs, {runs['requests'].sum():,} requests"
    return PaymentRace(f"{note} {requests} on real connections.", runs)


def dashboard_reads(url: str | None = None, **settings: Any) -> DashboardReads:
    """Measure a dashboard's reads on DuckDB and, where there is one, on PostgreSQL.

    Parameters
    ----------
    url
        A server of yours; by default that of ``ARCHKIT_POSTGRES_URL``, else one of the lab's own.
    **settings
        Of `labs.high_read.measure`: `rows`, `rows_added`, `repeat`.
    """
    with _server(url) as (address, note), _bar("Measuring reads") as told:
        lab = _high_read.measure(address, progress=told, **settings)
    duck = "DuckDB runs in this process." if address else "The lab goes on with DuckDB alone."
    return DashboardReads(f"{note} {duck} {lab.rows:,} rows in each layout.", lab)


@contextmanager
def _server(url: str | None) -> Iterator[tuple[Address | None, str]]:
    """Give a server's address and what it is, or no address and why there is none."""
    with ExitStack() as stack:
        address: Address | None = None
        note = ""
        try:
            address = stack.enter_context(postgres(url))
        except ArchkitError as error:
            note = f"{error.what} {error.why} {error.mend}"
        yield address, note if address is None else _named(address)


def _named(address: Address) -> str:
    import psycopg

    with psycopg.connect(address.url) as client:
        version = client.execute("SHOW server_version").fetchone()
    number = str(version[0]).split()[0] if version else ""
    return f"PostgreSQL {number}, {'started for this lab' if address.embedded else 'yours'}."


@contextmanager
def _bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Draw a bar between runs, where one can be drawn; no thread of its own takes time."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if console.is_jupyter:
        with _notebook_bar(label) as told:
            yield told
        return
    shown = console.is_terminal
    with Progress(console=console, transient=True, disable=not shown, auto_refresh=False) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total, refresh=True)


@contextmanager
def _notebook_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Draw with HTML alone: a widget would stay behind in the notebook that is saved."""
    from IPython import display

    notebook: Any = display  # comes without types
    shown = notebook.display(notebook.HTML(f"<label>{label} …</label>"), display_id=True)

    def told(done: int, total: int) -> None:
        drawn = f'<progress max="{total}" value="{done}"></progress>'
        shown.update(notebook.HTML(f"<label>{label}: {done} of {total} {drawn}</label>"))

    try:
        yield told
    finally:
        shown.update(notebook.HTML(""))
