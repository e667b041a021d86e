"""The processes that a session's tools have running: they end with it, and never outlive it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from archkit.architect.loop import before_stop, portal
from archkit.architect.mcp_servers import McpConnections
from archkit.architect.shell import Shell

__all__ = ["Opened"]


class Opened:
    """A shell and MCP servers, as far as they were started.

    It knows nothing of the session: one that is thrown away unclosed ends its processes.
    """

    def __init__(self, shell: Shell, servers: McpConnections) -> None:
        self.shell, self.servers = shell, servers
        self._take_back: Callable[[], None] | None = None

    def expect(self) -> None:
        """Say that something is about to be started: at exit it is ended."""
        if self._take_back is None:
            self._take_back = before_stop(self.close)

    def close(self) -> None:
        """End what was started, from any thread but the loop's."""
        if self._take_back is not None:
            portal().call(self.aclose)

    async def aclose(self) -> None:
        """End what was started, inside the loop."""
        take_back, self._take_back = self._take_back, None
        if take_back is not None:
            take_back()
            await self.shell.aclose()
            await self.servers.aclose()

    def abandon(self) -> None:
        """End what was started, in a thread of its own: garbage is collected in any thread."""
        if self._take_back is not None:
            threading.Thread(target=self.close, daemon=True).start()
