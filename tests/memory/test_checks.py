import numpy as np
import pytest

from archkit.errors import StoreError
from archkit.memory import checks
from archkit.records import Condition, Pattern


@pytest.mark.parametrize(
    "select",
    [
        "SELECT 1",
        "select(1)",
        " -- why\n from event",
        "/* x */ WITH a AS (SELECT 1) FROM a",
        "(SELECT 1)",
    ],
)
def test_queries_are_let_through(select):
    checks.check_select(select)


@pytest.mark.parametrize(
    "select",
    ["", "--select", "DELETE FROM event", "/* SELECT */ DROP TABLE x", None, 5, "SELECT '\ud800'"],
)
def test_what_is_no_query_is_refused(select):
    with pytest.raises(StoreError, match="Only a query"):
        checks.check_select(select)


def test_the_nearest_known_names_are_named():
    assert checks.nearest("dataloadr", {"dataloader", "eager"}) == "Nearest: dataloader."
    assert checks.nearest("zzz", {"b", "a"}) == "Known are, for instance: a, b."
    assert checks.nearest("zzz", set()) == "None is recorded yet."


def test_yes_and_no_become_plain():
    assert [checks.truth(v, "success") for v in (None, np.True_, 0)] == [None, True, False]
    with pytest.raises(StoreError, match=r"success cannot be 0\.5\."):
        checks.truth(0.5, "success")


def test_counts_come_in_pairs():
    assert checks.counted(None, None) is None
    assert checks.counted(3, 0) == (3, 0)
    with pytest.raises(StoreError, match="queries_before is missing"):
        checks.counted(None, 0)


def test_a_pattern_that_is_vetoed_wherever_it_fits_is_refused_as_new_and_still_read():
    many = Condition("Many users", {"users": ">1000"})
    odd = Pattern("p", "P", when=[Condition("Huge", {"users": ">100000"})], when_not=[many])
    checks.check_pattern(odd)
    with pytest.raises(StoreError, match="conditions of the pattern 'p' contradict") as error:
        checks.check_new_pattern(odd)
    assert "“Huge”" in error.value.why
    assert "“Many users”" in error.value.why
    checks.check_new_pattern(Pattern("p", "P", when=["small"], when_not=[many]))
