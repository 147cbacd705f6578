"""The zip files of a Takeout: looked at before anything is read from them, and never unpacked to a folder.

Names in them are hostile, and so are their sizes. What is read is read as a stream and checked by its CRC-32.
"""

from __future__ import annotations

import io
import re
import stat
import typing as t
import zipfile
from collections import Counter
from contextlib import ExitStack
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
from copias.errors import BadInput
from copias.takeout.refusals import cut, damaged, hostile, too_large

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from copias.takeout.settings import DeliverySettings

_SMALL: t.Final = 1 << 20
"""Bytes below which a ratio says nothing."""
_METHODS: t.Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_BLOCK: t.Final = 1 << 20
_NUMBERED: t.Final = re.compile(r"(?P<stem>.*?)(?:-(?P<number>\d{1,4}))?\.mbox", re.IGNORECASE | re.DOTALL)
_INNER: t.Final = re.compile(r"(?:.*/)?takeout-[^/]*\.(?:zip|tgz)", re.IGNORECASE | re.DOTALL)
_OF_GROUPS: t.Final = frozenset({"groups", "grupos", "google groups", "grupos de google"})
"""Folders of the groups that the account owns: their messages are no mailbox of hers."""
_SHOWN: t.Final = 160


@dataclass(frozen=True)
class MboxEntry:
    """An mbox file in a part: ``part`` counts from 0, ``name`` is as the zip has it."""

    part: int
    name: str
    bytes: int


@dataclass(frozen=True)
class Contents:
    """What the parts hold.

    Args:
        mboxes: the files with messages, in the order in which they are to be read.
        others: product, the folder of the Takeout → files and bytes of what is no mail.
    """

    mboxes: tuple[MboxEntry, ...]
    others: dict[str, tuple[int, int]]

    @property
    def bytes(self) -> int:
        """Return the size of all mbox files."""
        return sum(entry.bytes for entry in self.mboxes)


