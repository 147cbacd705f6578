"""Shared drives: roles, who must say that they know of them, members, corpora, limits, moves in and out."""

from __future__ import annotations

import pytest

from copias_sandbox.local import LocalClient
from copias_sandbox.oauth.accounts import Accounts
from copias_sandbox.rooms.drive.files import FOLDER
from copias_sandbox.rooms.drive.limits import set_limits

FILES, DRIVES = "/drive/v3/files", "/drive/v3/drives"
OTHER = "otro@alcaldia.example"
SHARED = {"supportsAllDrives": True}
EVERY = {**SHARED, "includeItemsFromAllDrives": True}


@pytest.fixture
def drive(client) -> str:
    return client.ask("POST", DRIVES, {"name": "Copias"}, requestId="1")["id"]


@pytest.fixture
def other(google) -> LocalClient:
    return LocalClient(google, OTHER)


@pytest.fixture
def join(client, drive, other):
    """Make the other account a member, with a role."""

    def work(role: str) -> LocalClient:
        body = {"type": "user", "role": role, "emailAddress": OTHER}
        made = client.ask("POST", f"{FILES}/{drive}/permissions", body, **SHARED)
        assert made["role"] == role
        return other

    return work


def reason(answer):
    return answer["error"]["code"], answer["error"]["errors"][0]["reason"]


def folder(client, name, parent, **query):
    body = {"name": name, "mimeType": FOLDER, "parents": [parent]}
    return client.ask("POST", FILES, body, **{**SHARED, **query})


def names(client, **query):
    return [one["name"] for one in client.ask("GET", FILES, **query)["files"]]


def test_one_request_makes_one_drive(client, drive):
    again = client.ask("POST", DRIVES, {"name": "Copias"}, requestId="1")

    assert reason(again) == (409, "duplicate")
    assert client.ask("GET", DRIVES)["drives"] == [{"kind": "drive#drive", "id": drive, "name": "Copias"}]


@pytest.mark.parametrize(
    ("role", "adds", "trashes", "deletes"),
    [
        ("reader", False, False, False),
        ("commenter", False, False, False),
        ("writer", True, False, False),
        ("fileOrganizer", True, True, False),
        ("organizer", True, True, True),
    ],
)
def test_role_says_what_a_member_may(client, drive, join, role, adds, trashes, deletes):
    member = join(role)
    file = folder(client, "Carpeta", drive)

    able = member.ask("GET", f"{DRIVES}/{drive}", fields="capabilities")["capabilities"]
    assert (able["canAddChildren"], able["canTrashChildren"], able["canDeleteChildren"]) == (adds, trashes, deletes)
    assert able["canDownload"]
    assert ("error" not in folder(member, "Otra", drive)) is adds
    path = f"{FILES}/{file['id']}"
    assert ("error" not in member.ask("PATCH", path, {"trashed": True}, **SHARED)) is trashes
    assert (member.send("DELETE", path, **SHARED).status == 204) is deletes


def test_stranger_sees_neither_drive_nor_file(client, drive, other):
    file = folder(client, "Carpeta", drive)

    assert reason(other.ask("GET", f"{DRIVES}/{drive}")) == (404, "notFound")
    assert reason(other.ask("GET", f"{FILES}/{file['id']}", **SHARED)) == (404, "notFound")
    assert reason(folder(other, "x", drive)) == (404, "notFound")
    assert other.ask("GET", DRIVES)["drives"] == []


def test_who_does_not_know_of_shared_drives_does_not_see_what_is_in_them(client, drive):
    file = folder(client, "Carpeta", drive)

    assert reason(client.ask("GET", f"{FILES}/{file['id']}")) == (404, "notFound")
    assert reason(folder(client, "Otra", drive, supportsAllDrives=False)) == (404, "notFound")
    assert names(client) == []
    assert names(client, **EVERY) == ["Carpeta"]


def test_corpus_of_one_drive_holds_only_what_is_in_it(client, drive):
    folder(client, "Dentro", drive)
    folder(client, "Fuera", "root")

    assert names(client, corpora="drive", driveId=drive, **EVERY) == ["Dentro"]
    assert names(client) == ["Fuera"]
    assert sorted(names(client, corpora="allDrives", **EVERY)) == ["Dentro", "Fuera"]


@pytest.mark.parametrize(
    "query",
    [
        {"corpora": "drive", **EVERY},
        {"driveId": "x", "corpora": "user", **EVERY},
        {"driveId": "x", "corpora": "drive", **SHARED},
        {"includeItemsFromAllDrives": True},
        {"orderBy": "colour"},
        {"pageToken": "x"},
    ],
)
def test_parameters_that_do_not_fit_together_are_refused(client, query):
    assert client.ask("GET", FILES, **query)["error"]["code"] == 400


def test_file_in_a_shared_drive_belongs_to_nobody_and_tells_its_members(client, drive):
    file = folder(client, "Carpeta", drive)

    shown = client.ask("GET", f"{FILES}/{file['id']}", fields="*", **SHARED)
    members = client.ask("GET", f"{FILES}/{file['id']}/permissions", fields="*", **SHARED)["permissions"]

    assert (shown["driveId"], shown["parents"]) == (drive, [drive])
    assert {"owners", "ownedByMe", "permissions"} & shown.keys() == set()
    assert [one["permissionDetails"][0]["inheritedFrom"] for one in members] == [drive]


