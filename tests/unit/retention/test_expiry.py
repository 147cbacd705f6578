"""A package is kept for whole calendar years of its series, and some for ever."""

from __future__ import annotations

import typing as t
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from copias.retention.expiry import PackagePlan, add_years, plan_packages
from copias.retention.holds import Hold, Holds
from copias.retention.packages import Package
from copias.retention.settings import RetentionSettings, Schedule

TODAY = date(2026, 11, 26)


def package(copy: str, day: date, **changes: t.Any) -> Package:
    facts: dict[str, t.Any] = {
        "case": "1",
        "copy": copy,
        "kind": "mailbox",
        "subject": "ana@example.test",
        "series": "Correo",
        "day": day,
        "size": 1,
        "sha256": b"\0" * 32,
        "store": "nas",
        "status": "verified",
    }
    return Package(**{**facts, **changes})


def plan(*packages: Package, holds: t.Iterable[Hold] = (), **settings: t.Any) -> PackagePlan:
    newest = package("newest", TODAY)
    return plan_packages([*packages, newest], Holds(holds), RetentionSettings(**settings), TODAY)


def names(found: PackagePlan) -> list[str]:
    return [one.package.copy for one in found.removable]


def test_package_is_kept_to_the_end_of_its_last_day() -> None:
    found = plan(package("last day", date(2021, 11, 26)), package("day after", date(2021, 11, 25)))

    assert names(found) == ["day after"]


def test_years_of_a_kind_are_those_of_the_procedure() -> None:
    nine = date(2017, 1, 1)

    found = plan(*(package(kind, nine, kind=kind) for kind in ("sinfa", "drive", "mailbox", "drive", "manual")))

    assert {one.package.kind: one.years for one in (*found.removable, *found.protected)} == {
        "mailbox": 5,
        "drive": 5,
        "manual": 5,
    }


def test_years_of_a_series_win_over_those_of_its_kind() -> None:
    old = date(2019, 1, 1)

    found = plan(
        package("a", old, series="  historias LABORALES "), package("b", old), series={"Historias laborales": 80}
    )

    assert names(found) == ["b"]


def test_series_that_lost_its_own_time_is_named_and_its_packages_stay_as_long_as_was_promised() -> None:
    eighty, two = {"series": "Historias laborales", "promised": 80}, {"series": "Circulares", "promised": 2}
    days = {"six years": date(2020, 1, 1), "a year": date(2025, 1, 1), "ninety": date(1936, 1, 1)}

    found = plan(*(package(name, day, **eighty) for name, day in days.items()), package("short", days["ninety"], **two))

    assert names(found) == ["ninety", "short"]
    assert [(one.package.copy, one.floors) for one in found.protected] == [
        ("six years", ("su serie ya no está en retention.series y se hizo con 80 años",))
    ]
    assert [(one.series, one.promised, one.years, one.count) for one in found.dropped] == [
        ("Historias laborales", 80, 5, 3)
    ]


def test_series_whose_own_time_was_changed_is_believed() -> None:
    old = package("old", date(2020, 1, 1), series="Historias laborales", promised=80)

    found = plan(old, series={"historias LABORALES": 5})

    assert names(found) == ["old"]
    assert found.dropped == ()


def test_kind_that_nobody_gave_a_time_never_expires_and_is_named() -> None:
    found = plan(package("a", date(1990, 1, 1), kind="otra"))

    assert names(found) == []
    assert dict(found.unscheduled) == {"otra: Correo": 1}


@pytest.mark.parametrize(
    ("day", "years", "last"),
    [
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
        (date(2024, 2, 29), 5, date(2029, 3, 1)),
        (date(2023, 2, 28), 5, date(2028, 2, 28)),
        (date(2020, 12, 31), 10, date(2030, 12, 31)),
    ],
)
def test_leap_day_is_never_cut_short(day: date, years: int, last: date) -> None:
    assert add_years(day, years) == last


@given(day=st.dates(date(1990, 1, 1), date(2100, 1, 1)), years=st.integers(1, 100))
def test_no_package_expires_before_its_years_are_over(day: date, years: int) -> None:
    last = add_years(day, years)

    assert last.year - day.year == years
    assert (last - day).days >= years * 365 + (years + 3) // 4 - years // 100 - 2


