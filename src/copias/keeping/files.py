"""The files of a copy on its store, each with the size and hash that it must have."""

from __future__ import annotations

import hashlib
import typing as t
from contextlib import suppress
from dataclasses import dataclass

from copias.case.copy_folder import CopyFolder
from copias.case.evidence import MANIFEST, manifest_name
from copias.case.staging import package_files
from copias.errors import Altered, BackupError
from copias.store.read_back import read_back

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from copias.case.story import CopyRecord
    from copias.office import Office
    from copias.store import Store

PROOFS: t.Final = (".prueba.json", ".constancia.html")
"""Endings of what lies beside a package once it is proven."""


@dataclass(frozen=True)
class KeptFile:
    """A file on a store: its name there, its size and its SHA-256 in hexadecimal."""

    name: str
    bytes: int
    sha256: str


def kept_copies(office: Office) -> Iterator[tuple[str, CopyRecord]]:
    """Yield the copies that lie on a store as they were put there, proven or not, each with the number of its case."""
    for number, story in office.book.keepers().items():
        for record in story.copies:
            if record.status in {"stored", "verified"}:
                yield number, record


def kept_files(office: Office, copy: CopyRecord) -> tuple[KeptFile, ...]:
    """Return every file of a stored copy as it was published: further parts, package, manifest, proofs.

    Nothing is asked of the store: the signed manifest and what is kept here of the copy say what must be there.

    Raises:
        Altered: the manifest that is kept here is not the one that this installation signed.
        FileNotFoundError: it is not kept here any more.
    """
    return (
        *(KeptFile(file.name, file.bytes, file.sha256) for file in package_files(office, copy)),
        *_files_beside(office, copy),
    )


def name_files(office: Office, copy: CopyRecord) -> tuple[str, ...]:
    """Return the name of every file of a copy, in the order in which they may go: the manifest first, the package last.

    The ledger alone names them, so that a state that lost a manifest loses no right to destroy; where the signed
    manifest is still kept here, what it names goes too.
    """
    return tuple(dict.fromkeys(_names(office, copy)))


def answers_for(store: Store, files: Iterable[KeptFile], unread: str) -> bool:
    """Tell whether a store still gives the small files of a copy of which it did not give another.

    Then it is no outage: the medium has lost that file, and waiting for another day would not help.

    Args:
        store: that keeps the copy.
        files: of the copy.
        unread: name of its package, which could not be read.
    """
    small = [file for file in files if file.name == manifest_name(unread)]
    try:
        for file in small:
            read_back(store, file.name, expected_bytes=file.bytes, expected_sha256=file.sha256)
    except BackupError:
        return False
    return bool(small)


def _names(office: Office, copy: CopyRecord) -> Iterable[str]:
    folder, stem = copy.package.rpartition("/")[0], copy.package.removesuffix(".zip")
    yield manifest_name(copy.package)
    yield from (stem + ending for ending in PROOFS)
    parts = [f"{folder}/{part}" for part in copy.data.get("parts", ())]
    with suppress(Altered, FileNotFoundError):
        parts += [file.name for file in kept_files(office, copy)]
    yield from (part for part in parts if part != copy.package)
    yield copy.package


def _files_beside(office: Office, copy: CopyRecord) -> Iterator[KeptFile]:
    folder = CopyFolder(office.deployment, copy.copy_id)
    yield _describe(manifest_name(copy.package), folder.read_bytes(MANIFEST))
    for ending in PROOFS:
        # A copy whose proof failed later, or was never tried, has none.
        with suppress(FileNotFoundError):
            yield _describe(copy.package.removesuffix(".zip") + ending, folder.read_bytes(ending[1:]))


def _describe(name: str, content: bytes) -> KeptFile:
    return KeptFile(name, len(content), hashlib.sha256(content).hexdigest())
