"""Messages on their way into a mailbox: in one request, or in parts that survive a break."""

from __future__ import annotations

import secrets
import typing as t
from dataclasses import replace

import orjson

from copias.google.errors import GoogleMissing, GoogleUnavailable

if t.TYPE_CHECKING:
    from copias.google.session import ApiAnswer, ApiCall, GoogleSession

PART: t.Final = 4 * 2**20
"""Bytes of one part; a multiple of 256 KiB, as Google demands of all but the last."""
_INCOMPLETE: t.Final = 308
_BREAKS: t.Final = 5


def multipart(call: ApiCall, metadata: dict[str, t.Any], content: bytes) -> ApiCall:
    """Return an upload with its metadata and a message as one ``multipart/related`` body."""
    boundary = secrets.token_hex(16)
    while boundary.encode() in content:
        boundary = secrets.token_hex(16)
    line = f"--{boundary}".encode()
    head = line + b"\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n" + orjson.dumps(metadata)
    body = b"".join([head, b"\r\n", line, b"\r\nContent-Type: message/rfc822\r\n\r\n", content, b"\r\n", line, b"--"])
    return replace(call, body=body, headers={"Content-Type": f"multipart/related; boundary={boundary}"})


async def upload_resumable(session: GoogleSession, call: ApiCall, metadata: dict[str, t.Any], content: bytes) -> t.Any:
    """Upload a message in parts and return the answer's value; nothing happens before the last part has arrived.

    Raises:
        GoogleUnavailable: it broke too often; ``maybe_done`` when the last part may have arrived.
    """
    total = len(content)
    place = await _begin(session, call, metadata, total)
    sent, breaks = 0, 0
    while True:
        part = content[sent : sent + PART]
        try:
            answer = await session.request(_part(call, place, part, f"bytes {sent}-{sent + len(part) - 1}/{total}"))
        except GoogleUnavailable as error:
            breaks += 1
            last = sent + len(part) == total
            if breaks > _BREAKS:
                error.maybe_done = last
                raise
            answer = await _ask_how_far(session, _part(call, place, b"", f"bytes */{total}"), last=last)
        if answer.status != _INCOMPLETE:
            return answer.value
        sent = _received(answer)


async def _ask_how_far(session: GoogleSession, call: ApiCall, *, last: bool) -> ApiAnswer:
    try:
        return await session.request(call)
    except GoogleUnavailable as error:
        error.maybe_done = last  # the question has no effect, but the part before it may have had
        raise


async def _begin(session: GoogleSession, call: ApiCall, metadata: dict[str, t.Any], total: int) -> str:
    headers = {
        "Content-Type": "application/json; charset=UTF-8",
        "X-Upload-Content-Type": "message/rfc822",
        "X-Upload-Content-Length": str(total),
    }
    begun = replace(call, body=orjson.dumps(metadata), headers=headers, repeatable=True, read=bytes)
    answer = await session.request(begun)
    place = answer.headers.get("Location", "")
    if not place:
        raise GoogleMissing(call.what, whose=call.account, why="Google no dijo adónde subirlo", repair="repita luego")
    return place


def _part(call: ApiCall, place: str, part: bytes, where: str) -> ApiCall:
    """Return the call of one part."""
    read = call.read
    return replace(
        call,
        path=place,
        verb="PUT",
        body=part,
        headers={"Content-Range": where, "Content-Type": "message/rfc822"},
        # Sent twice it would be refused: after a break Google says what it has.
        repeatable=False,
        good=frozenset({_INCOMPLETE}),
        paid=True,
        read=lambda body: read(body) if body.strip() else b"",
    )


def _received(answer: ApiAnswer) -> int:
    """Return how many bytes have arrived: ``Range: bytes=0-4194303``, or none."""
    _, _, last = answer.headers.get("Range", "").rpartition("-")
    return int(last) + 1 if last.isdigit() else 0
