"""Which night a copy is of, and which part of a repository is read on which day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import ClassVar

import pytest

from copias.local_time import BOGOTA
from copias.night import day as days
from copias.night import state_copy
from copias.night.catalogue import NightCopy, list_night_copies
from copias.night.checking import CHECKED, PARTS, CheckPlan, part_of
from copias.night.copying import copy_of_today, is_of_today
from copias.night.day import night_of
from copias.night.planning import find_turn
from copias.night.state_copy import StatePlan
from copias.office import Office
from copias.policies import Policy
from tests.unit.night.conftest import forge_copy

DAILY = Policy(every=timedelta(days=1), databases=("hacienda",))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=BOGOTA)


class Clock(datetime):
    """This machine's clock, stopped."""

    moment: ClassVar[datetime]

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return cls.moment.astimezone(tz)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Return what sets the clock by which a night is known."""

    def set_clock(moment: datetime) -> None:
        Clock.moment = moment
        monkeypatch.setattr(days, "datetime", Clock)

    return set_clock


def made(office: Office, started: datetime) -> NightCopy:
    """Return a copy that took twenty minutes and was read back."""
    forge_copy(office, "hacienda", (started + timedelta(minutes=20)).astimezone(UTC), seconds=1200)
    return list_night_copies(office.book.ledger.events())[-1]


def test_night_goes_from_noon_to_noon_in_colombia() -> None:
    nights = [night_of(moment.astimezone(UTC)) for moment in (at(24, 12), at(24, 22), at(25, 0, 30), at(25, 11, 59))]

    assert set(nights) == {date(2026, 11, 24)}
    assert night_of(at(25, 12)) == date(2026, 11, 25)


def test_dump_after_midnight_is_of_the_night_before_and_the_next_night_makes_another(office: Office) -> None:
    copy = made(office, at(24, 0, 30))

    turns = [find_turn([copy], DAILY, moment) for moment in (at(24, 2), at(24, 22), at(25, 22))]

    assert turns == ["done", "due", "due"]


def test_dump_before_midnight_is_not_made_again_after_it(office: Office) -> None:
    copy = made(office, at(23, 22, 30))

    assert [find_turn([copy], DAILY, moment) for moment in (at(24, 0, 30), at(24, 22))] == ["done", "due"]


def test_copy_of_today_is_the_one_of_this_night(office: Office, clock: Callable[[datetime], None]) -> None:
    copy = made(office, at(24, 0, 30))

    clock(at(24, 3))
    same_night = copy_of_today(office, "hacienda"), is_of_today(copy)
    clock(at(24, 22))
    next_night = copy_of_today(office, "hacienda"), is_of_today(copy)

    assert same_night == (copy, True)
    assert next_night == (None, False)


def test_state_and_check_after_midnight_are_done_anew_in_the_next_night(
    office: Office, clock: Callable[[datetime], None]
) -> None:
    facts = {"repository": "principal", "day": "2026-11-24"}
    office.record(state_copy.KEPT, {**facts, "snapshot": "0" * 64, "head": ""})
    office.record(CHECKED, {**facts, "part": part_of(date(2026, 11, 24)), "seconds": 1.0})

    told = []
    for moment in (at(24, 22), at(25, 0, 30), at(25, 22)):
        clock(moment)
        told.append((StatePlan(office, "principal").changes, CheckPlan(office, "principal").changes))

    assert told == [(False, False), (False, False), (True, True)]


def test_part_that_is_read_is_the_nights(office: Office, clock: Callable[[datetime], None]) -> None:
    clock(at(25, 0, 30))

    assert CheckPlan(office, "principal").part == part_of(date(2026, 11, 24))


def test_every_part_is_read_in_any_thirty_days() -> None:
    for first in (date(2026, 1, 31), date(2027, 2, 1), date(2028, 2, 28)):
        parts = {part_of(first + timedelta(days=day)) for day in range(PARTS)}

        assert parts == {f"{part}/30" for part in range(1, 31)}
