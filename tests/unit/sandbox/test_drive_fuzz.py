"""Whatever a body or a query of Drive holds, the answer is one that Google could give."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copias_sandbox.core.dispatch import Google
from copias_sandbox.local import LocalClient
from copias_sandbox.rooms.drive.files import DOCUMENT, FOLDER, SHORTCUT, SPREADSHEET
from copias_sandbox.rooms.registry import ROOMS
from copias_sandbox.state import State

FILES = "/drive/v3/files"
WORDS = st.sampled_from(
    ["", "root", "n", FOLDER, DOCUMENT, SHORTCUT, SPREADSHEET, "2026-01-01T00:00:00Z", "reader", "ñ"]
)
VALUES = st.recursive(
    st.one_of(WORDS, st.integers(-3, 3), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(WORDS, inner, max_size=2)),
    max_leaves=4,
)
FIELDS = ("name", "mimeType", "parents", "id", "properties", "trashed", "starred", "modifiedTime", "shortcutDetails")
SHARING = ("type", "role", "emailAddress", "domain", "expirationTime")
CALLS = (
    ("POST", FILES, FIELDS),
    ("PATCH", f"{FILES}/{{id}}", FIELDS),
    ("POST", f"{FILES}/{{id}}/copy", FIELDS),
    ("POST", f"{FILES}/{{id}}/permissions", SHARING),
    ("POST", "/drive/v3/drives", ("name", "restrictions")),
)
QUERY = {
    "POST": ("requestId", "supportsAllDrives", "transferOwnership", "fields"),
    "PATCH": ("addParents", "removeParents", "supportsAllDrives", "fields"),
}


@pytest.fixture(scope="module")
def calling():
    google = Google(State(":memory:"), ROOMS, strict=True)
    client = LocalClient(google)
    identifier = client.ask("POST", FILES, {"name": "n", "mimeType": FOLDER})["id"]
    yield client, identifier
    google.state.close()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize(("verb", "path", "fields"), CALLS)
@given(data=st.data())
def test_any_body_gets_an_answer_of_googles(calling, verb, path, fields, data) -> None:
    client, identifier = calling
    body: dict[str, Any] = data.draw(st.dictionaries(st.sampled_from(fields), VALUES, max_size=4))
    query = data.draw(st.dictionaries(st.sampled_from(QUERY[verb]), WORDS, max_size=2))

    answer = client.send(verb, path.format(id=identifier), body, **query)

    assert answer.status < 500, answer.body


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.dictionaries(
        st.sampled_from(["q", "corpora", "driveId", "orderBy", "pageToken", "pageSize", "fields", "spaces"]),
        st.one_of(WORDS, st.sampled_from(["user", "drive", "allDrives", "name", "files(id)", "p3", "trashed", "*"])),
        max_size=4,
    )
)
def test_any_list_gets_an_answer_of_googles(calling, query) -> None:
    client, _ = calling

    assert client.send("GET", FILES, **query).status < 500
