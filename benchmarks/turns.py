"""What archkit adds to each turn of a session, beside the SDK alone; prints tables.

`python benchmarks/turns.py [--turns 60]`. The model is scripted and answers at once, so that what
is left of a turn is everything but the model's time: the SDK, the tool, and what is written down.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "tests" / "architect"))

import socket_server
from anthropic import AsyncAnthropic
from scripted_client import asking, text, use

from archkit.architect.client import offline_client
from archkit.architect.loop import portal
from archkit.architect.offline import Turn
from archkit.architect.session import Session
from archkit.errors import SessionError
from archkit.memory.memory import Memory

BRIEF = "Stop the N+1 queries in the posts API"
SHOWN, CANCELLED, LONG = 40, 20, 200
Gaps = list[float]
Measured = tuple[Gaps, float | None]  # wall times, and the processor time of one


class Script:
    """A model that calls a tool `turns` times and then asks; it notes when it is not at work."""

    def __init__(self, turns: int) -> None:
        self.left, self.gaps = turns, Gaps()
        self._answered = self._began = self._busy = 0.0

    @property
    def measured(self) -> Measured:
        """The milliseconds of each turn, and the processor's for one, the model's own included."""
        return self.gaps, (self._busy - self._began) * 1000 / len(self.gaps)

    def heard(self) -> list[dict[str, Any]]:
        """Note how long the other side took since the last answer; return the next one."""
        if self._answered:
            self.gaps.append((time.perf_counter() - self._answered) * 1000)
            self._busy = time.process_time()
        self.left -= 1
        return [use("LS", f"toolu_{self.left}")] if self.left > 0 else [asking("users")]

    def answered(self) -> None:
        """Note that the answer is out."""
        self._began = self._began or time.process_time()
        self._answered = time.perf_counter()

    def respond(self, _: Any) -> Turn:
        """Answer offline."""
        blocks = tuple(self.heard())
        self.answered()
        return Turn(blocks, "tool_use")

    def steps(self, _: Any) -> list[Any]:
        """Answer on a socket."""
        return [*socket_server.answer(*self.heard()), self.answered]


@contextmanager
def held(client: Any, *, remembers: bool = True, **settings: Any) -> Iterator[Session]:
    """Return a session on a small project, with a memory of its own or without."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Path(folder, "shop")
        shop.mkdir()
        (shop / "README.md").write_text("# Shop\n")
        given = {"workspace": shop, "client": client, **settings}
        if not remembers:
            yield Session("backend-architect", **given)
            return
        with Memory(Path(folder, "m.duckdb")) as memory:
            memory.drain()  # the file is there, as in any session but the first
            yield Session("backend-architect", memory, **given)


@contextmanager
def connected(respond: Callable[[Any], list[Any]]) -> Iterator[AsyncAnthropic]:
    """Return a client of a server on a socket of this machine."""
    with socket_server.SocketServer(respond=respond) as server:
        client = AsyncAnthropic(api_key="test", base_url=server.url, max_retries=0)
        yield client
        portal().call(client.close)


def offline_turns(turns: int) -> Measured:
    """Return the milliseconds of each turn over the offline transport."""
    script = Script(turns)
    with held(offline_client(script.respond), max_turns=turns + 1) as session:
        session.brief(BRIEF)
    return script.measured


def socket_turns(turns: int, *, remembers: bool = True) -> Measured:
    """Return the milliseconds of each turn over a socket."""
    script = Script(turns)
    with (
        connected(script.steps) as client,
        held(client, max_turns=turns + 1, remembers=remembers) as session,
    ):
        session.brief(BRIEF)
    return script.measured


def sdk_turns(turns: int) -> Measured:
    """Return the same of the SDK's own loop, with a tool that does nothing."""
    from anthropic import beta_async_tool

    @beta_async_tool(name="LS", description="List.", input_schema={"type": "object"})
    async def ls() -> str:
        return "README.md"

    @beta_async_tool(name="ask_questions", description="Ask.", input_schema={"type": "object"})
    async def ask(questions: Any = None) -> str:
        return "asked"

    async def loop(client: AsyncAnthropic) -> None:
        runner = client.beta.messages.tool_runner(
            model="claude-sonnet-5-5",
            max_tokens=16_000,
            messages=[{"role": "user", "content": BRIEF}],
            tools=[ls, ask],
            max_iterations=turns,
            stream=True,
            thread=False,
        )
        async for stream in runner:
            async for _ in stream:
                pass

    script = Script(turns)
    with connected(script.steps) as client:
        portal().call(loop, client)
    return script.measured


