import json
from types import SimpleNamespace

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic

from archkit.architect.client import OFFLINE_MODEL, choose_client, offline_client
from archkit.architect.platforms import PLATFORMS
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


def test_line_end_of_a_key_read_from_a_file_does_no_harm():
    made = chosen({"ANTHROPIC_API_KEY": "test-key\n", "ANTHROPIC_BASE_URL": " "}).make()
    assert (made.api_key, made.base_url.host) == ("test-key", "api.anthropic.com")


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


MANTLE = anthropic.AnthropicBedrockMantle(api_key="mine", aws_region="r")


@pytest.mark.parametrize("wrong", [Anthropic(api_key="mine"), MANTLE, object()])
def test_client_that_cannot_stream_is_refused(wrong):
    with pytest.raises(SessionError, match="cannot use") as error:
        chosen({}, client=wrong)
    assert "AsyncAnthropic" in error.value.mend


AWAY = {"BEDROCK": "Amazon Bedrock", "VERTEX": "Google Vertex AI", "FOUNDRY": "Microsoft Foundry"}


@pytest.mark.parametrize(("switch", "name"), AWAY.items())
def test_switches_of_claude_code_choose_a_platform(switch, name):
    choice = chosen(KEY | SERVER | {f"CLAUDE_CODE_USE_{switch}": "1"})
    assert (choice.kind, choice.platform.name, choice.priced) == ("claude", name, True)
    assert choice.reason == f"CLAUDE_CODE_USE_{switch} asks for {name}"


def test_switches_go_in_the_order_of_claude_code_and_off_is_off():
    on = {platform.switch: "true" for platform in PLATFORMS}
    assert chosen(on).platform is PLATFORMS[0]
    assert chosen(on | {PLATFORMS[0].switch: "0"}).platform is PLATFORMS[1]
    assert chosen(KEY | dict.fromkeys(on, "false")).platform is None
    assert chosen(on | {"ARCHKIT_OFFLINE": "1"}).kind == "offline"


def test_platform_takes_its_own_name_of_a_model():
    bedrock = {"CLAUDE_CODE_USE_BEDROCK": "1", "ANTHROPIC_MODEL": "us.anthropic.claude-y"}
    assert chosen(bedrock).model == "us.anthropic.claude-y"
    assert chosen(bedrock | {"ARCHKIT_MODEL": "z"}).model == "z"


@pytest.mark.parametrize("platform", [p for p in PLATFORMS if p.needs], ids=lambda p: p.name)
def test_platform_without_its_extra_names_it(platform, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SessionError, match="needs a package") as error:
        chosen({platform.switch: "1"}).make()
    assert f'pip install "anthropic[{platform.extra}]"' in error.value.mend
    assert platform.switch in error.value.what


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda p: p.name)
def test_every_platform_has_a_class_in_the_sdk(platform):
    assert hasattr(anthropic, platform.client)


def test_foundry_is_set_up_from_the_environment_and_its_key_is_its_own(monkeypatch):
    env = {"ANTHROPIC_FOUNDRY_API_KEY": "f-key", "ANTHROPIC_FOUNDRY_RESOURCE": "shop"}
    for name, value in (env | KEY).items():
        monkeypatch.setenv(name, value)
    client = chosen(env | {"CLAUDE_CODE_USE_FOUNDRY": "1"}, conversation_id="s-1").make()
    assert isinstance(client, anthropic.AsyncAnthropicFoundry)
    assert (client.base_url.host, client.api_key) == ("shop.services.ai.azure.com", "f-key")
    assert client.open_telemetry["conversation_id"] == "s-1"


def test_platform_that_is_not_told_enough_names_its_variables(monkeypatch):
    monkeypatch.delenv("ANTHROPIC_FOUNDRY_API_KEY", raising=False)
    with pytest.raises(SessionError, match="for Microsoft Foundry could not be made") as error:
        chosen({"CLAUDE_CODE_USE_FOUNDRY": "1"}).make()
    assert "ANTHROPIC_FOUNDRY_API_KEY, ANTHROPIC_FOUNDRY_RESOURCE" in error.value.mend


def test_client_of_a_platform_that_was_given_is_claude():
    given = anthropic.AsyncAnthropicFoundry(api_key="mine", resource="shop")
    choice = chosen({}, client=given)
    assert (choice.kind, choice.platform.name) == ("claude", "Microsoft Foundry")


