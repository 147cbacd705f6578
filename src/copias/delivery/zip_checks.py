"""What is looked at in a zip file that somebody else made, before and while it is read. Names and sizes are hostile."""

from __future__ import annotations

import io
import re
import struct
import typing as t
import unicodedata
import zipfile
import zlib

if t.TYPE_CHECKING:
    from pathlib import Path

ENCRYPTED: t.Final = 0x1
"""Flag of an entry that needs a password."""
READING: t.Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    LookupError,
    EOFError,
    OSError,
)
"""What the standard library raises for a damaged zip file; the fuzz test finds each."""
_END: t.Final = struct.Struct("<4s4H2IH")
_LOCATOR: t.Final = struct.Struct("<4sIQI")
_WIDE_END: t.Final = struct.Struct("<4sQ2H2I4Q")
_LIMIT32: t.Final = 0xFFFFFFFF
_LARGEST_COMMENT: t.Final = 0xFFFF
_SMALL: t.Final = 1 << 20
_DIRECTORY_SHARE: t.Final = 512
"""Bytes of the zip's directory allowed for an entry; a name has rarely more than 200."""
_DRIVE_LETTER: t.Final = re.compile(r"[A-Za-z]:")


class BrokenZip(Exception):
    """The end of a zip file is missing or damaged; its text says which, in Spanish."""


def read_directory_size(path: Path) -> tuple[int, int]:
    """Return how many entries a zip file says it has, and the bytes of its directory, without reading that.

    Raises:
        BrokenZip: it has no sound end.
    """
    with path.open("rb") as stream:
        length = stream.seek(0, io.SEEK_END)
        start = max(0, length - _END.size - _LARGEST_COMMENT)
        stream.seek(start)
        tail = stream.read()
        place = tail.rfind(b"PK\5\6")
        if place < 0 or len(tail) - place < _END.size:
            raise BrokenZip("no tiene el final de un .zip")
        *_, count, size, offset, _comment = _END.unpack_from(tail, place)
        # zipfile believes the wide record wherever there is one, whatever the plain one says: so the larger counts.
        has_wide = tail[max(0, place - _LOCATOR.size) : place].startswith(b"PK\6\7")
        if has_wide or _LIMIT32 in {size, offset} or count == _LARGEST_COMMENT:
            count, size = map(max, (count, size), _read_wide(stream, tail, place))
    return count, size


def is_too_many(count: int, size: int, most_entries: int) -> bool:
    """Tell whether a directory is of more entries than are admitted, or too large for so many."""
    return count > most_entries or size > max(_SMALL, most_entries * _DIRECTORY_SHARE)


def overlaps(archive: zipfile.ZipFile) -> bool:
    """Tell whether entries together are longer than the file: they overlap, which is how the worst bombs work."""
    stored = sum(info.compress_size for info in archive.infolist())
    return stored > t.cast("t.BinaryIO", archive.fp).seek(0, io.SEEK_END)


def find_name_fault(name: str) -> str:
    """Return what is wrong with the name of an entry, in Spanish; empty when nothing is."""
    parts = re.split(r"[/\\]", name)
    if not name:
        return "un archivo no tiene nombre"
    if name.startswith(("/", "\\")) or ".." in parts or _DRIVE_LETTER.match(name):
        return "la ruta sale de la carpeta"
    if any(unicodedata.category(letter) == "Cc" for letter in name):
        return "el nombre tiene caracteres de control"
    return ""


def _read_wide(stream: t.BinaryIO, tail: bytes, place: int) -> tuple[int, int]:
    try:
        signature, _, offset, _ = _LOCATOR.unpack_from(tail, place - _LOCATOR.size)
        stream.seek(offset)
        fields = _WIDE_END.unpack(stream.read(_WIDE_END.size))
    except (struct.error, OSError, OverflowError) as error:
        raise BrokenZip("el final del .zip está dañado") from error
    if signature != b"PK\6\7" or fields[0] != b"PK\6\6":
        raise BrokenZip("el final del .zip está dañado")
    return fields[7], fields[8]
