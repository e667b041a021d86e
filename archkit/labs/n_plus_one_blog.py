"""The database of the N+1 lab: users with posts and comments, in SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from archkit.errors import ArchkitError

if TYPE_CHECKING:
    from types import TracebackType

    from sqlalchemy import Connection, Engine

__all__ = ["Answer", "Blog"]

Answer = list[dict[str, Any]]
"""Users as a client gets them: `id`, `name`, `latest` (title of the newest post), `posts`."""


class Blog:
    """Users, their posts and the comments on these, made in a database of the lab's own.

    Parameters
    ----------
    users, posts, comments
        Users, posts of each user, comments on each post.
    database
        ``sqlite``: in memory. ``postgresql``: the server that ``ARCHKIT_POSTGRES_URL`` names, or
        one started for the lab. Or the address of a PostgreSQL server. There the tables are made
        in a schema of their own, which `close` drops again; nothing else is touched.

    Attributes
    ----------
    engine
        SQLAlchemy's; what is read through it can be counted.
    called
        What answers, and its version: ``SQLite 3.53.0``.

    Raises
    ------
    ArchkitError
        The extra is missing, or no PostgreSQL can be reached or started.
    ValueError
        There are fewer than no users, posts or comments.

    Examples
    --------
    >>> with Blog(users=2, posts=1, comments=1) as blog:
    ...     (blog.users, blog.posts, blog.comments)
    (2, 1, 1)
    """

    def __init__(
        self,
        users: int = 1000,
        posts: int = 5,
        comments: int = 3,
        *,
        database: str = "sqlite",
    ) -> None:
        if min(users, posts, comments) < 0:
            raise ValueError("users, posts and comments must be 0 or more.")
        self.users, self.posts, self.comments = users, posts, comments
        self._closing = ExitStack()
        with ExitStack() as undone:
            undone.push(self._closing)
            self.engine = _opened(database, self._closing)
            self._closing.callback(self.engine.dispose)  # before its schema is dropped
            self.called = _called(self.engine)
            self._fill()
            undone.pop_all()

    def __enter__(self) -> Blog:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        """One line: how much there is of everything, and where."""
        each = f"{self.posts} posts each with {self.comments} comments"
        return f"Blog({self.users:,} users, {each}, in {self.called})"

    def close(self) -> None:
        """Drop the tables and let the database go; a second time nothing happens."""
        self._closing.close()

    def comment(self, post: int, text: str, *, documents: bool = True) -> None:
        """Write a comment on a post.

        Parameters
        ----------
        post, text
            The post's id, from 1, and what is said of it.
        documents
            Whether the user's document is rewritten in the same transaction, as a denormalised
            read needs it.
        """
        from sqlalchemy import insert, select

        from archkit.labs.n_plus_one_tables import Comment, Post

        with self.engine.begin() as connection:
            connection.execute(insert(Comment), {"post_id": post, "text": text})
            if documents:
                found = connection.execute(select(Post.user_id).where(Post.id == post))
                _rewrite(connection, [found.scalar_one()])

    def _fill(self) -> None:
        from sqlalchemy import insert

        from archkit.labs.n_plus_one_tables import Base, Comment, Post, User

        users = range(1, self.users + 1)
        posts = [(user, number) for user in users for number in range(1, self.posts + 1)]
        rows: dict[Any, list[dict[str, Any]]] = {
            User: [{"name": f"user {user}", "document": {}} for user in users],
            Post: [{"user_id": u, "title": f"post {number} of user {u}"} for u, number in posts],
            Comment: [
                {"post_id": post, "text": f"comment {number} on post {post}"}
                for post in range(1, len(posts) + 1)
                for number in range(1, self.comments + 1)
            ],
        }
        with self.engine.begin() as connection:
            Base.metadata.create_all(connection)
            for kind, many in rows.items():
                if many:  # the database numbers them in their order, from 1
                    connection.execute(insert(kind.__table__), many)
            _rewrite(connection, users)


def _rewrite(connection: Connection, users: Sequence[int] | range) -> None:
    """Write the documents of users anew from the rows they are made of."""
    from sqlalchemy import bindparam, select, update

    from archkit.labs.n_plus_one_tables import Comment, Post, User

    if not users:
        return
    near = User.id.between(users[0], users[-1])
    joined = (
        select(User.id, Post.id, Post.title, Comment.text)
        .join_from(User, Post, isouter=True)
        .join(Comment, isouter=True)
        .where(near)
        .order_by(User.id, Post.id, Comment.id)
    )
    made = _documents(connection.execute(joined))
    table: Any = User.__table__
    change = update(table).where(table.c.id == bindparam("key")).values(document=bindparam("new"))
    connection.execute(change, [{"key": user, "new": made[user]} for user in made])


def _documents(rows: Iterable[tuple[Any, ...]]) -> dict[int, Mapping[str, Any]]:
    posts: dict[int, dict[int, dict[str, Any]]] = {}
    for user, post, title, text in rows:
        of_user = posts.setdefault(user, {})
        if post is not None:
            kept = of_user.setdefault(post, {"title": title, "comments": []})
            kept["comments"] += [] if text is None else [text]
    return {
        user: {
            "latest": of_user[max(of_user)]["title"] if of_user else None,
            "posts": list(of_user.values()),
        }
        for user, of_user in posts.items()
    }


def _opened(database: str, closing: ExitStack) -> Engine:
    """Open the database; what is to be undone at the end goes to `closing`."""
    try:
        import sqlalchemy
    except ImportError as error:
        raise ArchkitError(
            "The query lab needs SQLAlchemy.",
            why="It is not installed here.",
            mend='Install the extra: pip install "archkit[lab]".',
        ) from error
    if database == "sqlite":
        # One connection for all: another one would open another, empty database.
        return sqlalchemy.create_engine(
            "sqlite://",
            poolclass=sqlalchemy.pool.StaticPool,
            connect_args={"check_same_thread": False},
        )
    from archkit.labs.postgres import own_schema, postgres

    address = closing.enter_context(postgres(None if database == "postgresql" else database))
    return sqlalchemy.create_engine(closing.enter_context(own_schema(address)).engine_url)


def _called(engine: Engine) -> str:
    """Say what answers, and its version."""
    from sqlalchemy import text

    lite = engine.dialect.name == "sqlite"
    asked = text("SELECT sqlite_version()" if lite else "SHOW server_version")
    with engine.connect() as connection:
        version = str(connection.execute(asked).scalar_one()).split()[0]
    return f"{'SQLite' if lite else 'PostgreSQL'} {version}"
