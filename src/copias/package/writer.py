"""Writing a package: a zip64 file into a sink that cannot seek, with nothing but chunks in memory."""

from __future__ import annotations

import hashlib
import typing as t
import zlib
from dataclasses import dataclass, replace

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

_OLDEST_YEAR = 1980
_NEWEST_YEAR = 2107
_BATCH = 1 << 20


@dataclass(frozen=True)
class Entry:
    """A file in a package: its name, and size and SHA-256 of its content as one gets it when extracting."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class SealedPackage:
    """A finished package: size and SHA-256 of the zip file, and its entries in order."""

    bytes: int
    sha256: str
    entries: tuple[Entry, ...]


class PackageWriter:
    """Writes the entries of a package one after the other.

    Args:
        write: takes every chunk of the zip file, in order; what it returns is ignored.
        when: date of all entries, in the zone that readers live in; zip has no zone and two-second steps.
    """

    def __init__(self, write: Callable[[bytes], object], *, when: datetime) -> None:
        if not _OLDEST_YEAR <= when.year <= _NEWEST_YEAR:
            raise BadInput("un paquete zip no puede llevar esa fecha", whose=when.isoformat(), repair="revise el reloj")
        self._write = write
        self._when = when
        self._digest = hashlib.sha256()
        self._bytes = 0
        self._members: list[Member] = []
        self._entries: list[Entry] = []
        self._names: set[str] = set()
        self._open: EntryWriter | None = None

    def open_entry(self, name: str) -> EntryWriter:
        """Start an entry of unknown size that is stored as it comes; close it before the next.

        Raises:
            BadInput: the name is not safe, or taken (Windows tells no case apart).
        """
        member = self._start(name, STORED)
        member = replace(member, streamed=True)
        self._emit(local_header(member))
        self._open = EntryWriter(member, emit=self._emit, seal=self._seal_entry)
        return self._open

    def add(self, name: str, content: bytes) -> Entry:
        """Add a small entry, deflated when that makes it smaller.

        Raises:
            BadInput: the name is not safe, or taken.
        """
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        packed = packer.compress(content) + packer.flush()
        method = DEFLATED if len(packed) < len(content) else STORED
        member = replace(
            self._start(name, method),
            crc=zlib.crc32(content),
            bytes=len(content),
            stored_bytes=len(packed) if method == DEFLATED else len(content),
        )
        return self._add(member, packed if method == DEFLATED else content, hashlib.sha256(content).hexdigest())

    def add_deflated(self, name: str, packed: bytes, *, crc: int, content_bytes: int, sha256: str) -> Entry:
        """Add an entry whose raw deflate stream exists already, such as that of a gzip member.

        Args:
            name: of the entry.
            packed: raw deflate stream, no header.
            crc: CRC-32 of the content.
            content_bytes: size of the content.
            sha256: of the content, hexadecimal.

        Raises:
            BadInput: the name is not safe, or taken.
        """
        member = replace(self._start(name, DEFLATED), crc=crc, bytes=content_bytes, stored_bytes=len(packed))
        return self._add(member, packed, sha256)

    def close(self) -> SealedPackage:
        """Write the directory and return what the package is."""
        self._check_closed()
        start = self._bytes
        batch = bytearray()
        for member in self._members:
            batch += central_record(member)
            if len(batch) >= _BATCH:
                self._emit(bytes(batch))
                batch.clear()
        self._emit(bytes(batch))
        self._emit(end_records(self._members, start=start, size=self._bytes - start))
        return SealedPackage(self._bytes, self._digest.hexdigest(), tuple(self._entries))

    def _start(self, name: str, method: int) -> Member:
        self._check_closed()
        check_entry_name(name)
        if name.casefold() in self._names:
            raise BadInput("dos archivos del paquete tendrían el mismo nombre", whose=ascii(name))
        self._names.add(name.casefold())
        return Member(name, method, self._when, self._bytes)

    def _check_closed(self) -> None:
        if self._open is not None:
            raise ValueError(f"the entry {self._open.name!r} is still open")

    def _add(self, member: Member, data: bytes, sha256: str) -> Entry:
        self._emit(local_header(member) + data)
        return self._register(member, sha256)

    def _seal_entry(self, member: Member, sha256: str) -> Entry:
        self._emit(data_descriptor(member))
        self._open = None
        return self._register(member, sha256)

    def _register(self, member: Member, sha256: str) -> Entry:
        entry = Entry(member.name, member.bytes, sha256)
        self._members.append(member)
        self._entries.append(entry)
        return entry

    def _emit(self, data: bytes) -> None:
        self._write(data)
        self._digest.update(data)
        self._bytes += len(data)


class EntryWriter:
    """An entry on its way into the package."""

    def __init__(self, member: Member, *, emit: Callable[[bytes], None], seal: Callable[[Member, str], Entry]) -> None:
        self.name = member.name
        self._member = member
        self._emit = emit
        self._seal = seal
        self._digest = hashlib.sha256()
        self._crc = 0
        self._bytes = 0
        self._entry: Entry | None = None

    def write(self, chunk: bytes) -> int:
        """Write a chunk and return its length."""
        self._emit(chunk)
        self._digest.update(chunk)
        self._crc = zlib.crc32(chunk, self._crc)
        self._bytes += len(chunk)
        return len(chunk)

    def close(self) -> Entry:
        """End the entry; only the first call does anything."""
        if self._entry is None:
            member = replace(self._member, crc=self._crc, bytes=self._bytes, stored_bytes=self._bytes)
            self._entry = self._seal(member, self._digest.hexdigest())
        return self._entry
