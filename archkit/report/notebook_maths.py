"""Formulas in TeX as MathML, which a browser draws without a script."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from archkit.markup import esc

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["FORMULA", "mathml", "with_formulas"]

FORMULA = re.compile(
    r"(?P<block>\$\$(?P<dollars>(?:[^$\\]|\\.)+?)\$\$|\\\[(?P<brackets>.+?)\\\]"
    r"|(?P<env>\\begin\{(?P<name>equation|align|gather|multline|eqnarray)(?P<star>\*?)\}"
    r".+?\\end\{(?P=name)(?P=star)\}))"
    r"|\$(?P<inline>(?!\s)(?:[^$\\\n]|\\.|\n(?!\s*\n))+?)(?<![\s\\])\$(?!\d)"
    r"|\\\((?P<parens>.+?)\\\)",
    re.DOTALL,
)
"""A formula in text: $…$, $$…$$, \\(…\\), \\[…\\], or an environment such as align.

As in Pandoc, a dollar that a space follows, or that a digit follows at the end, is money.
"""

_LONGEST = 20_000
_SAME_AS = {"aligned": "align*", "split": "align*", "gathered": "gather*", "multline": "gather*"}
_WRAPPED = re.compile(r"^\s*\\begin\{equation(\*?)\}(.*)\\end\{equation\1\}\s*$", re.DOTALL)
_TAGS = {
    *("math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot"),
    *("mstyle", "merror", "mpadded", "mphantom", "mfenced", "menclose", "msub", "msup"),
    *("msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "none"),
    *("mtable", "mtr", "mtd", "mlabeledtr"),
}
_UNSAFE = {"href", "style", "id", "class", "src"}


def mathml(tex: str, *, block: bool) -> str | None:
    """Return a formula as MathML, or None where it does not parse.

    Everything in it is escaped: no tag but those of MathML, no link.
    """
    from latex2mathml.converter import convert_to_element

    text = _plain_environments(tex)
    if len(text) > _LONGEST or not _balanced(text):
        return None
    try:
        found = convert_to_element(text, display="block" if block else "inline")
    except (Exception, RecursionError):  # noqa: BLE001 the library says no more than that it failed
        return None
    if not all(_understood(each) for each in found.iter()):
        return None
    found.set("alttext", " ".join(tex.split()))
    return ElementTree.tostring(found, encoding="unicode", short_empty_elements=False)


def with_formulas(text: str, drawn: dict[str, str], not_drawn: list[str]) -> str:
    """Put a mark where each formula of a text stands; what is drawn for a mark goes into `drawn`.

    The marks are letters that no text holds and no sanitiser changes. Formulas that do not parse
    are kept as text, and are added to `not_drawn`.
    """

    def marked(match: re.Match[str]) -> str:
        return mark_of(match, drawn, not_drawn)

    return FORMULA.sub(marked, text)


def mark_of(match: re.Match[str], drawn: dict[str, str], not_drawn: list[str]) -> str:
    """Return the mark of one formula that was found."""
    parts = match.groupdict()
    block = parts["block"] is not None
    names = ("dollars", "brackets", "env", "inline", "parens")
    tex = next(parts[name] for name in names if parts[name] is not None)
    found = mathml(tex, block=block)
    if found is None:
        not_drawn.append(tex)
        said = '<span class="mute small">(not drawn as a formula)</span>'
        found = f"<code>{esc(match.group())}</code> {said}"
    elif block:
        found = (
            f'<span class="formula" tabindex="0" role="group" aria-label="Formula">{found}</span>'
        )
    mark = f"\ue000{len(drawn)}\ue001"
    drawn[mark] = found
    return mark


def _plain_environments(tex: str) -> str:
    if whole := _WRAPPED.match(tex):
        tex = whole[2]
    for name, known in _SAME_AS.items():
        for way in ("begin", "end"):
            tex = tex.replace(f"\\{way}{{{name}}}", f"\\{way}{{{known}}}")
    return tex.strip()


def _balanced(tex: str) -> bool:
    depth = 0
    for sign in re.sub(r"\\.", "", tex, flags=re.DOTALL):
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    return depth == 0


def _understood(element: Element) -> bool:
    """Whether the library knew this; its text, escaped twice, is made plain on the way."""
    if element.tag.rpartition("}")[2] not in _TAGS or _UNSAFE & set(element.attrib):
        return False
    element.text = html.unescape(element.text) if element.text else element.text
    said = (element.text or "").strip()
    return not (said == "&" or (said.startswith("\\") and len(said) > 1))
