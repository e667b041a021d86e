"""Which models a server has: Claude's list, what local servers say, and what is no list."""

import json

import anthropic
import httpx2
import pandas as pd
import pytest
from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient
from socket_server import SocketServer, page

from archkit.architect.models import models
from archkit.errors import SessionError

SONNET = {
    "type": "model",
    "id": "claude-sonnet-5-5",
    "display_name": "Claude Sonnet 5.5",
    "line": "sonnet",
    "lifecycle": "active",
    "max_tokens": 64000,
    "max_input_tokens": 1000000,
    "created_at": "2026-09-01T00:00:00Z",
}


def served(*pages, **settings):
    asked = []

    def reply(request):
        asked.append(request.url)
        return pages[len(asked) - 1]

    http = DefaultAsyncHttpxClient(transport=httpx2.MockTransport(reply))
    given = {"api_key": "test", "base_url": "https://api.anthropic.com", "max_retries": 0}
    return AsyncAnthropic(http_client=http, **given | settings), asked


def listing(*entries, **more):
    return httpx2.Response(200, json={"data": list(entries), "has_more": False, **more})


def test_models_of_claude_are_listed_with_what_is_known_of_them():
    client, asked = served(listing(SONNET))
    frame = models(client)
    assert [(url.path, url.params["limit"]) for url in asked] == [("/v1/models", "1000")]
    (row,) = frame.to_dict("records")
    assert row == {
        "id": "claude-sonnet-5-5",
        "name": "Claude Sonnet 5.5",
        "line": "sonnet",
        "lifecycle": "active",
        "max_input_tokens": 1000000,
        "max_tokens": 64000,
        "released_at": pd.Timestamp("2026-09-01", tz="UTC"),
        "aliases": ("sonnet",),
    }


def test_aliases_mean_what_the_environment_says():
    client, _ = served(listing(SONNET, {"id": "mine"}))
    frame = models(client, env={"ANTHROPIC_DEFAULT_SONNET_MODEL": "mine"})
    assert list(frame["aliases"]) == [(), ("sonnet",)]


def test_pages_are_turned_to_the_last_one():
    more = listing({"id": "a"}, has_more=True, last_id="a")
    client, asked = served(more, listing({"id": "b"}, {"id": "a"}))
    assert list(models(client)["id"]) == ["a", "b"]
    assert asked[1].params["after_id"] == "a"


def test_server_that_always_has_more_is_left_in_the_end():
    client, asked = served(*(listing({"id": "a"}, has_more=True, last_id="a"),) * 3)
    assert list(models(client)["id"]) == ["a"]
    assert len(asked) == 2


def test_odd_entries_of_a_local_server_are_taken_for_what_they_say():
    odd = [
        {"id": "qwen3:8b", "object": "model", "created": 1700000000, "owned_by": "library"},
        "a-name-alone",
        {"name": "no id"},
        {"id": None},
        {"id": "llama", "max_tokens": "many", "line": 5, "created_at": "yesterday"},
        17,
        None,
    ]
    client, _ = served(httpx2.Response(200, json={"object": "list", "data": odd}))
    frame = models(client)
    assert list(frame["id"]) == ["qwen3:8b", "a-name-alone", "llama"]
    assert frame[["line", "lifecycle", "max_tokens", "released_at"]].isna().all().all()


def test_offline_answers_for_itself():
    for frame in (models(env={}), models("offline")):
        assert list(frame["id"]) == ["archkit-offline"]
        assert str(frame["max_tokens"].dtype) == "Int64"


@pytest.mark.parametrize(
    ("response", "what"),
    [
        (httpx2.Response(200, html="<html>Sign in</html>"), "did not come from a model server"),
        (httpx2.Response(200, json=["a"]), "does not list its models"),
        (httpx2.Response(200, json={"models": []}), "does not list its models"),
        (httpx2.Response(404, json={"error": "no such page"}), "was not found"),
        (httpx2.Response(401, json={}), "key was not accepted"),
        (httpx2.Response(429, headers={"retry-after": "600"}, json={}), "asks to wait 600 seconds"),
    ],
)
def test_what_is_no_list_is_told(response, what):
    client, _ = served(response)
    with pytest.raises(SessionError, match=what) as raised:
        models(client)
    assert len(str(raised.value).splitlines()) == 3


def test_platform_that_lists_none_says_so():
    client = anthropic.AsyncAnthropicFoundry(api_key="mine", resource="shop")
    with pytest.raises(SessionError, match="Microsoft Foundry does not list its models"):
        models(client)


def test_server_of_the_environment_is_asked_over_the_wire():
    listed = page(200, json.dumps({"data": [{"id": "llama"}]}), "application/json")
    with SocketServer(listed) as server:
        frame = models(env={"ANTHROPIC_BASE_URL": server.url})
    assert list(frame["id"]) == ["llama"]
    assert server.heads[0][""].startswith("GET /v1/models?limit=1000 ")
    assert server.bodies == [None]


def test_nobody_listening_is_told():
    with SocketServer() as gone:
        url = gone.url
    with pytest.raises(SessionError, match="could not be reached"):
        models(AsyncAnthropic(api_key="test", base_url=url, max_retries=0))
