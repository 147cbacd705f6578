"""What is foreseen is what the nights, one after the other, come to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from copias.retention.calendar import count_rules
from copias.retention.night_model import Decision, NightPlan
from copias.retention.settings import RetentionSettings
from copias.retention.simulation import Forecast, foresee

TODAY = date(2026, 11, 26)


def decision(day: date, *floors: str) -> Decision:
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return Decision(snapshot="", copy="x", database="hacienda", moment=moment, bytes=1, floors=floors or ("hoy",))


def simulate(until: date, *decisions: Decision, settings: RetentionSettings | None = None) -> Forecast:
    plan = NightPlan(repository="nas", decisions=decisions)
    (found,) = foresee(plan, settings or RetentionSettings(), today=TODAY, until=until)
    return found


def test_after_years_there_are_as_many_as_the_schedule_says() -> None:
    found = simulate(date(2040, 12, 31), decision(TODAY))

    days = [one.day for one in found.last]
    assert date(2040, 12, 31) in days
    assert len([day for day in days if day > date(2040, 12, 24)]) == 7
    assert count_rules(found.last)["anual"] == 10
    assert {day.year for day in days} >= set(range(2031, 2041))
    assert all(day.month == 12 and day.day == 31 for day in days if day.year < 2040)


def test_each_year_end_and_the_last_day_are_told() -> None:
    found = simulate(date(2028, 6, 30), decision(TODAY))

    assert [day for day, _ in found.days] == [TODAY, date(2026, 12, 31), date(2027, 12, 31), date(2028, 6, 30)]
    assert [one.exists for one in found.days[0][1]] == [True]


def test_held_copy_is_foreseen_to_stay() -> None:
    old = decision(date(2020, 5, 5), "está retenida: R-1, Tutela")

    found = simulate(date(2045, 1, 1), old, decision(TODAY))

    assert date(2020, 5, 5) in [one.day for one in found.last]


def test_least_copies_stay_where_the_schedule_keeps_fewer() -> None:
    settings = RetentionSettings.model_validate(
        {"nights": {"daily": 1, "weekly": 0, "monthly": 0, "yearly": 0}, "floors": {"least_copies": 4}}
    )

    found = simulate(TODAY + timedelta(days=30), decision(TODAY), settings=settings)

    assert len(found.last) == 4


@pytest.mark.parametrize("years", [1, 5])
def test_foreseen_in_two_steps_is_foreseen_in_one(years: int) -> None:
    middle, end = date(2026 + years, 12, 31), date(2027 + years, 12, 31)

    found = simulate(end, decision(TODAY))

    assert dict(found.days)[middle] == simulate(middle, decision(TODAY)).last


def test_of_a_database_that_is_not_copied_any_more_no_copy_goes_and_none_is_invented() -> None:
    first, last = decision(date(2025, 3, 1)), decision(date(2026, 1, 15))
    plan = NightPlan(repository="nas", decisions=(first, last))
    until = date(2030, 12, 31)

    (found,) = foresee(plan, RetentionSettings(), today=TODAY, until=until, copied=["nomina"])

    assert [one.day for one in found.last] == [date(2025, 3, 1), date(2026, 1, 15)]
