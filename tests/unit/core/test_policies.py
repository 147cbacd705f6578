"""Which policy a thing has, and what that means for its group and its nightly copies."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

import pytest

from copias.google.directory import DirectoryUser
from copias.google.roster import find_policies, make_roster
from copias.policies import Policies, Policy
from copias.retention.holds import Holds
from copias.retention.night_model import NightFacts
from copias.retention.nights import plan_nights
from copias.retention.settings import Floors, RetentionSettings, Schedule
from tests.unit.retention.test_floors import night

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
FEW, MANY = Schedule(daily=2, weekly=0, monthly=0, yearly=0), Schedule(daily=9, weekly=0, monthly=0, yearly=0)
POLICIES = Policies(
    {
        "directivos": Policy(accounts=("alcalde@x.example",)),
        "tesoreria": Policy(org_units=("/Hacienda/Tesorería",), databases=("hacienda",), nights=FEW),
        "hacienda": Policy(departments=("Secretaría de Hacienda",), databases=("hacienda", "nomina")),
    }
)


def account(address: str, **given: t.Any) -> DirectoryUser:
    facts = {"name": "Ana", "org_unit": "/Hacienda", "department": "", "suspended": False, "archived": False}
    return DirectoryUser(address=address, has_mailbox=True, **{**facts, **given})


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (account("alcalde@x.example", org_unit="/Hacienda/Tesorería"), "directivos"),
        (
            account("ana@x.example", org_unit="/hacienda/tesoreria/Caja", department="SECRETARIA DE HACIENDA"),
            "tesoreria",
        ),
        (account("ana@x.example", department="secretaria  de hacienda"), "hacienda"),
        (account("ana@x.example", org_unit="/Hacienda/Tesorería Dos"), ""),
    ],
)
def test_mailbox_and_drive_are_in_the_nearest_policy(user: DirectoryUser, expected: str) -> None:
    roster = make_roster([user], is_ours=lambda _: True)

    assert find_policies(roster, POLICIES) == {user.address: expected, f"{user.address}+drive": expected}


@pytest.mark.parametrize("unit", ["/", "/Hacienda/Tesorería"])
def test_root_of_the_units_has_all_below_it(unit: str) -> None:
    everybody = Policies({"todos": Policy(org_units=("/",))})

    assert everybody.of_account("ana@x.example", org_unit=unit)[0] == "todos"


def test_account_whose_unit_nobody_knows_is_below_none() -> None:
    everybody = Policies({"todos": Policy(org_units=("/",))})

    assert everybody.of_account("ana@x.example", org_unit="")[0] != "todos"


def test_first_policy_that_names_a_database_says_how_many_copies_stay() -> None:
    assert POLICIES.of_database("hacienda")[0] == "tesoreria"
    assert POLICIES.schedules(["hacienda", "nomina", "otra"]) == {"hacienda": FEW}


def plan(schedules: dict[str, Schedule], *, usual: Schedule) -> list[str]:
    """Return the copies of ten nights that go, when restic itself would keep only the newest."""
    pairs = [night(number, NOW - timedelta(days=number, hours=1)) for number in range(10)]
    facts = NightFacts(
        repository="nas",
        copies=[copy for copy, _ in pairs],
        snapshots=[snapshot for _, snapshot in pairs],
        kept=frozenset({pairs[0][1].id}),
        holds=Holds(()),
        now=NOW,
        schedules=schedules,
    )
    made = plan_nights(facts, RetentionSettings(nights=usual, floors=Floors(least_copies=1)))
    return sorted(one.copy for one in made.removals)


def test_own_schedule_of_a_database_counts_and_not_the_usual_one() -> None:
    shorter, longer = plan({"hacienda": FEW}, usual=MANY), plan({"hacienda": MANY}, usual=FEW)

    assert shorter == plan({}, usual=FEW) == plan({"otra": MANY}, usual=FEW)
    assert longer == plan({}, usual=MANY)
    assert len(longer) < len(shorter)
