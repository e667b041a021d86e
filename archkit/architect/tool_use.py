"""Running the tools of one answer: each call kept, what is not offered refused in clear words."""

from __future__ import annotations

import inspect
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from archkit.architect.dialogue import Message, ToolCall
from archkit.architect.tool import Tool, ToolFailedError, as_text

if TYPE_CHECKING:
    from archkit.architect.tools import ToolBox

__all__ = ["ToolUse"]

Block = dict[str, Any]


class ToolUse:
    """The box's tools as the SDK's runner takes them.

    Parameters
    ----------
    box
        The tools.
    keep
        Is told every call, when it is done.
    number
        Gives each call its number in the session.
    """

    def __init__(
        self, box: ToolBox, keep: Callable[[ToolCall], None], number: Callable[[], int]
    ) -> None:
        self._box, self._keep, self._number = box, keep, number
        self._waiting: deque[str] = deque()
        self._results: dict[str, Block] = {}

    def runnables(self) -> list[Any]:
        """Return what `tool_runner(tools=…)` takes."""
        own = [self._runnable(tool) for tool in self._box.offered.values()]
        return [*own, *self._box.server_tools]

    async def run(self, runner: Any, message: Message) -> list[Block]:
        """Run the tools that an answer asks for; `results` has what was done if this breaks off.

        Returns
        -------
        list of dict
            A result for each use, in order.
        """
        uses = _uses(message)
        offered = [use for use in uses if use["name"] in self._box.offered]
        unknown = [use for use in uses if use["name"] not in self._box.offered]
        self._waiting, self._results = deque(use["id"] for use in offered), {}
        with _unwarned(bool(unknown)):
            response = await runner.generate_tool_call_response()
        for result in response["content"] if response else ():
            self._results[result["tool_use_id"]] = result
        for use in unknown:
            self._refuse(use)
        return self.results(message)

    def results(self, message: Message) -> list[Block]:
        """Return the results there are; a use that did not come to run is told so."""
        return [self._results.get(use["id"], _not_run(use)) for use in _uses(message)]

    def _runnable(self, tool: Tool) -> Any:
        from anthropic.lib.tools import BetaAsyncBuiltinFunctionTool

        use = self._use

        class Runnable(BetaAsyncBuiltinFunctionTool):
            def to_dict(self) -> Any:
                return tool.definition()

            async def call(self, input: object) -> str:  # noqa: A002
                return await use(tool, input)

        return Runnable()

    async def _use(self, tool: Tool, given: object) -> str:
        from anthropic.lib.tools import ToolError

        use_id = self._waiting.popleft() if self._waiting else ""
        output, failed, refused, granted_by = "interrupted", True, False, ""
        started = time.perf_counter()
        try:
            if not isinstance(given, Mapping):
                raise ToolFailedError("The input must be an object.")
            granted_by = await self._box.permitted(tool, given)
            started = time.perf_counter()  # not the time that the user took
            output = self._box.cleaned(await _run(tool, given))
            failed = False
            return output
        except ToolFailedError as error:
            output, refused = self._box.cleaned(error.text), error.refused
            raise ToolError(output) from error
        except Exception as error:
            output = self._box.cleaned(f"{type(error).__name__}: {error}")
            raise ToolError(output) from error
        finally:
            self._results[use_id] = _result(use_id, output, failed)
            self._keep(
                ToolCall(
                    self._number(),
                    tool.name,
                    given,
                    output,
                    use_id,
                    failed,
                    refused,
                    reason=output if failed else "",
                    duration_ms=(time.perf_counter() - started) * 1000,
                    granted_by=granted_by,
                )
            )

    def _refuse(self, use: Mapping[str, Any]) -> None:
        reason = self._box.why_not(use["name"])
        text = f"{use['name']} is not available: {reason}."
        # the runner's own answer, changed in place: it is what goes into the next request
        self._results[use["id"]]["content"] = text
        self._keep(
            ToolCall(self._number(), use["name"], use["input"], text, use["id"], True, True, reason)
        )


async def _run(tool: Tool, given: Mapping[str, Any]) -> str:
    from anyio.to_thread import run_sync

    run: Any = tool.run
    said = await (run(given) if inspect.iscoroutinefunction(run) else run_sync(run, given))
    return said if isinstance(said, str) else as_text(said)


@contextmanager
def _unwarned(unknown: bool) -> Iterator[None]:
    """Quiet the runner's warning that a tool is not found: the user can do nothing about it."""
    if not unknown:
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def _uses(message: Message) -> list[Mapping[str, Any]]:
    return [block for block in message.content if block["type"] == "tool_use"]


def _result(use_id: str, text: str, failed: bool) -> Block:
    result: Block = {"type": "tool_result", "tool_use_id": use_id, "content": text}
    return {**result, "is_error": True} if failed else result


def _not_run(use: Mapping[str, Any]) -> Block:
    return _result(use["id"], "Not run: the turn was interrupted before.", True)
