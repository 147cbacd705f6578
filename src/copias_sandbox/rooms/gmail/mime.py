"""A message's parts as ``payload`` shows them, and the snippet.

Headers are read by hand: the email package refuses or repairs what real mailboxes hold (raw 8-bit, NUL, lone CR).
"""

from __future__ import annotations

import html
import re
import typing as t
from email import message_from_bytes
from email.header import decode_header
from email.message import Message

import pybase64

from copias_sandbox.core.errors import Json

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n|\A\r?\n")
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_TAGS = re.compile(r"<[^>]*>|\s+")
_NAME = re.compile(r"[\x21-\x39\x3b-\x7e]+")
SNIPPET: t.Final = 200
SNIPPET_FROM: t.Final = 4000
"""Bytes of a message that are looked at for its snippet."""


def headers(content: bytes) -> list[tuple[str, str]]:
    """Return the headers in their order, unfolded and with RFC 2047 words decoded."""
    end = _END_OF_HEADERS.search(content)
    text = _decoded(content[: end.start()] if end else content)
    found = []
    for line in re.split(r"\r?\n(?![ \t])", text):
        name, colon, value = line.partition(":")
        if colon and _NAME.fullmatch(name):
            found.append((name, decode_words(_FOLD.sub("", value).strip())))
    return found


def header(content: bytes, name: str) -> str:
    """Return the first header of a name, or nothing."""
    return next((value for key, value in headers(content) if key.lower() == name.lower()), "")


def decode_words(value: str) -> str:
    """Return a header's value with its RFC 2047 words read; what cannot be read stays."""
    if "=?" not in value:
        return value
    try:
        parts = decode_header(value)
        return "".join(
            part if isinstance(part, str) else part.decode(kind or "ascii", "replace") for part, kind in parts
        )
    except (ValueError, LookupError):
        return value


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def encode_base64(content: bytes) -> str:
    """Return base64 of the URL alphabet, padded, as ``raw`` and ``data`` are."""
    return pybase64.b64encode(content, b"-_").decode()


def snippet(content: bytes) -> str:
    """Return the beginning of the text, as HTML; a rough reading, made to cost little."""
    start = _END_OF_HEADERS.search(content)
    body = content[start.end() : start.end() + SNIPPET_FROM] if start else b""
    while body.startswith(b"--") or b"\r\n--" in body[:200]:
        inner = _END_OF_HEADERS.search(body)
        if inner is None:
            break
        body = body[inner.end() :]
    text = _decoded(re.sub(rb"=\r?\n|=[0-9A-F]{2}|\x00", b" ", body[: 3 * SNIPPET]))
    return html.escape(_TAGS.sub(" ", text).strip()[:SNIPPET])


def payload(content: bytes, *, message: int) -> Json:
    """Return the tree of a message's parts, as the format ``full`` has it."""
    top = _part(message_from_bytes(content), "", message)
    return {**top, "headers": header_list(content)}


def header_list(content: bytes, only: t.Collection[str] = ()) -> list[Json]:
    """Return headers as ``payload`` shows them; all, or ``only`` those of some names."""
    wanted = {name.lower() for name in only}
    return [{"name": name, "value": value} for name, value in headers(content) if not wanted or name.lower() in wanted]


def parts(content: bytes) -> t.Iterator[tuple[str, Message]]:
    """Yield ``(part id, part)`` for all parts that hold something themselves."""

    def walk(part: Message, identifier: str) -> t.Iterator[tuple[str, Message]]:
        inner = part.get_payload() if part.is_multipart() else None
        if not isinstance(inner, list):
            yield identifier, part
            return
        for index, one in enumerate(inner):
            yield from walk(t.cast("Message", one), f"{identifier}.{index}" if identifier else str(index))

    yield from walk(message_from_bytes(content), "")


def part_content(part: Message) -> bytes:
    """Return what a part holds, decoded."""
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def attachment_id(message: int, part: str) -> str:
    """Return the id of a part's content."""
    return "ANGjdJ" + encode_base64(f"{message:x}/{part}".encode()).rstrip("=")


def _part(part: Message, identifier: str, message: int) -> Json:
    shown: Json = {
        "partId": identifier,
        "mimeType": part.get_content_type(),
        "filename": _file_name(part),
        "headers": [{"name": name, "value": _text(value)} for name, value in part.items()],
    }
    inner = part.get_payload() if part.is_multipart() else None
    if isinstance(inner, list):
        join = f"{identifier}." if identifier else ""
        shown["parts"] = [_part(t.cast("Message", one), f"{join}{index}", message) for index, one in enumerate(inner)]
        return {**shown, "body": {"size": 0}}
    content = part_content(part)
    if shown["filename"]:
        return {**shown, "body": {"attachmentId": attachment_id(message, identifier), "size": len(content)}}
    return {**shown, "body": {"size": len(content), **({"data": encode_base64(content)} if content else {})}}


def _file_name(part: Message) -> str:
    try:
        return _text(part.get_filename() or "")
    except (ValueError, LookupError, TypeError):
        return ""


def _text(value: t.Any) -> str:
    """Return a header of the email package as text that JSON can hold."""
    raw = str(value).encode("utf-8", "surrogateescape")
    return decode_words(_FOLD.sub("", _decoded(raw)))
