"""Diagrams on the page: figures of a proposal, and the scripts that draw every Mermaid block."""

from __future__ import annotations

import base64
import gzip
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from archkit.figures.style import TOKENS
from archkit.markup import esc
from archkit.report.text import as_json_block

if TYPE_CHECKING:
    from archkit.proposal.diagram import Diagram
    from archkit.proposal.document import Proposal

__all__ = ["MERMAID_CODE", "Drawing", "diagram_figures", "drawing_of"]

MERMAID_CODE = '<code class="language-mermaid">'
"""How a Mermaid block begins, in what `archkit.markup` and this module write."""

_COLOURS = ("ink", "mute", "line", "page", "card")


class Drawing(NamedTuple):
    """What a page with diagrams needs: data blocks, its own script, and a script that is packed.

    `packed` runs only once `script` has unpacked it, so the policy must name it, too.
    """

    blocks: str
    script: str
    packed: str


def drawing_of(body: str) -> Drawing | None:
    """Return what draws the diagrams of a page's body; None, and no byte, where there is none."""
    if MERMAID_CODE not in body:
        return None
    packed = _library("mermaid/mermaid.min.js.gz")
    data = base64.b64encode(packed).decode()
    colours = {scheme: {name: TOKENS[scheme][name] for name in _COLOURS} for scheme in TOKENS}
    blocks = (
        f"{as_json_block('archkit-diagram-colours', colours)}\n"
        f'<script type="application/gzip" id="archkit-mermaid">{data}</script>'
    )
    return Drawing(blocks, _library("diagrams.js").decode(), _mermaid_js())


def diagram_figures(proposal: Proposal) -> str:
    """Draw a proposal's components and tables; nothing where it names none."""
    diagrams = (
        ("components", "Its components", proposal.component_diagram()),
        ("tables", "Its tables", proposal.er_diagram()),
    )
    return "".join(_figure(*diagram) for diagram in diagrams if not diagram[2].is_empty)


def _figure(name: str, heading: str, diagram: Diagram) -> str:
    return (
        f'<figure class="drawn" aria-labelledby="{name}-title">'
        f'<h3 id="{name}-title">{esc(heading)}</h3>'
        f'<pre tabindex="0">{MERMAID_CODE}{esc(diagram.source)}</code></pre>'
        f"<figcaption>{esc(diagram.description)}</figcaption></figure>"
    )


@cache
def _mermaid_js() -> str:
    return gzip.decompress(_library("mermaid/mermaid.min.js.gz")).decode()


def _library(name: str) -> bytes:
    return (files("archkit") / "library" / name).read_bytes()
