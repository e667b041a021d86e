import sys
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from archkit.errors import ArchkitError
from archkit.tradeoffs.agreement import Agreement, method_agreement
from archkit.tradeoffs.cell import Unknown
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.preference import Preference

LACKING = [name for name in ("skcriteria", "pymcdm") if find_spec(name) is None]
needs_mcda = pytest.mark.skipif(
    bool(LACKING), reason=f"the extra mcda is not installed: {', '.join(LACKING)}"
)


def matrix(*rows):
    criteria = [
        Criterion("success"),
        Criterion("set-up", "min", 0, 8, "h"),
        Criterion("security", "max", 1, 5),
    ]
    weights = Preference.weights({"success": 5, "set-up": 3, "security": 2})
    return PerformanceMatrix("ABCD"[: len(rows)], criteria, list(rows), weights)


@needs_mcda
def test_where_one_alternative_is_best_in_everything_all_methods_agree():
    found = method_agreement(matrix([0.9, 1, 5], [0.6, 3, 3], [0.3, 7, 2]))
    assert found.failures == {}
    assert len(found.ranks) == 9
    assert found.agree and found.warning == ""
    assert (found.ranks["C"] == 3).all()
    # scikit-criteria's VIKOR calls A and B compromises; all others rank them 1, 2, 3.
    assert found.first_places.to_dict() == {"A": 9, "B": 1, "C": 0}
    assert found.ranks.loc["scikit-criteria VIKOR"].to_list() == [1.5, 1.5, 3]


@needs_mcda
def test_where_methods_disagree_it_is_said():
    found = method_agreement(matrix([0.95, 3, 4], [0.89, 2, 3], [0.92, 4, 5]))
    assert found.failures == {}
    assert not found.agree
    assert found.warning.startswith("The 9 methods do not put the same alternative first (")
    assert found.first_places.sum() >= 9


@needs_mcda
def test_on_the_same_fixed_scales_spotis_ranks_as_the_additive_model_does():
    rng = np.random.default_rng(4)
    for _ in range(5):
        rows = [[rng.random(), 8 * rng.random(), 1 + 4 * rng.random()] for _ in range(4)]
        ranks = method_agreement(matrix(*rows)).ranks
        own, spotis = ranks.iloc[0], ranks.loc["pymcdm SPOTIS (fixed scales)"]
        assert own.to_list() == spotis.to_list()


@needs_mcda
def test_the_unknown_takes_part_as_the_middle_of_its_scale_and_is_named():
    rows = [[0.9, 3, 4], [0.8, 2, 5], [0.7, Unknown(), 3]]
    found = method_agreement(matrix(*rows))
    assert found.unknown == (("C", "set-up"),)
    assert found.failures == {}
    rows[2][1] = 4
    pd.testing.assert_frame_equal(found.ranks, method_agreement(matrix(*rows)).ranks)


@needs_mcda
def test_a_method_that_fails_says_why_and_the_others_go_on():
    found = method_agreement(matrix([0.9, 3, 5], [0.8, 3, 4], [0.7, 3, 3]))
    assert set(found.failures) == {"pymcdm VIKOR"}
    assert "equal" in found.failures["pymcdm VIKOR"]
    assert found.ranks.loc["pymcdm VIKOR"].isna().all()
    assert found.agree


def test_the_level_count_as_first_with_every_method_that_says_so():
    rows = [[1.5, 1.5], [1, 2], [np.nan] * 2, [2, 1]]
    ranks = pd.DataFrame(rows, columns=["A", "B"], index=list("wxyz"))
    found = Agreement(ranks.iloc[:3], {"y": "it broke"}, ())
    assert found.first_places.to_dict() == {"A": 2, "B": 1}
    assert found.agree and not found.warning
    found = Agreement(ranks, {"y": "it broke"}, ())
    assert not found.agree
    told = "The 3 methods do not put the same alternative first (A 2, B 2)."
    assert found.warning.startswith(told)


def test_one_alternative_cannot_be_ranked():
    with pytest.raises(ArchkitError, match="one alternative"):
        method_agreement(matrix([0.9, 1, 5]))


def test_without_the_extra_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymcdm", None)
    with pytest.raises(ArchkitError, match="not installed") as caught:
        method_agreement(matrix([0.9, 1, 5], [0.6, 3, 3]))
    assert caught.value.mend == 'Install the extra: pip install "archkit[mcda]".'
