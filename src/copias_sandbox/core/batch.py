"""``POST /batch``: several calls in one ``multipart/mixed`` request, each answered as if it had come alone."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from copias_sandbox.core.answer import Answer, Delivery
from copias_sandbox.core.errors import GoogleError, invalid

MOST_CALLS: t.Final = 100
BOUNDARY: t.Final = "batch_kJ8nP2rT5vX7zB4mQ6wE"
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_BLANK = re.compile(rb"\r?\n\r?\n")
_LINE = re.compile(rb"\r?\n(?![ \t])")
_FOLD = re.compile(rb"\r?\n[ \t]+")


@dataclass(frozen=True)
class Part:
    """One call of a batch; header names in lower case."""

    content_id: str
    verb: str
    target: str
    headers: Mapping[str, str]
    body: bytes


def is_batch(verb: str, path: str) -> bool:
    """Tell whether a request is a batch: each API has a path of its own, ``/batch`` or ``/batch/drive/v3``."""
    return verb == "POST" and (path == "/batch" or path.startswith("/batch/"))


def answer_batch(content_type: str, body: bytes, send: Callable[[Part], Answer]) -> Answer:
    """Send each call of a batch and return all answers, in the same order.

    What happens on the way to one call's answer happens to the whole batch, but a truncated body: that is the part's.

    Raises:
        GoogleError: 400, it is not a batch, or has too many calls.
    """
    parts = read_parts(content_type, body)
    answers = [send(part) for part in parts]
    chunks = [_written(part, answer) for part, answer in zip(parts, answers, strict=True)]
    broken = [answer.delivery for answer in answers if answer.delivery in (Delivery.LOST, Delivery.RESET)]
    return Answer(
        200,
        (("Content-Type", f"multipart/mixed; boundary={BOUNDARY}"), ("Cache-Control", "private")),
        b"".join((*chunks, f"--{BOUNDARY}--\r\n".encode())),
        delivery=broken[0] if broken else Delivery.WHOLE,
        delay=max((answer.delay for answer in answers), default=0.0),
    )


def read_parts(content_type: str, body: bytes) -> list[Part]:
    """Read the calls of a batch.

    Raises:
        GoogleError: 400, it is not a batch, or has too many calls.
    """
    boundary = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/mixed") or boundary is None:
        raise _bad("Missing or malformed boundary")
    pieces = re.split(rb"(?:\A|\r?\n)--" + re.escape(boundary[1].strip().encode()), body)[1:]
    raw = [piece for piece in pieces if not piece.startswith(b"--")]
    if not raw or len(raw) == len(pieces):
        raise _bad("the batch is empty or has no end")
    if len(raw) > MOST_CALLS:
        raise _bad(f"The batch request contains too many calls: {len(raw)}, the limit is {MOST_CALLS}")
    return [_read_part(piece.lstrip(b"\r\n")) for piece in raw]


def _bad(why: str) -> GoogleError:
    return invalid(f"Failed to parse batch request, error: {why}")


def _read_part(raw: bytes) -> Part:
    outer, request = _halves(raw)
    head, body = _halves(request)
    line, _, rest = head.partition(b"\n")
    words = line.decode("latin-1").split()
    if len(words) not in (2, 3):
        raise _bad(f"request line {line[:80]!r}")
    url = urlsplit(words[1])
    target = f"{url.path}?{url.query}" if url.query else url.path
    content_id = _headers(outer).get("content-id", "")
    return Part(content_id, words[0].upper(), target, _headers(rest), body)


def _halves(raw: bytes) -> tuple[bytes, bytes]:
    found = _BLANK.search(raw)
    return (raw[: found.start()], raw[found.end() :]) if found else (raw, b"")


def _headers(raw: bytes) -> dict[str, str]:
    """Read headers; long ones arrive folded."""
    found = {}
    for line in _LINE.split(raw.strip(b"\r\n")):
        name, _, value = _FOLD.sub(b" ", line).decode("latin-1").partition(":")
        found[name.strip().lower()] = value.strip()
    return found


def _written(part: Part, answer: Answer) -> bytes:
    whole = answer.length
    body = b"".join(answer.pieces(whole // 2 if answer.delivery is Delivery.TRUNCATED else whole))
    lines = [f"--{BOUNDARY}", "Content-Type: application/http"]
    if part.content_id:
        inner = part.content_id.removeprefix("<").removesuffix(">")
        lines.append(f"Content-ID: <response-{inner}>")  # never folded: googleapiclient would not find it
    lines += ["", f"HTTP/1.1 {answer.status} {_phrase(answer.status)}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body + b"\r\n"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
