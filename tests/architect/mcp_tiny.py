"""A tiny MCP server, for tests: in this process, or as a program of its own on stdin and stdout."""

import os
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

try:
    import uvicorn
    from mcp.server import MCPServer
    from mcp.types import ToolAnnotations
except ImportError:
    import pytest

    pytest.skip("the extra mcp is not installed", allow_module_level=True)

READS = ToolAnnotations(read_only_hint=True)


def tiny(name="tiny"):
    """Return the server."""
    server = MCPServer(name)

    @server.tool(annotations=READS)
    def look(what: str) -> str:
        """Look at something."""
        return f"saw {what}"

    @server.tool()
    def change(what: str) -> str:
        """Change something."""
        return f"changed {what}"

    @server.tool(annotations=READS)
    def table() -> dict[str, int]:
        """Return a table."""
        return {"rows": 3}

    @server.tool(annotations=READS)
    def environment() -> str:
        """Say what is known of the environment."""
        return " ".join(sorted(os.environ)) + f" {os.getpid()} {Path.cwd()}"

    @server.tool(annotations=READS)
    def boom() -> str:
        """Fail."""
        raise ValueError("a secret detail")

    @server.tool(annotations=READS)
    async def stall() -> str:
        """Never answer."""
        import anyio

        await anyio.sleep_forever()
        return ""

    return server


def context7(answer):
    """Return a server with the tools that context7 has now; `answer` is what they say."""
    server = MCPServer("context7")

    @server.tool("resolve-library-id", annotations=READS)
    def resolve(query: str, libraryName: str) -> str:  # noqa: N803
        """Find a library."""
        return f"{answer} {query}|{libraryName}"

    @server.tool("query-docs", annotations=READS)
    def docs(libraryId: str, query: str) -> str:  # noqa: N803
        """Read a library's documentation."""
        return f"{answer} {libraryId}|{query}"

    return server


@contextmanager
def serving(app):
    """Serve an application on this machine; give its port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="none"))
    thread, waiting = threading.Thread(target=server.run), threading.Event()
    thread.start()
    while not server.started:
        waiting.wait(0.02)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(20)


if __name__ == "__main__":
    sys.stdout.write("not a message of the protocol\n")
    sys.stdout.flush()
    sys.stderr.write("the server's own words\n")
    tiny().run("stdio")