def test_key_goes_before_a_token_where_both_are_set():
    made = chosen(KEY | {"ANTHROPIC_AUTH_TOKEN": "test-token"}).make()
    assert (made.api_key, made.auth_token) == ("test-key", None)


@pytest.mark.parametrize("address", ["localhost:8080", "ftp://x", "not an address", "http://"])
def test_address_that_is_none_is_told_at_once(address):
    with pytest.raises(SessionError, match="ANTHROPIC_BASE_URL is no address") as error:
        chosen({"ANTHROPIC_BASE_URL": address})
    assert address not in str(error.value) or address == "http://"


@pytest.mark.parametrize(
    ("address", "priced"),
    [
        *(("http://localhost:1", False), ("http://127.0.0.1:1", False), ("http://[::1]:1", False)),
        *(("http://0.0.0.0:1", False), ("https://gateway.example", True)),
    ],
)
def test_models_on_ones_own_machine_have_no_price(address, priced):
    assert chosen({"ANTHROPIC_BASE_URL": address}).priced is priced
    given = AsyncAnthropic(api_key="mine", base_url=address)
    assert chosen({}, client=given).priced is priced


def profile(home, name="default", **extra):
    folder = home / ".config" / "anthropic"
    (folder / "configs").mkdir(parents=True)
    (folder / "credentials").mkdir()
    config = {"authentication": {"type": "user_oauth", "client_id": "c"}, **extra}
    (folder / "configs" / f"{name}.json").write_text(json.dumps(config))
    token = {"type": "oauth_token", "access_token": "of-the-profile", "expires_at": 4102444800}
    (folder / "credentials" / f"{name}.json").write_text(json.dumps(token))
    (folder / "credentials" / f"{name}.json").chmod(0o600)
    return folder


def test_profile_of_the_sdk_means_claude(tmp_path, monkeypatch):
    folder = profile(tmp_path)
    choice = chosen({"HOME": str(tmp_path)})
    assert (choice.kind, choice.reason) == ("claude", "the profile 'default' is there")
    monkeypatch.setenv("HOME", str(tmp_path))
    client = choice.make()
    assert (client.api_key, client.auth_token) == (None, None)
    assert client.credentials is not None
    (folder / "active_config").write_text("work\n")
    assert chosen({"HOME": str(tmp_path)}).reason == "the profile 'work' is the active one"
    assert chosen(KEY | {"HOME": str(tmp_path)}).reason == "ANTHROPIC_API_KEY is set"


def test_profile_and_identity_may_be_named_by_variables():
    assert chosen({"ANTHROPIC_PROFILE": "work"}).reason == "ANTHROPIC_PROFILE names a profile"
    named = {"ANTHROPIC_FEDERATION_RULE_ID": "r", "ANTHROPIC_ORGANIZATION_ID": "o"}
    assert chosen(named).kind == "offline"
    identity = chosen(named | {"ANTHROPIC_IDENTITY_TOKEN_FILE": "token"})
    assert (identity.kind, "IDENTITY_TOKEN_FILE" in identity.reason) == ("claude", True)


def test_profile_that_is_not_there_is_told_when_it_is_needed(monkeypatch, tmp_path):
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("ANTHROPIC_PROFILE", "nobody")
    choice = chosen({"ANTHROPIC_PROFILE": "nobody"})
    with pytest.raises(SessionError, match="The client for Claude could not be made") as error:
        choice.make()
    assert "ANTHROPIC_PROFILE" in error.value.mend


def test_spans_of_a_conversation_carry_its_id_whoever_made_the_client():
    assert chosen(KEY, conversation_id="s").make().open_telemetry["conversation_id"] == "s"
    given = AsyncAnthropic(api_key="mine", open_telemetry={"traces": False})
    made = chosen({}, client=given, conversation_id="s").make()
    assert made.open_telemetry["conversation_id"] == "s"
    assert made.open_telemetry["traces"]["enabled"] is False
    assert "conversation_id" not in given.open_telemetry
    assert chosen({}, conversation_id="s").make().open_telemetry["conversation_id"] == "s"


def test_client_that_is_not_the_sdks_is_used_as_it_is():
    own = SimpleNamespace(beta=None)
    assert chosen({}, client=own, conversation_id="s").make() is own
