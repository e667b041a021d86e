"""The payment race, run on PostgreSQL: who is charged twice when one payment is asked for at once.

Every worker is a thread with a connection of its own. The requests for one order wait for each
other before they *start*, as a double click or an impatient client brings them about together;
from there on each goes as fast as it can, and nothing holds it between its check and its write.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from archkit.labs.payment_ways import (
    ANSWERS,
    PATIENCE_S,
    SCENARIOS,
    WAYS,
    Heard,
    Way,
    ask,
    count_payments,
    make_orders,
    prepare,
)
from archkit.labs.postgres import Address, kept_up, own_schema

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["measure", "record", "summary"]

_SOLUTION = "duplicate-payment-race"
_FIXES = ("unique key", "row lock", "key and row lock")  # As the solution names them.


@dataclass(slots=True)
class _Race:
    """One run of one way: its clients, and what they heard."""

    address: Address
    way: Way
    orders: int
    copies: int
    groups: int
    own_keys: bool
    heard: list[Heard] = field(default_factory=list)

    def run(self) -> float:
        """Let all clients ask; return the seconds from the first request to the last answer."""
        workers = self.groups * self.copies
        start = threading.Barrier(workers + 1)
        together = [threading.Barrier(self.copies) for _ in range(self.groups)]
        began = time.perf_counter()
        with ThreadPoolExecutor(workers) as pool:
            clients = [pool.submit(self._client, start, together, w) for w in range(workers)]
            try:
                with suppress(threading.BrokenBarrierError):
                    start.wait(PATIENCE_S)
                    began = time.perf_counter()
                failures = [client.exception() for client in clients]
                ended = time.perf_counter()
            finally:
                for barrier in (start, *together):
                    barrier.abort()
        # Who waits for one that failed fails as well: the first cause is the one to tell.
        broken = [failure for failure in failures if failure is not None]
        causes = [e for e in broken if not isinstance(e, threading.BrokenBarrierError)]
        for failure in causes or broken:
            raise failure
        return ended - began

    def _client(
        self, start: threading.Barrier, together: list[threading.Barrier], worker: int
    ) -> None:
        """Send this worker's request for each order of its group, on its own connection."""
        import psycopg

        group, copy = divmod(worker, self.copies)
        try:
            with psycopg.connect(self.address.url) as connection:
                prepare(connection, self.way)
                start.wait(PATIENCE_S)
                for order in range(group, self.orders, self.groups):
                    key = f"order {order}" + (f", device {copy}" if self.own_keys else "")
                    together[group].wait(PATIENCE_S)
                    self.heard.append(ask(connection, self.way, 1 + order, key))
        except BaseException:
            for barrier in (start, *together):
                barrier.abort()
            raise


