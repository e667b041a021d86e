"""What a cell put out, by its type, as HTML that runs nothing and asks for nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archkit.markup import esc
from archkit.report.diagrams import MERMAID_CODE
from archkit.report.notebook_figures import notebook_figure
from archkit.report.notebook_html import clean_html
from archkit.report.notebook_markdown import markdown_html
from archkit.report.notebook_pictures import decoded, picture, svg_picture
from archkit.report.notebook_widgets import Widgets
from archkit.report.notebook_words import plain_words

if TYPE_CHECKING:
    from archkit.report.notebook_tally import Tally

__all__ = ["outputs_html"]

_PLOTLY = "application/vnd.plotly.v1+json"
_VIEW = "application/vnd.jupyter.widget-view+json"
_LONGEST = 100_000
_SILENT = {"text/plain", "application/vnd.jupyter.widget-state+json"}

Bundle = Mapping[str, Any]
_Shown = Callable[[Any, Bundle, "Tally"], str | None]


def outputs_html(outputs: Sequence[Mapping[str, Any]], widgets: Widgets, tally: Tally) -> str:
    """Return the outputs of a cell, or of a widget that captures them, in their order."""
    copies = "".join(_joined(o.get("data", {}).get("text/html", "")) for o in outputs)
    bodies = [_output(output, widgets.beside(copies), tally) for output in outputs]
    return "\n".join(f'<div class="output">{body}</div>' for body in bodies if body)


def _output(output: Mapping[str, Any], widgets: Widgets, tally: Tally) -> str:
    kind = output["output_type"]
    if kind == "stream":
        quiet = "" if output.get("name") == "stdout" else " class='stderr'"
        return _pre(_joined(output["text"]), tally, quiet)
    if kind == "error":
        lines = output.get("traceback") or [f"{output.get('ename')}: {output.get('evalue')}"]
        return _pre("\n".join(lines), tally, " class='error'")
    return _bundle(output.get("data", {}), output.get("metadata", {}), widgets, tally)


def _bundle(data: Bundle, metadata: Bundle, widgets: Widgets, tally: Tally) -> str:
    """Show the richest type that a page can show; name what it cannot."""
    if _VIEW in data and (model := str(data[_VIEW].get("model_id", ""))) in widgets:
        return widgets.frozen(model, tally, outputs_html)
    for kind, shown in _KINDS.items():
        if kind in data:
            found = shown(data[kind], {**metadata.get(kind, {}), "alt_text": _alt(data)}, tally)
            if found is not None:
                return found
    odd = sorted(kind for kind in data if kind not in _SILENT and kind not in _KINDS)
    text = _pre(_joined(data.get("text/plain", "")), tally)
    if not odd:
        return text
    folded = f"<details><summary>Its text</summary>{text}</details>" if text else ""
    what = (
        "a widget that its kernel no longer has"
        if _VIEW in odd
        else f"an output of the type {odd[0]}"
    )
    return tally.cannot_show(what) + folded


def _alt(data: Bundle) -> str:
    said = _joined(data.get("text/plain", "")).strip()
    return "" if said.startswith("<") or len(said) > 200 else said


def _figure(value: Any, _: Bundle, tally: Tally) -> str | None:
    return notebook_figure(value, tally) if isinstance(value, Mapping) else None


def _html(value: Any, _: Bundle, tally: Tally) -> str:
    return clean_html(plain_words(_joined(value), tally.folder), tally)


def _markdown(value: Any, _: Bundle, tally: Tally) -> str:
    return markdown_html(plain_words(_joined(value), tally.folder), tally)


def _latex(value: Any, _: Bundle, tally: Tally) -> str:
    text = plain_words(_joined(value), tally.folder).strip()
    return markdown_html(text if text.startswith(("$", "\\")) else f"$${text}$$", tally)


def _mermaid(value: Any, _: Bundle, tally: Tally) -> str:
    text = esc(plain_words(_joined(value), tally.folder))
    return f'<pre tabindex="0">{MERMAID_CODE}{text}</code></pre>'


def _svg(value: Any, settings: Bundle, tally: Tally) -> str:
    return svg_picture(plain_words(_joined(value), tally.folder), _named(settings, tally))


def _picture(value: Any, settings: Bundle, tally: Tally) -> str:
    size = {name: settings.get(name) for name in ("width", "height")}
    content = decoded(_joined(value))
    found = picture(content, _named(settings, tally), **size)
    return found or tally.cannot_show("a picture that cannot be read")


def _named(settings: Bundle, tally: Tally) -> str:
    tally.pictures += 1
    said = str(settings.get("alt") or settings.get("alt_text") or "")
    return said or f"Picture {tally.pictures}, made by cell {tally.cell}"


def _json(value: Any, _: Bundle, tally: Tally) -> str:
    return _pre(json.dumps(value, indent=2, ensure_ascii=False), tally)


def _pre(text: str, tally: Tally, attributes: str = "") -> str:
    """Show text as it is; of a very long one the beginning, and say so."""
    shown = plain_words(text, tally.folder).rstrip("\n")
    if not shown.strip():
        return ""
    cut = ""
    if len(shown) > _LONGEST:
        cut = tally.cannot_show(f"the last {len(shown) - _LONGEST:,} characters of an output")
        shown = shown[:_LONGEST]
    return f'<pre tabindex="0"{attributes}>{esc(shown)}</pre>{cut}'


def _joined(value: Any) -> str:
    return "".join(value) if isinstance(value, list) else str(value)


_KINDS: Mapping[str, _Shown] = {
    _PLOTLY: _figure,
    "text/vnd.mermaid": _mermaid,
    "text/html": _html,
    "text/markdown": _markdown,
    "image/svg+xml": _svg,
    "text/latex": _latex,
    "image/png": _picture,
    "image/jpeg": _picture,
    "image/gif": _picture,
    "image/webp": _picture,
    "application/json": _json,
}
"""From the richest to the poorest."""
