"""Counting through SQLAlchemy: engines, connections, sessions, and the ORM's word on N+1."""

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, create_async_engine
from sqlalchemy.pool import StaticPool

from archkit import ArchkitError, count_queries
from archkit.queries import counting
from archkit.queries.hook_sqlalchemy import _say_what_loads
from archkit.queries.limit import countable_in


class Base(orm.DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str]
    about: orm.Mapped[str] = orm.mapped_column(deferred=True)
    posts: orm.Mapped[list["Post"]] = orm.relationship(back_populates="author", order_by="Post.id")


class Post(Base):
    __tablename__ = "post"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    author_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("author.id"))
    author: orm.Mapped[Author] = orm.relationship(back_populates="posts")


AUTHORS, POSTS = 7, 3


def _filled(engine):
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        for n in range(AUTHORS):
            posts = [Post() for _ in range(POSTS)]
            session.add(Author(name=f"author {n}", about="…", posts=posts))
        session.commit()
    return engine


@pytest.fixture
def engine():
    engine = _filled(sa.create_engine("sqlite://", poolclass=StaticPool))
    yield engine
    assert not counting._hooks
    assert not event.contains(orm.Session, "do_orm_execute", _say_what_loads)
    assert not engine.dispatch.before_cursor_execute
    assert not engine.dispatch.after_cursor_execute
    engine.dispose()


def _posts(engine, *options):
    with orm.Session(engine) as session:
        return [
            len(author.posts) for author in session.scalars(sa.select(Author).options(*options))
        ]


def test_lazy_loads_are_found_by_the_orms_word_and_named(engine):
    with count_queries(engine) as counted:
        assert _posts(engine) == [POSTS] * AUTHORS
    assert (counted.count, counted.rows) == (1 + AUTHORS, AUTHORS + AUTHORS * POSTS)
    (finding,) = counted.n_plus_one.to_dict("records")
    assert finding["rule"] == "lazy load"
    assert (finding["relationship"], finding["count"]) == ("Author.posts", AUTHORS)
    assert finding["where"].endswith(" in _posts")
    assert "selectinload(Author.posts)" in counted.summary


@pytest.mark.parametrize(
    ("load", "queries"),
    [(orm.selectinload, 2), (orm.subqueryload, 2), (orm.joinedload, 1), (orm.immediateload, 8)],
)
def test_eager_loads(engine, load, queries):
    with count_queries(engine) as counted, orm.Session(engine) as session:
        authors = session.scalars(sa.select(Author).options(load(Author.posts))).unique().all()
        assert sum(len(author.posts) for author in authors) == AUTHORS * POSTS
    assert counted.count == queries
    # immediateload sends one statement an object, too; the others none.
    assert counted.n_plus_one.empty is (queries < 8)


def test_selectinload_in_many_batches_is_no_finding(engine):
    with orm.Session(engine) as session:
        session.add_all(Author(name="", about="") for _ in range(3_000))
        session.commit()
    with count_queries(engine) as counted:
        _posts(engine, orm.selectinload(Author.posts))
    assert counted.by_shape["count"].tolist() == [7, 1]
    assert counted.n_plus_one.empty


def test_a_single_lazy_load_is_no_finding(engine):
    with count_queries(engine) as counted, orm.Session(engine) as session:
        assert len(session.get_one(Author, 1).posts) == POSTS
    assert counted.count == 2
    assert counted.n_plus_one.empty


def test_a_lazy_load_the_other_way_round_is_named_too(engine):
    with count_queries(engine) as counted, orm.Session(engine) as session:
        for post in session.scalars(sa.select(Post)).all():
            assert post.author.id == post.author_id
    assert counted.n_plus_one[["relationship", "count"]].values.tolist() == [
        ["Post.author", AUTHORS]
    ]


def test_an_eager_load_that_a_lazy_one_brings_about_is_not_taken_for_it(engine):
    with count_queries(engine) as counted, orm.Session(engine) as session:
        load = orm.lazyload(Post.author).selectinload(Author.posts)
        for post in session.scalars(sa.select(Post).options(load)).all():
            assert post.author.posts
    findings = counted.n_plus_one.set_index("relationship")["count"].to_dict()
    assert findings == {"Post.author": AUTHORS}


