"""A statement's shape: its text without literals, so that it is one for all values."""

from __future__ import annotations

import hashlib
import re

__all__ = ["LONGEST_SHAPE", "is_lookup", "shape_of"]

LONGEST_SHAPE = 1_000
"""Characters of a shape that are kept; a longer one ends in letters that stand for the whole."""

_MOST_READ = 50_000
_TAKES_BACKSLASHES = frozenset({"mysql", "mariadb", "bigquery", "clickhouse", "databricks"})
_STRING = r"'(?:[^']++|'')*+(?:'|$)"
_BACKSLASHED = r"'(?:[^'\\]++|''|\\.)*+(?:'|\\?$)"
_TOKEN = r"""
  (?P<plain>(?:(?![eE]')[^\W\d][\w$]*+|[\s.,=()*<>;!|&^~\[\]{{}}]++)++)
| (?P<comment>--[^\n]*{hash_comment})
| (?P<block>/\*)
| (?P<string>[eE]{backslashed}|{string})
| (?P<dollar>\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|$))
| (?P<name>"(?:[^"]++|"")*+(?:"|$)|`(?:[^`]++|``)*+(?:`|$))
| (?P<parameter>%\([^)]*\)\w|%[sbt](?!\w)|\$\d+|(?<!:):\w+|@\w+|\?\d*)
| (?P<number>(?:(?<=[=<>(,\s])[-+])?\d(?:[eE][+-]\d|[\w.])*+)
"""


def _tokens(*, backslashes: bool) -> re.Pattern[str]:
    string = _BACKSLASHED if backslashes else _STRING
    text = _TOKEN.format(
        hash_comment=r"|\#[^\n]*" if backslashes else "",
        backslashed=_BACKSLASHED,
        string=string + "|" + string.replace("'", '"') if backslashes else string,
    )
    return re.compile(text, re.VERBOSE | re.DOTALL)


_STANDARD, _WITH_BACKSLASHES = _tokens(backslashes=False), _tokens(backslashes=True)
_BLOCK_EDGE = re.compile(r"/\*|\*/")
_COMPARES = re.compile(
    r"(?:[=<>~|]|\?\s*,|\bIN\s*\(|\b(?:LIKE|ILIKE|GLOB|THEN|ELSE|IS|NOT|BETWEEN))\s*$", re.I
)
_ITEM = r"\?(?:::[\w.]++(?:\s\w++)*+(?:\[\])*+)?"
_ROW = rf"(?:{_ITEM}|\(\s*{_ITEM}(?:\s*,\s*{_ITEM})*+\s*\))"
_IN_LIST = re.compile(rf"\b[iI][nN]\s*\(\s*{_ROW}(?:\s*,\s*{_ROW})*+\s*\)")
_VALUES_ROW = r"\((?:[^()]++|\([^()]*+\))*+\)"
_VALUES = re.compile(rf"\b([vV](?i:ALUES))\s*{_VALUES_ROW}(?:\s*,\s*{_VALUES_ROW})*+")
_OPEN_LIST = re.compile(r"(?:\b(VALUES) \(…\),|\b(IN|VALUES)\s*\()[\s\w?:,()]*$", re.I)
_SAVEPOINT = re.compile(r"^((?:RELEASE|ROLLBACK TO)(?: SAVEPOINT)?|SAVEPOINT) .*$", re.I)
_READS = re.compile(r"^\s*\(*\s*(?:SELECT|WITH|FROM)\b", re.I)
_BY_KEY = re.compile(r"(?<![<>!])=\s*\?|\?(?:::[\w. ]+)?\s*=")
_MANY = re.compile(
    r"\bIN \(…\)|\b(?:ANY|unnest|json_each|json_table|jsonb?_\w+)\s*\(|\bVALUES\b|\bOFFSET\b"
    r"|=\s*\?\)?\s+OR\b",
    re.I,
)
_CATALOGUE = re.compile(r"\b(?:pg_catalog|information_schema|sqlite_master|sqlite_schema)\b", re.I)


def shape_of(statement: str, dialect: str = "") -> str:
    """Give the statement without its literals, its comments and the length of its lists.

    Parameters
    ----------
    statement
        SQL as it was sent, whole or cut off; any text will do.
    dialect
        The database's name as SQLAlchemy or OpenTelemetry says it: where strings know backslashes
        and `"…"` is a string (`mysql` …), literals are read so.

    Returns
    -------
    str
        Literals and parameters are `?`, lists of them `IN (…)` and `VALUES (…)`. At most
        `LONGEST_SHAPE` characters. The shape of a shape is that shape.
    """
    shape = _normalised(statement, dialect)
    if len(shape) <= LONGEST_SHAPE:
        return shape
    letters = hashlib.sha256(shape.encode("utf-8", "replace")).hexdigest()[:8]
    letters = letters.translate(str.maketrans("0123456789", "ghijklmnop"))
    return f"{_normalised(shape[: LONGEST_SHAPE - 20], dialect)} …{letters}"


def is_lookup(shape: str) -> bool:
    """Say whether a statement of this shape reads what belongs to one key.

    A read for a list of keys, a page of a longer list, and a look into the catalogue do not.
    """
    if not (_READS.match(shape) and _BY_KEY.search(shape)):
        return False
    return not (_MANY.search(shape) or _CATALOGUE.search(shape))


def _normalised(statement: str, dialect: str) -> str:
    if len(statement) > _MOST_READ:
        # Of a list of values so long, neither its end nor what follows is worth the time.
        return (
            _OPEN_LIST.sub(
                lambda found: f"{found[1] or found[2]} (…)",
                _normalised(statement[:_MOST_READ], dialect),
            )
            + " …"
        )
    text = " ".join("".join(_without_literals(statement, dialect)).split())
    text = text.rstrip("; ")
    if "(" in text:
        text = _VALUES.sub(r"\1 (…)", _IN_LIST.sub("IN (…)", text))
    return _SAVEPOINT.sub(r"\1 ?", text)


def _without_literals(statement: str, dialect: str) -> list[str]:
    backslashes = dialect.lower() in _TAKES_BACKSLASHES
    pattern = _WITH_BACKSLASHES if backslashes else _STANDARD
    parts: list[str] = []
    position = 0
    while found := pattern.search(statement, position):
        parts.append(statement[position : found.start()])
        position = found.end()
        kind = found.lastgroup
        if kind == "plain" or (kind == "name" and not _is_value(found, parts)):
            parts.append(found[0])
        elif kind == "comment":
            parts.append(" ")
        elif kind == "block":
            parts.append(" ")
            position = _end_of_block(statement, position)
        else:
            parts.append("?")
    parts.append(statement[position:])
    return parts


def _is_value(quoted: re.Match[str], parts: list[str]) -> bool:
    """Take a quoted name that is compared for the string that SQLite lets it be."""
    if quoted[0][0] != '"' or quoted.string.startswith(".", quoted.end()):
        return False
    return bool(_COMPARES.search("".join(parts[-4:])))


def _end_of_block(statement: str, start: int) -> int:
    """Find where a comment ends, comments in it counted; unless those do not end, its first end."""
    depth = 1
    first = len(statement)
    for edge in _BLOCK_EDGE.finditer(statement, start):
        depth += 1 if edge[0] == "/*" else -1
        if edge[0] == "*/":
            first = min(first, edge.end())
        if depth == 0:
            return edge.end()
    return first
