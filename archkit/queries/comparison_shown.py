"""A comparison of variants as a table to read: what was measured, what was computed, the growth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archkit.markup import esc
from archkit.plain import missing

if TYPE_CHECKING:
    from archkit.queries.comparison import QueryComparison

__all__ = ["comparison_html", "time_text"]

_THIN = "\u202f"
_NUMBER = ' style="text-align:right;padding:2px 6px;font-variant-numeric:tabular-nums"'
_HEAD = ' style="text-align:right;padding:2px 6px;vertical-align:bottom"'
_TEXT = ' style="text-align:left;padding:2px 6px;white-space:nowrap"'


def comparison_html(comparison: QueryComparison) -> str:
    """Write the rows by size, then how each variant grows, then what is to be noted."""
    rows = comparison.frame.to_dict("records")
    if not rows:
        return "<p>Nothing was measured.</p>"
    caption = " · ".join(part for part in (comparison.label, comparison.counts) if part)
    notes = "".join(f"<p>{esc(note)}.</p>" for note in comparison.notes)
    return (
        _table(
            f"{caption}; median time of a run (quartiles), timed without counting",
            [*_heads(comparison), *_computed_heads(comparison)],
            [_cells(row, comparison) for row in rows],
            texts=2,
        )
        + _growth(comparison)
        + notes
    )


def _heads(comparison: QueryComparison) -> list[str]:
    heads = ["n", "variant", "queries", f"saved against {comparison.baseline}", "rows", "N+1"]
    if (comparison.frame["cache"] != "").any():
        heads.append("hit rate")
    return [*heads, "time", "speed-up"]


def _computed_heads(comparison: QueryComparison) -> list[str]:
    return [f"time with {ms:g} ms a query (computed)" for ms in comparison.latency_ms if ms]


def _cells(row: Mapping[Any, Any], comparison: QueryComparison) -> list[str]:
    name = f"{row['variant']} ({row['cache']})" if row["cache"] else str(row["variant"])
    cells = [f"{row['n']:,}", name, f"{row['queries']:,}", _share(row["reduction_share"])]
    cells += [_count(row["rows"]), _count(row["n_plus_one"])]
    if (comparison.frame["cache"] != "").any():
        by = f" (by {row['hit_rate_from']})" if row["hit_rate_from"] == "queries" else ""
        cells.append(_share(row["hit_rate"]) + by)
    cells += [_spread(row), _times(row["speed_up"])]
    return cells + [
        time_text(row[f"computed_ms_at_{ms:g}ms"]) for ms in comparison.latency_ms if ms
    ]


def _growth(comparison: QueryComparison) -> str:
    cells = [
        [
            f"{row['variant']} ({row['cache']})" if row["cache"] else row["variant"],
            row["order"],
            row["growth"],
            "–" if missing(row["slope"]) else f"{row['slope']:.2f}",
        ]
        for row in comparison.growth.to_dict("records")
    ]
    sizes = comparison.frame["n"].unique()
    if len(sizes) < 2:
        return ""
    said = f"Growth of queries, as seen between n {sizes[-2]:,} and {sizes[-1]:,}"
    return _table(said, ["variant", "order", "in words", "slope"], cells, texts=3)


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], *, texts: int) -> str:
    """Write a table whose first columns are text and the others numbers."""

    def cells(tag: str, row: Sequence[str]) -> str:
        right = _HEAD if tag == "th" else _NUMBER
        return "".join(
            f"<{tag}{_TEXT if n < texts else right}>{esc(cell)}</{tag}>"
            for n, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return (
        f"<table><caption{_TEXT}>{esc(caption)}</caption>"
        f"<thead><tr>{cells('th', heads)}</tr></thead><tbody>{body}</tbody></table>"
    )


def time_text(ms: float) -> str:
    """Write a time in the unit that suits it, three significant digits."""
    factor, unit = _unit(ms)
    return f"{_three(ms * factor)}{_THIN}{unit}"


def _spread(row: Mapping[Any, Any]) -> str:
    """Write a median with its quartiles, all in one unit: `25.1 ms (18.4–25.5)`."""
    middle, low, high = (row[name] for name in ("wall_ms", "wall_low_ms", "wall_high_ms"))
    if missing(low):
        return time_text(middle)
    factor, _ = _unit(middle)
    return f"{time_text(middle)}\u00a0({_three(low * factor)}–{_three(high * factor)})"


def _unit(ms: float) -> tuple[float, str]:
    return (0.001, "s") if ms >= 1000 else (1.0, "ms") if ms >= 1 else (1000.0, "µs")


def _three(value: float) -> str:
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}"


def _share(share: float | None) -> str:
    if missing(share):
        return "–"
    assert share is not None
    # 99.98 % is not 100 %: five queries in six thousand are still asked.
    digits = 0 if share == round(share, 2) else 1 if abs(share) < 0.99 else 2
    return f"{100 * share:.{digits}f}{_THIN}%".replace("-", "\u2212")


def _count(value: Any) -> str:
    return "–" if missing(value) else f"{value:,.0f}"


def _times(value: float | None) -> str:
    if value is None or missing(value):
        return "–"
    return f"{value:,.0f}×" if value >= 100 else f"{value:.2g}×"