def first_texts(times: int) -> Measured:
    """Return the milliseconds from when the first text is on the wire until it is shown."""
    sent, shown = Gaps(), Gaps()
    going = threading.Event()

    def steps(_: Any) -> list[Any]:
        said = socket_server.answer(text("Half an answer"), until=3, then=[])
        going.clear()
        # what is on the wire stays alone there until it was shown
        return [
            *said[:-1],
            lambda: sent.append(time.perf_counter()),
            said[-1],
            going.wait,
            *_rest(),
        ]

    def show(_: str) -> None:
        if len(shown) < len(sent):
            shown.append(time.perf_counter())
        going.set()

    with connected(steps) as client:
        for _ in range(times):
            with held(client, remembers=False, on_text=show) as session:
                session.brief(BRIEF)
    return [(b - a) * 1000 for a, b in zip(sent, shown, strict=True)], None


def _rest() -> list[bytes]:
    whole = socket_server.answer(text("Half an answer"))
    return whole[4:]


def cancels(times: int) -> Measured:
    """Return the milliseconds from `cancel` until the step has ended, its text kept."""
    took = Gaps()

    def stall(_: Any) -> list[Any]:
        return socket_server.answer(text("Half an answer"), until=3, then=[socket_server.STALL])

    with connected(stall) as client:
        for _ in range(times):
            heard, began = threading.Event(), Gaps()
            with held(client, on_text=lambda _, heard=heard: heard.set()) as session:

                def stop(session: Session = session, heard: Any = heard, at: Gaps = began) -> None:
                    heard.wait()
                    at.append(time.perf_counter())
                    session.cancel()

                thread = threading.Thread(target=stop)
                thread.start()
                try:
                    session.brief(BRIEF)
                except SessionError:
                    took.append((time.perf_counter() - began[0]) * 1000)
                thread.join()
                assert session.transcript[-1].status == "interrupted"
    return took, None


def resumes(turns: int, times: int) -> tuple[Measured, float]:
    """Return the milliseconds of taking a session of so many turns up, and its megabytes."""
    took = Gaps()
    script = Script(turns)
    with held(offline_client(script.respond), max_turns=turns + 1) as session:
        session.brief(BRIEF)
        place, memory = session._workspace, session._memory
        for _ in range(times):
            began = time.perf_counter()
            Session.resume(session.session_id, memory, workspace=place, client="offline")
            took.append((time.perf_counter() - began) * 1000)
        tracemalloc.start()
        again = Session.resume(session.session_id, memory, workspace=place, client="offline")
        size = tracemalloc.get_traced_memory()[0] / 1e6
        tracemalloc.stop()
        assert len(again.transcript) == len(session.transcript) > 2 * turns
    return (took, None), size


def fsyncs(times: int) -> Measured:
    """Return the milliseconds of writing two lines so that they are on the disk: one turn's."""
    took = Gaps()
    with tempfile.TemporaryDirectory() as folder, Path(folder, "lines").open("ab") as file:
        for _ in range(times):
            began = time.perf_counter()
            for _ in range(2):
                file.write(b"x" * 600 + b"\n")
                file.flush()
                os.fsync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    return took, None


def row(name: str, measured: Measured) -> str:
    """Return a line of the table."""
    gaps, busy = measured
    ordered = sorted(gaps)
    p95 = ordered[int(len(ordered) * 0.95)]
    quarter = max(len(gaps) // 4, 1)
    first, last = (statistics.median(part) for part in (gaps[:quarter], gaps[-quarter:]))
    figures = (statistics.median(gaps), p95, max(gaps), first, last)
    told = [f"{ms:.1f}" for ms in figures] + ["" if busy is None else f"{busy:.1f}"]
    return f"| {name} | {len(gaps)} | " + " | ".join(told) + " |"


def main(words: list[str]) -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--turns", type=int, default=60)
    turns = options.parse_args(words).turns
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(f"Python {platform.python_version()}; {cores} cores, load {load:.1f} at the start\n")
    print(
        "| what, in ms | n | p50 | p95 | most | p50 of the first quarter | of the last "
        "| processor, one |"
    )
    print("|---|---|---|---|---|---|---|---|")
    offline_turns(5)  # imports
    without = partial(socket_turns, remembers=False)
    print(row("turn, offline transport, written to the memory", offline_turns(turns)))
    print(row("turn, socket, written to the memory", socket_turns(turns)))
    print(row("turn, socket, without a memory", without(turns)))
    print(row("beside it: the SDK's own loop, socket", sdk_turns(turns)))
    print(row("beside it: two lines on the disk, as a turn writes them", fsyncs(turns)))
    print(row("first text on the wire until it is shown", first_texts(SHOWN)))
    print(row("cancel until the step has ended", cancels(CANCELLED)))
    taken_up, size = resumes(LONG, 10)
    print(row(f"a session of {LONG} turns taken up", taken_up))
    print(f"\nA session of {LONG} turns, taken up, holds {size:.1f} MB of Python objects.")


if __name__ == "__main__":
    main(sys.argv[1:])
