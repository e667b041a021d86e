"""Plotly figures of a notebook as the page's own: a title, a drawing, their data as a table."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any

from archkit.figures.style import colour_swap, count_of
from archkit.markup import esc
from archkit.plain import mapped_texts
from archkit.report.notebook_words import plain_value
from archkit.report.plotly_bundle import marked_traces
from archkit.report.text import as_json_block

if TYPE_CHECKING:
    from archkit.report.notebook_tally import Tally

__all__ = ["notebook_figure", "packed_arrays"]

_TOP, _HEIGHT = 14, 450
_MOST_ROWS = 200
_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_MAPS = ("geo", "map", "choropleth")
_SHORT = {"float64": "f8", "float32": "f4", "int8": "i1", "int16": "i2", "int32": "i4"} | {
    "uint8": "u1",
    "uint16": "u2",
    "uint32": "u4",
}
_COLUMNS = ("x", "y", "z", "labels", "values", "theta", "r", "lat", "lon", "text")


def notebook_figure(figure: Mapping[str, Any], tally: Tally) -> str:
    """Return a figure's block, which the page's one script draws.

    Parameters
    ----------
    figure
        As plotly writes it: `data`, `layout`, and `frames` if it moves; arrays as lists, or
        packed (`bdata`, `dtype`).
    tally
        What is counted.
    """
    plain = plain_value({k: figure.get(k) for k in ("data", "layout", "frames")}, tally.folder)
    if ((plain["layout"] or {}).get("meta") or {}).get("archkit_theme") == "dark":
        plain = _recoloured(plain, {dark: light for light, dark in colour_swap().items()})
    data = [trace for trace in plain["data"] or () if isinstance(trace, dict)]
    layout = dict(plain["layout"] or {})
    maps = sorted({kind for kind in map(_kind, data) if any(part in kind for part in _MAPS)})
    said, layout, notes = _said(layout, tally)
    if plain["frames"]:
        notes += tally.cannot_show(
            f"{count_of(len(plain['frames']), 'step')} of an animated figure"
        )
    tally.figures += 1
    name = f"f{tally.figures}"
    title = said["title"] or f"Figure {tally.figures}"
    if maps:
        drawing = tally.cannot_show(f"a map ({', '.join(maps)}), whose ground the network has")
    elif not data:
        drawing = f'<p class="empty">{esc(said["sentence"] or "Nothing is drawn in it.")}</p>'
    else:
        label = esc(f"{title}. {said['subtitle']}".strip())
        types = marked_traces(frozenset(map(_kind, data)))
        drawing = (
            f'<div class="plot{_ground(layout)}" style="min-height:{layout["height"]:.0f}px" '
            f'data-figure="{name}-figure" {types}></div><img class="print-figure" alt="{label}">'
            + as_json_block(f"{name}-figure", {"data": data, "layout": layout})
        )
    table = _table(data, title)
    rows = f"<details><summary>Data of this figure</summary>{table}</details>" if table else ""
    return (
        f'<figure aria-labelledby="{name}-title"><p class="figure-title" id="{name}-title">'
        f"{esc(title)}</p>{_beneath(said)}{drawing}{notes}{rows}</figure>"
    )


def _beneath(said: Mapping[str, Any]) -> str:
    key = "".join(
        f'<span><span class="t-{esc(token)}" aria-hidden="true">{esc(sign)}</span> {esc(label)}'
        "</span>"
        for sign, token, label in said["key"]
    )
    subtitle = f'<p class="subtitle">{esc(said["subtitle"])}</p>' if said["subtitle"] else ""
    return subtitle + (f'<p class="key">{key}</p>' if key else "")


def _said(layout: dict[str, Any], tally: Tally) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Take out of a layout what the page says as text, and what it cannot draw.

    archkit's own figures say it in their `meta`; of another the title is taken.
    """
    meta = layout.pop("meta", None)
    title = layout.pop("title", None)
    own = isinstance(meta, dict) and {"title", "subtitle", "key", "top"} <= meta.keys()
    height = layout.get("height") or _HEIGHT
    margin = dict(layout.get("margin") or {})
    if own:
        said = {name: meta[name] for name in ("title", "subtitle", "key")}
        said["sentence"] = meta.get("sentence", "")
        layout["height"] = height + _TOP - meta["top"]
        layout["margin"] = {**margin, "t": _TOP}
        if "rows" in meta:
            layout["meta"] = {"rows": meta["rows"]}
    else:
        said = {**_titles(title), "key": (), "sentence": ""}
        layout["height"] = height
        if said["title"] and not _stands_above(layout):
            margin = {**margin, "t": 30}
        layout["margin"] = {"l": 64, "r": 24, "b": 56, **margin}
    layout.pop("width", None)  # it takes the page's
    kept = [p for p in layout.get("images") or () if str(p.get("source", "")).startswith("data:")]
    lost = len(layout.get("images") or ()) - len(kept)
    notes = (
        tally.cannot_show(f"{count_of(lost, 'picture')} of a figure, from the network")
        if lost
        else ""
    )
    if "images" in layout:
        layout["images"] = kept
    return said, layout, notes


