"""The inventory over time: each change is seen once, with its date, and a snapshot that was touched is named."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import replace

import pytest

from copias.audit.inventory import (
    Inventory,
    SeenAccount,
    SeenDatabase,
    SnapshotPlan,
    look_at_inventory,
    review_inventory,
    snapshot_file,
)
from copias.audit.model import Section
from copias.audit.pages import render_audit
from copias.audit.whole import AuditOptions, make_audit
from copias.errors import BadInput, NotAllowed
from copias.google.settings import GoogleSettings
from copias.mailbox.settings import MailboxSettings
from copias.office import Office
from copias.people import Actor, Identity, Person, Role
from tests.unit.audit.conftest import NOW, Place

ANA = SeenAccount("ana@x.example", "Hacienda", "/Hacienda", "active", True)
BETO = SeenAccount("beto@x.example", "Salud", "/Salud", "active", True)
BASE = SeenDatabase("hacienda", "postgresql", "Hacienda")


def keep(place: Place, *accounts: SeenAccount, ago: float, databases: tuple[SeenDatabase, ...] = (BASE,)) -> str:
    """Leave a snapshot of some hours ago."""
    content = Inventory(accounts=accounts, databases=databases).to_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    path = snapshot_file(place.office.deployment, sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content))
    place.add("inventory.seen", {"sha256": sha256, "accounts": len(accounts), "databases": 1}, ago=ago)
    return sha256


def look(place: Place) -> Section:
    return make_audit(place.office, AuditOptions(parts=("inventory",)), now=NOW).sections[0]


def changes(place: Place) -> list[tuple[str, str, str, str]]:
    return [(row["change"], row["name"], row["before"], row["after"]) for row in look(place).rows]


def test_who_came_left_moved_and_was_suspended_is_told(place: Place) -> None:
    moved = SeenAccount(ANA.address, "Jurídica", "/Jurídica", "suspended", True)
    carla = SeenAccount("carla@x.example", "Salud", "/Salud", "active", True)
    keep(place, ANA, BETO, ago=24 * 60)
    keep(place, moved, carla, ago=24, databases=())

    assert changes(place) == [
        ("cambió de dependencia", "ana@x.example", "Hacienda", "Jurídica"),
        ("cambió de estado", "ana@x.example", "activa", "suspendida"),
        ("se fue", "beto@x.example", "Salud", ""),
        ("apareció", "carla@x.example", "", "Salud"),
        ("base quitada", "hacienda", "Hacienda", ""),
    ]


def test_who_is_called_otherwise_is_told_as_such_and_who_got_the_address_of_another_as_somebody_new(
    place: Place,
) -> None:
    first, second = replace(ANA, id="1"), replace(BETO, id="2")
    renamed = replace(first, address="ana.lucia@x.example", department="Jurídica")
    keep(place, first, second, ago=24 * 3)
    keep(place, renamed, replace(ANA, id="3"), replace(second, id="4"), ago=24)

    assert changes(place) == [
        ("cambió de dirección", "ana@x.example", "ana@x.example", "ana.lucia@x.example"),
        ("cambió de dependencia", "ana.lucia@x.example", "Hacienda", "Jurídica"),
        ("apareció", "ana@x.example", "", "Hacienda"),
        ("se fue", "beto@x.example", "Salud", ""),
        ("apareció", "beto@x.example", "", "Salud"),
    ]


def test_snapshots_of_before_accounts_had_an_id_are_compared_by_address(place: Place) -> None:
    keep(place, ANA, BETO, ago=24 * 3)
    keep(place, replace(ANA, id="1"), ago=24)

    assert changes(place) == [("se fue", "beto@x.example", "Salud", "")]


def test_whatever_makes_a_snapshot_another_one_is_told(place: Place) -> None:
    later = SeenDatabase("hacienda", "mariadb", "Tesorería")
    keep(place, ANA, BETO, ago=24 * 3)
    keep(place, replace(ANA, mailbox=False), BETO, ago=24 * 2)
    keep(place, ANA, BETO, databases=(later,), ago=24)

    assert changes(place) == [
        ("cambió de buzón", "ana@x.example", "con Gmail", "sin Gmail"),
        ("cambió de buzón", "ana@x.example", "sin Gmail", "con Gmail"),
        ("base de otra dependencia", "hacienda", "Hacienda", "Tesorería"),
        ("base en otro motor", "hacienda", "postgresql", "mariadb"),
    ]


def test_who_came_and_left_between_the_two_dates_is_told_too(place: Place) -> None:
    keep(place, ANA, ago=24 * 9)
    keep(place, ANA, BETO, ago=24 * 5)
    keep(place, ANA, ago=24 * 2)

    assert [change for change, *_ in changes(place)] == ["apareció", "se fue"]


@pytest.mark.parametrize("content", [None, b"", b"x", gzip.compress(b"{}")])
def test_a_snapshot_that_is_missing_or_changed_is_red(place: Place, content: bytes | None) -> None:
    path = snapshot_file(place.office.deployment, keep(place, ANA, ago=5))
    path.unlink() if content is None else path.write_bytes(content)

    assert [remark.severity for remark in look(place).remarks] == ["red"]


def test_changes_wait_for_a_review_which_is_recorded_with_its_person(place: Place) -> None:
    keep(place, ANA, ago=9)
    keep(place, ANA, BETO, ago=5)
    waiting = look(place)

    review_inventory(place.office, "Beto entró a Salud, con contrato")

    assert [remark.severity for remark in waiting.remarks] == ["yellow"]
    assert look(place).remarks == ()
    assert "Ana Lucía Prueba: Beto entró a Salud" in dict(look(place).summary)["Última revisión"]


def test_who_came_and_left_since_the_review_waits_for_another_although_all_is_as_it_was(place: Place) -> None:
    keep(place, ANA, ago=9)
    review_inventory(place.office, "Solo está Ana")
    keep(place, ANA, BETO, ago=5)
    keep(place, ANA, ago=2)

    assert [remark.severity for remark in look(place).remarks] == ["yellow"]


def test_a_review_is_an_administrators_and_says_something(place: Place) -> None:
    keep(place, ANA, ago=9)
    agent = Actor(Identity("x", "sesión"), Person(name="Agente", role=Role.AGENT))

    with pytest.raises(NotAllowed):
        review_inventory(Office(place.office.deployment, agent), "x")
    with pytest.raises(BadInput, match="qué se revisó"):
        review_inventory(place.office, "  ")


def test_a_snapshot_is_taken_once_and_again_only_when_something_changed(place: Place) -> None:
    first = SnapshotPlan(place.office)
    first.run()
    again = SnapshotPlan(place.office)
    fewer = place.office.deployment.model_copy(update={"databases": {}})
    other = SnapshotPlan(Office(fewer, place.office.actor))

    assert (first.changes, again.changes, other.changes) == (True, False, True)
    assert [event.event for event in place.office.book.ledger.events()] == ["inventory.seen"]


def test_while_the_directory_is_down_the_last_snapshot_tells(place: Place) -> None:
    keep(place, ANA, ago=9)
    mailboxes = MailboxSettings(domains=("x.example",), administrator="admin@x.example", store="nas")
    google = GoogleSettings.model_validate({"key_file": "/nowhere/key.json"})
    down = place.office.deployment.model_copy(update={"mailboxes": mailboxes, "google": google})
    office = Office(down, place.office.actor)

    found = look_at_inventory(office, place.office.book.ledger.events())
    section = make_audit(office, AuditOptions(parts=("coverage",)), now=NOW).sections[0]

    assert (found.accounts, bool(found.error)) == ((ANA,), True)
    assert "no autorizado copiar" in [row["verdict"] for row in section.rows if row["name"] == ANA.address]
    assert "el Directorio no respondió: no se sabe qué cuentas hay hoy" in [one.what for one in section.remarks]


def test_hostile_names_of_departments_stay_text_on_the_page(place: Place) -> None:
    evil = SeenAccount(ANA.address, "<script>alert(1)</script>", "/{{ 7*7 }}", "active", True)
    keep(place, ANA, ago=9)
    keep(place, evil, ago=5)

    page = render_audit(make_audit(place.office, AuditOptions(parts=("inventory",)), now=NOW)).decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
