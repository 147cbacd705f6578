"""Gmail calls in one batch, as real clients send them; and faults that strike one message only."""

from __future__ import annotations

import email
import re
from email.message import Message

import orjson
import pytest

from copias_sandbox.core.answer import Answer, Delivery
from copias_sandbox.core.dispatch import Request
from copias_sandbox.local import LocalClient
from tests.unit.sandbox.gmail_client import ME, ids, open_mailbox

GET = "gmail.users.messages.get"


def part(identifier: str, line: str, *, headers: str = "", body: str = "") -> str:
    return f"Content-Type: application/http\r\nContent-ID: {identifier}\r\n\r\n{line}\r\n{headers}\r\n{body}"


def send(client: LocalClient, *parts: str, boundary: str = "b1", token: bool = True) -> Answer:
    body = "".join(f"--{boundary}\r\n{one}\r\n" for one in parts) + f"--{boundary}--"
    headers = {"host": "gmail.googleapis.com", "content-type": f'multipart/mixed; boundary="{boundary}"'}
    if token:
        headers["authorization"] = f"Bearer {client.token}"
    return client.google.dispatch(Request("gmail.googleapis.com", "POST", "/batch", headers, body.encode()))


def read(answer: Answer) -> list[tuple[str, int, dict]]:
    """Return Content-ID, status and JSON of each part, read as googleapiclient does."""
    whole = email.message_from_bytes(
        b"Content-Type: " + answer.header("Content-Type").encode() + b"\r\n\r\n" + answer.body
    )
    found = []
    for one in whole.get_payload():
        assert isinstance(one, Message)
        head, _, body = one.get_payload(decode=True).partition(b"\r\n\r\n")
        found.append((one["Content-ID"], int(head.split()[1]), orjson.loads(body) if body.strip() else {}))
    return found


def test_each_call_is_answered_under_its_own_id_in_order(google) -> None:
    client = open_mailbox(google, count=3)
    keys = ids(client, includeSpamTrash="true")
    asked = [f"GET {ME}/messages/{key}?format=minimal&fields=id,labelIds HTTP/1.1" for key in [*keys, "ff"]]

    found = read(send(client, *(part(f"<a + {n}>", line) for n, line in enumerate(asked))))

    assert [identifier for identifier, _, _ in found] == [f"<response-a + {n}>" for n in range(4)]
    assert [status for _, status, _ in found] == [200, 200, 200, 404]
    assert [body.get("id") for _, _, body in found] == [*keys, None]


def test_folded_headers_are_unfolded_and_the_answer_is_not_folded(google) -> None:
    client = open_mailbox(google, count=1)
    identifier = "<" + "x" * 40 + "\r\n " + "y" * 60 + "+1>"

    answer = send(client, part(identifier, f"GET {ME}/profile HTTP/1.1"))

    assert b"Content-ID: <response-" + b"x" * 40 + b" " + b"y" * 60 + b"+1>\r\n" in answer.body


def test_call_with_a_token_of_its_own_does_not_inherit_the_outer_one(google) -> None:
    client, other = open_mailbox(google, count=1), open_mailbox(google, "luz@alcaldia.example", count=2)
    own = f"Authorization: Bearer {other.token}\r\n"

    answer = send(client, part("<1>", f"GET {ME}/profile"), part("<2>", f"GET {ME}/profile", headers=own))
    bare = send(client, part("<1>", f"GET {ME}/profile", headers=own), part("<2>", f"GET {ME}/profile"), token=False)

    assert [body["messagesTotal"] for _, _, body in read(answer)] == [1, 2]
    assert [status for _, status, _ in read(bare)] == [200, 401]


def test_body_of_a_call_and_an_absolute_address_are_read(google) -> None:
    client = open_mailbox(google)
    line = f"POST https://gmail.googleapis.com{ME}/labels HTTP/1.1"
    headers = "Content-Type: application/json\r\n"

    ((_, status, made),) = read(send(client, part("<1>", line, headers=headers, body='{"name": "Actas, \u00f1"}')))

    assert (status, made["name"]) == (200, "Actas, ñ")


@pytest.mark.parametrize("count", [0, 101])
def test_batch_of_none_or_too_many_is_refused(google, count) -> None:
    client = open_mailbox(google)

    assert send(client, *[part(f"<{n}>", f"GET {ME}/profile") for n in range(count)]).status == 400


