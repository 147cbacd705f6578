"""A copy whose proof ends while its store is replaced: the proof takes hours, and so does the move."""

from __future__ import annotations

import typing as t

import pytest

from copias.case.copy_folder import CopyFolder
from copias.case.evidence import publish_proof
from copias.case.story import CopyRecord
from copias.keeping.files import PROOFS, name_files
from copias.keeping.moving import plan_move, run_move
from copias.keeping.verifying import plan_verification, run_verification
from tests.integration.keeping.conftest import Place


@pytest.fixture
def record(place: Place) -> CopyRecord:
    """The place's copy, stored and not proven yet."""
    place.use("nueva")
    (record,) = place.office.book.story(place.copy.case).copies
    store = place.office.open_store("nas")
    for name in name_files(place.office, record):
        if name.endswith(PROOFS):
            store.remove(name)
    for ending in PROOFS:
        (CopyFolder(place.office.deployment, record.copy_id).path / ending[1:]).unlink()
    return record


def test_copy_that_is_proven_while_it_is_sent_goes_with_its_proof_by_the_next_run(
    place: Place, record: CopyRecord
) -> None:
    old, proven = place.office.open_store("nas"), []

    class Reading:
        """The old store; the copy is proven while it is read from there."""

        def __getattr__(self, name: str) -> t.Any:
            return getattr(old, name)

        def open(self, name: str, **options: t.Any) -> t.BinaryIO:
            if name == record.package and not proven:
                proven.append(name)
                publish_proof(place.office, record)
            return old.open(name, **options)

    real = place.office.open_store
    place.office.open_store = (  # type: ignore[method-assign]
        lambda name: t.cast("t.Any", Reading()) if name == "nas" else real(name)
    )

    first = run_move(place.office, plan_move(place.office, "nas", "nueva"))
    second = run_move(place.office, plan_move(place.office, "nas", "nueva"))

    assert (first.moved, first.failed, first.released) == ([], {}, False)
    assert (second.moved, second.released) == ([record.copy_id], True)
    assert run_verification(plan_verification(place.office, everything=True)).good == [record.copy_id]


def test_proof_of_a_copy_that_was_moved_meanwhile_lies_beside_it(place: Place, record: CopyRecord) -> None:
    run_move(place.office, plan_move(place.office, "nas", "nueva"))

    publish_proof(place.office, record)

    assert place.copy.store == "nueva"
    assert run_verification(plan_verification(place.office, everything=True)).good == [record.copy_id]
