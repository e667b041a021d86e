"""What is printed: tables that fit the terminal, JSON for programs, progress beside them."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from archkit.plain import plain, shown_path

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Column", "Screen", "interval_strip", "percent", "plain_json", "rate", "sparkline"]

WIDE = 110
"""From this width on (characters) tables show all their columns."""

Progress = Callable[[int, int], None]
_BLOCKS, _ASCII = " ▁▂▃▄▅▆▇█", " .:-=+*#%"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; one that is `wide` is left out where there is little room."""

    heading: str
    justify: Literal["left", "right"] = "left"
    wide: bool = False
    folds: bool = True
    style: str = ""


class Screen:
    """Prints what a command says: for people, or with `as_json` one document for programs.

    Parameters
    ----------
    as_json
        Whether standard output is for the document alone; all else is then left out, but for
        notes, which always go to standard error.
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self.out = _console(stderr=False)
        self.err = _console(stderr=True)

    @property
    def is_wide(self) -> bool:
        """Whether there is room for all columns."""
        return self.out.width >= WIDE

    def data(self, value: Any) -> None:
        """Print the document."""
        self.document(json.dumps(plain_json(value), indent=2, ensure_ascii=False))

    def document(self, text: str) -> None:
        """Print a document that is already text."""
        sys.stdout.write(_printable(text, sys.stdout.encoding) + "\n")

    def say(self, text: str = "", *, style: str = "", wrap: bool = True) -> None:
        """Print a line for people; long ones are wrapped, but for what is there to be copied."""
        if not self.as_json:
            clean = _printable(text, self.out.encoding)
            self.out.print(clean, style=style or None, soft_wrap=not wrap)

    def head(self, text: str) -> None:
        """Print a heading, a blank line before it."""
        self.say()
        self.say(text, style="bold")

    def note(self, text: str) -> None:
        """Say something beside the answer, on standard error."""
        self.err.print(_printable(text, self.err.encoding), style="dim")

    def ask(self, text: str, *, style: str = "", indent: int = 0) -> None:
        """Print a part of a question, on standard error: the answer's document stays alone."""
        from rich.padding import Padding

        clean = _printable(text, self.err.encoding)
        self.err.print(Padding(clean, (0, 0, 0, indent), expand=False), style=style or None)

    @contextmanager
    def busy(self, label: str) -> Iterator[None]:
        """Show in a terminal that work goes on whose end nobody knows."""
        if self.err.is_terminal:
            with self.err.status(label):
                yield
        else:
            yield

    def pairs(self, pairs: Iterable[tuple[str, object]]) -> None:
        """Print names and values, a pair a line."""
        table = _grid()
        for name, value in pairs:
            table.add_row(*(_printable(str(v), self.out.encoding) for v in (name, value)))
        if not self.as_json:
            self.out.print(table)

    def points(self, lines: Iterable[str], mark: str = "•") -> None:
        """Print a list, each point indented below its mark."""
        table = _grid(bold=False)
        for line in lines:
            table.add_row(*(_printable(v, self.out.encoding) for v in (f"  {mark}", line)))
        if not self.as_json and table.row_count:
            self.out.print(table)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> None:
        """Print a table; cells are shown as they are, without any markup read into them."""
        from rich import box
        from rich.table import Table

        if self.as_json:
            return
        shown = [n for n, column in enumerate(columns) if self.is_wide or not column.wide]
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for n in shown:
            column = columns[n]
            table.add_column(
                column.heading,
                justify=column.justify,
                overflow="fold",
                no_wrap=not column.folds,
                style=column.style or None,
            )
        for row in rows:
            table.add_row(*(_printable(str(row[n]), self.out.encoding) for n in shown))
        self.out.print(table)

    def markdown(self, text: str) -> None:
        """Print Markdown, laid out in a terminal and as it is elsewhere."""
        from rich.markdown import Markdown

        if self.as_json:
            return
        if self.out.is_terminal:
            self.out.print(Markdown(text))
        else:
            sys.stdout.write(_printable(text, sys.stdout.encoding).rstrip("\n") + "\n")

    @contextmanager
    def progress(self, label: str) -> Iterator[Progress]:
        """Give a function that is told (done, of how many), drawn as a bar in a terminal."""
        from rich.progress import Progress as Bar

        with Bar(console=self.err, transient=True, disable=not self.err.is_terminal) as bar:
            task = bar.add_task(label, total=None)

            def advance(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total or None)

            yield advance

    def spark(self, values: Sequence[float | None]) -> str:
        """Draw values as a line of blocks that this terminal can show."""
        return sparkline(values, _BLOCKS if _has(_BLOCKS, self.out.encoding) else _ASCII)

    def strip(self, low: float, value: float, high: float) -> str:
        """Draw a rate with its interval, characters that this terminal can show."""
        marks = "·─●" if _has("·─●", self.out.encoding) else ".-o"
        return interval_strip(low, value, high, marks=marks)


def plain_json(value: Any) -> Any:
    """Return JSON values of records, frames, numbers of numpy, instants and paths; NaN is null."""
    if hasattr(value, "as_json"):
        return plain_json(value.as_json())
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return [plain_json(row) for row in value.to_dict("records")]
    if isinstance(value, Mapping):
        return {str(key): plain_json(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return None if str(value) == "NaT" else plain(value)
    if isinstance(value, Path):
        return shown_path(value)
    if hasattr(value, "tolist"):
        return plain_json(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    told = plain(value)
    known = isinstance(told, str | int | float | bool | None)
    return told if known else plain_json(told) if isinstance(told, dict) else _as_text(told)


def percent(value: float | None) -> str:
    """Write a share of 1."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.0%}"


def rate(value: float | None, low: float | None, high: float | None, n: float) -> str:
    """Write a rate with its interval, or that there is no evidence yet."""
    if not n or value is None:
        return "no evidence yet"
    return f"{percent(value)} ({percent(low)}–{percent(high)})"


def sparkline(values: Sequence[float | None], blocks: str = _BLOCKS) -> str:
    """Draw values as blocks from zero to the largest; what is missing is a space."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    top = max(known, default=0)
    steps = len(blocks) - 1

    def block(value: float | None) -> str:
        if value is None or not math.isfinite(value):
            return " "
        return blocks[max(1, round(value / top * steps))] if top and value > 0 else blocks[1]

    return "".join(map(block, values))


def interval_strip(
    low: float, value: float, high: float, *, width: int = 21, marks: str = "·─●"
) -> str:
    """Draw an interval on a line from 0 to 1, with the rate in it."""
    first, at, last = (round(x * (width - 1)) for x in (low, value, high))
    cells = [marks[1] if first <= n <= last else marks[0] for n in range(width)]
    cells[at] = marks[2]
    return "".join(cells)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def _grid(*, bold: bool = True) -> Any:
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold" if bold else None)
    table.add_column(overflow="fold")
    return table


def _has(text: str, encoding: str | None) -> bool:
    try:
        text.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _printable(text: str, encoding: str | None) -> str:
    """Return the text without control characters, and with what the output can encode."""
    clean = "".join(c for c in text if c in "\n\t" or (ord(c) >= 32 and not 127 <= ord(c) < 160))
    if _has(clean, encoding):
        return clean
    return clean.encode(encoding or "ascii", errors="replace").decode(encoding or "ascii")


def _as_text(value: Any) -> str:
    return str(value)