def test_only_a_manager_changes_members_and_anybody_may_leave(client, drive, join):
    member = join("fileOrganizer")
    path = f"{FILES}/{drive}/permissions"
    listed = client.ask("GET", path, fields="permissions(id,emailAddress)", **SHARED)["permissions"]
    identifiers = {one["emailAddress"]: one["id"] for one in listed}

    refused = member.ask("PATCH", f"{path}/{identifiers[OTHER]}", {"role": "organizer"}, **SHARED)
    raised = client.ask("PATCH", f"{path}/{identifiers[OTHER]}", {"role": "writer"}, **SHARED)
    left = member.send("DELETE", f"{path}/{identifiers[OTHER]}", **SHARED)

    assert (reason(refused)[0], raised["role"], left.status) == (403, "writer", 204)
    assert reason(member.ask("GET", f"{DRIVES}/{drive}")) == (404, "notFound")


def test_administrator_sees_and_changes_every_drive_by_saying_so(google, client, drive, other):
    Accounts(google.state).put_user({"primaryEmail": OTHER, "isAdmin": True})
    as_administrator = {"useDomainAdminAccess": True}

    assert [one["id"] for one in other.ask("GET", DRIVES, **as_administrator)["drives"]] == [drive]
    assert other.ask("GET", f"{DRIVES}/{drive}", **as_administrator)["name"] == "Copias"
    body = {"type": "user", "role": "reader", "emailAddress": OTHER}
    other.ask("POST", f"{FILES}/{drive}/permissions", body, **SHARED, **as_administrator)
    assert other.ask("GET", f"{DRIVES}/{drive}")["name"] == "Copias"
    assert reason(client.ask("GET", DRIVES, **as_administrator)) == (403, "forbidden")


def test_drive_is_full_of_items_trash_counted(google, client, drive):
    set_limits(google.state, {"items": 2})
    first = folder(client, "1", drive)
    folder(client, "2", drive)
    client.ask("PATCH", f"{FILES}/{first['id']}", {"trashed": True}, **SHARED)

    assert reason(folder(client, "3", drive)) == (403, "teamDriveFileLimitExceeded")
    client.send("DELETE", f"{FILES}/{first['id']}", **SHARED)
    assert folder(client, "3", drive)["name"] == "3"


def test_folders_go_only_so_deep(google, client, drive):
    set_limits(google.state, {"depth": 2})
    inner = folder(client, "2", folder(client, "1", drive)["id"])

    assert reason(folder(client, "3", inner["id"])) == (403, "teamDriveHierarchyTooDeep")


def test_file_moves_into_the_drive_and_out_again(client, drive, upload):
    file = upload(client, b"x", name="n")
    path, root = f"{FILES}/{file['id']}", file["parents"][0]

    inside = client.ask("PATCH", path, {}, addParents=drive, removeParents=root, fields="driveId,ownedByMe", **SHARED)
    outside = client.ask(
        "PATCH", path, {}, addParents="root", removeParents=drive, fields="driveId,ownedByMe", **SHARED
    )

    assert (inside, outside) == ({"driveId": drive}, {"ownedByMe": True})
    made = folder(client, "Carpeta", "root")
    moved = client.ask("PATCH", f"{FILES}/{made['id']}", {}, addParents=drive, removeParents=root, **SHARED)
    assert reason(moved) == (403, "teamDrivesFolderMoveInNotSupported")


def test_drive_is_renamed_restricted_and_deleted_when_empty(client, drive, join):
    reader, made = join("reader"), folder(client, "Carpeta", drive)

    changed = client.ask(
        "PATCH", f"{DRIVES}/{drive}", {"name": "Otra", "restrictions": {"domainUsersOnly": True}}, fields="*"
    )

    assert (changed["name"], changed["restrictions"]["domainUsersOnly"]) == ("Otra", True)
    assert reason(reader.ask("PATCH", f"{DRIVES}/{drive}", {"name": "x"})) == (403, "insufficientFilePermissions")
    assert reason(client.ask("DELETE", f"{DRIVES}/{drive}")) == (403, "cannotDeleteNonEmptyTeamDrive")
    client.send("DELETE", f"{FILES}/{made['id']}", **SHARED)
    assert client.send("DELETE", f"{DRIVES}/{drive}").status == 204


def test_trash_of_a_drive_is_emptied_by_its_manager(client, drive, join):
    member, made = join("fileOrganizer"), folder(client, "Carpeta", drive)
    member.ask("PATCH", f"{FILES}/{made['id']}", {"trashed": True}, **SHARED)

    assert reason(member.ask("DELETE", f"{FILES}/trash", driveId=drive)) == (403, "insufficientFilePermissions")
    client.send("DELETE", f"{FILES}/trash", driveId=drive)
    assert names(client, corpora="drive", driveId=drive, **EVERY) == []
