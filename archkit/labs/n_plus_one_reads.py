"""How one request reads a page of users with posts and comments: each way a function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from archkit.labs.n_plus_one_loader import Loader, answered, together

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.orm import Mapper, Session
    from sqlalchemy.orm.interfaces import ORMOption

    from archkit.labs.n_plus_one_blog import Answer
    from archkit.labs.n_plus_one_tables import Comment, Post, User

__all__ = ["Page", "from_documents", "through_loaders", "through_orm", "with_includes"]

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """What one request asks for: so many users after one, by id."""

    after: int
    size: int


def through_orm(session: Session, page: Page, option: ORMOption | None = None) -> Answer:
    """Read mapped objects; what `option` does not load is loaded row by row when it is needed."""
    statement = _users(page) if option is None else _users(page).options(option)
    return [
        {
            "id": user.id,
            "name": user.name,
            "latest": user.posts[-1].title if user.posts else None,
            "posts": [
                {"title": post.title, "comments": [comment.text for comment in post.comments]}
                for post in user.posts
            ],
        }
        for user in session.scalars(statement).unique()
    ]


def through_loaders(
    session: Session, page: Page, batch: int | None = None, remember: bool = True
) -> Answer:
    """Resolve each field on its own, as GraphQL servers do; loaders gather what they ask for.

    `posts` and `latest` both need a user's posts: without `remember` they are fetched twice.
    """
    from archkit.labs.n_plus_one_tables import Comment, Post

    made: Callable[..., Loader[int, Any]] = partial(Loader, batch=batch, remember=remember)
    posts: Loader[int, list[Post]] = made(partial(_children, session, Post, "user_id"))
    comments: Loader[int, list[Comment]] = made(partial(_children, session, Comment, "post_id"))

    async def resolved_post(post: Post) -> Row:
        texts = [comment.text for comment in await comments.load(post.id)]
        return {"title": post.title, "comments": texts}

    async def posts_of(user: User) -> list[Row]:
        return await together(resolved_post(post) for post in await posts.load(user.id))

    async def latest_of(user: User) -> str | None:
        found = await posts.load(user.id)
        return found[-1].title if found else None

    async def resolved_user(user: User) -> Row:
        latest, shown = await together([latest_of(user), posts_of(user)])
        return {"id": user.id, "name": user.name, "latest": latest, "posts": shown}

    users = session.scalars(_users(page)).all()
    return answered(together(map(resolved_user, users)), (posts, comments))


def with_includes(
    session: Session, page: Page, include: Sequence[str] = ("posts", "posts.comments")
) -> Answer:
    """Read plain rows: one statement for the users, and one for each relation in `include`.

    Raises
    ------
    ValueError
        A relation is included that there is not, or one of rows that are not included.
    """
    rows = _included(session, _users(page), include)
    return [
        {
            "id": user["id"],
            "name": user["name"],
            "latest": user["posts"][-1]["title"] if user["posts"] else None,
            "posts": [
                {"title": post["title"], "comments": [c["text"] for c in post["comments"]]}
                for post in user["posts"]
            ],
        }
        for user in rows
    ]


def from_documents(session: Session, page: Page) -> Answer:
    """Read each user's document, which holds the posts and comments."""
    from archkit.labs.n_plus_one_tables import User

    statement = _users(page).with_only_columns(User.id, User.name, User.document)
    return [
        {"id": user, "name": name, **document}
        for user, name, document in session.execute(statement)
    ]


def _users(page: Page) -> Select[User]:
    from sqlalchemy import select

    from archkit.labs.n_plus_one_tables import User

    return select(User).where(User.id > page.after).order_by(User.id).limit(page.size)


def _children(session: Session, kind: Any, key: str, parents: Sequence[int]) -> list[list[Any]]:
    """Fetch the rows of many parents, one list for each, in the parents' order."""
    from sqlalchemy import select

    column = getattr(kind, key)
    found: dict[int, list[Any]] = {parent: [] for parent in parents}
    for child in session.scalars(select(kind).where(column.in_(found)).order_by(kind.id)):
        found[getattr(child, key)].append(child)
    return [found[parent] for parent in parents]


def _included(session: Session, statement: Select[Any], include: Iterable[str]) -> list[Row]:
    """Read rows, and into each the lists of rows that it is to include, level by level."""
    from sqlalchemy import inspect, select

    from archkit.labs.n_plus_one_tables import User

    root: Mapper[Any] = inspect(User)
    read = {"": (root, statement, _rows(session, statement, root))}
    for path in include:
        above, _, name = path.rpartition(".")
        if above not in read or name not in read[above][0].relationships:
            raise ValueError(f"{path!r} cannot be included: there is no such relation here.")
        mapper, parents, rows = read[above]
        relation = mapper.relationships[name]
        ((own, theirs),) = relation.local_remote_pairs  # columns; by these names in rows, too
        keys = select(parents.with_only_columns(own).subquery())
        children = select(relation.mapper).where(theirs.in_(keys))
        children = children.order_by(*(relation.order_by or ()))
        found = _rows(session, children, relation.mapper)
        by_parent: defaultdict[Any, list[Row]] = defaultdict(list)
        for child in found:
            by_parent[child[str(theirs.key)]].append(child)
        for row in rows:
            row[name] = by_parent[row[str(own.key)]]
        read[path] = (relation.mapper, children, found)
    return read[""][2]


def _rows(session: Session, statement: Select[Any], mapper: Mapper[Any]) -> list[Row]:
    wanted = [attr.class_attribute for attr in mapper.column_attrs if not attr.deferred]
    return [dict(row) for row in session.execute(statement.with_only_columns(*wanted)).mappings()]
