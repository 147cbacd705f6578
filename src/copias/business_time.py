"""Colombia's business days and hours: pure, by the holidays of law 51 of 1983, as ``holidays`` knows them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

from copias.local_time import BOGOTA

if t.TYPE_CHECKING:
    from collections.abc import Container

_SATURDAY: t.Final = 5
_DAY: t.Final = timedelta(days=1)


@dataclass(frozen=True)
class OfficeHours:
    """When a business day is worked, in Colombia's time; ``opens`` is before ``closes``."""

    opens: time = time(8)
    closes: time = time(17)

    @property
    def length(self) -> timedelta:
        """Return the hours of one business day."""
        return datetime.combine(date.min, self.closes) - datetime.combine(date.min, self.opens)

    def of(self, day: date) -> tuple[datetime, datetime]:
        """Return when the office opens and closes on a day."""
        return datetime.combine(day, self.opens, BOGOTA), datetime.combine(day, self.closes, BOGOTA)


def is_business_day(day: date) -> bool:
    """Tell whether a day is neither a weekend nor a holiday."""
    return day.weekday() < _SATURDAY and day not in _holidays(day.year)


def add_business_days(day: date, count: int) -> date:
    """Return the business day that is ``count`` business days after ``day``, or before it when negative."""
    step = _DAY if count >= 0 else -_DAY
    for _ in range(abs(count)):
        day += step
        while not is_business_day(day):
            day += step
    return day


def count_business_days(first: date, last: date) -> int:
    """Return how many business days come after ``first``, up to and with ``last``; 0 when ``last`` is not later."""
    days = (first + _DAY * place for place in range(1, (last - first).days + 1))
    return sum(map(is_business_day, days))


def add_business_hours(moment: datetime, hours: float, office: OfficeHours) -> datetime:
    """Return when ``hours`` of work, 0 or more, are done that begin at ``moment``; always within office hours."""
    left = timedelta(hours=hours)
    at = _next_open(moment.astimezone(BOGOTA), office)
    while True:
        closes = office.of(at.date())[1]
        if left <= closes - at:
            return at + left
        left -= closes - at
        at = _next_open(closes, office)


def _next_open(moment: datetime, office: OfficeHours) -> datetime:
    """Return the moment itself within office hours, else when the office opens next."""
    day = moment.date()
    opens, closes = office.of(day)
    if is_business_day(day) and moment < closes:
        return max(moment, opens)
    return office.of(add_business_days(day, 1))[0]


@cache
def _holidays(year: int) -> Container[date]:
    import holidays  # 0.2 s, which no other verb of the command line shall wait for

    return holidays.country_holidays("CO", years=year)
