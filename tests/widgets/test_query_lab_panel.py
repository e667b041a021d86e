"""The query lab by hand: dials, counts at once or on a press, evidence for the memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archkit.errors import ArchkitError
from archkit.labs.n_plus_one_blog import Blog
from archkit.memory.memory import Memory
from archkit.metrics import query_measurements
from archkit.widgets import query_lab
from archkit.widgets.query_lab import QueryLabPanel
from archkit.widgets.query_lab_face import VIEWS
from archkit.widgets.query_lab_page import _ms


@pytest.fixture(scope="module")
def blog() -> Iterator[Blog]:
    with Blog(users=25) as made:
        yield made


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    with Memory(tmp_path_factory.mktemp("kept") / "memory.duckdb") as made:
        yield made


def counted(panel: QueryLabPanel) -> dict[str, int | None]:
    frame = panel.frame
    values = frame["counted"].astype(object).where(frame["counted"].notna(), None)
    return dict(zip(frame["way"], values, strict=True))


def text(panel: QueryLabPanel) -> str:
    return str(panel._face.table.value).replace("\u202f", " ")


def test_it_opens_counted_and_says_which_reported_savings_hold(blog: Blog) -> None:
    panel = query_lab(blog)
    assert (panel.setting.n, panel.setting.page) == (25, 10)
    assert counted(panel)["naive, lazy"] == 153
    assert "The reported 85 % holds with DataLoader, 10 a batch." in text(panel)
    assert panel._face.measure.disabled
    assert "Users on a page" in panel.figure.layout.title.text


def test_a_turn_of_a_dial_counts_what_it_changes(blog: Blog) -> None:
    panel = query_lab(blog)
    panel.turn(batch=6, n=5, page=None)
    assert counted(panel)["DataLoader, 6 a batch"] == 1 + 1 + 5
    assert "The reported 85 % does not with DataLoader, 6 a batch." in text(panel)
    panel._face.latency.value = 100.0
    assert panel.frame["latency_ms"].tolist() == [100.0] * 11
    with pytest.raises(ValueError, match="page has no 7 on its dial"):
        panel.turn(page=7)
    for dial in (panel._face.n, panel._face.page, panel._face.batch):
        dial.index = len(dial.options) - 1  # as a press of End does
    assert (panel.setting.n, panel.setting.page, panel.setting.batches) == (25, None, (None,))


def test_what_takes_long_waits_to_be_asked_for(blog: Blog) -> None:
    panel = query_lab(blog, at_once=10)
    assert set(counted(panel).values()) == {None}
    assert "foretold" in text(panel)
    assert (
        panel._face.measure.description
        == f"Measure ({panel.lab.foretold(panel.setting):,} queries)"
    )
    panel._face.measure.click()
    assert None not in counted(panel).values()
    assert "foretold" not in text(panel)
    assert panel._face.told.value == ""
    assert not panel._face.n.disabled


def test_each_view_has_its_figure_and_its_dials(blog: Blog) -> None:
    panel = query_lab(blog)
    face = panel._face
    titles = set()
    for view in VIEWS:
        face.views.value = view
        assert (face._dials.layout.display == "none") == (view == VIEWS[2])
        assert face.figure.layout.title.text == panel.figure.layout.title.text
        titles.add(panel.figure.layout.title.text)
    assert len(titles) == 3
    assert "kept for" in text(panel)
    stale = panel.frame["stale_rate"].tolist()
    face.forget.value = True
    assert panel.frame["stale_rate"].tolist() == [0.0] * len(stale) != stale


def test_what_was_counted_is_kept_as_measured_evidence(blog: Blog, memory: Memory) -> None:
    panel = query_lab(blog, memory=memory)
    panel._face.keep.click()
    assert "Kept: 7 measurements." in panel._face.told.value
    rows = query_measurements(memory)
    assert set(rows["provenance"]) == {"measured"}
    loader = rows[rows["slug"] == "dataloader"].iloc[0]
    assert (loader["queries_before"], loader["queries_after"], loader["n"]) == (153, 19, 25)
    assert len(panel.kept) == len(rows) == 7
    panel.keep()
    assert len(query_measurements(memory)) == 7


def test_without_a_memory_or_a_count_there_is_nothing_to_keep(blog: Blog, memory: Memory) -> None:
    with pytest.raises(ArchkitError, match="nowhere to keep"):
        query_lab(blog).keep()
    with pytest.raises(ArchkitError, match="nothing to keep"):
        query_lab(blog, memory=memory, at_once=0).keep()


def test_a_copy_without_the_kernel_has_the_table(blog: Blog) -> None:
    panel = query_lab(blog)
    copy = panel._copy()
    assert "naive, lazy" in copy
    assert f"archkit-static-{panel._id}" in copy
    assert "QueryLabPanel(" in repr(panel)


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.152, "0.15\u202fms"), (99.4, "99\u202fms"), (99.6, "100\u202fms"), (12_340, "12.3\u202fs")],
)
def test_a_time_is_written_without_an_exponent(value: float, said: str) -> None:
    assert _ms(value) == said
