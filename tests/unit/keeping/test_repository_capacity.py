"""The day on which a repository is full: by the faster of two paces, and never invented where nobody tells the room."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from copias.findings import list_findings
from copias.keeping.capacity import SOON
from copias.keeping.repository_capacity import (
    MEASURED,
    RepositoryCapacity,
    Sizes,
    foresee,
    measure_repositories,
    open_size_findings,
    plan_sizes,
    record_sizes,
)
from copias.office import Office
from copias.repository.opening import MADE
from tests.unit.night.conftest import open_forged

START = date(2026, 11, 1)
GIGABYTE = 10**9
NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)


def days(free: list[int], size: list[int | None]) -> list[Sizes]:
    pairs = zip(free, size, strict=True)
    return [Sizes(START + timedelta(days=place), one, other) for place, (one, other) in enumerate(pairs)]


def at(office: Office, **repository: object) -> Office:
    """Return the office with its repository elsewhere."""
    settings = office.deployment.repository("principal").model_copy(update=repository)
    return Office(office.deployment.model_copy(update={"repositories": {"principal": settings}}), office.actor)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office whose repository has a file that says which it is, and one pack."""
    made = open_forged(tmp_path)
    (tmp_path / "r" / "data").mkdir(parents=True)
    (tmp_path / "r" / "config").write_bytes(b"c" * 100)
    (tmp_path / "r" / "data" / "pack").write_bytes(b"p" * 900)
    made.record(MADE, {"repository": "principal", "id": "i", "config": hashlib.sha256(b"c" * 100).hexdigest()})
    return made


@pytest.mark.parametrize("known", [1, 20])
def test_repository_without_any_room_is_full_today(known: int) -> None:
    _, left = foresee(days([0] * known, [GIGABYTE] * known))

    assert left == 0


def test_growth_counts_where_somebody_makes_room_meanwhile() -> None:
    free = [100 * GIGABYTE] * 11
    size: list[int | None] = [GIGABYTE * day for day in range(11)]

    assert foresee(days(free, size)) == (GIGABYTE, 100)


def test_a_repository_that_nothing_fills_has_no_day() -> None:
    assert foresee(days([50 * GIGABYTE] * 11, [GIGABYTE] * 11)) == (0, None)


@pytest.mark.parametrize(
    ("left", "warned"),
    [(None, ""), (SOON, ""), (SOON - 1, f"El repositorio nas se llena en {SOON - 1} días")],
    ids=["not known", "in time", "too soon"],
)
def test_only_a_day_that_is_near_is_warned_of(left: int | None, warned: str) -> None:
    found = RepositoryCapacity(repository="nas", free=1, days_left=left)

    assert (found.soon_full, found.warning) == (bool(warned), warned)


def test_room_that_others_take_counts_though_the_repository_stays_as_it_is() -> None:
    free = [100 * GIGABYTE - 2 * GIGABYTE * day for day in range(11)]

    assert foresee(days(free, [GIGABYTE] * 11)) == (2 * GIGABYTE, 40)


def test_room_alone_is_enough_where_the_size_is_not_told() -> None:
    free = [100 * GIGABYTE - 2 * GIGABYTE * day for day in range(11)]

    assert foresee(days(free, [None] * 11)) == (2 * GIGABYTE, 40)


def test_too_few_days_foresee_nothing() -> None:
    assert foresee(days([5, 4, 3], [1, 2, 3])) == (None, None)


def test_folder_is_measured_once_a_day(office: Office) -> None:
    (found,) = measure_repositories(office, now=NOW)
    record_sizes(office, plan_sizes(office, [found], now=NOW), now=NOW)

    assert (found.size, found.trouble, found.unknown) == (1000, "", "")
    assert found.free is not None
    assert plan_sizes(office, [found], now=NOW) == ()
    assert plan_sizes(office, [found], now=NOW + timedelta(days=1)) == (found,)
    (event,) = office.book.ledger.events_of({MEASURED})
    assert event.data == {"repository": "principal", "free": found.free, "size": 1000, "day": "2026-11-26"}


def test_other_disk_under_a_lost_mount_is_not_measured(office: Office, tmp_path: Path) -> None:
    (tmp_path / "r").rename(tmp_path / "away")
    (tmp_path / "r").mkdir()

    (found,) = measure_repositories(office, now=NOW)

    assert found.free is None
    assert found.trouble
    assert "no se pudo medir" in found.warning


def test_server_that_does_not_tell_its_room_is_said_to(office: Office, tmp_path: Path) -> None:
    (found,) = measure_repositories(at(office, kind="rest", url_file=tmp_path / "url"), now=NOW)

    assert (found.free, found.days_left, found.trouble) == (None, None, "")
    assert "no dice cuánto espacio" in found.unknown
    assert plan_sizes(office, [found], now=NOW) == ()


def test_night_whose_clock_was_a_year_ahead_does_not_silence_the_warning(office: Office) -> None:
    for day in (*range(10), 375):
        facts = {"repository": "principal", "free": (1 << 60) - min(day, 10) * (1 << 56), "size": None}
        office.record(MEASURED, {**facts, "day": (START + timedelta(days=day)).isoformat()})

    (found,) = measure_repositories(office, now=datetime(2026, 11, 12, 3, 0, tzinfo=UTC))

    assert found.soon_full


def test_repository_that_is_soon_full_opens_one_finding(office: Office) -> None:
    for day in range(10):
        facts = {"repository": "principal", "free": (1 << 60) - day * (1 << 56), "size": None}
        office.record(MEASURED, {**facts, "day": (START + timedelta(days=day)).isoformat()})

    (found,) = measure_repositories(office, now=datetime(2026, 11, 12, 3, 0, tzinfo=UTC))
    open_size_findings(office, [found])
    open_size_findings(office, [found])

    assert found.soon_full
    assert [one.about for one in list_findings(office.book.ledger.events())] == ["principal"]
