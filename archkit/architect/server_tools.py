"""Web search and fetch: done by Claude's own server, only when asked for, counted and capped."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from archkit.architect.dialogue import Message, ToolCall, clipped
from archkit.errors import SessionError

__all__ = ["WEB_TOOLS", "Web", "server_calls"]

WEB_TOOLS = {"WebSearch": "web_search", "WebFetch": "web_fetch"}
"""The card's names, and those of the API."""

_TYPES = {"web_search": "web_search_20260318", "web_fetch": "web_fetch_20260318"}
_MOST_FETCHED_TOKENS = 20_000
_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/[^\s?#]*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Web:
    """How far a session may go into the web.

    Parameters
    ----------
    max_uses
        How often each tool may be used in one request; every search costs money.
    allowed_domains
        The only domains to be read, without a scheme ("docs.python.org"); empty for all.

    Raises
    ------
    SessionError
        A number below one, or a domain that is none.
    """

    max_uses: int = 5
    allowed_domains: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check what would only be refused by the server, in the middle of a session."""
        wrong = [name for name in self.allowed_domains if not _DOMAIN.fullmatch(name)]
        if self.max_uses < 1 or wrong:
            raise SessionError(
                f"The web cannot be used like this: {wrong[0] if wrong else self.max_uses!r}.",
                why="A domain is written without a scheme; max_uses is 1 or more.",
                mend='Write Web(max_uses=5, allowed_domains=("docs.python.org",)), or web=True.',
            )

    @classmethod
    def of(cls, given: Web | bool) -> Web | None:
        """Return what a setting stands for; None is no web at all."""
        return given if isinstance(given, Web) else cls() if given else None

    def definitions(self, names: Collection[str]) -> list[dict[str, Any]]:
        """Return what a request's `tools` hold for the card's tools of these names."""
        domains = {"allowed_domains": list(self.allowed_domains)} if self.allowed_domains else {}
        return [
            {
                "type": _TYPES[name],
                "name": name,
                "max_uses": self.max_uses,
                "allowed_callers": ["direct"],
                **({"max_content_tokens": _MOST_FETCHED_TOKENS} if name == "web_fetch" else {}),
                **domains,
            }
            for card_name, name in WEB_TOOLS.items()
            if card_name in names
        ]


def server_calls(message: Message, number: Callable[[], int]) -> Iterator[ToolCall]:
    """Give the uses of the server's tools that an answer holds, as they are kept.

    Parameters
    ----------
    message
        An answer; its blocks stay as they are, since the next request must hold them too.
    number
        Gives each its number in the session.
    """
    names = {name: card_name for card_name, name in WEB_TOOLS.items()}
    results = {b["tool_use_id"]: b for b in message.content if "tool_use_id" in b}
    for block in message.content:
        if block["type"] != "server_tool_use":
            continue
        output, failed = _outcome(results.get(block["id"]))
        yield ToolCall(
            number(),
            names.get(block["name"], block["name"]),
            block.get("input", {}),
            output,
            block["id"],
            is_error=failed,
            reason=output if failed else "",
            granted_by="web",
        )


def _outcome(result: Mapping[str, Any] | None) -> tuple[str, bool]:
    """Return what came of a use in words: the pages found or read, not what they say."""
    content = result.get("content") if result else None
    if isinstance(content, Mapping) and "error_code" in content:
        return f"failed: {content['error_code']}", True
    pages = content if isinstance(content, list) else [content]
    named = [_page(page) for page in pages if isinstance(page, Mapping) and page.get("url")]
    return "\n".join(named) or "no result", False


def _page(page: Mapping[str, Any]) -> str:
    return " ".join(part for part in (clipped(page.get("title") or "", 120), page["url"]) if part)
