"""The pytest plugin: a limit of queries for a test, or for a part of one.

pytest loads it by its entry point, with every run of every project that has archkit installed:
nothing of archkit is loaded until a test sets a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from archkit.queries.limit import QueryLimit

__all__ = ["max_queries"]

_MARKER = (
    "max_queries(most, *sources, label='', n=None): fail the test when it sends more queries to "
    "these engines, sessions or connections; a text names a fixture of the test, and without any "
    "all of the test's fixtures that can be counted are."
)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Hold a marked test to its limit."""
    __tracebackhide__ = True
    marker = item.get_closest_marker("max_queries")
    if marker is None:
        return (yield)
    if not marker.args and "most" not in marker.kwargs:
        pytest.fail(
            "max_queries does not say how many there may be: @pytest.mark.max_queries(3).",
            pytrace=False,
        )
    with _limit(item, *marker.args, **marker.kwargs):
        return (yield)


@pytest.fixture
def max_queries(request: pytest.FixtureRequest) -> Callable[..., QueryLimit]:
    """Limit the queries of a block: `with max_queries(3, engine) as counted: …`.

    It takes how many there may be and what is counted, else whatever of the test's fixtures can
    be; `label=` and `n=`; and with `before=` (an earlier count), `memory=` and `pattern=` it
    records what a change saved. A block that sends more fails the test with the shapes of what
    was sent, N+1 findings, and the lines they came from.
    """

    def limited(most: int, *sources: Any, **settings: Any) -> QueryLimit:
        __tracebackhide__ = True
        return _limit(request.node, most, *sources, **settings)

    return limited


def _limit(item: Any, most: int, *sources: Any, **settings: Any) -> QueryLimit:
    __tracebackhide__ = True
    from archkit.queries.limit import QueryLimit, countable_in

    fixtures = getattr(item, "funcargs", {})
    if not sources:
        sources = tuple(countable_in(fixtures.values()))
        if not sources:
            pytest.fail(
                "max_queries has nothing to count: none of the test's fixtures is an engine, a "
                "session or a connection. Name what is counted: max_queries(3, engine).",
                pytrace=False,
            )
    strangers = [name for name in sources if isinstance(name, str) and name not in fixtures]
    if strangers:
        pytest.fail(
            f"max_queries: the test has no fixture {strangers[0]!r}; ask for it as an argument, "
            f"or with pytest.mark.usefixtures({strangers[0]!r}).",
            pytrace=False,
        )
    counted = [fixtures[one] if isinstance(one, str) else one for one in sources]
    settings.setdefault("label", item.name)
    return QueryLimit(most, counted, **settings)
