"""Content that comes in: at once, in chunks, broken off and gone on with; by Gmail's methods, without a socket."""

from __future__ import annotations

import base64
import random
import re
from urllib.parse import urlsplit

import orjson
import pytest

from copias_sandbox.core.answer import Delivery
from copias_sandbox.core.chunks import UNIT
from copias_sandbox.core.contents import Contents
from copias_sandbox.core.dispatch import Request
from copias_sandbox.core.uploads import LIFE, Uploads
from copias_sandbox.local import LocalClient
from copias_sandbox.oauth.accounts import Accounts

OWNER = "ana@alcaldia.example"
SCOPE = "https://www.googleapis.com/auth/gmail."
IMPORT = "gmail.users.messages.import"
CHUNK = {"method": IMPORT, "match": "upload_id="}
MESSAGE = b"From: a@b.example\r\nSubject: x\r\n\r\n" + base64.b64encode(random.Random(1).randbytes(3 * UNIT // 2))
JSON = b'{"labelIds": ["INBOX"]}'


@pytest.fixture
def owner(google) -> LocalClient:
    Accounts(google.state).put_user({"primaryEmail": OWNER})
    return LocalClient(google, OWNER, scopes=[f"{SCOPE}insert", f"{SCOPE}readonly"])


def send(client, verb, target, body=b"", **headers):
    """Send a request with headers of its own; a name's underscores are hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named |= {"authorization": f"Bearer {client.token}", "host": "127.0.0.1:80"}
    return client.google.dispatch(Request("127.0.0.1", verb, target, named, body))


def raw(client, answer) -> bytes:
    """Return the message that an upload's answer names."""
    identifier = orjson.loads(answer.body)["id"]
    found = client.ask("GET", f"/gmail/v1/users/me/messages/{identifier}", format="raw")
    assert found["labelIds"] == ["INBOX"]
    return base64.urlsafe_b64decode(found["raw"])


def begin(client, **headers) -> str:
    target = "/upload/gmail/v1/users/me/messages/import?uploadType=resumable&fields=id"
    answer = send(client, "POST", target, JSON, x_upload_content_type="message/rfc822", **headers)
    assert (answer.status, answer.body) == (200, b"")
    place = urlsplit(answer.header("Location"))
    assert (place.scheme, place.netloc) == ("http", "127.0.0.1:80")
    return f"{place.path}?{place.query}"


def put(client, place, start, end, *, body=None, verb="PUT"):
    part = MESSAGE[start:end] if body is None else body
    return send(client, verb, place, part, content_range=f"bytes {start}-{end - 1}/{len(MESSAGE)}")


def ask(client, place):
    return send(client, "PUT", place, content_range=f"bytes */{len(MESSAGE)}")


def total(client) -> int:
    return client.ask("GET", "/gmail/v1/users/me/profile")["messagesTotal"]


def test_multipart_carries_labels_and_the_exact_bytes(owner):
    body = (
        b"--zz\r\nContent-Type: application/json\r\n\r\n" + JSON + b"\r\n--zz\r\nContent-Type: message/rfc822\r\n\r\n"
        + MESSAGE + b"\r\n--zz--"
    )  # fmt: skip
    target = "/upload/gmail/v1/users/me/messages/import?uploadType=multipart"

    answer = send(owner, "POST", target, body, content_type='multipart/related; boundary="zz"')

    assert raw(owner, answer) == MESSAGE


def test_chunks_put_or_posted_become_one_message(owner):
    place = begin(owner)

    first = put(owner, place, 0, UNIT)
    last = put(owner, place, UNIT, len(MESSAGE), verb="POST")

    assert (first.status, first.header("Range")) == (308, f"bytes=0-{UNIT - 1}")
    assert set(orjson.loads(last.body)) == {"id"}
    assert raw(owner, last) == MESSAGE


def test_finished_upload_answers_the_same_again_and_makes_no_second_message(owner):
    place = begin(owner)
    done = put(owner, place, 0, len(MESSAGE))

    assert ask(owner, place).body == done.body
    assert put(owner, place, 0, len(MESSAGE)).body == done.body
    assert total(owner) == 1


def test_short_range_is_told_and_gone_on_from(owner, google):
    google.faults.add({"kind": "short", **CHUNK})
    place = begin(owner)

    kept = put(owner, place, 0, 2 * UNIT)

    assert (kept.status, kept.header("Range")) == (308, f"bytes=0-{UNIT - 1}")
    assert raw(owner, put(owner, place, UNIT, len(MESSAGE))) == MESSAGE


def test_line_that_breaks_in_a_chunk_leaves_the_whole_units_that_arrived(owner, google):
    google.faults.add({"kind": "broken", **CHUNK})
    place = begin(owner)

    broken = put(owner, place, 0, 2 * UNIT)

    assert broken.delivery is Delivery.LOST
    assert google.log.calls[-1].bytes == UNIT
    assert ask(owner, place).header("Range") == f"bytes=0-{UNIT - 1}"
    assert raw(owner, put(owner, place, UNIT, len(MESSAGE))) == MESSAGE


def test_line_that_breaks_in_an_ordinary_call_has_no_effect(owner, google):
    google.faults.add({"kind": "broken", "method": IMPORT})

    body = orjson.dumps({"raw": base64.urlsafe_b64encode(MESSAGE).decode()})
    answer = send(owner, "POST", "/gmail/v1/users/me/messages/import", body)

    assert answer.delivery is Delivery.LOST
    assert total(owner) == 0


def test_answer_to_the_last_chunk_that_is_lost_is_asked_for_again(owner, google):
    google.faults.add({"kind": "lost", **CHUNK})
    place = begin(owner)

    assert put(owner, place, 0, len(MESSAGE)).delivery is Delivery.LOST
    assert raw(owner, ask(owner, place)) == MESSAGE
    assert total(owner) == 1


def test_session_that_is_forgotten_or_too_old_is_gone(owner, google):
    google.faults.add({"kind": "forgotten", **CHUNK})

    assert put(owner, begin(owner), 0, UNIT).status == 404
    place = begin(owner)
    google.clock.advance(LIFE + 1)
    assert put(owner, place, 0, UNIT).status == 410


@pytest.mark.parametrize(
    ("start", "end", "body", "said"),
    [
        (UNIT, 2 * UNIT, None, "The next byte is 0"),
        (0, UNIT, b"less", "4 byte"),
        (0, UNIT - 1, None, "multiple of 262144"),
    ],
)
def test_chunk_that_does_not_fit_is_refused(owner, start, end, body, said):
    answer = put(owner, begin(owner), start, end, body=body)

    assert answer.status == 400
    assert said in orjson.loads(answer.body)["error"]["message"]


def test_content_of_another_kind_is_refused_before_it_is_sent(owner):
    target = "/upload/gmail/v1/users/me/messages/import?uploadType=resumable"

    answer = send(owner, "POST", target, JSON, x_upload_content_type="image/png")

    assert answer.status == 400
    assert re.search("image/png.*message", orjson.loads(answer.body)["error"]["message"])


def test_mailbox_of_somebody_else_is_refused_before_anything_is_sent(owner):
    target = "/upload/gmail/v1/users/otro@alcaldia.example/messages/import?uploadType=resumable"

    answer = send(owner, "POST", target, JSON, x_upload_content_type="message/rfc822")

    assert (answer.status, answer.header("Location")) == (403, "")


def test_message_deleted_between_list_and_get_is_gone_for_good(owner, google):
    done = put(owner, begin(owner), 0, len(MESSAGE))
    identifier = orjson.loads(done.body)["id"]
    google.faults.add({"kind": "deleted", "method": "gmail.users.messages.get", "match": identifier})

    assert owner.send("GET", f"/gmail/v1/users/me/messages/{identifier}").status == 404
    assert total(owner) == 0


def test_token_revoked_in_the_middle_is_401_from_then_on(owner, google):
    google.faults.add({"kind": "revoked", "method": "gmail.users.getProfile", "nth": 2})

    statuses = [owner.send("GET", "/gmail/v1/users/me/profile").status for _ in range(3)]

    assert statuses == [200, 401, 401]


def test_history_that_expires_is_404_though_it_was_there(owner, google):
    start = owner.ask("GET", "/gmail/v1/users/me/profile")["historyId"]
    google.faults.add({"kind": "expired", "method": "gmail.users.history.list", "nth": 2})

    path = "/gmail/v1/users/me/history"

    assert [owner.send("GET", path, startHistoryId=start).status for _ in range(2)] == [200, 404]


def test_last_chunk_that_is_refused_and_sent_again_does_not_touch_what_is_kept(google):
    client = LocalClient(google, OWNER)
    target = "/upload/drive/v3/files?uploadType=resumable"
    place = send(client, "POST", target, b'{"name": "n"}').header("Location").partition("127.0.0.1:80")[2]
    kept = Contents(google.state)
    facts = kept.keep(Uploads(google.state, google.clock).path(session_after_two_units(client, google, place)))

    last = put(client, place, 2 * UNIT, len(MESSAGE))

    assert last.status == 200
    assert kept.path(facts.sha256).read_bytes() == MESSAGE[: 2 * UNIT]


def session_after_two_units(client, google, place):
    assert put(client, place, 0, 2 * UNIT).status == 308
    return Uploads(google.state, google.clock).find(place)
