"""What is counted while a notebook becomes a page: figures, tables, what could not be shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from archkit.markup import esc

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["HIGHEST", "Tally", "code_numbers", "language_of"]

HIGHEST = 6
_INJECTED = "injected-parameters"


@dataclass(slots=True)
class Tally:
    """Where the page is, and what has gone by.

    Attributes
    ----------
    folder
        The notebook's: pictures are looked up from it, and paths are shown from it.
    cell
        The number of the code cell that is shown, from 1; 0 before the first.
    in_text
        Whether text between cells is shown, and not the cell.
    level
        The level of the heading that what comes next stands under, 1 to 6.
    figures, tables, pictures
        How many so far.
    buttons
        Buttons that were left out: nothing runs in a file.
    unshown
        What could not be shown, in words, in the page's order.
    """

    folder: Path
    cell: int = 0
    in_text: bool = False
    level: int = 1
    figures: int = 0
    tables: int = 0
    pictures: int = 0
    outputs: int = 0
    buttons: int = 0
    unshown: list[str] = field(default_factory=list)

    def cannot_show(self, what: str, *, inline: bool = False) -> str:
        """Count something that cannot be shown, and return the note that stands in its place."""
        cell = f"cell {self.cell}" if self.cell else "the first cell"
        text = f"the text {'after' if self.cell else 'before'} {cell}"
        where = text if self.in_text else cell
        self.unshown.append(f"{where}: {what}")
        tag = "span" if inline else "p"
        return f'<{tag} class="unshown">Not shown: {esc(what)}.</{tag}>'

    def beneath(self, depth: int) -> int:
        """Return the level of a heading so many levels below the present one."""
        return min(HIGHEST, self.level + depth)


def language_of(notebook: NotebookNode) -> str:
    """Name the language of a notebook's code, in lower case."""
    held = notebook.metadata
    named = held.get("kernelspec", {}).get("language") or held.get("language_info", {}).get("name")
    return str(named or "python").lower()


def code_numbers(notebook: NotebookNode) -> dict[int, int]:
    """Return the number of each code cell by its place; a cell put in for parameters has none."""
    found: dict[int, int] = {}
    for place, cell in enumerate(notebook.cells):
        put_in = _INJECTED in cell.metadata.get("tags", ())
        if cell.cell_type == "code" and cell.source.strip() and not put_in:
            found[place] = len(found) + 1
    return found