def _recoloured(value: Any, swap: Mapping[str, str]) -> Any:
    """Return archkit's figure for a dark page as the one for a light page: a report has both."""
    return mapped_texts(value, lambda text: swap.get(text, text))


def _titles(title: Any) -> dict[str, str]:
    """Return title and subtitle of a figure as plain text."""
    held = title if isinstance(title, dict) else {"text": title}
    under = held.get("subtitle") or {}
    lines = [_words(each) for each in _BREAK.split(str(held.get("text") or ""))]
    first, *rest = [line for line in lines if line] or [""]
    return {"title": first, "subtitle": " ".join((*rest, _words(under.get("text") or ""))).strip()}


def _words(text: object) -> str:
    return " ".join(unescape(_TAG.sub("", str(text))).split())


def _stands_above(layout: Mapping[str, Any]) -> bool:
    """Whether something of a figure stands where its title was: buttons, a legend on top."""
    legend = layout.get("legend") or {}
    return bool(layout.get("updatemenus")) or (legend.get("y") or 0) > 1


def _ground(layout: Mapping[str, Any]) -> str:
    """Tell a figure with colours of its own, which were chosen for a light page."""
    template = (layout.get("template") or {}).get("layout") or {}
    paper = layout.get("paper_bgcolor") or template.get("paper_bgcolor") or "white"
    clear = str(paper).replace(" ", "") in {"rgba(0,0,0,0)", "transparent"}
    return "" if clear else " on-paper"


def _kind(trace: Mapping[str, Any]) -> str:
    return str(trace.get("type") or "scatter")


def _table(data: Sequence[Mapping[str, Any]], title: str) -> str:
    """Write the numbers of a figure's traces as a table; "" where they are none of a table's."""
    names = [n for n in _COLUMNS if any(_is_column(trace.get(n)) for trace in data)]
    rows = list(islice(_rows(data, names), _MOST_ROWS + 1))
    if not names or not rows:
        return ""
    named = any(trace.get("name") for trace in data)
    heads = "".join(f'<th scope="col">{n}</th>' for n in (*(["trace"] if named else []), *names))
    body = "".join(
        "<tr>"
        + "".join(f"<td>{esc(_cell(cell))}</td>" for cell in (row if named else row[1:]))
        + "</tr>"
        for row in rows[:_MOST_ROWS]
    )
    more = f" The first {_MOST_ROWS} rows." if len(rows) > _MOST_ROWS else ""
    label = esc(f"Data of {title}")
    return (
        f'<div class="scroll" role="group" aria-label="{label}" tabindex="0"><table>'
        f"<caption>{label}.{more}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _rows(data: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Iterator[list[Any]]:
    for number, trace in enumerate(data, start=1):
        columns = [_column(trace.get(name)) for name in names]
        for cells in zip_longest(*columns):
            if any(cell is not None for cell in cells):
                yield [_words(trace.get("name") or f"trace {number}"), *cells]


def _is_column(value: Any) -> bool:
    if isinstance(value, dict):
        return "bdata" in value and "," not in str(value.get("shape", ""))
    return isinstance(value, list) and bool(value) and not isinstance(value[0], list)


def _column(value: Any) -> list[Any]:
    if not _is_column(value):
        return []
    if isinstance(value, dict):
        return unpacked(value)
    return list(value)


def unpacked(value: Mapping[str, Any]) -> list[Any]:
    """Return the numbers of an array that plotly has packed; none where it cannot be read."""
    import numpy as np

    try:
        found = np.frombuffer(base64.b64decode(value["bdata"]), dtype=str(value["dtype"]))
    except (ValueError, TypeError):
        return []
    numbers: list[Any] = found[: _MOST_ROWS + 1].tolist()
    return numbers


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, float):
        return f"{value:.6g}"
    return _words(value)[:200]


def packed_arrays(value: Any) -> Any:
    """Return a figure with each array that a widget sent as bytes written as plotly packs it."""
    if isinstance(value, Mapping):
        content, kind = value.get("buffer"), _SHORT.get(str(value.get("dtype")))
        if isinstance(content, bytes) and kind:
            packed: dict[str, Any] = {
                "dtype": kind,
                "bdata": base64.b64encode(content).decode(),
            }
            shape = value.get("shape") or ()
            return packed | ({"shape": ", ".join(map(str, shape))} if len(shape) > 1 else {})
        return {key: packed_arrays(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [packed_arrays(each) for each in value]
    return value
