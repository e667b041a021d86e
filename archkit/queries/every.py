"""Every statement of a process, counted on whatever connection it opens.

Made for a process that only measures (`archkit measure`): what is wrapped stays wrapped.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from archkit.plain import without_passwords
from archkit.queries import hook_sqlite
from archkit.queries.count import QueryCount
from archkit.queries.hook import Hook

__all__ = ["Everything"]

_LAYERS_ABOVE = 80


class Everything:
    """Counts every statement of this process, on whatever connection it opens from here on.

    A connection that SQLAlchemy opens is counted by its engine alone. Packages are waited for:
    one that the program never imports is not imported here either.

    Attributes
    ----------
    count : QueryCount
        What was counted up to now.
    trouble : list of str
        A sentence for each connection that could not be counted; the program whose connection it
        is goes on as if nobody looked.
    """

    def __init__(self, label: str = "", n: int | None = None) -> None:
        self.count = QueryCount(label, n, everywhere=True)
        self.trouble: list[str] = []
        self._hooks: dict[int, Hook] = {}
        self._kinds: set[str] = set()
        self._sqlite: _EverySqlite | None = None

    def begin(self) -> None:
        """Count from now on."""
        takes = {
            "sqlalchemy": self._take_sqlalchemy,
            "sqlite3": self._take_sqlite3,
            "duckdb": self._take_duckdb,
            "psycopg": self._take_psycopg,
        }
        # A version that is not as expected is the program's all the same.
        then = {name: partial(self._do, take) for name, take in takes.items()}
        for name in [name for name in then if name in sys.modules]:
            then.pop(name)(sys.modules[name])
        sys.meta_path.insert(0, _WhenImported(then))
        self.count.open()

    def end(self) -> QueryCount:
        """Take the time, and what databases wrote down themselves."""
        self.count.close()
        for hook in list(self._hooks.values()):
            self._do(hook.pull, self.count)
        self.count.notes = list(dict.fromkeys(self.count.notes))
        self.count.counts = " and ".join(sorted(self._kinds)) or self.count.counts
        return self.count

    def _take_sqlalchemy(self, module: Any) -> None:
        from archkit.queries.hook_sqlalchemy import SqlalchemyHook

        self._attach(SqlalchemyHook, module.engine.Engine)

    def _take_sqlite3(self, module: Any) -> None:
        def opened(connection: Any) -> None:
            if self._sqlite is None:
                self._sqlite = _EverySqlite(self.count)
                # A block of the program's own takes the one trace callback: it gives it back.
                hook_sqlite.process_wide = self._sqlite
                self._kinds.add(self._sqlite.counts_what)
            self._do(self._sqlite.overhear, connection)

        # SQLAlchemy and Django know the module by its second name.
        module.connect = module.dbapi2.connect = _telling(module.connect, opened)

    def _take_psycopg(self, module: Any) -> None:
        from archkit.queries.hook_psycopg import PsycopgHook

        def opened(connection: Any) -> None:
            self._attach(PsycopgHook, connection)

        for kind, telling in (
            (module.Connection, _telling),
            (module.AsyncConnection, _telling_async),
        ):
            kind.connect = classmethod(telling(kind.connect.__func__, opened))
            kind.close = _told_first(kind.close, self._detach)
        module.connect = module.Connection.connect

    def _take_duckdb(self, module: Any) -> None:
        from archkit.queries.hook_duckdb import DuckdbHook

        def opened(connection: Any) -> None:
            self._attach(DuckdbHook, connection)

        # What `duckdb.sql(…)` runs on.
        opened(module.default_connection())
        module.connect = _telling(module.connect, opened)

    def _attach(self, kind: type[Hook], target: Any) -> None:
        if id(target) in self._hooks:
            return

        def attach(target: Any) -> None:
            hook = kind(target)
            hook.attach(self.count)
            self._hooks[id(target)] = hook

        self._do(attach, target)
        self._kinds.add(kind.counts_what)

    def _detach(self, target: Any) -> None:
        hook = self._hooks.pop(id(target), None)
        if hook is not None:
            self._do(hook.detach, self.count)

    def _do(self, what: Callable[[Any], None], source: Any) -> None:
        try:
            what(source)
        except Exception as error:  # noqa: BLE001 - measuring must not break what is measured
            told = " ".join(without_passwords(str(error)).split())[:200] or type(error).__name__
            kind = source if isinstance(source, ModuleType | type) else type(source)
            name = getattr(kind, "__module__", kind.__name__).partition(".")[0].lstrip("_")
            sentence = f"Not all of {name} could be counted: {told}"
            if sentence not in self.trouble:
                self.trouble.append(sentence)


class _EverySqlite(hook_sqlite.SqliteHook):
    """Overhears any number of connections, and holds none of them."""

    def __init__(self, count: QueryCount) -> None:
        Hook.__init__(self, None)
        self.attached = (count,)

    def overhear(self, connection: Any) -> None:
        connection.set_trace_callback(self._traced)


def _telling(connect: Callable[..., Any], opened: Callable[[Any], None]) -> Callable[..., Any]:
    @wraps(connect)
    def telling(*args: Any, **kwargs: Any) -> Any:
        connection = connect(*args, **kwargs)
        if not _of_an_engine():
            opened(connection)
        return connection

    return telling


def _telling_async(
    connect: Callable[..., Any], opened: Callable[[Any], None]
) -> Callable[..., Any]:
    @wraps(connect)
    async def telling(*args: Any, **kwargs: Any) -> Any:
        connection = await connect(*args, **kwargs)
        if not _of_an_engine():
            opened(connection)
        return connection

    return telling


def _told_first(close: Callable[..., Any], closes: Callable[[Any], None]) -> Callable[..., Any]:
    @wraps(close)
    def closing(connection: Any, *args: Any, **kwargs: Any) -> Any:
        closes(connection)
        return close(connection, *args, **kwargs)

    return closing


class _WhenImported(MetaPathFinder):
    """Calls a function once a module has been imported for the first time."""

    def __init__(self, then: Mapping[str, Callable[[Any], None]]) -> None:
        self._then = dict(then)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        then = self._then.pop(fullname, None)
        if then is None:
            return None
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return None
        spec.loader = _Loading(spec.loader, then)
        return spec


class _Loading(Loader):
    def __init__(self, loader: Loader, then: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._then = then

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._then(module)


def _of_an_engine() -> bool:
    """Whether SQLAlchemy opens this connection, whose engine is counted already."""
    frame = sys._getframe(1)
    for _ in range(_LAYERS_ABOVE):
        name = str(frame.f_globals.get("__name__", ""))
        if name.startswith("sqlalchemy."):
            return True
        # aiosqlite opens its connection in a thread of its own: nothing says for whom.
        if name.startswith("aiosqlite") and "sqlalchemy.dialects.sqlite.aiosqlite" in sys.modules:
            return True
        if frame.f_back is None:
            break
        frame = frame.f_back
    return False
