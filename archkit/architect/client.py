"""Which model answers: Claude, a server that speaks its API, or the offline architect."""

from __future__ import annotations

import email.utils
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from archkit.architect.failures import too_long_a_wait
from archkit.errors import SessionError

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

    from archkit.architect.offline.transport import Respond

__all__ = ["LONGEST_WAIT_S", "OFFLINE_MODEL", "ChosenClient", "choose_client", "offline_client"]

LONGEST_WAIT_S = 30.0
"""How long a server may ask to be left alone before the turn ends with an error."""

OFFLINE_MODEL = "archkit-offline"
OFFLINE_URL = "http://archkit.offline"


@dataclass(frozen=True, slots=True)
class ChosenClient:
    """A client not yet made: `kind` is claude, local or offline; `reason` says why this one.

    `owned` is False for one that the user made: it is the user's to close.
    """

    kind: str
    model: str
    reason: str
    make: Callable[[], AsyncAnthropic]
    owned: bool = True


def choose_client(
    env: Mapping[str, str],
    *,
    model: str,
    client: Any = None,
    respond: Respond | None = None,
) -> ChosenClient:
    """Choose who answers; nothing is imported or connected until `make` is called.

    Parameters
    ----------
    env
        The environment. ``ARCHKIT_OFFLINE=1`` decides for offline, ``ANTHROPIC_API_KEY`` or
        ``ANTHROPIC_AUTH_TOKEN`` for Claude, ``ANTHROPIC_BASE_URL`` for any server that speaks its
        API (a key is optional then), nothing of these for offline. ``ARCHKIT_MODEL`` names a model.
    model
        The full model id that the card asks for.
    client
        An `anthropic.AsyncAnthropic` of your own, used as it is; or ``"offline"``.
    respond
        Who answers offline; the offline architect by default.

    Raises
    ------
    SessionError
        `client` is not an asynchronous client.
    """
    env = {key: value for key, value in env.items() if value}
    model = env.get("ARCHKIT_MODEL", model)
    if client == "offline":
        return _offline(respond, "the session was asked to work offline")
    if client is not None:
        return _given(client, model)
    if env.get("ARCHKIT_OFFLINE", "0").lower() not in ("0", "no", "false"):
        return _offline(respond, "ARCHKIT_OFFLINE is set")
    base_url = env.get("ANTHROPIC_BASE_URL", "")
    key, token = env.get("ANTHROPIC_API_KEY"), env.get("ANTHROPIC_AUTH_TOKEN")
    if base_url and not _is_claude(base_url):
        model = env.get("ARCHKIT_MODEL") or env.get("ANTHROPIC_MODEL", model)
        reason = f"ANTHROPIC_BASE_URL is set to the server {urlsplit(base_url).hostname}"
        return ChosenClient("local", model, reason, lambda: _connected(key, token, base_url))
    if key or token:
        name = "ANTHROPIC_API_KEY" if key else "ANTHROPIC_AUTH_TOKEN"
        return ChosenClient(
            "claude", model, f"{name} is set", lambda: _connected(key, token, base_url)
        )
    return _offline(respond, "no ANTHROPIC_API_KEY is set")


def offline_client(respond: Respond | None = None) -> AsyncAnthropic:
    """Return a client that opens no socket: the offline architect answers."""
    from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient

    from archkit.architect.offline.transport import OfflineTransport

    http = DefaultAsyncHttpxClient(transport=OfflineTransport(respond))
    return AsyncAnthropic(api_key="offline", base_url=OFFLINE_URL, http_client=http, max_retries=0)


def _offline(respond: Respond | None, reason: str) -> ChosenClient:
    return ChosenClient("offline", OFFLINE_MODEL, reason, lambda: offline_client(respond))


def _connected(key: str | None, token: str | None, base_url: str) -> AsyncAnthropic:
    from anthropic import AsyncAnthropic

    if not key and not token:
        key = "local"  # servers on one's own machine ask for none, the client insists on one
    return AsyncAnthropic(
        api_key=key, auth_token=token, base_url=base_url or None, middleware=[_cap_waits]
    )


def _given(client: Any, model: str) -> ChosenClient:
    from anthropic import Anthropic, AsyncAnthropic

    if isinstance(client, Anthropic) or not hasattr(client, "beta"):
        raise SessionError(
            f"A session cannot use {type(client).__name__} as its client.",
            why="It streams and can be stopped, so it needs the asynchronous client.",
            mend="Pass anthropic.AsyncAnthropic(…), or leave `client` out.",
        )
    url = str(getattr(client, "base_url", ""))
    plain = isinstance(client, AsyncAnthropic)
    kind = "local" if plain and not _is_claude(url) else "claude"
    kind = "offline" if url.startswith(OFFLINE_URL) else kind
    name = OFFLINE_MODEL if kind == "offline" else model

    def make() -> AsyncAnthropic:
        capped = getattr(client, "with_middleware", None)
        made: AsyncAnthropic = capped(_cap_waits) if capped else client
        return made

    return ChosenClient(
        kind, name, f"the session was given {type(client).__name__}", make, owned=False
    )


def _is_claude(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "anthropic.com" or host.endswith(".anthropic.com")


async def _cap_waits(request: Any, call_next: Callable[[Any], Any]) -> Any:
    """Fail at once where the client would sleep for minutes: a cell must not look frozen."""
    response = await call_next(request)
    if response.status_code >= 429:
        seconds = _asked_to_wait(response.headers)
        if seconds > LONGEST_WAIT_S:
            raise too_long_a_wait(response.status_code, seconds, LONGEST_WAIT_S)
    return response


def _asked_to_wait(headers: Mapping[str, str]) -> float:
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "")
        try:
            return float(value) * unit
        except ValueError:
            continue
    try:
        until = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return 0.0
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return (aware - datetime.now(UTC)).total_seconds()
