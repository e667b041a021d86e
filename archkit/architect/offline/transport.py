"""The Messages API inside the process: what the offline architect answers, as a server would.

No socket is opened. Token counts are estimates: about four characters make a token.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import httpx2

from archkit.architect.client import OFFLINE_MODEL

__all__ = ["OfflineTransport", "Respond", "Turn"]

_TEXT_CHUNK = 120
_JSON_CHUNK = 400


class Turn(Protocol):
    """What the offline architect answers: content blocks, and why it stopped."""

    @property
    def blocks(self) -> Sequence[Mapping[str, Any]]:
        """Blocks of type text or tool_use, as in a reply of the API."""
        ...

    @property
    def stop_reason(self) -> str:
        """Such as end_turn or tool_use."""
        ...


Respond = Callable[[dict[str, Any]], Turn]


class OfflineTransport(httpx2.AsyncBaseTransport):
    """Answers ``POST /v1/messages`` by calling a function with the request's body.

    Parameters
    ----------
    respond
        From the body of a request to the assistant's turn; the offline architect by default.
    """

    def __init__(self, respond: Respond | None = None) -> None:
        self._respond = respond

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        from anyio.to_thread import run_sync

        path = request.url.path.rstrip("/")
        raw = await request.aread()
        if request.method != "POST" or path not in ("/v1/messages", "/v1/messages/count_tokens"):
            return _error(
                404, "not_found_error", f"{request.method} {path} is not answered offline."
            )
        try:
            body = json.loads(raw)
        except ValueError:
            return _error(400, "invalid_request_error", "The body is not JSON.")
        if path.endswith("count_tokens"):
            return httpx2.Response(200, json={"input_tokens": _tokens(body)})
        turn = await run_sync(self._respond or _architect(), body, abandon_on_cancel=True)
        message = _message(turn, body, raw)
        if not body.get("stream"):
            return httpx2.Response(200, json=message)
        headers = {"content-type": "text/event-stream; charset=utf-8"}
        return httpx2.Response(200, headers=headers, stream=_Events(_events(message)))


class _Events(httpx2.AsyncByteStream):
    """Server-sent events, one after the other."""

    def __init__(self, events: Iterator[tuple[str, dict[str, Any]]]) -> None:
        self._events = events

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Write each event as the wire has it."""
        for name, data in self._events:
            yield f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()


def _architect() -> Respond:
    from archkit.architect.offline import respond

    return respond


def _message(turn: Turn, body: Mapping[str, Any], raw: bytes) -> dict[str, Any]:
    blocks = [dict(block) for block in turn.blocks]
    usage = {"input_tokens": _tokens(body), "output_tokens": _tokens(blocks)}
    return {
        "id": f"msg_offline_{hashlib.sha256(raw).hexdigest()[:24]}",
        "type": "message",
        "role": "assistant",
        "model": OFFLINE_MODEL,
        "content": blocks,
        "stop_reason": turn.stop_reason,
        "stop_sequence": None,
        "usage": usage,
    }


def _events(message: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    usage = message["usage"]
    start = {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 0}}
    yield "message_start", {"message": start}
    for index, block in enumerate(message["content"]):
        yield from _block_events(index, block)
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield "message_delta", {"delta": delta, "usage": usage}
    yield "message_stop", {}


def _block_events(index: int, block: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if block["type"] == "tool_use":
        empty, key, kind = {**block, "input": {}}, "partial_json", "input_json_delta"
        chunks = _chunks(json.dumps(block["input"]), _JSON_CHUNK)
    else:
        empty, key, kind = {**block, "text": ""}, "text", "text_delta"
        chunks = _chunks(block["text"], _TEXT_CHUNK)
    yield "content_block_start", {"index": index, "content_block": empty}
    for chunk in chunks:
        yield "content_block_delta", {"index": index, "delta": {"type": kind, key: chunk}}
    yield "content_block_stop", {"index": index}


def _chunks(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


def _tokens(value: Any) -> int:
    return -(-len(json.dumps(value, ensure_ascii=False)) // 4)


def _error(status: int, kind: str, message: str) -> httpx2.Response:
    return httpx2.Response(
        status, json={"type": "error", "error": {"type": kind, "message": message}}
    )
