from datetime import UTC, datetime
from types import SimpleNamespace

import genai_prices
import pytest
from anthropic.types.beta import BetaMessage

from archkit.architect.cost import cost_of, tokens_of
from archkit.architect.dialogue import Tokens


def message(model="claude-sonnet-5-5", **usage):
    usage = {"input_tokens": 1000, "output_tokens": 0, **usage}
    fields = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": model}
    return BetaMessage.model_construct(
        **fields, stop_reason="end_turn", usage=BetaMessage.model_validate(
            {**fields, "stop_reason": "end_turn", "stop_sequence": None, "usage": usage}
        ).usage,
    )  # fmt: skip


def usd(*model, **usage):
    return cost_of(message(*model, **usage)).usd


def test_cached_tokens_are_priced_below_fresh_ones():
    fresh, cached = usd(), usd(cache_read_input_tokens=1000)
    assert fresh == pytest.approx(0.002)
    assert fresh < cached < 2 * fresh


def test_each_kind_of_token_and_the_servers_searches_have_their_price():
    kept = {"ephemeral_5m_input_tokens": 1000, "ephemeral_1h_input_tokens": 2000}
    searched = {"web_search_requests": 2, "web_fetch_requests": 1}
    cost = cost_of(
        message(
            output_tokens=100,
            cache_read_input_tokens=500,
            cache_creation_input_tokens=3000,
            cache_creation=kept,
            server_tool_use=searched,
        )
    )
    read, written = 0.002 + 500 * 0.1e-6, 1000 * 2.5e-6 + 2000 * 4e-6
    assert cost.usd == pytest.approx(read + written + 100 * 10e-6 + 2 * 0.01)
    assert cost.prices == f"genai-prices {genai_prices.__version__}"


def test_prices_newer_than_those_shipped_are_named_by_their_day(monkeypatch):
    at = datetime(2026, 11, 20, tzinfo=UTC)
    newer = SimpleNamespace(total_price=0.5, auto_update_timestamp=at)
    usage = SimpleNamespace(calc_price=lambda: newer)
    monkeypatch.setattr(genai_prices, "extract_usage", lambda *_, **__: usage)
    assert cost_of(message()).prices.endswith(" of 2026-11-20")


@pytest.mark.parametrize("model", ["llama-9", "claude-of-tomorrow-9", "", "gpt-5"])
def test_unknown_model_has_no_price(model):
    assert cost_of(message(model)) is None


@pytest.mark.parametrize("usage", [None, 1, "many", {}, {"input_tokens": None}])
def test_server_that_counts_nothing_costs_nothing_known(usage):
    uncounted = message()
    uncounted.usage = usage
    assert (tokens_of(uncounted), cost_of(uncounted)) == (Tokens(), None)


@pytest.mark.parametrize("odd", [-5, True, "1000", 1.5, None])
def test_count_that_is_none_is_no_count(odd):
    counted = message()
    counted.usage = SimpleNamespace(input_tokens=odd, output_tokens=7)
    assert tokens_of(counted) == Tokens(output=7)


def test_tokens_add_up_by_kind():
    assert Tokens(1, 2, 3, 4) + Tokens(1, 1, 1, 1) == Tokens(2, 3, 4, 5)
    assert tokens_of(message(cache_read_input_tokens=7)) == Tokens(1000, 0, 7, 0)
