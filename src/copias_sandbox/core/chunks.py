"""``Content-Range``: where the chunks of an upload belong."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from copias_sandbox.core.errors import GoogleError

UNIT: t.Final = 256 * 1024
"""Bytes of which each chunk but the last must be a multiple."""
_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")


@dataclass(frozen=True)
class ChunkRange:
    """Where the bytes of a chunk belong; a length of 0 is a question how far the upload is."""

    start: int
    length: int
    total: int | None


def read_range(text: str, size: int, *, received: int) -> ChunkRange:
    """Read ``Content-Range``; without it a body of ``size`` bytes is all there is.

    Raises:
        GoogleError: 400, it cannot be read.
    """
    if not text:
        return ChunkRange(0, size, size)
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        raise wrong_range("")
    total = None if found[3] == "*" else int(found[3])
    if found[1] is None:
        return ChunkRange(received, 0, total)
    start, end = int(found[1]), int(found[2]) + 1
    if end <= start or (total is not None and end > total):
        raise wrong_range("")
    return ChunkRange(start, end - start, total)


def checked_size(span: ChunkRange, size: int, *, received: int, total: int | None, broken: bool) -> int:
    """Return how many bytes of a chunk may be kept.

    Args:
        span: what the header says.
        size: of the body that came.
        received: how many bytes are here already.
        total: of the whole content, if it is known.
        broken: the line broke: what came is kept, down to a full unit.

    Raises:
        GoogleError: 400, it does not follow what is here, has another size than the header says, or is no full unit.
    """
    if span.start > received:
        raise wrong_range(f"The next byte is {received}, not {span.start}.")
    if broken:
        return min(size, span.length) // UNIT * UNIT
    if size != span.length:
        end = span.start + span.length - 1
        raise GoogleError(
            400,
            f"Invalid request.  There were {size} byte(s) in the request body.  There should have been {span.length} "
            f"byte(s) (starting at offset {span.start} and ending at offset {end}) according to the Content-Range "
            "header.",
            reason="badRequest",
        )
    if span.length % UNIT and span.start + span.length != total:
        raise GoogleError(
            400,
            "Invalid request.  The number of bytes uploaded is required to be equal or greater than 262144, except for "
            "the final request (it's recommended to be the exact multiple of 262144).  The received request contained "
            f"{size} bytes, which does not meet this requirement.",
            reason="badRequest",
        )
    return size


def wrong_range(detail: str) -> GoogleError:
    """Return the 400 of a header that does not fit."""
    return GoogleError(400, f"Failed to parse Content-Range header. {detail}".strip(), reason="badRequest")
