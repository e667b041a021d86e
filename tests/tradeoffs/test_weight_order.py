"""Partial orders of criteria: contradictions, and every order they leave open."""

from collections import Counter
from itertools import pairwise, permutations

import numpy as np
import pytest

from archkit.errors import ArchkitError
from archkit.tradeoffs.ordering import MOST_NAMES, Ordering


def _extensions(chains, names):
    """All orders of the names that agree with the chains, by trying every one."""
    return [
        order
        for order in permutations(names)
        if all(
            order.index(first) < order.index(second)
            for chain in chains
            for first, second in pairwise(chain)
        )
    ]


CHAINS = [
    [("a", "b", "c")],
    [("a", "b"), ("c", "d")],
    [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")],
    [("a", "c"), ("b", "c"), ("b", "d"), ("e", "d")],
]


@pytest.mark.parametrize("chains", CHAINS)
def test_every_open_order_is_as_likely_as_any(chains):
    ordering = Ordering(chains)
    orders = _extensions(chains, ordering.names)
    drawn = ordering.ranks(np.random.default_rng(1), 20_000)
    drawn = np.broadcast_to(drawn, (20_000, len(ordering.names)))
    seen = Counter(tuple(ordering.names[n] for n in np.argsort(ranks)) for ranks in drawn)
    assert set(seen) == set(orders)
    for count in seen.values():
        assert count / 20_000 == pytest.approx(1 / len(orders), abs=0.015)


@pytest.mark.parametrize("chains", CHAINS)
def test_rank_chances_are_counted_over_all_open_orders(chains):
    ordering = Ordering(chains)
    orders = _extensions(chains, ordering.names)
    counted = [
        [sum(order[rank] == name for order in orders) / len(orders) for rank in range(len(order0))]
        for order0 in [orders[0]]
        for name in ordering.names
    ]
    assert ordering.rank_chances() == pytest.approx(np.array(counted))


@pytest.mark.parametrize(
    ("chains", "circle"),
    [
        ([("a", "b"), ("b", "a")], ("a", "b")),
        ([("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")], ("a", "b", "c")),
        ([("x", "a"), ("a", "b"), ("b", "a"), ("b", "y")], ("a", "b")),
        ([("a", "a")], ("a",)),
    ],
)
def test_a_contradiction_is_told_as_the_circle_it_is(chains, circle):
    with pytest.raises(ArchkitError, match="contradicts itself") as error:
        Ordering(chains)
    told = [part.strip(" '.") for part in error.value.what.split(":")[1].split(">")]
    assert told[0] == told[-1]
    assert set(told) == set(circle)
    said = {pair for chain in chains for pair in pairwise(chain)}
    assert set(pairwise(told)) <= said


def test_many_names_in_one_chain_are_no_trouble_and_in_several_are_refused():
    names = [f"c{n}" for n in range(MOST_NAMES + 6)]
    assert Ordering([names]).ranks(np.random.default_rng(0), 5).shape == (1, MOST_NAMES + 6)
    with pytest.raises(ArchkitError, match=f"2 chains order {MOST_NAMES + 6} criteria"):
        Ordering([names[:3], names[3:]])
