"""The records of a zip file, as APPNOTE 6.3 lays them out.

The standard library's writer cannot take data that is already deflated, which is how mailbox
packages are made, and needs a data descriptor for everything when the sink cannot seek; so the
records are written here, and read by the standard library, ``unzip`` and 7-Zip in the tests.
"""

from __future__ import annotations

import typing as t
from struct import Struct, pack

if t.TYPE_CHECKING:
    from datetime import datetime

STORED = 0
DEFLATED = 8

_LIMIT32 = 0xFFFFFFFF
_LIMIT16 = 0xFFFF
_FROM_UNIX = 3 << 8
_VERSION_PLAIN = 20
_VERSION_ZIP64 = 45
_UTF8 = 1 << 11
_SIZES_FOLLOW = 1 << 3
_ATTRIBUTES = 0o100640 << 16
_LOCAL = Struct("<4s5H3I2H")
_CENTRAL = Struct("<4s6H3I5H2I")


class Member(t.NamedTuple):
    """What the central directory says of one entry.

    ``streamed`` entries were begun without knowing their size: it follows the data.
    """

    name: str
    method: int
    when: datetime
    offset: int
    crc: int = 0
    stored_bytes: int = 0
    bytes: int = 0
    streamed: bool = False

    @property
    def zip64(self) -> bool:
        """Tell whether the sizes are written in 64 bits: always when streamed, so that both headers agree."""
        return self.streamed or max(self.stored_bytes, self.bytes) >= _LIMIT32


def local_header(member: Member) -> bytes:
    """Return what precedes an entry's data."""
    name, zip64 = member.name.encode(), member.zip64
    sizes = (0, 0) if member.streamed else (member.bytes, member.stored_bytes)
    extra = pack("<HHQQ", 1, 16, *sizes) if zip64 else b""
    compressed, plain = (_LIMIT32, _LIMIT32) if zip64 else (member.stored_bytes, member.bytes)
    crc = 0 if member.streamed else member.crc
    fixed = _LOCAL.pack(b"PK\3\4", *_common(member), crc, compressed, plain, len(name), len(extra))
    return fixed + name + extra


def data_descriptor(member: Member) -> bytes:
    """Return what follows the data of a streamed entry."""
    return pack("<4sIQQ", b"PK\7\x08", member.crc, member.stored_bytes, member.bytes)


def central_record(member: Member) -> bytes:
    """Return an entry's line in the central directory."""
    name, zip64 = member.name.encode(), member.zip64
    far = member.offset >= _LIMIT32
    numbers = [member.bytes, member.stored_bytes] if zip64 else []
    numbers += [member.offset] if far else []
    extra = pack(f"<HH{len(numbers)}Q", 1, 8 * len(numbers), *numbers) if numbers else b""
    version = _VERSION_ZIP64 if numbers else _VERSION_PLAIN
    compressed, plain = (_LIMIT32, _LIMIT32) if zip64 else (member.stored_bytes, member.bytes)
    fixed = _CENTRAL.pack(
        b"PK\1\2",
        _FROM_UNIX | version,
        version,
        *_common(member)[1:],
        member.crc,
        compressed,
        plain,
        len(name),
        len(extra),
        0,
        0,
        0,
        _ATTRIBUTES,
        _LIMIT32 if far else member.offset,
    )
    return fixed + name + extra


def end_records(*, count: int, start: int, size: int) -> bytes:
    """Return the end of the file: the 64-bit records when a number needs them, and the plain one.

    Args:
        count: of entries.
        start: where the central directory starts.
        size: its bytes.
    """
    plain = pack(
        "<4s4H2IH",
        b"PK\5\6",
        0,
        0,
        min(count, _LIMIT16),
        min(count, _LIMIT16),
        min(size, _LIMIT32),
        min(start, _LIMIT32),
        0,
    )
    if count < _LIMIT16 and max(start, size) < _LIMIT32:
        return plain
    wide = pack(
        "<4sQ2H2I4Q", b"PK\6\6", 44, _FROM_UNIX | _VERSION_ZIP64, _VERSION_ZIP64, 0, 0, count, count, size, start
    )
    locator = pack("<4sIQI", b"PK\6\7", 0, start + size, 1)
    return wide + locator + plain


def _common(member: Member) -> tuple[int, int, int, int, int]:
    """Return version, flags, method, time and date, as both headers write them."""
    when = member.when
    flags = _UTF8 | (_SIZES_FOLLOW if member.streamed else 0)
    time = when.hour << 11 | when.minute << 5 | when.second // 2
    date = (when.year - 1980) << 9 | when.month << 5 | when.day
    return _VERSION_ZIP64 if member.zip64 else _VERSION_PLAIN, flags, member.method, time, date
