"""What is said and done in a made-up session: turns, tool calls, steps of the learning protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TALK_S", "talk"]

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

TALK_S = 1_800
"""Seconds within which all is said; nothing is decided before."""

_FEWEST, _MOST = 4, 12  # turns of the model
_BRIEF, _QUESTIONS, _ANSWERS, _LOOK, _PROPOSAL = range(5)
_TOOLS = ("query_patterns", "find_solution", "note_tradeoff", "Read", "Grep", "Write")
_OFTEN = (0.35, 0.12, 0.15, 0.2, 0.15, 0.03)
_TYPICAL_MS = np.array([9.0, 3.0, 1.0, 2.0, 14.0, 1.0])
_ASKS, _REFUSED = 0, len(_TOOLS) - 1
_USD_PER_TOKEN = (3e-6, 15e-6, 3e-7)  # read, written, read from the cache
_BROKEN_OFF = 0.02
_STEPS = (
    ("Before", "Ask the memory for similar systems", 1.0, ""),
    ("Before", "Review what worked best", 0.97, "nothing fits"),
    ("Before", "Look for known pitfalls", 0.88, "none is known for this context"),
    ("Before", "Gather security and performance notes", 0.84, "no note is kept"),
    ("During", "Keep track of decisions and trade-offs", 1.0, ""),
    ("During", "Note where a pattern must be customised", 0.72, "none was bent"),
    ("During", "Spot new patterns", 0.16, "none was proposed"),
    ("During", "Watch for bottlenecks and security concerns", 0.9, "no time was left"),
    ("After", "Record the outcome", 0.58, "no outcome yet"),
    ("After", "Update the confidence in patterns", 0.58, "no outcome yet"),
    ("After", "Keep new patterns that proved themselves", 0.05, "no outcome yet"),
    ("After", "Write down lessons", 0.14, "no lesson yet"),
)


def talk(
    rng: np.random.Generator, sessions: pd.DataFrame, started: Whole, elapsed: Floats
) -> Mapping[str, pd.DataFrame]:
    """Draw what is said in sessions.

    Parameters
    ----------
    rng
        Where chance comes from.
    sessions
        `id`, `agent` and `aml_enabled` of each: a session without the memory does not ask it.
    started
        When each began, in seconds since 1970.
    elapsed
        How much of the year was over then (0 to 1): the more a memory holds, the longer it takes.

    Returns
    -------
    dict
        Frames by the kind of event: `message`, `tool_call`, `step`.
    """
    turns = rng.integers(_FEWEST, _MOST + 1, len(sessions))
    row = np.repeat(np.arange(len(sessions)), turns)
    turn = np.arange(len(row)) - np.repeat(np.cumsum(turns) - turns, turns)
    said = {"row": row, "turn": turn, "turns": turns[row]}
    spoken_at = started[row] + 60 + turn * 140
    return {
        "message": _messages(rng, sessions, said, spoken_at),
        "tool_call": _calls(rng, sessions, said, spoken_at, elapsed),
        "step": _steps(rng, sessions, started),
    }


def _messages(
    rng: np.random.Generator, sessions: pd.DataFrame, said: Mapping[str, Whole], at: Whole
) -> pd.DataFrame:
    """Draw a brief, the model's turns, and answers to what it asks halfway."""
    import pandas as pd

    row, turn, turns = said["row"], said["turn"], said["turns"]
    halfway, last = turn == turns // 2, turn == turns - 1
    what = np.where(last, _PROPOSAL, np.where(halfway, _QUESTIONS, _LOOK))
    middle = np.array([0.0, 450.0, 0.0, 180.0, 3_200.0])[what]
    written = (middle * rng.lognormal(0, 0.35, len(row))).astype(np.int64) + 20
    read = ((4_000 + 2_600 * turn) * rng.lognormal(0, 0.25, len(row))).astype(np.int64)
    cached = (read * rng.uniform(0.5, 0.95, len(row)) * (turn > 0)).astype(np.int64)
    fresh = read - cached
    cost = fresh * _USD_PER_TOKEN[0] + written * _USD_PER_TOKEN[1] + cached * _USD_PER_TOKEN[2]
    model = pd.DataFrame(
        {
            "row": row,
            "n": 3 + 2 * turn,
            "role": "assistant",
            "said": what,
            "input_tokens": fresh,
            "output_tokens": written,
            "cache_read_tokens": cached,
            "cost_usd": cost.round(6),
            "duration_ms": (written * 14 * rng.lognormal(0, 0.2, len(row)) + 900).round(0),
            "status": np.where(rng.random(len(row)) < _BROKEN_OFF, "interrupted", "complete"),
            "seconds": at,
        }
    )
    asked = model[halfway].assign(n=model["n"] + 1, said=_ANSWERS, seconds=model["seconds"] + 90)
    begun = model[turn == 0].assign(n=2, said=_BRIEF, seconds=model["seconds"] - 20)
    people = pd.concat([begun, asked]).assign(role="user", status="complete")
    people[["input_tokens", "output_tokens", "cache_read_tokens"]] = pd.NA
    people[["cost_usd", "duration_ms"]] = np.nan
    counts = ["input_tokens", "output_tokens", "cache_read_tokens"]
    whole = dict.fromkeys(counts, "Int64")
    rows = pd.concat([model.astype(whole), people.astype(whole)], ignore_index=True)
    return _of_sessions(rows, sessions, "m")


