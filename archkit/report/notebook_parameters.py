"""The parameters of a notebook: what its cell tagged `parameters` names, and values given for it.

Values are read as text of the default's type, and go into a cell of their own as literals.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from archkit.errors import ReportError
from archkit.report.notebook_tally import language_of
from archkit.report.parameters import nearest, refused

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["NotebookParameter", "literals", "notebook_parameters", "with_parameters"]

_TAG, _INJECTED = "parameters", "injected-parameters"
_EIGHTS = re.compile(r"[-+]?0_*\d")
_TRUE, _FALSE = {"true", "yes", "on"}, {"false", "no", "off"}
_NEEDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list, such as [1, 2]",
    tuple: "a list, such as [1, 2]",
    dict: "a mapping, such as {a: 1}",
    datetime: "an instant, such as 2026-11-26T12:00+00:00",
    date: "a day, such as 2026-11-26",
}


@dataclass(frozen=True, slots=True)
class NotebookParameter:
    """One parameter of a notebook.

    Attributes
    ----------
    name
        The variable.
    shown
        Its default as the notebook writes it; "" where it has none.
    kind
        The type that a value must have; None where any will do.
    """

    name: str
    shown: str
    kind: type | None

    def literal(self, value: Any) -> str:
        """Return Python source of a value: of one given as text, or of a Python value.

        Raises
        ------
        ReportError
            The value is not of the default's type, or has no literal.
        """
        found = self._read(value)
        try:
            return _source(found)
        except ValueError as error:
            why, mend = f"{error}.", "Give a number, a text, a date, or lists and mappings of them."
            raise refused(self.name, value, why, mend) from error

    def _read(self, value: Any) -> Any:
        try:
            found = _from_text(value, self.kind) if isinstance(value, str) else value
            return _as_kind(found, self.kind)
        except (ValueError, TypeError, OverflowError) as error:
            wanted = _NEEDS.get(self.kind or str, "a value")
            why = f"Its default is {self.shown}, so {wanted} is wanted."
            raise refused(self.name, value, why, f"Give {wanted}.") from error


def notebook_parameters(notebook: NotebookNode) -> dict[str, NotebookParameter]:
    """Read the names and defaults of a notebook's parameters; nothing of it is run.

    Raises
    ------
    ReportError
        Its cell tagged `parameters` is no Python.
    """
    cell = _tagged(notebook, _TAG)
    if cell is None:
        return {}
    try:
        lines = ast.parse(_without_magics(cell.source)).body
    except SyntaxError as error:
        raise ReportError(
            "The notebook's cell of parameters cannot be read.",
            why=f"Line {error.lineno}: {error.msg}.",
            mend="Let the cell tagged parameters hold plain assignments, such as agent = None.",
        ) from error
    return {p.name: p for line in lines for p in _assigned(line)}


def with_parameters(notebook: NotebookNode, given: Mapping[str, Any]) -> NotebookNode:
    """Return a copy of a notebook that sets parameters in a cell of its own, after the defaults.

    Parameters
    ----------
    notebook
        It is not changed.
    given
        Values by name: texts are read as the default's type (as YAML where the default is
        None), other values are taken as they are and must be of that type.

    Raises
    ------
    ReportError
        The notebook has no such parameter, or the parameter cannot take such a value.
    """
    made = deepcopy(notebook)
    if found := literals(notebook, given):
        lines = (f"{name} = {source}" for name, source in found.items())
        _put_in(made, "\n".join(("# Given to the report.", *lines)))
    return made


def literals(notebook: NotebookNode, given: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of parameters as Python source, by name; see `with_parameters`.

    Raises
    ------
    ReportError
        The notebook has no such parameter, or the parameter cannot take such a value.
    """
    if not given:
        return {}
    known = notebook_parameters(notebook)
    _check_names(notebook, known, given)
    return {name: known[name].literal(value) for name, value in given.items()}


def _check_names(
    notebook: NotebookNode, known: Mapping[str, object], given: Mapping[str, Any]
) -> None:
    language = language_of(notebook)
    if language != "python":
        raise ReportError(
            f"A notebook in {language} takes no parameters here.",
            why="Values are written into it as Python.",
            mend="Leave -p out, or set the values in the notebook.",
        )
    if _tagged(notebook, _TAG) is None:
        raise ReportError(
            f"The notebook has no parameters, so {next(iter(given))[:80]!r} cannot be set.",
            why="None of its code cells has the tag parameters.",
            mend="Put the defaults (agent = None) into a cell near the top and tag it parameters: "
            "in JupyterLab under Property Inspector, Common Tools, Cell Tags.",
        )
    if unknown := [name for name in given if name not in known]:
        raise ReportError(
            f"The notebook has no parameter {unknown[0][:80]!r}.",
            why=f"Its cell tagged parameters sets {', '.join(known) or 'nothing'}.",
            mend=f"{nearest(unknown[0], known)}Set one of these, or add a default to that cell.",
        )


