"""Colombia's time: the zone in which days begin, and the forms in which its people write days and moments.

What sheets hold is read elsewhere (:mod:`copias.helpdesk.dates`): there more forms are met, and a wrong one is no error
of whoever runs a command. Working days and hours are in :mod:`copias.business_time`.
"""

from __future__ import annotations

import typing as t
from datetime import UTC, date, datetime, timedelta, timezone

from copias.errors import BadInput

BOGOTA: t.Final = timezone(timedelta(hours=-5), "America/Bogota")
"""Colombia's time. It has had no summer time since 1993, so it takes no data of the machine's."""
_FORMS: t.Final = ("%d/%m/%Y", "%Y-%m-%d")
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
"""Years that a person can mean; close to those that a calendar ends with, the next day or an hour less is an error."""


def day_of(moment: datetime) -> date:
    """Return the day of an aware moment in Colombia."""
    return moment.astimezone(BOGOTA).date()


def today(now: datetime | None = None) -> date:
    """Return the day in Colombia: that of an aware moment which counts as now, or of this machine's clock."""
    return day_of(now or datetime.now(UTC))


def read_day(text: str, *, what: str = "la fecha no se entiende") -> date:
    """Read a day that a person typed, ``31/12/2026`` or ``2026-12-31``.

    Args:
        text: hostile.
        what: the error's first words, where more than one day may be given.

    Raises:
        BadInput: it is none.
    """
    for form in _FORMS:
        try:
            day = datetime.strptime(text.strip(), form).replace(tzinfo=BOGOTA).date()
        except ValueError:
            continue
        if _FIRST_YEAR <= day.year <= _LAST_YEAR:
            return day
    raise BadInput(what, whose=ascii(text[:40]), repair="escríbala así: 31/12/2026")


def start_of(day: date) -> datetime:
    """Return the first moment of a day in Colombia."""
    return datetime(day.year, day.month, day.day, tzinfo=BOGOTA)


def say_moment(moment: datetime) -> str:
    """Return an aware moment as people in Colombia read it: ``25/03/2026 14:05``."""
    return f"{moment.astimezone(BOGOTA):%d/%m/%Y %H:%M}"