def _calls(
    rng: np.random.Generator,
    sessions: pd.DataFrame,
    said: Mapping[str, Whole],
    at: Whole,
    elapsed: Floats,
) -> pd.DataFrame:
    """Draw a look into the memory before the first turn, and a call after most of the others."""
    import pandas as pd

    row, turn, turns = said["row"], said["turn"], said["turns"]
    tool = rng.choice(len(_TOOLS), len(row), p=_OFTEN)
    calls = (turn != turns // 2) & (turn < turns - 1)
    first = turn == 0
    rows = pd.DataFrame(
        {
            "row": np.append(row[first], row[calls]),
            "n": np.append(np.ones(first.sum(), dtype=np.int64), 4 + 2 * turn[calls]),
            "kind": np.append(np.full(first.sum(), _ASKS), tool[calls]),
            "seconds": np.append(at[first] - 40, at[calls] + 60),
        }
    )
    asks_memory = rows["kind"].to_numpy() <= 1
    grown = 1 + 1.5 * elapsed[rows["row"].to_numpy()] * asks_memory
    took = _TYPICAL_MS[rows["kind"]] * grown * rng.lognormal(0, 0.45, len(rows))
    rows = rows.assign(
        tool=np.array(_TOOLS, dtype=object)[rows["kind"]],
        duration_ms=took.round(2),
        refused=rows["kind"] == _REFUSED,
    )
    on = sessions["aml_enabled"].to_numpy(dtype=bool)[rows["row"].to_numpy()]
    return _of_sessions(rows[on | ~asks_memory].drop(columns="kind"), sessions, "t")


def _steps(rng: np.random.Generator, sessions: pd.DataFrame, started: Whole) -> pd.DataFrame:
    """Draw which of the twelve steps each session took; those that ask the memory, only with it."""
    import pandas as pd

    row = np.repeat(np.arange(len(sessions)), len(_STEPS))
    place = np.tile(np.arange(len(_STEPS)), len(sessions))
    phase, name, share, why = (np.array(each, dtype=object) for each in zip(*_STEPS, strict=True))
    off = ~sessions["aml_enabled"].to_numpy(dtype=bool)[row]
    asks = phase[place] == "Before"
    done = (rng.random(len(row)) < share[place].astype(float)) & ~(off & asks)
    reason = np.where(off & asks, "the memory was off", why[place])
    rows = pd.DataFrame(
        {
            "row": row,
            "n": place + 1,
            "phase": phase[place],
            "name": name[place],
            "status": np.where(done, "done", "skipped"),
            "reason": np.where(done, "", reason),
            "seconds": started[row] + np.where(asks, 200, TALK_S - 10),
        }
    )
    return _of_sessions(rows, sessions, "p")


def _of_sessions(rows: pd.DataFrame, sessions: pd.DataFrame, letter: str) -> pd.DataFrame:
    """Say of which session each row is, when it was, and give it an id."""
    row = rows["row"].to_numpy()
    of: dict[str, Any] = {
        name: sessions[column].to_numpy()[row]
        for name, column in (("session_id", "id"), ("agent", "agent"))
    }
    ids = of["session_id"].astype(str)
    ids = np.char.add(np.char.add(ids, f"-{letter}"), rows["n"].to_numpy().astype(str))
    at = rows["seconds"].to_numpy(dtype=np.int64)
    instants = at.astype("datetime64[s]").astype("datetime64[us]")
    kept = rows.drop(columns=["row", "seconds"])
    return kept.assign(id=ids.astype(object), recorded_at=instants, **of)
