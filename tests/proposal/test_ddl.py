"""Tables read from blocks of SQL: what is there is read, what cannot be read is said."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.proposal.contents import CodeBlock
from archkit.proposal.ddl import read_schema, sql_blocks
from archkit.proposal.document import read_proposal
from archkit.proposal.schema import Column, ForeignKey, Index, Schema


def schema_of(*texts: str, language: str = "sql") -> Schema:
    return read_schema([CodeBlock(language, text, 10, 5) for text in texts])


ORDERS = """\
CREATE TYPE status AS ENUM ('open', 'paid');
CREATE TABLE shop."Customer" (
  id uuid PRIMARY KEY,
  email varchar(255) NOT NULL UNIQUE
);
CREATE TABLE IF NOT EXISTS order_line (
  order_id bigint REFERENCES purchase (id) ON DELETE CASCADE,
  line_number int,
  customer_id uuid,
  price numeric(10, 2),
  PRIMARY KEY (order_id, line_number),
  CONSTRAINT bought_by FOREIGN KEY (customer_id) REFERENCES shop."Customer" (id),
  CONSTRAINT once UNIQUE (customer_id, line_number)
);
CREATE UNIQUE INDEX CONCURRENTLY by_price ON order_line USING btree (price DESC, lower(note));
"""


def test_columns_keys_and_indexes_are_read_with_their_lines() -> None:
    customer, line = schema_of(ORDERS).tables
    assert (customer.name, customer.line, customer.primary_key) == ("shop.Customer", 12, ("id",))
    assert customer.columns == (
        Column("id", "UUID", False, 13),
        Column("email", "VARCHAR(255)", False, 14),
    )
    assert customer.indexes == (Index(("email",), True, 14),)
    assert line.primary_key == ("order_id", "line_number")
    assert [column.nullable for column in line.columns] == [False, False, True, True]
    assert line.foreign_keys == (
        ForeignKey(("order_id",), "purchase", ("id",), 17),
        ForeignKey(("customer_id",), "shop.Customer", ("id",), 22),
    )
    assert line.indexes == (
        Index(("customer_id", "line_number"), True, 23),
        Index(("price", "LOWER(note)"), True, 25),
    )


def test_what_alters_a_table_is_read_wherever_it_stands() -> None:
    alter = "ALTER TABLE only a ADD COLUMN b_id int, ADD FOREIGN KEY (b_id) REFERENCES b;\n"
    create = (
        "CREATE INDEX ON a (b_id);\nCREATE TABLE a (id int);\nALTER TABLE a ADD PRIMARY KEY (id);"
    )
    schema = schema_of(alter, create)
    (table,) = schema.tables
    assert table.primary_key == ("id",)
    assert table.foreign_keys == (ForeignKey(("b_id",), "b", (), 11),)
    assert table.indexes == (Index(("b_id",), False, 11),)
    assert [column.name for column in table.columns] == ["id", "b_id"]
    assert schema.dialects == ("postgres", "postgres")
    assert schema.unchecked == ()


MYSQL = """CREATE TABLE `a` (`id` int unsigned AUTO_INCREMENT, `u` int, b varchar(9),
PRIMARY KEY (`id`), KEY ix (`u`), UNIQUE KEY uu (b(4)),
CONSTRAINT f FOREIGN KEY (`u`) REFERENCES `b` (`id`)) ENGINE=InnoDB;"""
TSQL = """CREATE TABLE [dbo].[a] ([id] [int] IDENTITY(1,1) NOT NULL, [n] [nvarchar](20),
CONSTRAINT pk PRIMARY KEY CLUSTERED ([id] ASC));"""
SQLITE = "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, b) STRICT;"


@pytest.mark.parametrize(
    ("text", "language", "dialect"),
    [
        (MYSQL, "sql", "mysql"),
        (MYSQL, "mariadb", "mysql"),
        (TSQL, "tsql", "tsql"),
        (SQLITE, "sqlite", "sqlite"),
    ],
)
def test_the_dialect_is_found(text: str, language: str, dialect: str) -> None:
    schema = schema_of(text, language=language)
    assert schema.dialects == (dialect,)
    assert schema.unchecked == ()
    assert [table.primary_key for table in schema.tables] == [("id",)]


def test_keys_of_other_dialects_are_read() -> None:
    (mysql,) = schema_of(MYSQL).tables
    assert mysql.indexes == (Index(("u",), False, 12), Index(("b",), True, 12))
    assert mysql.foreign_keys == (ForeignKey(("u",), "b", ("id",), 13),)
    (sqlite,) = schema_of(SQLITE).tables
    assert sqlite.columns[1] == Column("b", "", True, 11)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("CREATE TABLE a (id int\n  b int\n);", 12),
        ("CREATE TABLE a (\n  id int,\n);", 12),
        ("CREATE TABLE a (id int,\n, b int);", 11),
        ("CREATE TABLE a (id int PRIMARY KEY", 11),
        ("CREATE TABLE a (id int DEFAULT 'x);", 11),
        ("CREATE TABLE a (\n...\n);", 12),
    ],
)
def test_what_no_dialect_reads_is_broken_and_has_its_line(text: str, line: int) -> None:
    (found,) = schema_of(text).unchecked
    assert (found.broken, found.line) == (True, line)
    assert found.text.startswith("CREATE TABLE a (")


def test_a_broken_statement_does_not_hide_the_others() -> None:
    schema = schema_of("CREATE TABLE a (id int b int);\nCREATE TABLE b (id int PRIMARY KEY);")
    assert [table.name for table in schema.tables] == ["b"]
    assert [found.line for found in schema.unchecked] == [11]


def test_what_sqlglot_passes_through_is_unchecked_and_not_called_right(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        schema = schema_of(
            "CREATE TABEL a (id int);\nCREATE TABLE b (id int)\nCREATE TABLE c (d int)"
        )
    assert [(found.line, found.broken) for found in schema.unchecked] == [(11, False), (12, False)]
    assert schema.tables == ()
    assert caplog.records == []


def test_statements_that_make_no_table_are_passed_over() -> None:
    text = """CREATE EXTENSION IF NOT EXISTS "uuid-ossp"; ALTER TABLE a ENABLE ROW LEVEL SECURITY;
    CREATE POLICY p ON a USING (true); GRANT SELECT ON a TO r; COMMENT ON TABLE a IS 'x; y';
    CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN; RETURN NEW; END; $$ LANGUAGE plpgsql;
    CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION f();
    CREATE MATERIALIZED VIEW v AS SELECT 1; SELECT create_hypertable('a', 't'); -- the end
    """
    assert schema_of(text) == Schema(dialects=("postgres",))


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE a AS SELECT 1 AS b",
        "CREATE TABLE a (LIKE b INCLUDING ALL)",
        "CREATE TABLE a PARTITION OF b FOR VALUES FROM (1) TO (2)",
        "CREATE TABLE a (c int) INHERITS (b)",
        "ALTER TABLE a ADD COLUMN c int",
    ],
)
def test_a_table_with_columns_from_elsewhere_says_so(text: str) -> None:
    assert [(table.name, table.derived) for table in schema_of(text).tables] == [("a", True)]


def test_a_table_is_found_without_its_schema_and_whatever_its_case() -> None:
    schema = schema_of("CREATE TABLE app.Users (id int); CREATE TABLE b (id int)")
    assert [schema.table(name) for name in ("users", "APP.users")] == [schema.tables[0]] * 2
    assert schema.table("x.b") == schema.tables[1]
    assert schema.table("other.users") is None
    assert schema.tables[0].column("ID") == Column("id", "INT", True, 11)
    assert schema.tables[0].column("no") is None


def test_too_much_sql_is_not_read_and_that_is_said() -> None:
    long = "CREATE TABLE a (id int);\n" * 5_000
    schema = schema_of(long, "CREATE TABLE b (id int);")
    assert [table.name for table in schema.tables] == ["b"]
    assert schema.dialects == ("", "postgres")
    (found,) = schema.unchecked
    assert found.why == "The block is too long to be read (125,000 characters)."
    assert not found.broken


def test_of_a_block_that_is_no_sql_the_beginning_is_read() -> None:
    schema = schema_of("CREATE TABLE a (id int b int);\n" * 3_000)
    assert len(schema.unchecked) == 51
    assert schema.unchecked[-1].line == 61
    assert (
        schema.unchecked[-1].why == "50 statements before it could not be read; the rest is left."
    )


@pytest.mark.parametrize("text", ["SELECT " + "(" * 9_000, "CREATE TABLE a (b " + "f(" * 9_000])
def test_deep_nesting_is_not_read_and_that_is_said(text: str) -> None:
    (found,) = schema_of(text).unchecked
    assert found.why == "It is nested too deep to be read."


def test_blocks_are_sql_by_language_or_because_they_create_a_table() -> None:
    blocks = [
        CodeBlock("postgresql", "SELECT 1", 1, 5),
        CodeBlock("", "-- x\ncreate unlogged table a (b int)", 5, 5),
        CodeBlock("", "the statement CREATE TABLE makes a table", 9, 5),
        CodeBlock("python", "CREATE TABLE a (b int)", 13, 5),
    ]
    assert sql_blocks(blocks) == tuple(blocks[:2])


def test_a_proposal_has_its_schema_read_once() -> None:
    proposal = read_proposal("# X\n\n## 5. Data Schema\n\n```sql\nCREATE TABLE a (id int);\n```\n")
    assert [(table.name, table.line) for table in proposal.schema.tables] == [("a", 6)]
    assert proposal.schema is proposal.schema
    assert proposal == read_proposal(proposal.text)


WORDS = st.sampled_from(
    [
        "CREATE",
        "TABLE",
        "a",
        "b",
        "(",
        ")",
        "(",
        ")",
        ",",
        ";",
        "int",
        "PRIMARY",
        "KEY",
        "'",
        "$$",
        "REFERENCES",
        "FOREIGN",
        "--",
        "/*",
        "*/",
        "INDEX",
        "ON",
        "UNIQUE",
        "ALTER",
        "ADD",
        "[",
        "]",
        '"b"',
        "`c`",
        "\n",
    ]
)


@given(st.lists(WORDS, max_size=40).map(" ".join) | st.text(max_size=60))
def test_no_text_makes_it_fail_and_lines_are_those_of_the_block(text: str) -> None:
    schema = read_schema([CodeBlock("sql", text, 1, 5)])
    last = text.count("\n") + text.count("\r") + 2
    assert all(1 <= found.line <= last for found in schema.unchecked)
    assert all(1 < table.line <= last and table.name for table in schema.tables)