def test_batch_without_its_end_is_refused(google) -> None:
    open_mailbox(google)
    headers = {"host": "gmail.googleapis.com", "content-type": "multipart/mixed; boundary=b", "authorization": "x"}
    body = f"--b\r\n{part('<1>', f'GET {ME}/profile')}\r\n".encode()

    assert google.dispatch(Request("gmail.googleapis.com", "POST", "/batch", headers, body)).status == 400


def test_batch_in_a_batch_is_not_found(google) -> None:
    client = open_mailbox(google)

    answer = send(client, part("<1>", "POST /batch HTTP/1.1"))

    assert re.findall(rb"HTTP/1.1 (\d+)", answer.body) == [b"404"]


def test_fault_strikes_one_message_of_a_batch(google) -> None:
    client = open_mailbox(google, count=3)
    keys = ids(client, includeSpamTrash="true")
    google.faults.add({"kind": "status", "method": GET, "match": keys[1], "status": 503})

    lines = [part(f"<{n}>", f"GET {ME}/messages/{key}?format=raw") for n, key in enumerate(keys)]
    first, second = read(send(client, *lines)), read(send(client, *lines))

    assert [status for _, status, _ in first] == [200, 503, 200]
    assert [status for _, status, _ in second] == [200, 200, 200]


@pytest.mark.parametrize("kind", ["lost", "reset", "truncated"])
def test_broken_delivery_strikes_one_message(google, kind) -> None:
    client = open_mailbox(google, count=3)
    keys = ids(client, includeSpamTrash="true")
    google.faults.add({"kind": kind, "method": GET, "match": keys[1]})

    ways = [client.send("GET", f"{ME}/messages/{key}", format="raw").delivery for key in keys]

    assert ways == [Delivery.WHOLE, Delivery(kind), Delivery.WHOLE]


def test_message_that_is_deleted_between_list_and_get_is_gone_and_in_the_history(google) -> None:
    client = open_mailbox(google, count=3)
    since, keys = client.ask("GET", f"{ME}/profile")["historyId"], ids(client, includeSpamTrash="true")
    google.faults.add({"kind": "deleted", "method": GET, "match": keys[0]})

    assert client.ask("GET", f"{ME}/messages/{keys[0]}")["error"]["code"] == 404
    assert ids(client, includeSpamTrash="true") == keys[1:]
    (record,) = client.ask("GET", f"{ME}/history", startHistoryId=since)["history"]
    assert record["messagesDeleted"][0]["message"]["id"] == keys[0]


@pytest.mark.parametrize(("kind", "count"), [("repeated", 12 + 3), ("ended", 5), ("hidden", 11)])
def test_lists_repeat_end_early_and_pass_over_when_planned(google, kind, count) -> None:
    client = open_mailbox(google, count=12)
    google.faults.add({"kind": kind, "method": "gmail.users.messages.list"})

    assert len(ids(client, maxResults=5, includeSpamTrash="true")) == count


def test_faults_with_a_probability_strike_the_same_messages_each_time(google) -> None:
    client = open_mailbox(google, count=60)
    struck = []
    for order in (1, -1):
        google.faults.clear()
        google.faults.add({"kind": "status", "method": GET, "probability": 0.2, "seed": 4, "times": 0})
        keys = ids(client, includeSpamTrash="true")[::order]
        struck.append({key for key in keys if "error" in client.ask("GET", f"{ME}/messages/{key}", format="minimal")})

    assert struck[0] == struck[1]
    assert 3 <= len(struck[0]) <= 25


def test_expired_history_and_revoked_token_strike_when_planned(google) -> None:
    client = open_mailbox(google, count=2)
    since = client.ask("GET", f"{ME}/profile")["historyId"]
    google.faults.add({"kind": "expired", "method": "gmail.users.history.list"})
    google.faults.add({"kind": "revoked", "method": "gmail.users.labels.list"})

    assert client.ask("GET", f"{ME}/history", startHistoryId=since)["error"]["code"] == 404
    assert client.ask("GET", f"{ME}/labels")["error"]["code"] == 401
    assert client.ask("GET", f"{ME}/profile")["error"]["code"] == 401
