"""A month that ended without its sealed package is red, once the nights of the new one had their time for it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from copias.audit.whole import AuditOptions, make_audit
from copias.config import Deployment
from copias.office import Office
from tests.unit.audit.conftest import NOW, Place, describe

NOVEMBER_FIFTH = datetime(2026, 11, 5, 12, tzinfo=UTC)
NOVEMBER_SECOND = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def sealing(place: Place) -> Place:
    """A place whose policy asks for a package of each month."""
    described = describe(place.folder)
    password = str(place.folder / "clave")
    described["repositories"] = {"nas": {"kind": "path", "path": str(place.folder / "r"), "password_file": password}}
    described["databases"]["hacienda"] = {**described["databases"]["hacienda"], "repository": "nas"}
    described["policies"]["diaria"]["monthly_package"] = True
    deployment = Deployment.model_validate(described, context={"folder": place.folder})
    place.office = Office(deployment, place.office.actor)
    return place


def add_night(place: Place, day: datetime) -> None:
    place.add_night(ago=(NOW - day).total_seconds() / 3600, signed=False)


def seal(place: Place, month: str, *, verified: bool = True) -> None:
    copy, series = f"sinfa-hacienda-{month}", "mensual-hacienda"
    made = {"copy": copy, "kind": "sinfa", "subject": "hacienda", "month": month, "store": "nas", "bytes": 1}
    day = f"{month}-28T03:00:00+00:00"
    place.add("copy.made", {**made, "package": f"{copy}.zip", "sha256": "ab" * 32, "finished": day}, case=series)
    place.add("copy.stored", {"copy": copy, "store": "nas"}, case=series)
    if verified:
        place.add("copy.verified", {"copy": copy, "month": month, "level": "intact"}, case=series)


def months(place: Place, now: datetime) -> list[str]:
    section = make_audit(place.office, AuditOptions(parts=("coverage",)), now=now).sections[0]
    return [one.whose.rpartition(" ")[2] for one in section.remarks if "sellada" in one.what]


def test_a_month_with_copies_and_no_sealed_package_is_red_after_some_nights(sealing: Place) -> None:
    add_night(sealing, datetime(2026, 10, 28, 3, tzinfo=UTC))

    assert (months(sealing, NOVEMBER_SECOND), months(sealing, NOVEMBER_FIFTH)) == ([], ["2026-10"])


@pytest.mark.parametrize(("verified", "red"), [(True, []), (False, ["2026-10"])], ids=["read back", "only stored"])
def test_a_package_counts_once_it_was_read_back(sealing: Place, *, verified: bool, red: list[str]) -> None:
    add_night(sealing, datetime(2026, 10, 28, 3, tzinfo=UTC))
    seal(sealing, "2026-10", verified=verified)

    assert months(sealing, NOVEMBER_FIFTH) == red


def test_a_month_that_has_no_copy_at_all_is_red_once_there_had_been_any(sealing: Place) -> None:
    seal(sealing, "2026-08")

    assert months(sealing, NOVEMBER_FIFTH) == ["2026-10"]


def test_a_database_that_was_never_copied_yet_owes_no_month(sealing: Place) -> None:
    assert months(sealing, NOVEMBER_FIFTH) == []


def test_a_sealed_month_says_so_as_the_source_of_the_newest_copy(sealing: Place) -> None:
    seal(sealing, "2026-10")

    section = make_audit(sealing.office, AuditOptions(parts=("coverage",)), now=NOVEMBER_FIFTH).sections[0]

    assert [row["source"] for row in section.rows if row["name"] == "hacienda"] == ["paquete del mes 2026-10, nas"]