def test_deferred_and_expired_columns_are_found(engine):
    with orm.Session(engine) as session:
        authors = session.scalars(sa.select(Author)).all()
        with count_queries(session) as deferred:
            assert all(author.about for author in authors)
        session.commit()
        with count_queries(session) as expired:
            assert all(author.name for author in authors)
    for counted in (deferred, expired):
        (finding,) = counted.n_plus_one.to_dict("records")
        assert (finding["rule"], finding["relationship"]) == ("column load", "Author")
        assert finding["count"] == AUTHORS
        assert "Columns of Author" in counted.summary


def test_single_loads_from_places_of_their_own_are_none(engine):
    with count_queries(engine) as counted, orm.Session(engine) as session:
        one, other = session.get(Author, 1), session.get(Author, 2)
        assert one.posts
        assert other.posts
        session.commit()
        assert one.name
        assert other.name
    assert counted.count == 6
    assert counted.n_plus_one.empty


def test_a_loop_of_core_statements_is_found_by_its_shape(engine):
    with count_queries(engine) as counted, engine.connect() as connection:
        for key in range(6):
            connection.execute(sa.select(Post.id).where(Post.author_id == key)).all()
    assert counted.n_plus_one["rule"].tolist() == ["one lookup per row"]


@pytest.mark.parametrize(
    "begin", ["engine", "connection", "session", "bound", "scoped", "maker", "class"]
)
def test_every_kind_of_source_counts(engine, begin):
    scoped = orm.scoped_session(orm.sessionmaker(engine))
    with (
        engine.connect() as connection,
        orm.Session(engine) as session,
        orm.Session(connection) as bound,
    ):
        source, sender = {
            "engine": (engine, connection),
            "connection": (connection, connection),
            "session": (session, session),
            "bound": (bound, bound),
            "scoped": (scoped, scoped),
            "maker": (orm.sessionmaker(engine), session),
            "class": (sa.Engine, connection),
        }[begin]
        with count_queries(source) as counted:
            sender.execute(sa.text("SELECT 1")).all()
    scoped.remove()
    assert (counted.count, counted.counts) == (1, "statements sent")


def test_what_can_be_counted_is_picked_out_of_a_namespace(engine):
    maker, closed = orm.sessionmaker(engine), engine.connect()
    closed.close()
    values = [sa.Engine, engine, closed, maker, sa, "engine", None, engine]
    assert countable_in(values) == [engine, maker]


def test_a_connection_counts_only_its_own(engine):
    with engine.connect() as one, engine.connect() as other, count_queries(one) as counted:
        one.execute(sa.text("SELECT 1"))
        other.execute(sa.text("SELECT 2"))
    assert counted.count == 1


def test_an_engine_its_connection_and_the_class_see_one_statement_once(engine):
    with engine.connect() as connection, count_queries([sa.Engine, engine, connection]) as counted:
        connection.execute(sa.text("SELECT 1"))
        with count_queries(connection) as inner:
            connection.execute(sa.text("SELECT 1"))
    assert (counted.count, inner.count) == (2, 1)


def test_an_engine_with_options_of_its_own_counts_its_own_and_the_engine_both(engine):
    own = engine.execution_options(stream_results=True)
    with count_queries(engine) as counted, count_queries(own) as owns:
        for source in (engine, own):
            with source.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
    assert (counted.count, owns.count) == (2, 1)


def test_creating_tables_looks_each_up_and_is_no_finding(engine):
    metadata = sa.MetaData()
    for n in range(6):
        sa.Table(f"table_{n}", metadata, sa.Column("id", sa.Integer))
    with count_queries(engine) as counted:
        metadata.create_all(engine)
    assert counted.count >= 12
    assert counted.n_plus_one.empty


def test_a_statement_that_fails_is_counted_as_failed(engine):
    with engine.connect() as connection, count_queries(engine) as counted:
        with pytest.raises(sa.exc.OperationalError):
            connection.execute(sa.text("SELECT nothing FROM nowhere"))
        connection.execute(sa.text("SELECT 1")).all()
    assert (counted.count, counted.failed, counted.rows) == (2, 1, 1)
    assert "1 failed or never ended" in counted.summary


def test_executemany_is_one_statement_sent(engine):
    with engine.begin() as connection, count_queries(engine) as counted:
        rows = [{"name": str(n), "about": ""} for n in range(50)]
        connection.execute(sa.insert(Author), rows)
    assert (counted.count, counted.rows) == (1, 0)


