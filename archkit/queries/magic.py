"""`%%count_queries`: a notebook cell run once, and what it asked of the database shown below it."""

from __future__ import annotations

import argparse
import ast
import shlex
from typing import Any, NoReturn

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, magics_class, output_can_be_silenced
from IPython.display import display

from archkit.errors import ArchkitError
from archkit.queries.count import QueryCount
from archkit.queries.counting import count_queries
from archkit.queries.limit import countable_in
from archkit.queries.saved import before_and_after

__all__ = ["QueryMagics", "load"]


def load(shell: InteractiveShell) -> None:
    """Make `%%count_queries` known to a shell: what `%load_ext archkit` does."""
    shell.register_magics(QueryMagics)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (%%count_queries? tells how it is called)")


def _arguments() -> argparse.ArgumentParser:
    parser = _Parser(prog="%%count_queries", add_help=False, allow_abbrev=False)
    parser.add_argument("sources", nargs="*")
    parser.add_argument("--n", type=int)
    parser.add_argument("--as", dest="name", default="counted")
    for name in ("label", "before", "memory", "pattern"):
        parser.add_argument(f"--{name}", default="")
    return parser


def _parsed(line: str) -> argparse.Namespace:
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"{error}.") from error
    return _arguments().parse_args(words)


@magics_class
class QueryMagics(Magics):
    """The cell magic."""

    shell: Any

    @output_can_be_silenced
    @cell_magic
    def count_queries(self, line: str, cell: str) -> Any:
        """Run the cell once, show the queries it sent, and keep them under a name.

        ``%%count_queries [name ...] [--label TEXT] [--n N] [--as NAME]``

        The names are of engines, sessions or connections; without any, all that are in the
        notebook. The count is called ``counted``, or as ``--as`` says.

        ``--before NAME --memory NAME [--pattern SLUG]`` records what a change saved: the name of
        an earlier count of the same request, and of the memory.
        """
        told = _parsed(line)
        if not told.name.isidentifier():
            raise UsageError(f"--as {told.name}: that is no name.")
        if bool(told.before) != bool(told.memory):
            raise UsageError("To record a measurement, give both --before and --memory.")
        if told.pattern and not told.memory:
            raise UsageError("--pattern is recorded with --before and --memory.")
        sources = self._sources(told.sources)
        memory = self._named(told.memory) if told.memory else None
        before = self._count_named(told.before) if told.before else None
        body, last = self._compiled(cell)
        counting = count_queries(sources, label=told.label, n=told.n, everywhere=True)
        counted = None
        try:
            with counting as counted:
                exec(body, self.shell.user_ns)
                value = eval(last, self.shell.user_ns) if last is not None else None
        finally:
            # A cell that fails shows its counts, too.
            if counted is not None:
                self.shell.user_ns[told.name] = counted
                display(counted)  # type: ignore[no-untyped-call]
        if memory is not None and before is not None:
            made = before_and_after(before, counted, label=told.label, pattern=told.pattern or None)
            memory.record_measurement(made)
        return value

    def _sources(self, names: list[str]) -> list[Any]:
        if names:
            return [self._named(name) for name in names]
        found = countable_in(v for n, v in self.shell.user_ns.items() if not n.startswith("_"))
        if not found:
            raise ArchkitError(
                "There is nothing to count in this notebook yet.",
                why="No name is an engine, a session or a connection.",
                mend="Make it in a cell before, or name it: %%count_queries shop.engine",
            )
        return found

    def _named(self, name: str) -> Any:
        """Return what a name, or an attribute of one, stands for."""
        first, *rest = name.split(".")
        if first not in self.shell.user_ns:
            raise UsageError(f"There is no {first!r} in this notebook.")
        value = self.shell.user_ns[first]
        for part in rest:
            if not hasattr(value, part):
                raise UsageError(f"{first!r} has no {part!r}.")
            value = getattr(value, part)
        return value

    def _count_named(self, name: str) -> QueryCount:
        value = self._named(name)
        if not isinstance(value, QueryCount):
            raise UsageError(f"{name!r} is no count of queries; --as gave an earlier one its name.")
        return value

    def _compiled(self, cell: str) -> tuple[Any, Any]:
        """Return the cell's statements, and its last expression if it ends in one, as code."""
        shell = self.shell
        # The magic's own line is the cell's first, and IPython drops those that are blank after it:
        # so that lines are numbered as they are seen.
        blank = next((n for n, one in enumerate(cell.splitlines()) if one.strip()), 0)
        source = "\n" * (1 + blank) + shell.transform_cell(cell)
        # IPython has already gone on to the next cell's number.
        name = shell.compile.cache(source, max(1, shell.execution_count - 1), raw_code=source)
        try:
            tree = shell.transform_ast(shell.compile.ast_parse(source, filename=name))
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            body = shell.compile(tree, name, "exec")
            value = shell.compile(ast.Expression(last.value), name, "eval") if last else None
        except SyntaxError as error:
            if shell.should_run_async(cell, transformed_cell=shell.transform_cell(cell)):
                raise UsageError(
                    "A cell magic cannot await. Write instead: "
                    "async with archkit.count_queries(engine) as counted: …"
                ) from error
            raise
        return body, value
