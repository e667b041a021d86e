from archkit.tradeoffs.cell import Interval, Known
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.explored import first_state
from archkit.tradeoffs.findings import Findings
from archkit.tradeoffs.matrix import PerformanceMatrix


def test_the_order_is_that_of_the_expected_values_whatever_chance_has_drawn():
    matrix = PerformanceMatrix("AB", [Criterion("x")], [[Interval(0, 1)], [Known(0.49)]])
    found = [Findings(first_state(matrix, None, draws=20, seed=seed)) for seed in range(20)]
    assert {one.result.leader for one in found} == {"A", "B"}
    for one in found:
        assert one.order == ["A", "B"]
        assert one.ranking["value"].to_list() == [0.5, 0.49]
        assert one.flip.startswith("A leads")
