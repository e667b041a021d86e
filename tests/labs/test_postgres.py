"""A PostgreSQL to measure on: it starts, is private, and never outlives who started it."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import psycopg
import pytest

from archkit.labs.postgres import Address, postgres

ask = "SELECT current_setting('listen_addresses'), current_setting('data_directory')"


def server_of(address: Address) -> tuple[Path, psutil.Process]:
    with psycopg.connect(address.url) as connection:
        listens, data = connection.execute(ask).fetchone()
    assert listens == ""
    pid = int((Path(data) / "postmaster.pid").read_text().split()[0])
    return Path(data).parent, psutil.Process(pid)


def test_a_server_lives_as_long_as_its_block_and_leaves_nothing(tmp_path, monkeypatch) -> None:
    # The folder is too deep for a socket's path, and shut to others: another one is found.
    deep = tmp_path / ("deep" * 20)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGOPTIONS", "-c search_path=nowhere")
    with postgres(env={}) as address:
        folder, server = server_of(address)
        assert server.is_running()
        assert folder.stat().st_mode & 0o077 == 0
    assert not server.is_running()
    assert not folder.exists()


def test_a_server_ends_when_its_block_fails() -> None:
    with pytest.raises(ZeroDivisionError), postgres(env={}) as address:
        folder, server = server_of(address)
        raise ZeroDivisionError
    assert not server.is_running()
    assert not folder.exists()


def test_a_server_ends_when_its_process_is_killed() -> None:
    script = (
        "from archkit.labs.postgres import postgres\n"
        "with postgres(env={}) as address:\n"
        "    print(address.url, flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        folder, server = server_of(Address(parent.stdout.readline().strip()))
        guard = server.parent()
        # A client's connection ends only when the server has shut down.
        with (
            pytest.raises(psycopg.OperationalError),
            psycopg.connect(f"postgresql://archkit@/postgres?host={folder}&port=5432") as client,
        ):
            parent.send_signal(signal.SIGKILL)
            client.execute("SELECT pg_sleep(60)")
    for process in (server, guard):
        process.wait(timeout=30)
    assert not server.is_running()
    assert not folder.exists()
