"""Finding out whether anything of a package was changed since it was sealed."""

from __future__ import annotations

import hashlib
import typing as t
from functools import partial
from itertools import islice

from copias.errors import Altered, BackupError
from copias.package.mailbox_verification import find_message_problems
from copias.package.manifest import NAME, Manifest, check_signature
from copias.package.reader import manifest_of
from copias.package.zip_directory import ZipDirectory
from copias.progress import Report, ignore

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copias.package.facts import EntryFacts, PackageFacts
    from copias.package.signing import TrustedKeys

LIMIT: t.Final = 100
"""Problems that are told; a package that has more is not looked at further."""
_BLOCK: t.Final = 1 << 20


def verify_package(
    stream: t.BinaryIO,
    manifest: Manifest,
    trusted: TrustedKeys | None,
    *,
    parts: Sequence[t.BinaryIO] = (),
    report: Report = ignore,
) -> tuple[str, ...]:
    """Return what is wrong with a package, in Spanish; nothing when all is as it was sealed.

    Args:
        stream: the package, seekable; it is read twice.
        manifest: the one beside it; with the one inside, the zip file itself cannot be compared with anything.
        trusted: public keys whose signatures count; ``None`` leaves signatures out, and the caller has to say so.
        parts: the further zip files of a package that was split, in order.
        report: told the bytes read.
    """
    problems = list(islice(_find_problems([stream, *parts], manifest, trusted, report), LIMIT + 1))
    if len(problems) > LIMIT:
        problems[LIMIT] = f"hay más de {LIMIT} problemas; no se siguió mirando"
    return tuple(problems)


def _find_problems(
    streams: list[t.BinaryIO], manifest: Manifest, trusted: TrustedKeys | None, report: Report
) -> Iterator[str]:
    yield from _find_signature_problems(manifest, trusted)
    yield from _find_file_problems(streams, manifest, report)
    try:
        directories = [ZipDirectory(stream, name=f"parte {number}") for number, stream in enumerate(streams, 1)]
        yield from _find_entry_problems(directories, manifest, report)
        yield from _find_inner_problems(directories[0], manifest, trusted)
        if manifest.messages:
            yield from find_message_problems(directories, manifest, report=report)
    except (BackupError, OSError) as error:
        yield f"el paquete no se puede leer: {error}"


def _find_signature_problems(manifest: Manifest, trusted: TrustedKeys | None) -> Iterator[str]:
    if trusted is None:
        return
    try:
        check_signature(manifest, trusted)
    except Altered as error:
        yield f"{error.what}: {error.why}"


def _find_file_problems(streams: list[t.BinaryIO], manifest: Manifest, report: Report) -> Iterator[str]:
    """Compare the zip files with the manifest; that of the first knows only the manifest beside it."""
    expected: list[PackageFacts | None] = [manifest.package, *manifest.parts]
    for stream, facts in zip(streams, expected, strict=False):
        if facts is None:
            continue
        stream.seek(0)
        size, found = _hash(iter(partial(stream.read, _BLOCK), b""), report)
        if (size, found) != (facts.bytes, facts.sha256):
            yield f"el archivo {facts.name!a} tiene {size} bytes, {_difference(facts.sha256, found)}"
    for missing in expected[len(streams) :]:
        yield f"falta la parte {missing.name!a}" if missing else "falta el paquete"
    if len(streams) > len(expected):
        yield f"hay {len(streams)} archivos y el paquete tiene {len(expected)}"


def _find_entry_problems(directories: list[ZipDirectory], manifest: Manifest, report: Report) -> Iterator[str]:
    """Compare the files that the manifest names, and see that there are no others, but for a mailbox's messages."""
    first, expected = directories[0], {entry.name for entry in manifest.entries} | {NAME}
    if not manifest.messages:
        yield from (f"sobra el archivo {entry.name!a}" for entry in first if entry.name not in expected)
    yield from (f"falta el archivo {name!a}" for name in sorted(expected) if name not in first)
    for entry in manifest.entries:
        if entry.name in first:
            yield from _find_content_problems(first, entry, report)


def _find_content_problems(directory: ZipDirectory, entry: EntryFacts, report: Report) -> Iterator[str]:
    try:
        size, found = _hash(directory.chunks(directory.find(entry.name)), report)
    except (Altered, OSError) as error:
        yield f"el archivo {entry.name!a} no se puede leer: {error}"
        return
    if (size, found) != (entry.bytes, entry.sha256):
        yield f"el archivo {entry.name!a} no es el que se selló, {_difference(entry.sha256, found)}"


def _find_inner_problems(directory: ZipDirectory, manifest: Manifest, trusted: TrustedKeys | None) -> Iterator[str]:
    """Compare the manifest inside with the one beside; proof and package are known only outside."""
    try:
        inner = manifest_of(directory)
        if trusted is not None:
            check_signature(inner, trusted)
    except (BackupError, OSError) as error:
        yield f"el manifiesto de adentro no sirve: {error}"
        return
    later = {"package": manifest.package, "proof": manifest.proof}
    if inner.with_facts(**later).signed_part() != manifest.signed_part():
        yield "el manifiesto de adentro y el de afuera dicen cosas distintas"


def _hash(chunks: Iterator[bytes], report: Report) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        report(len(chunk))
    return size, digest.hexdigest()


def _difference(expected: str, found: str) -> str:
    return f"se esperaba el SHA-256 {expected} y es {found}"
