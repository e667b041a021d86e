"""Ways to read users with posts and comments: the reference card's third example, on SQLAlchemy."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from archkit.labs.n_plus_one_blog import Answer, Blog
from archkit.labs.n_plus_one_cache import AnswerCache
from archkit.labs.n_plus_one_counts import page_sizes
from archkit.labs.n_plus_one_reads import (
    Page,
    from_documents,
    through_loaders,
    through_orm,
    with_includes,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["NAIVE", "Way", "ways"]

NAIVE = "naive, lazy"
"""What the others are compared with."""

_EAGER = "eager-loading-joins"


@dataclass(frozen=True)
class Way:
    """A way of reading; called with a number of users it returns them as a client gets them.

    Attributes
    ----------
    name, kind
        What it is called, and which closed form counts it: see `n_plus_one_counts.statements`.
    blog, read
        What is read, and how one request reads a page of it.
    page
        Users a request; None: all at once.
    pattern
        The slug of the library's pattern that it is a form of; "" if of none.
    batch
        How many keys a statement asks for at most (DataLoader); None: no limit.
    cache
        What answers first, where there is one.
    """

    name: str
    kind: str
    blog: Blog
    read: Callable[[Session, Page], Answer]
    page: int | None = None
    pattern: str = ""
    batch: int | None = None
    cache: AnswerCache | None = None

    def __call__(self, n: int) -> Answer:
        """Read the first `n` users, a page a request, each request in a session of its own.

        Raises
        ------
        ValueError
            There are fewer users.
        """
        if not 0 <= n <= self.blog.users:
            raise ValueError(f"n is 0 to {self.blog.users}, the users there are, not {n}.")
        answer: Answer = []
        for size in page_sizes(n, self.page):
            answer += self.answer(Page(answer[-1]["id"] if answer else 0, size))
        return answer

    def answer(self, page: Page) -> Answer:
        """Answer one request, from the cache if there is one and it can."""
        if self.cache is None:
            return self._read(page)
        return self.cache.answer(page, partial(self._read, page))

    def _read(self, page: Page) -> Answer:
        from sqlalchemy.orm import Session

        with Session(self.blog.engine) as session:
            return self.read(session, page)


def ways(
    blog: Blog,
    *,
    page: int | None = None,
    batches: Sequence[int | None] = (None, 100, 10),
    forgetful: Sequence[int | None] = (),
    ttl_s: float = 60.0,
    now: Callable[[], float] = time.monotonic,
) -> dict[str, Way]:
    """Give every way of reading, by name, the naive one first.

    Parameters
    ----------
    blog
        What is read.
    page
        Users a request; None: all at once.
    batches
        Of each DataLoader: how many keys it asks for at most; None: no limit.
    forgetful
        The same of DataLoaders that do not remember what they fetched.
    ttl_s, now
        For how long the cache keeps an answer, in seconds, and by which clock.

    Raises
    ------
    ValueError
        A page or a batch is less than 1, or `ttl_s` less than 0.
    """
    from sqlalchemy.orm import joinedload, selectinload, subqueryload

    from archkit.labs.n_plus_one_tables import Post, User

    next(page_sizes(0, page))  # refuses a page that is none
    posts = selectinload(User.posts)
    eager = {
        "selectin": selectinload(User.posts).selectinload(Post.comments),
        "subquery": subqueryload(User.posts).subqueryload(Post.comments),
        "joined": joinedload(User.posts).joinedload(Post.comments),
    }
    again = partial(through_orm, option=eager["selectin"])
    made = [
        Way(NAIVE, "naive", blog, through_orm, page),
        Way("posts eager only", "partial", blog, partial(through_orm, option=posts), page),
        *(
            Way(f"{kind}load", kind, blog, partial(through_orm, option=option), page, _EAGER)
            for kind, option in eager.items()
        ),
        Way("includes", "includes", blog, with_includes, page, "query-builder-includes"),
        *(_with_loader(blog, page, batch) for batch in batches),
        *(_with_loader(blog, page, batch, remember=False) for batch in forgetful),
        Way("denormalised", "denormalised", blog, from_documents, page, "denormalised-reads"),
        Way(
            "cache",
            "cache",
            blog,
            again,
            page,
            "cached-relations",
            None,
            AnswerCache(ttl_s, now=now),
        ),
    ]
    return {way.name: way for way in made}


def _with_loader(blog: Blog, page: int | None, batch: int | None, *, remember: bool = True) -> Way:
    if batch is not None and batch < 1:
        raise ValueError(f"A batch is 1 or more, or None for no limit, not {batch}.")
    size = "no limit" if batch is None else f"{batch} a batch"
    name = f"DataLoader, {size}" if remember else f"DataLoader, {size}, no cache"
    kind = "dataloader" if remember else "forgetful"
    read = partial(through_loaders, batch=batch, remember=remember)
    return Way(name, kind, blog, read, page, "dataloader" if remember else "", batch)
