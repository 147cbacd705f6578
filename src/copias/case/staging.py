"""Where a sealed package waits on this machine until its store has it and it is proven."""

from __future__ import annotations

import shutil
import typing as t
from dataclasses import dataclass

from copias.case.evidence import read_trusted_manifest
from copias.errors import Altered, NotReady, StoreFull
from copias.files import make_private_directory
from copias.store import part_name

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.case.story import CopyRecord
    from copias.office import Office
    from copias.package.facts import PackageFacts


@dataclass(frozen=True)
class PackageFile:
    """A zip file of a package: where it lies here, its name in the store, and what it is."""

    local: Path
    name: str
    bytes: int
    sha256: str


def staging_folder(office: Office, copy_id: str) -> Path:
    """Return the folder of one copy's package."""
    return office.deployment.state / "spool" / copy_id


def empty_staging(office: Office, copy_id: str) -> Path:
    """Return the folder of one copy's package, empty: what a run that died there began is begun again."""
    folder = staging_folder(office, copy_id)
    shutil.rmtree(folder, ignore_errors=True)
    return make_private_directory(make_private_directory(folder.parent) / folder.name)


def package_files(office: Office, copy: CopyRecord) -> tuple[PackageFile, ...]:
    """Return the zip files of a package by its sealed manifest: further parts, and the first one last.

    Raises:
        Altered: the manifest is not the one that this installation signed.
    """
    manifest = read_trusted_manifest(office, copy)
    if manifest.package is None:
        raise Altered("el manifiesto guardado no dice de qué paquete es", whose=copy.copy_id)
    folder, staging = copy.package.rpartition("/")[0], staging_folder(office, copy.copy_id)

    def describe(part: PackageFacts) -> PackageFile:
        return PackageFile(staging / part.name, f"{folder}/{part.name}", part.bytes, part.sha256)

    return (*map(describe, manifest.parts), describe(manifest.package))


def is_lost(office: Office, copy: CopyRecord) -> bool:
    """Tell whether a package that was made is neither here nor on its store any more."""
    if copy.status != "made":
        return False
    files = package_files(office, copy)
    if all(file.local.exists() for file in files):
        return False
    store = office.open_store(copy.store)
    return any(
        not file.local.exists() and store.stat(part_name(file.name)) is None and store.stat(file.name) is None
        for file in files
    )


def void_lost(office: Office, number: str, copy: CopyRecord) -> NotReady:
    """Record that a package was lost before it was stored, and return the error that says how to go on."""
    office.book.record(number, "copy.voided", {"copy": copy.copy_id, "why": "el paquete sin publicar ya no está"})
    return NotReady("el paquete se perdió antes de guardarse", whose=f"caso {number}", repair=f"copias run {number}")


def no_room(office: Office, copy_id: str, error: OSError) -> StoreFull:
    """Return the error of a package that this machine has no room for."""
    free = shutil.disk_usage(office.deployment.state).free
    return StoreFull(
        "no cabe el paquete en esta máquina",
        whose=copy_id,
        why=f"{error.strerror or error}; quedan {free} bytes",
        repair=f"libere espacio en el disco de {office.deployment.state} y ejecute el caso otra vez",
    )


def remove_staging(office: Office, copy: CopyRecord) -> None:
    """Remove what waited here, once the store's copy is proven."""
    shutil.rmtree(staging_folder(office, copy.copy_id), ignore_errors=True)
