"""The dump of a case's copy, out of its package on its store."""

from __future__ import annotations

import shutil
import typing as t

from copias.case.evidence import read_trusted_manifest
from copias.errors import StoreFull
from copias.package import extract_dump

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.case.story import CopyRecord
    from copias.office import Office
    from copias.progress import Report


def fetch_case_dump(office: Office, copy: CopyRecord, target: Path, *, report: Report) -> None:
    """Write a copy's dump to a new file: from its store and not from anything kept here, compared on the way.

    Args:
        office: whose stores.
        copy: of a case.
        target: a file that does not exist, in a private folder; it appears only when all is equal.
        report: told the bytes of the package read.

    Raises:
        Altered: it is not the package, or not the dump, that was sealed.
        StoreUnavailable: the store does not answer.
        StoreFull: the disk of ``target`` has no room.
    """
    manifest = read_trusted_manifest(office, copy)
    needed = manifest.content.bytes if manifest.content else 0
    free = shutil.disk_usage(target.parent).free
    if free < needed:
        raise _no_room(copy.copy_id, target, f"hacen falta {needed} bytes y quedan {free}")
    try:
        with office.open_store(copy.store).open(copy.package, uncached=True) as stream:
            extract_dump(stream, target, manifest=manifest, report=report)
    except OSError as error:
        raise _no_room(copy.copy_id, target, error.strerror or str(error)) from error


def _no_room(whose: str, target: Path, why: str) -> StoreFull:
    return StoreFull(
        "no cabe el volcado que se trae del destino",
        whose=whose,
        why=f"{target.parent}: {why}",
        repair="libere espacio en ese disco y repita; la copia sigue en su destino",
    )
