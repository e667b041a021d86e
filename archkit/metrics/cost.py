"""What the model's turns cost: each turn, each session, each month."""

from __future__ import annotations

import pandas as pd

from archkit.metrics.rows import Readable, session_kinds, utc

__all__ = ["cost_by_month", "session_costs", "turn_costs"]

_TOKENS = "input_tokens, output_tokens, cache_read_tokens, cache_write_tokens"


def turn_costs(memory: Readable, session_id: str) -> pd.DataFrame:
    """Return what each turn of the model in a session cost.

    Returns
    -------
    DataFrame
        One row a turn, in order: `n` (place in the session), `model` (that answered),
        `input_tokens`, `output_tokens`, `cache_read_tokens`, `cache_write_tokens` (counts),
        `cost_usd` (null where no price is known), `prices` (the price list behind it, with its
        version; null without), `duration_ms`, `status` (complete or interrupted), `recorded_at`
        (UTC).
    """
    rows = memory.sql(
        f"SELECT n, model, {_TOKENS}, cost_usd, prices, duration_ms, status, recorded_at "  # noqa: S608
        "FROM message_log WHERE session_id = $session_id AND role = 'assistant' "
        "ORDER BY n, recorded_at",
        session_id=session_id,
    )
    return utc(rows, "recorded_at")


def session_costs(memory: Readable) -> pd.DataFrame:
    """Return what each session cost.

    Returns
    -------
    DataFrame
        One row a session, newest first, with the columns of the view `session_cost`: among them
        `started_at` (UTC), `model` (asked for), `client`, `turns` and tokens (counts), `cost_usd`
        (of the turns with a known price; null if there is none), `unpriced_turns` (count; without a
        price or broken off: if any, the cost is a lower bound), `duration_ms`; and `provenance`
        (observed; reported: held in another memory; simulated: nothing was spent).
    """
    rows = memory.sql("SELECT * FROM session_cost ORDER BY started_at DESC, session_id DESC")
    kinds = session_kinds(memory, rows["session_id"])
    return utc(rows, "started_at").assign(provenance=kinds)


def cost_by_month(memory: Readable) -> pd.DataFrame:
    """Return what the model's turns cost in each month.

    Returns
    -------
    DataFrame
        One row a month by client, model and where it was recorded, newest first, with the columns
        of the view `cost_by_month`: `month` (its first day, UTC), `client`, `model` (that
        answered), `imported` (recorded by another memory), `sessions`, `turns` and tokens
        (counts), `cost_usd` (of the turns with a known price; null if there is none),
        `unpriced_turns` (count; without a price or broken off: if any, the cost is a lower bound).
    """
    rows = memory.sql(
        "SELECT * FROM cost_by_month ORDER BY month DESC, imported, client NULLS LAST, model"
    )
    return utc(rows, "month")
