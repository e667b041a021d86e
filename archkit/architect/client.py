"""Which model answers: Claude, a server that speaks its API, or the offline architect."""

from __future__ import annotations

import email.utils
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from archkit.architect.failures import too_long_a_wait
from archkit.architect.platforms import (
    Platform,
    is_on,
    is_synchronous,
    platform_asked_for,
    platform_of,
)
from archkit.architect.profile import credentials_found
from archkit.errors import SessionError

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic, OpenTelemetryOptions

    from archkit.architect.offline.transport import Respond

__all__ = ["LONGEST_WAIT_S", "OFFLINE_MODEL", "ChosenClient", "choose_client", "offline_client"]

LONGEST_WAIT_S = 30.0
"""How long a server may ask to be left alone before the turn ends with an error."""

OFFLINE_MODEL = "archkit-offline"
OFFLINE_URL = "http://archkit.offline"


@dataclass(frozen=True, slots=True)
class ChosenClient:
    """A client not yet made: `kind` is claude, local or offline; `reason` says why this one.

    `owned` is False for one that the user made: it is the user's to close. `platform` is where
    Claude runs if not at its own API. `priced` is False where the price of a model does not follow
    from its name: a server on one's own machine may call a model what it likes.
    """

    kind: str
    model: str
    reason: str
    make: Callable[[], AsyncAnthropic]
    owned: bool = True
    platform: Platform | None = None
    priced: bool = True


def choose_client(
    env: Mapping[str, str],
    *,
    model: str,
    client: Any = None,
    respond: Respond | None = None,
    conversation_id: str | None = None,
) -> ChosenClient:
    """Choose who answers; nothing is imported or connected until `make` is called.

    Parameters
    ----------
    env
        The environment. In this order: ``ARCHKIT_OFFLINE=1`` decides for offline; Claude Code's
        switches, such as ``CLAUDE_CODE_USE_BEDROCK=1``, for a cloud platform;
        ``ANTHROPIC_BASE_URL`` for any server that speaks Claude's API (a key is optional then);
        ``ANTHROPIC_API_KEY``, ``ANTHROPIC_AUTH_TOKEN``, a profile of the SDK or workload identity
        for Claude; nothing of these for offline. ``ARCHKIT_MODEL`` names a model.
    model
        The full model id that the card asks for.
    client
        An `anthropic.AsyncAnthropic` of your own, used as it is; or ``"offline"``.
    respond
        Who answers offline; the offline architect by default.
    conversation_id
        What the spans of all its requests are filed under, where OpenTelemetry records them.

    Raises
    ------
    SessionError
        `client` is not an asynchronous client, or ANTHROPIC_BASE_URL is no address.
    """
    env = {key: value.strip() for key, value in env.items() if value.strip()}
    chosen = _chosen(env, env.get("ARCHKIT_MODEL", model), client, respond)
    if conversation_id is None:
        return chosen
    return replace(chosen, make=lambda: _traced(chosen.make(), conversation_id))


def _chosen(
    env: Mapping[str, str], model: str, client: Any, respond: Respond | None
) -> ChosenClient:
    if client == "offline":
        return _offline(respond, "the session was asked to work offline")
    if client is not None:
        return _given(client, model)
    if is_on(env.get("ARCHKIT_OFFLINE")):
        return _offline(respond, "ARCHKIT_OFFLINE is set")
    platform = platform_asked_for(env)
    if platform is not None:
        model = env.get("ARCHKIT_MODEL") or env.get("ANTHROPIC_MODEL", model)
        reason = f"{platform.switch} asks for {platform.name}"
        return ChosenClient(
            *("claude", model, reason, lambda: platform.make(env, middleware=[_cap_waits])),
            platform=platform,
        )
    return _at_an_address(env, model) or _signed_in(env, model, respond)


