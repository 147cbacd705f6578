"""Archives that a provider delivers, read as streams: nothing in them is ever unpacked by its own name."""

from __future__ import annotations

import stat
import typing as t
import zipfile
import zlib
from dataclasses import dataclass

from copias.delivery.zip_checks import (
    ENCRYPTED,
    READING,
    BrokenZip,
    find_name_fault,
    is_too_many,
    overlaps,
    read_directory_size,
)
from copias.provider.unfit import Limits, Unfit, show

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copias.provider.formats import Unpack

BLOCK: t.Final = 1 << 20
_PIECE: t.Final = 64 << 10
"""Bytes of a gzip file that are read at a time: all of them are copied at the end of each member, of which a hostile
file has one every 20 bytes."""
_METHODS: t.Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Those that the standard library unpacks a block at a time; of 466 bytes of bzip2 it makes 600 MB at once."""


@dataclass(frozen=True)
class Member:
    """A file in an archive: its name there, which is hostile, and its size, ``None`` where only reading tells it."""

    name: str
    bytes: int | None


class Container(t.Protocol):
    """An archive that was looked at."""

    @property
    def members(self) -> tuple[Member, ...]:
        """The files in it, in the order in which they lie there."""
        ...

    def read(self, number: int) -> Iterator[bytes]:
        """Yield the content of a file in blocks of at most 1 MiB, checked at its end by the archive's own sum.

        Raises:
            Unfit: it is damaged.
        """
        ...

    def sweep(self) -> Iterator[tuple[int, bytes]]:
        """Yield all content in order, in one pass: the number of a file, and a block of it.

        Raises:
            Unfit: it is damaged.
        """
        ...


def open_container(kind: Unpack, path: Path, limits: Limits) -> Container:
    """Look at an archive.

    Raises:
        Unfit: it is damaged, encrypted, or made to do harm.
        NotReady: the program that it takes is not installed.
    """
    if kind == "gz":
        return GzipContainer(path)
    if kind == "zip" and not _takes_program(path, limits):
        return ZipContainer(path, limits)
    from copias.provider.seven_zip import SevenZip

    return SevenZip(kind, path, limits)


class ZipContainer:
    """A zip file, read by the standard library."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        with _opened(path) as archive:
            if overlaps(archive):
                raise Unfit("sus archivos ocupan más que el .zip: se montan unos sobre otros, como en una bomba")
            self._infos = [info for info in archive.infolist() if not info.is_dir()]
        for info in self._infos:
            _check_info(info, limits)
        self.members = tuple(Member(info.filename, info.file_size) for info in self._infos)

    def read(self, number: int) -> Iterator[bytes]:
        """Yield the content of a file."""
        info = self._infos[number]
        with _opened(self._path) as archive:
            try:
                with archive.open(info) as stream:
                    while block := stream.read(BLOCK):
                        yield block
            except READING as error:
                raise Unfit(f"{show(info.filename)} está cortado o dañado dentro del .zip: {error}") from error

    def sweep(self) -> Iterator[tuple[int, bytes]]:
        """Yield all content in order."""
        return ((number, block) for number in range(len(self.members)) for block in self.read(number))


class GzipContainer:
    """A gzip file, of one member or several."""

    members = (Member("", None),)

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, number: int) -> Iterator[bytes]:
        """Yield the content, and nothing at the end of each member; a single file has no number but 0."""
        del number
        try:
            yield from self._inflate()
        except zlib.error as error:
            raise Unfit(f"el .gz está dañado: {error}") from error

    def sweep(self) -> Iterator[tuple[int, bytes]]:
        """Yield all content in order."""
        return ((0, block) for block in self.read(0))

    def _inflate(self) -> Iterator[bytes]:
        with self._path.open("rb") as stream:
            unpacker, waiting = zlib.decompressobj(wbits=31), b""
            while data := waiting or stream.read(_PIECE):
                if block := unpacker.decompress(data, BLOCK):
                    yield block
                waiting = unpacker.unconsumed_tail
                if unpacker.eof:
                    waiting = unpacker.unused_data.lstrip(b"\0")
                    if not waiting and not (waiting := stream.read(_PIECE).lstrip(b"\0")):
                        return
                    yield b""  # whoever reads looks at the clock: a member may be empty, and there may be any number
                    unpacker = zlib.decompressobj(wbits=31)
            raise Unfit("el .gz está cortado: le falta el final")


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except READING as error:
        raise Unfit(f"el .zip está cortado o dañado: {error}") from error


def _takes_program(path: Path, limits: Limits) -> bool:
    """Tell whether a zip file is read by a program of its own; see that its directory is no bomb first.

    It is where it is encrypted and there is a password to try, or compressed by bzip2.
    """
    try:
        count, size = read_directory_size(path)
    except BrokenZip as error:
        raise Unfit(f"el .zip está cortado, o es solo una de las partes en que se dividió: {error}") from error
    if is_too_many(count, size, limits.entries):
        raise Unfit(f"el .zip dice tener {count} archivos, y se admiten {limits.entries}")
    with _opened(path) as archive:
        infos = archive.infolist()
    if any(info.flag_bits & ENCRYPTED for info in infos):
        return limits.password_file is not None
    return any(info.compress_type == zipfile.ZIP_BZIP2 for info in infos)


def _check_info(info: zipfile.ZipInfo, limits: Limits) -> None:
    if fault := find_name_fault(info.filename):
        raise Unfit(f"{show(info.filename)}: {fault}")
    if info.flag_bits & ENCRYPTED:
        raise Unfit("está cifrado con contraseña, y aquí no se tiene")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Unfit(f"{show(info.filename)} es un enlace simbólico")
    if info.compress_type not in _METHODS:
        raise Unfit(f"{show(info.filename)} usa un método de compresión que no se admite ({info.compress_type})")
    limits.check_ratio(info.compress_size, info.file_size)
