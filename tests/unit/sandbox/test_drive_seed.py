"""The demo's Drive: the same for the same seed, with the service account where copies are put."""

from __future__ import annotations

import time

from copias_sandbox.core.dispatch import Google
from copias_sandbox.local import LocalClient
from copias_sandbox.rooms.drive.files import FileStore, in_shared_drive, new_file
from copias_sandbox.rooms.registry import ROOMS
from copias_sandbox.seed.people import demo_requester
from copias_sandbox.seed.workspace import SeedOptions, fill
from copias_sandbox.state import State

FILES = "/drive/v3/files"


def everything(google: Google) -> list[tuple[str, str, str]]:
    files = FileStore(google.state).every()
    return [(file["id"], file["name"], file.get("sha256Checksum", "")) for file in files]


def test_same_seed_gives_the_same_files(google):
    other = Google(State(":memory:"), ROOMS)

    first, second = fill(google, SeedOptions(cases=1)), fill(other, SeedOptions(cases=1))

    assert first == second
    assert everything(google) == everything(other)
    fill(other, SeedOptions(cases=1, seed=7))
    assert everything(google) != everything(other)


def test_service_account_manages_the_contents_of_the_shared_drive_and_nothing_else(google, key):
    made = fill(google, SeedOptions(cases=1))
    client = LocalClient(google, key["client_email"])

    (drive,) = client.ask("GET", "/drive/v3/drives", fields="drives(id,name,capabilities)")["drives"]

    assert (drive["id"], drive["name"]) == (made.shared_drive, "Copias de seguridad")
    able = drive["capabilities"]
    assert (able["canAddChildren"], able["canTrashChildren"], able["canManageMembers"]) == (True, True, False)


def test_requester_has_one_file_of_each_kind_that_a_copy_must_know(google):
    fill(google, SeedOptions(cases=1))
    client = LocalClient(google, demo_requester().email)

    files = client.ask("GET", FILES, pageSize=1000, fields="files(mimeType,size,exportLinks)")["files"]

    kinds = {file["mimeType"].removeprefix("application/vnd.google-apps.") for file in files}
    assert {"folder", "document", "presentation", "shortcut", "application/pdf", "image/jpeg", "text/plain"} <= kinds
    assert any(file.get("size") == "0" for file in files)
    assert any(int(file.get("size", 0)) > 10 * 2**20 and "exportLinks" in file for file in files)


def test_folder_of_a_large_drive_is_listed_quickly(google):
    google.strict = False
    drive = fill(google, SeedOptions(cases=1)).shared_drive
    store, now = FileStore(google.state), google.clock.now()
    with google.state.transaction():
        for number in range(5000):
            file = in_shared_drive(new_file(f"f{number}", f"{number}.zip", owner="x@x.example", now=now), drive)
            store.put({**file, "parents": [drive if number < 10 else f"f{number % 10}"]}, now)
    client = LocalClient(google, "mesa.ayuda@alcaldia.example")
    query = {"q": f"'{drive}' in parents and trashed = false", "corpora": "drive", "driveId": drive}

    began = time.process_time()
    answer = client.ask("GET", FILES, supportsAllDrives=True, includeItemsFromAllDrives=True, **query)

    assert len(answer["files"]) == 10
    assert time.process_time() - began < 0.5
