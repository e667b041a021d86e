"""Real records of six repositories, judged by hand; read in place, skipped where they are not."""

from datetime import date
from pathlib import Path

import pytest

from archkit.decisions.adrs import read_adrs

SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "adr"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not beside it")

# What each file states, told by reading it: its status in normal form, its day, whether it tells a
# context and a decision. None: it states none (so does "insert date" of a template, left as it is).
TRUTH = {
    "adr__madr/0000": (None, None, True, True),
    "adr__madr/0001": (None, None, True, True),
    "adr__madr/0004": (None, None, True, True),
    "adr__madr/0005": (None, None, True, True),
    "adr__madr/0006": (None, None, True, True),
    "adr__madr/0011": (None, None, True, True),
    "adr__madr/0012": (None, None, True, True),
    "alphagov__govuk-aws/0007": ("accepted", date(2017, 7, 4), True, True),
    "alphagov__govuk-aws/0008": ("accepted", date(2017, 7, 4), True, True),
    "alphagov__govuk-aws/0009": ("proposed", date(2017, 7, 4), True, True),
    "alphagov__govuk-aws/0014": ("accepted", date(2017, 7, 14), True, True),
    "alphagov__govuk-aws/0019": ("accepted", date(2017, 8, 2), True, True),
    "alphagov__govuk-aws/0024": ("accepted", date(2017, 8, 29), True, True),
    "alphagov__govuk-aws/0025": ("accepted", date(2017, 9, 4), True, True),
    "alphagov__govuk-aws/0028": ("accepted", date(2017, 9, 14), True, True),
    "ministryofjustice__modernisation-platform/0009": ("accepted", date(2021, 6, 18), True, True),
    "ministryofjustice__modernisation-platform/0011": ("rejected", date(2021, 9, 24), True, True),
    "ministryofjustice__modernisation-platform/0016": ("accepted", date(2021, 11, 18), True, True),
    "ministryofjustice__modernisation-platform/0019": ("accepted", date(2022, 6, 14), True, True),
    "ministryofjustice__modernisation-platform/0025": ("superseded", date(2023, 6, 20), True, True),
    "ministryofjustice__modernisation-platform/0034": ("rejected", date(2024, 12, 1), True, True),
    "ministryofjustice__modernisation-platform/0035": ("accepted", date(2024, 12, 1), True, True),
    "ministryofjustice__modernisation-platform/0044": ("accepted", date(2026, 6, 9), True, True),
    "ODH-ADR-0001-autorag": ("accepted", date(2026, 7, 15), True, True),
    "ODH-ADR-0001-data-connect-hub": ("accepted", None, True, True),
    "ODH-ADR-EH-0002": ("accepted", "January, 2026", True, True),
    "ODH-ADR-MS-0004": ("accepted", date(2026, 1, 7), True, True),
    "ODH-ADR-Operator-0007": ("accepted", date(2024, 10, 22), True, True),
    "ODH-ADR-Operator-0012": ("accepted", date(2026, 2, 3), True, True),
    "20200924-use-markdown": ("accepted", date(2020, 9, 24), True, True),
    "20200925-multi": ("accepted", date(2020, 9, 25), True, True),
    "20200925-use-nextjs": ("accepted", date(2020, 9, 25), True, True),
    "20200927-avoid": ("accepted", date(2020, 9, 27), False, True),
    "20201016-use": ("accepted", date(2020, 10, 16), True, True),
    "20201026-the": ("accepted", date(2020, 10, 26), True, True),
    "20201027-adr": ("accepted", date(2020, 10, 27), True, True),
    "wagov-dtt__architecture-decision-records/001": ("accepted", date(2025, 2, 17), True, True),
    "wagov-dtt__architecture-decision-records/002": ("accepted", date(2025, 2, 17), True, True),
    "wagov-dtt__architecture-decision-records/003": ("accepted", date(2025, 3, 26), True, True),
    "wagov-dtt__architecture-decision-records/006": ("proposed", date(2025, 7, 29), True, True),
    "wagov-dtt__architecture-decision-records/008": ("accepted", date(2025, 8, 15), True, True),
    "wagov-dtt__architecture-decision-records/018": ("proposed", date(2025, 7, 28), True, True),
}
# Titles that are not the first heading word for word: a number or "ADR 001:" stands before them.
MISSES: dict[str, str] = {
    "ODH-ADR-EH-0002": "its day is 'January, 2026': no day is named, so none is guessed",
}


@pytest.fixture(scope="module")
def read():
    frame = read_adrs(SAMPLES, git=False)
    frame = frame[frame["kind"] == "adr"]
    rows = frame.to_dict("records")
    found = {}
    for key in TRUTH:
        [row] = [row for row in rows if key in row["path"]]
        found[key] = row
    assert len(rows) == len(found) == 42
    return found


def rate(hits):
    hits = list(hits)
    return sum(hits) / len(hits), len(hits)


def test_every_title_is_read(read):
    def first_heading(row):
        lines = (SAMPLES / row["path"]).read_text("utf-8").splitlines()
        return next(line for line in lines if line.startswith("# ")).replace("`", "")

    hits = {key: first_heading(row).endswith(row["title"]) for key, row in read.items()}
    assert rate(hits.values()) == (1.0, 42)
    assert all(len(row["title"]) > 8 for row in read.values())


def test_every_status_that_is_stated_is_read_and_no_other(read):
    stated = {key: truth[0] for key, truth in TRUTH.items() if truth[0]}
    assert rate(read[key]["status"] == status for key, status in stated.items()) == (1.0, 35)
    others = [read[key]["status"] for key in TRUTH if key not in stated]
    assert not any(isinstance(status, str) for status in others)


def test_every_day_that_is_stated_is_read_or_told_to_be_unclear(read):
    stated = {key: truth[1] for key, truth in TRUTH.items() if truth[1]}
    missed = {key for key, day in stated.items() if str(read[key]["decided_at"])[:10] != str(day)}
    assert (missed, len(stated)) == (set(MISSES), 34)
    assert read["ODH-ADR-EH-0002"]["date_note"] == "no day is named"
    assert read["ODH-ADR-EH-0002"]["date_text"] == "January, 2026"


@pytest.mark.parametrize(
    ("column", "place", "n"), [("has_context", 2, 41), ("has_decision", 3, 42)]
)
def test_contexts_and_decisions_are_read_where_there_are_any(read, column, place, n):
    have = [key for key, truth in TRUTH.items() if truth[place]]
    assert rate(read[key][column] for key in have) == (1.0, n)
    assert not any(read[key][column] for key in TRUTH if key not in have)
