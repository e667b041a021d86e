"""N+1 queries, measured: users, their posts and comments, read in three ways from SQLite.

Statements are counted as SQLite runs them. Time is that of the whole request, in runs of their
own: counting takes time too.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any, NamedTuple

from archkit.records import Measurement, utc_now

__all__ = ["measure"]

Rows = list[tuple[Any, ...]]
Answer = list[dict[str, Any]]
Query = Callable[..., Rows]

_SCHEMA = """
CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE post (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES user, title TEXT);
CREATE TABLE comment (id INTEGER PRIMARY KEY, post_id INTEGER NOT NULL REFERENCES post, text TEXT);
CREATE INDEX post_by_user ON post (user_id);
CREATE INDEX comment_by_post ON comment (post_id);
"""
_USERS = "SELECT id, name FROM user ORDER BY id"
_POSTS_OF = "SELECT id, title FROM post WHERE user_id = ? ORDER BY id"
_COMMENTS_OF = "SELECT text FROM comment WHERE post_id = ? ORDER BY id"
_POSTS_OF_MANY = """SELECT user_id, id, title FROM post
WHERE user_id IN (SELECT value FROM json_each(?)) ORDER BY id"""
_COMMENTS_OF_MANY = """SELECT post_id, text FROM comment
WHERE post_id IN (SELECT value FROM json_each(?)) ORDER BY id"""
_JOINED = """SELECT user.id, user.name, post.id, post.title, comment.text FROM user
LEFT JOIN post ON post.user_id = user.id LEFT JOIN comment ON comment.post_id = post.id
ORDER BY user.id, post.id, comment.id"""


class _Run(NamedTuple):
    answer: Answer
    statements: int
    rows: int
    ms: float


def measure(
    users: int = 50,
    posts: int = 5,
    comments: int = 3,
    *,
    batch: int = 100,
    repeat: int = 3,
    now: Callable[[], datetime] = utc_now,
) -> tuple[Measurement, ...]:
    """Count the queries of one page of users with their posts and the comments on these.

    Parameters
    ----------
    users, posts, comments
        Users on the page, posts of each user, comments on each post.
    batch
        How many keys one statement asks for at most, as a DataLoader's batch size.
    repeat
        Timed runs of each way; their median is reported.
    now
        The clock.

    Returns
    -------
    tuple of Measurement
        What batching and what one join save against a query a user and a query a post. All three
        give the same answer, or this raises RuntimeError. `rows` is what the better way reads.

    Examples
    --------
    >>> batching, join = measure(users=50, posts=5, comments=3, repeat=1)
    >>> batching.queries_before, batching.queries_after, join.queries_after
    (301, 5, 1)
    """
    if min(users, posts, comments) < 0 or min(batch, repeat) < 1:
        raise ValueError("users, posts and comments must be 0 or more, batch and repeat 1 or more.")
    with closing(sqlite3.connect(":memory:")) as database:
        _fill(database, users, posts, comments)
        naive = _run(database, _one_by_one, repeat)
        ways = {
            ("dataloader", f"batches of {batch}"): _run(database, _in_batches(batch), repeat),
            ("eager-loading-joins", "one join"): _run(database, _with_one_join, repeat),
        }
    size = {"users": users, "posts": posts, "comments": comments}
    for (slug, way), run in ways.items():
        if run.answer != naive.answer:
            raise RuntimeError(f"{slug} ({way}) answers otherwise than one query at a time.")
    return tuple(
        Measurement(
            label=f"users with posts and comments: {way}",
            queries_before=naive.statements,
            queries_after=run.statements,
            n=users,
            pattern=slug,
            rows=run.rows,
            before_ms=naive.ms,
            after_ms=run.ms,
            measured_at=now(),
            extra={"database": "SQLite in memory", **size, "batch": batch},
        )
        for (slug, way), run in ways.items()
    )


def _fill(database: sqlite3.Connection, users: int, posts: int, comments: int) -> None:
    database.executescript(_SCHEMA)
    rows = {
        "INSERT INTO user VALUES (?, ?)": ((u, f"user {u}") for u in range(users)),
        "INSERT INTO post VALUES (?, ?, ?)": (
            (u * posts + p, u, f"post {p} of user {u}") for u in range(users) for p in range(posts)
        ),
        "INSERT INTO comment VALUES (?, ?, ?)": (
            (p * comments + c, p, f"comment {c}")
            for p in range(users * posts)
            for c in range(comments)
        ),
    }
    for insert, values in rows.items():
        database.executemany(insert, values)
    database.commit()


def _run(database: sqlite3.Connection, way: Callable[[Query], Answer], repeat: int) -> _Run:
    """Run a way once to count it and then, uncounted, to time it."""
    statements: list[str] = []
    rows = 0

    def counted(sql: str, *values: Any) -> Rows:
        nonlocal rows
        found = database.execute(sql, values).fetchall()
        rows += len(found)
        return found

    database.set_trace_callback(statements.append)
    try:
        answer = way(counted)
    finally:
        database.set_trace_callback(None)

    def plain(sql: str, *values: Any) -> Rows:
        return database.execute(sql, values).fetchall()

    times: list[float] = []
    for _ in range(repeat):
        began = time.perf_counter()
        way(plain)
        times.append((time.perf_counter() - began) * 1000)
    return _Run(answer, len(statements), rows, statistics.median(times))


def _one_by_one(query: Query) -> Answer:
    """Ask for the posts of each user, and the comments on each post: N+1, twice over."""
    return [
        {
            "name": name,
            "posts": [
                {"title": title, "comments": [text for (text,) in query(_COMMENTS_OF, post)]}
                for post, title in query(_POSTS_OF, user)
            ],
        }
        for user, name in query(_USERS)
    ]


def _in_batches(batch: int) -> Callable[[Query], Answer]:
    """Gather the keys of a level and ask for many at once, as a DataLoader does."""

    def way(query: Query) -> Answer:
        users = query(_USERS)
        posts = _many(query, _POSTS_OF_MANY, [user for user, _ in users], batch)
        keys = [post for user, _ in users for post, _ in posts[user]]
        comments = _many(query, _COMMENTS_OF_MANY, keys, batch)
        return [
            {
                "name": name,
                "posts": [
                    {"title": title, "comments": [text for (text,) in comments[post]]}
                    for post, title in posts[user]
                ],
            }
            for user, name in users
        ]

    return way


def _many(query: Query, sql: str, keys: Sequence[int], batch: int) -> defaultdict[Any, Rows]:
    found: defaultdict[Any, Rows] = defaultdict(list)
    for some in _chunks(keys, batch):
        for key, *rest in query(sql, json.dumps(some)):
            found[key].append(tuple(rest))
    return found


def _chunks(keys: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


def _with_one_join(query: Query) -> Answer:
    """Ask once, for every comment with its post and its user."""
    names: dict[int, str] = {}
    titles: defaultdict[int, dict[int, str]] = defaultdict(dict)
    texts: defaultdict[int, list[str]] = defaultdict(list)
    for user, name, post, title, text in query(_JOINED):
        names[user] = name
        if post is not None:
            titles[user][post] = title
        if text is not None:
            texts[post].append(text)
    return [
        {
            "name": name,
            "posts": [
                {"title": title, "comments": texts[post]} for post, title in titles[user].items()
            ],
        }
        for user, name in names.items()
    ]
