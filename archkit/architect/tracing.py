"""The spans of one step of a session in one tree, where OpenTelemetry listens.

The SDK makes the spans; but a tool's has no parent of its own, since the loop here runs the tools.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["one_tree"]

_ID, _OPTION = "gen_ai.conversation.id", "conversation_id"


@contextmanager
def one_tree(client: Any) -> Iterator[None]:
    """Have the spans made meanwhile in one tree, below a span that holds no content.

    Parameters
    ----------
    client
        The client that makes them; where its tracing is off, or it is none of the SDK, nothing is
        done.
    """
    options = getattr(client, "open_telemetry", None)
    if not options or not options["traces"]["enabled"]:
        yield
        return
    from opentelemetry import trace

    tracer = trace.get_tracer("archkit", tracer_provider=options.get("tracer_provider"))
    known = {_ID: options[_OPTION]} if options.get(_OPTION) else {}
    with tracer.start_as_current_span(
        "archkit.step",
        attributes=known,
        record_exception=False,  # its words may hold what was said
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        except BaseException as error:
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(trace.StatusCode.ERROR)
            raise
