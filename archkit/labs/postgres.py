"""A PostgreSQL to measure on: the reader's own, or one that lives as long as a `with` block."""

from __future__ import annotations

import importlib.util
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, urlencode

from archkit.errors import ArchkitError
from archkit.labs.postgres_server import running_server
from archkit.plain import without_passwords

__all__ = ["Address", "kept_up", "own_schema", "postgres"]


@dataclass(frozen=True, repr=False)
class Address:
    """Where a PostgreSQL database is.

    Parameters
    ----------
    url
        As psycopg and every tool of PostgreSQL read it: ``postgresql://user@host/database``.
    embedded
        Whether archkit started the server for itself.
    """

    url: str
    embedded: bool = False

    @property
    def engine_url(self) -> str:
        """The same for SQLAlchemy's ``create_engine`` and ``create_async_engine``."""
        return self.url.replace("postgresql://", "postgresql+psycopg://", 1)

    def __repr__(self) -> str:
        """Say where it is, without a password."""
        if self.embedded:
            return "PostgreSQL, embedded"
        return f"PostgreSQL, {without_passwords(self.url)}"


@contextmanager
def postgres(url: str | None = None, *, env: Mapping[str, str] | None = None) -> Iterator[Address]:
    """Give a PostgreSQL to measure on for the length of a ``with`` block.

    Parameters
    ----------
    url
        A server of yours, as psycopg or as SQLAlchemy writes it. By default the one that
        ``ARCHKIT_POSTGRES_URL`` names; without that, an embedded server in a temporary folder:
        it listens on a socket in that folder and on no port, and it ends with the block or with
        this process, whichever ends first.
    env
        The environment; this process's own by default.

    Yields
    ------
    Address
        `url` for psycopg, `engine_url` for SQLAlchemy. A server of yours is shared with whatever
        is there: make tables in `own_schema`.

    Raises
    ------
    ArchkitError
        No server answers there, or none can be started here.
    """
    if importlib.util.find_spec("psycopg") is None:
        raise ArchkitError(
            "PostgreSQL cannot be spoken to.",
            why="The package psycopg is not installed.",
            mend='Install the extra: pip install "archkit[lab]".',
        )
    env = os.environ if env is None else env
    given = url or env.get("ARCHKIT_POSTGRES_URL", "").strip()
    if given:
        yield _answering(Address(_plain(given)))
    else:
        with running_server() as url:
            yield Address(url, embedded=True)


@contextmanager
def own_schema(address: Address) -> Iterator[Address]:
    """Give the same database with an empty schema of its own, dropped at the end of the block.

    Every connection made with the address finds its tables there and nowhere else.
    """
    import psycopg

    name = f"archkit_{secrets.token_hex(6)}"
    with psycopg.connect(address.url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    try:
        yield replace(address, url=_with_option(address.url, f"-csearch_path={name}"))
    finally:
        with psycopg.connect(address.url, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA {name} CASCADE".encode())


@contextmanager
def kept_up(what: str, connections: int) -> Iterator[None]:
    """Say in an ArchkitError what a server had against being measured on.

    Parameters
    ----------
    what
        What is being done, such as "The payment race".
    connections
        How many it needs at once.
    """
    import psycopg

    try:
        yield
    except psycopg.OperationalError as error:
        raise ArchkitError(
            f"{what} broke off.",
            why=str(error),
            mend=f"It needs {connections} connections at once: see that the server is there and "
            "allows them (max_connections), and that its disk is not full.",
        ) from error


def _with_option(url: str, option: str) -> str:
    """Add an option to those a URL has: SQLAlchemy refuses a second `options`."""
    bare, _, query = url.partition("?")
    # PostgreSQL reads a plus as a plus, where a form's encoding means a space.
    asked = dict(parse_qsl(query.replace("+", "%2B"), keep_blank_values=True))
    asked["options"] = f"{asked.get('options', '')} {option}".strip()
    return f"{bare}?{urlencode(asked, quote_via=quote)}"


def _plain(url: str) -> str:
    """Leave SQLAlchemy's driver out of a URL; refuse what is not PostgreSQL's."""
    match = re.fullmatch(r"(?:postgresql|postgres)(?:\+\w+)?://(.*)", url, re.DOTALL)
    if match is None:
        raise ArchkitError(
            f"{without_passwords(url)!r} is not the address of a PostgreSQL database.",
            why="It does not begin with postgresql://.",
            mend="Write it as postgresql://user:password@host:5432/database.",
        )
    return f"postgresql://{match[1]}"


def _answering(address: Address) -> Address:
    import psycopg

    try:
        psycopg.connect(address.url, connect_timeout=5).close()
    except psycopg.Error as error:
        raise ArchkitError(
            f"No PostgreSQL answers at {without_passwords(address.url)}.",
            why=without_passwords(str(error)),
            mend="Start it or mend its address (the argument or ARCHKIT_POSTGRES_URL); without "
            "an address archkit starts a server of its own.",
        ) from error
    return address
