"""How many statements each way of the N+1 lab sends: closed forms, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

__all__ = ["KINDS", "SELECTIN_KEYS", "holds_from", "page_sizes", "reduction", "statements"]

SELECTIN_KEYS = 500
"""How many keys SQLAlchemy's selectinload asks for in one statement."""

_LARGEST_PAGE = 2000


def page_sizes(n: int, page: int | None) -> Iterator[int]:
    """Divide `n` users into pages, the last as large as is left; no users are one empty page.

    Raises
    ------
    ValueError
        `page` is less than 1.
    """
    if page is not None and page < 1:
        raise ValueError(f"page is 1 or more, or None for all at once, not {page}.")
    size = page or max(n, 1)
    for start in range(0, max(n, 1), size):
        yield min(size, n - start)


def statements(
    kind: str, n: int, *, page: int | None = None, batch: int | None = None, posts: int = 5
) -> int:
    """Count the statements of a way from its closed form.

    Parameters
    ----------
    kind
        One of `KINDS`.
    n, page
        Users in all, and users a request; None: all at once.
    batch
        How many keys a statement asks for at most, for ``dataloader`` and ``forgetful``; None:
        no limit.
    posts
        Posts of each user. How many comments there are does not matter: they hang on nothing.
    """
    form = _FORMS[kind]
    return sum(form(size, size * posts, batch) for size in page_sizes(n, page))


def reduction(
    kind: str, n: int, *, page: int | None = None, batch: int | None = None, posts: int = 5
) -> float:
    """Share of the naive way's statements that a way saves, at most 1; negative if it adds some."""
    before = statements("naive", n, page=page, posts=posts)
    return 1 - statements(kind, n, page=page, batch=batch, posts=posts) / before


def holds_from(kind: str, share: float, *, batch: int | None = None, posts: int = 5) -> int | None:
    """Find the page from which on a way saves at least a share, however much larger it gets.

    Returns
    -------
    int or None
        Users on the smallest such page; None if even pages of 2,000 users do not save as much.
    """
    smallest = None
    for size in range(_LARGEST_PAGE, 0, -1):
        if reduction(kind, size, batch=batch, posts=posts) < share:
            return smallest
        smallest = size
    return smallest


def _parts(keys: int, size: int | None) -> int:
    """How many statements ask for so many keys; none for no keys."""
    return -(-keys // size) if size else min(keys, 1)


_FORMS: dict[str, Callable[[int, int, int | None], int]] = {
    "naive": lambda users, posts, _: 1 + users + posts,
    "partial": lambda users, posts, _: 1 + _parts(users, SELECTIN_KEYS) + posts,
    "selectin": lambda users, posts, _: (
        1 + _parts(users, SELECTIN_KEYS) + _parts(posts, SELECTIN_KEYS)
    ),
    "subquery": lambda users, posts, _: 1 + _parts(users, None) + _parts(posts, None),
    "joined": lambda users, posts, _: 1,
    "includes": lambda users, posts, _: 3,
    "dataloader": lambda users, posts, batch: 1 + _parts(users, batch) + _parts(posts, batch),
    "forgetful": lambda users, posts, batch: 1 + _parts(2 * users, batch) + _parts(posts, batch),
    "denormalised": lambda users, posts, _: 1,
    "warm": lambda users, posts, _: 0,
}
_FORMS["cache"] = _FORMS["selectin"]

KINDS = tuple(_FORMS)
"""Ways with a closed form: ``forgetful`` is DataLoader without its cache, ``warm`` a full cache."""
