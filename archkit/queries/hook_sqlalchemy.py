"""Overhearing SQLAlchemy: events of an engine or connection, and what the ORM loads lazily."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from archkit.queries.count import QueryCount
from archkit.queries.hook import Hook, Sent

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import ORMExecuteState

__all__ = ["SqlalchemyHook", "plain_target"]

_LOAD = "archkit_load"
_orm_lock = threading.Lock()
_orm_hooks: list[SqlalchemyHook] = []


def plain_target(source: Any) -> Any:
    """Give the Engine or Connection behind an asynchronous one, or behind a session."""
    from sqlalchemy import Connection, Engine
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
    from sqlalchemy.orm import Session, scoped_session

    if isinstance(source, scoped_session):
        source = source()
    if isinstance(source, AsyncSession):
        source = source.sync_session
    if isinstance(source, Session):
        source = source.get_bind()
    if isinstance(source, AsyncEngine):
        source = source.sync_engine
    if isinstance(source, AsyncConnection):
        source = source.sync_connection
    return source if isinstance(source, Connection | Engine) else None


class SqlalchemyHook(Hook):
    """Counts the statements that go through an Engine or a Connection."""

    target: Engine | Connection

    def __init__(self, target: Engine | Connection) -> None:
        super().__init__(target)
        self.dialect = target.dialect.name
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
        load = context.execution_options.get(_LOAD, ("", "")) if context else ("", "")
        sent = self.sent(statement, values=hash(str(parameters)), load=load)
        setattr(context, self._under_way, sent)

    def _after(
        self, conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        sent: Sent = getattr(context, self._under_way)
        sent.ended()


def _say_what_loads(state: ORMExecuteState) -> None:
    """Write on the statement which relationship, or whose columns, it loads for a single object."""
    if state.is_relationship_load and state.lazy_loaded_from is not None:
        prop: Any = state.loader_strategy_path[-1] if state.loader_strategy_path else None
        name = f"{prop.parent.class_.__name__}.{prop.key}" if prop is not None else "?"
        state.update_execution_options(**{_LOAD: ("lazy load", name)})
    elif state.is_column_load and state.bind_mapper is not None:
        name = state.bind_mapper.class_.__name__
        state.update_execution_options(**{_LOAD: ("column load", name)})
