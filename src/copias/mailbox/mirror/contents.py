"""Reading members back from the segments."""

from __future__ import annotations

import os
import typing as t

from copias.mailbox.mirror.layout import damaged, segment_path
from copias.mailbox.mirror.member import decode_member, ends_as
from copias.mailbox.mirror.model import TRAILER, MirrorMessage

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_READ: t.Final = 4 << 20
"""Bytes that are read at once when many messages are."""
_GAP: t.Final = 64 << 10
"""Bytes that are rather read in vain than skipped."""


class SegmentReader:
    """Reads messages; closing it closes the segments.

    Args:
        folder: the mirror's.
        account: whose it is, for errors.
    """

    def __init__(self, folder: Path, *, account: str = "") -> None:
        self._folder = folder
        self._account = account or folder.name
        self._open: dict[int, int] = {}

    def close(self) -> None:
        """Close the segments."""
        while self._open:
            os.close(self._open.popitem()[1])

    def read(self, row: MirrorMessage) -> bytes:
        """Return a message's bytes, their CRC-32 and length checked.

        Raises:
            Altered: they are damaged; the message is named.
        """
        return self.decode(row, self._pread(row, row.offset, row.length))

    def decode(self, row: MirrorMessage, data: bytes) -> bytes:
        """Return the content of a message's member.

        Raises:
            Altered: it is damaged, or another message's; the message is named.
        """
        content = decode_member(data, whose=self._name(row))
        if not ends_as(data, crc=row.crc, content_bytes=row.bytes):
            raise damaged(self._name(row), "en su lugar hay otro mensaje")
        return content

    def read_deflate(self, row: MirrorMessage) -> bytes:
        """Return a message's raw deflate stream, as a zip entry holds it.

        What it holds is not checked here: who packs reads the package back.

        Raises:
            Altered: the segment is missing or shorter.
        """
        return self._pread(row, *row.deflated)

    def packed(self, rows: Iterable[MirrorMessage]) -> Iterator[tuple[MirrorMessage, bytes]]:
        """Yield messages with their raw deflate streams, read in large pieces when ``rows`` come in segment order.

        That each member's end says the CRC-32 and length of the index is checked; the stream itself is not, as above.

        Raises:
            Altered: a segment is missing or shorter, or does not hold the message; segment or message is named.
        """
        for row, data in self._views(rows):
            if not ends_as(data, crc=row.crc, content_bytes=row.bytes):
                raise damaged(self._name(row), "en su lugar hay otra cosa")
            yield row, bytes(data[row.header_length : -TRAILER])

    def members(self, rows: Iterable[MirrorMessage]) -> Iterator[tuple[MirrorMessage, bytes]]:
        """Yield messages with their whole gzip members.

        Raises:
            Altered: a segment is missing or shorter.
        """
        return ((row, bytes(data)) for row, data in self._views(rows))

    def _views(self, rows: Iterable[MirrorMessage]) -> Iterator[tuple[MirrorMessage, memoryview]]:
        for run in _find_runs(rows):
            start = run[0].offset
            data = memoryview(self._pread(run[-1], start, run[-1].offset + run[-1].length - start))
            for row in run:
                yield row, data[row.offset - start : row.offset - start + row.length]

    def _pread(self, row: MirrorMessage, offset: int, length: int) -> bytes:
        data = os.pread(self._descriptor(row.segment), length, offset)
        if len(data) != length:
            raise damaged(str(segment_path(self._folder, row.segment)), f"está cortado antes del mensaje {row.id}")
        return data

    def _descriptor(self, number: int) -> int:
        if number not in self._open:
            path = segment_path(self._folder, number)
            try:
                self._open[number] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                raise damaged(str(path), "falta el archivo") from None
        return self._open[number]

    def _name(self, row: MirrorMessage) -> str:
        return f"{self._account}, mensaje {row.id}"


def _find_runs(rows: Iterable[MirrorMessage]) -> Iterator[list[MirrorMessage]]:
    """Group messages that lie one after the other, so that one read gets them."""
    run: list[MirrorMessage] = []
    for row in rows:
        if run and not _continues(run, row):
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _continues(run: list[MirrorMessage], row: MirrorMessage) -> bool:
    end = run[-1].offset + run[-1].length
    return (
        row.segment == run[-1].segment
        and 0 <= row.offset - end <= _GAP
        and row.offset + row.length - run[0].offset <= _READ
    )
