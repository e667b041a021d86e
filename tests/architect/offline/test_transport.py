from types import SimpleNamespace

import anthropic
import anyio
import pytest

from archkit.architect.client import offline_client
from archkit.architect.offline.transport import OfflineTransport

BODY = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "Grüße"}]}
BLOCKS = [
    {"type": "text", "text": "Über Grenzen " * 30},
    {"type": "tool_use", "id": "toolu_1", "name": "LS", "input": {"path": "é", "deep": [1, {}]}},
]


def turn(blocks, stop_reason="end_turn"):
    return SimpleNamespace(blocks=blocks, stop_reason=stop_reason)


def client_of(respond):
    return offline_client(respond)


def test_streamed_answer_arrives_whole():
    async def ask():
        client = client_of(lambda _: turn(BLOCKS, "tool_use"))
        async with client.beta.messages.stream(**BODY) as stream:
            pieces = [text async for text in stream.text_stream]
            return pieces, await stream.get_final_message()

    pieces, message = anyio.run(ask)
    assert len(pieces) > 1
    assert "".join(pieces) == message.content[0].text == BLOCKS[0]["text"]
    assert message.content[1].input == BLOCKS[1]["input"]
    assert (message.stop_reason, message.model) == ("tool_use", "archkit-offline")
    assert message.usage.input_tokens > 0
    assert message.usage.output_tokens > 50


def test_answer_without_streaming_is_the_same():
    async def ask():
        return await client_of(lambda _: turn(BLOCKS)).messages.create(**BODY)

    message = anyio.run(ask)
    assert message.content[0].text == BLOCKS[0]["text"]
    assert message.stop_reason == "end_turn"


def test_same_request_gets_the_same_answer_and_id():
    async def ask():
        client = client_of(lambda body: turn([{"type": "text", "text": body["model"]}]))
        return [(await client.messages.create(**BODY)).model_dump() for _ in range(2)]

    first, second = anyio.run(ask)
    assert first == second


def test_architect_sees_the_body_as_sent():
    seen = []

    async def ask():
        client = client_of(lambda body: seen.append(body) or turn([]))
        await client.messages.create(**BODY)

    anyio.run(ask)
    assert seen[0]["messages"] == BODY["messages"]


def test_tokens_can_be_counted():
    async def ask():
        client = client_of(lambda _: turn([]))
        return await client.messages.count_tokens(model="m", messages=BODY["messages"])

    assert anyio.run(ask).input_tokens > 0


def test_other_addresses_are_not_found():
    async def ask():
        await client_of(lambda _: turn([])).models.list()

    with pytest.raises(anthropic.NotFoundError, match="not answered offline"):
        anyio.run(ask)


def test_fault_of_the_architect_comes_through():
    def fail(_):
        raise ZeroDivisionError

    async def ask():
        await client_of(fail).messages.create(**BODY)

    with pytest.raises(anthropic.APIConnectionError) as error:
        anyio.run(ask)
    assert isinstance(error.value.__cause__, ZeroDivisionError)


def test_architect_is_looked_up_when_none_is_given():
    assert isinstance(OfflineTransport(), OfflineTransport)
