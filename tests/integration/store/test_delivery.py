"""A delivery on a shared drive: found in the folder of its case, read by ranges, and compared with Google's hash."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime

import pytest

from copias.config import load_deployment
from copias.delivery.fetching import delivery_folder
from copias.delivery.place import SharedDriveFolder
from copias.errors import NotReady
from copias.provider.drop import open_drop
from copias.provider.drop_settings import DropSettings
from copias.store.shared_drive_client import DriveClient
from copias.takeout.delivery import Delivery, fetch_delivery
from copias.takeout.parts import Parts

CASE = "1240"
NAME = "takeout-20261120T101112Z-001.zip"
CONTENT = random.Random(9).randbytes(3_000_017)


@pytest.fixture
def place(sandbox, drive_store):
    """The folder of the case on the shared drive, with a part that somebody put there."""
    store = drive_store(chunk_bytes=1 << 20)
    store.prepare()
    return SharedDriveFolder(sandbox.google, sandbox.drive, store="drive_copias", folder=drive_store.folder, case=CASE)


@pytest.fixture
def deliver(drive_store, put):
    def work(content: bytes = CONTENT, *, name: str = NAME) -> None:
        put(drive_store(chunk_bytes=1 << 20), f"{CASE}/{name}", content)

    return work


@pytest.fixture
def deployment(tmp_path):
    (tmp_path / "copias.yml").write_text(
        """
plugin: funza.copias.workspace
entity: Alcaldía de Valle Claro
state: state
people: people.yml
google: {key_file: key.json}
help_desk: {spreadsheet: a, requests_tab: a, responses_tab: b, control_spreadsheet: b, control_tab: c}
stores: {}
deliveries: {store: drive_copias, settle_minutes: 0}
"""
    )
    return load_deployment(tmp_path / "copias.yml")


def whole(place: SharedDriveFolder) -> Delivery:
    files = place.files()
    return Delivery(place, Parts("", files, 0))


def test_a_part_is_brought_here_with_the_hash_that_google_says(place, deliver, deployment) -> None:
    deliver()

    (file,) = place.files()
    (part,) = fetch_delivery(deployment, whole(place), CASE)

    assert part.path.read_bytes() == CONTENT
    assert part.sha256 == file.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert (part.name, file.bytes, file.fault) == (NAME, len(CONTENT), "")
    assert abs((datetime.now(UTC) - file.arrived).total_seconds()) < 3600


def test_provider_may_deliver_to_a_shared_drive(place, deliver, deployment, sandbox, drive_store) -> None:
    deliver()
    settings = DropSettings(kind="shared_drive", drive=sandbox.drive, folder=drive_store.folder)
    drop = open_drop(deployment.model_copy(update={"google": sandbox.google}), settings, CASE)

    (file,) = drop.files()

    assert file == place.files()[0]
    assert drop.open(file).read() == CONTENT


def test_only_what_a_dead_run_had_not_brought_is_asked_for(place, deliver, deployment, sandbox) -> None:
    deliver()
    (part,) = fetch_delivery(deployment, whole(place), CASE)
    begun = part.path.with_name(part.path.name + ".part")
    begun.write_bytes(CONTENT[:2_900_000])
    part.path.unlink()
    sandbox.admin.clear_calls()

    (again,) = fetch_delivery(deployment, whole(place), CASE)

    assert again == part
    assert len(reads(sandbox)) == 1  # the whole file takes four


def reads(sandbox) -> list[dict]:
    return [call for call in sandbox.calls(part="alt=media") if call["verb"] == "GET"]


def test_a_range_that_google_refuses_once_is_asked_for_again(place, deliver, deployment, sandbox) -> None:
    deliver()
    delivery = whole(place)
    sandbox.admin.clear_calls()
    sandbox.admin.fault("status", "drive.files.get", status=503, times=2)

    (part,) = fetch_delivery(deployment, delivery, CASE)

    assert part.path.read_bytes() == CONTENT
    assert [call["status"] for call in sandbox.calls("drive.files.get")][:3] == [503, 503, 200]


def test_no_folder_is_no_delivery(place) -> None:
    assert place.files() == ()


def test_a_part_that_was_removed_since_is_told(place, deliver, deployment, drive_store) -> None:
    deliver()
    delivery = whole(place)
    drive_store().remove(f"{CASE}/{NAME}")

    with pytest.raises(NotReady, match=r"la entrega cambió mientras se leía.*ya no está"):
        fetch_delivery(deployment, delivery, CASE)

    assert not list(delivery_folder(deployment, CASE).glob("*.zip"))


def test_a_shortcut_is_not_followed(place, deliver, sandbox) -> None:
    deliver()
    client = DriveClient(sandbox.google, sandbox.drive, store="drive_copias")
    (file,) = place.files()
    item = client.get(file.key)
    body = {
        "name": "takeout-20261120T101112Z-002.zip",
        "mimeType": "application/vnd.google-apps.shortcut",
        "parents": list(item.parents),
        "shortcutDetails": {"targetId": item.id},
    }
    client.service.resource.files().create(body=body, supportsAllDrives=True, fields="id").execute()

    faults = [one.fault for one in place.files()]

    assert faults == ["", "es un acceso directo o un documento de Google, no un archivo"]
