"""Content that goes to a client: whole, or the range that it asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from copias_sandbox.core.answer import Answer, Slice
from copias_sandbox.core.contents import size_of

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True)
class Download:
    """What a handler returns in place of JSON."""

    content_type: str
    content: bytes | Path
    headers: tuple[tuple[str, str], ...] = ()


def deliver(download: Download, request_headers: Mapping[str, str]) -> Answer:
    """Return 200 with all of it, 206 with the range of ``Range``, or 416 when that begins after the end."""
    size = size_of(download.content)
    wanted = _wanted(request_headers.get("range", ""), size)
    headers = (("Content-Type", download.content_type), ("Accept-Ranges", "bytes"), *download.headers)
    if wanted is None:
        return _part(download.content, 200, headers, 0, size)
    start, end = wanted
    if start >= end:
        return Answer(416, (("Content-Range", f"bytes */{size}"),), b"")
    return _part(download.content, 206, (*headers, ("Content-Range", f"bytes {start}-{end - 1}/{size}")), start, end)


def _wanted(text: str, size: int) -> tuple[int, int] | None:
    """Return where a range starts and ends; several ranges, or none that can be read, mean all, as RFC 9110 allows."""
    found = _RANGE.fullmatch(text.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        return max(0, size - int(found[2])), size
    start, end = int(found[1]), min(size, int(found[2]) + 1) if found[2] else size
    return None if found[2] and int(found[2]) < start else (start, end)


def _part(content: bytes | Path, status: int, headers: tuple[tuple[str, str], ...], start: int, end: int) -> Answer:
    if isinstance(content, Path):
        return Answer(status, headers, b"", file=Slice(content, start, end - start))
    return Answer(status, headers, content[start:end])
