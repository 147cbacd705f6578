"""``multipart/related``: a JSON body and content in one request."""

from __future__ import annotations

import base64
import binascii
import re
import typing as t
from email.message import Message
from email.parser import BytesHeaderParser

from copias_sandbox.core.errors import GoogleError
from copias_sandbox.core.room import Media

_PARTS: t.Final = 2


def split_related(content_type: str, body: bytes) -> tuple[bytes, Media]:
    """Return the JSON of the first part and the content of the second.

    Raises:
        GoogleError: 400, it does not have exactly two parts.
    """
    boundary = _boundary(content_type)
    # A line break before a delimiter belongs to it; the first may stand at the very beginning.
    parts = re.split(rb"(?:^|\r?\n)--" + re.escape(boundary) + rb"(?=--|[ \t]*\r?\n)", body)[1:]
    whole = [part for part in parts if not part.startswith(b"--")]
    if len(whole) != _PARTS or len(parts) == len(whole):
        raise _malformed()
    first, second = (_read_part(part) for part in whole)
    return first[1], Media(second[0].get_content_type(), _decoded(*second))


def _boundary(content_type: str) -> bytes:
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary()
    if not content_type.lower().startswith("multipart/") or not boundary:
        raise _malformed()
    return boundary.encode()


def _read_part(part: bytes) -> tuple[Message, bytes]:
    """Split a part into headers and content; it begins with what is left of its delimiter's line."""
    part = re.sub(rb"\A[ \t]*\r?\n", b"", part)
    if part.startswith((b"\r\n", b"\n")):
        return Message(), part.split(b"\n", 1)[1]
    pieces = re.split(rb"\r?\n\r?\n", part, maxsplit=1)
    if len(pieces) != _PARTS:
        raise _malformed()
    return BytesHeaderParser().parsebytes(pieces[0]), pieces[1]


def _decoded(headers: Message, content: bytes) -> bytes:
    if headers.get("Content-Transfer-Encoding", "binary").lower() != "base64":
        return content
    try:
        return base64.b64decode(content)
    except binascii.Error:
        raise _malformed() from None


def _malformed() -> GoogleError:
    return GoogleError(400, "Malformed multipart body.", reason="badRequest")
