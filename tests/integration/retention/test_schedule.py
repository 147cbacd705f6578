"""Our schedule, which foresees what restic will keep, is restic's own: compared on a real repository."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone

import pytest

from copias.local_time import BOGOTA, day_of
from copias.repository.opening import open_repository
from copias.retention.overview import plan_all
from copias.retention.reading import ask_restic
from copias.retention.schedule import Dated, apply_schedule
from copias.retention.settings import Schedule
from copias.retention.simulation import foresee
from tests.integration.retention.conftest import Nights

HISTORIES = 40
SCHEDULES = (
    Schedule(),
    Schedule(daily=1, weekly=0, monthly=0, yearly=0),
    Schedule(daily=0, weekly=3, monthly=2, yearly=1),
    Schedule(daily=14, weekly=8, monthly=24, yearly=10),
    Schedule(daily=0, weekly=0, monthly=0, yearly=50),
)
WORDS = {
    "daily": "daily snapshot",
    "weekly": "weekly snapshot",
    "monthly": "monthly snapshot",
    "yearly": "yearly snapshot",
}


def draw_history(chance: random.Random) -> list[datetime]:
    """Moments in one offset: nights with outages, some days with several copies, around new year and leap days too."""
    zone = chance.choice([UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=5, minutes=30))])
    start = datetime(
        chance.choice([2019, 2020, 2023, 2024]), chance.choice([1, 2, 12]), chance.randint(1, 28), tzinfo=zone
    )
    moments = {
        start + timedelta(days=day, seconds=chance.randint(0, 86_399))
        for day in range(chance.choice([1, 3, 40, 150]))
        for _ in range(chance.choice([0, 1, 1, 1, 1, 3]))
    }
    return sorted(moments) or [start]


@pytest.fixture(scope="module")
def chance() -> random.Random:
    return random.Random(20_261_126)


def test_schedule_keeps_what_restic_keeps_for_the_same_reasons(nights: Nights, chance: random.Random) -> None:
    histories = {f"h{number}": draw_history(chance) for number in range(HISTORIES)}
    ids = {
        host: {moment: nights.forge.add(moment, host=host, path="/a.dump") for moment in moments}
        for host, moments in histories.items()
    }
    repository = open_repository(nights.office, "nas")

    for schedule in SCHEDULES:
        groups = {group.host: group for group in ask_restic(repository, schedule).groups}
        for host, moments in histories.items():
            dated = [Dated(ids[host][moment], moment) for moment in moments]
            kept = apply_schedule(dated, schedule)
            reasons = {
                name: {period for period, word in WORDS.items() if any(word in match for match in matches)}
                for name, matches in groups[host].reasons.items()
            }
            assert {name: set(periods) for name, periods in kept.items()} == reasons, (host, schedule)


def test_nights_of_a_machine_that_reckons_in_colombia_stay_as_restic_keeps_them(nights: Nights) -> None:
    """At ten at night it is the next day in UTC: by that day others would be the last of their month."""
    nights.configure(
        nights={"daily": 3, "weekly": 0, "monthly": 4, "yearly": 0}, floors={"most_removals": 1000, "least_copies": 1}
    )
    last = nights.now.astimezone(BOGOTA).replace(hour=22, minute=0, second=0) - timedelta(days=1)
    for ago in range(100, -1, -1):
        nights.add(last - timedelta(days=ago))
    schedule = nights.office.deployment.retention.nights
    (group,) = ask_restic(open_repository(nights.office, "nas"), schedule).groups

    (plan,) = plan_all(nights.office).plans

    assert {one.snapshot for one in plan.decisions if one.stays} == {one.id for one in group.keep}
    (found,) = foresee(plan, nights.office.deployment.retention, today=day_of(last), until=day_of(last))
    assert [one.day for one in found.last] == sorted(one.moment.date() for one in plan.decisions if one.stays)
