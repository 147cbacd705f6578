"""Drive and the Directory, as far as a spreadsheet's client needs them."""

from __future__ import annotations

import pytest

from copias_sandbox.local import LocalClient
from copias_sandbox.oauth.accounts import Accounts

ADMIN = "https://www.googleapis.com/auth/admin.directory.user"


def names(client, query, **more):
    return sorted(file["name"] for file in client.ask("GET", "/drive/v3/files", q=query, **more)["files"])


@pytest.fixture
def files(client):
    for name in ("Mesa de Ayuda", "Control de copias", "It's"):
        body = {"name": name, "mimeType": "application/vnd.google-apps.spreadsheet"}
        client.ask("POST", "/drive/v3/files", body)
    client.ask("POST", "/drive/v3/files", {"name": "Copias", "mimeType": "application/vnd.google-apps.folder"})
    return client


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('mimeType="application/vnd.google-apps.spreadsheet" and name = "Mesa de Ayuda"', ["Mesa de Ayuda"]),
        ("name = 'It\\'s'", ["It's"]),
        ("name contains 'cop'", ["Control de copias", "Copias"]),
        ("name contains 'opias'", []),
        ("not mimeType = 'application/vnd.google-apps.spreadsheet'", ["Copias"]),
        ("(name = 'Copias' or name = \"It's\") and trashed=false", ["Copias", "It's"]),
        ("'me' in owners and 'root' in parents and modifiedTime > '2020-01-01T00:00:00' and name != 'Copias'",
         ["Control de copias", "It's", "Mesa de Ayuda"]),
        ("trashed = true", []),
    ],
)  # fmt: skip
def test_query_selects(files, query, found):
    assert names(files, query) == found


@pytest.mark.parametrize("query", ["name =", "name ~ 'x'", "color = 'x'", "(name = 'x'", "name = 'x' name = 'y'"])
def test_bad_query_is_refused_in_the_older_shape(files, query):
    error = files.ask("GET", "/drive/v3/files", q=query)["error"]

    assert (error["code"], error["errors"][0]["reason"], "status" in error) == (400, "invalid", False)


def test_four_fields_unless_others_are_asked_for(files):
    file = files.ask("GET", "/drive/v3/files", q="name = 'Copias'")["files"][0]

    assert set(file) == {"kind", "id", "name", "mimeType"}
    assert files.ask("GET", f"/drive/v3/files/{file['id']}", fields="name,trashed") == {
        "name": "Copias",
        "trashed": False,
    }


def test_list_comes_in_pages(files):
    first = files.ask("GET", "/drive/v3/files", pageSize=3)
    second = files.ask("GET", "/drive/v3/files", pageSize=3, pageToken=first["nextPageToken"])

    assert (len(first["files"]), len(second["files"]), "nextPageToken" in second) == (3, 1, False)


def test_stranger_does_not_see_a_file(files, google):
    stranger = LocalClient(google, "otro@alcaldia.example")
    identifier = files.ask("GET", "/drive/v3/files", q="name = 'Copias'")["files"][0]["id"]

    answer = stranger.ask("GET", f"/drive/v3/files/{identifier}")

    assert names(stranger, "") == []
    assert (answer["error"]["code"], answer["error"]["errors"][0]["reason"]) == (404, "notFound")


def test_deleted_spreadsheet_is_gone_from_both(files):
    identifier = files.ask("GET", "/drive/v3/files", q="name = 'Mesa de Ayuda'")["files"][0]["id"]

    assert files.send("DELETE", f"/drive/v3/files/{identifier}").status == 204

    assert files.ask("GET", f"/v4/spreadsheets/{identifier}")["error"]["code"] == 404


def test_sharing_is_given_listed_and_taken_away(files, google):
    identifier = files.ask("GET", "/drive/v3/files", q="name = 'Copias'")["files"][0]["id"]
    path = f"/drive/v3/files/{identifier}/permissions"

    made = files.ask("POST", path, {"type": "user", "role": "reader", "emailAddress": "otro@alcaldia.example"})
    listed = files.ask("GET", path)["permissions"]
    files.send("DELETE", f"{path}/{made['id']}")

    assert [one["role"] for one in listed] == ["owner", "reader"]
    assert len(files.ask("GET", path)["permissions"]) == 1


def test_about_wants_fields(files):
    assert files.ask("GET", "/drive/v3/about")["error"]["code"] == 400
    assert files.ask("GET", "/drive/v3/about", fields="user/emailAddress") == {
        "user": {"emailAddress": "ana@alcaldia.example"}
    }


@pytest.fixture
def administrator(google):
    accounts = Accounts(google.state)
    for name, administrates in (("jefa", True), ("ana", False), ("luis", False)):
        accounts.put_user(
            {
                "primaryEmail": f"{name}@alcaldia.example",
                "isAdmin": administrates,
                "suspended": name == "luis",
                "orgUnitPath": "/Secretaría de Hacienda",
                "name": {"givenName": name, "familyName": "Prueba", "fullName": f"{name} Prueba"},
            }
        )
    return LocalClient(google, "jefa@alcaldia.example", scopes=[ADMIN])


def test_directory_lists_people_in_pages_and_by_query(administrator):
    path = "/admin/directory/v1/users"
    first = administrator.ask("GET", path, customer="my_customer", maxResults=2)
    second = administrator.ask("GET", path, customer="my_customer", pageToken=first["nextPageToken"])
    suspended = administrator.ask("GET", path, domain="alcaldia.example", query="isSuspended=true")

    assert [user["primaryEmail"][:4] for user in first["users"] + second["users"]] == ["ana@", "jefa", "luis"]
    assert [user["primaryEmail"] for user in suspended["users"]] == ["luis@alcaldia.example"]


def test_directory_is_for_administrators(google, administrator):
    path = "/admin/directory/v1/users/ANA@alcaldia.example"
    other = LocalClient(google, "ana@alcaldia.example", scopes=[ADMIN])

    assert administrator.ask("GET", path)["primaryEmail"] == "ana@alcaldia.example"
    assert administrator.ask("GET", path.replace("ANA", "nadie"))["error"]["code"] == 404
    assert other.ask("GET", path)["error"]["errors"][0]["reason"] == "forbidden"
