"""Claude on a cloud platform: which one the environment asks for, and the SDK's client for it."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archkit.errors import SessionError

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

__all__ = ["PLATFORMS", "Platform", "is_on", "is_synchronous", "platform_asked_for", "platform_of"]


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform that serves Claude.

    Attributes
    ----------
    name
        What people call it.
    switch
        Claude Code's variable that asks for it.
    client
        The SDK's class.
    settings
        The variables that say where and as whom; which are needed depends on the account.
    extra, needs
        The SDK's extra, and the module it brings; "" where the SDK alone will do.
    keys
        The variables that hold a key; with one of them set the SDK alone will do.
    own_ids
        Whether its models have names of their own, so that Claude's ids may be unknown there.
    """

    name: str
    switch: str
    client: str
    settings: tuple[str, ...]
    extra: str = ""
    needs: str = ""
    keys: tuple[str, ...] = ()
    own_ids: bool = False

    def is_ready(self, env: Mapping[str, str]) -> bool:
        """Whether all modules are there that the SDK needs for it."""
        if not self.needs or any(env.get(key) for key in self.keys):
            return True
        try:
            return importlib.util.find_spec(self.needs) is not None
        except ModuleNotFoundError:  # not even the package that the module lies in
            return False

    def make(self, env: Mapping[str, str], **settings: Any) -> AsyncAnthropic:
        """Return the SDK's client, set up from the environment.

        Raises
        ------
        SessionError
            The SDK's extra is not installed, or the environment does not say enough.
        """
        if not self.is_ready(env):
            raise SessionError(
                f"{self.switch} asks for {self.name}, which needs a package that is not here.",
                why=f"The module '{self.needs}' is not installed.",
                mend=f'Run: pip install "anthropic[{self.extra}]", or unset {self.switch}.',
            )
        import anthropic

        try:
            made: AsyncAnthropic = getattr(anthropic, self.client)(**settings)
        except (anthropic.AnthropicError, ValueError) as error:
            raise SessionError(
                f"The client for {self.name} could not be made.",
                why=str(error),
                mend=f"Set what it needs of {', '.join(self.settings)}; or unset {self.switch}.",
            ) from error
        return made


_AWS = ("AWS_REGION", "AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK")

PLATFORMS = (
    Platform(
        name="Amazon Bedrock",
        switch="CLAUDE_CODE_USE_BEDROCK",
        client="AsyncAnthropicBedrock",
        extra="bedrock",
        needs="botocore",
        settings=(*_AWS, "ANTHROPIC_BEDROCK_BASE_URL"),
        own_ids=True,
    ),
    Platform(
        name="Microsoft Foundry",
        switch="CLAUDE_CODE_USE_FOUNDRY",
        client="AsyncAnthropicFoundry",
        settings=(
            "ANTHROPIC_FOUNDRY_API_KEY",
            "ANTHROPIC_FOUNDRY_RESOURCE",
            "ANTHROPIC_FOUNDRY_BASE_URL",
        ),
    ),
    Platform(
        name="Claude on AWS",
        switch="CLAUDE_CODE_USE_ANTHROPIC_AWS",
        client="AsyncAnthropicAWS",
        extra="aws",
        needs="botocore",
        keys=("ANTHROPIC_AWS_API_KEY",),
        settings=(
            *("ANTHROPIC_AWS_WORKSPACE_ID", "ANTHROPIC_AWS_API_KEY"),
            *("AWS_REGION", "AWS_PROFILE"),
        ),
    ),
    Platform(
        name="Amazon Bedrock (Mantle)",
        switch="CLAUDE_CODE_USE_MANTLE",
        client="AsyncAnthropicBedrockMantle",
        extra="bedrock",
        needs="botocore",
        keys=("AWS_BEARER_TOKEN_BEDROCK", "ANTHROPIC_AWS_API_KEY"),
        settings=(*_AWS, "ANTHROPIC_BEDROCK_MANTLE_BASE_URL"),
        own_ids=True,
    ),
    Platform(
        name="Google Vertex AI",
        switch="CLAUDE_CODE_USE_VERTEX",
        client="AsyncAnthropicVertex",
        extra="vertex",
        needs="google.auth",
        settings=("CLOUD_ML_REGION", "ANTHROPIC_VERTEX_PROJECT_ID", "ANTHROPIC_VERTEX_BASE_URL"),
        own_ids=True,
    ),
    Platform(
        name="Claude on Google Cloud",
        switch="CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD",
        client="AsyncAnthropicGoogleCloud",
        extra="google-cloud",
        needs="google.auth",
        settings=(
            "ANTHROPIC_GOOGLE_CLOUD_PROJECT",
            "ANTHROPIC_GOOGLE_CLOUD_LOCATION",
            "ANTHROPIC_GOOGLE_CLOUD_WORKSPACE_ID",
        ),
    ),
)
"""In the order in which Claude Code goes by their switches."""


def is_on(value: str | None) -> bool:
    """Whether a variable that switches something on does so."""
    return (value or "0").strip().lower() not in ("", "0", "no", "false", "off")


def platform_asked_for(env: Mapping[str, str]) -> Platform | None:
    """Return the platform whose switch is on, None if there is none."""
    return next((p for p in PLATFORMS if is_on(env.get(p.switch))), None)


def platform_of(client: Any) -> Platform | None:
    """Return the platform that a client is made for, None for Claude's own API."""
    return next((p for p in PLATFORMS if p.client in _classes(client)), None)


def is_synchronous(client: Any) -> bool:
    """Whether it is the other client for a platform, which cannot be stopped."""
    return any(p.client.removeprefix("Async") in _classes(client) for p in PLATFORMS)


def _classes(client: Any) -> set[str]:
    return {kind.__name__ for kind in type(client).__mro__}
