"""One message as one gzip member (RFC 1952), whose extra field holds what Gmail says of it.

The raw deflate stream between header and trailer, the CRC-32 and the size are what a zip entry needs too: that is how
packages are made without compressing again.
"""

from __future__ import annotations

import hashlib
import struct
import typing as t
from dataclasses import dataclass

import orjson
from isal import isal_zlib
from isal.igzip_lib import IsalError

from copias.mailbox.mirror.layout import damaged
from copias.mailbox.mirror.model import TRAILER, NewMessage

_FIXED: t.Final = struct.Struct("<4sIBBH")
_MAGIC: t.Final = b"\x1f\x8b\x08\x04"  # gzip, deflate, with an extra field and nothing else
_FIELD: t.Final = struct.Struct("<2sH")
_FIELD_ID: t.Final = b"CG"
_FIELD_LIMIT: t.Final = 0xFFFF - _FIELD.size
_END: t.Final = struct.Struct("<II")
_LIMIT32: t.Final = 0xFFFFFFFF
_UNKNOWN_SYSTEM: t.Final = 255
_LEVEL: t.Final = 1

START: t.Final = _FIXED.size
"""Bytes of a header that tell how long it is."""

UNREADABLE: t.Final[type[Exception]] = IsalError  # type: ignore[assignment]
"""What isal raises at a damaged stream; its stub declares an instance."""

Facts: t.TypeAlias = "tuple[str, str, tuple[str, ...], int, int]"
"""Id, thread, labels, history id and internal date."""


@dataclass(frozen=True, slots=True)
class Member:
    """What the index keeps of a member: lengths in bytes, CRC-32 and SHA-256 of the content.

    Args:
        header_length: of the gzip header.
        length: of the whole member.
        crc: of the content.
        sha256: of the content, hexadecimal.
        labelled: its header says the labels; those of a message with thousands do not fit.
    """

    header_length: int
    length: int
    crc: int
    sha256: str
    labelled: bool = True


def encode_member(message: NewMessage) -> tuple[Member, bytes]:
    """Compress a message; the same message always gives the same bytes.

    Raises:
        ValueError: its ids are not Gmail's: they do not fit.
    """
    facts = _encode_facts(message, message.labels)
    labelled = len(facts) <= _FIELD_LIMIT
    if not labelled:
        facts = _encode_facts(message, ())
    if len(facts) > _FIELD_LIMIT:
        raise ValueError(f"the id of a message has {len(message.id)} characters")
    header = _FIXED.pack(_MAGIC, 0, 0, _UNKNOWN_SYSTEM, _FIELD.size + len(facts))
    header += _FIELD.pack(_FIELD_ID, len(facts)) + facts
    crc = isal_zlib.crc32(message.content)
    trailer = _END.pack(crc, len(message.content) & _LIMIT32)
    packed = isal_zlib.compress(message.content, _LEVEL, wbits=-isal_zlib.MAX_WBITS)
    data = b"".join((header, packed, trailer))
    return Member(len(header), len(data), crc, hashlib.sha256(message.content).hexdigest(), labelled), data


def _encode_facts(message: NewMessage, labels: tuple[str, ...]) -> bytes:
    return orjson.dumps([message.id, message.thread_id, labels, message.history_id, message.internal_date])


def decode_member(data: bytes, *, whose: str) -> bytes:
    """Return the content of a member, whose CRC-32 and length are checked.

    Raises:
        Altered: it is damaged.
    """
    unpacker = isal_zlib.decompressobj(16 + isal_zlib.MAX_WBITS)
    try:
        content: bytes = unpacker.decompress(data)
    except UNREADABLE as error:
        raise damaged(whose, str(error)) from error
    if not unpacker.eof or unpacker.unused_data:
        raise damaged(whose, "no es un mensaje entero")
    check_end(data, content, whose=whose)
    return content


def check_end(data: bytes, content: bytes, *, whose: str) -> int:
    """Return the CRC-32 of a content whose member ends in ``data``.

    Raises:
        Altered: the end says another CRC-32 or length.
    """
    crc = isal_zlib.crc32(content)
    if not ends_as(data, crc=crc, content_bytes=len(content)):
        raise damaged(whose, "la suma de verificación no corresponde")
    return crc


def ends_as(data: bytes | memoryview, *, crc: int, content_bytes: int) -> bool:
    """Tell whether a member's end says this CRC-32 and length of the content."""
    return data[-TRAILER:] == _END.pack(crc, content_bytes & _LIMIT32)


def header_length(start: bytes, *, whose: str) -> int:
    """Return the length of the header that begins with these :data:`START` bytes.

    Raises:
        Altered: no member begins here.
    """
    if len(start) < START or not start.startswith(_MAGIC):
        raise damaged(whose, "no empieza un mensaje")
    length: int = _FIXED.unpack(start[:START])[4]
    return START + length


def decode_header(header: bytes, *, whose: str) -> Facts:
    """Return what a whole header says of its message.

    Raises:
        Altered: it is damaged.
    """
    field = header[START:]
    if len(field) < _FIELD.size or _FIELD.unpack(field[: _FIELD.size]) != (_FIELD_ID, len(field) - _FIELD.size):
        raise damaged(whose, "el mensaje no dice cuál es")
    try:
        key, thread, labels, history, date = orjson.loads(field[_FIELD.size :])
    except (orjson.JSONDecodeError, TypeError, ValueError) as error:
        raise damaged(whose, "el mensaje no dice cuál es") from error
    return key, thread, tuple(labels), history, date
