"""Content by google-api-python-client as it is: uploads of each kind, ranged downloads, batches; Drive and Gmail."""

from __future__ import annotations

import hashlib
import random

import pytest

from copias_sandbox.seed.people import demo_requester
from copias_sandbox.seed.words import HELP_DESK

OWNER = demo_requester().email
MIB = 2**20
COMMON = f"""
import base64, hashlib, io, random
from googleapiclient.http import MediaInMemoryUpload, MediaIoBaseDownload, MediaIoBaseUpload
content = random.Random(7).randbytes(3 * {MIB} + 77)
drive_id = os.environ["COPIAS_SHARED_DRIVE"]
gmail = service("gmail", "v1", "gmail.insert", {HELP_DESK!r}).users().messages()
reading = service("gmail", "v1", "gmail.readonly", {HELP_DESK!r}).users().messages()
files = service("drive", "v3", "drive").files()
SHARED = {{"supportsAllDrives": True}}

def raw(message):
    found = reading.get(userId="me", id=message["id"], format="raw").execute()
    return base64.urlsafe_b64decode(found["raw"])
"""
DIGEST = hashlib.sha256(random.Random(7).randbytes(3 * MIB + 77)).hexdigest()


def chunks(admin, method):
    return [call for call in admin.calls(method) if "upload_id=" in call["target"]]


@pytest.mark.parametrize("resumable", [False, True])
def test_drive_keeps_what_is_uploaded_and_gives_it_back_by_ranges(program, admin, resumable):
    found = program(
        f"""{COMMON}
media = MediaInMemoryUpload(content, "application/zip", chunksize={MIB}, resumable={resumable})
body = {{"name": "copia.zip", "parents": [drive_id]}}
made = files.create(body=body, media_body=media, fields="id,size,sha256Checksum,driveId", **SHARED).execute()
out = io.BytesIO()
download = MediaIoBaseDownload(out, files.get_media(fileId=made["id"], **SHARED), chunksize={MIB})
while not download.next_chunk()[1]:
    pass
print(json.dumps([made, out.getvalue() == content]))
"""
    )

    made, same = found
    assert same
    assert (made["size"], made["sha256Checksum"]) == (str(3 * MIB + 77), DIGEST)
    sent = chunks(admin, "drive.files.create")
    assert [call["bytes"] for call in sent] == ([MIB, MIB, MIB, 77] if resumable else [])
    ranges = [call["status"] for call in admin.calls("drive.files.get")]
    assert ranges == [206] * 4


def test_client_goes_on_from_a_short_range_and_after_a_broken_line(program, admin):
    admin.fault("short", "drive.files.create", match="upload_id=", nth=1)
    admin.fault("status", "drive.files.create", match="upload_id=", nth=3, status=503)

    made = program(
        f"""{COMMON}
media = MediaInMemoryUpload(content, "application/zip", chunksize={MIB}, resumable=True)
request = files.create(body={{"name": "b", "parents": [drive_id]}}, media_body=media, fields="sha256Checksum", **SHARED)
done = None
while done is None:
    try:
        done = request.next_chunk()[1]
    except HttpError as error:
        assert error.status_code == 503
print(json.dumps(done))
"""
    )

    assert made == {"sha256Checksum": DIGEST}
    assert chunks(admin, "drive.files.create")[0]["body"]["received"] == MIB // 2


def test_content_is_replaced_and_the_old_revision_stays(program):
    found = program(
        f"""{COMMON}
made = files.create(body={{"name": "n"}}, media_body=MediaInMemoryUpload(b"uno", "text/plain"), fields="id").execute()
files.update(fileId=made["id"], media_body=MediaInMemoryUpload(b"dos", "text/plain")).execute()
revisions = service("drive", "v3", "drive").revisions()
listed = revisions.list(fileId=made["id"]).execute()["revisions"]
texts = [revisions.get_media(fileId=made["id"], revisionId=one["id"]).execute().decode() for one in listed]
print(json.dumps([texts, files.get_media(fileId=made["id"]).execute().decode()]))
"""
    )

    assert found == [["uno", "dos"], "dos"]


def test_batch_of_drive_answers_each_call_for_itself(program):
    found = program(
        f"""{COMMON}
root = files.get(fileId="root", fields="id").execute()["id"]
answers = {{}}
batch = service("drive", "v3", "drive").new_batch_http_request(lambda name, done, bad: answers.update({{
    name: done["name"] if done else bad.status_code}}))
batch.add(files.get(fileId=drive_id, fields="name", **SHARED), request_id="drive")
batch.add(files.get(fileId="ninguno"), request_id="none")
batch.add(files.get(fileId=root, fields="name"), request_id="root")
batch.execute()
print(json.dumps(answers))
"""
    )

    assert found == {"drive": "Copias de seguridad", "none": 404, "root": "Mi unidad"}


def test_documents_are_exported_up_to_ten_megabytes(program):
    found = program(
        f"""{COMMON}
own = service("drive", "v3", "drive.readonly", {OWNER!r}).files()
listed = own.list(q="mimeType = 'application/vnd.google-apps.document'", fields="files(id,name)").execute()["files"]
ids = {{one["name"]: one["id"] for one in listed}}
pdf = own.export(fileId=ids["Circular predial"], mimeType="application/pdf").execute()
try:
    own.export(fileId=ids["Informe con fotos"], mimeType="application/pdf").execute()
except HttpError as error:
    print(json.dumps([pdf[:5].decode(), error.status_code, error.error_details[0]["reason"]]))
"""
    )

    assert found == ["%PDF-", 403, "exportSizeLimitExceeded"]


@pytest.mark.parametrize("method", ["import_", "insert", "send"])
@pytest.mark.parametrize("resumable", [False, True])
def test_gmail_keeps_the_exact_bytes_of_an_upload(program, admin, method, resumable):
    found = program(
        f"""{COMMON}
head = b"From: a@b.example\\r\\nTo: {HELP_DESK}\\r\\nDate: Mon, 2 Mar 2026 10:00:00 -0500\\r\\n"
message = head + b"Message-ID: <x@b.example>\\r\\nSubject: prueba\\r\\n\\r\\n" + base64.encodebytes(content)
scope = "gmail.send" if {method!r} == "send" else "gmail.insert"
gmail = service("gmail", "v1", scope, {HELP_DESK!r}).users().messages()
media = MediaIoBaseUpload(io.BytesIO(message), "message/rfc822", chunksize={MIB}, resumable={resumable})
made = gmail.{method}(userId="me", body={{}}, media_body=media).execute()
print(json.dumps(raw(made) == message))
"""
    )

    assert found is True
    sent = chunks(admin, f"gmail.users.messages.{method.rstrip('_')}")
    assert [call["status"] for call in sent] == ([308] * 4 + [200] if resumable else [])


def test_batch_of_gmail_reads_what_was_listed(program, admin):
    count = program(
        f"""{COMMON}
ids = [one["id"] for one in reading.list(userId="me", maxResults=30).execute()["messages"]]
sizes = []
batch = service("gmail", "v1", "gmail.readonly", {HELP_DESK!r}).new_batch_http_request(
    lambda name, done, bad: sizes.append(done["sizeEstimate"]))
for one in ids:
    batch.add(reading.get(userId="me", id=one, format="raw", fields="id,sizeEstimate,raw"))
batch.execute()
print(json.dumps([len(ids), len(sizes)]))
"""
    )

    assert count[0] == count[1] > 10
    assert len(admin.calls("batch")) == 1
