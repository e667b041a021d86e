import pytest
from anthropic.types.beta import BetaMessage

from archkit.architect.cost import cost_usd, tokens_of
from archkit.architect.dialogue import Tokens


def message(model="claude-sonnet-5-5", **usage):
    usage = {"input_tokens": 1000, "output_tokens": 0, **usage}
    fields = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": model}
    return BetaMessage.model_construct(
        **fields, stop_reason="end_turn", usage=BetaMessage.model_validate(
            {**fields, "stop_reason": "end_turn", "stop_sequence": None, "usage": usage}
        ).usage,
    )  # fmt: skip


def test_cached_tokens_are_priced_below_fresh_ones():
    fresh, cached = cost_usd(message()), cost_usd(message(cache_read_input_tokens=1000))
    assert fresh == pytest.approx(0.002)
    assert fresh < cached < 2 * fresh


def test_unknown_model_has_no_price():
    assert cost_usd(message("llama-9")) is None
    assert cost_usd(message("claude-of-tomorrow-9")) is None


def test_server_that_counts_nothing_costs_nothing_known():
    uncounted = message()
    uncounted.usage = None
    assert (tokens_of(uncounted), cost_usd(uncounted)) == (Tokens(), None)


def test_tokens_add_up_by_kind():
    assert Tokens(1, 2, 3, 4) + Tokens(1, 1, 1, 1) == Tokens(2, 3, 4, 5)
    assert tokens_of(message(cache_read_input_tokens=7)) == Tokens(1000, 0, 7, 0)
