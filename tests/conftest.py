"""Every test runs offline, on an empty data folder, without the reader's keys."""

import os
import socket

import pytest
from hypothesis import settings

from archkit.architect import profile
from archkit.architect.platforms import PLATFORMS
from archkit.labs.postgres import own_schema, postgres

# The machine is shared: no example fails for being slow, and each run tries the same ones.
settings.register_profile("archkit", deadline=None, derandomize=True)
settings.load_profile("archkit")

KEYS = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_DEFAULT_SONNET_MODEL",
    "ANTHROPIC_DEFAULT_OPUS_MODEL",
    "ANTHROPIC_DEFAULT_HAIKU_MODEL",
    "ARCHKIT_OFFLINE",
    "ARCHKIT_MODEL",
    "ARCHKIT_POSTGRES_URL",
    "ANTHROPIC_MODEL",
    "ANTHROPIC_PROFILE",
    "ANTHROPIC_CONFIG_DIR",
    "ANTHROPIC_CUSTOM_HEADERS",
    *(name for platform in PLATFORMS for name in (platform.switch, *platform.settings)),
)
HOME = os.environ.get("HOME")
_profiles = profile._folder
_connect = socket.socket.connect


def _connect_to_this_machine_only(self, address):
    local = self.family == socket.AF_UNIX or address[0] in {"127.0.0.1", "::1", "localhost"}
    assert local, f"a test tried to reach {address}"
    return _connect(self, address)


def _profiles_of_a_test(env):
    """Return where a test's own profiles are: the reader's are not looked at."""
    theirs = env.get("HOME") == HOME and not env.get("ANTHROPIC_CONFIG_DIR")
    return None if theirs else _profiles(env)


@pytest.fixture(autouse=True)
def _alone(tmp_path_factory, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", _connect_to_this_machine_only)
    monkeypatch.setattr(profile, "_folder", _profiles_of_a_test)
    monkeypatch.setenv("ARCHKIT_DATA", str(tmp_path_factory.mktemp("data")))
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)


@pytest.fixture(scope="session")
def postgres_server():
    """Start one PostgreSQL for the whole run, for the tests that ask for it."""
    with postgres(env={}) as address:
        yield address


@pytest.fixture
def postgres_address(postgres_server):
    """Give a test an empty schema of its own: .url for psycopg, .engine_url for SQLAlchemy."""
    with own_schema(postgres_server) as address:
        yield address
