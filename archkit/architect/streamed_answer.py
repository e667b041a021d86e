"""One answer of the model: its text as it comes, and what is there when it stops."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

from archkit.architect.cost import cost_of, tokens_of
from archkit.architect.dialogue import Message
from archkit.architect.failures import broken_off, not_a_model, unreadable

__all__ = ["Answer"]

_STREAMS = ("event-stream", "vnd.amazon.eventstream")
_NEEDED = {"text": ("text",), "tool_use": ("id", "name")}
_UNREADABLE = (ValueError, LookupError, AssertionError, AttributeError, TypeError, RuntimeError)
"""What the SDK raises at events that are not as the API says: none is an error of its own."""


class Answer:
    """An answer read from a stream of the SDK.

    Parameters
    ----------
    stream
        The stream, not yet read.
    priced
        Whether the model's name says what it costs.
    """

    def __init__(self, stream: Any, *, priced: bool = True) -> None:
        self._stream, self._priced = stream, priced
        self._started = time.perf_counter()
        self.text = ""

    async def read(self, tell: Callable[[str], None]) -> None:
        """Read to the end, telling each piece of text.

        Raises
        ------
        SessionError
            Something else than a model answered, it cannot be read, or it broke off.
        """
        content_type = self._stream.response.headers.get("content-type", "")
        if not any(kind in content_type for kind in _STREAMS):
            raise not_a_model(content_type.split(";")[0])
        try:
            await self._read(tell)
            whole = self._stream.current_message_snapshot
            _as_objects(whole)
            if whole.stop_reason is not None:
                _content(whole)
                _ended(whole)
        except _UNREADABLE as error:
            raise unreadable(error, partial=bool(self.text)) from error
        if whole.stop_reason is None:
            raise broken_off()

    async def _read(self, tell: Callable[[str], None]) -> None:
        try:
            async for event in self._stream:
                if event.type == "text":
                    self.text += event.text
                    tell(event.text)
        except AttributeError:
            # a server that counts no tokens: the SDK stumbles after it took in how the answer ended
            if self._stream.current_message_snapshot.stop_reason is None:
                raise

    @property
    def stop_details(self) -> Any:
        """What the server says about a refusal."""
        return self._stream.current_message_snapshot.stop_details

    def message(self, n: int, *, status: str) -> Message:
        """Return what has arrived, whole or not."""
        spent = (time.perf_counter() - self._started) * 1000
        try:
            whole = self._stream.current_message_snapshot
            content, stop_reason = _content(whole), _ended(whole)
        except _UNREADABLE:  # not even its beginning arrived, or it is no answer: only text is left
            return Message(n, "assistant", self.text, duration_ms=spent, status=status)
        cost = cost_of(whole) if self._priced else None
        return Message(
            n=n,
            role="assistant",
            text="".join(b["text"] for b in content if b["type"] == "text"),
            content=content,
            model=str(whole.model),
            stop_reason=stop_reason,
            tokens=tokens_of(whole),
            cost_usd=cost.usd if cost else None,
            prices=cost.prices if cost else "",
            duration_ms=spent,
            status=status,
        )


def _as_objects(whole: Any) -> None:
    """Make each tool's input an object, in place: the server refuses a history with others."""
    for block in whole.content:
        if block.type == "tool_use" and not isinstance(block.input, dict):
            block.input = {} if block.input is None else {"input": block.input}


def _content(whole: Any) -> tuple[dict[str, Any], ...]:
    """Return an answer's blocks in plain JSON.

    Raises
    ------
    ValueError
        A block lacks what it must have.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of fields that are not as the API says
        dumped = tuple(b.model_dump(mode="json", exclude_none=True) for b in whole.content)
    for block in dumped:
        kind = block.get("type")
        for name in ("type", *_NEEDED.get(str(kind), ())):
            if not isinstance(block.get(name), str):
                raise ValueError(f"A block of the answer ({kind}) has no {name}.")
    return dumped


def _ended(whole: Any) -> str | None:
    stop_reason = whole.stop_reason
    if stop_reason is not None and not isinstance(stop_reason, str):
        raise ValueError(f"The answer's stop reason is no text: {stop_reason!r}.")
    return stop_reason
