"""sqlglot's statements → tables: columns, keys and indexes, wherever a statement puts them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from archkit.proposal.schema import Column, ForeignKey, Index, Table

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["Place", "SchemaBuilding"]


class Place(NamedTuple):
    """Where a statement stands: its block, counted from 0, that block's line, its dialect."""

    block: int
    line: int
    dialect: str


@dataclass
class _Draft:
    name: str
    line: int
    block: int
    derived: bool = False
    columns: list[Column] = field(default_factory=list)
    primary_key: list[str] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)

    def table(self) -> Table:
        key = {name.casefold() for name in self.primary_key}
        columns = (
            column._replace(nullable=column.nullable and column.name.casefold() not in key)
            for column in self.columns
        )
        return Table(
            name=self.name,
            columns=tuple(columns),
            primary_key=tuple(dict.fromkeys(self.primary_key)),
            foreign_keys=tuple(self.foreign_keys),
            indexes=tuple(self.indexes),
            line=self.line,
            block=self.block,
            derived=self.derived,
        )


class SchemaBuilding:
    """Tables in the making: first what is created, then what alters it."""

    def __init__(self) -> None:
        self._drafts: list[_Draft] = []
        self._by_name: dict[str, _Draft] = {}
        self._later: list[tuple[exp.Expr, Place]] = []

    def add(self, statement: exp.Expr, place: Place) -> None:
        """Take in a statement; one that makes or alters no table is passed over."""
        from sqlglot import exp

        if isinstance(statement, exp.Create) and statement.kind == "TABLE":
            self._create(statement, place)
        elif isinstance(statement, exp.Alter) or _is_index(statement):
            self._later.append((statement, place))

    def tables(self) -> tuple[Table, ...]:
        """Return the tables in the order they are created."""
        from sqlglot import exp

        for statement, place in self._later:
            if isinstance(statement, exp.Alter):
                self._alter(statement, place)
            else:
                self._index(statement, place)
        self._later.clear()
        return tuple(draft.table() for draft in self._drafts)

    def _create(self, statement: exp.Create, place: Place) -> None:
        from sqlglot import exp

        body = statement.this
        target = body.this if isinstance(body, exp.Schema) else body
        if not isinstance(target, exp.Table):
            return
        draft = _Draft(_name(target), _line(target, place), place.block)
        entries = body.expressions if isinstance(body, exp.Schema) else []
        properties = statement.args.get("properties")
        elsewhere = (exp.PartitionedOfProperty, exp.InheritsProperty, exp.LikeProperty)
        draft.derived = (
            statement.expression is not None
            or any(isinstance(entry, exp.LikeProperty) for entry in entries)
            or (properties is not None and properties.find(*elsewhere) is not None)
        )
        for entry in entries:
            _take(draft, entry, place)
        self._keep(draft)

    def _alter(self, statement: exp.Alter, place: Place) -> None:
        from sqlglot import exp

        if statement.args.get("kind") != "TABLE" or not isinstance(statement.this, exp.Table):
            return
        draft = self._find(statement.this)
        for action in statement.args.get("actions") or []:
            if isinstance(action, exp.ColumnDef) and draft is None:
                draft = _Draft(_name(statement.this), _line(statement.this, place), place.block)
                draft.derived = True  # it exists already: its other columns are not told
                self._keep(draft)
            if draft is None:
                continue
            entries = action.expressions if isinstance(action, exp.AddConstraint) else [action]
            for entry in entries:
                _take(draft, entry, place)

    def _index(self, statement: exp.Expr, place: Place) -> None:
        from sqlglot import exp

        index = statement.this
        table = index.args.get("table")
        draft = self._find(table) if isinstance(table, exp.Table) else None
        parameters = index.args.get("params")
        if draft is not None and parameters is not None:
            columns = _names(parameters.args.get("columns") or [], place)
            unique = bool(statement.args.get("unique"))
            partial = parameters.args.get("where") is not None
            draft.indexes.append(Index(columns, unique, _line(index, place), partial))

    def _keep(self, draft: _Draft) -> None:
        self._drafts.append(draft)
        name = draft.name.casefold()
        for spelling in (name, name.rpartition(".")[2]):
            self._by_name.setdefault(spelling, draft)

    def _find(self, table: exp.Table) -> _Draft | None:
        name = _name(table).casefold()
        return self._by_name.get(name) or self._by_name.get(name.rpartition(".")[2])


