"""Which steps of the learning protocol sessions take."""

from __future__ import annotations

import numpy as np
import pandas as pd

from archkit.metrics.evidence import interval
from archkit.metrics.rows import Readable, joined, session_kinds

__all__ = ["step_shares"]

_STEPS = """
SELECT t.session_id, t.n, t.phase, t.name, t.status, t.reason
FROM step_log t
WHERE t.n IS NOT NULL AND t.status IN ('done', 'skipped')
"""


def step_shares(memory: Readable, *, ci_prob: float = 0.9) -> pd.DataFrame:
    """In how many sessions each step of the learning protocol was done, and why it was skipped.

    Parameters
    ----------
    memory
        What to read.
    ci_prob
        Probability inside the credible intervals.

    Returns
    -------
    DataFrame
        One row a step, in order: `n_step` (1 to 12), `phase`, `name` (as noted last), `done` and
        `skipped` (counts of sessions), `done_share` (0 to 1; plain) with `low` to `high`
        (Jeffreys' interval), `n` sessions in which it was noted, `skipped_since`
        (the commonest reason; "" if it was never skipped), `provenance`, `ci_prob`.
    """
    rows = memory.sql(_STEPS)
    rows = rows.assign(provenance=session_kinds(memory, rows["session_id"]))
    found = []
    for step, part in rows.groupby("n", sort=True):
        done = part["status"] == "done"
        reasons = part.loc[~done, "reason"].dropna()
        why = reasons[reasons != ""].value_counts()
        found.append(
            {
                "n_step": int(str(step)),
                "phase": part["phase"].iloc[-1],
                "name": part["name"].iloc[-1],
                "done": int(done.sum()),
                "skipped": int((~done).sum()),
                "n": len(part),
                "skipped_since": str(why.index[0]) if len(why) else "",
                "provenance": joined(part["provenance"]),
            }
        )
    names = ["n_step", "phase", "name", "done", "skipped", "n", "skipped_since", "provenance"]
    frame = pd.DataFrame(found, columns=names)
    good, bad = (frame[name].to_numpy(dtype=float) for name in ("done", "skipped"))
    low, high = interval(0.5 + good, 0.5 + bad, ci_prob)
    low, high = np.where(good > 0, low, 0.0), np.where(bad > 0, high, 1.0)
    share = frame["done"].astype(float) / frame["n"].astype(float)
    frame = frame.assign(done_share=share, low=low, high=high, ci_prob=ci_prob)
    columns = [*names[:5], "done_share", "low", "high", *names[5:], "ci_prob"]
    return frame[columns]
