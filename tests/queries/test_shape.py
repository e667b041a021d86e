"""Shapes: one for statements that differ in values, and never a value in one."""

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archkit.queries.shape import LONGEST_SHAPE, is_lookup, shape_of

DIALECTS = ("", "sqlite", "postgresql", "mysql")
PIECES = [*"'\"`$-/*\\#%@:?()[],.;=<>+ \n\tEe", "in", "IN (", "values", "a", "é", "1", "²", "…"]
SQL = st.lists(st.sampled_from(PIECES)).map("".join)
# Letters that no template below holds, so that a leak is one.
SECRET = st.text(st.sampled_from("zqxj7ž"), min_size=3)
SPICES = [*"'\"\\\n;-/*$() ", "--", "/*", "*/", "$$", "''"]
SPICE = st.lists(st.sampled_from(SPICES), max_size=4).map("".join)


@pytest.mark.parametrize(
    ("statement", "shape"),
    [
        ("SELECT * FROM post WHERE id = 5", "SELECT * FROM post WHERE id = ?"),
        ("SELECT *\n  FROM post\tWHERE id=-5.0e-3 ;", "SELECT * FROM post WHERE id=?"),
        ("SELECT 'O''Brien', x'ab', N'ab'", "SELECT ?, x?, N?"),
        ("SELECT a1, t2.b3 FROM t2", "SELECT a1, t2.b3 FROM t2"),
        ('SELECT "Zoë ""x"""."a b" FROM "Zoë"', 'SELECT "Zoë ""x"""."a b" FROM "Zoë"'),
        ("SELECT `a'b` FROM t", "SELECT `a'b` FROM t"),
        ("SELECT 1 -- why\n, 2 /* and\n why */, 3", "SELECT ? , ? , ?"),
        ("SELECT /* a /* b */ c */ 1", "SELECT ?"),
        ("SELECT /* a /* b */ 1", "SELECT ?"),
        ("SELECT x::int, %(a)s::UUID, $1, :b, ?, @c", "SELECT x::int, ?::UUID, ?, ?, ?, ?"),
        ("SELECT $tag$it's $ here$tag$, $$b$$", "SELECT ?, ?"),
        ("SELECT E'it\\'s', 'plain\\'", "SELECT ?, ?"),
        ("SELECT 0xFF, 1_000, .5, 1e10", "SELECT ?, ?, .?, ?"),
        ("x IN (1, 2,3) AND y in ((1,'a'), (2,'b'))", "x IN (…) AND y IN (…)"),
        ("(x IN (?, ?)) AND y IN ($1::INTEGER, $2::INTEGER)", "(x IN (…)) AND y IN (…)"),
        ("x IN (SELECT id FROM t)", "x IN (SELECT id FROM t)"),
        ("INSERT INTO t (a) VALUES (1), (now()), (3)", "INSERT INTO t (a) VALUES (…)"),
        ("SAVEPOINT sa_savepoint_17", "SAVEPOINT ?"),
        ("ROLLBACK TO SAVEPOINT sa_savepoint_17", "ROLLBACK TO SAVEPOINT ?"),
        (
            'SELECT * FROM t WHERE a = "b" AND c LIKE "d%"',
            "SELECT * FROM t WHERE a = ? AND c LIKE ?",
        ),
        ('SELECT * FROM t WHERE a IN ("b", "c")', "SELECT * FROM t WHERE a IN (…)"),
        ('SELECT * FROM t JOIN "u" ON t.a = "u".a', 'SELECT * FROM t JOIN "u" ON t.a = "u".a'),
        ("", ""),
    ],
)
def test_a_shape_has_no_values(statement, shape):
    assert shape_of(statement) == shape


def test_strings_of_mysql_know_backslashes_and_double_quotes():
    statement = "SELECT 'it\\'s', \"a \\\" b\", `c` FROM t # why"
    assert shape_of(statement, "mysql") == "SELECT ?, ?, `c` FROM t"


def test_lists_of_any_length_have_one_shape():
    def sent(n):
        return f"SELECT * FROM post WHERE user_id IN ({', '.join(map(str, range(n)))})"

    assert len({shape_of(sent(n)) for n in range(1, 600, 37)}) == 1