def test_autocommit_and_savepoints(engine):
    with engine.connect() as connection, count_queries(engine) as counted:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("SELECT 1"))
    with orm.Session(engine) as session, count_queries(engine) as nested:
        for _ in range(3):
            with session.begin_nested():
                session.execute(sa.text("SELECT 1"))
    assert counted.count == 1
    shapes = ["SAVEPOINT ?", "SELECT ?", "RELEASE SAVEPOINT ?"]
    assert nested.by_shape[["shape", "count"]].values.tolist() == [[shape, 3] for shape in shapes]


@pytest.mark.parametrize("size", [1, 4, 100])
def test_rows_are_counted_however_they_are_fetched(engine, size):
    fetched = {
        "all": lambda result: result.all(),
        "many": lambda result: [
            row for rows in iter(lambda: result.fetchmany(size), []) for row in rows
        ],
        "one": lambda result: list(iter(result.fetchone, None)),
        "iterated": list,
        "parts": lambda result: [row for part in result.partitions(size) for row in part],
    }
    streams = ({}, {"stream_results": True}, {"yield_per": size})
    with engine.connect() as connection:
        for name, fetch in fetched.items():
            for options in streams:
                for statement in (sa.select(Post.id), sa.text("SELECT id FROM post")):
                    with count_queries(engine) as counted:
                        result = connection.execute(statement, execution_options=options)
                        assert len(fetch(result)) == AUTHORS * POSTS
                    assert counted.rows == AUTHORS * POSTS, (name, options)


def test_rows_are_known_to_each_of_two_blocks(engine):
    with (
        engine.connect() as connection,
        count_queries(engine) as outer,
        count_queries(connection) as inner,
    ):
        connection.execute(sa.select(Post.id)).all()
    assert outer.rows == inner.rows == AUTHORS * POSTS


def test_rows_that_are_not_fetched_do_not_count(engine):
    with engine.connect() as connection, count_queries(engine) as counted:
        assert connection.execute(sa.select(Post.id)).first() is not None
        assert len(connection.execute(sa.select(Post.id)).fetchmany(2)) == 2
    assert counted.rows == 3


def test_an_engine_closed_inside(engine):
    with count_queries(engine) as counted:
        _posts(engine)
        engine.dispose()
    assert counted.count == 1 + AUTHORS


def test_a_connection_closed_inside(engine):
    connection = engine.connect()
    with count_queries(connection) as counted:
        connection.execute(sa.text("SELECT 1"))
        connection.close()
    assert counted.count == 1
    with pytest.raises(ArchkitError, match="cannot be counted on"):
        count_queries(connection)


def test_a_session_bound_to_nothing_says_what_to_hand_in():
    with pytest.raises(ArchkitError, match="session cannot be counted on"):
        count_queries(orm.Session())


def test_a_block_that_begins_in_a_transaction_counts(engine):
    with orm.Session(engine) as session:
        session.execute(sa.text("SELECT 1"))
        with count_queries(engine) as counted:
            session.execute(sa.text("SELECT 1"))
    assert counted.count == 1


def test_a_failure_of_somebody_elses_listener_does_not_stay(engine):
    def refuse(*_):
        raise PermissionError

    event.listen(engine, "before_cursor_execute", refuse)
    with pytest.raises(PermissionError), count_queries(engine) as counted:
        _posts(engine)
    event.remove(engine, "before_cursor_execute", refuse)
    assert counted.failed == counted.count <= 1


@pytest.mark.parametrize("begin", ["engine", "connection", "session", "scoped"])
def test_asynchronous_sources_count(begin):
    async def work():
        engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with engine.connect() as connection, AsyncSession(engine) as session:
            scoped = async_scoped_session(lambda: session, scopefunc=asyncio.current_task)
            source, sender = {
                "engine": (engine, connection),
                "connection": (connection, connection),
                "session": (session, session),
                "scoped": (scoped, session),
            }[begin]
            async with count_queries(source) as counted:
                await sender.execute(sa.select(Author))
                await _beside(engine)
        await engine.dispose()
        return counted

    async def _beside(engine):
        async with count_queries(engine) as inner:
            pass
        assert inner.count == 0

    counted = asyncio.run(work())
    assert (counted.count, counted.rows) == (1, 0)
    assert counted.by_shape["where"][0].endswith(" in work")


def test_an_asynchronous_connection_that_is_not_open_yet_is_refused():
    engine = create_async_engine("sqlite+aiosqlite://")
    with pytest.raises(ArchkitError, match="not yet open"):
        count_queries(engine.connect())
