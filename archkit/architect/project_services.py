"""The services a project is run as: what its compose files say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from archkit.architect.project_yaml import read_yaml

__all__ = ["Service", "is_compose", "services_in"]

_COMPOSE = re.compile(r"(docker-)?compose([._-][\w.-]+)?\.ya?ml", re.IGNORECASE)
_MOST = 40


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a compose file; `image` is "" when it is built, `built_from` then says where.

    `texts` are its environment's values, in which a connection string may stand; they are for
    looking at and never told.
    """

    path: str
    name: str
    image: str = ""
    built_from: str = ""
    ports: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


def is_compose(path: str) -> bool:
    """Whether a file is a compose file, by its name."""
    return path.endswith("ml") and bool(_COMPOSE.fullmatch(PurePosixPath(path).name))


def services_in(path: str, text: str) -> tuple[Service, ...]:
    """Read the services of a compose file, at most 40.

    Raises
    ------
    ValueError
        It is not well-formed.
    """
    said = read_yaml(text)
    listed = said.get("services") if isinstance(said, Mapping) else None
    if not isinstance(listed, Mapping):
        return ()
    return tuple(
        _service(path, str(name), body)
        for name, body in list(listed.items())[:_MOST]
        if isinstance(body, Mapping)
    )


def _service(path: str, name: str, body: Mapping[Any, Any]) -> Service:
    build = body.get("build")
    context = build.get("context", ".") if isinstance(build, Mapping) else build
    environment = body.get("environment")
    values = environment.values() if isinstance(environment, Mapping) else _list(environment)
    return Service(
        path,
        name[:80],
        image=_defaults(str(body.get("image") or ""))[:120],
        built_from=str(context)[:120] if context else "",
        ports=tuple(_port(port) for port in _list(body.get("ports")))[:6],
        needs=tuple(str(other)[:80] for other in _list(body.get("depends_on")))[:12],
        texts=tuple(str(value)[:500] for value in values if value is not None)[:60],
    )


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | Mapping) else [value] if value else []


def _port(port: Any) -> str:
    """Return a port as host:container, whichever way it is written."""
    if isinstance(port, Mapping):
        ends = [port.get("published"), port.get("target")]
        return ":".join(str(end) for end in ends if end)[:40]
    return _defaults(str(port))[:40]


def _defaults(text: str) -> str:
    """Write out the defaults of variables, `${TAG:-16}` as 16; one without stays `$NAME`."""
    shape = r"\$\{(\w{1,60})(?::?(?:-([^}]{0,100})|[?+][^}]{0,200}))?\}"
    return re.sub(shape, lambda found: found[2] or f"${found[1]}", text)
