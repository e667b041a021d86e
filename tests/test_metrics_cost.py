"""What turns, sessions and months cost, from what was recorded: the unknown stays unknown."""

import pandas as pd
import pytest

from archkit.architect.dialogue import Message, Tokens
from archkit.memory.memory import Memory
from archkit.metrics.cost import cost_by_month, session_costs, turn_costs

PRICES = "genai-prices 1.2.3"


@pytest.fixture
def memory(tmp_path):
    with Memory(tmp_path / "m.duckdb") as memory:
        yield memory


def turn(n, model="claude-x", cost_usd=None, **more):
    prices = PRICES if cost_usd is not None else ""
    tokens = Tokens(input=10, output=5, cache_read=3)
    given = {"model": model, "tokens": tokens, "cost_usd": cost_usd, "prices": prices, **more}
    return Message(n, more.pop("role", "assistant"), "said", **given)


def recorded(memory, session_id, *turns, client="claude"):
    filed = {"session_id": session_id, "agent": "a", "project": "p"}
    started = {"brief": "b", "title": "t", "model": "asked-for", "client": client}
    memory.append("session_started", started, **filed)
    for said in turns:
        memory.append("message", said.as_payload(), **filed)


def test_each_turn_has_its_cost_and_the_price_list_behind_it(memory):
    asked = Message(1, "user", "please")
    recorded(memory, "s", asked, turn(2, cost_usd=0.25), turn(3, "llama", status="interrupted"))
    frame = turn_costs(memory, "s")
    assert list(frame["n"]) == [2, 3]
    assert list(frame["model"]) == ["claude-x", "llama"]
    assert frame["cost_usd"][0] == 0.25
    assert frame["prices"][0] == PRICES
    assert pd.isna(frame["cost_usd"][1])
    assert pd.isna(frame["prices"][1])
    assert list(frame["status"]) == ["complete", "interrupted"]
    assert str(frame["recorded_at"].dt.tz) == "UTC"


def test_sum_of_a_session_says_how_many_turns_have_no_price(memory):
    recorded(memory, "s", turn(1, cost_usd=0.25), turn(2), turn(3, cost_usd=0.5))
    recorded(memory, "cut", turn(1, cost_usd=0.25, status="interrupted"))
    recorded(memory, "free", turn(1, "llama"), client="local")
    frame = session_costs(memory).set_index("session_id")
    assert frame.loc["s", ["turns", "cost_usd", "unpriced_turns"]].tolist() == [3, 0.75, 1]
    assert frame.loc["cut", ["cost_usd", "unpriced_turns"]].tolist() == [0.25, 1]
    assert pd.isna(frame.loc["free", "cost_usd"])
    assert frame.loc["free", "unpriced_turns"] == 1


def test_months_are_summed_by_client_and_model(memory):
    recorded(memory, "s", turn(1, cost_usd=0.25), turn(2, "llama"))
    recorded(memory, "t", turn(1, cost_usd=0.5))
    frame = cost_by_month(memory)
    assert list(frame["model"]) == ["claude-x", "llama"]
    assert frame["sessions"].tolist() == [2, 1]
    assert frame["cost_usd"][0] == 0.75
    assert pd.isna(frame["cost_usd"][1])
    assert frame["unpriced_turns"].tolist() == [0, 1]
    assert set(frame["month"].dt.day) == {1}
    assert not frame["imported"].any()


def test_memory_without_sessions_gives_empty_frames(memory):
    for frame in (turn_costs(memory, "s"), session_costs(memory), cost_by_month(memory)):
        assert frame.empty
        assert {"cost_usd"} <= set(frame.columns)
