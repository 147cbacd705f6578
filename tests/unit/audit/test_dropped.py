"""A record series that vanished from the file is told while packages of it lie on the stores."""

from __future__ import annotations

import typing as t

from copias.audit.case_fold import CaseFold
from copias.audit.dropped import say_dropped
from copias.office import Office
from copias.retention.packages import EVENTS, read_packages
from tests.unit.audit.conftest import Place

SERIES = "Historias laborales"


def add_package(place: Place, number: str, **changes: t.Any) -> None:
    """Add a package of a series that had 80 years when it was made."""
    made = {
        "copy": number,
        "kind": "sinfa",
        "subject": "hacienda",
        "record_series": SERIES,
        **place.office.deployment.retention.promise(SERIES),
        "store": "nas",
        "package": f"{number}.zip",
        "bytes": 10,
        "sha256": "ab" * 32,
        "finished": "2026-01-01T00:00:00+00:00",
        **changes,
    }
    place.add("copy.made", made, case=number)
    place.add("copy.stored", {"copy": number}, case=number)


def configure(place: Place, series: dict[str, int]) -> None:
    deployment = place.office.deployment
    settings = deployment.retention.model_copy(update={"series": series})
    place.office = Office(deployment.model_copy(update={"retention": settings}), place.office.actor)


def fold(place: Place) -> CaseFold:
    found = CaseFold()
    for entry in place.office.book.ledger.data_of(found.events):
        found.take(entry)
    return found


def test_series_that_vanished_is_yellow_until_it_is_back(place: Place) -> None:
    configure(place, {SERIES: 80})
    add_package(place, "1")
    add_package(place, "2", record_series="Otra", series_years=1)
    assert not list(say_dropped(place.office.deployment, fold(place)))

    configure(place, {})

    (remark,) = say_dropped(place.office.deployment, fold(place))
    assert (remark.severity, remark.whose) == ("yellow", f"Serie {SERIES}")
    assert remark.why.startswith("1 de sinfa se hicieron con 80 años")
    assert sorted(one.promised for one in read_packages(place.office.book.ledger.data_of(EVENTS))) == [1, 80]


def test_package_that_was_removed_promises_nothing_more(place: Place) -> None:
    configure(place, {SERIES: 80})
    add_package(place, "1")
    place.add("copy.removed", {"copy": "1"}, case="1")

    configure(place, {})

    assert not list(say_dropped(place.office.deployment, fold(place)))
