"""Finding entries in a zip file by its central directory, and taking one out with nothing else read.

The standard library's reader keeps an object of nearly a kilobyte for each entry; here the directory
stays as the bytes that it is, so a package of 200,000 messages is opened in some 50 MB. What is not
as :mod:`copias.package.writer` writes it is an error: encryption, other methods, several disks.
"""

from __future__ import annotations

import io
import struct
import typing as t
import zlib

from copias.errors import Altered
from copias.package.message_entry import say_entry
from copias.package.zip_format import DEFLATED, STORED

if t.TYPE_CHECKING:
    from collections.abc import Iterator

_CENTRAL: t.Final = struct.Struct("<4s6H3I5H2I")
_LOCAL: t.Final = struct.Struct("<4s5H3I2H")
_END: t.Final = struct.Struct("<4s4H2IH")
_WIDE_END: t.Final = struct.Struct("<4sQ2H2I4Q")
_LOCATOR: t.Final = struct.Struct("<4sIQI")
_LIMIT16: t.Final = 0xFFFF
_LIMIT32: t.Final = 0xFFFFFFFF
_ENCRYPTED: t.Final = 1
_WIDE: t.Final = 1
"""Id of the extra field with 64-bit numbers."""
_LARGEST_DIRECTORY: t.Final = 1 << 30
_BLOCK: t.Final = 1 << 18
_USUAL_EXTRA: t.Final = 20
"""Bytes of the extra field that an entry of unknown size, or above 4 GiB, has before its data."""


class ZipEntry(t.NamedTuple):
    """What the central directory says of an entry."""

    name: str
    method: int
    crc: int
    stored_bytes: int
    bytes: int
    offset: int


