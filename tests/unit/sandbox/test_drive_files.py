"""Drive's files: made, changed, moved, thrown away, copied, and what does not fit."""

from __future__ import annotations

import hashlib

import pytest

from copias_sandbox.core.downloads import Download, deliver
from copias_sandbox.local import LocalClient
from copias_sandbox.rooms.directory.groups import put_group
from copias_sandbox.rooms.drive.files import DOCUMENT, FOLDER, SHORTCUT
from copias_sandbox.rooms.drive.limits import DAY, set_limits

FILES = "/drive/v3/files"
MIB = 2**20


def make(client, name, kind=FOLDER, **body):
    return client.ask("POST", FILES, {"name": name, "mimeType": kind, **body}, fields="*")


def listed(client, query, **more):
    return sorted(one["name"] for one in client.ask("GET", FILES, q=query, **more)["files"])


def reason(answer):
    return answer["error"]["code"], answer["error"]["errors"][0]["reason"]


def test_file_tells_its_size_and_three_checksums(client, upload):
    made = upload(client, b"contenido", name="nota.tar.gz")

    assert made["size"] == "9"
    assert made["md5Checksum"] == hashlib.md5(b"contenido", usedforsecurity=False).hexdigest()
    assert made["sha1Checksum"] == hashlib.sha1(b"contenido", usedforsecurity=False).hexdigest()
    assert made["sha256Checksum"] == hashlib.sha256(b"contenido").hexdigest()
    assert (made["fileExtension"], made["fullFileExtension"]) == ("gz", "tar.gz")


def test_content_is_downloaded_whole(client, upload):
    path = f"{FILES}/{upload(client, b'0123456789', name='n')['id']}"

    whole = client.send("GET", path, alt="media")

    assert (whole.status, b"".join(whole.pieces(99))) == (200, b"0123456789")
    assert whole.header("Content-Type") == "text/plain"


@pytest.mark.parametrize(
    ("wanted", "status", "found", "said"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=5-99", 206, b"56789", "bytes 5-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=4-2", 200, b"0123456789", ""),
        ("lines=1-2", 200, b"0123456789", ""),
    ],
)
@pytest.mark.parametrize("on_disk", [True, False])
def test_range_is_given_as_http_says(tmp_path, wanted, status, found, said, on_disk):
    (tmp_path / "n").write_bytes(b"0123456789")
    content = tmp_path / "n" if on_disk else b"0123456789"

    answer = deliver(Download("text/plain", content), {"range": wanted})

    assert (answer.status, b"".join(answer.pieces(99))) == (status, found)
    assert answer.header("Content-Range") == said


def test_folder_has_no_content_to_download(client):
    folder = make(client, "Carpeta")

    assert reason(client.ask("GET", f"{FILES}/{folder['id']}", alt="media")) == (403, "fileNotDownloadable")
    assert "size" not in folder


def test_id_that_was_given_serves_once_even_when_its_file_is_gone(client):
    (identifier,) = client.ask("GET", f"{FILES}/generateIds", count=1)["ids"]
    make(client, "Una", id=identifier)

    assert reason(make(client, "Otra", id=identifier)) == (409, "fileIdInUse")
    client.send("DELETE", f"{FILES}/{identifier}")
    assert reason(make(client, "Otra", id=identifier)) == (409, "fileIdInUse")
    assert reason(make(client, "Otra", id="inventado")) == (400, "invalid")


def test_file_moves_from_folder_to_folder_and_lies_in_one(client, upload):
    old, new = make(client, "Vieja"), make(client, "Nueva")
    file = upload(client, b"x", name="n", parents=[old["id"]])
    path = f"{FILES}/{file['id']}"

    moved = client.ask("PATCH", path, {}, addParents=new["id"], removeParents=old["id"], fields="parents")

    assert moved == {"parents": [new["id"]]}
    assert reason(client.ask("PATCH", path, {}, removeParents=new["id"])) == (403, "cannotRemoveLastParent")
    assert reason(client.ask("PATCH", f"{FILES}/{old['id']}", {}, addParents=old["id"]))[0] == 403


def test_trashed_folder_takes_what_lies_in_it_along(client, upload):
    folder = make(client, "Carpeta")
    file = upload(client, b"x", name="dentro.txt", parents=[folder["id"]])
    client.ask("PATCH", f"{FILES}/{folder['id']}", {"trashed": True})

    shown = client.ask("GET", f"{FILES}/{file['id']}", fields="trashed,explicitlyTrashed")

    assert shown == {"trashed": True, "explicitlyTrashed": False}
    assert listed(client, "trashed = true") == ["Carpeta", "dentro.txt"]
    client.ask("PATCH", f"{FILES}/{folder['id']}", {"trashed": False})
    assert listed(client, "trashed = false") == ["Carpeta", "dentro.txt"]


