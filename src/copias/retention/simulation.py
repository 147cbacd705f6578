"""What will be kept in years to come, if each night goes on being copied: no copy of the future exists anywhere yet.

Each night is added and the schedule applied, as the night itself does, so what is foreseen is what comes to be. Of a
database that is not copied any more nothing is foreseen but that its copies stay (see the floors).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from copias.local_time import BOGOTA, day_of
from copias.retention.schedule import PERIOD_WORDS, Dated, apply_schedule

if t.TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from copias.retention.night_model import Decision, NightPlan
    from copias.retention.settings import RetentionSettings, Schedule

LAST_YEAR: t.Final = 2100
_NIGHT: t.Final = time(1, 0)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A copy that is kept on the day that is foreseen.

    Args:
        day: on which it was, or will be, made; in Colombia.
        periods: rules that keep it, in Spanish; empty of what only a floor keeps.
        floors: what else keeps it.
        exists: it is there today already.
    """

    day: date
    periods: tuple[str, ...]
    floors: tuple[str, ...] = ()
    exists: bool = False

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return {
            "day": self.day.isoformat(),
            "periods": list(self.periods),
            "floors": list(self.floors),
            "exists": self.exists,
        }


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What is kept of one database on some days.

    Args:
        repository: its logical name.
        database: which.
        days: each day that is foreseen, with what is kept on it, the oldest first.
        schedule: that it is foreseen by, for people.
    """

    repository: str
    database: str
    days: tuple[tuple[date, tuple[Kept, ...]], ...]
    schedule: str = ""

    @property
    def last(self) -> tuple[Kept, ...]:
        """Return what is kept on the last day."""
        return self.days[-1][1]

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return {
            "repository": self.repository,
            "database": self.database,
            "schedule": self.schedule,
            "days": [{"day": day.isoformat(), "kept": [one.to_dict() for one in kept]} for day, kept in self.days],
        }


def foresee(
    plan: NightPlan,
    settings: RetentionSettings,
    *,
    today: date,
    until: date,
    schedules: Mapping[str, Schedule] | None = None,
    copied: Container[str] | None = None,
) -> tuple[Forecast, ...]:
    """Foresee a repository on today, on the last day of each year, and on ``until``.

    Args:
        plan: of today.
        settings: how long copies are kept.
        today: in Colombia.
        until: the last day.
        schedules: of databases for which the settings' own does not count.
        copied: names of the databases that go on being copied into it; all when not given.
    """
    databases = dict.fromkeys(decision.database for decision in plan.decisions if decision.bytes)
    days, found = _days(today, until), []
    for database in sorted(databases):
        nights = (schedules or {}).get(database, settings.nights)
        ours = settings.model_copy(update={"nights": nights})
        goes_on = copied is None or database in copied
        kept = tuple(_foresee(plan, database, ours, today=today, days=days, goes_on=goes_on))
        found.append(Forecast(repository=plan.repository, database=database, days=kept, schedule=str(nights)))
    return tuple(found)


def _days(today: date, until: date) -> list[date]:
    ends = (date(year, 12, 31) for year in range(today.year, until.year + 1))
    return sorted({today, *(day for day in ends if today <= day <= until), until})


def _foresee(
    plan: NightPlan, database: str, settings: RetentionSettings, *, today: date, days: Sequence[date], goes_on: bool
) -> Iterable[tuple[date, tuple[Kept, ...]]]:
    kept = [_of_today(one) for one in plan.decisions if one.database == database and one.bytes and one.stays]
    # A hold and a doubt are foreseen to last: nobody knows when they end. The other floors move on with the nights.
    lasting = {id(one): one for one in kept if any("retenida" in floor for floor in one.floors)}
    yield today, tuple(kept)
    day = today
    for wanted in days[1:]:
        while goes_on and day < wanted:
            day += timedelta(days=1)
            kept = _pass_night([*kept, Kept(day=day, periods=())], settings, set(lasting))
        yield wanted, tuple(kept)


def _of_today(decision: Decision) -> Kept:
    day = day_of(decision.moment)
    return Kept(day=day, periods=decision.periods, floors=decision.floors, exists=True)


def _pass_night(copies: list[Kept], settings: RetentionSettings, lasting: set[int]) -> list[Kept]:
    """Apply schedule and floors as the night after the newest copy does."""
    dated = {str(place): copy for place, copy in enumerate(copies)}
    moments = (Dated(name, datetime.combine(copy.day, _NIGHT, BOGOTA)) for name, copy in dated.items())
    rules = apply_schedule(moments, settings.nights)
    newest = set(list(dated)[-settings.floors.least_copies :])
    found = []
    for name, copy in dated.items():
        periods = tuple(PERIOD_WORDS[period] for period in rules.get(name, ()))
        if id(copy) in lasting:
            found.append(copy)
        elif periods or name in newest:
            floors = () if periods else (f"siempre quedan al menos {settings.floors.least_copies}",)
            found.append(replace(copy, periods=periods, floors=floors))
    return found
