"""Connections to MCP servers: started, asked and ended inside the background loop.

A connection is opened and closed in one task of its own: its cancel scopes may not be left in
another one. The session's turns only send requests over it.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from archkit.architect.mcp_config import McpServer
from archkit.architect.tool import ToolFailedError

if TYPE_CHECKING:
    import asyncio

    import mcp

__all__ = ["McpConnection", "McpConnections", "Target", "transport"]

START_S = 30.0
CALL_S = 60.0
_CLOSING_S = 8.0
_MOST_TOOLS = 200
_MOST_PAGES = 20
_SAID = 2000

Target = Callable[[McpServer, Path, AsyncExitStack], Any]
"""Gives what `mcp.Client` connects to."""


class McpConnection:
    """One server while a session lasts; `failure` says why it cannot be used, "" if it can."""

    def __init__(self, server: McpServer, root: Path, target: Target) -> None:
        self.server, self._root, self._target = server, root, target
        self.tools: tuple[Any, ...] = ()
        self.failure = ""
        self._client: mcp.Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready: asyncio.Event
        self._done: asyncio.Event

    async def open(self, seconds: float) -> None:
        """Start the server, if it was not yet, and learn its tools; `failure` if it does not."""
        import asyncio

        from anyio import move_on_after

        if self._task is None:
            self._ready, self._done = asyncio.Event(), asyncio.Event()
            self._task = asyncio.get_running_loop().create_task(self._serve())
        with move_on_after(seconds):
            await self._ready.wait()
        if not self._ready.is_set():
            self.failure = f"it gave no answer within {seconds:g} seconds"
            await self.aclose()

    async def call(self, tool: str, given: Mapping[str, Any], seconds: float) -> Any:
        """Call a tool; return the server's result.

        Raises
        ------
        ToolFailedError
            The server is gone, took too long, or refused.
        """
        if self._client is None:
            raise ToolFailedError(f"The server '{self.server.name}' is not there any more.")
        try:
            return await self._client.call_tool(tool, dict(given), read_timeout_seconds=seconds)
        except Exception as error:
            raise ToolFailedError(f"{self.server.name}: {_said(error)}") from error

    async def aclose(self) -> None:
        """End the connection, and the process behind it."""
        import asyncio

        from anyio import CancelScope

        task, self._task = self._task, None
        if task is None:
            return
        self._done.set()
        with CancelScope(shield=True):
            if not self._ready.is_set():
                task.cancel()
            _, late = await asyncio.wait([task], timeout=_CLOSING_S)
            for one in late:
                one.cancel()
            if late:
                await asyncio.wait(late, timeout=_CLOSING_S)

    async def _serve(self) -> None:
        import mcp

        try:
            async with AsyncExitStack() as stack:
                target = self._target(self.server, self._root, stack)
                client = await stack.enter_async_context(mcp.Client(target))
                self.tools = await _all_tools(client)
                self._client = client
                self._ready.set()
                await self._done.wait()
        except Exception as error:  # noqa: BLE001  # a server is another's program: all can happen
            if not self._done.is_set():
                self.failure = self.failure or _said(error)
        finally:
            self._client = None
            self._ready.set()


class McpConnections:
    """The servers of one session.

    Parameters
    ----------
    servers
        Those that may be started.
    root
        Where they are started.
    target
        Gives what a client connects to; a test gives servers inside the process.
    start_s, call_s
        How long a server may take to start, and for a call.
    """

    def __init__(
        self,
        servers: Sequence[McpServer],
        root: Path,
        *,
        target: Target | None = None,
        start_s: float = START_S,
        call_s: float = CALL_S,
    ) -> None:
        self.call_s, self._start_s = call_s, start_s
        made = target or transport
        self.by_name = {server.name: McpConnection(server, root, made) for server in servers}

    async def connect(self) -> None:
        """Start all that were not started, at the same time."""
        from anyio import create_task_group
        from anyio.to_thread import run_sync

        try:
            await run_sync(_import)
        except ImportError:
            for connection in self.by_name.values():
                connection.failure = "the extra is missing: pip install 'archkit[mcp]'"
            return
        async with create_task_group() as group:
            group.start_soon(run_sync, _import_checks)
            for connection in self.by_name.values():
                if not connection.failure:
                    group.start_soon(connection.open, self._start_s)

    async def aclose(self) -> None:
        """End all of them."""
        from anyio import create_task_group

        async with create_task_group() as group:
            for connection in self.by_name.values():
                group.start_soon(connection.aclose)


def transport(server: McpServer, root: Path, stack: AsyncExitStack) -> Any:
    """Return the way to a server: over the streams of a process, or over HTTP."""
    from mcp import StdioServerParameters
    from mcp.client.stdio import stdio_client
    from mcp.client.streamable_http import streamable_http_client
    from mcp.shared._httpx_utils import create_mcp_http_client

    if server.url:

        @asynccontextmanager
        async def over_http() -> AsyncIterator[Any]:
            async with (
                create_mcp_http_client(headers=dict(server.headers)) as http,
                streamable_http_client(server.url, http_client=http) as streams,
            ):
                yield streams

        return over_http()
    command, *args = server.command
    started = StdioServerParameters(command=command, args=args, env=dict(server.env), cwd=root)
    return _explained(stdio_client, started, stack)


@asynccontextmanager
async def _explained(client: Any, started: Any, stack: AsyncExitStack) -> AsyncIterator[Any]:
    """Keep what the process complains of, to say it where the process fails."""
    said = _Complaints()
    stack.callback(said.close)
    try:
        async with client(started, errlog=said.file) as streams:
            yield streams
    except Exception as error:
        words = said.text()
        raise RuntimeError(
            f"{_said(error)}; it said: {words}" if words else _said(error)
        ) from error


class _Complaints:
    """The last of what a process writes on its standard error: none of it reaches the notebook."""

    def __init__(self) -> None:
        read, write = os.pipe()
        self.file: TextIO = os.fdopen(write, "w")
        self._kept = bytearray()
        self._thread = threading.Thread(target=self._read, args=(read,), daemon=True)
        self._thread.start()

    def text(self) -> str:
        return " ".join(self._kept.decode(errors="replace").split())

    def close(self) -> None:
        self.file.close()

    def _read(self, end: int) -> None:
        with os.fdopen(end, "rb", buffering=0) as stream:
            while piece := stream.read(4096):
                self._kept += piece
                del self._kept[:-_SAID]


async def _all_tools(client: mcp.Client) -> tuple[Any, ...]:
    tools: list[Any] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        tools += page.tools
        cursor = page.next_cursor
        if not cursor or len(tools) >= _MOST_TOOLS:
            break
    return tuple(tools[:_MOST_TOOLS])


def _import() -> None:
    import mcp

    if not logging.getLogger(mcp.__name__).handlers:  # else it writes into the notebook
        logging.getLogger(mcp.__name__).addHandler(logging.NullHandler())


def _import_checks() -> None:
    """Import what checks results: it takes seconds, and else it would do so inside the loop."""
    import jsonschema  # noqa: F401


def _said(error: BaseException) -> str:
    """Return what the first real error in a group of them says."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return " ".join(str(error).split())[:500] or type(error).__name__
