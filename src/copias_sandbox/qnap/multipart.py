"""The fussy parser of uploads: what it does not like it drops, and the caller still says success."""

from __future__ import annotations

import re
import typing as t

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_NAME = re.compile(rb'; name="([^"]*)"')
_FILENAME = re.compile(rb'; filename="([^"]*)"')
_HEAD_LIMIT = 64 << 10
_BLOCK = 1 << 20


class Body(t.Protocol):
    """What a request's body is read from."""

    def read(self, size: int = ..., /) -> bytes:
        """Return so many bytes, fewer at the end."""
        ...

    def readline(self, size: int = ..., /) -> bytes:
        """Return the bytes up to a line's end, with it."""
        ...


class FilePart(t.NamedTuple):
    """The beginning of the part that holds the file: its name, and the bytes of its content."""

    filename: str
    bytes: int


def find_boundary(content_type: str) -> bytes:
    """Return the delimiter of a multipart body, empty when there is none."""
    found = _BOUNDARY.search(content_type)
    return b"--" + found[1].encode() if found else b""


def open_file_part(body: Body, boundary: bytes, length: int) -> tuple[FilePart | None, int]:
    """Read up to the content of the file, and return what it is and how many bytes of the body are left.

    The file must be the last part. ``None`` is what the real parser does not take: another first header than
    Content-Disposition, an unquoted name, or ``filename*``.
    """
    left = length
    while True:
        headers, used = _read_head(body, boundary)
        left -= used
        if not headers:
            return None, left
        disposition = headers[0]
        name, filename = _NAME.search(disposition), _FILENAME.search(disposition)
        good = disposition.lower().startswith(b"content-disposition:") and b"filename*" not in disposition and name
        if not good:
            return None, left
        if filename:
            tail = len(b"\r\n" + boundary + b"--\r\n")
            return FilePart(filename[1].decode("utf-8", "replace"), left - tail), left
        left -= len(body.readline(_HEAD_LIMIT))  # the value of a plain field


def _read_head(body: Body, boundary: bytes) -> tuple[list[bytes], int]:
    first = body.readline(_HEAD_LIMIT)
    used = len(first)
    if first.strip() != boundary:
        return [], used
    headers: list[bytes] = []
    while (line := body.readline(_HEAD_LIMIT)) not in (b"\r\n", b"\n", b""):
        used += len(line)
        headers.append(line.strip())
    return headers, used + 2


def blocks(body: Body, count: int) -> t.Iterator[bytes]:
    """Yield ``count`` bytes of a body in blocks; fewer when the line breaks."""
    while count > 0 and (block := body.read(min(count, _BLOCK))):
        count -= len(block)
        yield block