def test_held_package_stays_and_says_why() -> None:
    hold = Hold(hold="R-1", copy="old", reason="Tutela 12", held_at="", held_by="")

    found = plan(package("old", date(2010, 1, 1)), holds=[hold])

    assert [one.floors for one in found.protected] == [("está retenida: R-1, Tutela 12",)]


def test_newest_proven_package_stays_though_a_newer_one_was_never_proven() -> None:
    proven, newer = package("proven", date(2010, 1, 1)), package("newer", date(2011, 1, 1), status="stored")

    found = plan_packages([proven, newer], Holds(()), RetentionSettings(), TODAY)

    assert names(found) == ["newer"]
    assert [one.package.copy for one in found.protected] == ["proven"]


@pytest.mark.parametrize("spoilt_day", [date(2009, 1, 1), date(2011, 1, 1)], ids=["older", "newer"])
def test_spoilt_package_is_never_kept_in_the_place_of_one_that_may_be_good(spoilt_day: date) -> None:
    good, spoilt = package("good", date(2010, 1, 1), status="stored"), package("bad", spoilt_day, status="spoilt")

    found = plan_packages([good, spoilt], Holds(()), RetentionSettings(), TODAY)

    assert names(found) == ["bad"]
    assert [one.package.copy for one in found.protected] == ["good"]


def test_package_with_an_open_finding_stays_and_takes_no_good_ones_place() -> None:
    good, doubted = package("good", date(2010, 1, 1)), package("unread", date(2011, 1, 1))

    found = plan_packages([good, doubted], Holds(()), RetentionSettings(), TODAY, doubted={"unread"})
    treated = plan_packages([good, doubted], Holds(()), RetentionSettings(), TODAY)

    assert names(found) == []
    assert {one.package.copy: one.floors for one in found.protected}["unread"] == ("tiene un hallazgo abierto",)
    assert names(treated) == ["good"]


def test_package_of_a_store_that_is_no_more_keeps_no_other_from_going() -> None:
    old = date(2010, 1, 1)
    packages = [package("here", old), package("away", old, store="nas_vieja"), package("newest", TODAY)]

    found = plan_packages(packages, Holds(()), RetentionSettings(), TODAY, stores={"nas"})

    assert names(found) == ["here"]
    assert [one.floors for one in found.protected] == [("su destino, nas_vieja, no está en copias.yml",)]


def test_spoilt_package_that_is_all_there_is_stays() -> None:
    found = plan_packages([package("bad", date(2010, 1, 1), status="spoilt")], Holds(()), RetentionSettings(), TODAY)

    assert names(found) == []


@given(
    days=st.lists(st.dates(date(2000, 1, 1), TODAY), min_size=1, max_size=30),
    statuses=st.lists(st.sampled_from(["verified", "stored"]), min_size=30, max_size=30),
)
def test_whatever_expires_the_newest_proven_package_of_a_subject_stays(days: list[date], statuses: list[str]) -> None:
    packages = [package(f"c{n}", day, status=statuses[n]) for n, day in enumerate(sorted(days))]

    found = plan_packages(packages, Holds(()), RetentionSettings(), TODAY)

    left = [one for one in packages if one.copy not in names(found)]
    proven = [one for one in packages if one.status == "verified"]
    assert left
    if proven:
        assert max(proven, key=lambda one: one.day).day in {one.day for one in left if one.status == "verified"}


def test_list_is_another_when_anything_of_it_is() -> None:
    old = package("a", date(2010, 1, 1))

    codes = {
        plan(old).code,
        plan(package("a", date(2010, 1, 1), sha256=b"\1" * 32)).code,
        plan(old, package("b", date(2010, 1, 1))).code,
        plan(package("b", date(2010, 1, 1))).code,
    }

    assert len(codes) == 4
    assert plan().code == ""


def test_schedule_that_keeps_nothing_is_no_schedule() -> None:
    with pytest.raises(ValidationError, match="no conserva ninguna"):
        Schedule(daily=0, weekly=0, monthly=0, yearly=0)


def test_defaults_are_those_of_the_procedure() -> None:
    settings = RetentionSettings()

    assert settings.nights == Schedule(daily=7, weekly=5, monthly=12, yearly=10)
    assert (settings.years["mailbox"], settings.years["drive"], settings.years["sinfa"]) == (5, 5, 10)
    assert settings.floors.freshness == timedelta(hours=48)
