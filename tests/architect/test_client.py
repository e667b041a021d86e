import pytest
from anthropic import Anthropic, AsyncAnthropic

from archkit.architect.client import OFFLINE_MODEL, choose_client, offline_client
from archkit.errors import SessionError

KEY = {"ANTHROPIC_API_KEY": "test-key"}
SERVER = {"ANTHROPIC_BASE_URL": "http://localhost:11434"}


def chosen(env, **settings):
    return choose_client(env, model="claude-x", **settings)


def test_nothing_set_means_offline():
    choice = chosen({})
    assert (choice.kind, choice.model) == ("offline", OFFLINE_MODEL)
    assert "ANTHROPIC_API_KEY" in choice.reason


def test_key_or_token_means_claude():
    assert (chosen(KEY).kind, chosen(KEY).model) == ("claude", "claude-x")
    assert chosen(KEY).make().api_key == "test-key"
    token = chosen({"ANTHROPIC_AUTH_TOKEN": "test-token"})
    assert (token.kind, token.make().auth_token) == ("claude", "test-token")
    assert "test-key" not in chosen(KEY).reason


def test_server_needs_no_key():
    choice = chosen(SERVER)
    assert choice.kind == "local"
    client = choice.make()
    assert str(client.base_url).startswith("http://localhost:11434")
    assert client.api_key == "local"


def test_key_with_a_server_of_another_house_goes_to_that_server():
    choice = chosen(KEY | SERVER)
    assert (choice.kind, choice.make().api_key) == ("local", "test-key")


def test_key_with_the_house_address_is_claude():
    assert chosen(KEY | {"ANTHROPIC_BASE_URL": "https://api.anthropic.com"}).kind == "claude"


def test_model_can_be_named_in_the_environment():
    assert chosen(KEY | {"ARCHKIT_MODEL": "claude-y"}).model == "claude-y"
    assert chosen(SERVER | {"ANTHROPIC_MODEL": "llama"}).model == "llama"


@pytest.mark.parametrize("value", ["1", "yes", "true"])
def test_offline_can_be_forced(value):
    assert chosen(KEY | {"ARCHKIT_OFFLINE": value}).kind == "offline"


@pytest.mark.parametrize("value", ["0", "", "no"])
def test_offline_can_be_left_alone(value):
    assert chosen(KEY | {"ARCHKIT_OFFLINE": value}).kind == "claude"


def test_client_given_goes_first():
    given = AsyncAnthropic(api_key="mine", base_url="http://localhost:1")
    choice = chosen(KEY | {"ARCHKIT_OFFLINE": "1"}, client=given)
    assert (choice.kind, choice.owned) == ("local", False)
    assert choice.make().api_key == "mine"
    assert chosen({}, client=AsyncAnthropic(api_key="mine")).kind == "claude"
    assert chosen(KEY, client=offline_client()).kind == "offline"
    assert chosen(KEY, client="offline").kind == "offline"


@pytest.mark.parametrize("wrong", [Anthropic(api_key="mine"), object()])
def test_client_that_cannot_stream_is_refused(wrong):
    with pytest.raises(SessionError, match="cannot use") as error:
        chosen({}, client=wrong)
    assert "AsyncAnthropic" in error.value.mend
