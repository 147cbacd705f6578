"""Days and moments of Colombia: one zone, one way to read a day, one way to write a moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from copias.errors import BadInput
from copias.local_time import BOGOTA, day_of, read_day, say_moment, start_of, today


def test_a_day_begins_five_hours_after_that_of_greenwich() -> None:
    before, after = datetime(2026, 3, 26, 4, 59, tzinfo=UTC), datetime(2026, 3, 26, 5, 0, tzinfo=UTC)

    found = day_of(before), day_of(after)

    assert found == (date(2026, 3, 25), date(2026, 3, 26))
    assert start_of(found[1]) == after


def test_today_is_of_the_moment_that_counts_as_now() -> None:
    assert today(datetime(2027, 1, 1, 3, tzinfo=UTC)) == date(2026, 12, 31)
    assert today() in {day_of(datetime.now(UTC)), day_of(datetime.now(UTC) - timedelta(minutes=1))}


def test_our_zone_is_that_of_bogota_since_the_year_1994() -> None:
    bogota = ZoneInfo("America/Bogota")
    moments = [datetime(1994, 1, 1, tzinfo=UTC) + timedelta(hours=997 * count) for count in range(300)]

    assert [moment.astimezone(BOGOTA).isoformat() for moment in moments] == [
        moment.astimezone(bogota).isoformat() for moment in moments
    ]


@pytest.mark.parametrize("text", ["31/12/2026", "2026-12-31", " 31/12/2026\n"])
def test_a_day_is_read_day_first_or_as_machines_write_it(text: str) -> None:
    assert read_day(text) == date(2026, 12, 31)


@pytest.mark.parametrize("text", ["", "12/31/2026", "31/12/26", "31/12/9999", "0001-01-01", "mañana", "\x1b[2J"])
def test_what_is_no_day_is_refused_with_the_form_that_is_understood(text: str) -> None:
    with pytest.raises(BadInput, match="escríbala así: 31/12/2026") as refused:
        read_day(text, what="la fecha de retiro no se entiende")

    assert refused.value.what == "la fecha de retiro no se entiende"
    assert str(refused.value).isprintable()


def test_a_moment_is_written_as_people_in_colombia_read_it() -> None:
    assert say_moment(datetime(2026, 3, 25, 19, 5, 59, tzinfo=UTC)) == "25/03/2026 14:05"
