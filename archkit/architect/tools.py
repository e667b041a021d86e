"""The tools a session offers: reading, its own and the memory's; others as far as they are granted.

What the card lists and archkit does not offer is named in `withheld`, with the reason; a model that
calls one is told so.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.architect import mcp_tools
from archkit.architect.card_rules import CardRules
from archkit.architect.dialogue import ToolCall
from archkit.architect.mcp_config import read_mcp_servers
from archkit.architect.mcp_servers import McpConnections
from archkit.architect.opened import Opened
from archkit.architect.own_tools import MEMORY_OFF, MEMORY_TOOLS, MOST_QUESTIONS, OwnTools
from archkit.architect.permission import GATED, SAME, Ask, Permissions
from archkit.architect.server_tools import WEB_TOOLS, Web
from archkit.architect.session_memory import SessionMemory
from archkit.architect.shell import Shell
from archkit.architect.tool import Tool, cut
from archkit.architect.workspace_tools import workspace_tools
from archkit.architect.writing_tools import writing_tools
from archkit.memory.redact import redact_text, relative_paths
from archkit.records import utc_now

if TYPE_CHECKING:
    from archkit.architect.card import AgentCard
    from archkit.architect.child import Child, Children
    from archkit.architect.client import ChosenClient

__all__ = ["MOST_QUESTIONS", "SessionMemory", "ToolBox"]

_FOR_CHILDREN = {
    *("Read", "Grep", "Glob", "LS", "TodoWrite"),
    *("get_task_briefing", "query_patterns", "find_solution"),
}
_LISTED = {*GATED, *WEB_TOOLS, "Task", "Read", "Grep", "Glob", "LS", "TodoWrite"}
_MCP_OFF = "MCP servers are programs that run here: they are off unless mcp= names them"
_WEB_OFF = "a session stays on this machine, but for the model itself, unless web=True"


class ToolBox(OwnTools):
    """The tools of one session, and what was done with them; see `OwnTools` for its own.

    Parameters
    ----------
    card
        Says which tools are wanted, and whose session it is.
    workspace
        The folder the file tools are kept inside.
    memory
        None leaves the memory's tools out.
    session_id
        What a lesson or a pattern belongs to.
    now
        The clock.
    permissions
        What may be done beyond reading: "read_only", rules, a callback that is asked, or
        `Permissions`.
    web
        Whether Claude may search and read the web, and how far.
    mcp
        Which servers of the project's `.mcp.json` may be started: True for all that the card
        names, or their names.
    client
        Who answers: only Claude has the web, and offline no other agent does.
    project
        What briefings are for and child sessions are filed under.
    parent
        The card of the session that this one is a child of: it only reads, as far as both cards do.

    Attributes
    ----------
    offered, withheld, server_tools
        The tools by name; the names the card lists beside them, with the reason; what the model's
        own server runs, as requests name it.
    files_modified
        What Write and Edit changed, as seen from the workspace, in order.
    notices
        What the user should know of: servers that are not there or fail.
    """

    def __init__(
        self,
        card: AgentCard,
        workspace: Path,
        memory: SessionMemory | None,
        *,
        session_id: str,
        now: Callable[[], datetime] = utc_now,
        permissions: Permissions | str | Iterable[str] | Ask = "read_only",
        web: Web | bool = False,
        mcp: bool | Sequence[str] = False,
        client: ChosenClient | None = None,
        project: str = "",
        parent: AgentCard | None = None,
    ) -> None:
        super().__init__(
            workspace, memory, agent=card.name, session_id=session_id, project=project, now=now
        )
        self._card, self._rules, self._parent = card, CardRules(card), parent
        self.permissions, self._web, self._client = Permissions.of(permissions), Web.of(web), client
        self.files_modified: list[str] = []
        self.notices: list[str] = []
        self._shell = Shell(workspace)
        self._servers, self._no_server = self._chosen_servers(mcp)
        self._opened = Opened(self._shell, self._servers)
        weakref.finalize(self, self._opened.abandon).atexit = False
        self._children: Children | None = None
        if client is not None and client.kind != "offline" and parent is None:
            from archkit.architect.child import Children

            self._children = Children(
                *(card, workspace, memory, client),
                session_id=session_id,
                project=project,
                now=now,
                notices=self.notices,
            )
        self._mcp_on, self._connected, self._ungranted = bool(mcp), False, set[str]()
        self.offered = {tool.name: tool for tool in self._chosen()}
        self.server_tools = self._web.definitions(self._web_tools()) if self._web else []
        self.withheld = self._withheld()
        for server in self._no_server:
            self._notice(server)

    @property
    def children(self) -> list[Child]:
        """The child sessions that are over."""
        return list(self._children.over) if self._children else []

    def limit_children(
        self, left_usd: Callable[[], float | None], over: Iterable[Child] = ()
    ) -> None:
        """Hold child sessions to what their parent may still spend; `over` ran before."""
        if self._children is not None:
            self._children.left_usd = left_usd
            self._children.restore(over)

    def leave_memory(self) -> None:
        """Offer no tool of the memory from now on, here and to child sessions."""
        self._memory = None
        self.offered = {n: tool for n, tool in self.offered.items() if n not in MEMORY_TOOLS}
        self.withheld = self._withheld()
        if self._children is not None:
            self._children.leave_memory()

    async def connect(self) -> None:
        """Start the MCP servers that may be started, if they were not, and offer their tools."""
        if not self._servers.by_name or self._connected:
            return
        self._opened.expect()
        await self._servers.connect()
        self._connected = True
        for name, connection in self._servers.by_name.items():
            if connection.failure:
                self._no_server[name] = self.cleaned(connection.failure)
                self._notice(name)
            found = mcp_tools.tools_of(connection, self._card, self._servers.call_s)
            may = [t for t in found if t.use is None or self.permissions.may_grant(t.name)]
            self._ungranted |= {tool.name for tool in found if tool not in may}
            self.offered |= {tool.name: tool for tool in may}
        self.withheld = self._withheld()

    async def permitted(self, tool: Tool, given: Mapping[str, Any]) -> str:
        """Return by whom a use of a tool is granted, "" where it needs no permission.

        Raises
        ------
        ToolFailedError
            It is refused; or its input is none that could be granted.
        """
        if tool.use is None:
            return tool.granted_by
        use = tool.use(given)
        self._rules.check(tool.name, use.subject)
        if tool.name == "Bash":
            self._opened.expect()
        return await self.permissions.granted(
            tool.name, given, subject=use.subject, summary=use.summary
        )

    def cleaned(self, text: str) -> str:
        """Return a result as a model may see it: no secret, no path of this machine, cut."""
        plain = text.encode("utf-8", "replace").decode("utf-8")
        return cut(redact_text(relative_paths(plain, self._workspace))[0])

    def close(self) -> None:
        """End the shell and the MCP servers, if there are any; the next use starts them anew."""
        self._connected = False
        self._opened.close()

    async def aclose(self) -> None:
        """End the shell and the MCP servers, inside the loop."""
        self._connected = False
        await self._opened.aclose()

    def restore(self, calls: Iterable[ToolCall]) -> None:
        """Take in what was done in a session before; see `OwnTools.restore`."""
        calls = list(calls)
        super().restore(calls)
        for call in calls:
            if call.tool in ("Write", "Edit") and isinstance(call.input, Mapping):
                self._wrote(os.path.normpath(str(call.input.get("file_path"))))

    def why_not(self, name: str) -> str:
        """Say why a tool is not offered."""
        bare = SAME.get(name.split("(")[0], name.split("(")[0])
        if self._parent is not None:
            return "a child session only reads, and what both cards list"
        if bare.startswith("mcp__"):
            return self._why_no_server(bare)
        if bare in MEMORY_TOOLS:
            return MEMORY_OFF
        if bare in _LISTED and not self._rules.lists(bare):
            return f"the card '{self._card.name}' does not list it"
        if bare in WEB_TOOLS:
            return _WEB_OFF if self._web is None else self._why_no_web()
        if bare == "Task":
            return "the offline architect has no other agents" if self._children is None else ""
        if bare in GATED:
            shut = Shell.why_not(os.environ) if bare == "Bash" else ""
            return shut or self.permissions.why_not(bare)
        return "archkit has no tool of this name"

    def _chosen(self) -> list[Tool]:
        own = [*self.session_tools(), *(self.memory_tools() if self._memory is not None else ())]
        listed = [*workspace_tools(self._workspace), self.todo_tool(), *self._granted_tools()]
        if self._children is not None and self._rules.lists("Task"):
            listed.append(self._children.tool())
        tools = [*own, *(tool for tool in listed if self._rules.lists(tool.name))]
        if self._parent is None:
            return tools
        above = CardRules(self._parent)
        theirs = {tool.name for tool in own} | {t.name for t in listed if above.lists(t.name)}
        return [tool for tool in tools if tool.name in _FOR_CHILDREN & theirs]

    def _granted_tools(self) -> list[Tool]:
        tools = list(writing_tools(self._workspace, self._wrote))
        if not Shell.why_not(os.environ):
            tools.append(self._shell.tool())
        return [tool for tool in tools if self.permissions.may_grant(tool.name)]

    def _web_tools(self) -> list[str]:
        if self._why_no_web():
            return []
        return [name for name in WEB_TOOLS if self._rules.lists(name)]

    def _why_no_web(self) -> str:
        if self._client is None or self._client.kind != "claude":
            return "only Claude's own server searches the web"
        platform = self._client.platform
        return f"{platform.name} does not search the web" if platform else ""

    def _chosen_servers(self, mcp: bool | Sequence[str]) -> tuple[McpConnections, dict[str, str]]:
        if not mcp or self._parent is not None:
            return McpConnections((), self._workspace), {}
        wanted = [mcp] if isinstance(mcp, str) else mcp
        configured, problems = read_mcp_servers(self._workspace, os.environ)
        servers, missing = mcp_tools.chosen_servers(self._card, configured, problems, wanted)
        return McpConnections(tuple(servers.values()), self._workspace), missing

    def _why_no_server(self, tool: str) -> str:
        server = mcp_tools.server_of(tool)
        if not self._mcp_on:
            return _MCP_OFF
        if tool in self._ungranted:
            return self.permissions.why_not(tool)
        found = self._no_server.get(server) or self._no_server.get("")
        if found:
            return found
        if server not in self._servers.by_name:
            return "mcp= does not name its server"
        return "its server has no such tool" if self._connected else "its server is not started yet"

    def _notice(self, server: str) -> None:
        about = f"The MCP server '{server}' is not used" if server else "No MCP server is used"
        notice = f"{about}: {self._no_server[server]}."
        if notice not in self.notices:
            self.notices.append(notice)

    def _withheld(self) -> dict[str, str]:
        there = {*self.offered, *(n for n, api in WEB_TOOLS.items() if self._serves(api))}
        names = (name for name in self._card.tools or () if name != "*")
        bare = {name: SAME.get(name.split("(")[0], name.split("(")[0]) for name in names}
        return {name: self.why_not(name) for name, means in bare.items() if means not in there}

    def _serves(self, api_name: str) -> bool:
        return any(tool["name"] == api_name for tool in self.server_tools)

    def _wrote(self, path: str) -> None:
        if path not in self.files_modified:
            self.files_modified.append(path)