def test_empty_trash_deletes_for_good_with_what_lies_in_it(client, upload):
    folder = make(client, "Carpeta")
    file = upload(client, b"x", name="dentro.txt", parents=[folder["id"]])
    client.ask("PATCH", f"{FILES}/{folder['id']}", {"trashed": True})

    assert client.send("DELETE", f"{FILES}/trash").status == 204

    assert reason(client.ask("GET", f"{FILES}/{file['id']}")) == (404, "notFound")


def test_copy_has_the_same_bytes_and_another_id(client, upload):
    file = upload(client, b"bytes", name="uno.txt")

    copied = client.ask("POST", f"{FILES}/{file['id']}/copy", {"name": "dos.txt"}, fields="*")

    assert copied["id"] != file["id"]
    assert copied["sha256Checksum"] == file["sha256Checksum"]
    assert listed(client, "name = 'dos.txt'") == ["dos.txt"]
    folder = make(client, "Carpeta")
    assert reason(client.ask("POST", f"{FILES}/{folder['id']}/copy", {})) == (403, "cannotCopyFile")


def test_spreadsheet_is_copied_with_its_cells(sheet):
    sheet.put("A1", [["valor"]])

    copied = sheet.client.ask("POST", f"{FILES}/{sheet.id}/copy", {"name": "Copia"})

    sheet.id = copied["id"]
    assert sheet.get("A1") == [["valor"]]


def test_text_becomes_a_document_and_is_exported(client, upload):
    made = upload(client, b"uno\ndos", name="Carta", mimeType=DOCUMENT)

    text = client.send("GET", f"{FILES}/{made['id']}/export", mimeType="text/plain")

    assert made["exportLinks"]["application/pdf"].startswith("https://docs.google.com/")
    assert text.body.decode("utf-8-sig") == "uno\r\ndos"


def test_shortcut_knows_its_target(client, upload):
    file = upload(client, b"x", name="n.txt")

    made = make(client, "Acceso", SHORTCUT, shortcutDetails={"targetId": file["id"]})

    assert made["shortcutDetails"] == {"targetId": file["id"], "targetMimeType": "text/plain"}
    assert listed(client, f"shortcutDetails.targetId = '{file['id']}'") == ["Acceso"]


def test_properties_are_merged_searched_and_taken_away(client):
    folder = make(client, "Caso", properties={"caso": "1234", "otro": "x"})
    client.ask("PATCH", f"{FILES}/{folder['id']}", {"properties": {"otro": None}})

    assert listed(client, "properties has {key='caso' and value='1234'}") == ["Caso"]
    assert client.ask("GET", f"{FILES}/{folder['id']}", fields="properties") == {"properties": {"caso": "1234"}}


def test_time_that_the_client_knows_better_is_kept(client, upload):
    file = upload(client, b"x", name="n", modifiedTime="2020-05-06T07:08:09-05:00", createdTime="2019-01-01T00:00:00Z")

    assert (file["modifiedTime"], file["createdTime"]) == ("2020-05-06T12:08:09.000Z", "2019-01-01T00:00:00.000Z")
    path = f"{FILES}/{file['id']}"
    client.ask("PATCH", path, {"starred": True})
    assert client.ask("GET", path, fields="modifiedTime")["modifiedTime"] == file["modifiedTime"]
    client.ask("PATCH", path, {"name": "otro"})
    assert client.ask("GET", path, fields="modifiedTime")["modifiedTime"] > "2026"
    assert reason(client.ask("PATCH", path, {"modifiedTime": "ayer"})) == (400, "invalid")


@pytest.mark.parametrize(
    ("order", "names"),
    [("name", ["a", "B", "c"]), ("name desc", ["c", "B", "a"]), ("quotaBytesUsed", ["c", "a", "B"])],
)
def test_list_comes_in_the_order_that_is_asked_for(client, upload, order, names):
    for name, size in (("B", 3), ("a", 2), ("c", 1)):
        upload(client, b"x" * size, name=name)

    assert [one["name"] for one in client.ask("GET", FILES, orderBy=order)["files"]] == names


def test_page_that_repeats_items_loses_none(client, google):
    for number in range(7):
        make(client, f"{number}")
    google.faults.add({"kind": "repeated", "method": "drive.files.list", "times": 0})

    first = client.ask("GET", FILES, pageSize=4, orderBy="name")
    second = client.ask("GET", FILES, pageSize=4, orderBy="name", pageToken=first["nextPageToken"])

    assert [one["name"] for one in second["files"]] == ["2", "3", "4", "5"]


def test_file_that_is_deleted_between_list_and_get_is_gone(client, google, upload):
    file = upload(client, b"x", name="n")
    google.faults.add({"kind": "deleted", "method": "drive.files.get", "match": file["id"]})

    assert reason(client.ask("GET", f"{FILES}/{file['id']}", alt="media")) == (404, "notFound")
    assert listed(client, "") == []


