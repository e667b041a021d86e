"""HTML that a notebook's cells wrote, made safe and accessible for a page that runs nothing."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from archkit.markup import esc
from archkit.report.notebook_pictures import linked_picture, svg_picture

if TYPE_CHECKING:
    from archkit.report.notebook_tally import Tally

__all__ = ["clean_html"]

_TAGS = (
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "a", "hr", "br"}
    | {"strong", "em", "b", "i", "u", "s", "del", "ins", "sub", "sup", "small", "kbd", "samp"}
    | {"code", "pre", "blockquote", "q", "cite", "abbr", "mark", "var", "time", "wbr", "img"}
    | {"table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"}
    | {"div", "span", "section", "article", "aside", "header", "footer", "figure", "figcaption"}
    | {"details", "summary", "center"}
)
_ATTRIBUTES = {
    "*": {"class", "id", "style", "title", "lang", "dir", "role", "aria-label", "aria-hidden"},
    "a": {"href"},
    "ol": {"start", "type"},
    "li": {"value"},
    "img": {"src", "alt", "width", "height"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
    "details": {"open"},
}
_STYLES = {
    *("color", "background-color", "font-weight", "font-style", "font-size", "font-family"),
    *("text-align", "text-decoration", "text-transform", "vertical-align", "white-space"),
    *("width", "min-width", "max-width", "height", "min-height", "max-height", "line-height"),
    *("border", "border-top", "border-bottom", "border-left", "border-right", "border-color"),
    *("border-width", "border-style", "border-radius", "border-collapse", "border-spacing"),
    *("padding", "padding-top", "padding-bottom", "padding-left", "padding-right"),
    *("margin", "margin-top", "margin-bottom", "margin-left", "margin-right"),
    *("display", "gap", "flex", "flex-wrap", "justify-content", "align-items", "opacity"),
    *("grid-template-columns", "overflow-x", "overflow-wrap", "word-break", "table-layout"),
}
_NAMED = {
    "script": "a script",
    "iframe": "an embedded page",
    "frame": "an embedded page",
    "object": "an embedded object",
    "embed": "an embedded object",
    "video": "a video",
    "audio": "a sound",
    "canvas": "a drawing that a script makes",
    "form": "a form",
    "input": "a form's field",
    "select": "a form's field",
    "textarea": "a form's field",
    "math": "a formula written as MathML",
    "progress": "a gauge",
    "meter": "a gauge",
    "link": "a file of styles",
}
_GONE = {"script", "style", "iframe", "object", "embed", "video", "audio", "canvas", "select"}
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style\s*>", re.DOTALL | re.IGNORECASE)
_SVG = re.compile(r"<svg\b.*?</svg\s*>", re.DOTALL | re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_AT_RULE = re.compile(r"@(?:import|charset|namespace)\b[^;{}]*;|@font-face\s*\{[^{}]*\}")
_NOT_IN_CSS = re.compile(
    r"[<\\]|url\s*\(|@(?!media\b|supports\b|container\b)|expression\s*\(", re.I
)
_COLOURED = re.compile(r"(?:^|[;{\s])(?:background|background-color|color)\s*:", re.I)
_LINK = re.compile(r"(?:https?|mailto):|#", re.IGNORECASE)
_OWN = "archkit-"
_NUMBER = re.compile(r"[-+−]?[\d,.]+(?:e[-+]?\d+)?[%\u202f ]*%?", re.IGNORECASE)
_NO_VALUES = {"", "NaN", "NaT", "None", "&lt;NA&gt;", "–", "..."}
_VOID = {"br", "hr", "img", "col", "wbr"}


def clean_html(raw: str, tally: Tally, *, ids: frozenset[str] = frozenset()) -> str:
    """Return HTML that can do nothing: sanitised, its pictures inlined, its tables described.

    Scripts and the like are counted and named. Headings go below the present one without a jump.
    Its styles hold for itself alone; where they colour anything it stands on a light ground, for
    it was coloured for one.

    Parameters
    ----------
    raw
        HTML, from wherever.
    tally
        What is counted.
    ids
        Those of the page's own headings, whose levels stay as they are, too; all other ids begin
        with this output's own name.
    """
    import nh3

    css = "\n".join(match[1] for match in _STYLE.finditer(raw))
    text = _SVG.sub(_placed_svg, _STYLE.sub("", raw))
    lost = _Census()
    lost.feed(text)
    keeps_classes = bool(css) or _OWN in text
    clean = nh3.clean(
        text,
        tags=_TAGS,
        clean_content_tags=_GONE,
        attributes=_ATTRIBUTES,
        attribute_filter=lambda tag, name, value: _allowed(tag, name, value, keeps_classes),
        filter_style_properties=_STYLES,
        url_schemes={"http", "https", "mailto", "data", "attachment"},
        url_relative="pass_through",
        link_rel="noopener noreferrer",
    )
    tally.outputs += 1
    name = f"o{tally.outputs}"
    rewriter = _Rewriter(tally, name, ids)
    rewriter.feed(clean)
    rewriter.close()
    notes = "".join(tally.cannot_show(what) for what in lost.found)
    own = _own_style(css, name, rewriter.seen, raw, tally)
    body = "".join(rewriter.pieces)
    if not own and not _COLOURED.search(" ".join(rewriter.styles)):
        return f"{body}{notes}"
    ground = "" if _OWN in text else " coloured"
    return f'<div class="own-style{ground}" id="{name}">{own}{body}</div>{notes}'


def _placed_svg(match: re.Match[str]) -> str:
    found = re.search(r"<title[^>]*>(.*?)</title>", match[0], re.DOTALL)
    alt = html.unescape(re.sub(r"<[^>]+>", "", found[1])).strip() if found else "A drawing"
    return svg_picture(match[0], alt)


def _allowed(tag: str, name: str, value: str, keeps_classes: bool) -> str | None:
    if name == "href":
        return value if _LINK.match(value) else None
    if name == "class" and not keeps_classes:
        return "dataframe" if "dataframe" in value.split() else None
    if name == "role":
        return value if value in {"group", "note", "status", "list", "listitem"} else None
    if name == "src":
        return None if value.lower().startswith("javascript:") else value
    return value


def _own_style(css: str, name: str, seen: set[str], raw: str, tally: Tally) -> str:
    """Return the styles of an output, nested so that they hold for it alone."""
    if not css.strip() or ('class="dataframe"' in raw and "scoped" in raw):
        return ""  # what pandas puts before a frame; the page has its own way with tables
    text = _AT_RULE.sub("", _COMMENT.sub("", css))
    if _NOT_IN_CSS.search(text) or not _closed(text):
        return tally.cannot_show("the styles of this output, which a page cannot keep to it")
    for each in sorted(seen, key=len, reverse=True):
        text = re.sub(rf"#{re.escape(each)}(?![\w-])", f"#{name}-{each}", text)
    return f"<style>#{name} {{ {text} }}</style>"


def _closed(css: str) -> bool:
    depth = 0
    for sign in re.sub(r"\"[^\"{}\n]*\"|'[^'{}\n]*'", "", css):
        depth += (sign == "{") - (sign == "}")
        if depth < 0 or sign in "\"'":
            return False
    return depth == 0


class _Census(HTMLParser):
    """Names what of a text no page can keep, each kind once."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        acts = any(name.startswith("on") for name, _ in attrs)
        what = _NAMED.get(tag) or ("what happens at a click" if acts else "")
        kind = dict(attrs).get("type") or ""
        data = tag == "script" and "json" in kind
        if what and not data and what not in self.found:
            self.found.append(what)


