"""Gmail's messages: mail that comes in, is sent, relabelled, deleted; drafts and conversations."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.gmail_client import ANA, LUZ, ME, WHOLE, ids, open_mailbox, put, raw_of

# Mail that comes in


@pytest.mark.parametrize("method", ["import", "insert"])
def test_bytes_that_come_in_come_out(google, method) -> None:
    client = open_mailbox(google)
    content = b"Subject: x\r\n\r\n\x00\xff\xfe\nFrom y\r\n.\r\n"

    made = put(client, content, "INBOX", "UNREAD", method=method)

    assert raw_of(client, made["id"]) == content
    assert set(made["labelIds"]) == {"INBOX", "UNREAD"}


def test_date_is_that_of_the_header_or_now_as_asked(google) -> None:
    client = open_mailbox(google)
    content = b"Date: Mon, 05 Jan 2026 10:00:00 -0500\r\n\r\n"
    now = int(google.clock.now())

    dates = {}
    for source in ("dateHeader", "receivedTime"):
        key = put(client, content, internalDateSource=source)["id"]
        dates[source] = int(client.ask("GET", f"{ME}/messages/{key}", format="minimal")["internalDate"]) // 1000

    assert dates["dateHeader"] == 1767625200
    assert abs(dates["receivedTime"] - now) <= 5


def test_answer_joins_the_conversation_that_it_refers_to(google) -> None:
    client = open_mailbox(google)
    first = put(client, b"Subject: Acta\r\nMessage-ID: <a@x>\r\n\r\n")
    answer = put(client, b"Subject: Re: Acta\r\nMessage-ID: <b@x>\r\nIn-Reply-To: <a@x>\r\n\r\n")
    other = put(client, b"Subject: Otra\r\nReferences: <a@x>\r\n\r\n")

    assert answer["threadId"] == first["threadId"] != other["threadId"]


@pytest.mark.parametrize(
    "body", [{}, {"raw": "¡no!"}, {"raw": "YQ==", "labelIds": ["Label_99"]}, {"raw": "YQ==", "labelIds": ["CHAT"]}]
)
def test_message_that_cannot_be_taken_in_is_refused(google, body) -> None:
    client = open_mailbox(google)

    assert client.ask("POST", f"{ME}/messages/import", body)["error"]["code"] == 400
    assert ids(client) == []


def test_sent_mail_is_in_both_mailboxes_and_hides_its_blind_copies(google) -> None:
    client, other = open_mailbox(google), open_mailbox(google, LUZ)
    content = f"To: {LUZ}\r\nBcc: {ANA}\r\nSubject: hola\r\n\r\nx\r\n".encode()

    sent = put(client, content, method="send")

    (received,) = ids(other)
    assert sent["labelIds"] == ["SENT"]
    assert b"Bcc" in raw_of(client, sent["id"])
    assert b"Bcc" not in raw_of(other, received)
    assert f"From: {ANA}".encode() in raw_of(other, received)
    assert set(other.ask("GET", f"{ME}/messages/{received}", format="minimal")["labelIds"]) == {"INBOX", "UNREAD"}


def test_mail_without_a_recipient_is_not_sent(google) -> None:
    client = open_mailbox(google)

    assert put(client, b"Subject: x\r\n\r\n", method="send")["error"]["code"] == 400


# What is changed


def test_labels_of_a_message_are_changed_and_trash_is_undone(google) -> None:
    client = open_mailbox(google)
    key = put(client, b"Subject: x\r\n\r\n", "INBOX")["id"]
    path = f"{ME}/messages/{key}"

    changed = client.ask("POST", f"{path}/modify", {"addLabelIds": ["STARRED"], "removeLabelIds": ["INBOX"]})
    trashed = client.ask("POST", f"{path}/trash")
    back = client.ask("POST", f"{path}/untrash")

    assert changed["labelIds"] == ["STARRED"]
    assert set(trashed["labelIds"]) == {"STARRED", "TRASH"}
    assert back["labelIds"] == ["STARRED"]


@pytest.mark.parametrize(
    "body",
    [{}, {"addLabelIds": ["X"]}, {"addLabelIds": ["SENT"]}, {"addLabelIds": ["INBOX"], "removeLabelIds": ["INBOX"]}],
)
def test_change_that_makes_no_sense_is_refused(google, body) -> None:
    client = open_mailbox(google, count=1)
    (key,) = ids(client, includeSpamTrash="true")

    assert client.ask("POST", f"{ME}/messages/{key}/modify", body)["error"]["code"] == 400


def test_many_messages_are_changed_and_deleted_at_once(google) -> None:
    client = open_mailbox(google, scopes=(WHOLE,), count=5)
    keys = ids(client, includeSpamTrash="true")

    client.ask("POST", f"{ME}/messages/batchModify", {"ids": [*keys[:2], "ff"], "addLabelIds": ["IMPORTANT"]})
    client.ask("POST", f"{ME}/messages/batchDelete", {"ids": keys[2:4]})

    assert set(keys[:2]) <= set(ids(client, labelIds="IMPORTANT", includeSpamTrash="true"))
    assert ids(client, includeSpamTrash="true") == [*keys[:2], keys[4]]


# Drafts, chats, conversations


def test_drafts_are_listed_and_read(google) -> None:
    client = open_mailbox(google, count=3, kinds=("draft", "plain", "draft"))

    drafts = client.ask("GET", f"{ME}/drafts")["drafts"]
    one = client.ask("GET", f"{ME}/drafts/{drafts[0]['id']}", format="minimal")

    assert len(drafts) == 2
    assert one["message"]["id"] == drafts[0]["message"]["id"]
    assert one["message"]["labelIds"] == ["DRAFT"]
    assert client.ask("GET", f"{ME}/drafts/r1")["error"]["code"] == 404


def test_conversation_holds_its_messages_oldest_first(google) -> None:
    client = open_mailbox(google)
    keys = [
        put(client, f"Subject: Re: Acta\r\nMessage-ID: <{n}@x>\r\nReferences: <{n - 1}@x>\r\n\r\n".encode())["id"]
        for n in range(3)
    ]
    put(client, b"Subject: otra\r\n\r\n")

    threads = client.ask("GET", f"{ME}/threads")["threads"]
    thread = client.ask("GET", f"{ME}/threads/{threads[-1]['id']}", format="minimal")

    assert len(threads) == 2
    assert [message["id"] for message in thread["messages"]] == keys
    assert client.ask("GET", f"{ME}/threads/ff")["error"]["code"] == 404


def test_conversation_is_changed_and_deleted_whole(google) -> None:
    client = open_mailbox(google, scopes=(WHOLE,))
    made = [
        put(client, f"Subject: Acta\r\nMessage-ID: <{n}@x>\r\nReferences: <0@x>\r\n\r\n".encode()) for n in range(2)
    ]
    path = f"{ME}/threads/{made[0]['threadId']}"

    client.ask("POST", f"{path}/modify", {"addLabelIds": ["STARRED"]})
    assert len(ids(client, labelIds="STARRED")) == 2
    client.ask("POST", f"{path}/trash")
    assert ids(client) == []
    client.ask("POST", f"{path}/untrash")
    assert len(ids(client)) == 2
    assert client.send("DELETE", path).status == 204
    assert ids(client, includeSpamTrash="true") == []


def test_threads_come_once_over_all_pages(google) -> None:
    client = open_mailbox(google, count=20)
    found, token = [], {}
    while True:
        page = client.ask("GET", f"{ME}/threads", maxResults=3, includeSpamTrash="true", **token)
        found += [thread["id"] for thread in page["threads"]]
        if "nextPageToken" not in page:
            break
        token = {"pageToken": page["nextPageToken"]}

    assert len(found) == len(set(found)) == client.ask("GET", f"{ME}/profile")["threadsTotal"]
