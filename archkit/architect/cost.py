"""What a turn cost: by the prices that genai-prices ships, of the model that answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archkit.architect.dialogue import Tokens

if TYPE_CHECKING:
    from anthropic.types.beta import BetaMessage

__all__ = ["Cost", "cost_of", "tokens_of"]

_UNPRICED = (LookupError, ValueError, TypeError, AttributeError)
"""An unknown model, or a usage that is not as the API says."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a turn cost in US dollars, and by which price list: its package and version."""

    usd: float
    prices: str


def tokens_of(message: BetaMessage) -> Tokens:
    """Return the tokens of a reply; servers that count none give zeros."""
    usage = message.usage
    return Tokens(
        input=_count(usage, "input_tokens"),
        output=_count(usage, "output_tokens"),
        cache_read=_count(usage, "cache_read_input_tokens"),
        cache_write=_count(usage, "cache_creation_input_tokens"),
    )


def cost_of(message: BetaMessage) -> Cost | None:
    """Return what a reply cost, or None: not a Claude model, no known price, or nothing counted.

    Cached tokens, the two kinds of writing to the cache and the server's web searches each have
    their price. It is the list price at the time, stored with the turn and never computed again.
    """
    if not str(message.model).startswith("claude") or not message.usage:
        return None
    import genai_prices

    try:
        # its own reader: Anthropic's input tokens leave the cached ones out, its Usage counts them
        usage = genai_prices.extract_usage(_counted(message), provider_id="anthropic")
        price = usage.calc_price()
    except _UNPRICED:
        return None
    prices, updated = f"genai-prices {genai_prices.__version__}", price.auto_update_timestamp
    if updated is not None:  # somebody has it fetch newer prices than it ships
        prices += f" of {updated:%Y-%m-%d}"
    return Cost(float(price.total_price), prices)


def _counted(message: BetaMessage) -> dict[str, Any]:
    return {"model": message.model, "usage": message.usage.model_dump(warnings=False)}


def _count(usage: object, name: str) -> int:
    value = getattr(usage, name, None)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