def _put_in(notebook: NotebookNode, source: str) -> None:
    from nbformat.v4 import new_code_cell

    cells = [c for c in notebook.cells if _INJECTED not in c.metadata.get("tags", ())]
    place = next(n for n, cell in enumerate(cells) if _is_tagged(cell, _TAG))
    cell = new_code_cell(source, metadata={"tags": [_INJECTED]})  # type: ignore[no-untyped-call]
    notebook.cells = [*cells[: place + 1], cell, *cells[place + 1 :]]


def _tagged(notebook: NotebookNode, tag: str) -> NotebookNode | None:
    return next((cell for cell in notebook.cells if _is_tagged(cell, tag)), None)


def _is_tagged(cell: NotebookNode, tag: str) -> bool:
    return cell.cell_type == "code" and tag in cell.metadata.get("tags", ())


def _without_magics(source: str) -> str:
    lines = source.splitlines()
    return "\n".join("" if line.lstrip()[:1] in {"%", "!"} else line for line in lines)


def _assigned(line: ast.stmt) -> Iterator[NotebookParameter]:
    if isinstance(line, ast.Assign):
        for target in line.targets:
            yield from _named(target, line.value)
    elif isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
        if line.value is None:
            yield NotebookParameter(line.target.id, "", None)
        else:
            yield from _named(line.target, line.value)


def _named(target: ast.expr, value: ast.expr) -> Iterator[NotebookParameter]:
    if isinstance(target, ast.Name):
        yield NotebookParameter(target.id, ast.unparse(value), _kind_of(value))
    elif isinstance(target, ast.Tuple | ast.List):
        parts = value.elts if isinstance(value, ast.Tuple | ast.List) else ()
        if len(parts) == len(target.elts):
            for each, part in zip(target.elts, parts, strict=True):
                yield from _named(each, part)


def _kind_of(value: ast.expr) -> type | None:
    try:
        found = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _called_kind(value)
    return None if found is None else type(found)


def _called_kind(value: ast.expr) -> type | None:
    """Tell a date or an instant by its call; of anything else computed no type is known."""
    if not isinstance(value, ast.Call):
        return None
    called = ast.unparse(value.func)
    for name, kind in (("datetime", datetime), ("date", date)):
        made = (name, f"datetime.{name}", f"{name}.fromisoformat", f"datetime.{name}.fromisoformat")
        if called in made:
            return kind
    return None


def _from_text(text: str, kind: type | None) -> Any:
    word = text.strip().lower()
    if kind is str:
        return text
    if kind is bool:
        return _truth(word)
    if kind in {int, float}:
        return kind(word)
    if kind is not None and issubclass(kind, date):
        return kind.fromisoformat(text.strip())
    return _from_literal(text)


def _from_literal(text: str) -> Any:
    """Read None, or a list, a tuple or a mapping as Python writes them; else what YAML reads."""
    if text.strip() == "None":
        return None
    if text.strip()[:1] in set("[{("):
        with suppress(ValueError, SyntaxError, MemoryError, RecursionError):
            return ast.literal_eval(text.strip())
    return _from_yaml(text)


def _from_yaml(text: str) -> Any:
    """Read a scalar of YAML, or a list or a mapping in brackets; other words stay as they are.

    So does what only YAML takes for a date, for a number of sixties or of eights, or for a comment.
    """
    import yaml

    begin = text.strip()[:1]
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        if begin in set("[{"):
            raise ValueError(text) from error
        return text
    if isinstance(found, list | dict):
        return found if begin in set("[{") else text
    if isinstance(found, str):
        return found if begin in set("\"'") else text
    odd = isinstance(found, int | float) and (":" in text or _EIGHTS.match(text.strip()))
    return text if odd or isinstance(found, date) else found


def _truth(word: str) -> bool:
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise ValueError(word)


def _as_kind(value: Any, kind: type | None) -> Any:
    if kind is None:
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is tuple and isinstance(value, list):
        return tuple(value)
    exact = kind in {int, bool} or kind is date
    if type(value) is kind if exact else isinstance(value, kind):
        return value
    raise TypeError(kind.__name__)


def _source(value: Any) -> str:
    """Write a value as Python that needs no name but `__import__`; ValueError where none is."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("It is no finite number")
    if value is None or type(value) in {bool, int, float, str}:
        return repr(value)
    if isinstance(value, datetime | date):
        kind = "datetime" if isinstance(value, datetime) else "date"
        return f"__import__('datetime').{kind}.fromisoformat({value.isoformat()!r})"
    if type(value) is list:
        return f"[{', '.join(map(_source, value))}]"
    if type(value) is tuple:
        return f"({''.join(f'{_source(each)}, ' for each in value)})"
    if type(value) is dict:
        pairs = (f"{_source(key)}: {_source(each)}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    raise ValueError(f"A {type(value).__name__} has no literal")