def _is_index(statement: Any) -> bool:
    from sqlglot import exp

    return isinstance(statement, exp.Create) and isinstance(statement.this, exp.Index)


def _take(draft: _Draft, entry: Any, place: Place) -> None:
    """Take in an entry of a table's body: a column, a key, an index."""
    from sqlglot import exp

    if isinstance(entry, exp.ColumnDef):
        _column(draft, entry, place)
    elif isinstance(entry, exp.Identifier):  # a column without a type, as SQLite allows
        draft.columns.append(Column(entry.name, "", True, _line(entry, place)))
    elif isinstance(entry, exp.Constraint):
        clustered = entry.find(exp.ClusteredColumnConstraint, exp.NonClusteredColumnConstraint)
        if clustered is not None and entry.find(exp.PrimaryKeyColumnConstraint):
            draft.primary_key += _names(clustered.this or [], place)
        for part in entry.expressions:
            _take(draft, part, place)
    elif isinstance(entry, exp.PrimaryKey):
        draft.primary_key += _names(entry.expressions, place)
    elif isinstance(entry, exp.ForeignKey):
        columns = _names(entry.expressions, place)
        draft.foreign_keys += _references(columns, entry.args.get("reference"), entry, place)
    elif isinstance(entry, exp.UniqueColumnConstraint) and isinstance(entry.this, exp.Schema):
        columns = _names(entry.this.expressions, place)
        draft.indexes.append(Index(columns, True, _line(entry, place)))
    elif isinstance(entry, exp.IndexColumnConstraint):
        columns = _names(entry.expressions, place)
        draft.indexes.append(Index(columns, False, _line(entry, place)))


def _column(draft: _Draft, entry: exp.ColumnDef, place: Place) -> None:
    from sqlglot import exp

    name, nullable, line = entry.name, True, _line(entry, place)
    for constraint in entry.args.get("constraints") or []:
        kind = constraint.args.get("kind")
        if isinstance(kind, exp.PrimaryKeyColumnConstraint):
            draft.primary_key.append(name)
        elif isinstance(kind, exp.NotNullColumnConstraint):
            nullable = bool(kind.args.get("allow_null"))
        elif isinstance(kind, exp.UniqueColumnConstraint):
            draft.indexes.append(Index((name,), True, line))
        elif isinstance(kind, exp.Reference):
            draft.foreign_keys += _references((name,), kind, kind, place)
    written = entry.args.get("kind")
    kind_text = written.sql(place.dialect) if written is not None else ""
    draft.columns.append(Column(name, kind_text, nullable, line))


def _references(
    columns: tuple[str, ...], reference: Any, entry: Any, place: Place
) -> Iterator[ForeignKey]:
    from sqlglot import exp

    target = reference.this if reference is not None else None
    target_columns = _names(target.expressions, place) if isinstance(target, exp.Schema) else ()
    table = target.this if isinstance(target, exp.Schema) else target
    if isinstance(table, exp.Table):
        yield ForeignKey(columns, _name(table), target_columns, _line(entry, place))


def _name(table: exp.Table) -> str:
    return ".".join(part.name for part in table.parts)


def _names(entries: Iterable[Any], place: Place) -> tuple[str, ...]:
    """Return the columns of a key or an index: names, or the text of an expression."""
    from sqlglot import exp

    names = []
    for entry in entries:
        inner = entry
        while isinstance(inner, (exp.Ordered, exp.Opclass, exp.ColumnPrefix, exp.WithOperator)):
            inner = inner.this
        plain = isinstance(inner, (exp.Column, exp.Identifier))
        names.append(inner.name if plain else inner.sql(place.dialect))
    return tuple(names)


def _line(entry: exp.Expr, place: Place) -> int:
    """Return the line in the proposal's text on which a part of a statement begins."""
    from sqlglot import exp

    found = (int(name.meta.get("line") or 0) for name in entry.find_all(exp.Identifier))
    return place.line + min((line for line in found if line), default=0)
