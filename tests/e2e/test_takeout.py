"""A user's own Takeout that is not whole, that lies on the shared drive, or of which mail is wanted back."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from copias_sandbox import world
from copias_sandbox.seed.cases import DEMO_CASE, demo_requester
from tests.e2e.takeout import CASE, MESSAGES, deliver, open_inbox
from tests.e2e.town import Town

pytestmark = pytest.mark.slow


@pytest.fixture
def inbox(town: Town) -> Path:
    return open_inbox(town)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda parts: [part.unlink() for part in parts], "no hay ninguna entrega"),
        (lambda parts: parts[0].unlink(), "faltan partes del Takeout: 001"),
        (lambda parts: parts[1].rename(parts[1].with_suffix(".zip.crdownload")), "todavía se está descargando"),
    ],
)
def test_a_case_without_its_whole_delivery_is_not_started(town: Town, inbox: Path, spoil, told: str) -> None:
    spoil(deliver(inbox))

    refused = town.run_case(CASE)

    assert refused.code == 3, refused.text
    assert told in refused.text
    assert town.count("case.started", CASE) == 0


def test_a_delivery_on_the_shared_drive_becomes_a_copy_on_the_shared_drive(town: Town, inbox: Path) -> None:
    town.configure(deliveries={"store": world.DRIVE_STORE, "settle_minutes": 0}, mailboxes__store=world.DRIVE_STORE)
    copies, deliveries = world.open_drive(town.world), world.open_drive(town.world, folder="Entregas")
    deliveries.prepare()
    for part in deliver(inbox):
        with deliveries.create(f"{CASE}/{part.name}") as upload:
            upload.write(part.read_bytes())
            upload.finish()
        deliveries.publish(f"{CASE}/{part.name}")

    done = town.run_case(CASE)

    assert done.code == 0, done.text
    stored = copies.list("Correo/")
    assert [file.name.rpartition("-1235")[2] for file in stored] == [
        ".constancia.html",
        ".prueba.json",
        ".zip",
        ".zip.manifest.json",
    ]
    with copies.open(stored[2].name) as stream, zipfile.ZipFile(stream) as archive:
        assert len([name for name in archive.namelist() if name.endswith(".eml")]) == len(MESSAGES)
    assert len(deliveries.list(f"{CASE}/")) == 2
    town.require_nothing_left()


def test_messages_of_a_takeout_are_found_and_given_back(town: Town, inbox: Path, tmp_path: Path) -> None:
    account, recovery, folder = demo_requester().email, str(DEMO_CASE), tmp_path / "correo"
    deliver(inbox)
    town.run_case(CASE)
    town.copias("classify", recovery, "--kind", "recovery", "--subject", account)

    found = town.copias("find", "--case", recovery, "--account", account, "--label", "Actas, año 2025", "--json")
    given = town.copias("restore", recovery, "--pick", "7", "--eml", str(folder), "--yes", "--json")

    assert len(found.json["messages"]) == len(MESSAGES), found.text
    assert given.code == 0, given.text
    (seventh,) = [message["id"] for message in found.json["messages"] if message["number"] == 7]
    (file,) = folder.glob("*.eml")
    assert file.read_bytes() == MESSAGES[int(seventh, 16) - 1828754568043628583 - 1]
