"""Gmail's history: what happened since a point, in order, as far as it is still known."""

from __future__ import annotations

import pytest

from copias_sandbox.rooms.gmail.mailboxes import SERVICE
from tests.unit.sandbox.gmail_client import ANA, ME, WHOLE, ids, open_mailbox, put

HISTORY = f"{ME}/history"


def point(client) -> str:
    return client.ask("GET", f"{ME}/profile")["historyId"]


def test_nothing_happened_is_an_empty_page_with_the_present_point(google) -> None:
    client = open_mailbox(google, count=5)
    since = point(client)

    assert client.ask("GET", HISTORY, startHistoryId=since) == {"historyId": since}


def test_history_tells_what_came_changed_and_went_in_order(google) -> None:
    client = open_mailbox(google, scopes=(WHOLE,), count=2)
    since, old = point(client), ids(client, includeSpamTrash="true")[0]
    new = put(client, b"Subject: a\r\n\r\n", "INBOX")["id"]
    client.ask("POST", f"{ME}/messages/{new}/modify", {"addLabelIds": ["STARRED"], "removeLabelIds": ["INBOX"]})
    client.ask("DELETE", f"{ME}/messages/{old}")

    records = client.ask("GET", HISTORY, startHistoryId=since)["history"]

    assert [sorted(record.keys() - {"id", "messages"}) for record in records] == [
        ["messagesAdded"],
        ["labelsAdded", "labelsRemoved"],
        ["messagesDeleted"],
    ]
    assert [record["messages"][0]["id"] for record in records] == [new, new, old]
    assert records[1]["labelsAdded"][0]["labelIds"] == ["STARRED"]
    assert records[1]["labelsRemoved"][0]["labelIds"] == ["INBOX"]
    assert [int(record["id"]) for record in records] == sorted(int(record["id"]) for record in records)
    assert int(records[0]["id"]) > int(since)


def test_history_comes_in_pages_and_by_type_and_label(google) -> None:
    client = open_mailbox(google)
    since = point(client)
    made = [put(client, b"x", "INBOX")["id"] for _ in range(5)]
    client.ask("POST", f"{ME}/messages/{made[0]}/modify", {"addLabelIds": ["STARRED"]})
    found, token = [], {}
    while True:
        page = client.ask("GET", HISTORY, startHistoryId=since, maxResults=2, **token)
        found += page["history"]
        if "nextPageToken" not in page:
            break
        token = {"pageToken": page["nextPageToken"]}

    assert len(found) == 6
    only = client.ask("GET", HISTORY, startHistoryId=since, historyTypes="labelAdded")["history"]
    assert [record["messages"][0]["id"] for record in only] == [made[0]]
    starred = client.ask("GET", HISTORY, startHistoryId=since, labelId="STARRED")["history"]
    assert len(starred) == 1


def test_expired_history_is_a_404_for_everybody_who_stood_before(google) -> None:
    client = open_mailbox(google, count=2)
    since = point(client)
    google.services[SERVICE].open(ANA).expire_history()

    assert client.ask("GET", HISTORY, startHistoryId=since)["error"]["code"] == 404
    assert "history" not in client.ask("GET", HISTORY, startHistoryId=point(client))


@pytest.mark.parametrize(("given", "code"), [({}, 400), ({"startHistoryId": "x"}, 400), ({"startHistoryId": "1"}, 404)])
def test_point_that_cannot_be_is_refused(google, given, code) -> None:
    client = open_mailbox(google, count=2)

    assert client.ask("GET", HISTORY, **given)["error"]["code"] == code


def test_point_of_the_future_is_refused(google) -> None:
    client = open_mailbox(google, count=2)

    assert client.ask("GET", HISTORY, startHistoryId=int(point(client)) + 100)["error"]["code"] == 404


def test_labels_of_a_message_that_changed_nothing_leave_no_trace(google) -> None:
    client = open_mailbox(google)
    key = put(client, b"x", "INBOX")["id"]
    since = point(client)

    client.ask("POST", f"{ME}/messages/{key}/modify", {"addLabelIds": ["INBOX"]})

    assert point(client) == since
