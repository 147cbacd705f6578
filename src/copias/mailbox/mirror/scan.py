"""Reading a segment from end to end without its index."""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass

from isal import isal_zlib

from copias.mailbox.mirror.layout import damaged
from copias.mailbox.mirror.member import START, UNREADABLE, Member, check_end, decode_header, header_length
from copias.mailbox.mirror.model import TRAILER, NewMessage

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCK: t.Final = 128 << 10


@dataclass(frozen=True, slots=True)
class FoundMember:
    """A whole member, found at an offset of a segment."""

    message: NewMessage
    member: Member
    offset: int


def scan_members(path: Path, length: int) -> Iterator[FoundMember]:
    """Yield the members of a segment's first ``length`` bytes, one message in memory at a time.

    Raises:
        Altered: what is there is no row of whole members; the byte is named.
    """
    with path.open("rb") as stream:
        blocks = _Blocks(stream, length)
        while blocks.offset < length:
            yield _read_member(blocks, f"{path}, byte {blocks.offset}")


def _read_member(blocks: _Blocks, whose: str) -> FoundMember:
    offset = blocks.offset
    start = blocks.take(START)
    header = start + blocks.take(header_length(start, whose=whose) - len(start))
    content = _inflate(blocks, whose)
    crc = check_end(blocks.take(TRAILER), content, whose=whose)
    key, thread, labels, history, date = decode_header(header, whose=whose)
    return FoundMember(
        NewMessage(key, thread, labels, history, date, content),
        Member(len(header), blocks.offset - offset, crc, hashlib.sha256(content).hexdigest()),
        offset,
    )


def _inflate(blocks: _Blocks, whose: str) -> bytes:
    unpacker, parts = isal_zlib.decompressobj(-isal_zlib.MAX_WBITS), []
    try:
        while not unpacker.eof:
            block = blocks.take_any()
            if not block:
                raise damaged(whose, "el mensaje está cortado")
            parts.append(unpacker.decompress(block))
    except UNREADABLE as error:
        raise damaged(whose, str(error)) from error
    blocks.give_back(unpacker.unused_data)
    return b"".join(parts)


class _Blocks:
    """A file's first bytes, read in blocks, with a way to give back what was read too far."""

    def __init__(self, stream: t.BinaryIO, length: int) -> None:
        self._stream = stream
        self._unread = length
        self._left = b""
        self.offset = 0

    def take_any(self) -> bytes:
        """Return some of the next bytes, none at the end."""
        block, self._left = self._left, b""
        if not block:
            block = self._stream.read(min(_BLOCK, self._unread))
            self._unread -= len(block)
        self.offset += len(block)
        return block

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes, fewer only at the end."""
        parts = b""
        while len(parts) < count and (block := self.take_any()):
            parts += block
        self.give_back(parts[count:])
        return parts[:count]

    def give_back(self, data: bytes) -> None:
        """Take back the last bytes that were given out."""
        self._left = data + self._left
        self.offset -= len(data)