class _Rewriter(HTMLParser):
    """Writes clean HTML anew: headings in order, tables with scopes and a caption, own ids."""

    def __init__(self, tally: Tally, name: str, ids: frozenset[str]) -> None:
        super().__init__(convert_charrefs=False)
        self.pieces: list[str] = []
        self.seen: set[str] = set()
        self.styles: list[str] = []
        self._tally, self._name, self._ids = tally, name, ids
        self._headings: list[int] = []
        self._tables: list[_Table] = []
        self._head = -1
        self._heading = "h2"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "img":
            self.pieces.append(self._image(found))
            return
        if "style" in found:
            self.styles.append(found["style"])
        self._named(found)
        if tag[0] == "h" and tag[1:].isdigit():
            tag = self._heading = self._opened(int(tag[1]), found.get("id", ""))
        if tag == "table":
            self._tables.append(_Table(len(self.pieces), "dataframe" in found.get("class", "")))
        elif self._tables:
            self._in_table(tag, found)
        if tag == "pre":
            found["tabindex"] = "0"
        self.pieces.append(_opening(tag, found))

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if tag[0] == "h" and tag[1:].isdigit():
            tag = self._heading
        if tag == "th" and self._head >= 0:
            if not "".join(self.pieces[self._head + 1 :]).strip():
                self.pieces[self._head] = re.sub(r' scope="\w+"', "", self.pieces[self._head])
                self.pieces[self._head] = self.pieces[self._head].replace("<th", "<td", 1)
                tag = "td"
            self._head = -1
        self.pieces.append(f"</{tag}>")
        if tag == "table" and self._tables:
            self._described(self._tables.pop())

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    def handle_entityref(self, name: str) -> None:
        self.pieces.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.pieces.append(f"&#{name};")

    def _image(self, found: dict[str, str]) -> str:
        if not found.get("src"):
            return self._tally.cannot_show("a picture without a source", inline=True)
        size = {name: found.get(name) for name in ("width", "height")}
        return linked_picture(found["src"], found.get("alt", ""), self._tally, **size)

    def _named(self, found: dict[str, str]) -> None:
        """Give an id that no other output has; a link within the output goes along."""
        if "id" in found and found["id"] not in self._ids:
            self.seen.add(found["id"])
            found["id"] = f"{self._name}-{found['id']}"
        href = found.get("href", "")
        if href.startswith("#") and href[1:] not in self._ids:
            found["href"] = f"#{self._name}-{href[1:]}"

    def _opened(self, level: int, name: str) -> str:
        """Return the tag of a heading; one of the page's own is followed by what comes after."""
        if name in self._ids:
            self._headings.clear()
            self._tally.level = level
            return f"h{level}"
        while self._headings and self._headings[-1] >= level:
            self._headings.pop()
        self._headings.append(level)
        return f"h{self._tally.beneath(len(self._headings))}"

    def _in_table(self, tag: str, found: dict[str, str]) -> None:
        table = self._tables[-1]
        table.opened(tag, found, len(self.pieces))
        if tag == "th":
            found.setdefault("scope", "col" if table.part == "thead" else "row")
            self._head = len(self.pieces)

    def _described(self, table: _Table) -> None:
        """Give a table a caption if it has none, and room to be scrolled in."""
        self._tally.tables += 1
        said = f"Table {self._tally.tables}, {table.rows:,} row{'' if table.rows == 1 else 's'}"
        table.align(self.pieces)
        if not table.has_caption:
            quiet = "" if table.has_head else ' class="unseen"'
            self.pieces[table.place] += f"<caption{quiet}>{said}</caption>"
        opening = f'<div class="scroll" role="group" aria-label="{esc(said)}" tabindex="0">'
        self.pieces[table.place] = f"{opening}{self.pieces[table.place]}"
        self.pieces.append("</div>")


