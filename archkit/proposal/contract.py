"""What a proposal says of one endpoint: its path, statuses, parameters and examples."""

from __future__ import annotations

import re
from typing import NamedTuple

from archkit.proposal.examples import Example
from archkit.proposal.statuses import Status

__all__ = ["Contract", "Parameter", "template"]

_SEGMENT = re.compile(
    r"\{(?P<braces>[^{}/]*)\}|(?<![\w}]):(?P<colon>[A-Za-z_][\w-]*)\??|\[(?P<square>[^\[\]/]*)\]"
    r"|<(?P<angle>[^<>/]*)>"
)

_QUERY = re.compile(r"\{\?|\?(?![^{}/]*\})")


class Parameter(NamedTuple):
    """A parameter that the text declares; `place` is path, query, header, body or "" (not said)."""

    name: str
    place: str
    line: int
    said: str = ""


class Contract(NamedTuple):
    """An endpoint and what is said of it between `line` and `end`, both counted from 1.

    `template` is the path with each parameter as `{name}`; `path_parameters` are those names, in
    order; `shared` are statuses stated for every endpoint of the section.
    """

    method: str
    path: str
    template: str
    line: int
    end: int
    section: int | None
    summary: str = ""
    path_parameters: tuple[str, ...] = ()
    query_parameters: tuple[str, ...] = ()
    declared: tuple[Parameter, ...] = ()
    statuses: tuple[Status, ...] = ()
    shared: tuple[Status, ...] = ()
    examples: tuple[Example, ...] = ()

    @property
    def successes(self) -> tuple[Status, ...]:
        """The statuses below 400 stated for this endpoint."""
        return tuple(status for status in self.statuses if status.is_success)

    @property
    def errors(self) -> tuple[Status, ...]:
        """The statuses from 400 on stated for this endpoint."""
        return tuple(status for status in self.statuses if not status.is_success)

    @property
    def undeclared(self) -> tuple[str, ...]:
        """Path parameters that a list of this endpoint's path parameters leaves out."""
        listed = {p.name.casefold() for p in self.declared if p.place == "path"}
        used = self.path_parameters
        return tuple(name for name in used if listed and name.casefold() not in listed)

    @property
    def unused(self) -> tuple[Parameter, ...]:
        """Parameters declared as part of the path that the path does not have."""
        used = {name.casefold() for name in self.path_parameters}
        return tuple(
            p for p in self.declared if p.place == "path" and p.name.casefold() not in used
        )


def template(path: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return a path with its parameters as `{name}`, their names, and those of its query.

    `:id`, `[id]`, `<int:id>`, `${id}` and `{id:int}` all become `{id}`; a name that comes twice
    is numbered.
    """
    bare, query = (*_QUERY.split(path, maxsplit=1), "")[:2]
    names: list[str] = []

    def braced(match: re.Match[str]) -> str:
        name = _name(next(group for group in match.groups() if group is not None))
        name = name or f"parameter{len(names) + 1}"
        names.append(name if name not in names else f"{name}{len(names) + 1}")
        return f"{{{names[-1]}}}"

    told = _SEGMENT.sub(braced, bare.replace("${", "{").partition("#")[0])
    if len(told) > 1:
        told = told.rstrip("/") or "/"
    asked = re.findall(r"(?:^|[&,?{])\s*([A-Za-z_][\w.-]*)", query.replace("[]", ""))
    return told, tuple(names), tuple(dict.fromkeys(asked))


def _name(text: str) -> str:
    """Return the name in `int:id`, `id:int`, `id?`, `...slug` or `path:rest*`."""
    types = {"int", "str", "string", "uuid", "path", "float", "slug", "any", "integer"}
    parts = [part.strip(" .?*+") for part in re.split(r"[:|]", text, maxsplit=1)]
    name = parts[1] if len(parts) > 1 and parts[0] in types else parts[0]
    return re.sub(r"[^\w.-]+", "_", name, flags=re.ASCII).strip("_")[:60]
