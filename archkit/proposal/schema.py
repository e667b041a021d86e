"""What a proposal's tables are: names, columns, keys, indexes, each with its line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

__all__ = ["Column", "ForeignKey", "Index", "Schema", "Table", "Unchecked"]


class Column(NamedTuple):
    """A column; `type` is as its dialect writes it, empty if none is given."""

    name: str
    type: str
    nullable: bool
    line: int


class ForeignKey(NamedTuple):
    """Columns that refer to another table's; `target_columns` empty means its primary key."""

    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    line: int


class Index(NamedTuple):
    """An index or a unique constraint, its columns in order; an expression stands as its text.

    `partial` says that it holds some rows only (WHERE).
    """

    columns: tuple[str, ...]
    unique: bool
    line: int
    partial: bool = False


class Table(NamedTuple):
    """A table as the CREATE, ALTER and INDEX statements of all blocks leave it.

    `name` is as written, with its schema if one is given; `block` counts the blocks from 0;
    `derived` says that its columns are taken from elsewhere (AS, LIKE, PARTITION OF, INHERITS).
    """

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    indexes: tuple[Index, ...]
    line: int
    block: int
    derived: bool = False

    def column(self, name: str) -> Column | None:
        """Return the column of that name, whatever its case, None if there is none."""
        wanted = name.casefold()
        return next((c for c in self.columns if c.name.casefold() == wanted), None)


class Unchecked(NamedTuple):
    """A statement that could not be read; `broken` says that no dialect knows it as SQL."""

    line: int
    text: str
    why: str
    broken: bool


@dataclass(frozen=True)
class Schema:
    """The tables of some blocks of SQL; `dialects` has the one each block was read in.

    A block that was too long to be read has the dialect "".
    """

    tables: tuple[Table, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    dialects: tuple[str, ...] = ()

    def table(self, name: str) -> Table | None:
        """Return the first table of that name, whatever its case; its schema may be left out."""
        wanted = name.casefold()
        exact, last = self._by_name
        if wanted in exact:
            return exact[wanted]
        found = last.get(wanted.rpartition(".")[2])
        return found if found and not ("." in wanted and "." in found.name) else None

    @cached_property
    def _by_name(self) -> tuple[dict[str, Table], dict[str, Table]]:
        names = [(table.name.casefold(), table) for table in reversed(self.tables)]
        return dict(names), {name.rpartition(".")[2]: table for name, table in names}