@pytest.mark.parametrize(
    ("start", "item", "end", "shape"),
    [
        ("SELECT a FROM b WHERE c IN (", "{n}", ")", "SELECT a FROM b WHERE c IN (…) …"),
        ("INSERT INTO a VALUES ", "({n}, 'x)')", "", "INSERT INTO a VALUES (…) …"),
        ("INSERT INTO a VALUES (", "'{n}'", ")", "INSERT INTO a VALUES (…) …"),
    ],
)
def test_lists_of_any_great_length_have_one_shape(start, item, end, shape):
    shapes = {
        shape_of(start + ", ".join(item.format(n=n) for n in range(first, first + size)) + end)
        for first, size in ((0, 20_000), (7, 30_000), (123, 40_001))
    }
    assert shapes == {shape}


def test_a_long_shape_is_cut_and_still_told_apart():
    columns = ", ".join(f"column_number_{n}" for n in range(200))
    one, other = f"SELECT {columns} FROM a", f"SELECT {columns} FROM b"
    assert len(shape_of(one)) <= LONGEST_SHAPE
    assert shape_of(one) != shape_of(other)
    assert shape_of(shape_of(one)) == shape_of(one)


@given(SQL | st.text(), st.sampled_from(DIALECTS))
@example('IN (" ', "")
@example("SELECT ' -- '", "")
@example("a " * 2_000, "")
@example('"' + "a " * 2_000, "")
def test_the_shape_of_a_shape_is_that_shape(statement, dialect):
    shape = shape_of(statement, dialect)
    assert shape_of(shape, dialect) == shape
    assert len(shape) <= LONGEST_SHAPE


def _quoted(text, dialect):
    if dialect == "mysql":
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return "'" + text.replace("'", "''") + "'"


@given(SECRET, SPICE, SPICE, SECRET, st.sampled_from(DIALECTS), st.integers(0, 5))
def test_no_literal_is_in_a_shape(secret, before, after, other, dialect, kind):
    text = f"{secret}{before}{other}{after}{secret}"
    literal = [
        _quoted(text, dialect),
        "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'",
        f"$body${text}$body$",
        f"/* {text.replace('*', '')} */ 1",
        f"-- {text.replace(chr(10), '')}\n 1",
        _quoted(text, dialect)[:-1],
    ][kind]
    cut_off = kind == 5
    for statement in (
        f"SELECT a FROM b WHERE c = {literal}",
        *([] if cut_off else [f"INSERT INTO a (b) VALUES ({literal}, {literal})"]),
        *([] if cut_off else [f"SELECT a FROM b WHERE c IN ({literal},{literal})"]),
    ):
        shape = shape_of(statement, dialect)
        assert not set("zqxj7ž") & set(shape), shape


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers())
def test_no_number_is_in_a_shape(real, whole):
    shape = shape_of(f"SELECT a FROM b WHERE c = {real} AND d={whole} OR e>{whole:#x} LIMIT 7")
    assert not set(string.digits) & set(shape)


@pytest.mark.parametrize(
    ("statement", "looks_up"),
    [
        ("SELECT * FROM post WHERE user_id = ?", True),
        ("SELECT * FROM post WHERE ? = user_id", True),
        ("WITH p AS (SELECT 1) SELECT * FROM p WHERE id = $1 LIMIT 1", True),
        ("SELECT * FROM post WHERE user_id IN (?, ?) AND kind = ?", False),
        ("SELECT * FROM post WHERE user_id = ANY(%s)", False),
        ("SELECT * FROM post WHERE id IN (SELECT value FROM json_each(?)) AND a = ?", False),
        ("SELECT * FROM post JOIN unnest(%s) ids ON ids = post.id WHERE a = %s", False),
        ("SELECT * FROM post WHERE blog = ? ORDER BY id LIMIT ? OFFSET ?", False),
        ("SELECT * FROM post WHERE id > ? LIMIT 10", False),
        ("SELECT * FROM post WHERE id = ? OR id = ? OR id = ?", False),
        ("SELECT * FROM post WHERE (id = ? AND kind = ?) OR (id = ? AND kind = ?)", False),
        ("SELECT 1 FROM pg_catalog.pg_class WHERE relname = ?", False),
        ("SELECT count(*) FROM post", False),
        ("UPDATE post SET title = ? WHERE id = ?", False),
    ],
)
def test_a_lookup_reads_what_belongs_to_one_key(statement, looks_up):
    assert is_lookup(shape_of(statement)) is looks_up
