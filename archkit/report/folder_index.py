"""The index page of a folder of reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

from archkit.errors import ReportError
from archkit.markup import esc
from archkit.plain import shown_path, utc_now
from archkit.report.files import HEAD_BYTES, data_folder, pdf_path, write_page
from archkit.report.page import page
from archkit.report.text import as_date, as_short_date

__all__ = ["Index", "Listed", "refresh_index", "write_index"]

_INDEX = "index.html"
_KIND = "index"
_EMPTY = "No report is in this folder yet. Write one here, and it is listed by itself."


@dataclass(frozen=True, slots=True)
class Listed:
    """One report of a folder, by what its page says of itself."""

    file: str
    title: str
    kind: str
    shows: str
    written_at: datetime | None
    size: int
    beside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """The index page of a folder, the reports that it lists, and the pages that it does not."""

    path: Path
    listed: tuple[Listed, ...]
    skipped: tuple[str, ...]


def write_index(folder: str | Path, *, force: bool = False, now: datetime | None = None) -> Index:
    """Write `index.html`, which lists the reports of a folder, newest first.

    Parameters
    ----------
    folder
        Its pages are read, not those of folders in it. Pages that archkit did not write are
        left out, and named at the end.
    force
        Whether an index.html that is no such index may be replaced.
    now
        The instant at which it is written; the present by default.

    Returns
    -------
    Index
        The page and what it lists.

    Raises
    ------
    ReportError
        There is no such folder, its index.html is something else, or it cannot be written.
    """
    place = Path(folder)
    if not place.is_dir():
        raise ReportError(
            f"There is no folder {shown_path(folder)!r}.",
            why="It is a file." if place.exists() else "Nothing is there.",
            mend="Name a folder of reports, say reports/.",
        )
    target = place / _INDEX
    if target.exists() and not _is_index(target) and not force:
        raise ReportError(
            f"{shown_path(target)!r} is no index that archkit wrote.",
            why="It would be replaced.",
            mend="Rename it, or say force=True (--force in a shell).",
        )
    pages = sorted(path for path in place.glob("*.htm*") if path.is_file() and path != target)
    found = [(path, _listed(path)) for path in pages]
    listed = sorted((one for _, one in found if one), key=_newest, reverse=True)
    skipped = tuple(path.name for path, one in found if one is None)
    written = write_page(target, _page(place, listed, skipped, now or utc_now()))
    return Index(written, tuple(listed), skipped)


def refresh_index(folder: str | Path) -> None:
    """Write the index of a folder again, if archkit wrote one there before."""
    if _is_index(Path(folder) / _INDEX):
        write_index(folder)


class _Head(HTMLParser):
    """What the head of a page says of itself."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, str] = {}
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_title = tag == "title"
        given = dict(attrs)
        if tag == "meta" and given.get("name"):
            self.said.setdefault(str(given["name"]), given.get("content") or "")

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.said["title"] = self.said.get("title", "") + data


def _said(path: Path) -> dict[str, str]:
    """Read what a page says of itself; nothing of a page that archkit did not write."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES).decode("utf-8", "replace").partition("<style>")[0]
    except OSError:
        return {}
    reader = _Head()
    reader.feed(head)
    return reader.said if reader.said.get("generator") == "archkit" else {}


def _is_index(path: Path) -> bool:
    return path.is_file() and _said(path).get("archkit-kind") == _KIND


def _listed(path: Path) -> Listed | None:
    said = _said(path)
    if not said or said.get("archkit-kind") == _KIND:
        return None
    beside = [one.name for one in (pdf_path(path),) if one.is_file()]
    beside += [f"{one.name}/" for one in (data_folder(path),) if one.is_dir()]
    return Listed(
        file=path.name,
        title=said.get("title", "").strip() or path.name,
        kind=said.get("archkit-kind", ""),
        shows=said.get("description", ""),
        written_at=_instant(said.get("archkit-written", "")),
        size=path.stat().st_size,
        beside=tuple(beside),
    )


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _newest(one: Listed) -> tuple[float, str]:
    return (one.written_at.timestamp() if one.written_at else 0.0, one.file)


def _page(folder: Path, listed: Sequence[Listed], skipped: Sequence[str], now: datetime) -> str:
    name = folder.resolve().name
    title = f"Reports in {name}" if name else "Reports"
    many = f"{len(listed)} report{'' if len(listed) == 1 else 's'}, newest first"
    left_out = (
        '<p class="mute small">Not listed, for archkit did not write them: '
        f"{esc(', '.join(skipped))}.</p>"
        if skipped
        else ""
    )
    return page(
        title=title,
        header=f'<h1>{esc(title)}</h1><p class="lede">{many}</p>',
        body=(_table(listed) if listed else f'<p class="empty">{_EMPTY}</p>') + left_out,
        footer=f"<p>Written by archkit on {as_date(now)} (UTC), and again whenever it writes a "
        "report into this folder.</p>",
        about={"archkit-kind": _KIND, "archkit-written": now.isoformat()},
    )


def _table(listed: Sequence[Listed]) -> str:
    heads = "".join(f'<th scope="col">{word}</th>' for word in ("report", "kind", "written"))
    rows = "".join(f"<tr>{_row(one)}</tr>" for one in listed)
    return (
        '<div class="scroll" role="group" aria-label="Reports" tabindex="0"><table>'
        f'<thead><tr>{heads}<th scope="col" class="number">size</th><th scope="col">beside it</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(one: Listed) -> str:
    told = esc(" · ".join(part for part in (one.file, one.shows) if part))
    shows = f'<br><span class="mute small">{told}</span>'
    beside = ", ".join(_link(file, _word(file)) for file in one.beside)
    return (
        f"<td>{_link(one.file, one.title)}{shows}</td><td>{esc(one.kind) or '–'}</td>"
        f'<td class="date">{as_short_date(one.written_at)}</td>'
        f'<td class="number">{one.size / 1e6:.1f} MB</td><td>{beside or "–"}</td>'
    )


def _word(file: str) -> str:
    return "data" if file.endswith("/") else "PDF"


def _link(file: str, text: str) -> str:
    return f'<a href="./{esc(quote(file))}">{esc(text)}</a>'