def test_shared_folder_shares_what_lies_in_it(client, google, upload):
    folder = make(client, "Carpeta")
    file = upload(client, b"x", name="dentro", parents=[folder["id"]])
    other = LocalClient(google, "otro@alcaldia.example")
    body = {"type": "user", "role": "reader", "emailAddress": "otro@alcaldia.example"}
    client.ask("POST", f"{FILES}/{folder['id']}/permissions", body)

    seen = other.ask("GET", f"{FILES}/{file['id']}", fields="parents,ownedByMe,capabilities/canEdit")

    assert seen == {"parents": [folder["id"]], "ownedByMe": False, "capabilities": {"canEdit": False}}
    assert listed(other, "sharedWithMe") == ["Carpeta"]
    assert listed(other, f"'{folder['id']}' in parents") == ["dentro"]
    assert other.ask("GET", f"{FILES}/{folder['id']}", fields="parents,name") == {"name": "Carpeta"}
    assert reason(other.ask("PATCH", f"{FILES}/{file['id']}", {"name": "x"})) == (403, "insufficientFilePermissions")
    assert listed(other, "'ana@alcaldia.example' in owners") == ["Carpeta", "dentro"]
    assert listed(other, "'me' in readers and mimeType != 'application/vnd.google-apps.folder'") == ["dentro"]


@pytest.mark.parametrize(
    "body",
    [
        {"type": "group", "emailAddress": "hacienda@alcaldia.example"},
        {"type": "domain", "domain": "alcaldia.example"},
        {"type": "anyone"},
    ],
    ids=lambda body: body["type"],
)
def test_folder_is_shared_with_more_than_one_at_once(client, google, body):
    put_group(google.state, "hacienda@alcaldia.example", "Hacienda", ["otro@alcaldia.example"])
    folder = make(client, "Carpeta")
    client.ask("POST", f"{FILES}/{folder['id']}/permissions", {"role": "reader", **body})
    outside = LocalClient(google, "extraño@otra.example")

    assert LocalClient(google, "otro@alcaldia.example").send("GET", f"{FILES}/{folder['id']}").status == 200
    assert (outside.send("GET", f"{FILES}/{folder['id']}").status == 200) is (body["type"] == "anyone")


def test_file_that_readers_may_not_download_is_not_given(client, google, upload):
    file = upload(client, b"x", name="n", copyRequiresWriterPermission=True)
    body = {"type": "anyone", "role": "reader"}
    client.ask("POST", f"{FILES}/{file['id']}/permissions", body)

    answer = LocalClient(google, "otro@alcaldia.example").ask("GET", f"{FILES}/{file['id']}", alt="media")

    assert reason(answer) == (403, "cannotDownloadFile")


def test_owner_gives_a_file_away_only_by_saying_so(client, google):
    folder = make(client, "Carpeta")
    body = {"type": "user", "role": "owner", "emailAddress": "otro@alcaldia.example"}
    path = f"{FILES}/{folder['id']}/permissions"

    assert reason(client.ask("POST", path, body)) == (403, "forbidden")
    client.ask("POST", path, body, transferOwnership=True)

    other = LocalClient(google, "otro@alcaldia.example")
    assert other.ask("GET", f"{FILES}/{folder['id']}", fields="ownedByMe") == {"ownedByMe": True}
    assert reason(client.ask("DELETE", f"{FILES}/{folder['id']}")) == (403, "insufficientFilePermissions")


def test_full_storage_refuses_bytes_and_keeps_folders_possible(client, google, upload):
    set_limits(google.state, {"storage": 5})

    upload(client, b"12345", name="cabe")
    assert reason(upload(client, b"6", name="no cabe")) == (403, "storageQuotaExceeded")
    assert make(client, "Carpeta")["name"] == "Carpeta"


def test_day_of_uploads_ends_with_the_file_that_crosses_the_limit(client, google, upload):
    set_limits(google.state, {"sent": 4})

    upload(client, b"123", name="uno")
    upload(client, b"123", name="cruza")
    assert reason(upload(client, b"1", name="tarde")) == (403, "userRateLimitExceeded")
    google.clock.advance(DAY + 1)
    client.token = LocalClient(google).token
    assert upload(client, b"1", name="mañana")["size"] == "1"


def test_limit_that_does_not_exist_is_refused(google):
    with pytest.raises(ValueError, match="no limit"):
        set_limits(google.state, {"colour": 1})


def test_about_tells_what_is_used_and_what_can_be_exported(client, upload):
    upload(client, b"12345", name="n")

    about = client.ask("GET", "/drive/v3/about", fields="*")

    assert about["storageQuota"]["usage"] == "5"
    assert "application/pdf" in about["exportFormats"][DOCUMENT]
