"""Claude on platforms whose client needs no further package, over a real socket."""

import pytest
import socket_server
from scripted_client import PROPOSAL, Remembered, asking, card, text, use

from archkit.architect.session import Session

PLATFORMS = {
    "FOUNDRY": ("ANTHROPIC_FOUNDRY_BASE_URL", "ANTHROPIC_FOUNDRY_API_KEY", "x-api-key", "{}"),
    "MANTLE": (
        *("ANTHROPIC_BEDROCK_MANTLE_BASE_URL", "AWS_BEARER_TOKEN_BEDROCK"),
        *("authorization", "Bearer {}"),
    ),
}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_session_is_held_on_a_platform_with_its_own_key_alone(platform, tmp_path, monkeypatch):
    address, key, header, sent = PLATFORMS[platform]
    (tmp_path / "shop").mkdir()
    answers = [use("LS")], [asking("users")], [text(PROPOSAL)]
    memory = Remembered()
    with socket_server.SocketServer(*(socket_server.answer(*a) for a in answers)) as server:
        monkeypatch.setenv(f"CLAUDE_CODE_USE_{platform}", "1")
        monkeypatch.setenv(address, server.url)
        monkeypatch.setenv(key, "of-the-platform")
        monkeypatch.setenv("ANTHROPIC_API_KEY", "of-claude")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        session = Session(card(tmp_path), memory, workspace=tmp_path / "shop", max_repairs=0)
        assert [q.key for q in session.brief("Sell posts")] == ["users"]
        assert session.propose().missing == ()
        session.close()
    assert (session.client_kind, session.cost_usd > 0) == ("claude", True)
    assert {head[header] for head in server.heads} == {sent.format("of-the-platform")}
    assert all("of-claude" not in str(head) for head in server.heads)
    assert memory.of_kind("session_started")[0]["client"] == "claude"
    assert {body["thinking"]["type"] for body in server.bodies} == {"adaptive"}
    assert not any("thread" in body for body in server.bodies)
