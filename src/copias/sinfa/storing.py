"""Reading a package back from its store, and publishing it: the manifest comes last and is the commit."""

from __future__ import annotations

import typing as t

from copias.case.evidence import write_manifest
from copias.case.step import StepPlan
from copias.errors import Altered
from copias.progress import Step
from copias.store import part_name, read_back

if t.TYPE_CHECKING:
    from copias.case.story import CopyRecord
    from copias.office import Office
    from copias.store import Store


class StoringPlan(StepPlan):
    """What storing a case's package would do."""

    before = "made"
    after = "stored"

    def run(self) -> None:
        """Read the package back, publish it, write its manifest beside it.

        Raises:
            Altered: what the store gives back is not what was sent; the copy is void.
            StoreUnavailable: nothing is lost, the next run goes on from here.
        """
        store_package(self.office, self.story.number, self.require_copy())


def store_package(office: Office, keeper: str, copy: CopyRecord) -> None:
    """Read a package back, publish it, write its manifest beside it, and record that; a second time it changes nothing.

    Args:
        office: of this installation.
        keeper: the case's number, or the name of the series.
        copy: that was made.

    Raises:
        Altered: what the store gives back is not what was sent; the copy is void.
        StoreUnavailable: nothing is lost, the next run goes on from here.
    """
    store = office.open_store(copy.store)
    try:
        _read_back(store, copy)
    except Altered as error:
        office.book.record(keeper, "copy.voided", {"copy": copy.copy_id, "why": str(error)})
        store.remove(part_name(copy.package))  # never published, and worth nothing
        raise
    store.publish(copy.package)
    write_manifest(office, store, copy)
    office.book.record(keeper, "copy.stored", {"copy": copy.copy_id, "store": copy.store})


def _read_back(store: Store, copy: CopyRecord) -> None:
    # A run that died after publishing left no part: then the published file is what counts.
    part = part_name(copy.package)
    name = part if store.stat(part) else copy.package
    with Step("Releer del destino", copy.bytes) as step:
        read_back(store, name, expected_bytes=copy.bytes, expected_sha256=copy.sha256, report=step)
