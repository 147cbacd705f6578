"""Content on the wire: a line that really breaks, bodies too large for memory, downloads that stop."""

from __future__ import annotations

import hashlib
import random
import socket
import time
from urllib.parse import urlsplit

import pytest
import requests
from google.auth.transport.requests import AuthorizedSession
from google.oauth2 import service_account

from copias_sandbox.transport.http import LARGEST_IN_MEMORY

UNIT = 256 * 1024
CONTENT = random.Random(1).randbytes(4 * UNIT)


@pytest.fixture
def session(running) -> AuthorizedSession:
    scopes = ["https://www.googleapis.com/auth/drive"]
    made = service_account.Credentials.from_service_account_file(running.key, scopes=scopes)
    with AuthorizedSession(made) as session:
        yield session


@pytest.fixture
def begin(running, session):
    def begin(name="n", **query) -> str:
        query = {"uploadType": "resumable", "supportsAllDrives": "true", "fields": "id,sha256Checksum", **query}
        body = {"name": name, "parents": [running.shared_drive]}
        answer = session.post(f"{running.url}/upload/drive/v3/files", params=query, json=body, timeout=10)
        return answer.headers["Location"]

    return begin


def put(session, place, start, content=CONTENT):
    span = f"bytes {start}-{len(content) - 1}/{len(content)}"
    return session.put(place, data=content[start:], headers={"Content-Range": span}, timeout=10)


def ask(session, place) -> int:
    """Return how many bytes the server has."""
    asked = session.put(place, headers={"Content-Range": f"bytes */{len(CONTENT)}"}, timeout=10)
    assert asked.status_code == 308
    return int(asked.headers["Range"].rpartition("-")[2]) + 1 if "Range" in asked.headers else 0


@pytest.mark.parametrize("arrives", [3 * UNIT + 5, UNIT - 1])
def test_client_that_dies_in_a_chunk_leaves_the_whole_units_that_arrived(admin, session, begin, arrives):
    place = begin()
    address = urlsplit(place)
    head = f"PUT {address.path}?{address.query} HTTP/1.1\r\nHost: {address.netloc}\r\n"
    head += f"Content-Length: {len(CONTENT)}\r\nContent-Range: bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}\r\n\r\n"
    with socket.create_connection((address.hostname, address.port)) as line:
        line.sendall(head.encode() + CONTENT[:arrives])

    kept, deadline = ask(session, place), time.monotonic() + 20
    while kept != arrives // UNIT * UNIT and time.monotonic() < deadline:
        time.sleep(0.05)  # the server may hear the question before it has heard that the line broke
        kept = ask(session, place)

    assert kept == arrives // UNIT * UNIT
    assert put(session, place, kept).json()["sha256Checksum"] == hashlib.sha256(CONTENT).hexdigest()


def test_file_larger_than_what_is_kept_in_memory_arrives_in_one_piece(running, session, begin):
    content = random.Random(2).randbytes(LARGEST_IN_MEMORY + 1)

    made = put(session, begin("grande"), 0, content).json()

    assert made["sha256Checksum"] == hashlib.sha256(content).hexdigest()
    query = {"alt": "media", "supportsAllDrives": "true"}
    url = f"{running.url}/drive/v3/files/{made['id']}"
    assert session.get(url, params=query, timeout=10).content == content
    tail = session.get(url, params=query, headers={"Range": f"bytes={len(content) - 9}-"}, timeout=10)
    assert (tail.status_code, tail.content) == (206, content[-9:])


def test_body_without_a_length_arrives_too(running, session):
    query = {"uploadType": "media", "fields": "sha256Checksum"}
    blocks = (CONTENT[start : start + 1000] for start in range(0, len(CONTENT), 1000))

    made = session.post(f"{running.url}/upload/drive/v3/files", params=query, data=blocks, timeout=10).json()

    assert made == {"sha256Checksum": hashlib.sha256(CONTENT).hexdigest()}


@pytest.mark.parametrize("kind", ["reset", "lost"])
def test_download_that_stops_in_the_middle_is_not_taken_for_whole(admin, running, session, begin, kind):
    identifier = put(session, begin(), 0).json()["id"]
    admin.fault(kind, "drive.files.get", match="alt=media")

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        session.get(f"{running.url}/drive/v3/files/{identifier}", params={"alt": "media"}, timeout=10)


def test_session_is_gone_when_what_was_before_it_comes_back(admin, session, begin):
    admin.snapshot("sin-carga")
    place = begin()
    admin.restore("sin-carga")

    assert put(session, place, 0).status_code == 404


def test_people_put_files_where_the_copies_are(admin, running, session):
    identifier = admin.put_file("Entregas/1234/takeout-001.zip", b"PK")

    query = {"supportsAllDrives": "true", "fields": "name,size,parents"}
    shown = session.get(f"{running.url}/drive/v3/files/{identifier}", params=query, timeout=10).json()

    assert (shown["name"], shown["size"]) == ("takeout-001.zip", "2")


def test_role_and_limits_come_back_when_the_faults_are_cleared(admin, running, session):
    able = f"{running.url}/drive/v3/drives/{running.shared_drive}?fields=capabilities(canTrashChildren)"

    admin.drive_role("")
    gone = session.get(able, timeout=10).status_code
    admin.drive_role("reader")
    reader = session.get(able, timeout=10).json()["capabilities"]["canTrashChildren"]
    admin.clear_faults()

    assert (gone, reader) == (404, False)
    assert session.get(able, timeout=10).json()["capabilities"]["canTrashChildren"] is True
    assert admin.drive_limits(items=3)["items"] == 3
    assert admin.drive_limits(items=None)["items"] == 500_000
