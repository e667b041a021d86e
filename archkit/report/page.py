"""The page itself: head, security policy, figures with their data, scripts inlined by hash."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from archkit.figures.style import colour_swap, elided
from archkit.markup import esc
from archkit.proposal.page import stylesheet as proposal_style
from archkit.report.diagrams import drawing_of
from archkit.report.plotly_bundle import bundle_of, marked_traces
from archkit.report.text import as_date, as_json_block

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from archkit.report.document import Document

__all__ = ["as_page", "figure_block", "page", "policy"]

_TOP = 14
_LONGEST_RUNNING, _LONGEST_SAID = 90, 300
_EMPTY = "The next report fills this by itself."


def as_page(document: Document, *, slim: bool = False) -> str:
    """Make a report one HTML file that requests nothing and runs only its own scripts.

    With `slim` it holds only the part of Plotly that its figures need, if there is one.
    """
    sections = "\n".join(
        f'<section aria-labelledby="{each.name}"><h2 id="{each.name}">{esc(each.heading)}</h2>\n'
        f"{each.body}</section>"
        for each in document.sections
    )
    return page(
        title=document.title,
        header=f'<h1>{esc(document.title)}</h1><p class="lede">{esc(document.lede)}</p>',
        contents=_contents(document),
        body=f"{document.before}\n{sections}",
        footer=f"<p>Written by archkit on {as_date(document.now)} (UTC). Instants are UTC; a "
        "missing figure is a dash, never zero. This file requests nothing from any network.</p>",
        about={
            "description": elided(document.lede, _LONGEST_SAID),
            "archkit-kind": document.kind,
            "archkit-written": document.now.isoformat(),
        },
        style=document.style,
        slim=slim,
    )


def _contents(document: Document) -> str:
    """Write the table of contents; none for a page that is one section."""
    if len(document.sections) < 2:
        return ""
    items = "".join(
        f'<li><a href="#{each.name}">{esc(each.heading)}</a></li>' for each in document.sections
    )
    return f'<nav class="page" aria-label="Contents"><ul class="contents">{items}</ul></nav>\n'


def page(
    *,
    title: str,
    header: str,
    body: str,
    footer: str,
    contents: str = "",
    about: Mapping[str, str] | None = None,
    style: str = "",
    slim: bool = False,
) -> str:
    """Bring the parts of a page together.

    `contents` is its table of contents, `about` what it says of itself to machines, `style` the
    rules of style that it alone needs.
    """
    drawing, plotly = drawing_of(body), bundle_of(body, slim=slim)
    scripts = [_bootstrap(), *([_inlinable(drawing.script)] if drawing else [])]
    inlined = "".join(f"<script>{script}</script>\n" for script in scripts)
    packed = [*([plotly.script] if plotly else []), *([drawing.packed] if drawing else [])]
    carried = [*([plotly.block] if plotly else []), *([drawing.blocks] if drawing else [])]
    blocks = "".join(f"{block}\n" for block in carried)
    note = f"<p>{esc(plotly.note)}</p>" if plotly and plotly.note else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy((*scripts, *packed))}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="generator" content="archkit">\n'
        f'{_metas(about or {})}<title>{esc(title)}</title>\n<link rel="icon" href="data:,">\n'
        f"<style>\n{_stylesheet()}{style}{_running_title(title)}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#main">Skip to the content</a>\n'
        f'<header class="page">{header}</header>\n{contents}'
        f'<main id="main" tabindex="-1">\n{body}\n</main>\n'
        f'<footer class="page">{footer}{note}</footer>\n'
        f"{as_json_block('archkit-colours', colour_swap())}\n{blocks}{inlined}</body>\n</html>\n"
    )


def figure_block(fig: Figure, name: str, caption: str, table: str = "") -> str:
    """Embed a figure: its title as a heading, what its marks mean, its caption and its data.

    Parameters
    ----------
    fig
        A figure of `archkit.figures`, made for the light theme; the page recolours it.
    name
        What it is called in the page's ids.
    caption
        What to do with it, in plain words.
    table
        Its data as an HTML table, shown on demand.
    """
    plot, said = _bare(fig)
    key = "".join(
        f'<span><span class="t-{token}" aria-hidden="true">{esc(sign)}</span> {esc(label)}</span>'
        for sign, token, label in said["key"]
    )
    label = esc(f"{said['title']}. {said['subtitle']}.")
    drawing = (
        f'<div class="plot" style="min-height:{plot["layout"]["height"]}px" '
        f'data-figure="{name}-figure" {marked_traces(_types(fig))}></div>'
        f'<img class="print-figure" alt="{label}">'
    )
    drawn = drawing if fig.data else f'<p class="empty">{esc(said["sentence"])}</p>'
    data = f"<details><summary>Data of this figure</summary>{table}</details>" if table else ""
    return (
        f'<figure aria-labelledby="{name}-title"><h3 id="{name}-title">{esc(said["title"])}</h3>'
        f'<p class="subtitle">{esc(said["subtitle"])}</p>'
        + (f'<p class="key">{key}</p>' if key else "")
        + f"{drawn}<figcaption>{esc(caption if fig.data else _EMPTY)}</figcaption>{data}"
        f"{as_json_block(f'{name}-figure', plot) if fig.data else ''}</figure>"
    )


def policy(scripts: tuple[str, ...]) -> str:
    """Give the security policy: these scripts and no other, no request, no form, no frame.

    Plotly writes style attributes, so styles may be inline; pictures are data (the printed
    figures).
    """
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data:; font-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'"
    )


def _bare(fig: Figure) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take title, subtitle and key out of a figure: the page writes them as text that wraps."""
    plot = json.loads(fig.to_json())
    layout = plot["layout"]
    said = layout.pop("meta")
    layout.pop("title", None)
    layout["margin"] = {**layout.get("margin", {}), "t": _TOP}
    layout["height"] += _TOP - said["top"]
    if "rows" in said:
        layout["meta"] = {"rows": said["rows"]}
    return {"data": plot["data"], "layout": layout}, said


def _metas(about: Mapping[str, str]) -> str:
    return "".join(
        f'<meta name="{name}" content="{esc(said)}">\n' for name, said in about.items() if said
    )


def _types(fig: Figure) -> frozenset[str]:
    return frozenset(str(trace.type) for trace in fig.data)


def _running_title(title: str) -> str:
    """Give the style that writes a title at the foot of every printed page."""
    text = elided(title, _LONGEST_RUNNING)
    said = "".join(sign if sign.isalnum() or sign == " " else f"\\{ord(sign):x} " for sign in text)
    return f'@page {{ @bottom-left {{ content: "{said}"; }} }}\n'


@cache
def _bootstrap() -> str:
    return _inlinable(_library("report.js"))


@cache
def _stylesheet() -> str:
    return _library("report.css") + proposal_style()


def _library(name: str) -> str:
    return (files("archkit") / "library" / name).read_text(encoding="utf-8")


def _inlinable(script: str) -> str:
    text = script.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
