"""A mirror that lies on this machine only is no copy where mirrors are to go into a repository."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from copias.audit.event_fold import SyncedFold
from copias.audit.ledger_pass import read_ledger
from copias.audit.mirrors import last_of_mirrors
from copias.config import Deployment
from copias.mailbox.mirror import Mirror
from copias.mailbox.status import mirror_folder
from copias.office import Office
from tests.unit.audit.conftest import NOW, Place, describe

ANA = "ana.prueba@valleclaro.example"


@pytest.fixture
def stored(place: Place) -> Place:
    """A place whose mirrors go into a repository, and one mirror that is up to date."""
    content = describe(place.folder)
    password = place.folder / "clave"
    content["repositories"] = {"nas": {"kind": "path", "path": str(place.folder / "r"), "password_file": str(password)}}
    content["mailboxes"] = {"domains": ["valleclaro.example"], "administrator": ANA, "store": "nas"}
    content["night"] = {"mirrors_repository": "nas"}
    deployment = Deployment.model_validate(content, context={"folder": place.folder})
    place.office = Office(deployment, place.office.actor)
    with Mirror.open(mirror_folder(deployment, ANA), account=ANA) as mirror:
        mirror.set_state(history_id=1, messages_total=0, full=True)
        mirror.commit()
    return place


def keep(place: Place, *, ago: float, failed: tuple[str, ...] = ()) -> None:
    data = {"repository": "nas", "snapshot": f"{int(ago):064x}", "path": "/m", "day": "x", "failed": list(failed)}
    place.add("night.mirrors", data, ago=ago)


def soon() -> datetime:
    """Return a moment after the mirror was made, which was long after :data:`NOW` where the suite is long."""
    return datetime.now(UTC) + timedelta(minutes=1)


def look(place: Place) -> dict[str, tuple[datetime, str]]:
    """Look as an audit does, which reads the ledger first."""
    fold = SyncedFold()
    read_ledger(place.ledger, [fold])
    return last_of_mirrors(place.office, soon(), fold.completed)


def folder_of(place: Place) -> str:
    return mirror_folder(place.office.deployment, ANA).name


def test_a_mirror_that_never_reached_the_repository_is_no_copy(stored: Place) -> None:
    assert last_of_mirrors(stored.office, soon()) == {}


def test_a_mirror_is_as_old_as_its_newest_copy_in_the_repository(stored: Place) -> None:
    keep(stored, ago=48)
    keep(stored, ago=2, failed=(folder_of(stored),))

    ((moment, where),) = last_of_mirrors(stored.office, soon()).values()

    assert (NOW - moment, where) == (timedelta(hours=48), "espejo, nas")


def test_a_mirror_that_was_complete_after_the_newest_copy_of_the_mirrors_is_no_copy_yet(stored: Place) -> None:
    keep(stored, ago=48)
    stored.add("mirror.synced", {"account": ANA, "first": True}, ago=3)
    stored.add("mirror.synced", {"account": ANA}, ago=2)
    before = look(stored)

    keep(stored, ago=1)
    ((moment, where),) = look(stored).values()

    assert before == {}
    assert (NOW - moment, where) == (timedelta(hours=1), "espejo, nas")


def test_without_a_repository_of_mirrors_the_mirror_itself_counts(stored: Place) -> None:
    night = stored.office.deployment.night.model_copy(update={"mirrors_repository": None})
    stored.office = Office(stored.office.deployment.model_copy(update={"night": night}), stored.office.actor)

    ((moment, where),) = last_of_mirrors(stored.office, soon()).values()

    assert where == "espejo"
    assert abs(moment.timestamp() - time.time()) < 120
