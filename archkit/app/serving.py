"""Serve the pages of a memory: who may reach them, and where they are."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import socket
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from archkit.errors import ArchkitError

__all__ = ["MEMORY", "TOKEN", "AppError", "Served", "memory_named", "serve"]

MEMORY, TOKEN = "ARCHKIT_APP_MEMORY", "ARCHKIT_APP_TOKEN"
"""Variables: which memory the pages show, and the token that opens them."""

_SHORTEST = 16


class AppError(ArchkitError):
    """The pages cannot be served."""


class Served(NamedTuple):
    """Where the pages are, and what opens them: the address with the token in it, and without."""

    url: str
    address: str
    token: str


def serve(
    memory: str | Path,
    *,
    port: int = 8866,
    ip: str = "127.0.0.1",
    base_url: str = "/",
    token: bool = True,
    hosts: tuple[str, ...] = (),
    most: int = 20,
    ready: Callable[[Served], None] = lambda _: None,
) -> None:
    """Serve the dashboard and the explorer of a memory, until SIGINT or SIGTERM ends it.

    Every reader has a kernel of their own, which ends with the page. They look: nothing that a
    page offers writes to the memory or to the disk, and Voila lets no page run code.

    Parameters
    ----------
    memory
        The DuckDB file.
    port
        Where to listen; 0: any that is free.
    ip
        The interface; by default only this machine reaches it.
    base_url
        The path below which the pages are, behind a proxy.
    token
        Whether a token is asked for: the one in `$ARCHKIT_APP_TOKEN`, else a new one. Only on
        this machine's own interface may it be left out.
    hosts
        Without a token: by which names, besides this machine's own, readers come: the proxy's.
        Any other is refused, or a foreign page whose name leads here could read the memory.
    most
        How many pages may be open at once, each with a kernel of some 250 MB; who opens one more
        is told so.
    ready
        Called once it listens.

    Raises
    ------
    AppError
        Voila is not installed, the port is taken, the token is too short, the path is none, or it
        would be open to anybody.
    """
    if find_spec("voila") is None:
        raise AppError(
            "The app needs Voila, which is not installed.",
            why="It comes with the extra 'app', which was left out here.",
            mend='pip install "archkit[app]", or make setup in a clone.',
        )
    secret = _token(token, ip)
    base = _base(base_url)
    port = _free(ip, port)
    templates = (str(Path(__file__).parent / "share"), os.environ.get("JUPYTER_PATH"))
    os.environ |= {
        MEMORY: str(Path(memory).resolve()),
        "ARCHKIT_OFFLINE": "1",  # a reader's kernel has nothing to ask a model
        "JUPYTER_PATH": os.pathsep.join(filter(None, templates)),
    }
    os.environ.pop(TOKEN, None)  # kernels inherit the rest
    from archkit.app.server import run_server

    host = f"[{ip}]" if ":" in ip else ip
    address = f"http://{'127.0.0.1' if ip in ('', '0.0.0.0', '::') else host}:{port}{base}"
    query = f"?token={secret}" if secret else ""
    served = Served(f"{address}{query}", address, secret)
    run_server(
        ip=ip,
        port=port,
        base_url=base,
        token=secret,
        hosts=hosts,
        most=most,
        ready=lambda: ready(served),
    )


def _token(wanted: bool, ip: str) -> str:
    if not wanted:
        if not _is_own(ip):
            raise AppError(
                f"Without a token {ip or 'every interface'} would be open to whoever reaches it.",
                why="A token may be left out only on this machine's own interface.",
                mend="Leave --no-token out; or keep to 127.0.0.1 and put a proxy that knows its "
                "readers before it.",
            )
        return ""
    given = os.environ.get(TOKEN, "")
    if given and len(given) < _SHORTEST:
        raise AppError(
            f"The token in ${TOKEN} has {len(given)} characters.",
            why="One that short can be guessed.",
            mend=f"Give {_SHORTEST} or more, or leave the variable unset for a new one.",
        )
    return given or secrets.token_urlsafe(24)


def _base(path: str) -> str:
    parts = [part for part in path.split("/") if part]
    if any(not re.fullmatch(r"[\w~-][\w.~-]*", part, re.ASCII) for part in parts):
        raise AppError(
            f"{path!r} is no path for the pages.",
            why="It is made of names of letters, digits, '.', '_', '~' and '-', with '/' between.",
            mend="Give one such as --base-url /archkit/.",
        )
    return "/".join(("", *parts, ""))


def _is_own(ip: str) -> bool:
    try:
        return ip == "localhost" or ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return False


def _free(ip: str, port: int) -> int:
    """Return a port that can be listened on; AppError if it is taken."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ip, port))
        except (OSError, OverflowError) as error:
            why: Any = getattr(error, "strerror", None) or error
            raise AppError(
                f"Nothing can be served at {ip}:{port}.",
                why=f"{why}.",
                mend="Name another: --port 8870, or --port 0 for any that is free.",
            ) from error
        return int(probe.getsockname()[1])


def memory_named() -> Path:
    """Return the memory that the server was started for, in a kernel of it.

    Raises
    ------
    AppError
        This is no kernel of a server.
    """
    named = os.environ.get(MEMORY)
    if not named:
        raise AppError(
            "No memory was named for this page.",
            why="It is meant to be opened by `archkit app`.",
            mend="Run `archkit app`, or in a notebook: ak.dashboard(ak.Memory()).",
        )
    if not Path(named).exists():
        raise AppError(
            f"The memory {Path(named).name!r} is not there any more.",
            why="It was there when the server was started.",
            mend="Start the server again: archkit app.",
        )
    return Path(named)
