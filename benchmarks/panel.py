"""How soon the session panel shows the first text, and how soon it is at rest after Cancel.

`python benchmarks/panel.py [--times 20]`: a client in this process streams a word every 20 ms and
never ends; each time a new session is briefed, its first text awaited, and Cancel pressed.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

PAUSE_S = 0.02
BRIEF = "Stop the N+1 queries in the posts API: 50 posts a page, each with its author and comments"


def endless_client() -> object:
    """Return a client whose every answer goes on until it is stopped."""
    import anyio
    import httpx2
    from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient

    class Words(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for name, data in _beginning():
                yield _event(name, data)
            while True:
                delta = {"type": "text_delta", "text": "word "}
                yield _event("content_block_delta", {"index": 0, "delta": delta})
                await anyio.sleep(PAUSE_S)

    async def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=Words())

    http = DefaultAsyncHttpxClient(transport=httpx2.MockTransport(answer))
    return AsyncAnthropic(api_key="none", http_client=http, max_retries=0)


def _beginning() -> Iterator[tuple[str, dict[str, object]]]:
    usage = {"input_tokens": 100, "output_tokens": 0}
    whole = {"id": "m", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5"}
    whole |= {"content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
    yield "message_start", {"message": whole}
    yield "content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}


def _event(name: str, data: dict[str, object]) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()


def described(widget: Any) -> Iterator[Any]:
    """Give the controls below a widget that have a label."""
    if getattr(widget, "description", ""):
        yield widget
    for child in getattr(widget, "children", ()):
        yield from described(child)


def measured(times: int) -> tuple[list[float], list[float]]:
    """Return how long the first text and the rest after Cancel took, in milliseconds, sorted."""
    from archkit.memory.memory import Memory
    from archkit.widgets import session_panel

    shown, rested = [], []
    with tempfile.TemporaryDirectory() as folder, Memory(Path(folder) / "memory.duckdb") as memory:
        workspace = Path(folder) / "shop"
        workspace.mkdir()
        for _ in range(times):
            panel = session_panel(memory, workspace=workspace, client=endless_client())
            controls = {made.description: made for made in described(panel.widget)}
            controls["Brief"].value = BRIEF
            controls["Start"].click()
            while panel.timings.first_shown_ms is None:
                time.sleep(0.01)
                if panel.error is not None:
                    raise panel.error
            panel.cancel()
            panel.wait()
            shown.append(panel.timings.first_shown_ms)
            rested.append(panel.timings.cancel_ms)
            panel.close()
    return sorted(shown), sorted(rested)


def main(words: list[str]) -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=20)
    times = options.parse_args(words).times
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(f"Python {platform.python_version()}; {cores} cores, load {load:.1f} at the start\n")
    print(f"| in the panel, {times} times | median | longest | target |\n|---|---|---|---|")
    names = ("first text: arrived to sent to the browser", "Cancel: pressed to at rest")
    for name, took, target in zip(names, measured(times), (100, 300), strict=True):
        middle, longest = statistics.median(took), took[-1]
        print(f"| {name} | {middle:.1f} ms | {longest:.1f} ms | {target} ms |")


if __name__ == "__main__":
    main(sys.argv[1:])
