"""Storing a package that was sealed on this machine: sent, confirmed, published, and its manifest beside it.

Further parts go first, then the first part, which holds the index; then all are published, and the manifest comes last:
it is the commit.
"""

from __future__ import annotations

import typing as t

from copias.case.evidence import write_manifest
from copias.case.staging import PackageFile, package_files
from copias.case.step import StepPlan
from copias.errors import Altered
from copias.progress import Report, Step
from copias.store import confirm_file, part_name, read_back, send_file

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from copias.store import Store


class UploadPlan(StepPlan):
    """What storing the package of a case would do."""

    before = "made"
    after = "stored"

    def run(self) -> None:
        """Send the package, confirm what the store has, publish it, and write its manifest beside it.

        Raises:
            Altered: what the store has is not what was sent; the copy is void.
            StoreFull, StoreUnavailable: nothing is lost, the next run goes on from here.
        """
        copy, office = self.require_copy(), self.office
        files = package_files(office, copy)
        store = office.open_store(copy.store)
        _send(store, files)
        try:
            ranges = _confirm(store, files, seed=copy.copy_id)
        except Altered as error:
            office.book.record(self.story.number, "copy.voided", {"copy": copy.copy_id, "why": str(error)})
            for file in files:
                store.remove(part_name(file.name))  # never published, and worth nothing
            raise
        for file in files:
            store.publish(file.name)
        write_manifest(office, store, copy)
        stored = {"copy": copy.copy_id, "store": copy.store, "files": len(files), "ranges": ranges}
        office.book.record(self.story.number, "copy.stored", stored)


def _send(store: Store, files: Sequence[PackageFile]) -> None:
    with Step("Guardar en el destino", sum(file.bytes for file in files)) as step:
        for file in files:
            if store.stat(file.name) is not None:
                step(file.bytes)  # published by a run that died afterwards
            elif file.local.exists() or store.stat(part_name(file.name)) is None:
                send_file(store, file.name, file.local, expected_bytes=file.bytes, sha256=file.sha256, report=step)


def _confirm(store: Store, files: Sequence[PackageFile], *, seed: str) -> int:
    """Show that the store has what was sealed, and return how many ranges were read beside its own hashes."""
    with Step("Releer del destino") as step:
        return sum(_confirm_file(store, file, seed=seed, report=step) for file in files)


def _confirm_file(store: Store, file: PackageFile, *, seed: str, report: Report) -> int:
    part = part_name(file.name)
    name = part if store.stat(part) else file.name
    if not file.local.exists():
        read_back(store, name, expected_bytes=file.bytes, expected_sha256=file.sha256, report=report)
        return 0
    found = confirm_file(
        store, name, file.local, expected_bytes=file.bytes, sha256=file.sha256, seed=seed, report=report
    )
    return found.ranges.ranges if found.ranges else 0
