"""Reading packages: taking the dump out of one, and the manifest that lies inside."""

from __future__ import annotations

import hashlib
import os
import struct
import typing as t
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import zstandard

from copias.errors import Altered
from copias.package.manifest import LARGEST, NAME, Manifest, read_manifest
from copias.package.zip_directory import ZipDirectory
from copias.progress import Report, ignore

_BLOCK = 1 << 20
_LARGEST_WINDOW = 128 << 20
_LOCAL_HEADER = 30
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    LookupError,
    EOFError,
)
"""What the standard library raises for a damaged zip file; the fuzz test found each."""


def extract_dump(stream: t.BinaryIO, target: Path, *, manifest: Manifest, report: Report = ignore) -> None:
    """Take the dump out of a package and decompress it, in one pass over the package.

    The whole package, where the manifest knows its hash, and the decompressed dump are compared on
    the way. ``target`` appears only when all is equal; it is not fsync'd, being a working copy.

    Args:
        stream: the package, seekable, as :meth:`copias.store.Store.open` gives it.
        target: the file to make, mode 0600; one that is there is replaced.
        manifest: the package's, with its signature checked by the caller.
        report: told the bytes of the package read.

    Raises:
        Altered: it is not the package, or not the dump, of the manifest.
    """
    content = manifest.content
    if content is None:
        raise _altered(manifest, "el manifiesto no describe ningún volcado")
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with open(descriptor, "wb", buffering=0) as sink:
            _Extraction(stream, manifest, report=report).run(sink)
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def read_inner_manifest(stream: t.BinaryIO) -> Manifest:
    """Read the manifest that lies inside a package.

    Raises:
        Altered: the package cannot be read or holds none.
        BadInput: it is no manifest of a known version.
    """
    return manifest_of(ZipDirectory(stream, name="paquete"))


def manifest_of(directory: ZipDirectory) -> Manifest:
    """Do the same for a package that is open already."""
    entry = directory.find(NAME)
    if entry.bytes > LARGEST:
        raise Altered("el manifiesto de adentro es demasiado grande", why=f"{entry.bytes} bytes")
    return read_manifest(directory.read(entry))


class _Extraction:
    """One pass over a package: hash everything, decompress the part that is the dump."""

    def __init__(self, stream: t.BinaryIO, manifest: Manifest, *, report: Report) -> None:
        self._stream = stream
        self._manifest = manifest
        self._report = report
        self._digest = hashlib.sha256()
        self._read_bytes = 0
        self._section = 0

    def run(self, sink: t.IO[bytes]) -> None:
        """Write the dump into ``sink`` and compare.

        Raises:
            Altered: something differs.
        """
        start, size = self._locate()
        self._stream.seek(0)
        self._skip(start)
        self._section = size
        self._decompress(sink)
        self._skip(self._section)
        self._skip(None)
        package = self._manifest.package
        if package and (self._read_bytes, self._digest.hexdigest()) != (package.bytes, package.sha256):
            raise _altered(self._manifest, _difference(package.sha256, self._digest.hexdigest()))

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes of the dump's entry, for the decompressor."""
        block = self._take(min(size if size >= 0 else _BLOCK, self._section))
        self._section -= len(block)
        return block

    def _decompress(self, sink: t.IO[bytes]) -> None:
        content = t.cast("t.Any", self._manifest.content)
        digest, written = hashlib.sha256(), 0
        reader: t.Any = (
            self
            if content.encoding == "none"
            else zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).stream_reader(
                t.cast("t.IO[bytes]", self), read_size=_BLOCK
            )
        )
        try:
            while block := reader.read(_BLOCK):
                written += len(block)
                if written > content.bytes:
                    raise _altered(self._manifest, f"el volcado pasa de los {content.bytes} bytes que debe tener")
                digest.update(block)
                sink.write(block)
        except zstandard.ZstdError as error:
            raise _altered(self._manifest, f"el volcado no se descomprime: {error}") from error
        if (written, digest.hexdigest()) != (content.bytes, content.sha256):
            raise _altered(self._manifest, _difference(content.sha256, digest.hexdigest()))

    def _locate(self) -> tuple[int, int]:
        """Return where the dump's compressed bytes start, and how many they are."""
        content = t.cast("t.Any", self._manifest.content)
        try:
            with zipfile.ZipFile(self._stream) as package:
                found = package.getinfo(content.entry)
            self._stream.seek(found.header_offset)
            header = self._stream.read(_LOCAL_HEADER)
        except _ZIP_ERRORS as error:
            raise _altered(self._manifest, f"el archivo zip no se puede leer: {error}") from error
        if found.compress_type != zipfile.ZIP_STORED or len(header) < _LOCAL_HEADER:
            raise _altered(self._manifest, "el volcado no está guardado como lo hace este programa")
        names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        return found.header_offset + _LOCAL_HEADER + names, found.compress_size

    def _skip(self, size: int | None) -> None:
        """Hash so many bytes, or all that are left."""
        while size is None or size > 0:
            block = self._take(_BLOCK if size is None else min(size, _BLOCK))
            if not block:
                return
            size = None if size is None else size - len(block)

    def _take(self, size: int) -> bytes:
        block = self._stream.read(size)
        self._digest.update(block)
        self._read_bytes += len(block)
        self._report(len(block))
        return block


def _difference(expected: str, found: str) -> str:
    return f"se esperaba el SHA-256 {expected} y es {found}"


def _altered(manifest: Manifest, why: str) -> Altered:
    name = manifest.package.name if manifest.package else manifest.case.subject
    return Altered(
        "el paquete no es el que se selló",
        whose=ascii(name),
        why=why,
        repair="use otra copia del paquete y revise el destino donde estaba este",
    )
