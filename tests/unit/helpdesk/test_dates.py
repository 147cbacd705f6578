"""Dates are read day first, or refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from copias.helpdesk.dates import read_moment, write_moment
from copias.local_time import BOGOTA

MOMENT = datetime(2026, 3, 25, 14, 5, 22, tzinfo=BOGOTA)


@pytest.mark.parametrize(
    "cell",
    [
        "25/03/2026 14:05:22",
        " 25/3/2026  14:05:22 ",
        "25-03-2026 14:05:22",
        "25.03.2026, 14:05:22",
        "25/03/2026\u00a014:05:22",
        "25/03/2026 2:05:22 p. m.",
        "25/03/2026 2:05:22\u00a0p.\u00a0m.",
        "25/03/2026 02:05:22 PM",
        "2026-03-25T14:05:22",
        "2026-03-25 14:05:22-05:00",
        "2026-03-25T19:05:22Z",
        46106.58706018519,
    ],
)
def test_forms_of_one_moment(cell: object) -> None:
    assert read_moment(cell) == MOMENT


def test_date_alone_is_its_midnight() -> None:
    assert read_moment("5/03/2026") == datetime(2026, 3, 5, tzinfo=BOGOTA)


def test_day_comes_first_even_when_both_are_possible() -> None:
    moment = read_moment("04/03/2026")

    assert moment is not None
    assert (moment.day, moment.month) == (4, 3)


@pytest.mark.parametrize("cell", [None, "", "   ", "\u00a0"])
def test_empty_cell_has_no_date(cell: object) -> None:
    assert read_moment(cell) is None


@pytest.mark.parametrize(
    "cell",
    [
        "03/25/2026",
        "32/01/2026",
        "25/03/26",
        "25/03/0206",
        "25/03/2026 25:00",
        "25/03/2026 14:05 pm",
        "ayer",
        "0001-01-01T00:00:00+14:00",
        "{{ now }}",
        "٢٥/٠٣/٢٠٢٦",
        True,
        0,
        1234,
        -5.5,
        1e300,
        float("nan"),
        float("inf"),
        "9" * 5000,
    ],
)
def test_what_is_no_date_is_refused(cell: object) -> None:
    with pytest.raises(ValueError, match=r"year|date|value|number|NaN|digits|day|month|hour|convert|minute|range"):
        read_moment(cell)


def test_written_date_reads_back() -> None:
    assert write_moment(MOMENT.astimezone(UTC)) == "25/03/2026 14:05:22"
    assert read_moment(write_moment(MOMENT)) == MOMENT
