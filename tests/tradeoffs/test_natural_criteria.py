"""What the name of a column says of its unit, direction and scale."""

import pytest

from archkit.tradeoffs.natural import natural_criterion


@pytest.mark.parametrize(
    ("name", "figures", "told"),
    [
        ("setup_hours", [2, 3, 4], ("min", 0, 5, "h")),
        ("setup h", [8], ("min", 0, 10, "h")),
        ("cost (USD)", [120, 900], ("min", 0, 1000, "USD")),
        ("Kosten [€]", [11], ("min", 0, 20, "EUR")),
        ("latency_ms", [50], ("min", 0, 50, "ms")),
        ("p95 latency (ms)", [0.7], ("min", 0, 1, "ms")),
        ("throughput_rps", [300], ("max", 0, 500, "requests/s")),
        ("peak_requests_per_minute", [9_000], ("max", 0, 10_000, "requests/min")),
        ("battery_hours", [9], ("max", 0, 10, "h")),
        ("success_rate", [0.9], ("max", 0, 1, "")),
        ("error_rate", [0.1], ("min", 0, 1, "")),
        ("cache_hit_rate", [], ("max", 0, 1, "")),
        ("cache_miss_rate", [], ("min", 0, 1, "")),
        ("query_reduction", [], ("max", 0, 1, "")),
        ("availability", [], ("max", 0, 1, "")),
        ("coverage_percent", [80], ("max", 0, 100, "%")),
        ("failures (%)", [3], ("min", 0, 100, "%")),
    ],
)
def test_a_natural_name_says_it_all(name, figures, told):
    criterion = natural_criterion(name, figures)
    assert (criterion.objective, criterion.low, criterion.high, criterion.unit) == told
    assert criterion.name == name


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("security", [4]),
        ("days", [4]),
        ("s", [4]),
        ("setup_hours", []),
        ("setup_hours", [0, 0]),
        ("margin_usd", [-5, 3]),
        ("classes", [4]),
        ("forms", [4]),
    ],
)
def test_a_name_that_does_not_say_enough_says_nothing(name, figures):
    assert natural_criterion(name, figures) is None


def test_a_scale_taken_from_the_figures_is_said_to_be():
    assert natural_criterion("setup_hours", [3]).note == (
        "its scale, 0 to 5 h, was taken from these figures"
    )
    assert natural_criterion("success_rate", [0.9]).note == ""
