"""What the reference card says the N+1 patterns save, and when that holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import pandas as pd

from archkit.labs.n_plus_one_counts import holds_from, reduction
from archkit.library import read_library

__all__ = ["claims", "claims_held", "side_by_side"]

_LARGEST = 1000
_EAGER = {"joinedload": "joined", "selectinload": "selectin", "subqueryload": "subquery"}


@cache
def claims() -> Mapping[str, float]:
    """By slug, the share of queries that the reference card says a pattern saves, 0 to 1."""
    known = {p.slug: p.reported.metrics for p in read_library().patterns if p.reported}
    return {slug: m["query_reduction"] for slug, m in known.items() if "query_reduction" in m}


def claims_held(
    batches: Sequence[int | None] = (None, 100, 25, 10, 8, 7, 6, 5), *, posts: int = 5
) -> pd.DataFrame:
    """Say for which pages the reported savings hold, by the closed forms.

    Parameters
    ----------
    batches
        Of the DataLoader; None: no limit.
    posts
        Of each user.

    Returns
    -------
    DataFrame
        One row a way that a claim is made of: `way`; `slug`; `claim_share`; `holds_from`, users on
        the page from which on at least that much is saved (null: on no page); `saved_10` and
        `saved_1000`, what is saved on pages of 10 and of 1,000 users.
    """
    ways: list[tuple[str, str, str, int | None]] = [
        (name, kind, "eager-loading-joins", None) for name, kind in _EAGER.items()
    ]
    ways += [
        (
            f"DataLoader, {'no limit' if b is None else f'{b} a batch'}",
            "dataloader",
            "dataloader",
            b,
        )
        for b in batches
    ]
    rows: list[dict[str, Any]] = []
    for name, kind, slug, batch in ways:
        asked: dict[str, Any] = {"batch": batch, "posts": posts}
        row = {"way": name, "slug": slug, "claim_share": claims()[slug]}
        row["holds_from"] = holds_from(kind, claims()[slug], **asked)
        row |= {f"saved_{n}": round(reduction(kind, n, **asked), 4) for n in (10, _LARGEST)}
        rows.append(row)
    return pd.DataFrame(rows).astype({"holds_from": "Int64"})


def side_by_side(table: pd.DataFrame) -> pd.DataFrame:
    """Put the sizes of a table beside each other.

    Parameters
    ----------
    table
        `QueryLab.table`.

    Returns
    -------
    DataFrame
        One row a way, by name, in the table's order: `queries_<n>` for each size, counted;
        `saved_<n>` for the smallest and the largest, a share at most 1; and for the largest
        `rows_<n>` read, `ms_<n>`, and `with_trips_ms_<n>`, the round trips computed.
    """
    sizes = sorted({int(n) for n in table["n"]})
    if not sizes:
        return pd.DataFrame()
    at = {n: table[table["n"] == n].set_index("way") for n in sizes}
    last = at[sizes[-1]]
    columns = {f"queries_{n}": at[n]["counted"] for n in sizes}
    columns |= {
        f"saved_{n}": at[n]["reduction_share"].round(4)
        for n in dict.fromkeys((sizes[0], sizes[-1]))
    }
    columns |= {
        f"rows_{sizes[-1]}": last["rows"],
        f"ms_{sizes[-1]}": last["ms"].round(1),
        f"with_trips_ms_{sizes[-1]}": last["total_ms"].round(1),
    }
    return pd.DataFrame(columns, index=last.index)
