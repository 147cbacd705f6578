"""Reading packages: taking the dump out, and finding out whether anything was changed."""

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

from copias.errors import Altered, BackupError
from copias.package.manifest import NAME, Manifest, check_signature, read_manifest
from copias.progress import Report, ignore

if t.TYPE_CHECKING:
    from copias.package.facts import EntryFacts
    from copias.package.signing import TrustedKeys

_BLOCK = 1 << 20
_LARGEST_WINDOW = 128 << 20
_LARGEST_MANIFEST = 64 << 20
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
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with open(descriptor, "wb", buffering=0) as sink:
            _Extraction(stream, manifest, report=report).run(sink)
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def verify_package(
    stream: t.BinaryIO, manifest: Manifest, trusted: TrustedKeys, *, report: Report = ignore
) -> tuple[str, ...]:
    """Return what is wrong with a package, in Spanish; nothing when all is as it was sealed.

    Args:
        stream: the package, seekable; it is read twice.
        manifest: the one beside it.
        trusted: public keys whose signatures count.
        report: told the bytes read.
    """
    problems: list[str] = []
    try:
        check_signature(manifest, trusted)
    except Altered as error:
        problems.append(f"{error.what}: {error.why}")
    problems += _find_package_problems(stream, manifest, report)
    try:
        with zipfile.ZipFile(stream) as package:
            problems += _find_entry_problems(package, manifest, trusted, report)
    except (*_ZIP_ERRORS, OSError) as error:
        problems.append(f"el archivo zip no se puede leer: {error}")
    return tuple(problems)


def read_inner_manifest(stream: t.BinaryIO) -> Manifest:
    """Read the manifest that lies inside a package.

    Raises:
        Altered: the package cannot be read or holds none.
        BadInput: it is no manifest of a known version.
    """
    try:
        with zipfile.ZipFile(stream) as package, package.open(NAME) as entry:
            return read_manifest(entry.read(_LARGEST_MANIFEST))
    except _ZIP_ERRORS as error:
        raise Altered("el paquete no se puede leer", why=str(error), repair="use otra copia del paquete") from error


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
        reader = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).stream_reader(
            t.cast("t.IO[bytes]", self), read_size=_BLOCK
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


def _find_package_problems(stream: t.BinaryIO, manifest: Manifest, report: Report) -> list[str]:
    if manifest.package is None:
        return []
    stream.seek(0)
    size, found = _hash(stream, report, limit=None)
    if (size, found) == (manifest.package.bytes, manifest.package.sha256):
        return []
    return [f"el paquete tiene {size} bytes, {_difference(manifest.package.sha256, found)}"]


def _find_entry_problems(
    package: zipfile.ZipFile, manifest: Manifest, trusted: TrustedKeys, report: Report
) -> list[str]:
    names = package.namelist()
    expected = {entry.name for entry in manifest.entries} | {NAME}
    problems = [f"sobra el archivo {name!a}" for name in names if name not in expected]
    problems += [f"falta el archivo {name!a}" for name in sorted(expected - set(names))]
    problems += [f"el archivo {name!a} está más de una vez" for name in sorted(set(names)) if names.count(name) > 1]
    if problems:
        return problems
    for entry in manifest.entries:
        problems += _find_content_problems(package, entry, report)
    return problems + _find_inner_problems(package, manifest, trusted)


def _find_content_problems(package: zipfile.ZipFile, entry: EntryFacts, report: Report) -> list[str]:
    try:
        with package.open(entry.name) as content:
            size, found = _hash(content, report, limit=entry.bytes)
    except (*_ZIP_ERRORS, OSError) as error:
        return [f"el archivo {entry.name!a} no se puede leer: {error}"]
    if (size, found) == (entry.bytes, entry.sha256):
        return []
    return [f"el archivo {entry.name!a} no es el que se selló, {_difference(entry.sha256, found)}"]


def _find_inner_problems(package: zipfile.ZipFile, manifest: Manifest, trusted: TrustedKeys) -> list[str]:
    """Compare the manifest inside with the one beside; proof and package are known only outside."""
    try:
        with package.open(NAME) as entry:
            inner = read_manifest(entry.read(_LARGEST_MANIFEST))
        check_signature(inner, trusted)
    except (BackupError, *_ZIP_ERRORS, OSError) as error:
        return [f"el manifiesto de adentro no sirve: {error}"]
    later = {"package": manifest.package, "proof": manifest.proof}
    if inner.with_facts(**later).signed_part() == manifest.signed_part():
        return []
    return ["el manifiesto de adentro y el de afuera dicen cosas distintas"]


def _hash(stream: t.IO[bytes], report: Report, *, limit: int | None) -> tuple[int, str]:
    """Return size and SHA-256; stop just beyond ``limit``, which a zip bomb would pass by far."""
    digest, size = hashlib.sha256(), 0
    while block := stream.read(_BLOCK):
        digest.update(block)
        size += len(block)
        report(len(block))
        if limit is not None and size > limit:
            break
    return size, digest.hexdigest()


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