def _at_an_address(env: Mapping[str, str], model: str) -> ChosenClient | None:
    """Return the client for a server of another house than Claude's, None if none is named."""
    base_url = env.get("ANTHROPIC_BASE_URL", "")
    if not base_url or _is_claude(base_url):
        return None
    address = urlsplit(base_url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise SessionError(
            "ANTHROPIC_BASE_URL is no address of a server.",
            why="It has no host, or does not begin with http:// or https://.",
            mend="Write it like http://localhost:11434, without /v1; or unset it.",
        )
    model = env.get("ARCHKIT_MODEL") or env.get("ANTHROPIC_MODEL", model)
    reason = f"ANTHROPIC_BASE_URL is set to the server {address.hostname}"
    return ChosenClient(
        *("local", model, reason, lambda: _connected(env, base_url)),
        priced=not _is_this_machine(address.hostname),
    )


def _signed_in(env: Mapping[str, str], model: str, respond: Respond | None) -> ChosenClient:
    """Return Claude's client if there is anything to sign in with, else the offline one."""
    name = next((n for n in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN") if env.get(n)), "")
    reason = f"{name} is set" if name else credentials_found(env)
    if not reason:
        return _offline(respond, "no ANTHROPIC_API_KEY is set")
    base_url = env.get("ANTHROPIC_BASE_URL", "")
    return ChosenClient("claude", model, reason, lambda: _connected(env, base_url))


def offline_client(respond: Respond | None = None) -> AsyncAnthropic:
    """Return a client that opens no socket: the offline architect answers."""
    from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient

    from archkit.architect.offline.transport import OfflineTransport

    http = DefaultAsyncHttpxClient(transport=OfflineTransport(respond))
    return AsyncAnthropic(api_key="offline", base_url=OFFLINE_URL, http_client=http, max_retries=0)


def _offline(respond: Respond | None, reason: str) -> ChosenClient:
    return ChosenClient("offline", OFFLINE_MODEL, reason, lambda: offline_client(respond))


def _connected(env: Mapping[str, str], base_url: str) -> AsyncAnthropic:
    from anthropic import AnthropicError, AsyncAnthropic

    key, token = env.get("ANTHROPIC_API_KEY"), env.get("ANTHROPIC_AUTH_TOKEN")
    if key and token:
        token = None  # the client takes one of them: the key goes first, as in its own order
    if not key and not token and base_url and not _is_claude(base_url):
        key = "local"  # servers on one's own machine ask for none, the client insists on one
    try:
        return AsyncAnthropic(
            api_key=key, auth_token=token, base_url=base_url or None, middleware=[_cap_waits]
        )
    except (AnthropicError, ValueError) as error:
        raise SessionError(
            "The client for Claude could not be made.",
            why=str(error),
            mend="Set ANTHROPIC_API_KEY, or mend the profile that ANTHROPIC_PROFILE or "
            "ANTHROPIC_CONFIG_DIR names; ARCHKIT_OFFLINE=1 works without.",
        ) from error


def _traced(client: AsyncAnthropic, conversation_id: str) -> AsyncAnthropic:
    if not hasattr(client, "open_telemetry"):  # no client of the SDK
        return client
    options: OpenTelemetryOptions = {**client.open_telemetry, "conversation_id": conversation_id}
    return client.with_options(open_telemetry=options)


def _given(client: Any, model: str) -> ChosenClient:
    from anthropic import Anthropic, AsyncAnthropic

    if isinstance(client, Anthropic) or is_synchronous(client) or not hasattr(client, "beta"):
        raise SessionError(
            f"A session cannot use {type(client).__name__} as its client.",
            why="It streams and can be stopped, so it needs the asynchronous client.",
            mend="Pass anthropic.AsyncAnthropic(…), or leave `client` out.",
        )
    url = str(getattr(client, "base_url", ""))
    platform = platform_of(client)
    plain = isinstance(client, AsyncAnthropic) and platform is None
    kind = "local" if plain and not _is_claude(url) else "claude"
    kind = "offline" if url.startswith(OFFLINE_URL) else kind
    name = OFFLINE_MODEL if kind == "offline" else model

    def make() -> AsyncAnthropic:
        capped = getattr(client, "with_middleware", None)
        made: AsyncAnthropic = capped(_cap_waits) if capped else client
        return made

    return ChosenClient(
        *(kind, name, f"the session was given {type(client).__name__}", make),
        owned=False,
        platform=platform,
        priced=kind != "local" or not _is_this_machine(urlsplit(url).hostname or ""),
    )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback or ip_address(host).is_unspecified
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


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
