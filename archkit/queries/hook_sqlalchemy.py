"""Overhearing SQLAlchemy: events of an engine or connection, and what the ORM loads lazily."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from archkit.errors import ArchkitError
from archkit.queries.count import QueryCount
from archkit.queries.hook import STREAMED, Hook, Sent
from archkit.queries.hook_rows import count_fetched

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import ORMExecuteState

__all__ = ["SqlalchemyHook", "plain_target"]

_LOAD = "archkit_load"
_COUNTED = "archkit_counted"
_orm_lock = threading.Lock()
_orm_hooks: list[SqlalchemyHook] = []


def plain_target(source: Any) -> Engine | Connection | type[Engine]:
    """Give the Engine or Connection behind an asynchronous one, or behind a session.

    The class Engine stands for every engine.

    Raises
    ------
    ArchkitError
        There is none behind it, or it is closed.
    """
    from sqlalchemy import Connection, Engine
    from sqlalchemy.exc import UnboundExecutionError
    from sqlalchemy.ext import asyncio as awaited
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
    from sqlalchemy.orm import Session, scoped_session, sessionmaker

    if source is Engine:
        return Engine
    makers = scoped_session, sessionmaker, awaited.async_scoped_session, awaited.async_sessionmaker
    found = source
    if isinstance(found, makers):
        # A session takes no connection before its first statement.
        found = found()
    if isinstance(found, AsyncSession):
        found = found.sync_session
    if isinstance(found, Session):
        try:
            found = found.get_bind()
        except UnboundExecutionError:
            raise ArchkitError(
                "This session cannot be counted on.",
                why="It is bound to no engine, or to several.",
                mend="Hand in the engine, or the engines in a list.",
            ) from None
    if isinstance(found, AsyncEngine):
        found = found.sync_engine
    if isinstance(found, AsyncConnection):
        found = found.sync_connection
    if isinstance(found, Engine) or (isinstance(found, Connection) and not found.closed):
        return found
    raise ArchkitError(
        "This SQLAlchemy connection cannot be counted on.",
        why="It is closed, or not yet open.",
        mend="Hand in an open connection, or the engine.",
    )


class SqlalchemyHook(Hook):
    """Counts the statements that go through an Engine, through all of them, or a Connection."""

    target: Engine | Connection | type[Engine]

    def __init__(self, target: Engine | Connection | type[Engine]) -> None:
        super().__init__(target)
        self._under_way = f"archkit_sent_{id(self)}"

    def _install(self) -> None:
        from sqlalchemy import event
        from sqlalchemy.orm import Session

        event.listen(self.target, "before_cursor_execute", self._before)
        event.listen(self.target, "after_cursor_execute", self._after)
        with _orm_lock:
            if not _orm_hooks:
                event.listen(Session, "do_orm_execute", _say_what_loads)
            _orm_hooks.append(self)

    def _remove(self, count: QueryCount) -> None:
        from sqlalchemy import event
        from sqlalchemy.orm import Session

        event.remove(self.target, "before_cursor_execute", self._before)
        event.remove(self.target, "after_cursor_execute", self._after)
        with _orm_lock:
            _orm_hooks.remove(self)
            if not _orm_hooks:
                event.remove(Session, "do_orm_execute", _say_what_loads)

    def _before(
        self, conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        counted = vars(context).get(_COUNTED, ())
        sent = self.sent(
            statement,
            dialect=conn.dialect.name,
            values=parameters,
            load=context.execution_options.get(_LOAD, ("", "")),
            but=counted,
        )
        setattr(context, self._under_way, sent)
        # An engine, its connection and the class of engines may all be overheard: one statement.
        setattr(context, _COUNTED, (*counted, *sent.counts))

    def _after(
        self, conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        # Absent where the block began between the two events of a statement.
        sent: Sent | None = vars(context).pop(self._under_way, None)
        vars(context).pop(_COUNTED, None)
        if sent is not None and sent.counts:
            sent.ended()
            count_fetched(context, cursor, sent.fetched)
            if getattr(context, "_is_server_side", False):
                sent.note(STREAMED)


def _say_what_loads(state: ORMExecuteState) -> None:
    """Write on the statement which relationship, or whose columns, it loads for a single object."""
    if state.is_relationship_load and state.lazy_loaded_from is not None:
        path: Any = state.loader_strategy_path
        prop = path.prop if path is not None and path.is_property else None
        name = f"{prop.parent.class_.__name__}.{prop.key}" if prop is not None else ""
        state.update_execution_options(**{_LOAD: ("lazy load", name)})
    elif state.is_column_load and state.bind_mapper is not None:
        name = state.bind_mapper.class_.__name__
        state.update_execution_options(**{_LOAD: ("column load", name)})
    elif _LOAD in state.execution_options:
        # An eager load that a lazy one brings about inherits its options.
        state.update_execution_options(**{_LOAD: ("", "")})