class ZipDirectory:
    """The entries of a zip file.

    Args:
        stream: the file, seekable; it must stay open.
        name: of the file, for errors.

    Raises:
        Altered: it is no zip file, or not one as this program writes it.
    """

    def __init__(self, stream: t.BinaryIO, *, name: str) -> None:
        self._stream = stream
        self._name = name
        count, start, size = self._find()
        self._start = start
        stream.seek(start)
        self._content = stream.read(size)
        self._places = dict(self._scan())
        if len(self._content) != size or len(self._places) != count:
            raise self._altered("el directorio del zip está cortado, o repite un nombre")

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, name: str) -> bool:
        return self._place(name) is not None

    def __iter__(self) -> Iterator[ZipEntry]:
        """Yield the entries as they are listed."""
        return (self._entry(place) for place in self._places.values())

    def find(self, name: str) -> ZipEntry:
        """Return an entry by its name.

        Raises:
            Altered: there is none.
        """
        place = self._place(name)
        if place is None:
            raise self._altered(f"falta el archivo {say_entry(name)}")
        return self._entry(place)

    def chunks(self, entry: ZipEntry) -> Iterator[bytes]:
        """Yield an entry's content in pieces, checked: its size as it comes, its CRC-32 at the end.

        Raises:
            Altered: it is damaged.
        """
        crc, size = 0, 0
        stored = self._stored(entry)
        for piece in self._inflate(entry, stored) if entry.method == DEFLATED else stored:
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            if size > entry.bytes:
                raise self._altered(f"{say_entry(entry.name)} es más grande de lo que dice el zip")
            if piece:
                yield piece
        if (crc, size) != (entry.crc, entry.bytes):
            raise self._altered(f"{say_entry(entry.name)} está dañado: no da su CRC-32 o su tamaño")

    def read(self, entry: ZipEntry) -> bytes:
        """Return an entry's content.

        Raises:
            Altered: it is damaged.
        """
        return b"".join(self.chunks(entry))

    def _inflate(self, entry: ZipEntry, stored: Iterator[bytes]) -> Iterator[bytes]:
        """Yield what a deflate stream holds; no piece is larger than a block, whatever a bomb promises."""
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for data in stored:
                left = data
                while left:
                    yield unpacker.decompress(left, _BLOCK)
                    left = unpacker.unconsumed_tail
            yield unpacker.flush()
        except zlib.error as error:
            raise self._altered(f"{say_entry(entry.name)} no se descomprime: {error}") from error
        if not unpacker.eof or unpacker.unused_data:
            raise self._altered(f"{say_entry(entry.name)} no termina donde debe")

    def _stored(self, entry: ZipEntry) -> Iterator[bytes]:
        """Yield the bytes of an entry as they lie in the file, after a look at its own header."""
        name = entry.name.encode()
        likely = _LOCAL.size + len(name) + _USUAL_EXTRA + min(entry.stored_bytes, _BLOCK)
        self._stream.seek(entry.offset)
        data = self._stream.read(likely)  # at once: a store far away answers each read by a call
        end = _LOCAL.size + len(name)
        if len(data) < end or not data.startswith(b"PK\3\4") or data[_LOCAL.size : end] != name:
            raise self._altered(f"en el lugar de {say_entry(entry.name)} hay otra cosa")
        fields = _LOCAL.unpack_from(data)
        if fields[3] != entry.method or fields[9] != len(name):
            raise self._altered(f"{say_entry(entry.name)} y el directorio del zip no coinciden")
        first = data[end + fields[10] :][: entry.stored_bytes]
        yield first
        yield from self._read_on(entry, entry.offset + end + fields[10] + len(first), entry.stored_bytes - len(first))

    def _read_on(self, entry: ZipEntry, position: int, left: int) -> Iterator[bytes]:
        while left:
            self._stream.seek(position)  # somebody else may read from the stream between two pieces
            data = self._stream.read(min(left, _BLOCK))
            if not data:
                raise self._altered(f"{say_entry(entry.name)} está cortado")
            position, left = position + len(data), left - len(data)
            yield data

    def _place(self, name: str) -> int | None:
        """Return where the directory tells of an entry."""
        wanted = name.encode("utf-8", "replace")
        place = self._places.get(hash(wanted))
        return place if place is not None and self._content.startswith(wanted, place + _CENTRAL.size) else None

    def _scan(self) -> Iterator[tuple[int, int]]:
        """Yield the hash of each name, which takes less room than the name, and where it is told of."""
        place = 0
        try:
            while place < len(self._content):
                fields = _CENTRAL.unpack_from(self._content, place)
                end = place + _CENTRAL.size + fields[10]
                if fields[0] != b"PK\1\2":
                    raise self._altered("el directorio del zip está dañado")
                yield hash(self._content[place + _CENTRAL.size : end]), place
                place = end + fields[11] + fields[12]
        except struct.error as error:
            raise self._altered("el directorio del zip está cortado") from error

    def _entry(self, place: int) -> ZipEntry:
        fields = _CENTRAL.unpack_from(self._content, place)
        flags, method, crc, stored, size, offset = fields[3], fields[4], fields[7], fields[8], fields[9], fields[16]
        start = place + _CENTRAL.size
        extra = start + fields[10]
        try:
            name = self._content[start:extra].decode()
        except UnicodeDecodeError as error:
            raise self._altered("el zip tiene un nombre que no es UTF-8") from error
        if flags & _ENCRYPTED or method not in {STORED, DEFLATED}:
            raise self._altered(f"{say_entry(name)} no está guardado como lo hace este programa")
        wide = iter(self._wide_numbers(extra, fields[11]))
        size, stored, offset = (next(wide, 0) if value == _LIMIT32 else value for value in (size, stored, offset))
        if offset >= self._start:
            raise self._altered(f"{say_entry(name)} está fuera del zip")
        return ZipEntry(name, method, crc, stored, size, offset)

    def _wide_numbers(self, place: int, length: int) -> tuple[int, ...]:
        end = place + length
        while place + 4 <= end:
            kind, size = struct.unpack_from("<HH", self._content, place)
            if kind == _WIDE and place + 4 + size <= len(self._content):
                return struct.unpack_from(f"<{size // 8}Q", self._content, place + 4)
            place += 4 + size
        return ()

    def _find(self) -> tuple[int, int, int]:
        """Return how many entries the directory has, where it starts, and its size."""
        length = self._stream.seek(0, 2)
        tail_bytes = min(length, _LOCATOR.size + _END.size)
        self._stream.seek(length - tail_bytes)
        tail = self._stream.read(tail_bytes)
        try:
            fields = _END.unpack(tail[-_END.size :])
        except struct.error as error:
            raise self._altered("no es un archivo zip") from error
        signature, disk, _, _, count, size, start, comment = fields
        if signature != b"PK\5\6" or disk or comment:
            raise self._altered("no es un archivo zip, o está cortado")
        if count == _LIMIT16 or _LIMIT32 in {size, start}:
            count, size, start = self._find_wide(tail)
        if start + size > length or size > _LARGEST_DIRECTORY:
            raise self._altered("el directorio del zip no cabe en el archivo")
        return count, start, size

    def _find_wide(self, tail: bytes) -> tuple[int, int, int]:
        try:
            signature, _, offset, _ = _LOCATOR.unpack(tail[: _LOCATOR.size])
            self._stream.seek(offset)
            fields = _WIDE_END.unpack(self._stream.read(_WIDE_END.size))
        except (struct.error, OSError, OverflowError) as error:
            raise self._altered("el final del zip está dañado") from error
        if signature != b"PK\6\7" or fields[0] != b"PK\6\6":
            raise self._altered("el final del zip está dañado")
        return fields[7], fields[8], fields[9]

    def _altered(self, why: str) -> Altered:
        return Altered(
            "el paquete no se puede leer",
            whose=ascii(self._name),
            why=why,
            repair="use otra copia del paquete y revise el destino donde estaba este",
        )


def as_stream(chunks: Iterator[bytes]) -> t.BinaryIO:
    """Return chunks as a stream that reads them once."""
    return t.cast("t.BinaryIO", io.BufferedReader(_ChunkReader(chunks), _BLOCK))


class _ChunkReader(io.RawIOBase):
    """Chunks as a stream."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int:
        if not self._left:
            self._left = memoryview(next(self._chunks, b""))
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count
