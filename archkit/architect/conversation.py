"""The talk with the model: one tool loop of the SDK, streamed, stoppable, kept turn by turn.

Every turn and tool call is handed to `keep` before anything is returned. A turn that breaks off
leaves a history that can be taken up again, in which no tool that ran is asked for twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from archkit.architect.dialogue import Message, ToolCall
from archkit.architect.failures import explained, refused, stopped
from archkit.architect.limits import Limits
from archkit.architect.loop import portal
from archkit.architect.server_tools import server_calls
from archkit.architect.streamed_answer import Answer
from archkit.architect.tool_use import ToolUse
from archkit.architect.tracing import one_tree
from archkit.errors import SessionError
from archkit.memory.redact import redact_value

if TYPE_CHECKING:
    from anyio import CancelScope

    from archkit.architect.client import ChosenClient
    from archkit.architect.stored import StoredSession
    from archkit.architect.tools import ToolBox

__all__ = ["Conversation", "Reply"]

Block = dict[str, Any]
_CLOSING_S = 2.0
_CONNECT_S = 5.0
_FOR_CLAUDE = {
    "claude": {"thinking": {"type": "adaptive"}, "cache_control": {"type": "ephemeral"}},
}
"""What other servers of the API may refuse: thinking, and caching all that was said so far."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a request: the last text, and how it `ended`.

    `ended` is complete, asked (questions to the user), max_tokens or max_turns.
    """

    text: str
    ended: str


class Conversation:
    """One conversation with one model.

    Parameters
    ----------
    chosen
        The client, made when first needed.
    box
        The tools; asking questions ends a turn.
    system
        The system prompt's blocks.
    keep
        Is told every message and tool call, when it is whole.
    limits, spent_usd
        How far it may go, and what it has spent so far.
    max_tokens
        How long each answer may be.

    Attributes
    ----------
    status
        Of the last request: open, interrupted (partial text is kept), cancelled or failed.
    """

    def __init__(
        self,
        chosen: ChosenClient,
        box: ToolBox,
        *,
        system: Sequence[Block],
        keep: Callable[[Message | ToolCall], None],
        limits: Limits,
        spent_usd: Callable[[], float | None],
        max_tokens: int = 16_000,
    ) -> None:
        self._chosen, self._box, self._system = chosen, box, list(system)
        self._keep, self._max_tokens = keep, max_tokens
        self._limits, self._spent_usd = limits, spent_usd
        self._client: Any = None
        self._schema: Mapping[str, Any] | None = None
        self._extras: Mapping[str, Any] = _FOR_CLAUDE.get(chosen.kind, {})
        self._history: list[Block] = []
        self._open: list[Block] | None = None
        self._count = 0
        self._scope: CancelScope | None = None
        self._stopped = False
        self._answer: Answer | None = None
        self.status = "open"

    def ask(
        self,
        request: Sequence[Block],
        *,
        on_text: Callable[[str], None] | None = None,
        on_tool: Callable[[ToolCall], None] | None = None,
        schema: Mapping[str, Any] | None = None,
    ) -> Reply:
        """Send a request and wait for what comes of it.

        Parameters
        ----------
        request
            Content blocks. The same request after a broken turn takes that turn up again.
        on_text, on_tool
            Called in this thread: with each piece of text as it arrives, with each tool call.
        schema
            What the answer should fit, a JSON schema; Claude is held to it, others only asked.

        Raises
        ------
        SessionError
            The turn did not end well; what was said so far is kept as interrupted.
        """
        self._stopped, self.status = False, "open"
        self._check_cost()
        self._schema = schema
        self._add_request(list(request))
        said: SimpleQueue[str | ToolCall | None] = SimpleQueue()
        future = portal().start_task_soon(self._stoppable, said.put)
        future.add_done_callback(lambda _: said.put(None))
        try:
            for piece in iter(said.get, None):
                if isinstance(piece, str) and on_text:
                    on_text(piece)
                elif isinstance(piece, ToolCall) and on_tool:
                    on_tool(piece)
            return future.result()
        except KeyboardInterrupt:
            self._wait_for_stop(future)
            self.status = "interrupted"
            raise stopped("It was interrupted from the keyboard.") from None
        finally:
            if not future.done():  # a callback failed
                self._wait_for_stop(future)

    async def answer(self, request: Sequence[Block]) -> Reply:
        """Send a request from inside the loop, as a child session does; see `ask`."""
        self._stopped, self.status = False, "open"
        self._add_request(list(request))
        return await self._stoppable(lambda _: None)

    def restore(self, session: StoredSession) -> None:
        """Take up a conversation that was broken off in another process."""
        self._history = session.history
        self._open = session.open_request
        self._count = max((said.n for said in session.said), default=0)

    def cancel(self) -> None:
        """Stop the turn that is running, from any thread; its text so far is kept."""
        self._stopped = True
        scope = self._scope
        if scope is not None:
            portal().start_task_soon(scope.cancel)

    def close(self) -> None:
        """Close the connection, if it was made here; the next request opens a new one."""
        if self._client is not None and self._chosen.owned:
            portal().call(self.aclose)
        self._box.close()

    async def aclose(self) -> None:
        """Close it, and what tools left open, from inside the loop."""
        client, self._client = self._client, None
        if client is not None and self._chosen.owned:
            await client.close()
        await self._box.aclose()

    def _wait_for_stop(self, future: Any) -> None:
        self.cancel()
        future.exception()

    def _add_request(self, request: list[Block]) -> None:
        if self._open is not None and self._open in (request, redact_value(request)[0]):
            return
        self._open = request
        self._add_user(request)
        text = "\n\n".join(str(block.get("text", "")) for block in request)
        self._keep(Message(self.number(), "user", text, tuple(request)))

    def _add_user(self, content: list[Block]) -> None:
        if self._history and self._history[-1]["role"] == "user":
            content = [*self._history.pop()["content"], *content]
        self._history.append({"role": "user", "content": content})

    def _add_assistant(self, content: Sequence[Mapping[str, Any]]) -> None:
        if content:
            before: Sequence[Block] = ()
            if self._history and self._history[-1]["role"] == "assistant":  # it had paused
                before = self._history.pop()["content"]
            blocks = [*before, *(dict(block) for block in content)]
            self._history.append({"role": "assistant", "content": blocks})

    async def _stoppable(self, tell: Callable[[str | ToolCall], None]) -> Reply:
        from anyio import CancelScope

        with CancelScope() as scope:
            self._scope = scope
            if self._stopped:
                scope.cancel()
            try:
                return await self._answered(tell)
            finally:
                self._scope = None
                self._keep_partial()
        self.status = "cancelled"
        raise stopped("It was cancelled.")

    async def _answered(self, tell: Callable[[str | ToolCall], None]) -> Reply:
        try:
            if self._client is None:
                self._client = self._chosen.make()
            with one_tree(self._client):
                return await self._asked(tell)
        except Exception as error:
            partial = self._keep_partial()
            self.status = "interrupted" if partial else "failed"
            told = explained(error, kind=self._chosen.kind, partial=partial)
            if told is error:
                raise
            if told.__traceback__:  # it is an error's cause already
                raise told from told.__cause__
            raise told from error

    def _is_too_much(self, error: Exception) -> bool:
        """Say whether the model refused thinking or caching, which it may not know."""
        import anthropic

        named = any(name in str(error) for name in (*self._extras, "output_config"))
        named = named and bool(self._extras)
        return isinstance(error, anthropic.BadRequestError) and named

    async def _asked(self, tell: Callable[[str | ToolCall], None]) -> Reply:
        try:
            return await self._loop(tell)
        except Exception as error:
            if not self._is_too_much(error):
                raise
            self._extras = {}  # an older model: asked again without what it does not know
            return await self._loop(tell)

    async def _loop(self, tell: Callable[[str | ToolCall], None]) -> Reply:
        from anyio import move_on_after

        await self._box.connect()
        tools = ToolUse(self._box, lambda call: self._keep_call(call, tell), self.number)
        runner = self._runner(tools)
        reply = Reply("", "max_turns")
        try:
            async for stream in runner:
                message = await self._read(stream, tell, again=bool(reply.text))
                asked = self._box.asked
                if message.stop_reason == "tool_use":
                    await self._use_tools(tools, runner, message)
                    if self._box.asked is asked:  # it goes on
                        self._check_cost()
                reply = Reply(message.text or reply.text, _end(message))
                if self._box.asked is not asked:
                    reply = Reply(reply.text, "asked")
                    break
        finally:
            with move_on_after(_CLOSING_S, shield=True):
                await runner.close()
        if reply.ended != "max_turns":
            self._open = None
        return reply

    def _format(self) -> Mapping[str, Any]:
        if self._schema is None or self._chosen.kind != "claude" or not self._extras:
            return {}
        return {"output_config": {"format": {"type": "json_schema", "schema": self._schema}}}

    def _check_cost(self) -> None:
        try:
            self._limits.check_cost(self._spent_usd())
        except SessionError:
            self.status = "interrupted"
            raise

    def _runner(self, tools: ToolUse) -> Any:
        client = self._client
        if self._limits.max_wait_s is not None:
            client = client.with_options(timeout=_timeout(self._limits.max_wait_s))
        return client.beta.messages.tool_runner(
            model=self._chosen.model,
            max_tokens=self._max_tokens,
            system=self._system,
            messages=list(self._history),
            tools=tools.runnables(),
            max_iterations=self._limits.max_turns,
            stream=True,
            thread=False,
            **self._extras,
            **self._format(),
        )

    async def _read(
        self, stream: Any, tell: Callable[[str | ToolCall], None], *, again: bool
    ) -> Message:
        """Read one answer of the model, tell its text as it comes, keep it."""
        answer = self._answer = Answer(stream, priced=self._chosen.priced)

        def tell_text(piece: str) -> None:
            tell(piece if answer.text != piece or not again else f"\n\n{piece}")

        await answer.read(tell_text)
        self._answer = None
        message = answer.message(self.number(), status="complete")
        self._keep(message)
        for call in server_calls(message, self.number):
            self._keep_call(call, tell)
        if message.stop_reason == "refusal":
            raise refused(answer.stop_details)
        if message.stop_reason != "tool_use":  # a use that was cut off is not answered: leave it
            self._add_assistant([b for b in message.content if b["type"] != "tool_use"])
        return message

    async def _use_tools(self, tools: ToolUse, runner: Any, message: Message) -> None:
        try:
            await tools.run(runner, message)
        finally:  # whatever ran has its place in the history, so that it is not run again
            results = tools.results(message)
            if results:
                self._add_assistant(message.content)
                self._add_user(results)

    def _keep_call(self, call: ToolCall, tell: Callable[[str | ToolCall], None]) -> None:
        self._keep(call)
        tell(call)

    def _keep_partial(self) -> bool:
        """Keep the text of an answer that broke off; True if there was any."""
        answer, self._answer = self._answer, None
        if answer is None:
            return False
        self._keep(answer.message(self.number(), status="interrupted"))
        return bool(answer.text)

    def number(self) -> int:
        """Return the place of what is said next."""
        self._count += 1
        return self._count


def _timeout(seconds: float) -> Any:
    import httpx2

    return httpx2.Timeout(seconds, connect=min(_CONNECT_S, seconds))


def _end(message: Message) -> str:
    wants_a_tool = any(block["type"] == "tool_use" for block in message.content)
    if message.stop_reason == "pause_turn" or (message.stop_reason == "tool_use" and wants_a_tool):
        return "max_turns"
    cut = message.stop_reason in ("max_tokens", "model_context_window_exceeded")
    return "max_tokens" if cut else "complete"
