"""Gmail's labels."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.gmail_client import ME, ids, open_mailbox, put

LABELS = f"{ME}/labels"
NAMES = ["Contratos, actas/2025/Líquidación «final»", 'con "comillas"', "fiesta 🎉", "uno; {dos} & más"]


def test_system_labels_are_there_from_the_start(google) -> None:
    client = open_mailbox(google)

    found = {label["id"]: label["type"] for label in client.ask("GET", LABELS)["labels"]}

    assert {"INBOX", "SENT", "SPAM", "TRASH", "DRAFT", "CHAT", "UNREAD", "STARRED", "CATEGORY_FORUMS"} <= found.keys()
    assert set(found.values()) == {"system"}


@pytest.mark.parametrize("name", NAMES)
def test_label_is_made_with_its_name_and_found_by_id(google, name) -> None:
    client = open_mailbox(google)

    made = client.ask("POST", LABELS, {"name": name, "labelListVisibility": "labelHide"})

    assert (made["name"], made["type"], made["labelListVisibility"]) == (name, "user", "labelHide")
    listed = client.ask("GET", LABELS, fields="labels(name,id,type)")["labels"]
    assert {"id": made["id"], "name": name, "type": "user"} in listed
    assert client.ask("GET", f"{LABELS}/{made['id']}")["messagesTotal"] == 0


@pytest.mark.parametrize("again", ["Actas/2025", "ACTAS/2025"])
def test_label_that_exists_is_a_409(google, again) -> None:
    client = open_mailbox(google)
    client.ask("POST", LABELS, {"name": "Actas/2025"})

    error = client.ask("POST", LABELS, {"name": again})["error"]

    assert error["code"] == 409
    assert error["errors"][0]["reason"] == "aborted"


@pytest.mark.parametrize("name", ["", " ", "INBOX", "chats", "a//b", "/a", "a/", "x" * 226])
def test_name_that_cannot_be_is_refused(google, name) -> None:
    client = open_mailbox(google)

    assert client.ask("POST", LABELS, {"name": name})["error"]["code"] == 400


def test_label_counts_its_messages(google) -> None:
    client = open_mailbox(google)
    label = client.ask("POST", LABELS, {"name": "Nómina"})["id"]
    put(client, b"Subject: a\r\n\r\n", label, "UNREAD")
    put(client, b"Subject: b\r\n\r\n", label)

    found = client.ask("GET", f"{LABELS}/{label}")

    assert (found["messagesTotal"], found["messagesUnread"], found["threadsTotal"]) == (2, 1, 2)
    assert len(ids(client, labelIds=label)) == len(ids(client, q="label:nómina")) == 2


def test_label_is_renamed_and_deleted_from_its_messages(google) -> None:
    client = open_mailbox(google)
    made = client.ask("POST", LABELS, {"name": "Vieja"})
    key = put(client, b"Subject: a\r\n\r\n", made["id"])["id"]

    renamed = client.ask("PATCH", f"{LABELS}/{made['id']}", {"name": "Nueva"})
    updated = client.ask("PUT", f"{LABELS}/{made['id']}", {"id": made["id"], "name": "Otra"})
    done = client.send("DELETE", f"{LABELS}/{made['id']}")

    assert (renamed["name"], updated["name"], done.status) == ("Nueva", "Otra", 204)
    assert "labelIds" not in client.ask("GET", f"{ME}/messages/{key}", format="minimal")
    assert client.ask("GET", f"{LABELS}/{made['id']}")["error"]["code"] == 404


def test_system_label_cannot_be_changed(google) -> None:
    client = open_mailbox(google)

    assert client.ask("PATCH", f"{LABELS}/INBOX", {"name": "x"})["error"]["code"] == 400
    assert client.ask("DELETE", f"{LABELS}/INBOX")["error"]["code"] == 400
