"""The tables of the N+1 lab as SQLAlchemy maps them: users, their posts, comments on these."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

__all__ = ["Base", "Comment", "Post", "User"]


class Base(DeclarativeBase):
    """What the mapped classes have in common."""


class User(Base):
    """Who writes posts; `document` is all of them with their comments, as they were last written.

    Only the denormalised way reads `document`: the others do not load it.
    """

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)
    posts: Mapped[list[Post]] = relationship(order_by="Post.id")


class Post(Base):
    """A post of a user."""

    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    title: Mapped[str]
    comments: Mapped[list[Comment]] = relationship(order_by="Comment.id")


class Comment(Base):
    """A comment on a post."""

    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey(Post.id), index=True)
    text: Mapped[str]
