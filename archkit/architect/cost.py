"""What a turn cost: by the prices that genai-prices ships, of the model that answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archkit.architect.dialogue import Tokens

if TYPE_CHECKING:
    from anthropic.types.beta import BetaMessage

__all__ = ["cost_usd", "tokens_of"]


def tokens_of(message: BetaMessage) -> Tokens:
    """Return the tokens of a reply; servers that count none give zeros."""
    usage = message.usage
    if not usage:
        return Tokens()
    return Tokens(
        input=usage.input_tokens or 0,
        output=usage.output_tokens or 0,
        cache_read=usage.cache_read_input_tokens or 0,
        cache_write=usage.cache_creation_input_tokens or 0,
    )


def cost_usd(message: BetaMessage) -> float | None:
    """Return what a reply cost in US dollars, or None: not a Claude model, or no known price."""
    if not str(message.model).startswith("claude") or not message.usage:
        return None
    from genai_prices import extract_usage

    try:
        # its own reader: Anthropic's input tokens leave the cached ones out, its Usage counts them
        usage = extract_usage(message.model_dump(), provider_id="anthropic")
        return float(usage.calc_price().total_price)
    except (LookupError, ValueError):
        return None