class Archive:
    """The parts of a Takeout, as a context manager.

    Args:
        paths: the parts in order; files of ours that nobody else can change.
        names: as they were delivered, for messages.
        settings: limits.

    Raises:
        BadInput: a part is none of a Takeout, is damaged, or is made to do harm; it is named.
    """

    def __init__(self, paths: Sequence[Path], names: Sequence[str], settings: DeliverySettings) -> None:
        self._names = tuple(ascii(name[:_SHOWN]) for name in names)
        self._settings = settings
        with ExitStack() as stack:
            self._zips = [
                stack.enter_context(self._open(path, name)) for path, name in zip(paths, self._names, strict=True)
            ]
            self.contents = self._look()
            self._stack = stack.pop_all()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def open(self, entry: MboxEntry) -> t.BinaryIO:
        """Open an mbox as a stream, whose end checks its CRC-32.

        Raises:
            CopyFailed: from a read: the part is damaged.
        """
        name = self._names[entry.part]
        try:
            stream = self._zips[entry.part].open(entry.name)
        except READING as error:
            raise damaged(name, error) from error
        return t.cast("t.BinaryIO", io.BufferedReader(_Guarded(stream, name), _BLOCK))

    def _open(self, path: Path, name: str) -> zipfile.ZipFile:
        _check_directory(path, name, self._settings.most_entries)
        try:
            return zipfile.ZipFile(path)
        except READING as error:
            raise cut(name, str(error)) from error

    def _look(self) -> Contents:
        mboxes: list[MboxEntry] = []
        others: dict[str, Counter[str]] = {}
        total = 0
        for part, archive in enumerate(self._zips):
            self._check_sizes(part, archive)
            for info in archive.infolist():
                self._check_entry(self._names[part], info)
                total += info.file_size
                if info.is_dir():
                    continue
                if info.filename.lower().endswith(".mbox") and _product(info.filename).lower() not in _OF_GROUPS:
                    entry = MboxEntry(part, info.filename, info.file_size)
                    if archive.getinfo(info.filename) is not info:
                        raise hostile(self._names[part], f"{_say_place(info.filename)} está dos veces")
                    mboxes.append(entry)
                else:
                    others.setdefault(_product(info.filename), Counter()).update(files=1, bytes=info.file_size)
        if total > self._settings.largest_bytes:
            raise too_large(", ".join(self._names[:3]), f"{total} bytes, y se admiten {self._settings.largest_bytes}")
        if not mboxes:
            raise BadInput(
                "el Takeout no trae correo",
                whose=", ".join(self._names[:3]),
                why=f"trae {', '.join(sorted(map(ascii, others))[:10]) or 'nada'}",
                repair="pida el Takeout otra vez marcando Gmail, y todo el correo",
            )
        tallies = {product: (count["files"], count["bytes"]) for product, count in others.items()}
        return Contents(tuple(sorted(mboxes, key=_reading_order)), tallies)

    def _check_sizes(self, part: int, archive: zipfile.ZipFile) -> None:
        """Refuse entries that together are longer than the file: they overlap, which is how the worst bombs work."""
        if overlaps(archive):
            raise hostile(self._names[part], "sus archivos ocupan más que el zip: se montan unos sobre otros")

    def _check_entry(self, name: str, info: zipfile.ZipInfo) -> None:
        shown = ascii(info.filename[:_SHOWN])
        if fault := find_name_fault(info.filename):
            raise hostile(name, f"{shown}: {fault}")
        if info.flag_bits & ENCRYPTED:
            raise BadInput(
                "el Takeout está cifrado con contraseña",
                whose=name,
                why=_say_place(info.filename),
                repair="ponga los .zip tal como los dio Google, que no llevan contraseña",
            )
        if stat.S_ISLNK(info.external_attr >> 16):
            raise hostile(name, f"{shown}: es un enlace simbólico")
        if info.compress_type not in _METHODS:
            raise BadInput(
                "el .zip no está comprimido como los de Google",
                whose=name,
                why=f"{_say_place(info.filename)} usa el método {info.compress_type}",
                repair="ponga los .zip tal como los dio Google",
            )
        if _INNER.fullmatch(info.filename):
            raise BadInput(
                "las partes del Takeout están dentro de otro .zip",
                whose=name,
                why=shown,
                repair="saque las partes y póngalas sueltas en la carpeta",
            )
        if info.file_size > max(_SMALL, info.compress_size * self._settings.largest_ratio):
            claim = f"dice que {info.compress_size} bytes se vuelven {info.file_size}"
            raise too_large(name, f"{_say_place(info.filename)} {claim}")


class _Guarded(io.RawIOBase):
    """A stream of a zip file whose faults are told as ours."""

    def __init__(self, stream: t.IO[bytes], part: str) -> None:
        super().__init__()
        self._stream = stream
        self._part = part

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any, /) -> int:
        view = memoryview(buffer).cast("B")
        try:
            data = self._stream.read(len(view))
        except READING as error:
            raise damaged(self._part, error) from error
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def iterate_blocks(stream: t.BinaryIO) -> Iterator[bytes]:
    """Yield a stream in blocks of 1 MiB, and close it."""
    with stream:
        while block := stream.read(_BLOCK):
            yield block


def mbox_key(name: str) -> tuple[str, int]:
    """Return what the numbered pieces of one mbox share, and the piece's number: 0 for the only one."""
    found = _NUMBERED.fullmatch(name)
    return (found["stem"], int(found["number"] or 0)) if found else (name, 0)


def _reading_order(entry: MboxEntry) -> tuple[str, int, int]:
    return (*mbox_key(entry.name), entry.part)


def _say_place(name: str) -> str:
    """Return where a file is, without its name: that is a label's, or a document's, and errors go into the ledger."""
    return f"un archivo de {_product(name)[:_SHOWN]!a}"


def _product(name: str) -> str:
    """Return the folder below ``Takeout`` that a file is of."""
    parts = name.split("/")
    return parts[1] if len(parts) > 2 else parts[0] if len(parts) > 1 else ""


def _check_directory(path: Path, name: str, most_entries: int) -> None:
    """Look at the end of a zip before its directory is read into memory: a hostile one may be of gigabytes."""
    try:
        count, size = read_directory_size(path)
    except BrokenZip as error:
        raise cut(name, str(error)) from error
    if is_too_many(count, size, most_entries):
        raise too_large(name, f"{count} archivos, y se admiten {most_entries}")
