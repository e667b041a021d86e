"""One answer of the model: its text as it comes, and what is there when it stops."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from archkit.architect.cost import cost_usd, tokens_of
from archkit.architect.dialogue import Message
from archkit.architect.failures import broken_off, not_a_model, unreadable

__all__ = ["Answer"]


class Answer:
    """An answer read from a stream of the SDK.

    Parameters
    ----------
    stream
        The stream, not yet read.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
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
        if "event-stream" not in content_type:
            raise not_a_model(content_type.split(";")[0])
        try:
            async for event in self._stream:
                if event.type == "text":
                    self.text += event.text
                    tell(event.text)
            stop_reason = self._stream.current_message_snapshot.stop_reason
        except (ValueError, LookupError, AssertionError) as error:
            raise unreadable(error, partial=bool(self.text)) from error
        if stop_reason is None:
            raise broken_off()

    @property
    def stop_details(self) -> Any:
        """What the server says about a refusal."""
        return self._stream.current_message_snapshot.stop_details

    def message(self, n: int, *, status: str) -> Message:
        """Return what has arrived, whole or not."""
        spent = (time.perf_counter() - self._started) * 1000
        try:
            whole = self._stream.current_message_snapshot
        except AssertionError:  # not even its beginning arrived
            return Message(n, "assistant", self.text, duration_ms=spent, status=status)
        content = tuple(block.model_dump(mode="json", exclude_none=True) for block in whole.content)
        return Message(
            n=n,
            role="assistant",
            text="".join(b.get("text", "") for b in content if b["type"] == "text"),
            content=content,
            model=str(whole.model),
            stop_reason=whole.stop_reason,
            tokens=tokens_of(whole),
            cost_usd=cost_usd(whole),
            duration_ms=spent,
            status=status,
        )
