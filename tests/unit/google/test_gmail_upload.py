"""Messages go into a mailbox whole and once, small or large, whatever breaks on the way; in the sandbox's Gmail."""

from __future__ import annotations

import asyncio
import hashlib
import random
import typing as t

import pytest

from copias.google.errors import GoogleUnavailable
from copias.google.gmail import Gmail
from copias.google.gmail_upload import PART, upload_resumable
from copias.google.scopes import GMAIL_INSERT, GMAIL_LABELS, GMAIL_READ, GMAIL_SEND
from copias.google.session import ApiCall
from copias_sandbox.seed.words import HELP_DESK

IMPORT = "gmail.users.messages.import"
CHUNKS = {"method": IMPORT, "match": "upload_id="}
HEAD = b"From: a@b.example\r\nTo: " + HELP_DESK.encode() + b"\r\nDate: Mon, 2 Mar 2026 10:00:00 -0500\r\n"
HEAD += b"Message-ID: <1@b.example>\r\nSubject: prueba\r\n\r\n"
SMALL = HEAD + b"From aqu\xc3\xad\r\n" + random.Random(2).randbytes(5000)
UPLOAD = ApiCall(
    method=IMPORT,
    account=HELP_DESK,
    scopes=(GMAIL_INSERT,),
    path="upload/gmail/v1/users/me/messages/import?uploadType=resumable",
    what="no se devolvió el mensaje al buzón",
    verb="POST",
    repeatable=False,
)
LARGE = HEAD + random.Random(3).randbytes(2 * PART + PART // 2)


def use(sandbox, folder, work: t.Callable[[Gmail], t.Any], *scopes: str) -> t.Any:
    async def run() -> t.Any:
        async with sandbox.session(folder) as session:
            return await work(Gmail(session, HELP_DESK, (*scopes, GMAIL_READ)))

    return asyncio.run(run())


def take_in(sandbox, folder, content: bytes) -> str:
    return use(sandbox, folder, lambda gmail: gmail.import_message(content, ["INBOX"]), GMAIL_INSERT, GMAIL_LABELS)


def held(sandbox, content: bytes) -> list[str]:
    """Return the ids of the messages that have exactly these bytes."""
    digest = hashlib.sha256(content).hexdigest()
    return [mail["id"] for mail in sandbox.admin.mail(HELP_DESK, digests=True) if mail["sha256"] == digest]


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
def test_message_is_taken_in_with_its_exact_bytes_and_its_date(sandbox, tmp_path, content) -> None:
    identifier = take_in(sandbox, tmp_path, content)

    assert held(sandbox, content) == [identifier]
    (mail,) = [mail for mail in sandbox.admin.mail(HELP_DESK) if mail["id"] == identifier]
    assert mail["labels"] == ["INBOX"]
    assert mail["internal_date"] == 1772463600_000


def test_message_that_is_sent_arrives_with_its_bytes(sandbox, tmp_path) -> None:
    use(sandbox, tmp_path, lambda gmail: gmail.send(SMALL), GMAIL_SEND)

    assert len(held(sandbox, SMALL)) == 2, "among the sent, and in the inbox of who wrote to himself"


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "short"},
        {"kind": "short", "nth": 1, "times": 2},
        {"kind": "broken", "nth": 2},
        {"kind": "lost", "nth": 1},
        {"kind": "lost", "nth": 3},
        {"kind": "reset", "nth": 3},
        {"kind": "status", "status": 503, "nth": 2},
        {"kind": "status", "status": 429, "reason": "rateLimitExceeded", "nth": 3},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_large_message_goes_on_where_it_stopped_and_is_there_once(sandbox, tmp_path, fault) -> None:
    sandbox.admin.fault(**CHUNKS, **fault)

    identifier = take_in(sandbox, tmp_path, LARGE)

    assert held(sandbox, LARGE) == [identifier]
    sent = sum(call["bytes"] for call in sandbox.admin.calls(IMPORT) if "upload_id=" in call["target"])
    assert sent <= len(LARGE) + 2 * PART


@pytest.mark.parametrize("kind", ["lost", "reset", "truncated"])
def test_small_message_whose_answer_is_lost_is_not_sent_twice(sandbox, tmp_path, kind) -> None:
    sandbox.admin.fault(kind, IMPORT)

    with pytest.raises(GoogleUnavailable) as caught:
        take_in(sandbox, tmp_path, SMALL)

    assert caught.value.maybe_done
    assert len(held(sandbox, SMALL)) == 1


def test_large_message_that_does_not_arrive_leaves_nothing(sandbox, tmp_path) -> None:
    sandbox.admin.fault("status", **CHUNKS, nth=2, times=0, status=503)

    with pytest.raises(GoogleUnavailable):
        take_in(sandbox, tmp_path, LARGE)

    assert held(sandbox, LARGE) == []


def test_server_that_goes_away_after_the_last_part_may_have_taken_the_message(sandbox, tmp_path) -> None:
    """That nobody answers afterwards does not say that nothing arrived before."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0] or 0)
        await reader.readexactly(length)
        if head.startswith(b"put"):
            server.close()
        elif b"/token" in head:
            token = b'{"access_token": "x", "expires_in": 3600, "token_type": "Bearer"}'
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(token) + token)
        else:
            place = f"http://127.0.0.1:{port}/upload/x?upload_id=1".encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\nLocation: " + place + b"\r\n\r\n"
            )
        writer.close()

    async def work() -> None:
        nonlocal server, port
        server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**25)
        port = server.sockets[0].getsockname()[1]
        async with sandbox.session(tmp_path, endpoint=f"http://127.0.0.1:{port}", attempts=2) as session:
            await upload_resumable(session, UPLOAD, {}, SMALL)

    server: asyncio.Server
    port = 0
    with pytest.raises(GoogleUnavailable) as told:
        asyncio.run(work())

    assert told.value.maybe_done
