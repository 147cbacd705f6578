"""Business time is Colombia's: no weekend, no holiday, nothing outside office hours, and it always adds up."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.business_time import (
    BOGOTA,
    OfficeHours,
    add_business_days,
    add_business_hours,
    count_business_days,
    is_business_day,
)

OFFICE = OfficeHours()
DAYS = st.dates(date(2020, 1, 1), date(2045, 12, 31))
MOMENTS = st.integers(0, 25 * 365 * 24 * 60).map(
    lambda minutes: datetime(2020, 1, 1, tzinfo=BOGOTA) + timedelta(minutes=minutes)
)
HOURS = st.integers(0, 240).map(lambda quarters: quarters / 4)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 1, 12), "Reyes, moved to Monday"),
        (date(2026, 4, 2), "Holy Thursday"),
        (date(2026, 4, 3), "Good Friday"),
        (date(2026, 5, 18), "Ascension"),
        (date(2026, 7, 20), "Independence"),
        (date(2026, 8, 7), "Boyacá"),
        (date(2026, 12, 8), "Immaculate Conception"),
        (date(2026, 12, 25), "Christmas"),
        (date(2026, 11, 28), "a Saturday"),
    ],
    ids=str,
)
def test_nobody_works_on(day: date, name: str) -> None:
    assert not is_business_day(day), name


@pytest.mark.parametrize("day", [date(2026, 1, 6), date(2026, 11, 26), date(2026, 12, 24)], ids=str)
def test_a_day_that_is_a_holiday_elsewhere_is_worked(day: date) -> None:
    assert is_business_day(day)


@pytest.mark.parametrize(
    ("begins", "hours", "ends"),
    [
        (datetime(2026, 11, 26, 10, tzinfo=BOGOTA), 2, datetime(2026, 11, 26, 12, tzinfo=BOGOTA)),
        (datetime(2026, 11, 26, 16, tzinfo=BOGOTA), 2, datetime(2026, 11, 27, 9, tzinfo=BOGOTA)),
        (datetime(2026, 11, 27, 16, tzinfo=BOGOTA), 2, datetime(2026, 11, 30, 9, tzinfo=BOGOTA)),
        (datetime(2026, 11, 28, 10, tzinfo=BOGOTA), 9, datetime(2026, 11, 30, 17, tzinfo=BOGOTA)),
        (datetime(2026, 11, 26, 22, tzinfo=BOGOTA), 0, datetime(2026, 11, 27, 8, tzinfo=BOGOTA)),
        (datetime(2026, 12, 7, 16, tzinfo=BOGOTA), 2, datetime(2026, 12, 9, 9, tzinfo=BOGOTA)),
        (datetime(2026, 11, 26, 15, tzinfo=UTC), 1, datetime(2026, 11, 26, 11, tzinfo=BOGOTA)),
    ],
    ids=["same day", "next day", "over a weekend", "from a Saturday", "at night", "over a holiday", "given in UTC"],
)
def test_hours_of_work_end(begins: datetime, hours: float, ends: datetime) -> None:
    assert add_business_hours(begins, hours, OFFICE) == ends


@given(moment=MOMENTS, hours=HOURS)
def test_what_is_promised_is_always_within_office_hours(moment: datetime, hours: float) -> None:
    promised = add_business_hours(moment, hours, OFFICE)

    assert is_business_day(promised.date())
    assert time(8) <= promised.time() <= time(17)
    assert promised >= moment


@given(moment=MOMENTS, first=HOURS, second=HOURS)
def test_hours_add_up(moment: datetime, first: float, second: float) -> None:
    at_once = add_business_hours(moment, first + second, OFFICE)

    in_two = add_business_hours(add_business_hours(moment, first, OFFICE), second, OFFICE)

    # The close of a day and the opening of the next are one moment of work.
    assert worked(at_once, in_two) == timedelta()


def worked(first: datetime, last: datetime) -> timedelta:
    """Return the office time between two moments within it."""
    days = count_business_days(first.date(), last.date()) - count_business_days(last.date(), first.date())
    return OFFICE.length * days + (into_day(last) - into_day(first))


def into_day(moment: datetime) -> timedelta:
    return moment - OFFICE.of(moment.date())[0]


@given(day=DAYS, count=st.integers(0, 40))
def test_days_forward_and_back_are_the_same(day: date, count: int) -> None:
    start = add_business_days(day, 1)

    there = add_business_days(start, count)

    assert is_business_day(there)
    assert count_business_days(start, there) == count
    assert add_business_days(there, -count) == start