class _Table:
    """A table that is being written."""

    def __init__(self, place: int, is_frame: bool) -> None:
        self.place = place
        self.part = "tbody"
        self.rows = 0
        self.has_caption = self.has_head = False
        self._is_frame = is_frame
        self._cells: dict[int, list[tuple[int, bool]]] = {}
        self._column = 0

    def opened(self, tag: str, found: Mapping[str, str], place: int) -> None:
        """Note an element of the table that begins at a place among the pieces."""
        self.part = tag if tag in {"thead", "tbody", "tfoot"} else self.part
        self.has_caption = self.has_caption or tag == "caption"
        self.has_head = self.has_head or tag == "thead"
        if tag == "tr":
            self._column = 0
            self.rows += self.part != "thead"
        elif tag in {"td", "th"}:
            self._cells.setdefault(self._column, []).append((place, self.part == "thead"))
            span = found.get("colspan", "1")
            self._column += int(span) if span.isdigit() else 1

    def align(self, pieces: list[str]) -> None:
        """Mark the columns of numbers in a frame of pandas, which has all of them to the right."""
        for places in self._cells.values() if self._is_frame else ():
            body = [place for place, is_head in places if not is_head]
            values = [_text(pieces, place) for place in body if pieces[place][:3] == "<td"]
            told = [value for value in values if value not in _NO_VALUES]
            if told and all(map(_NUMBER.fullmatch, told)):
                for place, _ in places:
                    pieces[place] = pieces[place].replace(">", ' class="number">', 1)


def _text(pieces: Sequence[str], place: int) -> str:
    """Return what stands in the cell that begins at a place."""
    rest = itertools.islice(pieces, place + 1, None)
    return "".join(itertools.takewhile(lambda piece: piece != "</td>", rest)).strip()


def _opening(tag: str, found: dict[str, str]) -> str:
    written = "".join(f' {name}="{esc(value)}"' for name, value in found.items())
    return f"<{tag}{written}>"
