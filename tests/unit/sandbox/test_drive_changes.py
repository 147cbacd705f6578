"""``changes.list`` and revisions: what became of files since a point in time."""

from __future__ import annotations

import pytest

from copias_sandbox.local import LocalClient
from copias_sandbox.rooms.drive.files import FOLDER

FILES, CHANGES = "/drive/v3/files", "/drive/v3/changes"
EVERY = {"supportsAllDrives": True, "includeItemsFromAllDrives": True}
OTHER = "otro@alcaldia.example"


def start(client, **query):
    return client.ask("GET", f"{CHANGES}/startPageToken", **query)["startPageToken"]


def changes(client, token, **query):
    answer = client.ask("GET", CHANGES, pageToken=token, **query)
    return [(one.get("file", {}).get("name"), one["removed"]) for one in answer["changes"]], answer


def make(client, name, **body):
    return client.ask("POST", FILES, {"name": name, "mimeType": FOLDER, **body}, supportsAllDrives=True)["id"]


def test_each_file_comes_once_as_it_is_now(client):
    first = make(client, "uno")
    token = start(client)
    second = make(client, "dos")
    client.ask("PATCH", f"{FILES}/{first}", {"name": "uno, otra vez"})
    client.ask("PATCH", f"{FILES}/{second}", {"name": "dos, otra vez"})

    found, answer = changes(client, token)

    assert found == [("uno, otra vez", False), ("dos, otra vez", False)]
    assert changes(client, answer["newStartPageToken"])[0] == []


def test_deleted_file_is_removed_for_those_who_saw_it_and_nothing_for_others(client, google):
    identifier = make(client, "uno")
    token = start(client)
    client.send("DELETE", f"{FILES}/{identifier}")

    found, answer = changes(client, token)

    assert found == [(None, True)]
    assert answer["changes"][0]["fileId"] == identifier
    assert changes(LocalClient(google, OTHER), token)[0] == []
    assert changes(client, token, includeRemoved=False)[0] == []


def test_sharing_that_ends_is_a_removal_for_who_had_it(client, google):
    identifier = make(client, "uno")
    path = f"{FILES}/{identifier}/permissions"
    given = client.ask("POST", path, {"type": "user", "role": "reader", "emailAddress": OTHER})
    other, token = LocalClient(google, OTHER), start(client)

    client.send("DELETE", f"{path}/{given['id']}")

    assert changes(other, token)[0] == [(None, True)]
    assert changes(client, token)[0] == [("uno", False)]


def test_pages_lose_and_repeat_nothing(client):
    token = start(client)
    for number in range(7):
        make(client, f"{number}")
    seen = []
    while token:
        found, answer = changes(client, token, pageSize=3)
        seen += [name for name, _ in found]
        token = answer.get("nextPageToken")

    assert seen == ["0", "1", "2", "3", "4", "5", "6"]


def test_changes_of_a_shared_drive_are_for_those_who_ask_for_them(client):
    token = start(client)
    drive = client.ask("POST", "/drive/v3/drives", {"name": "Copias"}, requestId="1")["id"]
    make(client, "dentro", parents=[drive])
    make(client, "fuera")

    assert ("dentro", False) not in changes(client, token)[0]
    found, answer = changes(client, token, **EVERY)
    assert [one["changeType"] for one in answer["changes"]].count("drive") == 1
    assert {("dentro", False), ("fuera", False)} <= set(found)
    assert changes(client, token, driveId=drive, **EVERY)[0] == [(None, False), ("dentro", False)]


@pytest.mark.parametrize("token", ["", "x", "999999"])
def test_token_that_was_never_given_is_refused(client, token):
    assert client.ask("GET", CHANGES, pageToken=token)["error"]["code"] == 400


def test_token_that_expires_is_refused(client, google):
    google.faults.add({"kind": "expired", "method": "drive.changes.list"})

    assert client.ask("GET", CHANGES, pageToken=start(client))["error"]["code"] == 400


def test_each_content_is_a_revision(client, upload):
    file = upload(client, b"uno", name="n.txt")

    (revision,) = client.ask("GET", f"{FILES}/{file['id']}/revisions", fields="*")["revisions"]

    assert (revision["id"], revision["size"]) == (file["headRevisionId"], "3")
    path = f"{FILES}/{file['id']}/revisions/{revision['id']}"
    assert b"".join(client.send("GET", path, alt="media").pieces(9)) == b"uno"
    assert client.ask("GET", f"{FILES}/{file['id']}/revisions/nada")["error"]["code"] == 404
