"""How far a comparison is: a bar in a terminal or a notebook, or told to whoever asks."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Progress", "steps_told"]

Progress = Callable[[int, int], None]
_OFTEN_S = 0.2


@contextmanager
def steps_told(steps: int, progress: Progress | None) -> Iterator[Callable[[], None]]:
    """Give what is called before each run.

    Without `progress` a bar is drawn, where one can be; between runs only and not too often, for
    what draws takes time from the run that is timed.
    """
    begun = itertools.count()
    if progress is not None:
        tell = progress
        yield lambda: tell(next(begun), steps)
        tell(steps, steps)
        return
    with _bar(steps) as draw:
        drawn_at = 0.0

        def step() -> None:
            nonlocal drawn_at
            done, now = next(begun), time.monotonic()
            if now - drawn_at >= _OFTEN_S:
                drawn_at = now
                draw(done)

        yield step


@contextmanager
def _bar(steps: int) -> Iterator[Callable[[int], Any]]:
    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if console.is_jupyter:
        with _bar_in_notebook(steps) as draw:
            yield draw
        return
    shown = console.is_terminal
    with Bar(console=console, transient=True, disable=not shown, auto_refresh=False) as bar:
        task = bar.add_task("Comparing", total=steps)
        yield lambda done: bar.update(task, completed=done, refresh=True)


@contextmanager
def _bar_in_notebook(steps: int) -> Iterator[Callable[[int], Any]]:
    """Draw with HTML alone: a widget would stay behind in the notebook that is saved."""
    from IPython import display

    notebook: Any = display  # comes without types

    def bar(done: int) -> Any:
        drawn = f'<progress max="{steps}" value="{done}"></progress>'
        return notebook.HTML(f"<label>Comparing: {done} of {steps} runs {drawn}</label>")

    shown = notebook.display(bar(0), display_id=True)
    try:
        yield lambda done: shown.update(bar(done))
    finally:
        shown.update(notebook.HTML(""))