def measure(
    address: Address,
    *,
    orders: int = 250,
    copies: int = 4,
    workers: int = 40,
    repeat: int = 3,
    ways: Sequence[str] = tuple(WAYS),
    scenarios: Sequence[str] = tuple(SCENARIOS),
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Let many clients pay the same orders at once, in each way, and count the payments.

    Parameters
    ----------
    address
        A PostgreSQL, from `archkit.labs.postgres.postgres`. Each run works in a schema of its own
        and drops it.
    orders, copies
        Orders to be paid in a run, and requests for each: `orders` × `copies` requests in all.
    workers
        Connections at once, in groups of `copies` that ask for the same order.
    repeat
        Runs of each way; the ways take turns.
    ways, scenarios
        Names from `WAYS` and `SCENARIOS`.
    progress
        Called after each run with the runs done and the runs in all.

    Returns
    -------
    DataFrame
        One row a run: `scenario`, `way`, `run`; `orders`, `requests`; `payments` made,
        `charged_twice` (orders with more than one), `duplicates` (payments too many), `unpaid`
        (orders without one); what clients were told, `charged` `replayed` `refused` `failed`
        (counts, see `ANSWERS`); `errors`, why requests failed, each reason once; `retries`
        (transactions begun again); `seconds`, `per_second`
        (requests answered), `latency_ms` and `p95_latency_ms` (of a request, waiting and retries
        included; median and 95th percentile).

    Raises
    ------
    ArchkitError
        The server refuses connections or goes away.
    """
    import pandas as pd

    _check(orders, copies, workers, repeat, ways, scenarios)
    groups = min(workers // copies, orders)
    turns = [
        (run, scenario, way) for run in range(repeat) for scenario in scenarios for way in ways
    ]
    rows: list[dict[str, Any]] = []
    for done, (run, scenario, way) in enumerate(turns, start=1):
        own_keys = scenario == "two devices"
        with kept_up("The payment race", groups * copies + 1), own_schema(address) as own:
            race = _Race(own, WAYS[way], orders, copies, groups, own_keys)
            make_orders(own.url, race.way, orders)
            seconds = race.run()
            counted = _counted(race)
        rows.append(
            {"scenario": scenario, "way": way, "run": run, **counted, **_times(race, seconds)}
        )
        if progress is not None:
            progress(done, len(turns))
    return pd.DataFrame(rows)


def summary(runs: pd.DataFrame, *, ci_prob: float = 0.9) -> pd.DataFrame:
    """Pool the runs of each way.

    Returns
    -------
    DataFrame
        One row a scenario and way, in the order they were run: the counts of `measure`, summed;
        `charged_twice_rate` (share of orders, 0–1) with its Jeffreys interval `low` to `high`,
        `ci_prob`; `per_second`, `latency_ms` and `p95_latency_ms`, medians over the runs, the
        first with its least and most, `per_second_low`, `per_second_high`; `runs`; `errors`;
        `retries_per_request`.
    """
    from scipy.special import betaincinv

    by = runs.groupby(["scenario", "way"], sort=False)
    counts = ["orders", "requests", "payments", "charged_twice", "duplicates", "unpaid"]
    pooled = by[[*counts, *ANSWERS, "retries"]].sum()
    bad, good = pooled["charged_twice"], pooled["orders"] - pooled["charged_twice"]
    tail = (1 - ci_prob) / 2
    pooled["charged_twice_rate"] = bad / pooled["orders"]
    pooled["low"] = betaincinv(bad + 0.5, good + 0.5, tail) * (bad > 0)
    pooled["high"] = betaincinv(bad + 0.5, good + 0.5, 1 - tail).where(good > 0, 1.0)
    pooled["ci_prob"] = ci_prob
    times = ["per_second", "latency_ms", "p95_latency_ms"]
    pooled[times] = by[times].median()
    pooled["per_second_low"], pooled["per_second_high"] = (
        by["per_second"].min(),
        by["per_second"].max(),
    )
    pooled["runs"] = by.size()
    pooled["errors"] = by["errors"].agg(lambda texts: "; ".join(sorted({*texts} - {""})))
    pooled["retries_per_request"] = pooled["retries"] / pooled["requests"]
    return pooled.reset_index()


def record(memory: _Memory, pooled: pd.DataFrame) -> int:
    """Keep in a memory how the fixes of the solution `duplicate-payment-race` did here.

    Parameters
    ----------
    memory
        What takes them, by `record_solution_use`.
    pooled
        From `summary`.

    Returns
    -------
    int
        How many uses were kept: one a scenario for the unique key, the row lock, and both. A use
        was effective when no order was charged twice and none was left unpaid.
    """
    tried = pooled[pooled["way"].isin(_FIXES)].to_dict("records")
    for row in tried:
        held = row["charged_twice"] == row["unpaid"] == row["failed"] == 0
        memory.record_solution_use(
            _SOLUTION,
            effective=bool(held),
            applied=f"payment race lab, {row['way']}, {row['scenario']}: {row['charged_twice']} of "
            f"{row['orders']} orders charged twice by {row['requests']} requests",
            source="measured",
        )
    return len(tried)


class _Memory(Protocol):
    def record_solution_use(
        self, slug: str, effective: bool, applied: str = "", *, source: str = "team"
    ) -> object: ...


def _check(
    orders: int, copies: int, workers: int, repeat: int, ways: Sequence[str],
    scenarios: Sequence[str],
) -> None:  # fmt: skip
    if orders < 1 or copies < 2 or workers < copies or repeat < 1:
        raise ValueError(
            "orders and repeat must be 1 or more, copies 2 or more, workers at least copies; not "
            f"{orders=}, {repeat=}, {copies=}, {workers=}."
        )
    for names, known in ((ways, WAYS), (scenarios, SCENARIOS)):
        if unknown := [name for name in names if name not in known]:
            raise ValueError(
                f"Nothing here is called {unknown[0]!r}; there is: {', '.join(known)}."
            )


def _counted(race: _Race) -> dict[str, Any]:
    """Count the payments in the tables; they and what clients were told must agree."""
    payments, twice, unpaid = count_payments(race.address.url)
    answers = Counter(heard.answer for heard in race.heard)
    if payments != answers["charged"]:
        raise RuntimeError(f"{payments} payments made, but {answers['charged']} clients were told.")
    return {
        "orders": race.orders,
        "requests": len(race.heard),
        "payments": payments,
        "charged_twice": twice,
        "duplicates": payments - (race.orders - unpaid),
        "unpaid": unpaid,
        **{answer: answers[answer] for answer in ANSWERS},
        "errors": "; ".join(sorted({heard.error for heard in race.heard if heard.error})),
        "retries": sum(heard.retries for heard in race.heard),
    }


def _times(race: _Race, seconds: float) -> dict[str, float]:
    import numpy as np

    median, p95 = np.quantile([heard.latency_ms for heard in race.heard], [0.5, 0.95])
    return {
        "seconds": seconds,
        "per_second": len(race.heard) / seconds,
        "latency_ms": float(median),
        "p95_latency_ms": float(p95),
    }
