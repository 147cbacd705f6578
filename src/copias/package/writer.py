"""Writing a package: a zip64 file into a sink that cannot seek, with nothing but chunks in memory."""

from __future__ import annotations

import hashlib
import typing as t
import zlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile

from isal import isal_zlib

from copias.errors import BadInput
from copias.package.entry_names import check_entry_name
from copias.package.zip_format import (
    DEFLATED,
    STORED,
    Member,
    central_record,
    data_descriptor,
    end_records,
    local_header,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

OLDEST_YEAR: t.Final = 1980
NEWEST_YEAR: t.Final = 2107
"""Years that a zip entry can be of."""
_BATCH: t.Final = 1 << 20
_BEHIND: t.Final = 4
"""Chunks that may wait to be hashed."""
_DIRECTORY_IN_MEMORY: t.Final = 4 << 20


@dataclass(frozen=True)
class Entry:
    """A file in a package: its name, and size and SHA-256 of its content as one gets it when extracting."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class SealedPackage:
    """A finished package: size and SHA-256 of the zip file, and how many entries it has."""

    bytes: int
    sha256: str
    count: int


class PackageWriter:
    """Writes the entries of a package one after the other.

    Memory does not grow with them but for 70 bytes each, by which a name that comes twice is found:
    the central directory waits in a temporary file.

    Args:
        write: takes the zip file in order, in chunks of about 1 MiB; what it returns is ignored.
        when: date of the entries that are given no other, in the zone that readers live in; zip has no
            zone and two-second steps.
    """

    def __init__(self, write: Callable[[bytes], object], *, when: datetime) -> None:
        self._sink = _Sink(write)
        self._when = _check_date(when)
        self._directory: t.IO[bytes] = SpooledTemporaryFile(_DIRECTORY_IN_MEMORY)  # noqa: SIM115 - closed by close()
        self._count = 0
        self._names: set[int] = set()
        self._open: EntryWriter | None = None

    @property
    def written(self) -> int:
        """Return the size of what was written."""
        return self._sink.bytes

    @property
    def count(self) -> int:
        """Return how many entries were written."""
        return self._count

    def open_entry(self, name: str, *, deflate: bool = False) -> EntryWriter:
        """Start an entry of unknown size; close it before the next.

        Args:
            name: of the entry.
            deflate: compress it on the way; else it is stored as it comes.

        Raises:
            BadInput: the name is not safe, or taken (Windows tells no case apart).
        """
        self._take_name(name)
        member = Member(name, DEFLATED if deflate else STORED, self._when, self._sink.bytes, streamed=True)
        self._sink.write(local_header(member))
        self._open = EntryWriter(member, emit=self._sink.write, seal=self._seal_entry)
        return self._open

    def add(self, name: str, content: bytes) -> Entry:
        """Add a small entry, deflated when that makes it smaller.

        Raises:
            BadInput: the name is not safe, or taken.
        """
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        packed = packer.compress(content) + packer.flush()
        method, data = (DEFLATED, packed) if len(packed) < len(content) else (STORED, content)
        self._take_name(name)
        member = Member(name, method, self._when, self._sink.bytes, zlib.crc32(content), len(data), len(content))
        self._add(member, data)
        return Entry(name, len(content), hashlib.sha256(content).hexdigest())

    def add_deflated(
        self, name: str, packed: bytes, *, crc: int, content_bytes: int, sha256: str, when: datetime | None = None
    ) -> Entry:
        """Add an entry whose raw deflate stream exists already, such as that of a gzip member.

        Args:
            name: of the entry.
            packed: raw deflate stream, no header.
            crc: CRC-32 of the content.
            content_bytes: size of the content.
            sha256: of the content, hexadecimal.
            when: date of the entry, if another than the package's.

        Raises:
            BadInput: the name is not safe, or taken, or zip cannot write the date.
        """
        moment = self._when if when is None else _check_date(when)
        self._take_name(name)
        self._add(Member(name, DEFLATED, moment, self._sink.bytes, crc, len(packed), content_bytes), packed)
        return Entry(name, content_bytes, sha256)

    def close(self) -> SealedPackage:
        """Write the directory and return what the package is."""
        self._check_closed()
        start = self._sink.bytes
        with self._directory as directory:
            directory.seek(0)
            while batch := directory.read(_BATCH):
                self._sink.write(batch)
        self._sink.write(end_records(count=self._count, start=start, size=self._sink.bytes - start))
        return SealedPackage(self._sink.bytes, self._sink.close(), self._count)

    def _take_name(self, name: str) -> None:
        self._check_closed()
        # Of a name its hash is kept: two among a million are equal by chance once in ten million packages.
        key = hash(check_entry_name(name).casefold())
        if key in self._names:
            raise BadInput("dos archivos del paquete tendrían el mismo nombre", whose=ascii(name))
        self._names.add(key)

    def _check_closed(self) -> None:
        if self._open is not None:
            raise ValueError(f"the entry {self._open.name!r} is still open")

    def _add(self, member: Member, data: bytes) -> None:
        self._sink.write(local_header(member))
        self._sink.write(data)
        self._register(member)

    def _seal_entry(self, member: Member) -> None:
        self._sink.write(data_descriptor(member))
        self._open = None
        self._register(member)

    def _register(self, member: Member) -> None:
        self._directory.write(central_record(member))
        self._count += 1


class EntryWriter:
    """An entry on its way into the package."""

    def __init__(self, member: Member, *, emit: Callable[[bytes], None], seal: Callable[[Member], None]) -> None:
        self.name = member.name
        self._member = member
        self._emit = emit
        self._seal = seal
        self._packer = isal_zlib.compressobj(wbits=-zlib.MAX_WBITS) if member.method == DEFLATED else None
        self._digest = hashlib.sha256()
        self._crc = 0
        self._bytes = 0
        self._stored_bytes = 0
        self._entry: Entry | None = None

    def write(self, chunk: bytes) -> int:
        """Write a chunk and return its length."""
        self._digest.update(chunk)
        self._crc = zlib.crc32(chunk, self._crc)
        self._bytes += len(chunk)
        self._store(self._packer.compress(chunk) if self._packer else chunk)
        return len(chunk)

    def close(self) -> Entry:
        """End the entry; only the first call does anything."""
        if self._entry is None:
            self._store(self._packer.flush() if self._packer else b"")
            self._seal(self._member._replace(crc=self._crc, bytes=self._bytes, stored_bytes=self._stored_bytes))
            self._entry = Entry(self.name, self._bytes, self._digest.hexdigest())
        return self._entry

    def _store(self, data: bytes) -> None:
        self._stored_bytes += len(data)
        self._emit(data)


class _Sink:
    """Where the zip file goes: small writes are joined, and all is hashed on the way, by a thread of its own.

    The thread may be some chunks behind: it and whoever makes the entries share the interpreter, and neither is to wait
    for the other's turn.
    """

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self.bytes = 0
        self._write = write
        self._digest = hashlib.sha256()
        self._hasher = ThreadPoolExecutor(max_workers=1)
        self._hashing: deque[Future[None]] = deque()
        self._pending: list[bytes] = []
        self._pending_bytes = 0

    def write(self, data: bytes) -> None:
        self.bytes += len(data)
        if len(data) < _BATCH:
            self._pending.append(data)
            self._pending_bytes += len(data)
            if self._pending_bytes >= _BATCH:
                self._flush()
            return
        self._flush()
        self._pass_on(data)

    def close(self) -> str:
        """Pass on what is left and return the SHA-256 of all."""
        self._flush()
        self._hasher.shutdown()
        return self._digest.hexdigest()

    def _flush(self) -> None:
        if self._pending:
            data = b"".join(self._pending)
            self._pending.clear()
            self._pending_bytes = 0
            self._pass_on(data)

    def _pass_on(self, data: bytes) -> None:
        if len(self._hashing) == _BEHIND:
            self._hashing.popleft().result()
        self._hashing.append(self._hasher.submit(self._digest.update, data))
        self._write(data)


def _check_date(when: datetime) -> datetime:
    if not OLDEST_YEAR <= when.year <= NEWEST_YEAR:
        raise BadInput("un paquete zip no puede llevar esa fecha", whose=when.isoformat(), repair="revise el reloj")
    return when
